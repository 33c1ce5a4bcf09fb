"""``hedgerow bench pricing``: Greeks, implied vols and surface fits beside those of peers, one thread each."""

import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from hedgerow.bench.judging import judge
from hedgerow.bench.pricing_task import write_options, write_surface
from hedgerow.bench.processes import NotMeasured, Peer, interleave

_ONE_THREAD: Final = {
    **{f"{name}_NUM_THREADS": "1" for name in ("NUMBA", "OMP", "OPENBLAS", "MKL", "RAYON")},
    "VECLIB_MAXIMUM_THREADS": "1",
}
_VECTORS: Final = {"avx512f": "AVX-512", "avx2": "AVX2", "sve": "SVE", "neon": "NEON", "sse2": "SSE2"}
"""Features of a processor, the widest first."""

_PINS: Final = ("numpy==2.4.6", "numba==0.68.1", "scipy==1.17.1", "pandas==2.3.3")


def _peer(script: str, wanted: str) -> Peer:
    """All of them fit together, so they share an environment; one that does not install leaves the others alone."""
    environment = f"pricing-{'-'.join(_PINS[:2])}".replace("==", "-")
    ready = f"ready-{script}-{wanted}"
    return Peer(script=script, environment=environment, wanted=(wanted, *_PINS), ready=ready)


_PEERS: Final = {
    "fast-vollib": _peer("fast_vollib", "fast-vollib==0.2.4"),
    "iv-engine": _peer("iv_engine", "iv-engine==0.1.1"),
    "lbriv": _peer("lbriv", "lbriv==1.0.0"),
    "numpy + scipy": _peer("numpy", "scipy==1.17.1"),
    "pyvolr": _peer("pyvolr", "pyvolr==0.1.7"),
    "QuantLib": _peer("quantlib", "QuantLib==1.44"),
    "vanilla-option-pricers": _peer("vanilla_option_pricers", "vanilla-option-pricers==2.3.0"),
}


_OURS: Final = {
    "greeks": ("black76", "greeks_into"),
    "implied_vol": ("implied_vol", "implied_vol_into"),
    "surface": ("svi", "svi again", "essvi"),
}
"""The first of each is what everything else is compared with."""

_THEIRS: Final = {
    "greeks": ("fast-vollib", "iv-engine", "pyvolr", "numpy + scipy"),
    "implied_vol": ("lbriv", "iv-engine", "vanilla-option-pricers", "pyvolr", "fast-vollib"),
    "surface": ("fast-vollib", "fast-vollib, 1 start", "QuantLib"),
}
"""A peer, or a peer with other settings behind a comma."""


