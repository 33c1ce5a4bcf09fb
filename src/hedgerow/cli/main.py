"""``hedgerow``: the commands and their one way of failing."""

import io
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from hedgerow import __version__
from hedgerow.cli.pooling import pool
from hedgerow.cli.sections import Sections
from hedgerow.cli.venue import venue
from hedgerow.core.errors import HedgerowError, InvariantBroken

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(cls=Sections, context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100})
@click.version_option(__version__, message="hedgerow %(version)s")
def app() -> None:
    """Hedge ratio optimization for crypto derivatives: how much, with what, at what cost, with a proof."""


_CONVENTIONS = (
    "sticky_strike",
    "sticky_moneyness",
    "minimum_variance_surface",
    "minimum_variance_fitted",
    "model",
    "minimum_variance_model",
    "bartlett",
)
"""The names of ``DeltaConvention``, which would load the pricing room for a word of help; a test holds them equal."""


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
        click.option(
            "--delta-convention",
            type=click.Choice(_CONVENTIONS),
            help="Whose delta to hold neutral, instead of the desk file's.",
        ),
        click.option(
            "--frontier",
            type=click.IntRange(2, 200),
            metavar="N",
            help="Trace the cost-risk frontier too, in N plans from little hedging to much.",
        ),
        click.option(
            "--next-best",
            type=click.IntRange(0, 50),
            default=0,
            metavar="N",
            help="Name up to N quoted instruments that would save most if they were in the list.",
        ),
        click.option(
            "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page there too, with pictures."
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
    help="Write an example into a new folder instead, to play with.",
)
@click.option(
    "--example",
    "name",
    type=click.Choice(["eth-2024-01-08", "lp-2023-08-13", "btc-2020-03-12", "short-call", "liquidity"]),
    default="eth-2024-01-08",
    show_default=True,
    help="Which one: a desk, studies to backtest (two), one to simulate, or the desk of a liquidity provider.",
)
def demo(copy_to: Path | None, name: str, **options: Any) -> None:
    """Hedge an embedded example: an ETH desk on real data of 2024-01-08 11:19 UTC."""
    from hedgerow.cli.ticket import print_ticket
    from hedgerow.examples import copy_example, example

    if copy_to is not None:
        copied = copy_example(name, copy_to)
        study = copied / "study.toml"
        is_desk, command = (copied / "desk.toml").is_file(), "simulate" if name == "short-call" else "backtest"
        click.echo(
            f"hedgerow hedge {copied / 'desk.toml'} --market {copied}" if is_desk else f"hedgerow {command} {study}"
        )
        return
    folder = example(name)
    if not (folder / "desk.toml").is_file():
        raise click.UsageError(f"--example {name} is a study: copy it with --copy-to, which prints the command to run")
    print_ticket(folder / "desk.toml", folder, leave_out=False, **options)
    if not options["as_json"]:
        chosen = "" if name == "eth-2024-01-08" else f"--example {name} "
        click.echo(f"\nto change it: hedgerow demo {chosen}--copy-to my-desk", err=True)


@app.command(section="Hedge")
@click.argument("desk", type=click.Path(path_type=Path), metavar="DESK.toml")
@click.option(
    "--market", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of a market snapshot."
)
@_ticket_options
@click.option("--leave-out", is_flag=True, help="Leave out positions that the market cannot value, and say so.")
def hedge(desk: Path, market: Path, **options: Any) -> None:
    """Compute the hedge ticket of a desk in a market."""
    from hedgerow.cli.ticket import print_ticket

    print_ticket(desk, market, **options)


@app.command(section="Hedge")
@click.argument("desk", type=click.Path(path_type=Path), metavar="DESK.toml")
@click.option(
    "--market", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of a market snapshot."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with pictures there too.")
@click.option("--numeraire", metavar="CURRENCY", help="USD or the coin, instead of the desk file's.")
@click.option("--leave-out", is_flag=True, help="Leave out positions that the market cannot value, and say so.")
def risk(desk: Path, market: Path, html: Path | None, numeraire: str | None, *, as_json: bool, leave_out: bool) -> None:
    """Revalue a desk where spot, vols and time move: a grid, named moves of the past, simulated moves."""
    from hedgerow.cli.risk import print_risk

    print_risk(desk, market, numeraire=numeraire, as_json=as_json, html=html, leave_out=leave_out)


@app.command(section="Hedge")
@click.argument("snapshot", type=click.Path(path_type=Path), metavar="SNAPSHOT")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with pictures there too.")
@click.option(
    "--max-age",
    "max_age_s",
    type=click.FloatRange(min=0.0, min_open=True),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Older quotes are stale.",
)
def surface(snapshot: Path, html: Path | None, max_age_s: float, *, as_json: bool) -> None:
    """Fit the implied-vol surface of a market to its option quotes, free of arbitrage, and check it."""
    from hedgerow.cli.surface import print_surface

    print_surface(snapshot, as_json=as_json, html=html, max_age_s=max_age_s)


@app.command(section="Hedge")
@click.argument("snapshot", type=click.Path(path_type=Path), metavar="SNAPSHOT")
@click.option(
    "--model",
    type=click.Choice(["heston", "bates", "merton", "svcj", "sabr", "lognormal_sv"]),
    default="heston",
    show_default=True,
    help="Which model; sabr is fitted to each expiry alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with pictures there too.")
