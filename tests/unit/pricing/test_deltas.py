"""Deltas by name against finite differences of the price with the vol moving as each convention says."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing import DeltaConvention, QuadraticFit, Surface, VolDynamics, black76, option_delta, vol_response
from hedgerow.pricing.surface import atm_response
from model_chains import HESTON, SABRS
from smiles import make_ssvi

FORWARD = 2_240.0
YEARS = np.array([0.02, 0.05, 0.1, 0.25, 0.5, 1.0])
SURFACE = Surface.from_parameters(make_ssvi(YEARS, vol=0.6, tilt=0.5, rho=-0.35, eta=0.8, power=0.4))
FITTED = QuadraticFit(a=-0.06, b=0.03, c=-0.01)
DYNAMICS = VolDynamics(surface=SURFACE, fitted=FITTED, model=HESTON, sabr=SABRS)
EVERY = list(DeltaConvention)
NEEDS_SURFACE = [DeltaConvention.STICKY_MONEYNESS, DeltaConvention.MINIMUM_VARIANCE_SURFACE]
# On an expiry, between two, before the first and beyond the last; far and near strikes; calls and puts.
K, AT, CALL = (
    np.array(column)
    for column in zip(
        *itertools.product((-0.4, -0.05, 0.0, 0.1, 0.5), (0.01, 0.1, 0.17, 1.6), (True, False)), strict=True
    )
)
STRIKE, VOL = FORWARD * np.exp(K), SURFACE.vol(K, AT)


def delta(convention: DeltaConvention, *, in_coin: bool) -> np.ndarray:
    given: dict[str, Any] = {"in_coin": in_coin, "dynamics": DYNAMICS}
    return np.asarray(option_delta(convention, FORWARD, STRIKE, AT, VOL, CALL, **given))


def slope(vol_at: Callable[[np.ndarray], np.ndarray], *, in_coin: bool) -> np.ndarray:
    """dU/dF, or the net transaction delta F·dV/dF, with the vols a function of the forward."""
    step = 2e-3 * FORWARD * np.sqrt(AT)

    def price(away: int) -> np.ndarray:
        forward = FORWARD + away * step
        return black76(forward, STRIKE, AT, vol_at(forward), CALL, inverse=in_coin).price

    first = (price(-2) - 8.0 * price(-1) + 8.0 * price(1) - price(2)) / (12.0 * step)  # as in numerics.five_point
    return np.asarray(first * (FORWARD if in_coin else 1.0))


@pytest.mark.parametrize("in_coin", [False, True])
def test_sticky_strike_is_the_delta_of_black(in_coin: bool) -> None:
    plain = black76(FORWARD, STRIKE, AT, VOL, CALL, inverse=in_coin).delta
    np.testing.assert_array_equal(delta(DeltaConvention.STICKY_STRIKE, in_coin=in_coin), plain)
    still = slope(lambda _: VOL, in_coin=in_coin)
    np.testing.assert_allclose(still, plain, rtol=0.0, atol=2e-9)


@pytest.mark.parametrize("in_coin", [False, True])
def test_sticky_moneyness_is_the_slope_with_the_surface_moving_along(in_coin: bool) -> None:
    moving = slope(lambda forward: SURFACE.vol(np.log(STRIKE / forward), AT), in_coin=in_coin)
    found = delta(DeltaConvention.STICKY_MONEYNESS, in_coin=in_coin)
    np.testing.assert_allclose(found, moving, rtol=0.0, atol=2e-9)


@pytest.mark.parametrize("in_coin", [False, True])
def test_minimum_variance_of_the_surface_moves_the_vol_at_the_money_as_well(in_coin: bool) -> None:
    response = atm_response(SURFACE, AT)

    def vol_at(forward: np.ndarray) -> np.ndarray:
        return np.asarray(SURFACE.vol(np.log(STRIKE / forward), AT) + response * np.log(forward / FORWARD))

    found = delta(DeltaConvention.MINIMUM_VARIANCE_SURFACE, in_coin=in_coin)
    np.testing.assert_allclose(found, slope(vol_at, in_coin=in_coin), rtol=0.0, atol=2e-9)


@pytest.mark.parametrize("in_coin", [False, True])
def test_fitted_minimum_variance_moves_vols_by_the_quadratic(in_coin: bool) -> None:
    call_delta = black76(FORWARD, STRIKE, AT, VOL, True, inverse=False).delta
    # Hull, White (2017), eq. 6.
    response = (-0.06 + 0.03 * call_delta - 0.01 * call_delta**2) / AT**0.5
    moving = slope(lambda forward: VOL + response * np.log(forward / FORWARD), in_coin=in_coin)
    found = delta(DeltaConvention.MINIMUM_VARIANCE_FITTED, in_coin=in_coin)
    np.testing.assert_allclose(found, moving, rtol=0.0, atol=2e-9)


def test_the_conventions_differ_and_a_negative_skew_orders_them() -> None:
    # At the money under a negative skew: vols that move along add to the delta, vols that fall with the forward's
    # rise take away more than that.
    near = int(np.flatnonzero((K == 0.0) & (AT == 0.1) & CALL)[0])
    strike, moneyness, least = (
        delta(convention, in_coin=False)[near] for convention in (DeltaConvention.STICKY_STRIKE, *NEEDS_SURFACE)
    )
    assert least < strike - 0.01 < strike + 0.01 < moneyness


@pytest.mark.parametrize("in_coin", [False, True])
@pytest.mark.parametrize("convention", EVERY)
def test_rows_that_cannot_be_priced_are_nan_and_leave_the_others_alone(
    convention: DeltaConvention, in_coin: bool
) -> None:
    nan = float("nan")
    forward = np.array([FORWARD, -1.0, nan, FORWARD, FORWARD, FORWARD, FORWARD, FORWARD])
    strike = np.array([2_300.0, 2_300.0, 2_300.0, -5.0, 2_300.0, 2_300.0, 2_300.0, 2_000.0])
    years = np.array([0.1, 0.1, 0.1, 0.1, 0.0, nan, 0.1, 0.3])
    vol = np.array([0.6, 0.6, 0.6, 0.6, 0.6, 0.6, -0.1, 0.7])
    given: dict[str, Any] = {"in_coin": in_coin, "dynamics": DYNAMICS}
    found = option_delta(convention, forward, strike, years, vol, True, **given)
    assert np.isfinite(found).tolist() == [True, False, False, False, False, False, False, True]
    good = np.array([0, 7])
    alone = option_delta(convention, forward[good], strike[good], years[good], vol[good], True, **given)
    np.testing.assert_array_equal(found[good], alone)


@pytest.mark.parametrize("convention", EVERY)
def test_no_rows_and_none_but_bad_rows(convention: DeltaConvention) -> None:
    none = np.array([])
    given: dict[str, Any] = {"in_coin": True, "dynamics": DYNAMICS}
    assert option_delta(convention, none, none, none, none, np.array([], dtype=bool), **given).shape == (0,)
    assert np.isnan(option_delta(convention, [-1.0, 0.0], 2_000.0, 0.1, 0.6, True, **given)).all()


@pytest.mark.parametrize("convention", EVERY)
def test_a_scalar_that_cannot_be_priced_is_refused(convention: DeltaConvention) -> None:
    with pytest.raises(InputError, match="forward must be positive"):
        option_delta(convention, -1.0, 2_000.0, 0.1, 0.6, True, in_coin=False, dynamics=DYNAMICS)


@pytest.mark.parametrize("convention", EVERY)
def test_scalars_broadcast_against_any_column(convention: DeltaConvention) -> None:
    given: dict[str, Any] = {"in_coin": False, "dynamics": DYNAMICS}
    names, numbers = ("forward", "strike", "expiry_years", "vol"), (FORWARD, 2_300.0, 0.1, 0.6)
    terms: dict[str, Any] = dict(zip(names, numbers, strict=True))
    full: dict[str, Any] = {name: np.full(3, number) for name, number in terms.items()}
    wanted = option_delta(convention, **full, is_call=np.full(3, True), **given)
    for name in names:
        mixed = terms | {name: full[name]}
        np.testing.assert_array_equal(option_delta(convention, **mixed, is_call=True, **given), wanted)


@pytest.mark.parametrize("convention", EVERY)
def test_one_set_of_terms_for_a_call_and_a_put(convention: DeltaConvention) -> None:
    call, put = option_delta(
        convention,
        FORWARD,
        2_300.0,
        0.1,
        0.6,
        np.array([True, False]),
        in_coin=False,
        dynamics=DYNAMICS,
    )
    assert call - put == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("convention", NEEDS_SURFACE)
def test_a_missing_surface_is_named(convention: DeltaConvention) -> None:
    message = f"{convention.value} without a surface; fit one with fit_chain and give VolDynamics(surface=...)"
    with pytest.raises(InputError) as caught:
        option_delta(convention, FORWARD, 2_300.0, 0.1, 0.6, True, in_coin=False, dynamics=VolDynamics(fitted=FITTED))
    assert str(caught.value) == message
    with pytest.raises(InputError) as caught:
        vol_response(convention, 0.0, 0.1, dynamics=VolDynamics(fitted=FITTED))
    assert str(caught.value) == message


def test_a_missing_fit_is_named() -> None:
    convention = DeltaConvention.MINIMUM_VARIANCE_FITTED
    message = (
        "minimum_variance_fitted without a fit; fit one with fit_minimum_variance and give VolDynamics(fitted=...)"
    )
    with pytest.raises(InputError) as caught:
        option_delta(convention, FORWARD, 2_300.0, 0.1, 0.6, True, in_coin=False, dynamics=VolDynamics(surface=SURFACE))
    assert str(caught.value) == message
    with pytest.raises(InputError, match="without a fit"):
        vol_response(convention, 0.0, 0.1, dynamics=VolDynamics(surface=SURFACE), call_delta=0.5)


def test_responses_are_those_of_the_surface_and_of_the_fit() -> None:
    k, years = np.array([-0.2, 0.0, 0.3]), np.array([0.1, 0.17, 0.5])
    by_k = (SURFACE.vol(k + 1e-4, years) - SURFACE.vol(k - 1e-4, years)) / 2e-4
    zero = vol_response(DeltaConvention.STICKY_STRIKE, k, years)
    along = vol_response(DeltaConvention.STICKY_MONEYNESS, k, years, dynamics=VolDynamics(surface=SURFACE))
    least = vol_response(DeltaConvention.MINIMUM_VARIANCE_SURFACE, k, years, dynamics=VolDynamics(surface=SURFACE))
    np.testing.assert_array_equal(zero, np.zeros(3))
    np.testing.assert_allclose(along, -by_k, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(least - along, atm_response(SURFACE, years), rtol=0.0, atol=1e-15)
    fitted = vol_response(
        DeltaConvention.MINIMUM_VARIANCE_FITTED,
        k,
        years,
        dynamics=VolDynamics(fitted=FITTED),
        call_delta=[0.2, 0.5, 0.9],
    )
    np.testing.assert_allclose(fitted, [-0.0544 / 0.1**0.5, -0.0475 / 0.17**0.5, -0.0411 / 0.5**0.5], rtol=1e-12)
