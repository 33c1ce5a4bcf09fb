"""A market on a recorded order book, held against hftbacktest and against books that are written down."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange_worlds import AT_ONCE, FREE, NEVER, ONE, ledger, told
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.costs import Fee
from hedgerow.events import Acknowledgement, CancelOrder, Fill, OrderClosed, PlaceOrder, Reject
from hedgerow.instruments import Perpetual
from hedgerow.venues import BookMarket, Depth, Listing, SimulatedExchange, TickSizes
from hedgerow.venues.depth import ASK, BID, BOUGHT, SOLD, depth_of, read_depth

DATA = Path(__file__).parents[2] / "data" / "l2"
CONTRACT = Perpetual(
    name=InstrumentName("BTCUSD_PERP"),
    base=Currency("BTC"),
    quote=Currency("USD"),
    settle=Currency("BTC"),
    contract_size=100.0,
)
TICK = Decimal("0.1")


def written(*rows: tuple[int, int, int, int], tick: Decimal = TICK) -> Depth:
    at, kind, ticks, lots = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Depth(tick=tick, lot=Decimal(1), at_ns=at, kind=kind, ticks=ticks, lots=lots)


def exchange(depth: Depth, *, queue: Any = "conservative", **listing: Any) -> SimulatedExchange:
    market = BookMarket(
        depth=depth,
        instrument=CONTRACT,
        maker_fee=listing.pop("maker_fee", FREE),
        taker_fee=listing.pop("taker_fee", FREE),
        queue=queue,
        max_age_ns=NEVER,
    )
    return SimulatedExchange(
        listings=(Listing(instrument=CONTRACT, lot=Decimal(1), market=market, **listing),),
        books=ledger(one={"BTC": "1000"}),
        delays=AT_ONCE,
        seed=0,
    )


def place(number: int, lots: int, limit: float | None, **changes: Any) -> PlaceOrder:
    terms = {"rests": limit is not None} | changes
    return PlaceOrder(number, ONE, CONTRACT.name, lots, terms.pop("until", NEVER), limit, **terms)


def fills(venue: SimulatedExchange, until_ns: int) -> list[tuple[int, int, float, int]]:
    return [(f.order_id, f.at_ns, float(f.price), f.lots) for f in told(venue, until_ns, Fill)]


@pytest.fixture(scope="module")
def recorded() -> Depth:
    return read_depth(DATA / "btcusd_perp_2024-08-08.parquet", tick=TICK, lot=Decimal(1))


def test_two_recorded_minutes_fill_what_hftbacktest_fills(recorded: Depth) -> None:
    """150 orders, two thirds of them waiting: the same sizes, beginning at the same instants, as hftbacktest 2.4.4.

    It fills whole what others trade or quote beyond; here an order gets what they bring: some end later.
    """
    task = json.loads((DATA / "hftbacktest-2.4.4.json").read_text())
    assert len(task["orders"]) == 150
    waited = later = 0
    for order in task["orders"]:
        venue = exchange(recorded)
        rests, until = order["rests"], order["until_ns"]
        venue.take(place(1, order["lots"], order["ticks"] / 10, rests=rests, until=until), order["at_ns"])
        venue.advance(until)
        ours = [(at, abs(got.lots)) for at, _, got in venue.executions]
        theirs = [(at, lots) for at, _, lots in order["fills"]]
        assert sum(lots for _, lots in ours) == sum(lots for _, lots in theirs), order
        if rests and theirs:
            assert ours[0][0] == theirs[0][0], order
            assert 0 <= ours[-1][0] - theirs[-1][0] < 15_000_000, order
            later += ours[-1][0] > theirs[-1][0]
            assert {got.price for _, _, got in venue.executions} == {order["ticks"] * TICK}
            waited += 1
    assert waited > 40
    assert later < waited / 4


def test_the_record_of_the_middle_is_that_of_the_levels(recorded: Depth) -> None:
    """A book that is kept row by row, without any best price at hand."""
    times, bids, asks = recorded.quotes
    book: tuple[dict[int, int], dict[int, int]] = ({}, {})
    stop = int(recorded.at_ns.searchsorted(times[60], side="right"))
    columns = (recorded.kind[:stop], recorded.ticks[:stop], recorded.lots[:stop])
    for kind, ticks, lots in zip(*(column.tolist() for column in columns), strict=True):
        if kind in (BID, ASK):
            book[kind][ticks] = lots
    best = [max(t for t, lots in book[BID].items() if lots), min(t for t, lots in book[ASK].items() if lots)]
    assert best == [round(bids[60] * 10), round(asks[60] * 10)]


BOOK = ((0, BID, 999, 5), (0, BID, 998, 7), (0, ASK, 1001, 4), (0, ASK, 1002, 6))


def test_a_taker_pays_level_by_level_and_gives_up_the_rest() -> None:
    venue = exchange(written(*BOOK), taker_fee=Fee(rate=Decimal("0.001")))
    venue.take(place(1, 20, 100.2, rests=False), 1)
    assert fills(venue, 10) == [(1, 1, 100.1, 4), (1, 1, 100.2, 6)]
    paid = Decimal("0.001") * 100 * (4 / Decimal("100.1") + 6 / Decimal("100.2"))
    assert -venue.books.account(ONE).flow("BTC", "fee").amount == pytest.approx(paid)


def test_what_was_taken_is_gone_until_the_level_is_displayed_anew() -> None:
    venue = exchange(written(*BOOK, (5, ASK, 1001, 3)))
    for number, at in ((1, 1), (2, 2), (3, 6)):
        venue.take(place(number, 4, 100.1, rests=False), at)
    assert fills(venue, 10) == [(1, 1, 100.1, 4), (3, 6, 100.1, 3)]


def test_a_maker_waits_for_those_ahead() -> None:
    rows = (*BOOK, (2, SOLD, 999, 3), (3, SOLD, 999, 4), (4, SOLD, 999, 9))
    venue = exchange(written(*rows), maker_fee=Fee(rate=Decimal("0.0001")))
    venue.take(place(1, 10, 99.9), 1)
    assert fills(venue, 10) == [(1, 3, 99.9, 2), (1, 4, 99.9, 8)]


def test_two_of_our_own_orders_share_one_trade() -> None:
    venue = exchange(written(*BOOK, (2, SOLD, 999, 12)))
    venue.take(place(1, 4, 99.9), 1)
    venue.take(place(2, 4, 99.9), 1)
    assert fills(venue, 10) == [(1, 2, 99.9, 4), (2, 2, 99.9, 3)]


@pytest.mark.parametrize(("queue", "filled"), [("conservative", 0), ("proportional", 1)])
def test_cancellations_shorten_the_queue_as_the_model_says(queue: str, filled: int) -> None:
    """Five ahead, five come behind, then four cancel: two of them ahead, if in proportion."""
    rows = (*BOOK, (2, BID, 999, 10), (3, BID, 999, 6), (4, SOLD, 999, 4))
    venue = exchange(written(*rows), queue=queue)
    venue.take(place(1, 2, 99.9), 1)
    assert sum(lots for *_, lots in fills(venue, 10)) == filled


@pytest.mark.parametrize("row", [(2, SOLD, 998, 30), (2, ASK, 999, 30), (2, ASK, 998, 30)])
def test_an_order_is_filled_when_others_trade_or_quote_beyond_it(row: tuple[int, int, int, int]) -> None:
    """As far as they come: 30 of 50, and the rest by the next ones."""
    venue = exchange(written(*BOOK, row, (3, SOLD, 997, 45)))
    venue.take(place(1, 50, 99.9), 1)
    assert fills(venue, 10) == [(1, 2, 99.9, 30), (1, 3, 99.9, 20)]


@pytest.mark.parametrize(
    ("displayed", "filled"), [((3,), []), ((3, 9), [(1, 6, 100.1, 6)]), ((0, 3), [(1, 6, 100.1, 3)])]
)
def test_the_rest_of_a_taker_gets_only_what_is_newly_displayed(
    displayed: tuple[int, ...], filled: list[object]
) -> None:
    """Four lots are taken. The record goes on to show them: a fall to three is nobody's offer, a rise is."""
    rows = [(5 + i, ASK, 1001, lots) for i, lots in enumerate(displayed)]
    venue = exchange(written(*BOOK, *rows))
    venue.take(place(1, 1_000, 100.1), 1)
    assert fills(venue, 10) == [(1, 1, 100.1, 4), *filled]


