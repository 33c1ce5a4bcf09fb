"""What ``hedgerow bench`` shows."""

import json
import platform
import textwrap
from typing import Any, Final

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgerow.bench import (
    EngineBench,
    ModelsBench,
    OptimizerBench,
    PoliciesBench,
    PoolsBench,
    PricingBench,
    bench_engine,
    bench_models,
    bench_optimizer,
    bench_policies,
    bench_pools,
    bench_pricing,
)
from hedgerow.cli.screen import progress_bars
from hedgerow.report.layout import WIDTH

_CALLS = "{options:,} calls from 2 days to a year"
_SIMULATED = "one call at the money simulated, 131,072 paths x 52 steps"
_TITLES: Final = {
    "greeks": "price and Greeks, {options:,} options",
    "implied_vol": "implied vol from prices, {options:,} options",
    "surface": "surface fit, 10 expiries x 40 strikes, noise 0.3 vol points",
    "heston_bitcoin": f"Heston, {_CALLS}, Feller ratio 1.39",
    "heston_feller": f"Heston, {_CALLS}, Feller's condition violated: ratio 0.15",
    "heston_calm": f"Heston, {_CALLS}, Feller ratio 6",
    "heston_two_days": "Heston, {options:,} calls two days from expiry, Feller ratio 0.15",
    "bates": f"Bates, {_CALLS}, Feller ratio 1.39",
    "bates_feller": f"Bates, {_CALLS}, Feller ratio 0.15",
    "calibration": "Heston fitted to {options:,} quotes, noise 0.3 vol points, from a start far off",
    "paths": f"{_SIMULATED}, Heston, Feller ratio 1.39",
    "paths_feller": f"{_SIMULATED}, Heston, Feller ratio 0.15",
    "lognormal": "log-normal vol, {options:,} calls from 7 days to a year",
    "tick_20": "one tick of a stream: 20 instruments, 8 factors, 8 Greek bands, a margin limit, quadratic impact",
    "tick_100": "one tick of a stream: 100 instruments, 200 factors, 8 Greek bands, a margin limit, quadratic impact",
    "impact": "one tick with 3/2-power impact: 20 instruments",
    "cvar": "CVaR 95 % of 10,000 scenarios: 20 instruments",
    "cvar_warm": "one tick of a CVaR 95 % of 10,000 scenarios: 20 instruments",
    "cvar_100k": "CVaR 95 % of 100,000 scenarios: 20 instruments",
    "fixed": "fixed charges: 20 instruments",
    "lots": "fixed charges and coarse lots: 20 instruments",
    "rooms": "from a market to a plan in whole lots, room by room: 10,000 options, 20 instruments",
    "hedge": "one short call for a month, hedged by its delta every day: 100,000 simulated paths x 30 dates",
    "programme": "the exact band of one short call, 250 dates, costs of 5 bp",
    "study": "a study of three policies, 30 dates, by the number of its paths",
    "decision": "one decision of a policy, live: a view in, an answer out",
    "positions": "value, delta and gamma of 100,000 Uniswap v3 positions in one pool",
    "quotes": "2,000 quotes of one Uniswap v3 pool, to the unit",
    "fees": "uncollected fees of 100,000 Uniswap v3 positions in one pool",
    "replay": "2,000 swaps replayed for 200 static ranges in the pool",
    "replay_many": "2,000 swaps replayed for 5,000 static ranges in the pool",
    "blocks": "block by block: from a head over IPC to a new hedge target for 10,000 positions in one pool",
}
_PRICES: Final = {"largest err": "largest_error", "its bound": "largest_bound", "NaN rows": "nan_rows"}
_PATHS: Final = {"steps/s": "path_steps_per_s", "std errs off": "standard_errors_off", "std error": "standard_error"}
_ANSWERS: Final = {"largest gap": "largest_gap", "violation": "largest_violation", "unusable": "unusable"}
_BOUNDED: Final = {**_ANSWERS, "stated gap": "bound_gap", "false bounds": "false_bounds"}
_RATES: Final = {"rows/s": "rows_per_s", "x peer": "times_peer"}
_ERRORS: Final[dict[str, dict[str, str]]] = {
    "greeks": {"price off": "price_difference"},
    "implied_vol": {
        "largest err": "largest_error",
        "99.9 % err": "error_999",
        "largest otm": "largest_error_outside",
        "NaN rows": "nan_rows",
    },
    "surface": {"rmse vol pts": "rmse_volpoints"},
    "heston": _PRICES,
    "bates": _PRICES,
    "calibration": {
        "rmse vol pts": "rmse_volpoints",
        "from truth": "true_rmse_volpoints",
        "std errs off": "worst_standard_errors",
    },
    "paths": _PATHS,
    "lognormal": {"price off": "price_difference"},
    "tick": {"x raw DAQP": "baseline_ratio", **_ANSWERS, "ticks": "answers"},
    "impact": _ANSWERS,
    "cvar": _BOUNDED,
    "fixed": _BOUNDED,
    "lots": {"mean gap": "mean_gap", **_BOUNDED},
    "rooms": {},
    "hedge": {
        "steps/s": "path_steps_per_s",
        "mean P&L": "mean",
        "std errs off": "mean_off",
        "std of P&L": "deviation",
        "std errs off ours": "deviation_off",
    },
    "programme": {"value": "value", "stated error": "stated_error"},
    "study": {"steps/s": "path_steps_per_s", "peak MiB": "peak_mib"},
    "decision": {"median us": "median_us"},
    "positions": {**_RATES, "units off": "units_off", "float error": "float_off"},
    "quotes": {**_RATES, "units off": "units_off", "ticks": "ticks"},
    "fees": {"rows/s": "rows_per_s", "fees off": "fees_off"},
    "replay": {**_RATES, "fees off": "fees_off"},
    "blocks": {"p95 ms": "p95_ms", "p95 above trip": "p95_above_ms"},
}
"""Columns of errors, by task, or by the first word of its name: heading and key."""


