"""A simulated venue: latency there and back, partial fills, refusals, funding, faults."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.core.ids import AccountName, Currency
from hedgerow.core.money import Money
from hedgerow.costs import Fee
from hedgerow.events import (
    Acknowledgement,
    Alert,
    CancelOrder,
    Event,
    Fill,
    FundingPayment,
    OrderClosed,
    PlaceOrder,
    Reject,
    RequestFit,
    Transfer,
    TransferDone,
    TransferRefused,
)
from hedgerow.instruments import Instrument, parse_deribit
from hedgerow.ledger import Account, Ledger
from hedgerow.venues import (
    Chunk,
    Delays,
    Execution,
    Faults,
    Funding,
    Listing,
    QuotedMarket,
    Refusal,
    SimulatedExchange,
    SimulatedMarket,
    Source,
    Tape,
)

SECOND = 10**9
NEVER = 2**63 - 1
EXCHANGE, WALLET, USDC = AccountName("exchange"), AccountName("wallet"), Currency("USDC")
LINEAR, INVERSE, SPOT = (parse_deribit(name) for name in ("ETH_USDC-PERPETUAL", "ETH-PERPETUAL", "ETH_USDC"))
DELAYS = Delays(orders_ns=100, reports_ns=30)


def books(**amounts: str) -> Ledger:
    account = Account()
    for currency, amount in amounts.items():
        account = account.deposit(Money.of(amount, currency))
    return Ledger().put("exchange", account)


def market(
    instrument: Instrument = LINEAR, lot: str = "0.01", displayed: int = 0, rate: str = "0.0005"
) -> QuotedMarket:
    """Quote 1999 at 2001 at seconds 0, 1 and 2."""
    at = np.array([0, SECOND, 2 * SECOND])
    chunk = Chunk(
        known_ns=at,
        at_ns=at,
        source=np.zeros(3, dtype=np.int64),
        a=np.full(3, 1999.0),
        b=np.full(3, 2001.0),
        block=np.zeros(3, dtype=np.int64),
    )
    return QuotedMarket(
        tape=Tape([Source(kind="quote", name=instrument.name)], [chunk]),
        source=0,
        instrument=instrument,
        lot=Decimal(lot),
        fee=Fee(rate=Decimal(rate)),
        displayed_lots=displayed,
        max_age_ns=300 * SECOND,
    )


def venue(instrument: Instrument = LINEAR, lot: str = "0.01", **changes: Any) -> SimulatedExchange:
    """List one instrument, as LINEAR, so that orders need not name it."""
    listed = msgspec.structs.replace(instrument, name=LINEAR.name)
    listing = Listing(
        instrument=listed,
        lot=Decimal(lot),
        market=changes.pop("market", None) or market(listed, lot),
        funding=changes.pop("funding", None),
    )
    terms: dict[str, Any] = {"books": books(USDC="10000"), "delays": DELAYS, "seed": 1}
    return SimulatedExchange(listings=(listing,), **(terms | changes))


def place(lots: int, *, number: int = 0, until: int = 60 * SECOND, limit: float | None = None) -> PlaceOrder:
    return PlaceOrder(number, EXCHANGE, LINEAR.name, lots, until, limit)


def balance(where: SimulatedExchange, currency: str = "USDC", account: str = "exchange") -> Money:
    return where.books.account(account).balance(currency)


# --- latency ---


def test_an_order_takes_its_time_and_so_does_its_report() -> None:
    there = venue()
    there.take(place(100), 1000)
    assert there.next_ns == 1100
    assert there.advance(1099) == []
    assert there.executions == []
    assert there.advance(1100) == []  # it is filled now, but nobody here knows
    assert there.books.account("exchange").holding(LINEAR).quantity == Decimal(1)
    assert there.next_ns == 1130
    assert there.advance(1129) == []
    assert there.advance(1130) == [
        Acknowledgement(1100, 1130, 0),
        Fill(1100, 1130, 0, 0, 100, Decimal(2001), Decimal("1.0005")),
    ]
    assert there.next_ns == NEVER
    assert there.advance(NEVER - 1) == []


def test_the_venue_keeps_exact_books() -> None:
    there = venue()
    there.take(place(100, number=0), 0)
    there.take(place(-100, number=1), 0)
    there.advance(SECOND)
    # Bought at 2001, sold at 1999, fees of 1.0005 and 0.9995.
    assert balance(there) == Money.of("9996", "USDC")
    assert there.books.account("exchange").holdings == {}
    assert [(at, number, got.lots) for at, number, got in there.executions] == [(100, 0, 100), (100, 1, -100)]


def test_alerts_and_fits_are_not_for_a_venue() -> None:
    there = venue()
    there.take(Alert("hello"), 0)
    there.take(RequestFit("vol", 1), 0)
    assert there.next_ns == NEVER


# --- partial fills, late orders, cancellations ---


def test_each_quote_fills_what_it_displays() -> None:
    there = venue(market=market(displayed=30), delays=Delays(orders_ns=0, reports_ns=0))
    there.take(place(-70), 0)
    fills = [event for event in there.advance(10 * SECOND) if isinstance(event, Fill)]
    assert [(fill.at_ns, fill.lots, fill.fill_id) for fill in fills] == [
        (0, -30, 0),
        (SECOND, -30, 1),
        (2 * SECOND, -10, 2),
    ]
    assert there.books.account("exchange").holding(LINEAR).quantity == Decimal("-0.7")


@pytest.mark.parametrize(("until", "filled"), [(SECOND - 1, 30), (SECOND, 60), (10 * SECOND, 90)])
def test_what_is_not_traded_while_the_order_is_valid_is_given_up(until: int, filled: int) -> None:
    there = venue(market=market(displayed=30), delays=Delays(orders_ns=0, reports_ns=0))
    there.take(place(1000, until=until), 0)
    known = there.advance(20 * SECOND)
    closed = known[-1]
    assert isinstance(closed, OrderClosed)
    assert closed.found
    assert sum(fill.lots for fill in closed.fills) == filled
    assert [event for event in known if isinstance(event, Fill)] == list(closed.fills)
    assert there.books.account("exchange").holding(LINEAR).quantity == filled * Decimal("0.01")


@pytest.mark.parametrize(("until", "is_late"), [(1099, True), (1100, False)])
def test_an_order_that_comes_too_late_is_refused(until: int, is_late: bool) -> None:
    there = venue()
    there.take(place(100, until=until), 1000)
    known = there.advance(SECOND)
    if is_late:
        assert known == [Reject(1100, 1130, 0, "it came too late")]
        assert there.executions == []
    else:
        assert [type(event) for event in known] == [Acknowledgement, Fill]


def test_an_order_beyond_its_limit_is_refused() -> None:
    there = venue()
    there.take(place(100, limit=2000.0), 0)
    answer = there.advance(SECOND)[-1]
    assert isinstance(answer, Reject)
    assert (answer.at_ns, answer.known_ns, answer.order_id, answer.gas) == (100, 130, 0, Decimal(0))
    assert "beyond the limit" in answer.reason
    assert balance(there) == Money.of(10_000, "USDC")


def test_the_cancellation_of_an_order_that_was_never_seen_says_so() -> None:
    there = venue()
    there.take(CancelOrder(7, LINEAR.name), 1000)
    assert there.advance(SECOND) == [OrderClosed(1100, 1130, 7, (), found=False)]


def test_a_cancellation_ends_an_order_and_tells_all_its_fills() -> None:
    there = venue(market=market(displayed=30))
    there.take(place(100), 0)
    first = there.advance(SECOND - 1)[-1]
    assert isinstance(first, Fill)
    there.take(CancelOrder(0, LINEAR.name), 1000)
    known = there.advance(10 * SECOND)
    assert known == [OrderClosed(1100, 1130, 0, (Fill(100, 100, 0, 0, 30, first.price, first.fee),))]
    assert there.books.account("exchange").holding(LINEAR).quantity == Decimal("0.3")


def test_an_order_that_arrives_after_its_cancellation_is_still_dealt_with() -> None:
    there = venue()
    there.take(CancelOrder(0, LINEAR.name), 0)
    there.take(place(100), 10)
    assert [type(event) for event in there.advance(SECOND)] == [OrderClosed, Acknowledgement, Fill]


def test_the_cancellation_of_a_filled_order_answers_with_its_fill() -> None:
    there = venue()
    there.take(place(100), 0)
    there.advance(500)
    there.take(CancelOrder(0, LINEAR.name), 500)
    (closed,) = there.advance(SECOND)
    assert isinstance(closed, OrderClosed)
    assert (closed.found, [fill.lots for fill in closed.fills]) == (True, [100])


# --- funding ---


def funded(instrument: Instrument, lot: str, lots: int, rate: float) -> tuple[SimulatedExchange, Sequence[Event]]:
    """Trade at once, and settle funding on it a second and a half later, at a mark of 2000."""
    free = market(instrument, lot, rate="0")
    there = venue(
        instrument, lot, market=free, books=books(ETH="10"), funding=Funding(at_ns=(3 * SECOND // 2,), rate=(rate,))
    )
    there.take(place(lots), 0)
    return there, [event for event in there.advance(10 * SECOND) if isinstance(event, FundingPayment)]


@pytest.mark.parametrize(
    ("instrument", "lot", "lots", "rate", "amount", "currency"),
    [
        (LINEAR, "0.01", 200, 0.001, "-4", "USDC"),  # two coins at 2000: longs pay a positive rate
        (LINEAR, "0.01", -200, 0.001, "4", "USDC"),
        (LINEAR, "0.01", 200, -0.001, "4", "USDC"),
        (INVERSE, "1", 4000, 0.001, "-0.002", "ETH"),  # 4000 USD at 2000 are two coins
        (INVERSE, "1", -4000, 0.001, "0.002", "ETH"),
    ],
)
def test_longs_pay_shorts_a_positive_rate_of_the_notional(
    instrument: Instrument, lot: str, lots: int, rate: float, amount: str, currency: str
) -> None:
    there, known = funded(instrument, lot, lots, rate)
    at = 3 * SECOND // 2
    payment = FundingPayment(at, at + 30, EXCHANGE, LINEAR.name, rate, Decimal(amount), Currency(currency))
    assert known == [payment]
    assert there.books.account("exchange").flow(currency, "funding") == Money.of(amount, currency)
    assert [item.amount for item in there.payments] == [Decimal(amount)]


def test_who_holds_nothing_pays_nothing() -> None:
    there = venue(funding=Funding(at_ns=(SECOND, 2 * SECOND), rate=(0.001, 0.001)))
    assert there.next_ns == SECOND
    assert there.advance(10 * SECOND) == []
    assert there.payments == []


def test_every_settlement_is_paid() -> None:
    there = venue(
        market=market(rate="0"), funding=Funding(at_ns=(SECOND, 2 * SECOND, 3 * SECOND), rate=(0.001, -0.002, 0.0))
    )
    there.take(place(-200), 0)
    payments = [event for event in there.advance(10 * SECOND) if isinstance(event, FundingPayment)]
    assert [payment.amount for payment in payments] == [Decimal(4), Decimal(-8), Decimal(0)]
    assert there.books.account("exchange").flow("USDC", "funding") == Money.of(-4, "USDC")


# --- coins, gas, transfers ---


@pytest.mark.parametrize(
    ("lots", "lacks"),
    [(-100, None), (-101, "ETH"), (100, None), (101, "USDC")],
)
def test_nothing_is_borrowed(lots: int, lacks: str | None) -> None:
    # One coin; 2002.0005 USDC pay for one at 2001 with its fee of 1.0005, less 1.
    there = venue(SPOT, books=books(ETH="1", USDC="2002.0005"))
    there.take(place(lots), 0)
    answer = there.advance(SECOND)[-1]
    if lacks is None:
        assert isinstance(answer, Fill)
    else:
        assert answer == Reject(100, 130, 0, f"the account lacks {lacks}")
        assert there.books == books(ETH="1", USDC="2002.0005")


class _Chain:
    """A market that charges gas, and reverts orders of one lot."""

    def dealt_with_ns(self, arrival_ns: int) -> int:
        return arrival_ns + 50

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal:  # noqa: ARG002
        if lots == 1:
            return Refusal(reason="reverted", gas=Decimal("0.003"))
        return Execution(lots=lots, price=Decimal(2000), fee=Decimal(1), gas=Decimal("0.004"), mid=2000.0)

    def mid(self, at_ns: int) -> float | None:  # noqa: ARG002
        return 2000.0

    def next_ns(self, at_ns: int) -> int | None:
        return at_ns + 50


def test_gas_is_charged_for_swaps_and_for_reverted_ones() -> None:
    chain: SimulatedMarket = _Chain()
    there = venue(SPOT, market=chain, books=books(ETH="1", USDC="10000"))
    there.take(place(1, number=0), 0)
    there.take(place(-50, number=1), 0)
    known = there.advance(SECOND)
    assert known == [
        Acknowledgement(100, 130, 0),
        Acknowledgement(100, 130, 1),
        Reject(150, 180, 0, "reverted", Decimal("0.003")),
        Fill(150, 180, 1, 0, -50, Decimal(2000), Decimal(1), Decimal("0.004")),
    ]
    assert there.books.account("exchange").flow("ETH", "gas") == Money.of("-0.007", "ETH")
    assert balance(there, "ETH") == Money.of("0.493", "ETH")
    assert balance(there) == Money.of("10999", "USDC")
    assert there.wasted_gas == [(150, Decimal("0.003"))]


def test_collateral_arrives_after_its_delay() -> None:
    there = venue(delays=Delays(orders_ns=100, reports_ns=30, transfer_ns=5000))
    there.take(Transfer(EXCHANGE, WALLET, USDC, Decimal(400)), 1000)
    assert there.advance(5999) == []
    assert balance(there) == Money.of(9600, "USDC")  # it has left, and is on its way
    assert [transit.money for transit in there.books.in_transit] == [Money.of(400, "USDC")]
    assert there.advance(6100) == []  # the wish takes 100, the money 5000, the message 30
    assert there.books.in_transit == ()
    assert there.advance(6130) == [TransferDone(6100, 6130, EXCHANGE, WALLET, USDC, Decimal(400), Decimal(0))]
    assert balance(there, account="wallet") == Money.of(400, "USDC")


def test_a_transfer_costs_what_the_venue_says() -> None:
    there = venue(transfer_fees={USDC: Decimal(3)})
    there.take(Transfer(EXCHANGE, WALLET, USDC, Decimal(400)), 1000)
    assert there.advance(1130) == [TransferDone(1100, 1130, EXCHANGE, WALLET, USDC, Decimal(400), Decimal(3))]
    assert balance(there, account="wallet") == Money.of(397, "USDC")


@pytest.mark.parametrize("amount", ["10000.01", "0", "2"])
def test_a_transfer_that_cannot_be_is_refused_and_nothing_moves(amount: str) -> None:
    there = venue(transfer_fees={USDC: Decimal(3)})
    there.take(Transfer(EXCHANGE, WALLET, USDC, Decimal(amount)), 1000)
    (answer,) = there.advance(SECOND)
    assert isinstance(answer, TransferRefused)
    assert (answer.at_ns, answer.known_ns, answer.amount) == (1100, 1130, Decimal(amount))
    assert there.refused_transfers == {answer.reason: 1}
    assert balance(there) == Money.of(10_000, "USDC")


# --- faults and randomness ---


def test_a_lost_order_never_arrives() -> None:
    there = venue(faults=Faults(lose_orders=1.0))
    there.take(place(100), 0)
    there.take(CancelOrder(0, LINEAR.name), 0)
    assert there.next_ns == NEVER


def test_a_lost_report_hides_a_fill_that_happened() -> None:
    there = venue(faults=Faults(lose_reports=1.0))
    there.take(place(100), 0)
    assert there.advance(SECOND) == []
    assert there.books.account("exchange").holding(LINEAR).quantity == Decimal(1)


def test_a_doubled_report_comes_twice_and_is_booked_once() -> None:
    there = venue(faults=Faults(double_reports=1.0))
    there.take(place(100), 0)
    known = there.advance(SECOND)
    assert sorted(type(event).__name__ for event in known) == ["Acknowledgement"] * 2 + ["Fill"] * 2
    assert len({event for event in known if isinstance(event, Fill)}) == 1
    assert there.books.account("exchange").holding(LINEAR).quantity == Decimal(1)


def test_a_late_message_takes_a_hundred_times_its_delay_more() -> None:
    there = venue(faults=Faults(late=1.0))
    there.take(place(100), 0)
    assert there.next_ns == 10_100
    there.advance(10_100)
    assert there.next_ns == 10_100 + 3030


def history(seed: int) -> list[Event]:
    """Send thirty orders through jitter and faults."""
    there = venue(
        delays=Delays(orders_ns=100, reports_ns=30, jitter_ns=1000),
        faults=Faults(lose_orders=0.2, lose_reports=0.2, double_reports=0.2, late=0.2),
        seed=seed,
    )
    known: list[Event] = []
    for number in range(30):
        there.take(place(1 if number % 2 else -1, number=number), number * 10_000)
        known += there.advance((number + 1) * 10_000)
    return known + list(there.advance(SECOND))


def test_the_seed_decides_everything() -> None:
    first = history(1)
    assert first == history(1)
    assert first != history(2)
    assert first
    assert [event.known_ns for event in first] == sorted(event.known_ns for event in first)
    assert all(event.known_ns >= event.at_ns for event in first)
