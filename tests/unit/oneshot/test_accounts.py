"""Accounts under a margin rule: what they hold, what they need, where they are liquidated, and what the plan keeps."""

import datetime as dt
import math
import re
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy.stats import norm

import hedgerow as hr
import margin_books
from hedgerow.config import AccountTerms, Margin, Mode
from hedgerow.config.contract_terms import ContractTerms
from hedgerow.config.desk import PositionLine
from hedgerow.core.errors import SolveError
from hedgerow.hedging import Limit
from hedgerow.instruments import parse_deribit
from hedgerow.margin import covering_equity, isolated_margins, margin_rule
from hedgerow.oneshot.account_books import Position, account_book, account_holdings
from hedgerow.oneshot.account_rules import rule_of
from hedgerow.oneshot.holdings import Holdings
from hedgerow.oneshot.limits import account_limits
from hedgerow.pricing.models import Merton

FOLDER = hr.example("eth-2024-01-08")
MARKET = hr.load_snapshot(FOLDER)
EXAMPLE = hr.load_desk(FOLDER / "desk.toml")
SPOT = MARKET.index_price
PERPETUAL, CALL = "ETH-PERPETUAL", "ETH-26JAN24-2300-C"
SOLD = "ETH-12JAN24-2300-C"
LATER_NS = 1_780_000_000_000_000_000
MARK = 2222.55  # the example desk states 2222.50 to 2222.60


def desk_with(account: dict[str, Any], positions: tuple[PositionLine, ...] = (), **hedge: Any) -> hr.Desk:
    """A desk with one account and nothing else."""
    made = AccountTerms(**({"name": "venue", "instruments": (PERPETUAL,), "rule": "deribit_standard"} | account))
    settings = {"instruments": made.instruments, "neutral": {}, "limits": {}, "risk_aversion": 1e-4} | hedge
    return msgspec.structs.replace(
        EXAMPLE,
        balances={},
        liquidity=(),
        account=(made,),
        position=positions,
        hedge=msgspec.structs.replace(EXAMPLE.hedge, **settings),
    )


def perpetual(quantity: float, entry: float = MARK) -> PositionLine:
    return PositionLine(instrument=PERPETUAL, quantity=quantity, entry_price=entry, account="venue")


def sold_call(quantity: float = -10.0) -> PositionLine:
    return PositionLine(instrument=SOLD, quantity=quantity, account="venue")


def at_okx(name: str) -> ContractTerms:
    """What is not on file of OKX: an option's lot and fee. Its quote is the recorded one."""
    quote = MARKET.quote(name)
    return ContractTerms(instrument=name, bid=quote.bid, ask=quote.ask, mark=quote.mark, lot=1.0, taker_fee=0.0003)


def limits_of(monkeypatch: pytest.MonkeyPatch, desk: hr.Desk, **given: Any) -> tuple[Holdings, tuple[Limit, ...]]:
    """What a desk holds, and the limits of its problem."""
    return planned(monkeypatch, desk, **given)[:2]


def planned(
    monkeypatch: pytest.MonkeyPatch, desk: hr.Desk, **given: Any
) -> tuple[Holdings, tuple[Limit, ...], hr.Ticket]:
    """What a desk holds, the limits that its problem began with, and its ticket."""
    module, seen = sys.modules[hr.hedge.__module__], []
    state = module.state_problem

    def spy(holdings: Holdings, *rest: Any) -> Any:
        stated = state(holdings, *rest)
        seen.append((holdings, stated.problem.limits))
        return stated

    monkeypatch.setattr(module, "state_problem", spy)
    ticket = hr.hedge(desk, MARKET, **given)
    return *seen[-1], ticket


# What venues do to a position.


@pytest.mark.parametrize("name", [PERPETUAL, "ETH_USDC-PERPETUAL"])
def test_positions_are_kept_as_a_venue_keeps_them(name: str) -> None:
    # An oracle in fractions: P&L of every lot against its own price; realised and left over must add up to it.
    inverse = name == PERPETUAL
    trades = [(7, 2000), (-3, 2100), (5, 1900), (-14, 2300), (6, 2200), (-1, 2000)]
    held, paid = Position(parse_deribit(name)), 0.0
    for quantity, price in trades:
        paid += held.trade(float(quantity), float(price))
    mark = Fraction(2050)

    def worth(quantity: int, price: int) -> Fraction:
        if inverse:
            return quantity * (Fraction(1, price) - 1 / mark)
        return quantity * (mark - price)

    total = sum((worth(*trade) for trade in trades), Fraction())
    assert held.quantity == sum(quantity for quantity, _ in trades) == 0.0
    assert paid == pytest.approx(float(total), rel=1e-12)
    # Opened again: the entry is that of the trade.
    assert held.trade(-2.0, 2400.0) == 0.0
    assert held.entry == 2400.0


def test_an_average_entry_of_an_inverse_contract_is_harmonic() -> None:
    held = Position(parse_deribit(PERPETUAL), 1000.0, 2000.0)
    held.trade(3000.0, 2400.0)
    assert held.entry == pytest.approx(4000 / (1000 / 2000 + 3000 / 2400))


def test_an_option_leaves_its_price() -> None:
    held = Position(parse_deribit(CALL))
    assert held.trade(-5.0, 0.04) == pytest.approx(0.2)
    assert held.trade(5.0, 0.05) == pytest.approx(-0.25)
    assert held.quantity == 0.0


# Margin and liquidation of one perpetual, by hand.


