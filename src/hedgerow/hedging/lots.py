"""From a continuous plan to whole lots: nearest lots or a dive, then local search.

Rounding to the nearest lots usually breaks a narrow row. A dive fixes one instrument after the other to whole lots, the
coarsest first, and solves again for the rest, which can still answer. Local search starts from both; the better end
counts. All of it starts from the problem and from counts of lots that are snapped to a grid, so that a plan does not
depend on how its continuous part was reached.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError, SolveError, SolveFault
from hedgerow.hedging import lot_kernels
from hedgerow.hedging.lot_kernels import Point, Terms
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program import equilibrate, program_of, rescale
from hedgerow.hedging.program_kernels import Program, rows_at
from hedgerow.hedging.quadratic import OPTIMAL, daqp_model
from hedgerow.hedging.split import Split, split_of
from hedgerow.hedging.tail import worst_weights

_ROUNDS: Final = 400
_MOST_LOTS: Final = 2.0**53
_MOST_REPAIRS: Final = 6
_SNAP: Final = 1e6
_LIMIT: Final = 1e-4
_RIDGE: Final = 1e-7


def round_to_lots(problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"]) -> Int64[np.ndarray, " n_instrument"]:
    """Round a continuous plan to whole lots, keeping the rows as well as lots allow.

    Parameters
    ----------
    problem : HedgeProblem
        The problem that the plan solves.
    x : ndarray of shape (n_instrument,)
        Continuous trade. [contracts]

    Returns
    -------
    ndarray of shape (n_instrument,)
        Signed number of lots. [lots]

    Raises
    ------
    InputError
        If a trade has more lots than can be counted.
    SolveError
        If there is no whole lot between the trade limits of an instrument.

    Notes
    -----
    A Greek that must be exactly neutral ends within half of the sum of all instruments' lots of it, and is driven
    towards half of the finest one. Rounding costs optimality: the plan states the objective before and after.

    References
    ----------
    Aarts, Lenstra (1997), "Local Search in Combinatorial Optimization", chapter 1; Achterberg (2007), "Constraint
    Integer Programming", section 9.2 (diving).
    """
    lot = problem.lot
    for name, count in zip(problem.names, x / lot, strict=True):
        if not abs(count) < _MOST_LOTS:
            raise InputError(f"{name}: a trade of {count:.3g} lots", "its lot is too small; state it in contracts")
    if x.size == 0:
        return frozen(np.zeros(0, dtype=np.int64))
    _check_whole(problem)
    smooth = _smoothed(problem, x)
    terms = _in_lots(problem, smooth)
    near = _nearest(terms, x / lot)
    best, key = _searched(problem, terms, near)
    if problem.tail is not None and (own := _judged(problem, terms, near)) < key:
        best, key = near, own  # the parabola is not the measure: what was searched by it may be worse
    if terms.repair.size and _is_wanting(problem, key, x):
        dived = _dive(problem, smooth, terms, near)
        if dived is not None:
            other, other_key = _searched(problem, terms, dived)
            best = other if other_key < key else best
    return frozen((best + 0.0).astype(np.int64))


def _check_whole(problem: HedgeProblem) -> None:
    """Refuse trade limits between which there is no whole lot."""
    low, high = np.ceil(problem.trade_lower / problem.lot - 1e-9), np.floor(problem.trade_upper / problem.lot + 1e-9)
    for i in np.flatnonzero(low > high):
        raise SolveError(
            SolveFault.INFEASIBLE,
            f"{problem.names[i]}: no whole number of lots of {problem.lot[i]:g} lies between "
            f"{problem.trade_lower[i]:g} and {problem.trade_upper[i]:g} contracts",
            "state trade limits in whole lots",
        )


def _judged(problem: HedgeProblem, terms: Terms, lots: Float64[np.ndarray, " n"]) -> tuple[float, float]:
    """Return what whole lots leave of the rows' violation, and their objective."""
    program, rows = terms.program, rows_at(terms.program, lots)
    away = np.maximum(np.maximum(program.lower - rows, rows - program.upper) - terms.slack, 0.0)
    return round(float(np.sum(away / terms.granule)), 6), problem.objective(lots * problem.lot)


