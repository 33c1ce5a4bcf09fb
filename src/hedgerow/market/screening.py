"""Sorting quotes into usable ones and named refusals: the same rules for every source."""

import math
from collections.abc import Sequence

from hedgerow.core.errors import InputError
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market.quotes import Quote, quote_fault
from hedgerow.market.snapshot import Rejection


def row_fault(quote: Quote, base: str) -> str | None:
    """Say why a row cannot be used for anything.

    Parameters
    ----------
    quote : Quote
        The row.
    base : str
        The coin that the snapshot is about.

    Returns
    -------
    str or None
        The reason, None if there is none. [text]
    """
    try:
        instrument = parse_deribit(quote.name)
    except InputError as error:
        return error.problem
    if instrument.base != base:
        return f"not on {base}"
    if isinstance(instrument, EuropeanOption) and not (math.isfinite(quote.forward) and quote.forward > 0.0):
        return f"the underlying price is {quote.forward:g}"
    if not (math.isfinite(quote.mark) and quote.mark >= 0.0):
        return f"the mark is {quote.mark:g}"
    return None


def screen(quotes: Sequence[Quote], base: str) -> tuple[list[int], list[Rejection]]:
    """Sort rows into those to keep and named refusals.

    Parameters
    ----------
    quotes : sequence of Quote
        All rows of a source.
    base : str
        The coin that the snapshot is about.

    Returns
    -------
    tuple of (list of int, list of Rejection)
        Rows to keep; what cannot be used at all, or cannot be traded, and why. [row numbers], [text]
    """
    keep: list[int] = []
    rejected: list[Rejection] = []
    for i, quote in enumerate(quotes):
        refusal = row_fault(quote, base)
        if refusal is not None:
            rejected.append(Rejection(name=quote.name, kind="quote", reason=refusal, use="anything"))
            continue
        keep.append(i)
        fault = quote_fault(quote.bid, quote.ask)
        if fault is not None:
            rejected.append(Rejection(name=quote.name, kind="quote", reason=fault[1], use="trading"))
    return keep, rejected
