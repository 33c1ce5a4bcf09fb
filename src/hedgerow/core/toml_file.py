"""Reading a TOML file into a frozen type, with errors that name file, line, field and remedy."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from hedgerow.core.errors import ConfigError
from hedgerow.core.toml_words import in_toml_words, keys_at, nearest, value_at, values_at

_Type = TypeVar("_Type")

LARGEST: Final = 1e15
"""No number of a file is larger. [any]"""

_PATH = re.compile(r"\s*- at `\$\.?(?P<path>[^`]*)`")
_ANY_KEY = "[...]"
_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_ARRAY_HEADER = re.compile(rf"\s*\[\[\s*({_DOTTED})\s*\]\]")
_HEADER = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]\s*(#.*)?$")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")


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
    except RecursionError:
        raise ConfigError(str(path), "", "nested too deeply", "write it plainly") from None
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _explain(path, text, _name_key(raw, kind, str(error)), raw, kind) from None


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


def _name_key(raw: dict[str, Any], kind: type[Any], message: str) -> str:
    """Put names of keys where msgspec only says ``[...]``, table by table."""
    match = _PATH.search(message)
    if match is None or _ANY_KEY not in match.group("path"):
        return message
    *tables, rest = match.group("path").split(_ANY_KEY)
    said = named = ""
    for table in tables:
        said, named = f"{said}{table}{_ANY_KEY}", f"{named}{table}"
        key = _failing_key(raw, kind, named, said)
        if key is None:
            return message
        named = f"{named}.{key}"
    return message.replace(match.group("path"), f"{named}{rest}")


def _failing_key(raw: dict[str, Any], kind: type[Any], table: str, said: str) -> str | None:
    """Return the key of a table that fails on its own, at the place that msgspec says."""
    holder = value_at(kind, raw, table)
    every: dict[str, Any] = dict(holder) if isinstance(holder, dict) else {}
    try:
        for key, value in every.items():
            holder.clear()
            holder[key] = value
            try:
                msgspec.convert(raw, kind)
            except msgspec.ValidationError as error:
                if said in str(error):
                    return key
        return None
    finally:
        if every:
            holder.clear()
            holder.update(every)


def _explain(path: Path, text: str, message: str, raw: dict[str, Any], kind: type[Any]) -> ConfigError:
    """Turn msgspec's message into one that names the line and the remedy."""
    match = _PATH.search(message)
    problem = message[: match.start()] if match else message
    table = match.group("path") if match else ""

    def inside(key: str) -> str:
        return f"{table}.{key}" if table else key

    unknown = re.search(r"unknown field `([^`]*)`", problem)
    if unknown:
        field = inside(unknown.group(1))
        advice = "remove it or correct its spelling" + nearest(unknown.group(1), keys_at(kind, raw, table))
        if table and unknown.group(1) in keys_at(kind, raw, ""):
            advice = "it belongs to the top of the file, above the first [table]"
        return ConfigError(str(path), field, "unknown key", advice, line_of(text, field))
    missing = re.search(r"missing required field `([^`]*)`", problem)
    if missing:
        field, line = inside(missing.group(1)), line_of(text, table) if table else None
        return ConfigError(str(path), field, "required key is missing", "add it", line)
    stated = re.match(r"(\w+) = ", problem)
    if stated:  # a rule of the type itself, which names its field
        table = inside(stated.group(1))
        problem, _, advice = problem.partition("; ")
        return ConfigError(str(path), table, problem, advice or "correct the value", line_of(text, table))
    if problem.startswith("Invalid enum value"):
        words = values_at(kind, raw, table)
        advice = f"write {' or '.join(words)}" if words else "correct the value"
        return ConfigError(str(path), table, problem, advice, line_of(text, table))
    problem, advice = in_toml_words(problem, table.rpartition(".")[2], value_at(kind, raw, table))
    return ConfigError(str(path), table, problem, advice, line_of(text, table))


def numbers_in(node: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Walk all floats of a nested structure.

    Parameters
    ----------
    node : dict, list or number
        What a file holds. [any]
    path : str
        Dotted path of the node itself.

    Yields
    ------
    tuple of (str, float)
        Dotted path and number. [as the file]
    """
    if isinstance(node, dict):
        for key, value in node.items():
            yield from numbers_in(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list | tuple):
        for i, value in enumerate(node):
            yield from numbers_in(value, f"{path}[{i}]")
    elif isinstance(node, float):
        yield path, node


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
        The line of the key, else of what holds it, else None. [1-based]

    Examples
    --------
    >>> line_of("name = 'x'\n[[position]]\nquantity = 1", "position[0].quantity")
    3
    """
    lines = _lines_by_path(text)
    while field:
        if field in lines:
            return lines[field]
        field = field[: max(field.rfind("."), field.rfind("["), 0)]
    return None


def _lines_by_path(text: str) -> dict[str, int]:
    """Return the line of every table and key that starts a line, by dotted path."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        array, header, key = _ARRAY_HEADER.match(line), _HEADER.match(line), _KEY.match(line)
        if array:
            name = _placed(array.group(1), counts)
            table = f"{name}[{counts.get(name, 0)}]"
            counts[name] = counts.get(name, 0) + 1
            found[table] = number
        elif header:
            table = _placed(header.group(1), counts)
            found[table] = number
        elif key:
            found.setdefault(f"{table}.{_plain(key.group(1))}" if table else _plain(key.group(1)), number)
    return found


def _placed(dotted: str, counts: dict[str, int]) -> str:
    """Put behind each array of tables on the way the number of the one that is open."""
    *outer, last = _plain(dotted).split(".")
    path = ""
    for step in outer:
        path += step
        path += f"[{counts[path] - 1}]." if path in counts else "."
    return path + last


def _plain(dotted: str) -> str:
    """Take quotes and spaces out of a dotted name."""
    return ".".join(part.strip("\"'") for part in re.findall(_NAME, dotted))
