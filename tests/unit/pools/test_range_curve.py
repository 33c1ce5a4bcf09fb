"""Ranges by columns: closed forms in many digits, edges, parity of the two forms, and both numeraires."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.pools import LiquidityRange, range_greeks
from hedgerow.pools.range_curve import RangeColumns, RangeCurve, columns_from_edges, edge_prices, range_columns

EXAMPLES = settings(max_examples=200, deadline=None)
EDGES = np.array([100.0, 400.0])


def one(liquidity: float = 50.0, lower: float = 100.0, upper: float = 400.0) -> RangeColumns:
    return columns_from_edges(np.array([liquidity]), np.array([lower]), np.array([upper]))


def exact(liquidity: float, lower: float, upper: float, price: float) -> list[float]:
    """Value, amounts, gamma and speed in 50 digits, from the amounts' definition and differentiation by hand."""
    with mp.workdps(50):
        held, low, high, here = (mp.mpf(number) for number in (liquidity, lower, upper, price))
        at = min(max(here, low), high)
        amount0, amount1 = held * (1 / mp.sqrt(at) - 1 / mp.sqrt(high)), held * (mp.sqrt(at) - mp.sqrt(low))
        inside = 1 if low <= here < high else 0
        gamma, speed = -inside * held / 2 * here ** mp.mpf("-1.5"), inside * held * 3 / 4 * here ** mp.mpf("-2.5")
        return [float(number) for number in (amount0 * here + amount1, amount0, amount1, gamma, speed)]


@EXAMPLES
@given(
    liquidity=st.floats(1e-6, 1e12),
    centre=st.integers(-880_000, 880_000),
    width=st.integers(1, 5_000),
    place=st.one_of(st.sampled_from([0.0, 1.0, -1e-9, 1.0 + 1e-9]), st.floats(-3.0, 4.0)),
)
def test_both_forms_are_the_closed_form(liquidity: float, centre: int, width: int, place: float) -> None:
    lower, upper = (float(price) for price in edge_prices(np.array([centre, centre + width]), 18, 18))
    price = lower if place == 0.0 else upper if place == 1.0 else lower * (upper / lower) ** place
    columns = one(liquidity, lower, upper)
    true = exact(liquidity, lower, upper, price)
    for points in (columns.at(price), columns.at_numpy(price)):
        got = [points.value[0], points.delta[0], points.amount1[0], points.gamma[0], points.speed[0]]
        # Amounts are differences of square roots: what they lose is a rounding of the roots, not of the difference.
        root = math.sqrt(price)
        loss = [4e-16 * liquidity * one for one in (4.0 * root, 2.0 / math.sqrt(lower), 2.0 * math.sqrt(upper), 0, 0)]
        for value, wanted, slack in zip(got, true, loss, strict=True):
            assert value == pytest.approx(wanted, rel=4e-15, abs=slack)


def test_the_compiled_form_gives_the_numbers_of_the_other() -> None:
    rng = np.random.default_rng(8)
    lower = np.exp(rng.uniform(-3.0, 3.0, 5_000))
    columns = columns_from_edges(rng.uniform(1.0, 1e6, 5_000), lower, lower * np.exp(rng.uniform(1e-4, 2.0, 5_000)))
    prices = np.exp(rng.uniform(-4.0, 4.0, 5_000))
    prices[:10], prices[10:20] = columns.lower[:10], columns.upper[10:20]
    compiled, plain = columns.at(prices), columns.at_numpy(prices)
    for name in ("value", "delta", "amount1", "gamma", "speed"):
        np.testing.assert_allclose(getattr(compiled, name), getattr(plain, name), rtol=1e-15, atol=0.0)


@EXAMPLES
@given(
    tick=st.one_of(st.integers(-887_272, 887_272), st.sampled_from([-887_272, -1, 0, 1, 887_272])),
    decimals=st.tuples(*[st.sampled_from([6, 8, 18])] * 2),
)
def test_edge_prices_are_exact_to_the_last_digits(tick: int, decimals: tuple[int, int]) -> None:
    got = edge_prices(np.array([tick]), *decimals)[0]
    with mp.workdps(50):
        true = mp.mpf("1.0001") ** tick * mp.mpf(10) ** (decimals[0] - decimals[1])
        assert abs(mp.mpf(float(got)) / true - 1) < 5e-16


def test_a_range_holds_its_lower_edge_and_not_its_upper() -> None:
    columns = columns_from_edges(np.full(4, 50.0), np.full(4, 100.0), np.full(4, 400.0))
    prices = np.array([np.nextafter(100.0, 0.0), 100.0, np.nextafter(400.0, 0.0), 400.0])
    for points in (columns.at(prices), columns.at_numpy(prices)):
        assert [gamma < 0.0 for gamma in points.gamma] == [False, True, True, False]
        assert [speed > 0.0 for speed in points.speed] == [False, True, True, False]
        assert points.amount1[0] == points.amount1[1] == 0.0
        assert points.delta[3] == 0.0


