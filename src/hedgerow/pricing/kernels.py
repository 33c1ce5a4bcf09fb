"""Black-76 for one option, and loops over many: price, Greeks and implied vol.

Notation of the formulas: F forward, K strike, T expiry in years, v = sigma·sqrt(T), c = +1 for a call and -1 for
a put, x = -|ln(F/K)|, h = x/v, t = v/2. The time value is written as in Jäckel, "Let's Be Rational" (Wilmott,
2015; doi 10.1002/wilm.10395), section 2: b(x, v) = OTM price / sqrt(F·K), with the scaled complementary error
function erfcx so that deep tails keep their relative accuracy.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined, kernel

# Printed by tools/erfcx_coefficients.py.
_ERFCX = (
    1.2329951186255526,
    -0.1396211168405625,
    0.015379652102620026,
    0.0680970542546904,
    -0.10103906603632413,
    0.09373283499843826,
    -0.06633036581166812,
    0.03716751553592911,
    -0.016197734065728945,
    0.005031969992669933,
    -0.0007577732210512849,
    -0.0001992567757633648,
    0.00015062131406268513,
    -2.4398944545280832e-05,
    -1.1220772697788498e-05,
    5.709206053072183e-06,
    2.9094470866632674e-07,
    -8.249198427508354e-07,
    7.888177117406594e-08,
    1.1009737295274889e-07,
    -2.1868462576141457e-08,
    -1.4709550868669278e-08,
    3.950879254166685e-09,
    1.7903326159489847e-09,
    -5.377133821031794e-10,
    -1.374652989001164e-10,
    4.180821739675544e-11,
)
_SLOPE = (
    2.623063993696738,
    -0.3487517301221602,
    -0.31354690508852445,
    0.6688570875433886,
    -0.651609627556496,
    0.39872495184845963,
    -0.11476931207103987,
    -0.06307663069161257,
    0.11191140025322692,
    -0.08347331695894591,
    0.03868258655779485,
    -0.009610374829375427,
    -0.0008079042589977459,
    0.0016301631353940645,
    -0.00043559831267592783,
    -0.00010988099644782601,
    9.24621801760735e-05,
    -2.6479139806832756e-06,
    -1.41205444421147e-05,
    2.4369616690437563e-06,
    2.0335824683726846e-06,
    -5.519709758803899e-07,
    -2.923459321037645e-07,
    8.468790672897519e-08,
    3.7502532777275646e-08,
    -7.1455632395992e-09,
    -2.951559818527882e-09,
)

_SQRT_HALF: Final = math.sqrt(0.5)
_INV_SQRT_2PI: Final = 1.0 / math.sqrt(2.0 * math.pi)
_TAYLOR_BELOW: Final = 0.15
_MAX_STEPS: Final = 80

# Codes of implied_vol_rows; the names are in black76.VolFault.
SOLVED: Final = 0
NOT_FINITE: Final = 1
BAD_CONTRACT: Final = 2
NO_TIME_VALUE: Final = 3
ABOVE_BOUND: Final = 4
NOT_CONVERGED: Final = 5


@inlined
def erfcx(y):
    """exp(y²)·erfc(y) for y >= 0."""
    t = (y - 4.0) / (y + 4.0)
    total = 0.0
    for power in range(len(_ERFCX) - 1, -1, -1):
        total = total * t + _ERFCX[power]
    return total / (1.0 + 2.0 * y)


@inlined
def erfcx_slope(y):
    """Derivative of erfcx for y >= 0, without the cancellation of 2y·erfcx(y) - 2/sqrt(pi)."""
    t = (y - 4.0) / (y + 4.0)
    total = 0.0
    for power in range(len(_SLOPE) - 1, -1, -1):
        total = total * t + _SLOPE[power]
    return -total / ((1.0 + 2.0 * y) * (1.0 + 2.0 * y))


@inlined
def log_ratio(a, b):
    """ln(a/b), to full relative accuracy also where a is close to b."""
    if 0.5 * b < a < 2.0 * b:
        return math.log1p((a - b) / b)
    return math.log(a / b)


@inlined
def _gap(y, tau):
    """½·(erfcx(y - tau) - erfcx(y + tau)) for 0 <= tau: its Taylor series where the difference would cancel.

    Derivatives by f'' = 2y·f' + 2f and f^(n+1) = 2y·f^(n) + 2n·f^(n-1).
    """
    before, now = erfcx(y), erfcx_slope(y)
    power, total = tau, tau * now
    for n in range(1, 12, 2):
        even = 2.0 * y * now + 2.0 * n * before
        odd = 2.0 * y * even + 2.0 * (n + 1.0) * now
        power *= tau * tau / ((n + 1.0) * (n + 2.0))
        total += power * odd
        before, now = even, odd
    return -total


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
    far = erfcx(y + tau)
    if y >= tau:
        gap = _gap(y, tau) if tau < _TAYLOR_BELOW else 0.5 * (erfcx(y - tau) - far)
        b = scale * gap
        return b, slope, exponent + math.log(gap), math.exp(0.5 * x) - b
    rest = 0.5 * scale * (erfcx(tau - y) + far)
    b = scale * _gap(y, tau) if tau < _TAYLOR_BELOW else math.exp(0.5 * x) - rest
    return b, slope, math.log(b), rest


@inlined
def cumulative(d):
    """Return the standard normal distribution function."""
    tail = 0.5 * erfcx(abs(d) * _SQRT_HALF) * math.exp(-0.5 * d * d)
    return tail if d < 0.0 else 1.0 - tail


@inlined
def linear_greeks(forward, strike, expiry, vol, sign):
    """Return price, delta, gamma, vega, theta in quote currency, derivatives in the forward at fixed vol.

    Theta is the derivative in calendar time at fixed forward.
    """
    root = math.sqrt(expiry)
    v = vol * root
    k = log_ratio(forward, strike)
    d1 = k / v + 0.5 * v
    density = _INV_SQRT_2PI * math.exp(-0.5 * d1 * d1)
    price = time_value(-abs(k), v)[0] * math.sqrt(forward * strike) + max(sign * (forward - strike), 0.0)
    vega = forward * density * root
    return price, sign * cumulative(sign * d1), density / (forward * v), vega, -0.5 * vega * vol / expiry


@inlined
def inverse_greeks(forward, strike, expiry, vol, sign):
    """Return price, net transaction delta, gamma, vega, theta in coin, derivatives in the forward at fixed vol.

    V = U/F. The net transaction delta is F·dV/dF = c·(K/F)·N(c·d2) = delta_BS - V, here without cancellation;
    gamma is d²V/dF² (Alexander, Chen, Imeraj 2023, "Crypto quanto and inverse options", Math. Finance 33:1005,
    section 2).
    """
    root = math.sqrt(expiry)
    v = vol * root
    k = log_ratio(forward, strike)
    d1 = k / v + 0.5 * v
    density = _INV_SQRT_2PI * math.exp(-0.5 * d1 * d1)
    moneyness = strike / forward
    price = time_value(-abs(k), v)[0] * math.sqrt(moneyness) + max(sign * (1.0 - moneyness), 0.0)
    delta = sign * moneyness * cumulative(sign * (d1 - v))
    gamma = (density / v - 2.0 * delta) / (forward * forward)
    vega = density * root
    return price, delta, gamma, vega, -0.5 * vega * vol / expiry


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


@kernel
def greeks_rows(forward, strike, expiry, vol, sign, inverse, out):
    """Fill out[5, n] with price, delta, gamma, vega, theta of each option in its settlement currency."""
    for i in range(forward.shape[0]):
        if inverse:
            row = inverse_greeks(forward[i], strike[i], expiry[i], vol[i], sign[i])
        else:
            row = linear_greeks(forward[i], strike[i], expiry[i], vol[i], sign[i])
        for j in range(5):
            out[j, i] = row[j]


@kernel
def implied_vol_rows(price, forward, strike, expiry, sign, inverse, vol, code):
    """Fill vol[n] with the vol that each price implies, and code[n] with the reason where there is none."""
    for i in range(price.shape[0]):
        f, k, years, c, p = forward[i], strike[i], expiry[i], sign[i], price[i]
        vol[i] = math.nan
        if not (math.isfinite(p) and math.isfinite(f) and math.isfinite(k) and math.isfinite(years)):
            code[i] = NOT_FINITE
            continue
        if f <= 0.0 or k <= 0.0 or years <= 0.0:
            code[i] = BAD_CONTRACT
            continue
        unit = f if inverse else 1.0
        intrinsic = max(c * (1.0 - k / f), 0.0) if inverse else max(c * (f - k), 0.0)
        bound = (1.0 if c > 0.0 else k / f) if inverse else (f if c > 0.0 else k)
        root = math.sqrt(f * k)
        beta, beta_left = (p - intrinsic) * unit / root, (bound - p) * unit / root
        if beta <= 0.0:
            code[i] = NO_TIME_VALUE
            continue
        if beta_left <= 0.0:
            code[i] = ABOVE_BOUND
            continue
        v, converged = implied_total_vol(-abs(log_ratio(f, k)), beta, beta_left)
        code[i] = SOLVED if converged else NOT_CONVERGED
        if converged:
            vol[i] = v / math.sqrt(years)
