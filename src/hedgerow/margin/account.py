"""One account at one market: what it is worth, what covers margin, what it needs, and where it is liquidated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from hedgerow.book import CompiledBook, kernels, value_book
from hedgerow.core.arrays import Int64
from hedgerow.core.errors import InputError
from hedgerow.margin.account_book import Marked, account_book, held_names
from hedgerow.margin.legs import is_collateral, is_option, part_of
from hedgerow.margin.requirement import MarginRule

__all__ = [
    "NO_HAIRCUTS",
    "AccountMargin",
    "Haircuts",
    "Marked",
    "account_book",
    "account_margin",
    "covering_equity",
    "held_names",
    "isolated_margins",
    "liquidation_moves",
]

Haircuts = Mapping[str, float]
"""By currency, which share of its worth does not cover margin; ``USD`` stands for cash that is not named. [fraction]"""

NO_HAIRCUTS: Final[Haircuts] = MappingProxyType({})
"""All collateral counts in full. [fraction]"""

_LOWEST, _HIGHEST = 0.001, 10.0
"""Spots over the spot now between which liquidation is looked for. [pure]"""
_STEPS: Final = 40
_ROUNDS: Final = 60
_CLOSE: Final = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMargin:
    """What one account has and needs.

    Parameters
    ----------
    equity : float
        Everything in it at its mark. [USD]
    covering : float
        What of it covers margin: collateral after haircuts, unsettled P&L of futures, options where they count. [USD]
    initial, maintenance : float
        What its positions need. [USD]
    liquidation_down, liquidation_up : float or None
        Nearest moves of the spot, down and up, at which the maintenance margin is no longer covered, everything else
        as it is; 0 where it is not covered now, None where no move from -99.9 % to +900 % does it. [fraction]
    parts : tuple of (str, float)
        What the initial margin consists of. [USD]
    """

    equity: float
    covering: float
    initial: float
    maintenance: float
    liquidation_down: float | None
    liquidation_up: float | None
    parts: tuple[tuple[str, float], ...] = ()

    @property
    def free(self) -> float:
        """What is left above the initial margin. [USD]"""
        return self.covering - self.initial

    @property
    def usage(self) -> float:
        """Maintenance margin over what covers it; infinite where nothing does. [fraction]"""
        if self.covering > 0.0:
            return self.maintenance / self.covering
        return float("inf") if self.maintenance > 0.0 or self.covering < 0.0 else 0.0


def account_margin(book: CompiledBook, rule: MarginRule, *, haircuts: Haircuts = NO_HAIRCUTS) -> AccountMargin:
    """Return what one account has and needs, and where it is liquidated.

    Parameters
    ----------
    book : CompiledBook
        Positions and collateral of the account. [USD terms]
    rule : MarginRule
        The venue's.
    haircuts : mapping of str to float
        Share of each currency that does not count. [fraction]

    Returns
    -------
    AccountMargin
        At the book's spot. [USD]

    Raises
    ------
    InputError
        If the rule does not cover a position, or a haircut is not from 0 to 1.

    References
    ----------
    Deribit, "Margin types and usage" and "Cross collateral specifications" (support.deribit.com).
    """
    needed = rule.requirement(book)
    down, up = liquidation_moves(book, rule, haircuts)
    return AccountMargin(
        equity=float(value_book(book, numeraire="USD")[0].sum()),
        covering=covering_equity(book, rule, haircuts),
        initial=needed.initial,
        maintenance=needed.maintenance,
        liquidation_down=down,
        liquidation_up=up,
        parts=needed.parts,
    )


def covering_equity(book: CompiledBook, rule: MarginRule, haircuts: Haircuts = NO_HAIRCUTS) -> float:
    """Return what of an account's equity covers margin.

    A haircut takes from what is held, never from what is owed.

    Parameters
    ----------
    book : CompiledBook
        Positions and collateral of the account. [USD terms]
    rule : MarginRule
        Says whether options count.
    haircuts : mapping of str to float
        Share of each currency that does not count. [fraction]

    Returns
    -------
    float
        The equity that covers. [USD]

    Raises
    ------
    InputError
        If a haircut is not from 0 to 1.

    References
    ----------
    Deribit, "Cross collateral specifications" (support.deribit.com, article 25944777203869).
    """
    for currency, share in haircuts.items():
        if not 0.0 <= share <= 1.0:
            raise InputError(f"a haircut of {share:g} on {currency}", "give a fraction from 0 to 1")
    values = value_book(book, numeraire="USD")[0]
    total = float(values.sum() if rule.counts_options else values[~is_option(book)].sum())
    if not haircuts:
        return total
    collateral = np.flatnonzero(is_collateral(book))
    names = [_currency(book, int(row), haircuts) for row in collateral]
    for name in set(names):
        held = float(values[collateral[np.array([name == other for other in names])]].sum())
        total -= haircuts.get(name, 0.0) * max(held, 0.0)
    return total


def _currency(book: CompiledBook, row: int, haircuts: Haircuts) -> str:
    """Return the currency of a row of collateral: the coin, what cash is labelled with, or USD."""
    if book.kinds[row] == kernels.COIN:
        return book.base
    label = book.buckets[book.bucket[row]][0]
    return label if label in haircuts else "USD"


def liquidation_moves(
    book: CompiledBook, rule: MarginRule, haircuts: Haircuts = NO_HAIRCUTS
) -> tuple[float | None, float | None]:
    """Return the nearest moves of the spot, down and up, at which maintenance margin is no longer covered.

    Forwards move in proportion, vols stay; the account is revalued in full at each move, so that collateral in coins
    falls with the spot. Moves are looked for step by step outwards, so one that is covered again within a
    step of 16 % down or 6 % up may be missed.

    Parameters
    ----------
    book : CompiledBook
        Positions and collateral of the account. [USD terms]
    rule : MarginRule
        The venue's.
    haircuts : mapping of str to float
        Share of each currency that does not count. [fraction]

    Returns
    -------
    tuple of two (float or None)
        Down (not positive) and up (not negative); zeros where it is not covered now. [fraction]

    Raises
    ------
    InputError
        If the rule does not cover a position.

    References
    ----------
    Deribit, "Liquidations" (support.deribit.com, article 25944769313309): liquidation begins where the maintenance
    margin exceeds the margin balance.
    """

    def excess(move: float) -> float:
        moved = replace(book, spot=book.spot * move)
        return covering_equity(moved, rule, haircuts) - rule.requirement(moved).maintenance

    if excess(1.0) < 0.0:
        return 0.0, 0.0
    if bool(is_collateral(book).all()) and not np.any(book.table[:, kernels.QUANTITY] < 0.0):
        return None, None
    found: list[float | None] = []
    for end in (_LOWEST, _HIGHEST):
        inside = 1.0
        for move in np.geomspace(1.0, end, _STEPS + 1)[1:].tolist():
            if excess(move) < 0.0:
                found.append(_root(excess, inside, move) - 1.0)
                break
            inside = move
        else:
            found.append(None)
    return found[0], found[1]


def _root(excess: Callable[[float], float], inside: float, outside: float) -> float:
    """Return the move at which cover ends between a covered and an uncovered one: false position, Illinois variant."""
    above, below = excess(inside), excess(outside)
    side = 0
    for _ in range(_ROUNDS):
        if abs(outside - inside) <= _CLOSE * abs(outside) or above == below:
            break
        middle = (inside * below - outside * above) / (below - above)
        value = excess(middle)
        if value < 0.0:
            outside, below = middle, value
            above, side = (0.5 * above if side < 0 else above), -1
        else:
            inside, above = middle, value
            below, side = (0.5 * below if side > 0 else below), 1
        if value == 0.0:
            return middle
    return outside


def isolated_margins(
    book: CompiledBook, rule: MarginRule, margins: Mapping[int, float], *, haircuts: Haircuts = NO_HAIRCUTS
) -> dict[int, AccountMargin]:
    """Return what each position needs that stands alone with margin of its own.

    Parameters
    ----------
    book : CompiledBook
        Positions of the account by group; its collateral is left out. [USD terms]
    rule : MarginRule
        The venue's, applied to one position at a time.
    margins : mapping of int to float
        By group, what was put up for it, held in the coin for a coin-settled contract. [USD now]
    haircuts : mapping of str to float
        Share of each currency that does not count. [fraction]

    Returns
    -------
    dict of int to AccountMargin
        By group. [USD]

    Raises
    ------
    InputError
        If a group holds no position, or the rule does not cover it.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, section 2: a position with a margin account of its own.
    """
    found = {}
    for group, cash in margins.items():
        rows = (book.group == group) & ~is_collateral(book)
        if not np.any(rows):
            raise InputError(f"position {group} is not in the book", "name the group of a position")
        found[group] = account_margin(_with_margin(part_of(book, rows), cash), rule, haircuts=haircuts)
    return found


def _with_margin(book: CompiledBook, worth: float) -> CompiledBook:
    """Add a row of collateral to one position: coins where it settles in the coin, else cash."""
    inverse = bool(np.isin(book.kinds, (kernels.INVERSE_FUTURE, kernels.INVERSE_OPTION)).all())
    table = np.ones((book.kinds.size + 1, kernels.N_COLUMNS))
    table[:-1] = book.table
    table[-1, kernels.QUANTITY] = worth / book.spot if inverse else worth

    def longer(values: Int64[np.ndarray, " n"], last: int) -> np.ndarray:
        return np.append(values, last)

    return CompiledBook(
        base=book.base,
        spot=book.spot,
        kinds=longer(book.kinds, kernels.COIN if inverse else kernels.CASH),
        table=table,
        group=longer(book.group, book.n_group),
        n_group=book.n_group + 1,
        bucket=longer(book.bucket, len(book.buckets)),
        buckets=(*book.buckets, ("spot" if inverse else "cash", None)),
        option_expiry_ns=longer(book.option_expiry_ns, 0),
    )
