"""Which method a problem gets: a quadratic program, a bundle over scenarios, branch and bound."""

from dataclasses import replace
from typing import Final

import numpy as np

from hedgerow.core.arrays import Bool, Int64
from hedgerow.core.errors import InputError, SolveError, SolveFault
from hedgerow.hedging.branch_kernels import BUY, OFF, SELL
from hedgerow.hedging.branching import branch
from hedgerow.hedging.certificate import gap_above
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.solver import Solution, solve_convex
from hedgerow.hedging.tail import solve_tail

_DROPS: Final = 40
"""How many instruments are left out on trial where scenarios and charges meet. [count]"""


def solve(problem: HedgeProblem, *, warm: Solution | None = None) -> Solution:
    """Find the optimal trade before rounding, with a proof.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    warm : Solution or None
        The solution of a neighbouring problem: a guess that saves time and, beyond what the proof leaves open, changes
        nothing.

    Returns
    -------
    Solution
        Trade, prices, and the proof: optimality conditions, or a lower bound where there are scenarios or fixed
        charges. [contracts]

    Raises
    ------
    SolveError
        If bands and limits cannot be met together, more and more of something pays for ever, or nothing was proven.

    References
    ----------
    As ``solve_convex``, ``solve_tail`` and ``branch``.
    """
    if problem.has_fixed and problem.names:
        return _with_charges_and_scenarios(problem) if problem.tail is not None else _with_charges(problem)
    if problem.tail is not None and problem.names:
        return solve_tail(problem, warm=warm)
    return solve_convex(problem, warm=warm)


def without_charges(problem: HedgeProblem) -> HedgeProblem:
    """Take fixed charges and smallest trades out of a problem.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.

    Returns
    -------
    HedgeProblem
        The same without them. [as its fields]
    """
    free = tuple(replace(curve, fixed=0.0) for curve in problem.curves)
    return replace(problem, curves=free, least=np.zeros(len(problem.names)))


def _with_charges(problem: HedgeProblem) -> Solution:
    """Choose who trades, then solve for how much."""
    found = branch(problem)
    if found is None:
        solve_convex(without_charges(problem))  # says what conflicts, if it is not the smallest trades
        raise SolveError(
            SolveFault.INFEASIBLE,
            "no trade meets bands and limits with the smallest trades and lots",
            "lower a smallest trade, take finer lots or widen a band",
        )
    chosen = solve_convex(_as_chosen(problem, found.choice))
    return _bounded(problem, chosen, found.lower, f"branch and bound, {found.nodes} nodes")


def _as_chosen(problem: HedgeProblem, choice: Int64[np.ndarray, " n"]) -> HedgeProblem:
    """Leave each instrument the one thing that was chosen for it; charges are paid and drop out."""
    least = np.maximum(problem.least, problem.lot)
    # Who must trade does, whatever is taken beyond what it must.
    choice = np.where(problem.trade_lower > 0.0, BUY, np.where(problem.trade_upper < 0.0, SELL, choice))
    lower = np.where(
        choice == OFF, 0.0, np.where(choice == BUY, np.maximum(problem.trade_lower, least), problem.trade_lower)
    )
    upper = np.where(
        choice == OFF, 0.0, np.where(choice == SELL, np.minimum(problem.trade_upper, -least), problem.trade_upper)
    )
    return replace(without_charges(problem), trade_lower=lower, trade_upper=upper)


def _bounded(problem: HedgeProblem, solution: Solution, lower: float, how: str) -> Solution:
    """State a lower bound with a solution."""
    gap = gap_above(problem, problem.objective(solution.x), lower)
    certificate = replace(solution.certificate, lower_bound=lower, gap=gap)
    return replace(solution, certificate=certificate, chain=(how, *solution.chain))


def _with_charges_and_scenarios(problem: HedgeProblem) -> Solution:
    """Spread the charges for a bound; then pay them in full for those that trade, and leave out who is not worth it."""
    relaxed = solve_tail(_spread(problem))
    lower = relaxed.certificate.lower_bound
    must = (problem.trade_lower > 0.0) | (problem.trade_upper < 0.0)
    used = must | (np.abs(relaxed.x) > 1e-9 * np.maximum(problem.lot, np.max(np.abs(relaxed.x), initial=0.0)))
    best, objective = _restricted(problem, used, relaxed)
    for _ in range(_DROPS):
        droppable = np.flatnonzero(used & ~must)
        trials = [_restricted(problem, used & (np.arange(used.size) != i), best) for i in droppable]
        if not trials or min(trial[1] for trial in trials) >= objective:
            break
        best, objective = min(trials, key=lambda trial: trial[1])
        used = must | (np.abs(best.x) > 1e-9 * problem.lot) if best is not None else used
    if best is None or lower is None:
        raise SolveError(
            SolveFault.NOT_CONVERGED, "no plan over scenarios keeps to the smallest trades", "lower a smallest trade"
        )
    return _bounded(problem, best, lower, "charges spread for the bound, then instruments left out one by one")


def _spread(problem: HedgeProblem) -> HedgeProblem:
    """Spread each charge over the most that may be traded: nowhere dearer than the truth."""
    curves = []
    for curve, low, high in zip(problem.curves, problem.trade_lower, problem.trade_upper, strict=True):
        buy = replace(curve.buy, price=curve.buy.price + (curve.fixed / high if 0.0 < high < np.inf else 0.0))
        sell = replace(curve.sell, price=curve.sell.price + (curve.fixed / -low if -np.inf < low < 0.0 else 0.0))
        curves.append(replace(curve, buy=buy, sell=sell, fixed=0.0))
    return replace(problem, curves=tuple(curves), least=np.zeros(len(problem.names)))


def _restricted(
    problem: HedgeProblem, used: Bool[np.ndarray, " n"], warm: Solution | None
) -> tuple[Solution | None, float]:
    """Solve with some instruments only, each on the side that it trades; returns what all of it costs."""
    free = without_charges(problem)
    some = replace(
        free,
        trade_lower=np.where(used, free.trade_lower, 0.0),
        trade_upper=np.where(used, free.trade_upper, 0.0),
    )
    try:
        found: Solution = solve_tail(some, warm=warm)
    except SolveError:
        return None, np.inf
    size = np.abs(found.x)
    small = (size > 1e-9 * problem.lot) & (size < problem.least)
    if np.any(small):
        up = np.where(small & (found.x > 0.0), problem.least, some.trade_lower)
        down = np.where(small & (found.x < 0.0), -problem.least, some.trade_upper)
        try:
            found = solve_tail(replace(some, trade_lower=up, trade_upper=down), warm=found)
        except (SolveError, InputError):  # the smallest trade may be more than may be traded
            return None, np.inf
        size = np.abs(found.x)
        if np.any((size > 1e-9 * problem.lot) & (size < problem.least * (1.0 - 1e-9))):
            return None, np.inf
    return found, problem.objective(np.where(np.abs(found.x) > 1e-9 * problem.lot, found.x, 0.0))
