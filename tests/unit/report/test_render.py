"""The ticket as text: no number is ever cut."""

import dataclasses
import io

import msgspec
import pytest
from rich.console import Console

import hedgerow as hr
from hedgerow.cli.screen import progress_bars, show_backtest
from hedgerow.config import AccountTerms, Desk
from hedgerow.config.desk import PositionLine
from hedgerow.market import Snapshot
from hedgerow.report.render_backtest import backtest_text
from margin_studies import margin_study


def test_no_cell_is_cut_however_large_the_numbers(desk: Desk, market: Snapshot) -> None:
    large = tuple(
        msgspec.structs.replace(line, quantity=line.quantity * 1e6) if line.instrument != "ETH-PERPETUAL" else line
        for line in desk.position
    )
    hedge = msgspec.structs.replace(desk.hedge, limits={})
    ticket = hr.hedge(msgspec.structs.replace(desk, position=large, hedge=hedge), market)
    text = str(ticket)
    assert "…" not in text
    for trade in ticket.trades:
        assert f"{trade.lots:+,d}" in text


def test_a_notebook_gets_the_same_text(desk: Desk, market: Snapshot) -> None:
    html = hr.hedge(desk, market)._repr_html_()
    assert "ETH-PERPETUAL" in html
    assert "<script" not in html
    assert "…" not in html


WILD = "[/b] [red]p[/red] [link=x] :smile: \\["
"""A name that is markup, and an emoji, to who reads it as such."""


def test_names_of_a_desk_are_not_markup(desk: Desk, market: Snapshot) -> None:
    account = AccountTerms(
        name=WILD + "\n\x1b[31m", instruments=("ETH-PERPETUAL",), rule="deribit_standard", balances={"ETH": 3.0}
    )
    position = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=400.0)
    hedge = msgspec.structs.replace(desk.hedge, instruments=("ETH-PERPETUAL",), limits={}, neutral={})
    wild = msgspec.structs.replace(
        desk, name=WILD + "\x1b", account=(account,), hedge=hedge, position=(position,), liquidity=(), balances={}
    )
    ticket = hr.hedge(wild, market)
    text = str(ticket)
    assert f"HEDGE TICKET  {WILD}?" in text
    assert f"Margin of account {WILD}??[31m" in text
    assert f"the margin of account {WILD}" in text  # what constraints cost
    assert f"  {WILD}??[31m: Deribit standard margin" in text
    assert "\x1b" not in text
    assert "[red]p[/red]" in ticket._repr_html_()


def test_names_of_a_study_are_not_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    report = hr.backtest(margin_study("hedged at 10x"))
    (policy,) = report.policies
    accounts = tuple(dataclasses.replace(item, name=f"{item.name} {WILD}") for item in policy.accounts.accounts)
    forced = tuple(dataclasses.replace(trade, account=f"{WILD}\x1b") for trade in policy.accounts.forced)
    assert forced
    found = dataclasses.replace(policy.accounts, accounts=accounts, forced=forced)
    renamed = dataclasses.replace(policy, name=f"{WILD}\x1b", accounts=found)
    inputs = ({"name": WILD, "label": "assumed", "detail": WILD, "rows": 1},)
    wild = dataclasses.replace(report, name=f"{WILD}\x1b", policies=(renamed,), inputs=inputs)
    text = backtest_text(wild)
    assert f"BACKTEST  {WILD}?" in text
    assert "\x1b" not in text
    lines = text.splitlines()
    # Results, parts, the picture of P&L; accounts; the picture of margin.
    watched = sum(item.margin is not None for item in accounts)
    assert sum(line.startswith(f" {WILD}?") or line.startswith(f"{WILD}?") for line in lines) == 4 + watched
    assert all(any(f"{item.name} " in line for line in lines) for item in accounts if item.margin is not None)
    assert f"{WILD}?: {WILD}? was liquidated" in " ".join(text.split())
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdout", shown)
    show_backtest(wild, as_json=False)
    assert shown.getvalue().count("[red]p[/red]") >= 9


def test_names_of_work_in_progress_are_not_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr("hedgerow.cli.screen.Console", lambda **_: Console(file=shown, force_terminal=True, width=120))
    with progress_bars() as tell:
        tell(WILD, 1, 3)
        tell(WILD, 3, 3)
    assert "[red]p[/red]" in shown.getvalue()
