"""Streams of recorded data into one tape, in the order in which their rows could be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.venues.latency import Latency, samples
from hedgerow.venues.tape import Chunk, Source

CHUNK_ROWS: Final = 65_536

LAST_NS: Final = 2**63 - 1
"""Behind the last chunk nothing comes. [UTC epoch ns]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """All rows of one source, before they are merged.

    Parameters
    ----------
    source : Source
        Where they come from.
    at_ns : ndarray of shape (n_row,)
        When they happened, rising. [UTC epoch ns]
    a, b : ndarray of shape (n_row,)
        As in ``Chunk``.
    """

    source: Source
    at_ns: Int64[np.ndarray, " n_row"]
    a: Float64[np.ndarray, " n_row"]
    b: Float64[np.ndarray, " n_row"]


def merge(
    streams: Sequence[Stream], *, latency_ns: int, jitter_ns: int, seed: int, latency: Latency | None = None
) -> list[Chunk]:
    """Merge streams in the order in which they are known here.

    Parameters
    ----------
    streams : sequence of Stream
        By source.
    latency_ns : int
        From happening to being known, at least. [ns]
    jitter_ns : int
        Mean of the exponential delay on top; a stream keeps its order. [ns]
    seed : int
        Of the delays. [any]
    latency : Latency or None
        A distribution that takes the place of the two figures above. [ns]

    Returns
    -------
    list of Chunk
        The tape. [as its fields]
    """
    parts = []
    for number, stream in enumerate(streams):
        random, size = np.random.default_rng([seed, number]), stream.at_ns.size
        known = stream.at_ns + latency_ns
        if latency is not None:
            known = np.maximum.accumulate(stream.at_ns + samples(latency, random, size))
        elif jitter_ns:
            known = np.maximum.accumulate(known + random.exponential(jitter_ns, size).astype(np.int64))
        parts.append((known, stream.at_ns, np.full(known.size, number), stream.a, stream.b))
    known, at, source, a, b = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((source, at, known))
    columns = [frozen(np.ascontiguousarray(column[order])) for column in (known, at, source, a, b)]
    blocks = frozen(np.zeros(order.size, dtype=np.int64))
    chunks = []
    for start in range(0, order.size, CHUNK_ROWS):
        stop = start + CHUNK_ROWS
        part = [column[start:stop] for column in (*columns, blocks)]
        # Rows are sorted by when they are known, so one that happened earlier may still come.
        complete = int(columns[1][stop:].min()) - 1 if stop < order.size else LAST_NS
        names = ("known_ns", "at_ns", "source", "a", "b", "block")
        chunks.append(Chunk(**dict(zip(names, part, strict=True)), complete_ns=complete))
    return chunks
