"""The proof that a solution is optimal: KKT conditions in original units, and a bound on what they leave open.

The conditions are written as fixed points of proximal steps (Parikh, Boyd 2014, "Proximal Algorithms", section 4.2,
doi 10.1561/2400000003). They vanish exactly at an optimum and nowhere else, and need no threshold for "active":

    x_i = prox of (own cost + prices of its position)/q_i at x_i - r_i/q_i,    r = gradient of the risk + G'y
    s_j = clip(s_j + t_j·y_j, lower_j, upper_j),                              s = rows at x

Each residual is relative to what the *unhedged* book asks for: the gradient to its pull on the best-placed
instrument, a Greek to its size before the hedge and to what whole lots can do. Large trades that cancel each other
therefore earn no tolerance. A small gradient can still leave money on the table where trades are large and nearly
indifferent, so the loss is bounded too: against every plan whose trades are no larger, instrument by instrument.
A NaN anywhere makes every residual infinite.
"""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.hedging import certificate_kernels
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program import program_of
from hedgerow.hedging.program_kernels import Program

TOLERANCE = 1e-8
"""Largest relative residual of a certified plan. [pure]"""

LOSS_TOLERANCE = 1e-6
"""Largest share of the objective that a certified plan may leave open. [pure]"""

GAP_TOLERANCE = 1e-4
"""Largest share of the objective between a plan and its lower bound. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How far a solution is from optimal.

    A convex problem without scenarios has residuals of its optimality conditions; one with scenarios or fixed charges
    has a lower bound, and with fixed charges the residuals of the trades that were chosen.

    Parameters
    ----------
    stationarity : float or None
        Largest relative residual of the gradient condition; None with scenarios. [pure]
    feasibility : float
        Largest relative violation of rows and trade limits. [pure]
    complementarity : float or None
        Largest relative mismatch of prices and slacks of the rows; None with scenarios. [pure]
    loss : float or None
        Bound on what any plan with no larger trades could still save, as a share of the objective; None with
        scenarios. [pure]
    lower_bound : float or None
        No plan has a lower objective; where trades are not limited, no plan of at most ten times the largest trade.
        None where residuals say it. [numeraire]
    gap : float or None
        Objective above the lower bound, as a share of the objective. [pure]
    """

    stationarity: float | None
    feasibility: float
    complementarity: float | None
    loss: float | None
    lower_bound: float | None = None
    gap: float | None = None

    @property
    def kkt_residual(self) -> float | None:
        """The largest of the three residuals; None with scenarios. [pure]"""
        if self.stationarity is None or self.complementarity is None:
            return None
        return max(self.stationarity, self.feasibility, self.complementarity)

    @property
    def stands(self) -> bool:
        """True if residuals and loss are within tolerance, and a lower bound, where there is one, is one. [bool]"""
        residual = self.kkt_residual
        near = self.feasibility if residual is None else residual
        is_bound = self.gap is None or -_ROUNDING <= self.gap < np.inf
        return near <= TOLERANCE and (self.loss or 0.0) <= LOSS_TOLERANCE and is_bound

    @property
    def holds(self) -> bool:
        """True if it stands and its gap is within tolerance. [bool]"""
        return self.stands and (self.gap or 0.0) <= GAP_TOLERANCE


_ROUNDING = 1e-9
"""By how much a lower bound may lie above the objective: rounding of sums of many terms. [pure]"""

NOTHING = Certificate(stationarity=np.inf, feasibility=np.inf, complementarity=np.inf, loss=np.inf)
"""The certificate of no answer."""


def certify(
    problem: HedgeProblem,
    x: Float64[np.ndarray, " n_instrument"],
    prices: Float64[np.ndarray, " n_row"],
    program: Program | None = None,
) -> Certificate:
    """Check a solution against the problem, trusting no solver.

    Fixed charges, lots and scenarios are no part of it: they have a lower bound instead.

    Parameters
    ----------
    problem : HedgeProblem
        The problem, in original units.
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]
    prices : ndarray of shape (n_row,)
        Multipliers of bands, then limits, positive at the upper end. [numeraire per unit of the row]
    program : Program or None
        The problem's arrays in original units, where they are at hand.

    Returns
    -------
    Certificate
        Relative residuals and the bound on the loss; infinite if a number is not finite. [pure]

    References
    ----------
    Boyd, Vandenberghe (2004), "Convex Optimization", section 5.5.3, eq. 5.49; Parikh, Boyd (2014), section 4.2.
    """
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(prices))):
        return NOTHING
    program = program_of(problem) if program is None else program
    start, plain = variance_term(problem), len(problem.bands)
    return certificate_of(
        *certificate_kernels.certify(program, np.asarray(x), np.asarray(prices), problem.lot, start, plain)
    )


def certificate_of(stationarity: float, feasibility: float, complementarity: float, loss: float) -> Certificate:
    """Name the residuals that the kernel returns.

    Parameters
    ----------
    stationarity, feasibility, complementarity, loss : float
        Residuals. [pure]

    Returns
    -------
    Certificate
        The same by name. [pure]

    References
    ----------
    ``certificate_kernels.py``.
    """
    return Certificate(stationarity=stationarity, feasibility=feasibility, complementarity=complementarity, loss=loss)


def variance_term(problem: HedgeProblem) -> float:
    """Return what the variance of the unhedged book counts.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.

    Returns
    -------
    float
        Half the risk aversion times the variance. [numeraire]

    References
    ----------
    The first term of the first display of ``problem.py``.
    """
    return float(0.5 * problem.risk_aversion * (problem.book_loads @ problem.covariance @ problem.book_loads))


def gap_above(problem: HedgeProblem, objective: float, lower: float) -> float:
    """Return how far an objective is above a lower bound, as a share of it.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    objective, lower : float
        What a plan comes to, and what none can come below. [numeraire]

    Returns
    -------
    float
        The gap; negative if the bound is none, infinite if there is none. [pure]

    References
    ----------
    Boyd, Vandenberghe (2004), "Convex Optimization", section 5.5.1: what a dual point proves.
    """
    # Where next to nothing is left, the share of what the unhedged book asks for.
    size = max(abs(objective), TOLERANCE * abs(problem.risk(np.zeros(len(problem.names)))), 1e-300)
    return (objective - lower) / size
