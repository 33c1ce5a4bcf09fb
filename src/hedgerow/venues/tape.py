"""Recorded market data as columns, in the order in which they could be known.

A driver walks the tape by ``known_ns``; a simulated venue looks things up by ``at_ns``, when they happened. Chunks are
read ahead as far as the venue needs and dropped once both have passed, so memory does not grow with the tape.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError, InvariantBroken
from hedgerow.core.ids import InstrumentName, PoolName
from hedgerow.events import GasUpdate, PoolUpdate, QuoteUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows come from.

    Parameters
    ----------
    kind : {"quote", "pool", "gas"}
        What they say: bid and ask; price and liquidity; gwei.
    name : str
        Instrument or pool.
    """

    kind: Literal["quote", "pool", "gas"]
    name: str


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Consecutive rows of a tape.

    Parameters
    ----------
    known_ns, at_ns : ndarray of shape (n_row,)
        When it could be known, never falling; when it happened. [UTC epoch ns]
    source : ndarray of shape (n_row,)
        Number of its source. [0-based]
    a, b : ndarray of shape (n_row,)
        Bid and ask, price and liquidity, or gwei and nothing. [as the source's kind says]
    block : ndarray of shape (n_row,)
        Number of its block, zero where there is none. [count]
    complete_ns : int
        Whatever happened up to here is in this chunk or an earlier one; -1 where that is not known. [UTC epoch ns]
    """

    known_ns: Int64[np.ndarray, " n_row"]
    at_ns: Int64[np.ndarray, " n_row"]
    source: Int64[np.ndarray, " n_row"]
    a: Float64[np.ndarray, " n_row"]
    b: Float64[np.ndarray, " n_row"]
    block: Int64[np.ndarray, " n_row"]
    complete_ns: int = -1

    def __post_init__(self) -> None:
        if self.known_ns.size and (np.any(np.diff(self.known_ns) < 0) or np.any(self.known_ns < self.at_ns)):
            raise InputError("rows out of order, or known before they happened", "sort by known_ns >= at_ns")

    @cached_property
    def rows_by_source(self) -> dict[int, Int64[np.ndarray, " n_own"]]:
        """Numbers of the rows of each source, in order. [0-based]"""
        number = int(self.source.max()) + 1 if self.source.size else 0
        rows = {s: np.flatnonzero(self.source == s) for s in range(number)}
        return {s: own for s, own in rows.items() if own.size}

    @cached_property
    def at_by_source(self) -> dict[int, Int64[np.ndarray, " n_own"]]:
        """When the rows of each source happened, in order. [UTC epoch ns]"""
        return {s: self.at_ns[rows] for s, rows in self.rows_by_source.items()}


class Row(NamedTuple):
    """One row of one source.

    Parameters
    ----------
    at_ns : int
        When it happened. [UTC epoch ns]
    a, b : float
        As in ``Chunk``.
    """

    at_ns: int
    a: float
    b: float


class Window(NamedTuple):
    """Consecutive rows of one source.

    Parameters
    ----------
    at_ns : ndarray of shape (n_row,)
        When they happened. [UTC epoch ns]
    a, b : ndarray of shape (n_row,)
        As in ``Chunk``.
    """

    at_ns: Int64[np.ndarray, " n_row"]
    a: Float64[np.ndarray, " n_row"]
    b: Float64[np.ndarray, " n_row"]


MarketRow = QuoteUpdate | PoolUpdate | GasUpdate


def event_of(sources: Sequence[Source], chunk: Chunk, row: int) -> MarketRow:
    """Return one row as an event.

    Parameters
    ----------
    sources : sequence of Source
        Sources of the tape.
    chunk : Chunk
        Rows.
    row : int
        Which of them. [0-based]

    Returns
    -------
    QuoteUpdate, PoolUpdate or GasUpdate
        The event. [as its fields]
    """
    return next(events_of(sources, chunk, row, row + 1))


def events_of(sources: Sequence[Source], chunk: Chunk, start: int, stop: int) -> Iterator[MarketRow]:
    """Return rows as events, one after the other.

    Parameters
    ----------
    sources : sequence of Source
        Sources of the tape.
    chunk : Chunk
        Rows.
    start, stop : int
        From the one up to the other, exclusive. [0-based]

    Yields
    ------
    QuoteUpdate, PoolUpdate or GasUpdate
        The events. [as their fields]
    """
    columns = (chunk.source, chunk.at_ns, chunk.known_ns, chunk.a, chunk.b, chunk.block)
    kinds = [source.kind for source in sources]
    instruments = [InstrumentName(source.name) for source in sources]
    for s, at, known, a, b, block in zip(*(column[start:stop].tolist() for column in columns), strict=True):
        kind = kinds[s]
        if kind == "quote":
            yield QuoteUpdate(at, known, instruments[s], a, b)
        elif kind == "pool":
            yield PoolUpdate(at, known, PoolName(instruments[s]), a, b, block)
        else:
            yield GasUpdate(at, known, a)


class Tape:
    """A walk through chunks, for one driver and its venue.

    Parameters
    ----------
    sources : sequence of Source
        What the rows are of.
    chunks : iterable of Chunk
        In order of time.
    """

    def __init__(self, sources: Sequence[Source], chunks: Iterable[Chunk]) -> None:
        self.sources = tuple(sources)
        self._coming = iter(chunks)
        self._ahead: deque[Chunk] = deque()
        self._seen: deque[Chunk] = deque()
        self._last: dict[int, Row] = {}
        self._latest_at: dict[int, int] = {}
        self._complete_ns = -1
        self._exhausted = False

    def next_chunk(self) -> Chunk | None:
        """Move on to the next chunk.

        Returns
        -------
        Chunk or None
            None at the end. [as its fields]
        """
        if not self._ahead and not self._load():
            return None
        chunk = self._ahead.popleft()
        self._seen.append(chunk)
        if len(self._seen) > 2:  # the venue never looks back further than the latency of the data
            self._forget(self._seen.popleft())
        return chunk

    def prevailing(self, source: int, at_ns: int) -> Row | None:
        """Return the last row of a source that had happened by some instant.

        Parameters
        ----------
        source : int
            Which source. [0-based]
        at_ns : int
            The instant. [UTC epoch ns]

        Returns
        -------
        Row or None
            None before the first. [as the source's kind says]
        """
        self._read_beyond(source, at_ns)
        for chunk in (*reversed(self._ahead), *reversed(self._seen)):
            times = chunk.at_by_source.get(source)
            if times is None or times[0] > at_ns:
                continue
            row = int(chunk.rows_by_source[source][int(times.searchsorted(at_ns, side="right")) - 1])
            return _row(chunk, row)
        last = self._last.get(source)
        if last is not None and last.at_ns > at_ns:
            raise InvariantBroken(f"{self.sources[source].name}: asked for {at_ns}, before what was dropped already")
        return last

    def following(self, source: int, at_ns: int) -> int | None:
        """Return when the next row of a source happens.

        Parameters
        ----------
        source : int
            Which source. [0-based]
        at_ns : int
            After this instant. [UTC epoch ns]

        Returns
        -------
        int or None
            None if there is none. [UTC epoch ns]
        """
        while self._latest_at.get(source, at_ns) <= at_ns and self._load():
            pass
        for chunk in (*self._seen, *self._ahead):
            times = chunk.at_by_source.get(source)
            if times is not None and times[-1] > at_ns:
                return int(times[int(times.searchsorted(at_ns, side="right"))])
        return None

    def window(self, source: int, start_ns: int, stop_ns: int) -> Window:
        """Return the rows of a source between two instants, and the one that prevailed at the first of them.

        Parameters
        ----------
        source : int
            Which source. [0-based]
        start_ns, stop_ns : int
            After the one, up to the other, inclusive. [UTC epoch ns]

        Returns
        -------
        Window
            In order of time; nothing before the first row of the source. [as the source's kind says]
        """
        first = self.prevailing(source, start_ns)
        self._read_beyond(source, stop_ns)
        parts = [] if first is None else [Window(*(np.array([value]) for value in first))]
        for chunk in (*self._seen, *self._ahead):
            times = chunk.at_by_source.get(source)
            if times is not None and times[0] <= stop_ns and times[-1] > start_ns:
                start, stop = times.searchsorted((start_ns, stop_ns), side="right")
                rows = chunk.rows_by_source[source][start:stop]
                parts.append(Window(chunk.at_ns[rows], chunk.a[rows], chunk.b[rows]))
        if not parts:
            return Window(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
        return Window(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _read_beyond(self, source: int, at_ns: int) -> None:
        """Read ahead until the source's rows reach beyond an instant."""
        while self._complete_ns < at_ns and self._latest_at.get(source, at_ns) <= at_ns and self._load():
            pass

    def _load(self) -> bool:
        chunk = None if self._exhausted else next(self._coming, None)
        if chunk is None:
            self._exhausted = True
            return False
        self._ahead.append(chunk)
        self._complete_ns = chunk.complete_ns
        for source, times in chunk.at_by_source.items():
            self._latest_at[source] = int(times[-1])
        return True

    def _forget(self, chunk: Chunk) -> None:
        for source, rows in chunk.rows_by_source.items():
            self._last[source] = _row(chunk, int(rows[-1]))


def _row(chunk: Chunk, row: int) -> Row:
    return Row(int(chunk.at_ns[row]), float(chunk.a[row]), float(chunk.b[row]))
