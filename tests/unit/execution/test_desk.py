"""From a target position to commands, in the worst case of what is in flight."""

import itertools

import msgspec
import pytest

from hedgerow.core.ids import AccountName, InstrumentName
from hedgerow.events import CancelOrder, Command, PlaceOrder
from hedgerow.execution import DeskRules, Orders, WorkingOrder, ask_about_silent, cancel_all, go_to

SECOND = 10**9
EXCHANGE, PERPETUAL = AccountName("exchange"), InstrumentName("ETH_USDC-PERPETUAL")
RULES = DeskRules(account=EXCHANGE, instrument=PERPETUAL, timeout_ns=60 * SECOND, retry_ns=SECOND)


def order(number: int, lots: int, *, filled: int = 0, deadline: int = 60 * SECOND) -> WorkingOrder:
    return WorkingOrder(number, lots, filled, frozenset(), 60 * SECOND, deadline)


def in_flight(*lots: int) -> Orders:
    return Orders(working={i: order(i, size) for i, size in enumerate(lots)}, next_id=len(lots))


def send(
    orders: Orders, target: int, *, filled: int = 0, now: int = 0, rules: DeskRules = RULES
) -> tuple[Orders, tuple[Command, ...]]:
    return go_to(orders, rules, filled_lots=filled, target_lots=target, spot=2000.0, now_ns=now)


def placed(number: int, lots: int, now: int = 0, limit: float | None = None) -> PlaceOrder:
    return PlaceOrder(number, EXCHANGE, PERPETUAL, lots, now + 60 * SECOND, limit)


def cancelled(*numbers: int) -> tuple[CancelOrder, ...]:
    return tuple(CancelOrder(number, PERPETUAL) for number in numbers)


@pytest.mark.parametrize(("filled", "target", "lots"), [(0, -30, -30), (-30, -10, 20), (5, -5, -10), (0, 1, 1)])
def test_with_nothing_in_flight_the_difference_is_sent(filled: int, target: int, lots: int) -> None:
    after, commands = send(Orders(next_id=4), target, filled=filled, now=7)
    assert commands == (placed(4, lots, 7),)
    assert after.working == {4: WorkingOrder(4, lots, 0, frozenset(), 60 * SECOND + 7, 60 * SECOND + 7)}
    assert after.next_id == 5


def test_at_the_target_nothing_is_sent() -> None:
    assert send(Orders(), 3, filled=3) == (Orders(), ())


@pytest.mark.parametrize(
    ("flying", "filled", "target", "lots"),
    [
        ([-30], 0, -50, -20),  # the rest
        ([-30], -20, -50, 0),  # on its way already
        ([-30, -5], 0, -50, -15),
        ([10], 0, 20, 10),
        ([-5], 10, 0, -5),
    ],
)
def test_what_is_in_flight_counts_as_filled_and_only_the_rest_is_added(
    flying: list[int], filled: int, target: int, lots: int
) -> None:
    start = in_flight(*flying)
    after, commands = send(start, target, filled=filled)
    assert commands == ((placed(len(flying), lots),) if lots else ())
    assert after.working.items() >= start.working.items()


def test_of_a_partly_filled_order_the_remainder_counts() -> None:
    start = Orders(working={0: order(0, -30, filled=-10)}, next_id=1)
    _, commands = send(start, -50, filled=-10)
    assert commands == (placed(1, -20),)


@pytest.mark.parametrize(
    ("flying", "filled", "target", "numbers"),
    [
        ([-30], 0, -10, [0]),  # it could go too far
        ([30], 0, -10, [0]),  # it goes the wrong way
        ([-10], 0, 20, [0]),
        ([-30, -5], 0, -30, [0, 1]),  # nobody knows which of them is filled first
        ([10, -10], 0, 0, [0, 1]),
        ([10, -10], 0, 10, [1]),
        ([10, -10], 0, -10, [0]),
        ([30, 5], 0, 0, [0, 1]),
    ],
)
def test_what_could_miss_the_target_is_cancelled_before_anything_is_added(
    flying: list[int], filled: int, target: int, numbers: list[int]
) -> None:
    after, commands = send(in_flight(*flying), target, filled=filled, now=7)
    assert commands == cancelled(*numbers)
    assert after.next_id == len(flying)
    for number in numbers:
        expected = msgspec.structs.replace(order(number, flying[number]), status="cancelling")
        assert after.working[number] == msgspec.structs.replace(expected, deadline_ns=60 * SECOND + 7)


