"""What an engine makes of settlements and liquidations: once each, gone from delta, and asked again."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hedgerow.book import Row, kernels
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.money import Money
from hedgerow.engine import Deposit, Engine, EngineSettings, EngineState, OpeningPosition
from hedgerow.events import Alert, Command, Event, Fill, Liquidation, QuoteUpdate, Settlement
from hedgerow.execution import DeskRules
from hedgerow.instruments import expiry_of, parse_deribit
from hedgerow.ledger import Account
from hedgerow.policy import DeltaTolerance

DESK, BTC = AccountName("desk"), Currency("BTC")
PERP, CALL = parse_deribit("BTC-PERPETUAL"), parse_deribit("BTC-27MAR20-8000-C")
EXPIRY = expiry_of(CALL) or 0
HOUR = 3600 * 10**9
BEFORE = EXPIRY - 240 * HOUR
UNIT = Row(kernels.INVERSE_OPTION, 0, "inverse option", EXPIRY, 1.0, strike=8000.0, expiry_years=0.1, vol=0.6)
SETTINGS = EngineSettings(
    base=BTC,
    numeraire="BTC",
    reference=PERP.name,
    rows=(),
    usd_rates={},
    instrument=PERP,
    lot=Decimal(1),
    wanted_delta=0.0,
    policy=DeltaTolerance(tolerance=0.01),
    desk=DeskRules(account=DESK, instrument=PERP.name, timeout_ns=60 * 10**9, retry_ns=10**9),
    deposits=(Deposit(account=DESK, currency=BTC, amount=Decimal(1)),),
    max_quote_age_ns=HOUR,
    positions=(OpeningPosition(account=DESK, instrument=CALL, quantity=Decimal(-2), price=Decimal("0.05"), row=UNIT),),
)


class Run:
    """An engine that is fed by hand."""

    def __init__(self) -> None:
        self.engine = Engine(SETTINGS)
        self.state: EngineState = self.engine.start()

    def take(self, event: Event) -> tuple[Command, ...]:
        self.state, commands = self.engine.step(self.state, event)
        return commands

    def quote(self, mid: float, now: int) -> None:
        self.take(QuoteUpdate(now, now, PERP.name, mid - 0.5, mid + 0.5))

    @property
    def target(self) -> int:
        assert self.state.decision is not None
        return self.state.decision.target_lots

    @property
    def account(self) -> Account:
        return self.state.ledger.account(DESK)


def settlement(**changes: Any) -> Settlement:
    """The call at a delivery price of 10,000: 0.2 coins each."""
    fields: dict[str, Any] = {"account": DESK, "instrument": CALL.name, "price": Decimal(10_000)}
    fields |= {"quantity": Decimal(-2)}
    fields |= {"amount": Decimal("-0.4"), "fee": Decimal("0.0003"), "currency": BTC}
    return Settlement(at_ns=EXPIRY, known_ns=EXPIRY + 10**8, **(fields | changes))


def liquidation(number: int = 0, quantity: str = "1", now: int = BEFORE, **changes: Any) -> Liquidation:
    fields: dict[str, Any] = {"account": DESK, "instrument": CALL.name}
    fields |= {"price": Decimal("0.06"), "fee": Decimal("0.002")}
    return Liquidation(at_ns=now, known_ns=now, number=number, quantity=Decimal(quantity), **(fields | changes))


def test_what_an_account_holds_is_hedged() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    # Two sold calls at the money: about a coin of delta, bought in contracts of 10 USD.
    assert 700 < run.target < 900
    assert run.account.balance("BTC") == Money.of("1", "BTC"), "no cash moves for what was there before"


def test_a_liquidated_option_has_no_delta_any_more() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    both = run.target
    (alert, *_) = run.take(liquidation())
    assert isinstance(alert, Alert)
    assert "desk was liquidated: 1 BTC-27MAR20-8000-C at 0.06" in alert.text
    assert run.target == pytest.approx(0.5 * both, abs=1)
    assert run.account.holding(CALL).quantity == -1
    assert run.account.balance("BTC") == Money.of("0.938", "BTC")


def test_the_same_liquidation_twice_is_booked_once_and_another_one_again() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    run.take(liquidation())
    once, seq = run.account, run.state.seq
    assert run.take(liquidation()) == ()
    assert run.state.decision is None
    assert run.state.refused == 1
    assert run.account is once
    assert run.state.seq == seq + 1
    run.take(liquidation(number=1))
    assert run.account.holding(CALL).quantity == 0


def test_before_its_settlement_is_known_an_expired_option_is_waited_for() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    run.quote(10_000.0, EXPIRY)
    assert run.state.decision is not None
    assert run.state.decision.reason == "BTC-27MAR20-8000-C has expired: its settlement is awaited"


def test_after_a_settlement_the_engine_goes_on_and_a_second_report_is_harmless() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    run.quote(10_000.0, EXPIRY)
    commands = run.take(settlement())
    assert isinstance(commands[0], Alert)
    assert "settled at 10000" in commands[0].text
    assert run.account.holding(CALL).quantity == 0
    assert run.account.balance("BTC") == Money.of("0.5997", "BTC")
    assert run.state.decision is not None
    assert run.target == 0
    after = run.account
    assert run.take(settlement()) == ()
    assert run.account is after
    run.quote(9000.0, EXPIRY + HOUR)
    assert run.state.refused == 1


@pytest.mark.parametrize(
    "event",
    [
        settlement(quantity=Decimal(-1)),
        settlement(currency=Currency("USD")),
        settlement(price=Decimal("NaN")),
        settlement(fee=Decimal(-1)),
        settlement(fee=Decimal("2.01")),  # of two contracts of a coin each
        settlement(amount=Decimal(-7)),
        settlement(amount=Decimal("0.4")),
        settlement(amount=Decimal("-0.40001")),
        settlement(amount=Decimal("NaN")),
        settlement(instrument=InstrumentName("BTC-27MAR20-9000-C")),
        settlement(account=AccountName("nobody")),
        msgspec.structs.replace(settlement(), at_ns=BEFORE),
        liquidation(quantity="0", now=EXPIRY),
        liquidation(quantity="NaN", now=EXPIRY),
        liquidation(quantity="-5", now=EXPIRY),  # it would sell what is sold already
        liquidation(quantity="2.5", now=EXPIRY),  # more than there is
        liquidation(price=Decimal(0), now=EXPIRY),
        liquidation(fee=Decimal(100), now=EXPIRY),
        liquidation(fee=Decimal("Infinity"), now=EXPIRY),
        liquidation(instrument=PERP.name, now=EXPIRY),  # it is not sold, and no sale is on its way
        liquidation(instrument=InstrumentName("ETH-PERPETUAL"), now=EXPIRY),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_cannot_be_true_is_not_booked_and_somebody_is_told(event: Settlement | Liquidation) -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    before = run.account
    commands = run.take(event)
    assert isinstance(commands[0], Alert)
    assert "reconcile" in commands[0].text
    assert run.account is before
    assert run.state.refused == 1


def test_a_payoff_may_be_rounded_by_the_venue() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    run.take(settlement(price=Decimal(9000), amount=Decimal("-0.22222222")))
    assert run.account.holding(CALL).quantity == 0
    assert run.account.flow("BTC", "settlement").amount == pytest.approx(Decimal(-2) / 9, abs=Decimal("1e-27"))


def test_a_liquidation_that_overtakes_the_report_of_a_fill_is_booked() -> None:
    run = Run()
    run.quote(8000.0, BEFORE)
    (order,) = run.state.orders.working.values()
    assert order.lots > 500  # on its way; if it was filled, the venue may have sold it again
    forced: dict[str, Any] = {"instrument": PERP.name, "price": Decimal(7000)}
    run.take(liquidation(number=0, quantity=str(-order.lots - 1), **forced))
    assert run.account.holding(PERP).quantity == 0
    run.take(liquidation(number=1, quantity=str(-order.lots), **forced))
    assert run.account.holding(PERP).quantity == -order.lots
    run.take(Fill(BEFORE + 1, BEFORE + 1, order.order_id, 0, order.lots, Decimal(8000), Decimal(0)))
    assert run.account.holding(PERP).quantity == 0
