"""Two kinds of studies: of recorded days, and of simulated paths. A file of one is no file of the other."""

import tomllib
from pathlib import Path
from typing import Final

from hedgerow.core.errors import ConfigError
from hedgerow.core.toml_file import line_of, read_text

_ONLY: Final = {
    "backtest": ("instrument", "account", "data", "numeraire", "start", "end"),
    "simulate": ("model", "resample", "simulation", "objective", "market", "published"),
}
"""Keys at the top of a file that only the study of one command has."""
_SAID: Final = {"backtest": "a study of recorded days", "simulate": "a study of simulated paths"}


def check_command(path: Path, command: str) -> None:
    """Refuse the study of the other command, and say which that is.

    Parameters
    ----------
    path : Path
        The study file.
    command : {"backtest", "simulate"}
        The command that reads it.

    Raises
    ------
    ConfigError
        If it has keys that only the other command knows, and none that only this one knows; or cannot be read.
    """
    text = read_text(path)
    try:
        keys = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return  # told by whoever reads the types
    (other,) = (name for name in _ONLY if name != command)
    if any(key in keys for key in _ONLY[command]):
        return
    found = next((key for key in _ONLY[other] if key in keys), None)
    if found is not None:
        problem = f"is a key of {_SAID[other]}"
        line = line_of(text, found) or line_of(text, f"{found}[0]")
        raise ConfigError(str(path), found, problem, f"run hedgerow {other} {path}", line)
