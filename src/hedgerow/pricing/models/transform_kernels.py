# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Prices of calls by one Fourier sum, with a bound on its error.

With k = ln(K/F), phi the moment generating function and z = 1/2 + i·w, a call is worth (Lewis 2001, "A simple option
formula for general jump-diffusion and other exponential Levy processes", eq. 3.11)

    C/F = 1 - exp(k/2)/pi · integral over w > 0 of Re[exp(-iwk)·phi(z)]/(w² + 1/4).

Black's model with the same phi(1/2) is taken off the integrand and added in closed form. The integral becomes a
trapezoidal sum with step 2·pi/P. Poisson's formula says what that changes, exactly: it adds the difference of time
values at k + P, k - P, k + 2P ..., and those are bounded by moments,

    E[(e^X - e^y)+] <= M(1 + s)·exp(-s·y)·s^s/(1 + s)^(1 + s),   M(s) = E[exp(s·X)]

(Lee 2004, "Option pricing by transform methods", J. Computational Finance 7(3):51, doi 10.21314/JCF.2004.121, theorems
6.1 and 7.1). P is the shortest period that keeps this below its share of the tolerance; the sum ends where what is
left, at the rate at which |phi| was last seen to fall, is below its own share.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.models.affine_kernels import (
    LAMBDA,
    NU,
    SIGMA_X,
    V0,
    jump_drift,
    jump_transform,
    log_moment_bound,
    log_transform,
    rate_of_transform,
    second_moment,
)
from hedgerow.pricing.models.complex_kernels import exp_complex
from hedgerow.pricing.models.contour_kernels import MOST_POINTS, N_PLAN, asymptote
from hedgerow.pricing.models.sinh_kernels import N_POINT_COLUMNS, bent_sums, clear, ends

N_COLUMNS: Final = 6
"""Price, d/dF, F·d²/dF², d/dv0, d/dT, and what minimum variance adds for jumps; of a call on a forward of one."""

BLOCK: Final = 32
MOST_NODES: Final = 32_768
"""Frequencies per expiry before the sum is given up. [count]"""

LONG: Final = 128
"""Frequencies on the straight line from which on a bent contour is tried first. [count]"""
_LEAST_VARIANCE: Final = 1e-14
_MOST_VARIANCE: Final = 1e6
"""Total variances that prices can resolve. [pure]"""

_POWERS: Final = 40
_RELATIVE_GAMMA: Final = 1e2
"""Gamma may lack this many tolerances of its own size. [pure]"""
_ROUNDING: Final = 4e-16


@inlined
def _period(c, years, drift, variance, low, high, log_tolerance):
    """Return P for log-moneyness from low to high: the least over many powers s, for either tail.

    The tails of the model and of Black's model must both be small, so the larger moment counts.
    """
    jumping = c[LAMBDA] != 0.0
    right = left = math.inf
    s = 0.25
    for _ in range(_POWERS):
        black = 0.5 * variance * s * (s + 1.0)
        shape = s * math.log(s) - (1.0 + s) * math.log1p(s) - log_tolerance
        up = max(log_moment_bound(c, 1.0 + s, years, drift, jumping), black)
        down = max(log_moment_bound(c, -s, years, drift, jumping), black)
        right = min(right, (up + shape - s * low) / (s + 0.5))
        left = min(left, (down + shape + (1.0 + s) * high) / (s + 0.5))
        s *= 1.414
    return max(right, left, 4.0 * math.sqrt(variance))


@inlined
def _fill_block(c, years, drift, variance, step, start, greeks, coefficients, sizes, second):
    """Fill the coefficients of BLOCK frequencies, and how large phi and Black's phi are there."""
    for i in range(BLOCK):
        w = (start + i) * step
        z = complex(0.5, w)
        weight = step / math.pi * (0.5 if start + i == 0 else 1.0)
        g = weight / (w * w + 0.25)
        diffusion, jumps, d = log_transform(c, z, years, drift)
        phi = exp_complex(diffusion + jumps)
        black = math.exp(-0.5 * variance * (w * w + 0.25))
        rest = phi - black
        sizes[0, i] = math.exp(diffusion.real)
        sizes[1, i] = black
        coefficients[0, i] = rest.real * g
        coefficients[1, i] = rest.imag * g
        if greeks:
            by_variance = phi * d * g
            by_time = phi * rate_of_transform(c, z, d, drift) * g
            coefficients[2, i] = by_variance.real
            coefficients[3, i] = by_variance.imag
            coefficients[4, i] = by_time.real
            coefficients[5, i] = by_time.imag
            if c[LAMBDA] != 0.0:
                both = jump_transform(c, z + 1.0, d) - jump_transform(c, z, d) - drift
                by_jump = (phi * both - second * z * black) * g
                coefficients[6, i] = by_jump.real
                coefficients[7, i] = by_jump.imag


@inlined
def _add_prices(k, step, start, count, coefficients, out, j):
    """Add the frequencies of a block to the price of one option."""
    turn, at = step * k, start * step * k
    by_re, by_im = math.cos(turn), math.sin(turn)
    re, im = math.cos(at), math.sin(at)
    total = 0.0
    for i in range(count):
        total += re * coefficients[0, i] + im * coefficients[1, i]
        re, im = re * by_re - im * by_im, re * by_im + im * by_re
    out[0, j] += total


@inlined
def _add_greeks(k, step, start, count, jumps, coefficients, out, j):
    """Add the frequencies of a block to the price and the Greeks of one option."""
    turn, at = step * k, start * step * k
    by_re, by_im = math.cos(turn), math.sin(turn)
    re, im = math.cos(at), math.sin(at)
    price = slope = bend = by_variance = by_time = by_jump = 0.0
    for i in range(count):
        w = (start + i) * step
        x = re * coefficients[0, i] + im * coefficients[1, i]
        y = re * coefficients[1, i] - im * coefficients[0, i]
        price += x
        slope += w * y
        bend += (w * w + 0.25) * x
        by_variance += re * coefficients[2, i] + im * coefficients[3, i]
        by_time += re * coefficients[4, i] + im * coefficients[5, i]
        if jumps:
            by_jump += re * coefficients[6, i] + im * coefficients[7, i]
        re, im = re * by_re - im * by_im, re * by_im + im * by_re
    out[0, j] += price
    out[1, j] += slope
    out[2, j] += bend
    out[3, j] += by_variance
    out[4, j] += by_time
    out[5, j] += by_jump


@inlined
def _after(term, before, asymptotic, w, step):
    """Return what terms add up to after this one: they fall at least as the last two did, or as they will far out."""
    if not term > 0.0:
        return 0.0
    slope = min(math.log(before / term) if before > term else 0.0, asymptotic)
    return term * min(1.0 / math.expm1(slope) if slope > 1e-300 else math.inf, w / step)


@inlined
def _heaviest(c, years, drift, w):
    """Return a bound on what jumps multiply |phi| by on the line Re z = 1/2, from the frequency w on."""
    if c[LAMBDA] == 0.0:
        return 1.0
    most = jump_transform(c, complex(0.5, 0.0), complex(0.0, 0.0)).real
    spread = math.exp(-0.5 * (w * c[SIGMA_X]) ** 2)
    return math.exp(c[LAMBDA] * years * (most * spread - 1.0 - 0.5 * drift))


@inlined
def _last_node(
    c, years, drift, slow, variance, step, start, greeks, allowed, farthest, coefficients, sizes, before, tally
):
    """Return how many frequencies of a block are needed, what may be missing after them, and whether that suffices.

    tally[0] gathers the sizes of the terms times what rounding does to them, tally[1] the sizes of gamma's terms.
    """
    missing = math.inf
    for i in range(BLOCK):
        w = (start + i) * step
        model, black = _heaviest(c, years, drift, w) * sizes[0, i], sizes[1, i]
        after_model = _after(model, before[0], slow * step * (1.0 if c[NU] > 0.0 else w), w, step)
        after_black = _after(black, before[1], variance * w * step, w, step)
        before[0], before[1] = model, black
        tally[0] += math.hypot(coefficients[0, i], coefficients[1, i]) * (4.0 + w * farthest)
        tally[1] += step / math.pi * (model + black)
        if start + i < 2:
            continue
        left = step / math.pi * (after_model + after_black)
        missing = left / (w * w + 0.25)
        if missing <= allowed and (not greeks or left <= _RELATIVE_GAMMA * allowed * tally[1]):
            return i + 1, missing, True
    return BLOCK, missing, False


@inlined
def _prepare(c, k, years, drift, tolerance, long):
    """Return Black's total variance, the period, and whether the straight line takes more than so many frequencies."""
    diffusion, jumps, _ = log_transform(c, complex(0.5, 0.0), years, drift)
    variance = -8.0 * (diffusion.real + jumps.real)
    if not _LEAST_VARIANCE < variance < _MOST_VARIANCE:
        return variance, math.inf, False
    low, high = ends(k)
    period = _period(c, years, drift, variance, low, high, math.log(0.125 * tolerance))
    if not period < math.inf:
        return variance, period, True
    w = long * 2.0 * math.pi / period
    diffusion, _, _ = log_transform(c, complex(0.5, w), years, drift)
    left = _heaviest(c, years, drift, w) * math.exp(diffusion.real + 0.5 * high)
    return variance, period, left > 0.25 * tolerance * max(w, 0.01 * w * w * math.sqrt(variance))


@inlined
def _straight(c, k, years, drift, second, variance, period, tolerance, greeks, out, coefficients, sizes):
    """Sum one expiry on the straight line; return the bound of the error and the frequencies used."""
    share, step = 0.25 * tolerance, 2.0 * math.pi / period
    centre, width = asymptote(c, years, drift)
    low, high = ends(k)
    farthest = abs(centre) + width + max(-low, high)
    grown = math.exp(0.5 * high)
    slow = width if c[NU] > 0.0 else c[V0] * years
    before, tally = np.zeros(2), np.zeros(2)
    clear(out)
    for start in range(0, MOST_NODES, BLOCK):
        _fill_block(c, years, drift, variance, step, start, greeks, coefficients, sizes, second)
        count, missing, enough = _last_node(
            c,
            years,
            drift,
            slow,
            variance,
            step,
            start,
            greeks,
            share / grown,
            farthest,
            coefficients,
            sizes,
            before,
            tally,
        )
        for j in range(k.size):
            if greeks:
                _add_greeks(k[j], step, start, count, c[LAMBDA] != 0.0, coefficients, out, j)
            else:
                _add_prices(k[j], step, start, count, coefficients, out, j)
        if enough:
            for j in range(k.size):
                _finish(k[j], greeks, out, j)
            rounding = _ROUNDING * (1.0 + grown * (grown + tally[0]))
            return share + grown * missing + rounding, start + count
    return math.inf, MOST_NODES


@inlined
def _finish(k, greeks, out, j):
    """Turn the sums of one option into corrections to Black's price and Greeks, and into derivatives of the price."""
    grown = math.exp(0.5 * k)
    price, slope = out[0, j], out[1, j]
    out[0, j] = -grown * price
    if greeks:
        out[1, j] = -grown * (0.5 * price - slope)
        out[2, j] = grown * out[2, j]
        for row in range(3, N_COLUMNS):
            out[row, j] = -grown * out[row, j]


@kernel
def affine_rows(c, k, years, first, tolerance, greeks, long, out, variance, bound, nodes):
    """Fill out[6, n] for calls on a forward of one at log-moneyness k[n], sorted by expiry: first[e] to first[e + 1].

    Rows 0 to 2 are to be added to those of Black's model with total variance variance[e]; bound[e] is infinite where
    the tolerance was not met.
    """
    drift = jump_drift(c)
    second = second_moment(c)
    coefficients, sizes = np.empty((8, BLOCK)), np.empty((2, BLOCK))
    points, plans = np.empty((N_POINT_COLUMNS, MOST_POINTS)), np.empty((3, N_PLAN))
    for e in range(years.size):
        here, into = k[first[e] : first[e + 1]], out[:, first[e] : first[e + 1]]
        variance[e], period, is_long = _prepare(c, here, years[e], drift, tolerance, long)
        bound[e], nodes[e] = math.inf, 0
        if is_long:
            bound[e], nodes[e] = bent_sums(
                c, here, years[e], drift, second, variance[e], tolerance, greeks, plans, points, into
            )
        if not bound[e] <= tolerance and period < math.inf:
            bound[e], nodes[e] = _straight(
                c, here, years[e], drift, second, variance[e], period, tolerance, greeks, into, coefficients, sizes
            )
        if not bound[e] <= tolerance:
            bound[e] = math.inf
