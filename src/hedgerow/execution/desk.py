"""From a target position to commands: cancel or net first, then add, never past the target.

The desk counts on the worst case: of the orders in flight, exactly those are filled that hurt most. Whatever it sends
keeps the position between where it is and the target in that worst case too, so late fills cannot over-hedge.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from hedgerow.core.ids import AccountName, InstrumentName
from hedgerow.core.money import exact
from hedgerow.events import CancelOrder, Command, PlaceOrder
from hedgerow.execution.orders import Orders, WorkingOrder


class DeskRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How orders are sent.

    Parameters
    ----------
    account : str
        In whose name.
    instrument : str
        What is traded.
    timeout_ns : int
        An order is valid for so long; silence beyond it is an unknown outcome. [ns]
    retry_ns : int
        After a reject nothing is sent for so long. [ns]
    max_slippage : float or None
        How much worse than the reference price an order may be filled, None for any. [fraction]
    ticks : tuple of (Decimal, Decimal)
        Above which price limits are multiples of which step, rising; empty for any price. [as quoted]
    post : bool
        True lets an order wait at the touch for others; after one that got nothing there, the next one takes.
    """

    account: AccountName
    instrument: InstrumentName
    timeout_ns: int
    retry_ns: int
    max_slippage: float | None = None
    ticks: tuple[tuple[Decimal, Decimal], ...] = ()
    post: bool = False


def go_to(
    orders: Orders,
    rules: DeskRules,
    *,
    filled_lots: int,
    target_lots: int,
    spot: float,
    now_ns: int,
    touch: tuple[float, float] | None = None,
) -> tuple[Orders, tuple[Command, ...]]:
    """Send what brings the position to a target.

    Parameters
    ----------
    orders : Orders
        What is in flight.
    rules : DeskRules
        How orders are sent.
    filled_lots, target_lots : int
        The known position and the wanted one. [lots]
    spot : float
        Reference price, from which the limit of an order is set. [as quoted]
    now_ns : int
        The time. [UTC epoch ns]
    touch : tuple of (float, float), optional
        Best bid and ask, where orders wait. [as quoted]

    Returns
    -------
    tuple of (Orders, tuple of Command)
        What is in flight after it, and what to send. [as their fields]
    """
    lowest, highest = orders.range_of(filled_lots)
    wrong = [
        order
        for order in orders.working.values()
        if (order.lots > 0 and highest > target_lots) or (order.lots < 0 and lowest < target_lots)
    ]
    if wrong:
        return _cancel(orders, rules, [order for order in wrong if order.status != "cancelling"], now_ns)
    lots = target_lots - (highest if highest < target_lots else lowest if lowest > target_lots else target_lots)
    if lots == 0 or now_ns < orders.blocked_until_ns:
        return orders, ()
    number, deadline = orders.next_id, now_ns + rules.timeout_ns
    order = WorkingOrder(number, lots, 0, frozenset(), deadline, deadline)
    after = msgspec.structs.replace(orders, working={**orders.working, number: order}, next_id=number + 1)
    if rules.post and touch is not None and not orders.missed:
        limit = touch[0] if lots > 0 else touch[1]
        place = PlaceOrder(number, rules.account, rules.instrument, lots, deadline, limit, post_only=True, rests=True)
        return after, (place,)
    return after, (PlaceOrder(number, rules.account, rules.instrument, lots, deadline, _limit(rules, lots, spot)),)


def _limit(rules: DeskRules, lots: int, spot: float) -> float | None:
    """Return the worst price that is accepted, on the venue's ticks: never worse than the rule allows."""
    if rules.max_slippage is None:
        return None
    limit = spot * (1.0 + rules.max_slippage if lots > 0 else 1.0 - rules.max_slippage)
    step = next((step for above, step in reversed(rules.ticks) if limit > above), None)
    if step is None:
        return limit
    whole = (exact(limit) / step).to_integral_value(ROUND_FLOOR if lots > 0 else ROUND_CEILING)
    return float(whole * step)


def ask_about_silent(orders: Orders, rules: DeskRules, now_ns: int) -> tuple[Orders, tuple[Command, ...]]:
    """Cancel what has been silent for too long: the answer says what became of it.

    Parameters
    ----------
    orders : Orders
        What is in flight.
    rules : DeskRules
        How orders are sent.
    now_ns : int
        The time. [UTC epoch ns]

    Returns
    -------
    tuple of (Orders, tuple of Command)
        What is in flight after it, and what to send. [as their fields]
    """
    silent = [order for order in orders.working.values() if order.deadline_ns <= now_ns]
    return _cancel(orders, rules, silent, now_ns)


def cancel_all(orders: Orders, rules: DeskRules, now_ns: int) -> tuple[Orders, tuple[Command, ...]]:
    """Cancel everything that is in flight.

    Parameters
    ----------
    orders : Orders
        What is in flight.
    rules : DeskRules
        How orders are sent.
    now_ns : int
        The time. [UTC epoch ns]

    Returns
    -------
    tuple of (Orders, tuple of Command)
        What is in flight after it, and what to send. [as their fields]
    """
    return _cancel(orders, rules, list(orders.working.values()), now_ns)


def _cancel(
    orders: Orders, rules: DeskRules, which: list[WorkingOrder], now_ns: int
) -> tuple[Orders, tuple[Command, ...]]:
    if not which:
        return orders, ()
    deadline = now_ns + rules.timeout_ns
    changed = {
        order.order_id: msgspec.structs.replace(order, status="cancelling", deadline_ns=deadline) for order in which
    }
    sent = tuple(CancelOrder(order.order_id, rules.instrument) for order in which)
    return msgspec.structs.replace(orders, working={**orders.working, **changed}), sent
