"""Two drivers: the event loop, and skip-ahead. Both obey the same wake, so they decide the same.

The event loop hands every row to the engine. Skip-ahead lets a compiled scan find the next row at which the wake
fires; the engine passes over the rows in between, which change nothing but the latest state of the market.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from hedgerow.backtesting import kernels
from hedgerow.backtesting.session import Session
from hedgerow.core.arrays import Int64
from hedgerow.events import MarketEvent
from hedgerow.policy import NEVER_NS
from hedgerow.venues import Chunk, Source, Tape, event_of, events_of

_KINDS: Final = {"quote": kernels.QUOTE, "pool": kernels.POOL, "gas": kernels.GAS}
Progress = Callable[[int], None]


def _no_progress(_: int) -> None:
    """Tell nobody."""


def run_loop(session: Session, tape: Tape, progress: Progress = _no_progress, until_ns: int = NEVER_NS) -> None:
    """Hand every row to the engine.

    Parameters
    ----------
    session : Session
        The run.
    tape : Tape
        The recorded market, from its beginning.
    progress : callable
        Told how many rows were done, now and then. [count]
    until_ns : int
        Rows that are known then or later are not used. [UTC epoch ns]
    """
    step, write, horizon_ns = session.engine.step, session.write, session.horizon_ns
    state = session.state
    while (chunk := tape.next_chunk()) is not None:
        size = int(chunk.known_ns.searchsorted(until_ns))
        for event in events_of(tape.sources, chunk, 0, size):
            if event.known_ns >= horizon_ns:
                session.state = state
                session.catch_up(event.known_ns)
                state, horizon_ns = session.state, session.horizon_ns
            if write is not None:
                write(event)
            state, commands = step(state, event)
            if state.decision is not None or commands:
                session.follow(state, commands)
                horizon_ns = session.horizon_ns
        session.state = state
        progress(size)
        if size < chunk.known_ns.size:
            return  # nothing behind is read: the venue must not be moved on either


def run_skip_ahead(session: Session, tape: Tape, progress: Progress = _no_progress, until_ns: int = NEVER_NS) -> None:
    """Hand only those rows to the engine at which its wake fires.

    Parameters
    ----------
    session : Session
        The run.
    tape : Tape
        The recorded market, from its beginning.
    progress : callable
        Told how many rows were done, now and then. [count]
    until_ns : int
        Rows that are known then or later are not used. [UTC epoch ns]
    """
    reference = _number_of(tape.sources, session.engine.settings.reference)
    kinds = np.array([_KINDS[source.kind] for source in tape.sources])
    while (chunk := tape.next_chunk()) is not None:
        row, size = 0, int(chunk.known_ns.searchsorted(until_ns))
        while row < size:
            if chunk.known_ns[row] >= session.horizon_ns:
                session.catch_up(int(chunk.known_ns[row]))
            stop = min(size, int(chunk.known_ns.searchsorted(session.horizon_ns)))
            row = _to_next_wake(session, tape.sources, kinds, chunk, reference, (row, stop))
        progress(size)
        if size < chunk.known_ns.size:
            return


def _to_next_wake(
    session: Session,
    sources: tuple[Source, ...],
    kinds: Int64[np.ndarray, " n_source"],
    chunk: Chunk,
    reference: int,
    rows: tuple[int, int],
) -> int:
    """Pass over quiet rows, take the one that is not, and return the number of the row after it."""
    wake, (row, stop) = session.state.wake, rows
    found: int = kernels.next_wake(
        kinds,
        chunk.source,
        chunk.a,
        chunk.b,
        chunk.block,
        reference,
        wake.below,
        wake.above,
        wake.at_block,
        row,
        stop,
    )
    if found > row:
        session.state = session.engine.skip(session.state, _latest(sources, chunk, row, found), found - row)
    if found == stop:
        return stop
    session.take(event_of(sources, chunk, found))
    return found + 1


def _latest(sources: tuple[Source, ...], chunk: Chunk, start: int, stop: int) -> tuple[MarketEvent, ...]:
    """Return the last row of each source between two rows, in order of time."""
    rows: list[int] = []
    for own in chunk.rows_by_source.values():
        place = int(own.searchsorted(stop)) - 1
        if place >= 0 and own[place] >= start:
            rows.append(int(own[place]))
    return tuple(event_of(sources, chunk, row) for row in sorted(rows))


def _number_of(sources: tuple[Source, ...], name: str) -> int:
    return next(i for i, source in enumerate(sources) if source.kind == "quote" and source.name == name)
