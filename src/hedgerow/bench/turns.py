"""Tasks side by side: whose turn it is, what each left, and every time over that of the first, which is ours."""

import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from hedgerow.bench.processes import NotMeasured, Peer, interleave

Row = dict[str, Any]

_ONE_THREAD: Final = {
    **{f"{name}_NUM_THREADS": "1" for name in ("NUMBA", "OMP", "OPENBLAS", "MKL", "RAYON")},
    "VECLIB_MAXIMUM_THREADS": "1",
}
_VECTORS: Final = {"avx512f": "AVX-512", "avx2": "AVX2", "sve": "SVE", "neon": "NEON", "sse2": "SSE2"}
"""Features of a processor, the widest first."""


class Turn(NamedTuple):
    """One framework on one task.

    Parameters
    ----------
    task : str
        Of what it is a row. [name]
    name : str
        A call of ours; or a peer, or a peer with other settings behind a comma. [name]
    peer : bool
        False for ours.
    work : str
        What a peer is asked for; several tasks may ask for the same, of other data. [name]
    data : str
        What it reads, without ``.npz``. [file name]
    runs, calls : int
        Timed runs in each process, and calls in each run, of which it counts the mean time. [count]
    """

    task: str
    name: str
    peer: bool
    work: str
    data: str
    runs: int
    calls: int = 1

    def __str__(self) -> str:
        return f"{self.task}: {self.name if self.peer else f'hedgerow, {self.name}'}"

    @property
    def framework(self) -> str:
        """Whose it is, without settings. [name]"""
        return self.name.partition(", ")[0]

    @property
    def word(self) -> str:
        """What it is asked for, of ours a call, of a peer the work and its settings. [name]"""
        settings = self.name.partition(", ")[2]
        return f"{self.work}, {settings}" if settings and self.peer else self.work if self.peer else self.name

    def given(self, folder: Path) -> Path:
        """Return what it reads.

        Parameters
        ----------
        folder : Path
            Where the tasks lie. [path]

        Returns
        -------
        Path
            Its ``.npz``. [path]
        """
        return folder / f"{self.data}.npz"

    def result(self, folder: Path) -> Path:
        """Return what it writes.

        Parameters
        ----------
        folder : Path
            Where the tasks lie. [path]

        Returns
        -------
        Path
            Its ``.npy``. [path]
        """
        return folder / f"{self.task}-{self.name}.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """How turns are taken.

    Parameters
    ----------
    room : str
        What is measured. [name]
    module : str
        Runs ours. [module]
    peers : mapping of str to Peer
        By name, without settings.
    write : callable
        Writes the data of every task into a folder.
    judge : callable
        Told a turn and the folder; returns its errors by key.
    """

    room: str
    module: str
    peers: Mapping[str, Peer]
    write: Callable[[Path], None]
    judge: Callable[[Turn, Path], Row]

    def measure(
        self,
        turns: Sequence[Turn],
        rounds: int,
        *,
        say: Callable[[str], None],
        progress: Callable[[str, int, int], None],
    ) -> dict[str, tuple[Row, ...]]:
        """Start each framework in turn, one thread each.

        Parameters
        ----------
        turns : sequence of Turn
            All of them; the first of a task is what the task's others are compared with.
        rounds : int
            How often each is started. [count]
        say : callable
            Told what happens now.
        progress : callable
            Told a name, how many processes are done and how many there are. [count]

        Returns
        -------
        dict of str to tuple of dict
            Rows by task. [seconds, ms, ratios, errors]
        """
        missing: dict[str, str] = {}
        starts = self._starts(turns, missing, say)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.write(folder)
            commands = {
                str(turn): [*start, *map(str, (turn.given(folder), turn.result(folder), turn.runs, turn.calls))]
                for turn, start in starts.items()
            }

            def tell(done: int, _name: str) -> None:
                if done % len(commands) == 0:
                    say(f"round {done // len(commands) + 1} of {rounds}, {len(commands)} processes")
                progress(self.room, done, rounds * len(commands))

            own = [str(turn) for turn in turns if not turn.peer]
            env = {**os.environ, **_ONE_THREAD}
            found = interleave(commands, rounds, own=own, missing=missing, tell=tell, env=env)
            progress(self.room, rounds * len(commands), rounds * len(commands))
            rows = [(turn.task, self._row(turn, folder, found, missing)) for turn in turns]
        tasks = dict.fromkeys(task for task, _ in rows)
        return {task: compared([row for of, row in rows if of == task]) for task in tasks}

    def _starts(
        self, turns: Sequence[Turn], missing: dict[str, str], say: Callable[[str], None]
    ) -> dict[Turn, list[str]]:
        """Return how each turn's command begins; peers are installed here, once each."""
        scripts: dict[str, list[str] | NotMeasured] = {}
        for name in {turn.framework: None for turn in turns if turn.peer}:
            try:
                scripts[name] = self.peers[name].command(say)
            except NotMeasured as reason:
                scripts[name] = reason
        starts: dict[Turn, list[str]] = {}
        for turn in turns:
            script = scripts[turn.framework] if turn.peer else [sys.executable, "-m", self.module]
            if isinstance(script, NotMeasured):
                missing[str(turn)] = str(script)
            else:
                starts[turn] = [*script, turn.word]
        return starts

    def _row(self, turn: Turn, folder: Path, found: dict[str, Row], missing: dict[str, str]) -> Row:
        """Return what is known of one framework on one task: its times and errors, or why there are none."""
        if str(turn) in missing:
            return {"framework": turn.name, "missing": missing[str(turn)]}
        result = found[str(turn)] | ({"framework": turn.name} if turn.peer else {})
        times = {
            "median_ms": 1e3 * statistics.median(result["seconds"]),
            "best_ms": 1e3 * min(result["seconds"]),
        }
        return {**result, **times, **self.judge(turn, folder)}


def compared(rows: list[Row]) -> tuple[Row, ...]:
    """Set each row's times against those of the first, which is ours.

    Parameters
    ----------
    rows : list of dict
        Rows of one task, with ``median_ms`` and ``best_ms`` unless they are missing. [ms]

    Returns
    -------
    tuple of dict
        The same rows, with ratios. [pure]
    """
    for row in rows:
        for name in ("median", "best"):
            if "missing" not in row:
                row[f"{name}_ratio"] = row[f"{name}_ms"] / rows[0][f"{name}_ms"]
    return tuple(rows)


def machine() -> dict[str, Any]:
    """Return on what is measured.

    Returns
    -------
    dict
        Processor, instruction set, threads, Python and its libraries. [names and versions]
    """
    import llvmlite.binding as llvm  # late: only a bench asks for the processor

    features: dict[str, bool] = dict(llvm.get_host_cpu_features())
    return {
        "processor": llvm.get_host_cpu_name(),
        "instruction_set": next((name for flag, name in _VECTORS.items() if features.get(flag)), "scalar"),
        "threads": 1,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
    }
