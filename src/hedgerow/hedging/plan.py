"""A hedge plan: the proven optimum, and the lots that come of it."""

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InvariantBroken, SolveError, SolveFault
from hedgerow.costs.curves import proportional
from hedgerow.hedging.certificate import Certificate
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.methods import solve
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.solver import Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePlan:
    """What to trade.

    Parameters
    ----------
    names : tuple of str
        Hedging instruments.
    ideal : ndarray of shape (n_instrument,)
        The trade if trading and holding were free: what a policy measures its distance from. [contracts]
    continuous : ndarray of shape (n_instrument,)
        Proven optimum before rounding, costs counted once. [contracts]
    lots : ndarray of shape (n_instrument,)
        Whole lots to trade, long > 0. [lots]
    quantity : ndarray of shape (n_instrument,)
        The same in contracts. [contracts]
    solution : Solution
        The optimum with its prices, its proof and what was tried.
    objective_continuous, objective_lots : float
        Objective before and after rounding. [numeraire]
    """

    names: tuple[str, ...]
    ideal: Float64[np.ndarray, " n_instrument"]
    continuous: Float64[np.ndarray, " n_instrument"]
    lots: Int64[np.ndarray, " n_instrument"]
    quantity: Float64[np.ndarray, " n_instrument"]
    solution: Solution
    objective_continuous: float
    objective_lots: float

    @property
    def certificate(self) -> Certificate:
        """Proof of the continuous optimum. [Certificate]"""
        return self.solution.certificate

    @property
    def chain(self) -> tuple[str, ...]:
        """What was tried, the last one with success. [text]"""
        return self.solution.chain

    @property
    def prices(self) -> Float64[np.ndarray, " n_row"]:
        """Prices of bands, then limits, at the optimum. [numeraire per unit of the row]"""
        return self.solution.prices


def plan_hedge(problem: HedgeProblem, *, warm: Solution | None = None) -> HedgePlan:
    """Solve a hedge problem, prove it, and round it to lots.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    warm : Solution or None
        The solution of a neighbouring problem: a guess that saves time and changes nothing.

    Returns
    -------
    HedgePlan
        Trades with the proof of the continuous optimum. [contracts]

    Raises
    ------
    SolveError
        If targets cannot be met, or nothing was proven.
    InvariantBroken
        If rounding went beyond a limit: a bug.

    References
    ----------
    As ``solve`` and ``round_to_lots``.
    """
    solution = solve(problem, warm=warm)
    if not solution.certificate.stands:
        raise SolveError(
            SolveFault.NOT_CONVERGED,
            f"nothing is proven of the best plan found ({', '.join(solution.chain)})",
            "state limits for what may be traded, loosen a band, or take out an instrument that nearly doubles another",
        )
    lots = round_to_lots(problem, solution.x)
    quantity = lots * problem.lot
    room = 1e-9 * np.maximum(np.abs(quantity), problem.lot)
    if np.any(quantity > problem.trade_upper + room) or np.any(quantity < problem.trade_lower - room):
        raise InvariantBroken("a plan in whole lots exceeds a limit", "please report it with the desk file and market")
    _check_limits(problem, quantity)
    return HedgePlan(
        names=problem.names,
        ideal=_ideal(problem, solution),
        continuous=solution.x,
        lots=lots,
        quantity=frozen(quantity),
        solution=solution,
        objective_continuous=problem.objective(solution.x),
        objective_lots=problem.objective(quantity),
    )


def _ideal(problem: HedgeProblem, solution: Solution) -> Float64[np.ndarray, " n_instrument"]:
    """Return the cost-free target, or the plan itself where risk alone decides on no certified one."""
    free = replace(
        problem,
        # No trade is free beyond what can be traded: the limits of the order book stay in trade_lower and trade_upper.
        curves=(proportional(0.0),) * len(problem.names),
        holding=(),
        least=np.zeros(len(problem.names)),
    )
    try:
        return solve(free, warm=solution).x
    except SolveError:
        return solution.x


def _check_limits(problem: HedgeProblem, quantity: Float64[np.ndarray, " n_instrument"]) -> None:
    """Refuse whole lots that break margin, leverage or exposure: those are no wishes."""
    for limit in problem.limits:
        value = limit.at(problem.held + quantity, quantity)
        size = abs(limit.upper) + abs(limit.start)
        if value > limit.upper + 1e-9 * size:
            raise SolveError(
                SolveFault.INFEASIBLE,
                f"no whole lots were found that keep {limit.name}: {value:,.6g} of at most {limit.upper:,.6g}",
                "raise the limit, take finer lots or widen a band",
            )
