"""Balancer's arithmetic: numbers with 18 decimals, rounded either way, and powers with the margin it adds to them.

Logarithms and exponentials are taken the way the contract takes them, because its results are wanted to the last digit:
the argument is split by a table of powers of e, and a short series does the rest, at 20 or 36 decimals.
"""

from collections.abc import Sequence
from typing import Final

from hedgerow.core.errors import InputError

ONE: Final = 10**18
POWER_MARGIN: Final = 10_000
"""Relative error that is granted to a power. [10^-18]"""

_ONE20: Final = 10**20
_ONE36: Final = 10**36
_NEAR: Final = 10**17

_WHOLE: Final = (
    (128 * ONE, 38877084059945950922200000000000000000000000000000000000),
    (64 * ONE, 6235149080811616882910000000),
)
"""Exponents with 18 decimals, and e to them without decimals."""

_PARTS: Final = (
    (32 * _ONE20, 7896296018268069516100000000000000),
    (16 * _ONE20, 888611052050787263676000000),
    (8 * _ONE20, 298095798704172827474000),
    (4 * _ONE20, 5459815003314423907810),
    (2 * _ONE20, 738905609893065022723),
    (_ONE20, 271828182845904523536),
    (_ONE20 // 2, 164872127070012814685),
    (_ONE20 // 4, 128402541668774148407),
    (_ONE20 // 8, 113314845306682631683),
    (_ONE20 // 16, 106449445891785942956),
)
"""Exponents and e to them, both with 20 decimals; an exponential uses the first eight."""


def multiplied(a: int, b: int, *, up: bool = False) -> int:
    """Product of two fixed-point numbers.

    Parameters
    ----------
    a, b : int
        Factors, not negative. [10^-18]
    up : bool
        True to round up.

    Returns
    -------
    int
        The product. [10^-18]

    References
    ----------
    Balancer v2 FixedPoint.sol, mulDown and mulUp.
    """
    return -(-a * b // ONE) if up else a * b // ONE


def divided(a: int, b: int, *, up: bool = False) -> int:
    """Quotient of two fixed-point numbers.

    Parameters
    ----------
    a, b : int
        Dividend, not negative, and positive divisor. [10^-18]
    up : bool
        True to round up.

    Returns
    -------
    int
        The quotient. [10^-18]

    References
    ----------
    Balancer v2 FixedPoint.sol, divDown and divUp.
    """
    return -(-a * ONE // b) if up else a * ONE // b


def complement(a: int) -> int:
    """What is missing to one.

    Parameters
    ----------
    a : int
        A number. [10^-18]

    Returns
    -------
    int
        One less the number, zero above one. [10^-18]

    References
    ----------
    Balancer v2 FixedPoint.sol, complement.
    """
    return max(ONE - a, 0)


def power(base: int, exponent: int, *, up: bool) -> int:
    """A power, moved by the granted error to the safe side.

    Parameters
    ----------
    base, exponent : int
        Not negative. [10^-18]
    up : bool
        True for an upper bound, False for a lower one.

    Returns
    -------
    int
        The bound. [10^-18]

    Raises
    ------
    InputError
        If the power is too large or too small for the contract.

    References
    ----------
    Balancer v2 FixedPoint.sol, powDown and powUp.
    """
    raw = raw_power(base, exponent)
    margin = multiplied(raw, POWER_MARGIN, up=True) + 1
    return raw + margin if up else max(raw - margin, 0)


def raw_power(base: int, exponent: int) -> int:
    """A power as the contract's series gives it.

    Parameters
    ----------
    base, exponent : int
        Not negative. [10^-18]

    Returns
    -------
    int
        The power. [10^-18]

    Raises
    ------
    InputError
        If the logarithm of the power is outside -41 and 130.

    References
    ----------
    Balancer v2 LogExpMath.sol, pow.
    """
    if exponent == 0:
        return ONE
    if base == 0:
        return 0
    if abs(base - ONE) < _NEAR:  # near one the logarithm is taken with 36 decimals
        fine = _logarithm36(base)
        whole = _toward_zero(fine, ONE)
        product = whole * exponent + _toward_zero((fine - whole * ONE) * exponent, ONE)
    else:
        product = logarithm(base) * exponent
    return exponential(_toward_zero(product, ONE))


def exponential(x: int) -> int:
    """Return e to a number.

    Parameters
    ----------
    x : int
        The exponent. [10^-18]

    Returns
    -------
    int
        The exponential. [10^-18]

    Raises
    ------
    InputError
        If the exponent is outside -41 and 130.

    References
    ----------
    Balancer v2 LogExpMath.sol, exp.
    """
    if not -41 * ONE <= x <= 130 * ONE:
        raise InputError(f"an exponent of {x / ONE:.6g}", "the contract takes -41 to 130")
    if x < 0:
        return ONE * ONE // exponential(-x)
    first = 1
    for exponent, value in _WHOLE:
        if x >= exponent:
            x, first = x - exponent, value
            break
    x *= 100
    product = _ONE20
    for exponent, value in _PARTS[:8]:
        if x >= exponent:
            x, product = x - exponent, product * value // _ONE20
    term = series = _ONE20
    for count in range(1, 13):
        term = term * x // _ONE20 // count
        series += term
    return product * series // _ONE20 * first // 100


def logarithm(a: int) -> int:
    """Natural logarithm.

    Parameters
    ----------
    a : int
        Positive. [10^-18]

    Returns
    -------
    int
        Its logarithm. [10^-18]

    References
    ----------
    Balancer v2 LogExpMath.sol, _ln.
    """
    if a < ONE:
        return -logarithm(ONE * ONE // a)
    total = 0
    for exponent, value in _WHOLE:
        if a >= value * ONE:
            a, total = a // value, total + exponent
    a, total = a * 100, total * 100
    for exponent, value in _PARTS:
        if a >= value:
            a, total = a * _ONE20 // value, total + exponent
    ratio = (a - _ONE20) * _ONE20 // (a + _ONE20)
    return (total + _inverse_tanh_twice(ratio, _ONE20, 11)) // 100


def _logarithm36(a: int) -> int:
    """Logarithm of a number near one, with 36 decimals."""
    fine = a * ONE
    ratio = _toward_zero((fine - _ONE36) * _ONE36, fine + _ONE36)
    return _inverse_tanh_twice(ratio, _ONE36, 15)


def _inverse_tanh_twice(z: int, one: int, last: int) -> int:
    """ln((1 + z)/(1 - z)) by its series up to the power ``last``."""
    square = z * z // one
    term = total = z
    for power_of_z in range(3, last + 1, 2):
        term = _toward_zero(term * square, one)
        total += _toward_zero(term, power_of_z)
    return 2 * total


def _toward_zero(a: int, b: int) -> int:
    """Quotient as the contract's machine rounds it: towards zero."""
    return a // b if a >= 0 else -(-a // b)


def upscaled(amounts: Sequence[int], decimals: Sequence[int]) -> list[int]:
    """Amounts of tokens with 18 decimals.

    Parameters
    ----------
    amounts : sequence of int
        Amounts. [smallest units]
    decimals : sequence of int
        Of each token, at most 18. [digits]

    Returns
    -------
    list of int
        The same amounts. [10^-18]

    Raises
    ------
    InputError
        If a token has more than 18 decimals.

    References
    ----------
    Balancer v2 BasePool.sol, _upscaleArray.
    """
    if max(decimals) > 18:
        raise InputError(f"a token of {max(decimals)} decimals", "Balancer takes tokens of 18 at most")
    return [amount * 10 ** (18 - digits) for amount, digits in zip(amounts, decimals, strict=True)]
