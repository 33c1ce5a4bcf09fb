"""Example desks and studies on real recorded markets, and a study on simulated paths, inside the package."""

import shutil
from pathlib import Path

from hedgerow.core.errors import InputError

_HERE = Path(__file__).resolve().parent


def example(name: str) -> Path:
    """Return the folder of an example: a market snapshot with a ``desk.toml``, or a ``study.toml`` and its data.

    Parameters
    ----------
    name : str
        ``eth-2024-01-08``, ``lp-2023-08-13``, ``btc-2020-03-12``, ``short-call`` or ``liquidity``.

    Returns
    -------
    Path
        The folder, to be read only. [path]

    Raises
    ------
    InputError
        If there is no such example.
    """
    folder = _HERE / name
    known = sorted({path.parent.name for path in (*_HERE.glob("*/desk.toml"), *_HERE.glob("*/study.toml"))})
    if name not in known:
        raise InputError(f"no example is called {name!r}", f"there is {', '.join(known)}")
    return folder


def copy_example(name: str, target: Path) -> Path:
    """Copy an example into a new folder.

    Parameters
    ----------
    name : str
        As for ``example``.
    target : Path
        A folder that does not exist yet.

    Returns
    -------
    Path
        The new folder. [path]

    Raises
    ------
    InputError
        If the folder exists already.
    """
    if target.exists():
        raise InputError(f"{target} exists already", "name a new folder; nothing is overwritten")
    shutil.copytree(example(name), target, copy_function=shutil.copyfile)
    return target
