"""Frames: how a record lies in a file, and how a whole one is found again behind damage.

A segment starts with a magic word; frames follow, the first of which holds the header. A frame is the payload's length
and a checksum of length and payload, both little-endian and of four bytes, and then the payload, which is never empty:
a tail of zeros is no frame.
"""

import functools
import io
import re
import struct
import zlib
from typing import Final

import msgspec

from hedgerow.core.errors import InputError

FORMAT: Final = 1
MAGIC: Final = b"HDGROW1\n"
PREFIX_BYTES: Final = 8
LARGEST_RECORD: Final = (1 << 24) - 1
"""Three bytes of length, so that few places of a torn tail look like the start of a frame. [bytes]"""

_PREFIX: Final = struct.Struct("<II")
_START: Final = re.compile(rb"(?=(?!\0\0\0)...\0)", re.DOTALL)
"""A place where the length could be one of a record; the look-ahead lets the places overlap."""

_STRIDE: Final = 4096
_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 1 << 31
"""The polynomial 1: CRC-32 keeps the lowest power in the highest bit."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first frame of every segment: all that a replay needs to know beforehand.

    Parameters
    ----------
    build : dict of str to str
        Versions, and the hash of the sources.
    config_sha256 : str
        Hash of the settings. [hex]
    cpu : dict of str to str
        Machine, name and features: replays are bit-identical only where they agree.
    settings : str
        From which the engine is rebuilt. [JSON]
    format : int
        Version of the layout. [number]
    segment : int
        Place of the segment; the writer fills it in. [0-based]
    first_record : int
        Records in all earlier segments; the writer fills it in. [count]
    """

    build: dict[str, str]
    config_sha256: str
    cpu: dict[str, str]
    settings: str
    format: int = FORMAT
    segment: int = 0
    first_record: int = 0


def frame(payload: bytes) -> bytes:
    """Put length and checksum before a payload.

    Parameters
    ----------
    payload : bytes
        The record. [bytes]

    Returns
    -------
    bytes
        What is written. [bytes]

    Raises
    ------
    InputError
        If the payload is empty or larger than ``LARGEST_RECORD``.
    """
    if not 0 < len(payload) <= LARGEST_RECORD:
        raise InputError(f"a record of {len(payload)} bytes", f"records have 1 to {LARGEST_RECORD} bytes: split it")
    length = len(payload).to_bytes(4, "little")
    return length + zlib.crc32(payload, zlib.crc32(length)).to_bytes(4, "little") + payload


def opening(header: Header) -> bytes:
    """Return the bytes with which a segment starts.

    Parameters
    ----------
    header : Header
        Of that segment.

    Returns
    -------
    bytes
        Magic word and framed header. [bytes]

    Raises
    ------
    InputError
        If the header is larger than ``LARGEST_RECORD``.
    """
    return MAGIC + frame(msgspec.json.encode(header))


def read_frame(file: io.BufferedReader, room: int) -> bytes | None:
    """Read the frame at the file's position.

    Parameters
    ----------
    file : file
        Open for reading.
    room : int
        What is left of the file: a damaged length must not ask for more. [bytes]

    Returns
    -------
    bytes or None
        The payload; None if no whole and intact frame is there. [bytes]
    """
    prefix = file.read(PREFIX_BYTES)
    if len(prefix) < PREFIX_BYTES:
        return None
    length, checksum = _PREFIX.unpack(prefix)
    if not 0 < length <= min(LARGEST_RECORD, room - PREFIX_BYTES):
        return None
    payload = file.read(length)
    is_good = len(payload) == length and zlib.crc32(payload, zlib.crc32(prefix[:4])) == checksum
    return payload if is_good else None


def find_frame(data: bytes, start: int) -> int | None:
    """Find the first whole and intact frame at or after a place.

    Every place is tried, since behind a damaged length nothing says where the next frame starts. Checksums of a few
    running stretches answer for all places, so that the work grows with the data and not with its square.

    Parameters
    ----------
    data : bytes
        The end of a segment. [bytes]
    start : int
        The first place to try. [bytes]

    Returns
    -------
    int or None
        Where the frame starts; None if there is none. [bytes]
    """
    running = _running_checksums(data)
    last = len(data.rstrip(b"\0"))  # no length starts in the zeros that some file systems leave
    for match in _START.finditer(data, start, min(last + 3, len(data))):
        begin = match.start() + PREFIX_BYTES
        if begin >= len(data):
            return None
        length, checksum = _PREFIX.unpack_from(data, match.start())
        if begin + length <= len(data) and _checksum(data, running, begin, length) == checksum:
            return match.start()
    return None


def _checksum(data: bytes, running: list[int], begin: int, length: int) -> int:
    """Return the checksum that a frame would have whose payload begins there."""
    of_length = zlib.crc32(length.to_bytes(4, "little"))
    if length <= _STRIDE:
        return zlib.crc32(data[begin : begin + length], of_length)
    before = _checksum_up_to(data, running, begin) ^ of_length
    return _checksum_up_to(data, running, begin + length) ^ _times(before, _power(length))


def _running_checksums(data: bytes) -> list[int]:
    """Return the checksum of the data up to every multiple of the stride."""
    view, checksums = memoryview(data), [0]
    for place in range(0, len(data) - _STRIDE + 1, _STRIDE):
        checksums.append(zlib.crc32(view[place : place + _STRIDE], checksums[-1]))
    return checksums


def _checksum_up_to(data: bytes, running: list[int], end: int) -> int:
    stretch = end // _STRIDE
    return zlib.crc32(data[stretch * _STRIDE : end], running[stretch])


def _times(first: int, second: int) -> int:
    """Multiply two polynomials modulo that of CRC-32."""
    product = 0
    while first:
        if first & _ONE:
            product ^= second
        first = (first << 1) & 0xFFFFFFFF
        second = (second >> 1) ^ (_POLYNOMIAL if second & 1 else 0)
    return product


@functools.lru_cache(maxsize=1 << 16)
def _power(length: int) -> int:
    """Return the polynomial by which a checksum is multiplied when so many bytes follow.

    The checksum of two stretches is that of the first times this power, plus that of the second; zlib's
    ``crc32_combine`` does the same.
    """
    high, middle, low = length.to_bytes(3, "big")
    return _times(_times(_digit(2, high), _digit(1, middle)), _digit(0, low))


@functools.cache
def _digit(place: int, digit: int) -> int:
    """Return x to the power of 8·digit·256**place."""
    if digit == 0:
        return _ONE
    if digit == 1 and place == 0:
        return _ONE >> 8
    whole, place = (256, place - 1) if digit == 1 else (digit, place)
    return _times(_digit(place, whole // 2), _digit(place, whole - whole // 2))
