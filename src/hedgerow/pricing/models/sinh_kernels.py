# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Prices and Greeks of calls by sums over a few dozen points of bent contours, with a bound on the error.

With 0 < Re z < 1, E[min(exp(X), exp(k))] is the integral of phi(z)·exp((1 - z)·k)/(z·(1 - z)) over z, upwards, divided
by 2·pi·i (Lewis 2001, eq. 3.11, with z for iu). To the left of 0 the integral is that less exp(k)·phi(0), to the right
of 1 it is that less phi(1): minus a put and minus a call. The integrand at the conjugate of z is the conjugate, so that
only the upper half is summed. Strikes below the centre of a part use a contour bent to the left, where exp(-zk) falls,
strikes above it one bent to the right. Where nothing has jumped phi falls slowly, but to either side; where something
has jumped it falls with the width of the jumps; and if that is small, the sum over the number of jumps is taken one by
one, so that each has a centre again.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined
from hedgerow.pricing.models.affine_kernels import LAMBDA, MU_X, jump_transform, rate_of_diffusion
from hedgerow.pricing.models.complex_kernels import exp_complex, ratio, size
from hedgerow.pricing.models.contour_kernels import (
    ALL,
    GAMMA_SHARE,
    HIGH,
    JUMPED,
    KIND,
    LEFT,
    LOW,
    MOST_POINTS,
    OMEGA,
    RIGHT,
    STEP,
    B,
    S,
    asymptote,
    core,
    part_of,
    plan_contour,
    point,
    slope,
)

N_POINT_COLUMNS: Final = 10
_MOST_JUMPS: Final = 120
_FEW_JUMPS: Final = 40.0
"""With more jumps than this to be expected, that there is none is not worth a sum of its own. [count]"""
_ROUNDING: Final = 2.3e-16


@inlined
def clear(out):
    """Set all to zero."""
    for row in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[row, j] = 0.0


@inlined
def ends(k):
    """Return the smallest and the largest."""
    low = high = k[0]
    for j in range(k.size):
        low, high = min(low, k[j]), max(high, k[j])
    return low, high


@inlined
def _fill_point(c, z, weight, part, a, g, before, d, drift, at, greeks, points, i):
    """Write a point's coefficients: price, d/dv0, d/dT and the jumps' column."""
    over = ratio(weight * exp_complex(a + (1.0 - z) * at), z * (1.0 - z))
    price = over * g
    points[0, i], points[1, i] = z.real, z.imag
    points[2, i], points[3, i] = price.real, price.imag
    if not greeks:
        return
    by_variance = price * d
    points[4, i], points[5, i] = by_variance.real, by_variance.imag
    by_time = price * (rate_of_diffusion(c, z, d) - c[LAMBDA] * (1.0 + z * drift))
    by_jump = price * -drift
    if c[LAMBDA] != 0.0 and part != 0:
        here = jump_transform(c, z, d)
        by_time += c[LAMBDA] * over * before * here
        by_jump += over * before * (jump_transform(c, z + 1.0, d) - here)
    points[6, i], points[7, i] = by_time.real, by_time.imag
    points[8, i], points[9, i] = by_jump.real, by_jump.imag


@inlined
def _tail(term, before, slope):
    """Return what terms add up to from here on: they fall by at least the smaller of the last ratio and exp(-slope)."""
    fall = term / before if before > 0.0 else 0.0
    fall = max(fall, math.exp(-slope))
    return term / (1.0 - fall) if fall < 1.0 else (math.inf if term > 0.0 else 0.0)


