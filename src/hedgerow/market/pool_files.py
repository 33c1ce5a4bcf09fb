"""Pool states as JSON files: one object, whole numbers as decimal strings, so that any reader keeps every digit."""

import json
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.core.errors import ConfigError, InputError
from hedgerow.market.pool_states import PoolStorage


def pool_to_dict(pool: PoolStorage) -> dict[str, Any]:
    """Turn a pool into plain values for JSON.

    Parameters
    ----------
    pool : PoolStorage
        Any pool.

    Returns
    -------
    dict
        Its fields and its ``kind``; whole numbers are decimal strings. [as its fields]
    """
    plain: dict[str, Any] = _worded(msgspec.to_builtins(pool, str_keys=True))
    return plain


def pool_from_dict(fields: dict[str, Any], source: str) -> PoolStorage:
    """Read a pool from plain values.

    Parameters
    ----------
    fields : dict
        As ``pool_to_dict`` makes them; whole numbers may be numbers or strings.
    source : str
        Where they come from, for errors. [text]

    Returns
    -------
    PoolStorage
        The pool. [as its fields]

    Raises
    ------
    ConfigError
        If the kind is unknown, or a field is missing, unknown or of the wrong type.
    """
    try:
        pool: PoolStorage = msgspec.convert(fields, PoolStorage, strict=False, str_keys=True)
    except (msgspec.ValidationError, InputError) as error:
        raise ConfigError(source, "", str(error), "write it as `hedgerow pool show --save` does") from None
    return pool


def load_pool(path: str | Path) -> PoolStorage:
    """Read a pool state from a JSON file.

    Parameters
    ----------
    path : str or Path
        One object with the fields of a pool.

    Returns
    -------
    PoolStorage
        The pool. [as its fields]

    Raises
    ------
    ConfigError
        If there is no such file, or it does not hold a pool.
    """
    try:
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read ({error.strerror})", "give the file of a pool") from None
    except ValueError as error:
        raise ConfigError(str(path), "", f"is not JSON ({error})", "give the file of a pool") from None
    if not isinstance(fields, dict):
        raise ConfigError(str(path), "", "holds no JSON object", "give the file of a pool")
    return pool_from_dict(fields, str(path))


def _worded(value: Any) -> Any:
    """Whole numbers as strings, through all levels."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {key: _worded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_worded(item) for item in value]
    return value
