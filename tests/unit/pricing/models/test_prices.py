"""Prices and Greeks under models: shapes, units, slopes, and what is refused."""

from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.core.errors import InputError, TransformError
from hedgerow.pricing import black76
from hedgerow.pricing.models import SABR, Heston, Merton, Model, characteristic, price_model
from model_chains import BATES, HESTON, LEAPING, MERTON, VIOLATOR

SMILE = SABR(alpha=0.6, beta=1.0, vol_of_vol=1.5, rho=-0.3)
BENT = SABR(alpha=14.0, beta=0.6, vol_of_vol=1.0, rho=0.2)
MODELS = [HESTON, VIOLATOR, MERTON, BATES, LEAPING, SMILE, BENT]
FORWARD = 2_000.0
STRIKE = np.tile([1_400.0, 1_800.0, 2_000.0, 2_300.0, 3_000.0], 2)
YEARS = np.repeat([7.0 / 365.0, 0.4], 5)
CALL = STRIKE >= FORWARD
TIGHT = 1e-12


def prices(model: Model, *, forward: Any = FORWARD, years: Any = YEARS, inverse: bool = False) -> np.ndarray:
    return price_model(model, forward, STRIKE, years, CALL, inverse=inverse, tolerance=TIGHT).price


def five_points(values: Any, step: Any) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative from values at -2, -1, 0, 1 and 2 steps."""
    a, b, c, d, e = values
    return (a - 8.0 * b + 8.0 * d - e) / (12.0 * step), (-a + 16.0 * b - 30.0 * c + 16.0 * d - e) / (12.0 * step**2)


def state(model: Model) -> tuple[str, float]:
    name = "alpha" if isinstance(model, SABR) else "v0"
    return name, getattr(model, name)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
def test_delta_and_gamma_are_slopes_in_the_forward(model: Model, inverse: bool) -> None:
    found = price_model(model, FORWARD, STRIKE, YEARS, CALL, inverse=inverse)
    step = 4.0
    values = [prices(model, forward=FORWARD + j * step, inverse=inverse) for j in (-2, -1, 0, 1, 2)]
    first, second = five_points(values, step)
    np.testing.assert_allclose(found.delta, first * (FORWARD if inverse else 1.0), rtol=0.0, atol=2e-6)
    np.testing.assert_allclose(found.gamma * FORWARD**2, second * FORWARD**2, rtol=1e-5, atol=2e-4 * second.max() * 4e6)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
def test_theta_is_the_slope_in_time(model: Model, inverse: bool) -> None:
    found = price_model(model, FORWARD, STRIKE, YEARS, CALL, inverse=inverse)
    step = 1e-4
    values = [prices(model, years=YEARS + j * step, inverse=inverse) for j in (-2, -1, 0, 1, 2)]
    np.testing.assert_allclose(
        found.theta, -five_points(values, step)[0], rtol=2e-5, atol=1e-6 * np.abs(values[2]).max()
    )


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("model", [HESTON, VIOLATOR, BATES, LEAPING, SMILE, BENT], ids=lambda one: type(one).__name__)
def test_state_vega_is_the_slope_in_what_the_vol_starts_from(model: Model, inverse: bool) -> None:
    found = price_model(model, FORWARD, STRIKE, YEARS, CALL, inverse=inverse).state_vega
    name, here = state(model)
    step = 1e-3 * here
    moved = [msgspec.structs.replace(model, **{name: here + j * step}) for j in (-2, -1, 0, 1, 2)]
    slope, _ = five_points([prices(one, inverse=inverse) for one in moved], step)
    np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-7 * np.abs(found).max())


def test_mertons_state_is_the_squared_vol() -> None:
    found = price_model(MERTON, FORWARD, STRIKE, YEARS, CALL, inverse=False).state_vega
    square, step = MERTON.vol**2, 1e-4
    moved = [msgspec.structs.replace(MERTON, vol=float(np.sqrt(square + j * step))) for j in (-2, -1, 0, 1, 2)]
    slope, _ = five_points([prices(one) for one in moved], step)
    np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-7 * np.abs(found).max())


@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
def test_a_coin_settled_option_is_the_linear_one_over_the_forward(model: Model) -> None:
    linear = price_model(model, FORWARD, STRIKE, YEARS, CALL, inverse=False)
    coin = price_model(model, FORWARD, STRIKE, YEARS, CALL, inverse=True)
    np.testing.assert_allclose(coin.price, linear.price / FORWARD, rtol=1e-14)
    np.testing.assert_allclose(coin.delta, linear.delta - coin.price, rtol=0.0, atol=1e-14)
    np.testing.assert_allclose(coin.error, linear.error / FORWARD, rtol=1e-14)


def test_a_model_without_chance_is_black() -> None:
    still = Merton(vol=0.6, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    calm = Heston(v0=0.36, kappa=2.0, theta=0.36, vol_of_vol=0.0, rho=0.0)
    flat = SABR(alpha=0.6, beta=1.0, vol_of_vol=0.0, rho=0.0)
    black = black76(FORWARD, STRIKE, YEARS, 0.6, CALL, inverse=False)
    for model in (still, calm, flat):
        found = price_model(model, FORWARD, STRIKE, YEARS, CALL, inverse=False, tolerance=TIGHT)
        np.testing.assert_allclose(found.price, black.price, rtol=0.0, atol=1e-9)
        np.testing.assert_allclose(found.delta, black.delta, rtol=0.0, atol=1e-12)
        np.testing.assert_allclose(found.minimum_variance_delta, black.delta, rtol=0.0, atol=1e-12)
        np.testing.assert_allclose(found.gamma, black.gamma, rtol=1e-9)
        np.testing.assert_allclose(found.theta, black.theta, rtol=1e-9, atol=1e-6)


def test_the_tolerance_is_what_the_error_says() -> None:
    truth = price_model(BATES, FORWARD, STRIKE, YEARS, CALL, inverse=False, tolerance=1e-12).price
    for tolerance in (1e-4, 1e-7, 1e-10):
        found = price_model(BATES, FORWARD, STRIKE, YEARS, CALL, inverse=False, tolerance=tolerance)
        assert (np.abs(found.price - truth) <= found.error + 1e-12 * FORWARD).all()
        assert (found.error <= tolerance * FORWARD).all()


def test_the_order_of_options_does_not_matter() -> None:
    shuffled = np.random.default_rng(3).permutation(STRIKE.size)
    straight = price_model(LEAPING, FORWARD, STRIKE, YEARS, CALL, inverse=True)
    crooked = price_model(LEAPING, FORWARD, STRIKE[shuffled], YEARS[shuffled], CALL[shuffled], inverse=True)
    for name in straight.__slots__:
        np.testing.assert_array_equal(getattr(crooked, name), getattr(straight, name)[shuffled])


def test_no_options_have_no_prices() -> None:
    none = np.array([])
    assert price_model(HESTON, none, none, none, np.array([], dtype=bool), inverse=False).price.shape == (0,)


def test_the_characteristic_function_is_one_at_zero_and_at_the_forward() -> None:
    for model in (HESTON, VIOLATOR, MERTON, BATES, LEAPING):
        np.testing.assert_allclose(characteristic(model, [0.0, -1.0j], 0.7), 1.0, rtol=1e-13)
        u = np.array([0.3, 4.0, 20.0])
        np.testing.assert_allclose(characteristic(model, -u, 0.7), characteristic(model, u, 0.7).conj(), rtol=1e-13)
    with pytest.raises(InputError, match="give positive times"):
        characteristic(HESTON, 1.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"forward": -1.0}, "option 0: forward is -1; give positive numbers"),
        ({"strike": [2_000.0, 0.0]}, "option 1: strike is 0; give positive numbers"),
        ({"expiry_years": float("nan")}, "option 0: expiry_years is nan"),
        ({"tolerance": 0.0}, "tolerance is 0.0; give a fraction of the forward, 1e-13 to 0.001"),
        ({"tolerance": 1.0}, "tolerance is 1.0"),
        ({"is_call": "call"}, "is_call is 'call'"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "forward": 2_000.0,
        "strike": 2_100.0,
        "expiry_years": 0.1,
        "is_call": True,
        "inverse": False,
    }
    with pytest.raises(InputError, match=message):
        price_model(HESTON, **(good | change))


def test_a_transform_that_cannot_resolve_the_price_is_refused() -> None:
    still = Heston(v0=1e-9, kappa=1e-3, theta=1e-9, vol_of_vol=0.0, rho=0.0)
    with pytest.raises(
        TransformError, match=r"Heston at 1e-07 years: .*total variance .*; check parameters and expiry"
    ):
        price_model(still, 1.0, 1.0, 1e-7, True, inverse=False)


PARAMETERS: list[tuple[type[Any], dict[str, float], str]] = [
    (Heston, {"v0": -0.1}, "v0 = -0.1 in Heston; give a variance, zero or more"),
    (Heston, {"v0": 0.0, "theta": 0.0}, "v0 = 0.0 in Heston; one of v0 and theta must be positive"),
    (Heston, {"kappa": 0.0}, "kappa = 0.0 in Heston; give a positive number"),
    (Heston, {"rho": 1.0}, "rho = 1.0 in Heston; give a number strictly between -1 and 1"),
    (Heston, {"vol_of_vol": float("inf")}, "vol_of_vol = inf in Heston; give a finite number"),
    (Heston, {"theta": float("nan")}, "theta = nan in Heston; give a finite number"),
]


@pytest.mark.parametrize(("kind", "change", "message"), PARAMETERS)
def test_parameters_outside_their_domain_are_refused(kind: type[Any], change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kind(**(msgspec.structs.asdict(HESTON) | change))


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (BATES, {"jump_intensity": -1.0}, "jump_intensity = -1.0 in Bates"),
        (MERTON, {"vol": 0.0}, "vol = 0.0 in Merton"),
        (MERTON, {"jump_vol": -0.1}, "jump_vol = -0.1 in Merton"),
        (MERTON, {"jump_mean": 11.0}, "jump_mean = 11.0 in Merton"),
        (LEAPING, {"variance_jump_mean": -1.0}, "variance_jump_mean = -1.0 in SVCJ"),
        (LEAPING, {"variance_jump_mean": 2.0, "jump_correlation": 0.5}, "times variance_jump_mean it must be below 1"),
        (SMILE, {"alpha": 0.0}, "alpha = 0.0 in SABR"),
        (SMILE, {"beta": 1.2}, "beta = 1.2 in SABR; give a number from 0 to 1"),
    ],
)
def test_jumps_and_smiles_outside_their_domain_are_refused(model: Any, change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        type(model)(**(msgspec.structs.asdict(model) | change))
