"""``hedgerow bench exchange``: the simulated exchange in full beside its peer, and margin revaluations per second."""

import difflib
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.exchange_task import write_exchange
from hedgerow.bench.margin_task import POSITIONS, margin_off, write_margin
from hedgerow.bench.ours_margin import JOBS
from hedgerow.bench.processes import NotMeasured, Peer, interleave, run_json
from hedgerow.bench.turns import SideBySide, Turn, machine
from hedgerow.core.errors import InvariantBroken

_OWN: Final = ("loop", "skip")
_PEER: Final = Peer(
    script="nautilus_exchange",
    environment="nautilus_trader-1.221.0",
    wanted=("nautilus_trader==1.221.0", "numpy==2.2.6", "pandas==2.3.3"),
)
_PINS: Final = ("numpy==2.4.6", "numba==0.68.1", "scipy==1.17.1", "pandas==2.3.3")
_MARGIN_PEERS: Final = {
    "numpy + scipy": Peer(
        script="numpy_margin",
        environment="pricing-numpy-2.4.6-numba-0.68.1",
        wanted=("scipy==1.17.1", *_PINS),
        ready="ready-numpy-scipy==1.17.1",
    )
}
_MODULE: Final = "hedgerow.bench.ours_exchange"
_SCENARIOS: Final = 24

Trades = Sequence[Sequence[float]]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeBench:
    """What was measured.

    Parameters
    ----------
    machine : dict
        Processor, instruction set, threads, Python and its libraries.
    frameworks : tuple of dict
        Each with name, version, features, events, trades, seconds of every run and events per second.
    agreement : tuple of dict
        Our trades beside the peer's: with delays drawn by chance, and with the peer's one delay.
    round_trip : tuple of dict
        What each books on a coin-settled option that is sold at 0.05 and bought back at 0.04. [BTC]
    tasks : dict of str to tuple of dict
        The margin of a large account, one row for each framework.
    missing : dict of str to str
        What could not be installed or run, and why.
    """

    machine: dict[str, Any]
    frameworks: tuple[dict[str, Any], ...]
    agreement: tuple[dict[str, Any], ...]
    round_trip: tuple[dict[str, Any], ...]
    tasks: dict[str, tuple[dict[str, Any], ...]]
    missing: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            Plain values. [events per second, seconds, ms, BTC]
        """
        return {
            "machine": self.machine,
            "frameworks": list(self.frameworks),
            "agreement": list(self.agreement),
            "round_trip": list(self.round_trip),
            "tasks": {name: list(rows) for name, rows in self.tasks.items()},
            "missing": self.missing,
        }


def bench_exchange(
    *,
    quotes: int,
    rounds: int,
    runs: int,
    peers: bool,
    say: Say,
    progress: Callable[[str, int, int], None],
    positions: int = POSITIONS,
) -> ExchangeBench:
    """Time Hedgerow's drivers on the full exchange, and the peer where it installs; then the margin of a large account.

    Parameters
    ----------
    quotes : int
        How many the task has. [count]
    rounds, runs : int
        Each framework starts so many processes, in turn, with so many timed runs in each. [count]
    peers : bool
        False for Hedgerow alone.
    say : callable
        Told what happens now.
    progress : callable
        Told a name, how many processes are done and how many there are. [count]
    positions : int
        Of the large account. [count]

    Returns
    -------
    ExchangeBench
        All times, and how far trades agree. [seconds, ms]

    Raises
    ------
    InvariantBroken
        If the two drivers decide differently.
    """
    missing: dict[str, str] = {}
    peer = _peer(say, missing) if peers else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quotes.npz"
        write_exchange(path, quotes)
        found = _timed(peer, path, (rounds, runs), missing, say, progress)
        if found["loop"]["decisions_hash"] != found["skip"]["decisions_hash"]:
            raise InvariantBroken("the event loop and skip-ahead decide differently")
        agreement = _agreement(found, path) if "nautilus" in found else ()
    trips = _round_trips(peer if "nautilus" in found else None, missing)
    for result in found.values():
        result.pop("fills")
    tasks = _margins(positions, rounds, peers=peers, say=say, progress=progress)
    return ExchangeBench(
        machine=machine(),
        frameworks=tuple(found.values()),
        agreement=agreement,
        round_trip=trips,
        tasks=tasks,
        missing=missing,
    )


def same_trades(ours: Trades, theirs: Trades) -> int:
    """Count the trades that two runs have in common, in the same order.

    Parameters
    ----------
    ours, theirs : sequence of pairs of float
        Contracts and price of each trade. [contracts], [as quoted]

    Returns
    -------
    int
        How many. [count]
    """
    one, other = ([tuple(trade) for trade in trades] for trades in (ours, theirs))
    blocks = difflib.SequenceMatcher(a=one, b=other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _ours(*words: str) -> list[str]:
    return [sys.executable, "-m", _MODULE, *words]


def _peer(say: Say, missing: dict[str, str]) -> list[str] | None:
    try:
        return _PEER.command(say)
    except NotMeasured as reason:
        missing["nautilus"] = str(reason)
        return None


def _timed(
    peer: list[str] | None,
    path: Path,
    counts: tuple[int, int],
    missing: dict[str, str],
    say: Say,
    progress: Callable[[str, int, int], None],
) -> dict[str, dict[str, Any]]:
    """Time every framework in turn, and work out its events per second."""
    rounds, runs = counts
    commands = {name: _ours(name, str(path), str(runs)) for name in _OWN}
    if peer is not None:
        commands["nautilus"] = [*peer, "run", str(path), str(runs)]

    def tell(done: int, _name: str) -> None:
        if done % len(commands) == 0:
            say(f"round {done // len(commands) + 1} of {rounds}, {len(commands)} processes")
        progress("exchange", done, rounds * len(commands))

    found = interleave(commands, rounds, own=_OWN, missing=missing, tell=tell)
    progress("exchange", rounds * len(commands), rounds * len(commands))
    for result in found.values():
        result["events_per_s"] = {
            "median": result["events"] / statistics.median(result["seconds"]),
            "best": result["events"] / min(result["seconds"]),
        }
    return found


def _agreement(found: dict[str, dict[str, Any]], path: Path) -> tuple[dict[str, Any], ...]:
    """Set our trades and payments beside the peer's: those of the timed runs, and those of a run with its one delay."""
    theirs, alike = found["nautilus"], run_json(_ours("alike", str(path), "1"))
    rows = (("delays by chance", found["skip"]), ("the peer's one delay", alike))
    return tuple(
        {
            "what": what,
            "ours": result["trades"],
            "peer": theirs["trades"],
            "same": same_trades(result["fills"], theirs["fills"]),
            "fees_off": result["fees"] - theirs["fees"],
            "funding_off": result["funding"] - theirs["funding"],
        }
        for what, result in rows
    )


