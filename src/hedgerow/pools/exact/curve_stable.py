"""StableSwap pools of Curve in whole numbers, from the published invariant.

The contract's sources are not free and no package ships its bytecode: this is not tested against the contract, but
against 50-digit arithmetic and against Balancer's contract of the same invariant. Where the contract iterates until two
steps are within a unit, we take the exact zero rounded down, so an amount out may differ by two units of 10^-18.
"""

from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import CurveStablePool
from hedgerow.pools.exact.shares import checked_share
from hedgerow.pools.exact.stable_invariant import stable_invariant, stable_reserve
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap

FEE_ONE: Final = 10**10
"""Fees are counted in 10^-10. [pure]"""

_ONE: Final = 10**18


def preview_burn(pool: CurveStablePool, position: PoolShare) -> tuple[int, ...]:
    """What a balanced withdrawal of all shares pays: their part of every balance.

    Parameters
    ----------
    pool : CurveStablePool
        Storage at a block; balances without admin fees.
    position : PoolShare
        Pool tokens.

    Returns
    -------
    tuple of int
        Amounts by token. [smallest units]

    Raises
    ------
    InputError
        If there are more shares than the pool has issued.

    References
    ----------
    Curve StableSwap, remove_liquidity.
    """
    shares = checked_share(pool, position, pool.total_supply)
    return tuple(balance * shares // pool.total_supply for balance in pool.balances)


def preview_collect(pool: CurveStablePool, position: PoolShare) -> tuple[int, ...]:
    """Uncollected fees: none, they stay in the balances.

    Parameters
    ----------
    pool : CurveStablePool
        Storage at a block.
    position : PoolShare
        Pool tokens.

    Returns
    -------
    tuple of int
        Zeros. [smallest units]

    Raises
    ------
    InputError
        If there are more shares than the pool has issued.

    References
    ----------
    Egorov (2019), StableSwap: fees raise D.
    """
    checked_share(pool, position, pool.total_supply)
    return (0,) * len(pool.tokens)


def preview_swap(pool: CurveStablePool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap of a given amount in would give.

    Parameters
    ----------
    pool : CurveStablePool
        Storage at a block.
    token_in, token_out : int
        Tokens by their place. [index]
    amount_in : int
        What is paid. [smallest units]

    Returns
    -------
    SwapPreview
        Amounts, the fee in the token received, the pool afterwards without the admin's part. [smallest units]

    Raises
    ------
    InputError
        If it is no swap of the pool, the pool is empty, or less than nothing would come out.

    Notes
    -----
    The fee is that of the pool. Newer pools raise it off the peg by a multiplier that the storage does not hold.

    References
    ----------
    Curve StableSwap, exchange. Egorov (2019), StableSwap: efficient mechanism for stablecoin liquidity.
    """
    check_swap(pool, token_in, token_out, amount_in)
    annual = pool.amplification * len(pool.tokens)
    held = scaled_balances(pool)
    level = stable_invariant(held, annual, pool.a_precision)
    paid = pool.balances[token_in] + amount_in
    held[token_in] = paid * pool.rates[token_in] // _ONE
    others = [own for token, own in enumerate(held) if token != token_out]
    gross = held[token_out] - stable_reserve(others, level, annual, pool.a_precision) - 1
    if gross < 0:
        raise InputError(f"{pool.name}: a swap for less than nothing", "the contract refuses it: pay in more")
    fee = gross * pool.fee // FEE_ONE
    rate = pool.rates[token_out]
    out, admin = (gross - fee) * _ONE // rate, fee * pool.admin_fee // FEE_ONE * _ONE // rate
    balances = list(pool.balances)
    balances[token_in] = paid
    balances[token_out] -= out + admin
    after = msgspec.structs.replace(pool, balances=tuple(balances))
    return SwapPreview(amount_in=amount_in, amount_out=out, fee=fee * _ONE // rate, pool=after)


def invariant(pool: CurveStablePool) -> int:
    """Return D of a pool.

    Parameters
    ----------
    pool : CurveStablePool
        Storage at a block.

    Returns
    -------
    int
        D, rounded down. [10^-18]

    Raises
    ------
    InputError
        If a balance or a rate is not positive.

    References
    ----------
    Egorov (2019), StableSwap, the invariant.
    """
    return stable_invariant(scaled_balances(pool), pool.amplification * len(pool.tokens), pool.a_precision)


def scaled_balances(pool: CurveStablePool) -> list[int]:
    """Balances at their rates.

    Parameters
    ----------
    pool : CurveStablePool
        Storage at a block.

    Returns
    -------
    list of int
        Balances of the invariant. [10^-18]

    Raises
    ------
    InputError
        If one of them is not positive.

    References
    ----------
    Curve StableSwap: balances times rates over 10^18.
    """
    held = [balance * rate // _ONE for balance, rate in zip(pool.balances, pool.rates, strict=True)]
    if min(held) <= 0:
        raise InputError(f"{pool.name}: a balance or a rate that is not positive", "an empty pool has no invariant")
    return held
