"""Laws of the simulated exchange: nobody gets more than the record gives, and no money appears or vanishes.

The oracles know nothing of the exchange: a walk over every row of an order book, a bookkeeper who has only the
reports, and exact fractions.
"""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from exchange_worlds import (
    AT_ONCE,
    LINEAR,
    NEVER,
    ONE,
    SECOND,
    TWO,
    ledger,
    order,
    quoted,
    tape_of,
    watched,
)
from hedgerow.book import Row, kernels
from hedgerow.core.ids import AccountName, Currency
from hedgerow.core.money import Money
from hedgerow.costs import Fee
from hedgerow.events import (
    CancelOrder,
    Event,
    Fill,
    FundingPayment,
    Liquidation,
    PlaceOrder,
    Settlement,
    Transfer,
    TransferDone,
    TransferRefused,
)
from hedgerow.instruments import parse_deribit
from hedgerow.ledger import Account, Ledger
from hedgerow.margin import FractionMargin
from hedgerow.venues import (
    Delays,
    DeliveryTerms,
    Depth,
    Faults,
    Funding,
    Index,
    Listing,
    MarginTerms,
    SimulatedExchange,
)
from hedgerow.venues.depth import ASK, BID, BOUGHT, SOLD
from hedgerow.venues.latency import ConstantLatency, ExponentialLatency
from hedgerow.venues.order_book import BookMarket
from hedgerow.venues.queueing import Waiting

INVERSE = parse_deribit("ETH-PERPETUAL")
USDC = Currency("USDC")
FEW = settings(max_examples=min(settings.default.max_examples, 10))  # type: ignore[union-attr]
FEE = Fee(rate=Decimal("0.0005"))


# --- queues ---


