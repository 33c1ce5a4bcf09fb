"""Accounts of a ticket: words, JSON and the picture."""

import dataclasses

import pytest

from hedgerow.report.account_pictures import accounts_picture
from hedgerow.report.accounts import AccountResult, AccountState, LeverageAdvice
from hedgerow.report.render_ticket_accounts import ticket_accounts_view

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
BEST = LeverageAdvice(leverage=4.0, collateral=400.0, cost=2.5, probability=5e-5)


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
        "cost": 2.5,
        "probability": 5e-5,
        "options": 0.0,
    }
    # Nothing covers: no share, no leverage.
    assert (told["before"]["usage"], told["before"]["leverage"]) == (None, None)
    assert account(best=None, venue="okx").to_dict(1.0)["best_leverage"] is None


def test_words() -> None:
    text = shown(account())
    assert "-50.0 % (1,000.0)" in text
    assert "NOW" in text
    assert "nothing covers it" in text
    assert "1.23 %" in text
    assert "at a leverage of 4.00, a collateral of 400.00 USD; the cost is 2.5000 USD" in text
    assert "below 0.01 %" in text
    assert ", isolated" not in text
    assert ", isolated" in shown(account(mode="isolated", best=None))


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
