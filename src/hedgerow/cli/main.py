"""``hedgerow``: the commands and their one way of failing."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="hedgerow",
    help="Hedge ratio optimization for crypto derivatives: how much, with what, at what cost, with a proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
_Numeraire = Annotated[
    str | None, typer.Option(help="USD or the coin, instead of the desk file's.", metavar="CURRENCY")
]
_Neutral = Annotated[
    list[str] | None,
    typer.Option(help="A Greek to hold, instead of the desk file's: delta=0 or vega_per_volpoint=-500:500."),
]
_Instrument = Annotated[
    list[str] | None, typer.Option(help="What may be traded, instead of the desk file's; repeat for more.")
]
_LeaveOut = Annotated[
    bool, typer.Option("--leave-out", help="Leave out positions that the market cannot value, and say so.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from hedgerow import __version__

        typer.echo(f"hedgerow {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(rich_help_panel="Hedge")
def demo(
    json: _Json = False,
    numeraire: _Numeraire = None,
    neutral: _Neutral = None,
    instrument: _Instrument = None,
    copy_to: Annotated[
        Path | None,
        typer.Option(help="Write the example into a new folder instead, to play with.", metavar="DIR"),
    ] = None,
) -> None:
    """Hedge the embedded example: an ETH desk on real data of 2024-01-08 11:19 UTC."""
    from hedgerow.examples import copy_example, example

    if copy_to is not None:
        copied = copy_example("eth-2024-01-08", copy_to)
        typer.echo(f"hedgerow hedge {copied / 'desk.toml'} --market {copied}")
        return
    folder = example("eth-2024-01-08")
    _hedge(folder / "desk.toml", folder, json, numeraire, neutral, instrument, leave_out=False)
    if not json:
        typer.echo("\nto change it: hedgerow demo --copy-to my-desk", err=True)


@app.command(rich_help_panel="Hedge")
def hedge(
    desk: Annotated[Path, typer.Argument(help="The desk file.", metavar="DESK.toml")],
    market: Annotated[Path, typer.Option(help="Folder of a market snapshot.", metavar="DIR")],
    json: _Json = False,
    numeraire: _Numeraire = None,
    neutral: _Neutral = None,
    instrument: _Instrument = None,
    leave_out: _LeaveOut = False,
) -> None:
    """Compute the hedge ticket of a desk in a market."""
    _hedge(desk, market, json, numeraire, neutral, instrument, leave_out=leave_out)


def _hedge(
    desk: Path,
    market: Path,
    json: bool,
    numeraire: str | None,
    neutral: list[str] | None,
    instrument: list[str] | None,
    *,
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
            instruments=instrument or None,
            leave_out=leave_out,
        )
    show_ticket(ticket, as_json=json)


def main() -> NoReturn:
    """Run the command line: one clear line and exit code 2 for whatever the user can mend."""
    from hedgerow.core.errors import HedgerowError, InvariantBroken

    try:
        app()
    except InvariantBroken:
        raise
    except (HedgerowError, OSError) as error:
        print(f"hedgerow: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


if __name__ == "__main__":
    main()
