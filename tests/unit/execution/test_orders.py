"""Working orders under late, lost, doubled and disordered reports."""

from decimal import Decimal

import msgspec
import pytest

from hedgerow.events import Acknowledgement, Fill, OrderClosed, OrderEvent, Reject
from hedgerow.execution import Orders, WorkingOrder, apply_report

SECOND = 10**9
VALID_UNTIL = 60 * SECOND


def order(number: int = 0, lots: int = -10, filled: int = 0, *known: int) -> WorkingOrder:
    return WorkingOrder(number, lots, filled, frozenset(known), VALID_UNTIL, VALID_UNTIL)


def orders(*working: WorkingOrder) -> Orders:
    return Orders(working={item.order_id: item for item in working}, next_id=len(working))


def fill(lots: int, number: int = 0, order_id: int = 0) -> Fill:
    return Fill(1, 2, order_id, number, lots, Decimal(2000), Decimal(1))


def closed(*fills: Fill, at: int = 1, found: bool = True) -> OrderClosed:
    return OrderClosed(at, at, 0, fills, found)


def after(start: Orders, *events: OrderEvent) -> tuple[Orders, list[Fill]]:
    """Take reports in, one after the other, and collect what must be booked."""
    booked: list[Fill] = []
    for event in events:
        start, fresh = apply_report(start, event, retry_ns=SECOND)
        booked += fresh
    return start, booked


def test_an_acknowledgement_makes_it_a_working_order() -> None:
    found, booked = after(orders(order()), Acknowledgement(1, 2, 0))
    assert found.working[0] == msgspec.structs.replace(order(), status="working")
    assert booked == []


@pytest.mark.parametrize("status", ["working", "cancelling"])
def test_a_late_acknowledgement_changes_nothing(status: str) -> None:
    start = orders(msgspec.structs.replace(order(), status=status))
    assert after(start, Acknowledgement(1, 2, 0)) == (start, [])


def test_an_acknowledgement_after_the_fill_keeps_the_fill() -> None:
    found, booked = after(orders(order()), fill(-4), Acknowledgement(1, 2, 0))
    assert found.working[0].filled == -4
    assert found.working[0].status == "working"
    assert booked == [fill(-4)]


def test_reports_after_the_close_are_strays() -> None:
    found, booked = after(orders(order()), closed(fill(-4)), Acknowledgement(1, 2, 0), fill(-4), closed(fill(-4)))
    assert booked == [fill(-4)]
    assert found == Orders(next_id=1, strays=3, final={0: frozenset({0})})


def test_fills_add_up_and_the_last_one_ends_the_order() -> None:
    found, booked = after(orders(order()), fill(-4, 0), fill(-5, 1))
    assert found.working[0] == order(0, -10, -9, 0, 1)
    assert (found.working[0].remaining, found.in_flight) == (-1, -1)
    found, more = after(found, fill(-1, 2))
    assert found.working == {}
    assert booked + more == [fill(-4, 0), fill(-5, 1), fill(-1, 2)]


def test_a_doubled_fill_is_booked_once() -> None:
    found, booked = after(orders(order()), fill(-4), fill(-4))
    assert booked == [fill(-4)]
    assert found.working[0].filled == -4
    assert (found.strays, found.impossible) == (0, 0)


def test_a_doubled_last_fill_is_booked_once() -> None:
    found, booked = after(orders(order()), fill(-10), fill(-10))
    assert booked == [fill(-10)]
    assert found == Orders(next_id=1, strays=1, final={0: frozenset({0})})


def test_two_equal_fills_with_different_numbers_are_two_fills() -> None:
    _, booked = after(orders(order()), fill(-4, 0), fill(-4, 1))
    assert booked == [fill(-4, 0), fill(-4, 1)]


def test_fills_may_come_out_of_order() -> None:
    found, booked = after(orders(order()), fill(-3, 2), fill(-5, 0), fill(-2, 1))
    assert [item.fill_id for item in booked] == [2, 0, 1]
    assert found.working == {}


def test_the_close_brings_what_was_lost_on_the_way() -> None:
    everything = [fill(-2, 0), fill(-3, 1), fill(-4, 2)]
    found, booked = after(orders(order()), everything[1], closed(*everything))
    assert booked == [everything[1], everything[0], everything[2]]
    assert found.working == {}


def test_the_close_ends_an_order_of_which_nothing_was_traded() -> None:
    found, booked = after(orders(order()), closed())
    assert (found.working, found.final, booked) == ({}, {0: frozenset()}, [])
    assert (found.rejects, found.in_a_row) == (0, 1)
    assert found.blocked_until_ns > 0  # the venue has nothing to offer: asked again at once, it would again