def test_an_account_with_one_short_perpetual() -> None:
    # 100,000 USD sold at 2,300, 10 ETH of collateral. Deribit, ETH: initial 2 % + 0.0004 % a coin, maintenance 1 % and
    # the same (support.deribit.com, notice of 11 January 2022).
    desk = desk_with({"balances": {"ETH": 10.0}}, (perpetual(-100_000.0, 2300.0),), limits={PERPETUAL: 0.0})
    ticket = hr.hedge(desk, MARKET)
    (account,) = ticket.accounts
    state, coins = account.before, 100_000.0 / MARK
    gain = -100_000.0 * (1 / 2300 - 1 / MARK)  # coins
    assert state.equity == pytest.approx((10.0 + gain) * SPOT, rel=1e-9)
    assert state.covering == state.equity
    assert state.initial == pytest.approx((0.02 + 4e-6 * coins) * coins * MARK, rel=1e-9)
    assert state.maintenance == pytest.approx((0.01 + 4e-6 * coins) * coins * MARK, rel=1e-9)
    assert state.leverage == pytest.approx(100_000.0 / state.equity)
    assert state.liquidation_down is None  # a short with coins survives any fall: it owes less than it holds

    def cushion(mark: float) -> float:
        """In coins, at another mark."""
        size = 100_000.0 / mark
        return 10.0 - 100_000.0 * (1 / 2300 - 1 / mark) - (0.01 + 4e-6 * size) * size

    low, high = MARK, 10.0 * MARK
    if cushion(low) * cushion(high) < 0:  # bisection by hand
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if cushion(middle) > 0.0 else (low, middle)
        # Margin is counted at the mark, collateral at the index, which is 0.02 % below.
        assert state.liquidation_up == pytest.approx(low / MARK - 1.0, rel=1e-4)
        assert state.liquidation_up is not None
        shift = np.log1p(state.liquidation_up)
        s = 0.6 * np.sqrt(1 / 365)
        chance = norm.cdf((-0.5 * s * s - shift) / s) + np.exp(-shift) * norm.cdf((0.5 * s * s - shift) / s)
        assert state.probability == pytest.approx(chance, rel=1e-9)
    assert account.after == account.before
    page = ticket.to_html()
    assert "where they are liquidated" in page
    assert "<script" not in page
    text = str(ticket)
    assert "Margin of account venue" in text
    assert "liquidated at a spot move up of" in text
    told = ticket.to_dict()["accounts"][0]
    assert told["before"]["liquidation_price_down"] is None
    assert told["before"]["liquidation_price_up"] == pytest.approx(SPOT * (1.0 + (state.liquidation_up or 0.0)))


def test_a_long_inverse_perpetual_is_liquidated_by_a_fall() -> None:
    desk = desk_with({"balances": {"ETH": 10.0}}, (perpetual(50_000.0),), limits={PERPETUAL: 0.0})
    state = hr.hedge(desk, MARKET).accounts[0].before
    assert state.liquidation_up is None
    assert state.liquidation_down is not None

    def cushion(mark: float) -> float:
        size = 50_000.0 / mark
        return 10.0 + 50_000.0 * (1 / MARK - 1 / mark) - (0.01 + 4e-6 * size) * size

    mark = MARK * (1.0 + state.liquidation_down)
    assert abs(cushion(mark)) < 1e-4  # the mark is 0.02 % above the index
    assert cushion(mark * 1.001) > 0.0


def test_haircuts_leave_less_to_cover() -> None:
    positions = (perpetual(-20_000.0),)
    whole, cut = (
        hr.hedge(desk_with({"balances": {"ETH": 10.0}, "haircuts": cuts}, positions, limits={PERPETUAL: 0.0}), MARKET)
        .accounts[0]
        .before
        for cuts in ({}, {"ETH": 0.1})
    )
    assert cut.equity == whole.equity
    assert cut.covering == pytest.approx(whole.covering - 0.1 * 10.0 * SPOT, rel=1e-9)


def test_balances_belong_to_the_book_and_collateral_does_not() -> None:
    position = (sold_call(),)
    inside = hr.hedge(desk_with({"balances": {"ETH": 50.0, "USDC": 1000.0}}, position), MARKET)
    beside = hr.hedge(desk_with({"collateral": 50.0 * SPOT + 1000.0}, position), MARKET)
    assert inside.exposure.total.delta == pytest.approx(beside.exposure.total.delta + 50.0)
    assert inside.exposure.total.value == pytest.approx(beside.exposure.total.value + 50.0 * SPOT + 1000.0)
    first, second = inside.accounts[0].before, beside.accounts[0].before
    assert (first.equity, first.initial) == pytest.approx((second.equity, second.initial))


def test_the_coin_as_numeraire_changes_units_alone() -> None:
    desk = desk_with({"balances": {"ETH": 20.0}}, (sold_call(), perpetual(-5_000.0)), limits={PERPETUAL: 0.0})
    usd, coin = (hr.hedge(desk, MARKET, numeraire=unit).accounts[0].before for unit in ("USD", "ETH"))
    for key in ("equity", "covering", "initial", "maintenance", "notional"):
        assert getattr(coin, key) * SPOT == pytest.approx(getattr(usd, key), rel=1e-12)
    assert coin.liquidation_up == usd.liquidation_up
    assert coin.leverage == pytest.approx(usd.leverage)


# The optimizer's rows.


LINEAR = "ETH_USDC-PERPETUAL"


@pytest.mark.parametrize(
    ("rule", "instruments", "sizes"),
    [
        ("deribit_standard", (PERPETUAL, CALL), (40_000.0, 15.0)),
        ("deribit_portfolio", (PERPETUAL, CALL), (40_000.0, 15.0)),
        ("okx", (CALL,), (15.0,)),
        ("paradex", (LINEAR,), (40.0,)),
        ("derive", (LINEAR,), (40.0,)),
    ],
)
def test_rows_are_the_margin_after_the_trades(
    monkeypatch: pytest.MonkeyPatch, rule: str, instruments: tuple[str, ...], sizes: tuple[float, ...]
) -> None:
    # The tables of some rules begin after the day of the market: take them as they were later.
    rooms = sys.modules["hedgerow.oneshot.account_rules"]
    named = rooms.margin_rule
    monkeypatch.setattr(rooms, "margin_rule", lambda name, *, coin, **_: named(name, coin=coin, at_ns=LATER_NS))
    positions = {PERPETUAL: perpetual(-20_000.0), LINEAR: msgspec.structs.replace(perpetual(-10.0), instrument=LINEAR)}
    held: tuple[PositionLine, ...] = () if rule in ("paradex", "derive") else (sold_call(),)
    held = *held, *(positions[name] for name in instruments if name in positions)
    desk = desk_with({"rule": rule, "balances": {"ETH": 200.0}, "instruments": instruments}, held)
    line = msgspec.structs.replace(desk.contract[0], instrument=LINEAR, lot=0.001, mark=None)
    lines = (*desk.contract, line, at_okx(CALL)) if rule == "okx" else (*desk.contract, line)
    holdings, limits = limits_of(monkeypatch, msgspec.structs.replace(desk, contract=lines))
    account = holdings.desk.account[0]
    made = rule_of(holdings.desk, account, MARKET.as_of_ns)
    mine = [one for one in limits if one.name.startswith("the margin of account venue")]
    paid = account_limits(holdings)  # the same without costs
    free = [one for one in paid if one.name.startswith("the margin of account venue")]
    rng = np.random.default_rng(5)
    for _ in range(10):
        x = rng.uniform(-1.0, 1.0, len(sizes)) * sizes
        traded = dict(zip(instruments, x.tolist(), strict=True))
        book = account_book(holdings, account_holdings(holdings, account, traded, {}))
        needed, covering = made.requirement(book).initial, covering_equity(book, made)
        short = max(one.at(holdings.held + x, x) - one.upper for one in free)
        assert short <= needed - covering + 1e-7 * (needed + covering)
        assert short >= needed - covering - 0.03 * needed
        costly = max(one.at(holdings.held + x, x) - one.upper for one in mine)
        assert costly >= short


