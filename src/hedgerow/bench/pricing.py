"""``hedgerow bench pricing``: Greeks, implied vols and surface fits beside those of peers, one thread each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hedgerow.bench.judging import judge
from hedgerow.bench.pricing_task import write_options, write_surface
from hedgerow.bench.processes import Peer
from hedgerow.bench.turns import SideBySide, Turn, machine

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
    names = [(task, name, False) for task, calls in _OURS.items() for name in calls]
    names += [(task, name, True) for task, others in _THEIRS.items() for name in others if peers]
    turns = [
        Turn(task, name, peer=peer, work=task, data="surface" if task == "surface" else "options", runs=runs)
        for task, name, peer in names
    ]

    def write(folder: Path) -> None:
        write_options(folder / "options.npz", options)
        write_surface(folder / "surface.npz")

    bench = SideBySide(room="pricing", module="hedgerow.bench.ours_pricing", peers=_PEERS, write=write, judge=_judge)
    tasks = bench.measure(turns, rounds, say=say, progress=progress)
    return PricingBench(machine=machine(), options=options, tasks=tasks)


def _judge(turn: Turn, folder: Path) -> dict[str, Any]:
    moved = not turn.peer and turn.name == "svi again"
    return judge(turn.task, turn.given(folder), turn.result(folder), moved=moved)