@pytest.mark.parametrize(("at", "is_gone"), [(1, False), (VALID_UNTIL, False), (VALID_UNTIL + 1, True)])
def test_an_order_that_the_venue_never_saw_is_gone_only_when_it_is_no_longer_valid(at: int, is_gone: bool) -> None:
    found, booked = after(orders(order()), closed(at=at, found=False))
    assert booked == []
    assert (found.working == {}) is is_gone
    assert found.in_flight == (0 if is_gone else -10)


def test_a_fill_after_the_order_was_declared_dead_is_no_stray() -> None:
    found, booked = after(orders(order()), closed(at=VALID_UNTIL + 1, found=False), fill(-10))
    assert booked == []
    assert (found.strays, found.impossible) == (0, 1)


def test_only_the_last_orders_are_remembered() -> None:
    found = orders(*(order(number) for number in range(100)))
    for number in range(100):
        found, _ = apply_report(found, OrderClosed(1, 2, number, ()), retry_ns=1)
    assert sorted(found.final) == list(range(36, 100))


def test_an_order_that_was_not_seen_may_still_be_filled() -> None:
    _, booked = after(orders(order()), closed(at=1, found=False), Acknowledgement(1, 2, 0), fill(-10))
    assert booked == [fill(-10)]


def test_each_reject_in_a_row_doubles_the_pause() -> None:
    start = orders(*(order(number) for number in range(13)))
    pauses = []
    for number in range(13):
        now = 1000 * SECOND * (number + 1) ** 2
        start, _ = after(start, Reject(now, now, number, "no margin"))
        pauses.append((start.blocked_until_ns - now) // SECOND)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]
    assert (start.rejects, start.in_a_row, start.working) == (13, 13, {})


def test_a_fill_ends_the_row() -> None:
    start = orders(*(order(number) for number in range(4)))
    start, _ = after(start, Reject(0, 0, 0, "no"), Reject(0, 0, 1, "no"))
    assert start.blocked_until_ns == 2 * SECOND
    start, _ = after(start, fill(-10, 0, 2), Reject(10 * SECOND, 10 * SECOND, 3, "no"))
    assert (start.blocked_until_ns, start.rejects, start.in_a_row) == (11 * SECOND, 3, 1)


def test_a_pause_is_never_cut_short() -> None:
    start = msgspec.structs.replace(orders(order()), blocked_until_ns=100 * SECOND)
    found, _ = after(start, Reject(0, 0, 0, "no"))
    assert found.blocked_until_ns == 100 * SECOND


def test_a_doubled_reject_counts_once() -> None:
    found, _ = after(orders(order()), Reject(0, 0, 0, "no"), Reject(0, 0, 0, "no"))
    assert (found.rejects, found.strays) == (1, 1)


@pytest.mark.parametrize("lots", [4, 0, -11])
def test_a_fill_of_the_wrong_side_or_beyond_the_order_is_counted_and_not_booked(lots: int) -> None:
    found, booked = after(orders(order()), fill(lots))
    assert booked == []
    assert found == msgspec.structs.replace(orders(order()), impossible=1)


def test_a_fill_beyond_what_is_left_is_impossible_too() -> None:
    found, booked = after(orders(order()), fill(-8, 0), fill(-3, 1), fill(-2, 2))
    assert booked == [fill(-8, 0), fill(-2, 2)]
    assert (found.impossible, found.working) == (1, {})


def test_a_close_with_an_impossible_fill_books_the_others() -> None:
    found, booked = after(orders(order()), closed(fill(-4, 0), fill(5, 1)))
    assert booked == [fill(-4, 0)]
    assert (found.impossible, found.working) == (1, {})


def test_a_report_concerns_its_own_order_only() -> None:
    found, booked = after(orders(order(0), order(1, 7)), fill(7, 0, 1))
    assert found.working == {0: order(0)}
    assert booked == [fill(7, 0, 1)]


def test_everything_ends_between_the_worst_cases() -> None:
    found = orders(order(0, -10, -4), order(1, 7), order(2, -1))
    assert found.range_of(100) == (93, 107)
    assert found.in_flight == 0
    assert Orders().range_of(5) == (5, 5)


def test_the_first_deadline_counts() -> None:
    late = msgspec.structs.replace(order(1), deadline_ns=70 * SECOND)
    assert orders(late, order(0)).deadline_ns() == 60 * SECOND
    assert Orders().deadline_ns() == 2**63 - 1
