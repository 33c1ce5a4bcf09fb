"""What the command line shows."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from rich.console import Console
from rich.progress import TaskID

from hedgerow.core.compiling import is_warm
from hedgerow.report import BacktestReport, Ticket
from hedgerow.report.layout import drawing_console, printable

_EVERY_S: Final = 30.0
"""Off a terminal a line of progress is written so often. [seconds]"""
_LONG_S: Final = 5.0
"""Off a terminal the end of what took at least so long is told. [seconds]"""


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
    """Show long work on standard error: a bar for each piece on a terminal, a line now and then elsewhere.

    Yields
    ------
    callable
        Told a name, how much is done and how much there is. [count]
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield ProgressLines(time.monotonic, lambda text: print(text, file=sys.stderr, flush=True))
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        before: dict[str, int] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(printable(name), total=total)
            elif done < before[name]:  # the next piece of the same name
                bars.reset(tasks[name], total=total)
            before[name] = done
            bars.update(tasks[name], completed=done, total=total)

        yield tell


class ProgressLines:
    """Progress in lines, for a file or another program: now and then while a piece lasts, and when a long one is done.

    Parameters
    ----------
    clock : callable
        The time. [seconds]
    write : callable
        Takes a line. [text]
    """

    def __init__(self, clock: Callable[[], float], write: Callable[[str], None]) -> None:
        self._clock, self._write = clock, write
        self._begun: dict[str, float] = {}
        self._last = self._seen = clock()

    def __call__(self, name: str, done: int, total: int) -> None:
        """Take note of progress.

        Parameters
        ----------
        name : str
            Of the piece.
        done, total : int
            How much is done, and how much there is. [count]
        """
        now = self._clock()
        began = self._begun.setdefault(name, self._seen)  # the first part was done since anything was heard last
        self._seen = now
        if done >= total:
            del self._begun[name]
            if now - began >= _LONG_S:
                self._write(f"{printable(name)}: done in {now - began:,.0f} s")
                self._last = now
        elif now - self._last >= _EVERY_S:
            self._write(f"{printable(name)}: {done:,} of {total:,}")
            self._last = now


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
    from hedgerow.report.render_backtest import backtest_text, backtest_view

    if not sys.stdout.isatty():
        print(backtest_text(report))
        return
    drawing_console().print(backtest_view(report), soft_wrap=True)


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
    from hedgerow.report.render import ticket_text, ticket_view

    if not sys.stdout.isatty():
        print(ticket_text(ticket))
        return
    drawing_console().print(ticket_view(ticket), soft_wrap=True)
