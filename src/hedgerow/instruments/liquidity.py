"""A liquidity position as contracts keep it: a range of ticks, or a share of the whole pool."""

from typing import TypeAlias

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import PoolName

MAX_TICK = 887_272
"""Largest tick that a Uniswap v3 or v4 pool accepts (TickMath.sol)."""

MAX_LIQUIDITY = 2**128 - 1


class FeeCheckpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to where the fees of a range were settled, as the contract keeps it.

    Parameters
    ----------
    growth_inside0_x128, growth_inside1_x128 : int
        Fees per liquidity inside the range then, modulo 2^256. [smallest units per liquidity · 2^128]
    owed0, owed1 : int
        Settled but not collected. [smallest units]
    """

    growth_inside0_x128: int
    growth_inside1_x128: int
    owed0: int = 0
    owed1: int = 0


class RangePosition(msgspec.Struct, frozen=True, kw_only=True, tag="range", forbid_unknown_fields=True):
    """Liquidity between two ticks of one Uniswap v3 or v4 pool.

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
    fees : FeeCheckpoint or None
        Up to where its fees were settled; None where that is not known.
    """

    name: str
    pool: PoolName
    liquidity: int
    tick_lower: int
    tick_upper: int
    fees: FeeCheckpoint | None = None

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


class PoolShare(msgspec.Struct, frozen=True, kw_only=True, tag="share", forbid_unknown_fields=True):
    """Liquidity tokens of one pool: a share of all that it holds.

    Parameters
    ----------
    name : str
        The user's name for it.
    pool : str
        The snapshot's name of the pool.
    shares : int
        Liquidity tokens held. [smallest units]
    """

    name: str
    pool: PoolName
    shares: int

    def __post_init__(self) -> None:
        if not self.shares > 0:
            raise InputError(f"{self.name}: {self.shares} shares", "give the liquidity tokens held, in smallest units")


PoolPosition: TypeAlias = RangePosition | PoolShare
"""What somebody can hold in a pool."""
