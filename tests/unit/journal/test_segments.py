"""A journal keeps what was synced, says what a crash tore, and refuses what is damaged."""

import errno
import os
import signal
import stat
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from hedgerow.core.errors import ConfigError, InputError
from hedgerow.journal import LARGEST_RECORD, Header, Journal, TornTail, mend, read_journal, scan
from hedgerow.journal.framing import FORMAT, MAGIC, find_frame, frame, opening

HEADER = Header(build={"hedgerow": "1"}, config_sha256="00", cpu={"name": "any"}, settings="{}")
RECORDS = [bytes([65 + i]) * (10 + i) for i in range(8)]
FRAME_BYTES = [8 + len(record) for record in RECORDS]
OPENING_BYTES = len(opening(HEADER))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def written(folder: Path, records: list[bytes], segment_bytes: int = 1 << 20) -> Path:
    """Write a journal and return its last segment."""
    with Journal.create(folder, HEADER, segment_bytes=segment_bytes) as journal:
        assert [journal.append(record) for record in records] == list(range(len(records)))
    return sorted(folder.glob("*.journal"))[-1]


def read(folder: Path) -> list[bytes]:
    return list(read_journal(folder).records())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.journal")}


def poke(path: Path, place: int, new: bytes | None = None) -> None:
    """Overwrite bytes, or flip one bit."""
    data = bytearray(path.read_bytes())
    new = bytes([data[place] ^ 1]) if new is None else new
    data[place : place + len(new)] = new
    path.write_bytes(data)


def assert_refused(folder: Path, file: Path, where: str, problem: str) -> None:
    """Reading, mending and resuming name the same file and place, and change nothing."""
    before = contents(folder)

    def read_all() -> None:
        read(folder)

    for attempt in (read_all, lambda: scan(folder), lambda: mend(folder), lambda: Journal.resume(folder)):
        with pytest.raises(ConfigError, match=problem) as caught:
            attempt()
        assert caught.value.file == str(file)
        assert caught.value.field == where
        assert "restore" in str(caught.value)
    assert contents(folder) == before


# What is written is read.


def test_records_come_back_in_order(folder: Path) -> None:
    written(folder, RECORDS)
    recording = read_journal(folder)
    assert list(recording.records()) == RECORDS
    assert list(recording.records()) == RECORDS
    assert (recording.count, recording.torn, recording.header) == (len(RECORDS), None, HEADER)


def test_the_layout_is_as_described(folder: Path) -> None:
    path = written(folder, [b"abc"])
    data = path.read_bytes()
    assert path.name == "000000.journal"
    assert data.startswith(b"HDGROW1\n")
    assert data.endswith(b"\3\0\0\0" + zlib.crc32(b"\3\0\0\0abc").to_bytes(4, "little") + b"abc")
    header_bytes = int.from_bytes(data[8:12], "little")
    assert msgspec.json.decode(data[16 : 16 + header_bytes])["settings"] == "{}"
    assert len(data) == 16 + header_bytes + 8 + 3


def test_an_empty_journal_has_no_records(folder: Path) -> None:
    written(folder, [])
    assert read(folder) == []
    assert scan(folder).count == 0


def test_segments_are_full_but_not_overfull(folder: Path) -> None:
    limit = OPENING_BYTES + FRAME_BYTES[0] + FRAME_BYTES[1]
    written(folder, RECORDS[:2] * 3, segment_bytes=limit)
    assert sorted(contents(folder)) == ["000000.journal", "000001.journal", "000002.journal"]
    assert {len(data) for data in contents(folder).values()} == {limit}
    assert read(folder) == RECORDS[:2] * 3
    extent = scan(folder)
    assert (extent.header.segment, extent.header.first_record, extent.count) == (2, 4, 6)


def test_a_record_larger_than_a_segment_has_one_of_its_own(folder: Path) -> None:
    written(folder, RECORDS[:3], segment_bytes=1)
    assert len(contents(folder)) == 3
    assert read(folder) == RECORDS[:3]


def test_resuming_goes_on_in_the_last_segment(folder: Path) -> None:
    written(folder, RECORDS[:3], segment_bytes=OPENING_BYTES + 50)
    for number, record in enumerate(RECORDS[3:], 3):
        with Journal.resume(folder, segment_bytes=OPENING_BYTES + 50) as journal:
            assert (journal.count, journal.torn) == (number, None)
            assert journal.append(record) == number
            assert journal.count == number + 1
    assert read(folder) == RECORDS
    # Two records of 10 to 17 bytes, and their prefixes, fit into 50 bytes.
    assert len(contents(folder)) == len(RECORDS) / 2


