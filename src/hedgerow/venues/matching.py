"""Orders at a simulated venue: checked, traded, queued, cancelled."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from hedgerow.core.ids import AccountName, InstrumentName
from hedgerow.core.money import Money
from hedgerow.events import Acknowledgement, CancelOrder, Fill, OrderClosed, PlaceOrder, Reject
from hedgerow.venues.agenda import NEVER_NS, Agenda, Resting
from hedgerow.venues.bookkeeping import Books
from hedgerow.venues.listings import Listing
from hedgerow.venues.markets import Execution, LateMarket, Refusal, RestingMarket, SimulatedMarket
from hedgerow.venues.order_checks import order_problem, reduced_lots

Affords = Callable[[AccountName, Listing, Decimal, int], str]
"""Says why an account may not open what an order would, empty where it may."""


_SELF_TRADE: Final = "it would trade with the account's own order"


def _tick(listing: Listing) -> float:
    """Return a small step of prices, to tell better ones from equal ones."""
    return float(listing.ticks.tick) if listing.ticks is not None else 1e-9


def _everybody(*_: object) -> str:
    """Ask nobody for margin."""
    return ""


class Matching:
    """Deals with the orders of all listings.

    Parameters
    ----------
    listings : mapping of str to Listing
        By the name of the instrument.
    agenda : Agenda
        Where what comes later is noted.
    books : Books
        Where trades are booked.
    """

    def __init__(self, listings: Mapping[InstrumentName, Listing], agenda: Agenda, books: Books) -> None:
        self.affords: Affords = _everybody
        self.executions: list[tuple[int, int, Execution]] = []
        self.wasted_gas: list[tuple[int, Decimal]] = []
        self.refusals: Counter[str] = Counter()
        self._listings, self._agenda, self._books = listings, agenda, books
        self._queues = {
            name: listing.market for name, listing in listings.items() if isinstance(listing.market, RestingMarket)
        }
        self._orders: dict[int, Resting] = {}
        self._open: dict[int, Resting] = {}

    def arrive(self, order: PlaceOrder, at_ns: int) -> None:
        """Take an order in, or refuse it.

        Parameters
        ----------
        order : PlaceOrder
            As it left us.
        at_ns : int
            When it arrives. [UTC epoch ns]
        """
        listing = self._listings.get(order.instrument)
        if listing is None or listing.market is None:
            self._refuse(order, at_ns, f"{order.instrument} is not traded here")
            return
        dealt = listing.market.dealt_with_ns(at_ns)
        pays_late = isinstance(listing.market, LateMarket) and dealt < NEVER_NS
        if dealt > order.valid_until_ns and not pays_late:
            self._refuse(order, at_ns, "it came too late")
            return
        lots = self._allowed(order, order.lots, listing)
        problem = order_problem(order, listing, lots, at_ns) or self._margin_problem(order, listing, lots, at_ns)
        if problem:
            self._refuse(order, at_ns, problem)
            return
        resting = Resting(order, lots, [])
        self._orders[order.order_id] = self._open[order.order_id] = resting
        self._agenda.report(Acknowledgement(at_ns, at_ns, order.order_id))
        self._agenda.enter(dealt, resting)

    def deal(self, resting: Resting, at_ns: int) -> None:
        """Trade what can be traded now, and come back for the rest while the order is valid.

        Parameters
        ----------
        resting : Resting
            The order.
        at_ns : int
            Now. [UTC epoch ns]
        """
        if not resting.open:
            return
        order = resting.order
        listing = self._listings[order.instrument]
        market = listing.market
        if market is None:
            return
        if at_ns > order.valid_until_ns and isinstance(market, LateMarket):
            self._revert(resting, listing, market.too_late(at_ns), at_ns)
            return
        queue = self._queues.get(order.instrument)
        if resting.queued and queue is not None:
            self._make(resting, listing, queue, at_ns)
            return
        got = self._take(resting, listing, market, at_ns)
        if order.order_id not in self._open:
            return
        if isinstance(got, Refusal) and not resting.fills and not order.rests:
            self._revert(resting, listing, got, at_ns)
            return
        if order.rests and queue is not None and order.limit is not None:
            queue.join(order.order_id, resting.remaining, order.limit, at_ns)
            resting.queued = True
            self._wait(resting, queue)
            return
        later = market.next_ns(at_ns) if queue is None else None  # what an order book does not take at once is given up
        if later is not None and later <= order.valid_until_ns:
            self._agenda.enter(later, resting)
            return
        self._close(resting, at_ns)

    def cancel(self, command: CancelOrder, at_ns: int) -> None:
        """Take an order back, and tell everything that it got.

        Parameters
        ----------
        command : CancelOrder
            Which order.
        at_ns : int
            When the command arrives. [UTC epoch ns]
        """
        resting = self._orders.get(command.order_id)
        if resting is None:
            self._agenda.report(OrderClosed(at_ns, at_ns, command.order_id, (), found=False))
            return
        self._end(resting)
        fills = tuple(resting.fills)
        self._agenda.report(OrderClosed(at_ns, at_ns, command.order_id, fills, gas=resting.wasted))

    def cancel_all(self, account: AccountName, at_ns: int) -> None:
        """Take back every open order of an account, as a venue does before it liquidates.

        Parameters
        ----------
        account : str
            Whose.
        at_ns : int
            When. [UTC epoch ns]
        """
        for resting in tuple(self._open.values()):
            if resting.order.account == account:
                self._close(resting, at_ns)

    def end(self, instrument: InstrumentName, at_ns: int) -> None:
        """Take back every open order in a contract that has expired.

        Parameters
        ----------
        instrument : str
            Which.
        at_ns : int
            When. [UTC epoch ns]
        """
        for resting in tuple(self._open.values()):
            if resting.order.instrument == instrument:
                self._close(resting, at_ns)

    def working(self, account: AccountName) -> dict[InstrumentName, tuple[int, int]]:
        """Return what an account's open orders may still sell and buy.

        Parameters
        ----------
        account : str
            Whose.

        Returns
        -------
        dict of str to (int, int)
            By instrument: not positive, not negative. [lots]
        """
        found: dict[InstrumentName, tuple[int, int]] = {}
        for resting in self._open.values():
            order = resting.order
            if order.account == account and not order.reduce_only:
                sold, bought = found.get(order.instrument, (0, 0))
                found[order.instrument] = sold + min(resting.remaining, 0), bought + max(resting.remaining, 0)
        return found

    def _margin_problem(self, order: PlaceOrder, listing: Listing, lots: int, at_ns: int) -> str:
        """Ask for initial margin with everything filled that is open on the order's side."""
        waiting = sum(
            other.remaining
            for other in self._open.values()
            if other.order.instrument == order.instrument
            and other.order.account == order.account
            and other.remaining * lots > 0
        )
        return self.affords(order.account, listing, (waiting + lots) * listing.lot, at_ns)

    def _allowed(self, order: PlaceOrder, lots: int, listing: Listing) -> int:
        """Return what an order may trade now: other trades may have closed what it was to reduce."""
        return reduced_lots(order, lots, listing, self._books.held(order.account, listing.instrument))

    def _take(
        self, resting: Resting, listing: Listing, market: SimulatedMarket, at_ns: int
    ) -> Execution | Refusal | None:
        """Trade as long as there is something to trade with now; return the last answer."""
        order = resting.order
        queue = self._queues.get(order.instrument)
        while True:
            if queue is not None and not self._prevent(resting, listing, queue, at_ns):
                return None
            lots = self._allowed(order, resting.remaining, listing)
            if not lots:
                self._close(resting, at_ns)
                return None
            got = market.trade(lots, at_ns, order.limit)
            if not isinstance(got, Execution):
                return got
            quantity, costs = got.lots * listing.lot, (got.fee, got.gas)
            problem = self._books.shortfall(order.account, listing.instrument, quantity, got.price, costs)
            if problem:
                return Refusal(reason=problem)
            self._fill(resting, listing, got, at_ns)
            if not resting.remaining or queue is None:
                return got

    def _prevent(self, resting: Resting, listing: Listing, market: RestingMarket, at_ns: int) -> bool:
        """Keep an account from trading with itself; return whether the newer order may go on."""
        order = resting.order
        for other in self._against(order):
            limit = other.order.limit
            if limit is None or (order.limit is not None and (order.limit - limit) * order.lots < 0.0):
                continue
            if market.crosses(order.lots, limit - math.copysign(0.5 * _tick(listing), order.lots), at_ns):
                continue  # others offer a better price: they come first
            if listing.self_trade != "cancel_newest":
                self._close(other, at_ns)
            if listing.self_trade != "cancel_oldest":
                self.refusals[_SELF_TRADE] += 1
                self._close(resting, at_ns)
                return False
        return True

    def _against(self, order: PlaceOrder) -> list[Resting]:
        """Return our own waiting orders on the other side."""
        return [
            other
            for other in self._open.values()
            if other.queued
            and other.order.instrument == order.instrument
            and other.order.account == order.account
            and other.order.lots * order.lots < 0
        ]

    def _make(self, resting: Resting, listing: Listing, market: RestingMarket, at_ns: int) -> None:
        """Fill a waiting order with what others traded, or give it up at the end of its validity."""
        most = abs(self._allowed(resting.order, resting.remaining, listing))
        got = market.made(resting.order.order_id, most, at_ns) if most else None
        if got is None and most and at_ns < resting.order.valid_until_ns:
            self._wait(resting, market)  # orders of ours that come first have taken it
            return
        if got is None:
            self._close(resting, at_ns)
            return
        costs = got.fee, got.gas
        account, quantity = resting.order.account, got.lots * listing.lot
        if self._books.shortfall(account, listing.instrument, quantity, got.price, costs):
            self._close(resting, at_ns)
            return
        self._fill(resting, listing, got, at_ns)
        if resting.open:
            self._wait(resting, market)

    def _wait(self, resting: Resting, market: RestingMarket) -> None:
        """Come back when others trade with a waiting order, or when its validity ends."""
        until = resting.order.valid_until_ns
        found = market.next_made_ns(resting.order.order_id, until)
        if found is not None or until < NEVER_NS:
            self._agenda.enter(until if found is None else found, resting)

    def _end(self, resting: Resting) -> None:
        """Let an order be open no more."""
        resting.open = False
        self._open.pop(resting.order.order_id, None)
        if resting.queued:
            self._queues[resting.order.instrument].leave(resting.order.order_id)

    def _fill(self, resting: Resting, listing: Listing, got: Execution, at_ns: int) -> None:
        order = resting.order
        quantity = got.lots * listing.lot
        self._books.trade(order.account, listing.instrument, quantity, got.price, got.fee, at_ns)
        fill = Fill(at_ns, at_ns, order.order_id, len(resting.fills), got.lots, got.price, got.fee, got.gas)
        resting.fills.append(fill)
        resting.remaining -= got.lots
        if not resting.remaining:
            self._end(resting)
        self.executions.append((at_ns, order.order_id, got))
        self._charge_gas(order, listing, got.gas, at_ns)
        self._agenda.report(fill)
        if not resting.remaining and sum(part.lots for part in resting.fills) != order.lots:
            self._agenda.report(OrderClosed(at_ns, at_ns, order.order_id, tuple(resting.fills)))  # it was cut

    def _revert(self, resting: Resting, listing: Listing, got: Refusal, at_ns: int) -> None:
        self._end(resting)
        if got.gas:
            resting.wasted = got.gas
            self.wasted_gas.append((at_ns, got.gas))
            self._charge_gas(resting.order, listing, got.gas, at_ns)
        self._refuse(resting.order, at_ns, got.reason, got.gas)

    def _refuse(self, order: PlaceOrder, at_ns: int, reason: str, gas: Decimal = Decimal(0)) -> None:
        self.refusals[reason] += 1
        self._agenda.report(Reject(at_ns, at_ns, order.order_id, reason, gas))

    def _close(self, resting: Resting, at_ns: int) -> None:
        self._end(resting)
        if resting.remaining:
            fills = tuple(resting.fills)
            self._agenda.report(OrderClosed(at_ns, at_ns, resting.order.order_id, fills))

    def _charge_gas(self, order: PlaceOrder, listing: Listing, gas: Decimal, at_ns: int) -> None:
        if gas:
            self._books.move(order.account, Money(-gas, listing.instrument.base), "gas", at_ns)
