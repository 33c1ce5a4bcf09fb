"""DAQP on raw data: streams of quadratic programs, warm and cold, and its own branch and bound over charges."""

# mypy: disable-error-code="import-not-found"
# The peers find each other beside themselves.

from typing import Any

import daqp
import numpy as np
from hedging import Program, case_of, count_cases, one_by_one, program_of, programs_of, stream
from numpy.typing import NDArray
from stopwatch import Columns, Job, measure

BINARY = 16
_RIDGE = 1e-4
"""Of the choices: ½·ridge·(b² - b) is nothing where b is 0 or 1."""


def _model(program: Program) -> Any:
    model = daqp.Model()
    model.setup(program.H, program.f, program.A, program.upper, program.lower)
    return model


def warm(columns: Columns) -> Job:
    """Update vectors that are at hand, solve from what bound at the last tick."""
    programs = programs_of(columns)
    model = _model(programs[0])

    def answer(tick: int) -> Any:
        _, f, _, lower, upper = programs[tick]
        model.update(f=f, bupper=upper, blower=lower)
        z, _, flag, _ = model.solve()
        return z if flag > 0 else None

    return stream(columns, answer, "raw, its vectors at hand; exit flag believed")


def from_exposures(columns: Columns) -> Job:
    """Make the vectors from the book's exposures first, as a tick of ours does."""
    case = case_of(columns, 0)
    model = _model(program_of(case))
    n, cost, band = case["cost"].size, np.tile(case["cost"], 2), case["band"]
    pull = np.ascontiguousarray(case["unit_loads"].T @ case["covariance"])
    f, lower, upper = (np.array(getattr(program_of(case), name)) for name in ("f", "lower", "upper"))
    loads, greeks = columns["book_loads"], columns["book_greeks"]

    def answer(tick: int) -> Any:
        slope, rows = pull @ loads[tick], greeks[tick]
        f[:n], f[n:] = slope, -slope
        np.add(f, cost, out=f)
        lower[2 * n : -1], upper[2 * n : -1] = -band - rows, band - rows
        model.update(f=f, bupper=upper, blower=lower)
        z, _, flag, _ = model.solve()
        return z if flag > 0 else None

    return stream(columns, answer, "raw, from the book's exposures; exit flag believed")


def cold(columns: Columns) -> Job:
    """Solve every tick anew."""
    programs = programs_of(columns)
    sense = np.zeros(programs[0].lower.size, dtype=np.int32)

    def answer(tick: int) -> Any:
        H, f, A, lower, upper = programs[tick]
        z, _, flag, _ = daqp.solve(H, f, A, upper, lower, sense)
        return z if flag > 0 else None

    return stream(columns, answer, "raw")


def _charged(case: Columns) -> tuple[Program, NDArray[np.int32]]:
    """Add a choice for each instrument to (bought, sold): nothing is traded where it is 0."""
    H, f, A, lower, upper = program_of(case)
    n, rows = case["cost"].size, A.shape[0]
    one, none = np.eye(n), np.zeros
    wide = np.block([[H, none((2 * n, n))], [none((n, 2 * n)), _RIDGE * one]])
    chosen = np.block([[A, none((rows, n))], [one, one, -np.diag(case["most"])]])
    low = np.concatenate([lower[: 2 * n], none(n), lower[2 * n :], np.full(n, -1e30)])
    high = np.concatenate([upper[: 2 * n], np.ones(n), upper[2 * n :], none(n)])
    sense = np.zeros(low.size, dtype=np.int32)
    sense[2 * n : 3 * n] = BINARY
    return Program(wide, np.concatenate([f, case["fixed"] - 0.5 * _RIDGE]), chosen, low, high), sense


def fixed(columns: Columns) -> Job:
    """Solve with a binary choice for each instrument."""
    given = [_charged(case_of(columns, i)) for i in range(count_cases(columns))]

    def answer(case: int) -> Any:
        (H, f, A, lower, upper), sense = given[case]
        z, _, flag, _ = daqp.solve(H, f, A, upper, lower, sense, rel_subopt=1e-4)
        return z if flag > 0 else None

    return one_by_one(columns, answer, "its own branch and bound, gap 1e-4")


JOBS = {"ticks, warm": warm, "ticks, warm from exposures": from_exposures, "ticks, cold": cold, "fixed": fixed}

if __name__ == "__main__":
    measure("DAQP", "daqp", JOBS)