def test_the_plan_keeps_the_margin() -> None:
    # Free, it would sell the whole delta; 3 ETH allow less.
    position = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=400.0)
    free = hr.hedge(desk_with({"balances": {"ETH": 3000.0}}, (position,)), MARKET)
    tight = hr.hedge(desk_with({"balances": {"ETH": 3.0}}, (position,)), MARKET)
    assert len(free.trades) == len(tight.trades) == 1
    assert abs(tight.trades[0].quantity) < abs(free.trades[0].quantity)
    after, coins = tight.accounts[0].after, abs(tight.trades[0].quantity) / MARK
    needed = (0.02 + 4e-6 * coins) * coins * MARK
    assert after.initial == pytest.approx(needed, rel=1e-12)
    assert 0.9999 * after.covering <= needed <= after.covering == pytest.approx(3.0 * SPOT - tight.cost)
    assert any(one.price for one in tight.constraints if "margin" in one.name)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_a_margin_that_grows_with_size_is_kept_at_any_size(numeraire: str) -> None:
    # 13 % of 33,000 ETH: beyond 20,000 ETH rows of the rule no longer touch it.
    position = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=200_000.0)
    desk = desk_with({"balances": {"ETH": 5000.0}}, (position,), limits={})
    ticket = hr.hedge(desk, MARKET, numeraire=numeraire)
    rate = 1.0 if numeraire == "USD" else 1.0 / SPOT
    coins = abs(ticket.trades[0].quantity) / MARK
    needed, has = (0.02 + 4e-6 * coins) * coins * MARK * rate, 5000.0 * SPOT * rate - ticket.cost
    assert coins > 20_000.0
    assert 0.9999 * has <= needed <= has
    after = ticket.accounts[0].after
    assert (after.initial, after.covering) == pytest.approx((needed, has), rel=1e-9)


@pytest.mark.parametrize("haircut", [0.5, 0.9])
def test_profit_that_is_realised_meets_the_haircut(haircut: float) -> None:
    held = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=4000.0)
    desk = desk_with({"balances": {"ETH": 3.0}, "haircuts": {"ETH": haircut}}, (held, perpetual(300_000.0, 1500.0)))
    ticket = hr.hedge(desk, MARKET)
    sold = -ticket.trades[0].quantity
    assert sold > 300_000.0  # all of the profit is in the balance
    gain = 300_000.0 * (1 / 1500 - 1 / MARK)  # coins
    has = (3.0 + gain) * SPOT * (1.0 - haircut) - ticket.cost
    coins = (sold - 300_000.0) / MARK
    needed = (0.02 + 4e-6 * coins) * coins * MARK
    assert 0.999 * has <= needed <= has


def test_a_haircut_ends_where_no_coins_are_left() -> None:
    # Coins sold as a spot pair beyond those that are held are owed: cash covers, what is owed has no haircut.
    pair = msgspec.structs.replace(
        EXAMPLE.contract[0], instrument="ETH_USDC", bid=2222.3, ask=2222.4, mark=None, lot=0.001, taker_fee=0.0005
    )
    account = {"balances": {"ETH": 20.0}, "instruments": (PERPETUAL, "ETH_USDC"), "haircuts": {"ETH": 0.5}}
    desk = desk_with(account, (PositionLine(instrument="ETH-28JUN24-3000-C", quantity=4000.0),))
    ticket = hr.hedge(msgspec.structs.replace(desk, contract=(*EXAMPLE.contract, pair), rates={"USDC": 1.0}), MARKET)
    trades = {trade.instrument: trade.quantity for trade in ticket.trades}
    coins, pairs = abs(trades[PERPETUAL]) / MARK, -trades["ETH_USDC"]
    assert pairs > 20.0
    has = pairs * 2222.35 - (pairs - 20.0) * SPOT - ticket.cost
    assert 0.999 * has <= (0.02 + 4e-6 * coins) * coins * MARK <= has


