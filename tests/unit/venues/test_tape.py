"""Recorded columns in the order in which they are known, looked up by when they happened."""

from collections.abc import Sequence

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.ids import InstrumentName, PoolName
from hedgerow.events import GasUpdate, PoolUpdate, QuoteUpdate
from hedgerow.venues import Chunk, Source, Stream, Tape, event_of, events_of, merge

QUOTES, POOL, GAS = (
    Source(kind="quote", name="ETH-PERPETUAL"),
    Source(kind="pool", name="pool"),
    Source(kind="gas", name="gas"),
)


def chunk(*rows: Sequence[float], blocks: Sequence[int] | None = None) -> Chunk:
    """Make a chunk of rows (known, at, source, a, b)."""
    known, at, source, a, b = (list(column) for column in zip(*rows, strict=True))
    return Chunk(
        known_ns=np.array(known, dtype=np.int64),
        at_ns=np.array(at, dtype=np.int64),
        source=np.array(source, dtype=np.int64),
        a=np.array(a, dtype=np.float64),
        b=np.array(b, dtype=np.float64),
        block=np.array(blocks or [0] * len(rows), dtype=np.int64),
    )


def stream(source: Source, at: Sequence[int], a: Sequence[float]) -> Stream:
    first = np.array(a, dtype=np.float64)
    return Stream(source=source, at_ns=np.array(at, dtype=np.int64), a=first, b=first + 1.0)


CHUNKS = [
    chunk((11, 10, 0, 1.0, 2.0), (12, 10, 1, 500.0, 9.0)),
    chunk((21, 20, 0, 3.0, 4.0), (31, 30, 0, 5.0, 6.0)),
    chunk((41, 40, 0, 7.0, 8.0), (42, 40, 1, 600.0, 9.0)),
    chunk((51, 50, 0, 9.0, 10.0)),
    chunk((61, 60, 0, 11.0, 12.0)),
]


def tape() -> Tape:
    return Tape([QUOTES, POOL, GAS], iter(CHUNKS))


@pytest.mark.parametrize(
    ("source", "at", "found"),
    [
        (0, 9, None),
        (0, 10, (10, 1.0, 2.0)),
        (0, 19, (10, 1.0, 2.0)),
        (0, 20, (20, 3.0, 4.0)),
        (0, 59, (50, 9.0, 10.0)),
        (0, 10**9, (60, 11.0, 12.0)),
        (1, 39, (10, 500.0, 9.0)),
        (1, 40, (40, 600.0, 9.0)),
        (2, 40, None),
    ],
)
def test_the_row_that_prevails_is_the_last_that_had_happened(
    source: int, at: int, found: tuple[int, float, float] | None
) -> None:
    row = tape().prevailing(source, at)
    assert (row if row is None else tuple(row)) == found


@pytest.mark.parametrize(
    ("source", "at", "found"),
    [(0, 0, 10), (0, 10, 20), (0, 55, 60), (0, 60, None), (1, 10, 40), (1, 40, None), (2, 0, None)],
)
def test_the_row_that_follows_is_the_next_that_happens(source: int, at: int, found: int | None) -> None:
    assert tape().following(source, at) == found


def test_looking_ahead_takes_nothing_from_the_driver() -> None:
    walked = tape()
    assert walked.prevailing(0, 45) is not None
    assert walked.following(0, 1000) is None
    seen = []
    while (part := walked.next_chunk()) is not None:
        seen.append(part)
    assert seen == CHUNKS
    assert walked.next_chunk() is None


def test_a_row_of_a_dropped_chunk_still_prevails() -> None:
    walked = tape()
    for _ in range(5):
        walked.next_chunk()
    row = walked.prevailing(1, 1000)  # the pool's last row lies three chunks back
    assert row is not None
    assert tuple(row) == (40, 600.0, 9.0)


