"""Where a simulated exchange used to be led astray: thin books, moving bases, ended contracts, rows that cannot be."""

from decimal import Decimal

import numpy as np
import pytest

from exchange_worlds import AT_ONCE, FREE, HOUR, INVERSE, LINEAR, NEVER, ONE, SECOND, TWO

from exchange_worlds import ledger, order, quoted, tape_of, told, watched  # isort: skip
from hedgerow.book import Row, kernels
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.money import Money
from hedgerow.events import Fill, OrderClosed, Reject, Transfer
from hedgerow.instruments import Instrument, Perpetual, parse_deribit
from hedgerow.ledger import Account, Ledger
from hedgerow.margin import FractionMargin, MarginRule, margin_rule
from hedgerow.venues import (
    BookMarket,
    Chunk,
    DeliveryTerms,
    Funding,
    Index,
    Listing,
    MarginTerms,
    SimulatedExchange,
    Source,
    Tape,
)
from hedgerow.venues.depth import ASK, BID, Depth

COIN_MARGINED = Perpetual(
    name=InstrumentName("BTCUSD_PERP"),
    base=Currency("BTC"),
    quote=Currency("USD"),
    settle=Currency("BTC"),
    contract_size=100.0,
)
PLAIN = FractionMargin(initial=0.1, maintenance=0.05)
FUTURE, CALL, FAR_CALL = (parse_deribit(name) for name in ("ETH-26JAN24", "ETH-26JAN24-1000-C", "ETH-26JAN24-3000-C"))
EXPIRY = parse_deribit("ETH-26JAN24-1000-C").expiry_ns  # type: ignore[union-attr]


def quotes(start_ns: int, step_ns: int, **paths: list[tuple[float, float]]) -> Tape:
    """Quote each name at bids and asks, one after the other, from an instant on."""
    rows = sorted(
        (start_ns + i * step_ns, number, bid, ask)
        for number, path in enumerate(paths.values())
        for i, (bid, ask) in enumerate(path)
    )
    at, source, bid, ask = (np.array(column) for column in zip(*rows, strict=True))
    chunk = Chunk(known_ns=at, at_ns=at, source=source, a=bid, b=ask, block=np.zeros(at.size, dtype=np.int64))
    return Tape([Source(kind="quote", name=name) for name in paths], [chunk])


def exchange(tape: Tape, index: int, listing: Listing, books: Ledger, rule: MarginRule = PLAIN) -> SimulatedExchange:
    return SimulatedExchange(
        listings=(listing,),
        books=books,
        delays=AT_ONCE,
        seed=1,
        accounts={ONE: MarginTerms(rule=rule)},
        index=Index(tape=tape, source=index, usd_rate=1.0),
        usd_rates={Currency("USDC"): 1.0},
    )


def test_a_liquidation_goes_on_as_soon_as_an_empty_order_book_fills_again() -> None:
    """The bid falls by 8 % to ten contracts; a second later there are 200 more."""
    rows = [
        (0, BID, 50_000, 1000), (0, ASK, 50_001, 1000),
        (SECOND, BID, 50_000, 0), (SECOND, ASK, 50_001, 0), (SECOND, BID, 46_000, 10), (SECOND, ASK, 46_001, 1000),
        (2 * SECOND, BID, 46_000, 0), (2 * SECOND, BID, 45_990, 200),
    ]  # fmt: skip
    at, kind, ticks, lots = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    depth = Depth(tick=Decimal(1), lot=Decimal(1), at_ns=at, kind=kind, ticks=ticks, lots=lots)
    market = BookMarket(
        depth=depth, instrument=COIN_MARGINED, maker_fee=FREE, taker_fee=FREE, queue="conservative", max_age_ns=NEVER
    )
    tape = quotes(0, SECOND, index=[(50_000.0, 50_001.0), (46_000.0, 46_001.0), (45_990.0, 46_001.0)])
    listing = Listing(instrument=COIN_MARGINED, lot=Decimal(1), market=market)
    venue = exchange(tape, 0, listing, ledger(one={"BTC": "0.022"}))
    venue.take(order(100, instrument=COIN_MARGINED), 0)
    venue.advance(60 * SECOND)
    assert [(one.at_ns, one.quantity) for one in venue.liquidations] == [
        (SECOND, Decimal(-10)),
        (2 * SECOND, Decimal(-90)),
    ]
    assert not venue.books.account(ONE).holdings