@pytest.mark.parametrize("rule", ["deribit_standard", "deribit_portfolio"])
@pytest.mark.parametrize("haircut", [0.0, 0.3])
def test_every_account_is_covered_after_the_plan_by_the_rule_itself(
    monkeypatch: pytest.MonkeyPatch, rule: str, haircut: float
) -> None:
    rooms = sys.modules["hedgerow.oneshot.account_rules"]
    named = rooms.margin_rule
    monkeypatch.setattr(rooms, "margin_rule", lambda name, *, coin, **_: named(name, coin=coin, at_ns=LATER_NS))
    future = "ETH-28JUN24"
    line = msgspec.structs.replace(EXAMPLE.contract[0], instrument=future, bid=2290.0, ask=2291.0, mark=None)
    account = {
        "rule": rule,
        "balances": {"ETH": 4000.0, "USDC": 1e6},
        "haircuts": {"ETH": haircut},
        "instruments": (PERPETUAL, future, CALL),
    }
    book = (
        PositionLine(instrument="ETH-28JUN24-3000-C", quantity=150_000.0),
        perpetual(5e6, 1800.0),
        sold_call(-500.0),
    )
    desk = desk_with(account, book, limits={}, risk_aversion=1e-5)
    desk = msgspec.structs.replace(desk, contract=(*EXAMPLE.contract, line), rates={"USDC": 1.0})
    holdings, limits, ticket = planned(monkeypatch, desk)
    terms = desk.account[0]
    made = rule_of(desk, terms, MARKET.as_of_ns)
    traded = {trade.instrument: trade.quantity for trade in ticket.trades}
    cost = {trade.instrument: trade.cost for trade in ticket.trades}
    after = account_book(holdings, account_holdings(holdings, terms, traded, cost))
    needed, has = made.requirement(after).initial, covering_equity(after, made, terms.haircuts)
    assert 0.98 * has <= needed <= has * (1.0 + 1e-9)
    x = np.array([traded.get(str(tool.instrument.name), 0.0) for tool in holdings.tools])
    rows = [one for one in limits if one.name.startswith("the margin of account venue")]
    assert all(one.at(holdings.held, np.zeros(x.size)) <= one.upper for one in rows)


def test_an_account_that_is_just_covered_need_not_trade() -> None:
    # What is held is not counted as if it were closed and opened anew.
    coins = 1_000_000.0 / MARK
    needed = (0.02 + 4e-6 * coins) * coins * MARK / SPOT
    for haircut in (0.0, 0.5):
        account = {"balances": {"ETH": 1.0001 * needed / (1.0 - haircut)}, "haircuts": {"ETH": haircut}}
        ticket = hr.hedge(desk_with(account, (perpetual(-1_000_000.0),), risk_aversion=1e-12), MARKET)
        assert ticket.trades == ()
        assert ticket.accounts[0].after.initial == pytest.approx(needed * SPOT, rel=1e-9)


def test_a_plan_ends_where_a_venues_table_does(monkeypatch: pytest.MonkeyPatch) -> None:
    # OKX's first tier on file ends at 100 ETH of sold options.
    rooms = sys.modules["hedgerow.oneshot.account_rules"]
    named = rooms.margin_rule
    monkeypatch.setattr(rooms, "margin_rule", lambda name, *, coin, **_: named(name, coin=coin, at_ns=LATER_NS))
    position = PositionLine(instrument="ETH-26JAN24-2500-C", quantity=600.0)
    account = {"rule": "okx", "balances": {"ETH": 3000.0}, "instruments": (CALL,)}
    desk, bound = (
        msgspec.structs.replace(made, contract=(at_okx(CALL),))
        for made in (
            desk_with(account, (position,), risk_aversion=1e-3),
            desk_with(account, (position,), neutral={"delta": 0.0}),
        )
    )
    assert hr.hedge(desk, MARKET).trades[0].quantity == -100.0
    with pytest.raises(hr.SolveError, match=r"account venue"):
        hr.hedge(bound, MARKET)


def test_a_plan_that_keeps_no_margin_is_refused_with_what_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["hedgerow.oneshot.kept_margins"], "_ROUNDS", 0)
    position = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=200_000.0)
    desk = desk_with({"balances": {"ETH": 5000.0}}, (position,), limits={})
    with pytest.raises(
        hr.SolveError, match=r"account venue would need an initial margin of .* USD by Deribit"
    ) as error:
        hr.hedge(desk, MARKET)
    assert "too little" in str(error.value)


def test_without_rules_a_problem_is_solved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module, solved = sys.modules["hedgerow.oneshot.kept_margins"], []
    plan = module.plan_hedge

    def spy(problem: Any) -> Any:
        solved.append(problem)
        return plan(problem)

    monkeypatch.setattr(module, "plan_hedge", spy)
    hr.hedge(EXAMPLE, MARKET)
    hr.hedge(desk_with({"balances": {"ETH": 3000.0}}, (sold_call(),)), MARKET)  # nor where nothing binds
    assert len(solved) == 2


def test_a_premium_leaves_the_collateral() -> None:
    # To sell vega back the desk must buy calls: what it may buy is what the balance pays for.
    position = PositionLine(instrument="ETH-26JAN24-2500-C", quantity=-600.0)
    account = {"instruments": (CALL,), "balances": {"ETH": 2.0}}
    ticket = hr.hedge(desk_with(account, (position,), risk_aversion=1e-3), MARKET)
    (trade,) = ticket.trades
    premium = trade.quantity * MARKET.quote(CALL).mid
    assert 1.9 < premium <= 2.0
    after = ticket.accounts[0].after
    assert after.covering == pytest.approx((2.0 - premium) * SPOT - ticket.cost, rel=1e-6)
    assert after.equity > 1.5 * SPOT  # the option is worth what was paid, but covers nothing


# What leverage costs.


def test_capital_and_liquidation_are_charged() -> None:
    position = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=400.0)
    account = {"balances": {"ETH": 300.0}}
    plain = hr.hedge(desk_with(account, (position,), holding_hours=720.0, cost_of_capital=0.1), MARKET)
    charged = desk_with(account, (position,), holding_hours=720.0, cost_of_capital=0.1, liquidation_cost=0.05)
    ticket = hr.hedge(charged, MARKET)
    assert plain.accounts[0].best is None
    best = ticket.accounts[0].best
    assert best is not None
    assert ticket.holding_cost > plain.holding_cost
    assert abs(ticket.trades[0].quantity) <= abs(plain.trades[0].quantity)
    notional = abs(ticket.trades[0].quantity)
    assert notional / best.leverage == pytest.approx(best.collateral - ticket.cost)
    # No other leverage costs less, by the reflection principle written out here; the cost of trading is owed.
    years, s = 720.0 / 8760.0, 0.6 * np.sqrt(720.0 / 8760.0)
    size = abs(ticket.trades[0].quantity) / MARK
    maintenance = 0.01 + 4e-6 * size

    def cost(leverage: float) -> float:
        shift = np.log((1.0 - maintenance) / (1.0 - 1.0 / leverage)) if leverage > 1.0 else np.inf
        touched = norm.cdf((-0.5 * s * s - shift) / s) + np.exp(-shift) * norm.cdf((0.5 * s * s - shift) / s)
        return float(0.1 * years * (1.0 / leverage + ticket.cost / notional) + 0.05 * touched)

    cheapest = min(cost(leverage) for leverage in np.geomspace(0.5, 49.0, 400).tolist())
    assert best.cost / notional == pytest.approx(cheapest, rel=2e-3)
    assert any("charged for capital and the risk of liquidation" in note for note in ticket.notes)
    assert "capital and liquidation cost least at a leverage of" in str(ticket)


