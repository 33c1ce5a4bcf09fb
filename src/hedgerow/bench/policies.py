"""``hedgerow bench policies``: simulated hedges beside those of a peer, exact bands, studies by size, decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.judging_policies import judge_policies
from hedgerow.bench.policies_task import DECIDED, PROGRAMMES, SIZES, write_task
from hedgerow.bench.processes import Peer
from hedgerow.bench.turns import Row, SideBySide, Turn, machine

_PINS: Final = ("torch==2.13.0", "numpy==1.26.4")
"""The newest torch, and the newest numpy that pfhedge allows."""

_PEERS: Final = {
    "pfhedge": Peer(
        script="pfhedge", environment="policies-pfhedge-0.23.0-torch-2.13.0", wanted=("pfhedge==0.23.0", *_PINS)
    )
}
_OURS: Final = {
    "hedge": ("simulate",),
    "programme": PROGRAMMES,
    "study": tuple(f"{paths:,} paths" for paths in SIZES),
    "decision": DECIDED,
}
"""By work; the first of each is what everything else is compared with."""

_THEIRS: Final = {"hedge": ("pfhedge", "pfhedge, float64", "pfhedge, float64 in blocks")}
"""A peer, or a peer with settings behind a comma: its defaults are float32 and all paths at once."""

TASKS: Final = {"hedge": "hedge", "programme": "programme", "study": "study", "decision": "decision"}
"""What is asked for, by task."""

_RUNS: Final = {"hedge": (5, 1), "programme": (1, 1), "study": (1, 1), "decision": (5, 2000)}
"""Timed runs in each process and calls in each run: the longer they take, the fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesBench:
    """What was measured.

    Parameters
    ----------
    machine : dict
        Processor, instruction set, threads, Python and its libraries.
    tasks : dict of str to tuple of dict
        By task one row for each framework: name, version, what it computes, seconds of every run, medians and minima
        [ms], both over ours, and what its results are worth; or name and the reason why it is missing.
    """

    machine: dict[str, Any]
    tasks: dict[str, tuple[Row, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [seconds, ms, ratios, standard errors, MiB]
        """
        return {"machine": self.machine, "tasks": {name: list(rows) for name, rows in self.tasks.items()}}


def bench_policies(
    *,
    rounds: int,
    peers: bool,
    say: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> PoliciesBench:
    """Time Hedgerow's simulated studies and its policies, and peers where they install.

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
    PoliciesBench
        All times, and what the results are worth. [seconds, standard errors, MiB]
    """
    # Task by task, so that a slow spell of the machine meets all frameworks of a task.
    turns = [
        Turn(task, name, peer, work, task, *_RUNS[work])
        for task, work in TASKS.items()
        for peer, names in ((False, _OURS[work]), (True, _THEIRS.get(work, ()) if peers else ()))
        for name in names
    ]
    bench = SideBySide(room="policies", module="hedgerow.bench.ours_policies", peers=_PEERS, write=_write, judge=_judge)
    tasks = bench.measure(turns, rounds, say=say, progress=progress)
    for task, rows in tasks.items():
        for row in rows:
            if "path_steps" in row:
                row["path_steps_per_s"] = 1e3 * row["path_steps"] / row["median_ms"]
            if task == "decision" and "missing" not in row:
                row["median_us"] = 1e3 * row["median_ms"]
    return PoliciesBench(machine=machine(), tasks=tasks)


def _write(folder: Path) -> None:
    write_task(folder)
    for task in TASKS:
        if task != "hedge":
            np.savez(folder / f"{task}.npz")  # what these run stands in ``ours_policies``


def _judge(turn: Turn, folder: Path) -> Row:
    ours = turn._replace(name=_OURS[turn.work][0], peer=False).result(folder)
    return judge_policies(turn.work, turn.given(folder), turn.result(folder), ours)
