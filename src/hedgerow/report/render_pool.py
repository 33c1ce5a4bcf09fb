"""A position in a pool as text, drawn with rich."""

import math
from typing import Final

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.hedging.liquidity import LiquidityHedge
from hedgerow.instruments import RangePosition
from hedgerow.market import BalancerWeightedPool
from hedgerow.report.layout import number
from hedgerow.report.pool import DAYS, PoolReport, RebalancingFigures, pool_figures, position_figures
from hedgerow.report.pool_hedge import AssetHedge, HedgeBand, WholeContracts
from hedgerow.report.text import grid, line, printable

NOTHING: Final = "nothing to hedge: every token counts as money"
"""Said in place of a ticket."""


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
    unit = report.numeraire
    said = [_staleness(report)]
    if report.holding is not None:
        loss, fraction = float(report.holding.loss[0]) + 0.0, float(report.holding.fraction[0]) + 0.0
        said.append(
            f"against holding what was paid in: {number(loss)} {unit} ({fraction:+.3%}; below zero the position is "
            "worth less), fees not counted"
        )
    found = report.rebalancing
    if found is not None:
        said.append(
            f"loss-versus-rebalancing at {_vols(found)}: {number(found.loss_per_year / DAYS)} {unit} a day, on average "
            f"over {_span(found.horizon_days)}; hedged it breaks even at fees of {found.break_even_apr:.2%} a year"
        )
    return said


def _span(days: float) -> str:
    return "a day" if days == 1.0 else f"{days:g} days"


def _staleness(report: PoolReport) -> str:
    """How far the pool is from the prices, and what that leaves open."""
    unit, paid = report.numeraire, f"{number(float(report.greeks.value_now[0]))} {report.numeraire}"
    apart = f"pool and prices are {report.mispricing:.3%} apart"
    if report.mispricing > report.fee * (1.0 + _ROUNDING) + _ROUNDING:
        return (
            f"{apart}, more than its fee of {report.fee:.3%}: arbitrage will move the pool. Value and delta above are "
            f"those after it; a burn right now pays {paid} at these prices, {number(report.value)} {unit} is the value"
        )
    # Corners of the fee's region are the extremes of two tokens and of weighted pools only.
    sure = len(report.pool.tokens) == 2 or isinstance(report.pool, BalancerWeightedPool)
    errors = report.by_token(report.stale.delta_error).items()
    return (
        f"{apart}; its fee is {report.fee:.3%}: a burn now pays {paid}, and while they are within the fee delta is off "
        f"by {'at most' if sure else 'about'} " + ", ".join(f"{number(error + 0.0)} {name}" for name, error in errors)
    )


def _vols(found: RebalancingFigures) -> str:
    if found.relative:
        return f"a vol of {next(iter(found.vols.values())):.4g} of the price"
    return "vols of " + ", ".join(f"{vol:.4g} of {name}" for name, vol in found.vols.items())


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
        What is left alone and where it ends, then why it is as wide as it is; none without costs. [text]
    """
    if one.band is None:
        return []
    band, found = one.band, one.band.settled
    costs = [f"{number(band.trade_cost)} {unit}"] if band.trade_cost is not None else []
    costs += [f"{band.cost_rate:.3%} of its size"] if band.cost_rate is not None else []
    paid = f"a trade costs {' and '.join(costs)}, risk aversion {band.risk_aversion:g}"
    if band.half_width == 0.0 and found.gamma == 0.0 and found.point_gamma == 0.0:
        return [f"gamma to {one.asset} is zero: no band, delta does not move with its price ({paid})"]
    if band.half_width == 0.0:
        return [f"no band: between {number(found.low)} and {number(found.high)} {unit} delta does not move ({paid})"]
    percent = 0.01 * one.price
    return [
        f"no trade while delta is within {number(band.half_width)} {one.asset} of its target: {_ends(band, unit)} "
        f"({paid})",
        f"{_RULES[found.rule]} it, with the mean gamma from {number(found.low)} to {number(found.high)} {unit}, "
        f"{number(percent * found.gamma)} {one.asset}/1 %; at the price gamma is {number(percent * found.point_gamma)}",
    ]


_ROUNDING: Final = 1e-9
"""Of prices that are the fee apart. [fraction]"""

_RULES: Final = {
    "gas_aware": "the cost of a trade of any size binds (rule gas_aware) and makes",
    "whalley_wilmott": "the cost in proportion to a trade binds (rule whalley_wilmott) and makes",
}


def _ends(band: HedgeBand, unit: str) -> str:
    ends = [f"below {number(band.low)}"] if band.low > 0.0 else []
    ends += [f"above {number(band.high)}"] if math.isfinite(band.high) else []
    return (
        f"a hedge of now is out of it {' or '.join(ends)} {unit}" if ends else "no price takes a hedge of now out of it"
    )


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
        As ``ticket_heads``. [text]
    """
    rows = [_row(one, "linear perpetual", one.price, one.linear, (one.asset, one.whole.get("linear")))]
    margin = f", {number(one.margin_coins)} {one.asset} margin" if one.margin_coins else ""
    if not one.counts_in_coin:
        name = f"or inverse perpetual{margin}"
        rows.append(_row(one, name, one.price, one.inverse, (unit, one.whole.get("inverse"))))
    if one.future is not None and one.future_price is not None:
        rows.append(_row(one, "or dated future", one.future_price, one.future, (one.asset, one.whole.get("future"))))
    return rows


