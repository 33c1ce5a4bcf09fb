"""A journal alone gives every decision again; a run that was cut off ends as if it never had been; a forged one shows.

The oracle is the run itself: what it decided and where it ended was kept in memory, not read from the journal.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hedgerow.backtesting import Session, run_loop
from hedgerow.backtesting.recording import open_record
from hedgerow.core.errors import ConfigError
from hedgerow.events import Decision, Record, decode, encode
from hedgerow.journal import Journal, machine_header, read_journal, replay
from seam_worlds import NAMED_POLICIES, World, worlds

HALF = settings(max_examples=max(1, settings().max_examples // 2))
"""Each example writes, replays and compares a whole journal."""

# The settings stand in the header as text, so only policies that a study can name are replayed.
WORLDS = worlds(policies=NAMED_POLICIES, longest=40)


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "journal"


def recorded(world: World, folder: Path) -> tuple[Session, list[Record]]:
    """Run a world through the door that backtests use."""
    seen: list[Record] = []
    with open_record(folder, world.settings, lambda _: None) as write:
        assert write is not None

        def both(record: Record) -> None:
            seen.append(record)
            write(record)

        session = world.run(run_loop, write=both)
    return session, seen


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.journal"))}


def write_anew(folder: Path, world: World, records: list[Record]) -> None:
    header = machine_header(msgspec.json.encode(world.settings).decode())
    with Journal.create(folder, header) as journal:
        for record in records:
            journal.append(encode(record))


@HALF
@given(WORLDS)
def test_a_journal_replays_to_the_same_decisions_and_the_same_ledger(world: World) -> None:
    with new_folder() as folder:
        session, seen = recorded(world, folder)
        assert [decode(payload) for payload in read_journal(folder).records()] == seen
        again = replay(folder)
        assert (again.divergence, again.torn) == (None, None)
        assert (again.same_build, again.same_cpu) == (True, True)
        assert again.decisions == session.decisions
        assert again.events == len(seen) - session.decisions == session.state.seq
        assert list(again.trades) == [
            record for record in seen if isinstance(record, Decision) and record.action == "trade"
        ]
        assert again.state == session.state


@HALF
@given(WORLDS, st.data())
def test_a_run_that_was_cut_off_ends_in_the_identical_journal(world: World, data: st.DataObject) -> None:
    with new_folder() as folder:
        session, seen = recorded(world, folder)
        whole = contents(folder)
        (name,) = whole
        size = len(whole[name])
        opening = size - sum(8 + len(encode(record)) for record in seen)
        (folder / name).write_bytes(whole[name][: data.draw(st.integers(opening, size))])
        resumed, again = recorded(world, folder)
        assert contents(folder) == whole
        assert again == seen
        assert resumed.decisions_hash == session.decisions_hash
        assert resumed.state == session.state


def flipped(decision: Decision, data: st.DataObject) -> Decision:
    """Change one field, to something that it is not."""
    fields: dict[str, Any] = {
        "seq": decision.seq + 1,
        "known_ns": decision.known_ns - 1,
        "action": "wait" if decision.action == "trade" else "trade",
        "reason": decision.reason + ".",
        "target_lots": decision.target_lots + 1,
        "commands": () if decision.commands else decision.commands,
        "below": 1.0 if decision.below != 1.0 else 2.0,
        "above": 1.0 if decision.above != 1.0 else 2.0,
        "at_ns": decision.at_ns - 1,
        "at_block": decision.at_block - 1,
    }
    if not decision.commands:
        del fields["commands"]
    name = data.draw(st.sampled_from(sorted(fields)))
    return msgspec.structs.replace(decision, **{name: fields[name]})


@HALF
@given(WORLDS, st.data())
def test_one_changed_field_of_one_decision_is_named(world: World, data: st.DataObject) -> None:
    with new_folder() as folder:
        _, seen = recorded(world, folder)
        places = [i for i, record in enumerate(seen) if isinstance(record, Decision)]
        place = data.draw(st.sampled_from(places))
        true = seen[place]
        assert isinstance(true, Decision)
        forged = flipped(true, data)
        write_anew(folder.with_name("forged"), world, [*seen[:place], forged, *seen[place + 1 :]])
        found = replay(folder.with_name("forged")).divergence
        assert found is not None
        assert (found.record, found.recorded, found.replayed) == (place, forged, true)
        # Whoever continues such a journal is told the number of the record, too.
        with pytest.raises(ConfigError, match=f"record {place} is not what this run does"):
            recorded(world, folder.with_name("forged"))


@HALF
@given(WORLDS, st.data())
def test_a_decision_that_is_missing_or_stands_twice_is_named(world: World, data: st.DataObject) -> None:
    with new_folder() as folder:
        _, seen = recorded(world, folder)
        places = [i for i, record in enumerate(seen[:-1]) if isinstance(record, Decision)]
        assume(places)
        place = data.draw(st.sampled_from(places))
        write_anew(folder.with_name("missing"), world, seen[:place] + seen[place + 1 :])
        found = replay(folder.with_name("missing")).divergence
        assert found is not None
        assert (found.record, found.recorded, found.replayed) == (place, None, seen[place])
        write_anew(folder.with_name("twice"), world, seen[: place + 1] + seen[place:])
        found = replay(folder.with_name("twice")).divergence
        assert found is not None
        assert (found.record, found.recorded, found.replayed) == (place + 1, seen[place], None)