def test_records_are_streamed(folder: Path) -> None:
    record = os.urandom(1 << 14)
    written(folder, [record] * 1000, segment_bytes=4 << 20)
    stream = read_journal(folder).records()
    assert isinstance(stream, Iterator)
    assert not isinstance(stream, list)
    tracemalloc.start()
    count = sum(1 for _ in stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1000
    assert peak < 1 << 20 < 1000 * len(record)


def test_a_reader_does_not_disturb_the_writer(folder: Path) -> None:
    with Journal.create(folder, HEADER) as journal:
        journal.append(b"one")
        journal.sync()
        journal.append(b"two")
        assert read(folder) == [b"one"]
        journal.sync()
        assert read(folder) == [b"one", b"two"]


# What is refused at the door.


@pytest.mark.parametrize("payload", [b"", bytes(LARGEST_RECORD + 1)], ids=["empty", "too large"])
def test_records_that_no_frame_holds_are_refused(folder: Path, payload: bytes) -> None:
    with Journal.create(folder, HEADER) as journal:
        with pytest.raises(InputError, match="a record of"):
            journal.append(payload)
        assert journal.append(b"next") == 0
    assert read(folder) == [b"next"]


def test_the_largest_record_fits(folder: Path) -> None:
    written(folder, [bytes(LARGEST_RECORD), b"next"])
    assert [len(record) for record in read_journal(folder).records()] == [LARGEST_RECORD, 4]


def test_a_journal_is_not_overwritten(folder: Path) -> None:
    written(folder, RECORDS)
    with pytest.raises(ConfigError, match="holds a journal"):
        Journal.create(folder, HEADER)
    assert read(folder) == RECORDS


def test_wrong_arguments_leave_no_journal(folder: Path) -> None:
    with pytest.raises(InputError, match="format 2"):
        Journal.create(folder, msgspec.structs.replace(HEADER, format=FORMAT + 1))
    with pytest.raises(InputError, match="segment_bytes = 0"):
        Journal.create(folder, HEADER, segment_bytes=0)
    with pytest.raises(InputError, match="a record of"):
        Journal.create(folder, msgspec.structs.replace(HEADER, settings="x" * LARGEST_RECORD))
    written(folder, RECORDS)
    with pytest.raises(InputError, match="segment_bytes = -1"):
        Journal.resume(folder, segment_bytes=-1)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"mine")
    for attempt in (lambda: Journal.create(path, HEADER), lambda: Journal.resume(path), lambda: read_journal(path)):
        with pytest.raises(ConfigError):
            attempt()
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("attempt", [Journal.resume, mend, scan, read_journal])
def test_without_a_journal_there_is_nothing_to_read(tmp_path: Path, attempt: Callable[[Path], object]) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigError, match="holds no journal"):
            attempt(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_journal_takes_nothing(folder: Path) -> None:
    journal = Journal.create(folder, HEADER)
    journal.close()
    journal.close()
    for attempt in (lambda: journal.append(b"late"), journal.sync):
        with pytest.raises(InputError, match="closed"):
            attempt()
    assert read(folder) == []


def test_two_writers_are_refused(folder: Path) -> None:
    with Journal.create(folder, HEADER) as journal:
        journal.append(b"mine")
        for attempt in (lambda: Journal.create(folder, HEADER), lambda: Journal.resume(folder), lambda: mend(folder)):
            with pytest.raises(ConfigError, match="another writer") as caught:
                attempt()
            assert str(folder) in str(caught.value)
            assert "stop that one" in str(caught.value)
    with Journal.resume(folder) as journal:
        assert journal.append(b"yours") == 1
        with pytest.raises(ConfigError, match="another writer"):
            Journal.resume(folder)
    assert mend(folder) is None
    assert read(folder) == [b"mine", b"yours"]


# Crashes.

_CHILD = """
import sys
from pathlib import Path
from hedgerow.journal import Header, Journal
header = Header(build={}, config_sha256="", cpu={}, settings="{}")
with Journal.create(Path(sys.argv[1]), header, segment_bytes=2000) as journal:
    while True:
        for _ in range(7):
            number = journal.append(b"record %d " % journal.count * 20)
        journal.sync()
        print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_was_synced(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _CHILD, str(folder)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        synced = [int(child.stdout.readline()) for _ in range(20)]
        with pytest.raises(ConfigError, match="another writer"):
            Journal.resume(folder)
        child.send_signal(signal.SIGKILL)
        synced += [int(line) for line in child.stdout]
    with Journal.resume(folder) as journal:
        assert journal.count > synced[-1]
        journal.append(b"after")
    records = read(folder)
    assert records[-1] == b"after"
    assert records[:-1] == [b"record %d " % i * 20 for i in range(len(records) - 1)]


def test_a_torn_tail_is_told_then_cut_then_followed(folder: Path) -> None:
    path = written(folder, RECORDS)
    whole = path.stat().st_size
    os.truncate(path, whole - 5)
    offset = whole - FRAME_BYTES[-1]
    torn = TornTail(file=path, offset=offset, lost_bytes=FRAME_BYTES[-1] - 5, good_records=len(RECORDS) - 1)
    recording = read_journal(folder)
    assert (recording.torn, recording.count) == (torn, len(RECORDS) - 1)
    assert list(recording.records()) == RECORDS[:-1]
    assert path.stat().st_size == whole - 5, "reading cuts nothing"
    assert mend(folder) == torn
    assert path.stat().st_size == offset
    assert mend(folder) is None
    assert read(folder) == RECORDS[:-1]


def test_resuming_says_what_it_cut(folder: Path) -> None:
    path = written(folder, RECORDS)
    os.truncate(path, path.stat().st_size - 1)
    with Journal.resume(folder) as journal:
        assert journal.torn is not None
        assert journal.torn.lost_bytes == FRAME_BYTES[-1] - 1
        assert journal.append(b"new") == len(RECORDS) - 1
    assert read(folder) == [*RECORDS[:-1], b"new"]
    assert read_journal(folder).torn is None


@pytest.mark.parametrize("tail", [b"\0", bytes(8), bytes(100_000), b"\xff" * 5000, frame(b"half")[:-1], b"\4\0\0\0"])
def test_whatever_a_crash_leaves_behind_is_no_record(folder: Path, tail: bytes) -> None:
    path = written(folder, RECORDS)
    with path.open("ab") as file:
        file.write(tail)
    assert read(folder) == RECORDS
    torn = mend(folder)
    assert torn is not None
    assert (torn.lost_bytes, torn.good_records) == (len(tail), len(RECORDS))
    assert read(folder) == RECORDS


def test_a_flip_in_the_very_last_record_reads_as_a_torn_write(folder: Path) -> None:
    path = written(folder, RECORDS)
    poke(path, path.stat().st_size - 1)
    torn = mend(folder)
    assert torn is not None
    assert torn.lost_bytes == FRAME_BYTES[-1]
    assert read(folder) == RECORDS[:-1]


def test_a_segment_whose_creation_was_interrupted_is_removed(folder: Path) -> None:
    written(folder, RECORDS[:4], segment_bytes=OPENING_BYTES + 50)
    second = folder / "000001.journal"
    third = folder / "000002.journal"
    start = opening(msgspec.structs.replace(HEADER, segment=2, first_record=4))
    for left in [*(start[:size] for size in range(len(start))), bytes(len(start)), start[:-1] + b"?"]:
        third.write_bytes(left)
        torn = TornTail(file=third, offset=0, lost_bytes=len(left), good_records=4)
        assert read_journal(folder).torn == torn
        assert read(folder) == RECORDS[:4]
        assert mend(folder) == torn
        assert not third.exists()
    third.write_bytes(start)
    assert mend(folder) is None, "a whole header without records is no tear"
    third.write_bytes(start[:-1])
    before = second.stat().st_size
    with Journal.resume(folder, segment_bytes=OPENING_BYTES + 100) as journal:
        assert journal.torn is not None
        assert journal.append(RECORDS[4]) == 4
    assert second.stat().st_size == before + FRAME_BYTES[4]
    assert read(folder) == RECORDS[:5]


# Damage.


def test_a_damaged_record_in_the_middle_is_never_cut(folder: Path) -> None:
    path = written(folder, RECORDS)
    whole = path.read_bytes()
    start = OPENING_BYTES + sum(FRAME_BYTES[:3])
    for place in range(start, start + FRAME_BYTES[3]):
        poke(path, place)
        follows = f"record 3 is damaged, and a whole one follows at byte {start + FRAME_BYTES[3]}"
        with pytest.raises(ConfigError, match=follows):
            scan(folder)
        path.write_bytes(whole)
    poke(path, start + 9)
    assert_refused(folder, path, f"byte {start}", "record 3 is damaged")


@pytest.mark.parametrize("length", [0, 1, 200, 100_000, LARGEST_RECORD, 2**32 - 1])
def test_a_damaged_length_hides_nothing(folder: Path, length: int) -> None:
    path = written(folder, [bytes(9000), os.urandom(9000), b"short", b"last"])
    start = OPENING_BYTES + 8 + 9000
    poke(path, start, length.to_bytes(4, "little"))
    assert_refused(folder, path, f"byte {start}", f"follows at byte {start + 8 + 9000}")


def test_a_whole_record_before_a_torn_one_is_found_behind_damage(folder: Path) -> None:
    path = written(folder, RECORDS)
    os.truncate(path, path.stat().st_size - 3)
    start = OPENING_BYTES + sum(FRAME_BYTES[:5])
    poke(path, start)
    assert_refused(folder, path, f"byte {start}", "record 5 is damaged")


def test_reading_yields_what_is_good_before_it_refuses(folder: Path) -> None:
    path = written(folder, RECORDS)
    poke(path, OPENING_BYTES + sum(FRAME_BYTES[:3]))
    stream = read_journal(folder).records()
    assert [next(stream) for _ in range(3)] == RECORDS[:3]
    with pytest.raises(ConfigError, match="record 3"):
        next(stream)


def test_only_the_last_segment_may_be_torn(folder: Path) -> None:
    written(folder, RECORDS, segment_bytes=OPENING_BYTES + 50)
    second = folder / "000001.journal"
    whole = second.read_bytes()
    second.write_bytes(whole[:-1])
    assert_refused(folder, second, f"byte {OPENING_BYTES + FRAME_BYTES[2]}", "record 3 is damaged, and segments follow")
    second.write_bytes(whole[: -FRAME_BYTES[3]])
    assert_refused(folder, folder / "000002.journal", "header", "starts at record 4, but 3 lie in the segments before")
    second.write_bytes(whole[: OPENING_BYTES - 1])
    assert_refused(folder, second, "byte 0", "header is damaged")


@pytest.mark.parametrize("gone", ["000000.journal", "000001.journal", "000002.journal"])
def test_a_missing_segment_is_noticed(folder: Path, gone: str) -> None:
    written(folder, RECORDS, segment_bytes=OPENING_BYTES + 50)
    (folder / gone).unlink()
    with pytest.raises(ConfigError, match="missing") as caught:
        read_journal(folder)
    assert caught.value.file == str(folder / gone)
    assert_refused(folder, folder / gone, "", "this segment is missing")


def test_a_renamed_segment_does_not_close_the_gap(folder: Path) -> None:
    written(folder, RECORDS, segment_bytes=OPENING_BYTES + 50)
    (folder / "000003.journal").rename(folder / "000002.journal")
    assert_refused(folder, folder / "000002.journal", "header", "it is segment 3 of another journal, or misplaced")


def test_a_segment_of_another_journal_is_noticed(folder: Path, tmp_path: Path) -> None:
    other = msgspec.structs.replace(HEADER, settings="[]")
    written(folder, RECORDS, segment_bytes=OPENING_BYTES + 50)
    with Journal.create(tmp_path / "other", other, segment_bytes=OPENING_BYTES + 50) as journal:
        for record in RECORDS:
            journal.append(record)
    (tmp_path / "other" / "000001.journal").replace(folder / "000001.journal")
    assert_refused(folder, folder / "000001.journal", "header", "segment 1 of another journal")


def test_a_damaged_magic_word_or_header_is_refused(folder: Path) -> None:
    written(folder, RECORDS, segment_bytes=OPENING_BYTES + 50)
    for path in sorted(folder.glob("*.journal")):
        whole = path.read_bytes()
        for place, problem in ((0, "does not start as"), (len(MAGIC) + 20, "header is damaged")):
            poke(path, place)
            assert_refused(folder, path, "byte 0", problem)
            path.write_bytes(whole)
    assert read(folder) == RECORDS


def test_the_only_segment_is_never_removed(folder: Path) -> None:
    path = written(folder, [])
    for size in range(OPENING_BYTES):
        os.truncate(path, size)
        with pytest.raises(ConfigError, match=r"byte 0.*if creating it was interrupted, it holds nothing"):
            mend(folder)
        assert path.stat().st_size == size
        path.write_bytes(opening(HEADER))


@pytest.mark.parametrize(
    ("first", "field", "problem"),
    [
        (msgspec.json.encode(msgspec.structs.replace(HEADER, format=2)), "header.format", "reads format 1"),
        (b'{"format":1}', "header", "intact but not a header"),
        (b"[1]", "header", "intact but not a header"),
        (b"not JSON", "header", "intact but not a header"),
    ],
)
def test_other_headers_are_refused(folder: Path, first: bytes, field: str, problem: str) -> None:
    folder.mkdir()
    (folder / "000000.journal").write_bytes(MAGIC + frame(first))
    with pytest.raises(ConfigError, match=problem) as caught:
        read_journal(folder)
    assert caught.value.field == field


def test_long_frames_are_found_as_short_ones_are() -> None:
    for size in (1, 4095, 4096, 4097, 65_535, 65_536, 70_001, 1_000_003):
        data = b"\1\1\0\0" * 1000 + frame(os.urandom(size)) + bytes(10)
        assert find_frame(data, 0) == 4000
        assert find_frame(data[:-11], 0) is None
        assert find_frame(data, 4001) is None


# The disk refuses, or somebody interrupts.


class Disk:
    """A disk on which so many bytes are left, or whose cache cannot be written out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        self.syncs: list[str] = []
        self.can_sync = True
        self.error: type[BaseException] | None = None
        self._pwrite, self._fsync = os.pwrite, os.fsync
        monkeypatch.setattr(os, "pwrite", self.pwrite)
        monkeypatch.setattr(os, "fsync", self.fsync)

    def pwrite(self, handle: int, data: memoryview, place: int) -> int:
        if self.room == 0:
            if self.error is not None:
                raise self.error
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self._pwrite(handle, data[: self.room], place)
        self.room -= count
        return count

    def fsync(self, handle: int) -> None:
        if not self.can_sync:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        self.syncs.append("folder" if is_folder else "file")
        self._fsync(handle)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch, 1 << 40)


