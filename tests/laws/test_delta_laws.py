"""Laws of deltas by name, on generated surfaces and options."""

from typing import Any, TypeAlias

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.pricing import DeltaConvention, QuadraticFit, Surface, VolDynamics, black76, option_delta, vol_response
from hedgerow.pricing.surface import atm_response
from model_chains import HESTON, SABRS
from smiles import make_truth

YEARS = np.array([0.02, 0.06, 0.15, 0.4, 1.0])
Held: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
CONVENTIONS = st.sampled_from(list(DeltaConvention))
BY_TRANSFORM = (DeltaConvention.MODEL, DeltaConvention.MINIMUM_VARIANCE_MODEL)


@st.composite
def surfaces(draw: st.DrawFn) -> Surface:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    years = YEARS[: draw(st.integers(1, YEARS.size))]
    return Surface.from_parameters(make_truth(rng, years, draw(st.floats(0.2, 1.5))))


@st.composite
def options(draw: st.DrawFn) -> Held:
    """Forward, strike, expiry and vol of some options; the vol of a mark is not the surface's."""
    n = draw(st.integers(1, 5))
    forward = np.array(draw(st.lists(st.floats(0.5, 1e5), min_size=n, max_size=n)))
    years = np.array(draw(st.lists(st.floats(0.005, 2.0), min_size=n, max_size=n)))
    vol = np.array(draw(st.lists(st.floats(0.1, 2.0), min_size=n, max_size=n)))
    reach = np.array(draw(st.lists(st.floats(-3.0, 3.0), min_size=n, max_size=n)))
    return forward, forward * np.exp(reach * vol * np.sqrt(years)), years, vol


def fits() -> st.SearchStrategy[QuadraticFit]:
    number = st.floats(-0.5, 0.5)
    return st.builds(QuadraticFit, a=number, b=number, c=number)


@st.composite
def dynamics(draw: st.DrawFn) -> VolDynamics:
    return VolDynamics(surface=draw(surfaces()), fitted=draw(fits()), model=HESTON, sabr=SABRS)


@given(convention=CONVENTIONS, dynamics=dynamics(), held=options(), is_call=st.booleans())
def test_the_coin_delta_is_the_usd_delta_less_the_value_in_coin(
    convention: DeltaConvention, dynamics: VolDynamics, held: Held, is_call: bool
) -> None:
    usd, coin = (option_delta(convention, *held, is_call, in_coin=flag, dynamics=dynamics) for flag in (False, True))
    value = black76(*held, is_call, inverse=True).price
    np.testing.assert_allclose(coin, usd - value, rtol=0.0, atol=1e-13 * (1.0 + np.abs(usd).max() + value.max()))


@given(convention=CONVENTIONS, dynamics=dynamics(), held=options())
def test_calls_and_puts_differ_by_the_forward(convention: DeltaConvention, dynamics: VolDynamics, held: Held) -> None:
    # C - P = F - K whatever vols do: 1 in USD, K/F for the net transaction delta of 1 - K/F coins.
    forward, strike, _, _ = held
    for in_coin, wanted in ((False, np.ones(forward.size)), (True, strike / forward)):
        call, put = (
            option_delta(convention, *held, flag, in_coin=in_coin, dynamics=dynamics) for flag in (True, False)
        )
        size = 1.0 + np.abs(call) + np.abs(put)
        assert np.all(np.abs(call - put - wanted) <= 1e-13 * size)


@given(convention=CONVENTIONS, dynamics=dynamics(), held=options(), is_call=st.booleans())
def test_every_delta_is_a_slope(convention: DeltaConvention, dynamics: VolDynamics, held: Held, is_call: bool) -> None:
    found = option_delta(convention, *held, is_call, in_coin=False, dynamics=dynamics)
    forward, strike, years, vol = held
    call_delta = black76(*held, True, inverse=False).delta
    terms: dict[str, Any] = {"dynamics": dynamics, "call_delta": call_delta}
    response = vol_response(convention, np.log(strike / forward), years, **terms)
    step = 1e-3 * forward * np.minimum(vol * np.sqrt(years), vol / (np.abs(response) + 1e-9))

    def price(away: int) -> np.ndarray:
        at = forward + away * step
        return black76(at, strike, years, vol + response * np.log(at / forward), is_call, inverse=False).price

    slope = (price(-2) - 8.0 * price(-1) + 8.0 * price(1) - price(2)) / (12.0 * step)
    assert np.all(np.abs(found - slope) <= 1e-8 * (1.0 + np.abs(response) * np.sqrt(years)))


@given(dynamics=dynamics(), scale=st.floats(0.1, 10.0), held=options(), convention=CONVENTIONS)
def test_another_unit_of_money_changes_no_delta(
    dynamics: VolDynamics, scale: float, held: Held, convention: DeltaConvention
) -> None:
    forward, strike, years, vol = held
    terms: dict[str, Any] = {"in_coin": True, "dynamics": dynamics}
    one = option_delta(convention, forward, strike, years, vol, True, **terms)
    other = option_delta(convention, scale * forward, scale * strike, years, vol, True, **terms)
    # A transform is summed at other frequencies for another last digit of ln(K/F), and its error counts by the ratio of
    # the marked option's vega to the model's.
    loose = 1e-4 if convention in BY_TRANSFORM else 1e-11
    np.testing.assert_allclose(other, one, rtol=0.0, atol=loose * (1.0 + np.abs(one).max()))


@given(rng=st.integers(0, 2**32 - 1), level=st.floats(0.2, 1.5), years=st.floats(0.003, 3.0))
def test_a_mirrored_smile_responds_the_other_way(rng: int, level: float, years: float) -> None:
    truth = Surface.from_parameters(make_truth(np.random.default_rng(rng), YEARS, level))
    mirror = truth.slices.copy()
    mirror[:, 2:4] *= -1.0  # rho and m
    mirrored = Surface(expiry_years=truth.expiry_years, slices=mirror)
    np.testing.assert_allclose(atm_response(mirrored, years), -atm_response(truth, years), rtol=1e-12, atol=1e-14)