def test_a_range_in_ticks_is_the_range_of_the_book() -> None:
    columns = range_columns([10**17], [-200_260], [-198_260], decimals0=18, decimals1=6)
    held = LiquidityRange(lower=columns.lower[0], upper=columns.upper[0], liquidity=columns.liquidity[0])
    for price in (1_900.0, 2_200.0, 2_600.0):
        points, known = columns.at(price), range_greeks(held, price)
        assert points.value[0] == pytest.approx(known.value, rel=1e-14)
        assert points.delta[0] == pytest.approx(known.delta, rel=1e-12)
        assert points.gamma[0] == pytest.approx(known.gamma, rel=1e-14)
    assert columns.liquidity[0] == pytest.approx(1e17 / 1e12)


@EXAMPLES
@given(
    price0=st.floats(1e-3, 1e6),
    price1=st.floats(1e-3, 1e6),
    place=st.floats(-0.5, 1.5),
    width=st.floats(0.01, 3.0),
)
def test_derivatives_in_absolute_prices(price0: float, price1: float, place: float, width: float) -> None:
    lower = price0 / price1 * math.exp(-place * width)
    curve = RangeCurve(liquidity=1_000.0, lower=lower, upper=lower * math.exp(width))
    prices = np.array([price0, price1])
    point = curve.at(prices[None, :])
    amounts, gamma = point.amounts[0], point.gamma[0]
    assert point.value[0] == pytest.approx(amounts @ prices, rel=1e-14)
    assert gamma[0, 1] == gamma[1, 0]
    # Amounts do not depend on the unit of prices, so gamma times prices is nothing.
    np.testing.assert_allclose(gamma @ prices, 0.0, atol=1e-14 * np.abs(gamma).max() * prices.max() + 1e-300)
    doubled = curve.at(2.0 * prices[None, :])
    assert doubled.value[0] == pytest.approx(2.0 * point.value[0], rel=1e-15)
    bump = 1e-6
    if min(abs(place), abs(place - 1.0)) * width < 3.0 * bump:
        return
    for token in range(2):
        step = np.zeros(2)
        step[token] = bump * prices[token]
        up, down = curve.at((prices + step)[None, :]), curve.at((prices - step)[None, :])
        slope = (up.amounts[0] - down.amounts[0]) / (2.0 * step[token])
        noise = (
            1e-9 * np.abs(gamma).max() + 1e-15 * 1_000.0 * (lower**-0.5 + (lower**0.5) * math.exp(width)) / step[token]
        )
        np.testing.assert_allclose(gamma[:, token], slope, rtol=1e-8, atol=noise)
        bend = (up.gamma[0, token, token] - down.gamma[0, token, token]) / (2.0 * step[token])
        assert point.speed[0, token] == pytest.approx(
            bend, rel=1e-7, abs=1e-9 * abs(gamma[token, token]) / prices[token]
        )


def test_swapping_the_tokens_is_the_same_position() -> None:
    curve, other = (
        RangeCurve(liquidity=70.0, lower=4.0, upper=9.0),
        RangeCurve(liquidity=70.0, lower=1 / 9, upper=1 / 4),
    )
    for relative in (3.0, 5.0, 10.0):
        point, turned = curve.at(np.array([[relative, 1.0]])), other.at(np.array([[1.0, relative]]))
        np.testing.assert_allclose(point.amounts, turned.amounts[:, ::-1], rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(point.gamma, turned.gamma[:, ::-1, ::-1], rtol=1e-14)
        np.testing.assert_allclose(point.speed, turned.speed[:, ::-1], rtol=1e-13)


def test_the_delta_in_the_other_numeraire_is_the_other_amount() -> None:
    # Seen from token0, the price of token1 is 1/P; the derivative of the value in it is amount1.
    curve, bump = RangeCurve(liquidity=70.0, lower=4.0, upper=9.0), 1e-6
    rows = np.array([[1.0, (1.0 + sign * bump) / 5.0] for sign in (1.0, 0.0, -1.0)])
    point = curve.at(rows)
    assert point.amounts[1, 1] == pytest.approx((point.value[0] - point.value[2]) / (2.0 * bump / 5.0), rel=1e-9)


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_prices_are_positive_and_finite(price: float) -> None:
    for form in (one().at, one().at_numpy):
        with pytest.raises(hr.InputError, match="not positive and finite; give prices of token0"):
            form(price)


@pytest.mark.parametrize("edges", [(0.0, 1.0), (2.0, 2.0), (3.0, 2.0), (1.0, math.inf), (math.nan, 1.0)])
def test_a_range_has_two_edges_in_order(edges: tuple[float, float]) -> None:
    with pytest.raises(hr.InputError, match="0 < lower < upper"):
        one(1.0, *edges)
