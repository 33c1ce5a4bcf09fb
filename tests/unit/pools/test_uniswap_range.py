"""Bad input to the pools room."""

import dataclasses

import pytest

import hedgerow as hr
from hedgerow.core.ids import PoolName
from hedgerow.instruments import RangePosition
from hedgerow.market import Snapshot
from hedgerow.pools import liquidity_range, range_greeks

POOL = PoolName("univ3:USDC/WETH:500")


def position(lower: int = 198_260, upper: int = 200_260) -> RangePosition:
    return RangePosition(name="mine", pool=POOL, liquidity=10**17, tick_lower=lower, tick_upper=upper)


def test_a_tick_off_the_spacing_is_refused(market: Snapshot) -> None:
    with pytest.raises(hr.InputError, match=r"mine in .*: tick 198261 is off the tick spacing; give a multiple of 10"):
        liquidity_range(position(lower=198_261), market.pool(POOL))


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_prices_are_positive_and_finite(market: Snapshot, price: float) -> None:
    held = liquidity_range(position(), market.pool(POOL))
    with pytest.raises(hr.InputError, match="prices are positive"):
        range_greeks(held, price)


def test_negative_ticks_are_the_same_range_in_the_other_token_order(market: Snapshot) -> None:
    # Swapping the tokens turns ticks over; the position is the same.
    state = market.pool(POOL)
    swapped = dataclasses.replace(
        state,
        token0=state.token1,
        token1=state.token0,
        decimals0=state.decimals1,
        decimals1=state.decimals0,
        base_is_token0=True,
    )
    one, other = liquidity_range(position(), state), liquidity_range(position(-200_260, -198_260), swapped)
    assert one.lower == pytest.approx(other.lower, rel=1e-12)
    assert one.upper == pytest.approx(other.upper, rel=1e-12)
    assert one.liquidity == other.liquidity
