# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Local search over whole lots.

Starting from whole lots, single moves and pairs of moves are tried until none helps: a step in one instrument, answered
by the step of another that best repairs a row, best lowers the objective, or closes a trade. Where pairs no longer
help, two steps of one lot are tried with the answer of the instrument that moves a row most finely. A move helps if it
lowers the violation of the rows, or keeps it and lowers the objective. No move may leave a row further than rounding
could. Everything is in lots; ties go to the first move found, so the result is deterministic.
"""

import math
from typing import NamedTuple

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.hedging.program_kernels import Program


class Terms(NamedTuple):
    """The problem in lots.

    Parameters
    ----------
    program : Program
        Its arrays; a trade of one is a lot.
    charge, least : ndarrays of shape (n,)
        What a trade is charged once; its smallest size.
    slack, granule, reach : ndarrays of shape (m,)
        What counts as met; the finest lot; the furthest that rounding may leave a row.
    finest : ndarray of shape (m,)
        Which instrument has the finest lot of each row.
    repair : ndarray of shape (r,)
        The rows that moves answer to.
    """

    program: Program
    charge: np.ndarray
    least: np.ndarray
    slack: np.ndarray
    granule: np.ndarray
    reach: np.ndarray
    finest: np.ndarray
    repair: np.ndarray


class Point(NamedTuple):
    """Where the search is.

    Parameters
    ----------
    lots, pull : ndarrays of shape (n,)
        Whole lots; derivative of the variance term there.
    costs : ndarray of shape (n,)
        Own cost and charge of each instrument there.
    rows : ndarray of shape (m,)
        Rows there.
    """

    lots: np.ndarray
    pull: np.ndarray
    costs: np.ndarray
    rows: np.ndarray


@inlined
def _own(kink, level, slope, curve, anchor, count, power, charge, i, x):
    """Own cost and charge of instrument i at x lots."""
    j, last = 0, count[i] - 1
    while j < last and (x > kink[i, j + 1] or (x == kink[i, j + 1] and x <= 0.0)):
        j += 1
    cost, away = level[i, j], x - anchor[i, j]
    if away != 0.0 and last >= 0:
        cost += away * (slope[i, j] + 0.5 * curve[i, j] * away)
    if x != 0.0:
        cost += charge[i] + power[i] * abs(x) * math.sqrt(abs(x))
    return cost


@inlined
def _own_at(terms, i, x):
    p = terms.program
    return _own(p.kink, p.level, p.slope, p.curve, p.anchor, p.count, p.power, terms.charge, i, x)


@inlined
def _held(long, short, held, r, i, x):
    after = held[i] + x
    return long[r, i] * after if after > 0.0 else -short[r, i] * after


@inlined
def _violation(terms, point, plain, i, di, j, dj, k, dk, most):
    """Sum of relative violations after three steps; infinite beyond most, or beyond what rounding may leave."""
    p, total = terms.program, 0.0
    for r in range(point.rows.shape[0]):
        row = point.rows[r] + p.linear[r, i] * di + p.linear[r, j] * dj + p.linear[r, k] * dk
        if r >= plain:
            for index, step in ((i, di), (j, dj), (k, dk)):
                if step != 0.0:
                    before = _held(p.long, p.short, p.held, r, index, point.lots[index])
                    row += _held(p.long, p.short, p.held, r, index, point.lots[index] + step) - before
        away = max(p.lower[r] - row, row - p.upper[r])
        if away > terms.reach[r]:
            return math.inf
        if away > terms.slack[r]:
            total += (away - terms.slack[r]) / terms.granule[r]
            if total > most:
                return math.inf
    return total


@inlined
def _gain(terms, point, i, di, j, dj, k, dk):
    """Change of the objective when three different instruments step."""
    hessian, pull = terms.program.hessian, point.pull
    gain = di * (pull[i] + 0.5 * di * hessian[i, i]) + _own_at(terms, i, point.lots[i] + di) - point.costs[i]
    if dj != 0.0:
        gain += dj * (pull[j] + 0.5 * dj * hessian[j, j] + di * hessian[i, j])
        gain += _own_at(terms, j, point.lots[j] + dj) - point.costs[j]
    if dk != 0.0:
        gain += dk * (pull[k] + 0.5 * dk * hessian[k, k] + di * hessian[i, k] + dj * hessian[j, k])
        gain += _own_at(terms, k, point.lots[k] + dk) - point.costs[k]
    return gain


@inlined
def _answer(terms, point, i, di, j, dj, k, way):
    """Return the whole-lot step of instrument k that best answers steps of i and j.

    Way 0 minimises the variance term, way 1 closes the trade, way 2 + n brings row repair[n] back inside.
    """
    p = terms.program
    if way == 0:
        curve = p.hessian[k, k]
        slope = point.pull[k] + p.hessian[i, k] * di + p.hessian[j, k] * dj
        return -math.floor(slope / curve + 0.5) if curve > 0.0 else 0.0
    if way == 1:
        return -point.lots[k]
    r = terms.repair[way - 2]
    after = point.lots[k] + p.held[k]
    unit = p.linear[r, k] + (p.long[r, k] if after > 0.0 else -p.short[r, k])
    row = point.rows[r] + p.linear[r, i] * di + p.linear[r, j] * dj
    target = min(max(row, p.lower[r]), p.upper[r])
    return math.floor((target - row) / unit + 0.5) if unit != 0.0 else 0.0


@inlined
def _better(terms, point, plain, best, i, di, j, dj, k, dk):
    """Return the better of the best move so far and this one; a move is (violation, gain, i, di, j, dj, k, dk)."""
    p = terms.program
    for index, step in ((i, di), (j, dj), (k, dk)):
        if step != 0.0:
            after = point.lots[index] + step
            if after < p.kink[index, 0] or after > p.kink[index, p.count[index]]:
                return best
            if after != 0.0 and abs(after) < terms.least[index]:
                return best
    violation = _violation(terms, point, plain, i, di, j, dj, k, dk, best[0] + 1e-9)
    if violation > best[0] + 1e-9:
        return best
    gain = _gain(terms, point, i, di, j, dj, k, dk)
    if violation < best[0] - 1e-9 or gain < best[1]:
        return min(violation, best[0]), gain, i, di, j, dj, k, dk
    return best


@inlined
def _best_pair(terms, point, plain, best):
    """Try every step of one instrument, alone and answered by every other in every way."""
    n, ways = point.lots.shape[0], terms.repair.shape[0] + 2
    for i in range(n):
        for choice in range(ways + 2):
            di = 1.0 - 2.0 * choice if choice < 2 else _answer(terms, point, i, 0.0, i, 0.0, i, choice - 2)
            if di == 0.0:
                continue
            best = _better(terms, point, plain, best, i, di, i, 0.0, i, 0.0)
            for j in range(n):
                for way in range(ways if j != i else 0):
                    dj = _answer(terms, point, i, di, i, 0.0, j, way)
                    if dj != 0.0:
                        best = _better(terms, point, plain, best, i, di, j, dj, i, 0.0)
    return best


@inlined
def _best_triple(terms, point, plain, best):
    """Try two steps of one lot, answered by the instrument that moves a row most finely."""
    n = point.lots.shape[0]
    for i in range(n):
        for j in range(i + 1, n):
            for signs in range(4):
                di, dj = 1.0 - 2.0 * (signs & 1), 1.0 - 2.0 * (signs >> 1)
                for way in range(terms.repair.shape[0]):
                    k = terms.finest[terms.repair[way]]
                    if k not in (i, j):
                        dk = _answer(terms, point, i, di, j, dj, k, way + 2)
                        best = _better(terms, point, plain, best, i, di, j, dj, k, dk)
    return best


@inlined
def _step(terms, point, plain, index, step):
    """Move one instrument."""
    p = terms.program
    for other in range(point.lots.shape[0]):
        point.pull[other] += p.hessian[other, index] * step
    for r in range(point.rows.shape[0]):
        point.rows[r] += p.linear[r, index] * step
        if r >= plain:
            before = _held(p.long, p.short, p.held, r, index, point.lots[index])
            point.rows[r] += _held(p.long, p.short, p.held, r, index, point.lots[index] + step) - before
    point.lots[index] += step
    point.costs[index] = _own_at(terms, index, point.lots[index])


@kernel
def search_lots(terms, point, plain, least_gain, rounds):
    """Improve a point in place; returns the violation that is left."""
    for i in range(point.lots.shape[0]):
        point.costs[i] = _own_at(terms, i, point.lots[i])
    now = 0.0
    for _ in range(rounds):
        now = _violation(terms, point, plain, 0, 0.0, 0, 0.0, 0, 0.0, math.inf)
        none = (now, -least_gain, -1, 0.0, 0, 0.0, 0, 0.0)
        best = _best_pair(terms, point, plain, none)
        if best[2] < 0:
            best = _best_triple(terms, point, plain, none)
        if best[2] < 0:
            return now
        _, _, i, di, j, dj, k, dk = best
        for index, step in ((i, di), (j, dj), (k, dk)):
            if step != 0.0:
                _step(terms, point, plain, index, step)
    return now
