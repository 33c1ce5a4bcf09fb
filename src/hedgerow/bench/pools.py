"""``hedgerow bench pools``: Greeks, exact amounts, quotes, fees and replays beside those of peers; blocks of a node."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.judging_pools import judge_pools
from hedgerow.bench.pool_blocks import HEAD_TO_TARGET, ROUND_TRIP
from hedgerow.bench.pool_chain import fetch_all
from hedgerow.bench.pools_task import write_tasks
from hedgerow.bench.processes import NotMeasured, Peer
from hedgerow.bench.turns import Row, SideBySide, Turn, machine

_PEERS: Final = {
    "degenbot": Peer(script="degenbot", environment="pools-degenbot-0.3.0", wanted=("degenbot==0.3.0",)),
    "demeter": Peer(script="demeter", environment="pools-demeter-1.3.0", wanted=("zelos-demeter==1.3.0",)),
    "ammbt": Peer(
        script="ammbt",
        environment="pools-ammbt-0.2.0",
        wanted=("ammbt==0.2.0", "numpy==2.4.6", "numba==0.68.1"),
    ),
}
_OURS: Final = {
    "positions": ("compiled", "numpy", "compiled, from lists", "preview_burn"),
    "quotes": ("preview_swap", "swap, ticks kept"),
    "fees": ("preview_collect", "range_book", "fee_columns"),
    "replay": ("replay", "replay, on the way", "replay, every swap"),
    "replay_many": ("replay",),
    "blocks": (HEAD_TO_TARGET, ROUND_TRIP),
}
"""By task; the first of each is what everything else is compared with."""

_EXACT: Final = {"positions": "preview_burn"}
"""The call that the others' amounts are held against, where it is not the first."""

_THEIRS: Final = {
    "positions": ("degenbot", "demeter"),
    "quotes": ("degenbot",),
    "replay": ("ammbt", "ammbt, simulator alone"),
    "replay_many": ("ammbt, simulator alone",),
}
_BASELINES: Final = {
    "positions": "degenbot",
    "quotes": "degenbot",
    "replay": "ammbt",
    "replay_many": "ammbt, simulator alone",
}
"""Peers whose rate ours is set over, by task."""

TASKS: Final = {
    "positions": "positions",
    "quotes": "quotes",
    "fees": "fees",
    "replay": "replay",
    "replay_many": "replay",
    "blocks": "blocks",
}
"""What is asked for, by task."""

_RUNS: Final = {
    "positions": (3, 1),
    "quotes": (3, 1),
    "fees": (3, 1),
    "replay": (1, 1),
    "replay_many": (1, 1),
    "blocks": (200, 1),
}
"""Timed runs in each process and calls in each run; runs of the blocks are blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolsBench:
    """What was measured.

    Parameters
    ----------
    machine : dict
        Processor, instruction set, threads, Python and its libraries.
    tasks : dict of str to tuple of dict
        By task one row for each framework: name, version, what it computes, seconds of every run, medians and minima
        [ms], both over ours, rows each second, and what its results are worth; or name and the reason why it is
        missing.
    """

    machine: dict[str, Any]
    tasks: dict[str, tuple[Row, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [seconds, ms, ratios, smallest units, relative errors]
        """
        return {"machine": self.machine, "tasks": {name: list(rows) for name, rows in self.tasks.items()}}


def bench_pools(
    *,
    rounds: int,
    peers: bool,
    anvil: str,
    say: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> PoolsBench:
    """Time Hedgerow's pools, and peers where they install.

    Parameters
    ----------
    rounds : int
        Each framework starts so many processes, in turn. [count]
    peers : bool
        False for Hedgerow alone.
    anvil : str
        The program of the node for the blocks; empty to fetch one by npm. [path]
    say : callable
        Told what happens now.
    progress : callable
        Told a name, how many processes are done and how many there are. [count]

    Returns
    -------
    PoolsBench
        All times, and what the results are worth. [seconds, smallest units, relative errors]
    """
    node, missing = _node(anvil) if "blocks" in TASKS else ("", "")
    # Task by task, so that a slow spell of the machine meets all frameworks of a task.
    turns = [
        Turn(task, name, peer, work, task, *_RUNS[task])
        for task, work in TASKS.items()
        if not (task == "blocks" and missing)
        for peer, names in ((False, _OURS[task]), (True, _THEIRS.get(task, ()) if peers else ()))
        for name in names
    ]

    def write(folder: Path) -> None:
        write_tasks(folder)
        np.savez(folder / "blocks.npz", anvil=np.array(node))

    bench = SideBySide(room="pools", module="hedgerow.bench.ours_pools", peers=_PEERS, write=write, judge=_judge)
    tasks = bench.measure(turns, rounds, say=say, progress=progress)
    for task, rows in tasks.items():
        _rates(task, rows)
    if missing:
        tasks["blocks"] = tuple({"framework": f"hedgerow, {name}", "missing": missing} for name in _OURS["blocks"])
    return PoolsBench(machine=machine(), tasks=tasks)


def _node(anvil: str) -> tuple[str, str]:
    """Return the node's program, or why there is none."""
    try:
        return fetch_all(anvil), ""
    except NotMeasured as reason:
        return "", str(reason)


def _rates(task: str, rows: tuple[Row, ...]) -> None:
    """Add rows each second, and how many times the peer's that is; for blocks what a round trip takes off."""
    measured = {row["framework"]: row for row in rows if "missing" not in row}
    if task == "blocks":
        for row in measured.values():
            row["p95_ms"] = 1e3 * float(np.percentile(row["seconds"], 95.0))
            is_trip = row["framework"] == f"hedgerow, {ROUND_TRIP}"
            row["p95_above_ms"] = None if is_trip else row["p95_ms"] - row["trip_p95_ms"]
        return
    baseline = measured.get(_BASELINES.get(task, ""))
    for row in measured.values():
        row["rows_per_s"] = 1e3 * row["rows"] / row["median_ms"]
        row["times_peer"] = None if baseline is None else baseline["median_ms"] / row["median_ms"]


def _judge(turn: Turn, folder: Path) -> Row:
    if turn.work == "blocks":
        # round trips of the same process, between its blocks
        _, trips = np.load(turn.result(folder))
        return {"trip_p95_ms": 1e3 * float(np.percentile(trips, 95.0))}
    exact = turn._replace(name=_EXACT.get(turn.task, _OURS[turn.task][0]), peer=False).result(folder)
    return judge_pools(turn.work, turn.given(folder), turn.result(folder), exact)
