"""Revaluing the same book often: the same numbers as once, in memory that is allocated once."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from numba.core import runtime

from hedgerow.book import CompiledBook, Revaluation, Row, assemble, kernels, value_book
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency

ETH, SPOT, YEAR_NS = Currency("ETH"), 2_222.19, 365 * 86_400 * 10**9


def book_of(n_option: int, *, others: bool = True) -> CompiledBook:
    """A book of options of both settlements, among coins, cash, futures and a range."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(n_option):
        years = float(rng.uniform(0.02, 1.0))
        rows.append(
            Row(
                kernels.INVERSE_OPTION if i % 3 else kernels.LINEAR_OPTION,
                i,
                "option",
                int(years * YEAR_NS),
                float(rng.normal()),
                ratio=float(rng.uniform(0.98, 1.05)),
                strike=SPOT * float(rng.uniform(0.6, 1.6)),
                expiry_years=years,
                vol=float(rng.uniform(0.3, 1.2)),
                sign=1.0 if i % 2 else -1.0,
            )
        )
    if others:
        rows[1:1] = [
            Row(kernels.COIN, 0, "spot", None, 3.0),
            Row(kernels.CASH, 0, "cash", None, -500.0),
            Row(kernels.INVERSE_FUTURE, 0, "future", None, 4_000.0, ratio=1.01, entry=2_150.0),
            Row(kernels.LINEAR_FUTURE, 0, "future", None, -2.0, ratio=1.01, entry=2_150.0),
            Row(kernels.RANGE, 0, "range", None, 40.0, lower=2_000.0, upper=2_500.0),
        ]
    return assemble(rows, base=ETH, spot=SPOT, n_group=max(n_option, 1))


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_it_is_the_valuation_whatever_was_asked_before(numeraire: str) -> None:
    book = book_of(40)
    often = Revaluation(book, numeraire=numeraire)
    asked = [(SPOT, 0.0, 0.0), (2_500.0, 0.1, 0.01), (1_700.0, -0.2, 0.0), (SPOT, 0.0, 0.015), (SPOT, 0.0, 0.0)]
    for spot, shift, passed in asked:
        found = often.at(spot, vol_shift=shift, years_passed=passed)
        once = value_book(book, numeraire=numeraire, spot=spot, vol_shift=shift, years_passed=passed)
        np.testing.assert_array_equal(found, once)
    assert found.shape == (8, book.kinds.size)
    assert np.isfinite(found).all()


def test_the_next_call_overwrites_what_the_last_one_returned() -> None:
    often = Revaluation(book_of(5), numeraire="USD")
    first = often.at(SPOT)
    kept = first.copy()
    second = often.at(1.1 * SPOT)
    assert second is first
    assert not np.array_equal(first[0], kept[0])
    np.testing.assert_array_equal(often.at(SPOT), kept)


def test_two_revaluations_share_nothing() -> None:
    book = book_of(5)
    one, other = Revaluation(book, numeraire="USD"), Revaluation(book, numeraire="USD")
    kept = (found := one.at(SPOT)).copy()
    other.at(2.0 * SPOT)
    np.testing.assert_array_equal(found, kept)


def test_ten_thousand_options_are_revalued_without_allocating() -> None:
    often = Revaluation(book_of(10_000), numeraire="ETH")
    spots = np.linspace(0.8, 1.2, 100) * SPOT
    for spot in spots[:3].tolist():
        often.at(spot, vol_shift=0.01, years_passed=0.001)
    allocator: Any = runtime
    allocator._nrt_python.memsys_enable_stats()  # off unless NUMBA_NRT_STATS was set when Python began
    before = allocator.rtsys.get_allocation_stats()
    tracemalloc.start()
    try:
        base, _ = tracemalloc.get_traced_memory()
        for spot in spots.tolist():
            often.at(spot, vol_shift=0.01, years_passed=0.001)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    after = allocator.rtsys.get_allocation_stats()
    # One column of the book is 80 kB.
    assert held - base < 4_096
    assert peak - base < 16_384
    # numba wraps each of the eight arrays that the kernel is handed, and lets go of it; nothing else is allocated.
    assert after.alloc - before.alloc == after.free - before.free == 8 * spots.size


def test_a_book_without_options_has_no_vol_to_lose() -> None:
    rows = [Row(kernels.COIN, 0, "spot", None, 3.0)]
    often = Revaluation(assemble(rows, base=ETH, spot=SPOT, n_group=1), numeraire="USD")
    np.testing.assert_allclose(often.at(100.0, vol_shift=-9.0, years_passed=9.0)[:, 0], [300.0, 3.0, *[0.0] * 6])


@pytest.mark.parametrize("spot", [0.0, -1.0, float("nan"), float("inf")])
def test_a_spot_that_is_no_price_is_refused(spot: float) -> None:
    with pytest.raises(InputError, match=r"a spot of .*; prices are positive and finite"):
        Revaluation(book_of(2), numeraire="USD").at(spot)


@pytest.mark.parametrize(
    ("shift", "passed", "message"),
    [
        (-5.0, 0.0, "a vol shift of -5 leaves an option without vol; shift by less"),
        (0.0, 5.0, "5 years take an option past its expiry; roll by less"),
        (float("nan"), 0.0, "12 options cannot be priced; check strikes, vols and times"),
        (0.0, float("nan"), "12 options cannot be priced; check strikes, vols and times"),
        (float("inf"), 0.0, "12 options cannot be priced; check strikes, vols and times"),
    ],
)
def test_a_shift_that_leaves_no_option_is_refused_and_does_no_harm(shift: float, passed: float, message: str) -> None:
    often = Revaluation(book_of(12), numeraire="USD")
    kept = often.at(SPOT).copy()
    with pytest.raises(InputError) as caught:
        often.at(SPOT, vol_shift=shift, years_passed=passed)
    assert str(caught.value) == message
    np.testing.assert_array_equal(often.at(SPOT), kept)


def test_the_numeraire_is_one_of_two() -> None:
    with pytest.raises(NumeraireError, match="state USD or ETH"):
        Revaluation(book_of(2), numeraire="BTC")
    with pytest.raises(TypeError, match="numeraire"):
        Revaluation(book_of(2))  # type: ignore[call-arg]
