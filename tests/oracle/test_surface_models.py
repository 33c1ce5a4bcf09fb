"""Smiles that models make: how near arbitrage-free slices come to them, and that they stay free of arbitrage.

Heston's smiles come from Lewis's integral over the characteristic function, Merton's from his Poisson series: neither
shares code with the surfaces. The bounds are 1.5 times what was measured on 2026-11-21, in vol points, by expiry.
"""

import itertools
import math
from typing import Literal, Protocol

import numpy as np
import pytest

from hedgerow.core.arrays import Float64
from hedgerow.pricing.surface import SmileQuotes, Surface, SurfaceParameters, check_surface, fit_surface
from smiles import Heston, Merton, least_durrleman, least_gap

YEARS = np.array([2.0, 7.0, 14.0, 30.0, 90.0, 180.0, 365.0]) / 365.0
CALM = Heston(start=0.65**2, level=0.6**2, speed=4.0, vol_of_vol=1.2, rho=-0.3)  # Feller: 2.88 > 1.44
WILD = Heston(start=0.8**2, level=0.5, speed=2.0, vol_of_vol=2.5, rho=-0.5)  # violates it: 2 < 6.25
UPWARD = Heston(start=0.5**2, level=0.7**2, speed=6.0, vol_of_vol=3.0, rho=0.2)  # violates it: 5.88 < 9
CRASHES = Merton(diffusion=0.5, intensity=3.0, jump_mean=-0.1, jump_vol=0.15)
SPIKES = Merton(diffusion=0.6, intensity=12.0, jump_mean=0.03, jump_vol=0.1)


class Model(Protocol):
    def vol(self, k: np.ndarray, years: float) -> np.ndarray: ...


def make_model_quotes(model: Model, count: int, half: float) -> SmileQuotes:
    """Return quotes 2.2 deviations of a vol of 65 % to either side of the money."""
    k = [np.linspace(-2.2, 2.2, count) * 0.65 * math.sqrt(t) for t in YEARS]
    mid = np.concatenate([model.vol(at, t) for at, t in zip(k, YEARS.tolist(), strict=True)])
    return SmileQuotes(
        expiry_years=YEARS,
        expiry=np.repeat(np.arange(YEARS.size), count).astype(np.int64),
        log_moneyness=np.concatenate(k),
        vol_bid=mid - half,
        vol_ask=mid + half,
    )


def measure_misses(quotes: SmileQuotes, parameters: SurfaceParameters) -> Float64[np.ndarray, " n_expiry"]:
    """Return the root mean square distance from the middles by expiry. [vol points]"""
    vol = Surface.from_parameters(parameters).vol(quotes.log_moneyness, YEARS[quotes.expiry])
    miss = 100.0 * (vol - 0.5 * (quotes.vol_bid + quotes.vol_ask)).reshape(YEARS.size, -1)
    return np.asarray(np.sqrt(np.mean(miss**2, axis=1)))


def test_the_helpers_meet_published_prices() -> None:
    # Merton without jumps and Heston with hardly any vol of vol are Black's model.
    k = np.linspace(-0.3, 0.3, 7)
    flat = Merton(diffusion=0.4, intensity=0.0, jump_mean=0.1, jump_vol=0.1)
    np.testing.assert_allclose(flat.vol(k, 0.5), 0.4, rtol=1e-12)
    still = Heston(start=0.16, level=0.16, speed=1.0, vol_of_vol=1e-3, rho=0.0)
    np.testing.assert_allclose(still.vol(k, 0.5), 0.4, rtol=1e-5)


@pytest.mark.parametrize("count", [25, 6])
@pytest.mark.parametrize(
    ("model", "kind", "measured"),
    [
        # Measured with 25 and with 6 strikes per expiry, the larger of both; SVI: 0.01, 0.07, 0.03.
        (CALM, "svi", [0.001, 0.002, 0.005, 0.001, 0.004, 0.004, 0.001]),
        (CALM, "essvi", [0.004, 0.012, 0.028, 0.059, 0.094, 0.064, 0.016]),
        (WILD, "svi", [0.001, 0.005, 0.010, 0.025, 0.065, 0.041, 0.008]),
        (WILD, "essvi", [0.322, 0.096, 0.160, 0.306, 0.412, 0.245, 0.075]),
        (UPWARD, "svi", [0.001, 0.009, 0.020, 0.028, 0.009, 0.001, 0.002]),
        (UPWARD, "essvi", [0.046, 0.139, 0.204, 0.214, 0.088, 0.032, 0.016]),
    ],
)
def test_heston_smiles(model: Heston, kind: Literal["svi", "essvi"], measured: list[float], count: int) -> None:
    for half in (0.0, 0.005):
        quotes = make_model_quotes(model, count, half)
        found = fit_surface(quotes, kind=kind)
        assert (found.kind, found.notes) == (kind, ())
        assert check_surface(found).arbitrage_free
        assert np.all(measure_misses(quotes, found) <= 1.5 * np.array(measured) + 0.002)


@pytest.mark.parametrize("count", [25, 6])
@pytest.mark.parametrize(
    ("model", "kind", "measured"),
    [
        # Jumps make the two-day smile flat in the middle and steep outside; no hyperbola is. Its wings then stand over
        # the later slices, which calendar arbitrage forbids: SVI measured 2.86, 1.10, eSSVI 4.31, 1.33 at two days.
        (CRASHES, "svi", [2.86, 0.91, 0.58, 0.45, 0.60, 0.51, 0.51]),
        (CRASHES, "essvi", [4.31, 2.82, 1.05, 0.40, 0.10, 0.04, 0.02]),
        (SPIKES, "svi", [1.10, 0.35, 0.14, 0.11, 0.12, 0.08, 0.38]),
        (SPIKES, "essvi", [1.33, 0.35, 0.13, 0.04, 0.01, 0.01, 0.01]),
    ],
)
def test_smiles_of_jumps(model: Merton, kind: Literal["svi", "essvi"], measured: list[float], count: int) -> None:
    for half in (0.0, 0.005):
        quotes = make_model_quotes(model, count, half)
        found = fit_surface(quotes, kind=kind)
        raw = found.array()
        assert check_surface(found).arbitrage_free
        assert min(least_durrleman(one) for one in raw) >= -1e-9
        assert min(least_gap(before, after) for before, after in itertools.pairwise(raw)) >= -1e-9
        assert np.all(measure_misses(quotes, found) <= 1.5 * np.array(measured))


@pytest.mark.parametrize("model", [CALM, WILD, UPWARD, CRASHES, SPIKES])
@pytest.mark.parametrize("count", [25, 6])
def test_five_numbers_per_expiry_are_not_worse_than_three(model: Model, count: int) -> None:
    # Every eSSVI surface is one of SVI slices, so a fit of SVI that is worse has stuck in a poor minimum.
    quotes = make_model_quotes(model, count, 0.0)
    svi, essvi = (measure_misses(quotes, fit_surface(quotes, kind=kind)) for kind in ("svi", "essvi"))
    assert np.mean(svi**2) <= 1.01 * np.mean(essvi**2)
