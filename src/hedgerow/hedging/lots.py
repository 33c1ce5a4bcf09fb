"""From a continuous plan to whole lots."""

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.hedging import kernels
from hedgerow.hedging.problem import HedgeProblem

_ROUNDS = 400
_MOST_LOTS = 2.0**53


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
    Aarts, Lenstra (1997), "Local Search in Combinatorial Optimization", chapter 1.
    """
    lot = problem.lot
    for name, count in zip(problem.names, x / lot, strict=True):
        if not abs(count) < _MOST_LOTS:
            raise InputError(f"{name}: a trade of {count:.3g} lots", "its lot is too small; state it in contracts")
    if x.size == 0:
        return frozen(np.zeros(0, dtype=np.int64))
    terms = _in_lots(problem)
    lots = _search(problem, terms, np.clip(np.round(x / lot), -terms.box, terms.box))
    return frozen(lots.astype(np.int64))


def _away(
    problem: HedgeProblem, terms: kernels.Terms, lots: Float64[np.ndarray, " n_instrument"]
) -> Float64[np.ndarray, " n_band"]:
    """Return how far each Greek is outside its band."""
    greeks = problem.book_greeks + terms.units @ lots
    return np.asarray(np.maximum(np.maximum(terms.lower - greeks, greeks - terms.upper), 0.0))


def _search(
    problem: HedgeProblem, terms: kernels.Terms, start: Float64[np.ndarray, " n_instrument"]
) -> Float64[np.ndarray, " n_instrument"]:
    """Improve whole lots by local search."""
    lots = start + 0.0  # a copy without negative zeros
    reach = np.maximum(0.5 * np.abs(terms.units).sum(axis=1), _away(problem, terms, lots)) * (1.0 + 1e-9)
    greeks = problem.book_greeks + terms.units @ lots
    pull = problem.gradient_at_zero * problem.lot + terms.hessian @ lots
    least_gain = 1e-12 * problem.objective(lots * problem.lot)
    kernels.search_lots(terms._replace(reach=reach), lots, pull, greeks, least_gain, _ROUNDS)
    return np.round(lots) + 0.0


def _in_lots(problem: HedgeProblem) -> kernels.Terms:
    """Express a problem in lots, without the reach of its bands, which depends on where the search starts."""
    lot = problem.lot
    box = np.floor(problem.box / lot + 1e-9)
    units = np.ascontiguousarray(problem.unit_greeks * lot)
    usable = np.where((box > 0.0) & (units != 0.0), np.abs(units), np.inf)
    granule = np.min(usable, axis=1)
    granule = np.where(np.isfinite(granule), granule, 1.0)
    # An exact target is met within half of the finest lot; a band has room of its own.
    exact = problem.lower == problem.upper
    return kernels.Terms(
        hessian=np.ascontiguousarray(problem.hessian * np.outer(lot, lot)),
        cost=problem.cost * lot,
        box=box,
        units=units,
        lower=np.array(problem.lower),
        upper=np.array(problem.upper),
        slack=np.where(exact, 0.5 * granule * (1.0 + 1e-9), 0.0),
        granule=granule,
        reach=np.zeros_like(granule),
        finest=np.argmin(usable, axis=1),
    )
