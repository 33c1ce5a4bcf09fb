"""Uniswap v3, in whole numbers: swaps, liquidity and fees equal to the deployed contract.

Pools go in, pools come out; nothing is changed in place.
"""

from msgspec.structs import replace

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import FeeCheckpoint, RangePosition
from hedgerow.market.pool_states import UniswapV3Pool
from hedgerow.pools.exact.concentrated_swaps import ConcentratedSwap, previewed, swapped
from hedgerow.pools.exact.integers import MASK128
from hedgerow.pools.exact.ranges import (
    RangeChange,
    amounts_of,
    change_liquidity,
    check_position,
    checkpoint,
    uncollected,
)
from hedgerow.pools.exact.single_steps import SwapTerms
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap
from hedgerow.pools.exact.swap_steps import TickBook


def swap_terms(pool: UniswapV3Pool, zero_for_one: bool) -> SwapTerms:
    """What the pool takes of a swap.

    Parameters
    ----------
    pool : UniswapV3Pool
        The pool.
    zero_for_one : bool
        True if token0 is paid in.

    Returns
    -------
    SwapTerms
        Fee and the protocol's share of it. [as its fields]

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, swap.
    """
    share = pool.fee_protocol & 15 if zero_for_one else pool.fee_protocol >> 4
    return SwapTerms(pool.fee_pips, remainder_is_fee=True, protocol_share=share)


def swap(
    pool: UniswapV3Pool,
    *,
    zero_for_one: bool,
    amount: int,
    exact_in: bool = True,
    sqrt_price_limit_x96: int | None = None,
    book: TickBook | None = None,
) -> ConcentratedSwap[UniswapV3Pool]:
    """Swap in the pool, as far as the amount, the limit and the liquidity allow.

    Parameters
    ----------
    pool : UniswapV3Pool
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
        If nothing is swapped, or the limit is on the wrong side of the price.
    MarketDataError
        If the swap leaves the ticks that were read.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, swap.
    """
    terms = swap_terms(pool, zero_for_one)
    done, after = swapped(pool, terms, zero_for_one, amount, sqrt_price_limit_x96, exact_in, book)
    if done.protocol_fee and zero_for_one:
        after = replace(after, protocol_fees0=(after.protocol_fees0 + done.protocol_fee) & MASK128)
    elif done.protocol_fee:
        after = replace(after, protocol_fees1=(after.protocol_fees1 + done.protocol_fee) & MASK128)
    return ConcentratedSwap(
        amount_in=done.amount_in, amount_out=done.amount_out, fee=done.fee, protocol_fee=done.protocol_fee, pool=after
    )


def mint(pool: UniswapV3Pool, tick_lower: int, tick_upper: int, liquidity: int) -> RangeChange[UniswapV3Pool]:
    """Add liquidity to a range.

    Parameters
    ----------
    pool : UniswapV3Pool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]
    liquidity : int
        Added. [raw liquidity units]

    Returns
    -------
    RangeChange
        What has to be paid, and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If the range is none of the pool's, or the liquidity is not positive.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, mint.
    """
    return change_liquidity(pool, tick_lower, tick_upper, _positive(pool, liquidity))


def burn(pool: UniswapV3Pool, tick_lower: int, tick_upper: int, liquidity: int) -> RangeChange[UniswapV3Pool]:
    """Take liquidity out of a range.

    Parameters
    ----------
    pool : UniswapV3Pool
        The pool.
    tick_lower, tick_upper : int
        Edges of the range. [ticks]
    liquidity : int
        Taken out. [raw liquidity units]

    Returns
    -------
    RangeChange
        What is received, and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If the range is none of the pool's, or does not hold so much.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, burn.
    """
    return change_liquidity(pool, tick_lower, tick_upper, -_positive(pool, liquidity))


def settle(pool: UniswapV3Pool, position: RangePosition) -> FeeCheckpoint:
    """Settle a position's fees, as the contract does at every mint and burn.

    Parameters
    ----------
    pool : UniswapV3Pool
        The pool.
    position : RangePosition
        The position, with its checkpoint.

    Returns
    -------
    FeeCheckpoint
        Growth inside now, and what is owed. [as its fields]

    Raises
    ------
    MarketDataError
        If the checkpoint or an edge of the range is not known.

    References
    ----------
    Uniswap v3-core, Position.sol, update.
    """
    owed0, owed1 = preview_collect(pool, position)
    return replace(checkpoint(pool, position.tick_lower, position.tick_upper), owed0=owed0, owed1=owed1)


def preview_burn(pool: UniswapV3Pool, position: RangePosition) -> tuple[int, ...]:
    """What burning a whole position would pay, without its fees.

    Parameters
    ----------
    pool : UniswapV3Pool
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
        If the position's ticks are off the pool's tick spacing.

    References
    ----------
    Uniswap v3-core, UniswapV3Pool.sol, burn.
    """
    check_position(pool, position)
    return amounts_of(pool, position.tick_lower, position.tick_upper, position.liquidity, round_up=False)


def preview_collect(pool: UniswapV3Pool, position: RangePosition) -> tuple[int, ...]:
    """Uncollected fees of a position: settled ones, and those since.

    Parameters
    ----------
    pool : UniswapV3Pool
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
        If the position's ticks are off the pool's tick spacing.
    MarketDataError
        If the checkpoint or an edge of the range is not known.

    References
    ----------
    Uniswap v3-core, Position.sol, update: words of 128 bits wrap.
    """
    check_position(pool, position)
    since0, since1 = uncollected(pool, position)
    owed0, owed1 = (position.fees.owed0, position.fees.owed1) if position.fees else (0, 0)
    return (owed0 + since0) & MASK128, (owed1 + since1) & MASK128


def preview_swap(pool: UniswapV3Pool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap would pay.

    Parameters
    ----------
    pool : UniswapV3Pool
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
        If this is no swap of the pool.
    MarketDataError
        If the swap leaves the ticks that were read, or the pool has no liquidity for all of it.

    References
    ----------
    Uniswap v3-periphery, lens/QuoterV2.sol, quoteExactInputSingle.
    """
    check_swap(pool, token_in, token_out, amount_in)
    return previewed(pool, swap(pool, zero_for_one=token_in == 0, amount=amount_in), amount_in)


def _positive(pool: UniswapV3Pool, liquidity: int) -> int:
    if liquidity <= 0:
        raise InputError(f"{pool.name}: a liquidity of {liquidity}", "give a positive one, in raw liquidity units")
    return liquidity