def test_a_basis_that_has_moved_moves_the_box_at_the_next_look() -> None:
    """The perpetual falls by 5 % and the index does not; at the next look liquidation is as near as it is."""
    mark = [2_000.0] * 30 + [1_900.0] * 40 + [1_862.0] * 20
    spot = [2_000.0] * 70 + [1_960.0] * 20
    tape = tape_of({LINEAR.name: mark, "index": spot}, 60 * SECOND)
    listing = Listing(instrument=LINEAR, lot=Decimal("0.01"), market=quoted(tape, 0, LINEAR, "0.01"))
    venue = exchange(tape, 1, listing, ledger(one={"USDC": "2000"}))
    venue.take(order(1000), 0)
    venue.advance(89 * 60 * SECOND)
    look = next(one for one in venue.margins if one.at_ns == HOUR)
    # 1000 USDC cover 10 coins at 1900; 1000 + 10 (1900 (1 + x) - 1900) = 0.05 * 10 * 1900 (1 + x)
    assert look.down == pytest.approx((19_000.0 - 1_000.0) / (0.95 * 19_000.0) - 1.0, abs=1e-6)
    assert [one.at_ns for one in venue.liquidations] == [70 * 60 * SECOND]


@pytest.mark.parametrize("is_watched", [False, True])
def test_nothing_is_traded_from_the_expiry_on(is_watched: bool) -> None:
    tape = quotes(EXPIRY - HOUR, 60 * SECOND, future=[(2_000.0, 2_000.0)] * 121)
    market = quoted(tape, 0, FUTURE, "1", displayed_lots=1)
    venue = SimulatedExchange(
        listings=(Listing(instrument=FUTURE, lot=Decimal(1), market=market, delivery=DeliveryTerms()),),
        books=ledger(one={"ETH": "10"}),
        delays=AT_ONCE,
        seed=1,
        accounts={ONE: MarginTerms(rule=PLAIN)} if is_watched else {},
        index=Index(tape=tape, source=0, usd_rate=1.0),
    )
    venue.take(order(1000, 0, instrument=FUTURE), EXPIRY - HOUR)
    events = told(venue, EXPIRY, (Fill, OrderClosed))
    assert isinstance(events[-1], OrderClosed)
    assert (events[-1].order_id, events[-1].at_ns) == (0, EXPIRY)
    venue.take(order(1, 1, instrument=FUTURE), EXPIRY)
    (refused,) = told(venue, EXPIRY + HOUR, (Fill, Reject))
    assert refused.reason == "the contract has expired"
    assert not venue.books.account(ONE).holdings


@pytest.mark.parametrize("bad", [0.0, float("nan"), -1.0])
def test_funding_waits_for_a_price_that_can_be_true(bad: float) -> None:
    tape = quotes(0, SECOND, mark=[(2_000.0, 2_000.0)] * 2 + [(bad, bad)] + [(2_500.0, 2_500.0)] * 2)
    funding = Funding(at_ns=(2 * SECOND, 4 * SECOND), rate=(0.001, 0.002))
    listing = Listing(instrument=INVERSE, lot=Decimal(1), market=quoted(tape, 0, INVERSE, "1"), funding=funding)
    venue = SimulatedExchange(listings=(listing,), books=ledger(one={"ETH": "10"}), delays=AT_ONCE, seed=1)
    venue.take(order(100, instrument=INVERSE), 0)
    venue.advance(9 * SECOND)
    size = 100 * Decimal(str(INVERSE.contract_size)) / 2500
    paid = [(one.at_ns, one.amount) for one in venue.payments]
    assert paid == [(3 * SECOND, -size * Decimal("0.001")), (4 * SECOND, -size * Decimal("0.002"))]


def with_short_call(start_ns: int, row: Row | None, quote: tuple[float, float], call: Instrument) -> SimulatedExchange:
    path = [(2_000.0, 2_000.0)] * 60
    tape = quotes(start_ns, 60 * SECOND, index=path, call=[quote] * 60)
    listing = Listing(
        instrument=call, lot=Decimal(1), row=row, market=quoted(tape, 1, call, "1"), delivery=DeliveryTerms()
    )
    short = Account().deposit(Money.of(10, "ETH")).open_position(call, Decimal(-1), Decimal("0.01"), 0)
    rule = margin_rule("deribit_standard", coin="ETH", at_ns=start_ns)
    return exchange(tape, 0, listing, Ledger().put("one", short), rule)


def test_an_option_that_is_worth_nothing_can_be_bought_back() -> None:
    start = EXPIRY - 2 * HOUR
    row = Row(kernels.INVERSE_OPTION, 0, "inverse option", EXPIRY, 1.0, strike=3000.0, vol=0.2, sign=1.0)
    venue = with_short_call(start, row, (0.0001, 0.0002), FAR_CALL)
    venue.take(order(1, instrument=FAR_CALL), start)
    assert [type(event) for event in told(venue, start + 60 * SECOND, (Fill, Reject))] == [Fill]
    assert not venue.books.account(ONE).holdings