@pytest.mark.parametrize("row", [(2, SOLD, 997, 6), (2, ASK, 997, 6)])
def test_our_orders_share_what_others_bring_the_better_price_first(row: tuple[int, int, int, int]) -> None:
    venue = exchange(written(*BOOK, row))
    venue.take(place(1, 4, 99.8), 1)  # earlier, at the worse price
    venue.take(place(2, 5, 99.9), 1)
    assert sorted(fills(venue, 10)) == [(1, 2, 99.8, 1), (2, 2, 99.9, 5)]
    assert venue.books.account(ONE).holding(CONTRACT).quantity == 6


def test_what_our_waiting_order_met_nobody_takes_again() -> None:
    venue = exchange(written(*BOOK, (2, ASK, 999, 6)))
    venue.take(place(1, 4, 99.9), 1)
    venue.take(place(2, 6, 99.9, rests=False), 3)
    assert fills(venue, 10) == [(1, 2, 99.9, 4), (2, 3, 99.9, 2)]


def test_a_post_only_order_is_refused_where_it_would_take() -> None:
    venue = exchange(written(*BOOK))
    venue.take(place(1, 1, 100.1, post_only=True), 1)
    venue.take(place(2, 1, 100.0, post_only=True), 1)
    known = venue.advance(10)
    assert [(type(event), getattr(event, "reason", "")) for event in known] == [
        (Reject, "a post-only order would take"),
        (Acknowledgement, ""),
    ]


