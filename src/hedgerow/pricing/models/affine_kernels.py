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

import numpy as np

from hedgerow.core.compiling import inlined, kernel

PULL, KAPPA, NU, RHO, V0, LAMBDA, MU_X, SIGMA_X, MU_V, RHO_J = range(10)
"""Places in the array of coefficients."""


@inlined
def expm1_complex(z):
    """Return exp(z) - 1 without cancellation near zero."""
    half = math.sin(0.5 * z.imag)
    grown = math.expm1(z.real)
    return complex(grown - 2.0 * (grown + 1.0) * half * half, (grown + 1.0) * math.sin(z.imag))


@inlined
def log1p_complex(z):
    """Return ln(1 + z) without cancellation near zero."""
    x, y = z.real, z.imag
    return complex(0.5 * math.log1p(x * (2.0 + x) + y * y), math.atan2(y, 1.0 + x))


@inlined
def log1p_ratio(factor, z):
    """Return ln(1 + factor·z)/factor, which is z at a factor of zero."""
    small = factor * z
    if abs(small) < 1e-8:
        return z * (1.0 - 0.5 * small)
    return log1p_complex(small) / factor


@inlined
def roots(c, z, years):
    """Return b, q, nu²r and r, and E: what the solution of the Riccati equation is made of."""
    nu2 = c[NU] * c[NU]
    q = z - z * z
    b = c[KAPPA] - c[RHO] * c[NU] * z
    d = np.sqrt(b * b + nu2 * q)
    if b.real >= 0.0:
        down = d + b
        r = q / down if abs(down) > 0.0 else 0.0 * q
        m = nu2 * r
    else:
        m = d - b
        r = m / nu2
    x = d * years
    e = years * (1.0 - 0.5 * x) if abs(x) < 1e-9 else -expm1_complex(-x) / d
    return b, q, m, r, e


@inlined
def jump_transform(c, z, d):
    """Return E[exp(z·J_x + d·J_v)]."""
    return np.exp(z * (c[MU_X] + 0.5 * z * c[SIGMA_X] * c[SIGMA_X])) / (1.0 - z * c[RHO_J] * c[MU_V] - c[MU_V] * d)


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
def _jump_time(c, z, years, q, m, e):
    """Return the integral over time of 1/(1 - z·rho_J·mu_v - mu_v·D), as in Duffie, Pan, Singleton (2000), page 1362."""
    held = 1.0 - z * c[RHO_J] * c[MU_V]
    if c[MU_V] == 0.0:
        return years / held
    nu2 = c[NU] * c[NU]
    b = c[KAPPA] - c[RHO] * c[NU] * z
    d = np.sqrt(b * b + nu2 * q)
    p = 2.0 * d - m
    far = held * p + c[MU_V] * q
    near = held * m - c[MU_V] * q
    return (p * years - 2.0 * c[MU_V] * q * log1p_ratio(near, -0.5 * e / held)) / far


@inlined
def log_transform(c, z, years, drift):
    """Return the diffusion's part of ln E[exp(z·X)], the jumps' part, and D."""
    _, q, m, r, e = roots(c, z, years)
    d = -q * e / (2.0 - m * e)
    total = d * c[V0]
    if c[PULL] != 0.0:
        total -= c[PULL] * r * (years + 2.0 * log1p_ratio(m, -0.5 * e))
    jumps = 0.0 * z
    if c[LAMBDA] != 0.0:
        held = np.exp(z * (c[MU_X] + 0.5 * z * c[SIGMA_X] * c[SIGMA_X])) * _jump_time(c, z, years, q, m, e)
        jumps = c[LAMBDA] * (held - years * (1.0 + z * drift))
    return total, jumps, d


@inlined
def rate_of_transform(c, z, d, drift):
    """Return the derivative of ln E[exp(z·X)] in time to expiry."""
    b = c[KAPPA] - c[RHO] * c[NU] * z
    rate = c[PULL] * d + c[V0] * (0.5 * c[NU] * c[NU] * d * d - b * d - 0.5 * (z - z * z))
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
def log_moment_bound(c, s, years, drift):
    """Return a number that ln E[exp(s·X)] does not exceed, for real s outside (0, 1); infinite if there is none.

    D runs from zero to its last value without turning back, so the jumps' part is at most that of the larger one.
    """
    total, d = _log_moment_of_diffusion(c, s, years)
    if c[LAMBDA] == 0.0 or total == math.inf:
        return total
    left = 1.0 - s * c[RHO_J] * c[MU_V] - c[MU_V] * max(d, 0.0)
    power = s * (c[MU_X] + 0.5 * s * c[SIGMA_X] * c[SIGMA_X])
    if left <= 0.0 or power > 600.0:
        return math.inf
    return total + c[LAMBDA] * years * (math.exp(power) / left - 1.0 - s * drift)


@kernel
def transform_rows(c, z, years, out):
    """Fill out[n] with E[exp(z·X)] at z[n] and years[n]."""
    drift = jump_drift(c)
    for i in range(z.size):
        diffusion, jumps, _ = log_transform(c, z[i], years[i], drift)
        out[i] = np.exp(diffusion + jumps)
