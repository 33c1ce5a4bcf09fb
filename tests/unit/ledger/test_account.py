"""The ledger, on numbers small enough to check by hand."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money
from hedgerow.costs import deribit_fee, trade_fee
from hedgerow.instruments import Instrument, parse_deribit
from hedgerow.ledger import Account, Holding, Lot, OpenLots

OPTION = parse_deribit("BTC-26JAN24-45000-C")
INVERSE = parse_deribit("BTC-PERPETUAL")  # 10 USD a contract
LINEAR = parse_deribit("ETH_USDC-PERPETUAL")
SPOT = parse_deribit("ETH_USDC")
FREE = Money.of(0, "USD")


def trades(instrument: Instrument, *fills: tuple[str, str], start: Account | None = None) -> Account:
    """Book fills of (quantity, price) without fees."""
    ledger = start or Account()
    for quantity, price in fills:
        ledger = ledger.book_trade(instrument, Decimal(quantity), Decimal(price), FREE)
    return ledger


def test_an_option_sold_at_5_and_bought_back_at_4_leaves_one_hundredth_of_a_coin_less_exact_fees() -> None:
    schedule, index = deribit_fee(OPTION), Decimal(45_000)
    assert schedule is not None
    ledger = Account()
    for quantity, price in [(Decimal(-1), Decimal("0.05")), (Decimal(1), Decimal("0.04"))]:
        ledger = ledger.book_trade(OPTION, quantity, price, trade_fee(OPTION, schedule, quantity, price, index))
    # min(0.0003, 12.5 % of the premium) is 0.0003 for both: https://www.deribit.com/kb/fees
    assert ledger.balance("BTC") == Money.of("0.0094", "BTC")
    assert ledger.holdings == {}


def test_a_cheap_option_pays_the_capped_fee_both_ways() -> None:
    schedule, index = deribit_fee(OPTION), Decimal(45_000)
    assert schedule is not None
    ledger = Account()
    for quantity, price in [(Decimal(-1), Decimal("0.0020")), (Decimal(1), Decimal("0.0012"))]:
        ledger = ledger.book_trade(OPTION, quantity, price, trade_fee(OPTION, schedule, quantity, price, index))
    assert ledger.balance("BTC") == Money.of("0.0004", "BTC")  # 0.0008 - 0.125 * (0.0020 + 0.0012)


@pytest.mark.parametrize(
    ("instrument", "fills", "cash", "currency", "quantity"),
    [
        # Linear: size times the move, when it is realised.
        (LINEAR, [("2", "2000")], "0", "USDC", "2"),
        (LINEAR, [("2", "2000"), ("-2", "2100")], "200", "USDC", "0"),
        (LINEAR, [("-2", "2000"), ("2", "2100")], "-200", "USDC", "0"),
        (LINEAR, [("2", "2000"), ("2", "2100"), ("-1", "2150")], "100", "USDC", "3"),  # average entry 2050
        (LINEAR, [("2", "2000"), ("-5", "2100"), ("3", "2000")], "500", "USDC", "0"),  # 200 long, 300 short
        # Inverse: 100 contracts are 1000 USD; coins gained are 1000/P0 - 1000/P.
        (INVERSE, [("100", "40000"), ("-100", "50000")], "0.005", "BTC", "0"),
        (INVERSE, [("-100", "40000"), ("100", "50000")], "-0.005", "BTC", "0"),
        (INVERSE, [("100", "40000"), ("-60", "50000")], "0.003", "BTC", "40"),
        (INVERSE, [("100", "40000"), ("-300", "50000"), ("200", "40000")], "0.015", "BTC", "0"),
        # Options are paid at once.
        (OPTION, [("3", "0.05")], "-0.15", "BTC", "3"),
        (OPTION, [("3", "0.05"), ("-1", "0.06")], "-0.09", "BTC", "2"),
    ],
)
def test_cash_and_position(
    instrument: Instrument, fills: list[tuple[str, str]], cash: str, currency: str, quantity: str
) -> None:
    ledger = trades(instrument, *fills)
    assert ledger.balance(currency) == Money.of(cash, currency)
    assert ledger.holding(instrument).quantity == Decimal(quantity)


def test_spot_moves_both_currencies() -> None:
    ledger = trades(SPOT, ("3", "2000"), ("-1", "2300"))
    assert ledger.balance("ETH") == Money.of(2, "ETH")
    assert ledger.balance("USDC") == Money.of(-3700, "USDC")
    assert ledger.unsettled(SPOT, Decimal(9999)) == Money.of(0, "USDC")  # it is in the cash already


@pytest.mark.parametrize(
    ("instrument", "fill", "mark", "worth"),
    [
        (LINEAR, ("2", "2000"), "2100", Money.of(200, "USDC")),
        (LINEAR, ("-2", "2000"), "2100", Money.of(-200, "USDC")),
        (INVERSE, ("100", "40000"), "50000", Money.of("0.005", "BTC")),
        (INVERSE, ("-100", "40000"), "50000", Money.of("-0.005", "BTC")),
        (OPTION, ("-3", "0.05"), "0.04", Money.of("-0.12", "BTC")),
    ],
)
def test_unsettled(instrument: Instrument, fill: tuple[str, str], mark: str, worth: Money) -> None:
    assert trades(instrument, fill).unsettled(instrument, Decimal(mark)) == worth
    assert Account().unsettled(instrument, Decimal(mark)).amount == 0


def test_a_fee_is_paid_in_its_own_currency() -> None:
    ledger = Account().book_trade(LINEAR, Decimal(1), Decimal(2000), Money.of("0.7", "USDT"))
    assert ledger.balance("USDT") == Money.of("-0.7", "USDT")
    assert ledger.balance("USDC") == Money.of(0, "USDC")


def test_deposits_add_up_exactly() -> None:
    ledger = Account()
    for _ in range(10):
        ledger = ledger.deposit(Money.of(0.1, "ETH"))
    assert ledger.deposit(Money.of(-1, "ETH")).balance("ETH") == Money.of(0, "ETH")
    assert ledger.balance("BTC") == Money.of(0, "BTC")


def test_the_ledger_before_a_trade_is_as_it_was() -> None:
    before = trades(LINEAR, ("2", "2000"))
    after = trades(LINEAR, ("-2", "2100"), start=before.deposit(Money.of(5, "USDC")))
    lot = Lot(quantity=Decimal(2), price=Decimal(2000))
    assert before.holding(LINEAR) == Holding(quantity=Decimal(2), basis=Decimal(4000), lots=OpenLots().add(lot))
    assert before.balance("USDC") == Money.of(0, "USDC")
    assert after.balance("USDC") == Money.of(205, "USDC")
    with pytest.raises(TypeError):
        after.flows["USDC"] = Decimal(0)  # type: ignore[index]
    with pytest.raises(TypeError):
        del before.holdings[LINEAR.name]  # type: ignore[attr-defined]


def test_instruments_do_not_touch_each_other() -> None:
    ledger = trades(INVERSE, ("100", "40000"), start=trades(LINEAR, ("2", "2000")))
    assert ledger.holding(LINEAR) == trades(LINEAR, ("2", "2000")).holding(LINEAR)
    assert ledger.holding(INVERSE) == trades(INVERSE, ("100", "40000")).holding(INVERSE)


@pytest.mark.parametrize(
    ("quantity", "price"),
    [("0", "1"), ("1", "0"), ("1", "-1"), ("1", "NaN"), ("1", "Infinity"), ("NaN", "1"), ("Infinity", "1")],
)
@pytest.mark.parametrize("instrument", [OPTION, INVERSE, LINEAR, SPOT], ids=lambda instrument: instrument.name)
def test_a_trade_has_a_finite_quantity_and_a_positive_finite_price(
    instrument: Instrument, quantity: str, price: str
) -> None:
    with pytest.raises(InputError, match=f"{instrument.name}: {quantity} at {price}"):
        Account().book_trade(instrument, Decimal(quantity), Decimal(price), FREE)


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_valuation_needs_a_positive_finite_price(price: str) -> None:
    with pytest.raises(InputError, match=f"a price of {price}"):
        trades(LINEAR, ("2", "2000")).unsettled(LINEAR, Decimal(price))
