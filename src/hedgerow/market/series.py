"""Recorded time series for backtests: bars and funding settlements, each row with the instant at which it was final.

A bar is labelled by its opening but carries its close, so it counts from ``label + bar_ns`` on. Bad rows are named, and
then they refuse the file or are left out, as the caller says. A gap is named and never filled; what a hole longer than
the caller's limit divides are separate episodes, and no series is read across it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from hedgerow.core.arrays import Bool, Float64, Int64, frozen
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import describe_age, to_iso
from hedgerow.market.parquet import Columns, read_columns

BadRows: TypeAlias = Literal["refuse", "skip"]


Bounds: TypeAlias = Mapping[str, tuple[float, float]]
"""Least and largest value by column. [as the source]"""

NO_BOUNDS: Final[Bounds] = MappingProxyType({})
_FUNDING: Final = (-0.1, 0.1)
"""No venue's funding goes further in one settlement. [fraction]"""


class RowFault(Enum):
    """What is wrong with a row, or between two rows, of a series."""

    DUPLICATE = "duplicate"
    UNSORTED = "unsorted"
    GAP = "gap"
    NOT_POSITIVE = "not positive"
    NOT_FINITE = "not finite"
    OFF_GRID = "off grid"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was left out, or a gap, and why.

    Parameters
    ----------
    series, file : str
        What the study calls the series, and its file as given.
    row : int
        The row in the file; for a gap, the row before which others are missing. [0-based]
    label : str
        The row's own time; for a gap, where it begins. [ISO 8601 UTC]
    fault : RowFault
        The reason, for machines.
    reason : str
        The reason, for people. [text]
    column : str
        The column at fault.
    """

    series: str
    file: str
    row: int
    label: str
    fault: RowFault
    reason: str
    column: str = "ts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The good rows of a recorded series within a window, strictly increasing in time.

    Parameters
    ----------
    name, file : str
        What the study calls it, and its file as given.
    at_ns : ndarray of shape (n_row,)
        When each row happened and its content was final: the close of a bar. [UTC epoch ns]
    columns : dict of str to ndarray of shape (n_row,)
        The numbers, all finite. [as the source]
    left_out : tuple of BadRow
        Bad rows and gaps in the window, in file order.
    bar_ns : int
        Length of a bar; 0 for settlements. [ns]
    """

    name: str
    file: str
    at_ns: Int64[np.ndarray, " n_row"]
    columns: dict[str, Float64[np.ndarray, " n_row"]]
    left_out: tuple[BadRow, ...]
    bar_ns: int


def read_bars(
    path: Path,
    *,
    name: str,
    numbers: Sequence[str],
    positive: Sequence[str],
    bar_ns: int,
    start_ns: int,
    end_ns: int,
    bad_rows: BadRows,
    max_gap_ns: int,
    bounds: Bounds = NO_BOUNDS,
) -> Series:
    """Read the bars that became final in ``(start_ns, end_ns]``.

    Parameters
    ----------
    path : Path
        Parquet file with the column ``ts``, the opening of each bar.
    name : str
        What the study calls the series.
    numbers, positive : sequence of str
        Columns to read, and those of them that must be above zero.
    bar_ns : int
        Length of a bar; every label is a multiple of it. [ns]
    start_ns, end_ns : int
        The window; a row counts by its close. [UTC epoch ns]
    bad_rows : {"refuse", "skip"}
        Whether bad rows and gaps refuse the file or are left out and named.
    max_gap_ns : int
        A longer stretch without a bar is refused in either case. [ns]
    bounds : mapping of str to (float, float)
        Least and largest value of columns that have such. [as the source]

    Returns
    -------
    Series
        The good rows, and what was left out. [as the source; UTC epoch ns]

    Raises
    ------
    ConfigError, InputError
        If the file is unreadable, holds bad rows that refuse it, a hole too long, or nothing of the window; if the
        window is empty, the bar has no length, or a positive column is not read.
    """
    if bar_ns <= 0 or not set(positive) <= set(numbers):
        raise InputError(f"bar_ns {bar_ns}, positive {positive} of {numbers}", "give a bar, and positive of numbers")
    read = _read(path, numbers)
    rows = np.arange(read.time_ns.size, dtype=np.int64)
    file = _Rows(name=name, file=str(path), row=rows, label_ns=read.time_ns, columns=read.numbers, bar_ns=bar_ns)
    return _series(file, positive, (start_ns, end_ns), bad_rows, max_gap_ns, bounds)


