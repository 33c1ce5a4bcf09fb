"""What ``hedgerow bench`` shows."""

import json
import textwrap
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from hedgerow.bench import (
    EngineBench,
    ExchangeBench,
    ModelsBench,
    OptimizerBench,
    PoliciesBench,
    PoolsBench,
    PricingBench,
    bench_engine,
    bench_exchange,
    bench_models,
    bench_optimizer,
    bench_policies,
    bench_pools,
    bench_pricing,
)
from hedgerow.cli.bench_tables import (
    agreement_table,
    frameworks_table,
    growth_table,
    machine_line,
    round_trip_table,
    show_tasks,
)
from hedgerow.cli.screen import progress_bars
from hedgerow.report.layout import WIDTH


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


def time_exchange(*, quotes: int, rounds: int, peers: bool, as_json: bool) -> None:
    """Run the bench of the simulated exchange and print it.

    Parameters
    ----------
    quotes, rounds : int
        Size of the task, and processes of each framework. [count]
    peers : bool
        False for Hedgerow alone.
    as_json : bool
        True for one JSON object, False for tables.
    """
    with progress_bars() as progress:
        bench = bench_exchange(quotes=quotes, rounds=rounds, runs=3, peers=peers, say=_say, progress=progress)
    show_exchange_bench(bench, as_json=as_json)


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
    console.print(f"one short call hedged with a perpetual, one framework per process; {machine_line()}\n")
    console.print(frameworks_table(bench.frameworks))
    console.print()
    _show_features(console, bench.frameworks, bench.missing)
    if bench.growth:
        console.print()
        console.print(growth_table(bench.growth))


def show_exchange_bench(bench: ExchangeBench, *, as_json: bool) -> None:
    """Print a bench of the simulated exchange on standard output.

    Parameters
    ----------
    bench : ExchangeBench
        What was measured.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(bench.to_dict(), indent=2, allow_nan=False))
        return
    console = Console(width=200)
    console.print(f"the exchange in full, one framework per process; {machine_line()}\n")
    console.print(frameworks_table(bench.frameworks))
    console.print()
    _show_features(console, bench.frameworks, bench.missing)
    if bench.agreement:
        console.print("\nour trades beside the peer's\n")
        console.print(agreement_table(bench.agreement))
    console.print("\na coin-settled option sold at 0.05 and bought back at 0.04: it earns 0.01 coin before fees\n")
    console.print(round_trip_table(bench.round_trip))
    console.print()
    show_tasks(bench.machine, bench.tasks, 0)


def _show_features(console: Console, frameworks: Sequence[dict[str, Any]], missing: dict[str, str]) -> None:
    """Say what each framework simulates, and what is missing."""
    for item in frameworks:
        line = f"{item['framework']} {item['version']}: {item['features']}"
        console.print(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    "), highlight=False)
    for name, reason in missing.items():
        console.print(f"  {name}: not measured: {escape(reason)}")


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
    show_tasks(bench.machine, bench.tasks, bench.options)


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
    show_tasks(bench.machine, bench.tasks, 200)


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
    show_tasks(bench.machine, bench.tasks, 0)


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
    show_tasks(bench.machine, bench.tasks, 0)


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
    show_tasks(bench.machine, bench.tasks, 0)