LINEAR_LINE = ContractTerms(instrument=LINEAR, bid=2222.5, ask=2222.6, lot=0.01, taker_fee=0.0005)
PRICED = {"cost_of_capital": 0.1, "liquidation_cost": 0.02, "holding_hours": 168.0, "limits": {}}
STAKES: dict[str, tuple[dict[str, Any], tuple[PositionLine, ...]]] = {
    "coins": ({"balances": {"ETH": 60.0}}, ()),
    "coins with a haircut": ({"balances": {"ETH": 60.0}, "haircuts": {"ETH": 0.9}}, ()),
    "cash": ({"balances": {"USDC": 133_331.4}}, ()),
    "both": ({"balances": {"USDC": 60_000.0, "ETH": 30.0}, "haircuts": {"ETH": 0.1}}, ()),
    "linear, coins": ({"balances": {"ETH": 60.0}, "instruments": (LINEAR,)}, ()),
    "linear, cash": ({"balances": {"USDC": 133_331.4}, "instruments": (LINEAR,)}, ()),
    "sold calls": ({"balances": {"ETH": 150.0}}, (sold_call(-100.0),)),
    "collateral and a loss": ({"collateral": 180_000.0}, (perpetual(-200_000.0, 1800.0),)),
    "little leverage": ({"balances": {"ETH": 60.0}, "max_leverage": 2.0}, ()),
}


def priced_desk(name: str, numeraire: str = "USD") -> hr.Desk:
    """A desk that is long calls and may sell the perpetual of its account, with capital and liquidation priced."""
    account, held = STAKES[name]
    linear = LINEAR in account.get("instruments", ())
    rule = {"rule": "fraction", "futures_margin": 0.05} if linear else {}
    bought = PositionLine(instrument="ETH-28JUN24-3000-C", quantity=500.0)
    desk = desk_with(account | rule, (bought, *held), **PRICED)
    return msgspec.structs.replace(
        desk, contract=(*desk.contract, LINEAR_LINE), rates={"USDC": 1.0}, numeraire=numeraire
    )


@cache
def priced_ticket(name: str) -> hr.Ticket:
    return hr.hedge(priced_desk(name), MARKET)


def with_stake(desk: hr.Desk, size: float) -> hr.Desk:
    """The same desk with so many times what its account holds, and nothing to trade."""
    account = desk.account[0]
    more = {name: size * amount for name, amount in account.balances.items()}
    collateral = None if account.collateral is None else size * account.collateral
    account = msgspec.structs.replace(account, balances=more, collateral=collateral, max_leverage=None)
    limits = dict.fromkeys(account.instruments, 0.0)
    hedge = msgspec.structs.replace(desk.hedge, limits=limits, liquidation_cost=None)
    return msgspec.structs.replace(desk, account=(account,), hedge=hedge)


def after_trades(desk: hr.Desk, ticket: hr.Ticket) -> hr.Desk:
    """The desk with what was traded among its positions."""
    known = {line.instrument: line for line in desk.position}
    lines = {line.instrument: line for line in desk.position}
    for trade in ticket.trades:
        held = known.get(trade.instrument, PositionLine(instrument=trade.instrument, quantity=0.0))
        total = held.quantity + trade.quantity
        entry = (
            MARK if not held.quantity else total / (held.quantity / (held.entry_price or MARK) + trade.quantity / MARK)
        )
        lines[trade.instrument] = PositionLine(
            instrument=trade.instrument, quantity=total, entry_price=entry, account="venue"
        )
    return msgspec.structs.replace(desk, position=tuple(lines.values()))


@pytest.mark.parametrize("name", STAKES)
def test_no_other_collateral_costs_less_by_the_accounts_own_figures(name: str) -> None:
    """Desks with more and less in the account are asked for what they say of it: no formula of ours is in between."""
    desk = priced_desk(name)
    ticket = priced_ticket(name)
    (account,) = ticket.accounts
    best, after, years = account.best, account.after, 168.0 / 8760.0
    assert best is not None
    assert best.cost_as_is == pytest.approx(0.1 * years * best.held + 0.02 * after.notional * after.probability)
    assert best.cost <= best.cost_as_is * (1.0 + 1e-12)
    if best.held > best.collateral:  # who holds more is not likelier to be liquidated than is said of the best
        assert after.probability <= best.probability + 1e-12
    else:
        assert after.probability >= best.probability - 1e-12
    held = after_trades(desk, ticket)

    def asked(size: float) -> tuple[float, float, float]:
        """Cost, probability and leverage of an account that holds so much, before trades."""
        state = hr.hedge(with_stake(held, size), MARKET).accounts[0].before
        capital = 0.1 * years * size * best.held
        return capital + 0.02 * state.notional * state.probability, state.probability, state.leverage or 0.0

    # The cost of trading is owed in the one and not in the others: a five hundredth of what is held.
    size = best.collateral / best.held
    cost, probability, leverage = asked(size)
    assert leverage == pytest.approx(best.leverage, rel=0.03)
    assert cost == pytest.approx(best.cost, rel=0.02)
    assert probability == pytest.approx(best.probability, rel=0.15, abs=1e-6)
    for other in (1.15,) if "max_leverage" in STAKES[name][0] else (0.9, 1.15):
        assert asked(size * other)[0] >= 0.995 * cost