def test_a_cancellation_is_not_repeated_and_nothing_is_added_until_it_is_answered() -> None:
    after, _ = send(in_flight(-30), -10)
    assert send(after, -10, now=1) == (after, ())
    assert send(after, 5, now=2) == (after, ())


def test_nothing_is_sent_during_a_pause_but_cancellations() -> None:
    paused = msgspec.structs.replace(in_flight(), blocked_until_ns=10)
    assert send(paused, -30, now=9) == (paused, ())
    assert send(paused, -30, now=10)[1] == (placed(0, -30, 10),)
    paused = msgspec.structs.replace(in_flight(30), blocked_until_ns=10)
    assert send(paused, -30, now=9)[1] == cancelled(0)


def test_the_limit_is_the_worst_price_on_the_side_of_the_order() -> None:
    rules = msgspec.structs.replace(RULES, max_slippage=0.01)
    for target, limit in [(3, 2020.0), (-3, 1980.0)]:
        (command,) = send(Orders(), target, rules=rules)[1]
        assert isinstance(command, PlaceOrder)
        assert command.limit == pytest.approx(limit, rel=1e-15)


SIZES = range(-2, 3)
FLIGHTS = [[size for size in sizes if size] for sizes in itertools.product(SIZES, repeat=3)]


@pytest.mark.parametrize("target", SIZES)
def test_whichever_orders_are_filled_no_order_that_was_added_leads_past_the_target(target: int) -> None:
    for flying in FLIGHTS:
        after, commands = send(in_flight(*flying), target)
        new = [command for command in commands if isinstance(command, PlaceOrder)]
        if not new:
            continue
        sizes = [item.lots for item in after.working.values()]
        ends = {sum(some) for n in range(len(sizes) + 1) for some in itertools.combinations(sizes, n)}
        assert min(0, target) <= min(ends), flying
        assert max(ends) <= max(0, target), flying
        assert target in ends, flying


@pytest.mark.parametrize("target", SIZES)
def test_where_nothing_is_left_to_send_everything_in_flight_leads_to_the_target(target: int) -> None:
    for flying in FLIGHTS:
        if not send(in_flight(*flying), target)[1]:
            assert sum(flying) == target
            assert len({size > 0 for size in flying}) < 2


def test_silent_orders_are_asked_about_at_their_deadline() -> None:
    start = Orders(working={0: order(0, -3, deadline=50), 1: order(1, -4, deadline=51), 2: order(2, 5, deadline=49)})
    assert ask_about_silent(start, RULES, 48) == (start, ())
    after, commands = ask_about_silent(start, RULES, 50)
    assert commands == cancelled(0, 2)
    assert after.working[1] == start.working[1]
    for number in (0, 2):
        assert after.working[number].status == "cancelling"
        assert after.working[number].deadline_ns == 50 + 60 * SECOND
        assert after.working[number].valid_until_ns == 60 * SECOND


def test_whoever_stays_silent_is_asked_again() -> None:
    start, _ = ask_about_silent(in_flight(-3), RULES, 60 * SECOND)
    assert ask_about_silent(start, RULES, 120 * SECOND - 1)[1] == ()
    after, commands = ask_about_silent(start, RULES, 120 * SECOND)
    assert commands == cancelled(0)
    assert after.deadline_ns() == 180 * SECOND


def test_everything_is_cancelled_at_once() -> None:
    after, commands = cancel_all(in_flight(-3, 4), RULES, 9)
    assert commands == cancelled(0, 1)
    assert {item.status for item in after.working.values()} == {"cancelling"}
    assert cancel_all(Orders(), RULES, 9) == (Orders(), ())
