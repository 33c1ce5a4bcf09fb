"""Delayed fills never over-hedge.

The checker is the venue's own position. Whatever is lost, doubled, late or out of order, it never leaves the hull of
where it started and of the targets so far: with one target it never passes it. When everything has arrived in the
end, it is the last target, and the engine knows it.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hedgerow.backtesting import run_skip_ahead
from hedgerow.core.ids import AccountName, InstrumentName
from hedgerow.events import (
    Acknowledgement,
    CancelOrder,
    Command,
    Decision,
    Fill,
    OrderClosed,
    OrderEvent,
    PlaceOrder,
    Record,
    Reject,
)
from hedgerow.execution import DeskRules, Orders, apply_report, ask_about_silent, go_to
from seam_worlds import World, worlds

TIMEOUT, RETRY = 100, 7
RULES = DeskRules(
    account=AccountName("venue"), instrument=InstrumentName("ETH-PERPETUAL"), timeout_ns=TIMEOUT, retry_ns=RETRY
)
PLACES = st.integers(0, 10**6)
LOTS = st.integers(-8, 8)


@dataclass
class Resting:
    """An order at the venue: what is left of it, and what it got."""

    remaining: int
    valid_until: int
    fills: list[Fill] = field(default_factory=list)
    is_open: bool = True


class Desk(RuleBasedStateMachine):
    """The desk's pure functions against a venue and a mail that does what it likes."""

    @initialize(start=LOTS, first=LOTS, changes=st.integers(0, 5))
    def begin(self, start: int, first: int, changes: int) -> None:
        self.now = 1_000
        self.orders = Orders()
        self.filled = self.position = start
        self.target = first
        self.wanted = {start, first}
        self.changes = changes
        self.book: dict[int, Resting] = {}
        self.mail: list[Command | OrderEvent] = []
        self.drive()

    # The engine's side.
    def drive(self) -> None:
        self.orders, commands = go_to(
            self.orders, RULES, filled_lots=self.filled, target_lots=self.target, spot=2_000.0, now_ns=self.now
        )
        self.mail += commands

    def hear(self, report: OrderEvent) -> None:
        event = msgspec.structs.replace(report, known_ns=self.now)
        self.orders, fresh = apply_report(self.orders, event, retry_ns=RETRY)
        self.filled += sum(fill.lots for fill in fresh)

    def beat(self) -> None:
        self.orders, commands = ask_about_silent(self.orders, RULES, self.now)
        self.mail += commands
        self.drive()

    # The venue's side.
    def arrive(self, order: PlaceOrder, *, refused: bool) -> None:
        if refused or self.now > order.valid_until_ns:
            self.mail.append(Reject(self.now, self.now, order.order_id, "no"))
            return
        self.book[order.order_id] = Resting(order.lots, order.valid_until_ns)
        self.mail.append(Acknowledgement(self.now, self.now, order.order_id))

    def trade(self, number: int, lots: int) -> None:
        resting = self.book[number]
        fill = Fill(self.now, self.now, number, len(resting.fills), lots, Decimal(2_000), Decimal(0))
        resting.fills.append(fill)
        resting.remaining -= lots
        resting.is_open = resting.remaining != 0
        self.position += lots
        self.mail.append(fill)

    def close(self, number: int) -> None:
        resting = self.book.get(number)
        if resting is not None:
            resting.is_open = False
        fills = tuple(resting.fills) if resting is not None else ()
        self.mail.append(OrderClosed(self.now, self.now, number, fills, found=resting is not None))

    def expire(self) -> None:
        for number, resting in self.book.items():
            if resting.is_open and self.now > resting.valid_until:
                self.close(number)

    def deliver(self, place: int, *, refused: bool = False) -> None:
        message = self.mail.pop(place % len(self.mail))
        match message:
            case PlaceOrder():
                self.arrive(message, refused=refused)
            case CancelOrder():
                self.close(message.order_id)
            case Fill() | Acknowledgement() | Reject() | OrderClosed():
                self.hear(message)
            case _:
                raise AssertionError(message)

    # What may happen.
    @precondition(lambda self: self.mail)
    @rule(place=PLACES, refused=st.sampled_from([False, False, False, True]), drive=st.booleans())
    def a_message_arrives(self, place: int, refused: bool, drive: bool) -> None:
        self.deliver(place, refused=refused)
        if drive:
            self.drive()

    @precondition(lambda self: self.mail)
    @rule(drive=st.booleans())
    def the_newest_message_overtakes_all_others(self, drive: bool) -> None:
        self.deliver(-1)
        if drive:
            self.drive()

    @precondition(lambda self: self.mail)
    @rule(place=PLACES)
    def a_message_is_lost(self, place: int) -> None:
        self.mail.pop(place % len(self.mail))

    @precondition(lambda self: any(not isinstance(message, PlaceOrder) for message in self.mail))
    @rule(place=PLACES)
    def a_report_is_doubled(self, place: int) -> None:
        reports = [message for message in self.mail if not isinstance(message, PlaceOrder)]
        self.mail.append(reports[place % len(reports)])

    @precondition(lambda self: any(order.is_open for order in self.book.values()))
    @rule(place=PLACES, part=st.integers(1, 8))
    def an_order_is_filled(self, place: int, part: int) -> None:
        numbers = [number for number, order in self.book.items() if order.is_open]
        number = numbers[place % len(numbers)]
        left = self.book[number].remaining
        self.trade(number, min(part, left) if left > 0 else max(-part, left))

    @rule(passed=st.sampled_from([1, RETRY, TIMEOUT // 2, TIMEOUT, 3 * TIMEOUT]))
    def time_passes(self, passed: int) -> None:
        self.now += passed
        self.expire()

    @rule()
    def the_clock_beats(self) -> None:
        self.beat()

    @precondition(lambda self: self.changes > 0)
    @rule(wanted=LOTS)
    def the_target_changes(self, wanted: int) -> None:
        self.changes -= 1
        self.target = wanted
        self.wanted.add(wanted)
        self.drive()

    # The laws.
    @invariant()
    def the_true_position_stays_in_the_hull(self) -> None:
        if hasattr(self, "wanted"):
            assert min(self.wanted) <= self.position <= max(self.wanted)

    @invariant()
    def the_true_position_is_one_that_the_engine_counts_with(self) -> None:
        if hasattr(self, "wanted"):
            lowest, highest = self.orders.range_of(self.filled)
            assert lowest <= self.position <= highest
            assert self.orders.impossible == 0

    def teardown(self) -> None:
        """Everything that is still on its way arrives, and the clock beats on."""
        if not hasattr(self, "wanted"):
            return
        for _ in range(60):
            while self.mail:
                self.deliver(0)
                for number in [n for n, order in self.book.items() if order.is_open]:
                    self.trade(number, self.book[number].remaining)
                self.the_true_position_stays_in_the_hull()
                self.the_true_position_is_one_that_the_engine_counts_with()
            if not self.orders.working and self.filled == self.target:
                break
            self.now += TIMEOUT + 1
            self.expire()
            self.beat()
        assert self.filled == self.target == self.position
        assert not self.orders.working


TestDesk: Any = Desk.TestCase


@given(worlds(longest=60))
def test_no_execution_of_a_session_leaves_the_hull_of_its_targets(world: World) -> None:
    written: list[Record] = []
    session = world.run(run_skip_ahead, write=written.append)
    decided = [record for record in written if isinstance(record, Decision) and record.action == "trade"]
    position = 0
    for at_ns, _, got in session.venue.executions:
        position += got.lots
        targets = [0, *(decision.target_lots for decision in decided if decision.known_ns <= at_ns)]
        assert min(targets) <= position <= max(targets)
    assert not session.state.orders.working
    assert session.state.orders.impossible == 0
    held = world.settings.lot * position
    for ledger in (session.state.ledger, session.venue.books):
        assert ledger.account("venue").holding(world.settings.instrument).quantity == held


@given(worlds(longest=60))
def test_with_one_target_the_true_position_only_comes_nearer(world: World) -> None:
    written: list[Record] = []
    session = world.run(run_skip_ahead, write=written.append)
    decided = [record for record in written if isinstance(record, Decision) and record.action == "trade"]
    first = decided[0].target_lots if decided else 0
    changed = next((record.known_ns for record in decided if record.target_lots != first), None)
    position = 0
    for at_ns, _, got in session.venue.executions:
        if changed is not None and at_ns >= changed:
            break
        assert abs(first - position - got.lots) < abs(first - position)
        position += got.lots
        assert min(0, first) <= position <= max(0, first)


@given(LOTS.filter(bool), st.integers(0, TIMEOUT))
def test_an_order_that_its_cancellation_overtook_is_counted_until_it_can_no_longer_arrive(
    lots: int, early: int
) -> None:
    orders, (order,) = go_to(Orders(), RULES, filled_lots=0, target_lots=lots, spot=2_000.0, now_ns=1_000)
    orders, cancels = go_to(orders, RULES, filled_lots=0, target_lots=0, spot=2_000.0, now_ns=1_001)
    assert [type(command) for command in cancels] == [CancelOrder]
    assert isinstance(order, PlaceOrder)
    last = order.valid_until_ns
    unseen = OrderClosed(last - early, last + 5, order.order_id, (), found=False)
    orders, _ = apply_report(orders, unseen, retry_ns=RETRY)
    assert orders.in_flight == lots  # it may still arrive, and be filled
    orders, commands = go_to(orders, RULES, filled_lots=0, target_lots=lots, spot=2_000.0, now_ns=1_002)
    assert commands == ()  # so nothing is added to it
    unseen = OrderClosed(last + 1, last + 6, order.order_id, (), found=False)
    orders, _ = apply_report(orders, unseen, retry_ns=RETRY)
    assert orders.in_flight == 0