@st.composite
def books(draw: st.DrawFn) -> Depth:
    """Levels around 1000 that come, change and go, and trades; sides do not cross."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = [(0, BID, 1_000 - i, int(rng.integers(1, 30))) for i in range(1, 6)]
    rows += [(0, ASK, 1_000 + i, int(rng.integers(1, 30))) for i in range(1, 6)]
    for at in range(1, draw(st.integers(5, 120))):
        kind = int(rng.integers(0, 4))
        away = int(rng.integers(1, 6))
        ticks = 1_000 - away if kind in (BID, SOLD) else 1_000 + away
        lots = int(rng.integers(0, 30)) if kind in (BID, ASK) else int(rng.integers(1, 15))
        rows.append((at // 2, kind, ticks, lots))
    at_ns, kinds, ticks_, lots_ = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Depth(tick=Decimal(1), lot=Decimal(1), at_ns=at_ns, kind=kinds, ticks=ticks_, lots=lots_)


def walked(depth: Depth, start: int, sign: int, ticks: int, lots: int, ahead: int) -> list[tuple[int, int]]:
    """Walk over every row; nobody ahead cancels while there is anybody behind."""
    found, left, facing = [], lots, dict[int, int]()
    own, taker, other = (BID, SOLD, ASK) if sign > 0 else (ASK, BOUGHT, BID)
    for row in range(start, depth.at_ns.size):
        kind, price, size = int(depth.kind[row]), int(depth.ticks[row]), int(depth.lots[row])
        got = 0
        if kind == own and price == ticks:
            ahead = min(ahead, size)
        elif kind == taker and price == ticks:
            got = min(max(size - ahead, 0), left)
            ahead = max(ahead - size, 0)
        elif kind == taker and sign * (ticks - price) > 0:
            got = min(size, left)
        elif kind == other and sign * (ticks - price) >= 0:
            got = min(max(size - facing.get(price, 0), 0), left)
            facing[price] = size
        if got:
            left -= got
            found.append((int(depth.at_ns[row]), got))
        if not left:
            break
    return found


@given(books(), st.sampled_from([1, -1]), st.integers(1, 6), st.integers(1, 40), st.integers(0, 30))
def test_a_queue_moves_as_a_walk_over_every_row_says(depth: Depth, sign: int, away: int, lots: int, at: int) -> None:
    ticks = 1_000 - sign * away
    start = int(depth.at_ns.searchsorted(at, side="right"))
    shown: dict[int, int] = {}
    for row in range(start):
        if depth.kind[row] == (BID if sign > 0 else ASK):
            shown[int(depth.ticks[row])] = int(depth.lots[row])
    ahead = shown.get(ticks, 0)
    waiting = Waiting(
        sign=sign,
        ticks=ticks,
        remaining=lots,
        ahead=float(ahead),
        ours_ahead=0,
        shown=ahead,
        row=start,
        model="conservative",
    )
    found = []
    while (made := waiting.look(depth, NEVER)) is not None:
        found.append((made.at_ns, made.lots))
        waiting.due, waiting.remaining = None, waiting.remaining - made.lots
    assert found == walked(depth, start, sign, ticks, lots, ahead)


@given(books(), st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 60)), min_size=1, max_size=8))
def test_fills_are_never_better_than_the_book(depth: Depth, wanted: list[tuple[int, int]]) -> None:
    """Takers pay displayed levels, best first, and no level gives more than it shows between two rows of it."""
    market = BookMarket(depth=depth, instrument=INVERSE, maker_fee=FEE, taker_fee=FEE, max_age_ns=NEVER)
    taken: dict[tuple[int, int, int], int] = defaultdict(int)
    for lots, at in sorted(wanted, key=lambda pair: pair[1]):
        left, last = lots, None
        while left:
            got: Any = market.trade(left, at, None)
            if not hasattr(got, "lots"):
                break
            side, sign = (ASK, 1) if lots > 0 else (BID, -1)
            price = int(got.price)
            rows = np.flatnonzero((depth.kind == side) & (depth.ticks == price) & (depth.at_ns <= at))
            shown = int(depth.lots[rows[-1]])
            taken[side, price, int(rows[-1])] += abs(got.lots)
            assert taken[side, price, int(rows[-1])] <= shown
            assert last is None or sign * (price - last) > 0  # each level is worse than the one before
            left, last = left - got.lots, price
        if left:
            assert left * lots > 0


def brought(depth: Depth, at: int, sign: int, limit: int) -> int:
    """What others bring at an instant to all who wait on a side: trades, and what the other side displays anew."""
    taker, other = (SOLD, ASK) if sign > 0 else (BOUGHT, BID)
    total, shown = 0, dict[int, int]()
    for when, kind, ticks, lots in zip(depth.at_ns, depth.kind, depth.ticks, depth.lots, strict=True):
        reaches = sign * (limit - int(ticks)) >= 0
        if kind == other:
            total += max(int(lots) - shown.get(int(ticks), 0), 0) if when == at and reaches else 0
            shown[int(ticks)] = int(lots)
        elif kind == taker and when == at and reaches:
            total += int(lots)
    return total


@given(
    books(),
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(-60, 60).filter(bool), st.integers(994, 1_006), st.booleans()),
        min_size=1,
        max_size=6,
    ),
)
def test_waiting_orders_together_get_no_more_than_others_bring(
    depth: Depth, wanted: list[tuple[int, int, int, bool]]
) -> None:
    """At each instant and beyond any price; the rest of a crossing order waits too, and takers pay the taker's fee."""
    taker = Fee(rate=Decimal("0.01"))
    market = BookMarket(
        depth=depth, instrument=INVERSE, maker_fee=Fee(rate=Decimal(0)), taker_fee=taker, max_age_ns=NEVER
    )
    venue = SimulatedExchange(
        listings=(Listing(instrument=INVERSE, lot=Decimal(1), market=market, self_trade="cancel_oldest"),),
        books=ledger(one={"ETH": "1000"}, two={"ETH": "1000"}),
        delays=AT_ONCE,
        seed=0,
    )
    sent = sorted(wanted)
    for number, (at, lots, ticks, second) in enumerate(sent):
        name = TWO if second else ONE
        venue.take(PlaceOrder(number, name, INVERSE.name, lots, NEVER, float(ticks), rests=True), at)
    venue.advance(NEVER - 1)
    got: dict[tuple[int, int], int] = defaultdict(int)
    worst: dict[tuple[int, int], int] = {}
    for at, number, deal in venue.executions:
        sign = 1 if deal.lots > 0 else -1
        limit = sent[number][2]
        assert sign * (limit - deal.price) >= 0
        if not deal.fee:  # it waited
            assert deal.price == limit
            got[at, sign] += abs(deal.lots)
            worst[at, sign] = sign * max(sign * worst.get((at, sign), limit), sign * limit)
    for (at, sign), lots in got.items():
        assert lots <= brought(depth, at, sign, worst[at, sign])


# --- messages about accounts ---


