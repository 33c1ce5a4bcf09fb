"""Whatever happens to a journal's bytes, it gives back what was written, in order, or refuses.

The oracle never reads a file: it knows from the lengths of the records where each of them must lie.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import ConfigError
from hedgerow.journal import Header, Journal, mend, read_journal, scan
from hedgerow.journal.framing import find_frame, frame, opening

HEADER = Header(build={}, config_sha256="", cpu={}, settings='{"a": [0, 1]}')

PAYLOADS = st.binary(min_size=1, max_size=40) | st.integers(1, 300).map(bytes)
RECORDS = st.lists(PAYLOADS, min_size=1, max_size=10)
SEGMENT_BYTES = st.sampled_from([1, 250, 400, 1 << 20])

Files: TypeAlias = dict[Path, bytes]


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "journal"


def written(folder: Path, records: list[bytes], segment_bytes: int) -> Files:
    with Journal.create(folder, HEADER, segment_bytes=segment_bytes) as journal:
        for record in records:
            journal.append(record)
    return contents(folder)


def contents(folder: Path) -> Files:
    return {path: path.read_bytes() for path in sorted(folder.glob("*.journal"))}


def ends_in_last(files: Files, records: list[bytes]) -> tuple[int, list[int]]:
    """Return how many records lie in earlier segments, and where each one of the last segment ends."""
    size = len(list(files.values())[-1])
    ends: list[int] = []
    rest = size
    first = len(records)
    is_only = len(files) == 1
    # Walking back from the end: in front of the first record there is nothing but the opening.
    for record in reversed(records):
        if not is_only and rest - 8 - len(record) < opening_bytes(len(files) - 1, first - 1):
            break
        ends.insert(0, rest)
        rest -= 8 + len(record)
        first -= 1
    assert rest == opening_bytes(len(files) - 1, first)
    return first, ends


def opening_bytes(segment: int, first_record: int) -> int:
    bare = len(opening(HEADER)) - 2
    return bare + len(str(segment)) + len(str(first_record))


def outcome(folder: Path) -> list[bytes] | None:
    """Return the records, or None if the journal is refused."""
    try:
        recording = read_journal(folder)
        records = list(recording.records())
    except ConfigError:
        return None
    assert recording.count == len(records)
    return records


@given(RECORDS, SEGMENT_BYTES)
def test_what_is_written_is_read(records: list[bytes], segment_bytes: int) -> None:
    with new_folder() as folder:
        files = written(folder, records, segment_bytes)
        assert outcome(folder) == records
        assert scan(folder).torn is None
        for number, data in enumerate(files.values()):
            assert len(data) <= segment_bytes or scan(folder).count >= number + 1


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=8), SEGMENT_BYTES)
def test_cut_anywhere_all_records_before_the_cut_stay(records: list[bytes], segment_bytes: int) -> None:
    with new_folder() as folder:
        files = written(folder, records, segment_bytes)
        path = list(files)[-1]
        first, ends = ends_in_last(files, records)
        start = opening_bytes(len(files) - 1, first)
        # The last three records, and the opening if there are no more in this segment.
        oldest = ([start, *ends])[-4:][0] if len(ends) >= 3 else (0 if first else start)
        for size in range(oldest, len(files[path])):
            path.write_bytes(files[path][:size])
            kept = first + sum(end <= size for end in ends)
            good = max((end for end in [start, *ends] if end <= size), default=0)
            extent = scan(folder)
            assert extent.count == kept
            lost = None if size == good > 0 else (path, good, size - good, kept)
            torn = extent.torn
            assert (torn and (torn.file, torn.offset, torn.lost_bytes, torn.good_records)) == lost
            assert list(read_journal(folder).records()) == records[:kept]


@given(RECORDS, RECORDS, SEGMENT_BYTES, st.data())
def test_after_a_tear_the_journal_goes_on(
    records: list[bytes], more: list[bytes], segment_bytes: int, data: st.DataObject
) -> None:
    with new_folder() as folder:
        files = written(folder, records, segment_bytes)
        path = list(files)[-1]
        first, ends = ends_in_last(files, records)
        lowest = 0 if first else opening_bytes(0, 0)
        size = data.draw(st.integers(lowest, len(files[path])))
        junk = data.draw(st.sampled_from([b"", bytes(50), b"\xff" * 50]))
        path.write_bytes(files[path][:size] + (junk if size >= opening_bytes(len(files) - 1, first) else b""))
        kept = first + sum(end <= size for end in ends)
        # A zero behind the cut may be the very byte that was cut.
        with Journal.resume(folder, segment_bytes=segment_bytes) as journal:
            recovered = journal.count
            assert kept <= recovered <= kept + (junk == bytes(50)) * len(records)
            assert [journal.append(record) for record in more] == list(range(recovered, recovered + len(more)))
        assert outcome(folder) == [*records[:recovered], *more]


@given(RECORDS, SEGMENT_BYTES, st.data())
def test_one_changed_byte_is_refused_or_was_in_the_last_record(
    records: list[bytes], segment_bytes: int, data: st.DataObject
) -> None:
    with new_folder() as folder:
        files = written(folder, records, segment_bytes)
        path = data.draw(st.sampled_from(list(files)))
        place = data.draw(st.integers(0, len(files[path]) - 1))
        change = data.draw(st.integers(1, 255))
        damaged = bytearray(files[path])
        damaged[place] ^= change
        path.write_bytes(damaged)
        _, ends = ends_in_last(files, records)
        is_last = path == list(files)[-1] and place >= ends[-1] - len(records[-1]) - 8
        assert outcome(folder) == (records[:-1] if is_last else None)


@given(RECORDS, SEGMENT_BYTES, st.data())
def test_any_damage_leaves_a_beginning_or_is_refused_untouched(
    records: list[bytes], segment_bytes: int, data: st.DataObject
) -> None:
    with new_folder() as folder:
        files = written(folder, records, segment_bytes)
        for _ in range(data.draw(st.integers(1, 4))):
            path = data.draw(st.sampled_from(list(files)))
            new = data.draw(st.binary(min_size=1, max_size=20) | st.integers(1, 400).map(bytes))
            damaged = bytearray(path.read_bytes())
            place = data.draw(st.integers(0, len(damaged)))
            damaged[place : place + len(new)] = new
            path.write_bytes(damaged)
        before = contents(folder)
        read = outcome(folder)
        if read is None:
            try:
                mend(folder)
            except ConfigError:
                assert contents(folder) == before
                return
            raise AssertionError("what cannot be read was mended")
        assert read == records[: len(read)]
        torn = mend(folder)
        assert (torn is None) == (contents(folder) == before)
        assert outcome(folder) == read
        assert mend(folder) is None


ACTIONS = st.lists(PAYLOADS | st.sampled_from(["sync", "close", "crash"]), max_size=30)


@given(ACTIONS, SEGMENT_BYTES, st.data())
def test_what_was_synced_outlives_every_crash(
    actions: list[bytes | str], segment_bytes: int, data: st.DataObject
) -> None:
    with new_folder() as folder:
        model: list[bytes] = []
        durable = 0
        journal = Journal.create(folder, HEADER, segment_bytes=segment_bytes)
        for action in actions:
            if isinstance(action, bytes):
                assert journal.append(action) == len(model)
                model.append(action)
                durable = max(durable, journal.header.first_record)  # a new segment means that the old one is synced
                continue
            if action == "sync":
                journal.sync()
                durable = len(model)
                continue
            journal.close()
            if action == "crash":
                files = contents(folder)
                first, ends = ends_in_last(files, model)
                safe = ends[durable - first - 1] if durable > first else opening_bytes(len(files) - 1, first)
                path = list(files)[-1]
                os.truncate(path, data.draw(st.integers(safe, len(files[path]))))
            journal = Journal.resume(folder, segment_bytes=segment_bytes)
            assert durable <= journal.count <= len(model)
            assert action == "crash" or journal.count == len(model)
            model = model[: journal.count]
            durable = len(model)
        journal.close()
        assert outcome(folder) == model


SIZES = st.integers(1, 30) | st.integers(4090, 4110) | st.just(9000)
PIECES = st.lists(st.tuples(st.sampled_from(["bare", "whole", "headless", "torn"]), PAYLOADS | SIZES), max_size=6)


@given(PIECES, st.integers(0, 40))
def test_frames_are_found_as_trying_every_place_finds_them(pieces: list[tuple[str, bytes | int]], start: int) -> None:
    data = b""
    for kind, content in pieces:
        payload = content if isinstance(content, bytes) else b"x" * content
        whole = frame(payload)
        data += {"bare": payload, "whole": whole, "headless": whole[1:], "torn": whole[:-1]}[kind]

    def is_frame(place: int) -> bool:
        length = int.from_bytes(data[place : place + 4], "little")
        payload = data[place + 8 : place + 8 + length]
        return 0 < len(payload) == length and data[place : place + 8 + length] == frame(payload)

    assert find_frame(data, start) == next(filter(is_frame, range(start, len(data))), None)


@given(RECORDS)
def test_lengths_add_up(records: list[bytes]) -> None:
    with new_folder() as folder:
        (data,) = written(folder, records, 1 << 20).values()
        ends = list(accumulate((8 + len(record) for record in records), initial=opening_bytes(0, 0)))
        assert len(data) == ends[-1]
        assert ends_in_last({folder: data}, records) == (0, ends[1:])
