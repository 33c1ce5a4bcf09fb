"""What the command line shows."""

import contextlib
import json
import sys
from collections.abc import Iterator

from rich.console import Console

from hedgerow.core.compiling import is_warm
from hedgerow.report import Ticket


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Say on standard error that kernels are being compiled, where that is so: once after an installation."""
    if is_warm():
        yield
        return
    with Console(stderr=True).status("compiling kernels, once after an installation ..."):
        yield


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
    from hedgerow.report.render import CANVAS, ticket_text, ticket_view

    if not sys.stdout.isatty():
        print(ticket_text(ticket))
        return
    Console(width=CANVAS).print(ticket_view(ticket), soft_wrap=True)
