"""``hedgerow bench models``: prices, calibrations and simulations beside those of peers, one thread each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hedgerow.bench.judging_models import judge_model
from hedgerow.bench.models_task import write_task
from hedgerow.bench.processes import Peer
from hedgerow.bench.turns import Row, SideBySide, Turn, machine

_PINS: Final = ("numpy==2.4.6", "numba==0.68.1", "scipy==1.17.1", "pandas==2.3.3")


def _peer(script: str, wanted: str) -> Peer:
    environment = f"models-{'-'.join(_PINS[:2])}".replace("==", "-")
    return Peer(script=script, environment=environment, wanted=(wanted, *_PINS), ready=f"ready-{script}-{wanted}")


_PEERS: Final = {
    "QuantLib": _peer("quantlib_models", "QuantLib==1.44"),
    "stochvolmodels": _peer("stochvolmodels", "stochvolmodels==2.6.0"),
}

_PRICES: Final = ("price_model", "price_model, 1e-13")
_SIMULATIONS: Final = ("simulate", "simulate, every date")
_OURS: Final = {
    "heston": _PRICES,
    "bates": _PRICES,
    "calibration": ("calibrate_model", "calibrate_model, no start"),
    "paths": _SIMULATIONS,
    "lognormal": ("price_model",),
}
"""By work; the first of each is what everything else is compared with."""

_THEIRS: Final = {
    "heston": (
        "QuantLib, exponential fitting",
        "QuantLib, 64 nodes",
        "QuantLib, 144 nodes",
        "QuantLib, COS",
        "stochvolmodels",
    ),
    "bates": ("QuantLib, 96 nodes", "QuantLib, 144 nodes"),
    "calibration": ("QuantLib, 32 nodes", "QuantLib, 64 nodes", "QuantLib, exponential fitting", "stochvolmodels"),
    "paths": ("QuantLib", "stochvolmodels"),
    "lognormal": ("stochvolmodels",),
}
"""A peer, or a peer with settings behind a comma: its defaults, and the fewest nodes that reach 1e-10 here."""

TASKS: Final = {
    "heston_bitcoin": "heston",
    "heston_feller": "heston",
    "heston_calm": "heston",
    "heston_two_days": "heston",
    "bates": "bates",
    "bates_feller": "bates",
    "calibration": "calibration",
    "paths": "paths",
    "paths_feller": "paths",
    "lognormal": "lognormal",
}
"""What is asked for, by task; a task is some data for it."""

_RUNS: Final = {"heston": (20, 10), "bates": (20, 10), "calibration": (3, 1), "paths": (3, 1), "lognormal": (1, 1)}
"""Timed runs in each process and calls in each run: the longer they take, the fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsBench:
    """What was measured.

    Parameters
    ----------
    machine : dict
        Processor, instruction set, threads, Python and its libraries.
    tasks : dict of str to tuple of dict
        By task one row for each framework: name, version, what it computes, seconds of every run, medians and minima
        [ms], both over ours, and errors; or name and the reason why it is missing.
    """

    machine: dict[str, Any]
    tasks: dict[str, tuple[Row, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [seconds, ms, ratios, fractions of the forward, vol points, standard errors]
        """
        return {"machine": self.machine, "tasks": {name: list(rows) for name, rows in self.tasks.items()}}


def bench_models(
    *,
    rounds: int,
    peers: bool,
    say: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> ModelsBench:
    """Time Hedgerow's models, and peers where they install.

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
    ModelsBench
        All times and errors. [seconds, fractions of the forward, vol points, standard errors]
    """
    # Task by task, so that a slow spell of the machine meets all frameworks of a task.
    turns = [
        Turn(task, name, peer, work, task, *_RUNS[work])
        for task, work in TASKS.items()
        for peer, names in ((False, _OURS[work]), (True, _THEIRS[work] if peers else ()))
        for name in names
    ]
    bench = SideBySide(room="models", module="hedgerow.bench.ours_models", peers=_PEERS, write=_write, judge=_judge)
    tasks = bench.measure(turns, rounds, say=say, progress=progress)
    for rows in tasks.values():
        for row in rows:
            if "path_steps" in row:
                row["path_steps_per_s"] = 1e3 * row["path_steps"] / row["median_ms"]
    return ModelsBench(machine=machine(), tasks=tasks)


def _write(folder: Path) -> None:
    for task in TASKS:
        write_task(folder, task)


def _judge(turn: Turn, folder: Path) -> Row:
    ours = turn._replace(name=_OURS[turn.work][0], peer=False).result(folder)
    return judge_model(turn.work, turn.given(folder), turn.result(folder), ours)