@given(st.integers(0, 2**32 - 1), st.sampled_from([0, SECOND]), st.sampled_from(["drawn", "stated"]))
@settings(FEW)
def test_no_message_about_an_account_overtakes_what_came_before_it(seed: int, jitter_ns: int, way: str) -> None:
    """A liquidation is never known before the fill that opened the position, nor money before it has travelled."""
    reports = ExponentialLatency(least_ns=SECOND // 10, mean_ns=3 * SECOND) if way == "drawn" else None
    orders = ConstantLatency(ns=SECOND // 4) if way == "drawn" else None
    delays = Delays(
        orders_ns=SECOND // 4,
        reports_ns=SECOND // 10,
        jitter_ns=jitter_ns,
        transfer_ns=2 * SECOND,
        orders=orders,
        reports=reports,
    )
    path = [2_000.0, 2_000.0, 2_160.0, 2_160.0, 2_160.0]
    tape = tape_of({LINEAR.name: path}, SECOND)
    venue = SimulatedExchange(
        listings=(Listing(instrument=LINEAR, lot=Decimal("0.01"), market=quoted(tape, 0, LINEAR, "0.01")),),
        books=ledger(one={"USDC": "1000"}, two={"USDC": "9"}),
        delays=delays,
        seed=seed,
        accounts={ONE: MarginTerms(rule=FractionMargin(initial=0.1, maintenance=0.05))},
        index=Index(tape=tape, source=0, usd_rate=1.0),
        usd_rates={USDC: 1.0},
    )
    venue.take(order(-450), 0)
    for amount in (9, 7, 5):
        venue.take(Transfer(TWO, ONE, USDC, Decimal(amount)), 0)
    known = venue.advance(900 * SECOND)
    fills = [event for event in known if isinstance(event, Fill)]
    told = [event for event in known if isinstance(event, TransferDone | TransferRefused | Liquidation)]
    assert len(told) == 3 + len(venue.liquidations)
    for event in told:
        assert event.known_ns >= event.at_ns + SECOND // 10
        assert all(fill.known_ns <= event.known_ns for fill in fills if fill.at_ns < event.at_ns)
    assert [event.at_ns for event in told] == sorted(event.at_ns for event in told)
    done = [event for event in told if isinstance(event, TransferDone)]
    assert [event.amount for event in done] == [9]
    assert all(event.at_ns >= 2 * SECOND + SECOND // 4 for event in done)
    assert [event.amount for event in told if isinstance(event, TransferRefused)] == [7, 5]


# --- two accounts, two instruments ---

COMMANDS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["one", "two"]),
        st.sampled_from(["linear", "inverse", "cancel", "transfer"]),
        st.integers(-300, 300).filter(bool),
    ),
    min_size=1,
    max_size=12,
).map(lambda found: sorted(found, key=lambda item: item[0]))


DATED = structs.replace(parse_deribit("ETH-25AUG23"), expiry_ns=25 * SECOND, contract_size=1.0)
DATED_ROW = Row(kernels.INVERSE_FUTURE, 0, "future", 25 * SECOND, 1.0)