def read_funding(
    path: Path, *, name: str, venue: str, asset: str, start_ns: int, end_ns: int, bad_rows: BadRows, max_gap_ns: int
) -> Series:
    """Read the funding settlements of one venue and asset in ``(start_ns, end_ns]``, at their times as recorded.

    A gap is a spacing above 1.5 times the median of the window's good rows or, where these are fewer than three, of
    all rows of that venue and asset. The ends of the window count as rows for it.

    Parameters
    ----------
    path : Path
        Parquet file with the columns ``ts``, ``venue`` or ``exchange``, ``asset`` and ``funding_rate``.
    venue, asset : str
        Which rows to take, in upper or lower case.
    start_ns, end_ns : int
        The window. [UTC epoch ns]
    name, bad_rows, max_gap_ns : str, str, int
        As for `read_bars`; a gap lasts from the settlement before it to the one after it. [ns]

    Returns
    -------
    Series
        The good rows in the column ``funding_rate``, and what was left out. [fraction per settlement; UTC epoch ns]

    Raises
    ------
    ConfigError, InputError
        As `read_bars`, and if the file holds no row of the venue and asset.
    """
    names = _schema(path).names
    found = [column for column in ("venue", "exchange") if column in names]
    if not found:
        raise ConfigError(str(path), "venue", "no such column, nor exchange", f"the columns are {names}")
    read = _read(path, ["funding_rate"], (found[0], "asset"))
    pairs = list(zip(read.texts[found[0]], read.texts["asset"], strict=True))
    wanted = (venue.casefold(), asset.casefold())
    rows = np.flatnonzero([(one.casefold(), other.casefold()) == wanted for one, other in pairs])
    if not rows.size:
        held = ", ".join(" ".join(pair) for pair in sorted(set(pairs))) or "no row at all"
        raise ConfigError(str(path), found[0], f"no row of {venue} {asset}", f"the file holds {held}")
    rates = {"funding_rate": read.numbers["funding_rate"][rows]}
    file = _Rows(name=name, file=str(path), row=rows, label_ns=read.time_ns[rows], columns=rates, bar_ns=0)
    return _series(file, (), (start_ns, end_ns), bad_rows, max_gap_ns, {"funding_rate": _FUNDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of one series, each with its number in the file."""

    name: str
    file: str
    row: Int64[np.ndarray, " n_row"]
    label_ns: Int64[np.ndarray, " n_row"]
    columns: dict[str, Float64[np.ndarray, " n_row"]]
    bar_ns: int

    def where(self, mask: Bool[np.ndarray, " n_row"]) -> "_Rows":
        columns = {name: values[mask] for name, values in self.columns.items()}
        return replace(self, row=self.row[mask], label_ns=self.label_ns[mask], columns=columns)

    def without(self, bad: list[BadRow]) -> "_Rows":
        return self.where(~np.isin(self.row, [item.row for item in bad])) if bad else self

    def bad(self, row: int, label_ns: int, fault: RowFault, reason: str, column: str = "ts") -> BadRow:
        label, file = to_iso(label_ns), self.file
        return BadRow(series=self.name, file=file, row=row, label=label, fault=fault, reason=reason, column=column)

    def bad_at(self, i: int, fault: RowFault, reason: str, column: str = "ts") -> BadRow:
        return self.bad(int(self.row[i]), int(self.label_ns[i]), fault, reason, column)


def _series(
    file: _Rows,
    positive: Sequence[str],
    window: tuple[int, int],
    bad_rows: BadRows,
    limit_ns: int,
    bounds: Bounds,
) -> Series:
    (start, end), refuse = (edge - file.bar_ns for edge in window), bad_rows == "refuse"
    if start >= end:
        raise InputError(f"the window {_span(*window)} is empty", "give an end after the start")
    seen = file.where((file.label_ns > start) & (file.label_ns <= end))
    bad = _bad_content(seen, positive, bounds)
    bad += _bad_order(seen.without(bad))
    kept = seen.without(bad)
    between = not seen.row.size and _is_between(file, (start, end))
    if not between and (not seen.row.size or not (kept.row.size or refuse)):
        raise _nothing(file, window, bad)
    step = _step(kept, file)
    gaps = [] if between else _gaps(seen, window, step)  # without those that bad rows leave, which are named already
    # Whoever refuses bad rows shall hear of them, not of the holes that leaving them out would make.
    holes = gaps if refuse or between else _gaps(kept, window, step)
    _refuse_holes(holes, limit_ns, [] if refuse else bad)
    left_out = tuple(sorted([*(gap for _, gap in gaps), *bad], key=lambda item: item.row))
    if left_out and refuse:
        raise _refusal(left_out)
    name, where, bar_ns = file.name, file.file, file.bar_ns
    at_ns, columns = frozen(kept.label_ns + bar_ns), {key: frozen(kept.columns[key]) for key in kept.columns}
    return Series(name=name, file=where, at_ns=at_ns, columns=columns, left_out=left_out, bar_ns=bar_ns)


def _is_between(file: _Rows, window: tuple[int, int]) -> bool:
    """Tell whether a window lies between two settlements that follow each other: then none is missing."""
    step, labels = _step(file, file), file.label_ns
    if file.bar_ns or not labels.size:
        return False
    return bool(labels.min() <= window[0] and window[1] <= labels.max() and window[1] - window[0] <= 1.5 * step)


def _bad_content(rows: _Rows, positive: Sequence[str], bounds: Bounds) -> list[BadRow]:
    """Name the rows that are bad by themselves, each by its first fault."""
    bar, values = max(rows.bar_ns, 1), rows.columns
    rules = [("ts", rows.label_ns % bar != 0, RowFault.OFF_GRID, f"the label is no multiple of {describe_age(bar)}")]
    rules += [(name, ~np.isfinite(values[name]), RowFault.NOT_FINITE, "not a finite number") for name in values]
    rules += [(name, values[name] <= 0.0, RowFault.NOT_POSITIVE, "not above zero") for name in positive]
    for name, (low, high) in bounds.items():
        beyond = (values[name] < low) | (values[name] > high)
        rules.append((name, beyond, RowFault.IMPLAUSIBLE, f"outside {low:g} to {high:g}"))
    found: dict[int, BadRow] = {}
    for name, broken, fault, rule in rules:
        for i in np.flatnonzero(broken).tolist():
            reason = f"{name} is {values[name][i]:g}, {rule}" if name in values else rule
            found.setdefault(i, rows.bad_at(i, fault, reason, name))
    return list(found.values())


def _bad_order(rows: _Rows) -> list[BadRow]:
    """Name the rows that are not later than every good row before them."""
    label, latest = rows.label_ns, np.maximum.accumulate(rows.label_ns)
    found = []
    for i in (1 + np.flatnonzero(label[1:] <= latest[:-1])).tolist():
        again = label[i] == latest[i - 1]
        fault, how = (RowFault.DUPLICATE, "that") if again else (RowFault.UNSORTED, "earlier than that")
        found.append(
            rows.bad_at(i, fault, f"the label is {how} of row {rows.row[np.searchsorted(latest, latest[i - 1])]}")
        )
    return found


def _step(kept: _Rows, file: _Rows) -> float:
    """Return the spacing that rows should have, infinite where too few tell it."""
    if file.bar_ns:
        return float(file.bar_ns)
    labels = np.unique((kept if kept.row.size >= 3 else file).label_ns)
    return float(np.median(np.diff(labels))) if labels.size >= 3 else math.inf


def _gaps(rows: _Rows, window: tuple[int, int], step: float) -> list[tuple[int, BadRow]]:
    """Return every gap with its length."""
    (before, after), bar = window, rows.bar_ns
    if bar:  # the labels of the last bar before the window and of the first one after it
        before, after = before // bar * bar - bar, after // bar * bar
    on_grid = rows.where(rows.label_ns % max(bar, 1) == 0)
    labels, first = np.unique(on_grid.label_ns, return_index=True)
    fenced = np.concatenate(([before], labels, [after]))
    follows = np.append(on_grid.row[first], rows.row[-1] + 1)
    found = []
    for i in np.flatnonzero(np.diff(fenced) > 1.5 * step):
        since, until = int(fenced[i]) + bar, int(fenced[i + 1])
        count = round((until - since + bar) / step) - 1
        reason = f"{'bars' if bar else 'settlements'} missing: {count}, {_span(since, until)}"
        found.append((until - since, rows.bad(int(follows[i]), since, RowFault.GAP, reason)))
    return found


def _refuse_holes(gaps: list[tuple[int, BadRow]], limit_ns: int, bad: list[BadRow]) -> None:
    for length, gap in gaps:
        if length > limit_ns:
            why, advice = "", "choose start and end on one side of it, as the two sides are separate episodes"
            if bad:
                first = f"row {bad[0].row}, {bad[0].label}: {bad[0].reason}"
                why, advice = f" without the {len(bad)} bad rows (the first: {first})", "mend the file"
            problem = f"hole of {describe_age(length)}{why} where {describe_age(limit_ns)} is allowed: {gap.reason}"
            raise ConfigError(gap.file, "ts", problem, advice)


def _refusal(faults: tuple[BadRow, ...]) -> ConfigError:
    first = faults[0]
    problem = f"row {first.row}, {first.label}: {first.reason} (bad rows and gaps in all: {len(faults)})"
    return ConfigError(first.file, first.column, problem, 'mend the file, or set bad_rows = "skip" in [data]')


def _nothing(file: _Rows, window: tuple[int, int], bad: list[BadRow]) -> ConfigError:
    labels = file.label_ns
    covers = f"the file covers {_span(int(labels.min()), int(labels.max()))}" if labels.size else "the file has no row"
    why = f": all {len(bad)} are bad, as row {bad[0].row}, {bad[0].label}: {bad[0].reason}" if bad else ""
    return ConfigError(file.file, "ts", f"no row became final {_span(*window)}{why}", covers)


def _span(since_ns: int, until_ns: int) -> str:
    return f"from {to_iso(since_ns)} to {to_iso(until_ns)}"


def _schema(path: Path) -> Any:
    import pyarrow.parquet as pq

    read_columns(path, numbers=(), time="ts")  # says what is wrong with the file
    return pq.read_schema(path)


def _read(path: Path, numbers: Sequence[str], texts: Sequence[str] = ()) -> Columns:
    """Read columns; integers beyond 2**53, as raw liquidity is, are rounded here, which `read_columns` refuses."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(path)
    wide = [name for name in numbers if name in schema.names and pa.types.is_integer(schema.field(name).type)]
    read = read_columns(path, numbers=[name for name in numbers if name not in wide], texts=texts, time="ts")
    table = pq.read_table(path, columns=wide)
    rounded = {name: table.column(name).cast(pa.float64(), safe=False).fill_null(math.nan).to_numpy() for name in wide}
    return replace(read, numbers={name: (read.numbers | rounded)[name] for name in numbers})