@inlined
def _fill_points(c, years, drift, part, variance, plan, at, share, greeks, points):
    """Fill the points of a contour; return how many, what is missing after them, by rounding, and below what factor.

    Where a strike takes a point and so all later ones below this factor of its size, the option needs them no more.
    """
    centre, width = asymptote(c, years, drift)
    farthest = max(abs(plan[LOW]), abs(plan[HIGH])) + abs(centre) + width + abs(part * c[MU_X])
    h = plan[STEP]
    bend_scale = GAMMA_SHARE * 0.4 / math.sqrt(variance)
    before_low = before_high = before_bend = rounding = prices = bends = 0.0
    for i in range(MOST_POINTS):
        z, dz = point(plan[S], plan[B], h * i, plan[OMEGA])
        a, g, before, d = part_of(c, z, years, drift, part)
        weight = h / math.pi * dz * (0.5 if i == 0 else 1.0)
        _fill_point(c, z, weight, part, a, g, before, d, drift, at, greeks, points, i)
        here = size(complex(points[2, i], points[3, i]))
        low = here * math.exp((1.0 - z.real) * (plan[LOW] - at))
        high = here * math.exp((1.0 - z.real) * (plan[HIGH] - at))
        bend = max(low, high) * size(z * (1.0 - z))
        prices += max(low, high)
        bends += bend
        rounding += max(low, high) * (8.0 + size(a) + size(z) * farthest)
        if i > 2:
            fall_low = fall_high = 0.0
            if part >= 0:
                fall_low = h * max(slope(c, centre, width, part, plan[LOW], dz), 0.0)
                fall_high = h * max(slope(c, centre, width, part, plan[HIGH], dz), 0.0)
            missing = max(_tail(low, before_low, fall_low + h), _tail(high, before_high, fall_high + h))
            enough = missing <= share
            if greeks and enough:
                fall = min(fall_low, fall_high) - h if part >= 0 else math.inf
                enough = _tail(bend, before_bend, fall) <= share * (GAMMA_SHARE * bends + bend_scale)
            if enough:
                floor = 0.1 * share / max(prices, bends / bend_scale)
                return i + 1, missing, _ROUNDING * rounding + 0.1 * share, floor
        before_low, before_high, before_bend = low, high, bend
    return MOST_POINTS, math.inf, 0.0, 0.0


@inlined
def _add(k, at, floor, count, greeks, jumps, points, out, j):
    """Add a contour's points to one option."""
    shift = k - at
    price = delta = bend = by_variance = by_time = by_jump = 0.0
    for i in range(count):
        x, y = 1.0 - points[0, i], -points[1, i]
        grown = math.exp(x * shift)
        if grown < floor:
            break
        re, im = grown * math.cos(y * shift), grown * math.sin(y * shift)
        p_re, p_im = points[2, i] * re - points[3, i] * im, points[2, i] * im + points[3, i] * re
        price += p_im
        if greeks:
            d_re, d_im = (1.0 - x) * p_re + y * p_im, (1.0 - x) * p_im - y * p_re
            delta += d_im
            bend += x * d_im + y * d_re
            by_variance += points[4, i] * im + points[5, i] * re
            by_time += points[6, i] * im + points[7, i] * re
            if jumps:
                by_jump += points[8, i] * im + points[9, i] * re
    out[0, j] -= price
    if greeks:
        out[1, j] -= delta
        out[2, j] += bend
        out[3, j] -= by_variance
        out[4, j] -= by_time
        if jumps:
            out[5, j] -= by_jump


@inlined
def _chances(rate, part):
    """Return the chance of a part's number of jumps, and of one jump less."""
    if part == ALL:
        return 1.0, 1.0
    if part == JUMPED:
        return -math.expm1(-rate), 1.0
    if part == 0:
        return math.exp(-rate), 0.0
    one_less = math.exp((part - 1) * math.log(rate) - rate - math.lgamma(part))
    return one_less * rate / part, one_less


@inlined
def _add_residues(c, k, years, drift, second, part, kind, greeks, out, j):
    """Add what lies at the payoff's poles 0 and 1 to the left of the contour, for one option."""
    if kind == RIGHT:
        return
    strike = math.exp(k) if kind == LEFT else 0.0
    rate, rate_in_coin = c[LAMBDA], c[LAMBDA] * (1.0 + drift)
    at_one, before_one = _chances(rate_in_coin * years, part)
    at_zero, before_zero = _chances(rate * years, part)
    out[0, j] += at_one - strike * at_zero
    if not greeks:
        return
    out[1, j] += at_one
    if c[LAMBDA] != 0.0:
        out[4, j] += rate_in_coin * (before_one - at_one) - strike * rate * (before_zero - at_zero)
        out[5, j] += (second + drift) * before_one - drift * (at_one + strike * (before_zero - at_zero))


@inlined
def _side(k, start, stop):
    """Return -1, 0 or 1: below, within or above a range; a range that is a point holds nothing."""
    if k < start or (start == stop and k == start):
        return -1
    return 1 if k > stop else 0