@pytest.mark.parametrize("room", [0, 1, 7, 8, FRAME_BYTES[2], FRAME_BYTES[2] + 3])
def test_a_full_disk_poisons_the_writer_and_keeps_what_was_durable(folder: Path, disk: Disk, room: int) -> None:
    journal = Journal.create(folder, HEADER)
    for record in RECORDS[:2]:
        journal.append(record)
    journal.sync()
    for record in RECORDS[2:]:
        journal.append(record)
    disk.room = room
    with pytest.raises(OSError, match="No space left") as first:
        journal.sync()
    assert first.value.filename == str(folder / "000000.journal")
    disk.room = 1 << 40
    for attempt in (lambda: journal.append(b"later"), journal.sync, journal.close):
        with pytest.raises(OSError, match=r"No space left.*000000\.journal") as again:
            attempt()
        assert again.value.errno == errno.ENOSPC
    torn = mend(folder)
    kept = 3 if room >= FRAME_BYTES[2] else 2
    assert (torn.lost_bytes if torn else 0) == room - sum(FRAME_BYTES[2:kept])
    assert read(folder) == RECORDS[:kept]
    with Journal.resume(folder) as journal:
        journal.append(b"later")
    assert read(folder) == [*RECORDS[:kept], b"later"]


def test_a_disk_that_fills_while_the_buffer_empties_is_told_at_append(folder: Path, disk: Disk) -> None:
    journal = Journal.create(folder, HEADER)
    disk.room = 1000
    with pytest.raises(OSError, match="No space left"):
        journal.append(bytes(2 << 20))
    with pytest.raises(OSError, match="No space left"):
        journal.close()
    assert read(folder) == []


