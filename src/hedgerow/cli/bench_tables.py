"""Tables of ``hedgerow bench``: titles, columns, and how figures are written."""

import platform
from collections.abc import Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
    "margin": "Paradex's 24 scenarios over one account of 10,000 positions: its value and its margin",
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
    "margin": {"books/s": "books_per_s", "positions x scenarios/s": "values_per_s", "margin off": "margin_off"},
}
"""Columns of errors, by task, or by the first word of its name: heading and key."""


def show_tasks(machine: dict[str, Any], tasks: dict[str, tuple[dict[str, Any], ...]], options: int) -> None:
    """Print the table of every task.

    Parameters
    ----------
    machine : dict
        On what was measured.
    tasks : dict of str to tuple of dict
        Rows by task.
    options : int
        How many the titles name. [count]
    """
    threads, vectors = machine["threads"], machine["instruction_set"]
    libraries = f"numpy {machine['numpy']}, numba {machine['numba']}"
    print(f"one framework per process, {threads} thread; {machine_line()}, {vectors}, {libraries}")
    console = Console(width=200)
    for task, rows in tasks.items():
        print(f"\n{_TITLES[task].format(options=options)}\n")
        with console.capture() as drawn:
            console.print(_rows(task, rows))
        print("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _rows(task: str, rows: tuple[dict[str, Any], ...]) -> Table:
    errors = _ERRORS[task if task in _ERRORS else task.partition("_")[0]]
    table = table_of("framework", "median ms", "best ms", "x median", "x best", *errors)
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


def machine_line() -> str:
    """Return the processor and the interpreter.

    Returns
    -------
    str
        For a headline. [text]
    """
    import llvmlite.binding as llvm  # late: only a bench asks for the processor

    return f"{llvm.get_host_cpu_name()}, Python {platform.python_version()}"


def table_of(*columns: str) -> Table:
    """Return an empty table, its first column to the left and the others to the right.

    Parameters
    ----------
    *columns : str
        Headings. [text]

    Returns
    -------
    Table
        Without rows. [table]
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="right" if i else "left", no_wrap=True)
    return table


def frameworks_table(frameworks: Sequence[dict[str, Any]]) -> Table:
    """Return events per second of every framework, and ours over each peer's.

    Parameters
    ----------
    frameworks : sequence of dict
        As in ``EngineBench``.

    Returns
    -------
    Table
        One row for each. [events per second, ms]
    """
    rates: dict[str, float] = {item["framework"]: item["events_per_s"]["median"] for item in frameworks}
    peers = [name for name in rates if not name.startswith("hedgerow")]
    columns = ("events", "trades", "median ms", "best ms", "events/s", *(f"x {name}" for name in peers))
    table = table_of("framework", *columns)
    for item in frameworks:
        table.add_row(f"{item['framework']} {item['version']}", *_cells(item), *_ratios(item, rates, peers))
    return table


def _cells(item: dict[str, Any]) -> list[str]:
    events, rate = item["events"], item["events_per_s"]
    median, best = 1e3 * events / rate["median"], 1e3 * events / rate["best"]
    return [f"{events:,}", str(item["trades"]), f"{median:,.1f}", f"{best:,.1f}", f"{rate['median']:,.0f}"]


def _ratios(item: dict[str, Any], rates: dict[str, float], peers: list[str]) -> list[str]:
    return [f"{rates[item['framework']] / rates[peer]:,.2f}" for peer in peers]


def growth_table(growth: Sequence[dict[str, Any]]) -> Table:
    """Return time and memory of streamed runs.

    Parameters
    ----------
    growth : sequence of dict
        As in ``EngineBench``.

    Returns
    -------
    Table
        One row for each. [seconds, ns, MiB]
    """
    table = table_of("streamed", "events", "seconds", "ns per event", "peak MiB")
    for item in growth:
        each = 1e9 * item["seconds"] / item["events"]
        row = (f"{item['events']:,}", f"{item['seconds']:.2f}", f"{each:,.0f}", f"{item['peak_mib']:,.0f}")
        table.add_row("event loop" if item["driver"] == "loop" else "skip-ahead", *row)
    return table


def agreement_table(agreement: Sequence[dict[str, Any]]) -> Table:
    """Return how many of our trades are the peer's.

    Parameters
    ----------
    agreement : sequence of dict
        As in ``ExchangeBench``.

    Returns
    -------
    Table
        One row for each comparison. [count, USDC]
    """
    table = table_of("orders of ours take", "our trades", "its trades", "the same", "fees off", "funding off")
    for item in agreement:
        counts = (str(item[name]) for name in ("ours", "peer", "same"))
        amounts = (round(item[name], 6) + 0.0 for name in ("fees_off", "funding_off"))  # no zero has a sign
        table.add_row(item["what"], *counts, *(f"{amount:.6f}" for amount in amounts))
    return table


def round_trip_table(trips: Sequence[dict[str, Any]]) -> Table:
    """Return what each framework books on the round trip.

    Parameters
    ----------
    trips : sequence of dict
        As in ``ExchangeBench``.

    Returns
    -------
    Table
        One row for each. [BTC]
    """
    table = table_of("framework", "before fees, BTC", "fees")
    table.add_column("what", justify="left", overflow="fold")
    for item in trips:
        gain = f"{float(item['gain_coin']):+.8g}"
        table.add_row(f"{item['framework']} {item['version']}", gain, item["fees"], escape(item["what"]))
    return table
