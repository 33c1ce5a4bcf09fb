"""OSQP: streams of quadratic programs, updated and warm, to two accuracies."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
import osqp
import scipy.sparse as sp
from hedging import programs_of, stream
from stopwatch import Columns, Job, measure


def ticks(columns: Columns, tolerance: float) -> Job:
    """Update vectors that are at hand, solve from the last answer."""
    programs = programs_of(columns)
    H, f, A, lower, upper = programs[0]
    model = osqp.OSQP()
    rows = sp.csc_matrix(np.vstack([np.eye(f.size), A]))
    model.setup(
        sp.csc_matrix(np.triu(H)), f, rows, lower, upper,
        verbose=False, eps_abs=tolerance, eps_rel=tolerance, max_iter=100_000,
    )  # fmt: skip

    def answer(tick: int) -> Any:
        _, f, _, lower, upper = programs[tick]
        model.update(q=f, l=lower, u=upper)
        found = model.solve(raise_error=False)
        return np.array(found.x) if found.info.status_val == 1 else None

    return stream(columns, answer, f"warm, tolerances {tolerance:g}")


JOBS = {
    "ticks, 1e-3": lambda columns: ticks(columns, 1e-3),
    "ticks, 1e-6": lambda columns: ticks(columns, 1e-6),
}

if __name__ == "__main__":
    measure("OSQP", "osqp", JOBS)
