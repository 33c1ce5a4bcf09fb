"""One account: what covers, what is needed, isolated positions, and the book of a ledger account."""

from decimal import Decimal

import numpy as np
import pytest

from hedgerow.book import kernels, value_book
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.money import Money
from hedgerow.instruments import EuropeanOption, Perpetual
from hedgerow.ledger import Account
from hedgerow.margin import (
    FractionMargin,
    Marked,
    account_book,
    account_margin,
    covering_equity,
    held_names,
    isolated_margins,
    margin_rule,
)
from margin_books import AT_NS, DAY_NS, black, book_of, cash, coin, option, perpetual

BTC, USD, USDC = Currency("BTC"), Currency("USD"), Currency("USDC")
INVERSE = Perpetual(name=InstrumentName("BTC-PERPETUAL"), base=BTC, quote=USD, settle=BTC, contract_size=10.0)
LINEAR = Perpetual(name=InstrumentName("BTC_USDC-PERPETUAL"), base=BTC, quote=USDC, settle=USDC, contract_size=0.001)
CALL = EuropeanOption(
    name=InstrumentName("BTC-27JUN26-80000-C"),
    base=BTC,
    quote=USD,
    settle=BTC,
    contract_size=1.0,
    strike=80_000.0,
    is_call=True,
    expiry_ns=AT_NS + 30 * DAY_NS,
)
RULE = FractionMargin(initial=0.1, maintenance=0.05)


def traded() -> Account:
    nothing = Money.of(0, "BTC")
    account = Account().deposit(Money.of(2, "BTC")).deposit(Money.of(5_000, "USDC"))
    account = account.book_trade(INVERSE, Decimal(-3_000), Decimal(69_000), nothing)
    account = account.book_trade(LINEAR, Decimal(500), Decimal(71_000), Money.of(0, "USDC"))
    return account.book_trade(CALL, Decimal(-1), Decimal("0.04"), nothing)


def marks() -> dict[InstrumentName, Marked]:
    return {
        INVERSE.name: Marked(instrument=INVERSE, mark=70_100.0),
        LINEAR.name: Marked(instrument=LINEAR, mark=70_050.0),
        CALL.name: Marked(instrument=CALL, mark=0.035, forward=70_500.0),
    }


def test_book_of_a_ledger_account_is_worth_what_the_ledger_says() -> None:
    account, at = traded(), marks()
    book = account_book(account, at, base="BTC", spot=70_000.0, now_ns=AT_NS, usd_rates={"USDC": 0.999})
    worth = 0.0
    for currency, rate in (("BTC", 70_000.0), ("USDC", 0.999)):
        worth += float(account.balance(currency).amount) * rate
    for marked in at.values():
        unsettled = account.unsettled(marked.instrument, Decimal(str(marked.mark)))
        worth += float(unsettled.amount) * (70_000.0 if unsettled.currency == "BTC" else 0.999)
    assert float(value_book(book, numeraire="USD")[0].sum()) == pytest.approx(worth, rel=1e-9)
    assert held_names(account, at) == (CALL.name, INVERSE.name, LINEAR.name)
    assert book.kinds[book.group == 1].tolist() == [kernels.INVERSE_FUTURE]
    assert {label for label, _ in book.buckets} >= {"spot", "USDC"}


def test_a_stated_vol_is_taken_and_a_missing_mark_is_named() -> None:
    at = marks()
    at[CALL.name] = Marked(instrument=CALL, mark=0.035, forward=70_500.0, vol=0.5)
    book = account_book(traded(), at, base="BTC", spot=70_000.0, now_ns=AT_NS, usd_rates={"USDC": 1.0})
    price = black(70_500.0, 80_000.0, 30 / 365, 0.5, call=True) / 70_500.0
    assert value_book(book, numeraire="BTC")[0][0] == pytest.approx(-price, rel=1e-9)
    del at[CALL.name]
    with pytest.raises(InputError, match="BTC-27JUN26-80000-C is held and not marked"):
        account_book(traded(), at, base="BTC", spot=70_000.0, now_ns=AT_NS, usd_rates={"USDC": 1.0})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"usd_rates": {}}, "USDC has no USD rate"),
        ({"base": "ETH"}, "the book on ETH"),
        ({"now_ns": AT_NS + 31 * DAY_NS}, "expired at"),
    ],
)
def test_what_cannot_be_compiled_is_named(change: dict[str, object], named: str) -> None:
    terms = {"base": "BTC", "spot": 70_000.0, "now_ns": AT_NS, "usd_rates": {"USDC": 1.0}} | change
    with pytest.raises(InputError, match=named):
        account_book(traded(), marks(), **terms)  # type: ignore[arg-type]


