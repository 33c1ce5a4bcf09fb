"""Ticks and square roots of prices, as Uniswap v3 and v4 have them: equal to the last bit."""

import functools
import math
from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import MAX_TICK as MAX_TICK

MIN_TICK: Final = -MAX_TICK

_BITS: Final = 20
_GUARD: Final = 320


def _ladder() -> tuple[int, ...]:
    """2^128 / 1.0001^(2^i / 2), to the nearest unit: the contract's constants, from what they mean."""
    root = math.isqrt((10_000 << 2 * _GUARD) // 10_001)
    rungs = []
    for _ in range(_BITS):
        rungs.append((root + (1 << (_GUARD - 129))) >> (_GUARD - 128))
        root = root * root >> _GUARD
    return tuple(rungs)


_LADDER: Final = _ladder()


@functools.lru_cache(maxsize=1 << 17)
def sqrt_price_at_tick(tick: int) -> int:
    """Square root of the price at a tick.

    Parameters
    ----------
    tick : int
        Within ±887272. [ticks of token1 per token0]

    Returns
    -------
    int
        Square root of 1.0001^tick, rounded as in the contract. [2^96]

    Raises
    ------
    InputError
        If the tick is out of range.

    References
    ----------
    Uniswap v3-core, TickMath.sol, getSqrtRatioAtTick; v4-core, TickMath.sol, getSqrtPriceAtTick.
    """
    if not MIN_TICK <= tick <= MAX_TICK:
        raise InputError(f"a tick of {tick}", f"ticks lie within ±{MAX_TICK}")
    down, bits = 1 << 128, abs(tick)
    for rung, factor in enumerate(_LADDER):
        if bits >> rung & 1:
            down = down * factor >> 128
    ratio = ((1 << 256) - 1) // down if tick > 0 else down
    return -(-ratio >> 32)


MIN_SQRT_PRICE: Final = sqrt_price_at_tick(MIN_TICK)
MAX_SQRT_PRICE: Final = sqrt_price_at_tick(MAX_TICK)

_TICKS_PER_LOG: Final = 2.0 / math.log(1.0001)
_LOG_Q96: Final = 96.0 * math.log(2.0)


def tick_at_sqrt_price(sqrt_price_x96: int) -> int:
    """Greatest tick whose price is not above a given one.

    Parameters
    ----------
    sqrt_price_x96 : int
        Square root of the raw price. [2^96]

    Returns
    -------
    int
        The tick. [ticks of token1 per token0]

    Raises
    ------
    InputError
        If the price is outside of what a pool can have.

    References
    ----------
    Uniswap v3-core, TickMath.sol, getTickAtSqrtRatio; v4-core, TickMath.sol, getTickAtSqrtPrice.
    """
    if not MIN_SQRT_PRICE <= sqrt_price_x96 < MAX_SQRT_PRICE:
        raise InputError(
            f"a square root of the price of {sqrt_price_x96}",
            f"give one from {MIN_SQRT_PRICE} to below {MAX_SQRT_PRICE}",
        )
    # floats miss by far less than one tick, so the exact prices around decide
    tick = math.floor((math.log(sqrt_price_x96) - _LOG_Q96) * _TICKS_PER_LOG)
    tick = min(max(tick, MIN_TICK), MAX_TICK - 1)
    if sqrt_price_at_tick(tick) > sqrt_price_x96:
        return tick - 1
    return tick + 1 if sqrt_price_at_tick(tick + 1) <= sqrt_price_x96 else tick
