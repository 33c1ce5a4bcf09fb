# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Where to integrate a transform that falls slowly: a contour bent towards where exp(-zk)·phi(z) falls fastest.

phi(z) = E[exp(z·X)] of an affine model is analytic in the plane without two rays of the real axis (the slits), so that
the vertical line of Lewis's integral may be bent into

    z(y) = s + i·b·sinh(y + i·omega),   y from -infinity to infinity

(Boyarchenko, Levendorskii 2019, "Sinh-acceleration: efficient evaluation of probability distributions, option pricing,
and Monte Carlo simulations", IJTAF 22(3):1950011, doi 10.1142/S0219024919500110, section 2). A trapezoidal sum over y
with step h is wrong by at most

    (N(omega - d) + N(omega + d))/(exp(2·pi·d/h) - 1),   N(a) the integral of |integrand·dz/dy| along Im y = a - omega

(Trefethen, Weideman 2014, "The exponentially convergent trapezoidal rule", SIAM Review 56:385, doi 10.1137/130932132,
theorem 5.1). Both N are measured by coarse sums, then h follows from the tolerance. The two edges must cross the real
axis between the same two of slit, 0, 1 and slit: what lies beyond is a residue.

A transform with jumps is a sum over their number; parts of that sum are integrated on contours of their own.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined
from hedgerow.pricing.models.affine_kernels import (
    KAPPA,
    LAMBDA,
    MU_X,
    NU,
    PULL,
    RHO,
    SIGMA_X,
    V0,
    jump_room,
    log_moment_bound,
    pieces,
)
from hedgerow.pricing.models.complex_kernels import exp_complex, expm1_complex, log_complex, size

ALL, JUMPED = -2, -1
"""Parts of a transform: any number of jumps, one or more; 0, 1, 2 ... stand for just so many."""

LEFT, MIDDLE, RIGHT = 0, 1, 2
"""Windows of the real axis through which a contour passes: below 0, between 0 and 1, above 1."""

KIND, S, B, OMEGA, STEP, ERROR, LOW, HIGH, POINTS = range(9)
"""Places in a plan: the window, the contour, its step and error, the strikes it is for, and about how many points."""
N_PLAN: Final = 9

GAMMA_SHARE: Final = 100.0
"""Gamma may be off by this many times the price's tolerance, relative to what gamma is at the money. [pure]"""

_BENT: Final = (1.2, 1.0, 0.75, 0.5, 0.3)
_UPRIGHT: Final = (0.6, 0.4, 0.25, 0.15, 0.08, 0.04, 0.02, 0.01)
"""Angles of the outer edges, of contours bent to one side and of upright ones, from good to last. [radian]"""
_STEEP: Final = 0.76
"""Just below pi/4, from where on a Gaussian grows. [radian]"""
_COARSE: Final = 0.7
"""Step of the sums that measure N, in units of the distance to the slit, which is taken for 0.57 at most. [pure]"""
_DOUBT: Final = 3.0
"""By how much N may have been measured too small. [pure]"""
MOST_POINTS: Final = 512
"""Points of one contour. [count]"""
_LONGEST: Final = 400
_MARGIN: Final = 0.06
"""Edges keep away from a pole by this part of their window. [pure]"""
_LARGE: Final = 2.0
"""ln E[exp(z·X)] where a window ends that no pole ends. [pure]"""


@inlined
def part_of(c, z, years, drift, part):
    """Return a, g and h with phi = exp(a)·g for this part and exp(a)·h for the same with one jump less, and D."""
    total, held, d = pieces(c, z, years, c[LAMBDA] != 0.0 and part != 0)
    if c[LAMBDA] != 0.0:
        total -= c[LAMBDA] * years * (1.0 + z * drift)
    one = complex(1.0, 0.0)
    if part == ALL:
        return total + held, one, one, d
    if part == JUMPED:
        return total, expm1_complex(held), exp_complex(held), d
    if part == 0:
        return total, one, 0.0 * z, d
    if part > 1:
        total += (part - 1) * log_complex(held) - math.lgamma(part)
    return total, (1.0 / part) * held, one, d


@inlined
def _envelope(c, z, years, drift, part):
    """Return ln|phi| of this part, or a bound on it that does not swing as exp(z·J) turns."""
    total, held, _ = pieces(c, z, years, c[LAMBDA] != 0.0 and part != 0)
    if c[LAMBDA] == 0.0:
        return total.real
    still = total.real - c[LAMBDA] * years * (1.0 + z.real * drift)
    if part == 0:
        return still
    most = max(size(held), 1e-300)
    if part > 0:
        return still + part * math.log(most) - math.lgamma(part + 1.0)
    return still + most if part == ALL or most > 30.0 else still + math.log(math.expm1(most))


@inlined
def point(s, b, y, angle):
    """Return z(y + i·angle) and its derivative."""
    grown = math.exp(y)
    sinh, cosh = 0.5 * (grown - 1.0 / grown), 0.5 * (grown + 1.0 / grown)
    sin, cos = math.sin(angle), math.cos(angle)
    return complex(s - b * cosh * sin, b * sinh * cos), complex(-b * sinh * sin, b * cosh * cos)


@inlined
def asymptote(c, years, drift):
    """Return centre and width: |exp(-zk)·phi(z)| without jumps falls as exp(-(k - centre)·Re z - width·Im z) far out.

    There D tends to z·(i·sqrt(1 - rho²) - rho)/nu.
    """
    centre = -c[LAMBDA] * years * drift
    if c[NU] == 0.0:
        return centre, 0.0
    reach = (c[V0] + c[PULL] * years) / c[NU]
    return centre - c[RHO] * reach, math.sqrt(1.0 - c[RHO] * c[RHO]) * reach


@inlined
def core(c, years, centre, part):
    """Return the range of log-moneyness that a part's mass leaves to neither side: a point if nothing has jumped."""
    if c[LAMBDA] == 0.0 or part == 0:
        return centre, centre
    rate = c[LAMBDA] * years
    count = float(part) if part > 0 else rate / -math.expm1(-rate)
    spread = 2.0 * math.sqrt(count * c[SIGMA_X] * c[SIGMA_X] + (0.0 if part > 0 else rate * c[MU_X] * c[MU_X]))
    return centre + count * c[MU_X] - spread, centre + count * c[MU_X] + spread


@inlined
def _log_scale(c, x, years, drift, part):
    """Return how large a part is at a real x, up to shifts of X: infinite where it, or what Greeks need, is not."""
    if c[LAMBDA] != 0.0 and part != 0 and jump_room(c, x, years) <= 0.0:
        return math.inf
    total = log_moment_bound(c, x, years, drift, part < 0)
    return total + 0.5 * part * (x * c[SIGMA_X]) ** 2 if part > 0 else total


@inlined
def _reach(c, years, drift, part, side):
    """Return how far below 0 (side -1) or above 1 (side 1) a window may go."""
    variance = -8.0 * log_moment_bound(c, 0.5, years, drift, part < 0)
    far = 8.0 / math.sqrt(max(variance, 1e-20))
    for _ in range(60):
        if _log_scale(c, 1.0 + far if side > 0 else -far, years, drift, part) <= _LARGE:
            return far
        far /= 1.3
    return 0.0


@inlined
def _window(c, years, drift, part, low, high):
    """Return the window that promises the least work for log-moneyness from low to high, and its ends."""
    best, kind, start, end = 5.0 * 25.0, MIDDLE, _MARGIN, 1.0 - _MARGIN
    for side in (-1, 1):
        far = _reach(c, years, drift, part, side)
        if far <= 1.0:
            continue
        grown = far * (max(high, 0.0) if side < 0 else max(-low, 0.0))
        work = max(5.0 - math.log(far), 1.0) * (25.0 + grown)
        if work < best:
            best = work
            kind = LEFT if side < 0 else RIGHT
            start = -far if side < 0 else 1.0 + _MARGIN * far
            end = -_MARGIN * far if side < 0 else 1.0 + far
    return kind, start, end


@inlined
def slope(c, centre, width, part, k, dz):
    """Return how fast the logarithm of a part's size falls far out, per step dz, before its jumps' own fall."""
    return (k - centre - max(part, 0) * c[MU_X]) * dz.real + width * dz.imag


@inlined
def _is_settled(c, years, part, angle, z):
    """Tell whether a part can only fall from z on, outwards at this angle to the vertical, as its ``slope`` says.

    Before nu·T·|z| is large it is a Gaussian, which grows along steep rays; and exp(E[exp(z·J)]) may grow long after
    everything else has fallen.
    """
    steep = abs(angle) > _STEEP
    if steep and size(z) * c[NU] * min(years, 1.0 / abs(c[KAPPA])) < 10.0:
        return False
    if c[LAMBDA] == 0.0 or part == 0 or (part > 0 and c[SIGMA_X] == 0.0):
        return True
    if steep and c[SIGMA_X] > 0.0:
        return False
    return (z * (c[MU_X] + 0.5 * z * c[SIGMA_X] * c[SIGMA_X])).real <= 0.0


@inlined
def _norms(c, years, drift, part, s, b, angle, low, high, share, bend_share, greeks):
    """Return N of the price along one edge, for the worst log-moneyness from low to high, that of gamma, and y."""
    price = bend = 0.0
    centre, width = asymptote(c, years, drift)
    jumps_fall = c[SIGMA_X] > 0.0 and (part > 0 or part == JUMPED)
    h = _COARSE * min(0.57, 0.5 * math.pi - abs(angle))
    for i in range(_LONGEST):
        z, dz = point(s, b, h * i, angle)
        left = 1.0 - z.real
        flat = (
            math.exp(_envelope(c, z, years, drift, part) + max(left * low, left * high))
            * size(dz)
            * (0.5 if i == 0 else 1.0)
        )
        if not flat < 1e200:
            break
        over = flat / size(z * (1.0 - z))
        price += over
        bend += flat
        small = over <= 1e-3 * share and (not greeks or flat <= 1e-3 * max(bend, bend_share))
        falls = min(slope(c, centre, width, part, low, dz), slope(c, centre, width, part, high, dz)) >= 0.0
        if small and i > 4 and (falls or jumps_fall) and _is_settled(c, years, part, angle, z):
            return _DOUBT * h / math.pi * price, _DOUBT * h / math.pi * bend, h * i
    return math.inf, math.inf, math.inf


@inlined
def _edges(side, choice):
    """Return the angles of the edges of a contour bent to the left (side -1) or the right (1), or at last upright."""
    if side == 0 or choice >= len(_BENT):
        angle = _UPRIGHT[choice if side == 0 else choice - len(_BENT)]
        return angle, -angle
    return (_BENT[choice], 0.0) if side < 0 else (0.0, -_BENT[choice])


@inlined
def _line_norm(c, years, drift, part, x, low, high):
    """Return a bound on N of the price along the line Re z = x, where |phi| is nowhere larger than on the real axis.

    The integral of 1/|z·(1 - z)| along the line is twice a complete elliptic integral over the larger of |x| and
    |1 - x|; K is at most pi/2 less the logarithm of the complementary modulus (DLMF 19.9.1).
    """
    near, far = min(abs(x), abs(1.0 - x)), max(abs(x), abs(1.0 - x))
    size_at_axis = _envelope(c, complex(x, 0.0), years, drift, part)
    grown = math.exp(size_at_axis + max((1.0 - x) * low, (1.0 - x) * high))
    return grown / (math.pi * far) * (0.5 * math.pi + math.log(far / near))


@inlined
def plan_contour(c, years, drift, part, side, variance, low, high, share, greeks, plan):
    """Fill a plan with the best contour for log-moneyness from low to high; return its error, infinite if none is."""
    kind, start, end = _window(c, years, drift, part, low, high)
    bend_share = GAMMA_SHARE * share * 0.4 / math.sqrt(variance)
    best = plan[ERROR] = math.inf
    for choice in range(len(_UPRIGHT) + (0 if side == 0 else len(_BENT))):
        up, down = _edges(side, choice)
        if 20.0 / (up - down) > best:
            break
        b = (end - start) / (math.sin(up) - math.sin(down))
        s = start + b * math.sin(up)
        outer = up if up > 0.0 else down
        price, bend, y = _norms(c, years, drift, part, s, b, outer, low, high, share, bend_share, greeks)
        if up > 0.0 and down < 0.0:
            more, bend_more, y_more = _norms(c, years, drift, part, s, b, down, low, high, share, bend_share, greeks)
        else:
            more, bend_more, y_more = _line_norm(c, years, drift, part, s, low, high), bend, y
        if not price + more < math.inf:
            continue
        digits = max(math.log1p((price + more) / share), 5.0)
        if greeks:
            digits = max(
                digits, math.log1p((bend + bend_more) / (bend_share + GAMMA_SHARE * share * min(bend, bend_more)))
            )
        step = math.pi * (up - down) / digits
        points = 0.5 * (y + y_more) / step
        if digits / (up - down) < best and points < 0.8 * MOST_POINTS:
            best = digits / (up - down)
            plan[KIND], plan[S], plan[B], plan[OMEGA], plan[STEP] = kind, s, b, 0.5 * (up + down), step
            plan[ERROR] = (price + more) / math.expm1(digits)
            plan[LOW], plan[HIGH], plan[POINTS] = low, high, points
    return plan[ERROR]