class _Turn(NamedTuple):
    """One framework on one task."""

    task: str
    name: str
    peer: bool

    def __str__(self) -> str:
        return f"{self.task}: {self.name if self.peer else f'hedgerow, {self.name}'}"

    @property
    def word(self) -> str:
        """What it is asked for, of ours a call, of a peer a task and its settings."""
        settings = self.name.partition(", ")[2]
        return f"{self.task}, {settings}" if settings else self.task if self.peer else self.name

    def data(self, folder: Path) -> Path:
        """Return what it reads."""
        return folder / ("surface.npz" if self.task == "surface" else "options.npz")

    def result(self, folder: Path) -> Path:
        """Return what it writes."""
        return folder / f"{self.task}-{self.name}.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingBench:
    """What was measured.

    Parameters
    ----------
    machine : dict
        Processor, instruction set, threads, Python and its libraries.
    options : int
        Rows of the first two tasks. [count]
    tasks : dict of str to tuple of dict
        By task one row for each framework: name, version, what it computes, seconds of every run, medians and minima
        [ms], both over ours, and errors; or name and the reason why it is missing.
    """

    machine: dict[str, Any]
    options: int
    tasks: dict[str, tuple[dict[str, Any], ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [seconds, ms, ratios, relative errors, vol points]
        """
        tasks = {name: list(rows) for name, rows in self.tasks.items()}
        return {"machine": self.machine, "options": self.options, "tasks": tasks}


def bench_pricing(
    *,
    options: int,
    rounds: int,
    runs: int,
    peers: bool,
    say: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> PricingBench:
    """Time Hedgerow's pricing, and peers where they install.

    Parameters
    ----------
    options : int
        How many the first two tasks have. [count]
    rounds, runs : int
        Each framework starts so many processes, in turn, with so many timed runs in each. [count]
    peers : bool
        False for Hedgerow alone.
    say : callable
        Told what happens now.
    progress : callable
        Told a name, how many processes are done and how many there are. [count]

    Returns
    -------
    PricingBench
        All times and errors. [seconds, relative, vol points]
    """
    turns = [_Turn(task, name, peer=False) for task, names in _OURS.items() for name in names]
    turns += [_Turn(task, name, peer=True) for task, names in _THEIRS.items() for name in names if peers]
    missing: dict[str, str] = {}
    starts = _starts(turns, missing, say)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_options(folder / "options.npz", options)
        write_surface(folder / "surface.npz")
        commands = {
            str(turn): [*start, *map(str, (turn.data(folder), turn.result(folder), runs))]
            for turn, start in starts.items()
        }

        def tell(done: int, _name: str) -> None:
            if done % len(commands) == 0:
                say(f"round {done // len(commands) + 1} of {rounds}, {len(commands)} processes")
            progress("pricing", done, rounds * len(commands))

        own = [str(turn) for turn in turns if not turn.peer]
        env = {**os.environ, **_ONE_THREAD}
        found = interleave(commands, rounds, own=own, missing=missing, tell=tell, env=env)
        progress("pricing", rounds * len(commands), rounds * len(commands))
        rows = [_row(turn, folder, found, missing) for turn in turns]
    tasks = {
        task: _compared([row for turn, row in zip(turns, rows, strict=True) if turn.task == task]) for task in _OURS
    }
    return PricingBench(machine=_machine(), options=options, tasks=tasks)


def _starts(turns: list[_Turn], missing: dict[str, str], say: Callable[[str], None]) -> dict[_Turn, list[str]]:
    """Return how each turn's command begins; peers are installed here, once each."""
    scripts: dict[str, list[str] | NotMeasured] = {}
    for name in {turn.name: None for turn in turns if turn.peer}:
        try:
            scripts[name] = _PEERS[name.partition(", ")[0]].command(say)
        except NotMeasured as reason:
            scripts[name] = reason
    starts: dict[_Turn, list[str]] = {}
    for turn in turns:
        script = scripts[turn.name] if turn.peer else [sys.executable, "-m", "hedgerow.bench.ours_pricing"]
        if isinstance(script, NotMeasured):
            missing[str(turn)] = str(script)
        else:
            starts[turn] = [*script, turn.word]
    return starts


def _row(turn: _Turn, folder: Path, found: dict[str, dict[str, Any]], missing: dict[str, str]) -> dict[str, Any]:
    """Return what is known of one framework on one task: its times and errors, or why there are none."""
    if str(turn) in missing:
        return {"framework": turn.name, "missing": missing[str(turn)]}
    result = found[str(turn)] | ({"framework": turn.name} if turn.peer else {})
    times = {
        "median_ms": 1e3 * statistics.median(result["seconds"]),
        "best_ms": 1e3 * min(result["seconds"]),
    }
    moved = not turn.peer and turn.name == "svi again"
    return {**result, **times, **judge(turn.task, turn.data(folder), turn.result(folder), moved=moved)}


def _compared(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Set each row's times against those of the first, which is ours."""
    for row in rows:
        for name in ("median", "best"):
            if "missing" not in row:
                row[f"{name}_ratio"] = row[f"{name}_ms"] / rows[0][f"{name}_ms"]
    return tuple(rows)


def _machine() -> dict[str, Any]:
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
