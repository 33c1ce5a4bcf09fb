# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Value, delta and gamma of a book of options and liquidity on many paths at one date, no interest.

Black (1976) at a vol per option; N(-|d|) = exp(-d²/2)·erfcx(|d|/sqrt(2))/2 shares its exponential with the density.
Liquidity: Uniswap v3 core whitepaper (Adams et al., 2021), eqs. 6.29 and 6.30, with the root of the price held inside
the range. Strips of paths lie as columns of one scratch vector, so that every loop becomes vector code.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.function_kernels import BLOCK, PITCH, erfcx, exp, log_quotient

CALL: Final = 0.0
PUT: Final = 1.0
LIQUIDITY: Final = 2.0

Y, FACTOR, VALUE, DELTA, GAMMA, _V, _D, _BELL, _TAIL = (PITCH * column for column in range(9))
SCRATCH: Final = 9 * PITCH
"""Floats of scratch that a strip needs."""
_SQRT_HALF: Final = math.sqrt(0.5)
_DENSITY: Final = 1.0 / math.sqrt(2.0 * math.pi)
SMALLEST: Final = 1e-290


@inlined
def add_slopes(s, quantity, put, strike, root):
    """Add delta and gamma of one option, vol·sqrt(time) = root, to the strip."""
    for i in range(BLOCK):
        v = root * s[FACTOR + i]
        s[_V + i] = 1.0 / v
        s[_D + i] = log_quotient(s[Y + i], strike) * s[_V + i] + 0.5 * v
    for i in range(BLOCK):
        s[_BELL + i] = exp(-0.5 * s[_D + i] * s[_D + i])
    for i in range(BLOCK):
        s[_TAIL + i] = 0.5 * s[_BELL + i] * erfcx(abs(s[_D + i]) * _SQRT_HALF)
    for i in range(BLOCK):
        tail = s[_TAIL + i]
        s[DELTA + i] += quantity * ((tail if s[_D + i] < 0.0 else 1.0 - tail) - put)
        s[GAMMA + i] += quantity * _DENSITY * s[_BELL + i] * s[_V + i] / s[Y + i]


@inlined
def _worth(s, quantity, put, strike, root):
    """Add the value of one option to the strip: that of the one out of the money, and parity."""
    for i in range(BLOCK):
        y, v = s[Y + i], root * s[FACTOR + i]
        m = abs(log_quotient(y, strike)) / v
        d1, d2 = 0.5 * v - m, -0.5 * v - m
        a1, a2 = abs(d1), abs(d2)
        t1 = 0.5 * exp(-0.5 * a1 * a1) * erfcx(a1 * _SQRT_HALF)
        t2 = 0.5 * exp(-0.5 * a2 * a2) * erfcx(a2 * _SQRT_HALF)
        high, low = (y, strike) if y > strike else (strike, y)
        out = low * (t1 if d1 < 0.0 else 1.0 - t1) - high * t2
        intrinsic = strike - y if put > 0.5 else y - strike
        s[VALUE + i] += quantity * (out + (intrinsic if intrinsic > 0.0 else 0.0))


@inlined
def _pays(s, quantity, put, strike):
    """Add what an option pays that expires now, and what it leaves of delta."""
    for i in range(BLOCK):
        y = s[Y + i]
        paid = strike - y if put > 0.5 else y - strike
        s[VALUE + i] += quantity * (paid if paid > 0.0 else 0.0)
        s[DELTA + i] += quantity * ((1.0 - 2.0 * put) if paid > 0.0 else 0.0)


@inlined
def add_liquidity(s, quantity, lower, upper):
    """Add liquidity between two prices, 0 and infinity included, to the strip."""
    low, high, over = math.sqrt(lower), math.sqrt(upper), 1.0 / math.sqrt(upper)
    for i in range(BLOCK):
        y = s[Y + i]
        root = math.sqrt(y)
        held = low if root < low else root
        held = high if held > high else held
        coins = quantity * (1.0 / held - over)
        s[VALUE + i] += coins * y + quantity * (held - low)
        s[DELTA + i] += coins
        s[GAMMA + i] -= 0.5 * quantity / (y * root) if (y >= lower) & (y < upper) else 0.0


@kernel
def book_rows(y, factor, legs, years, wants_value, value, delta, gamma):
    """Fill value, delta and gamma of a book, each of shape (n_path,), at prices y.

    legs[n_leg, 5] are kind, quantity, strike or lower edge, upper edge, vol; years[n_leg] the time to expiry: zero pays
    now, below zero leaves it out, infinite for liquidity. factor, of length 1 or n_path, multiplies all vols. Without
    ``wants_value`` the value of options that have time left is left out.
    """
    n = y.shape[0]
    one = factor.shape[0] == 1
    s = np.empty(SCRATCH)
    for first in range(0, n, BLOCK):
        rows = min(BLOCK, n - first)
        for i in range(BLOCK):
            j = first + (i if i < rows else rows - 1)
            s[Y + i] = max(y[j], SMALLEST)
            s[FACTOR + i] = factor[0] if one else factor[j]
            s[VALUE + i], s[DELTA + i], s[GAMMA + i] = 0.0, 0.0, 0.0
        for leg in range(legs.shape[0]):
            kind, quantity, strike = legs[leg, 0], legs[leg, 1], legs[leg, 2]
            if kind == LIQUIDITY and years[leg] > 0.0:
                add_liquidity(s, quantity, strike, legs[leg, 3])
            elif kind != LIQUIDITY and years[leg] > 0.0:
                root = legs[leg, 4] * math.sqrt(years[leg])
                add_slopes(s, quantity, kind, strike, root)
                if wants_value:
                    _worth(s, quantity, kind, strike, root)
            elif kind != LIQUIDITY and years[leg] == 0.0:
                _pays(s, quantity, kind, strike)
        for i in range(rows):
            value[first + i], delta[first + i], gamma[first + i] = s[VALUE + i], s[DELTA + i], s[GAMMA + i]
