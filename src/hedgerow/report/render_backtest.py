"""A backtest as text, drawn with rich."""

import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable
from typing import Final

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.arrays import Float64
from hedgerow.core.instants import HOUR_NS, SECOND_NS, to_iso
from hedgerow.report.backtest import BacktestReport
from hedgerow.report.layout import WIDTH
from hedgerow.report.render_accounts import accounts_view
from hedgerow.report.text import plain_text, printable

_BARS = "▁▂▃▄▅▆▇█"
_PICTURE = 48
"""Width of the pictures of P&L. [columns]"""
_ALERTS: Final = 3
"""Of so many a policy the text is printed. [count]"""
_LONG: Final = re.compile(r"\d+\.\d{9,}")
_WORDS: Final = {
    "bankrupt": "liquidated, and its account ended below zero: risk and variance reduction are not those of a hedge",
    "liquidated": "the venue closed positions: risk and variance reduction are not those of a hedge that was held",
    "margin short": "at the first look its initial margin is above what covers it: it may open nothing",
    "all refused": "every order was refused: it has not hedged",
}


def backtest_text(report: BacktestReport) -> str:
    """Draw a backtest as plain text.

    Parameters
    ----------
    report : BacktestReport
        The report.

    Returns
    -------
    str
        Tables as wide as their numbers need, text of 108 columns. [text]
    """
    return plain_text(backtest_view(report))


def backtest_view(report: BacktestReport) -> RenderableType:
    """Compose a backtest.

    Parameters
    ----------
    report : BacktestReport
        The report.

    Returns
    -------
    RenderableType
        For a rich console. [text]
    """
    risk = f"risk is the std of P&L over {_length(report.interval_ns)}"
    head = Text(f"BACKTEST  {printable(report.name)}\n", style="bold")
    head.append(
        f"{to_iso(report.start_ns)} to {to_iso(report.end_ns)}   numeraire {report.numeraire}   "
        f"{report.events:,} events a policy   {report.driver}\n",
        style="",
    )
    return Group(
        head,
        Text("1  What is recorded and what is assumed\n", style="bold"),
        _inputs(report),
        *_left_out(report),
        Text(f"\n2  Policies, in {report.numeraire}; {risk}\n", style="bold"),
        _results(report),
        *_remarks(report),
        Text(f"\n3  Where P&L comes from, in {report.numeraire}; what was paid is negative\n", style="bold"),
        _parts(report),
        Text("\n4  P&L through the days, all on one scale\n", style="bold"),
        _pictures(report),
        *_told(report),
        *accounts_view(report),
    )


def _table(*columns: str, left: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i < left else "right", no_wrap=True)
    return table


def _inputs(report: BacktestReport) -> Table:
    table = _table("input", "", "what", "rows", left=3)
    for item in report.inputs:
        label = str(item["label"])
        shown = label.upper() if label == "assumed" else label
        rows = f"{item['rows']:,}" if item["rows"] else ""
        table.add_row(printable(str(item["name"])), shown, printable(str(item["detail"])), rows)
    return table


def _left_out(report: BacktestReport) -> list[Text]:
    if not report.left_out:
        return []
    counts = Counter((str(bad["series"]), str(bad["fault"])) for bad in report.left_out)
    first = {(str(bad["series"]), str(bad["fault"])): bad for bad in reversed(report.left_out)}
    lines = []
    for key, count in counts.items():
        bad = first[key]
        more = f" and {count - 1:,} more (all in --json)" if count > 1 else ""
        lines.append(f"left out: {key[0]}, {bad['time']}: {bad['reason']}{more}")
    return _paragraph(lines)


def _results(report: BacktestReport) -> Table:
    marked = [""] if any(policy.remark for policy in report.policies) else []
    columns = ("P&L", "risk", "variance reduction", "trades", "turnover USD")
    table = _table("policy", "trades with", *columns, *marked, left=2)
    write, alone = _writer(report.numeraire), report.unhedged
    table.add_row("unhedged", "", write(alone.pnl), write(alone.std), "", "", "", *marked)
    for policy in report.policies:
        reduction = policy.variance_reduction
        table.add_row(
            printable(policy.name),
            printable(policy.instrument),
            write(policy.pnl),
            write(policy.std),
            f"{reduction:.2%}" if math.isfinite(reduction) else "none",
            f"{policy.orders:,}",
            _writer("USD")(policy.turnover),
            *(policy.remark for _ in marked),
        )
    return table


