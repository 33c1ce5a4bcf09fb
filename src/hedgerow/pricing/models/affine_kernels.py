# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""The moment generating function E[exp(z·X)] of X = ln(F_T/F_0) for SVCJ and the models inside it.

ln E = C + D·v0 + J with dD/dT = nu²D²/2 - b·D - q/2, q = z - z², b = kappa - rho·nu·z, dC/dT = pull·D and
dJ/dT = lambda·(E[exp(z·J_x + D·J_v)] - 1 - z·m): Duffie, Pan, Singleton (2000), section 4.2, solved by d² = b² + nu²q.
The form is the one whose logarithm stays on its branch (Lord, Kahl 2010, Mathematical Finance 20:671,
doi 10.1111/j.1467-9965.2010.00416.x, eq. 2.6), rearranged so that nothing cancels as nu or d goes to zero: with
E = (1 - exp(-dT))/d and r = (d - b)/nu² = q/(d + b),

    D = -q·E/(2 - nu²r·E),   C = -pull·(r·T + 2·ln(1 - nu²r·E/2)/nu²).
"""

import math

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.models.complex_kernels import (
    exp_complex,
    expm1_complex,
    log1p_complex,
    log1p_ratio,
    ratio,
    size,
    sqrt_complex,
)

PULL, KAPPA, NU, RHO, V0, LAMBDA, MU_X, SIGMA_X, MU_V, RHO_J = range(10)
"""Places in the array of coefficients."""


@inlined
def _pulled(years, x, e, m, left):
    """Return T + 2·ln(left)/m with left = 1 - m·E/2, also where x = d·T is small and everything cancels but x·T/4."""
    y = 0.5 * m * e
    if size(y) > 0.2:
        return years + 2.0 * ratio(log1p_complex(left - 1.0), m)
    waited = years - e
    if size(x) < 0.5:
        term, waited, n = 0.5 * years * x, 0.0 * x, 2.0
        while size(term) > 1e-17 * size(waited):
            waited += term
            n += 1.0
            term *= x * (-1.0 / n)
    over = ratio(y, 2.0 - y)
    square = over * over
    odd = 1.0 / 3.0 + square * (
        0.2 + square * (1.0 / 7.0 + square * (1.0 / 9.0 + square * (1.0 / 11.0 + square / 13.0)))
    )
    return waited - e * (ratio(y, 2.0 - y) + 2.0 * over * over * ratio(odd, 2.0 - y))


@inlined
def roots(c, z, years):
    """Return the parts of the solution: q, m = d - b, p = d + b, r = m/nu², E, left = 1 - m·E/2, T + 2·ln(left)/m."""
    nu2 = c[NU] * c[NU]
    q = z - z * z
    b = c[KAPPA] - c[RHO] * c[NU] * z
    d = sqrt_complex(b * b + nu2 * q)
    x = d * years
    e = years * (1.0 - 0.5 * x) if size(x) < 1e-9 else -ratio(expm1_complex(-x), d)
    if b.real >= 0.0:
        p = d + b
        r = ratio(q, p) if size(p) > 0.0 else 0.0 * q
        m = nu2 * r
        left = 1.0 - 0.5 * m * e
    else:
        m = d - b
        p = nu2 * ratio(q, m)
        r = (1.0 / nu2) * m
        left = 0.5 * ratio(p + m * exp_complex(-x), d)
    return q, m, p, r, e, left, _pulled(years, x, e, m, left)


@inlined
def jump_transform(c, z, d):
    """Return E[exp(z·J_x + d·J_v)]."""
    grown = exp_complex(z * (c[MU_X] + 0.5 * z * c[SIGMA_X] * c[SIGMA_X]))
    return ratio(grown, 1.0 - z * c[RHO_J] * c[MU_V] - c[MU_V] * d)


@inlined
def jump_drift(c):
    """Return m, the mean relative jump of the forward."""
    return math.exp(c[MU_X] + 0.5 * c[SIGMA_X] * c[SIGMA_X]) / (1.0 - c[RHO_J] * c[MU_V]) - 1.0


@inlined
def second_moment(c):
    """Return E[(exp(J_x) - 1)²], infinite if the jump has no second moment."""
    left = 1.0 - 2.0 * c[RHO_J] * c[MU_V]
    if left <= 0.0:
        return math.inf
    return math.exp(2.0 * (c[MU_X] + c[SIGMA_X] * c[SIGMA_X])) / left - 2.0 * jump_drift(c) - 1.0


@inlined
def _jump_time(c, z, years, q, m, p, e):
    """Return the integral over time of 1/(1 - z·rho_J·mu_v - mu_v·D): Duffie, Pan, Singleton (2000), page 1362."""
    held = 1.0 - z * c[RHO_J] * c[MU_V]
    if c[MU_V] == 0.0:
        return complex(years, 0.0)
    far = held * p + c[MU_V] * q
    near = held * m - c[MU_V] * q
    return ratio(p * years - 2.0 * c[MU_V] * q * log1p_ratio(near, -0.5 * ratio(e, held)), far)


@inlined
def pieces(c, z, years, jumping):
    """Return ln E[exp(z·X)] of the diffusion, what jumps add to it without their drift if asked for, and D."""
    q, m, p, r, e, left, pulled = roots(c, z, years)
    slope = -0.5 * ratio(q * e, left)
    total = slope * c[V0]
    if c[PULL] != 0.0:
        total -= c[PULL] * r * pulled
    jumps = 0.0 * z
    if jumping:
        grown = exp_complex(z * (c[MU_X] + 0.5 * z * c[SIGMA_X] * c[SIGMA_X]))
        jumps = c[LAMBDA] * grown * _jump_time(c, z, years, q, m, p, e)
    return total, jumps, slope


@inlined
def log_transform(c, z, years, drift):
    """Return the diffusion's part of ln E[exp(z·X)], the jumps' part, and D."""
    total, jumps, d = pieces(c, z, years, c[LAMBDA] != 0.0)
    if c[LAMBDA] != 0.0:
        jumps -= c[LAMBDA] * years * (1.0 + z * drift)
    return total, jumps, d


@inlined
def rate_of_diffusion(c, z, d):
    """Return the derivative in time to expiry of the diffusion's part of ln E[exp(z·X)]."""
    b = c[KAPPA] - c[RHO] * c[NU] * z
    return c[PULL] * d + c[V0] * (0.5 * c[NU] * c[NU] * d * d - b * d - 0.5 * (z - z * z))