def market_of_two(seed: int, faults: Faults, jitter_ns: int) -> SimulatedExchange:
    rng = np.random.default_rng(seed)
    path = 2_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.004, 40)))
    names: dict[str, list[float]] = {
        LINEAR.name: path.round(2).tolist(),
        INVERSE.name: (1.001 * path).round(2).tolist(),
    }
    tape = tape_of(names, SECOND, half=0.5)
    rates = Funding(at_ns=(7 * SECOND, 21 * SECOND), rate=(0.0013, -0.0007))
    listings = tuple(
        Listing(
            instrument=instrument,
            lot=Decimal(lot),
            market=quoted(tape, number, instrument, lot, fee=FEE, displayed_lots=120),
            funding=rates,
        )
        for number, (instrument, lot) in enumerate(((LINEAR, "0.01"), (INVERSE, "10")))
    )
    price = Decimal(str(round(2_000.0 * (1.0 + rng.uniform(-0.4, 0.4)), 2)))
    ends = DeliveryTerms(fee=FEE, price=price)
    listings += (Listing(instrument=DATED, lot=Decimal(1), row=DATED_ROW, delivery=ends),)
    books = ledger(one={"USDC": "900", "ETH": "1"}, two={"USDC": "2000", "ETH": "2"})
    for name, held in (("one", rng.integers(-900, 900)), ("two", 700)):
        books = books.put(name, books.account(name).open_position(DATED, Decimal(int(held)), Decimal(2_000), 0))
    rule = FractionMargin(initial=0.1, maintenance=0.05)
    return SimulatedExchange(
        listings=listings,
        books=books,
        delays=Delays(orders_ns=SECOND // 3, reports_ns=SECOND // 5, jitter_ns=jitter_ns, transfer_ns=2 * SECOND),
        seed=seed,
        faults=faults,
        accounts={ONE: MarginTerms(rule=rule, liquidation_fee=Decimal("0.002"))},
        index=Index(tape=tape, source=0, usd_rate=1.0),
        usd_rates={USDC: 1.0},
        transfer_fees={USDC: Decimal("1.5")},
    )


def run(venue: SimulatedExchange, commands: list[tuple[int, str, str, int]], looks: list[int]) -> list[Event]:
    known: list[Event] = []
    extra = sorted(looks)
    for number, (at, account, what, size) in enumerate(commands):
        now = at * SECOND + number
        while extra and extra[0] < now:
            known += venue.advance(extra.pop(0))
        known += venue.advance(now)
        name = AccountName(account)
        if what == "cancel":
            venue.take(CancelOrder(max(number - 1, 0), LINEAR.name), now)
        elif what == "transfer":
            target = TWO if name == ONE else ONE
            venue.take(Transfer(name, target, USDC, Decimal(abs(size))), now)
        else:
            instrument = LINEAR if what == "linear" else INVERSE
            until = now + 4 * SECOND
            venue.take(PlaceOrder(number, name, instrument.name, size, until), now)
    for look in extra:
        known += venue.advance(look)
    return [*known, *venue.advance(900 * SECOND)]


@settings(FEW)
@given(
    st.integers(0, 2**32 - 1),
    COMMANDS,
    st.lists(st.integers(0, 40 * SECOND), max_size=8),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0, SECOND]),
)
def test_how_often_the_driver_looks_does_not_matter(
    seed: int, commands: list[tuple[int, str, str, int]], looks: list[int], rate: float, jitter_ns: int
) -> None:
    faults = Faults(lose_orders=rate, lose_reports=rate, double_reports=rate, late=rate)
    first, second = (market_of_two(seed, faults, jitter_ns) for _ in range(2))
    assert run(first, commands, []) == run(second, commands, looks)
    assert first.books == second.books
    assert first.margins == second.margins
    assert first.refusals == second.refusals


def told_books(start: Ledger, commands: list[tuple[int, str, str, int]], known: list[Event]) -> Ledger:
    """Keep books of the reports alone."""
    found = start
    lots = {
        LINEAR.name: (LINEAR, Decimal("0.01")),
        INVERSE.name: (INVERSE, Decimal(10)),
        DATED.name: (DATED, Decimal(1)),
    }
    for event in known:
        if isinstance(event, Fill):
            _, account, what, _ = commands[event.order_id]
            instrument, lot = lots[LINEAR.name if what == "linear" else INVERSE.name]
            fee = Money(event.fee, instrument.settle)
            booked = found.account(account).book_trade(instrument, event.lots * lot, event.price, fee)
            found = found.put(account, booked)
        elif isinstance(event, Liquidation):
            instrument, _ = lots[event.instrument]
            fee = Money(event.fee, instrument.settle)
            booked = found.account(event.account).book_trade(instrument, event.quantity, event.price, fee)
            found = found.put(event.account, booked)
        elif isinstance(event, Settlement):
            fee = Money(event.fee, DATED.settle)
            booked, _ = found.account(event.account).settle(DATED, event.price, fee, event.at_ns)
            found = found.put(event.account, booked)
        elif isinstance(event, FundingPayment):
            paid = found.account(event.account).move(Money(event.amount, event.currency), "funding")
            found = found.put(event.account, paid)
        elif isinstance(event, TransferDone):
            money, fee = Money(event.amount, event.currency), Money(event.fee, event.currency)
            found = found.transfer(event.source, event.target, money, fee)
    return found