def _is_wanting(problem: HedgeProblem, key: tuple[float, float], x: Float64[np.ndarray, " n"]) -> bool:
    """Tell whether the rows are broken, or lots cost more than a thousandth."""
    ideal = problem.objective(x)
    return key[0] > 0.0 or key[1] - ideal > 1e-3 * abs(ideal)


def _nearest(terms: Terms, counts: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the nearest lots that may be traded; a half goes to the even one, however it was rounded."""
    program = terms.program
    most = program.kink[np.arange(counts.size), program.count]
    lots = np.clip(np.round(np.round(counts * _SNAP) / _SNAP), program.kink[:, 0], most)
    small = (lots != 0.0) & (np.abs(lots) < terms.least)
    up = np.sign(lots) * terms.least
    fits = (up >= program.kink[:, 0]) & (up <= most) & (np.abs(lots) >= 0.5 * terms.least)
    return np.where(small, np.where(fits, up, 0.0), lots) + 0.0


def _searched(
    problem: HedgeProblem, terms: Terms, start: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " n"], tuple[float, float]]:
    """Improve whole lots by local search; returns them with what is left of the violation, and the objective."""
    program, lots = terms.program, start.copy()
    rows = rows_at(program, lots)
    away = np.maximum(np.maximum(program.lower - rows, rows - program.upper), 0.0)
    weight = np.abs(program.linear) + np.maximum(program.long, program.short)
    reach = np.maximum(0.5 * weight.sum(axis=1), away) * (1.0 + 1e-9)
    bands = len(problem.bands)
    reach[bands:] = away[bands:] * (1.0 + 1e-9)  # limits are no wishes
    if np.any(away[bands:] > terms.slack[bands:]):
        reach[:bands] = np.inf  # to come back inside of a limit, a band may be left
    point = Point(lots=lots, pull=program.gradient + program.hessian @ lots, costs=np.zeros(lots.size), rows=rows)
    least_gain = 1e-12 * abs(problem.objective(lots * problem.lot))
    left = lot_kernels.search_lots(terms._replace(reach=reach), point, len(problem.bands), least_gain, _ROUNDS)
    whole = np.round(point.lots)
    return whole, (round(float(left), 6), problem.objective(whole * problem.lot))


def _smoothed(problem: HedgeProblem, x: Float64[np.ndarray, " n"]) -> Program:
    """Return the problem's arrays, scenarios replaced by a parabola with the same slope at x.

    Its curvature is that of a Gaussian risk measure: scenarios bend it only at kinks, which lots step over.
    """
    program = program_of(problem)
    if problem.tail is None:
        return program
    risk = problem.tail
    losses = -(risk.book_pnl + risk.unit_pnl @ x)
    value, weights = worst_weights(risk, losses)
    slope = -risk.weight * (weights.probability @ risk.unit_pnl[weights.index])
    spread = float(np.var(losses))
    bend = risk.weight * max(value - float(np.mean(losses)), 0.0) / spread if spread > 0.0 else 0.0
    hessian = bend * np.atleast_2d(np.cov(risk.unit_pnl, rowvar=False, bias=True))
    return program._replace(hessian=program.hessian + hessian, gradient=program.gradient + slope - hessian @ x)


def _in_lots(problem: HedgeProblem, smooth: Program) -> Terms:
    """Express a problem in lots, without the reach of its rows, which depends on where the search starts."""
    lot, m = problem.lot, len(problem.bands) + len(problem.limits)
    program = _whole(rescale(smooth, lot, np.ones(m)))
    weight = np.abs(program.linear) + np.maximum(program.long, program.short)
    most = program.kink[np.arange(lot.size), program.count]
    tradable = most > program.kink[:, 0]
    usable = np.where(tradable & (weight != 0.0), weight, np.inf)
    granule = np.min(usable, axis=1, initial=np.inf)
    granule = np.where(np.isfinite(granule), granule, 1.0)
    # An exact target is met within half of the finest lot; a band has room of its own.
    exact = program.lower == program.upper
    width = np.where(exact, 0.0, program.upper - program.lower) / granule
    order = np.argsort(width, kind="stable")
    bound = np.isfinite(program.lower) | np.isfinite(program.upper)
    # A limit weighs more than any band, which is a wish.
    grain = np.where(np.arange(m) < len(problem.bands), granule, _LIMIT * granule)
    return Terms(
        program=program,
        charge=np.array([curve.fixed for curve in problem.curves]),
        least=np.ceil(problem.least / lot - 1e-9),
        slack=np.where(exact, 0.5 * granule * (1.0 + 1e-9), 1e-12 * np.maximum(np.abs(program.base), granule)),
        granule=grain,
        reach=np.zeros_like(granule),
        finest=np.argmin(usable, axis=1) if lot.size else np.zeros(m, dtype=np.int64),
        repair=np.array([r for r in order if bound[r]][:_MOST_REPAIRS], dtype=np.int64),
    )


def _whole(program: Program) -> Program:
    """Move the ends of what may be traded inwards to whole lots; kinks between them stay where they are."""
    kink, every = program.kink.copy(), np.arange(program.count.size)
    low, high = np.ceil(kink[:, 0] - 1e-9), np.floor(kink[every, program.count] + 1e-9)
    kink = np.clip(kink, low[:, None], high[:, None])
    return program._replace(kink=kink)


def _dive(
    problem: HedgeProblem, smooth: Program, terms: Terms, near: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"] | None:
    """Fix one instrument after the other to whole lots, the coarsest first; None if the first solve fails."""
    scaled = equilibrate(problem, smooth)
    per_lot = problem.lot / scaled.unit
    split = split_of(scaled.program, near * per_lot if scaled.has_power else None, whole=True)
    # With fixed charges it has been decided who trades.
    pins = {i: 0.0 for i in range(near.size) if problem.has_fixed and near[i] == 0.0}
    z = _pinned(split, pins, per_lot)
    if z is None:
        return None
    for i in _coarsest_first(terms):
        if i in pins:
            continue
        count = float(split.trade(z)[i] / per_lot[i])
        tries = [t for t in _tries(terms, i, count) if t == 0.0 or abs(t) >= terms.least[i]] or [float(near[i])]
        pins[i] = tries[0]
        for whole in tries:
            found = _pinned(split, {**pins, i: whole}, per_lot)
            if found is not None:
                pins[i], z = whole, found
                break
    return np.array([pins[i] for i in range(near.size)])


def _tries(terms: Terms, i: int, count: float) -> list[float]:
    """Return the whole lots around a count, the nearest first, that may be traded."""
    low, high = terms.program.kink[i, 0], terms.program.kink[i, terms.program.count[i]]
    around = (round(round(count * _SNAP) / _SNAP), math.floor(count), math.ceil(count))
    return list(dict.fromkeys(float(min(max(t, low), high)) for t in around))


def _coarsest_first(terms: Terms) -> list[int]:
    """Return instruments in the order of what a lot does to the narrowest rows."""
    program, rows = terms.program, terms.repair
    weight = np.abs(program.linear) + np.maximum(program.long, program.short)
    width = np.maximum((program.upper - program.lower)[rows], terms.granule[rows])
    share = (weight[rows] / width[:, None]).max(axis=0)
    return [int(i) for i in np.argsort(-share, kind="stable")]


def _pinned(
    split: Split, pins: dict[int, float], per_lot: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n_piece"] | None:
    """Solve with some instruments fixed at whole lots; None if the rows cannot be met."""
    n_piece = split.linear.size
    lower, upper = split.lower.copy(), split.upper.copy()
    for i, lots in pins.items():
        left = (lots * per_lot[i] - split.base[i]) / split.size
        for v in np.flatnonzero(split.owner == i):
            take = min(max(left * split.sign[v], 0.0), split.upper[v])
            lower[v] = upper[v] = take
            left -= take * split.sign[v]
    model = daqp_model(replace(split, lower=lower, upper=upper), _RIDGE)
    if model is None:
        return None
    z, _, flag, _ = model.solve()
    if flag != OPTIMAL or not np.all(np.isfinite(z)):
        return None
    return np.asarray(np.clip(z, lower[:n_piece], upper[:n_piece]))
