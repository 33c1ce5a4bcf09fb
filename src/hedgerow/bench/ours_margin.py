"""Hedgerow's own margin runs, in a process of their own: ``python -m hedgerow.bench.ours_margin``."""

import sys
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.margin_task import paradex_rule
from hedgerow.bench.timing import Columns, Job, measure
from hedgerow.book import CompiledBook, Row, assemble, kernels, value_book
from hedgerow.core.ids import Currency
from hedgerow.margin import Requirement, covering_equity


def rows_of_account(given: Columns) -> list[Row]:
    """Return the positions of the task, each a group of its own, and a million of cash.

    Parameters
    ----------
    given : dict of str to ndarray
        As ``margin_task.margin_columns`` makes them. [as there]

    Returns
    -------
    list of Row
        Options, perpetuals, cash. [USD terms]
    """
    quantity, spot, options = given["quantity"].tolist(), float(given["spot"]), given["strike"].size
    names = ("expiry_ns", "strike", "years", "vol", "sign")
    columns = zip(*(given[name].tolist() for name in names), strict=True)
    rows = [
        Row(
            kernels.LINEAR_OPTION,
            i,
            "linear option",
            expiry_ns,
            quantity[i],
            strike=strike,
            expiry_years=years,
            vol=vol,
            sign=sign,
        )
        for i, (expiry_ns, strike, years, vol, sign) in enumerate(columns)
    ]
    rows += [
        Row(kernels.LINEAR_FUTURE, i, "linear perpetual", None, quantity[i], entry=spot)
        for i in range(options, len(quantity))
    ]
    return [*rows, Row(kernels.CASH, len(quantity), "USDC", None, 1e6)]


def book_of(rows: list[Row], given: Columns) -> CompiledBook:
    """Compile the account.

    Parameters
    ----------
    rows : list of Row
        Its positions.
    given : dict of str to ndarray
        The task; its spot counts. [as there]

    Returns
    -------
    CompiledBook
        One group for each position. [USD terms]
    """
    return assemble(rows, base=Currency("BTC"), spot=float(given["spot"]), n_group=len(rows))


def _column(needed: Requirement) -> NDArray[np.float64]:
    parts = dict(needed.parts)
    return np.array([needed.initial, needed.maintenance, parts["scan"], parts["delta floor"]])


def _margin(given: Columns) -> Job:
    rule, book = paradex_rule(), book_of(rows_of_account(given), given)
    return Job(lambda: rule.requirement(book), _column, "margin of a compiled book")


def _book_and_margin(given: Columns) -> Job:
    rule, book = paradex_rule(), book_of(rows_of_account(given), given)

    def call() -> Requirement:
        value_book(book, numeraire="USD")
        covering_equity(book, rule)
        return rule.requirement(book)

    return Job(call, _column, "value and Greeks of every position, equity, margin")


def _from_rows(given: Columns) -> Job:
    rule, rows = paradex_rule(), rows_of_account(given)

    def call() -> Requirement:
        book = book_of(rows, given)
        value_book(book, numeraire="USD")
        covering_equity(book, rule)
        return rule.requirement(book)

    return Job(call, _column, "the same, the book compiled in every call")


JOBS: Final[dict[str, Callable[[Columns], Job]]] = {
    "book and margin": _book_and_margin,
    "margin alone": _margin,
    "from rows": _from_rows,
}


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS``.
    """
    measure(words, JOBS)


if __name__ == "__main__":
    main(sys.argv[1:])
