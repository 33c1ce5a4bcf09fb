"""From a journal alone to every decision again, and whether each one is the same, byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hedgerow.core.errors import ConfigError, HedgerowError, InputError
from hedgerow.engine import Engine, EngineSettings, EngineState
from hedgerow.events import Decision, Event, decode, encode
from hedgerow.journal.build import machine_header
from hedgerow.journal.framing import Header
from hedgerow.journal.reading import TornTail, read_journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Where a replay first differs.

    Parameters
    ----------
    record : int
        Number of the record. [0-based]
    recorded, replayed : Decision or None
        What stands there and what came out; None for nothing.
    """

    record: int
    recorded: Decision | None
    replayed: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A replayed journal.

    Parameters
    ----------
    folder : Path
        Which one.
    header : Header
        Build, settings and processor that wrote it.
    same_build, same_cpu : bool
        Whether this build and this processor are the same: only then bytes must be.
    events, decisions : int
        How many. [count]
    trades : tuple of Decision
        Decisions to trade.
    divergence : Divergence or None
        The first difference, None if every decision is the same.
    torn : TornTail or None
        What a crash left at the end; it was not read.
    state : EngineState
        The state after the last event.
    """

    folder: Path
    header: Header
    same_build: bool
    same_cpu: bool
    events: int
    decisions: int
    trades: tuple[Decision, ...]
    divergence: Divergence | None
    torn: TornTail | None
    state: EngineState


def replay(folder: str | Path) -> Replay:
    """Feed a journal's events to a fresh engine, and hold its decisions against the recorded ones.

    Parameters
    ----------
    folder : str or Path
        A journal.

    Returns
    -------
    Replay
        Counts, the first difference if there is one, and the state at the end. [as its fields]

    Raises
    ------
    ConfigError
        If there is no journal, it is damaged, or its header holds no settings of an engine.
    """
    recording = read_journal(Path(folder))
    header = recording.header
    engine = Engine(_settings(Path(folder), header))
    state, pending = engine.start(), None
    events = decisions = 0
    trades: list[Decision] = []
    divergence: Divergence | None = None
    for number, record in enumerate(_records(Path(folder), recording.records())):
        if isinstance(record, Decision):
            decisions += 1
            trades += [record] if record.action == "trade" else []
            if divergence is None and (pending is None or encode(pending) != encode(record)):
                divergence = Divergence(record=number, recorded=record, replayed=pending)
            pending = None
            continue
        if divergence is None and pending is not None:
            divergence = Divergence(record=number, recorded=None, replayed=pending)
        events += 1
        state = _step(Path(folder), engine, state, record, number)
        pending = state.decision
    here = machine_header(header.settings)
    return Replay(
        folder=Path(folder),
        header=header,
        same_build=here.build == header.build,
        same_cpu=here.cpu == header.cpu,
        events=events,
        decisions=decisions,
        trades=tuple(trades),
        divergence=divergence,
        torn=recording.torn,
        state=state,
    )


def _settings(folder: Path, header: Header) -> EngineSettings:
    try:
        return msgspec.json.decode(header.settings, type=EngineSettings)
    except (msgspec.ValidationError, InputError) as error:
        advice = "replay it with the build that wrote it"
        raise ConfigError(str(folder), "header", f"settings of another kind of engine: {error}", advice) from None


def _records(folder: Path, payloads: Iterator[bytes]) -> Iterator[Event | Decision]:
    for number, payload in enumerate(payloads):
        try:
            yield decode(payload)
        except InputError as error:
            raise ConfigError(str(folder), f"record {number}", error.problem, error.advice) from None


def _step(folder: Path, engine: Engine, state: EngineState, event: Event, number: int) -> EngineState:
    try:
        return engine.step(state, event)[0]
    except HedgerowError as error:
        advice = "it was not written by this engine"
        raise ConfigError(str(folder), f"record {number}", error.problem, advice) from None
