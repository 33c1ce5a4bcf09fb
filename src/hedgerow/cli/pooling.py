"""``hedgerow pool``: a liquidity position, once or block by block."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

_POSITION = (
    click.option("--position", type=click.Path(path_type=Path), metavar="FILE.toml", help="A file with the position."),
    click.option("--liquidity", type=int, metavar="UNITS", help="Raw liquidity of a range, with its two ticks."),
    click.option("--tick-lower", type=int, metavar="TICK", help="Lower tick of the range."),
    click.option("--tick-upper", type=int, metavar="TICK", help="Upper tick of the range."),
    click.option("--shares", type=int, metavar="UNITS", help="Pool tokens held, in smallest units."),
    click.option("--token-id", type=click.IntRange(min=0), metavar="ID", help="A token of the v3 position manager."),
    click.option("--manager", metavar="ADDRESS", help="The position manager of --token-id."),
    click.option("--owner", metavar="ADDRESS", help="Whose pool tokens; on v4 whose range, with its two ticks."),
    click.option("--salt", type=int, metavar="N", help="Tells v4 positions of one range apart."),
    click.option("--pool-key", metavar="KEY", help="Of a v4 pool: CURRENCY0,CURRENCY1,FEE,SPACING,HOOKS."),
    click.option("--name", metavar="NAME", help="What to call the pool."),
    click.option("--symbols", metavar="A,B", help="What to call its tokens, in the contract's order."),
    click.option(
        "--words",
        type=click.IntRange(1, 200),
        metavar="N",
        help="Words of the tick bitmap to read on either side of the price; 8 without it.",
    ),
    click.option(
        "--max-age",
        "max_age_s",
        type=click.FloatRange(min=0.0, min_open=True),
        metavar="SECONDS",
        help="Refuse a node whose newest block is older.",
    ),
)

_TERMS = (
    click.option(
        "--numeraire", required=True, metavar="CURRENCY", help="In what to count: a token of the pool, or USD."
    ),
    click.option(
        "--price", "prices", multiple=True, metavar="SYMBOL=PRICE", help="A price from outside the pool. Repeatable."
    ),
    click.option("--alias", "aliases", multiple=True, metavar="TOKEN=ASSET:RATE", help="What a token stands for."),
    click.option(
        "--hedge", "assets", multiple=True, metavar="ASSET", help="What to hedge, instead of all that is not money."
    ),
    click.option(
        "--margin",
        type=click.FloatRange(min=0.0),
        default=0.0,
        metavar="COINS",
        help="Coins that lie as margin of an inverse perpetual.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output."),
)

_SHOWN = (
    click.option(
        "--entry-price", "entry_prices", multiple=True, metavar="SYMBOL=PRICE", help="For the impermanent loss."
    ),
    click.option(
        "--vol", "vols", multiple=True, metavar="VOL", help="For loss-versus-rebalancing: 0.6, or SYMBOL=0.6 for each."
    ),
    click.option(
        "--future-price", type=click.FloatRange(min=0.0, min_open=True), metavar="PRICE", help="Of a dated future."
    ),
    click.option(
        "--contract-size",
        "contract_sizes",
        multiple=True,
        metavar="KIND=SIZE",
        help="Name the hedge in whole contracts: linear=COINS, inverse=MONEY, future=COINS. Repeatable.",
    ),
    click.option(
        "--trade-cost",
        type=click.FloatRange(min=0.0, min_open=True),
        metavar="COST",
        help="What a trade of any size costs, gas included, for the no-trade band.",
    ),
    click.option(
        "--cost-rate",
        type=click.FloatRange(min=0.0, max=1.0, min_open=True, max_open=True),
        metavar="RATE",
        help="Fee and half-spread of a trade on an exchange, as a fraction, for the no-trade band.",
    ),
    click.option(
        "--risk-aversion",
        type=click.FloatRange(min=0.0, min_open=True),
        metavar="A",
        help="Per unit of the numeraire, for the no-trade band.",
    ),
    click.option(
        "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with pictures there too."
    ),
    click.option(
        "--save",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the pool's state there as JSON; a new file.",
    ),
    click.option(
        "--market", type=click.Path(path_type=Path), metavar="DIR", help="A market snapshot, for --hedge-with."
    ),
    click.option(
        "--hedge-with",
        metavar="NAME,NAME",
        help="Hedge with these instruments of --market at their costs, and print that ticket too.",
    ),
)


def _with(*groups: tuple[Callable[[_Command], _Command], ...]) -> Callable[[_Command], _Command]:
    """Add options, in their order."""

    def add(command: _Command) -> _Command:
        for option in reversed([one for group in groups for one in group]):
            command = option(command)
        return command

    return add


@click.group(context_settings={"help_option_names": ["--help", "-h"]})
def pool() -> None:
    """Show a liquidity position of any pool and its hedge, or follow it block by block."""


@pool.command()
@click.argument("source", metavar="STATE.json|URL")
@click.argument("address", required=False, default="", metavar="[ADDRESS]")
@_with(_POSITION, _TERMS, _SHOWN)
def show(source: str, address: str, **options: Any) -> None:
    """Show a position: value, Greeks, fees, losses and a hedge ticket.

    The pool is a file written by --save, or is read from a node: ws://, http://, or the path of an IPC socket.
    """
    from hedgerow.cli.pool_screen import print_position

    print_position(source, address, options)


@pool.command()
@click.argument("url", metavar="URL")
@click.argument("address", required=False, default="", metavar="[ADDRESS]")
@_with(_POSITION, _TERMS)
@click.option("--blocks", type=click.IntRange(min=1), metavar="N", help="Stop after so many blocks.")
@click.option("--record", type=click.Path(path_type=Path), metavar="FILE", help="Write down all that the node says.")
def watch(url: str, address: str, blocks: int | None, record: Path | None, **options: Any) -> None:
    """Follow a position block by block: value, Greeks, fees and the target of its hedge.

    URL is a node, or recording:FILE for what --record wrote.
    """
    from hedgerow.cli.pool_screen import print_blocks

    print_blocks(url, address, options, blocks=blocks, record=record)
