"""``hedgerow``: the commands and their one way of failing."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from hedgerow import __version__
from hedgerow.cli.sections import Sections
from hedgerow.core.errors import HedgerowError, InvariantBroken

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(cls=Sections, context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100})
@click.version_option(__version__, message="hedgerow %(version)s")
def app() -> None:
    """Hedge ratio optimization for crypto derivatives: how much, with what, at what cost, with a proof."""


def _ticket_options(command: _Command) -> _Command:
    """Add the options that every command with a ticket has."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output."),
        click.option("--numeraire", metavar="CURRENCY", help="USD or the coin, instead of the desk file's."),
        click.option(
            "--neutral",
            multiple=True,
            metavar="GREEK=VALUE",
            help="A Greek to hold, instead of the desk file's: delta=0 or vega_per_volpoint=-500:500. Repeatable.",
        ),
        click.option(
            "--instrument",
            "instruments",
            multiple=True,
            metavar="NAME",
            help="What may be traded, instead of the desk file's. Repeatable.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@app.command(section="Hedge")
@_ticket_options
@click.option(
    "--copy-to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the example into a new folder instead, to play with.",
)
def demo(copy_to: Path | None, **options: Any) -> None:
    """Hedge the embedded example: an ETH desk on real data of 2024-01-08 11:19 UTC."""
    from hedgerow.examples import copy_example, example

    if copy_to is not None:
        copied = copy_example("eth-2024-01-08", copy_to)
        click.echo(f"hedgerow hedge {copied / 'desk.toml'} --market {copied}")
        return
    folder = example("eth-2024-01-08")
    _print_ticket(folder / "desk.toml", folder, leave_out=False, **options)
    if not options["as_json"]:
        click.echo("\nto change it: hedgerow demo --copy-to my-desk", err=True)


@app.command(section="Hedge")
@click.argument("desk", type=click.Path(path_type=Path), metavar="DESK.toml")
@click.option(
    "--market", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of a market snapshot."
)
@_ticket_options
@click.option("--leave-out", is_flag=True, help="Leave out positions that the market cannot value, and say so.")
def hedge(desk: Path, market: Path, **options: Any) -> None:
    """Compute the hedge ticket of a desk in a market."""
    _print_ticket(desk, market, **options)


def _print_ticket(
    desk: Path,
    market: Path,
    *,
    as_json: bool,
    numeraire: str | None,
    neutral: tuple[str, ...],
    instruments: tuple[str, ...],
    leave_out: bool,
) -> None:
    from hedgerow.cli.parse import neutral_targets
    from hedgerow.cli.screen import compiling, show_ticket
    from hedgerow.config import load_desk
    from hedgerow.market import load_snapshot
    from hedgerow.oneshot import hedge as compute

    targets = neutral_targets(neutral) if neutral else None
    book, snapshot = load_desk(desk), load_snapshot(market)
    with compiling():
        ticket = compute(
            book,
            snapshot,
            numeraire=numeraire,
            neutral=targets,
            instruments=instruments or None,
            leave_out=leave_out,
        )
    show_ticket(ticket, as_json=as_json)


def main() -> NoReturn:
    """Run the command line: one clear line and exit code 2 for whatever the user can mend."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the ticket's characters still gets its numbers
    try:
        app(standalone_mode=False, prog_name="hedgerow")
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "hedgerow"
        _fail(f"{error.format_message().rstrip('.')}; see {command} --help")
    except click.Abort:
        sys.exit(130)
    except InvariantBroken:
        raise
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except HedgerowError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}; check the path, its permissions and the disk")
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    click.echo(f"hedgerow: {message}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
