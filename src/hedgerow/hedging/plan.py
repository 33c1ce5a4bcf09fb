"""A hedge plan: the certified optimum, and the lots that come of it."""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InvariantBroken
from hedgerow.hedging.certificate import Certificate
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.solver import solve


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePlan:
    """What to trade.

    Parameters
    ----------
    names : tuple of str
        Hedging instruments.
    continuous : ndarray of shape (n_instrument,)
        Certified optimum before rounding. [contracts]
    lots : ndarray of shape (n_instrument,)
        Whole lots to trade, long > 0. [lots]
    quantity : ndarray of shape (n_instrument,)
        The same in contracts. [contracts]
    certificate : Certificate
        Proof of the continuous optimum.
    chain : tuple of str
        What was tried, the last one with success. [text]
    prices : ndarray of shape (n_band,)
        Multipliers of the bands at the optimum. [numeraire per unit of the Greek]
    marginal_gain : ndarray of shape (n_instrument,)
        How much risk and band prices would fall per contract traded, at the optimum: where nothing is traded, it is
        at most the cost. [numeraire per contract]
    objective_continuous, objective_lots : float
        Objective before and after rounding. [numeraire]
    """

    names: tuple[str, ...]
    continuous: Float64[np.ndarray, " n_instrument"]
    lots: Int64[np.ndarray, " n_instrument"]
    quantity: Float64[np.ndarray, " n_instrument"]
    certificate: Certificate
    chain: tuple[str, ...]
    prices: Float64[np.ndarray, " n_band"]
    marginal_gain: Float64[np.ndarray, " n_instrument"]
    objective_continuous: float
    objective_lots: float


def plan_hedge(problem: HedgeProblem) -> HedgePlan:
    """Solve a hedge problem, prove it, and round it to lots.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.

    Returns
    -------
    HedgePlan
        Trades with the proof of the continuous optimum. [contracts]

    Raises
    ------
    SolveError
        If targets cannot be met, or no certified optimum was found.
    InvariantBroken
        If rounding went beyond a limit: a bug.

    References
    ----------
    As ``solve`` and ``round_to_lots``.
    """
    solution = solve(problem)
    lots = round_to_lots(problem, solution.x)
    quantity = lots * problem.lot
    if np.any(np.abs(quantity) > problem.box * (1.0 + 1e-9)):
        raise InvariantBroken("a plan in whole lots exceeds a limit", "please report it with the desk file and market")
    pull = problem.hessian @ solution.x + problem.gradient_at_zero + problem.unit_greeks.T @ solution.prices
    return HedgePlan(
        names=problem.names,
        continuous=solution.x,
        lots=lots,
        quantity=frozen(quantity),
        certificate=solution.certificate,
        chain=solution.chain,
        prices=solution.prices,
        marginal_gain=frozen(np.abs(pull)),
        objective_continuous=problem.objective(solution.x),
        objective_lots=problem.objective(quantity),
    )
