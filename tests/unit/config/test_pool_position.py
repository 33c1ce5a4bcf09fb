"""A file says of a position either a whole range or a share, in the contract's own integers."""

import pytest

from hedgerow.config import LiquidityLine
from hedgerow.core.errors import InputError
from hedgerow.instruments import PoolShare, RangePosition


def test_a_range_and_a_share_are_told_apart() -> None:
    line = LiquidityLine(name="mine", pool="p", liquidity=str(2**100), tick_lower=-20, tick_upper=10)
    held = line.held()
    assert isinstance(held, RangePosition)
    assert (held.liquidity, held.tick_lower, held.tick_upper, held.fees) == (2**100, -20, 10, None)
    assert LiquidityLine(name="mine", pool="p", shares="7").held() == PoolShare(name="mine", pool=held.pool, shares=7)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LiquidityLine(name="mine", pool="p"), "neither a whole range nor shares"),
        (LiquidityLine(name="mine", pool="p", liquidity=5, tick_lower=0), "neither a whole range nor shares"),
        (LiquidityLine(name="mine", pool="p", liquidity=5, shares=5), "mine: shares beside a range"),
        (LiquidityLine(name="mine", pool="p", shares=5, fees_base=-1.0), "mine: negative fees"),
        (LiquidityLine(name="mine", pool="p", shares=0), "mine: 0 shares; give the liquidity tokens held"),
        (LiquidityLine(name="mine", pool="p", shares="1e18"), "'1e18' is not an integer; give the contract's integer"),
        (LiquidityLine(name="mine", pool="p", liquidity="x", tick_lower=0, tick_upper=1), "'x' is not an integer"),
    ],
)
def test_anything_else_is_refused(line: LiquidityLine, message: str) -> None:
    with pytest.raises(InputError, match=message):
        line.held()
