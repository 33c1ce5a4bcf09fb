"""Losses of liquidity: closed forms of every kind, gamma over a move, staleness, against independent numbers."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.pools.arbitrage import Clock, arbitrage_probability, arbitrageurs_share, log_fee
from hedgerow.pools.curve import Curve
from hedgerow.pools.expected_gamma import (
    curve_interval_gamma,
    curve_lognormal_gamma,
    interval_gamma,
    lognormal_gamma,
)
from hedgerow.pools.losses import impermanent_loss, pair_covariance, rebalancing_loss_rate
from hedgerow.pools.range_curve import RangeColumns, RangeCurve, columns_from_edges
from hedgerow.pools.stale import expected_staleness, stale_bound
from hedgerow.pools.weighted_curve import WeightedCurve

EXAMPLES = settings(max_examples=200, deadline=None)
DAY = 0.05 * math.sqrt(365.0)


def weighted(weights: list[float]) -> WeightedCurve:
    return WeightedCurve(reserves=np.linspace(3.0, 9.0, len(weights)), weights=np.array(weights))


def columns(lower: float, upper: float, liquidity: float = 40.0) -> RangeColumns:
    return columns_from_edges(np.array([liquidity]), np.array([lower]), np.array([upper]))


def loss_rate(curve: Curve, prices: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    point = curve.at(prices[None, :])
    return float(rebalancing_loss_rate(point.gamma, prices, covariance)[0]), float(point.value[0])


# Loss-versus-rebalancing.


@EXAMPLES
@given(vol=st.floats(0.01, 3.0), price=st.floats(1e-3, 1e5), unit=st.floats(1e-3, 1e3))
def test_a_constant_product_loses_an_eighth_of_the_variance(vol: float, price: float, unit: float) -> None:
    rate, value = loss_rate(weighted([0.5, 0.5]), np.array([price * unit, unit]), pair_covariance(vol))
    assert rate == pytest.approx(vol**2 / 8.0 * value, rel=1e-10)


@EXAMPLES
@given(vol=st.floats(0.01, 3.0), place=st.floats(0.0, 0.999), width=st.floats(1e-3, 4.0))
def test_a_range_loses_a_quarter_of_variance_times_liquidity_times_root(vol: float, place: float, width: float) -> None:
    price = 1_700.0
    lower = price * math.exp(-place * width)
    curve = RangeCurve(liquidity=12.0, lower=lower, upper=lower * math.exp(width))
    rate, _ = loss_rate(curve, np.array([price, 1.0]), pair_covariance(vol))
    assert rate == pytest.approx(12.0 * vol**2 * math.sqrt(price) / 4.0, rel=1e-12)
    for outside in (lower * 0.999, lower * math.exp(width) * 1.001):
        assert loss_rate(curve, np.array([outside, 1.0]), pair_covariance(vol))[0] == 0.0


@EXAMPLES
@given(
    parts=st.lists(st.integers(1, 20), min_size=2, max_size=5),
    vols=st.lists(st.floats(0.05, 2.0), min_size=5, max_size=5),
    common=st.floats(0.0, 0.95),
)
def test_a_weighted_pool_loses_half_the_excess_of_the_mean_variance(
    parts: list[int], vols: list[float], common: float
) -> None:
    weights = np.array(parts) / sum(parts)
    sigma = np.array(vols[: weights.size])
    covariance = np.outer(sigma, sigma) * (common + (1.0 - common) * np.eye(weights.size))
    prices = np.linspace(0.5, 40.0, weights.size)
    rate, value = loss_rate(weighted(list(weights)), prices, covariance)
    # The portfolio's variance is less than the mean of the variances: half of what it is less.
    assert rate == pytest.approx(
        0.5 * value * (weights @ sigma**2 - weights @ covariance @ weights), rel=1e-9, abs=1e-12
    )


@EXAMPLES
@given(vols=st.tuples(*[st.floats(0.1, 1.5)] * 2), common=st.floats(-0.9, 0.9))
def test_the_loss_does_not_depend_on_the_numeraire(vols: tuple[float, float], common: float) -> None:
    curve, dollars = RangeCurve(liquidity=12.0, lower=4.0, upper=16.0), np.array([2_500.0, 250.0])
    both = common * vols[0] * vols[1]
    covariance = np.array([[vols[0] ** 2, both], [both, vols[1] ** 2]])
    relative = math.sqrt(vols[0] ** 2 + vols[1] ** 2 - 2.0 * both)
    in_dollars, _ = loss_rate(curve, dollars, covariance)
    in_token1, _ = loss_rate(curve, dollars / dollars[1], pair_covariance(relative))
    assert in_dollars == pytest.approx(in_token1 * dollars[1], rel=1e-9)


# Impermanent loss.


@EXAMPLES
@given(move=st.floats(1e-3, 1e3))
def test_the_impermanent_loss_of_a_constant_product(move: float) -> None:
    found = impermanent_loss(weighted([0.5, 0.5]), np.array([7.0, 1.0]), np.array([[7.0 * move, 1.0]]))
    with mp.workdps(40):
        true = float(2 * mp.sqrt(move) / (1 + mp.mpf(move)) - 1)
    assert found.fraction[0] == pytest.approx(true, rel=1e-9, abs=1e-14)


@EXAMPLES
@given(entry=st.floats(0.3, 3.0), now=st.floats(0.2, 5.0), width=st.floats(0.05, 2.0))
def test_the_impermanent_loss_of_a_range_is_never_a_gain(entry: float, now: float, width: float) -> None:
    curve = RangeCurve(liquidity=5.0, lower=math.exp(-width), upper=math.exp(width))
    found = impermanent_loss(curve, np.array([entry, 1.0]), np.array([[now, 1.0], [entry, 1.0]]))
    assert found.loss[0] <= 1e-12
    assert found.loss[1] == pytest.approx(0.0, abs=1e-12)


# Gamma over a move.


@EXAMPLES
@given(
    low=st.floats(20.0, 900.0),
    width=st.one_of(st.just(0.0), st.floats(1e-3, 400.0)),
    lower=st.floats(50.0, 500.0),
    span=st.floats(1.001, 8.0),
)
def test_the_mean_gamma_of_an_interval_is_the_integral_of_gamma(
    low: float, width: float, lower: float, span: float
) -> None:
    held, high = columns(lower, lower * span), low + width
    mean = float(interval_gamma(held, low, high)[0])
    if width == 0.0:
        assert mean == float(held.at(low).gamma[0])
        return
    ends = [max(low, lower), min(high, lower * span)]
    with mp.workdps(30):
        area = mp.quad(lambda price: -20 * price ** mp.mpf("-1.5"), ends) if ends[0] < ends[1] else mp.mpf(0)
    assert mean == pytest.approx(float(area) / width, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(
    ("price", "deviation"), [(99.0, 0.02), (100.0, 0.05), (150.0, 0.3), (400.0, 0.01), (30.0, 0.2)]
)
def test_the_mean_gamma_of_a_lognormal_move_is_the_integral(price: float, deviation: float) -> None:
    def weighed(z: mp.mpf) -> mp.mpf:
        at = price * mp.exp(deviation * z - mp.mpf(deviation) ** 2 / 2)
        return -20 * at ** mp.mpf("-1.5") * mp.npdf(z)

    with mp.workdps(30):
        ends = [(mp.log(mp.mpf(edge) / price) + mp.mpf(deviation) ** 2 / 2) / deviation for edge in (100, 400)]
        steps = [max(ends[0], -12), *[z for z in range(-11, 12) if ends[0] < z < ends[1]], min(ends[1], 12)]
        true = float(mp.quad(weighed, steps)) if steps[0] < steps[-1] else 0.0
    assert float(lognormal_gamma(columns(100.0, 400.0), price, deviation)[0]) == pytest.approx(
        true, rel=1e-9, abs=1e-15
    )


def test_the_mean_gamma_at_an_edge_is_half_of_what_is_inside() -> None:
    held = columns(100.0, 400.0)
    inside, outside = held.at(100.0).gamma[0], held.at(99.999).gamma[0]
    assert outside == 0.0
    for deviation in (1e-4, 1e-5):
        assert lognormal_gamma(held, 100.0, deviation)[0] == pytest.approx(0.5 * inside, rel=3.0 * deviation)
        low, high = 100.0 * (1.0 - deviation), 100.0 * (1.0 + deviation)
        assert interval_gamma(held, low, high)[0] == pytest.approx(0.5 * inside, rel=3.0 * deviation)


def test_general_curves_have_the_same_means() -> None:
    # A constant product has amounts in powers of the price: means of powers of a log-normal are known.
    curve, prices, deviation = weighted([0.5, 0.5]), np.array([6.0, 1.0]), 0.4
    gamma = curve.at(prices[None, :]).gamma[0, 0, 0]
    true = gamma * math.exp(-1.5 * -0.5 * deviation**2 + 1.125 * deviation**2)
    assert curve_lognormal_gamma(curve, prices, 0, deviation) == pytest.approx(true, rel=1e-10)
    wide = RangeCurve(liquidity=40.0, lower=1e-6, upper=1e6)
    assert curve_interval_gamma(wide, prices, 0, 4.0, 9.0) == pytest.approx(
        float(interval_gamma(columns(1e-6, 1e6), 4.0, 9.0)[0]), rel=1e-12
    )
    assert curve_interval_gamma(wide, prices, 0, 6.0, 6.0) == wide.at(prices[None, :]).gamma[0, 0, 0]
    assert curve_lognormal_gamma(wide, prices, 0, 0.0) == wide.at(prices[None, :]).gamma[0, 0, 0]


# Arbitrage and staleness.


def test_the_published_probabilities() -> None:
    # 5 bp, 12 s, 5 % a day: 1/(1 + 1.2) by hand with f for the log fee.
    assert arbitrage_probability(1.0 - math.exp(-0.0005), DAY, 12.0, "poisson") == pytest.approx(1 / 2.2, rel=1e-12)
    assert round(arbitrage_probability(0.0005, DAY, 12.0, "fixed"), 3) == 0.495


@pytest.mark.parametrize("clock", ["poisson", "fixed"])
@pytest.mark.parametrize("fee", [0.0001, 0.0005, 0.003])
def test_probability_and_share_are_those_of_a_simulated_walk(clock: str, fee: float) -> None:
    rng = np.random.default_rng(5)
    band = log_fee(fee) / (DAY * math.sqrt(12.0 / 86_400 / 365))
    n_walk, trades, square, gap = 20_000, 0.0, 0.0, np.zeros(20_000)
    for block in range(600):
        step = rng.standard_normal(n_walk)
        if clock == "poisson":
            step *= np.sqrt(rng.exponential(size=n_walk))
        moved = gap + step
        gap = np.clip(moved, -band, band)
        if block >= 300:
            trades += float(np.mean(moved != gap)) / 300
            square += float(np.mean((moved - gap) ** 2)) / 300
    chosen: Clock = "poisson" if clock == "poisson" else "fixed"
    # Six million steps, correlated over some band² of them.
    assert arbitrage_probability(fee, DAY, 12.0, chosen) == pytest.approx(trades, rel=5e-3)
    assert arbitrageurs_share(fee, DAY, 12.0, chosen) == pytest.approx(square, rel=1e-2)


def test_the_fixed_clock_joins_its_own_limit() -> None:
    fees = [1.0 - math.exp(-band * DAY * math.sqrt(12.0 / 86_400 / 365)) for band in (11.9999, 12.0001)]
    for function in (arbitrage_probability, arbitrageurs_share):
        near, far = (function(fee, DAY, 12.0, "fixed") for fee in fees)
        assert near == pytest.approx(far, rel=3e-5)
        assert function(0.0, DAY, 12.0, "fixed") == function(0.0, DAY, 12.0, "poisson") == 1.0


@EXAMPLES
@given(
    price=st.floats(0.02, 50.0),
    fee=st.sampled_from([0.0, 0.0001, 0.0005, 0.003, 0.01]),
    gap=st.floats(-1.0, 1.0),
    width=st.floats(0.001, 3.0),
)
def test_no_pool_price_within_the_fee_breaks_the_stale_bound(
    price: float, fee: float, gap: float, width: float
) -> None:
    curve = RangeCurve(liquidity=100.0, lower=math.exp(-width), upper=math.exp(width))
    market, pool = np.array([price, 1.0]), np.array([price * math.exp(gap * log_fee(fee)), 1.0])
    bound, here, there = stale_bound(curve, market, fee), curve.at(market[None, :]), curve.at(pool[None, :])
    assert np.all(there.amounts[0] >= bound.lowest - 1e-11)
    assert np.all(there.amounts[0] <= bound.highest + 1e-11)
    assert np.all(np.abs(there.amounts[0] - here.amounts[0]) <= bound.delta_error + 1e-11)
    assert -1e-11 <= there.amounts[0] @ market - here.value[0] <= bound.value_error + 1e-11
    # And it is attained, at one end of the band or the other.
    ends = curve.at(np.array([[price * (1.0 - fee), 1.0], [price / (1.0 - fee), 1.0]]))
    np.testing.assert_allclose(np.max(np.abs(ends.amounts - here.amounts), axis=0), bound.delta_error, atol=1e-11)


@EXAMPLES
@given(
    parts=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    gaps=st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3),
)
def test_the_stale_bound_holds_for_three_tokens(parts: list[int], gaps: list[float]) -> None:
    curve, market = weighted([part / sum(parts) for part in parts]), np.array([30.0, 2.0, 1.0])
    bound = stale_bound(curve, market, 0.003)
    amounts = curve.at((market * np.exp(log_fee(0.003) * np.array(gaps)))[None, :]).amounts[0]
    assert np.all((amounts >= bound.lowest - 1e-12) & (amounts <= bound.highest + 1e-12))


def test_expected_staleness_is_that_of_a_simulated_pool() -> None:
    rng, fee, vol, block_s, n_walk = np.random.default_rng(3), 0.003, 1.2, 600.0, 5_000
    curve, prices = RangeCurve(liquidity=100.0, lower=0.9, upper=1.1), np.array([1.0, 1.0])
    step, band, gap = vol * math.sqrt(block_s / (365 * 86_400)), log_fee(fee), np.zeros(n_walk)
    seen = []
    for block in range(400):
        moved = gap + step * rng.standard_normal(n_walk) * np.sqrt(rng.exponential(size=n_walk))
        gap = np.clip(moved, -band, band)
        if block >= 100 and block % 2:
            seen.append(moved)
    gaps = np.concatenate(seen)
    rows = np.column_stack((np.exp(gaps), np.ones(gaps.size)))
    apart = curve.at(rows).amounts - curve.at(prices[None, :]).amounts
    found = expected_staleness(curve, prices, fee, vol=vol, block_s=block_s)
    assert found.mispricing == pytest.approx(math.sqrt(float(np.mean(gaps**2))), rel=1e-2)
    np.testing.assert_allclose(found.delta_error, np.sqrt(np.mean(apart**2, axis=0)), rtol=1e-2)
    assert found.value_error == pytest.approx(float(np.mean(apart @ prices)), rel=2e-2)