@click.option(
    "--max-age",
    "max_age_s",
    type=click.FloatRange(min=0.0, min_open=True),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Older quotes are stale.",
)
@click.option(
    "--min-days",
    type=click.FloatRange(min=0.0),
    default=0.0,
    metavar="DAYS",
    help="Leave nearer expiries out.",
)
@click.option(
    "--max-days",
    type=click.FloatRange(min=0.0, min_open=True),
    default=math.inf,
    metavar="DAYS",
    help="Leave farther expiries out.",
)
def calibrate(
    snapshot: Path, model: str, html: Path | None, max_age_s: float, min_days: float, max_days: float, *, as_json: bool
) -> None:
    """Fit a model of stochastic vol or jumps to the option quotes of a market."""
    from hedgerow.cli.calibration import print_calibration

    days = {"min_days": min_days, "max_days": max_days}
    print_calibration(snapshot, model=model, as_json=as_json, html=html, max_age_s=max_age_s, **days)


app.adopt(pool, section="Hedge")
app.adopt(venue, section="Data")


@app.command(section="Test")
@click.argument("study", type=click.Path(path_type=Path), metavar="STUDY.toml")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option("--every-event", is_flag=True, help="Hand every event to the engine, instead of skipping ahead.")
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Record every event and decision there, one journal for each policy; go on where it stops.",
)
@click.option(
    "--gains",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write what every closed lot gained there too, as a table for a tax form.",
)
def backtest(study: Path, journal: Path | None, gains: Path | None, *, as_json: bool, every_event: bool) -> None:
    """Run the policies of a study through its recorded days."""
    from hedgerow.backtesting import backtest as run
    from hedgerow.cli.gains import check_gains, write_gains
    from hedgerow.cli.screen import progress_bars, show_backtest
    from hedgerow.config import load_study

    if journal == Path():
        raise click.UsageError("--journal needs the name of a folder")
    check_gains(gains)
    content = load_study(study)
    with progress_bars() as progress:
        report = run(
            content,
            every_event=every_event,
            journal=journal,
            progress=progress,
            say=lambda text: click.echo(text, err=True),
        )
    show_backtest(report, as_json=as_json)
    if gains is not None:
        write_gains(report, gains)


@app.command(section="Test")
@click.argument("study", type=click.Path(path_type=Path), metavar="STUDY.toml")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with pictures there too.")
@click.option(
    "--frontier",
    type=click.IntRange(2, 65),
    metavar="N",
    help="Cost against risk: run every policy at N settings too, and compare them with a clock.",
)
def simulate(study: Path, html: Path | None, frontier: int | None, *, as_json: bool) -> None:
    """Run policies on simulated paths or resampled returns: cost, risk, gap to the optimum."""
    from hedgerow.cli.simulating import print_simulation

    print_simulation(study, as_json=as_json, frontier=frontier, html=html)


@app.command(section="Dev")
@click.argument("journal", type=click.Path(path_type=Path), metavar="JOURNAL")
@click.option("--verify", is_flag=True, help="Fail unless each recorded decision comes out again, byte for byte.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def replay(journal: Path, *, verify: bool, as_json: bool) -> None:
    """Feed a journal's events to a fresh engine and hold its decisions against the recorded ones."""
    from hedgerow.cli.replaying import journals_in, show_replays, verify_replays
    from hedgerow.journal import replay as run

    replays = [run(folder) for folder in journals_in(journal)]
    show_replays(replays, as_json=as_json)
    if verify:
        verify_replays(replays)


_BENCHES = ("engine", "pricing", "models", "optimizer", "policies", "pools", "exchange")


@app.command(section="Dev")
@click.argument("room", type=click.Choice(_BENCHES), metavar="|".join(_BENCHES))
@click.option("--quotes", type=click.IntRange(1_000, 5_000_000), help="For engine and exchange.  [default: 200000]")
@click.option("--options", type=click.IntRange(1_000, 5_000_000), help="How many to price.  [default: 1000000]")
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True, help="Processes of each framework.")
@click.option("--peers/--no-peers", default=True, help="Install and time the peers as well.")
@click.option("--anvil", help="Program of the node for the pools.  [default: fetched by npm]", metavar="FILE")
@click.option("--growth", is_flag=True, help="Stream up to 10 million quotes through the engine too: cost and memory.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def bench(
    room: str,
    quotes: int | None,
    options: int | None,
    rounds: int,
    *,
    peers: bool,
    anvil: str | None,
    growth: bool,
    as_json: bool,
) -> None:
    """Time the engine, the pricing, the models, the optimizer, the policies, the pools or the exchange."""
    from hedgerow.cli import benching

    for given, name, rooms in (
        (quotes is not None, "--quotes", ("engine", "exchange")),
        (growth, "--growth", ("engine",)),
        (options is not None, "--options", ("pricing",)),
        (anvil is not None, "--anvil", ("pools",)),
    ):
        if given and room not in rooms:
            raise click.UsageError(f"{name} is for {' and '.join(f'bench {room}' for room in rooms)}")
    more: dict[str, dict[str, Any]] = {
        "engine": {"quotes": quotes or 200_000, "growth": growth},
        "pricing": {"options": options or 1_000_000},
        "pools": {"anvil": anvil or ""},
        "exchange": {"quotes": quotes or 200_000},
    }
    getattr(benching, f"time_{room}")(rounds=rounds, peers=peers, as_json=as_json, **more.get(room, {}))


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
        click.echo(f"hedgerow: interrupted; {_after_interruption(sys.argv[1:])}", err=True)
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


def _after_interruption(words: list[str]) -> str:
    """Say what is left of a command that was stopped."""
    command = next((word for word in words if not word.startswith("-")), "")
    if command == "simulate":
        return "nothing of the paths is kept, solved programs are: the same command starts again, and finds them"
    if command != "backtest":
        return "the same command starts again"
    if any(word.partition("=")[0] == "--journal" for word in words):
        return "the same command goes on where the journal stopped"
    return "nothing is kept; with --journal the same command would go on where it stopped"


def _fail(message: str) -> NoReturn:
    click.echo(f"hedgerow: {message}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