def test_rows_become_events_of_their_sources_kind() -> None:
    rows = chunk((11, 10, 0, 1.0, 2.0), (12, 10, 1, 500.0, 9.0), (13, 12, 2, 30.0, 0.0), blocks=[0, 17, 0])
    expected = [
        QuoteUpdate(10, 11, InstrumentName("ETH-PERPETUAL"), 1.0, 2.0),
        PoolUpdate(10, 12, PoolName("pool"), 500.0, 9.0, 17),
        GasUpdate(12, 13, 30.0),
    ]
    sources = [QUOTES, POOL, GAS]
    assert list(events_of(sources, rows, 0, 3)) == expected
    assert list(events_of(sources, rows, 1, 2)) == expected[1:2]
    assert [event_of(sources, rows, i) for i in range(3)] == expected


@pytest.mark.parametrize(
    "rows",
    [
        [(12, 10, 0, 1.0, 2.0), (11, 10, 0, 1.0, 2.0)],  # falling
        [(9, 10, 0, 1.0, 2.0)],  # known before it happened
    ],
)
def test_rows_out_of_order_are_refused(rows: list[Sequence[float]]) -> None:
    with pytest.raises(InputError, match="rows out of order, or known before they happened; sort by"):
        chunk(*rows)


def columns(chunks: Sequence[Chunk]) -> list[tuple[int, int, int, float, float]]:
    return [
        row
        for part in chunks
        for row in zip(
            part.known_ns.tolist(),
            part.at_ns.tolist(),
            part.source.tolist(),
            part.a.tolist(),
            part.b.tolist(),
            strict=True,
        )
    ]


def test_streams_are_merged_by_when_they_are_known_and_at_a_tie_by_their_order() -> None:
    streams = [stream(QUOTES, [0, 20, 30], [1.0, 2.0, 3.0]), stream(POOL, [10, 20], [7.0, 8.0])]
    assert columns(merge(streams, latency_ns=5, jitter_ns=0, seed=0)) == [
        (5, 0, 0, 1.0, 2.0),
        (15, 10, 1, 7.0, 8.0),
        (25, 20, 0, 2.0, 3.0),
        (25, 20, 1, 8.0, 9.0),
        (35, 30, 0, 3.0, 4.0),
    ]


def test_jitter_comes_on_top_and_keeps_every_stream_in_order() -> None:
    at = list(range(0, 20_000, 10))
    merged = columns(merge([stream(QUOTES, at, [float(i) for i in at])], latency_ns=100, jitter_ns=1000, seed=3))
    assert [row[1] for row in merged] == at
    late = np.array([known - when for known, when, *_ in merged])
    assert late.min() >= 100
    assert np.unique(late).size > 100


def test_the_mean_of_the_jitter_is_what_was_asked_for() -> None:
    at = [i * 10**9 for i in range(4000)]  # so far apart that no row waits for another
    merged = columns(merge([stream(QUOTES, at, [1.0] * 4000)], latency_ns=0, jitter_ns=1000, seed=3))
    mean = np.mean([known - when for known, when, *_ in merged])
    assert mean == pytest.approx(1000.0, abs=5 * 1000.0 / 4000**0.5)


def test_the_seed_decides_and_nothing_else() -> None:
    streams = [stream(QUOTES, list(range(100)), [1.0] * 100), stream(POOL, list(range(100)), [1.0] * 100)]
    first, again, other = (columns(merge(streams, latency_ns=0, jitter_ns=50, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_long_tape_comes_in_pieces_that_join() -> None:
    n = 150_000
    at = np.arange(n, dtype=np.int64)
    long = Stream(source=QUOTES, at_ns=at, a=np.ones(n), b=np.ones(n))
    chunks = merge([long], latency_ns=7, jitter_ns=0, seed=0)
    assert len(chunks) > 1
    assert np.array_equal(np.concatenate([part.at_ns for part in chunks]), at)
    assert np.array_equal(np.concatenate([part.known_ns for part in chunks]), at + 7)
