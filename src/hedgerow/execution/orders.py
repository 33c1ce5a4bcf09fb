"""Working orders: what is in flight, as data. Late, lost and doubled reports are states here, not exceptions."""

from typing import Final, Literal

import msgspec

from hedgerow.core.money import is_positive
from hedgerow.events import Acknowledgement, Fill, OrderClosed, OrderEvent, Reject

_REMEMBERED: Final = 64
"""So many orders are remembered after their end, for reports that come late. [count]"""


class WorkingOrder(msgspec.Struct, frozen=True):
    """One order whose outcome is not final.

    Parameters
    ----------
    order_id : int
        Ours. [count]
    lots : int
        What was asked for, signed. [lots]
    filled : int
        What is known to be filled, signed. [lots]
    fill_ids : frozenset of int
        Fills that are known. [count]
    valid_until_ns : int
        The venue takes it no later. [UTC epoch ns]
    deadline_ns : int
        When its silence becomes an unknown outcome. [UTC epoch ns]
    status : {"sent", "working", "cancelling"}
        Sent: no word of it yet. Working: the venue has it. Cancelling: we asked for its end, or what became of it.
    """

    order_id: int
    lots: int
    filled: int
    fill_ids: frozenset[int]
    valid_until_ns: int
    deadline_ns: int
    status: Literal["sent", "working", "cancelling"] = "sent"

    @property
    def remaining(self) -> int:
        """What may still be filled, signed. [lots]"""
        return self.lots - self.filled


class Orders(msgspec.Struct, frozen=True):
    """Every order of one engine.

    Parameters
    ----------
    working : dict of int to WorkingOrder
        By number.
    next_id : int
        Number of the next order. [count]
    blocked_until_ns : int
        After an order that got nothing none is sent until then. [UTC epoch ns]
    rejects, in_a_row : int
        How many orders were refused, and how many got nothing since the last fill. [count]
    missed : int
        How many orders since the last fill were refused or ran out of time without one. [count]
    strays : int
        Reports of orders that were final already: doubled or late ones. [count]
    impossible : int
        Fills that cannot be true: of the wrong side, beyond the order, without a price, of an order that had come to
        its end without them; they are not booked. [count]
    final : dict of int to frozenset of int
        Known fills of the orders that came to their end last.
    """

    working: dict[int, WorkingOrder] = {}
    next_id: int = 0
    blocked_until_ns: int = 0
    rejects: int = 0
    in_a_row: int = 0
    missed: int = 0
    strays: int = 0
    impossible: int = 0
    final: dict[int, frozenset[int]] = {}

    @property
    def in_flight(self) -> int:
        """Sum of what may still be filled. [lots]"""
        return sum(order.remaining for order in self.working.values())

    def range_of(self, filled_lots: int) -> tuple[int, int]:
        """Return the positions between which everything ends, whichever orders are filled.

        Parameters
        ----------
        filled_lots : int
            The position that is known. [lots]

        Returns
        -------
        tuple of (int, int)
            Lowest and highest. [lots]
        """
        rests = [order.remaining for order in self.working.values()]
        return filled_lots + sum(r for r in rests if r < 0), filled_lots + sum(r for r in rests if r > 0)

    def deadline_ns(self) -> int:
        """Return the earliest instant at which a silent order must be asked about.

        Returns
        -------
        int
            Far away if nothing is in flight. [UTC epoch ns]
        """
        return min((order.deadline_ns for order in self.working.values()), default=2**63 - 1)


def apply_report(orders: Orders, event: OrderEvent, *, retry_ns: int) -> tuple[Orders, tuple[Fill, ...]]:
    """Take a venue's report in.

    Parameters
    ----------
    orders : Orders
        What is in flight.
    event : OrderEvent
        The report; it may be late, doubled or out of order.
    retry_ns : int
        How long nothing is sent after a reject; doubled for each one in a row. [ns]

    Returns
    -------
    tuple of (Orders, tuple of Fill)
        What is in flight after it, and the fills that are new and must be booked. [as their fields]
    """
    order = orders.working.get(event.order_id)
    if order is None:  # final already, so everything in this report should be known
        fills = (event,) if isinstance(event, Fill) else event.fills if isinstance(event, OrderClosed) else ()
        unknown = any(fill.fill_id not in orders.final.get(fill.order_id, frozenset()) for fill in fills)
        strays, impossible = orders.strays + (not unknown), orders.impossible + unknown
        return msgspec.structs.replace(orders, strays=strays, impossible=impossible), ()
    match event:
        case Acknowledgement():
            if order.status != "sent":
                return orders, ()
            return _with(orders, msgspec.structs.replace(order, status="working")), ()
        case Fill():
            return _book(orders, order, (event,), final=False)
        case OrderClosed():
            # A venue that never saw the order may still see it: only after its validity is "unknown" the end.
            if not event.found and event.at_ns <= order.valid_until_ns:
                return orders, ()
            after, fresh = _book(orders, order, event.fills, final=True)
            if event.known_ns >= order.valid_until_ns and not order.filled and not fresh:
                after = msgspec.structs.replace(after, missed=after.missed + 1)
            # A venue that ends an order without a fill has nothing to offer: asked again at once, it would again.
            in_vain = order.status != "cancelling" and not order.filled and not fresh
            return (_pause(after, event.known_ns, retry_ns) if in_vain else after), fresh
        case Reject():
            after = _pause(_without(orders, order), event.known_ns, retry_ns)
            return msgspec.structs.replace(after, rejects=orders.rejects + 1, missed=orders.missed + 1), ()


def _pause(orders: Orders, now_ns: int, retry_ns: int) -> Orders:
    """Pause after an order got nothing, twice as long after each one in a row: the next would likely get nothing."""
    pause = retry_ns * 2 ** min(orders.in_a_row, 10)
    blocked = max(orders.blocked_until_ns, now_ns + pause)
    return msgspec.structs.replace(orders, blocked_until_ns=blocked, in_a_row=orders.in_a_row + 1)


def _book(
    orders: Orders, order: WorkingOrder, fills: tuple[Fill, ...], *, final: bool
) -> tuple[Orders, tuple[Fill, ...]]:
    """Add the fills that are not known yet, and drop an order that has come to its end."""
    fresh = []
    for fill in fills:
        if fill.fill_id in order.fill_ids:
            continue
        filled = order.filled + fill.lots
        is_priced = is_positive(fill.price) and fill.fee.is_finite() and fill.gas.is_finite()
        if not is_priced or fill.lots * order.lots <= 0 or abs(filled) > abs(order.lots):
            orders = msgspec.structs.replace(orders, impossible=orders.impossible + 1)
            continue
        order = msgspec.structs.replace(order, filled=filled, fill_ids=order.fill_ids | {fill.fill_id})
        fresh.append(fill)
    if fresh:
        orders = msgspec.structs.replace(orders, in_a_row=0, missed=0)
    ended = final or not order.remaining
    return _without(orders, order) if ended else _with(orders, order), tuple(fresh)


def _with(orders: Orders, order: WorkingOrder) -> Orders:
    return msgspec.structs.replace(orders, working={**orders.working, order.order_id: order})


def _without(orders: Orders, order: WorkingOrder) -> Orders:
    rest = {key: value for key, value in orders.working.items() if key != order.order_id}
    final = {**orders.final, order.order_id: order.fill_ids}
    while len(final) > _REMEMBERED:
        del final[next(iter(final))]
    return msgspec.structs.replace(orders, working=rest, final=final)
