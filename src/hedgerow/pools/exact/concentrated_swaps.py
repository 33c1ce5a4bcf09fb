"""Swaps of Uniswap v3 and v4 as changes of a pool: what both contracts write in the same way."""

from dataclasses import dataclass
from typing import Generic

from msgspec.structs import replace

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.market.pool_states import ConcentratedPool, TickInfo
from hedgerow.pools.exact.integers import MASK256
from hedgerow.pools.exact.ranges import PoolT, check_tick
from hedgerow.pools.exact.single_steps import SwapTerms
from hedgerow.pools.exact.swap_preview import SwapPreview
from hedgerow.pools.exact.swap_steps import SwapStart, TickBook, Walk, check_limit, tick_book, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentratedSwap(Generic[PoolT]):
    """A swap in a concentrated pool.

    Parameters
    ----------
    amount_in, amount_out : int
        Paid in with fee, and paid out. [smallest units]
    fee, protocol_fee : int
        All fees, and the protocol's part of them. [smallest units of the token paid in]
    pool : UniswapV3Pool or UniswapV4Pool
        The pool afterwards.
    """

    amount_in: int
    amount_out: int
    fee: int
    protocol_fee: int
    pool: PoolT


def swapped(
    pool: PoolT,
    terms: SwapTerms,
    zero_for_one: bool,
    amount: int,
    limit: int | None,
    exact_in: bool,
    book: TickBook | None = None,
) -> tuple[Walk, PoolT]:
    """Swap, and write what the contract would write, all but what the protocol is owed.

    Parameters
    ----------
    pool : UniswapV3Pool or UniswapV4Pool
        The pool.
    terms : SwapTerms
        Its fees in this direction.
    zero_for_one : bool
        True if token0 is paid in.
    amount : int
        To pay in, or to take out. [smallest units]
    limit : int or None
        Square root of the price at which to stop. [2^96]
    exact_in : bool
        True if the amount is paid in.
    book : TickBook or None
        The pool's ticks, if they were sorted before.

    Returns
    -------
    tuple of Walk and pool
        The swap, and the pool afterwards. [as their fields]

    Raises
    ------
    InputError
        If nothing is swapped, the limit is on the wrong side, or the pool's tick is not that of its price.
    """
    if amount <= 0:
        raise InputError(f"{pool.name}: a swap of {amount}", "give a positive amount, in smallest units")
    check_tick(pool)
    stop = check_limit(pool.name, pool.sqrt_price_x96, limit, zero_for_one)
    growth = pool.fee_growth_global0_x128 if zero_for_one else pool.fee_growth_global1_x128
    start = SwapStart(pool.sqrt_price_x96, pool.tick, pool.liquidity, growth)
    done = walk(book or tick_book(pool), start, terms, zero_for_one, amount, stop, exact_in)
    ticks = crossed_ticks(pool, done, zero_for_one) if done.crossed else pool.ticks
    after = replace(
        pool,
        sqrt_price_x96=done.sqrt_price_x96,
        tick=done.tick,
        liquidity=done.liquidity,
        fee_growth_global0_x128=done.growth_x128 if zero_for_one else pool.fee_growth_global0_x128,
        fee_growth_global1_x128=pool.fee_growth_global1_x128 if zero_for_one else done.growth_x128,
        ticks=ticks,
    )
    return done, after


def crossed_ticks(pool: ConcentratedPool, done: Walk, zero_for_one: bool) -> dict[int, TickInfo]:
    """The pool's ticks after a swap: at each that was crossed, what was outside is now the other side.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool before.
    done : Walk
        The swap.
    zero_for_one : bool
        True if token0 was paid in.

    Returns
    -------
    dict of int to TickInfo
        Initialized ticks. [by tick]

    References
    ----------
    Uniswap v3-core, Tick.sol, cross.
    """
    ticks = dict(pool.ticks)
    for tick, growth in done.crossed:
        global0 = growth if zero_for_one else pool.fee_growth_global0_x128
        global1 = pool.fee_growth_global1_x128 if zero_for_one else growth
        info = ticks[tick]
        ticks[tick] = TickInfo(
            info.liquidity_gross,
            info.liquidity_net,
            (global0 - info.fee_growth_outside0_x128) & MASK256,
            (global1 - info.fee_growth_outside1_x128) & MASK256,
        )
    return ticks


def previewed(pool: ConcentratedPool, done: ConcentratedSwap[PoolT], amount_in: int) -> SwapPreview:
    """A swap as every pool answers it.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool before.
    done : ConcentratedSwap
        The swap.
    amount_in : int
        What was to be paid. [smallest units]

    Returns
    -------
    SwapPreview
        The answer. [as its fields]

    Raises
    ------
    MarketDataError
        If the pool has no liquidity for all of it.
    """
    if done.amount_in != amount_in:
        raise MarketDataError(
            pool.name, DataFault.MISSING, f"liquidity for {done.amount_in} of {amount_in}", "swap less, or elsewhere"
        )
    return SwapPreview(amount_in=amount_in, amount_out=done.amount_out, fee=done.fee, pool=done.pool)
