"""What a file may say, in the words of TOML: keys and values near to what was written, types without jargon."""

import datetime as dt
import difflib
import json
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
    "datetime": "a time",
    "date": "a date",
    "time": "a time of day",
}
_EXPECTED: Final = re.compile(r"Expected `(?P<wanted>[^`]*)`(?P<more>.*)", re.DOTALL)
_STEP: Final = re.compile(r"(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]")


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name that was probably meant, to be put behind an advice.

    Parameters
    ----------
    word : str
        What was written.
    names : iterable of str
        What could have been written.

    Returns
    -------
    str
        A question, empty if no name is near. [text]

    References
    ----------
    Ratcliff, Metzener (1988), Dr. Dobb's Journal 13(7):46, pattern matching by gestalt.

    Examples
    --------
    >>> nearest("detla", ["delta", "exact"])
    ': delta?'
    """
    found = difflib.get_close_matches(word, list(names), n=1)
    return f": {found[0]}?" if found else ""


def written_key(name: str) -> str:
    """Write a name as a key of TOML.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str
        In quotes where it needs them. [text]

    Examples
    --------
    >>> written_key("main"), written_key("my account")
    ('main', '"my account"')
    """
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def in_toml_words(problem: str, key: str, held: object = None) -> tuple[str, str]:
    """Say in words of TOML that a type is wrong, and how to write it.

    Parameters
    ----------
    problem : str
        What msgspec says.
    key : str
        The key, perhaps with an index behind it.
    held : object
        What the file holds there; None where that is not known.

    Returns
    -------
    tuple of (str, str)
        The problem, and an advice. [text]

    Examples
    --------
    >>> in_toml_words("Expected `int | null`, got `float`", "steps")
    ('Expected a whole number, got one with a point or an exponent', 'write a whole number, for example 1_000_000')
    """
    match = _EXPECTED.match(problem)
    if match is None:
        return problem, "correct the value"
    wanted = [name for name in match.group("wanted").split(" | ") if name != "null"]
    told = " or ".join(_WORDS.get(name, name) for name in wanted)
    got = re.sub(r"`([^`]*)`", lambda each: _WORDS.get(each.group(1), each.group(1)), match.group("more"))
    if "int" in wanted and "float" not in wanted and got == ", got a number":
        got = ", got one with a point or an exponent"
    if "datetime" in wanted and isinstance(held, dt.date):
        return f"Expected {told}{got}", f"write it with its hour: {held.isoformat()}T00:00:00Z"
    return f"Expected {told}{got}", _advice(wanted, got, key)


def _advice(wanted: list[str], got: str, key: str) -> str:
    if "object" in wanted and got == ", got a list":
        return f"write [{key}], in single brackets, once"
    if "array" in wanted and got == ", got a table":
        return f"write [[{key}]], in double brackets"
    advices = {
        "int": "write a whole number, for example 1_000_000",
        "float": "write a number without quotes, for example 0.05",
        "str": "write it in quotes",
        "bool": "write true or false, without quotes",
        "object": f"write a table: {key} = {{ name = value }}",
    }
    return next((advices[name] for name in wanted if name in advices), "correct the value")


def keys_at(kind: type[Any], raw: Any, path: str) -> list[str]:
    """Return the keys that a table of a file may have.

    Parameters
    ----------
    kind : type
        Of the whole file.
    raw : dict
        What the file holds.
    path : str
        Dotted path of the table, for example ``position[0]``; empty for the file itself.

    Returns
    -------
    list of str
        Names; of a table whose kind is stated, those of that kind. [none]
    """
    node, held = _node_at(kind, raw, path)
    structs = [each for each in _members(node) if isinstance(each, msgspec.inspect.StructType)]
    said = [each for each in structs if isinstance(held, dict) and each.tag == held.get(each.tag_field or "")]
    return [field.encode_name for each in said or structs for field in each.fields]


def values_at(kind: type[Any], raw: Any, path: str) -> list[str]:
    """Return the words that a key of a file may have as its value.

    Parameters
    ----------
    kind : type
        Of the whole file.
    raw : dict
        What the file holds.
    path : str
        Dotted path of the key.

    Returns
    -------
    list of str
        Empty if it is not one of some words. [none]
    """
    node, _ = _node_at(kind, raw, path)
    words = []
    for each in _members(node):
        if isinstance(each, msgspec.inspect.LiteralType):
            words += [str(value) for value in each.values]
        elif isinstance(each, msgspec.inspect.EnumType):
            words += [str(member.value) for member in each.cls]
    return words


def value_at(kind: type[Any], raw: Any, path: str) -> Any:
    """Return what a file holds at a place.

    Parameters
    ----------
    kind : type
        Of the whole file.
    raw : dict
        What the file holds.
    path : str
        Dotted path, with indices.

    Returns
    -------
    object
        None if there is nothing. [as the file]
    """
    return _node_at(kind, raw, path)[1]


def _node_at(kind: type[Any], raw: Any, path: str) -> tuple[Any, Any]:
    """Follow a path through a type and through what the file holds; None where it ends."""
    node: Any = msgspec.inspect.type_info(kind)
    for step in _STEP.finditer(path):
        name, index = step.group("name"), step.group("index")
        node, held = _inside(node, raw, name), None
        if index is not None:
            held = raw[int(index)] if isinstance(raw, list) and int(index) < len(raw) else None
        elif isinstance(raw, dict):
            held = raw.get(name)
        raw = held
    return node, raw


def _inside(node: Any, raw: Any, name: str | None) -> Any:
    """Return the type of a key of a table, or that of the entries of a list where no key is named."""
    for each in _members(node):
        if name is None and hasattr(each, "item_type"):
            return each.item_type
        if name is not None and isinstance(each, msgspec.inspect.StructType):
            other_kind = isinstance(raw, dict) and each.tag_field in raw and raw[each.tag_field] != each.tag
            found = next((field.type for field in each.fields if field.encode_name == name), None)
            if found is not None and not other_kind:
                return found
    return None


def _members(node: Any) -> tuple[Any, ...]:
    """Return the types that a value may have."""
    return tuple(node.types) if isinstance(node, msgspec.inspect.UnionType) else (node,)
