"""Local search over whole lots.

Starting from the nearest lots, single moves and pairs of moves are tried until none helps: a step of one lot in one
instrument, answered by the step of another that best repairs the worst band or best lowers the objective. A move
helps if it lowers the violation of the bands, or keeps it and lowers the objective. No move may leave a band further
than nearest-lot rounding could. Everything is in lots; ties go to the first move found, so the result is
deterministic.
"""

import math

from hedgerow.core.compiling import inlined, kernel


@inlined
def _violation(greeks, lower, upper, slack, granule, reach):
    """Sum of relative violations; infinite if a band is further away than rounding alone could leave it."""
    total = 0.0
    for j in range(greeks.shape[0]):
        away = max(lower[j] - greeks[j], greeks[j] - upper[j])
        if away > reach[j]:
            return math.inf
        if away > slack[j]:
            total += (away - slack[j]) / granule[j]
    return total


@inlined
def _gain(lots, pull, hessian, cost, i, di, j, dj):
    """Change of the objective when instruments i and j move by di and dj lots; pull is its smooth gradient."""
    gain = di * pull[i] + 0.5 * di * di * hessian[i, i] + cost[i] * (abs(lots[i] + di) - abs(lots[i]))
    if dj != 0.0:
        gain += dj * pull[j] + 0.5 * dj * dj * hessian[j, j] + di * dj * hessian[i, j]
        gain += cost[j] * (abs(lots[j] + dj) - abs(lots[j]))
    return gain


@inlined
def _answer(greeks, units, lower, upper, hessian, pull, i, di, j, way):
    """Return the whole-lot step of instrument j that best answers a step di of instrument i.

    Way 0 minimises the objective without its cost; way 1 + k brings band k back inside.
    """
    if way == 0:
        curve = hessian[j, j]
        return -math.floor((pull[j] + hessian[i, j] * di) / curve + 0.5) if curve > 0.0 else 0.0
    row = way - 1
    unit = units[row, j]
    after = greeks[row] + units[row, i] * di
    target = min(max(after, lower[row]), upper[row])
    return math.floor((target - after) / unit + 0.5) if unit != 0.0 else 0.0


@inlined
def _first_step(greeks, units, lower, upper, hessian, pull, i, choice):
    """Return the steps that an instrument may open with: one lot up, one down, or its own best answers."""
    if choice == 0:
        return 1.0
    if choice == 1:
        return -1.0
    return _answer(greeks, units, lower, upper, hessian, pull, i, 0.0, i, choice - 2)


@kernel
def search_lots(
    lots,
    pull,
    hessian,
    cost,
    box,
    greeks,
    units,
    lower,
    upper,
    slack,
    granule,
    reach,
    trial,
    least_gain,
    rounds,
):
    """Improve lots[n] in place, with pull[n] and greeks[m] kept up to date; returns the number of moves made."""
    n, m = lots.shape[0], greeks.shape[0]
    for done in range(rounds):
        best_violation, best_gain = _violation(greeks, lower, upper, slack, granule, reach), -least_gain
        best_i, best_j, best_di, best_dj = -1, -1, 0.0, 0.0
        for i in range(n):
            for choice in range(m + 3):
                di = _first_step(greeks, units, lower, upper, hessian, pull, i, choice)
                if di == 0.0 or abs(lots[i] + di) > box[i]:
                    continue
                for pair in range(1 + (n - 1) * (m + 1)):
                    # Pair 0 is the step alone; the others answer it by every other instrument in every way.
                    other = (pair - 1) // (m + 1)
                    j = i if pair == 0 else other + (1 if other >= i else 0)
                    dj = 0.0
                    if pair > 0:
                        way = (pair - 1) % (m + 1)
                        dj = _answer(greeks, units, lower, upper, hessian, pull, i, di, j, way)
                        if dj == 0.0 or abs(lots[j] + dj) > box[j]:
                            continue
                    for row in range(m):
                        trial[row] = greeks[row] + units[row, i] * di + units[row, j] * dj
                    violation = _violation(trial, lower, upper, slack, granule, reach)
                    if violation > best_violation + 1e-9:
                        continue
                    gain = _gain(lots, pull, hessian, cost, i, di, j, dj)
                    if violation < best_violation - 1e-9 or gain < best_gain:
                        best_violation, best_gain = min(violation, best_violation), gain
                        best_i, best_j, best_di, best_dj = i, j, di, dj
        if best_i < 0:
            return done
        lots[best_i] += best_di
        lots[best_j] += best_dj
        for k in range(n):
            pull[k] += hessian[k, best_i] * best_di + hessian[k, best_j] * best_dj
        for row in range(m):
            greeks[row] += units[row, best_i] * best_di + units[row, best_j] * best_dj
    return rounds
