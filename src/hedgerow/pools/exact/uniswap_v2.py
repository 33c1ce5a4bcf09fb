"""Uniswap v2, in whole numbers: swaps, mints and burns equal to the deployed pair."""

import math
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import UniswapV2Pool
from hedgerow.pools.exact.integers import PIPS, checked
from hedgerow.pools.exact.shares import checked_share
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap

LOCKED: Final = 1_000
"""Liquidity tokens that the first mint gives to nobody."""

RESERVE_BITS: Final = 112


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareChange:
    """Liquidity tokens that were minted or burnt.

    Parameters
    ----------
    shares : int
        Liquidity tokens. [smallest units]
    amount0, amount1 : int
        Paid in by a mint, out by a burn. [smallest units]
    pool : UniswapV2Pool
        The pool afterwards.
    """

    shares: int
    amount0: int
    amount1: int
    pool: UniswapV2Pool


def protocol_shares(pool: UniswapV2Pool) -> int:
    """Liquidity tokens that the next mint or burn makes for the protocol: a sixth of the growth of sqrt(k).

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.

    Returns
    -------
    int
        Liquidity tokens; zero where the protocol takes nothing. [smallest units]

    References
    ----------
    Uniswap v2-core, UniswapV2Pair.sol, _mintFee; Adams, Zinsmeister and Robinson, Uniswap v2 Core (2020), eq. 6.
    """
    if not pool.fee_on or not pool.k_last:
        return 0
    root, root_last = math.isqrt(pool.reserve0 * pool.reserve1), math.isqrt(pool.k_last)
    return pool.total_supply * (root - root_last) // (5 * root + root_last) if root > root_last else 0


