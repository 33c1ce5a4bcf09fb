"""What a journal asks of the file system: names in order, writes at a place, files that last, one writer."""

import contextlib
import fcntl
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hedgerow.core.errors import ConfigError

_NAME: Final = re.compile(r"(\d{6,})\.journal")


def segment_path(folder: Path, number: int) -> Path:
    """Name the file of a segment.

    Parameters
    ----------
    folder : Path
        The journal.
    number : int
        Place of the segment. [0-based]

    Returns
    -------
    Path
        The file. [path]
    """
    return folder / f"{number:06d}.journal"


def segment_numbers(folder: Path) -> list[int]:
    """List the segments that lie in a folder.

    Parameters
    ----------
    folder : Path
        The folder; it need not exist.

    Returns
    -------
    list of int
        Sorted; empty if the folder holds no journal. [0-based]
    """
    names = (_NAME.fullmatch(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(match[1]) for match in names if match)


def write_at(file: io.FileIO, data: bytes, place: int) -> None:
    """Write at a stated place, so that doing it again after an interrupt does no harm.

    Parameters
    ----------
    file : file
        Open for writing.
    data : bytes
        All of it is written. [bytes]
    place : int
        Where it starts. [bytes]

    Raises
    ------
    OSError
        If the disk refuses; part of the data may be written.
    """
    view = memoryview(data)
    while view:
        written = os.pwrite(file.fileno(), view, place)
        view, place = view[written:], place + written


def create_file(path: Path, data: bytes) -> io.FileIO:
    """Create a file that outlasts a power cut; if that fails, nothing of it is left.

    Parameters
    ----------
    path : Path
        What lies there is replaced.
    data : bytes
        The content. [bytes]

    Returns
    -------
    file
        Open for writing. [bytes]

    Raises
    ------
    OSError
        If the disk refuses.
    """
    with contextlib.ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        file = undo.enter_context(path.open("wb", buffering=0))
        write_at(file, data, 0)
        os.fsync(file.fileno())
        sync_folder(path.parent)
        undo.pop_all()
    return file


def truncate(path: Path, size: int) -> None:
    """Cut the end of a file, durably.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        What is left of it. [bytes]

    Raises
    ------
    OSError
        If the disk refuses.
    """
    with path.open("r+b", buffering=0) as file:
        file.truncate(size)
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a journal; the system releases it when the process dies.

    Parameters
    ----------
    folder : Path
        The journal.

    Raises
    ------
    ConfigError
        If another writer holds it.
    OSError
        If the folder cannot be written.
    """
    with (folder / "lock").open("ab", buffering=0) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            advice = "stop that one, or name another folder"
            raise ConfigError(str(folder), "lock", "another writer has this journal open", advice) from None
        yield
