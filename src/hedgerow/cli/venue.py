"""``hedgerow venue``: what venues charge and demand, as the tables in the package say."""

import click


@click.group()
def venue() -> None:
    """What venues charge and demand: dated tables, each line with its source."""


@venue.command()
@click.argument("name", metavar="NAME", default="")
@click.option("--at", "day", metavar="DATE", help="The day, as 2024-01-08.  [default: the latest figures]")
@click.option(
    "--instruments",
    metavar="FILE",
    help="The venue's own instrument list as JSON, which overrides the tables (Deribit: public/get_instruments).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def show(name: str, day: str | None, instruments: str | None, *, as_json: bool) -> None:
    """Print the tables of the venue NAME as they stood on a day."""
    from hedgerow.cli.venue_screen import show_venue

    show_venue(name, day, instruments, as_json=as_json)
