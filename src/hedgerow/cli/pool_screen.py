"""``hedgerow pool``: reads, prints, and writes what is asked for."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hedgerow.cli.pages import check_target, show_report, write_page, write_whole
from hedgerow.cli.pool_words import check_file_options, query_of, stated_position, terms_of
from hedgerow.cli.screen import hedging, show_ticket
from hedgerow.core.errors import InputError
from hedgerow.instruments import PoolPosition
from hedgerow.market import PoolStorage, load_pool, load_snapshot, pool_to_dict
from hedgerow.oneshot.pool_desk import coin_vol, hedge_position
from hedgerow.oneshot.pool_feed import FeedQuery, read_once, watch
from hedgerow.oneshot.pool_report import pool_report
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.report import PoolReport, Ticket
from hedgerow.report.pool_block import PoolBlock, heading
from hedgerow.report.render_pool import pool_view

_NONE: Mapping[str, Any] = {
    "entry_prices": (),
    "vols": (),
    "future_price": None,
    "contract_sizes": (),
    "trade_cost": None,
    "cost_rate": None,
    "risk_aversion": None,
}


def print_position(source: str, address: str, options: Mapping[str, Any]) -> None:
    """Show a position; write its page, and the pool's state, if asked for.

    Parameters
    ----------
    source : str
        A file with a pool's state, or a node.
    address : str
        The pool at a node; empty for a file. [hex]
    options : mapping
        As the command line gives them.
    """
    check_target(options["html"])
    terms = terms_of(options)
    if (options["market"] is None) != (options["hedge_with"] is None):
        raise InputError("--market and --hedge-with belong together", "give both, or none")
    if options["market"] is not None and options["risk_aversion"] is None:
        raise InputError("--hedge-with without a risk aversion", "it weighs risk against cost: --risk-aversion 1e-6")
    if options["market"] is not None and not terms.vols:
        raise InputError("--hedge-with without a vol", "give that of the market's coin: --vol WETH=0.6")
    if options["save"] is not None:
        _check_new(options["save"])
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
    if Path(url).is_file() and not url.endswith(".jsonl"):
        raise InputError(
            f"{url}: is a file", "watch follows a node: pool show reads a state, and recording:FILE plays a recording"
        )
    query, terms = query_of(url, address, options, record), terms_of({**options, **_NONE})
    seen = _Seen(unit=terms.numeraire)
    try:
        asyncio.run(_print_each(query, terms, seen, as_json=options["as_json"], blocks=blocks))
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    except BaseException:
        if seen.count:
            click.echo(f"\n{seen.summary()}", err=True)
        raise
    click.echo(seen.summary(), err=True)


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What was watched, summed up as it comes: a feed has no end."""

    unit: str
    count: int = 0
    gone: int = 0
    flow: float = 0.0
    last: PoolBlock | None = None

    def add(self, block: PoolBlock) -> None:
        """Count a block that was printed."""
        self.count += 1
        self.gone += len(block.reverted)
        self.flow += block.flow
        self.last = block

    def summary(self) -> str:
        """One sentence. [text]"""
        if self.last is None:
            return "no block was seen"
        unit, last = self.unit, self.last
        again = f", {self.gone} of them reorganised away" if self.gone else ""
        flows = f", {self.flow:+,.6g} {unit} put in" if self.flow else ""
        return (
            f"{self.count} blocks{again}: the position {last.position_pnl:+,.6g} {unit}{flows}, its hedge "
            f"{last.hedge_pnl:+,.6g} {unit}, together {last.position_pnl + last.hedge_pnl:+,.6g} {unit}, "
            "costs not counted"
        )


async def _print_each(query: FeedQuery, terms: PoolTerms, seen: _Seen, *, as_json: bool, blocks: int | None) -> None:
    feed = watch(query, terms, say=_say)
    try:
        async for block in feed:
            if not as_json and not seen.count:
                click.echo(heading())
            click.echo(json.dumps(block.to_dict(), allow_nan=False) if as_json else block.line())
            seen.add(block)
            if blocks is not None and seen.count >= blocks:
                return
    finally:
        await feed.aclose()  # type: ignore[attr-defined]


def _say(note: str) -> None:
    click.echo(note, err=True)


def _from_anywhere(source: str, address: str, options: Mapping[str, Any]) -> tuple[PoolStorage, PoolPosition]:
    """Read pool and position from a file or a node."""
    if source.startswith("recording:") or source.endswith(".jsonl"):
        raise InputError(f"{source}: a recording", "pool watch plays it; pool show reads a state or a node")
    if Path(source).is_dir():
        raise InputError(f"{source}: is a folder", "name a file in it with the state of a pool")
    if not source.endswith(".json") and not Path(source).is_file():
        return asyncio.run(read_once(query_of(source, address, options), say=_say))
    check_file_options(address, options)
    pool = load_pool(source)
    position = stated_position(options, pool.name)
    if position is None:
        raise InputError(f"no position in {pool.name}", "give --position, a range with its ticks, or --shares")
    return pool, position


def _check_new(file: Path) -> None:
    if file.exists():
        raise InputError(f"--save {file}: is there already", "name a new file, or remove that one")
    if not file.parent.is_dir():
        raise InputError(f"--save {file}: there is no folder {file.parent}", "make it, or name another file")


def _save(pool: PoolStorage, file: Path) -> None:
    _check_new(file)
    write_whole(json.dumps(pool_to_dict(pool), indent=2) + "\n", file)


def _ticket(report: PoolReport, options: Mapping[str, Any], terms: PoolTerms) -> Ticket:
    """Hedge the position with instruments of a market, at their costs."""
    market = load_snapshot(options["market"])
    with hedging() as progress:
        return hedge_position(
            report.pool,
            report.position,
            market,
            instruments=tuple(options["hedge_with"].split(",")),
            numeraire=terms.numeraire,
            vol=coin_vol(report.greeks.symbols, terms, market.base),
            risk_aversion=options["risk_aversion"],
            prices=report.by_token(report.greeks.prices),
            fee=report.fee,
            aliases=terms.aliases,
            fees={name: fee for name, fee in report.by_token(report.greeks.fees[0]).items() if fee},
            progress=progress,
        )
