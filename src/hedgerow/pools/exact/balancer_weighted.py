"""Weighted pools of Balancer v2 in the contract's whole numbers: what burns pay and swaps give, to the unit."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import BalancerWeightedPool
from hedgerow.pools.exact.fixed_point import ONE, complement, divided, multiplied, power, upscaled
from hedgerow.pools.exact.shares import checked_share
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap

LARGEST_PART: Final = 3 * 10**17
"""A swap may pay in, and take out, this part of a balance. [10^-18]"""

_SMALLEST_BASE: Final = 7 * 10**17


def preview_burn(pool: BalancerWeightedPool, position: PoolShare) -> tuple[int, ...]:
    """What an exit of all shares in proportion pays, protocol fees that fall due at the exit taken out first.

    Parameters
    ----------
    pool : BalancerWeightedPool
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

    References
    ----------
    Balancer v2 WeightedPool.sol, onExitPool with EXACT_BPT_IN_FOR_TOKENS_OUT.
    """
    part = divided(checked_share(pool, position, pool.total_supply), pool.total_supply)
    decimals = [token.decimals for token in pool.tokens]
    kept = upscaled(pool.balances, decimals)
    for token, due in enumerate(due_fees(pool)):
        kept[token] -= due
    return tuple(multiplied(own, part) // 10 ** (18 - digits) for own, digits in zip(kept, decimals, strict=True))


def preview_collect(pool: BalancerWeightedPool, position: PoolShare) -> tuple[int, ...]:
    """Uncollected fees: none, they stay in the balances.

    Parameters
    ----------
    pool : BalancerWeightedPool
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
    Balancer v2 WeightedPool.sol: swap fees remain in the vault's balances of the pool.
    """
    checked_share(pool, position, pool.total_supply)
    return (0,) * len(pool.tokens)


def preview_swap(pool: BalancerWeightedPool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap of a given amount in would give.

    Parameters
    ----------
    pool : BalancerWeightedPool
        Storage at a block.
    token_in, token_out : int
        Tokens by their place. [index]
    amount_in : int
        What is paid, fee included. [smallest units]

    Returns
    -------
    SwapPreview
        Amounts, the fee in the token paid, the pool afterwards. [smallest units]

    Raises
    ------
    InputError
        If it is no swap of the pool, or takes more than the contract allows.

    References
    ----------
    Balancer v2 WeightedMath.sol, _calcOutGivenIn; BaseMinimalSwapInfoPool.sol, onSwap.
    """
    check_swap(pool, token_in, token_out, amount_in)
    fee = multiplied(amount_in, pool.swap_fee, up=True)
    decimals = [token.decimals for token in pool.tokens]
    held = upscaled(pool.balances, decimals)
    paid = (amount_in - fee) * 10 ** (18 - decimals[token_in])
    weights = (pool.weights[token_in], pool.weights[token_out])
    out = out_given_in((held[token_in], held[token_out]), weights, paid) // 10 ** (18 - decimals[token_out])
    return SwapPreview(
        amount_in=amount_in, amount_out=out, fee=fee, pool=_after(pool, token_in, token_out, amount_in, out)
    )


