"""quadprog: a stream of quadratic programs, each solved anew; it knows no warm start."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
import quadprog
from hedging import programs_of, stream
from stopwatch import Columns, Job, measure


def ticks(columns: Columns) -> Job:
    """Solve with every bound as a row, the rows at hand."""
    programs = programs_of(columns)
    n, A = programs[0].f.size, programs[0].A
    rows = np.ascontiguousarray(np.vstack([np.eye(n), -np.eye(n), A[:-1], -A]).T)
    ends = [np.concatenate([p.lower[:n], -p.upper[:n], p.lower[n:-1], -p.upper[n:]]) for p in programs]

    def answer(tick: int) -> Any:
        try:
            return quadprog.solve_qp(programs[tick].H, -programs[tick].f, rows, ends[tick])[0]
        except ValueError:
            return None

    return stream(columns, answer, "cold")


if __name__ == "__main__":
    measure("quadprog", "quadprog", {"ticks": ticks})
