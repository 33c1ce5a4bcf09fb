# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Paths of Heston, Bates, Merton and SVCJ: the quadratic-exponential scheme, with jumps.

A step takes the variance from v to v' with the right conditional mean m and variance s² (Andersen 2008, J. of
Computational Finance 11(3):1, doi 10.21314/JCF.2008.189, section 3.2: a squared normal where s²/m² <= 1.5, else an
exponential with an atom at zero), and ln F by

    K2·(v' - m) + sqrt(J)·Z - E[J]/2 - ln E[exp(A·(v' - m))],  J = (1 - rho²)(g1·v + g2·v'),  A = K2 + g2(1 - rho²)/2

which is his eq. 33 with the correction of section 4.3: E[F'] = F holds exactly. Written in v' - m it loses no digits
when the vol of vol is small. g1 = g2 = step/2; weights that give the integral its exact mean, or the exact slope on v',
are no better (measured). Only without vol of vol they are used: all is exact then.

All jumps of a step come before or after its diffusion: before with a probability that keeps E[v'] exact, 1/2 in the
limit. Averaging both orders is a splitting of second order (Ninomiya, Victoir 2008, Applied Mathematical Finance
15:107, doi 10.1080/13504860701413958, eq. 1.2).
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.function_kernels import exp, log_quotient
from hedgerow.pricing.paths.strip_kernels import PITCH, STRIP, put, take

_V, _X, _Z_X, _Z_V, _AFTER, _AWAY, _LOG_MEAN, _Q, _COUNT, _LATE = (PITCH * column for column in range(10))
_SCRATCH: Final = 10 * PITCH

_SWITCH: Final = 4.0 / 3.0
"""2m²/s² at s²/m² = 1.5, where the scheme changes from quadratic to exponential."""
_ROOT_HALF: Final = math.sqrt(0.5)
_MOST_JUMPS: Final = 10_000


@inlined
def _count_jumps(u, none, mean):
    """Return the Poisson count that belongs to u >= none = exp(-mean), and what is left of u: again uniform."""
    count, below, chance = 0, 0.0, none
    while u >= below + chance and count < _MOST_JUMPS and chance > 1e-300:
        below += chance
        count += 1
        chance *= mean / count
    return count, (u - below) / chance


@inlined
def _erlang(count, u):
    """Return the sum of ``count`` exponentials of mean one that belongs to u: Newton's steps inside a bracket."""
    if count == 1:
        return -math.log(1.0 - u)
    lower, upper, x = 0.0, count + 12.0 * math.sqrt(count) + 45.0, float(count)
    for _ in range(100):
        term, total = 1.0, 1.0  # P(sum > x) = exp(-x)·(1 + x + ... + x^(count - 1)/(count - 1)!)
        for j in range(1, count):
            term *= x / j
            total += term
        scale = math.exp(-x)
        miss = scale * total - (1.0 - u)
        if miss > 0.0:
            lower = x
        else:
            upper = x
        trial = x + miss / (scale * term)
        if not lower < trial < upper:
            trial = 0.5 * (lower + upper)
        if abs(trial - x) <= 1e-14 * x:
            break
        x = trial
    return x


@inlined
def _jump(c, u_count, u_size, first, rows, k, s):
    """Add the jumps of one step to ln F, and to the variance the sizes that come before the diffusion."""
    none, mean_count, mean_size, early, jump_mean, jump_correlation = c[13], c[14], c[15], c[16], c[17], c[19]
    for i in range(rows):
        s[_COUNT + i], s[_LATE + i] = 0.0, 0.0
        u = u_count[first + i, k]
        if u >= none:
            count, left = _count_jumps(u, none, mean_count)
            s[_COUNT + i] = count
            s[_X + i] += count * jump_mean
            if mean_size > 0.0:
                size = mean_size * _erlang(count, u_size[first + i, k])
                s[_X + i] += jump_correlation * size
                s[(_V if left < early else _LATE) + i] += size


@inlined
def _diffuse(c, s):
    """Take every variance of the strip through a step: v' itself, v' - m, and the logarithm of E[exp(A(v' - m))]."""
    decay, gain, s1, s0, tilt = c[4], c[5], c[6], c[7], c[9]
    for i in range(STRIP):
        m = decay * s[_V + i] + gain
        q = 2.0 * m * m / (s1 * s[_V + i] + s0)
        s[_Q + i] = q
        q = q if q >= _SWITCH else _SWITCH  # no branch: a vector would wait for it
        root = math.sqrt(q * (q - 1.0))
        b2 = q - 1.0 + root
        a, b, z = m / (q + root), math.sqrt(b2), s[_Z_V + i]
        s[_AFTER + i] = a * (b + z) * (b + z)
        s[_AWAY + i] = a * (2.0 * b * z + z * z - 1.0)
        y = 2.0 * tilt * a
        s[_LOG_MEAN + i] = 0.5 * (y * (b2 * y / (1.0 - y) - 1.0) - log_quotient(1.0 - y, 1.0))
    for i in range(STRIP):
        if not s[_Q + i] >= _SWITCH:
            m = decay * s[_V + i] + gain
            after, log_mean = 0.0, 0.0
            if m > 0.0:
                h = 0.5 * s[_Q + i]
                tail, scale = 2.0 * h / (1.0 + h), 0.5 * (1.0 + h) * (s1 * s[_V + i] + s0) / m
                survival = 0.5 * math.erfc(s[_Z_V + i] * _ROOT_HALF)
                y = tilt * scale
                after = scale * math.log(tail / survival) if survival < tail else 0.0
                log_mean = math.log(1.0 + tail * y / (1.0 - y)) - tilt * m
            s[_AFTER + i], s[_AWAY + i], s[_LOG_MEAN + i] = after, after - m, log_mean


@inlined
def _move(c, s):
    """Move ln F by what the variance did, and go over to v'."""
    drift, decay, gain, k2, g1, g2, own, jump_variance = c[3], c[4], c[5], c[8], c[10], c[11], c[12], c[18]
    for i in range(STRIP):
        v, after = s[_V + i], s[_AFTER + i]
        m = decay * v + gain
        spread = own * (g1 * v + g2 * after) + s[_COUNT + i] * jump_variance
        mean = drift - 0.5 * own * (g1 * v + g2 * m) - s[_LOG_MEAN + i]
        s[_X + i] += mean + k2 * s[_AWAY + i] + math.sqrt(spread) * s[_Z_X + i]
        s[_V + i] = after + s[_LATE + i]


@kernel
def affine_paths(c, z_forward, z_variance, u_count, u_size, forward, variance):
    """Fill forward[n_path, n_date] and variance[n_path, n_date]; drivers are [n_path, n_step], or empty if unread.

    The number of steps is a multiple of n_date - 1; date 0 is the start. The constants c are forward, sign, v0, drift;
    decay, gain, s1, s0 in m = decay·v + gain and s² = s1·v + s0; K2, A, g1, g2, 1 - rho²; the chance of no jump, the
    mean count, the mean size in variance, the chance to come early; mean, variance and correlation of jumps of ln F.
    """
    start, sign, moving, jumping = c[0], c[1], c[6] + c[7] > 0.0, c[13] < 1.0
    n_path, n_date = forward.shape
    every = z_forward.shape[1] // (n_date - 1)
    s = np.zeros(_SCRATCH)
    for first in range(0, n_path, STRIP):
        rows = min(STRIP, n_path - first)
        for i in range(STRIP):
            s[_X + i], s[_V + i] = 0.0, c[2]
        for date in range(1, n_date):
            for k in range((date - 1) * every, date * every):
                if jumping:
                    _jump(c, u_count, u_size, first, rows, k, s)
                take(z_forward, z_variance, first, rows, k, s, _Z_X, _Z_V)
                if moving:
                    _diffuse(c, s)
                else:
                    for i in range(STRIP):
                        s[_AFTER + i] = c[4] * s[_V + i] + c[5]
                _move(c, s)
            for i in range(STRIP):
                s[_Z_X + i] = start * exp(sign * s[_X + i])
            put(s, _Z_X, _V, forward, variance, first, rows, date)