@inlined
def rate_of_transform(c, z, d, drift):
    """Return the derivative of ln E[exp(z·X)] in time to expiry."""
    rate = rate_of_diffusion(c, z, d)
    if c[LAMBDA] != 0.0:
        rate += c[LAMBDA] * (jump_transform(c, z, d) - 1.0 - z * drift)
    return rate


@inlined
def _log_moment_of_diffusion(c, s, years):
    """Return ln E[exp(s·X)] without jumps, and D, for real s; infinite where the moment does not exist.

    Andersen, Piterbarg (2007), "Moment explosions in stochastic volatility models", Finance and Stochastics 11:29,
    doi 10.1007/s00780-006-0011-7, proposition 3.1.
    """
    nu2 = c[NU] * c[NU]
    q = s - s * s
    b = c[KAPPA] - c[RHO] * c[NU] * s
    square = b * b + nu2 * q
    if square >= 0.0:
        d = math.sqrt(square)
        e = -math.expm1(-d * years) / d if d * years > 1e-9 else years
        r = q / (d + b) if d + b > 0.0 and b >= 0.0 else ((d - b) / nu2 if nu2 > 0.0 else 0.0)
        left = 1.0 - 0.5 * nu2 * r * e
        if left <= 0.0:
            return math.inf, math.inf
        shrunk = math.log1p(-0.5 * nu2 * r * e) / nu2 if nu2 * abs(r * e) > 1e-12 else -0.5 * r * e
        slope = -0.5 * q * e / left
        return slope * c[V0] - c[PULL] * (r * years + 2.0 * shrunk), slope
    w = math.sqrt(-square)
    turn = 0.5 * w * years
    down = b + w / math.tan(turn) if turn < math.pi else -1.0
    if down <= 0.0:
        return math.inf, math.inf
    slope = -q / down
    grown = 0.5 * b * years - math.log(math.cos(turn) + b / w * math.sin(turn))
    return slope * c[V0] + 2.0 * c[PULL] / nu2 * grown, slope


@inlined
def log_moment_bound(c, s, years, drift, jumping):
    """Return a number that ln E[exp(s·X)] does not exceed, for real s outside (0, 1); infinite if there is none.

    D runs from zero to its last value without turning back, so the jumps' part is at most that of the larger one.
    """
    total, d = _log_moment_of_diffusion(c, s, years)
    if not jumping or c[LAMBDA] == 0.0 or total == math.inf:
        return total
    left = 1.0 - s * c[RHO_J] * c[MU_V] - c[MU_V] * max(d, 0.0)
    power = s * (c[MU_X] + 0.5 * s * c[SIGMA_X] * c[SIGMA_X])
    if left <= 0.0 or power > 600.0:
        return math.inf
    return total + c[LAMBDA] * years * (math.exp(power) / left - 1.0 - s * drift)


@inlined
def jump_room(c, s, years):
    """Return what must be positive for E[exp(s·J_x + D·J_v)] and the same of s + 1 to exist at all times."""
    _, d = _log_moment_of_diffusion(c, s, years)
    return 1.0 - (s + 1.0 if c[RHO_J] > 0.0 else s) * c[RHO_J] * c[MU_V] - c[MU_V] * max(d, 0.0)


@kernel
def transform_rows(c, z, years, out):
    """Fill out[n] with E[exp(z·X)] at z[n] and years[n]."""
    drift = jump_drift(c)
    for i in range(z.size):
        diffusion, jumps, _ = log_transform(c, z[i], years[i], drift)
        out[i] = exp_complex(diffusion + jumps)