def test_an_option_quoted_below_its_inner_value_has_a_margin() -> None:
    """A call on 1000 at an index of 2000 is worth 0.5 coins at least; its quotes say 0.4975."""
    start = EXPIRY - 240 * HOUR
    venue = with_short_call(start, None, (0.495, 0.5), CALL)
    venue.advance(start + HOUR // 2)
    assert venue.margins[0].initial > 0.15 * 2_000.0  # at least 15 % of the underlying for a short call in the money


def test_money_that_an_open_order_needs_does_not_leave() -> None:
    """An order for 5 coins, of which half a coin a second is displayed, needs 1000 USDC in the end."""
    tape = tape_of({LINEAR.name: [2_000.0] * 20}, SECOND)
    market = quoted(tape, 0, LINEAR, "0.01", displayed_lots=50)
    listing = Listing(instrument=LINEAR, lot=Decimal("0.01"), market=market)
    venue = exchange(tape, 0, listing, ledger(one={"USDC": "1500"}, two={"USDC": "1"}))
    venue.take(order(500), 0)
    venue.advance(0)
    for amount in ("501", "499"):
        venue.take(Transfer(ONE, TWO, Currency("USDC"), Decimal(amount)), 1)
    venue.advance(19 * SECOND)
    assert venue.refused_transfers == {"margin is needed": 1}
    assert venue.books.account(ONE).balance("USDC").amount == 1001
    assert venue.books.account(ONE).holding(LINEAR).quantity == 5
    assert not venue.liquidations


def test_money_that_leaves_before_the_first_price_is_refused_for_that_reason() -> None:
    tape = quotes(HOUR, SECOND, mark=[(2_000.0, 2_000.0)] * 2)
    listing = Listing(instrument=LINEAR, lot=Decimal("0.01"), market=quoted(tape, 0, LINEAR, "0.01"))
    held = ledger(one={"USDC": "1000"}).account("one").open_position(LINEAR, Decimal(1), Decimal(2_000), 0)
    venue = exchange(tape, 0, listing, Ledger().put("one", held))
    venue.take(Transfer(ONE, TWO, Currency("USDC"), Decimal(1)), 0)
    venue.advance(SECOND)
    assert venue.refused_transfers == {"there is no price yet to count its margin at": 1}


def test_a_rest_that_is_smaller_than_a_lot_is_closed_at_its_mark() -> None:
    tape = tape_of({LINEAR.name: [2_000.0] + [1_000.0] * 300}, 60 * SECOND)
    held = Account().deposit(Money.of(100, "USDC")).open_position(LINEAR, Decimal("0.995"), Decimal(2_000), 0)
    listing = Listing(instrument=LINEAR, lot=Decimal("0.01"), market=quoted(tape, 0, LINEAR, "0.01"))
    venue = exchange(tape, 0, listing, Ledger().put("one", held))
    venue.advance(300 * 60 * SECOND)
    assert [one.quantity for one in venue.liquidations] == [Decimal("-0.99"), Decimal("-0.005")]
    assert [(one.equity, one.cause) for one in venue.bankruptcies] == [(-895.0, "gap")]


def test_a_debt_that_the_liquidation_itself_has_made_is_not_called_a_gap() -> None:
    """The price rises by a dollar a row, and the venue charges 8 % where 5 % are left."""
    prices = [2_000.0 + i for i in range(200)]
    venue = watched(prices, cash={"USDC": "1000"}, liquidation_fee=Decimal("0.08"))
    venue.take(order(-450), 0)
    venue.advance(300 * SECOND)
    (found,) = venue.bankruptcies
    assert found.cause == "liquidation"
    assert found.index - found.index_before <= 2.0
    assert found.equity < 0.0


def test_margin_is_not_watched_where_it_cannot_be_counted() -> None:
    tape = quotes(0, SECOND, mark=[(2_000.0, 2_000.0)])
    listings = [
        Listing(instrument=item, lot=Decimal(1), market=quoted(tape, 0, item, "1"))
        for item in (INVERSE, parse_deribit("BTC-PERPETUAL"), FUTURE)
    ]
    index = Index(tape=tape, source=0, usd_rate=1.0)

    def venue(listed: list[Listing], *, is_watched: bool = True) -> SimulatedExchange:
        accounts = {ONE: MarginTerms(rule=PLAIN)} if is_watched else {}
        books = ledger(one={"ETH": "10"})
        return SimulatedExchange(listings=listed, books=books, delays=AT_ONCE, seed=1, accounts=accounts, index=index)

    with pytest.raises(InputError, match="margin is counted for one coin, and listed are BTC, ETH"):
        venue(listings[:2])
    with pytest.raises(InputError, match="ETH-26JAN24 expires and is never delivered"):
        venue(listings[2:])
    venue(listings, is_watched=False)
