"""Uniswap v4, in whole numbers: swaps, liquidity and fees equal to the deployed manager.

Amounts are magnitudes: what is paid in, what comes out. (The contract tells them apart by sign, and the other way
round than v3: an amount to pay in is negative.) Fees of a position are paid whenever its liquidity changes.
"""

from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import RangePosition
from hedgerow.market.pool_states import UniswapV4Pool
from hedgerow.pools.exact.concentrated_swaps import ConcentratedSwap, previewed, swapped
from hedgerow.pools.exact.integers import PIPS, checked
from hedgerow.pools.exact.ranges import (
    RangeChange,
    amounts_of,
    change_liquidity,
    check_position,
    uncollected,
)
from hedgerow.pools.exact.single_steps import SwapTerms
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap
from hedgerow.pools.exact.swap_steps import TickBook

CHANGES_AMOUNTS: Final = {
    1 << 3: "beforeSwapReturnDelta",
    1 << 2: "afterSwapReturnDelta",
    1 << 1: "afterAddLiquidityReturnDelta",
    1 << 0: "afterRemoveLiquidityReturnDelta",
}
"""Bits of a hook's address that let it change amounts (v4-core, Hooks.sol)."""

MOST_PROTOCOL_FEE: Final = 1_000


def check_pool(pool: UniswapV4Pool) -> None:
    """Refuse a pool whose amounts do not follow from its state.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.

    Raises
    ------
    InputError
        If its hook may change amounts, its fee changes from swap to swap and is not stated, or a fee is none.

    References
    ----------
    Uniswap v4-core, Hooks.sol, LPFeeLibrary.sol and ProtocolFeeLibrary.sol.
    """
    try:
        flags = int(pool.hooks, 16) if pool.hooks else 0
    except ValueError:
        raise InputError(f"{pool.name}: a hook at {pool.hooks!r}", "give its address as 0x and 40 hex digits") from None
    named = [name for bit, name in CHANGES_AMOUNTS.items() if flags & bit]
    if named:
        raise InputError(
            f"{pool.name}: its hook may change amounts ({', '.join(named)})",
            "what it pays cannot be known from the pool's state; choose a pool without such a hook",
        )
    if not 0 <= pool.fee_pips <= PIPS:
        raise InputError(
            f"{pool.name}: a fee of {pool.fee_pips} millionths, as of a dynamic fee", "state the fee now in force"
        )
    if not all(0 <= fee <= MOST_PROTOCOL_FEE for fee in (pool.protocol_fee & 0xFFF, pool.protocol_fee >> 12)):
        raise InputError(f"{pool.name}: a protocol fee of {pool.protocol_fee}", "each half is at most 1000 millionths")


def swap_terms(pool: UniswapV4Pool, zero_for_one: bool) -> SwapTerms:
    """What the pool takes of a swap: the protocol first, liquidity of the rest.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.
    zero_for_one : bool
        True if token0 is paid in.

    Returns
    -------
    SwapTerms
        Fee and the protocol's part of the input. [as its fields]

    References
    ----------
    Uniswap v4-core, ProtocolFeeLibrary.sol, calculateSwapFee.
    """
    protocol = pool.protocol_fee & 0xFFF if zero_for_one else pool.protocol_fee >> 12
    both = protocol + pool.fee_pips - protocol * pool.fee_pips // PIPS
    return SwapTerms(both, remainder_is_fee=False, protocol_pips=protocol)


