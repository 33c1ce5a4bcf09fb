"""One quadratic program, by three solvers; each gives points that get better, and none is believed."""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.hedging.split import INFINITE, Split

Attempt: TypeAlias = Callable[[Split], Iterator[tuple[Float64[np.ndarray, " n_piece"], Float64[np.ndarray, " n_row"]]]]
"""What a solver makes of a program: points and multipliers of the rows, positive at the upper end."""

_PROXIMAL_STEPS: Final = 60
_TOLERANCE: Final = 1e-12
OPTIMAL: Final = 1
"""DAQP's word for success."""

PROXIMAL_WEIGHT: Final = 1e-9
"""Of the first proximal term. [equilibrated]"""


def daqp_model(split: Split, weight: float) -> Any:
    """Set DAQP up for a program with a proximal term around no trade.

    Parameters
    ----------
    split : Split
        The program.
    weight : float
        Of the proximal term. [equilibrated]

    Returns
    -------
    daqp.Model or None
        Ready to solve and to be updated; None if it refuses the program. [solver]
    """
    import daqp

    n = split.linear.size
    model = daqp.Model()
    model.settings = {
        "primal_tol": _TOLERANCE,
        "dual_tol": _TOLERANCE,
        "eps_prox": 0.0,
        "iter_limit": 1000 + 50 * n,
    }
    flag, _ = model.setup(split.hessian + weight * np.eye(n), split.linear, split.rows, split.upper, split.lower)
    return model if flag >= 0 else None


def _daqp(weight: float) -> Attempt:
    """Return an attempt that iterates z <- argmin objective + weight/2·|z - z_old|², from no trade on."""

    def attempt(split: Split) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        n = split.linear.size
        model = daqp_model(split, weight)
        for _ in range(_PROXIMAL_STEPS if model is not None else 0):
            z, _, flag, info = model.solve()
            if flag != OPTIMAL:
                return
            yield np.asarray(z), np.asarray(info["lam"])[n:]
            model.update(f=split.linear - weight * np.asarray(z))

    return attempt


def piqp_attempt(split: Split) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Try an interior-point method, which does not mind how the constraints hang together.

    Parameters
    ----------
    split : Split
        The program.

    Yields
    ------
    tuple of (ndarray, ndarray)
        Its point, and multipliers of the rows. [equilibrated]
    """
    import piqp

    n = split.linear.size
    lower = np.where(split.lower <= -INFINITE, -np.inf, split.lower)
    upper = np.where(split.upper >= INFINITE, np.inf, split.upper)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = _TOLERANCE
    solver.setup(split.hessian, split.linear, None, None, split.rows, lower[n:], upper[n:], lower[:n], upper[:n])
    solver.solve()
    result = solver.result
    yield np.asarray(result.x), np.asarray(result.z_u) - np.asarray(result.z_l)


def _clarabel(split: Split) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Try another interior-point method, homogeneous and with its own scaling."""
    import clarabel
    import scipy.sparse as sp

    n = split.linear.size
    everything = np.vstack([np.eye(n), split.rows])
    above, below = split.upper < INFINITE, split.lower > -INFINITE
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _TOLERANCE
    solution = clarabel.DefaultSolver(
        sp.csc_matrix(np.triu(split.hessian)),
        split.linear,
        sp.csc_matrix(np.vstack([everything[above], -everything[below]])),
        np.concatenate([split.upper[above], -split.lower[below]]),
        [clarabel.NonnegativeConeT(int(above.sum() + below.sum()))],
        settings,
    ).solve()
    multipliers = np.zeros(split.upper.size)
    dual = np.asarray(solution.z)
    multipliers[above] += dual[: int(above.sum())]
    multipliers[below] -= dual[int(above.sum()) :]
    yield np.asarray(solution.x), multipliers[n:]


ATTEMPTS: Final[tuple[tuple[str, Attempt], ...]] = (
    *((f"daqp, proximal weight {weight:g}", _daqp(weight)) for weight in (PROXIMAL_WEIGHT, 1e-7, 1e-5)),
    ("piqp", piqp_attempt),
    ("clarabel", _clarabel),
)
"""By name, in the order in which they are tried."""
