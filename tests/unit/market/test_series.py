"""Recorded series: a row counts from when it was final, every bad row is named, no hole is bridged."""

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import from_datetime
from hedgerow.market.series import RowFault, Series, read_bars, read_funding

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
TEN = from_datetime(dt.datetime(2023, 8, 14, 10, tzinfo=dt.UTC))
"""The instant 10:00, at which all windows here begin."""

REMEDY = '; mend the file, or set bad_rows = "skip" in [data]'
SIDES = "; choose start and end on one side of it, as the two sides are separate episodes"


def iso(minute: int, second: str = "00.000") -> str:
    return f"2023-08-14T{10 + minute // 60:02}:{minute % 60:02}:{second}Z"


def at(minutes: Sequence[float]) -> list[int]:
    """Return instants so many minutes after 10:00. [UTC epoch ns]"""
    return [TEN + round(minute * 60) * 10**9 for minute in minutes]


def times(instants_ns: Sequence[int]) -> pa.Array:
    return pa.array([instant // 1000 for instant in instants_ns], pa.timestamp("us", tz="UTC"))


def bars(folder: Path, minutes: Sequence[float], **columns: Any) -> Path:
    """Write bars labelled so many minutes after 10:00; the price of row i is 100 + i unless given."""
    given = {"price": [100.0 + i for i in range(len(minutes))]} | columns
    path = folder / "bars.parquet"
    pq.write_table(pa.table({"ts": times(at(minutes))} | given), path)
    return path


def read(path: Path, end: float, **changes: Any) -> Series:
    """Read what became final after 10:00 and up to so many minutes later."""
    given: dict[str, Any] = {
        "name": "price",
        "numbers": ["price"],
        "positive": ["price"],
        "bar_ns": MINUTE,
        "start_ns": TEN,
        "end_ns": at([end])[0],
        "bad_rows": "refuse",
        "max_gap_ns": 9 * MINUTE,
    }
    return read_bars(path, **(given | changes))


def minutes_of(series: Series) -> list[float]:
    return [(instant - TEN) / MINUTE for instant in series.at_ns.tolist()]


def named(series: Series) -> list[tuple[int, str, RowFault, str]]:
    return [(bad.row, bad.label, bad.fault, bad.reason) for bad in series.left_out]


# Time.


def test_a_bar_counts_from_its_close(tmp_path: Path) -> None:
    series = read(bars(tmp_path, [0, 1]), 2)
    assert series.at_ns.tolist() == at([1, 2])  # the row labelled 10:00 is final at 10:01
    assert series.columns["price"].tolist() == [100.0, 101.0]
    assert (series.name, series.file, series.bar_ns) == ("price", str(tmp_path / "bars.parquet"), MINUTE)
    assert series.left_out == ()


@pytest.mark.parametrize(
    ("start_ns", "end_ns", "expected"),
    [
        (TEN, TEN + 4 * MINUTE, [1, 2, 3, 4]),
        (TEN + MINUTE, TEN + 4 * MINUTE, [2, 3, 4]),  # the row that is final at the start belongs to the time before
        (TEN + MINUTE - 1, TEN + 4 * MINUTE, [1, 2, 3, 4]),
        (TEN, TEN + 3 * MINUTE, [1, 2, 3]),  # the row that is final at the end belongs to the window
        (TEN, TEN + 3 * MINUTE - 1, [1, 2]),  # and is not known a nanosecond before
        (TEN + MINUTE // 2, TEN + 5 * MINUTE // 2, [1, 2]),  # edges off the grid are no gaps
    ],
)
def test_the_window_is_open_at_its_start_and_closed_at_its_end(
    tmp_path: Path, start_ns: int, end_ns: int, expected: list[float]
) -> None:
    path = bars(tmp_path, range(6))
    series = read(path, 4, start_ns=start_ns, end_ns=end_ns, max_gap_ns=0)
    assert minutes_of(series) == expected
    assert series.columns["price"].tolist() == [99.0 + minute for minute in expected]


def test_what_lies_outside_the_window_is_not_looked_at(tmp_path: Path) -> None:
    path = bars(tmp_path, [-9, -3, 0, 1, 2, 2, 1, 3.5], price=[math.nan, 0.0, 1.0, 2.0, math.inf, -1.0, 5.0, 6.0])
    with pytest.raises(ConfigError):
        read(path, 3)
    assert read(path, 2, end_ns=TEN + 2 * MINUTE, bad_rows="skip").columns["price"].tolist() == [1.0, 2.0]
    assert [bad.row for bad in read(path, 2, bad_rows="skip").left_out] == [6]


def test_the_arrays_are_frozen(tmp_path: Path) -> None:
    series = read(bars(tmp_path, [0, 1]), 2)
    for values in (series.at_ns, series.columns["price"]):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0


# Numbers.


def test_texts_and_large_integers_are_numbers(tmp_path: Path) -> None:
    # Raw token amounts are texts and raw liquidity is an integer, both beyond the 2**53 that a float64 holds exactly.
    path = bars(
        tmp_path, [0, 1], amount=["15605830658802205161", "-2"], liquidity=[2391553663290390168, None], one=[1, 1]
    )
    series = read(path, 2, numbers=["amount", "liquidity", "one"], positive=["one"], bad_rows="skip")
    assert list(series.columns) == ["amount", "liquidity", "one"]
    assert [values.tolist() for values in series.columns.values()] == [
        [1.5605830658802205e19],
        [2.39155366329039e18],
        [1],
    ]
    assert named(series) == [(1, iso(1), RowFault.NOT_FINITE, "liquidity is nan, not a finite number")]


@pytest.mark.parametrize("missing", ["price", "ts"])
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    path = bars(tmp_path, [0, 1])
    pq.write_table(pq.read_table(path, columns=["ts" if missing == "price" else "price"]), path)
    with pytest.raises(ConfigError, match=rf"bars\.parquet: {missing}: no such column; the columns are"):
        read(path, 2)


@pytest.mark.parametrize("content", [None, b"ts,price"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bars.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"bars\.parquet: (no such file|not readable as Parquet)"):
        read(path, 2)
    with pytest.raises(ConfigError, match=r"bars\.parquet: (no such file|not readable as Parquet)"):
        settlements(path)


# Faults.

NAN, INF = math.nan, math.inf
Case: TypeAlias = tuple[Sequence[float], list[float], float, list[tuple[int, str, RowFault, str]], list[float]]

FAULTS: dict[str, Case] = {
    # name: labels, prices, end; then row, label, fault and reason of what is bad; then the minutes that are kept
    "nan": ([0, 1, 2], [1, NAN, 3], 3, [(1, iso(1), RowFault.NOT_FINITE, "price is nan, not a finite number")], [1, 3]),
    "inf": (
        [0, 1, 2],
        [1, 2, -INF],
        3,
        [(2, iso(2), RowFault.NOT_FINITE, "price is -inf, not a finite number")],
        [1, 2],
    ),
    "zero": ([0, 1, 2], [0, 2, 3], 3, [(0, iso(0), RowFault.NOT_POSITIVE, "price is 0, not above zero")], [2, 3]),
    "negative": ([0, 1], [1, -2.5], 2, [(1, iso(1), RowFault.NOT_POSITIVE, "price is -2.5, not above zero")], [1]),
    "duplicate": (
        [0, 1, 1, 2],
        [1, 2, 9, 3],
        3,
        [(2, iso(1), RowFault.DUPLICATE, "the label is that of row 1")],
        [1, 2, 3],
    ),
    "unsorted": (
        [0, 2, 1, 3],
        [1, 3, 2, 4],
        4,
        [(2, iso(1), RowFault.UNSORTED, "the label is earlier than that of row 1")],
        [1, 3, 4],
    ),
    "duplicate of an older row": (
        [0, 1, 2, 0],
        [1, 2, 3, 1],
        3,
        [(3, iso(0), RowFault.UNSORTED, "the label is earlier than that of row 2")],
        [1, 2, 3],
    ),
    "a row left out sets no order": (
        [0, 2, 1, 2],
        [1, NAN, 2, 3],
        3,
        [(1, iso(2), RowFault.NOT_FINITE, "price is nan, not a finite number")],
        [1, 2, 3],
    ),
    "off grid": (
        [0, 0.5, 1],
        [1, NAN, 2],
        2,
        [(1, iso(0, "30.000"), RowFault.OFF_GRID, "the label is no multiple of 1 min 0 s")],
        [1, 2],
    ),
    "gap": ([0, 3], [1, 4], 4, [(1, iso(1), RowFault.GAP, f"bars missing: 2, from {iso(1)} to {iso(3)}")], [1, 4]),
    "gap at the start": (
        [2, 3],
        [1, 2],
        4,
        [(0, iso(0), RowFault.GAP, f"bars missing: 2, from {iso(0)} to {iso(2)}")],
        [3, 4],
    ),
    "gap at the end": (
        [0, 1],
        [1, 2],
        5,
        [(2, iso(2), RowFault.GAP, f"bars missing: 3, from {iso(2)} to {iso(5)}")],
        [1, 2],
    ),
    "a gap before, a row left out within": (
        [0, 2, 4],
        [1, NAN, 5],
        5,
        [
            (1, iso(1), RowFault.GAP, f"bars missing: 1, from {iso(1)} to {iso(2)}"),
            (1, iso(2), RowFault.NOT_FINITE, "price is nan, not a finite number"),
            (2, iso(3), RowFault.GAP, f"bars missing: 1, from {iso(3)} to {iso(4)}"),
        ],
        [1, 5],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_skipped_and_named(tmp_path: Path, case: str) -> None:
    labels, prices, end, bad, kept = FAULTS[case]
    path = bars(tmp_path, labels, price=np.array(prices, dtype=np.float64))
    series = read(path, end, bad_rows="skip")
    assert named(series) == bad
    assert {(item.series, item.file) for item in series.left_out} == {("price", str(path))}
    assert minutes_of(series) == kept
    first = {label + 1: price for label, price in reversed(list(zip(labels, prices, strict=True))) if price > 0}
    assert series.columns["price"].tolist() == [first[minute] for minute in kept]


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_refuses_the_file_in_one_line(tmp_path: Path, case: str) -> None:
    labels, prices, end, bad, _ = FAULTS[case]
    path = bars(tmp_path, labels, price=np.array(prices, dtype=np.float64))
    row, label, fault, reason = bad[0]
    column = "price" if fault in (RowFault.NOT_FINITE, RowFault.NOT_POSITIVE) else "ts"
    with pytest.raises(ConfigError) as caught:
        read(path, end)
    total = f"(bad rows and gaps in all: {len(bad)})"
    assert str(caught.value) == f"{path}: {column}: row {row}, {label}: {reason} {total}{REMEDY}"
    assert (caught.value.file, caught.value.field) == (str(path), column)


def test_a_column_that_may_be_negative_is_not_held_positive(tmp_path: Path) -> None:
    path = bars(tmp_path, [0, 1], tick=[-5.0, 0.0])
    assert read(path, 2, numbers=["tick"], positive=[]).columns["tick"].tolist() == [-5.0, 0.0]


# Holes.


@pytest.mark.parametrize("bad_rows", ["refuse", "skip"])
@pytest.mark.parametrize(
    ("labels", "since", "until"), [([0, 1, 5, 6], 2, 5), ([3, 4, 5, 6], 0, 3), ([0, 1, 2, 3], 4, 7)]
)
def test_a_hole_beyond_the_limit_is_refused_in_both_modes(
    tmp_path: Path, bad_rows: str, labels: list[float], since: int, until: int
) -> None:
    path = bars(tmp_path, labels)
    with pytest.raises(ConfigError) as caught:
        read(path, 7, bad_rows=bad_rows, max_gap_ns=3 * MINUTE - 1)
    reason = f"bars missing: 3, from {iso(since)} to {iso(until)}"
    assert str(caught.value) == f"{path}: ts: hole of 3 min 0 s where 3 min 0 s is allowed: {reason}{SIDES}"


def test_a_hole_within_the_limit_is_named_and_not_filled(tmp_path: Path) -> None:
    series = read(bars(tmp_path, [0, 1, 5, 6]), 7, bad_rows="skip", max_gap_ns=3 * MINUTE)
    assert minutes_of(series) == [1, 2, 6, 7]
    assert [bad.fault for bad in series.left_out] == [RowFault.GAP]


def test_rows_left_out_count_towards_the_limit(tmp_path: Path) -> None:
    path = bars(tmp_path, range(5), price=[1.0, NAN, NAN, NAN, 5.0])
    assert len(read(path, 5, bad_rows="skip", max_gap_ns=3 * MINUTE).left_out) == 3
    with pytest.raises(
        ConfigError,
        match=r"hole of 3 min 0 s without the 3 bad rows .the first: row 1, .* where 1 min 0 s is allo",
    ):
        read(path, 5, bad_rows="skip", max_gap_ns=MINUTE)
    # Whoever refuses bad rows hears of the first of them, not of the hole that they would leave.
    with pytest.raises(ConfigError, match=r"price: row 1, .*in all: 3\); mend"):
        read(path, 5, bad_rows="refuse", max_gap_ns=MINUTE)


def test_without_a_row_the_message_tells_what_the_file_covers(tmp_path: Path) -> None:
    path = bars(tmp_path, [0, 1])
    with pytest.raises(ConfigError) as caught:
        read(path, 9, start_ns=at([5])[0])
    covers = f"the file covers from {iso(0)} to {iso(1)}"
    assert str(caught.value) == f"{path}: ts: no row became final from {iso(5)} to {iso(9)}; {covers}"
    with pytest.raises(ConfigError, match=r"no row became final .*; the file has no row"):
        read(bars(tmp_path, [], price=pa.array([], pa.float64())), 2)


def test_only_bad_rows_are_no_series(tmp_path: Path) -> None:
    path = bars(tmp_path, [0, 1], price=[NAN, 0.0])
    with pytest.raises(ConfigError, match=r"all 2 are bad, as row 0, 2023-08-14T10:00:00\.000Z: price is nan.*covers"):
        read(path, 2, bad_rows="skip")
    with pytest.raises(ConfigError, match=r"price: row 0, 2023-08-14T10:00:00\.000Z: price is nan.*in all: 2\); mend"):
        read(path, 2, bad_rows="refuse")


@pytest.mark.parametrize(
    "changes", [{"bar_ns": 0}, {"bar_ns": -MINUTE}, {"positive": ["cost"]}, {"end_ns": TEN}, {"end_ns": TEN - 1}]
)
def test_a_senseless_call_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read(bars(tmp_path, [0, 1]), 2, **changes)


# Funding.


def funding(folder: Path, hours: Sequence[float], column: str = "venue", **columns: Any) -> Path:
    """Write settlements of Binance ETH at hours after 10:00, each followed by one of another venue and asset."""
    instants = [instant for hour in hours for instant in at([hour * 60])]
    rates = columns.pop("funding_rate", [i * 1e-4 for i in range(len(hours))])
    path = folder / "funding.parquet"
    table = {
        "ts": times([instant for instant in instants for _ in range(3)]),
        column: ["Binance", "okx", "Binance"] * len(hours),
        "asset": ["ETH", "ETH", "BTC"] * len(hours),
        "funding_rate": pa.array([value for rate in rates for value in (rate, NAN, NAN)], pa.float64()),
    }
    pq.write_table(pa.table(table), path)
    return path


def settlements(path: Path, **changes: Any) -> Series:
    given: dict[str, Any] = {
        "name": "funding",
        "venue": "binance",
        "asset": "eth",
        "start_ns": TEN,
        "end_ns": TEN + 40 * HOUR,
        "bad_rows": "refuse",
        "max_gap_ns": 30 * HOUR,
    }
    return read_funding(path, **(given | changes))


@pytest.mark.parametrize("column", ["venue", "exchange"])
def test_settlements_of_one_venue_and_asset_at_their_own_times(tmp_path: Path, column: str) -> None:
    series = settlements(funding(tmp_path, [0, 8, 16, 24, 32, 40, 48], column))
    assert series.at_ns.tolist() == [TEN + hour * HOUR for hour in (8, 16, 24, 32, 40)]
    assert series.columns["funding_rate"].tolist() == [i * 1e-4 for i in (1, 2, 3, 4, 5)]
    assert (series.bar_ns, series.left_out, series.name) == (0, (), "funding")


def test_jitter_stays_and_is_no_gap(tmp_path: Path) -> None:
    path = funding(tmp_path, [8, 16, 24, 32, 40])
    table = pq.read_table(path)
    late = [instant + (i % 3 == 0) * 10**6 for i, instant in enumerate(table["ts"].cast(pa.int64()).to_pylist())]
    pq.write_table(table.set_column(0, "ts", pa.array(late, pa.timestamp("us", tz="UTC"))), path)
    series = settlements(path, end_ns=TEN + 41 * HOUR)
    assert series.at_ns.tolist() == [TEN + hour * HOUR + 10**9 for hour in (8, 16, 24, 32, 40)]


SETTLED: dict[str, tuple[list[int], list[float], list[tuple[int, int, RowFault]], list[int]]] = {
    # name: hours, rates, then row in the file, hour and fault of what is bad, then the hours kept
    "nan": ([8, 16, 24, 32, 40], [1, NAN, 3, 4, 5], [(3, 16, RowFault.NOT_FINITE)], [8, 24, 32, 40]),
    "duplicate": ([8, 16, 16, 24, 32, 40], [1, 2, 2, 3, 4, 5], [(6, 16, RowFault.DUPLICATE)], [8, 16, 24, 32, 40]),
    "unsorted": ([8, 24, 16, 32, 40], [1, 3, 2, 4, 5], [(6, 16, RowFault.UNSORTED)], [8, 24, 32, 40]),
    "gap": ([8, 16, 32, 40], [1, 2, 4, 5], [(6, 16, RowFault.GAP)], [8, 16, 32, 40]),
    "gap at the start": ([16, 24, 32, 40], [1, 2, 3, 4], [(0, 0, RowFault.GAP)], [16, 24, 32, 40]),
    "gap at the end": ([8, 16, 24], [1, 2, 3], [(7, 24, RowFault.GAP)], [8, 16, 24]),
}


@pytest.mark.parametrize("case", SETTLED)
def test_a_fault_of_settlements_is_named_or_refused(tmp_path: Path, case: str) -> None:
    hours, rates, bad, kept = SETTLED[case]
    path = funding(tmp_path, hours, funding_rate=[1e-4 * float(rate) for rate in rates])
    series = settlements(path, bad_rows="skip")
    labels = [(dt.datetime(2023, 8, 14, 10, tzinfo=dt.UTC) + dt.timedelta(hours=hour)) for _, hour, _ in bad]
    expected = [
        (row, f"{label:%Y-%m-%dT%H}:00:00.000Z", fault) for (row, _, fault), label in zip(bad, labels, strict=True)
    ]
    found = [(item.row, item.label, item.fault) for item in series.left_out]
    assert found == expected
    assert series.at_ns.tolist() == [TEN + hour * HOUR for hour in kept]
    with pytest.raises(ConfigError, match=rf"row {bad[0][0]}, {expected[0][1]}: .*in all: 1\); mend the file, or set"):
        settlements(path)


@pytest.mark.parametrize("bad_rows", ["refuse", "skip"])
def test_a_hole_of_settlements_is_never_summed_over(tmp_path: Path, bad_rows: str) -> None:
    path = funding(tmp_path, [8, 16, 32, 40])
    expected = (
        "ts: hole of 16 h 0 min where 15 h 0 min is allowed: settlements missing: 1, "
        f"from 2023-08-15T02:00:00.000Z to 2023-08-15T18:00:00.000Z{SIDES}"
    )
    with pytest.raises(ConfigError) as caught:
        settlements(path, bad_rows=bad_rows, max_gap_ns=15 * HOUR)
    assert str(caught.value) == f"{path}: {expected}"


def test_few_settlements_in_the_window_are_held_against_the_whole_file(tmp_path: Path) -> None:
    series = settlements(funding(tmp_path, [8, 16, 40, 48, 56]), end_ns=TEN + 32 * HOUR, bad_rows="skip")
    assert [bad.reason[:22] for bad in series.left_out] == ["settlements missing: 1"]
    # Two rows alone do not tell the spacing: nothing is called a gap.
    assert settlements(funding(tmp_path, [8, 16]), max_gap_ns=0).left_out == ()


def test_what_a_funding_file_lacks_is_told(tmp_path: Path) -> None:
    path = funding(tmp_path, [8, 16, 24])
    with pytest.raises(
        ConfigError, match="venue: no row of bybit ETH; the file holds Binance BTC, Binance ETH, okx ETH"
    ):
        settlements(path, venue="bybit", asset="ETH")
    with pytest.raises(
        ConfigError, match=r"ts: no row became final .*covers from 2023-08-14T18:00:00.*to 2023-08-15T10:"
    ):
        settlements(path, start_ns=TEN + 24 * HOUR)
    with pytest.raises(ConfigError, match=r"venue: no such column, nor exchange; the columns are \['ts', 'place'"):
        settlements(funding(tmp_path, [8], column="place"))


def test_an_empty_window_of_settlements_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty"):
        settlements(funding(tmp_path, [8, 16, 24]), end_ns=TEN)


@pytest.mark.parametrize("rate", [0.1001, -0.2, 5.0])
def test_funding_that_no_venue_ever_took_is_implausible(tmp_path: Path, rate: float) -> None:
    path = funding(tmp_path, [8, 16, 24, 32, 40], funding_rate=[1e-4, rate, 1e-4, 1e-4, 0.1])
    series = settlements(path, bad_rows="skip")
    assert [(item.row, item.fault) for item in series.left_out] == [(3, RowFault.IMPLAUSIBLE)]
    assert series.columns["funding_rate"].tolist() == [1e-4, 1e-4, 1e-4, 0.1]


def test_between_two_settlements_none_is_due(tmp_path: Path) -> None:
    path = funding(tmp_path, [8, 16, 24, 32, 40])
    quiet = settlements(path, start_ns=TEN + 17 * HOUR, end_ns=TEN + 23 * HOUR)
    assert quiet.at_ns.size == 0
    assert quiet.left_out == ()
    with pytest.raises(ConfigError, match="no row became final"):  # behind the last one nobody knows
        settlements(path, start_ns=TEN + 41 * HOUR, end_ns=TEN + 43 * HOUR)