def mint(pool: UniswapV2Pool, amount0: int, amount1: int) -> ShareChange:
    """Add tokens to the pool.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    amount0, amount1 : int
        Paid in. [smallest units]

    Returns
    -------
    ShareChange
        Liquidity tokens received, and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If what is paid is worth no liquidity token, or more than a pool can hold.

    References
    ----------
    Uniswap v2-core, UniswapV2Pair.sol, mint.
    """
    supply = pool.total_supply + protocol_shares(pool)
    if supply:
        shares = min(amount0 * supply // pool.reserve0, amount1 * supply // pool.reserve1)
    else:
        shares, supply = math.isqrt(max(amount0 * amount1, 0)) - LOCKED, LOCKED
    if min(amount0, amount1) <= 0 or shares <= 0:
        raise InputError(
            f"{pool.name}: {amount0} and {amount1} mint no liquidity", "pay in more of both tokens, in smallest units"
        )
    after = _settled(pool, pool.reserve0 + amount0, pool.reserve1 + amount1, supply + shares)
    return ShareChange(shares=shares, amount0=amount0, amount1=amount1, pool=after)


def burn(pool: UniswapV2Pool, shares: int) -> ShareChange:
    """Give liquidity tokens back.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    shares : int
        Liquidity tokens. [smallest units]

    Returns
    -------
    ShareChange
        Amounts received, and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If there are not so many, or they are worth no unit of a token.

    References
    ----------
    Uniswap v2-core, UniswapV2Pair.sol, burn.
    """
    supply = pool.total_supply + protocol_shares(pool)
    _check_shares(pool, shares)
    amount0, amount1 = shares * pool.reserve0 // supply, shares * pool.reserve1 // supply
    if not (amount0 and amount1):
        raise InputError(f"{pool.name}: {shares} shares are worth no unit of a token", "burn more at once")
    after = _settled(pool, pool.reserve0 - amount0, pool.reserve1 - amount1, supply - shares)
    return ShareChange(shares=shares, amount0=amount0, amount1=amount1, pool=after)


def amount_out(pool: UniswapV2Pool, zero_for_one: bool, amount_in: int) -> int:
    """The most that a swap can take out.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    zero_for_one : bool
        True if token0 is paid in.
    amount_in : int
        Paid in, with fee. [smallest units]

    Returns
    -------
    int
        Paid out. [smallest units]

    Raises
    ------
    InputError
        If nothing is paid in.
    MarketDataError
        If the pool is empty.

    References
    ----------
    Uniswap v2-periphery, UniswapV2Library.sol, getAmountOut.
    """
    reserve_in, reserve_out = _reserves(pool, zero_for_one)
    if amount_in <= 0:
        raise InputError(f"{pool.name}: a swap of {amount_in}", "pay in a positive amount, in smallest units")
    worth = amount_in * (PIPS - pool.fee_pips)
    return worth * reserve_out // (reserve_in * PIPS + worth)


def amount_in(pool: UniswapV2Pool, zero_for_one: bool, amount_out: int) -> int:
    """What a swap has to pay in for an amount out.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    zero_for_one : bool
        True if token0 is paid in.
    amount_out : int
        Paid out. [smallest units]

    Returns
    -------
    int
        Paid in, with fee. [smallest units]

    Raises
    ------
    InputError
        If nothing is taken out, or as much as the pool has.
    MarketDataError
        If the pool is empty.

    References
    ----------
    Uniswap v2-periphery, UniswapV2Library.sol, getAmountIn.
    """
    reserve_in, reserve_out = _reserves(pool, zero_for_one)
    if not 0 < amount_out < reserve_out:
        raise InputError(f"{pool.name}: {amount_out} out of {reserve_out}", "take out less than the pool holds")
    return reserve_in * amount_out * PIPS // ((reserve_out - amount_out) * (PIPS - pool.fee_pips)) + 1


def swap(pool: UniswapV2Pool, *, zero_for_one: bool, paid: int, taken: int) -> UniswapV2Pool:
    """Swap amounts, if the pair would allow it.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    zero_for_one : bool
        True if token0 is paid in.
    paid, taken : int
        Paid in with fee, and taken out. [smallest units]

    Returns
    -------
    UniswapV2Pool
        The pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If the invariant would fall, or the pool does not hold so much.

    References
    ----------
    Uniswap v2-core, UniswapV2Pair.sol, swap.
    """
    reserve_in, reserve_out = _reserves(pool, zero_for_one)
    if paid <= 0 or not 0 < taken < reserve_out:
        raise InputError(f"{pool.name}: {taken} for {paid}", f"pay a positive amount for less than {reserve_out}")
    worth = (reserve_in + paid) * PIPS - paid * pool.fee_pips
    if worth * (reserve_out - taken) < reserve_in * reserve_out * PIPS:
        raise InputError(f"{pool.name}: {taken} for {paid} lowers the invariant", "take out less")
    after_in = checked(reserve_in + paid, RESERVE_BITS, f"{pool.name}: a reserve")
    if zero_for_one:
        return replace(pool, reserve0=after_in, reserve1=reserve_out - taken)
    return replace(pool, reserve0=reserve_out - taken, reserve1=after_in)


def preview_burn(pool: UniswapV2Pool, position: PoolShare) -> tuple[int, ...]:
    """What burning a position would pay, fees and the protocol's part of them included.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    position : PoolShare
        The position.

    Returns
    -------
    tuple of int
        Amounts of token0 and token1. [smallest units]

    Raises
    ------
    InputError
        If there are not so many shares, or they are worth nothing.
    """
    done = burn(pool, checked_share(pool, position, pool.total_supply))
    return done.amount0, done.amount1


def preview_collect(pool: UniswapV2Pool, position: PoolShare) -> tuple[int, ...]:
    """Uncollected fees: none, they stay in the reserves.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    position : PoolShare
        The position.

    Returns
    -------
    tuple of int
        Zeros. [smallest units]

    Raises
    ------
    InputError
        If there are not so many shares.
    """
    checked_share(pool, position, pool.total_supply)
    return 0, 0


def preview_swap(pool: UniswapV2Pool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap would pay.

    Parameters
    ----------
    pool : UniswapV2Pool
        The pool.
    token_in, token_out : int
        Tokens by their place in the pool: 0 or 1. [index]
    amount_in : int
        Paid in, with fee. [smallest units]

    Returns
    -------
    SwapPreview
        Amounts, fee (rounded up) and the pool afterwards. [as its fields]

    Raises
    ------
    InputError
        If this is no swap of the pool, or too small to be paid anything.
    """
    check_swap(pool, token_in, token_out, amount_in)
    taken = amount_out(pool, token_in == 0, amount_in)
    after = swap(pool, zero_for_one=token_in == 0, paid=amount_in, taken=taken)
    fee = -(-amount_in * pool.fee_pips // PIPS)
    return SwapPreview(amount_in=amount_in, amount_out=taken, fee=fee, pool=after)


def _check_shares(pool: UniswapV2Pool, shares: int) -> None:
    if not 0 < shares <= pool.total_supply:
        raise InputError(f"{pool.name}: {shares} shares", f"give a positive number up to {pool.total_supply}")


def _reserves(pool: UniswapV2Pool, zero_for_one: bool) -> tuple[int, int]:
    if not (pool.reserve0 > 0 and pool.reserve1 > 0):
        raise MarketDataError(pool.name, DataFault.MISSING, "the pool is empty", "choose one with liquidity")
    return (pool.reserve0, pool.reserve1) if zero_for_one else (pool.reserve1, pool.reserve0)


def _settled(pool: UniswapV2Pool, reserve0: int, reserve1: int, supply: int) -> UniswapV2Pool:
    checked(reserve0, RESERVE_BITS, f"{pool.name}: a reserve")
    checked(reserve1, RESERVE_BITS, f"{pool.name}: a reserve")
    k_last = reserve0 * reserve1 if pool.fee_on else 0
    return replace(pool, reserve0=reserve0, reserve1=reserve1, total_supply=supply, k_last=k_last)
