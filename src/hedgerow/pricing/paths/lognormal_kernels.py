# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Paths of models whose vol is log-normal: SABR, and the log-normal model with a quadratic drift.

Over a step the vol moves from a to a' = a·exp(-h/2 + sqrt(h)·z), h = nu²·step, exactly. Given both ends ln F is nearly
normal: rho/nu·(a' - a) - I/2 + sqrt((1 - rho²)·I)·Z with I the integral of the squared vol. I is Simpson's rule over
its mean given the ends (a², a·a'·exp(h/2) in the middle, a'²), scaled to have the exact mean a²·(exp(h) - 1)/nu².

The drift of the vol in the log-normal model, a quadratic, is a Riccati equation: half a step of its flow goes before
and half after (Strang 1968, SIAM J. Numerical Analysis 5:506, doi 10.1137/0705041).

SABR with beta < 1 moves Y = F^(1 - beta)/(1 - beta), whose drift is -beta/(2(1 - beta))·a²/Y with a the vol of F^beta:
Y² falls by beta/(1 - beta) times half the integral before Y's normal move, and by the rest after it. Half the integral
is its mean at the first of these: only so is the splitting of second order when rho is not zero. A forward that gets to
zero stays there.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.function_kernels import exp, log_quotient
from hedgerow.pricing.paths.strip_kernels import PITCH, STRIP, put, take

_A, _X, _Z_X, _Z_A = (PITCH * column for column in range(4))
_SCRATCH: Final = 4 * PITCH
_NEARLY_GONE: Final = -1.0 + 1e-15


@inlined
def _reverting_step(c, s):
    """Take a strip of log-normal paths through a step."""
    drift, shift, root_h, middle, simpson, lever, own = c[3], c[4], c[5], c[6], c[7], c[8], c[9]
    same, gain, fade = c[10], c[11], c[12]
    for i in range(STRIP):
        a = (same * s[_A + i] + gain) / (fade * s[_A + i] + 2.0 - same)
        g = exp(shift + root_h * s[_Z_A + i])
        integral = simpson * a * a * (1.0 + (middle + g) * g)
        s[_X + i] += drift + lever * a * (g - 1.0) - 0.5 * integral + math.sqrt(own * integral) * s[_Z_X + i]
        a *= g
        s[_A + i] = (same * a + gain) / (fade * a + 2.0 - same)


@inlined
def _sabr_step(c, s):
    """Take a strip of SABR paths through a step; a is the vol of ln F, alpha·F^(beta - 1), zero where F is zero."""
    drift, shift, root_h, middle, simpson, lever, own = c[3], c[4], c[5], c[6], c[7], c[8], c[9]
    rest, pull, half_mean = c[10], c[11], c[12]
    for i in range(STRIP):
        a = s[_A + i]
        g = exp(shift + root_h * s[_Z_A + i])
        integral = simpson * a * a * (1.0 + (middle + g) * g)
        early = half_mean * a * a
        fall = pull * early
        kept = 1.0 - fall if fall < 1.0 else 0.0
        move = rest * (lever * a * (g - 1.0) + math.sqrt(own * integral) * s[_Z_X + i])
        moved = move - fall / (1.0 + math.sqrt(kept))  # Y'/Y - 1
        change = moved * (2.0 + moved) - pull * (integral - early)  # Y'²/Y² - 1
        alive = fall < 1.0 and moved > _NEARLY_GONE and change > _NEARLY_GONE
        change = change if alive else 0.0
        ratio = 1.0 + change
        log1p = log_quotient(ratio, 1.0) + (change - (ratio - 1.0)) / ratio
        s[_X + i] += drift + log1p / (2.0 * rest)
        s[_A + i] = a * g / math.sqrt(ratio) if alive else 0.0


@kernel
def lognormal_paths(c, reverting, z_forward, z_vol, forward, variance):
    """Fill forward[n_path, n_date] and variance[n_path, n_date] from drivers [n_path, n_step].

    The number of steps is a multiple of n_date - 1; date 0 is the start. The constants c are forward, sign, vol, drift;
    -h/2, sqrt(h), 4·exp(h/2), Simpson's weight, rho/nu, 1 - rho²; and, if reverting, of half a step of the vol's drift,
    which takes a to (same·a + gain)/(fade·a + 2 - same), else 1 - beta, beta(1 - beta), half the mean of I/a².
    """
    start, sign = c[0], c[1]
    n_path, n_date = forward.shape
    every = z_forward.shape[1] // (n_date - 1)
    s = np.zeros(_SCRATCH)
    for first in range(0, n_path, STRIP):
        rows = min(STRIP, n_path - first)
        for i in range(STRIP):
            s[_X + i], s[_A + i] = 0.0, c[2]
        for date in range(1, n_date):
            for k in range((date - 1) * every, date * every):
                take(z_forward, z_vol, first, rows, k, s, _Z_X, _Z_A)
                if reverting:
                    _reverting_step(c, s)
                else:
                    _sabr_step(c, s)
            for i in range(STRIP):
                s[_Z_X + i] = start * exp(sign * s[_X + i]) if reverting or s[_A + i] > 0.0 else 0.0
                s[_Z_A + i] = s[_A + i] * s[_A + i]
            put(s, _Z_X, _Z_A, forward, variance, first, rows, date)
