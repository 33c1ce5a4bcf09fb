"""Reading a journal, and telling a torn write from damage.

A crash tears the end of the last segment and nothing else. So a bad frame there with nothing whole behind it is a torn
write, and ends the journal. Any other bad frame is damage to what was durable: it is refused, and nothing is cut.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import msgspec

from hedgerow.core.errors import ConfigError
from hedgerow.journal.disk import segment_numbers, segment_path
from hedgerow.journal.framing import FORMAT, MAGIC, PREFIX_BYTES, Header, find_frame, opening, read_frame

_REMEDY: Final = "restore the file from a copy; nothing was cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class TornTail:
    """What a crash left unfinished at the end of the last segment.

    Parameters
    ----------
    file : Path
        The segment.
    offset : int
        Where the last good record ends; zero if not even the header of the segment is whole. [bytes]
    lost_bytes : int
        From there to the end of the file. [bytes]
    good_records : int
        Records before the tear, in all segments. [count]
    """

    file: Path
    offset: int
    lost_bytes: int
    good_records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far a journal is good.

    Parameters
    ----------
    header : Header
        Of the last segment that has a whole one.
    count : int
        Good records, in all segments. [count]
    end : int
        Where the last good record ends in that segment. [bytes]
    torn : TornTail or None
        What lies behind it.
    """

    header: Header
    count: int
    end: int
    torn: TornTail | None


def scan(folder: Path) -> Extent:
    """Check every record of a journal.

    Parameters
    ----------
    folder : Path
        The journal.

    Returns
    -------
    Extent
        How far it is good. [count, bytes]

    Raises
    ------
    ConfigError
        If there is no journal, a segment is missing, or there is damage.
    """
    walk = _Walk(folder)
    for _ in walk.records():
        pass
    return Extent(header=walk.header, count=walk.count, end=walk.end, torn=walk.torn)


def read_journal(folder: Path) -> "Recording":
    """Open a journal for reading; a writer is not disturbed.

    Parameters
    ----------
    folder : Path
        The journal.

    Returns
    -------
    Recording
        Its header and records. [bytes]

    Raises
    ------
    ConfigError
        If there is no journal, a segment is missing, or the first header cannot be read.
    """
    return Recording(folder)


