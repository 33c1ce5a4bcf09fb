"""Prices by simulation: right means, standard errors that tell the truth."""

import math
from typing import Any

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing import black76
from hedgerow.pricing.models import Heston, Merton
from hedgerow.pricing.paths import simulate, simulated_prices

FLAT = Merton(vol=0.7, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
HESTON = Heston(v0=0.3, kappa=3.0, theta=0.4, vol_of_vol=1.0, rho=-0.4)
STRIKES, CALLS = np.array([1_500.0, 2_000.0, 2_600.0]), np.array([False, True, True])
GIVEN: dict[str, Any] = {"steps": 8, "paths": 3_000, "seed": 4}


def test_the_price_is_the_mean_over_the_paths_of_simulate() -> None:
    for measure in ("quote", "coin"):
        given: dict[str, Any] = {"forward": 2_000.0, "years": 0.5, "steps": 1, "substeps": 8, "paths": 3_000, "seed": 4}
        ends = np.concatenate([b.forward[:, -1] for b in simulate(HESTON, measure=measure, **given)])
        payoff = np.maximum(np.where(CALLS, 1.0, -1.0) * (ends[:, None] - STRIKES), 0.0)
        for inverse in (False, True):
            # What 1 USD at the end is worth now: 1 USD, or F_0/F_T coins' worth if paths are those of the coin.
            weight = 2_000.0 / ends if measure == "coin" else np.ones(ends.size)
            samples = payoff * weight[:, None] / (2_000.0 if inverse else 1.0)
            found = simulated_prices(HESTON, 2_000.0, STRIKES, 0.5, CALLS, inverse=inverse, measure=measure, **GIVEN)
            np.testing.assert_allclose(found.price, samples.mean(axis=0), rtol=1e-12)
            error = samples.std(axis=0, ddof=1) / math.sqrt(3_000)
            np.testing.assert_allclose(found.standard_error, error, rtol=1e-10)
            assert found.samples == 3_000


@pytest.mark.parametrize("how", [{}, {"antithetic": True}, {"sobol": True, "paths": 2_048, "scrambles": 8}])
def test_standard_errors_are_as_large_as_the_errors(how: dict[str, Any]) -> None:
    # Over many seeds the mean square of the errors is that of the standard errors.
    true = black76(2_000.0, STRIKES, 0.5, 0.7, CALLS, inverse=True).price
    errors, stated = [], []
    for seed in range(60):
        given = GIVEN | {"steps": 2, "seed": seed} | how
        found = simulated_prices(FLAT, 2_000.0, STRIKES, 0.5, CALLS, inverse=True, measure="coin", **given)
        errors.append(found.price - true)
        stated.append(found.standard_error)
    ratio = np.mean(np.square(errors), axis=0) / np.mean(np.square(stated), axis=0)
    assert np.all((ratio > 0.5) & (ratio < 1.8))


def test_pairs_and_sobol_points_do_better_than_chance() -> None:
    given = GIVEN | {"paths": 1 << 14}
    errors = []
    for how in ({}, {"antithetic": True}, {"sobol": True}):
        found = simulated_prices(HESTON, 2_000.0, 2_000.0, 0.5, True, inverse=True, measure="coin", **(given | how))
        errors.append(found.standard_error[0])
    assert errors[1] < 0.8 * errors[0]
    assert errors[2] < 0.2 * errors[0]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"strike": -1.0}, "give positive strikes"),
        ({"strike": [[1.0]]}, "give positive strikes"),
        ({"is_call": 1.0}, "give True for calls"),
        ({"is_call": [True, False]}, "give one flag per strike"),
        ({"inverse": None}, "inverse"),
        ({"paths": 1}, "take more paths"),
        ({"sobol": True, "paths": 4_096, "scrambles": 1}, "scrambles is 1; give a whole number, at least 2"),
        ({"sobol": True, "paths": 3_000, "scrambles": 7}, "give a power of two times as many paths"),
        ({"sobol": True, "paths": 48}, "give a power of two"),
        ({"seed": "a", "sobol": True, "paths": 2_048}, "seed is 'a'"),
        ({"measure": "both"}, 'give "quote" or "coin"'),
        ({"expiry_years": 0.0}, "expiry_years is 0.0; give a positive number"),
        ({"steps": 0}, "steps is 0; give a whole number, at least 1"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, Any], told: str) -> None:
    given = GIVEN | {"strike": STRIKES, "is_call": True, "expiry_years": 0.5, "inverse": True, "measure": "coin"}
    with pytest.raises(InputError, match=told):
        simulated_prices(HESTON, 2_000.0, **(given | changed))