def _round_trips(peer: list[str] | None, missing: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """Let each book the round trip; the peer once for each way to declare the option."""
    trips = [run_json(_ours("round-trip"))]
    if peer is not None:
        try:
            told = run_json([*peer, "round-trip"])
        except NotMeasured as reason:
            missing["nautilus, round trip"] = str(reason)
        else:
            heading = {name: told[name] for name in ("framework", "version")}
            trips += [{**heading, **trip} for trip in told["trips"]]
    return tuple(trips)


def _margins(
    positions: int, rounds: int, *, peers: bool, say: Say, progress: Callable[[str, int, int], None]
) -> dict[str, tuple[dict[str, Any], ...]]:
    """Time the margin of a large account."""
    names = [(name, False) for name in JOBS] + [(name, True) for name in _MARGIN_PEERS if peers]
    turns = [Turn("margin", name, peer=peer, work="margin", data="margin", runs=7) for name, peer in names]

    def write(folder: Path) -> None:
        write_margin(folder / "margin.npz", positions)

    def judge(turn: Turn, folder: Path) -> dict[str, Any]:
        with np.load(turn.given(folder)) as stored:
            return {"margin_off": margin_off(dict(stored), np.load(turn.result(folder)))}

    side = SideBySide(room="margin", module="hedgerow.bench.ours_margin", peers=_MARGIN_PEERS, write=write, judge=judge)
    tasks = side.measure(turns, rounds, say=say, progress=progress)
    for row in tasks["margin"]:
        if "missing" not in row:
            row["books_per_s"] = 1e3 / row["median_ms"]
            row["values_per_s"] = positions * _SCENARIOS * row["books_per_s"]
    return tasks