@inlined
def _plan_part(c, k, years, drift, part, variance, share, greeks, plans):
    """Fill the plans of a part, one for the strikes on each side of its core; return their error."""
    centre, _ = asymptote(c, years, drift)
    start, stop = core(c, years, centre, part)
    error = 0.0
    for side in (-1, 0, 1):
        low, high = math.inf, -math.inf
        for j in range(k.size):
            if _side(k[j], start, stop) == side:
                low, high = min(low, k[j]), max(high, k[j])
        plan = plans[side + 1]
        plan[LOW], plan[HIGH] = low, high
        if low <= high:
            error = max(
                error, plan_contour(c, years, drift, part, side, variance, low, high, 0.7 * share, greeks, plan)
            )
            if not error < math.inf:
                break
    return error


@inlined
def _sum_part(c, k, years, drift, second, part, variance, share, greeks, plans, points, out):
    """Add a part to the options of an expiry as planned; return what is missing of it and the number of points."""
    centre, _ = asymptote(c, years, drift)
    start, stop = core(c, years, centre, part)
    error, total = 0.0, 0
    for side in (-1, 0, 1):
        plan = plans[side + 1]
        if plan[LOW] > plan[HIGH]:
            continue
        at = plan[HIGH] if side < 0 else plan[LOW]
        count, missing, rounding, floor = _fill_points(
            c, years, drift, part, variance, plan, at, 0.1 * share, greeks, points
        )
        total += count
        error = max(error, missing + rounding)
        if not error < math.inf:
            break
        for j in range(k.size):
            if _side(k[j], start, stop) == side:
                _add(k[j], at, floor, count, greeks, c[LAMBDA] != 0.0, points, out, j)
                _add_residues(c, k[j], years, drift, second, part, plan[KIND], greeks, out, j)
    return error, total


@inlined
def _series(c, years, drift, share):
    """Return the largest number of jumps worth a sum, and what calls are worth where there are more."""
    rate = c[LAMBDA] * years * (1.0 + drift)
    left = -math.expm1(-rate)
    for n in range(1, _MOST_JUMPS):
        left -= _chances(rate, n)[0]
        if left < share and n > rate:
            return n, max(left, 0.0)
    return _MOST_JUMPS, math.inf


@inlined
def _subtract_black(k, variance, second, greeks, jumps, out, j):
    """Take Black's price and Greeks off one option."""
    root = math.sqrt(variance)
    d = -k / root + 0.5 * root
    delta = 0.5 * math.erfc(-d * math.sqrt(0.5))
    out[0, j] -= delta - math.exp(k) * 0.5 * math.erfc((root - d) * math.sqrt(0.5))
    if greeks:
        out[1, j] -= delta
        out[2, j] -= math.exp(-0.5 * d * d) / (root * math.sqrt(2.0 * math.pi))
        if jumps:
            out[5, j] -= second * delta


@inlined
def bent_sums(c, k, years, drift, second, variance, tolerance, greeks, plans, points, out):
    """Price the options of an expiry less Black's model; return a bound of the error and the number of points."""
    part, last, parts = 0, 0, 1.0
    if c[LAMBDA] != 0.0:
        many = c[LAMBDA] * years >= _FEW_JUMPS
        part, last, parts = (ALL, ALL, 1.0) if many else (JUMPED, 0, 2.0)
    error, count = 0.0, 0
    clear(out)
    while part <= last:
        share = 0.5 * tolerance / parts
        wrong = _plan_part(c, k, years, drift, part, variance, share, greeks, plans)
        if wrong < math.inf:
            missing, used = _sum_part(c, k, years, drift, second, part, variance, share, greeks, plans, points, out)
            error, count, part = error + wrong + missing, count + used, part + 1
        elif part == JUMPED:
            part = 0
            last, error = _series(c, years, drift, 0.05 * tolerance)
            parts = 1.2 * (last + 1.0)
        else:
            error = math.inf
        if not error < math.inf:
            return math.inf, count
    for j in range(k.size):
        _subtract_black(k[j], variance, second, greeks, c[LAMBDA] != 0.0, out, j)
    return error + 2.0 * _ROUNDING * (1.0 + math.exp(ends(k)[1])), count