@final
class Recording:
    """A journal that is read; what is appended meanwhile may or may not be seen.

    Parameters
    ----------
    folder : Path
        The journal.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._header = folder, _Walk(folder).header
        self._extent: Extent | None = None

    @property
    def header(self) -> Header:
        """The header of the first segment. [as its fields say]"""
        return self._header

    @property
    def count(self) -> int:
        """The number of good records; the first call checks them all. [count]"""
        return self._scanned().count

    @property
    def torn(self) -> TornTail | None:
        """What a crash left unfinished; the first call checks all records. [bytes]"""
        return self._scanned().torn

    def records(self) -> Iterator[bytes]:
        """Stream the good records, in the order of writing; memory does not grow with the journal.

        Damage is met when the stream gets there: who must know beforehand asks for ``count``.

        Returns
        -------
        iterator of bytes
            The payloads. [bytes]

        Raises
        ------
        ConfigError
            If a segment is missing, or damage is met.
        """
        yield from _Walk(self._folder).records()

    def _scanned(self) -> Extent:
        if self._extent is None:
            self._extent = scan(self._folder)
        return self._extent


class _UnreadableHeader(Exception):
    """A segment does not start with magic word and header."""


@final
class _Walk:
    """One pass over a journal; after it, the attributes say how far it is good."""

    def __init__(self, folder: Path) -> None:
        self.count = self.end = 0
        self.torn: TornTail | None = None
        self._paths = _every_segment(folder)
        self.header: Header = self._first_header()

    def records(self) -> Iterator[bytes]:
        """Yield the records up to the end or a torn tail."""
        for number, path in enumerate(self._paths):
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if self._enter(number, file, size):
                    yield from self._frames(path, file, size)

    def _first_header(self) -> Header:
        path = self._paths[0]
        with path.open("rb") as file:
            try:
                return _read_header(path, file)
            except _UnreadableHeader as error:
                advice = "restore the file from a copy; if creating it was interrupted, it holds nothing: remove it"
                raise ConfigError(str(path), "byte 0", str(error), advice) from None

    def _enter(self, number: int, file: io.BufferedReader, size: int) -> bool:
        """Check the header of a segment; False if a crash interrupted its creation."""
        path = self._paths[number]
        expected = msgspec.structs.replace(self.header, segment=number, first_record=self.count)
        try:
            found = _read_header(path, file)
        except _UnreadableHeader as error:
            # A header is durable before any record follows it: a longer file is no interrupted creation.
            if path != self._paths[-1] or size > len(opening(expected)):
                raise ConfigError(str(path), "byte 0", str(error), _REMEDY) from None
            self.torn = TornTail(file=path, offset=0, lost_bytes=size, good_records=self.count)
            return False
        _check_place(path, found, expected)
        self.header, self.end = found, file.tell()
        return True

    def _frames(self, path: Path, file: io.BufferedReader, size: int) -> Iterator[bytes]:
        while self.end < size:
            payload = read_frame(file, size - self.end)
            if payload is None:
                self.torn = self._judge(path, file, size)
                return
            self.end += PREFIX_BYTES + len(payload)
            self.count += 1
            yield payload

    def _judge(self, path: Path, file: io.BufferedReader, size: int) -> TornTail:
        """Look behind the first bad frame: a torn tail, or damage, which is refused."""
        where = f"byte {self.end}"
        if path != self._paths[-1]:
            raise ConfigError(str(path), where, f"record {self.count} is damaged, and segments follow", _REMEDY)
        file.seek(self.end)
        tail = file.read(size - self.end)
        whole = find_frame(tail, 1)
        if whole is not None:
            problem = f"record {self.count} is damaged, and a whole one follows at byte {self.end + whole}"
            raise ConfigError(str(path), where, problem, _REMEDY)
        return TornTail(file=path, offset=self.end, lost_bytes=len(tail), good_records=self.count)


def _every_segment(folder: Path) -> list[Path]:
    """Return the files of all segments, none of them missing."""
    numbers = segment_numbers(folder)
    if not numbers:
        raise ConfigError(str(folder), "", "holds no journal", "check the path")
    for expected, number in enumerate(numbers):
        missing = segment_path(folder, expected)
        if number != expected:
            raise ConfigError(str(missing), "", "this segment is missing, and later ones are there", _REMEDY)
    return [segment_path(folder, number) for number in numbers]


def _check_place(path: Path, found: Header, expected: Header) -> None:
    """Refuse a segment of another journal or place, and one before which records are missing."""
    if found == expected:
        return
    problem = f"it is segment {found.segment} of another journal, or misplaced"
    if msgspec.structs.replace(found, first_record=expected.first_record) == expected:
        problem = f"it starts at record {found.first_record}, but {expected.first_record} lie in the segments before it"
    raise ConfigError(str(path), "header", problem, "restore the whole journal from a copy; nothing was cut")


def _read_header(path: Path, file: io.BufferedReader) -> Header:
    """Read magic word and header, and leave the file at the first record."""
    if file.read(len(MAGIC)) != MAGIC:
        raise _UnreadableHeader("does not start as a segment of a journal does")
    payload = read_frame(file, os.fstat(file.fileno()).st_size - len(MAGIC))
    if payload is None:
        raise _UnreadableHeader("the header is damaged")
    try:
        written = msgspec.json.decode(payload).get("format")
        if written != FORMAT:
            problem = f"{written}; this version of Hedgerow reads format {FORMAT}"
            raise ConfigError(str(path), "header.format", problem, "read it with the version that wrote it")
        return msgspec.json.decode(payload, type=Header)
    except (msgspec.DecodeError, AttributeError) as error:
        raise ConfigError(str(path), "header", f"intact but not a header: {error}", _REMEDY) from None
