# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""The vol of one option by a search inside a bracket: for the few that one vectorised step does not settle.

Notation of the formulas: F forward, K strike, T expiry in years, v = sigma·sqrt(T), c = +1 for a call and -1 for
a put, x = -|ln(F/K)|, h = x/v, t = v/2. The time value is written as in Jäckel, "Let's Be Rational" (Wilmott,
2015; doi 10.1002/wilm.10395), section 2: b(x, v) = OTM price / sqrt(F·K), with the scaled complementary error
function erfcx so that deep tails keep their relative accuracy.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined
from hedgerow.pricing.function_kernels import LOWEST_ERFCX, erfcx_pair

_SQRT_HALF: Final = math.sqrt(0.5)
_INV_SQRT_2PI: Final = 1.0 / math.sqrt(2.0 * math.pi)
_MAX_STEPS: Final = 80


@inlined
def time_value(x, v):
    """Return b, its slope in v, ln b, and the distance to its upper bound exp(x/2).

    x <= 0 and v > 0. Jäckel 2015, section 2.
    """
    h, t = x / v, 0.5 * v
    y, tau = -h * _SQRT_HALF, t * _SQRT_HALF
    exponent = -0.5 * (h * h + t * t)
    scale = math.exp(exponent)
    slope = _INV_SQRT_2PI * scale
    if y - tau >= LOWEST_ERFCX:
        gap = tau * erfcx_pair(y - tau, y + tau)[2]
        b = scale * gap
        return b, slope, exponent + math.log(gap), math.exp(0.5 * x) - b
    near, far, _ = erfcx_pair(tau - y, y + tau)
    rest = 0.5 * scale * (near + far)
    b = math.exp(0.5 * x) - rest
    return b, slope, math.log(b), rest


@inlined
def implied_total_vol(x, beta, beta_left):
    """Solve b(x, v) = beta for v by Halley's method inside a bracket; returns v and whether it converged.

    beta_left is exp(x/2) - beta. Below the inflection v_c = sqrt(-2x) the equation is solved for ln b, in the
    upper half for ln(exp(x/2) - b), between them for b itself (Jäckel 2015, sections 3 and 4).
    """
    centre = math.sqrt(-2.0 * x)
    region, lower, upper = 1, 0.0, math.inf
    if x < 0.0:
        middle, _, log_middle, _ = time_value(x, centre)
        if beta < middle:
            region, upper = 0, centre
            drop = log_middle - math.log(beta)
            v = centre / math.sqrt(1.0 + 4.0 * drop / (drop - x) + 2.0 * drop / -x)
        else:
            lower = centre
            v = centre
    if region == 1:
        if beta_left < 0.5 * math.exp(0.5 * x):
            region = 2
            v = max(centre, 2.0 * math.sqrt(-2.0 * math.log(beta_left)))
        elif x == 0.0:
            v = beta / _INV_SQRT_2PI
    for _ in range(_MAX_STEPS):
        b, slope, log_b, left = time_value(x, v)
        h = x / v
        bend = h * h / v - 0.25 * v
        if region == 0:
            ratio = slope / b
            newton = (math.log(beta) - log_b) / ratio
            bend -= ratio
        elif region == 2:
            ratio = slope / left
            newton = math.log(left / beta_left) / ratio
            bend += ratio
        else:
            newton = (beta - b) / slope
        if newton > 0.0:
            lower = max(lower, v)
        else:
            upper = min(upper, v)
        damping = 1.0 + 0.5 * bend * newton
        following = v + (newton / damping if damping > 0.2 else newton)
        if not lower <= following <= upper:
            following = 0.5 * (lower + upper) if upper < math.inf else 2.0 * v
        if abs(following - v) <= 1e-15 * v or following == v:
            return following, True
        v = following
    return v, abs(newton) <= 1e-13 * v
