"""From a continuous plan to whole lots."""

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.hedging import kernels
from hedgerow.hedging.problem import HedgeProblem

_ROUNDS = 400


def round_to_lots(problem: HedgeProblem, x: Float64[np.ndarray, " n_instrument"]) -> Int64[np.ndarray, " n_instrument"]:
    """Round a continuous plan to whole lots, keeping the bands as well as lots allow.

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

    Notes
    -----
    A Greek that must be exactly neutral ends within half of the sum of all instruments' lots of it, and is driven
    towards half of the finest one. Rounding costs optimality: the plan states the objective before and after.

    References
    ----------
    One- and two-move neighbourhoods of Aarts, Lenstra (1997), "Local Search in Combinatorial Optimization", ch. 1.
    """
    lot = problem.lot
    box = np.floor(problem.box / lot + 1e-9)
    lots = np.clip(np.round(x / lot), -box, box)
    lots += 0.0  # no negative zeros
    units = np.ascontiguousarray(problem.unit_greeks * lot)
    if lots.size == 0:
        return frozen(lots.astype(np.int64))
    lower = np.array([band.lower for band in problem.bands], dtype=np.float64)
    upper = np.array([band.upper for band in problem.bands], dtype=np.float64)
    greeks = problem.book_greeks + units @ lots
    usable = np.where((box > 0.0) & (units != 0.0), np.abs(units), np.inf)
    granule = np.min(usable, axis=1, initial=np.inf)
    granule = np.where(np.isfinite(granule), granule, 1.0)
    slack = np.where(upper - lower >= granule, 0.0, 0.5 * granule * (1.0 + 1e-9))
    hessian = np.ascontiguousarray(problem.hessian * np.outer(lot, lot))
    away = np.maximum(np.maximum(lower - greeks, greeks - upper), 0.0)
    reach = np.maximum(0.5 * np.abs(units).sum(axis=1), away) * (1.0 + 1e-9)
    pull = problem.gradient_at_zero * lot + hessian @ lots
    least_gain = 1e-12 * problem.objective(lots * lot)
    kernels.search_lots(
        lots, pull, hessian, problem.cost * lot, box, greeks, units, lower, upper, slack, granule, reach,
        np.empty_like(greeks), least_gain, _ROUNDS,
    )  # fmt: skip
    return frozen(np.round(lots).astype(np.int64))
