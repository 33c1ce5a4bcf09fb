"""The CryptoSwap invariant in whole numbers: its D, and one reserve from the others, exact to the unit.

Reserves are scaled: each is worth about the same at the pool's price scale. With P = n^n·prod x and w = 1 - P/D^n the
invariant is ANN·gamma²·(P/D^n)·(S - D)/D = w·(gamma + w)², ANN = A·n^n of the whitepaper. Both sides times a power of D
are whole numbers, and their difference changes sign once, so bisection gives the zero rounded down, whatever the state.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from hedgerow.core.errors import InputError

A_MULTIPLIER: Final = 10_000
"""The contract's ANN is that of the whitepaper times this. [pure]"""

ONE: Final = 10**18


def crypto_excess(balances: Sequence[int], invariant: int, annual: int, gamma: int) -> int:
    """How far reserves lie outside the curve of a given D: positive outside, zero on it.

    Parameters
    ----------
    balances : sequence of int
        Scaled reserves. [10^-18]
    invariant : int
        D. [10^-18]
    annual : int
        The contract's ANN. [10^-4]
    gamma : int
        Width of the flat part. [10^-18]

    Returns
    -------
    int
        Left side less right side of the invariant in the module's head, in whole numbers. [arbitrary]

    References
    ----------
    Egorov (2021), Automatic market-making with dynamic peg, the invariant.
    """
    n = len(balances)
    product, level = n**n * math.prod(balances), invariant**n
    short = level - product  # w·D^n
    left = annual * gamma * gamma * product * (sum(balances) - invariant) * invariant ** (2 * n - 1)
    excess: int = left - A_MULTIPLIER * short * (gamma * level + ONE * short) ** 2
    return excess


def crypto_invariant(balances: Sequence[int], annual: int, gamma: int) -> int:
    """Solve for D, exactly.

    Parameters
    ----------
    balances : sequence of int
        Positive scaled reserves. [10^-18]
    annual : int
        The contract's ANN. [10^-4]
    gamma : int
        Width of the flat part. [10^-18]

    Returns
    -------
    int
        D, rounded down. [10^-18]

    Notes
    -----
    D lies between n times the geometric mean and the sum. In between, one side falls and the other rises.

    References
    ----------
    Egorov (2021), Automatic market-making with dynamic peg, the invariant.
    """
    n = len(balances)
    total = sum(balances)
    lowest = _root_floor(n**n * math.prod(balances), n, total)
    return last_true(lambda level: crypto_excess(balances, level, annual, gamma) >= 0, lowest, total)


def crypto_reserve(others: Sequence[int], invariant: int, annual: int, gamma: int) -> int:
    """Solve for one reserve that keeps D, given all the others.

    Parameters
    ----------
    others : sequence of int
        Scaled reserves of the other tokens. [10^-18]
    invariant : int
        D. [10^-18]
    annual : int
        The contract's ANN. [10^-4]
    gamma : int
        Width of the flat part. [10^-18]

    Returns
    -------
    int
        The reserve, rounded down: the largest that is not outside the curve. [10^-18]

    Raises
    ------
    InputError
        If no reserve below the one of a constant product would do.

    Notes
    -----
    On the curve the product never exceeds that of the balanced pool, so the reserve of a constant product bounds it.

    References
    ----------
    Egorov (2021), Automatic market-making with dynamic peg, the invariant.
    """
    n = len(others) + 1
    bound = invariant**n // (n**n * math.prod(others)) + 1
    inside = last_true(lambda own: crypto_excess([*others, own], invariant, annual, gamma) <= 0, 0, bound)
    if inside == 0:
        raise InputError("reserves with which no amount of one token keeps the invariant", "the trade is too large")
    return inside


def last_true(holds: Callable[[int], bool], lower: int, upper: int) -> int:
    """Return the last whole number at which a statement holds, which it does up to there and not after.

    Parameters
    ----------
    holds : callable
        The statement. [bool]
    lower, upper : int
        First number, taken to hold, and last one that could. [any]

    Returns
    -------
    int
        The last number, ``lower`` where there is none. [any]

    References
    ----------
    Bisection.
    """
    while lower < upper:
        middle = (lower + upper + 1) // 2
        lower, upper = (middle, upper) if holds(middle) else (lower, middle - 1)
    return lower


def _root_floor(value: int, degree: int, upper: int) -> int:
    return last_true(lambda root: root**degree <= value, 0, upper)
