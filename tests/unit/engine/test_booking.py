"""What openings, settlements and liquidations leave in the engine's ledger, on numbers to check by hand."""

from decimal import Decimal

import pytest

from hedgerow.book import Row, kernels
from hedgerow.core.errors import InvariantBroken
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.money import Money
from hedgerow.engine import Deposit, EngineSettings, OpeningPosition
from hedgerow.engine.booking import book_fill, book_liquidation, book_settlement, has_ended, opening_ledger
from hedgerow.events import Fill, Liquidation, Settlement
from hedgerow.execution import DeskRules
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.ledger import Account
from hedgerow.policy import DeltaTolerance

DERIBIT, WALLET, BTC = AccountName("deribit"), AccountName("wallet"), Currency("BTC")
PERPETUAL, CALL = parse_deribit("BTC-PERPETUAL"), parse_deribit("BTC-26JAN24-40000-C")
assert isinstance(CALL, EuropeanOption)
EXPIRY = CALL.expiry_ns
ROW = Row(kernels.INVERSE_OPTION, 0, "inverse option", EXPIRY, 1.0, strike=40_000.0, expiry_years=0.1, vol=0.6)

SETTINGS = EngineSettings(
    base=BTC,
    numeraire="USD",
    reference=PERPETUAL.name,
    rows=(),
    usd_rates={},
    instrument=PERPETUAL,
    lot=Decimal(1),
    wanted_delta=0.0,
    policy=DeltaTolerance(tolerance=0.5),
    desk=DeskRules(account=DERIBIT, instrument=PERPETUAL.name, timeout_ns=60, retry_ns=1),
    deposits=(
        Deposit(account=DERIBIT, currency=BTC, amount=Decimal(2)),
        Deposit(account=WALLET, currency=BTC, amount=Decimal(5)),
    ),
    max_quote_age_ns=300,
    positions=(
        OpeningPosition(account=DERIBIT, instrument=CALL, quantity=Decimal(-3), price=Decimal("0.05"), row=ROW),
        OpeningPosition(account=DERIBIT, instrument=PERPETUAL, quantity=Decimal(100), price=Decimal(40_000), row=ROW),
    ),
    lot_methods={DERIBIT: "HIFO"},
)


def settlement(price: str = "50000", name: str = "BTC-26JAN24-40000-C") -> Settlement:
    return Settlement(
        at_ns=EXPIRY,
        known_ns=EXPIRY,
        account=DERIBIT,
        instrument=InstrumentName(name),
        price=Decimal(price),
        quantity=Decimal(-3),
        amount=Decimal("-0.6"),
        fee=Decimal("0.00045"),
        currency=BTC,
    )


def liquidation(name: str = "BTC-PERPETUAL") -> Liquidation:
    return Liquidation(
        at_ns=9,
        known_ns=9,
        account=DERIBIT,
        instrument=InstrumentName(name),
        number=0,
        quantity=Decimal(-40),
        price=Decimal(32_000),
        fee=Decimal("0.0001"),
    )


def test_the_opening_ledger_holds_deposits_and_positions_and_moves_no_cash_for_them() -> None:
    ledger = opening_ledger(SETTINGS)
    account = ledger.account(DERIBIT)
    assert account.balance("BTC") == account.flow("BTC", "deposit") == Money.of(2, "BTC")
    assert account.holding(CALL).quantity == -3
    assert account.unsettled(PERPETUAL, Decimal(50_000)) == Money.of("0.005", "BTC")
    assert (account.lot_method, ledger.account(WALLET).lot_method) == ("HIFO", "FIFO")
    assert ledger.balance("BTC") == Money.of(7, "BTC")


def test_a_settlement_closes_the_position_at_its_payoff() -> None:
    ledger = book_settlement(SETTINGS, opening_ledger(SETTINGS), settlement())
    account = ledger.account(DERIBIT)
    # Three calls at 50,000 pay 10,000/50,000 of a coin each.
    assert account.flow("BTC", "settlement") == Money.of("-0.6", "BTC")
    assert account.flow("BTC", "fee") == Money.of("-0.00045", "BTC")
    assert CALL.name not in account.holdings
    assert PERPETUAL.name in account.holdings
    (gain,) = account.gains
    assert (gain.cause, gain.gain) == ("settlement", Decimal("0.15") - Decimal("0.6") - Decimal("0.00045"))


def test_a_liquidation_is_a_trade_with_a_fee_of_its_own() -> None:
    ledger = book_liquidation(SETTINGS, opening_ledger(SETTINGS), liquidation())
    account = ledger.account(DERIBIT)
    # 40 contracts are 400 USD: 400/40000 - 400/32000 coins.
    assert account.flow("BTC", "trade") == Money.of("-0.0025", "BTC")
    assert account.flow("BTC", "liquidation") == Money.of("-0.0001", "BTC")
    assert account.holding(PERPETUAL).quantity == 60
    (gain,) = account.gains
    assert (gain.cause, gain.closed_ns, gain.gain) == ("liquidation", 9, Decimal("-0.0026"))


def test_a_fill_opens_a_lot_at_its_own_time() -> None:
    fill = Fill(5, 8, 0, 0, 10, Decimal(41_000), Decimal("0.00001"))
    account = book_fill(SETTINGS, opening_ledger(SETTINGS), fill).account(DERIBIT)
    assert [(lot.quantity, lot.price, lot.at_ns) for lot in account.holding(PERPETUAL).lots] == [
        (Decimal(100), Decimal(40_000), 0),
        (Decimal(10), Decimal(41_000), 5),
    ]


def test_only_dated_contracts_end_and_not_before_their_expiry() -> None:
    assert has_ended(CALL, EXPIRY)
    assert not has_ended(CALL, EXPIRY - 1)
    assert not has_ended(PERPETUAL, EXPIRY)


def test_a_contract_that_no_account_can_hold_is_a_bug() -> None:
    ledger = opening_ledger(SETTINGS)
    with pytest.raises(InvariantBroken, match="BTC-26JAN24-99000-C is not among the contracts that deribit can hold"):
        book_settlement(SETTINGS, ledger, settlement(name="BTC-26JAN24-99000-C"))
    with pytest.raises(InvariantBroken, match="ETH-PERPETUAL is not among the contracts"):
        book_liquidation(SETTINGS, ledger, liquidation("ETH-PERPETUAL"))


def test_an_account_of_which_nothing_is_known_is_empty() -> None:
    assert opening_ledger(SETTINGS).account("elsewhere") == Account()
