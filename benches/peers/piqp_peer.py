"""PIQP: streams of quadratic programs, updated."""

# mypy: disable-error-code="import-not-found"
# The peers find each other beside themselves.

from typing import Any

import numpy as np
import piqp
from hedging import programs_of, stream
from stopwatch import Columns, Job, measure


def ticks(columns: Columns) -> Job:
    """Update vectors that are at hand; an interior-point method starts anew."""
    programs = programs_of(columns)
    H, f, A, lower, upper = programs[0]
    n = f.size
    solver = piqp.DenseSolver()
    solver.setup(H, f, None, None, A, lower[n:], upper[n:], lower[:n], upper[:n])

    def answer(tick: int) -> Any:
        _, f, _, lower, upper = programs[tick]
        solver.update(c=f, h_l=lower[n:], h_u=upper[n:])
        return np.array(solver.result.x) if solver.solve() == piqp.PIQP_SOLVED else None

    return stream(columns, answer, "updated, its defaults")


if __name__ == "__main__":
    measure("PIQP", "piqp", {"ticks": ticks})
