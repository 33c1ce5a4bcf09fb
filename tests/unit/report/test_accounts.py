"""Accounts of a ticket: words, JSON and the picture."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hedgerow.report.account_pictures import accounts_picture
from hedgerow.report.accounts import AccountResult, AccountState, LeverageAdvice
from hedgerow.report.backtest_accounts import ACCOUNT_UNITS, AccountsReport, ForcedTrade, MarginUse
from hedgerow.report.backtest_accounts import AccountResult as BacktestAccount
from hedgerow.report.render_ticket_accounts import ticket_accounts_view
from hedgerow.report.units import unit_names

STATE = AccountState(
    equity=1000.0,
    covering=800.0,
    initial=500.0,
    maintenance=200.0,
    notional=1600.0,
    liquidation_down=-0.5,
    liquidation_up=None,
    probability=0.0123,
    parts=(("futures", 500.0),),
)
NOW = dataclasses.replace(STATE, covering=-1.0, liquidation_down=0.0, liquidation_up=0.0, probability=1.0)
BEST = LeverageAdvice(leverage=4.0, collateral=400.0, held=900.0, cost=2.5, cost_as_is=3.25, probability=5e-5)


def account(**changes: object) -> AccountResult:
    made = AccountResult(
        name="<a>", venue="", rule="some rule", mode="cross", horizon_hours=24.0, before=NOW, after=STATE, best=BEST
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def shown(one: AccountResult) -> str:
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        for part in ticket_accounts_view([one], "USD", 2000.0):
            console.print(part)
    return " ".join(captured.get().split())


def test_figures_for_machines() -> None:
    told = account().to_dict(2000.0)
    after = told["after"]
    assert (after["usage"], after["leverage"], after["free"]) == (0.25, 2.0, 300.0)
    assert (after["liquidation_price_down"], after["liquidation_price_up"]) == (1000.0, None)
    assert after["parts"] == [{"name": "futures", "amount": 500.0}]
    assert told["venue"] is None
    assert told["best_leverage"] == {
        "leverage": 4.0,
        "collateral": 400.0,
        "held": 900.0,
        "cost": 2.5,
        "cost_as_is": 3.25,
        "probability": 5e-5,
    }
    assert told["no_best_leverage"] is None
    # Nothing covers: no share, no leverage.
    assert (told["before"]["usage"], told["before"]["leverage"]) == (None, None)
    assert account(best=None, venue="okx").to_dict(1.0)["best_leverage"] is None


def test_words() -> None:
    text = shown(account())
    assert "-50.0 % (1,000.0)" in text
    assert "NOW" in text
    assert "nothing covers it" in text
    assert "1.23 %" in text
    assert "at a leverage of 4.00, a collateral of 400.00 USD where it has 900.00: 2.5000 USD, as it is 3.2500" in text
    assert "below 0.01 %" in text
    assert ", isolated" not in text
    assert ", isolated" in shown(account(mode="isolated", best=None))


def test_no_advice_is_said_with_its_reason() -> None:
    without = account(best=None, no_best="nothing covers")
    assert "<a>: no leverage is advised: nothing covers" in shown(without)
    assert without.to_dict(1.0)["no_best_leverage"] == "nothing covers"
    assert "leverage is advised" not in shown(account(best=None))


def test_where_no_move_liquidates_there_is_no_probability_with_jumps_either() -> None:
    never = dataclasses.replace(STATE, liquidation_down=None, probability=0.0, jump_probability=0.0)
    rarely = dataclasses.replace(STATE, probability=3e-5, jump_probability=2e-5)
    text = shown(account(before=never, after=rarely, best=None))
    assert "probability of that within 24 h none below 0.01 %" in text
    assert "the same with the model's jumps none below 0.01 %" in text
    assert "the same with the model's jumps" not in shown(account())


def test_every_number_of_an_account_has_a_unit() -> None:
    units = unit_names("ETH", "ETH")
    state = dataclasses.replace(STATE, liquidation_up=0.5, jump_probability=0.1)
    told = account(before=state, after=state).to_dict(2000.0)
    numbers = {
        key
        for part in (told, told["before"], told["before"]["parts"][0], told["best_leverage"])
        for key, value in part.items()
        if isinstance(value, float)
    }
    assert len(numbers) > 18
    assert numbers <= set(units)
    assert (units["equity"], units["probability"], units["liquidation_price_up"]) == ("ETH", "fraction", "USD/ETH")


def test_every_number_of_a_studys_accounts_has_a_unit_of_its_own() -> None:
    """They are in dollars and currencies of their own, beside P&L in coins."""
    used = MarginUse(
        max_initial=1.0, max_initial_share=0.5, min_distance=0.1, opening_share=0.5, liquidations=0, bankrupt=False
    )
    result = BacktestAccount(
        name="a",
        rule="",
        start={"BTC": 1.0},
        balances={"BTC": 1.0},
        in_transit={"BTC": 1.0},
        positions={"BTC-PERPETUAL": 1.0},
        equity=1.0,
        flows={"fee": {"BTC": 1.0}},
        initial=1.0,
        maintenance=1.0,
        margin=used,
    )
    told = AccountsReport(
        leverage=3.0,
        levered="a",
        chosen=True,
        liquidation_probability=0.1,
        margin=used,
        forced=(ForcedTrade(at_ns=0, account="a", instrument="b", quantity=1.0, price=1.0, fee=1.0),),
        shortfall=1.0,
        usage=np.array([0.5]),
        accounts=(result,),
    ).to_dict()

    def numbers(node: Any, name: str) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                by_currency = name in ("start", "balances", "in_transit", "positions", "flows")
                yield from numbers(value, name if by_currency or key == "value" else key)
        elif isinstance(node, list):
            for value in node:
                yield from numbers(value, name)
        elif isinstance(node, float):
            yield name

    found = {*numbers(told, "")}
    assert found == set(ACCOUNT_UNITS)
    assert ACCOUNT_UNITS["max_initial"] == ACCOUNT_UNITS["shortfall"] == "USD"


def test_the_picture_escapes_names_and_is_the_same_every_time() -> None:
    two = [account(), account(name="b", before=STATE)]
    picture = accounts_picture(two, 2000.0)
    assert picture == accounts_picture(two, 2000.0)
    assert "&lt;a&gt;" in picture
    assert "<script" not in picture
    # Another move is another picture.
    moved = dataclasses.replace(STATE, liquidation_down=-0.4)
    assert picture != accounts_picture([account(after=moved), two[1]], 2000.0)


@pytest.mark.parametrize("move", [-0.999, 8.0])
def test_moves_beyond_the_axis_are_drawn_at_its_edge(move: float) -> None:
    if move < 0.0:
        state = dataclasses.replace(STATE, liquidation_down=move)
    else:
        state = dataclasses.replace(STATE, liquidation_up=move)
    assert "<svg" in accounts_picture([account(after=state)], 2000.0)
