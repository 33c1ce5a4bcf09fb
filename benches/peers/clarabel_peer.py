"""Clarabel: streams of quadratic programs, updated; and 3/2-power impact as power cones."""

# mypy: disable-error-code="import-not-found"
# The peers find each other beside themselves.

from typing import Any

import clarabel
import numpy as np
import scipy.sparse as sp
from hedging import case_of, count_cases, program_of, programs_of, stream
from stopwatch import Columns, Job, measure


def _settings() -> Any:
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.presolve_enable = False  # with it, it does not take updates
    return settings


def _answer(found: Any) -> Any:
    return np.array(found.x) if found.status == clarabel.SolverStatus.Solved else None


def ticks(columns: Columns) -> Job:
    """Update vectors that are at hand; an interior-point method starts anew."""
    programs = programs_of(columns)
    H, f, A, _, _ = programs[0]
    n = f.size
    rows = sp.csc_matrix(np.vstack([np.eye(n), -np.eye(n), A, -A[:-1]]))
    ends = [np.concatenate([p.upper[:n], -p.lower[:n], p.upper[n:], -p.lower[n:-1]]) for p in programs]
    cones = [clarabel.NonnegativeConeT(ends[0].size)]
    solver = clarabel.DefaultSolver(sp.csc_matrix(np.triu(H)), f, rows, ends[0], cones, _settings())

    def answer(tick: int) -> Any:
        solver.update(q=programs[tick].f, b=ends[tick])
        return _answer(solver.solve())

    return stream(columns, answer, "updated, its defaults")


def impact(columns: Columns) -> Job:
    """Add t with bought + sold <= t^(2/3) for each instrument, at the cost of its power."""
    programs = [program_of(case_of(columns, i)) for i in range(count_cases(columns))]
    H, f, A, _, _ = programs[0]
    wide, n = f.size, f.size // 2
    full = np.block([[H, np.zeros((wide, n))], [np.zeros((n, wide + n))]])
    boxes, none = np.eye(wide, wide + n), np.zeros((A.shape[0], n))
    power = np.zeros((3 * n, wide + n))  # (t, 1, bought + sold) lies in the cone, minus signs as b - Az
    for i in range(n):
        power[3 * i, wide + i] = power[3 * i + 2, i] = power[3 * i + 2, n + i] = -1.0
    ones = np.tile([0.0, 1.0, 0.0], n)
    rows = sp.csc_matrix(np.vstack([boxes, -boxes, np.hstack([A, none]), -np.hstack([A[:-1], none[:-1]]), power]))
    straight = 2 * wide + 2 * A.shape[0] - 1
    cones = [clarabel.NonnegativeConeT(straight), *[clarabel.PowerConeT(2.0 / 3.0) for _ in range(n)]]
    ends = [
        np.concatenate([p.upper[:wide], -p.lower[:wide], p.upper[wide:], -p.lower[wide:-1], ones]) for p in programs
    ]
    linear = [np.concatenate([p.f, columns["power"][0]]) for p in programs]
    solver = clarabel.DefaultSolver(sp.csc_matrix(np.triu(full)), linear[0], rows, ends[0], cones, _settings())

    def answer(tick: int) -> Any:
        solver.update(q=linear[tick], b=ends[tick])
        return _answer(solver.solve())

    return stream(columns, answer, "power cones, updated, its defaults")


if __name__ == "__main__":
    measure("Clarabel", "clarabel", {"ticks": ticks, "impact": impact})