def time_engine(*, quotes: int, rounds: int, peers: bool, growth: bool, as_json: bool) -> None:
    """Run the bench of the engine and print it.

    Parameters
    ----------
    quotes, rounds : int
        Size of the task, and processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    growth : bool
        True to stream up to 10 million quotes too.
    as_json : bool
        True for one JSON object, False for tables.
    """
    sizes = (100_000, 1_000_000, 10_000_000) if growth else ()
    bench = bench_engine(quotes=quotes, rounds=rounds, runs=3, peers=peers, growth=sizes, say=_say)
    show_engine_bench(bench, as_json=as_json)


def time_pricing(*, options: int, rounds: int, peers: bool, as_json: bool) -> None:
    """Run the bench of the pricing and print it.

    Parameters
    ----------
    options, rounds : int
        Rows of the tasks, and processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    as_json : bool
        True for one JSON object, False for tables.
    """
    with progress_bars() as progress:
        bench = bench_pricing(options=options, rounds=rounds, runs=5, peers=peers, say=_say, progress=progress)
    show_pricing_bench(bench, as_json=as_json)


def time_models(*, rounds: int, peers: bool, as_json: bool) -> None:
    """Run the bench of the models and print it.

    Parameters
    ----------
    rounds : int
        Processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    as_json : bool
        True for one JSON object, False for tables.
    """
    with progress_bars() as progress:
        bench = bench_models(rounds=rounds, peers=peers, say=_say, progress=progress)
    show_models_bench(bench, as_json=as_json)


def time_optimizer(*, rounds: int, peers: bool, as_json: bool) -> None:
    """Run the bench of the optimizer and print it.

    Parameters
    ----------
    rounds : int
        Processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    as_json : bool
        True for one JSON object, False for tables.
    """
    with progress_bars() as progress:
        bench = bench_optimizer(rounds=rounds, peers=peers, say=_say, progress=progress)
    show_optimizer_bench(bench, as_json=as_json)


def time_policies(*, rounds: int, peers: bool, as_json: bool) -> None:
    """Run the bench of the policies and print it.

    Parameters
    ----------
    rounds : int
        Processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    as_json : bool
        True for one JSON object, False for tables.
    """
    with progress_bars() as progress:
        bench = bench_policies(rounds=rounds, peers=peers, say=_say, progress=progress)
    show_policies_bench(bench, as_json=as_json)


def time_pools(*, rounds: int, peers: bool, anvil: str, as_json: bool) -> None:
    """Run the bench of the pools and print it.

    Parameters
    ----------
    rounds : int
        Processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    anvil : str
        The program of the node; empty to fetch one. [path]
    as_json : bool
        True for one JSON object, False for tables.
    """
    with progress_bars() as progress:
        bench = bench_pools(rounds=rounds, peers=peers, anvil=anvil, say=_say, progress=progress)
    show_pools_bench(bench, as_json=as_json)


def _say(text: str) -> None:
    click.echo(text, err=True)


def show_engine_bench(bench: EngineBench, *, as_json: bool) -> None:
    """Print a bench on standard output.

    Parameters
    ----------
    bench : EngineBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    console = Console(width=200)
    console.print(f"one short call hedged with a perpetual, one framework per process; {_machine()}\n")
    console.print(_frameworks(bench))
    console.print()
    for item in bench.frameworks:
        line = f"{item['framework']} {item['version']}: {item['features']}"
        console.print(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    "), highlight=False)
    for name, reason in bench.missing.items():
        console.print(f"  {name}: not measured: {reason}")
    if bench.growth:
        console.print()
        console.print(_growth(bench))


def show_pricing_bench(bench: PricingBench, *, as_json: bool) -> None:
    """Print a bench of the pricing on standard output.

    Parameters
    ----------
    bench : PricingBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    _show_tasks(bench.machine, bench.tasks, bench.options)