def swap(
    pool: UniswapV4Pool,
    *,
    zero_for_one: bool,
    amount: int,
    exact_in: bool = True,
    sqrt_price_limit_x96: int | None = None,
    book: TickBook | None = None,
) -> ConcentratedSwap[UniswapV4Pool]:
    """Swap in the pool, as far as the amount, the limit and the liquidity allow.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.
    zero_for_one : bool
        True if token0 is paid in.
    amount : int
        To pay in with fee, or to take out. [smallest units]
    exact_in : bool
        True if the amount is paid in.
    sqrt_price_limit_x96 : int or None
        Square root of the price at which to stop; None for none. [2^96]
    book : TickBook or None
        ``tick_book(pool)``, if many swaps are asked for; None to sort the ticks now.

    Returns
    -------
    ConcentratedSwap
        Amounts and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If nothing is swapped, the limit is on the wrong side of the price, or a hook may change amounts.
    MarketDataError
        If the swap leaves the ticks that were read.

    References
    ----------
    Uniswap v4-core, Pool.sol, swap.
    """
    check_pool(pool)
    terms = swap_terms(pool, zero_for_one)
    if terms.fee_pips >= PIPS and not exact_in:
        raise InputError(f"{pool.name}: an output asked of a pool that takes all as fee", "state the input instead")
    done, after = swapped(pool, terms, zero_for_one, amount, sqrt_price_limit_x96, exact_in, book)
    _fitting(pool, done.amount_in, done.amount_out)
    return ConcentratedSwap(
        amount_in=done.amount_in, amount_out=done.amount_out, fee=done.fee, protocol_fee=done.protocol_fee, pool=after
    )


def modify_liquidity(pool: UniswapV4Pool, tick_lower: int, tick_upper: int, delta: int) -> RangeChange[UniswapV4Pool]:
    """Add liquidity to a range, or take it out.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]
    delta : int
        Added if positive, taken out if negative. [raw liquidity units]

    Returns
    -------
    RangeChange
        Amounts without fees, and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If the range is none of the pool's, does not hold so much, or a hook may change amounts.

    References
    ----------
    Uniswap v4-core, Pool.sol, modifyLiquidity.
    """
    check_pool(pool)
    done = change_liquidity(pool, tick_lower, tick_upper, delta)
    _fitting(pool, done.amount0, done.amount1)
    return done


def preview_burn(pool: UniswapV4Pool, position: RangePosition) -> tuple[int, ...]:
    """What taking out a whole position would pay, without its fees.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.
    position : RangePosition
        The position.

    Returns
    -------
    tuple of int
        Amounts of token0 and token1. [smallest units]

    Raises
    ------
    InputError
        If the position's ticks are off the pool's tick spacing, or a hook may change amounts.

    References
    ----------
    Uniswap v4-core, Pool.sol, modifyLiquidity.
    """
    check_pool(pool)
    check_position(pool, position)
    amount0, amount1 = amounts_of(pool, position.tick_lower, position.tick_upper, position.liquidity, round_up=False)
    return _fitting(pool, amount0, amount1)


def preview_collect(pool: UniswapV4Pool, position: RangePosition) -> tuple[int, ...]:
    """Uncollected fees of a position: what the next change of its liquidity would pay beside it.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.
    position : RangePosition
        The position, with its checkpoint.

    Returns
    -------
    tuple of int
        Amounts of token0 and token1. [smallest units]

    Raises
    ------
    InputError
        If the position is none of the pool's, or its fees do not fit into the contract's words.
    MarketDataError
        If the checkpoint or an edge of the range is not known.

    References
    ----------
    Uniswap v4-core, Position.sol, update.
    """
    check_pool(pool)
    check_position(pool, position)
    since0, since1 = uncollected(pool, position)
    owed0, owed1 = (position.fees.owed0, position.fees.owed1) if position.fees else (0, 0)
    fees = f"{position.name}: fees"
    return checked(owed0 + since0, 127, fees), checked(owed1 + since1, 127, fees)


def preview_swap(pool: UniswapV4Pool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap would pay.

    Parameters
    ----------
    pool : UniswapV4Pool
        The pool.
    token_in, token_out : int
        Tokens by their place in the pool: 0 or 1. [index]
    amount_in : int
        Paid in, with fee. [smallest units]

    Returns
    -------
    SwapPreview
        Amounts, fee and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If this is no swap of the pool, or a hook may change amounts.
    MarketDataError
        If the swap leaves the ticks that were read, or the pool has no liquidity for all of it.

    References
    ----------
    Uniswap v4-core, Pool.sol, swap.
    """
    check_swap(pool, token_in, token_out, amount_in)
    return previewed(pool, swap(pool, zero_for_one=token_in == 0, amount=amount_in), amount_in)


def _fitting(pool: UniswapV4Pool, first: int, second: int) -> tuple[int, int]:
    """Amounts that fit into the contract's signed words of 128 bits."""
    return checked(first, 127, f"{pool.name}: an amount"), checked(second, 127, f"{pool.name}: an amount")
