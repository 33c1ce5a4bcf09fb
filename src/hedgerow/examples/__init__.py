"""Example desks on real recorded markets, inside the package."""

import shutil
from pathlib import Path

from hedgerow.core.errors import InputError

_HERE = Path(__file__).resolve().parent


def example(name: str) -> Path:
    """Return the folder of an example: a market snapshot and a ``desk.toml``.

    Parameters
    ----------
    name : str
        ``eth-2024-01-08``.

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
    if not (folder / "desk.toml").is_file():
        known = ", ".join(sorted(path.parent.name for path in _HERE.glob("*/desk.toml")))
        raise InputError(f"no example is called {name!r}", f"there is {known}")
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
