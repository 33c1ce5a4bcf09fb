# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Paths of a geometric Brownian motion, date after date, with random numbers that vector code makes.

Every path has a generator of its own, xoshiro256++ (Blackman, Vigna 2021, ACM Trans. Mathematical Software 47:36, doi
10.1145/3460772, fig. 1), whose state is four words of SplitMix64 (Steele, Lea, Flood 2014, doi 10.1145/2714064.2660195,
fig. 16) at places that belong to the path and the seed alone. Two of its numbers make two normals (Box, Muller 1958,
Annals of Mathematical Statistics 29:610, doi 10.1214/aoms/1177706645, eq. 1). Nothing branches, so that a strip of
paths is drawn and moved as vectors.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import kernel
from hedgerow.pricing.function_kernels import bits_of, double_of, exp, log_quotient, woven
from hedgerow.pricing.paths.strip_kernels import PITCH, STRIP

_A, _B, _C, _D = (PITCH * column for column in range(4))
_X, _FIRST, _SECOND, _PRICE, _FAR = (PITCH * column for column in range(5))

_SIN: Final = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
_COS: Final = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)
"""Of sin(r)/r - 1 over r² and of (cos(r) - 1)/r² + 1/2 over r², |r| <= pi/4: Sun's fdlibm, ``k_sin.c``, ``k_cos.c``."""

_ROUNDER: Final = 6755399441055744.0
"""3·2^51: adding it leaves the nearest integer in the lowest bits of a double."""
_HALF_PI: Final = 0.5 * math.pi
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_ONE_TO_TWO: Final = np.uint64(0x3FF0000000000000)
_BELOW_ONE: Final = 1.0 - 2.0**-53
_0, _1, _2, _4 = (np.uint64(word) for word in (0, 1, 2, 4))
_12, _17, _23, _27, _30, _31, _45 = (np.uint64(word) for word in (12, 17, 23, 27, 30, 31, 45))
_64: Final = np.uint64(64)
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@woven
def mixed(word):
    """Return a word of SplitMix64 from its place."""
    word = (word ^ (word >> _30)) * _MIX[0]
    word = (word ^ (word >> _27)) * _MIX[1]
    return word ^ (word >> _31)


@woven
def rotated(word, by):
    """Return a word turned to the left."""
    return (word << by) | (word >> (_64 - by))


@woven
def sin_cos_of_turn(u):
    """Return the sine and cosine of u turns, 0 < u < 1: the nearest quarter is taken off, polynomials do the rest."""
    shifted = 4.0 * u + _ROUNDER
    r = (4.0 * u - (shifted - _ROUNDER)) * _HALF_PI
    z = r * r
    sine, cosine = _SIN[5], _COS[5]
    for power in range(4, -1, -1):
        sine = sine * z + _SIN[power]
        cosine = cosine * z + _COS[power]
    sine, cosine = r + r * z * sine, 1.0 - 0.5 * z + z * z * cosine
    quarter = bits_of(shifted)
    odd = (quarter & _1) != _0
    first, second = (cosine, sine) if odd else (sine, cosine)
    first = -first if (quarter & _2) != _0 else first
    second = -second if ((quarter + _1) & _2) != _0 else second
    return first, second


@woven
def seed_strip(seed, first, w):
    """Set the generators of a strip of paths."""
    for i in range(STRIP):
        place = seed + _4 * (np.uint64(first) + np.uint64(i)) * _GOLDEN
        w[_A + i] = mixed(place + _GOLDEN)
        w[_B + i] = mixed(place + _2 * _GOLDEN)
        w[_C + i] = mixed(place + (_1 + _2) * _GOLDEN)
        w[_D + i] = mixed(place + _4 * _GOLDEN)


@woven
def draw(w, s, column):
    """Fill a column with uniforms: odd multiples of 2^-53."""
    for i in range(STRIP):
        a, b, c, d = w[_A + i], w[_B + i], w[_C + i], w[_D + i]
        drawn = rotated(a + d, _23) + a
        late = b << _17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= late
        w[_A + i], w[_B + i], w[_C + i], w[_D + i] = a, b, c, rotated(d, _45)
        s[column + i] = double_of((drawn >> _12) | _ONE_TO_TWO) - _BELOW_ONE


@woven
def draw_normals(w, s):
    """Fill two columns with normals."""
    draw(w, s, _FIRST)
    draw(w, s, _SECOND)
    for i in range(STRIP):
        radius = math.sqrt(-2.0 * log_quotient(s[_FIRST + i], 1.0))
        sine, cosine = sin_cos_of_turn(s[_SECOND + i])
        s[_FIRST + i] = radius * cosine
        s[_SECOND + i] = radius * sine


@kernel
def brownian_paths(seed, offset, start, drift, width, paths):
    """Fill paths[n_date, n_path] with prices of the paths from number ``offset`` on; date 0 is the start.

    ln S moves by drift + width·Z from one date to the next. Returns how far it got from where it started.
    """
    n_date, n_path = paths.shape
    w = np.empty(4 * PITCH, dtype=np.uint64)
    s = np.empty(5 * PITCH)
    for i in range(STRIP):
        s[_FAR + i] = 0.0
    for first in range(0, n_path, STRIP):
        rows = min(STRIP, n_path - first)
        seed_strip(seed, offset + first, w)
        for i in range(STRIP):
            s[_X + i] = 0.0
        for i in range(rows):
            paths[0, first + i] = start
        for date in range(1, n_date):
            if date % 2 == 1:
                draw_normals(w, s)
            column = _FIRST if date % 2 == 1 else _SECOND
            for i in range(STRIP):
                x = s[_X + i] + drift + width * s[column + i]
                s[_X + i] = x
                s[_PRICE + i] = start * exp(x)
                s[_FAR + i] = max(s[_FAR + i], abs(x))
            for i in range(rows):
                paths[date, first + i] = s[_PRICE + i]
    return s[_FAR : _FAR + STRIP].max()
