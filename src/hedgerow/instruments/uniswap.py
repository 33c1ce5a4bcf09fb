"""A Uniswap v3 concentrated-liquidity position, as the contract keeps it."""

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName

MAX_TICK = 887_272
"""Largest tick that a Uniswap v3 pool accepts (TickMath.sol)."""

MAX_LIQUIDITY = 2**128 - 1


class UniswapV3Position(msgspec.Struct, frozen=True, kw_only=True, tag="univ3", forbid_unknown_fields=True):
    """Liquidity between two ticks of one pool.

    Parameters
    ----------
    name : str
        The user's name for it.
    pool : str
        The snapshot's name of the pool.
    liquidity : int
        The position's liquidity, as in the contract. [raw liquidity units]
    tick_lower, tick_upper : int
        Lower (inclusive) and upper (exclusive) tick. [ticks of token1 per token0]
    """

    name: str
    pool: PoolName
    liquidity: int
    tick_lower: int
    tick_upper: int

    def __post_init__(self) -> None:
        if not 0 < self.liquidity <= MAX_LIQUIDITY:
            raise InputError(
                f"{self.name}: a liquidity of {self.liquidity}",
                "give the position's positive uint128 liquidity",
            )
        if not -MAX_TICK <= self.tick_lower < self.tick_upper <= MAX_TICK:
            raise InputError(
                f"{self.name}: the ticks {self.tick_lower} and {self.tick_upper}",
                f"give tick_lower < tick_upper, both within ±{MAX_TICK}",
            )
