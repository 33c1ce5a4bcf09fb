# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Resolvents of a one-dimensional diffusion on spectral elements, one lane per node of a contour.

The equation -(m·D·u')' + m·(z + Q)·u = m·f has a complex symmetric matrix on each element. From either end of the
domain towards the point that matters, all nodes of an element but its inner one are eliminated; what is left is the
value of u there and, as the flux between both sides, its slope: no back-substitution. Pivots are not exchanged: turned
by half the angle of z, the part of the matrix without Q has a positive definite real part.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel

NODES: Final = 9
"""Gauss-Lobatto-Legendre nodes per element; values at element ends converge at twice their order. [count]"""
_SOURCE: Final = NODES * (NODES + 1)
"""The source follows the lower triangle, as its next row."""
_LAST: Final = _SOURCE - 2
_INVERSE: Final = _SOURCE + 2 * NODES
_FACTOR: Final = _INVERSE + 2
_ROWS: Final = _FACTOR + 2


@inlined
def _fill(rows, e, w, tilt, near, contour, stiffness, mass, potential, wave):
    """Lay down the matrix (lower triangle) and the source of an element; rows hold real and imaginary parts."""
    lanes = contour.shape[1]
    source = complex(0.5 * (tilt * tilt - tilt - w * w), w * (tilt - 0.5))
    for i in range(NODES):
        for j in range(i + 1):
            at = 2 * (i * (i + 1) // 2 + j)
            for lane in range(lanes):
                rows[at, lane], rows[at + 1, lane] = stiffness[e, i, j], 0.0
        at, to = 2 * (i * (i + 1) // 2 + i), _SOURCE + 2 * i
        real, imaginary = potential[e, 0, i] + w * w * potential[e, 2, i], w * potential[e, 1, i]
        given = source * potential[e, 3, i] if near else complex(mass[e, i], 0.0)
        given *= complex(math.cos(w * wave[e, i]), math.sin(w * wave[e, i]))
        for lane in range(lanes):
            rows[at, lane] += mass[e, i] * contour[0, lane] + real
            rows[at + 1, lane] = mass[e, i] * contour[1, lane] + imaginary
            rows[to, lane], rows[to + 1, lane] = given.real, given.imag


@inlined
def _eliminate(rows, lanes):
    """Eliminate all nodes but the last; the source is treated as one more row of the matrix."""
    for j in range(NODES - 1):
        pivot = 2 * (j * (j + 1) // 2 + j)
        for lane in range(lanes):
            x, y = rows[pivot, lane], rows[pivot + 1, lane]
            scale = 1.0 / (x * x + y * y)
            rows[_INVERSE, lane] = x * scale
            rows[_INVERSE + 1, lane] = -y * scale
        for i in range(j + 1, NODES + 1):
            at = 2 * (i * (i + 1) // 2 + j)
            for lane in range(lanes):
                x, y = rows[at, lane], rows[at + 1, lane]
                rows[_FACTOR, lane] = x * rows[_INVERSE, lane] - y * rows[_INVERSE + 1, lane]
                rows[_FACTOR + 1, lane] = x * rows[_INVERSE + 1, lane] + y * rows[_INVERSE, lane]
            for q in range(j + 1, min(i + 1, NODES)):
                to, by = 2 * (i * (i + 1) // 2 + q), 2 * (q * (q + 1) // 2 + j)
                for lane in range(lanes):
                    x, y = rows[_FACTOR, lane], rows[_FACTOR + 1, lane]
                    rows[to, lane] -= x * rows[by, lane] - y * rows[by + 1, lane]
                    rows[to + 1, lane] -= x * rows[by + 1, lane] + y * rows[by, lane]


@kernel
def transform_at(w, tilt, far, contour, stiffness, mass, potential, wave, scale, split, diffusion, out):
    """Fill out[6, n_w] with the value, its slope in the state and its slope in time, real and imaginary, at each w.

    Elements before ``split`` lie below the state, the others above; all are ordered towards it. potential[n_element, 4,
    n_node] holds mass times the parts of Q in 1, i·w and w², and mass times sigma². contour[4, n_lane] holds z and
    weights: a function of time is the sum of weight times its Laplace transform. Below ``far`` what is solved for is
    the transform less 1, times z, as that is small where w or time is; from there on it is the transform itself.
    """
    lanes = contour.shape[1]
    rows, ends = np.empty((_ROWS, lanes)), np.zeros((2, 4, lanes))
    here = wave[split - 1, NODES - 1]
    for a in range(w.shape[0]):
        for e in range(mass.shape[0]):
            side = 0 if e < split else 1
            _fill(rows, e, w[a], tilt, w[a] < far, contour, stiffness, mass, potential, wave)
            if e != 0 and e != split:
                for part in range(2):
                    for lane in range(lanes):
                        rows[part, lane] += scale[e] * ends[side, part, lane]
                        rows[_SOURCE + part, lane] += scale[e] * ends[side, 2 + part, lane]
            _eliminate(rows, lanes)
            for part in range(2):
                for lane in range(lanes):
                    ends[side, part, lane] = rows[_LAST + part, lane]
                    ends[side, 2 + part, lane] = rows[_SOURCE + 2 * NODES - 2 + part, lane]
        # u carries a factor e^(i·w·wave), and wave grows as fast as itself.
        turn = complex(math.cos(w[a] * here), -math.sin(w[a] * here))
        value, slope, pace = 0j, 0j, 0j
        for lane in range(lanes):
            below, source = complex(ends[0, 0, lane], ends[0, 1, lane]), complex(ends[0, 2, lane], ends[0, 3, lane])
            above, other = complex(ends[1, 0, lane], ends[1, 1, lane]), complex(ends[1, 2, lane], ends[1, 3, lane])
            u = (source + other) / (below + above)
            z, weight = complex(contour[0, lane], contour[1, lane]), turn * complex(contour[2, lane], contour[3, lane])
            if w[a] < far:
                weight /= z
            value += weight * u
            pace += weight * z * u
            slope += weight * ((below * u - source) / diffusion - complex(0.0, w[a] * here) * u)
        value += 1.0 if w[a] < far else 0.0
        out[0, a], out[1, a] = value.real, value.imag
        out[2, a], out[3, a] = slope.real, slope.imag
        out[4, a], out[5, a] = pace.real, pace.imag
