"""How kernels are compiled and cached.

A kernel is a function that numba compiles at its first call and keeps on disk. Numba's own cache looks only at
the file of the function itself; a kernel that inlines another file's function would be served stale after an
edit there. So the folder of the cache is named after a hash of the sources of *all* kernels: an edited kernel is
never served stale, and nothing needs to be cleaned by hand.

Kernels live in files called ``kernels.py`` (or ``*_kernels.py``), nowhere else; a test holds that.
"""

import atexit
import contextlib
import functools
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numba

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_KEPT_VERSIONS: Final = 4
_FAST: Final = {"contract", "nsz"}
"""Fused multiply-add and no care for the sign of zero: neither harms NaN or accuracy."""


def kernel_sources() -> list[Path]:
    """Return the files that may hold kernels, in a fixed order.

    Returns
    -------
    list of Path
        Every ``kernels.py`` and ``*_kernels.py`` of the package, and this file. [path]
    """
    return sorted({*_PACKAGE.rglob("*kernels.py"), Path(__file__).resolve()})


def _cache_root() -> Path:
    """Return a writable folder for kernel caches: the environment's, the platform's habit, or a temporary one."""
    chosen = os.environ.get("HEDGEROW_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    root = Path(chosen) if chosen else home / "hedgerow"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            return root
    except OSError:
        # A folder of this process alone: compiled code is never taken from where others may write.
        private = Path(tempfile.mkdtemp(prefix="hedgerow-"))
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        return private


@functools.cache
def cache_folder() -> Path:
    """Return the folder in which compiled kernels of exactly these sources are kept.

    ``HEDGEROW_CACHE_DIR`` moves it; otherwise it is ``~/.cache/hedgerow``, or a temporary folder if that cannot be
    written. Folders of older sources are removed,
    save the few most recent ones.

    Returns
    -------
    Path
        The folder; it need not exist yet. [path]
    """
    digest = hashlib.sha256()
    for path in kernel_sources():
        digest.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes() + b"\0")
    root = _cache_root()
    folder = root / f"kernels-{digest.hexdigest()[:16]}"
    _sweep(root, folder)
    return folder


def _sweep(root: Path, keep: Path) -> None:
    """Remove the caches of older sources; another process may be doing the same."""
    ages: list[tuple[float, Path]] = []
    for old in root.glob("kernels-*"):
        with contextlib.suppress(OSError):
            if old != keep:
                ages.append((old.stat().st_mtime, old))
    for _, old in sorted(ages)[: -_KEPT_VERSIONS + 1]:
        shutil.rmtree(old, ignore_errors=True)


def is_warm() -> bool:
    """Tell whether compiled kernels of these sources are already on disk.

    Returns
    -------
    bool
        False before the first call after an installation. [bool]
    """
    return any(cache_folder().rglob("*.nbc"))


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function with numba at its first call, cached on disk under the hash of all kernels.

    Parameters
    ----------
    function : callable
        A function in numba's language, in a file called ``kernels.py`` or ``*_kernels.py``.

    Returns
    -------
    callable
        The compiled function; nothing is compiled until it is called. [function]
    """
    settings: Any = numba.config
    previous = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder())
    try:
        compiled = numba.njit(cache=True, error_model="numpy", fastmath=_FAST)(function)
    finally:
        settings.CACHE_DIR = previous
    return compiled


def inlined(function: Callable[..., Any]) -> Any:
    """Mark a small function that kernels call: compiled into its callers, never on its own.

    Parameters
    ----------
    function : callable
        A function in numba's language, in a file that holds kernels.

    Returns
    -------
    callable
        The function, to be compiled into its callers. [function]
    """
    return numba.njit(error_model="numpy", fastmath=_FAST)(function)
