"""A ladder of ranges is worth what the curve is worth, at the spot and away from it."""

import mpmath as mp
import numpy as np
import pytest

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pools.curve import CurvePoint
from hedgerow.pools.ladder import Ladder, range_ladder

COIN, MONEY = np.array([1.0, 0.0]), np.array([0.0, 1.0])


class GeometricMean:
    """x^w · y^(1-w) = k, in closed form: Balancer whitepaper, and for w = 1/2 the constant product."""

    n_token = 2

    def __init__(self, weight: float) -> None:
        self.weights = np.array([weight, 1.0 - weight])

    def at(self, prices: Float64[np.ndarray, "n_point 2"]) -> CurvePoint:
        value = 1_000.0 * np.prod((prices / self.weights) ** self.weights, axis=1)
        amounts = self.weights * value[:, None] / prices
        nothing = np.zeros((value.size, 2, 2))
        return CurvePoint(value=value, amounts=amounts, gamma=nothing, speed=nothing[:, 0])


def ladder_worth(ladder: Ladder, price: float) -> tuple[float, float, float]:
    """Value, delta and gamma in 30 digits, rung by rung (whitepaper eqs. 6.29 and 6.30)."""
    value, delta, gamma = mp.mpf(ladder.money + ladder.coins * price), mp.mpf(ladder.coins), mp.mpf(0)
    for lower, upper, size in zip(ladder.lower, ladder.upper, ladder.liquidity, strict=True):
        a, b, s, L = (mp.mpf(float(number)) for number in (lower, upper, price, size))
        root = mp.sqrt(min(max(s, a), b))
        coins = L * (1 / root - 1 / mp.sqrt(b))
        value += coins * s + L * (root - mp.sqrt(a))
        delta += coins
        gamma -= L / 2 / s**1.5 if a <= s < b else 0
    return float(value), float(delta), float(gamma)


def exact(weight: float, price: float) -> tuple[float, float, float]:
    """V = c·S^w, its first and second derivative."""
    value = 1_000.0 * (price / weight) ** weight * (1.0 / (1.0 - weight)) ** (1.0 - weight)
    return value, weight * value / price, weight * (weight - 1.0) * value / price**2


@pytest.mark.parametrize("weight", [0.02, 0.2, 0.5, 0.8, 0.98])
@pytest.mark.parametrize("spot", [1e-6, 2_222.2, 1e9])
def test_value_delta_and_gamma_at_the_spot_are_those_of_the_curve(weight: float, spot: float) -> None:
    ladder = range_ladder(GeometricMean(weight), spot=spot, coins_per_token=COIN, money_per_token=MONEY)
    found, truth = ladder_worth(ladder, spot), exact(weight, spot)
    assert found[:2] == pytest.approx(truth[:2], rel=1e-11)
    assert found[2] == pytest.approx(truth[2], rel=2e-6)


@pytest.mark.parametrize("weight", [0.02, 0.2, 0.8, 0.98])
@pytest.mark.parametrize("move", [0.002, 0.3, 0.97, 1.2, 4.0, 900.0])
def test_away_from_the_spot_the_delta_is_within_the_stated_error(weight: float, move: float) -> None:
    spot = 2_000.0
    ladder = range_ladder(GeometricMean(weight), spot=spot, coins_per_token=COIN, money_per_token=MONEY)
    value, delta, _ = ladder_worth(ladder, spot * move)
    true_value, true_delta, _ = exact(weight, spot * move)
    size = max(true_delta, exact(weight, spot)[1])
    assert ladder.error <= 1e-4
    assert abs(delta - true_delta) <= 1.01e-4 * size
    # Integrated over the move, an error of the delta of 1e-4 is one of the value of no more than this.
    assert abs(value - true_value) <= 1.01e-4 * size * abs(move - 1.0) * spot


def test_a_constant_product_is_one_range() -> None:
    ladder = range_ladder(GeometricMean(0.5), spot=2_000.0, coins_per_token=COIN, money_per_token=MONEY)
    assert ladder.liquidity.size == 1
    assert ladder.liquidity[0] == pytest.approx(1_000.0, rel=1e-10)  # V = 2·L·sqrt(S) = 2,000·sqrt(S) at k = 1,000²


def test_tokens_that_move_together_are_coins_only() -> None:
    # A staked coin worth 1.15 and the coin: the value is proportional to the coin's price.
    ladder = range_ladder(
        GeometricMean(0.5), spot=2_000.0, coins_per_token=np.array([1.15, 1.0]), money_per_token=np.zeros(2)
    )
    coins = 1_000.0 * 2.0 * np.sqrt(1.15)
    assert ladder.liquidity.size == 0
    assert (ladder.coins, ladder.money) == pytest.approx((coins, 0.0), rel=1e-12, abs=1e-6)


def test_tokens_that_do_not_move_are_money_only() -> None:
    ladder = range_ladder(
        GeometricMean(0.5), spot=2_000.0, coins_per_token=np.zeros(2), money_per_token=np.array([1.0, 1.0])
    )
    assert (ladder.liquidity.size, ladder.coins) == (0, 0.0)
    assert ladder.money == pytest.approx(2_000.0, rel=1e-12)


def test_a_token_without_a_worth_is_refused() -> None:
    with pytest.raises(InputError, match="a token is worth nothing"):
        range_ladder(GeometricMean(0.5), spot=2_000.0, coins_per_token=COIN, money_per_token=np.zeros(2))


@pytest.mark.parametrize("spot", [0.0, -1.0, np.inf, np.nan])
def test_the_spot_is_positive_and_finite(spot: float) -> None:
    with pytest.raises(InputError, match="prices are positive and finite"):
        range_ladder(GeometricMean(0.5), spot=spot, coins_per_token=COIN, money_per_token=MONEY)


def test_a_curve_too_sharp_for_the_tolerance_is_refused() -> None:
    with pytest.raises(InputError, match="loosen it"):
        range_ladder(GeometricMean(0.2), spot=1.0, coins_per_token=COIN, money_per_token=MONEY, tolerance=1e-9)
