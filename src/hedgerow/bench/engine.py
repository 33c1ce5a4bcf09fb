"""``hedgerow bench engine``: events per second of both drivers and of peers, one framework per process, interleaved."""

import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hedgerow.bench.processes import NotMeasured, Peer, interleave, run_json
from hedgerow.bench.quotes import write_quotes
from hedgerow.core.errors import InvariantBroken

_OWN: Final = ("loop", "skip")
_PEERS: Final = {
    "hftbacktest": Peer(
        script="hftbacktest",
        environment="hftbacktest-2.4.4",
        wanted=("hftbacktest==2.4.4", "numpy==2.2.6", "numba==0.68.1"),
    ),
    "nautilus": Peer(
        script="nautilus",
        environment="nautilus_trader-1.221.0",
        wanted=("nautilus_trader==1.221.0", "numpy==2.2.6", "pandas==2.3.3"),
    ),
}


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
    commands = {name: [sys.executable, "-m", "hedgerow.bench.ours", name] for name in _OWN}
    for name, peer in _PEERS.items() if peers else ():
        try:
            commands[name] = peer.command(say)
        except NotMeasured as reason:
            missing[name] = str(reason)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quotes.npz"
        write_quotes(path, quotes)
        found = _rounds(commands, path, rounds, runs, missing, say)
    if found["loop"]["decisions_hash"] != found["skip"]["decisions_hash"]:
        raise InvariantBroken("the event loop and skip-ahead decide differently")
    grown = [_grow(driver, size, say) for size in growth for driver in ("loop", "skip")]
    return EngineBench(frameworks=tuple(found.values()), growth=tuple(grown), missing=missing)


def _rounds(
    commands: dict[str, list[str]],
    path: Path,
    rounds: int,
    runs: int,
    missing: dict[str, str],
    say: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    """Time every framework, and work out its events per second."""

    def tell(done: int, name: str) -> None:
        say(f"round {done // len(commands) + 1} of {rounds}: {name}")

    whole = {name: [*command, str(path), str(runs)] for name, command in commands.items()}
    found = interleave(whole, rounds, own=_OWN, missing=missing, tell=tell)
    for result in found.values():
        result["events_per_s"] = {
            "median": result["events"] / statistics.median(result["seconds"]),
            "best": result["events"] / min(result["seconds"]),
        }
    return found


def _grow(driver: str, size: int, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"streaming {size:,} quotes: {driver}")
    return run_json([sys.executable, "-m", "hedgerow.bench.ours", "growth", driver, str(size)])
