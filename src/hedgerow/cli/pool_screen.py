"""``hedgerow pool``: reads, prints, and writes what is asked for."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hedgerow.cli.pages import check_target, show_report, write_page
from hedgerow.cli.pool_words import query_of, stated_position, terms_of
from hedgerow.cli.screen import hedging, show_ticket
from hedgerow.core.errors import InputError
from hedgerow.instruments import PoolPosition
from hedgerow.market import PoolStorage, load_pool, load_snapshot, pool_to_dict
from hedgerow.oneshot.pool_desk import hedge_position
from hedgerow.oneshot.pool_feed import FeedQuery, read_once, watch
from hedgerow.oneshot.pool_report import PoolTerms, pool_report
from hedgerow.pools.assets import WRAPPED
from hedgerow.report import PoolReport, Ticket
from hedgerow.report.pool_block import PoolBlock, heading
from hedgerow.report.render_pool import pool_view

_NONE: Mapping[str, Any] = {
    "entry_prices": (),
    "vols": (),
    "future_price": None,
    "trade_cost": None,
    "risk_aversion": None,
}


def print_position(source: str, address: str, options: Mapping[str, Any]) -> None:
    """Show a position; write its page, and the pool's state, if asked for.

    Parameters
    ----------
    source : str
        A file with a pool's state, a node, or a recording.
    address : str
        The pool at a node; empty for a file. [hex]
    options : mapping
        As the command line gives them.
    """
    check_target(options["html"])
    terms = terms_of(options)
    if (options["market"] is None) != (options["hedge_with"] is None):
        raise InputError("--market and --hedge-with belong together", "give both, or none")
    if options["market"] is not None and (len(terms.vols) != 1 or options["risk_aversion"] is None):
        raise InputError("--hedge-with needs a vol and a risk aversion", "give --vol 0.6 and --risk-aversion 1e-6")
    pool, position = _from_anywhere(source, address, options)
    report = pool_report(pool, position, terms)
    page = None if options["html"] is None else report.to_html()
    if options["save"] is not None:
        _save(pool, options["save"])
    if options["html"] is not None and page is not None:
        write_page(page, options["html"])
    ticket = None if options["market"] is None else _ticket(report, options, terms)
    if options["as_json"]:
        found = report.to_dict() | {"ticket": None if ticket is None else ticket.to_dict()}
        click.echo(json.dumps(found, indent=2, allow_nan=False))
        return
    show_report(report, lambda: pool_view(report), as_json=False)
    if ticket is not None:
        show_ticket(ticket, as_json=False)


def print_blocks(
    url: str, address: str, options: Mapping[str, Any], *, blocks: int | None, record: Path | None
) -> None:
    """Print a line for every block, until there are enough or somebody stops it.

    Parameters
    ----------
    url : str
        A node, or a recording.
    address : str
        The pool. [hex]
    options : mapping
        As the command line gives them.
    blocks : int or None
        After so many it stops; None goes on. [count]
    record : Path or None
        Where to write down what the node says.
    """
    query, terms = query_of(url, address, options, record), terms_of({**options, **_NONE})
    seen: list[PoolBlock] = []
    try:
        asyncio.run(_print_each(query, terms, seen, as_json=options["as_json"], blocks=blocks))
    except KeyboardInterrupt:
        click.echo("", err=True)
    click.echo(summary(seen, terms.numeraire), err=True)


def summary(seen: list[PoolBlock], unit: str) -> str:
    """Sum up what was watched.

    Parameters
    ----------
    seen : list of PoolBlock
        Every block that was printed.
    unit : str
        The numeraire.

    Returns
    -------
    str
        One sentence. [text]
    """
    if not seen:
        return "no block was seen"
    last = seen[-1]
    gone = sum(len(one.reverted) for one in seen)
    again = f", {gone} of them reorganised away" if gone else ""
    return (
        f"{len(seen)} blocks{again}: the position {last.position_pnl:+,.6g} {unit}, its hedge {last.hedge_pnl:+,.6g} "
        f"{unit}, together {last.position_pnl + last.hedge_pnl:+,.6g} {unit}, costs not counted"
    )


async def _print_each(
    query: FeedQuery, terms: PoolTerms, seen: list[PoolBlock], *, as_json: bool, blocks: int | None
) -> None:
    feed = watch(query, terms, say=lambda text: click.echo(text, err=True))
    try:
        async for block in feed:
            if not as_json and not seen:
                click.echo(heading())
            click.echo(json.dumps(block.to_dict(), allow_nan=False) if as_json else block.line())
            seen.append(block)
            if blocks is not None and len(seen) >= blocks:
                return
    finally:
        await feed.aclose()  # type: ignore[attr-defined]


def _from_anywhere(source: str, address: str, options: Mapping[str, Any]) -> tuple[PoolStorage, PoolPosition]:
    """Read pool and position from a file or a node."""
    is_file = not address and options["token_id"] is None and (source.endswith(".json") or Path(source).is_file())
    if not is_file:
        return asyncio.run(read_once(query_of(source, address, options)))
    pool = load_pool(source)
    position = stated_position(options, pool.name)
    if position is None:
        raise InputError(f"no position in {pool.name}", "give --position, a range with its ticks, or --shares")
    return pool, position


def _save(pool: PoolStorage, file: Path) -> None:
    if file.exists() and not file.is_file():
        raise InputError(f"--save {file}: is no plain file", "name another one")
    file.write_text(json.dumps(pool_to_dict(pool), indent=2) + "\n", encoding="utf-8")
    click.echo(f"wrote {file}", err=True)


def _ticket(report: PoolReport, options: Mapping[str, Any], terms: PoolTerms) -> Ticket:
    """Hedge the position with instruments of a market, at their costs."""
    market = load_snapshot(options["market"])
    known = {**WRAPPED, **terms.aliases}
    coins = {name for name, alias in known.items() if alias.asset == market.base}
    with hedging() as progress:
        return hedge_position(
            report.pool,
            report.position,
            market,
            instruments=tuple(options["hedge_with"].split(",")),
            numeraire=terms.numeraire,
            vol=next(iter(terms.vols.values())),
            risk_aversion=options["risk_aversion"],
            rates={name: price for name, price in terms.prices.items() if name not in coins},
            fees={name: fee for name, fee in report.by_token(report.greeks.fees[0]).items() if fee},
            progress=progress,
        )
