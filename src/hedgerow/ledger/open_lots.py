"""Lots that are still open: which of them a sale closes, at the same cost among many as among few.

They lie in chunks, in the order of opening. A change copies a chunk or two and the list of chunks, whatever the others
hold; an account before the change keeps its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from heapq import heapify, heappop, heapreplace
from itertools import chain
from typing import Final, Literal, TypeAlias

import msgspec

from hedgerow.core.errors import InputError

_ZERO: Final = Decimal(0)
_CHUNK: Final = 128

LotMethod: TypeAlias = Literal["FIFO", "LIFO", "HIFO"]
"""Which lot is closed first: the oldest, the youngest, or the one whose closing gains least (the highest price of a
long position, the lowest of a short one; of equal ones the oldest)."""

_Place: TypeAlias = tuple[int, int]
"""Number of the chunk, and of the lot in it."""


class Lot(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is still open of one trade.

    Parameters
    ----------
    quantity : Decimal
        Signed. [contracts]
    price : Decimal
        At which it was opened. [settle per contract for options, quote per base otherwise]
    fee : Decimal
        Of its opening, as far as it was paid in the settlement currency, positive. [settle]
    at_ns : int
        When it was opened. [UTC epoch ns]
    """

    quantity: Decimal
    price: Decimal
    fee: Decimal = _ZERO
    at_ns: int = 0


class _Chunk:
    """Some lots, and in which order they go by price, once somebody has asked."""

    __slots__ = ("_ranks", "lots")

    def __init__(self, lots: tuple[Lot, ...]) -> None:
        self.lots = lots
        self._ranks: list[tuple[Decimal, int]] | None = None

    def ranks(self) -> list[tuple[Decimal, int]]:
        """Return the lots' keys and places, that first whose closing gains least; of equal ones the oldest."""
        if self._ranks is None:
            is_long = self.lots[0].quantity > 0
            keys = [lot.price.copy_negate() if is_long else lot.price for lot in self.lots]
            self._ranks = [(keys[i], i) for i in sorted(range(len(keys)), key=keys.__getitem__)]
        return self._ranks


@dataclass(frozen=True, slots=True, eq=False)
class OpenLots:
    """Lots of one sign, in the order of opening; every change makes new ones.

    Parameters
    ----------
    chunks : tuple
        Their parts, made by ``add`` and ``take``; none for no lots.

    Examples
    --------
    >>> one, two = Lot(quantity=Decimal(1), price=Decimal(7)), Lot(quantity=Decimal(2), price=Decimal(9))
    >>> taken, left = OpenLots().add(one).add(two).take(Decimal("1.5"), "HIFO")
    >>> [lot.quantity for lot in taken], [lot.quantity for lot in left]
    ([Decimal('1.5')], [Decimal('1'), Decimal('0.5')])
    """

    chunks: tuple[_Chunk, ...] = ()

    def __iter__(self) -> Iterator[Lot]:
        return chain.from_iterable(chunk.lots for chunk in self.chunks)

    def __len__(self) -> int:
        return sum(len(chunk.lots) for chunk in self.chunks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OpenLots) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def add(self, lot: Lot) -> "OpenLots":
        """Open one more.

        Parameters
        ----------
        lot : Lot
            Of the sign of the others.

        Returns
        -------
        OpenLots
            With it at the end. [contracts]
        """
        chunks = self.chunks
        if chunks and len(chunks[-1].lots) < _CHUNK:
            return OpenLots((*chunks[:-1], _Chunk((*chunks[-1].lots, lot))))
        return OpenLots((*chunks, _Chunk((lot,))))

    def take(self, quantity: Decimal, method: LotMethod) -> tuple[tuple[Lot, ...], "OpenLots"]:
        """Choose which lots are closed; the last of them in part, if need be.

        Parameters
        ----------
        quantity : Decimal
            How much is closed, of the sign of the lots, no more than there is. [contracts]
        method : LotMethod
            Which go first.

        Returns
        -------
        tuple of (tuple of Lot, OpenLots)
            What is closed in the order of closing, and what stays in the order of opening. [contracts]

        Raises
        ------
        InputError
            If the lots do not hold as much.
        """
        taken: list[Lot] = []
        touched: list[_Place] = []
        missing, rest = abs(quantity), None
        for place in self._places(method):
            if not missing:
                break
            part, rest = _split(self.chunks[place[0]].lots[place[1]], missing)
            taken.append(part)
            touched.append(place)
            missing -= abs(part.quantity)
        if missing:
            raise InputError(f"{missing} contracts are to be closed that no lot holds", "open the position first")
        return tuple(taken), self._without(touched, rest)

    def _places(self, method: LotMethod) -> Iterator[_Place]:
        """Yield where the lots lie, in the order of closing; nobody looks at more of them than are closed."""
        chunks = self.chunks
        if method == "FIFO":
            return ((c, i) for c, chunk in enumerate(chunks) for i in range(len(chunk.lots)))
        if method == "LIFO":
            return ((c, i) for c in reversed(range(len(chunks))) for i in reversed(range(len(chunks[c].lots))))
        return _by_price([chunk.ranks() for chunk in chunks])

    def _without(self, touched: list[_Place], rest: Lot | None) -> "OpenLots":
        """Return what stays: the rest of the last lot that was touched takes its place."""
        gone: dict[int, set[int]] = defaultdict(set)
        for c, i in touched:
            gone[c].add(i)
        chunks = list(self.chunks)
        for c, places in gone.items():
            kept = {touched[-1][1]: rest} if rest is not None and c == touched[-1][0] else {}
            lots = (kept.get(i) if i in places else lot for i, lot in enumerate(chunks[c].lots))
            chunks[c] = _Chunk(tuple(lot for lot in lots if lot is not None))
        return OpenLots(_joined(chunks))


def _by_price(ranks: list[list[tuple[Decimal, int]]]) -> Iterator[_Place]:
    """Merge the chunks by their lots' keys; between equal ones the older chunk goes first."""
    heap = [(of_chunk[0][0], c, 0) for c, of_chunk in enumerate(ranks)]
    heapify(heap)
    while heap:
        _, c, rank = heap[0]
        yield c, ranks[c][rank][1]
        if rank + 1 < len(ranks[c]):
            heapreplace(heap, (ranks[c][rank + 1][0], c, rank + 1))
        else:
            heappop(heap)


def _joined(chunks: Iterable[_Chunk]) -> tuple[_Chunk, ...]:
    """Drop empty chunks and join small neighbours, so that many closings do not leave many of them."""
    joined: list[_Chunk] = []
    for chunk in chunks:
        if joined and len(joined[-1].lots) + len(chunk.lots) <= _CHUNK // 2:
            if chunk.lots:
                joined[-1] = _Chunk(joined[-1].lots + chunk.lots)
        elif chunk.lots:
            joined.append(chunk)
    return tuple(joined)


def _split(lot: Lot, most: Decimal) -> tuple[Lot, Lot | None]:
    """Take up to so much of a lot; its fee goes along in proportion, and what rounding leaves stays with the rest."""
    held = abs(lot.quantity)
    if held <= most:
        return lot, None
    quantity, fee = most.copy_sign(lot.quantity), lot.fee * most / held
    part = Lot(quantity=quantity, price=lot.price, fee=fee, at_ns=lot.at_ns)
    return part, Lot(quantity=lot.quantity - quantity, price=lot.price, fee=lot.fee - fee, at_ns=lot.at_ns)
