"""Waiting in a queue: how many lots are ahead of an order, and when others trade with it.

A trade at the order's price takes from what is ahead first. A fall of the displayed size that no trade explains is a
cancellation, of somebody ahead or behind: nobody knows, so a stated model says. A trade beyond the price, or what the
other side newly displays at it or beyond, meets the order first: it gets as much as that, and no more.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from hedgerow.core.arrays import Int64
from hedgerow.venues.depth import ASK, BID, BOUGHT, SOLD, Depth

QueueModel: TypeAlias = Literal["conservative", "proportional"]
"""Who cancels: nobody ahead while there is anybody behind, or both in proportion to their size."""

_BLOCK: Final = 8192


class Made(NamedTuple):
    """What others traded with a waiting order.

    Parameters
    ----------
    at_ns : int
        When. [UTC epoch ns]
    lots : int
        How much, positive. [lots]
    row : int
        The row that says so. [0-based]
    offered : int
        How much the row offers to all orders that it reaches. [lots]
    """

    at_ns: int
    lots: int
    row: int
    offered: int


class Waiting(msgspec.Struct):
    """An order in the queue of its price.

    Parameters
    ----------
    sign : int
        +1 buys, -1 sells.
    ticks : int
        Its price. [ticks]
    remaining : int
        Positive. [lots]
    ahead : float
        Size of others that is served first. [lots]
    ours_ahead : int
        Size of our own earlier orders at the price, which their cancellation does not shorten. [lots]
    shown : int
        What the level displayed last. [lots]
    row : int
        The next row to look at. [0-based]
    model : {"conservative", "proportional"}
        Who cancels.
    crossed : dict of int to int
        What the other side displays at the price or beyond, by ticks: it has met the order already. [lots]
    traded : int
        At the price since the level was displayed last. [lots]
    due : Made or None
        Found, and not yet fetched.
    """

    sign: int
    ticks: int
    remaining: int
    ahead: float
    ours_ahead: int
    shown: int
    row: int
    model: QueueModel
    crossed: dict[int, int] = msgspec.field(default_factory=dict)
    traded: int = 0
    due: Made | None = None

    def look(self, depth: Depth, until_ns: int) -> Made | None:
        """Walk on until others trade with the order.

        Parameters
        ----------
        depth : Depth
            The recorded book.
        until_ns : int
            How far. [UTC epoch ns]

        Returns
        -------
        Made or None
            The next trade; None where there is none by then. [lots]
        """
        while self.due is None and self.remaining and self.row < depth.at_ns.size:
            if depth.at_ns[self.row] > until_ns:
                break
            stop = min(self.row + _BLOCK, int(depth.at_ns.searchsorted(until_ns, side="right")))
            for row in self._touching(depth, self.row, stop).tolist():
                self.row = row + 1
                lots, offered = self._pass(int(depth.kind[row]), int(depth.ticks[row]), int(depth.lots[row]))
                if lots:
                    self.due = Made(int(depth.at_ns[row]), lots, row, offered)
                    break
            else:
                self.row = stop
        return self.due

    def _touching(self, depth: Depth, start: int, stop: int) -> Int64[np.ndarray, " n"]:
        """Rows that matter: trades against us, our level, and quotes of the other side that reach us."""
        kind, beyond = depth.kind[start:stop], self.sign * (self.ticks - depth.ticks[start:stop])
        ours, against, other = (BID, SOLD, ASK) if self.sign > 0 else (ASK, BOUGHT, BID)
        level = (kind == ours) & (beyond == 0)
        reached = (beyond >= 0) & ((kind == against) | (kind == other))
        return np.flatnonzero(level | reached) + start

    def _pass(self, kind: int, ticks: int, lots: int) -> tuple[int, int]:
        """Move on by one row; return what it trades with us, and what it offers."""
        if kind in (BID, ASK):
            if kind == (BID if self.sign > 0 else ASK):
                self._displayed(lots)
                return 0, 0
            new = max(lots - self.crossed.get(ticks, 0), 0)
            self.crossed[ticks] = lots
            return min(new, self.remaining), new
        if ticks != self.ticks:
            return min(lots, self.remaining), lots
        self.traded += lots
        served = min(float(lots), self.ahead)
        self.ahead -= served
        left = round(lots - served)
        own = min(left, self.ours_ahead)
        self.ours_ahead -= own
        return min(left - own, self.remaining), lots

    def _displayed(self, lots: int) -> None:
        """Take a new size of our level: what trades do not explain was cancelled, ahead of us or behind."""
        cancelled = self.shown - lots - self.traded
        if self.model == "proportional" and cancelled > 0 and self.shown > 0:
            behind = max(self.shown - self.traded - self.ahead, 0.0)
            total = self.ahead + behind
            self.ahead -= cancelled * self.ahead / total if total > 0.0 else 0.0
        self.ahead = min(max(self.ahead, 0.0), float(lots))
        self.shown, self.traded = lots, 0
