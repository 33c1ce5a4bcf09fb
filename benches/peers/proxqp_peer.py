"""ProxQP: streams of quadratic programs, updated and warm."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
import proxsuite
from hedging import programs_of, stream
from stopwatch import Columns, Job, measure


def ticks(columns: Columns) -> Job:
    """Update vectors that are at hand, solve from the last answer."""
    proxqp = proxsuite.proxqp
    programs = programs_of(columns)
    H, f, A, lower, upper = programs[0]
    n = f.size
    solver = proxqp.dense.QP(f.size, 0, A.shape[0], True)
    solver.settings.eps_abs = 1e-6
    solver.settings.initial_guess = proxqp.InitialGuess.WARM_START_WITH_PREVIOUS_RESULT
    solver.init(H, f, None, None, A, lower[n:], upper[n:], lower[:n], upper[:n])
    solver.solve()  # an update before the first solve crashes it

    def answer(tick: int) -> Any:
        _, f, _, lower, upper = programs[tick]
        solver.update(g=f, l=lower[n:], u=upper[n:], l_box=lower[:n], u_box=upper[:n])
        solver.solve()
        solved = solver.results.info.status == proxqp.QPSolverOutput.PROXQP_SOLVED
        return np.array(solver.results.x) if solved else None

    return stream(columns, answer, "warm, tolerance 1e-6")


if __name__ == "__main__":
    measure("ProxQP", "proxsuite", {"ticks": ticks})
