"""A quiet box keeps its promise, and is not an empty one.

The oracle is the full valuation of the book at points inside the box; the box itself comes from interval arithmetic,
which never calls it.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedgerow.book import CompiledBook, Row, assemble, kernels, quiet_box, value_book
from hedgerow.core.errors import InputError, NumeraireError
from seam_worlds import BASE, OPTIONS, ROWS, START

YEARS = st.floats(0.0, 1.0, exclude_max=True)
INSIDE = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
POINTS = st.lists(st.tuples(INSIDE, YEARS), min_size=1, max_size=12)
CORNERS = [(share, passed) for share in (1e-9, 0.5, 1.0 - 1e-9) for passed in (0.0, 0.5, 1.0 - 1e-9)]
NUMERAIRES = st.sampled_from(["USD", "ETH"])
SPOTS = st.floats(1_200.0, 3_200.0)
WIDTHS = st.floats(1e-6, 10.0)


def book_of(*rows: Row) -> CompiledBook:
    return assemble(rows, base=BASE, spot=2_000.0, n_group=1)


def deltas(book: CompiledBook, numeraire: str, spot: float, passed: float = 0.0) -> np.ndarray:
    found: np.ndarray = value_book(book, numeraire=numeraire, spot=spot, years_passed=passed)[1]
    return found


def rounding(book: CompiledBook, numeraire: str, spot: float, passed: float) -> float:
    """Bound the rounding of one valuation: a put's delta is that of a call less one, so its error is that of one."""
    options = np.isin(book.kinds, (kernels.LINEAR_OPTION, kernels.INVERSE_OPTION))
    units = np.where(options, np.maximum(1.0, book.table[:, kernels.STRIKE] / spot), 0.0)
    return float(1e-12 * abs(deltas(book, numeraire, spot, passed)).sum() + 1e-15 * (abs(book.table[:, 0]) @ units))


def bisect(is_inside: Callable[[float], bool], inside: float, outside: float) -> float:
    """Find an edge by halving, without any of the code under test."""
    for _ in range(200):
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
    return inside


@given(ROWS, NUMERAIRES, SPOTS, WIDTHS, WIDTHS, POINTS)
def test_inside_of_the_box_delta_stays_in_its_band(
    rows: tuple[Row, ...], numeraire: str, spot: float, down: float, up: float, points: list[tuple[float, float]]
) -> None:
    book = book_of(*rows)
    now = float(deltas(book, numeraire, spot).sum())
    lower, upper = now - down, now + up
    box = quiet_box(book, numeraire=numeraire, spot=spot, lower=lower, upper=upper)
    assert box.years >= 0.0
    assert box.below <= spot <= box.above
    assume(box.years > 0.0)
    for share, passed in [*points, *CORNERS]:
        there, years = box.below + share * (box.above - box.below), passed * box.years
        if not box.below < there < box.above:
            continue
        allowed = rounding(book, numeraire, there, years)
        assert lower - allowed <= deltas(book, numeraire, there, years).sum() <= upper + allowed


@given(ROWS, NUMERAIRES, SPOTS, WIDTHS, st.booleans())
def test_outside_of_its_band_already_there_is_no_quiet(
    rows: tuple[Row, ...], numeraire: str, spot: float, off: float, over: bool
) -> None:
    book = book_of(*rows)
    now = float(deltas(book, numeraire, spot).sum())
    gap = off + 10.0 * rounding(book, numeraire, spot, 0.0)
    lower, upper = (now - 2.0 - gap, now - gap) if over else (now + gap, now + 2.0 + gap)
    box = quiet_box(book, numeraire=numeraire, spot=spot, lower=lower, upper=upper)
    assert (box.below, box.above, box.years) == (spot, spot, 0.0)


