"""Which position a venue reduces next when an account no longer covers its maintenance margin, and by how much."""

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.book import CompiledBook, kernels, value_book
from hedgerow.core.errors import InputError
from hedgerow.margin.account import Haircuts, covering_equity
from hedgerow.margin.legs import is_collateral, is_option
from hedgerow.margin.requirement import MarginRule
from hedgerow.venue_rules.tables import LiquidationSteps


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A trade that a venue makes for an account.

    Parameters
    ----------
    group : int
        Which position of the book.
    quantity : float
        Signed, bought > 0. [coins, USD of an inverse future]
    share : float
        Of the position. [fraction]
    steps : int
        How many of the venue's steps it takes at this price. [count]
    everything : bool
        The venue closes all positions, this one first, whether the margin is covered on the way or not.
    """

    group: int
    quantity: float
    share: float
    steps: int
    everything: bool = False


def next_liquidation(
    book: CompiledBook, rule: MarginRule, haircuts: Haircuts, terms: LiquidationSteps
) -> Reduction | None:
    """Return what a venue trades next for an account, or nothing where its maintenance margin is covered.

    Perpetuals and futures come first, as long as closing them brings the account nearer to a delta of zero, the largest
    delta before the others; then options that do so, then what is left: futures, short options, long options. One
    reduction is as many of the venue's steps in one position as it takes to cover the margin at this price, or all of
    it. Trades are counted at the mark less the venue's fee.

    Parameters
    ----------
    book : CompiledBook
        Positions and collateral of the account. [USD terms]
    rule : MarginRule
        The venue's.
    haircuts : mapping of str to float
        Share of each currency that does not count. [fraction]
    terms : LiquidationSteps
        Steps and fees.

    Returns
    -------
    Reduction or None
        The next trade. [as its fields]

    Raises
    ------
    InputError
        If the rule does not cover a position, or the terms state no step.

    References
    ----------
    Deribit, "Auto liquidation" (deribit.com/docs/auto-liquidation) and "Liquidations" (support.deribit.com, article
    25944769313309); Paradex, "Margin System" (docs.paradex.trade/risk/margin-system): everything at once.
    """
    if _excess(book, rule, haircuts) >= 0.0:
        return None
    group = _first(book)
    if group is None:
        return None
    row = int(np.flatnonzero((book.group == group) & ~is_collateral(book))[0])
    held = float(book.table[row, kernels.QUANTITY])
    if terms.whole:
        return Reduction(group=group, quantity=-held, share=1.0, steps=1, everything=True)
    step = _step(book, row, terms)
    most = max(int(np.ceil(abs(held) / step - 1e-9)), 1)
    steps = _fewest(book, rule, haircuts, terms, group, step / abs(held), most)
    share = min(steps * step / abs(held), 1.0)
    return Reduction(group=group, quantity=-held * share, share=share, steps=steps)


def reduced(book: CompiledBook, group: int, share: float, terms: LiquidationSteps) -> CompiledBook:
    """Return a book after a share of one position was closed at its mark, fees paid.

    Parameters
    ----------
    book : CompiledBook
        Positions and collateral of the account. [USD terms]
    group : int
        Which position. [0-based]
    share : float
        How much of it is closed. [fraction]
    terms : LiquidationSteps
        Its fees.

    Returns
    -------
    CompiledBook
        The book with what the position was worth as collateral in its settlement currency. [USD terms]

    References
    ----------
    As ``next_liquidation``.
    """
    rows = (book.group == group) & ~is_collateral(book)
    worth = share * float(value_book(book, numeraire="USD")[0][rows].sum())
    paid = worth - share * _fee(book, rows, terms)
    inverse = bool(np.isin(book.kinds[rows], (kernels.INVERSE_FUTURE, kernels.INVERSE_OPTION)).all())
    table = np.ones((book.kinds.size + 1, kernels.N_COLUMNS))
    table[:-1] = book.table
    table[:-1][rows, kernels.QUANTITY] *= 1.0 - share
    table[-1, kernels.QUANTITY] = paid / book.spot if inverse else paid
    return replace(
        book,
        kinds=np.append(book.kinds, kernels.COIN if inverse else kernels.CASH),
        table=table,
        group=np.append(book.group, book.n_group),
        n_group=book.n_group + 1,
        bucket=np.append(book.bucket, len(book.buckets)),
        buckets=(*book.buckets, ("spot" if inverse else "cash", None)),
        option_expiry_ns=np.append(book.option_expiry_ns, 0),
    )


def _excess(book: CompiledBook, rule: MarginRule, haircuts: Haircuts) -> float:
    return covering_equity(book, rule, haircuts) - rule.requirement(book).maintenance


def _first(book: CompiledBook) -> int | None:
    """Return the position that is reduced first; None where there is none."""
    rows = np.flatnonzero(~is_collateral(book) & (book.table[:, kernels.QUANTITY] != 0.0))
    if not rows.size:
        return None
    deltas = value_book(book, numeraire="USD")[1]
    net = float(deltas[rows].sum())
    options, quantity = is_option(book), book.table[:, kernels.QUANTITY]

    def rank(row: int) -> tuple[int, float]:
        helps = bool(deltas[row] * net > 0.0)
        if not options[row]:
            order = 0 if helps else 2
        elif helps:
            order = 1
        else:
            order = 3 if quantity[row] < 0.0 else 4
        return order, -abs(float(deltas[row]))

    return int(book.group[min(rows.tolist(), key=rank)])


def _step(book: CompiledBook, row: int, terms: LiquidationSteps) -> float:
    """Return the venue's step in the units of a row."""
    step = terms.option_step if is_option(book)[row] else terms.futures_step
    if not step > 0.0:
        raise InputError("liquidation step by step without a step", "state futures_step and option_step, or whole")
    if book.kinds[row] == kernels.LINEAR_FUTURE:
        return step / (float(book.table[row, kernels.RATIO]) * book.spot)
    return step


def _fee(book: CompiledBook, rows: np.ndarray, terms: LiquidationSteps) -> float:
    """Return the fee for closing all of a position. [USD]"""
    total = 0.0
    for row in np.flatnonzero(rows).tolist():
        quantity = abs(float(book.table[row, kernels.QUANTITY]))
        mark = float(book.table[row, kernels.RATIO]) * book.spot
        if is_option(book)[row]:
            total += terms.option_fee * quantity * book.spot
        elif book.kinds[row] == kernels.INVERSE_FUTURE:
            total += terms.futures_fee * quantity * book.spot / mark
        else:
            total += terms.futures_fee * quantity * mark
    return total


def _fewest(
    book: CompiledBook,
    rule: MarginRule,
    haircuts: Haircuts,
    terms: LiquidationSteps,
    group: int,
    share: float,
    most: int,
) -> int:
    """Return the least number of steps after which the margin is covered, or all of them."""

    def covered(steps: int) -> bool:
        return _excess(reduced(book, group, min(steps * share, 1.0), terms), rule, haircuts) >= 0.0

    low, high = 0, 1
    while high < most and not covered(high):
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if covered(middle):
            high = middle
        else:
            low = middle
    return high
