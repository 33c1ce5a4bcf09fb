"""Whole numbers as the contracts' machine has them: rounding both ways, wrapping, and named errors for overflows."""

from typing import Final

from hedgerow.core.errors import InputError

Q96: Final = 1 << 96
Q128: Final = 1 << 128
MASK128: Final = (1 << 128) - 1
MASK256: Final = (1 << 256) - 1
PIPS: Final = 1_000_000
"""Millionths: fees are in them."""


def mul_div(a: int, b: int, divisor: int) -> int:
    """Product over a divisor, rounded down.

    Parameters
    ----------
    a, b : int
        Factors. [any]
    divisor : int
        Positive. [any]

    Returns
    -------
    int
        floor(a·b / divisor). [any]

    References
    ----------
    Uniswap v3-core, FullMath.sol, mulDiv.
    """
    return a * b // divisor


def mul_div_up(a: int, b: int, divisor: int) -> int:
    """Product over a divisor, rounded up.

    Parameters
    ----------
    a, b : int
        Factors. [any]
    divisor : int
        Positive. [any]

    Returns
    -------
    int
        ceil(a·b / divisor). [any]

    References
    ----------
    Uniswap v3-core, FullMath.sol, mulDivRoundingUp.
    """
    return -(-a * b // divisor)


def wrapped(value: int, bits: int = 256) -> int:
    """What a machine word keeps of a number.

    Parameters
    ----------
    value : int
        Any number, of either sign. [any]
    bits : int
        Width of the word. [bits]

    Returns
    -------
    int
        The number modulo 2^bits. [any]

    References
    ----------
    Solidity, unchecked arithmetic of unsigned integers.
    """
    return value & ((1 << bits) - 1)


def checked(value: int, bits: int, what: str) -> int:
    """A number that fits into an unsigned word.

    Parameters
    ----------
    value : int
        The number. [any]
    bits : int
        Width of the word. [bits]
    what : str
        Its name, for the message. [text]

    Returns
    -------
    int
        The number itself. [any]

    Raises
    ------
    InputError
        If it is negative or too large.

    References
    ----------
    Uniswap v3-core, SafeCast.sol.
    """
    if not 0 <= value < 1 << bits:
        raise InputError(f"{what} of {value} does not fit into {bits} bits", "the contract would refuse this")
    return value
