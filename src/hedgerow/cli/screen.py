"""What the command line shows."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import TaskID

from hedgerow.core.compiling import is_warm
from hedgerow.report import BacktestReport, Ticket


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Say on standard error that kernels are being compiled, where that is so: once after an installation."""
    if is_warm():
        yield
        return
    with Console(stderr=True).status("compiling kernels, once after an installation ..."):
        yield


@contextlib.contextmanager
def hedging() -> Iterator[Callable[[int, int], None] | None]:
    """Say what takes long on standard error: the compiler where kernels are new, else the plans of a frontier.

    Yields
    ------
    callable or None
        Told how many plans are done and how many there are; None while the compiler has the line. [count]
    """
    if not is_warm():
        with compiling():
            yield None
        return
    with progress_bars() as tell:
        yield lambda done, total: tell("frontier", done, total)


@contextlib.contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Draw a bar for each piece of long work on standard error, if somebody is there to see it.

    Yields
    ------
    callable
        Told a name, how much is done and how much there is. [count]
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done)

        yield tell


def show_backtest(report: BacktestReport, *, as_json: bool) -> None:
    """Print a backtest on standard output.

    Parameters
    ----------
    report : BacktestReport
        The report.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(report.to_dict(), indent=2, allow_nan=False))
        return
    from hedgerow.report.layout import CANVAS
    from hedgerow.report.render_backtest import backtest_text, backtest_view

    if not sys.stdout.isatty():
        print(backtest_text(report))
        return
    Console(width=CANVAS).print(backtest_view(report), soft_wrap=True)


def show_ticket(ticket: Ticket, *, as_json: bool) -> None:
    """Print a ticket on standard output.

    Parameters
    ----------
    ticket : Ticket
        The ticket.
    as_json : bool
        True for one JSON object, False for tables.
    """
    if as_json:
        print(json.dumps(ticket.to_dict(), indent=2, allow_nan=False))
        return
    from hedgerow.report.layout import CANVAS
    from hedgerow.report.render import ticket_text, ticket_view

    if not sys.stdout.isatty():
        print(ticket_text(ticket))
        return
    Console(width=CANVAS).print(ticket_view(ticket), soft_wrap=True)
