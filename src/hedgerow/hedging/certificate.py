"""The proof that a solution is optimal: KKT conditions in original units.

The conditions are written as natural residuals, which vanish exactly at the optimum and nowhere else, and need no
threshold for "active" (Facchinei, Pang 2003, "Finite-Dimensional Variational Inequalities", Prop. 1.5.8):

    x_i = clip(soft(x_i - r_i/q_i, c_i/q_i), -u_i, u_i),    r = gradient of the risk + G'y
    s_j = clip(s_j + t_j·y_j, lower_j, upper_j),            s = g0 + Gx

Each residual is divided by the sum of the absolute terms that it is made of, so it is relative and does not change
when units do. A NaN anywhere makes the residual infinite.
"""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.hedging.problem import HedgeProblem

TOLERANCE = 1e-8
"""Largest relative residual of a certified plan. [pure]"""

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
    """

    stationarity: float
    feasibility: float
    complementarity: float

    @property
    def kkt_residual(self) -> float:
        """The largest of the three. [pure]"""
        return max(self.stationarity, self.feasibility, self.complementarity)

    @property
    def holds(self) -> bool:
        """True if the residual is within tolerance. [bool]"""
        return self.kkt_residual <= TOLERANCE


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
        Relative residuals; infinite if a number is not finite. [pure]

    References
    ----------
    Boyd, Vandenberghe (2004), "Convex Optimization", section 5.5.3, eq. 5.49; Facchinei, Pang (2003), Prop. 1.5.8.
    """
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(prices))):
        return Certificate(stationarity=np.inf, feasibility=np.inf, complementarity=np.inf)
    hessian, linear = problem.hessian, problem.gradient_at_zero
    gradient = hessian @ x + linear + problem.unit_greeks.T @ prices
    loads, spread = np.abs(problem.unit_loads), np.abs(problem.covariance)
    moved = np.abs(problem.book_loads) + loads @ np.abs(x)
    terms = (
        problem.risk_aversion * (loads.T @ (spread @ moved))
        + np.abs(problem.unit_greeks.T) @ np.abs(prices)
        + problem.cost
        + _TINY
    )
    curve = np.diag(hessian).copy()
    flat = curve <= 0.0
    curve[flat] = terms[flat] / np.where(np.isfinite(problem.box[flat]), problem.box[flat] + _TINY, 1.0)
    step = x - gradient / curve
    shrunk = np.sign(step) * np.maximum(np.abs(step) - problem.cost / curve, 0.0)
    ideal = np.clip(shrunk, -problem.box, problem.box)
    stationarity = _largest(curve * np.abs(x - ideal) / terms)
    outside = np.maximum(np.abs(x) - problem.box, 0.0) / np.maximum(np.abs(x), _TINY)
    feasibility, complementarity = _bands(problem, x, prices, curve)
    return Certificate(
        stationarity=stationarity,
        feasibility=max(feasibility, _largest(outside)),
        complementarity=complementarity,
    )


def _bands(
    problem: HedgeProblem,
    x: Float64[np.ndarray, " n_instrument"],
    prices: Float64[np.ndarray, " n_band"],
    curve: Float64[np.ndarray, " n_instrument"],
) -> tuple[float, float]:
    """Return the relative violation and the relative complementarity residual of the Greek bands."""
    if not problem.bands:
        return 0.0, 0.0
    lower = np.array([band.lower for band in problem.bands])
    upper = np.array([band.upper for band in problem.bands])
    greek = problem.book_greeks + problem.unit_greeks @ x
    size = np.abs(problem.book_greeks) + np.abs(problem.unit_greeks) @ np.abs(x) + _TINY
    violation = np.maximum(np.maximum(lower - greek, greek - upper), 0.0) / size
    give = (problem.unit_greeks**2) @ (1.0 / curve)
    ideal = np.clip(greek + give * prices, lower, upper)
    return _largest(violation), _largest(np.abs(greek - ideal) / size)


def _largest(values: np.ndarray) -> float:
    """Return the maximum, infinite if anything is NaN."""
    worst = float(np.max(values, initial=0.0))
    return worst if not np.isnan(worst) else np.inf
