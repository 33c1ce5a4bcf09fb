"""A position in a pool as text, drawn with rich."""

import math

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.hedging.liquidity import LiquidityHedge
from hedgerow.instruments import RangePosition
from hedgerow.report.layout import number
from hedgerow.report.pool import DAYS, AssetHedge, PoolReport, pool_figures, position_figures
from hedgerow.report.text import grid, line, printable


def pool_view(report: PoolReport) -> RenderableType:
    """Compose the report of a position.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    rich renderable
        Position, tokens, losses, and the hedge ticket. [as headed]
    """
    return Group(
        _heading(report),
        Text("1  What it holds, by token\n", style="bold"),
        _tokens(report),
        Text(""),
        *(line(text) for text in remarks(report)),
        Text(f"\n2  Hedge ticket, {report.numeraire}\n", style="bold"),
        _ticket(report),
        *(line(text) for one in report.hedges for text in band_words(one, report.numeraire)),
        *([Text("\n3  Notes\n", style="bold")] if report.notes else []),
        *(line(note) for note in report.notes),
    )


def remarks(report: PoolReport) -> list[str]:
    """Say in words what the tables do not hold.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    list of str
        Staleness, impermanent loss, loss-versus-rebalancing. [text]
    """
    unit, greeks = report.numeraire, report.greeks
    said = [
        f"pool and prices are {report.mispricing:.3%} apart; its fee is {report.fee:.3%}: a burn now pays "
        f"{number(float(greeks.value_now[0]))} {unit}, and while they are within the fee delta is off by at most "
        + ", ".join(f"{number(error)} {name}" for name, error in report.by_token(report.stale.delta_error).items())
    ]
    if report.holding is not None:
        loss, fraction = float(report.holding.loss[0]), float(report.holding.fraction[0])
        said.append(f"against holding what was paid in: {number(loss)} {unit} ({fraction:+.3%}), fees not counted")
    found = report.rebalancing
    if found is not None:
        vols = ", ".join(f"{name} {vol:.0%}" for name, vol in found.vols.items())
        said.append(
            f"loss-versus-rebalancing at a vol of {vols}: {number(found.loss_per_year / DAYS)} {unit} a day; hedged it "
            f"breaks even at fees of {found.break_even_apr:.2%} a year"
        )
    return said


def band_words(one: AssetHedge, unit: str) -> list[str]:
    """Say when the hedge of an asset is worth a trade.

    Parameters
    ----------
    one : AssetHedge
        The hedge.
    unit : str
        The numeraire.

    Returns
    -------
    list of str
        One sentence, or none. [text]
    """
    if one.band is None:
        return []
    band = one.band
    ends = [f"below {number(band.low)}"] if band.low > 0.0 else []
    ends += [f"above {number(band.high)}"] if math.isfinite(band.high) else []
    when = " or ".join(ends) or "at no price"
    return [
        f"no trade while delta is within {number(band.half_width)} {one.asset} of its target: it leaves {when} {unit} "
        f"(a trade costs {number(band.trade_cost)} {unit}, risk aversion {band.risk_aversion:g})"
    ]


def ticket_rows(one: AssetHedge, unit: str) -> list[tuple[str, ...]]:
    """Write the lines of one asset's hedge.

    Parameters
    ----------
    one : AssetHedge
        The hedge.
    unit : str
        The numeraire.

    Returns
    -------
    list of tuple of str
        Asset, contract, price, exposure, trade, its unit, hedge ratio. [text]
    """
    rows = [_row(one, "linear perpetual", one.price, one.linear, one.asset)]
    margin = f", {number(one.margin_coins)} {one.asset} margin" if one.margin_coins else ""
    rows.append(_row(one, f"inverse perpetual{margin}", one.price, one.inverse, unit))
    if one.future is not None and one.future_price is not None:
        rows.append(_row(one, "dated future", one.future_price, one.future, one.asset))
    return rows


def _row(one: AssetHedge, contract: str, price: float, hedge: LiquidityHedge, unit: str) -> tuple[str, ...]:
    side = "sell" if hedge.trade < 0.0 else "buy"
    size = f"{side} {number(abs(hedge.trade))} {unit}"
    return (one.asset, contract, number(price), number(hedge.exposure), size, f"{hedge.hedge_ratio:.4f}")


TICKET_HEADS = ("asset", "contract", "price", "exposure", "trade", "hedge ratio")
"""Heads of ``ticket_rows``."""

TOKEN_HEADS = ("token", "price", "amount", "fees", "delta", "gamma", "speed")
"""Heads of ``token_rows``."""


def token_rows(report: PoolReport) -> list[tuple[str, ...]]:
    """Write what the position holds, token by token.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    list of tuple of str
        As ``TOKEN_HEADS``. [text]
    """
    greeks = report.greeks
    columns = (greeks.prices, greeks.amounts[0], greeks.fees[0], greeks.delta[0])
    return [
        (
            printable(symbol),
            *(number(float(column[i])) for column in columns),
            "" if symbol == report.numeraire else f"{float(greeks.gamma[0, i, i]):.6g}",
            "" if symbol == report.numeraire else f"{float(greeks.speed[0, i]):.6g}",
        )
        for i, symbol in enumerate(greeks.symbols)
    ]


def position_words(report: PoolReport) -> str:
    """Say what the position is.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    str
        Its range, or its shares. [text]
    """
    position = report.position
    if isinstance(position, RangePosition):
        inside = position_figures(position, report.pool)["in_range"]
        where = "in range" if inside else "out of range"
        return f"liquidity {position.liquidity}, ticks {position.tick_lower} to {position.tick_upper}, {where}"
    return f"{position.shares} shares"


def _heading(report: PoolReport) -> Text:
    found, text = pool_figures(report.pool), Text()
    text.append(f"LIQUIDITY POSITION  {printable(report.position.name)} in {printable(report.pool.name)}", style="bold")
    at = f"block {found['block']} of {to_iso(report.pool.block.at_ns)}" if report.pool.block.at_ns else "no block"
    text.append(f"\n{found['kind']}   {at}   {position_words(report)}\n")
    text.append(f"value {number(report.value)} {report.numeraire}, uncollected fees included\n")
    return text


def _tokens(report: PoolReport) -> Table:
    table = grid(*TOKEN_HEADS, left=1)
    for row in token_rows(report):
        table.add_row(*row)
    return table


def _ticket(report: PoolReport) -> Table:
    table = grid(*TICKET_HEADS, left=2)
    for one in report.hedges:
        for row in ticket_rows(one, report.numeraire):
            table.add_row(*row)
    return table