def test_the_advice_counts_haircuts_and_currencies() -> None:
    best = {name: priced_ticket(name).accounts[0].best for name in STAKES}
    coins, cut, cash, both = (best[name] for name in ("coins", "coins with a haircut", "cash", "both"))
    assert coins is not None
    assert cut is not None
    assert cash is not None
    assert both is not None
    # A tenth of it covers: far more of it is asked for than is there, although less leverage would be dear.
    assert cut.collateral > 5.0 * cut.held
    assert cut.leverage > coins.leverage
    # A short against coins, which rise with it, is liquidated farther away than one against cash.
    assert cash.leverage < coins.leverage
    linear = [best["linear, coins"], best["linear, cash"]]
    assert all(linear)
    assert linear[0].leverage > 1.1 * linear[1].leverage  # type: ignore[union-attr]
    assert best["little leverage"].leverage < 2.01  # type: ignore[union-attr]
    # The charge for holding the perpetual is that of margin in what the account holds.
    notes = [
        next(note for note in priced_ticket(name).notes if note.startswith("charged for capital"))
        for name in ("coins", "coins with a haircut", "cash", "linear, coins", "linear, cash")
    ]
    assert len(set(notes)) == 5


def test_the_advice_is_the_same_in_the_coin() -> None:
    desk = priced_desk("both")
    usd, coin = priced_ticket("both").accounts[0], hr.hedge(desk, MARKET, numeraire="ETH").accounts[0]
    assert coin.best is not None
    assert usd.best is not None
    assert coin.best.held * SPOT == pytest.approx(usd.best.held, rel=1e-3)
    years = 168.0 / 8760.0
    expected = 0.1 * years * coin.best.held + 0.02 * coin.after.notional * coin.after.probability
    assert coin.best.cost_as_is == pytest.approx(expected)
    assert coin.after.notional == pytest.approx(coin.best.leverage * coin.best.collateral, rel=0.1)


def test_where_nothing_covers_there_is_no_advice_but_a_reason() -> None:
    # A profit that is not realised covers, the coins do not: no amount of them is a collateral.
    held = (perpetual(-100_000.0, 2800.0),)
    desk = desk_with({"balances": {"ETH": 1.0}, "haircuts": {"ETH": 1.0}}, held, **PRICED)
    shut = msgspec.structs.replace(desk, hedge=msgspec.structs.replace(desk.hedge, limits={PERPETUAL: 0.0}))
    ticket = hr.hedge(shut, MARKET)
    (account,) = ticket.accounts
    assert account.after.covering > account.after.initial
    assert account.best is None
    told = ticket.to_dict()["accounts"][0]
    assert told["best_leverage"] is None
    assert told["no_best_leverage"] == "nothing in it covers margin, so that no amount of it is enough"
    assert "venue: no leverage is advised: nothing in it covers margin" in str(ticket)
    plain = hr.hedge(
        msgspec.structs.replace(shut, hedge=msgspec.structs.replace(shut.hedge, liquidation_cost=None)), MARKET
    )
    assert plain.to_dict()["accounts"][0]["no_best_leverage"] is None


def test_capital_is_not_charged_twice() -> None:
    desk = desk_with({"balances": {"ETH": 3.0}}, (sold_call(),), liquidation_cost=0.05)
    line = msgspec.structs.replace(desk.contract[0], initial_margin=0.05)
    with pytest.raises(hr.ConfigError, match=r"initial_margin: stands beside hedge\.liquidation_cost"):
        hr.hedge(msgspec.structs.replace(desk, contract=(line,)), MARKET)


# What is refused.


def test_a_table_that_does_not_cover_the_position_is_named() -> None:
    linear = msgspec.structs.replace(EXAMPLE.contract[0], instrument="ETH_USDC-PERPETUAL", lot=0.001)
    desk = desk_with({"balances": {"ETH": 3.0}, "instruments": ("ETH_USDC-PERPETUAL",)}, (sold_call(),))
    desk = msgspec.structs.replace(desk, contract=(linear,))
    with pytest.raises(
        hr.ConfigError, match=r"account\[0\].rule: the table of .* does not cover linear futures on ETH"
    ):
        hr.hedge(desk, MARKET)


def test_a_rule_without_a_table_for_the_day_is_named() -> None:
    desk = desk_with({"rule": "paradex", "balances": {"ETH": 3.0}}, (sold_call(),))
    with pytest.raises(hr.ConfigError, match=r"account\[0\].rule: no table of 'paradex' for ETH .*2024-01-08"):
        hr.hedge(desk, MARKET)


def test_a_currency_without_a_rate_is_named() -> None:
    desk = desk_with({"balances": {"USDT": 3.0}}, (sold_call(),))
    with pytest.raises(hr.ConfigError, match=r"account\[0\].balances.USDT: USDT: has no USD rate"):
        hr.hedge(desk, MARKET)


def test_an_account_that_is_under_water_is_said_to_be() -> None:
    desk = desk_with({"balances": {"ETH": 0.1}}, (perpetual(-100_000.0),))
    shut = msgspec.structs.replace(desk, hedge=msgspec.structs.replace(desk.hedge, limits={PERPETUAL: 0.0}))
    with pytest.raises(
        hr.SolveError,
        match=r"account venue is short by 1,795\.79 USD before any trade: .* margin of 2,018 USD by",
    ) as error:
        hr.hedge(shut, MARKET)
    assert "has 222.219 that covers it" in str(error.value)
    # What is asked for is enough.
    found = re.search(r"; add at least ([\d,.]+) USD to account venue, or close positions in it$", str(error.value))
    assert found is not None
    missing = float(found[1].replace(",", ""))
    for share, covered in ((1.0, True), (0.999, False)):
        more = msgspec.structs.replace(desk.account[0], balances={"ETH": 0.1, "USD": share * missing})
        mended = msgspec.structs.replace(shut, account=(more,))
        if covered:
            assert hr.hedge(mended, MARKET).accounts[0].after.initial > 0.0
            continue
        with pytest.raises(hr.SolveError, match="is short by"):
            hr.hedge(mended, MARKET)
    # Allowed to trade, the plan closes as much as the margin asks for.
    ticket = hr.hedge(desk, MARKET)
    (account,) = ticket.accounts
    assert account.before.liquidation_down == account.before.liquidation_up == 0.0
    assert account.before.probability == 1.0
    assert account.after.maintenance < account.after.covering
    assert "NOW" in str(ticket)


