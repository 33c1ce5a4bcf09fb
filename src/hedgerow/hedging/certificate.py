"""The proof that a solution is optimal: KKT conditions in original units, and a bound on what they leave open.

The conditions are written as fixed points of proximal steps (Parikh, Boyd 2014, "Proximal Algorithms", section 4.2,
doi 10.1561/2400000003). They vanish exactly at an optimum and nowhere else, and need no threshold for "active":

    x_i = clip(soft(x_i - r_i/q_i, c_i/q_i), -u_i, u_i),    r = gradient of the risk + G'y
    s_j = clip(s_j + t_j·y_j, lower_j, upper_j),            s = g0 + Gx

Each residual is relative to what the *unhedged* book asks for: the gradient to its pull on the best-placed
instrument, a Greek to its size before the hedge and to what whole lots can do. Large trades that cancel each other
therefore earn no tolerance. A small gradient can still leave money on the table where trades are large and nearly
indifferent, so the loss is bounded too: against every plan whose trades are no larger, instrument by instrument.
A NaN anywhere makes every residual infinite.
"""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.hedging.problem import HedgeProblem

TOLERANCE = 1e-8
"""Largest relative residual of a certified plan. [pure]"""

LOSS_TOLERANCE = 1e-6
"""Largest share of the objective that a certified plan may leave open. [pure]"""

_TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How far a solution is from optimal.

    Parameters
    ----------
    stationarity : float
        Largest relative residual of the gradient condition. [pure]
    feasibility : float
        Largest relative violation of bands and boxes. [pure]
    complementarity : float
        Largest relative mismatch of prices and slacks of the bands. [pure]
    loss : float
        Bound on what any plan with no larger trades could still save, as a share of the objective. [pure]
    """

    stationarity: float
    feasibility: float
    complementarity: float
    loss: float

    @property
    def kkt_residual(self) -> float:
        """The largest of the three residuals. [pure]"""
        return max(self.stationarity, self.feasibility, self.complementarity)

    @property
    def holds(self) -> bool:
        """True if residual and loss are within tolerance. [bool]"""
        return self.kkt_residual <= TOLERANCE and self.loss <= LOSS_TOLERANCE


NOTHING = Certificate(stationarity=np.inf, feasibility=np.inf, complementarity=np.inf, loss=np.inf)
"""The certificate of no answer."""


def certify(
    problem: HedgeProblem,
    x: Float64[np.ndarray, " n_instrument"],
    prices: Float64[np.ndarray, " n_band"],
) -> Certificate:
    """Check a solution against the problem, trusting no solver.

    Parameters
    ----------
    problem : HedgeProblem
        The problem, in original units.
    x : ndarray of shape (n_instrument,)
        Trade. [contracts]
    prices : ndarray of shape (n_band,)
        Multipliers of the bands, positive at the upper end. [numeraire per unit of the Greek]

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
    pressure = problem.unit_greeks.T @ prices
    gradient = problem.hessian @ x + problem.gradient_at_zero + pressure
    own = np.abs(pressure) + problem.cost + _TINY
    diagonal = np.diag(problem.hessian)
    curve = np.where(diagonal > 0.0, diagonal, own / problem.lot)
    # The strongest pull of the unhedged book, in units in which every instrument has the same curvature.
    pull = float(np.max(np.abs(problem.gradient_at_zero) / np.sqrt(curve), initial=0.0))
    step = x - gradient / curve
    shrunk = np.sign(step) * np.maximum(np.abs(step) - problem.cost / curve, 0.0)
    ideal = np.clip(shrunk, -problem.box, problem.box)
    miss = curve * np.abs(x - ideal)
    outside = np.maximum(np.abs(x) - problem.box, 0.0) / np.maximum(np.abs(x), _TINY)
    feasibility, complementarity, unpaid = _bands(problem, x, prices, curve)
    worth = problem.objective(x) + TOLERANCE * problem.objective(np.zeros_like(x)) + _TINY
    return Certificate(
        stationarity=_largest(miss / (pull * np.sqrt(curve) + own)),
        feasibility=max(feasibility, _largest(outside)),
        complementarity=complementarity,
        loss=_largest(np.array([(float(miss @ (np.abs(x) + np.abs(ideal))) + unpaid) / worth])),
    )


def _bands(
    problem: HedgeProblem,
    x: Float64[np.ndarray, " n_instrument"],
    prices: Float64[np.ndarray, " n_band"],
    curve: Float64[np.ndarray, " n_instrument"],
) -> tuple[float, float, float]:
    """Return relative violation and complementarity of the bands, and the money that the latter stands for."""
    greek = problem.book_greeks + problem.unit_greeks @ x
    ends = np.where(np.isfinite(problem.lower), np.abs(problem.lower), 0.0)
    ends = np.maximum(ends, np.where(np.isfinite(problem.upper), np.abs(problem.upper), 0.0))
    size = np.abs(problem.book_greeks) + ends + np.abs(problem.unit_greeks) @ problem.lot + _TINY
    violation = np.maximum(np.maximum(problem.lower - greek, greek - problem.upper), 0.0) / size
    give = (problem.unit_greeks**2) @ (1.0 / curve)
    slack = np.abs(greek - np.clip(greek + give * prices, problem.lower, problem.upper))
    return _largest(violation), _largest(slack / size), float(np.abs(prices) @ slack)


def _largest(values: np.ndarray) -> float:
    """Return the maximum, infinite if anything is NaN."""
    worst = float(np.max(values, initial=0.0))
    return worst if not np.isnan(worst) else np.inf
