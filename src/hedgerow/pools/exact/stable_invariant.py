"""The StableSwap invariant in whole numbers: its D, and one reserve from the others, rounded down exactly.

Ann is the contract's amplification times n; both are divided by the contract's own precision.
"""

import math
from collections.abc import Sequence


def stable_invariant(balances: Sequence[int], annual: int, precision: int) -> int:
    """Solve for D, exactly.

    Parameters
    ----------
    balances : sequence of int
        Positive balances in one unit. [10^-18]
    annual : int
        Amplification times n. [1/precision]
    precision : int
        Of the amplification. [pure]

    Returns
    -------
    int
        The zero of the invariant, rounded down. [10^-18]

    Notes
    -----
    With P = n^n·prod x the invariant is the polynomial precision·D^(n+1) + (Ann - precision)·P·D = Ann·S·P. It is
    convex and not negative at D = S, so Newton's method falls to its only positive zero.

    References
    ----------
    Egorov (2019), StableSwap, the invariant.
    """
    n, total = len(balances), sum(balances)
    product = n**n * math.prod(balances)
    linear, constant = (annual - precision) * product, annual * total * product
    guess = total
    while True:
        power = precision * guess**n
        step = (power * guess + linear * guess - constant) // ((n + 1) * power + linear)
        if step <= 0:
            break
        guess -= step
    while precision * guess ** (n + 1) + linear * guess > constant:
        guess -= 1
    return guess


def stable_reserve(others: Sequence[int], invariant: int, annual: int, precision: int) -> int:
    """Solve for one reserve that keeps D, given all the others.

    Parameters
    ----------
    others : sequence of int
        Balances of the other tokens. [10^-18]
    invariant : int
        D. [10^-18]
    annual : int
        Amplification times n. [1/precision]
    precision : int
        Of the amplification. [pure]

    Returns
    -------
    int
        The reserve, rounded down. [10^-18]

    Notes
    -----
    The invariant is a quadratic in one reserve: with Q = n^n times the product of the others and b = Ann·(S - D) +
    precision·D over the others, Ann·Q·y² + b·Q·y = precision·D^(n+1). Its positive root is an integer square root.

    References
    ----------
    Egorov (2019), StableSwap, the invariant.
    """
    n = len(others) + 1
    product = n**n * math.prod(others)
    square = annual * product
    linear = (annual * (sum(others) - invariant) + precision * invariant) * product
    constant = precision * invariant ** (n + 1)
    root: int = (math.isqrt(linear * linear + 4 * square * constant) - linear) // (2 * square)
    return root