def test_a_short_account_is_told_what_haircuts_ask_for() -> None:
    desk = desk_with({"balances": {"ETH": 1.0}, "haircuts": {"ETH": 0.95}}, (perpetual(-100_000.0),))
    shut = msgspec.structs.replace(desk, hedge=msgspec.structs.replace(desk.hedge, limits={PERPETUAL: 0.0}))
    with pytest.raises(
        hr.SolveError, match=r"add at least [\d,.]+ USD after haircuts to account venue, or close positions"
    ):
        hr.hedge(shut, MARKET)


# Venues of accounts.


def test_a_rule_without_a_venue_is_that_of_its_owner() -> None:
    call = ContractTerms(instrument=CALL, bid=0.03, ask=0.031)
    account = {"rule": "okx", "balances": {"ETH": 60.0}, "instruments": (CALL,)}
    desk = desk_with(account, (PositionLine(instrument="ETH-28JUN24-3000-C", quantity=500.0),))
    desk = msgspec.structs.replace(desk, contract=(call,))
    # Deribit's fees and lots are not OKX's: what is not on file is refused, whether the venue is named or not.
    for given, missing in ((call, "lot"), (msgspec.structs.replace(call, lot=1.0), "fee")):
        for venue in (None, "okx"):
            named = msgspec.structs.replace(desk.account[0], venue=venue)
            with pytest.raises(hr.ConfigError, match=rf"{CALL}: its {missing} at okx is not on file; state"):
                hr.hedge(msgspec.structs.replace(desk, contract=(given,), account=(named,)), MARKET)
    stated = msgspec.structs.replace(call, lot=1.0, taker_fee=0.0003)
    ticket = hr.hedge(msgspec.structs.replace(desk, contract=(stated,)), MARKET)
    assert ticket.trades[0].fee_source == "desk file"
    assert ticket.to_dict()["accounts"][0]["venue"] == "okx"
    # Deribit's own rule keeps Deribit's tables, and a rule of nobody those of Deribit too.
    for rule, venue in (({"rule": "deribit_standard"}, "deribit"), ({"rule": "fraction", "futures_margin": 0.1}, None)):
        plain = desk_with(rule | {"balances": {"ETH": 30.0}}, (perpetual(-50_000.0),))
        line = msgspec.structs.replace(plain.contract[0], taker_fee=None)
        own = hr.hedge(msgspec.structs.replace(plain, contract=(line,)), MARKET)
        assert own.trades[0].fee_source == "Deribit fee schedule, taker"
        assert own.to_dict()["accounts"][0]["venue"] == venue


def test_a_list_without_the_contract_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('{"result": []}')
    account = {"venue": "deribit", "balances": {"ETH": 30.0}, "instrument_list": str(tmp_path / "list.json")}
    with pytest.raises(hr.ConfigError, match=r"account\[0\].instrument_list: .*list.json does not list ETH-PERPETUAL"):
        hr.hedge(desk_with(account, (perpetual(-50_000.0),)), MARKET)


def test_an_accounts_venue_and_tier_set_the_fee() -> None:
    account = {"venue": "bybit", "rule": "fraction", "futures_margin": 0.1, "balances": {"ETH": 30.0}}
    desk = desk_with(account, (perpetual(-50_000.0),))
    line = msgspec.structs.replace(desk.contract[0], taker_fee=None, lot=1.0)
    desk = msgspec.structs.replace(desk, contract=(line,))
    trade = hr.hedge(desk, MARKET).trades[0]
    assert trade.fee == pytest.approx(0.00055 * abs(trade.quantity), rel=1e-3)
    assert trade.fee_source == "Bybit fee schedule, taker"
    tier = msgspec.structs.replace(desk.account[0], fee_tier="gold")
    with pytest.raises(hr.ConfigError, match=r"account\[0\].fee_tier: Bybit: no fee tier 'gold'"):
        hr.hedge(msgspec.structs.replace(desk, account=(tier,)), MARKET)


def test_an_instrument_list_overrides_fee_and_lot(tmp_path: Path) -> None:
    answer = {
        "result": [
            {
                "instrument_name": PERPETUAL,
                "tick_size": 0.05,
                "contract_size": 1,
                "min_trade_amount": 10,
                "maker_commission": 0.0,
                "taker_commission": 0.0003,
                "settlement_period": "perpetual",
                "creation_timestamp": 1_700_000_000_000,
            }
        ]
    }
    (tmp_path / "list.json").write_bytes(msgspec.json.encode(answer))
    account = {"venue": "deribit", "balances": {"ETH": 30.0}, "instrument_list": str(tmp_path / "list.json")}
    desk = desk_with(account, (perpetual(-50_000.0),))
    line = msgspec.structs.replace(desk.contract[0], taker_fee=None, lot=None)
    desk = msgspec.structs.replace(desk, contract=(line,))
    trade = hr.hedge(desk, MARKET).trades[0]
    assert trade.lot_size == 10.0
    assert trade.fee == pytest.approx(0.0003 * abs(trade.quantity), rel=1e-3)
    missing = msgspec.structs.replace(desk.account[0], instrument_list=str(tmp_path / "no.json"))
    with pytest.raises(hr.ConfigError, match=r"account\[0\].instrument_list: .*no.json cannot be read"):
        hr.hedge(msgspec.structs.replace(desk, account=(missing,)), MARKET)


def test_an_isolated_account_says_so() -> None:
    desk = desk_with({"balances": {"ETH": 10.0}, "mode": Mode.ISOLATED}, (perpetual(-20_000.0),))
    ticket = hr.hedge(desk, MARKET)
    assert ticket.accounts[0].mode == "isolated"
    assert ", isolated" in str(ticket)


