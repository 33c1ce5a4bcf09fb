"""A table of quotes: looked up by name, frozen, and honest about what cannot be traded."""

import math

import numpy as np
import pytest

from hedgerow.core.arrays import frozen, vector
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.market import Quote, QuoteTable, quote_fault

NAN, INF = math.nan, math.inf


def table(*names: str, bid: list[float] | None = None) -> QuoteTable:
    """Return a table whose row i has bid i+1, ask i+2, mark i+1.5, forward 100+i, time i."""
    rows = np.arange(len(names), dtype=np.float64)
    return QuoteTable(
        names=names,
        bid=vector(rows + 1 if bid is None else bid),
        ask=vector(rows + 2),
        mark=vector(rows + 1.5),
        forward=vector(rows + 100),
        at_ns=frozen(np.arange(len(names), dtype=np.int64)),
    )


def quote(name: str, bid: float = 7.0, *, assumed: bool = False) -> Quote:
    return Quote(name=name, bid=bid, ask=9.0, mark=8.5, forward=50.0, at_ns=77, assumed=assumed)


def test_a_row_is_found_by_name() -> None:
    quotes = table("A", "B")
    assert quotes.quote("B") == Quote(name="B", bid=2.0, ask=3.0, mark=2.5, forward=101.0, at_ns=1, assumed=False)
    assert quotes.row(1) == quotes.quote("B")
    assert len(quotes) == 2
    assert "A" in quotes
    assert "C" not in quotes


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("ETH-26JAN24-2300-c", "ETH-26JAN24-2300-C"),
        ("ETH-26JAN24-2350-C", "ETH-26JAN24-2300-C"),
        ("ETH-PERPETAUL", "ETH-PERPETUAL"),
        ("XRP_USDC-26JAN24-1-C", "XRP_USDC-26JAN24-0d625-C"),
        ("zzz", "use an instrument that the snapshot quotes"),
    ],
)
def test_a_missing_name_is_answered_with_its_neighbours(name: str, near: str) -> None:
    quotes = table("ETH-26JAN24-2300-C", "ETH-26JAN24-2400-C", "XRP_USDC-26JAN24-0d625-C", "ETH-PERPETUAL")
    with pytest.raises(MarketDataError, match=f"^{name}: not quoted in this market; ") as caught:
        quotes.quote(name)
    assert near in caught.value.advice
    assert (caught.value.name, caught.value.fault) == (name, DataFault.MISSING)


@pytest.mark.usefixtures("unchecked")
def test_a_name_stands_once_and_columns_are_of_one_length() -> None:
    with pytest.raises(InputError, match="A is quoted twice; keep one row per instrument"):
        table("A", "B", "A")
    with pytest.raises(InputError, match=r"lengths \[1, 2\]; give columns of equal length"):
        table("A", "B", bid=[1.0])


def test_new_quotes_replace_or_follow_the_old() -> None:
    old = table("A", "B", "C")
    new = old.with_quotes([quote("D"), quote("B", assumed=True)])
    assert new.names == ("A", "C", "D", "B")
    assert new.quote("B") == quote("B", assumed=True)
    assert new.quote("D") == quote("D")
    assert [new.quote(name) for name in "AC"] == [old.quote(name) for name in "AC"]
    assert old.quote("B").bid == 2.0  # the old table is as it was


def test_data_that_replace_an_assumption_are_no_assumption() -> None:
    assumed = table("A").with_quotes([quote("B", assumed=True), quote("C", assumed=True)])
    assert assumed.assumed == {"B", "C"}
    assert assumed.with_quotes([quote("B")]).assumed == {"C"}


def test_take_keeps_the_rows_asked_for_in_their_order() -> None:
    quotes = table("A", "B", "C").with_quotes([quote("D", assumed=True), quote("E", assumed=True)])
    some = quotes.take([3, 0])
    assert some.names == ("D", "A")
    assert [some.quote(name) for name in "DA"] == [quotes.quote(name) for name in "DA"]
    assert some.assumed == {"D"}
    assert len(quotes.take([])) == 0


@pytest.mark.parametrize("column", ["bid", "ask", "mark", "forward", "at_ns"])
def test_no_column_of_any_table_can_be_written_to(column: str) -> None:
    for quotes in (table("A", "B"), table("A").with_quotes([quote("B")]), table("A", "B").take([1])):
        with pytest.raises(ValueError, match="read-only"):
            getattr(quotes, column)[0] = 0


def test_mid_is_nan_when_one_side_is_missing() -> None:
    assert quote("A", bid=7.0).mid == 8.0
    assert math.isnan(quote("A", bid=NAN).mid)


@pytest.mark.parametrize(
    ("bid", "ask", "fault", "reason"),
    [
        (1.0, 2.0, None, ""),
        (2.0, 2.0, None, ""),  # a locked market can be traded
        (2.0, 1.0, DataFault.CROSSED, "crossed: the bid 2 is above the ask 1"),
        (NAN, 1.0, DataFault.ONE_SIDED, "one-sided: no bid"),
        (0.0, 1.0, DataFault.ONE_SIDED, "one-sided: no bid"),
        (-1.0, 1.0, DataFault.ONE_SIDED, "one-sided: no bid"),
        (1.0, NAN, DataFault.ONE_SIDED, "one-sided: no ask"),
        (NAN, NAN, DataFault.ONE_SIDED, "no bid and no ask"),
        (0.0, 0.0, DataFault.ONE_SIDED, "no bid and no ask"),
        (1.0, INF, DataFault.NOT_FINITE, "not finite: bid 1, ask inf"),
        (-INF, 1.0, DataFault.NOT_FINITE, "not finite: bid -inf, ask 1"),
    ],
)
def test_quote_fault(bid: float, ask: float, fault: DataFault | None, reason: str) -> None:
    assert quote_fault(bid, ask) == (None if fault is None else (fault, reason))
