"""A market on a recorded order book: takers walk its levels, makers wait in its queues.

The record is not moved by our orders. What we take from a level stays taken until the level is displayed anew, and our
waiting orders share what a trade or a quote of others gives, the better price and the earlier order first.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from hedgerow.core.errors import InputError
from hedgerow.costs import Fee, trade_fee
from hedgerow.instruments import Instrument
from hedgerow.venues.depth import ASK, BID, Depth, Side
from hedgerow.venues.markets import Execution, Refusal
from hedgerow.venues.queueing import Made, QueueModel, Waiting


@dataclass(slots=True, kw_only=True)
class BookMarket:
    """Takers pay level by level; makers queue behind what is displayed when they arrive.

    Parameters
    ----------
    depth : Depth
        The recorded book; its lot is that of the listing.
    instrument : Instrument
        What is traded.
    maker_fee, taker_fee : Fee
        How the venue charges those who waited, and those who did not.
    queue : {"conservative", "proportional"}
        Who cancels where the record does not say.
    max_age_ns : int
        Older books fill nothing. [ns]
    """

    depth: Depth
    instrument: Instrument
    maker_fee: Fee
    taker_fee: Fee
    queue: QueueModel = "conservative"
    max_age_ns: int
    _row: int = 0
    _sides: tuple[Side, Side] = field(default_factory=lambda: (Side(1), Side(-1)))
    _taken: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))
    _waiting: dict[int, Waiting] = field(default_factory=dict)
    _shared_ns: int = -1
    _shared: dict[int, int] = field(default_factory=dict)

    @property
    def tick(self) -> Decimal:
        """As the port says."""
        return self.depth.tick

    def dealt_with_ns(self, arrival_ns: int) -> int:
        """As the port says: at once."""
        return arrival_ns

    def mid(self, at_ns: int) -> float | None:
        """As the port says."""
        times, bids, asks = self.depth.quotes
        row = int(times.searchsorted(at_ns, side="right")) - 1
        return None if row < 0 else 0.5 * float(bids[row] + asks[row])

    def next_ns(self, at_ns: int) -> int | None:
        """As the port says: the next row of the record."""
        row = int(self.depth.at_ns.searchsorted(at_ns, side="right"))
        return int(self.depth.at_ns[row]) if row < self.depth.at_ns.size else None

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal | None:
        """As the port says: of the best level, what it displays; ask again for the next level."""
        self._advance(at_ns)
        if self._is_old(at_ns):
            return Refusal(reason="no market")
        level = self._best(lots)
        if level is None:
            return Refusal(reason="the book is empty")
        ticks, available = level
        if limit is not None and (self._price(ticks) - Decimal(str(limit))) * (1 if lots > 0 else -1) > 0:
            return Refusal(reason="the price is beyond the limit")
        taken = self._taken[ASK if lots > 0 else BID]
        size = min(abs(lots), available)
        taken[ticks] = taken.get(ticks, 0) + size
        return self._execution(size if lots > 0 else -size, ticks, self.taker_fee, at_ns)

    def crosses(self, lots: int, limit: float, at_ns: int) -> bool:
        """As the port says."""
        self._advance(at_ns)
        level = self._best(lots)
        if level is None:
            return False
        gap = Decimal(str(limit)) - self._price(level[0])
        return gap >= 0 if lots > 0 else gap <= 0

    def join(self, order_id: int, lots: int, limit: float, at_ns: int) -> None:
        """As the port says: behind what the level displays, and behind our own orders there."""
        self._advance(at_ns)
        ticks = self._ticks(limit)
        sign = 1 if lots > 0 else -1
        shown = self._sides[BID if lots > 0 else ASK].shown.get(ticks, 0)
        ours = sum(other.remaining for other in self._waiting.values() if other.ticks == ticks and other.sign == sign)
        facing = self._sides[ASK if lots > 0 else BID].shown
        self._waiting[order_id] = Waiting(
            sign=sign,
            ticks=ticks,
            remaining=abs(lots),
            ahead=float(shown),
            ours_ahead=ours,
            shown=shown,
            row=self._row,
            model=self.queue,
            crossed={level: size for level, size in facing.items() if sign * (ticks - level) >= 0},
        )

    def next_made_ns(self, order_id: int, until_ns: int) -> int | None:
        """As the port says."""
        found = self._waiting[order_id].look(self.depth, until_ns)
        return None if found is None else found.at_ns

    def made(self, order_id: int, most: int, at_ns: int) -> Execution | None:
        """As the port says."""
        self._advance(at_ns)
        waiting = self._waiting[order_id]
        while (due := waiting.look(self.depth, at_ns)) is not None:
            lots = min(due.lots, self._left_for(order_id, due, at_ns), most)
            waiting.due = None
            if lots > 0:
                waiting.remaining -= lots
                self._give(due.row, lots)
                return self._execution(waiting.sign * lots, waiting.ticks, self.maker_fee, at_ns)
        return None

    def leave(self, order_id: int) -> None:
        """As the port says."""
        self._waiting.pop(order_id, None)

    def _left_for(self, order_id: int, made: Made, at_ns: int) -> int:
        """Return what a row leaves to an order: not what went to others of ours, nor what those before it may claim."""
        if at_ns != self._shared_ns:
            self._shared_ns, self._shared = at_ns, {}
        ours, row = self._waiting[order_id], made.row
        kind, ticks, size = int(self.depth.kind[row]), int(self.depth.ticks[row]), int(self.depth.lots[row])
        left = made.offered - self._shared.get(row, 0)
        if kind in (BID, ASK) and self._sides[kind].shown.get(ticks, 0) == size:
            left = min(left, size - self._taken[kind].get(ticks, 0))
        earlier = True
        for number, other in self._waiting.items():
            earlier = earlier and number != order_id
            better = other.sign * (other.ticks - ours.ticks)
            if other.sign != ours.sign or better < 0 or (better == 0 and not earlier):
                continue
            due = other.look(self.depth, at_ns)
            if due is not None and due.row == row:
                left -= due.lots
            elif due is not None and due.row < row:
                left -= min(made.offered, other.remaining - due.lots)
        return left

    def _give(self, row: int, lots: int) -> None:
        """Note what of a row is ours: of a displayed level nobody takes it again."""
        self._shared[row] = self._shared.get(row, 0) + lots
        kind, ticks = int(self.depth.kind[row]), int(self.depth.ticks[row])
        if kind in (BID, ASK):
            self._taken[kind][ticks] = self._taken[kind].get(ticks, 0) + lots

    def _execution(self, lots: int, ticks: int, fee: Fee, at_ns: int) -> Execution:
        price = self._price(ticks)
        charged = trade_fee(self.instrument, fee, lots * self.depth.lot, price, price)
        mid = self.mid(at_ns)
        return Execution(
            lots=lots, price=price, fee=charged.amount, gas=Decimal(0), mid=float(price) if mid is None else mid
        )

    def _best(self, lots: int) -> tuple[int, int] | None:
        """Return the best level that an order meets, and what is left of it."""
        kind = ASK if lots > 0 else BID
        side, taken = self._sides[kind], self._taken[kind]
        if side.best is None or side.shown[side.best] > taken.get(side.best, 0):
            return None if side.best is None else (side.best, side.shown[side.best] - taken.get(side.best, 0))
        for ticks in sorted(side.shown, reverse=lots < 0):
            left = side.shown[ticks] - taken.get(ticks, 0)
            if left > 0:
                return ticks, left
        return None

    def _advance(self, at_ns: int) -> None:
        """Apply the rows up to an instant."""
        stop = int(self.depth.at_ns.searchsorted(at_ns, side="right"))
        if stop <= self._row:
            return
        for kind, ticks, lots in self.depth.shown_by(self._row, stop):
            self._taken[kind].pop(ticks, None)
            self._sides[kind].show(ticks, lots)
        self._row = stop

    def _is_old(self, at_ns: int) -> bool:
        return not self._row or at_ns - int(self.depth.at_ns[self._row - 1]) > self.max_age_ns

    def _price(self, ticks: int) -> Decimal:
        return ticks * self.depth.tick

    def _ticks(self, limit: float) -> int:
        ticks = Decimal(str(limit)) / self.depth.tick
        if ticks != ticks.to_integral_value():
            raise InputError(f"a limit of {limit}", f"limits are multiples of {self.depth.tick}")
        return int(ticks)
