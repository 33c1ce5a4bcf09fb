# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Residuals of the optimality conditions, trusting no solver; ``certificate.py`` says what they mean."""

import math

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.hedging.program_kernels import add_prices, gross_prices, own_costs, rest, risk_slope, row_values

_TINY = 1e-300


@inlined
def _worse(worst, value):
    """The larger of two residuals; infinite if one is not a number."""
    return max(worst, value) if value == value else math.inf


@inlined
def _reach(program, r, lot):
    """What a lot of everything, and what is held, do to a row."""
    size = 0.0
    for i in range(lot.shape[0]):
        weight = max(program.long[r, i], program.short[r, i])
        size += (abs(program.linear[r, i]) + weight) * lot[i] + weight * abs(program.held[i])
    return size


@inlined
def _row_size(program, r, reach):
    """What a row is measured against: its start, its ends, and what a lot of everything does to it."""
    size = abs(program.base[r]) + reach + _TINY
    for end in (program.lower[r], program.upper[r]):
        if abs(end) < math.inf:
            size += abs(end)
    return size


@inlined
def _curves(program, y, lot, plus, minus, curve, own):
    """Fill curve[n] and own[n] with the curvature and the first cost by which a slope is judged; returns the pull."""
    for i in range(lot.shape[0]):
        own[i] = 0.0  # what the first contract costs at most, by itself
        for j in range(program.count[i]):
            if program.anchor[i, j] == 0.0 or program.count[i] == 1:
                own[i] = max(own[i], abs(program.slope[i, j]))
        own[i] += max(abs(plus[i]), abs(minus[i])) + _TINY
    for r in range(y.shape[0]):
        if y[r] != 0.0:
            for i in range(lot.shape[0]):
                own[i] = max(own[i], abs(program.linear[r, i] * y[r]))
    pull = 0.0
    for i in range(lot.shape[0]):
        diagonal = program.hessian[i, i]
        curve[i] = diagonal if diagonal > 0.0 else own[i] / lot[i]
        pull = _worse(pull, abs(program.gradient[i]) / math.sqrt(curve[i]))
    return pull


@inlined
def certify_inside(program, x, y, lot, reach, start, plain):
    """(stationarity, feasibility, complementarity, loss) of x[n] and y[m].

    reach[m] is what a lot of everything does to each row, start the variance term at no trade; rows before plain do
    not count positions.
    """
    n, m = x.shape[0], y.shape[0]
    risk_part, slope, plus, minus = np.empty(n), np.empty(n), np.zeros(n), np.zeros(n)
    curve, own, values = np.empty(n), np.empty(n), np.empty(m)
    risk_slope(program, x, risk_part)
    for i in range(n):
        slope[i] = program.gradient[i] + risk_part[i]
    add_prices(program, y, slope)
    gross_prices(program, y, plain, plus, minus)
    pull = _curves(program, y, lot, plus, minus, curve, own)
    stationarity = feasibility = complementarity = left = 0.0
    risk, worth = start, 0.0
    ideals, costs, inside, place = np.empty(n), np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    ideal_costs = np.empty(n)
    rest(program, x, slope, curve, plus, minus, place, ideals)
    for i in range(n):
        inside[i] = min(max(x[i], program.kink[i, 0]), program.kink[i, program.count[i]])
    own_costs(program, inside, costs)
    own_costs(program, ideals, ideal_costs)
    for i in range(n):
        ideal = ideals[i]
        miss = curve[i] * abs(x[i] - ideal)
        stationarity = _worse(stationarity, miss / (pull * math.sqrt(curve[i]) + own[i]))
        feasibility = _worse(feasibility, abs(x[i] - inside[i]) / max(abs(x[i]), _TINY))
        # The step back to the ideal saves this much; from there on its subgradient, curve·(x - ideal), bounds the rest.
        saved = costs[i] - ideal_costs[i] + slope[i] * (inside[i] - ideal)
        for u, sign in ((inside[i], 1.0), (ideal, -1.0)):
            after = program.held[i] + u
            saved += sign * (plus[i] * max(after, 0.0) + minus[i] * max(-after, 0.0))
        left += max(saved, 0.0) + miss * (abs(x[i]) + abs(ideal))
        risk += (program.gradient[i] + 0.5 * risk_part[i]) * x[i]
        worth += abs(costs[i])
    row_values(program, x, plain, values)
    for r in range(m):
        size = _row_size(program, r, reach[r])
        away = max(program.lower[r] - values[r], values[r] - program.upper[r], 0.0)
        feasibility = _worse(feasibility, away / size)
        give = 0.0
        for i in range(n):
            weight = abs(program.linear[r, i]) + max(program.long[r, i], program.short[r, i])
            give += weight * weight / curve[i]
        slack = abs(values[r] - min(max(values[r] + give * y[r], program.lower[r]), program.upper[r]))
        complementarity = _worse(complementarity, slack / size)
        left += abs(y[r]) * slack
    worth += max(risk, 0.0) + 1e-8 * start + _TINY
    return stationarity, feasibility, complementarity, _worse(0.0, left / worth)


@inlined
def _reaches(program, lot):
    reach = np.empty(program.base.shape[0])
    for r in range(reach.shape[0]):
        reach[r] = _reach(program, r, lot)
    return reach


@kernel
def reach_of_rows(program, lot):
    """What a lot of everything, and what is held, do to each row."""
    return _reaches(program, lot)


@kernel
def certify(program, x, y, lot, start, plain):
    """(stationarity, feasibility, complementarity, loss) of x[n] and y[m]; start is the variance term at no trade."""
    return certify_inside(program, x, y, lot, _reaches(program, lot), start, plain)
