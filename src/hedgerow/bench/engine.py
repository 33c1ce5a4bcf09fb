"""``hedgerow bench engine``: events per second of both drivers and of peers, one framework per process, interleaved."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hedgerow.bench.quotes import write_quotes
from hedgerow.core.compiling import cache_folder
from hedgerow.core.errors import HedgerowError, InvariantBroken

_PEERS: Final = {
    "hftbacktest": ("hftbacktest==2.4.4", "numpy==2.2.6", "numba==0.68.1"),
    "nautilus": ("nautilus_trader==1.221.0", "numpy==2.2.6", "pandas==2.3.3"),
}
_HERE: Final = Path(__file__).resolve().parent
_SCRIPTS: Final = (_HERE / "peers", _HERE.parents[2] / "benches" / "peers")
"""Where the peers' scripts lie: in a wheel, in a clone."""

_LONGEST_S: Final = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineBench:
    """What was measured.

    Parameters
    ----------
    frameworks : tuple of dict
        Each with name, version, features, events, trades, seconds of every run and events per second.
    growth : tuple of dict
        Driver, events, seconds and peak memory of streamed runs.
    missing : dict of str to str
        Peers that could not be installed or run, and why.
    """

    frameworks: tuple[dict[str, Any], ...]
    growth: tuple[dict[str, Any], ...]
    missing: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [events per second, seconds, MiB]
        """
        return {"frameworks": list(self.frameworks), "growth": list(self.growth), "missing": self.missing}


def bench_engine(
    *, quotes: int, rounds: int, runs: int, peers: bool, growth: Sequence[int], say: Callable[[str], None]
) -> EngineBench:
    """Time Hedgerow's drivers, and peers where they install.

    Parameters
    ----------
    quotes : int
        How many the task has. [count]
    rounds, runs : int
        Each framework starts so many processes, in turn, with so many timed runs in each. [count]
    peers : bool
        False for Hedgerow alone.
    growth : sequence of int
        Sizes of streamed runs. [count]
    say : callable
        Told what happens now.

    Returns
    -------
    EngineBench
        All times. [seconds]

    Raises
    ------
    InvariantBroken
        If the two drivers decide differently.
    """
    missing: dict[str, str] = {}
    commands = {name: [sys.executable, "-m", "hedgerow.bench.ours", name] for name in ("loop", "skip")}
    for name in _PEERS if peers else ():
        try:
            commands[name] = [str(_peer_python(name, say)), str(_script(name))]
        except _Missing as reason:
            missing[name] = str(reason)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quotes.npz"
        write_quotes(path, quotes)
        found = _rounds(commands, path, rounds, runs, missing, say)
    if found["loop"]["decisions_hash"] != found["skip"]["decisions_hash"]:
        raise InvariantBroken("the event loop and skip-ahead decide differently")
    grown = [_grow(driver, size, say) for size in growth for driver in ("loop", "skip")]
    return EngineBench(frameworks=tuple(found.values()), growth=tuple(grown), missing=missing)


class _Missing(HedgerowError):
    """A peer that cannot be measured here."""


def _rounds(
    commands: dict[str, list[str]],
    path: Path,
    rounds: int,
    runs: int,
    missing: dict[str, str],
    say: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    """Start every framework in turn, so that a slow spell of the machine meets all of them."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(rounds):
        for name, command in commands.items():
            if name in missing:
                continue
            say(f"round {number + 1} of {rounds}: {name}")
            try:
                result = _run([*command, str(path), str(runs)])
            except _Missing as reason:
                if name in ("loop", "skip"):
                    raise
                missing[name] = str(reason)
                found.pop(name, None)
                continue
            before = found.get(name, {}).get("seconds", [])
            found[name] = {**result, "seconds": [*before, *result["seconds"]]}
    for result in found.values():
        result["events_per_s"] = {
            "median": result["events"] / statistics.median(result["seconds"]),
            "best": result["events"] / min(result["seconds"]),
        }
    return found


def _grow(driver: str, size: int, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"streaming {size:,} quotes: {driver}")
    return _run([sys.executable, "-m", "hedgerow.bench.ours", "growth", driver, str(size)])


def _run(command: list[str]) -> dict[str, Any]:
    """Run a process that prints one JSON object."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        raise _Missing(f"not done within {_LONGEST_S:g} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = (done.stderr.strip() or "no output").splitlines()[-1]
        raise _Missing(f"it stopped with {done.returncode}: {said}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def _script(name: str) -> Path:
    """Find a peer's script; it is no part of the package, as another interpreter runs it."""
    for folder in _SCRIPTS:
        if (folder / f"{name}_peer.py").is_file():
            return folder / f"{name}_peer.py"
    raise _Missing("its script is not here")


def _peer_python(name: str, say: Callable[[str], None]) -> Path:
    """Return the interpreter of a peer's own environment, made once and kept beside the kernels."""
    wanted = _PEERS[name]
    folder = cache_folder().parent / "peers" / wanted[0].replace("==", "-")
    python = folder / "bin" / "python"
    if (folder / "ready").is_file():
        return python
    say(f"installing {wanted[0]} into an environment of its own, once")
    for command in ([sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "-q", *wanted]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["it does not install"]
            raise _Missing(errors[-1])
    (folder / "ready").touch()
    return python
