"""Fits: what they refuse, what they say, and starting from a previous one."""

import math
from typing import Literal

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing.surface import Surface, SurfaceParameters, check_surface, fit_surface
from smiles import TEN_MINUTES, TWO_DAYS, make_quotes, make_ssvi, slice_variance

KINDS: tuple[Literal["svi", "essvi"], ...] = ("svi", "essvi")
YEARS = np.array([2.0, 14.0, 60.0, 180.0, 365.0]) / 365.0
TRUTH = make_ssvi(YEARS, vol=0.65, tilt=0.1, rho=-0.25, eta=1.2, power=0.5)
STRIKES = [np.linspace(-2.2, 2.2, 21) * 0.65 * math.sqrt(t) for t in YEARS]


def make_noise(seed: int, count: int = 105, size: float = 0.003) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=count)


def measure_rmse(found: SurfaceParameters, truth: SurfaceParameters = TRUTH) -> float:
    """Return the root mean square distance from the truth, in vols."""
    quotes = make_quotes(truth, STRIKES)
    vol = Surface.from_parameters(found).vol(quotes.log_moneyness, YEARS[quotes.expiry])
    return math.sqrt(float(np.mean((vol - quotes.vol_bid) ** 2)))


def test_without_quotes_nothing_is_fitted() -> None:
    nothing = make_quotes(TRUTH, [np.zeros(0) for _ in YEARS])
    for kind in KINDS:
        with pytest.raises(InputError, match="no quote to fit a surface to; give at least one"):
            fit_surface(nothing, kind=kind)


@pytest.mark.usefixtures("unchecked")
def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="kind 'sabr'; ask for svi or essvi"):
        fit_surface(make_quotes(TRUTH, STRIKES), kind="sabr")  # type: ignore[arg-type]


def test_an_unfit_previous_surface_is_refused() -> None:
    quotes = make_quotes(TRUTH, STRIKES)
    with pytest.raises(InputError, match="previous essvi surface of 5 expiries for svi of 5; start from"):
        fit_surface(quotes, kind="svi", previous=TRUTH)
    fewer = SurfaceParameters(kind="essvi", expiry_years=TRUTH.expiry_years[:2], slices=TRUTH.slices[:2])
    with pytest.raises(InputError, match="previous essvi surface of 2 expiries for essvi of 5"):
        fit_surface(quotes, kind="essvi", previous=fewer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_of_noisy_middles_is_nearer_to_the_truth_than_they_are(kind: Literal["svi", "essvi"]) -> None:
    # 21 quotes per 5 or 3 numbers: the noise of 0.3 vol points falls to some sqrt(5/21) or sqrt(3/21) of itself.
    for seed in range(5):
        noise = make_noise(seed)
        found = fit_surface(make_quotes(TRUTH, STRIKES, noise=noise), kind=kind)
        assert found.notes == ()
        assert measure_rmse(found) < 0.65 * 0.003


@pytest.mark.parametrize("kind", KINDS)
def test_a_refit_from_a_previous_one_is_as_good_as_a_cold_one(kind: Literal["svi", "essvi"]) -> None:
    previous = fit_surface(make_quotes(TRUTH, STRIKES, noise=make_noise(0)), kind=kind)
    for seed in range(1, 5):
        quotes = make_quotes(TRUTH, STRIKES, noise=make_noise(seed) + 0.01)
        cold, warm = fit_surface(quotes, kind=kind), fit_surface(quotes, kind=kind, previous=previous)
        mid = quotes.vol_bid
        errors = []
        for one in (cold, warm):
            vol = Surface.from_parameters(one).vol(quotes.log_moneyness, YEARS[quotes.expiry])
            errors.append(math.sqrt(float(np.mean((vol - mid) ** 2))))
            assert check_surface(one).arbitrage_free
        assert errors[1] <= 1.02 * errors[0] + 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_one_outlying_quote_does_not_bend_its_smile(kind: Literal["svi", "essvi"]) -> None:
    noise = np.zeros(105)
    noise[30] = 0.4
    assert measure_rmse(fit_surface(make_quotes(TRUTH, STRIKES, half=0.003, noise=noise), kind=kind)) < 0.003


@pytest.mark.parametrize("kind", KINDS)
def test_thin_expiries_are_named_and_take_their_shape_from_their_neighbours(kind: Literal["svi", "essvi"]) -> None:
    thin = [STRIKES[0], STRIKES[1][10:11], STRIKES[2][[4, 16]], STRIKES[3][:0], STRIKES[4]]
    found = fit_surface(make_quotes(TRUTH, thin, half=0.001), kind=kind)
    assert [note.split(":")[0] for note in found.notes] == [
        "the expiry in 14 days has 1 usable quote",
        "the expiry in 60 days has 2 usable quotes",
        "the expiry in 180 days has 0 usable quotes",
    ]
    assert check_surface(found).arbitrage_free
    assert measure_rmse(found) < 0.04  # 2.5 vol points, nearly all of them where there is no quote


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("vol", "years"), [(0.65, TEN_MINUTES), (0.65, TWO_DAYS), (5.0, 1.0), (0.01, 0.1)])
def test_one_quote_alone_is_met(kind: Literal["svi", "essvi"], vol: float, years: float) -> None:
    truth = make_ssvi(np.array([years]), vol=vol, tilt=0.0, rho=0.0, eta=0.5, power=0.5)
    found = fit_surface(make_quotes(truth, [np.array([0.1 * vol * math.sqrt(years)])]), kind=kind)
    k = np.array([0.1 * vol * math.sqrt(years)])
    wanted = math.sqrt(float(slice_variance(truth.array()[0], k)[0][0]) / years)
    assert Surface.from_parameters(found).vol(k, years)[0] == pytest.approx(wanted, rel=0.01)
    assert check_surface(found).arbitrage_free