def test_a_disk_that_fills_at_a_new_segment_keeps_the_old_one(folder: Path, disk: Disk) -> None:
    journal = Journal.create(folder, HEADER, segment_bytes=OPENING_BYTES + 50)
    for record in RECORDS[:2]:
        journal.append(record)
    disk.room = FRAME_BYTES[0] + FRAME_BYTES[1] + 10
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            journal.append(RECORDS[2])
    with pytest.raises(OSError, match="No space left"):
        journal.close()
    assert mend(folder) is None
    assert read(folder) == RECORDS[:2]


def test_a_journal_that_does_not_fit_is_not_there(folder: Path, disk: Disk) -> None:
    disk.room = 20
    with pytest.raises(OSError, match="No space left"):
        Journal.create(folder, HEADER)
    disk.room = 1 << 40
    written(folder, RECORDS)
    assert read(folder) == RECORDS


def test_a_cache_that_cannot_be_written_out_poisons_too(folder: Path, disk: Disk) -> None:
    journal = Journal.create(folder, HEADER)
    journal.append(b"one")
    disk.can_sync = False
    with pytest.raises(OSError, match="Input/output error"):
        journal.sync()
    disk.can_sync = True
    with pytest.raises(OSError, match="Input/output error"):
        journal.sync()
    with pytest.raises(OSError, match="Input/output error"):
        journal.close()