def _parts(report: BacktestReport) -> Table:
    forced = any(policy.costs.liquidation for policy in report.policies)
    more = ("liquidation",) if forced else ()
    table = _table("policy", "book", "pool fees", "hedge", "fees", "spread", "funding", "gas", *more, "P&L", left=1)
    write = _writer(report.numeraire)
    for policy in report.policies:
        costs = policy.costs
        parts = [policy.book, policy.pool_fees, policy.hedge, -costs.fees, -costs.spread, -costs.funding, -costs.gas]
        parts += [-costs.liquidation] if forced else []
        table.add_row(printable(policy.name), *map(write, parts), write(policy.pnl))
    return table


def _pictures(report: BacktestReport) -> Table:
    table = _table("policy", "", "lowest", "highest", left=2)
    write = _writer(report.numeraire)
    paths = {"unhedged": report.unhedged.path} | {policy.name: policy.path for policy in report.policies}
    low = min(float(path.min()) for path in paths.values())
    high = max(float(path.max()) for path in paths.values())
    for name, path in paths.items():
        ends = (write(float(path.min())), write(float(path.max())))
        table.add_row(printable(name), _picture(path, low, high), *ends)
    return table


def _told(report: BacktestReport) -> list[Text]:
    """Say which orders were refused, what is on its way, and of what a person would have been told."""
    lines = []
    for policy in report.policies:
        for reason, count in policy.rejects.items():
            what = "transfer" if reason.startswith("transfer: ") else "order"
            why = reason.removeprefix("transfer: ")
            lines.append(f"{policy.name}: the venue refused {_count(count, what)}: {why}")
        for account in policy.accounts.accounts:
            for currency, amount in account.in_transit.items():
                lines.append(f"{policy.name}: {amount:,.10g} {currency} from {account.name} is on its way at the end")
        texts = list(policy.alert_texts.items())
        for text, count in texts[:_ALERTS]:
            lines.append(f"{policy.name}: {_count(count, 'alert')}: {_LONG.sub(_shorter, text)}")
        if more := sum(count for _, count in texts[_ALERTS:]):
            lines.append(f"{policy.name}: {_count(more, 'more alert')} (all in --json)")
    return _paragraph(lines)


def _shorter(found: re.Match[str]) -> str:
    return f"{float(found[0]):.8g}"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def _remarks(report: BacktestReport) -> list[Text]:
    """Say of policies that were liquidated or could not trade that their numbers are not those of a held hedge."""
    lines = []
    write = _writer(report.numeraire)
    for policy in report.policies:
        if not policy.remark:
            continue
        lines.append(f"{policy.name}: {_WORDS[policy.remark]}")
        used = policy.accounts.margin
        if policy.remark != "margin short" and used is not None and used.opening_share > 1.0:
            lines[-1] += ". Its initial margin was above what covers it from the first look on: it could open nothing"
        if policy.forgiven > 0.0:
            owed, limited = write(policy.forgiven), write(policy.pnl + policy.forgiven)
            lines[-1] += (
                f". It owes {owed} {report.numeraire} at the end, which count as lost; if the venue bears "
                f"them, its P&L is {limited}"
            )
    return _paragraph(lines)


def _paragraph(lines: list[str]) -> list[Text]:
    told = [textwrap.fill(printable(line), WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines]
    return [Text("\n" + "\n".join(told))] if told else []


def _picture(path: Float64[np.ndarray, " n_sample"], low: float, high: float) -> str:
    """Draw a path with eight heights of blocks."""
    places = np.linspace(0, path.size - 1, min(_PICTURE, path.size)).round().astype(int)
    scaled = (path[places] - low) / (high - low) if high > low else np.zeros(places.size)
    return "".join(_BARS[min(int(8.0 * value), 7)] for value in scaled)


def _length(interval_ns: int) -> str:
    """Write the length of an interval in the largest unit that it fills."""
    for unit, name in ((HOUR_NS, "h"), (60 * SECOND_NS, "min"), (SECOND_NS, "s")):
        if interval_ns >= unit:
            return f"{interval_ns / unit:g} {name}"
    return f"{interval_ns / SECOND_NS:g} s"


def _writer(numeraire: str) -> Callable[[float], str]:
    """Return what writes amounts of one currency: cents of dollars, ten-thousandths of coins."""
    usual = 2 if numeraire == "USD" else 4

    def write(value: float) -> str:
        if not math.isfinite(value):
            return "none"
        digits = 0 if abs(value) >= 1e5 else usual
        return f"{round(value, digits) + 0.0:,.{digits}f}"  # adding zero takes the sign of a negative zero away

    return write
