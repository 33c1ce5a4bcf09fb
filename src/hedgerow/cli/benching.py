"""What ``hedgerow bench`` shows."""

import json
import platform
import textwrap
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from hedgerow.bench import EngineBench
from hedgerow.report.render import WIDTH


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