def show_models_bench(bench: ModelsBench, *, as_json: bool) -> None:
    """Print a bench of the models on standard output.

    Parameters
    ----------
    bench : ModelsBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    _show_tasks(bench.machine, bench.tasks, 200)


def show_optimizer_bench(bench: OptimizerBench, *, as_json: bool) -> None:
    """Print a bench of the optimizer on standard output.

    Parameters
    ----------
    bench : OptimizerBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    _show_tasks(bench.machine, bench.tasks, 0)


def show_policies_bench(bench: PoliciesBench, *, as_json: bool) -> None:
    """Print a bench of the policies on standard output.

    Parameters
    ----------
    bench : PoliciesBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    _show_tasks(bench.machine, bench.tasks, 0)


def show_pools_bench(bench: PoolsBench, *, as_json: bool) -> None:
    """Print a bench of the pools on standard output.

    Parameters
    ----------
    bench : PoolsBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    _show_tasks(bench.machine, bench.tasks, 0)


def _show_tasks(machine: dict[str, Any], tasks: dict[str, tuple[dict[str, Any], ...]], options: int) -> None:
    threads, vectors = machine["threads"], machine["instruction_set"]
    libraries = f"numpy {machine['numpy']}, numba {machine['numba']}"
    print(f"one framework per process, {threads} thread; {_machine()}, {vectors}, {libraries}")
    console = Console(width=200)
    for task, rows in tasks.items():
        print(f"\n{_TITLES[task].format(options=options)}\n")
        with console.capture() as drawn:
            console.print(_rows(task, rows))
        print("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _rows(task: str, rows: tuple[dict[str, Any], ...]) -> Table:
    errors = _ERRORS[task if task in _ERRORS else task.partition("_")[0]]
    table = _table("framework", "median ms", "best ms", "x median", "x best", *errors)
    table.add_column("what", justify="left", overflow="fold")
    for row in rows:
        if "missing" in row:
            table.add_row(row["framework"], *["-"] * (4 + len(errors)), escape(f"not measured: {row['missing']}"))
            continue
        times = (_time(row[name]) for name in ("median_ms", "best_ms", "median_ratio", "best_ratio"))
        cells = (_error(row[key]) for key in errors.values())
        table.add_row(f"{row['framework']} {row['version']}", *times, *cells, row["what"])
    return table


def _time(value: float) -> str:
    """Two decimals, or four where they would say little: microseconds."""
    return f"{value:,.2f}" if value >= 0.1 else f"{value:.4f}"


def _error(value: float | None) -> str:
    if value is None or isinstance(value, int):
        return "-" if value is None else f"{value:,}"
    if abs(value) >= 10.0:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) >= 0.01 else f"{value:.0e}"


def _machine() -> str:
    import llvmlite.binding as llvm  # late: only a bench asks for the processor

    return f"{llvm.get_host_cpu_name()}, Python {platform.python_version()}"


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="right" if i else "left", no_wrap=True)
    return table


def _frameworks(bench: EngineBench) -> Table:
    rates: dict[str, float] = {item["framework"]: item["events_per_s"]["median"] for item in bench.frameworks}
    peers = [name for name in rates if not name.startswith("hedgerow")]
    columns = ("events", "trades", "median ms", "best ms", "events/s", *(f"x {name}" for name in peers))
    table = _table("framework", *columns)
    for item in bench.frameworks:
        table.add_row(f"{item['framework']} {item['version']}", *_cells(item), *_ratios(item, rates, peers))
    return table


def _cells(item: dict[str, Any]) -> list[str]:
    events, rate = item["events"], item["events_per_s"]
    median, best = 1e3 * events / rate["median"], 1e3 * events / rate["best"]
    return [f"{events:,}", str(item["trades"]), f"{median:,.1f}", f"{best:,.1f}", f"{rate['median']:,.0f}"]


def _ratios(item: dict[str, Any], rates: dict[str, float], peers: list[str]) -> list[str]:
    return [f"{rates[item['framework']] / rates[peer]:,.2f}" for peer in peers]


def _growth(bench: EngineBench) -> Table:
    table = _table("streamed", "events", "seconds", "ns per event", "peak MiB")
    for item in bench.growth:
        each = 1e9 * item["seconds"] / item["events"]
        row = (f"{item['events']:,}", f"{item['seconds']:.2f}", f"{each:,.0f}", f"{item['peak_mib']:,.0f}")
        table.add_row("event loop" if item["driver"] == "loop" else "skip-ahead", *row)
    return table