def _row(
    one: AssetHedge, contract: str, price: float, hedge: LiquidityHedge, traded: tuple[str, WholeContracts | None]
) -> tuple[str, ...]:
    unit, whole = traded
    side = "sell" if hedge.trade < 0.0 else "buy"
    trade = f"{side} {number(abs(hedge.trade))} {unit}" if hedge.trade else "none"
    cells = (one.asset, contract, price_words(price), number(hedge.exposure + 0.0), trade)
    if not one.whole:
        return (*cells, f"{hedge.hedge_ratio:.4f}")
    if whole is None:
        return (*cells, f"{hedge.hedge_ratio:.4f}", "", "")
    return (
        *cells,
        f"{hedge.hedge_ratio:.4f}",
        f"{'sell' if whole.number < 0 else 'buy'} {abs(whole.number):,} of {whole.size:,.12g} {unit}",
        number(whole.delta_left),
    )


def price_words(price: float) -> str:
    """Write a price with as many digits as markets quote.

    Parameters
    ----------
    price : float
        The price. [numeraire per unit]

    Returns
    -------
    str
        Two digits behind the point from ten on, six significant ones below. [text]

    Examples
    --------
    >>> price_words(2222.19), price_words(1.000123)
    ('2,222.19', '1.00012')
    """
    return f"{price:,.2f}" if 10.0 <= price < 1e12 else f"{price:#.6g}"


def ticket_heads(report: PoolReport) -> tuple[str, ...]:
    """Name the columns of ``ticket_rows``.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    tuple of str
        With whole contracts where their size was stated. [text]
    """
    heads = ("asset", "contract", f"price {report.numeraire}", "exposure", "trade", "hedge ratio")
    return (*heads, "whole contracts", "delta left") if any(one.whole for one in report.hedges) else heads


def token_heads(report: PoolReport) -> tuple[str, ...]:
    """Name the columns of ``token_rows``.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    tuple of str
        With their units; what names none is in tokens. [text]
    """
    return ("token", f"price {report.numeraire}", "amount", "fees", "delta", "gamma/1 %")


def token_rows(report: PoolReport) -> list[tuple[str, ...]]:
    """Write what the position holds, token by token.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    list of tuple of str
        As ``token_heads``; gamma is the change of delta when the token's price moves by one per cent. [text]
    """
    greeks = report.greeks
    columns = (greeks.amounts[0], greeks.fees[0], greeks.delta[0])
    return [
        (
            printable(symbol),
            price_words(float(greeks.prices[i])),
            *(number(float(column[i]) + 0.0) for column in columns),
            "" if symbol == report.numeraire else _per_percent(report, i),
        )
        for i, symbol in enumerate(greeks.symbols)
    ]


def _per_percent(report: PoolReport, token: int) -> str:
    greeks = report.greeks
    return number(0.01 * float(greeks.prices[token]) * float(greeks.gamma[0, token, token]) + 0.0)


_WHERE: Final = {True: "in range", False: "out of range"}


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
        here = bool(np.all(report.greeks.amounts[0] > 0.0))
        there = bool(position_figures(position, report.pool)["in_range"])
        where = _WHERE[here] if here == there else f"{_WHERE[here]} at these prices, {_WHERE[there]} at the pool's own"
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
    table = grid(*token_heads(report), left=1)
    for row in token_rows(report):
        table.add_row(*row)
    return table


def _ticket(report: PoolReport) -> RenderableType:
    if not report.hedges:
        return line(NOTHING)
    table = grid(*ticket_heads(report), left=2)
    for one in report.hedges:
        for row in ticket_rows(one, report.numeraire):
            table.add_row(*row)
    return table
