"""The band of a hedged liquidity position: known rules inside, a mean gamma at edges, and which cost makes it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.policy import fixed_cost_half, whalley_wilmott_half
from hedgerow.policy.liquidity_band import HedgeLeg, LiquidityBand, liquidity_band
from hedgerow.pools.range_curve import RangeCurve

CURVE = RangeCurve(liquidity=900.0, lower=1_500.0, upper=2_600.0)
EXCHANGE = HedgeLeg(proportional_cost=5e-4)
SWAP = HedgeLeg(proportional_cost=5e-4, gas=20.0)


def band(price: float, leg: HedgeLeg, risk_aversion: float = 0.01) -> LiquidityBand:
    prices = np.array([price, 1.0])
    return liquidity_band(CURVE, prices, 0, ideal=-3.0, risk_aversion=risk_aversion, leg=leg)


@pytest.mark.parametrize("price", [1_700.0, 2_000.0, 2_400.0])
def test_inside_small_costs_give_the_rule_at_the_point(price: float) -> None:
    gamma = -450.0 * price**-1.5
    tiny = HedgeLeg(proportional_cost=1e-9)
    assert band(price, tiny).half_width == pytest.approx(
        float(whalley_wilmott_half(1e-9, 0.01, price, gamma)), rel=1e-3
    )
    gas = HedgeLeg(proportional_cost=0.0, gas=1e-9)
    assert band(price, gas).half_width == pytest.approx(float(fixed_cost_half(1e-9, 0.01, gamma)), rel=1e-3)


@settings(max_examples=200, deadline=None)
@given(
    price=st.one_of(st.sampled_from([1_500.0, 2_600.0]), st.floats(1_000.0, 4_000.0)),
    cost=st.floats(1e-5, 0.01),
    gas=st.sampled_from([0.0, 1.0, 50.0]),
    aversion=st.floats(1e-4, 1.0),
)
def test_the_band_is_what_its_own_interval_says(price: float, cost: float, gas: float, aversion: float) -> None:
    found = band(price, HedgeLeg(proportional_cost=cost, gas=gas), aversion)
    ends = CURVE.at(np.array([[found.low, 1.0], [found.high, 1.0]])).amounts[:, 0]
    mean = (ends[1] - ends[0]) / (found.high - found.low)
    assert found.gamma == pytest.approx(mean, rel=1e-6, abs=1e-12)
    rule = fixed_cost_half(gas, aversion, mean) if found.rule == "gas_aware" else None
    half = float(whalley_wilmott_half(cost, aversion, price, mean) if rule is None else rule)
    assert found.half_width == pytest.approx(half, rel=1e-6)
    reach = math.log(found.high / price)
    assert found.low == pytest.approx(price * math.exp(-reach), rel=1e-12)
    if reach < 2.99:
        # The change of delta over the interval is the band, both sides of it together.
        assert ends[0] - ends[1] == pytest.approx(2.0 * found.half_width, rel=1e-6, abs=1e-9)


def test_outside_near_an_edge_there_is_a_band_although_gamma_is_zero() -> None:
    found = band(1_499.0, EXCHANGE)
    assert found.point_gamma == 0.0
    assert found.half_width > 0.0
    inside = band(1_501.0, EXCHANGE)
    # Gamma jumps at the edge, the band does not.
    assert found.half_width == pytest.approx(inside.half_width, rel=0.1)


def test_far_outside_there_is_next_to_none() -> None:
    assert band(50.0, EXCHANGE).half_width == 0.0
    assert band(50.0, HedgeLeg(proportional_cost=0.0)).half_width == 0.0


def test_gas_makes_the_rule_where_it_is_the_wider_one() -> None:
    on_exchange, on_chain = band(2_000.0, EXCHANGE), band(2_000.0, SWAP)
    assert (on_exchange.rule, on_chain.rule) == ("whalley_wilmott", "gas_aware")
    assert on_chain.half_width > on_exchange.half_width
    # To the edges for a proportional cost, all the way for a fixed one.
    assert (on_exchange.band.buy_to, on_exchange.band.sell_to) == (on_exchange.band.lower, on_exchange.band.upper)
    assert (on_chain.band.buy_to, on_chain.band.sell_to) == (-3.0, -3.0)
    assert band(2_000.0, HedgeLeg(proportional_cost=0.01, gas=1e-6)).rule == "whalley_wilmott"


def test_the_other_token_can_be_hedged() -> None:
    turned = RangeCurve(liquidity=900.0, lower=1.0 / 2_600.0, upper=1.0 / 1_500.0)
    prices = np.array([1.0, 2_000.0])
    found = liquidity_band(turned, prices, 1, ideal=-3.0, risk_aversion=0.01, leg=EXCHANGE)
    assert found.half_width == pytest.approx(band(2_000.0, EXCHANGE).half_width, rel=1e-9)


def test_bad_input_is_refused() -> None:
    with pytest.raises(hr.InputError, match="risk_aversion = 0"):
        band(2_000.0, EXCHANGE, 0.0)
    with pytest.raises(hr.InputError, match="gas = -1"):
        HedgeLeg(proportional_cost=0.0, gas=-1.0)
    with pytest.raises(hr.InputError, match="token 2 of 2"):
        liquidity_band(CURVE, np.array([1.0, 1.0]), 2, ideal=0.0, risk_aversion=1.0, leg=EXCHANGE)


def test_where_nothing_uses_the_band_up_it_is_open() -> None:
    """A position so small that no move is worth a trade: the prices at its ends would have been made up."""
    curve = RangeCurve(liquidity=1e-9, lower=1_500.0, upper=2_600.0)
    prices = np.array([2_000.0, 1.0])
    leg = HedgeLeg(proportional_cost=0.001, gas=50.0)
    band = liquidity_band(curve, prices, 0, ideal=0.0, risk_aversion=1e-6, leg=leg)
    assert (band.low, band.high) == (0.0, math.inf)
    most = curve.at(np.array([[100.0, 1.0]])).amounts[0, 0]
    assert band.half_width > most
    with pytest.raises(hr.InputError, match="ideal holding of nan"):
        liquidity_band(curve, prices, 0, ideal=math.nan, risk_aversion=1e-6, leg=leg)
