"""Reading a TOML file into a frozen type, with errors that name file, line, field and remedy."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from hedgerow.core.errors import ConfigError

_Type = TypeVar("_Type")

_PATH = re.compile(r"\s*- at `\$\.?(?P<path>[^`]*)`")
_STEP = re.compile(r"\[(\d+)\]|\[\.\.\.\]|([^.\[\]]+)")


def read_toml(path: Path, kind: type[_Type]) -> _Type:
    """Read a TOML file into a frozen msgspec type.

    Parameters
    ----------
    path : Path
        The file.
    kind : type
        A frozen ``msgspec.Struct`` that forbids unknown fields.

    Returns
    -------
    object of type kind
        The validated content. [as its fields say]

    Raises
    ------
    ConfigError
        If the file is missing, is not TOML, or breaks a rule of the type.
    """
    text = read_text(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), "", f"not valid TOML: {error}", "mend the syntax there") from None
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _explain(path, text, str(error)) from None


def read_text(path: Path) -> str:
    """Read a small text file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Its content. [text]

    Raises
    ------
    ConfigError
        If the file is missing or cannot be read as UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "", "no such file", "check the path") from None
    except IsADirectoryError:
        raise ConfigError(str(path), "", "is a folder, not a file", "name the file inside it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"cannot be read: {error}", "give a readable UTF-8 file") from None


def _explain(path: Path, text: str, message: str) -> ConfigError:
    """Turn msgspec's message into one that names the line and the remedy."""
    match = _PATH.search(message)
    problem = message[: match.start()] if match else message
    field = match.group("path") if match else ""
    unknown = re.search(r"unknown field `([^`]*)`", problem)
    if unknown:
        field = f"{field}.{unknown.group(1)}" if field else unknown.group(1)
        return ConfigError(str(path), field, "unknown key", "remove it or correct its spelling", line_of(text, field))
    stated = re.match(r"(\w+) = ", problem)
    if stated:  # a rule of the type itself, which names its field
        field = f"{field}.{stated.group(1)}" if field else stated.group(1)
        problem, _, advice = problem.partition("; ")
        return ConfigError(str(path), field, problem, advice or "correct the value", line_of(text, field))
    missing = re.search(r"missing required field `([^`]*)`", problem)
    if missing:
        field = f"{field}.{missing.group(1)}" if field else missing.group(1)
        return ConfigError(
            str(path), field, "required key is missing", "add it", line_of(text, field.rpartition(".")[0])
        )
    return ConfigError(str(path), field, problem, "correct the value", line_of(text, field))


def line_of(text: str, field: str) -> int | None:
    r"""Find the line on which a field stands.

    Parameters
    ----------
    text : str
        The TOML text. [text]
    field : str
        Dotted path with indices, for example ``position[2].quantity``.

    Returns
    -------
    int or None
        The line of the key, else of its table, else None. [1-based]

    Examples
    --------
    >>> line_of("name = 'x'\n[[position]]\nquantity = 1", "position[0].quantity")
    3
    """
    steps = [index or key for index, key in _STEP.findall(field)]
    keys = [step for step in steps if not step.isdigit()]
    if not keys:
        return None
    lines = text.splitlines()
    start, end, found = _table_span(lines, steps)
    if len(keys) == 1 and field.endswith("]"):
        return found
    key = re.compile(rf"\s*[\"']?{re.escape(keys[-1])}[\"']?\s*=")
    for number in range(start, end):
        if key.match(lines[number]):
            return number + 1
    return found


def _table_span(lines: list[str], steps: list[str]) -> tuple[int, int, int | None]:
    """Return the half-open line range of the table that holds a path, and the line of its header."""
    headers = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    wanted = int(steps[1]) if len(steps) > 1 and steps[1].isdigit() else 0
    parent = ".".join(step for step in steps[:-1] if not step.isdigit())
    names = {parent, steps[0]}
    seen = 0
    for number in headers:
        title = lines[number].split("#")[0].strip().strip("[]").replace('"', "").replace(" ", "")
        if title not in names or (title == steps[0] != parent and f"[{parent}]" in "".join(lines)):
            continue
        if seen == wanted:
            later = [other for other in headers if other > number]
            return number + 1, later[0] if later else len(lines), number + 1
        seen += 1
    return 0, headers[0] if headers else len(lines), None