@pytest.mark.parametrize(
    ("model", "filled", "closed"),
    [("cancel_newest", [], [2]), ("cancel_oldest", [(2, 3, 100.1, 4)], [1]), ("cancel_both", [], [1, 2])],
)
def test_an_account_does_not_trade_with_itself(model: Any, filled: list[object], closed: list[int]) -> None:
    venue = exchange(written(*BOOK), self_trade=model)
    venue.take(place(1, -2, 100.0), 2)
    venue.take(place(2, 4, 100.2, rests=False), 3)
    known = venue.advance(10)
    got = [(f.order_id, f.at_ns, float(f.price), f.lots) for f in known if isinstance(f, Fill)]
    assert got == filled
    assert [event.order_id for event in known if isinstance(event, OrderClosed)] == closed


def test_a_waiting_order_is_cancelled_and_expires() -> None:
    venue = exchange(written(*BOOK, (9, SOLD, 998, 100)))
    venue.take(place(1, 5, 99.9), 1)
    venue.take(place(2, 5, 99.9, until=4), 1)
    venue.take(CancelOrder(1, CONTRACT.name), 3)
    closed = told(venue, 20, (OrderClosed, Fill))
    assert [(event.order_id, event.at_ns, event.fills) for event in closed] == [(1, 3, ()), (2, 4, ())]
    assert venue.underway == 0 or venue.next_ns > 20


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (place(1, 1, 100.05), "not a multiple of the tick of 0.1"),
        (place(1, 1, 106.0), "beyond the venue's price limit"),
        (place(1, -1, 94.0), "beyond the venue's price limit"),
        (place(1, 1, -1.0), "prices are positive"),
        (place(1, 1, None, rests=True), "names its limit"),
        (place(1, 1, 99.9, reduce_only=True), "would open a position"),
        (place(1, 1, 99.9, until=0), "it came too late"),
        (PlaceOrder(1, ONE, InstrumentName("ETH"), 1, NEVER), "ETH is not traded here"),
        (place(1, 2, 99.9), "smaller than the smallest order of 3 contracts"),
    ],
)
def test_refusals_are_named(order: PlaceOrder, reason: str) -> None:
    smallest = 3 if "smallest" in reason else 1
    venue = exchange(written(*BOOK), price_limit=0.05, ticks=TickSizes(tick=TICK), min_lots=smallest)
    venue.take(order, 1)
    (answer,) = venue.advance(10)
    assert isinstance(answer, Reject)
    assert reason in answer.reason


def test_a_reducing_order_is_cut_to_the_position() -> None:
    venue = exchange(written(*BOOK))
    venue.take(place(1, 3, None), 1)
    venue.take(place(2, -9, None, reduce_only=True), 2)
    assert [lots for *_, lots in fills(venue, 10)] == [3, -3]
    assert venue.books.account(ONE).holdings == {}


def test_reducing_orders_together_never_open_a_position() -> None:
    """Three held; two waiting orders would sell three each: the second has nothing to reduce any more."""
    venue = exchange(written(*BOOK, (5, BOUGHT, 1003, 4), (6, BOUGHT, 1003, 50)))
    venue.take(place(1, 3, 100.1), 1)
    for number in (2, 3):
        venue.take(place(number, -3, 100.3 - 0.1 * (number == 2), reduce_only=True), 2)
    known = venue.advance(10)
    assert [(e.order_id, e.at_ns, e.lots) for e in known if isinstance(e, Fill)] == [(1, 1, 3), (2, 5, -3)]
    assert [(e.order_id, e.at_ns, e.fills) for e in known if isinstance(e, OrderClosed)] == [(3, 5, ())]
    assert venue.books.account(ONE).holdings == {}


def test_a_reducing_order_that_was_cut_says_that_it_is_done() -> None:
    venue = exchange(written(*BOOK))
    venue.take(place(1, 3, None), 1)
    venue.take(place(2, -9, None, reduce_only=True), 2)
    (closed,) = told(venue, 10, OrderClosed)
    assert (closed.order_id, [fill.lots for fill in closed.fills]) == (2, [-3])


def test_tick_sizes_step_up() -> None:
    """Deribit's BTC options: 0.0001 up to 0.005, 0.0005 above."""
    ticks = TickSizes(tick=Decimal("0.0001"), steps=((Decimal("0.005"), Decimal("0.0005")),))
    assert [ticks.at(Decimal(price)) for price in ("0.005", "0.0051")] == [Decimal("0.0001"), Decimal("0.0005")]


def test_rows_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="out of order"):
        written((2, BID, 1, 1), (1, BID, 1, 1))
    with pytest.raises(InputError, match="cannot be"):
        written((1, BOUGHT, 1, 0))
    with pytest.raises(InputError, match="not every row is a multiple"):
        depth_of(
            at_ns=np.array([0]),
            kind=np.array([BID]),
            price=np.array([100.05]),
            quantity=np.array([1.0]),
            tick=TICK,
            lot=Decimal(1),
        )
