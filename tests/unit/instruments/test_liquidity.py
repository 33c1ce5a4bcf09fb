"""A Uniswap v3 position keeps the contract's own bounds."""

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName
from hedgerow.instruments import RangePosition

# TickMath.sol: MAX_TICK = 887272; UniswapV3Pool.sol keeps liquidity in a uint128.
MAX_TICK, MAX_LIQUIDITY = 887_272, 2**128 - 1


def position(liquidity: int = 1, lower: int = -10, upper: int = 10) -> RangePosition:
    return RangePosition(name="mine", pool=PoolName("pool"), liquidity=liquidity, tick_lower=lower, tick_upper=upper)


def test_the_largest_position_is_accepted() -> None:
    widest = position(MAX_LIQUIDITY, -MAX_TICK, MAX_TICK)
    assert (widest.liquidity, widest.tick_lower, widest.tick_upper) == (MAX_LIQUIDITY, -MAX_TICK, MAX_TICK)


@pytest.mark.parametrize("liquidity", [0, -1, MAX_LIQUIDITY + 1])
def test_liquidity_is_a_positive_uint128(liquidity: int) -> None:
    with pytest.raises(InputError, match=f"mine: a liquidity of {liquidity}; give the position's positive uint128"):
        position(liquidity)


@pytest.mark.parametrize(("lower", "upper"), [(10, 10), (11, 10), (-MAX_TICK - 1, 0), (0, MAX_TICK + 1)])
def test_ticks_are_ordered_and_within_the_pool(lower: int, upper: int) -> None:
    with pytest.raises(InputError, match=f"mine: the ticks {lower} and {upper}; give tick_lower < tick_upper"):
        position(lower=lower, upper=upper)