@given(ROWS, NUMERAIRES, SPOTS, WIDTHS)
def test_in_the_middle_of_a_band_there_is_some_quiet(
    rows: tuple[Row, ...], numeraire: str, spot: float, width: float
) -> None:
    book = book_of(*rows)
    now = float(deltas(book, numeraire, spot).sum())
    width += 1e3 * rounding(book, numeraire, spot, 0.0)
    box = quiet_box(book, numeraire=numeraire, spot=spot, lower=now - width, upper=now + width)
    assert box.years > 0.0
    assert box.below < spot < box.above


FALLING = st.floats(100.0, 20_000.0).map(
    lambda liquidity: Row(kernels.RANGE, 0, "range", None, liquidity, lower=1_500.0, upper=2_600.0)
)
# So far from its expiry that the year the box looks ahead is nothing; the vol over the whole time is what it says.
_AGES = 1e9


def _short_call(size: float, strike: float, total_vol: float) -> Row:
    vol = total_vol / math.sqrt(_AGES)
    return Row(kernels.INVERSE_OPTION, 0, "call", START, -size, strike=strike, expiry_years=_AGES, vol=vol, sign=1.0)


SHORT_CALLS = st.builds(_short_call, st.floats(0.5, 50.0), st.floats(1_700.0, 2_400.0), st.floats(0.02, 0.5))


@given(FALLING | SHORT_CALLS, st.floats(1_600.0, 2_500.0), st.floats(1_600.0, 2_500.0), st.floats(1_600.0, 2_500.0))
def test_the_edges_of_one_falling_row_are_the_true_ones(row: Row, one: float, other: float, third: float) -> None:
    low, spot, high = sorted((one, other, third))
    assume(low < spot * (1.0 - 1e-4))
    assume(spot < high * (1.0 - 1e-4))
    book = book_of(row)

    def delta(at: float) -> float:
        return float(deltas(book, "USD", at).sum())

    # The band is what delta does between low and high; where it is flat the edge is anywhere.
    upper, lower = delta(low), delta(high)
    size = abs(row.quantity) * (1.0 if row.kind == kernels.INVERSE_OPTION else 1e-3)
    assume(min(upper - delta(spot), delta(spot) - lower) > 1e-3 * size)
    assume(delta(low * (1.0 - 1e-6)) - upper > 1e-10 * size)
    assume(lower - delta(high * (1.0 + 1e-6)) > 1e-10 * size)
    box = quiet_box(book, numeraire="USD", spot=spot, lower=lower, upper=upper)
    true_below = bisect(lambda at: delta(at) <= upper, spot, 0.5 * low)
    true_above = bisect(lambda at: delta(at) >= lower, spot, 2.0 * high)
    assert abs(box.below / true_below - 1.0) <= 1e-6
    assert abs(box.above / true_above - 1.0) <= 1e-6


@given(OPTIONS, SPOTS, st.floats(0.01, 0.2))
def test_one_option_is_not_woken_much_too_early(row: Row, spot: float, share: float) -> None:
    """Half of the room is the clock's: what is left to the spot is at least a fifth of the true way out."""
    book = book_of(row)
    assume(abs(row.quantity) > 0.1)
    now = float(deltas(book, "USD", spot).sum())
    width = share * abs(row.quantity)
    box = quiet_box(book, numeraire="USD", spot=spot, lower=now - width, upper=now + width)

    def is_inside(at: float) -> bool:
        return abs(float(deltas(book, "USD", at).sum()) - now) <= width

    for edge, far in ((box.below, math.exp(-2.0)), (box.above, math.exp(2.0))):
        # The first way out, not the last: delta may come back.
        steps = [far ** (i / 200) for i in range(1, 201)]
        out = next((step for step in steps if not is_inside(spot * step)), far)
        assert abs(math.log(edge / spot)) >= 0.2 * (abs(math.log(out)) - 0.011)


def test_what_a_box_refuses() -> None:
    book = book_of(Row(kernels.COIN, 0, "coin", None, 1.0))
    with pytest.raises(NumeraireError):
        quiet_box(book, numeraire="BTC", spot=2_000.0, lower=0.0, upper=2.0)
    for spot in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(InputError):
            quiet_box(book, numeraire="USD", spot=spot, lower=0.0, upper=2.0)
