"""Accounts and margin of a backtest as text: what each policy put up, how near it came, what was liquidated."""

import math
import textwrap

import numpy as np
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.arrays import Float64
from hedgerow.core.instants import to_iso
from hedgerow.report.backtest import BacktestReport, PolicyResult
from hedgerow.report.backtest_accounts import ForcedTrade, MarginUse
from hedgerow.report.layout import WIDTH
from hedgerow.report.text import printable

_BARS = "▁▂▃▄▅▆▇█"
_OVER = "×"
_PICTURE = 48
"""Width of the pictures. [columns]"""


def accounts_view(report: BacktestReport) -> list[RenderableType]:
    """Compose what a study's venues asked of accounts.

    Parameters
    ----------
    report : BacktestReport
        The report.

    Returns
    -------
    list of RenderableType
        For a rich console; empty where no account has a margin rule. [text]
    """
    watched = [policy for policy in report.policies if policy.accounts.margin is not None]
    if not watched:
        return []
    return [
        Text("\n5  Accounts with a margin rule: what they hold and need, the nearest they came\n", style="bold"),
        _accounts(watched),
        *_notes(watched),
        Text(
            "\n6  Maintenance margin over what covers it through the days: a full block is all of it, × more\n", "bold"
        ),
        _pictures(watched),
    ]


def _accounts(policies: list[PolicyResult]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    columns = (
        "policy",
        "account",
        "leverage",
        "start",
        "end",
        "equity USD",
        "initial/cover",
        "nearest move",
        "liquidations",
    )
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i < 2 else "right", no_wrap=True)
    for policy in policies:
        for item in policy.accounts.accounts:
            if item.margin is None:
                continue
            used = item.margin
            table.add_row(
                printable(policy.name),
                printable(item.name),
                f"{policy.accounts.leverage:.2f}" if item.name == policy.accounts.levered else "",
                _cash(item.start),
                _cash(item.balances),
                f"{item.equity:,.2f}",
                f"{used.max_initial_share:.1%}" if math.isfinite(used.max_initial_share) else "all",
                f"{used.min_distance:.1%}" if math.isfinite(used.min_distance) else "none",
                _times(used),
            )
    return table


def _times(used: MarginUse) -> str:
    """Write how often an account was liquidated, and whether that left it below zero."""
    times = f"{used.liquidations:,}" if used.liquidations else ""
    return f"{times}, bankrupt" if used.bankrupt else times


def _cash(balances: dict[str, float]) -> str:
    return ", ".join(f"{amount:,.4f} {currency}" for currency, amount in balances.items()) or "nothing"


def _notes(policies: list[PolicyResult]) -> list[Text]:
    """Say in words what was chosen, liquidated and lost."""
    lines = [
        "initial/cover: the largest initial margin over the equity that covered it; nearest move: the smallest move of "
        "the coin, up or down, that would have liquidated the account"
    ]
    lines += [line for policy in policies for line in (*_chosen(policy), *_forced(policy))]
    told = [textwrap.fill(printable(line), WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines]
    return [Text("\n" + "\n".join(told))] if told else []


def _chosen(policy: PolicyResult) -> list[str]:
    found = policy.accounts
    if not found.chosen:
        return []
    told = f"{policy.name}: a leverage of {found.leverage:.2f} costs least; it is liquidated within the horizon with a "
    return [told + f"probability of {found.liquidation_probability:.2%}, by the vol that is assumed"]


def _forced(policy: PolicyResult) -> list[str]:
    """Name the first liquidation of each account and instrument, and how many followed."""
    groups: dict[tuple[str, str], list[ForcedTrade]] = {}
    for trade in policy.accounts.forced:
        groups.setdefault((trade.account, trade.instrument), []).append(trade)
    lines = []
    for (account, instrument), trades in groups.items():
        size = sum(abs(trade.quantity) for trade in trades)
        times, first = (f"{len(trades):,} times from", "the first ") if len(trades) > 1 else ("at", "")
        told = f"{policy.name}: {account} was liquidated {times} {to_iso(trades[0].at_ns)[:16]}Z"
        lines.append(f"{told}: {size:,.10g} {instrument}, {first}at {trades[0].price:,.6g}")
    if policy.accounts.shortfall > 0.0:
        owed = f"{policy.accounts.shortfall:,.2f} USD"
        lines.append(f"{policy.name}: that was not enough: at the price of then its venue is owed {owed}")
    return lines


def _pictures(policies: list[PolicyResult]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("policy", "", "largest"):
        table.add_column(name, justify="right" if name == "largest" else "left", no_wrap=True)
    for policy in policies:
        usage = policy.accounts.usage
        seen = usage[~np.isnan(usage)]
        most = float(seen.max()) if seen.size else math.nan
        table.add_row(printable(policy.name), _picture(usage), f"{most:.1%}" if math.isfinite(most) else "all")
    return table


def _picture(usage: Float64[np.ndarray, " n_sample"]) -> str:
    """Draw the largest usage of each stretch of time."""
    stretches = np.array_split(usage, min(_PICTURE, usage.size))
    drawn = []
    for stretch in stretches:
        seen = stretch[~np.isnan(stretch)]
        most = float(seen.max()) if seen.size else 0.0
        drawn.append(_OVER if most > 1.0 else " " if most <= 0.0 else _BARS[min(int(8.0 * most), 7)])
    return "".join(drawn)