def swap_cost(pool: BalancerWeightedPool, token_in: int, token_out: int, amount_out: int) -> SwapPreview:
    """What a swap for a given amount out would cost.

    Parameters
    ----------
    pool : BalancerWeightedPool
        Storage at a block.
    token_in, token_out : int
        Tokens by their place. [index]
    amount_out : int
        What is received. [smallest units]

    Returns
    -------
    SwapPreview
        Amounts, the fee in the token paid, the pool afterwards. [smallest units]

    Raises
    ------
    InputError
        If it is no swap of the pool, or takes more than the contract allows.

    References
    ----------
    Balancer v2 WeightedMath.sol, _calcInGivenOut; BaseMinimalSwapInfoPool.sol, onSwap.
    """
    check_swap(pool, token_in, token_out, amount_out)
    decimals = [token.decimals for token in pool.tokens]
    held = upscaled(pool.balances, decimals)
    wanted = amount_out * 10 ** (18 - decimals[token_out])
    weights = (pool.weights[token_in], pool.weights[token_out])
    raw = in_given_out((held[token_in], held[token_out]), weights, wanted)
    net = -(-raw // 10 ** (18 - decimals[token_in]))
    paid = divided(net, complement(pool.swap_fee), up=True)
    after = _after(pool, token_in, token_out, paid, amount_out)
    return SwapPreview(amount_in=paid, amount_out=amount_out, fee=paid - net, pool=after)


def invariant(balances: Sequence[int], weights: Sequence[int]) -> int:
    """Product of the balances to the power of their weights, rounded down as the contract does.

    Parameters
    ----------
    balances, weights : sequence of int
        Of each token. [10^-18]

    Returns
    -------
    int
        The invariant. [10^-18]

    Raises
    ------
    InputError
        If it is zero, or a power is out of the contract's reach.

    References
    ----------
    Balancer v2 WeightedMath.sol, _calculateInvariant.
    """
    product = ONE
    for balance, weight in zip(balances, weights, strict=True):
        product = multiplied(product, power(balance, weight, up=False))
    if product <= 0:
        raise InputError("a weighted pool whose invariant is zero", "an empty pool has no shares")
    return product


def due_fees(pool: BalancerWeightedPool) -> list[int]:
    """Protocol fees that the next exit pays first, all in the token of the largest weight.

    Parameters
    ----------
    pool : BalancerWeightedPool
        Storage at a block.

    Returns
    -------
    list of int
        By token. [10^-18 of the token]

    Raises
    ------
    InputError
        If the invariant is zero, or a power is out of the contract's reach.

    References
    ----------
    Balancer v2 WeightedPool.sol, _getDueProtocolFeeAmounts; WeightedMath.sol, _calcDueTokenProtocolSwapFeeAmount.
    """
    due = [0] * len(pool.tokens)
    if pool.protocol_swap_fee == 0 or pool.last_invariant == 0:
        return due
    held = upscaled(pool.balances, [token.decimals for token in pool.tokens])
    now = invariant(held, pool.weights)
    if now > pool.last_invariant:
        token = pool.weights.index(max(pool.weights))
        base = max(divided(pool.last_invariant, now, up=True), _SMALLEST_BASE)
        left = power(base, divided(ONE, pool.weights[token]), up=True)
        due[token] = multiplied(multiplied(held[token], complement(left)), pool.protocol_swap_fee)
    return due


def out_given_in(balances: tuple[int, int], weights: tuple[int, int], amount_in: int) -> int:
    """Amount out of a swap without fee.

    Parameters
    ----------
    balances, weights : tuple of int
        Of the token paid and the token received. [10^-18]
    amount_in : int
        What is paid, less its fee. [10^-18]

    Returns
    -------
    int
        What is received, rounded down. [10^-18]

    Raises
    ------
    InputError
        If a balance is zero, or more than three tenths of it are paid.

    References
    ----------
    Balancer v2 WeightedMath.sol, _calcOutGivenIn.
    """
    if min(balances) <= 0:
        raise InputError("a balance that is zero", "an empty pool swaps nothing")
    if amount_in > multiplied(balances[0], LARGEST_PART):
        raise InputError("a swap of more than three tenths of the balance", "the contract refuses it: split the swap")
    base = divided(balances[0], balances[0] + amount_in, up=True)
    left = power(base, divided(weights[0], weights[1]), up=True)
    return multiplied(balances[1], complement(left))


def in_given_out(balances: tuple[int, int], weights: tuple[int, int], amount_out: int) -> int:
    """Amount in of a swap without fee.

    Parameters
    ----------
    balances, weights : tuple of int
        Of the token paid and the token received. [10^-18]
    amount_out : int
        What is received. [10^-18]

    Returns
    -------
    int
        What is paid, rounded up. [10^-18]

    Raises
    ------
    InputError
        If a balance is zero, or more than three tenths of it are taken.

    References
    ----------
    Balancer v2 WeightedMath.sol, _calcInGivenOut.
    """
    if min(balances) <= 0:
        raise InputError("a balance that is zero", "an empty pool swaps nothing")
    if amount_out > multiplied(balances[1], LARGEST_PART):
        raise InputError("a swap for more than three tenths of the balance", "the contract refuses it: split the swap")
    base = divided(balances[1], balances[1] - amount_out, up=True)
    grown = power(base, divided(weights[1], weights[0], up=True), up=True)
    return multiplied(balances[0], grown - ONE, up=True)


def _after(
    pool: BalancerWeightedPool, token_in: int, token_out: int, amount_in: int, amount_out: int
) -> BalancerWeightedPool:
    balances = list(pool.balances)
    balances[token_in] += amount_in
    balances[token_out] -= amount_out
    return msgspec.structs.replace(pool, balances=tuple(balances))
