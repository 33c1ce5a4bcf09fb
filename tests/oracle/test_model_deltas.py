"""Deltas under models, against their definitions: cov(dU, dF)/var(dF) with every jump priced one by one."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.pricing import DeltaConvention, VolDynamics, black76, implied_vol, option_delta
from hedgerow.pricing.models import SVCJ, AffineModel, Bates, Merton, price_model
from model_chains import BATES, HESTON, LEAPING, MERTON

YEARS = 60.0 / 365.0
STRIKES = np.array([0.7, 0.85, 1.0, 1.1, 1.4])


def calls(model: AffineModel, forward: float) -> np.ndarray:
    return np.asarray(price_model(model, forward, STRIKES, YEARS, True, inverse=False, tolerance=1e-13).price)


def variance_now(model: AffineModel) -> float:
    return model.vol**2 if isinstance(model, Merton) else model.v0


def with_variance(model: AffineModel, v: float) -> AffineModel:
    return (
        msgspec.structs.replace(model, vol=math.sqrt(v))
        if isinstance(model, Merton)
        else msgspec.structs.replace(model, v0=v)
    )


def least_variance_delta(model: AffineModel) -> np.ndarray:
    """v·C_F + rho·nu·v·C_v plus lambda·E[(C(e^Jx, v + Jv) - C)(e^Jx - 1)], over v + lambda·E[(e^Jx - 1)²]."""
    v, h = variance_now(model), 1e-4
    by_forward = (calls(model, 1.0 + h) - calls(model, 1.0 - h)) / (2.0 * h)
    by_variance = (calls(with_variance(model, v + h), 1.0) - calls(with_variance(model, v - h), 1.0)) / (2.0 * h)
    tilt = 0.0 if isinstance(model, Merton) else model.rho * model.vol_of_vol
    together, alone = v * (by_forward + tilt * by_variance), v
    if isinstance(model, Bates | Merton | SVCJ):
        here = calls(model, 1.0)
        for weight, jump, rise in jumps(model):
            moved = math.exp(jump) - 1.0
            there = calls(with_variance(model, v + rise), math.exp(jump))
            together = together + model.jump_intensity * weight * (there - here) * moved
            alone += model.jump_intensity * weight * moved**2
    return np.asarray(together / alone)


def jumps(model: Any) -> list[tuple[float, float, float]]:
    """Weights and places of Gauss-Hermite quadrature in J_x times Gauss-Laguerre in J_v."""
    z, at_z = np.polynomial.hermite_e.hermegauss(24)
    x, at_x = np.polynomial.laguerre.laggauss(20) if isinstance(model, SVCJ) else (np.zeros(1), np.ones(1))
    mean, tie = (model.variance_jump_mean, model.jump_correlation) if isinstance(model, SVCJ) else (0.0, 0.0)
    return [
        (p * q / math.sqrt(2.0 * math.pi), model.jump_mean + tie * mean * b + model.jump_vol * a, mean * b)
        for a, p in zip(z, at_z, strict=True)
        for b, q in zip(x, at_x, strict=True)
    ]


@pytest.mark.parametrize("model", [HESTON, MERTON, BATES, LEAPING], ids=lambda one: type(one).__name__)
def test_minimum_variance_under_a_model_is_covariance_over_variance(model: AffineModel) -> None:
    found = price_model(model, 1.0, STRIKES, YEARS, True, inverse=False).minimum_variance_delta
    np.testing.assert_allclose(found, least_variance_delta(model), rtol=0.0, atol=3e-7)
    plain = price_model(model, 1.0, STRIKES, YEARS, True, inverse=False).delta
    assert np.abs(found - plain).max() > 0.01


@pytest.mark.parametrize("inverse", [False, True])
def test_puts_and_coin_follow_from_calls(inverse: bool) -> None:
    forward, strike = 2_000.0, 2_000.0 * STRIKES
    call, put = (price_model(LEAPING, forward, strike, YEARS, flag, inverse=inverse) for flag in (True, False))
    # C - P = F - K, in coin 1 - K/F, of which F·d/dF is K/F.
    step = strike / forward if inverse else 1.0
    np.testing.assert_allclose(call.delta - put.delta, step, rtol=1e-12)
    np.testing.assert_allclose(call.minimum_variance_delta - put.minimum_variance_delta, step, rtol=1e-9)


@pytest.mark.parametrize("in_coin", [False, True])
@pytest.mark.parametrize("model", [HESTON, MERTON, BATES, LEAPING], ids=lambda one: type(one).__name__)
def test_at_the_models_own_vol_the_conventions_give_the_models_deltas(model: AffineModel, in_coin: bool) -> None:
    forward, strike = 2_000.0, 2_000.0 * STRIKES
    is_call = STRIKES >= 1.0
    linear = price_model(model, forward, strike, YEARS, is_call, inverse=False)
    vol, _ = implied_vol(linear.price, forward, strike, YEARS, is_call, inverse=False)
    own = price_model(model, forward, strike, YEARS, is_call, inverse=in_coin)
    terms = (forward, strike, YEARS, vol, is_call)
    for convention, wanted in (
        (DeltaConvention.MODEL, own.delta),
        (DeltaConvention.MINIMUM_VARIANCE_MODEL, own.minimum_variance_delta),
    ):
        found = option_delta(convention, *terms, in_coin=in_coin, dynamics=VolDynamics(model=model))
        np.testing.assert_allclose(found, wanted, rtol=0.0, atol=1e-8)


def test_far_away_an_option_without_value_keeps_its_vol() -> None:
    terms = (2_000.0, 90_000.0, 2.0 / 365.0, 1.5, True)
    found = option_delta(DeltaConvention.MODEL, *terms, in_coin=False, dynamics=VolDynamics(model=HESTON))
    assert found[0] == black76(*terms, inverse=False).delta[0]


def test_jumps_without_a_second_moment_have_no_minimum_variance() -> None:
    heavy = msgspec.structs.replace(LEAPING, variance_jump_mean=1.0, jump_correlation=0.6)
    assert np.isnan(price_model(heavy, 1.0, 1.1, YEARS, True, inverse=False).minimum_variance_delta).all()
    with pytest.raises(InputError, match="SVCJ: its jumps have no second moment"):
        option_delta(
            DeltaConvention.MINIMUM_VARIANCE_MODEL,
            1.0,
            1.1,
            YEARS,
            0.6,
            True,
            in_coin=True,
            dynamics=VolDynamics(model=heavy),
        )
