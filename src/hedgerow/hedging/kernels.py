"""Local search over whole lots.

Starting from the nearest lots, single moves and pairs of moves are tried until none helps: a step in one instrument,
answered by the step of another that best repairs a band or best lowers the objective. Where pairs no longer help,
two steps of one lot are tried with the answer of the instrument that moves a band most finely. A move helps if it
lowers the violation of the bands, or keeps it and lowers the objective. No move may leave a band further than
nearest-lot rounding could. Everything is in lots; ties go to the first move found, so the result is deterministic.
"""

import math
from typing import NamedTuple

import numpy as np

from hedgerow.core.compiling import inlined, kernel


class Terms(NamedTuple):
    """The problem in lots.

    Parameters
    ----------
    hessian : ndarray of shape (n, n)
        Second derivative of the risk term.
    cost, box : ndarray of shape (n,)
        Cost of one lot; largest number of lots.
    units : ndarray of shape (m, n)
        Greeks of one lot.
    lower, upper : ndarray of shape (m,)
        Ends of the bands.
    slack, granule, reach : ndarray of shape (m,)
        What counts as met; the finest lot; the furthest that rounding may leave a band.
    finest : ndarray of shape (m,)
        Which instrument has the finest lot of each Greek.
    """

    hessian: np.ndarray
    cost: np.ndarray
    box: np.ndarray
    units: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    slack: np.ndarray
    granule: np.ndarray
    reach: np.ndarray
    finest: np.ndarray


@inlined
def _violation(terms, greeks, i, di, j, dj, k, dk):
    """Sum of relative violations after three steps; infinite if a band ends further away than rounding may leave it."""
    total = 0.0
    for row in range(greeks.shape[0]):
        greek = greeks[row] + terms.units[row, i] * di + terms.units[row, j] * dj + terms.units[row, k] * dk
        away = max(terms.lower[row] - greek, greek - terms.upper[row])
        if away > terms.reach[row]:
            return math.inf
        if away > terms.slack[row]:
            total += (away - terms.slack[row]) / terms.granule[row]
    return total


@inlined
def _cost_change(terms, lots, i, di):
    return terms.cost[i] * (abs(lots[i] + di) - abs(lots[i]))


@inlined
def _gain(terms, lots, pull, i, di, j, dj, k, dk):
    """Change of the objective when three different instruments step; pull is its smooth gradient."""
    hessian = terms.hessian
    smooth = di * (pull[i] + 0.5 * di * hessian[i, i])
    smooth += dj * (pull[j] + 0.5 * dj * hessian[j, j] + di * hessian[i, j])
    smooth += dk * (pull[k] + 0.5 * dk * hessian[k, k] + di * hessian[i, k] + dj * hessian[j, k])
    gain = smooth + _cost_change(terms, lots, i, di)
    if dj != 0.0:
        gain += _cost_change(terms, lots, j, dj)
    if dk != 0.0:
        gain += _cost_change(terms, lots, k, dk)
    return gain


@inlined
def _answer(terms, greeks, pull, i, di, j, dj, k, way):
    """Return the whole-lot step of instrument k that best answers steps of i and j.

    Way 0 minimises the objective without its cost; way 1 + row brings a band back inside.
    """
    if way == 0:
        curve = terms.hessian[k, k]
        slope = pull[k] + terms.hessian[i, k] * di + terms.hessian[j, k] * dj
        return -math.floor(slope / curve + 0.5) if curve > 0.0 else 0.0
    row = way - 1
    unit = terms.units[row, k]
    after = greeks[row] + terms.units[row, i] * di + terms.units[row, j] * dj
    target = min(max(after, terms.lower[row]), terms.upper[row])
    return math.floor((target - after) / unit + 0.5) if unit != 0.0 else 0.0


@inlined
def _first_step(terms, greeks, pull, i, choice):
    """Return the steps that an instrument may open with: one lot up, one down, or its own best answers."""
    if choice == 0:
        return 1.0
    if choice == 1:
        return -1.0
    return _answer(terms, greeks, pull, i, 0.0, i, 0.0, i, choice - 2)


@inlined
def _better(terms, lots, pull, greeks, best, i, di, j, dj, k, dk):
    """Return the better of the best move so far and this one; a move is (violation, gain, i, di, j, dj, k, dk)."""
    for index, step in ((i, di), (j, dj), (k, dk)):
        if step != 0.0 and abs(lots[index] + step) > terms.box[index]:
            return best
    violation = _violation(terms, greeks, i, di, j, dj, k, dk)
    if violation > best[0] + 1e-9:
        return best
    gain = _gain(terms, lots, pull, i, di, j, dj, k, dk)
    if violation < best[0] - 1e-9 or gain < best[1]:
        return min(violation, best[0]), gain, i, di, j, dj, k, dk
    return best


@inlined
def _best_pair(terms, lots, pull, greeks, best):
    """Try every step of one instrument, alone and answered by every other in every way."""
    n, ways = lots.shape[0], greeks.shape[0] + 1
    for i in range(n):
        for choice in range(ways + 2):
            di = _first_step(terms, greeks, pull, i, choice)
            if di == 0.0:
                continue
            best = _better(terms, lots, pull, greeks, best, i, di, i, 0.0, i, 0.0)
            for j in range(n):
                for way in range(ways if j != i else 0):
                    dj = _answer(terms, greeks, pull, i, di, i, 0.0, j, way)
                    if dj != 0.0:
                        best = _better(terms, lots, pull, greeks, best, i, di, j, dj, i, 0.0)
    return best


@inlined
def _best_triple(terms, lots, pull, greeks, best):
    """Try two steps of one lot, answered by the instrument that moves a band most finely."""
    n = lots.shape[0]
    for i in range(n):
        for j in range(i + 1, n):
            for signs in range(4):
                di, dj = 1.0 - 2.0 * (signs & 1), 1.0 - 2.0 * (signs >> 1)
                for row in range(greeks.shape[0]):
                    k = terms.finest[row]
                    if k in (i, j):
                        continue
                    dk = _answer(terms, greeks, pull, i, di, j, dj, k, row + 1)
                    best = _better(terms, lots, pull, greeks, best, i, di, j, dj, k, dk)
    return best


@kernel
def search_lots(terms, lots, pull, greeks, least_gain, rounds):
    """Improve lots[n] in place, with pull[n] and greeks[m] kept up to date; returns the number of moves made."""
    for done in range(rounds):
        now = _violation(terms, greeks, 0, 0.0, 0, 0.0, 0, 0.0)
        none = (now, -least_gain, -1, 0.0, 0, 0.0, 0, 0.0)
        best = _best_pair(terms, lots, pull, greeks, none)
        if best[2] < 0:
            best = _best_triple(terms, lots, pull, greeks, none)
        if best[2] < 0:
            return done
        _, _, i, di, j, dj, k, dk = best
        for index, step in ((i, di), (j, dj), (k, dk)):
            lots[index] += step
            for other in range(lots.shape[0]):
                pull[other] += terms.hessian[other, index] * step
            for row in range(greeks.shape[0]):
                greeks[row] += terms.units[row, index] * step
    return rounds
