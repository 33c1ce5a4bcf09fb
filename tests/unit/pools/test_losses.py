"""Rates of fees and losses: by hand, and what is refused."""

import math

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.pools.arbitrage import arbitrage_probability, log_fee
from hedgerow.pools.expected_gamma import (
    curve_interval_gamma,
    curve_lognormal_gamma,
    interval_gamma,
    lognormal_gamma,
)
from hedgerow.pools.losses import (
    break_even_apr,
    break_even_volume,
    fee_apr,
    loss_against_holding,
    pair_covariance,
    rebalancing_loss_rate,
)
from hedgerow.pools.range_curve import RangeCurve, columns_from_edges
from hedgerow.pools.stale import expected_staleness, stale_bound
from hedgerow.pools.weighted_curve import WeightedCurve

CURVE = RangeCurve(liquidity=10.0, lower=1.0, upper=4.0)
COLUMNS = columns_from_edges(np.array([10.0]), np.array([1.0]), np.array([4.0]))
PRICES = np.array([2.0, 1.0])


def test_fees_of_a_window_are_a_rate() -> None:
    assert fee_apr(73.0, 1_000.0, 0.1) == pytest.approx(0.73)
    assert fee_apr(0.0, 1_000.0, 0.1) == 0.0
    for wrong in ((-1.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0), (math.nan, 1.0, 1.0)):
        with pytest.raises(hr.InputError, match="positive window"):
            fee_apr(*wrong)


def test_breaking_even() -> None:
    # 80 of loss and 20 of hedging a year on 1,000: one tenth; at 0.3 % and half the pool, fees of 66,667 of volume.
    assert break_even_apr(80.0, 1_000.0, hedge_cost_rate=20.0) == pytest.approx(0.1)
    assert break_even_volume(80.0, 0.003, 0.5, hedge_cost_rate=20.0) == pytest.approx(100.0 / 0.0015)
    with pytest.raises(hr.InputError, match="a value > 0"):
        break_even_apr(80.0, 0.0)
    for wrong in ((-1.0, 0.003, 0.5), (80.0, 0.0, 0.5), (80.0, 0.003, 0.0), (80.0, 0.003, 1.1)):
        with pytest.raises(hr.InputError, match="a share up to 1"):
            break_even_volume(*wrong)


def test_holding_keeps_what_was_paid_in() -> None:
    found = loss_against_holding(np.array([90.0, 120.0]), np.array([10.0, 50.0]), np.array([[5.0, 1.0], [6.0, 1.0]]))
    np.testing.assert_allclose(found.held, [100.0, 110.0])
    np.testing.assert_allclose(found.loss, [-10.0, 10.0])
    np.testing.assert_allclose(found.fraction, [-0.1, 1.0 / 11.0])
    for wrong in (np.array([-1.0, 1.0]), np.zeros(2)):
        with pytest.raises(hr.InputError, match="tokens that were paid in"):
            loss_against_holding(np.array([1.0]), wrong, np.array([[1.0, 1.0]]))


@pytest.mark.parametrize(
    "covariance", [np.array([[1.0, 0.5], [0.4, 1.0]]), np.array([[1.0, 2.0], [2.0, 1.0]]), np.full((2, 2), math.nan)]
)
def test_what_is_no_covariance_is_refused(covariance: np.ndarray) -> None:
    with pytest.raises(hr.InputError, match="covariance"):
        rebalancing_loss_rate(CURVE.at(PRICES[None, :]).gamma, PRICES, covariance)
    with pytest.raises(hr.InputError, match="a vol of -1"):
        pair_covariance(-1.0)


def test_bad_fees_vols_and_intervals_are_refused() -> None:
    for fee in (-0.1, 1.0, math.nan):
        with pytest.raises(hr.InputError, match="a fee of"):
            log_fee(fee)
    for vol, block_s in ((0.0, 12.0), (0.5, 0.0), (math.inf, 12.0)):
        with pytest.raises(hr.InputError, match="both are positive"):
            arbitrage_probability(0.003, vol, block_s, "poisson")
    for low, high in ((0.0, 1.0), (2.0, 1.0), (1.0, math.inf)):
        with pytest.raises(hr.InputError, match="low <= high"):
            interval_gamma(COLUMNS, low, high)
        with pytest.raises(hr.InputError, match="low <= high"):
            curve_interval_gamma(CURVE, PRICES, 0, low, high)
    for deviation in (-0.1, math.nan):
        with pytest.raises(hr.InputError, match="a deviation of"):
            lognormal_gamma(COLUMNS, 2.0, deviation)
        with pytest.raises(hr.InputError, match="a deviation of"):
            curve_lognormal_gamma(CURVE, PRICES, 0, deviation)
    with pytest.raises(hr.InputError, match="a price that is not positive"):
        lognormal_gamma(COLUMNS, 0.0, 0.1)


def test_what_the_stale_price_is_known_for() -> None:
    three = WeightedCurve(reserves=np.ones(3), weights=np.full(3, 1.0 / 3.0))
    with pytest.raises(hr.InputError, match="known for two"):
        expected_staleness(three, np.ones(3), 0.003, vol=0.5, block_s=12.0)
    many = WeightedCurve(reserves=np.ones(11), weights=np.full(11, 1.0 / 11.0))
    with pytest.raises(hr.InputError, match="11 tokens"):
        stale_bound(many, np.ones(11), 0.003)
    free = stale_bound(CURVE, PRICES, 0.0)
    assert free.value_error == 0.0
    np.testing.assert_array_equal(free.delta_error, 0.0)


def test_deviations_of_nothing_are_gamma_itself() -> None:
    gamma = COLUMNS.at(2.0).gamma
    np.testing.assert_array_equal(lognormal_gamma(COLUMNS, 2.0, 0.0), gamma)
    np.testing.assert_array_equal(interval_gamma(COLUMNS, 2.0, 2.0), gamma)
