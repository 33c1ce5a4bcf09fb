"""CryptoSwap pools of Curve, of two and of three tokens, in whole numbers from the published invariant.

The contract's sources are not free and no package ships its bytecode: this is not tested against the contract, but
against 50-digit arithmetic. Where the contract iterates until two steps differ by less than 10^-14 of the balance (or
100 units), we take the exact zero rounded down, so an amount out may differ by as much.

The re-peg is not previewed: after a swap the contract may move its price scale, if it has earned enough; which it does
from an average of prices that the storage here does not hold. The pool after a swap keeps the price scale, and its D is
the one of its new balances.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import CurveCryptoPool
from hedgerow.pools.exact.crypto_invariant import crypto_invariant, crypto_reserve
from hedgerow.pools.exact.shares import checked_share
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap

FEE_ONE: Final = 10**10
"""Fees are counted in 10^-10. [pure]"""

_ONE: Final = 10**18


def preview_burn(pool: CurveCryptoPool, position: PoolShare) -> tuple[int, ...]:
    """What a balanced withdrawal of all shares pays.

    Parameters
    ----------
    pool : CurveCryptoPool
        Storage at a block.
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

    Notes
    -----
    One unit of the shares is left to the others, as the contract does, except by who holds them all.

    References
    ----------
    Curve CryptoSwap, remove_liquidity.
    """
    shares = checked_share(pool, position, pool.total_supply)
    counted = shares if shares == pool.total_supply else shares - 1
    return tuple(balance * counted // pool.total_supply for balance in pool.balances)


def preview_collect(pool: CurveCryptoPool, position: PoolShare) -> tuple[int, ...]:
    """Uncollected fees: none, they stay in the balances.

    Parameters
    ----------
    pool : CurveCryptoPool
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
    Egorov (2021), Automatic market-making with dynamic peg: fees raise D.
    """
    checked_share(pool, position, pool.total_supply)
    return (0,) * len(pool.tokens)


def preview_swap(pool: CurveCryptoPool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap of a given amount in would give at the pool's present price scale.

    Parameters
    ----------
    pool : CurveCryptoPool
        Storage at a block; its stored D is the one that counts.
    token_in, token_out : int
        Tokens by their place. [index]
    amount_in : int
        What is paid. [smallest units]

    Returns
    -------
    SwapPreview
        Amounts, the fee in the token received, the pool afterwards before any re-peg. [smallest units]

    Raises
    ------
    InputError
        If it is no swap of the pool, the pool is empty or has no stored D, or nothing would come out.

    References
    ----------
    Curve CryptoSwap, exchange. Egorov (2021), Automatic market-making with dynamic peg.
    """
    check_swap(pool, token_in, token_out, amount_in)
    if pool.invariant <= 0:
        raise InputError(f"{pool.name}: a stored D of {pool.invariant}", "read D from the contract")
    held = scaled_balances(pool)
    balances = list(pool.balances)
    balances[token_in] += amount_in
    after = msgspec.structs.replace(pool, balances=tuple(balances))
    moved = scaled_balances(after)
    others = [own for token, own in enumerate(moved) if token != token_out]
    moved[token_out] = crypto_reserve(others, pool.invariant, pool.amplification, pool.gamma)
    scale = (_ONE, *pool.price_scale)[token_out] * 10 ** (18 - pool.tokens[token_out].decimals)
    gross = (held[token_out] - moved[token_out] - 1) * _ONE // scale
    if gross < 0:
        raise InputError(f"{pool.name}: a swap for less than nothing", "the contract refuses it: pay in more")
    fee = gross * swap_fee(moved, pool) // FEE_ONE
    balances[token_out] -= gross - fee
    after = msgspec.structs.replace(after, balances=tuple(balances))
    after = msgspec.structs.replace(after, invariant=invariant(after))
    return SwapPreview(amount_in=amount_in, amount_out=gross - fee, fee=fee, pool=after)


def swap_fee(scaled: Sequence[int], pool: CurveCryptoPool) -> int:
    """The fee at scaled balances: near mid_fee in balance, near out_fee out of it.

    Parameters
    ----------
    scaled : sequence of int
        Scaled balances after the swap. [10^-18]
    pool : CurveCryptoPool
        Its three fee parameters.

    Returns
    -------
    int
        Fee of what is received. [10^-10]

    References
    ----------
    Egorov (2021), Automatic market-making with dynamic peg, section "Dynamic fees": with K the product of the shares
    of the sum times n^n, the part of mid_fee is fee_gamma/(fee_gamma + 1 - K).
    """
    n = len(scaled)
    balance: int = _ONE * n**n * math.prod(scaled) // sum(scaled) ** n
    near = pool.fee_gamma * _ONE // (pool.fee_gamma + _ONE - balance)
    return (pool.mid_fee * near + pool.out_fee * (_ONE - near)) // _ONE


def invariant(pool: CurveCryptoPool) -> int:
    """D of the present balances; the stored one is older.

    Parameters
    ----------
    pool : CurveCryptoPool
        Storage at a block.

    Returns
    -------
    int
        D, rounded down. [10^-18]

    Raises
    ------
    InputError
        If a balance or a price is not positive.

    References
    ----------
    Egorov (2021), Automatic market-making with dynamic peg, the invariant.
    """
    return crypto_invariant(scaled_balances(pool), pool.amplification, pool.gamma)


def scaled_balances(pool: CurveCryptoPool) -> list[int]:
    """Balances at the price scale.

    Parameters
    ----------
    pool : CurveCryptoPool
        Storage at a block.

    Returns
    -------
    list of int
        Balances of the invariant. [10^-18]

    Raises
    ------
    InputError
        If one of them is not positive, or a token has more than 18 decimals.

    References
    ----------
    Curve CryptoSwap: balances with 18 decimals times prices over 10^18.
    """
    if max(token.decimals for token in pool.tokens) > 18:
        raise InputError(f"{pool.name}: a token of more than 18 decimals", "CryptoSwap takes 18 at most")
    held = [
        balance * 10 ** (18 - token.decimals) * scale // _ONE
        for balance, token, scale in zip(pool.balances, pool.tokens, (_ONE, *pool.price_scale), strict=True)
    ]
    if min(held) <= 0:
        raise InputError(f"{pool.name}: a balance or a price that is not positive", "an empty pool has no invariant")
    return held
