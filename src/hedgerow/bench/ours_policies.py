"""Hedgerow's own simulated hedges, programs and decisions, in a process of their own.

``python -m hedgerow.bench.ours_policies WORD DATA RESULT RUNS CALLS`` as for the peers: times the call that the word
names over the columns in DATA, keeps what the last one returned in RESULT, and prints one JSON object.
"""

import resource
import sys
from collections.abc import Callable
from itertools import cycle
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.ours import settings
from hedgerow.bench.policies_task import CALL, DECIDED, PROGRAMMES, SIZES, STEPS
from hedgerow.bench.quotes import START_NS, STRIKE
from hedgerow.bench.timing import Columns, Job, measure
from hedgerow.config import SimulationStudy
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_tables import MarketLine, SimulationLine, SoldOption, TradingRules
from hedgerow.engine import Engine
from hedgerow.engine.views import Views
from hedgerow.lab import simulate
from hedgerow.policy import (
    AnyPolicy,
    DeltaTolerance,
    GasAware,
    Leland,
    PriceMove,
    QuadraticImpact,
    TimeGrid,
    Unhedged,
    WhalleyWilmott,
    Zakamouline,
)
from hedgerow.policy.programmes import BandTable, HedgingProblem, Payoff, exact_bands, solve_cara, solved
from hedgerow.report import SimulationReport

_POLICIES: Final[dict[str, AnyPolicy]] = {
    "unhedged": Unhedged(),
    "delta_tolerance": DeltaTolerance(tolerance=0.02),
    "time_grid": TimeGrid(every_s=60.0),
    "price_move": PriceMove(move=1e-3),
    "leland": Leland(every_s=60.0, proportional_cost=5e-4),
    "whalley_wilmott": WhalleyWilmott(risk_aversion=1e-3, proportional_cost=5e-4),
    "zakamouline": Zakamouline(risk_aversion=1e-3, proportional_cost=5e-4),
    "gas_aware": GasAware(risk_aversion=1e-3, fixed_cost=5.0),
    "quadratic_impact": QuadraticImpact(risk_aversion=1e-3, impact_cost=0.05),
}


_PROBLEM: Final = HedgingProblem(
    spot=100.0,
    vol=0.2,
    years=0.25,
    steps=250,
    payoffs=(Payoff(kind="call", quantity=-1.0, step=250, strike=100.0),),
    proportional_cost=5e-4,
)
_AVERSION: Final = 1.0
_STUDIED: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "delta"},
    {"kind": "time_grid", "every_steps": 5},
    {"kind": "whalley_wilmott", "risk_aversion": 1.0},
)


def _study(columns: Columns, paths: int, policies: tuple[dict[str, Any], ...], seed: int) -> SimulationStudy:
    """State the hedge of the task; as with the peers the sale at expiry is free."""
    spot, strike, vol, years, cost = (float(columns[name]) for name in ("spot", "strike", "vol", "years", "cost"))
    return SimulationStudy(
        policy=policies,
        model=GbmLine(sigma=vol),
        market=MarketLine(spot=spot),
        option=SoldOption(strike=strike, expiry_days=365.0 * years),
        hedge=TradingRules(steps=int(columns["steps"]), proportional_cost=cost, charge_liquidation=False),
        simulation=SimulationLine(paths=paths, seed=seed),
    )


def _hedge(columns: Columns) -> Job:
    """Hedge on other paths at every call."""
    seeds, paths = cycle(range(1, 1000)), int(columns["paths"])

    def call() -> SimulationReport:
        return simulate(_study(columns, paths, ({"kind": "delta"},), next(seeds)))

    def column(report: SimulationReport) -> NDArray[np.float64]:
        (found,) = report.policies
        return np.array([-found.mean - report.premium, found.std, found.mean_error, found.std_error])

    return Job(call, column, "float64; all figures with standard errors")


def _sized(paths: int) -> Callable[[Columns], Job]:
    """Return a whole study of so many paths."""

    def prepare(_: Columns) -> Job:
        given: Columns = {name: np.array(value) for name, value in CALL.items()} | {"steps": np.array(STEPS)}
        study = _study(given, paths, _STUDIED, 1)

        def column(report: SimulationReport) -> NDArray[np.float64]:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
            return np.array([peak, report.paths * report.steps * len(report.policies)])

        kinds = ", ".join(line["kind"] for line in _STUDIED)
        return Job(lambda: simulate(study), column, f"{kinds}; on the same paths")

    return prepare


def _programme(*, kept: bool) -> Job:
    """Find the band: solve it, or read what was solved before from disk."""

    def call() -> BandTable:
        if not kept:
            return solve_cara(_PROBLEM, _AVERSION)
        solved._cara.cache_clear()  # what this process remembers; the file stays
        return exact_bands(_PROBLEM, _AVERSION)

    def column(table: BandTable) -> NDArray[np.float64]:
        return np.array([table.value, table.error])

    return Job(call, column, "read from disk" if kept else "solved, kernels compiled before")


def _found(name: str) -> Callable[[Columns], Job]:
    return lambda _: _programme(kept=name.endswith("kept"))


def _decision(name: str) -> Job:
    """Make a view of the engine's short call at a new price, and ask a policy, which sees it for the first time."""
    views, state = Views(settings()), msgspec.structs.replace(Engine(settings()).start(), now_ns=START_NS)
    prices = cycle((STRIKE, STRIKE + 0.5))
    policy = _POLICIES.get(name)
    memory = None if policy is None else policy.init()

    def call() -> Any:
        view = views.of(state, next(prices))
        return view if policy is None or memory is None else policy.decide(memory, view)

    def column(_: Any) -> NDArray[np.float64]:
        return np.zeros(0)

    return Job(call, column, "book revalued, distance from neutral" if policy is None else "the view, and the answer")


def _decided(name: str) -> Callable[[Columns], Job]:
    return lambda _: _decision(name)


_JOBS: Final[dict[str, Callable[[Columns], Job]]] = {
    "simulate": _hedge,
    **{f"{paths:,} paths": _sized(paths) for paths in SIZES},
    **{name: _found(name) for name in PROGRAMMES},
    **{name: _decided(name) for name in DECIDED},
}


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS CALLS``.
    """
    measure(words, _JOBS)


if __name__ == "__main__":
    main(sys.argv[1:])