@settings(FEW)
@given(st.integers(0, 2**32 - 1), COMMANDS)
def test_the_reports_tell_everything_and_no_money_appears_or_vanishes(
    seed: int, commands: list[tuple[int, str, str, int]]
) -> None:
    venue = market_of_two(seed, Faults(), 0)
    start = venue.books
    known = run(venue, commands, [])
    told = told_books(start, commands, known)
    for name in ("one", "two"):
        ours, theirs = told.account(name), venue.books.account(name)
        assert {n: h.quantity for n, h in ours.holdings.items()} == {n: h.quantity for n, h in theirs.holdings.items()}
        for currency in ("USDC", "ETH"):
            gap = ours.balance(currency).amount - theirs.balance(currency).amount
            assert abs(gap) < Decimal("1e-20")
    # Exactly, over both accounts: deposits, less what every linear trade paid, its fee, and costs of transfers.
    cash = Fraction(2_900)
    for event in known:
        if isinstance(event, Fill) and commands[event.order_id][2] == "linear":
            cash -= Fraction(event.lots, 100) * Fraction(event.price) + Fraction(event.fee)
        elif isinstance(event, Liquidation) and event.instrument == LINEAR.name:
            cash -= Fraction(event.quantity) * Fraction(event.price) + Fraction(event.fee)
        elif isinstance(event, FundingPayment) and event.currency == USDC:
            cash += Fraction(event.amount)
        elif isinstance(event, TransferDone):
            cash -= Fraction(event.fee)
    open_basis = sum(
        (Fraction(venue.books.account(name).holding(LINEAR).basis) for name in ("one", "two")), Fraction(0)
    )
    assert abs(Fraction(venue.books.balance("USDC").amount) - (cash + open_basis)) < Fraction(1, 10**15)
    assert venue.books.in_transit == ()
    assert DATED.name not in venue.books.account("two").holdings  # it was delivered, and both sides say so


@settings(FEW)
@given(st.integers(-1_500, 1_500).filter(bool), st.integers(1_200, 3_000), st.integers(1, 9))
def test_a_delivery_below_zero_is_told_and_no_other(contracts: int, price: int, tenths: int) -> None:
    """Exactly: cash and the coins that a dated contract pays; the index stays, so nothing is liquidated before."""
    cash = Fraction(tenths, 10)
    tape = tape_of({"index": [2_000.0] * 30}, SECOND)
    account = Account().deposit(Money(Decimal(tenths) / 10, DATED.settle))
    venue = SimulatedExchange(
        listings=(
            Listing(
                instrument=DATED,
                lot=Decimal(1),
                row=DATED_ROW,
                delivery=DeliveryTerms(fee=Fee(rate=Decimal(0)), price=Decimal(price)),
            ),
        ),
        books=Ledger().put(ONE, account.open_position(DATED, Decimal(contracts), Decimal(2_000), 0)),
        delays=AT_ONCE,
        seed=0,
        accounts={ONE: MarginTerms(rule=FractionMargin(initial=0.1, maintenance=0.05))},
        index=Index(tape=tape, source=0, usd_rate=1.0),
    )
    venue.advance(9 * 3_600 * SECOND)
    left = cash + contracts * (Fraction(1, 2_000) - Fraction(1, price))
    assert venue.liquidations == []
    assert [found.cause for found in venue.bankruptcies] == (["delivery"] if left < 0 else [])
    assert sum(found.equity for found in venue.bankruptcies) == pytest.approx(2_000.0 * float(min(left, Fraction(0))))


# --- liquidation ---


@settings(FEW)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.08]),
    st.integers(-490, 490).filter(lambda lots: abs(lots) > 100),
)
def test_an_account_ends_below_zero_only_where_the_price_gaps_and_that_is_told(
    seed: int, gap: float, lots: int
) -> None:
    """Steps below 2 % cannot cross a maintenance margin of 5 %; larger ones can."""
    rng = np.random.default_rng(seed)
    steps = np.clip(rng.normal(0.0, 0.008, 150), -0.02, 0.02) + gap * (rng.random(150) < 0.05) * rng.choice(
        [-1, 1], 150
    )
    path = np.round(2_000.0 * np.exp(np.cumsum(steps)), 2).tolist()
    venue = watched([2_000.0, *path], cash={"USDC": "1000"})
    venue.take(order(lots), 0)
    venue.advance(100 * SECOND)
    account = venue.books.account(ONE)
    equity = float(account.balance("USDC").amount + account.unsettled(LINEAR, Decimal(str(path[-1]))).amount)
    assert [found.cause for found in venue.bankruptcies] == (["gap"] if equity < 0.0 else [])
    if not gap:
        assert venue.bankruptcies == []
    for found in venue.bankruptcies:
        assert abs(np.log(found.index / found.index_before)) > 0.04
        assert found.equity == pytest.approx(equity)
