"""Rates of fees and losses: by hand, and what is refused."""

import math

import msgspec
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.market import CurveCryptoPool, UniswapV3Pool, load_pool
from hedgerow.pools.arbitrage import arbitrage_probability, log_fee
from hedgerow.pools.expected_gamma import (
    curve_interval_gamma,
    curve_lognormal_gamma,
    interval_gamma,
    lognormal_gamma,
)
from hedgerow.pools.fees import swap_fee
from hedgerow.pools.losses import (
    break_even_apr,
    break_even_volume,
    fee_apr,
    loss_against_holding,
    pair_covariance,
    rebalancing_loss_rate,
)
from hedgerow.pools.position_curve import ShareCurve
from hedgerow.pools.range_curve import RangeCurve, columns_from_edges
from hedgerow.pools.stable_curve import StableCurve
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


def test_numbers_that_are_none_are_refused() -> None:
    for call in (
        lambda: fee_apr(math.inf, 1.0, 1.0),
        lambda: fee_apr(1.0, math.inf, 1.0),
        lambda: break_even_apr(math.inf, 1.0),
        lambda: break_even_apr(1.0, math.inf),
        lambda: break_even_apr(1.0, 1.0, hedge_cost_rate=math.nan),
        lambda: break_even_volume(1.0, 0.003, 0.5, hedge_cost_rate=math.nan),
        lambda: loss_against_holding(np.array([1.0]), np.array([math.nan, 1.0]), np.ones((1, 2))),
        lambda: loss_against_holding(np.array([math.nan]), np.ones(2), np.ones((1, 2))),
        lambda: loss_against_holding(np.array([1.0]), np.ones(2), np.array([[1.0, math.nan]])),
        lambda: rebalancing_loss_rate(np.full((1, 2, 2), math.nan), np.ones(2), pair_covariance(0.5)),
        lambda: rebalancing_loss_rate(np.zeros((1, 2, 2)), np.array([math.nan, 1.0]), pair_covariance(0.5)),
        lambda: CURVE.at(np.array([[math.nan, 1.0]])),
        lambda: CURVE.at(np.array([[1.0, 0.0]])),
    ):
        with pytest.raises(hr.InputError):
            call()


@pytest.mark.parametrize("token", [0, 1])
@pytest.mark.parametrize(("lower", "upper"), [(1.99, 2.01), (1.0, 4.0), (2.2, 2.3)])
def test_expected_gamma_of_a_range_is_exact_and_the_general_way_agrees(token: int, lower: float, upper: float) -> None:
    """The range's closed form against an integral of its own gamma, piece by piece."""
    curve, deviation = RangeCurve(liquidity=10.0, lower=lower, upper=upper), 0.05
    bends = sorted((math.log(edge / 2.0) + deviation**2 / 2) / deviation for edge in (lower, upper))
    if token == 1:
        bends = sorted((math.log(2.0 / edge) + deviation**2 / 2) / deviation for edge in (lower, upper))
    nodes, weights = np.polynomial.legendre.leggauss(200)
    low, high = (min(max(one, -9.0), 9.0) for one in bends)
    moves = low + 0.5 * (high - low) * (nodes + 1.0)
    at = np.tile(PRICES, (moves.size, 1))
    at[:, token] *= np.exp(deviation * moves - 0.5 * deviation**2)
    density = np.exp(-0.5 * moves**2) / math.sqrt(2.0 * math.pi)
    expected = 0.5 * (high - low) * float(weights @ (density * curve.at(at).gamma[:, token, token]))
    assert curve_lognormal_gamma(curve, PRICES, token, deviation) == pytest.approx(expected, rel=1e-9)
    assert curve_lognormal_gamma(ShareCurve(whole=curve, share=1.0), PRICES, token, deviation) == pytest.approx(
        expected, rel=1e-4
    )


def test_a_move_of_twenty_deviations_has_a_mean() -> None:
    found = float(lognormal_gamma(COLUMNS, 2.0, 20.0)[0])
    # ln P is normal around ln 2 - 200 with deviation 20, so the range is about ten deviations away
    moves = np.linspace((200.0 - math.log(2.0)) / 20.0, (200.0 + math.log(2.0)) / 20.0, 20_001)
    logs = math.log(2.0) - 200.0 + 20.0 * moves
    density = np.exp(-0.5 * moves**2) / math.sqrt(2.0 * math.pi)
    assert found == pytest.approx(float(np.trapezoid(-5.0 * np.exp(-1.5 * logs) * density, moves)), rel=1e-6)
    assert math.isfinite(float(lognormal_gamma(COLUMNS, 2.0, 60.0)[0]))


def test_whether_a_bound_is_attained_is_said() -> None:
    three = WeightedCurve(reserves=np.ones(3), weights=np.full(3, 1.0 / 3.0))
    assert stale_bound(CURVE, PRICES, 0.003).attained
    assert stale_bound(three, np.ones(3), 0.003).attained
    assert stale_bound(ShareCurve(whole=three, share=0.5), np.ones(3), 0.003).attained
    stable = StableCurve(units=np.ones(3), scaled=np.ones(3), annual=1_000.0)
    assert not stale_bound(stable, np.ones(3), 0.003).attained


def test_the_fee_of_a_cryptoswap_pool_is_that_of_its_balances() -> None:
    folder = hr.example("liquidity")
    crypto, ranged = load_pool(folder / "curve-cryptoswap.json"), load_pool(folder / "uniswap-v3.json")
    assert isinstance(crypto, CurveCryptoPool)
    assert isinstance(ranged, UniswapV3Pool)
    balanced = msgspec.structs.replace(
        crypto,
        balances=tuple(
            10**24 * 10**18 // (scale * 10 ** (18 - token.decimals))
            for token, scale in zip(crypto.tokens, (10**18, *crypto.price_scale), strict=True)
        ),
    )
    assert swap_fee(balanced) == pytest.approx(crypto.mid_fee / 1e10, rel=1e-3)
    lopsided = msgspec.structs.replace(balanced, balances=(balanced.balances[0] * 50, *balanced.balances[1:]))
    assert crypto.mid_fee / 1e10 < swap_fee(lopsided) <= crypto.out_fee / 1e10
    assert swap_fee(ranged) == ranged.fee_pips / 1e6
    assert swap_fee(load_pool(folder / "uniswap-v2.json")) == 0.003
