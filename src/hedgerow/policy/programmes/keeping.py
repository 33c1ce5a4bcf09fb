"""Solved programs are kept on disk under a hash of what they were solved from, so that each is solved once."""

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from hedgerow.core.compiling import cache_folder

_MOST_FILES: Final = 64
_MOST_BYTES: Final = 2_000_000_000
_CHECK: Final = hashlib.sha256().digest_size
"""A file begins with the digest of the rest. [bytes]"""
_SOURCES: Final = Path(__file__).resolve().parent


def keep(inputs: object, solve: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays of a solved program, from disk if these inputs were solved before by these sources.

    Parameters
    ----------
    inputs : msgspec-serialisable
        Everything that the solution depends on.
    solve : callable
        Solves it.

    Returns
    -------
    dict of str to ndarray
        What ``solve`` returns. [as there]
    """
    path = _folder() / f"{_digest(inputs)}.npz"
    found = _read(path)
    if found is None:
        found = solve()
        with contextlib.suppress(OSError):  # a full or locked disk costs time, not the answer
            _write(path, found)
    return found


def _read(path: Path) -> dict[str, np.ndarray] | None:
    """Return what a file holds; None if it is missing, or not what was written: then it is solved, and written anew."""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[_CHECK:]).digest() != content[:_CHECK]:
            return None
        os.utime(path)
    except OSError:
        return None
    with np.load(io.BytesIO(content[_CHECK:]), allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}


def _folder() -> Path:
    return cache_folder().parent / "programs"


def _digest(inputs: object) -> str:
    digest = hashlib.sha256(msgspec.json.encode(inputs))
    for source in sorted(_SOURCES.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:32]


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a file whole or not at all, and drop those that were not used for longest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content.getbuffer()).digest())
            file.write(content.getbuffer())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    kept = 0
    for place, old in enumerate(sorted(path.parent.glob("*.npz"), key=_used, reverse=True)):
        kept += old.stat().st_size if old.exists() else 0
        if place >= _MOST_FILES or (place and kept > _MOST_BYTES):
            old.unlink(missing_ok=True)


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
