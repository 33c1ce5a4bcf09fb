"""Recorded order books as columns: changes of levels and trades, in whole ticks and lots."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.market.parquet import read_columns
from hedgerow.venues.merging import Stream
from hedgerow.venues.tape import Source

BID: Final = 0
ASK: Final = 1
BOUGHT: Final = 2
SOLD: Final = 3
"""Kinds of rows: what is now displayed at a price on either side, and a trade, by who took liquidity."""

KINDS: Final = {"bid": BID, "ask": ASK, "bought": BOUGHT, "sold": SOLD}
"""Their names in files."""


@dataclass(frozen=True, kw_only=True)
class Depth:
    """A recorded order book.

    Parameters
    ----------
    tick, lot : Decimal
        What one step of price and of size is. [as quoted], [contracts]
    at_ns : ndarray of shape (n_row,)
        When, at the venue, never falling. [UTC epoch ns]
    kind : ndarray of shape (n_row,)
        ``BID``, ``ASK``, ``BOUGHT`` or ``SOLD``.
    ticks : ndarray of shape (n_row,)
        The price. [ticks]
    lots : ndarray of shape (n_row,)
        What the level displays from now on, zero where it is gone; or what was traded. [lots]
    """

    tick: Decimal
    lot: Decimal
    at_ns: Int64[np.ndarray, " n_row"]
    kind: Int64[np.ndarray, " n_row"]
    ticks: Int64[np.ndarray, " n_row"]
    lots: Int64[np.ndarray, " n_row"]

    def __post_init__(self) -> None:
        if self.at_ns.size and np.any(np.diff(self.at_ns) < 0):
            raise InputError("rows of an order book out of order", "sort them by when they happened at the venue")
        trades = self.kind >= BOUGHT
        if np.any(self.ticks <= 0) or np.any(self.lots < 0) or np.any(self.lots[trades] == 0):
            raise InputError("an order book with prices or sizes that cannot be", "prices and trades are positive")

    def shown_by(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Return what rows leave displayed: the last word on every level that they change.

        Parameters
        ----------
        start, stop : int
            From the one row up to the other, exclusive. [0-based]

        Returns
        -------
        list of (int, int, int)
            Side, price and size of each level. [kind], [ticks], [lots]
        """
        kind, ticks = self.kind[start:stop][::-1], self.ticks[start:stop][::-1]
        levels = np.flatnonzero(kind < BOUGHT)
        _, first = np.unique(2 * ticks[levels] + kind[levels], return_index=True)
        last = levels[first]
        lots = self.lots[start:stop][::-1]
        return list(zip(kind[last].tolist(), ticks[last].tolist(), lots[last].tolist(), strict=True))

    @cached_property
    def quotes(self) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Since when which bid and ask were best, as ``top_of_book`` says. [UTC epoch ns], [as quoted]"""
        found = top_of_book(self, Source(kind="quote", name=""))
        return found.at_ns, found.a, found.b


def depth_of(
    *,
    at_ns: Int64[np.ndarray, " n_row"],
    kind: Int64[np.ndarray, " n_row"],
    price: Float64[np.ndarray, " n_row"],
    quantity: Float64[np.ndarray, " n_row"],
    tick: Decimal,
    lot: Decimal,
) -> Depth:
    """Make an order book of prices and quantities.

    Parameters
    ----------
    at_ns, kind : ndarray of shape (n_row,)
        As in ``Depth``. [UTC epoch ns]
    price, quantity : ndarray of shape (n_row,)
        In the venue's units. [as quoted], [contracts]
    tick, lot : Decimal
        Its steps. [as quoted], [contracts]

    Returns
    -------
    Depth
        In ticks and lots. [as its fields]

    Raises
    ------
    InputError
        If a price is no multiple of the tick, or a quantity none of the lot.
    """
    ticks, lots = price / float(tick), quantity / float(lot)
    for steps, what in ((ticks, f"prices, tick {tick}"), (lots, f"quantities, lot {lot}")):
        if np.any(np.abs(steps - np.rint(steps)) > 1e-6 * np.maximum(1.0, np.abs(steps))):
            raise InputError(f"{what}: not every row is a multiple of it", "state the instrument's own tick and lot")
    return Depth(
        tick=tick,
        lot=lot,
        at_ns=frozen(np.ascontiguousarray(at_ns, dtype=np.int64)),
        kind=frozen(np.ascontiguousarray(kind, dtype=np.int64)),
        ticks=frozen(np.rint(ticks).astype(np.int64)),
        lots=frozen(np.rint(lots).astype(np.int64)),
    )


def read_depth(path: Path, *, tick: Decimal, lot: Decimal) -> Depth:
    """Read an order book from a Parquet file with the columns ``ts``, ``kind``, ``price`` and ``quantity``.

    Parameters
    ----------
    path : Path
        The file; kinds are ``bid``, ``ask``, ``bought`` and ``sold``.
    tick, lot : Decimal
        The instrument's steps. [as quoted], [contracts]

    Returns
    -------
    Depth
        The book. [as its fields]

    Raises
    ------
    ConfigError
        If the file cannot be read or a column is missing.
    InputError
        If a row cannot be.
    """
    columns = read_columns(path, numbers=("price", "quantity"), texts=("kind",), time="ts")
    names = columns.texts["kind"]
    if unknown := sorted(set(names) - set(KINDS)):
        raise InputError(f"{path}: kind {unknown[0]!r}", f"kinds are {', '.join(KINDS)}")
    return depth_of(
        at_ns=columns.time_ns,
        kind=np.array([KINDS[name] for name in names], dtype=np.int64),
        price=columns.numbers["price"],
        quantity=columns.numbers["quantity"],
        tick=tick,
        lot=lot,
    )


class Side:
    """One side of a book, with its best price at hand.

    Parameters
    ----------
    sign : int
        +1 for bids, of which the highest is best, -1 for asks.
    """

    __slots__ = ("_sign", "best", "shown")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self.shown: dict[int, int] = {}
        self.best: int | None = None

    def show(self, ticks: int, lots: int) -> None:
        """Display a size at a price.

        Parameters
        ----------
        ticks : int
            The price. [ticks]
        lots : int
            The size, zero where the level is gone. [lots]
        """
        if lots:
            self.shown[ticks] = lots
            if self.best is None or (ticks - self.best) * self._sign > 0:
                self.best = ticks
            return
        self.shown.pop(ticks, None)
        if ticks == self.best:
            self.best = max(self.shown, key=self._sign.__mul__, default=None)


def top_of_book(depth: Depth, source: Source) -> Stream:
    """Return the best bid and ask whenever they change, for the tape that a driver walks.

    Parameters
    ----------
    depth : Depth
        The recorded book.
    source : Source
        What the quotes are of.

    Returns
    -------
    Stream
        One row for each change, after all rows of its instant; crossed or empty books give none. [as quoted]
    """
    bid, ask = Side(1), Side(-1)
    sides = bid, ask
    times, bids, asks, last = [], [], [], (0, 0)
    edges = np.flatnonzero(np.diff(depth.at_ns, append=np.iinfo(np.int64).max)) + 1
    columns = [column.tolist() for column in (depth.kind, depth.ticks, depth.lots)]
    start = 0
    for stop in edges.tolist():
        for kind, ticks, lots in zip(*(column[start:stop] for column in columns), strict=True):
            if kind < BOUGHT:
                sides[kind].show(ticks, lots)
        start = stop
        if bid.best is None or ask.best is None or bid.best >= ask.best or (bid.best, ask.best) == last:
            continue
        last = bid.best, ask.best
        times.append(int(depth.at_ns[stop - 1]))
        bids.append(bid.best)
        asks.append(ask.best)
    tick, digits = float(depth.tick), -int(depth.tick.normalize().as_tuple().exponent)
    return Stream(
        source=source,
        at_ns=np.array(times, dtype=np.int64),
        # The float nearest to the decimal price: orders name it as their limit.
        a=np.round(np.array(bids, dtype=np.float64) * tick, digits),
        b=np.round(np.array(asks, dtype=np.float64) * tick, digits),
    )