def test_a_failing_close_hides_no_earlier_error(folder: Path, disk: Disk) -> None:
    def fail() -> None:
        with Journal.create(folder, HEADER) as journal:
            journal.append(b"one")
            disk.room = 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fail()
    assert "No space left" in caught.value.__notes__[0]
    with pytest.raises(OSError, match="No space left"), Journal.resume(folder) as journal:
        journal.append(b"one")
    assert mend(folder) is None, "the lock is free"


def test_an_interrupted_write_is_not_written_twice(folder: Path, disk: Disk) -> None:
    disk.error = KeyboardInterrupt
    with Journal.create(folder, HEADER) as journal:
        for record in RECORDS:
            journal.append(record)
        disk.room = sum(FRAME_BYTES[:3]) + 4
        with pytest.raises(KeyboardInterrupt):
            journal.sync()
        disk.room = 1 << 40
        journal.append(b"last")
    assert read(folder) == [*RECORDS, b"last"]


def test_an_interrupted_new_segment_is_started_again(folder: Path, disk: Disk) -> None:
    disk.error = KeyboardInterrupt
    with Journal.create(folder, HEADER, segment_bytes=OPENING_BYTES + 50) as journal:
        journal.append(RECORDS[0])
        journal.sync()
        disk.room = 30
        with pytest.raises(KeyboardInterrupt):
            journal.append(bytes(100))
        disk.room = 1 << 40
        assert journal.append(b"fits into the old one") == 1
    assert read(folder) == [RECORDS[0], b"fits into the old one"]
    assert len(contents(folder)) == 2


