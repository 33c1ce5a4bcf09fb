"""What an account must have: the port of every margin rule, and what it answers."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from hedgerow.book import CompiledBook
from hedgerow.core.arrays import Float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a venue demands of one account at one market.

    Parameters
    ----------
    initial : float
        To open or keep working orders. [USD]
    maintenance : float
        Below it the account is liquidated. [USD]
    parts : tuple of (str, float)
        What the initial margin consists of, for people. [USD]
    """

    initial: float
    maintenance: float
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRow:
    """One linear piece of an account's initial margin as a function of trades x, of which h is held.

    start + linear'x + long'(h + x)+ + short'(h + x)- is at most the initial margin after the trades, or more where the
    venue's rule is not convex. The largest of an account's rows is near that margin, not always equal: a plan made with
    rows is measured by the rule.

    Parameters
    ----------
    name : str
        For messages: which scenario or sum it is. [text]
    start : float
        Without any trade, positions that are not among the hedging instruments. [USD]
    linear, long, short : ndarray of shape (n_instrument,)
        By hedging instrument. [USD per contract]
    """

    name: str
    start: float
    linear: Float64[np.ndarray, " n_instrument"]
    long: Float64[np.ndarray, " n_instrument"]
    short: Float64[np.ndarray, " n_instrument"]


@runtime_checkable
class MarginRule(Protocol):
    """The port of a venue's margin rule. Rules are frozen values made from dated tables.

    A position is a group of rows of the book. Rows of coins and cash are collateral and need no margin.
    """

    @property
    def name(self) -> str:
        """For people: "Deribit standard margin, 2024-01-01". [text]"""
        ...

    @property
    def counts_options(self) -> bool:
        """Whether the worth of options counts in the equity that covers margin; else their margin holds it. [bool]"""
        ...

    def requirement(self, book: CompiledBook) -> Requirement:
        """Return what the positions of one account need at the book's spot.

        Parameters
        ----------
        book : CompiledBook
            Positions of one account by group, its collateral among them. [USD terms]

        Returns
        -------
        Requirement
            Initial and maintenance margin. [USD]

        Raises
        ------
        InputError
            If the venue's table does not cover a position: its kind, size, expiry or coin.
        """
        ...

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """Return the initial margin as linear pieces for the optimizer.

        Parameters
        ----------
        book : CompiledBook
            As above, without the positions in the hedging instruments. [USD terms]
        trades : CompiledBook
            One contract of each hedging instrument by group. [USD terms]
        held : ndarray of shape (n_instrument,)
            Positions in the hedging instruments. [contracts]

        Returns
        -------
        tuple of MarginRow
            Each must stay below the equity that covers margin. [USD]

        Raises
        ------
        InputError
            As above.
        """
        ...
