"""Writing a journal: appending to segment files, and going on after a crash.

A record is durable once ``sync`` has returned. A failed write poisons the writer: after it nobody knows what the disk
holds, so nothing more is written, and the next ``resume`` looks.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, final

import msgspec

from hedgerow.core.errors import ConfigError, InputError
from hedgerow.journal.disk import create_file, locked, segment_numbers, segment_path, sync_folder, truncate, write_at
from hedgerow.journal.framing import FORMAT, Header, frame, opening
from hedgerow.journal.reading import Extent, TornTail, scan

_SEGMENT_BYTES: Final = 64 << 20
_BUFFER_BYTES: Final = 1 << 20


def mend(folder: Path) -> TornTail | None:
    """Cut the torn tail that a crash left, and nothing else.

    Parameters
    ----------
    folder : Path
        The journal.

    Returns
    -------
    TornTail or None
        What was cut. [bytes]

    Raises
    ------
    ConfigError
        If there is no journal, somebody writes to it, a segment is missing, or there is damage: then nothing is cut.
    OSError
        If the file cannot be cut.
    """
    with _resumed(folder) as extent:
        return extent.torn


@final
class Journal:
    """The one writer of a journal, in one thread; ``create`` and ``resume`` make it.

    Parameters
    ----------
    lock : ExitStack
        Closed together with the writer.
    file : file
        The last segment.
    extent : Extent
        How far the journal is good; nothing lies behind that.
    segment_bytes : int
        Size above which a new segment is started. [bytes]
    """

    def __init__(self, lock: contextlib.ExitStack, file: io.FileIO, extent: Extent, segment_bytes: int) -> None:
        self._lock, self._file, self._header = lock, file, extent.header
        self._torn, self._count, self._written = extent.torn, extent.count, extent.end
        self._durable = -1  # what an earlier process wrote may still be in the cache alone
        self._segment_bytes = self._room = segment_bytes
        self._buffer = bytearray()
        self._failure: OSError | None = None

    @classmethod
    def create(cls, folder: Path, header: Header, *, segment_bytes: int = _SEGMENT_BYTES) -> "Journal":
        """Start a journal.

        Parameters
        ----------
        folder : Path
            Made if it is not there.
        header : Header
            What a replay needs to know; segment and first record are filled in.
        segment_bytes : int
            Size above which a new segment is started. [bytes]

        Returns
        -------
        Journal
            The writer. [bytes]

        Raises
        ------
        ConfigError
            If the folder holds a journal, or is a file.
        InputError
            If the header is of another format or too large, or the size is not positive.
        OSError
            If the disk refuses; then no journal is left there.
        """
        _check_size(segment_bytes)
        if header.format != FORMAT:
            raise InputError(f"a header of format {header.format}", f"this version writes format {FORMAT}")
        first = msgspec.structs.replace(header, segment=0, first_record=0)
        if folder.exists() and not folder.is_dir():
            raise ConfigError(str(folder), "", "is a file", "name a folder")
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            undo.enter_context(locked(folder))
            if segment_numbers(folder):
                raise ConfigError(str(folder), "", "holds a journal", "resume it, or name another folder")
            extent = Extent(header=first, count=0, end=len(opening(first)), torn=None)
            sync_folder(folder.parent)
            file = _start_segment(folder, first)
            return cls(undo.pop_all(), file, extent, segment_bytes)

    @classmethod
    def resume(cls, folder: Path, *, segment_bytes: int = _SEGMENT_BYTES) -> "Journal":
        """Cut the torn tail, if there is one, and go on behind the last good record.

        Parameters
        ----------
        folder : Path
            The journal.
        segment_bytes : int
            Size above which a new segment is started. [bytes]

        Returns
        -------
        Journal
            The writer. [bytes]

        Raises
        ------
        ConfigError
            If there is no journal, somebody writes to it, a segment is missing, or there is damage.
        InputError
            If the size is not positive.
        OSError
            If the disk refuses.
        """
        _check_size(segment_bytes)
        with contextlib.ExitStack() as undo:
            extent = undo.enter_context(_resumed(folder))
            file = segment_path(folder, extent.header.segment).open("r+b", buffering=0)
            return cls(undo.pop_all(), file, extent, segment_bytes)

    @property
    def header(self) -> Header:
        """The header of the segment that is written. [as its fields say]"""
        return self._header

    @property
    def count(self) -> int:
        """The number of records, those in the buffer included. [count]"""
        return self._count

    @property
    def torn(self) -> TornTail | None:
        """What ``resume`` cut. [bytes]"""
        return self._torn

    def append(self, payload: bytes) -> int:
        """Add a record; it is durable once ``sync`` has returned.

        Parameters
        ----------
        payload : bytes
            The record. [bytes]

        Returns
        -------
        int
            Its number in the whole journal. [0-based]

        Raises
        ------
        InputError
            If the payload is empty or too large, or the journal is closed.
        OSError
            If the disk refuses, or did so before.
        """
        with self._guarded():
            framed = frame(payload)
            size = self._written + len(self._buffer) + len(framed)
            if size > self._room and self._count > self._header.first_record:
                self._rotate()
            self._buffer += framed
            self._count += 1
            if len(self._buffer) >= _BUFFER_BYTES:
                self._flush()
            return self._count - 1

    def sync(self) -> None:
        """Return once all records are durable.

        Raises
        ------
        InputError
            If the journal is closed.
        OSError
            If the disk refuses, or did so before: what was not durable yet may be lost.
        """
        with self._guarded():
            self._flush()
            if self._durable != self._written:
                os.fsync(self._file.fileno())
                self._durable = self._written

    def close(self) -> None:
        """Make all records durable and let others write; closing twice does no harm.

        Raises
        ------
        OSError
            If the disk refuses, or did so before; the lock is released nevertheless.
        """
        if self._file.closed:
            return
        try:
            self.sync()
        finally:
            self._file.close()
            self._lock.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except OSError as failure:
            if error is None:
                raise
            error.add_note(f"the journal could not be closed either: {failure}")

    @property
    def _path(self) -> Path:
        return Path(str(self._file.name))

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Refuse whatever follows a failed write in the same way."""
        if self._file.closed:
            raise InputError(f"{self._path}: the journal is closed", "resume it")
        if self._failure is not None:
            raise OSError(self._failure.errno, self._failure.strerror, self._failure.filename) from self._failure
        try:
            yield
        except OSError as failure:
            failure.filename = failure.filename or str(self._path)
            self._failure = failure
            raise

    def _flush(self) -> None:
        data = bytes(self._buffer)
        write_at(self._file, data, self._written)
        # One statement: an interrupt in between would write the same records a second time.
        self._written, self._buffer = self._written + len(data), bytearray()

    def _rotate(self) -> None:
        # The old segment is durable before the new one exists: only the last one can be torn.
        self.sync()
        self._room = 0  # were the next line interrupted, nothing more may go into the old segment
        header = msgspec.structs.replace(self._header, segment=self._header.segment + 1, first_record=self._count)
        file, size, old = _start_segment(self._path.parent, header), len(opening(header)), self._file
        self._file, self._header, self._room = file, header, self._segment_bytes
        self._written = self._durable = size
        old.close()


@contextlib.contextmanager
def _resumed(folder: Path) -> Iterator[Extent]:
    """Lock a journal and cut its torn tail."""
    if not segment_numbers(folder):
        scan(folder)  # says what is missing, and leaves no lock in a folder that is no journal
    with locked(folder):
        extent = scan(folder)
        if extent.torn is not None and extent.torn.offset == 0:
            extent.torn.file.unlink()
            sync_folder(folder)
        elif extent.torn is not None:
            truncate(extent.torn.file, extent.torn.offset)
        yield extent


def _start_segment(folder: Path, header: Header) -> io.FileIO:
    return create_file(segment_path(folder, header.segment), opening(header))


def _check_size(segment_bytes: int) -> None:
    if segment_bytes <= 0:
        raise InputError(f"segment_bytes = {segment_bytes}", "segments have a positive size")