def test_an_isolated_account_is_margined_as_its_position_alone() -> None:
    """Beside an account of 1,000 coins, that of the position has 10 and no more."""
    desk = desk_with({"balances": {"ETH": 10.0}, "mode": Mode.ISOLATED}, (perpetual(-100_000.0),))
    rich = AccountTerms(name="rich", instruments=(), rule="deribit_standard", balances={"ETH": 1000.0})
    before = hr.hedge(msgspec.structs.replace(desk, account=(*desk.account, rich)), MARKET).accounts[0].before
    sold = margin_books.perpetual(-100_000.0 / MARK, SPOT, inverse=True, mark=MARK)
    book = margin_books.book_of(sold, spot=SPOT, base="ETH")
    rule = margin_rule("deribit_standard", coin="ETH", at_ns=MARKET.as_of_ns)
    alone = isolated_margins(book, rule, margins={0: 10.0 * SPOT})[0]
    assert (before.equity, before.initial) == pytest.approx((alone.equity, alone.initial))
    assert (before.maintenance, before.covering) == pytest.approx((alone.maintenance, alone.covering))
    assert before.liquidation_up is not None
    assert before.liquidation_up == pytest.approx(alone.liquidation_up, rel=1e-6)


def test_jumps_of_the_desks_model_make_liquidation_likelier() -> None:
    terms = ({"balances": {"ETH": 10.0}}, (perpetual(-100_000.0),))
    calm = hr.hedge(desk_with(*terms), MARKET).accounts[0].before
    assert calm.jump_probability is None
    vol = EXAMPLE.risk.spot_vol
    still = Merton(vol=vol, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)
    same = hr.hedge(desk_with(*terms, model=still), MARKET).accounts[0].before
    assert same.jump_probability == pytest.approx(same.probability, rel=1e-9)
    # Five jumps a year, each beyond the barrier: at least one in the horizon does it, whatever the rest does.
    jumpy = Merton(vol=vol, jump_intensity=5.0, jump_mean=2.0, jump_vol=1e-6)
    ticket = hr.hedge(desk_with(*terms, model=jumpy), MARKET)
    years = ticket.accounts[0].horizon_hours / (24.0 * 365.0)
    found = ticket.accounts[0].before
    assert found.jump_probability is not None
    assert found.jump_probability >= -math.expm1(-5.0 * years) - 1e-9
    assert "the same with the model's jumps" in str(ticket)


def test_paradex_sets_the_expected_funding_aside() -> None:
    linear = "ETH_USDC-PERPETUAL"
    account = {"venue": "paradex", "rule": "paradex", "instruments": (linear,), "balances": {"USDC": 1e5}}
    held = (PositionLine(instrument=linear, quantity=7.0, entry_price=MARK, account="venue"),)
    desk = desk_with(account, held)
    contract = ContractTerms(instrument=linear, bid=2222.5, ask=2222.6, funding_rate=0.001)
    desk = msgspec.structs.replace(desk, contract=(*desk.contract, contract))
    parts = []
    for rate in (0.001, None):
        changed = msgspec.structs.replace(contract, funding_rate=rate)
        stated = msgspec.structs.replace(desk, contract=(*desk.contract[:-1], changed))
        rule = rule_of(stated, stated.account[0], LATER_NS)
        row = margin_books.perpetual(7.0, SPOT, inverse=False)
        parts.append(dict(rule.requirement(margin_books.book_of(row, spot=SPOT, base="ETH")).parts)["funding"])
    assert parts == pytest.approx([0.001 * 7.0 * SPOT, 0.0])
    other = ContractTerms(instrument="ETH_USDT-PERPETUAL", bid=1.0, ask=2.0, funding_rate=0.002)
    twice = msgspec.structs.replace(desk.account[0], instruments=(linear, "ETH_USDT-PERPETUAL"))
    both = msgspec.structs.replace(desk, contract=(*desk.contract, other), account=(twice,))
    with pytest.raises(hr.ConfigError, match=r"sets one funding rate aside, its perpetuals state 0\.001 and 0\.002"):
        rule_of(both, twice, LATER_NS)


@pytest.mark.parametrize("margin", [Margin.STANDARD, Margin.SCENARIO])
def test_balances_cover_plain_margin_too(monkeypatch: pytest.MonkeyPatch, margin: Margin) -> None:
    positions = (sold_call(),)
    worth = 50.0 * SPOT + 1000.0
    inside, beside = (
        limits_of(monkeypatch, desk_with(terms | {"rule": None, "margin": margin, "max_leverage": 2.0}, positions))[1]
        for terms in ({"balances": {"ETH": 50.0, "USDC": 1000.0}}, {"collateral": worth})
    )
    assert [one.name for one in inside] == [one.name for one in beside]
    assert [one.upper for one in inside] == pytest.approx([one.upper for one in beside])


def test_a_desk_without_rules_shows_no_accounts() -> None:
    ticket = hr.hedge(EXAMPLE, MARKET)
    assert ticket.to_dict()["accounts"] == []
    assert "Margin of account" not in str(ticket)


def test_a_margin_that_cannot_be_kept_says_what_is_needed_and_what_is_there() -> None:
    """Nothing but the perpetual makes the delta flat, and its margin is above what the account holds."""
    held = (PositionLine(instrument="ETH-28JUN24-3000-C", quantity=500.0),)
    desk = desk_with({"rule": "deribit_standard", "balances": {"ETH": 4.0}}, held, neutral={"delta": 0.0})
    with pytest.raises(
        SolveError, match=r"account \w+ would need an initial margin of [\d,.]+ USD by .* and have"
    ) as no:
        hr.hedge(desk, MARKET)
    assert "e+" not in str(no.value)


def test_the_tables_of_another_day_are_named_and_work() -> None:
    desk = desk_with({"rule": "deribit_portfolio", "balances": {"ETH": 4000.0}})
    with pytest.raises(hr.ConfigError, match="rules_at = 2026-02-15T00:00:00Z in this") as no:
        hr.hedge(desk, MARKET)
    assert "for that day there is deribit_standard" in str(no.value)
    account = msgspec.structs.replace(desk.account[0], rules_at=dt.datetime(2026, 2, 15, tzinfo=dt.UTC))
    ticket = hr.hedge(msgspec.structs.replace(desk, account=(account,)), MARKET)
    assert ticket.accounts[0].rule == "Deribit portfolio margin of ETH, 2026-02-15"
