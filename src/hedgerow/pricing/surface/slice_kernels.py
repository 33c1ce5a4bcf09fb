# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Joint fit of SVI slices to quotes that are intervals, free of butterfly and calendar arbitrage.

Levenberg-Marquardt (Nocedal-Wright 2006, "Numerical Optimization", section 10.3, doi 10.1007/978-0-387-40065-5) on five
unbounded coordinates x per slice, which a map turns into raw parameters (a, b, rho, m, sigma). The slopes of the wings,
R = b·(1 + rho) and L = b·(1 - rho), lie between 0 and 2 (Lee's bound); then

    FREE    ln of the least total variance, R, L, m, ln sigma
    DOMAIN  ln(gamma + sqrt(1 - rho²)), R, L, place of mu in its interval, ln(sigma - sigma*): no butterfly arbitrage

In the residuals e is the distance of the model vol from the middle of the quote in half-spreads. Inside a share of the
spread it hardly counts; outside it counts by Cauchy's loss, so that a quote which no slice can reach does not bend the
others. Quotes of no width are fitted by least squares. A slice that falls below the one before it, at points of a grid
or in the slope of a wing, is charged for it; the charge grows from round to round.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.surface.svi_kernels import centre_interval, is_free_of_butterflies, least_width

FREE: Final = 0
DOMAIN: Final = 1
N: Final = 5
_STEP: Final = 1e-6
_TINY: Final = 1e-12
_STEEPEST: Final = 2.0
_GAP_POINTS: Final = 60
_GAP_REACH: Final = 9.0
_GOLDEN: Final = 0.5 * (math.sqrt(5.0) - 1.0)
_SLACK: Final = 1e-6
"""A slice keeps this share of sigma* away from the edge of its domain: more than the error of sigma*."""

# Columns of a rule.
_SHARE: Final = 0
_SCALE: Final = 1
_PULL: Final = 2
_CHARGE: Final = 3


@inlined
def _between(x, low, high):
    """Map a real number into an open interval."""
    return low + (high - low) / (1.0 + math.exp(-min(max(x, -40.0), 40.0)))


@inlined
def _unmap(value, low, high, margin):
    """Invert _between, inside the interval by a margin."""
    share = min(max((value - low) / (high - low), margin), 1.0 - margin)
    return math.log(share / (1.0 - share))


@inlined
def _from_slopes(right, left):
    """Return b, rho and sqrt(1 - rho²)."""
    total = right + left
    return 0.5 * total, (right - left) / total, 2.0 * math.sqrt(right * left) / total


@inlined
def _to_raw(domain, x, raw):
    """Fill raw with a, b, rho, m, sigma."""
    b, rho, flat = _from_slopes(_between(x[1], 0.0, _STEEPEST), _between(x[2], 0.0, _STEEPEST))
    tail, spare = math.exp(min(x[0], 20.0)), math.exp(min(x[4], 5.0))
    if domain:
        gamma = tail - flat
        low, high = centre_interval(gamma, b, rho)
        mu = _between(x[3], low, high)
        sigma = least_width(gamma, b, rho, mu) * (1.0 + _SLACK) + spare
        raw[0], raw[3] = gamma * b * sigma, mu * sigma
    else:
        sigma = spare
        raw[0], raw[3] = tail - b * sigma * flat, x[3]
    raw[1], raw[2], raw[4] = b, rho, sigma


@inlined
def _from_raw(domain, raw, x):
    """Fill x with the coordinates of a slice; one outside the domain is moved into it."""
    a, sigma = raw[0], raw[4]
    x[1] = _unmap(raw[1] * (1.0 + raw[2]), 0.0, _STEEPEST, 1e-6)
    x[2] = _unmap(raw[1] * (1.0 - raw[2]), 0.0, _STEEPEST, 1e-6)
    b, rho, flat = _from_slopes(_between(x[1], 0.0, _STEEPEST), _between(x[2], 0.0, _STEEPEST))
    if not domain:
        x[0], x[3], x[4] = math.log(max(a + b * sigma * flat, _TINY)), raw[3], math.log(sigma)
        return
    gamma = max(a / (b * sigma), -flat * (1.0 - 1e-6))
    low, high = centre_interval(gamma, b, rho)
    x[0], x[3] = math.log(gamma + flat), _unmap(raw[3] / sigma, low, high, 0.05)
    spare = sigma - least_width(gamma, b, rho, _between(x[3], low, high)) * (1.0 + _SLACK)
    x[4] = math.log(max(spare, 1e-3 * sigma))


@inlined
def _map(domain, x, raw, jac, with_slopes):
    """Fill raw at x and, if asked for, jac = d raw / d x by forward differences."""
    for p in range(raw.shape[0]):
        first = N - 1 if with_slopes else -1
        for j in range(first, -2, -1):
            row = raw[p] if j < 0 else jac[p, j]
            keep = x[p, j]
            if j >= 0:
                x[p, j] = keep + _STEP
            _to_raw(domain[p], x[p], row)
            if j >= 0:
                x[p, j] = keep
        if with_slopes:
            for j in range(N):
                for i in range(N):
                    jac[p, j, i] = (jac[p, j, i] - raw[p, i]) / _STEP


@inlined
def w_at(raw, k):
    """Return total variance, z and q."""
    z = k - raw[3]
    q = math.sqrt(z * z + raw[4] * raw[4])
    return raw[0] + raw[1] * (raw[2] * z + q), z, q


@inlined
def interval_loss(e, rule):
    """Return the loss of a vol that lies e half-spreads from the middle of its quote."""
    out = max(abs(e) - rule[_SHARE], 0.0) / rule[_SCALE]
    near = min(abs(e), 1.0)
    return 0.5 * rule[_SCALE] * rule[_SCALE] * math.log1p(out * out) + 0.5 * rule[_PULL] * near * near


@inlined
def interval_weight(e, rule):
    """Return the weight of a quote in the Gauss-Newton matrix, and the derivative of its loss in e."""
    out = max(abs(e) - rule[_SHARE], 0.0)
    robust = 1.0 / (1.0 + (out / rule[_SCALE]) ** 2)
    pull = rule[_PULL] if abs(e) < 1.0 else 0.0
    return pull + (robust if out > 0.0 else 0.0), pull * e + robust * math.copysign(out, e)


@inlined
def _slope_gaps(lower, upper):
    """How much steeper the earlier slice is in the right and the left wing."""
    right = lower[1] * (1.0 + lower[2]) - upper[1] * (1.0 + upper[2])
    return right, lower[1] * (1.0 - lower[2]) - upper[1] * (1.0 - upper[2])


@inlined
def _loss(raw, x, start, quotes, first, years, grid, unit, prior, rule):
    """Return the loss: quotes[3, n] are k, mid and half-spread; unit[p] is half-spreads per total variance."""
    total = 0.0
    for p in range(raw.shape[0]):
        for i in range(first[p], first[p + 1]):
            w, _, _ = w_at(raw[p], quotes[0, i])
            e = (math.sqrt(max(w, _TINY) / years[p]) - quotes[1, i]) / quotes[2, i]
            total += interval_loss(e, rule)
        for j in range(N):
            total += 0.5 * prior[p] * (x[p, j] - start[p, j]) ** 2
        if p and rule[_CHARGE] > 0.0:
            for j in range(grid.shape[1]):
                gap = w_at(raw[p - 1], grid[p, j])[0] - w_at(raw[p], grid[p, j])[0] + 1e-2 / unit[p]
                total += 0.5 * rule[_CHARGE] * (max(gap, 0.0) * unit[p]) ** 2
            for gap in _slope_gaps(raw[p - 1], raw[p]):
                total += 0.5 * rule[_CHARGE] * (max(gap + 1e-4, 0.0) * unit[p]) ** 2
    return total


@inlined
def _gradient_row(raw, z, q, scale, row):
    """Fill row with scale times the derivatives of w in a, b, rho, m, sigma."""
    row[0] = scale
    row[1] = scale * (raw[2] * z + q)
    row[2] = scale * raw[1] * z
    row[3] = -scale * raw[1] * (raw[2] + z / q)
    row[4] = scale * raw[1] * raw[4] / q


@inlined
def _add(p, pair, jac, row, weight, miss, bent, matrix, rhs):
    """Add a residual to the normal equations; row holds its raw derivatives for slice p - 1 (if pair) and p."""
    begin = 0 if pair else N
    for j in range(begin, 2 * N):
        owner = p - 1 if j < N else p
        total = 0.0
        for i in range(N):
            total += jac[owner, j % N, i] * row[i if j < N else N + i]
        bent[j] = total
    base = N * (p - 1)
    for i in range(begin, 2 * N):
        rhs[base + i] -= miss * bent[i]
        for j in range(begin, i + 1):
            matrix[base + i, base + j] += weight * bent[i] * bent[j]


@inlined
def _quote_equations(raw, p, quotes, first, years, rule, jac, row, bent, matrix, rhs):
    for i in range(first[p], first[p + 1]):
        w, z, q = w_at(raw[p], quotes[0, i])
        vol = math.sqrt(max(w, _TINY) / years[p])
        e = (vol - quotes[1, i]) / quotes[2, i]
        weight, miss = interval_weight(e, rule)
        _gradient_row(raw[p], z, q, 1.0 / (2.0 * vol * years[p] * quotes[2, i]), row[N:])
        _add(p, False, jac, row, weight, miss, bent, matrix, rhs)


@inlined
def _calendar_equations(raw, p, grid, unit, rule, jac, row, bent, matrix, rhs):
    charge, n_grid = rule[_CHARGE], grid.shape[1]
    right, left = _slope_gaps(raw[p - 1], raw[p])
    for j in range(n_grid + 2):
        if j < n_grid:
            lower, z_lower, q_lower = w_at(raw[p - 1], grid[p, j])
            upper, z, q = w_at(raw[p], grid[p, j])
            gap = (lower - upper) * unit[p] + 1e-2
            if gap > 0.0:
                _gradient_row(raw[p - 1], z_lower, q_lower, unit[p], row[:N])
                _gradient_row(raw[p], z, q, -unit[p], row[N:])
        else:
            side = 1.0 if j == n_grid else -1.0
            gap = ((right if j == n_grid else left) + 1e-4) * unit[p]
            row[:] = 0.0
            row[1], row[2] = unit[p] * (1.0 + side * raw[p - 1, 2]), unit[p] * side * raw[p - 1, 1]
            row[N + 1], row[N + 2] = -unit[p] * (1.0 + side * raw[p, 2]), -unit[p] * side * raw[p, 1]
        if gap > 0.0:
            _add(p, True, jac, row, charge, charge * gap, bent, matrix, rhs)


@inlined
def solve_damped(matrix, rhs, damping, band, factor, step):
    """Solve (matrix + damping·diag(matrix))·step = rhs by Cholesky in a band of the lower half; False if it fails."""
    n = rhs.shape[0]
    for i in range(n):
        low = max(0, i - band)
        for j in range(low, i + 1):
            total = matrix[i, j]
            for p in range(low, j):
                total -= factor[i, p] * factor[j, p]
            if i > j:
                factor[i, j] = total / factor[j, j]
                continue
            total += damping * matrix[i, i] + 1e-300
            if not total > 0.0:
                return False
            factor[i, i] = math.sqrt(total)
    for i in range(n):
        total = rhs[i]
        for p in range(max(0, i - band), i):
            total -= factor[i, p] * step[p]
        step[i] = total / factor[i, i]
    for i in range(n - 1, -1, -1):
        total = step[i]
        for p in range(i + 1, min(n, i + band + 1)):
            total -= factor[p, i] * step[p]
        step[i] = total / factor[i, i]
    return True


@inlined
def _copy(source, target):
    """Copy slice by slice; numba's own assignment of arrays takes seconds to compile."""
    for p in range(source.shape[0]):
        for j in range(N):
            target[p, j] = source[p, j]


@kernel
def fit_slices(raw, domain, quotes, first, years, grid, unit, prior, rule, most):
    """Minimise the loss over the slices raw[n_slice, 5], in place; returns the loss.

    domain[n_slice] chooses the map of each; quotes[3, n] are k, mid, half-spread, those of slice p from first[p] on;
    grid[n_slice, n_grid] are the points where slice p must not lie below slice p - 1; prior[n_slice] weighs the
    distance from the start, in coordinates; the columns of a rule are named above.
    """
    n_slice = raw.shape[0]
    size = N * n_slice
    x, start, trial = np.empty((n_slice, N)), np.empty((n_slice, N)), np.empty((n_slice, N))
    jac, trial_raw = np.empty((n_slice, N, N)), np.empty((n_slice, N))
    matrix, factor, rhs, step = np.empty((size, size)), np.zeros((size, size)), np.empty(size), np.empty(size)
    row, bent = np.zeros(2 * N), np.zeros(2 * N)
    for p in range(n_slice):
        _from_raw(domain[p], raw[p], x[p])
    _copy(x, start)
    _copy(x, trial)
    value, damping, quiet = math.inf, 1e-3, 0
    for turn in range(most):
        _map(domain, trial, trial_raw, jac, False)
        after = _loss(trial_raw, trial, start, quotes, first, years, grid, unit, prior, rule)
        if after < value:
            quiet = quiet + 1 if value - after <= 1e-7 * value else 0
            value, damping = after, max(0.2 * damping, 1e-12) if turn else damping
            _copy(trial, x)
            _copy(trial_raw, raw)
            if quiet == 2:
                break
            _map(domain, x, trial_raw, jac, True)
            matrix[:, :], rhs[:] = 0.0, 0.0
            for p in range(n_slice):
                for j in range(N):
                    matrix[N * p + j, N * p + j] = prior[p]
                    rhs[N * p + j] = -prior[p] * (x[p, j] - start[p, j])
                _quote_equations(raw, p, quotes, first, years, rule, jac, row, bent, matrix, rhs)
                if p and rule[_CHARGE] > 0.0:
                    _calendar_equations(raw, p, grid, unit, rule, jac, row, bent, matrix, rhs)
        elif turn == 0:  # no loss at the start: there are no equations to step from
            break
        else:
            damping *= 5.0
        while not solve_damped(matrix, rhs, damping, 2 * N - 1, factor, step) and damping < 1e12:
            damping *= 10.0
        if damping > 1e10:
            break
        for p in range(n_slice):
            for j in range(N):
                trial[p, j] = x[p, j] + min(max(step[N * p + j], -1.5), 1.5)
    return value


@kernel
def slices_in_domain(raw, out):
    """Fill out[n_slice] with whether each slice is free of butterfly arbitrage, with a margin."""
    for p in range(raw.shape[0]):
        out[p] = is_free_of_butterflies(raw[p, 0], raw[p, 1], raw[p, 2], raw[p, 3], raw[p, 4])


@inlined
def _gap(lower, upper, centre, width, place):
    """How far the later slice lies above the earlier one at a point of the sinh-spaced line."""
    k = centre + width * math.sinh(_GAP_REACH * place / _GAP_POINTS)
    return w_at(upper, k)[0] - w_at(lower, k)[0]


@inlined
def _least_gap(lower, upper, centre, width, low, high):
    """Refine a minimum between two places by golden sections; returns the gap and its k."""
    best, at = math.inf, low
    for _ in range(40):
        one, two = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        gap_one, gap_two = _gap(lower, upper, centre, width, one), _gap(lower, upper, centre, width, two)
        if min(gap_one, gap_two) < best:
            best, at = min(gap_one, gap_two), one if gap_one < gap_two else two
        if gap_one < gap_two:
            high = two
        else:
            low = one
    return best, centre + width * math.sinh(_GAP_REACH * at / _GAP_POINTS)


@kernel
def calendar_gaps(raw, gap, where):
    """Fill gap[n_slice] and where[n_slice] with the least of w_p(k) - w_(p-1)(k) and its k, for p > 0.

    The points spread as sinh from the centre of either slice, in units of its own width and of the distance of both;
    each local minimum among them is refined by golden sections.
    """
    for p in range(1, raw.shape[0]):
        lower, upper = raw[p - 1], raw[p]
        gap[p] = math.inf
        for c in range(3):
            own = upper if c else lower
            width = own[4] if c < 2 else abs(upper[3] - lower[3]) + lower[4] + upper[4]
            before, here = math.inf, math.inf
            for i in range(-_GAP_POINTS, _GAP_POINTS + 2):
                after = _gap(lower, upper, own[3], width, i) if i <= _GAP_POINTS else math.inf
                if here <= before and here <= after and here < math.inf:
                    least, k = _least_gap(lower, upper, own[3], width, i - 2.0, 1.0 * i)
                    if least < gap[p]:
                        gap[p], where[p] = least, k
                before, here = here, after


@kernel
def quote_loss(raw, quotes, first, years, rule):
    """Return the loss of the quotes alone."""
    total = 0.0
    for p in range(raw.shape[0]):
        for i in range(first[p], first[p + 1]):
            vol = math.sqrt(max(w_at(raw[p], quotes[0, i])[0], _TINY) / years[p])
            total += interval_loss((vol - quotes[1, i]) / quotes[2, i], rule)
    return total


@kernel
def vol_row(params, k, years, out):
    """Fill out[n] with the vol of one slice at each k."""
    for i in range(k.shape[0]):
        out[i] = math.sqrt(max(w_at(params, k[i])[0], _TINY) / years)
