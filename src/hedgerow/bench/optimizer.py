"""``hedgerow bench optimizer``: hedges beside those of general solvers, one thread each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.judging_optimizer import judge_answers
from hedgerow.bench.optimizer_task import TASKS, write_task
from hedgerow.bench.processes import Peer
from hedgerow.bench.rooms import ROOMS
from hedgerow.bench.turns import Row, SideBySide, Turn, machine

_PINS: Final = ("numpy==2.4.6", "scipy==1.17.1")


def _peer(script: str, wanted: str) -> Peer:
    return Peer(script=script, environment=f"optimizer-{wanted.replace('==', '-')}", wanted=(wanted, *_PINS))


_PEERS: Final = {
    "DAQP": _peer("daqp", "daqp==0.11.0"),
    "PIQP": _peer("piqp", "piqp==0.7.0"),
    "ProxQP": _peer("proxqp", "proxsuite==0.8.0"),
    "OSQP": _peer("osqp", "osqp==1.1.3"),
    "quadprog": _peer("quadprog", "quadprog==0.1.14"),
    "Clarabel": _peer("clarabel", "clarabel==0.11.1"),
    "HiGHS": _peer("highs", "highspy==1.15.1"),
    "cvxpy": _peer("cvxpy", "cvxpy==1.9.3"),
    "SCIP": _peer("scip", "pyscipopt==6.3.0"),
}

_BASELINE: Final = "DAQP, warm"
"""Ratios to it are shown as well: the fastest solver on raw data, which proves nothing about its answer."""

_OURS: Final = {
    "ticks": ("HedgeSession.tick",),
    "impact": ("solve_convex, warm", "HedgeSession.tick"),
    "cvar": ("solve_tail",),
    "cvar_warm": ("solve_tail, warm", "solve_tail"),
    "fixed": ("branch, 1e-4", "solve"),
    "lots": ("plan_hedge",),
    "rooms": ROOMS,
}
"""By work; the first of each is what everything else is compared with."""

_QUADRATIC: Final = (
    _BASELINE,
    "DAQP, warm from exposures",
    "DAQP, cold",
    "PIQP",
    "ProxQP",
    "OSQP, 1e-3",
    "OSQP, 1e-6",
    "quadprog",
    "Clarabel",
    "HiGHS",
    "cvxpy, DPP",
    "cvxpy, rebuilt",
)
_THEIRS: Final = {
    "tick_20": _QUADRATIC,
    "tick_100": _QUADRATIC,
    "impact": ("Clarabel", "cvxpy"),
    "cvar": ("HiGHS, dual", "HiGHS, primal", "cvxpy"),
    "cvar_warm": ("HiGHS, dual",),
    "cvar_100k": ("HiGHS, dual",),
    "fixed": ("DAQP", "SCIP", "HiGHS"),
    "lots": ("SCIP", "HiGHS"),
}
"""By task: a peer, or a peer with settings behind a comma."""

_RUNS: Final = {
    "tick_20": (5, 300),
    "tick_100": (5, 300),
    "impact": (5, 20),
    "cvar": (3, 3),
    "cvar_warm": (3, 20),
    "cvar_100k": (2, 1),
    "fixed": (2, 6),
    "lots": (1, 6),
    "rooms": (5, 10),
}
"""Timed runs in each process and calls in each run, by task: the longer they take, the fewer."""

_FEWER: Final = {
    ("tick_20", "HiGHS"): (3, 50),
    ("tick_20", "cvxpy"): (3, 20),
    ("tick_20", "Clarabel"): (3, 100),
    ("tick_100", "DAQP, cold"): (3, 50),
    ("tick_100", "quadprog"): (3, 50),
    ("tick_100", "Clarabel"): (3, 20),
    ("tick_100", "HiGHS"): (3, 20),
    ("tick_100", "cvxpy"): (2, 5),
    ("cvar", "HiGHS, primal"): (1, 3),
    ("cvar", "cvxpy"): (1, 3),
    ("cvar_100k", "HiGHS, dual"): (1, 1),
    ("fixed", "SCIP"): (1, 6),
    ("fixed", "HiGHS"): (1, 6),
}
"""The same for what takes much longer than ours, by task and name, or framework."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerBench:
    """What was measured.

    Parameters
    ----------
    machine : dict
        Processor, instruction set, threads, Python and its libraries.
    tasks : dict of str to tuple of dict
        By task one row for each framework: name, version, what it computes, seconds of every run, medians and minima
        [ms], both over ours, and its distance from the best answer; or name and the reason why it is missing.
    """

    machine: dict[str, Any]
    tasks: dict[str, tuple[Row, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [seconds, ms, ratios, fractions]
        """
        return {"machine": self.machine, "tasks": {name: list(rows) for name, rows in self.tasks.items()}}


def bench_optimizer(
    *,
    rounds: int,
    peers: bool,
    say: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> OptimizerBench:
    """Time Hedgerow's optimizer, and peers where they install.

    Parameters
    ----------
    rounds : int
        Each framework starts so many processes, in turn. [count]
    peers : bool
        False for Hedgerow alone.
    say : callable
        Told what happens now.
    progress : callable
        Told a name, how many processes are done and how many there are. [count]

    Returns
    -------
    OptimizerBench
        All times and errors. [seconds, fractions]
    """
    # Task by task, so that a slow spell of the machine meets all frameworks of a task.
    turns = [
        Turn(task, name, peer, work, task, *_runs(task, name))
        for task, work in (TASKS | {"rooms": "rooms"}).items()
        for peer, names in ((False, _OURS[work]), (True, _THEIRS.get(task, ()) if peers else ()))
        for name in names
    ]
    bench = SideBySide(
        room="optimizer", module="hedgerow.bench.ours_optimizer", peers=_PEERS, write=_write, judge=_judge
    )
    tasks = bench.measure(turns, rounds, say=say, progress=progress)
    for rows in tasks.values():
        compare_with_baseline(rows)
    return OptimizerBench(machine=machine(), tasks=tasks)


def _runs(task: str, name: str) -> tuple[int, int]:
    """Return timed runs and the calls in each."""
    return _FEWER.get((task, name)) or _FEWER.get((task, name.partition(", ")[0])) or _RUNS[task]


def compare_with_baseline(rows: tuple[Row, ...]) -> None:
    """Set each row's times against those of raw DAQP too, where it ran.

    Parameters
    ----------
    rows : tuple of dict
        Rows of one task; ``baseline_ratio`` is added, None without a baseline. [pure]
    """
    base = next((row for row in rows if row["framework"] == _BASELINE and "missing" not in row), None)
    for row in rows:
        if "missing" not in row:
            row["baseline_ratio"] = row["median_ms"] / base["median_ms"] if base is not None else None


def _write(folder: Path) -> None:
    for task in TASKS:
        write_task(folder, task)
    np.savez(folder / "rooms.npz")  # the rooms' book comes with the package


def _judge(turn: Turn, folder: Path) -> Row:
    if turn.work == "rooms":
        return {}
    every = sorted(folder.glob(f"{turn.task}-*.npy"))
    return judge_answers(turn.given(folder), turn.result(folder), every)
