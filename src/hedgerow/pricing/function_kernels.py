# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Exponential, logarithm and erfcx without branches, so that the compiler turns a loop over them into vector code.

Nothing here calls a library: a call would keep a loop scalar. Polynomials are split into even and odd halves, since
the length of the chain of multiplications, not their number, is what a loop waits for. Rows of a block live as
columns of one scratch vector: the compiler then knows how far apart they are and needs no check for overlap.
"""

from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# Printed by tools/erfcx_coefficients.py.
_ERFCX = (
    1.1635074826790346,
    -1.1337205026240198,
    0.9312969418525939,
    -0.637504516124756,
    0.354618256026903,
    -0.15197313347158029,
    0.043655776589020014,
    -0.0037297116298640512,
    -0.003266113644616376,
    0.001404516510902592,
    5.757138972311604e-05,
    -0.00019913512188533662,
    2.3785444206730566e-05,
    2.6922520655532486e-05,
    -6.002897424245092e-06,
    -4.113229862154904e-06,
    1.0978373964295825e-06,
    7.311307643547648e-07,
    -1.717736659966196e-07,
    -1.3780743457348485e-07,
    2.1207822863976445e-08,
    2.2281735154760396e-08,
    -1.5169425276235893e-09,
    -2.0809508156579874e-09,
)
_EXP = (
    1.0,
    1.0,
    0.5000000000000019,
    0.16666666666666702,
    0.04166666666648794,
    0.008333333333309507,
    0.0013888888952356135,
    0.00019841269909260645,
    2.480148543844738e-05,
    2.755722491836887e-06,
    2.763265575933203e-07,
    2.5114882786996687e-08,
)
_LOG = (
    0.6666666666666666,
    0.40000000000007996,
    0.2857142856725317,
    0.22222223051762294,
    0.18181737383008073,
    0.15388876712590915,
    0.13209546573512165,
    0.13610182927411002,
)

BLOCK: Final = 512
PITCH: Final = BLOCK + 8
"""Floats from one scratch column to the next: a power of two would put all columns into the same cache lines."""
LOWEST_ERFCX: Final = -0.25
"""The table of erfcx holds from here upwards."""

_PIVOT: Final = 3.0
_SHIFT: Final = 3.5
_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_LOG2_E: Final = 1.4426950408889634
_ROUNDER: Final = 6755399441055744.0
"""3·2^51: adding it leaves the nearest integer in the lowest bits of a double."""
_BIAS: Final = np.uint64(1023)
_EXPONENT: Final = np.uint64(52)
_ROUNDED_BIAS: Final = np.uint64((1023 << 52) + (1 << 51))
_TWO_52_BITS: Final = np.uint64(0x4330000000000000)
_TWO_52_AND_BIAS: Final = 4503599627370496.0 + 1023.0
_SMALLEST_EXPONENT: Final = -708.0


def woven(function):
    """Compile a function into the loop of its caller: only then can the loop be vectorised."""
    return numba.njit(error_model="numpy", fastmath={"contract", "nsz"}, forceinline=True)(function)


def _bitcast(function: Callable[..., Any]) -> Any:
    """Register a function that builds machine code (numba's own annotation counts its arguments wrongly)."""
    return intrinsic(function)


@_bitcast
def bits_of(_, value):
    """Return the bits of a double as an unsigned integer."""

    def build(_, builder, __, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(value), build


@_bitcast
def double_of(_, bits):
    """Return the double that has these bits."""

    def build(_, builder, __, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(bits), build


@woven
def exp(x):
    """Return e^x, 0 below x = -708 (where doubles lose digits) and e^709 above 709; NaN stays NaN.

    Cody and Waite (1980), "Software Manual for the Elementary Functions", chapter 6: x = n·ln 2 + r.
    """
    within = _SMALLEST_EXPONENT if x < _SMALLEST_EXPONENT else x
    within = 709.0 if within > 709.0 else within
    shifted = within * _LOG2_E + _ROUNDER
    n = shifted - _ROUNDER
    r = (within - n * _LN2_HIGH) - n * _LN2_LOW
    square = r * r
    even, odd = _EXP[10], _EXP[11]
    for power in range(8, -1, -2):
        even = even * square + _EXP[power]
        odd = odd * square + _EXP[power + 1]
    value = (even + odd * r) * double_of((bits_of(shifted) + _BIAS) << _EXPONENT)
    return 0.0 if x < _SMALLEST_EXPONENT else value


@woven
def log_quotient(a, b):
    """Return ln(a/b) of positive normal a and b, to full relative accuracy also where a is close to b.

    With 2^e the power of two nearest to a/b, a - b·2^e is exact (Sterbenz 1974), and
    ln(a/b) = e·ln 2 + 2·artanh((a - b·2^e)/(a + b·2^e)) (DLMF 4.6.4). a/b must lie within 2^±1000.
    """
    shift = (bits_of(a) - bits_of(b) + _ROUNDED_BIAS) >> _EXPONENT
    e = double_of(shift | _TWO_52_BITS) - _TWO_52_AND_BIAS
    near = b * double_of(shift << _EXPONENT)
    s = (a - near) / (a + near)
    z = s * s
    total = _LOG[7]
    for power in range(6, -1, -1):
        total = total * z + _LOG[power]
    return e * _LN2_HIGH + (2.0 * s + (s * z * total + e * _LN2_LOW))


@woven
def erfcx(y):
    """Return exp(y²)·erfc(y) to full relative accuracy, y from -0.25 upwards, as in ``erfcx_pair``."""
    over = 1.0 / (y + _SHIFT)
    t = (y - _PIVOT) * over
    square = t * t
    even, odd = _ERFCX[22], _ERFCX[23]
    for power in range(20, -1, -2):
        even = even * square + _ERFCX[power]
        odd = odd * square + _ERFCX[power + 1]
    return (even + t * odd) * over


@woven
def erfcx_pair(y1, y2):
    """Return erfcx(y1), erfcx(y2) and (erfcx(y1) - erfcx(y2))/(y2 - y1), all to full relative accuracy.

    y1 and y2 from -0.25 upwards. erfcx(y) = P(t)/(y + b) with t = (y - a)/(y + b), as in Shepherd and Laframboise
    (1981), Math. Comp. 36:249, section 3. The divided difference of P comes out of Horner's rule (Higham 2002,
    "Accuracy and Stability of Numerical Algorithms", section 5.2), here in even and odd halves A and B:
    P[t1,t2] = B(t1²) + (t1 + t2)·(A[t1²,t2²] + t2·B[t1²,t2²]). The two terms of the final difference have one sign:
    no cancellation, however close y1 and y2 are.
    """
    below1, below2 = y1 + _SHIFT, y2 + _SHIFT
    both = 1.0 / (below1 * below2)
    over1, over2 = both * below2, both * below1
    t1, t2 = (y1 - _PIVOT) * over1, (y2 - _PIVOT) * over2
    square1, square2 = t1 * t1, t2 * t2
    even, odd, even_slope, odd_slope = _ERFCX[22], _ERFCX[23], 0.0, 0.0
    for power in range(20, -1, -2):
        even_slope = even_slope * square2 + even
        odd_slope = odd_slope * square2 + odd
        even = even * square1 + _ERFCX[power]
        odd = odd * square1 + _ERFCX[power + 1]
    value = even + t1 * odd
    rise = (_PIVOT + _SHIFT) * (odd + (t1 + t2) * (even_slope + t2 * odd_slope))
    slope = (value - rise * over2) * both
    return value * over1, (value + rise * both * (y2 - y1)) * over2, slope


@woven
def load(values, scratch, column):
    """Copy a vector into a column of the scratch."""
    for i in range(values.shape[0]):
        scratch[column * PITCH + i] = values[i]


@woven
def store(scratch, column, values):
    """Copy a column of the scratch into a vector."""
    for i in range(values.shape[0]):
        values[i] = scratch[column * PITCH + i]