def test_small_records_wait_in_memory_until_they_are_many(folder: Path, disk: Disk) -> None:
    path = folder / "000000.journal"
    with Journal.create(folder, HEADER) as journal:
        disk.syncs.clear()
        record = bytes(1000)
        while path.stat().st_size == OPENING_BYTES:
            journal.append(record)
        assert 1 << 20 <= journal.count * 1008 < (1 << 20) + 1008
        assert path.stat().st_size == OPENING_BYTES + journal.count * 1008
        assert disk.syncs == []
        journal.sync()
        assert disk.syncs == ["file"]
        journal.sync()
        assert disk.syncs == ["file"], "nothing new, nothing to do"


def test_the_old_segment_is_durable_before_the_new_one_exists(folder: Path, disk: Disk) -> None:
    with Journal.create(folder, HEADER, segment_bytes=OPENING_BYTES + 50) as journal:
        assert disk.syncs == ["folder", "file", "folder"], "the folder's own name, the header, the file's name"
        journal.append(RECORDS[0])
        journal.append(RECORDS[1])
        disk.syncs.clear()
        journal.append(RECORDS[2])
        assert disk.syncs == ["file", "file", "folder"], "the old segment, the new header, the new name"


def test_what_is_cut_stays_cut(folder: Path, disk: Disk) -> None:
    path = written(folder, RECORDS)
    os.truncate(path, path.stat().st_size - 1)
    (folder / "000001.journal").write_bytes(b"")
    disk.syncs.clear()
    with pytest.raises(ConfigError, match="segments follow"):
        mend(folder)
    assert disk.syncs == []
    (folder / "000001.journal").unlink()
    mend(folder)
    assert disk.syncs == ["file"]
    (folder / "000001.journal").write_bytes(b"")
    mend(folder)
    assert disk.syncs == ["file", "folder"]


def test_what_an_earlier_process_left_in_the_cache_is_synced_too(folder: Path, disk: Disk) -> None:
    written(folder, RECORDS)
    with Journal.resume(folder) as journal:
        disk.syncs.clear()
        journal.sync()
        assert disk.syncs == ["file"]
