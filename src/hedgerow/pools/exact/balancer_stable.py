"""Stable pools of Balancer v2 in the contract's whole numbers: the StableSwap invariant, step by step as it rounds."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hedgerow.core.errors import InputError, SolveError, SolveFault
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import BalancerStablePool
from hedgerow.pools.exact.fixed_point import complement, divided, multiplied, upscaled
from hedgerow.pools.exact.shares import checked_share
from hedgerow.pools.exact.swap_preview import SwapPreview, check_swap

AMPLIFICATION_PRECISION: Final = 1_000
"""Amplifications are counted in thousandths. [pure]"""

_STEPS: Final = 255


def preview_burn(pool: BalancerStablePool, position: PoolShare) -> tuple[int, ...]:
    """What an exit of all shares in proportion pays, protocol fees that fall due at the exit taken out first.

    Parameters
    ----------
    pool : BalancerStablePool
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
    SolveError
        If the contract's iteration does not end.

    References
    ----------
    Balancer v2 StablePool.sol, onExitPool with EXACT_BPT_IN_FOR_TOKENS_OUT, and _updateInvariantAfterExit.
    """
    part = divided(checked_share(pool, position, pool.total_supply), pool.total_supply)
    decimals = [token.decimals for token in pool.tokens]
    kept = upscaled(pool.balances, decimals)
    for token, due in enumerate(due_fees(pool)):
        kept[token] -= due
    paid = [multiplied(own, part) for own in kept]
    left = [own - out for own, out in zip(kept, paid, strict=True)]
    if min(left) > 0:
        invariant(left, pool.amplification)  # kept for the next fees: the exit reverts where it does not end
    return tuple(out // 10 ** (18 - digits) for out, digits in zip(paid, decimals, strict=True))


def preview_collect(pool: BalancerStablePool, position: PoolShare) -> tuple[int, ...]:
    """Uncollected fees: none, they stay in the balances.

    Parameters
    ----------
    pool : BalancerStablePool
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
    Balancer v2 StablePool.sol: swap fees remain in the vault's balances of the pool.
    """
    checked_share(pool, position, pool.total_supply)
    return (0,) * len(pool.tokens)


def preview_swap(pool: BalancerStablePool, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """What a swap of a given amount in would give.

    Parameters
    ----------
    pool : BalancerStablePool
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
        If it is no swap of the pool, or nothing would come out.
    SolveError
        If the contract's iteration does not end.

    References
    ----------
    Balancer v2 StableMath.sol, _calcOutGivenIn; BaseGeneralPool.sol, _swapGivenIn.
    """
    check_swap(pool, token_in, token_out, amount_in)
    fee = multiplied(amount_in, pool.swap_fee, up=True)
    decimals = [token.decimals for token in pool.tokens]
    held = upscaled(pool.balances, decimals)
    level = invariant(held, pool.amplification)
    before = held[token_out]
    held[token_in] += (amount_in - fee) * 10 ** (18 - decimals[token_in])
    left = reserve(held, pool.amplification, level, token_out)
    out = _positive(before - left - 1, pool) // 10 ** (18 - decimals[token_out])
    return SwapPreview(
        amount_in=amount_in, amount_out=out, fee=fee, pool=_after(pool, token_in, token_out, amount_in, out)
    )


def swap_cost(pool: BalancerStablePool, token_in: int, token_out: int, amount_out: int) -> SwapPreview:
    """What a swap for a given amount out would cost.

    Parameters
    ----------
    pool : BalancerStablePool
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
        If it is no swap of the pool, or takes all there is.
    SolveError
        If the contract's iteration does not end.

    References
    ----------
    Balancer v2 StableMath.sol, _calcInGivenOut; BaseGeneralPool.sol, _swapGivenOut.
    """
    check_swap(pool, token_in, token_out, amount_out)
    decimals = [token.decimals for token in pool.tokens]
    if amount_out >= pool.balances[token_out]:
        raise InputError(f"{pool.name}: a swap for all of a token", "take less than the pool holds")
    held = upscaled(pool.balances, decimals)
    level = invariant(held, pool.amplification)
    before = held[token_in]
    held[token_out] -= amount_out * 10 ** (18 - decimals[token_out])
    needed = reserve(held, pool.amplification, level, token_in) - before + 1
    net = -(-needed // 10 ** (18 - decimals[token_in]))
    paid = divided(net, complement(pool.swap_fee), up=True)
    after = _after(pool, token_in, token_out, paid, amount_out)
    return SwapPreview(amount_in=paid, amount_out=amount_out, fee=paid - net, pool=after)


def invariant(balances: Sequence[int], amplification: int) -> int:
    """Solve for D as the contract's iteration ends.

    Parameters
    ----------
    balances : sequence of int
        Positive balances. [10^-18]
    amplification : int
        A·n^(n-1). [10^-3]

    Returns
    -------
    int
        The invariant. [10^-18]

    Raises
    ------
    InputError
        If a balance is zero.
    SolveError
        If the iteration does not end.

    References
    ----------
    Balancer v2 StableMath.sol, _calculateInvariant. Egorov (2019), StableSwap.
    """
    if min(balances) <= 0:
        raise InputError("a balance that is zero", "an empty pool has no invariant")
    n, total = len(balances), sum(balances)
    annual = amplification * n
    level = total
    for _ in range(_STEPS):
        shrunk = level
        for balance in balances:
            shrunk = shrunk * level // (balance * n)
        weight = annual * total // AMPLIFICATION_PRECISION + shrunk * n
        below = (annual - AMPLIFICATION_PRECISION) * level // AMPLIFICATION_PRECISION + (n + 1) * shrunk
        last, level = level, weight * level // below
        if abs(level - last) <= 1:
            return level
    raise SolveError(SolveFault.NOT_CONVERGED, "the contract's iteration for the invariant does not end", "it reverts")


def reserve(balances: Sequence[int], amplification: int, level: int, token: int) -> int:
    """Solve for one balance from the others and D, rounded up as the contract does.

    Parameters
    ----------
    balances : sequence of int
        Positive balances; that of the token itself cancels but for rounding. [10^-18]
    amplification : int
        A·n^(n-1). [10^-3]
    level : int
        The invariant. [10^-18]
    token : int
        Whose balance is sought. [index]

    Returns
    -------
    int
        The balance. [10^-18]

    Raises
    ------
    InputError
        If a balance is zero.
    SolveError
        If the iteration does not end.

    References
    ----------
    Balancer v2 StableMath.sol, _getTokenBalanceGivenInvariantAndAllOtherBalances.
    """
    if min(balances) <= 0:
        raise InputError("a balance that is zero", "an empty pool has no invariant")
    n = len(balances)
    annual = amplification * n
    shrunk = balances[0] * n
    for balance in balances[1:]:
        shrunk = shrunk * balance * n // level
    square = level * level
    constant = _up(square, annual * shrunk) * AMPLIFICATION_PRECISION * balances[token]
    linear = sum(balances) - balances[token] + level // annual * AMPLIFICATION_PRECISION
    own = _up(square + constant, level + linear)
    for _ in range(_STEPS):
        last, own = own, _up(own * own + constant, 2 * own + linear - level)
        if abs(own - last) <= 1:
            return own
    raise SolveError(SolveFault.NOT_CONVERGED, "the contract's iteration for a balance does not end", "it reverts")


def due_fees(pool: BalancerStablePool) -> list[int]:
    """Protocol fees that the next exit pays first, all in the token of the largest balance.

    Parameters
    ----------
    pool : BalancerStablePool
        Storage at a block.

    Returns
    -------
    list of int
        By token. [10^-18 of the token]

    Raises
    ------
    SolveError
        If the contract's iteration does not end.

    References
    ----------
    Balancer v2 StablePool.sol, _getDueProtocolFeeAmounts; StableMath.sol, _calcDueTokenProtocolSwapFeeAmount.
    """
    due = [0] * len(pool.tokens)
    if pool.protocol_swap_fee == 0 or pool.last_invariant == 0:
        return due
    held = upscaled(pool.balances, [token.decimals for token in pool.tokens])
    token = held.index(max(held))
    left = reserve(held, pool.last_invariant_amplification, pool.last_invariant, token)
    due[token] = multiplied(max(held[token] - left, 0), pool.protocol_swap_fee)
    return due


def _positive(amount: int, pool: BalancerStablePool) -> int:
    if amount < 0:
        raise InputError(f"{pool.name}: a swap for less than nothing", "the contract refuses it: pay in more")
    return amount


def _up(a: int, b: int) -> int:
    if b <= 0:
        raise SolveError(
            SolveFault.NOT_CONVERGED, "balances that the contract's iteration cannot divide by", "it reverts"
        )
    return -(-a // b)


def _after(
    pool: BalancerStablePool, token_in: int, token_out: int, amount_in: int, amount_out: int
) -> BalancerStablePool:
    balances = list(pool.balances)
    balances[token_in] += amount_in
    balances[token_out] -= amount_out
    return msgspec.structs.replace(pool, balances=tuple(balances))