def test_a_mark_without_a_vol_is_named() -> None:
    at = marks() | {CALL.name: Marked(instrument=CALL, mark=1.5, forward=70_500.0)}
    with pytest.raises(InputError, match="implies no vol"):
        account_book(traded(), at, base="BTC", spot=70_000.0, now_ns=AT_NS, usd_rates={"USDC": 1.0})


def test_options_cover_only_where_the_rule_counts_them() -> None:
    book = book_of(option(2.0, 7e4, 6e4, 30.0, 0.6, call=True, inverse=False), cash(1_000.0), spot=7e4)
    worth = 2.0 * black(7e4, 6e4, 30 / 365, 0.6, call=True)
    standard = margin_rule("derive", coin="BTC", at_ns=AT_NS)
    portfolio = margin_rule("paradex", coin="BTC", at_ns=AT_NS)
    assert covering_equity(book, standard) == pytest.approx(1_000.0)
    assert covering_equity(book, portfolio) == pytest.approx(1_000.0 + worth, rel=1e-9)
    assert account_margin(book, standard).equity == pytest.approx(1_000.0 + worth, rel=1e-9)


def test_haircuts_go_by_currency_and_spare_debts() -> None:
    book = book_of(coin(1.0), cash(1_000.0, "USDC"), cash(-500.0, "USDT"), cash(200.0), spot=7e4)
    plain = covering_equity(book, RULE)
    assert plain == pytest.approx(70_700.0)
    cuts = {"BTC": 0.1, "USDC": 0.05, "USDT": 0.5, "USD": 0.01}
    assert covering_equity(book, RULE, cuts) == pytest.approx(plain - 7_000.0 - 50.0 - 2.0)
    with pytest.raises(InputError, match=r"a haircut of 1\.5 on BTC"):
        covering_equity(book, RULE, {"BTC": 1.5})


def test_an_account_says_what_is_free_and_used() -> None:
    found = account_margin(book_of(perpetual(1.0, 7e4, inverse=False), cash(14_000.0), spot=7e4), RULE)
    assert (found.initial, found.maintenance, found.free) == pytest.approx((7_000.0, 3_500.0, 7_000.0))
    assert found.usage == pytest.approx(0.25)
    # 14,000 + (P - 70,000) = 0.05·P
    assert found.liquidation_down == pytest.approx(56_000.0 / 0.95 / 7e4 - 1.0, abs=1e-10)
    assert found.liquidation_up is None
    empty = account_margin(book_of(cash(5.0), spot=7e4), RULE)
    assert (empty.liquidation_down, empty.liquidation_up, empty.usage) == (None, None, 0.0)
    broke = account_margin(book_of(perpetual(1.0, 7e4, inverse=False), cash(-10.0), spot=7e4), RULE)
    assert (broke.liquidation_down, broke.liquidation_up) == (0.0, 0.0)
    assert broke.usage == float("inf")


def test_isolated_positions_stand_alone() -> None:
    rows = (perpetual(1.0, 7e4, inverse=False), perpetual(-1.0, 7e4, inverse=True), cash(1e6), coin(10.0))
    book = book_of(*rows, spot=7e4)
    found = isolated_margins(book, RULE, {0: 7_000.0, 1: 14_000.0})
    assert found[0].liquidation_down == pytest.approx(63_000.0 / 0.95 / 7e4 - 1.0, abs=1e-10)
    # 14,000 USD in coins: 1/(5·P0) + 1/P - 1/P0 = 0.05/P
    assert found[1].liquidation_up == pytest.approx(0.95 / 0.8 - 1.0, abs=1e-10)
    assert found[1].equity == pytest.approx(14_000.0)
    cross = account_margin(book, RULE)
    assert cross.equity == pytest.approx(1e6 + 7e5)
    with pytest.raises(InputError, match="position 2 is not in the book"):
        isolated_margins(book, RULE, {2: 10.0})


def test_a_book_left_empty_needs_nothing() -> None:
    book = book_of(coin(1.0), spot=7e4)
    for name in ("deribit_standard", "deribit_portfolio"):
        found = margin_rule(name, coin="BTC", at_ns=AT_NS).requirement(book)
        assert (found.initial, found.maintenance) == (0.0, 0.0)
    assert np.isclose(margin_rule("paradex", coin="BTC", at_ns=AT_NS).requirement(book).initial, 0.0)
