"""A range position against the contract's integer arithmetic, in both token orders.

The amounts that a burn pays are floor divisions in SqrtPriceMath.sol (getAmount0Delta, getAmount1Delta with
roundUp = false); square-root prices are Q64.96 numbers. Edge prices come from TickMath's definition 1.0001^(tick/2)
in 60 digits, rounded to Q64.96.
"""

import mpmath as mp
import pytest

from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import RangePosition
from hedgerow.market import PoolState
from hedgerow.pools import liquidity_range, range_greeks

Q96 = 2**96


def pool(base_is_token0: bool, decimals0: int, decimals1: int) -> PoolState:
    return PoolState(
        name=PoolName("pool"),
        token0=Currency("ETH" if base_is_token0 else "USDC"),
        token1=Currency("USDC" if base_is_token0 else "ETH"),
        decimals0=decimals0,
        decimals1=decimals1,
        fee=0.0005,
        price=2000.0,
        base_is_token0=base_is_token0,
        liquidity=1,
        tick_spacing=10,
        known_at_ns=0,
        resolution="as stated",
    )


def sqrt_price_x96(raw: mp.mpf) -> int:
    return int(mp.floor(mp.sqrt(raw) * Q96))


def burn(liquidity: int, lower: int, upper: int, here: int) -> tuple[int, int]:
    """Amounts of token0 and token1, exactly as SqrtPriceMath.sol computes them."""
    at = min(max(here, lower), upper)
    amount0 = ((liquidity << 96) * (upper - at) // upper) // at
    amount1 = liquidity * (at - lower) // Q96
    return amount0, amount1


@pytest.mark.parametrize("base_is_token0", [True, False])
@pytest.mark.parametrize(("base_decimals", "quote_decimals"), [(18, 6), (8, 6), (18, 18)])
@pytest.mark.parametrize("price", [1500.0, 1999.99, 2222.19, 2450.0, 3000.0])
def test_value_and_delta_equal_what_a_burn_pays(
    base_is_token0: bool, base_decimals: int, quote_decimals: int, price: float
) -> None:
    decimals = (base_decimals, quote_decimals) if base_is_token0 else (quote_decimals, base_decimals)
    state = pool(base_is_token0, *decimals)
    scale = mp.mpf(10) ** (decimals[1] - decimals[0])
    with mp.workdps(60):
        raw_price = mp.mpf(price) * scale if base_is_token0 else scale / mp.mpf(price)
        centre = int(mp.floor(mp.log(raw_price) / mp.log(mp.mpf("1.0001")) / 10)) * 10
        lower, upper = centre - 700, centre + 900
        low, high = (sqrt_price_x96(mp.mpf("1.0001") ** tick) for tick in (lower, upper))
        liquidity = 9 * 10**17
        amounts = burn(liquidity, low, high, sqrt_price_x96(raw_price))
    position = RangePosition(name="p", pool=state.name, liquidity=liquidity, tick_lower=lower, tick_upper=upper)
    held = range_greeks(liquidity_range(position, state), price)
    units = [amount / 10**d for amount, d in zip(amounts, decimals, strict=True)]
    coins, cash = units if base_is_token0 else units[::-1]
    # The contract rounds down to its smallest unit and its square roots to 96 bits: that is all that may differ.
    smallest = 2.0 * 10.0**-base_decimals
    assert abs(held.delta - coins) <= 1e-9 * coins + smallest
    assert abs(held.value - (coins * price + cash)) <= 1e-9 * held.value + smallest * price + 2 * 10.0**-quote_decimals


def test_outside_the_range_all_is_one_token() -> None:
    state = pool(False, 6, 18)
    position = RangePosition(name="p", pool=state.name, liquidity=10**17, tick_lower=198_260, tick_upper=200_260)
    held = liquidity_range(position, state)
    below, above = range_greeks(held, 0.9 * held.lower), range_greeks(held, 1.1 * held.upper)
    assert below.value == pytest.approx(below.delta * 0.9 * held.lower, rel=1e-14)
    assert (above.delta, above.gamma, below.gamma) == (0.0, 0.0, 0.0)


def test_the_range_holds_its_lower_edge_and_not_its_upper() -> None:
    state = pool(True, 18, 6)
    position = RangePosition(name="p", pool=state.name, liquidity=10**17, tick_lower=-200_000, tick_upper=-199_000)
    held = liquidity_range(position, state)
    assert range_greeks(held, held.lower).gamma < 0.0
    assert range_greeks(held, held.upper).gamma == 0.0
