# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Global fit of an extended SSVI surface that is free of arbitrage whatever its parameters are.

A slice is w(k) = theta/2·(1 + rho·phi·k + sqrt((phi·k + rho)² + 1 - rho²)) with psi = theta·phi (Hendriks-Martini 2019,
doi 10.21314/JCF.2019.364). No butterfly: psi·(1 + |rho|) <= 4 and psi²·(1 + |rho|) <= 4·theta (Gatheral-Jacquier 2014,
theorem 4.2). No calendar, sufficient: with p_i = max((1 + rho_(i-1))/(1 + rho_i), (1 - rho_(i-1))/(1 - rho_i)), theta_i
>= p_i·theta_(i-1), psi_i >= p_i·psi_(i-1) and phi_i <= phi_(i-1). Mingone, "No arbitrage global parametrization for the
eSSVI volatility surface" (2022), Quant. Finance 22:2205, doi 10.1080/14697688.2022.2108365, section 4, turns all of it
into free numbers: one correlation, one step of theta and one share of the room of psi per slice.
"""

import math
from typing import Final

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.surface.slice_kernels import interval_loss, interval_weight, solve_damped, w_at

_N: Final = 3
_STEP: Final = 1e-6
_TINY: Final = 1e-12
_ROUNDING: Final = 1.0 + 1e-12
"""Slices grow by this much more than they have to, so that rounding makes none of them cross."""


@inlined
def _ratio(rho_before, rho):
    """Return p, by which theta and psi have to grow because rho changes, and a trifle more."""
    return max((1.0 + rho_before) / (1.0 + rho), (1.0 - rho_before) / (1.0 - rho)) * _ROUNDING


@inlined
def essvi_slices(x, raw, cap):
    """Fill raw[n, 5] with the raw parameters of the slices at coordinates x[n, 3]; cap[n] is scratch.

    x holds atanh rho, ln of the step of theta, logit of the share of psi's room.
    """
    n = raw.shape[0]
    theta = 0.0
    for i in range(n):  # raw is filled with rho, theta, psi first
        rho = math.tanh(x[i, 0])
        theta = theta * (_ratio(raw[i - 1, 2], rho) if i else 1.0) + math.exp(min(x[i, 1], 20.0))
        raw[i, 2], raw[i, 3] = rho, theta
        cap[i] = min(4.0 / (1.0 + abs(rho)), 2.0 * math.sqrt(theta / (1.0 + abs(rho))))
    for i in range(n - 2, -1, -1):
        cap[i] = min(cap[i], cap[i + 1] / _ratio(raw[i, 2], raw[i + 1, 2]))
    psi = 0.0
    for i in range(n):
        floor, room = 0.0, cap[i]
        if i:
            floor = psi * _ratio(raw[i - 1, 2], raw[i, 2])
            room = min(room, psi * raw[i, 3] / raw[i - 1, 3])
        psi = floor + max(room - floor, 0.0) / (1.0 + math.exp(-min(max(x[i, 2], -40.0), 40.0)))
        raw[i, 4] = psi
    for i in range(n):
        rho, theta, psi = raw[i, 2], raw[i, 3], raw[i, 4]
        raw[i, 0], raw[i, 1] = 0.5 * theta * (1.0 - rho * rho), 0.5 * psi
        raw[i, 3], raw[i, 4] = -rho * theta / psi, math.sqrt(1.0 - rho * rho) * theta / psi


@inlined
def _vols(raw, quotes, first, years, out):
    for p in range(raw.shape[0]):
        for i in range(first[p], first[p + 1]):
            out[i] = math.sqrt(max(w_at(raw[p], quotes[0, i])[0], _TINY) / years[p])


@inlined
def _loss(vols, x, start, prior, quotes, rule):
    total = 0.0
    for i in range(vols.shape[0]):
        total += interval_loss((vols[i] - quotes[1, i]) / quotes[2, i], rule)
    for p in range(x.shape[0]):
        for j in range(_N):
            total += 0.5 * prior[p] * (x[p, j] - start[p, j]) ** 2
    return total


@inlined
def _equations(x, start, prior, quotes, first, years, rule, vols, shifted, slopes, raw, cap, matrix, rhs):
    """Fill the normal equations at x; the derivatives of the vols are forward differences."""
    size = rhs.shape[0]
    for c in range(size):
        p, j = c // _N, c % _N
        keep = x[p, j]
        x[p, j] = keep + _STEP
        essvi_slices(x, raw, cap)
        x[p, j] = keep
        _vols(raw, quotes, first, years, shifted)
        for i in range(vols.shape[0]):
            slopes[c, i] = (shifted[i] - vols[i]) / (_STEP * quotes[2, i])
        rhs[c] = -prior[p] * (keep - start[p, j])
    for i in range(vols.shape[0]):
        weight, miss = interval_weight((vols[i] - quotes[1, i]) / quotes[2, i], rule)
        shifted[i] = weight
        for c in range(size):
            rhs[c] -= miss * slopes[c, i]
    for c in range(size):
        for d in range(c + 1):
            total = prior[c // _N] if c == d else 0.0
            for i in range(vols.shape[0]):
                total += shifted[i] * slopes[c, i] * slopes[d, i]
            matrix[c, d] = total


@kernel
def fit_essvi(x, raw, quotes, first, years, prior, rule, most):
    """Minimise the loss of an eSSVI surface over x[n_slice, 3], in place; fills raw[n_slice, 5]; returns the loss."""
    n = raw.shape[0]
    size, n_quote = _N * n, quotes.shape[1]
    cap, vols, shifted = np.empty(n), np.empty(n_quote), np.empty(n_quote)
    start, trial, slopes = np.empty((n, _N)), np.empty((n, _N)), np.empty((size, n_quote))
    matrix, factor, rhs, step = np.empty((size, size)), np.zeros((size, size)), np.empty(size), np.empty(size)
    for p in range(n):
        for j in range(_N):
            start[p, j] = trial[p, j] = x[p, j]
    value, damping, quiet = math.inf, 1e-3, 0
    for turn in range(most):
        essvi_slices(trial, raw, cap)
        _vols(raw, quotes, first, years, vols)
        after = _loss(vols, trial, start, prior, quotes, rule)
        if after < value:
            quiet = quiet + 1 if value - after <= 1e-5 * value else 0
            value, damping = after, max(0.2 * damping, 1e-12) if turn else damping
            for p in range(n):
                for j in range(_N):
                    x[p, j] = trial[p, j]
            if quiet == 3:
                break
            _equations(x, start, prior, quotes, first, years, rule, vols, shifted, slopes, raw, cap, matrix, rhs)
        elif turn == 0:
            break
        else:
            damping *= 4.0
        while not solve_damped(matrix, rhs, damping, size, factor, step) and damping < 1e12:
            damping *= 10.0
        if damping > 1e10:
            break
        for p in range(n):
            for j in range(_N):
                trial[p, j] = x[p, j] + min(max(step[_N * p + j], -1.5), 1.5)
    essvi_slices(x, raw, cap)
    return value


@kernel
def essvi_rows(x, raw):
    """Fill raw[n_slice, 5] with the slices of coordinates x[n_slice, 3]."""
    essvi_slices(x, raw, np.empty(raw.shape[0]))
