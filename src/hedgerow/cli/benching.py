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

from hedgerow.bench import EngineBench, PricingBench, bench_engine, bench_pricing
from hedgerow.cli.screen import progress_bars
from hedgerow.report.render import WIDTH

_TITLES: Final = {
    "greeks": "price and Greeks, {options:,} options",
    "implied_vol": "implied vol from prices, {options:,} options",
    "surface": "surface fit, 10 expiries x 40 strikes, noise 0.3 vol points",
}
_ERRORS: Final = {
    "greeks": {"price off": "price_difference"},
    "implied_vol": {
        "largest err": "largest_error",
        "99.9 % err": "error_999",
        "largest otm": "largest_error_outside",
        "NaN rows": "nan_rows",
    },
    "surface": {"rmse vol pts": "rmse_volpoints"},
}
"""Columns of errors, by task: heading and key."""


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
    threads, vectors = bench.machine["threads"], bench.machine["instruction_set"]
    libraries = f"numpy {bench.machine['numpy']}, numba {bench.machine['numba']}"
    print(f"one framework per process, {threads} thread; {_machine()}, {vectors}, {libraries}")
    console = Console(width=200)
    for task, rows in bench.tasks.items():
        print(f"\n{_TITLES[task].format(options=bench.options)}\n")
        with console.capture() as drawn:
            console.print(_prices(task, rows))
        print("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _prices(task: str, rows: tuple[dict[str, Any], ...]) -> Table:
    errors = _ERRORS[task]
    table = _table("framework", "median ms", "best ms", "x median", "x best", *errors)
    table.add_column("what", justify="left", overflow="fold")
    for row in rows:
        if "missing" in row:
            table.add_row(row["framework"], *["-"] * (4 + len(errors)), escape(f"not measured: {row['missing']}"))
            continue
        times = (f"{row[name]:,.2f}" for name in ("median_ms", "best_ms", "median_ratio", "best_ratio"))
        cells = (_error(row[key]) for key in errors.values())
        table.add_row(f"{row['framework']} {row['version']}", *times, *cells, row["what"])
    return table


def _error(value: float | None) -> str:
    if value is None or isinstance(value, int):
        return "-" if value is None else f"{value:,}"
    return f"{value:.3f}" if 0.01 <= value < 10.0 else f"{value:.0e}"


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
