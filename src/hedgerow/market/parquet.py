"""Reading columns of a Parquet file with the checks that every source needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of one file.

    Parameters
    ----------
    numbers : dict of str to ndarray of shape (n_row,)
        Numeric columns, NaN where absent. [as the source]
    texts : dict of str to list of str
        Text columns.
    time_ns : ndarray of shape (n_row,)
        The time column. [UTC epoch ns]
    """

    numbers: dict[str, Float64[np.ndarray, " n_row"]]
    texts: dict[str, list[str]]
    time_ns: Int64[np.ndarray, " n_row"]


def read_columns(path: Path, *, numbers: Sequence[str], texts: Sequence[str] = (), time: str) -> Columns:
    """Read the named columns of a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    numbers, texts : sequence of str
        Columns to read as float64 and as text.
    time : str
        The time column; must carry a time zone.

    Returns
    -------
    Columns
        The columns. [as the source; times in UTC epoch ns]

    Raises
    ------
    ConfigError
        If the file is missing or not Parquet, or a column is missing, of another type, or holds nulls where
        text or time is needed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise ConfigError(str(path), "", "no such file", "check the name in snapshot.toml")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(
            str(path), "", f"not readable as Parquet: {first}", "check the file and its permissions"
        ) from None
    for name in (*numbers, *texts, time):
        if name not in table.column_names:
            raise ConfigError(str(path), name, "no such column", f"the columns are {table.column_names}")
    return Columns(
        numbers={name: _numbers(path, name, table.column(name)) for name in numbers},
        texts={name: _texts(path, name, table.column(name)) for name in texts},
        time_ns=_instants(path, time, table.column(time)),
    )


def _cast(path: Path, name: str, column: Any, kind: Any) -> Any:
    import pyarrow as pa

    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        first = str(error).splitlines()[0]
        raise ConfigError(str(path), name, f"has the type {column.type}: {first}", f"write it as {kind}") from None


def _numbers(path: Path, name: str, column: Any) -> Float64[np.ndarray, " n_row"]:
    import pyarrow as pa

    values = _cast(path, name, column, pa.float64()).fill_null(float("nan")).to_numpy()
    return frozen(np.ascontiguousarray(values, dtype=np.float64).copy())


def _texts(path: Path, name: str, column: Any) -> list[str]:
    import pyarrow as pa

    words: list[str | None] = _cast(path, name, column, pa.string()).to_pylist()
    if None in words:
        raise ConfigError(str(path), name, f"row {words.index(None)} is empty", "fill it or drop the row")
    return [word for word in words if word is not None]


def _instants(path: Path, name: str, column: Any) -> Int64[np.ndarray, " n_row"]:
    import pyarrow as pa

    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        raise ConfigError(str(path), name, f"is {column.type}", "write it as a timestamp with time zone UTC")
    if column.null_count:
        raise ConfigError(str(path), name, f"{column.null_count} rows have no time", "drop those rows")
    instants = _cast(path, name, column, pa.timestamp("ns", tz="UTC"))
    return frozen(instants.cast(pa.int64()).to_numpy().copy())
