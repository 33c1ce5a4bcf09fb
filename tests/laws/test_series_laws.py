"""Laws of recorded series: what is planted is named, what is clean is kept, and nothing after the window matters.

A file is made slot by slot, one slot a minute; what is expected is known from the making.
"""

import math
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedgerow.core.errors import ConfigError
from hedgerow.core.instants import to_iso
from hedgerow.market.series import RowFault, Series, read_bars

MINUTE = 60 * 10**9
START = 28_200_000 * MINUTE  # any whole minute
ALWAYS = 10**6 * MINUTE

KINDS = ("clean", "clean", "clean", "nan", "inf", "zero", "negative", "removed", "doubled", "stray", "late", "mended")
BAD = {
    "nan": (math.nan, RowFault.NOT_FINITE),
    "inf": (math.inf, RowFault.NOT_FINITE),
    "zero": (0.0, RowFault.NOT_POSITIVE),
    "negative": (-1.5, RowFault.NOT_POSITIVE),
}
SLOTS = st.lists(st.sampled_from(KINDS), min_size=1, max_size=40)


@dataclass
class File:
    """Rows (label, price) in file order, and what a reader must find: the slots kept, and (row, label, fault)."""

    rows: list[tuple[int, float]] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    faults: list[tuple[int, int, RowFault]] = field(default_factory=list)

    def good(self, slot: int) -> None:
        self.kept.append(slot)
        self.rows.append((label_of(slot), price_of(slot)))

    def bad(self, label: int, price: float, fault: RowFault) -> None:
        self.faults.append((len(self.rows), label, fault))
        self.rows.append((label, price))


def label_of(slot: int) -> int:
    return START + slot * MINUTE


def price_of(slot: int) -> float:
    return 100.0 + slot


def planted(kinds: list[str]) -> File:
    """Make the file of these slots."""
    file, late = File(), None
    for slot, kind in enumerate(kinds):
        label = label_of(slot)
        if kind == "removed":
            continue
        if kind in BAD:
            file.bad(label, *BAD[kind])
            continue
        if kind == "late" and kinds[slot + 1 : slot + 2] == ["clean"]:  # swapped with its neighbour
            late = slot
            continue
        if kind == "mended":  # a row left out does not make the good one after it a duplicate
            file.bad(label, *BAD["nan"])
        file.good(slot)
        if late is not None:
            file.bad(label_of(late), price_of(late), RowFault.UNSORTED)
            late = None
        if kind == "doubled":
            file.bad(label, price_of(slot) + 7.0, RowFault.DUPLICATE)
        if kind == "stray":
            file.bad(label - 7 * 10**9, price_of(slot), RowFault.OFF_GRID)
    file.faults = sorted([*gaps(kinds, file), *file.faults], key=lambda fault: fault[0])
    return file


def gaps(kinds: list[str], file: File) -> list[tuple[int, int, RowFault]]:
    """Name every run of removed slots by its first one, and by the row of the slot that follows it in time."""
    found, labels, end = [], [label for label, _ in file.rows], len(kinds)
    for slot in range(end):
        if kinds[slot] == "removed" and (slot == 0 or kinds[slot - 1] != "removed"):
            after = next((later for later in range(slot, end) if kinds[later] != "removed"), end)
            row = len(labels) if after == end else labels.index(label_of(after))
            found.append((row, label_of(slot), RowFault.GAP))
    return found


def read(rows: list[tuple[int, float]], n_slot: int, **changes: Any) -> Series:
    given: dict[str, Any] = {"bad_rows": "skip", "max_gap_ns": ALWAYS, "start_ns": START, "end_ns": label_of(n_slot)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "price.parquet"
        times = pa.array([label // 1000 for label, _ in rows], pa.timestamp("us", tz="UTC"))
        pq.write_table(pa.table({"ts": times, "price": pa.array([price for _, price in rows], pa.float64())}), path)
        fixed: dict[str, Any] = {"name": "price", "numbers": ["price"], "positive": ["price"], "bar_ns": MINUTE}
        return read_bars(path, **fixed, **(given | changes))


@given(SLOTS)
def test_skipping_keeps_exactly_the_clean_rows_and_names_all_others(kinds: list[str]) -> None:
    file = planted(kinds)
    assume(file.kept)
    series = read(file.rows, len(kinds))
    assert series.at_ns.tolist() == [label_of(slot + 1) for slot in file.kept]
    assert all(earlier < later for earlier, later in pairwise(series.at_ns.tolist()))
    assert series.columns["price"].tolist() == [price_of(slot) for slot in file.kept]
    expected = [(row, to_iso(label), fault) for row, label, fault in file.faults]
    assert [(bad.row, bad.label, bad.fault) for bad in series.left_out] == expected


@given(SLOTS)
def test_refusing_takes_a_clean_file_and_no_other(kinds: list[str]) -> None:
    file = planted(kinds)
    assume(file.rows)
    if not file.faults:
        series = read(file.rows, len(kinds), bad_rows="refuse", max_gap_ns=0)
        assert (len(series.at_ns), series.left_out) == (len(kinds), ())
        return
    with pytest.raises(ConfigError) as caught:
        read(file.rows, len(kinds), bad_rows="refuse")
    row, label, _ = file.faults[0]
    assert f"row {row}, {to_iso(label)}: " in caught.value.problem
    assert f"in all: {len(file.faults)})" in caught.value.problem
    assert "\n" not in str(caught.value)


@given(SLOTS)
def test_the_longest_stretch_without_a_good_row_is_the_limit(kinds: list[str]) -> None:
    file = planted(kinds)
    assume(file.kept)
    fenced = [-1, *file.kept, len(kinds)]
    longest = max(later - earlier - 1 for earlier, later in pairwise(fenced)) * MINUTE
    assert read(file.rows, len(kinds), max_gap_ns=longest).at_ns.size == len(file.kept)
    if longest:
        with pytest.raises(ConfigError, match="hole of"):
            read(file.rows, len(kinds), max_gap_ns=longest - 1)


@given(SLOTS, st.lists(st.tuples(st.integers(0, 50), st.floats()), max_size=5), st.integers(0, MINUTE - 1))
def test_what_becomes_final_after_the_end_has_no_influence(
    kinds: list[str], later: list[tuple[int, float]], early: int
) -> None:
    file = planted(kinds)
    assume(file.kept)
    # The bar of the last slot closes at the end; whatever opens within it or after it is not known yet.
    after = [(label_of(len(kinds) + slot) - early // 1000 * 1000, price) for slot, price in later]
    here, there = read(file.rows, len(kinds)), read(after + file.rows, len(kinds))
    assert here.at_ns.tolist() == there.at_ns.tolist()
    assert here.columns["price"].tolist() == there.columns["price"].tolist()
    assert [(bad.label, bad.fault) for bad in here.left_out] == [(bad.label, bad.fault) for bad in there.left_out]
