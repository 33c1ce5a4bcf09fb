"""What a simulated venue notes of the margin of accounts."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

import numpy as np

from hedgerow.book import CompiledBook, kernels, value_book
from hedgerow.core.ids import AccountName
from hedgerow.ledger import Account
from hedgerow.margin import covering_equity, liquidation_moves
from hedgerow.venues.listings import MarginTerms

BankruptcyCause: TypeAlias = Literal["gap", "liquidation", "delivery", "cash"]
"""Why an account is below zero.

A price that gapped across the margin: nothing was left when liquidation began. What liquidation cost or lost until its
end: fees, a thin market, time. A contract that was delivered. Cash that was owed otherwise.
"""

_FRESH_NS: Final = 24 * 3_600_000_000_000
"""For so long an account is taken for as safe as it was found while nothing else happens: options age little. [ns]"""

_MARKED, _SAME = [kernels.RATIO, kernels.VOL], 1e-9
"""What marks say beside the index, and what of it is rounding. [fraction]"""

_STEP, _FARTHEST, _SHORTEST = 2.0**-4, 2.0**-2, 2.0**-14
"""How far from the index safety is tried first, at most, at least. [fraction]"""


@dataclass(frozen=True, kw_only=True)
class Safety:
    """An account as it was at a look: in which box it is safe, and where it is liquidated.

    The box takes a few revaluations; where exactly liquidation begins takes a hundred, and is found when asked for.

    Parameters
    ----------
    account : Account
        Cash and positions.
    terms : MarginTerms
        What is demanded of it.
    book : CompiledBook
        The account at the index then. [USD terms]
    at_ns : int
        When. [UTC epoch ns]
    """

    account: Account
    terms: MarginTerms
    book: CompiledBook
    at_ns: int

    @cached_property
    def prices(self) -> tuple[float | None, float | None]:
        """Where it is liquidated below and above, None where nowhere. [USD per coin]"""
        moves = liquidation_moves(self.book, self.terms.rule, self.terms.haircuts)
        down, up = (None if move is None else self.book.spot * (1.0 + move) for move in moves)
        return down, up

    @cached_property
    def box(self) -> tuple[float, float]:
        """Between which its margin suffices; the index may go on being safe outside. [USD per coin]"""
        return self.book.spot * (1.0 - self._reach(-1.0)), self.book.spot * (1.0 + self._reach(1.0))

    def holds(self, account: Account, book: CompiledBook, at_ns: int) -> bool:
        """Tell whether account and marks over the index are unchanged, the index within the box, the time short.

        Parameters
        ----------
        account : Account
            As it is now.
        book : CompiledBook
            The account as it is now. [USD terms]
        at_ns : int
            Now. [UTC epoch ns]

        Returns
        -------
        bool
            False where it has to be found anew. [bool]
        """
        if account is not self.account or at_ns - self.at_ns >= _FRESH_NS:
            return False
        if not np.allclose(book.table[:, _MARKED], self.book.table[:, _MARKED], rtol=_SAME, atol=0.0):
            return False
        return self.box[0] < book.spot < self.box[1]

    def _reach(self, sign: float) -> float:
        """Go outwards while the margin suffices, or inwards until it does."""
        reach = _STEP
        while reach > _SHORTEST and not self._suffices(1.0 + sign * reach):
            reach *= 0.5
        while _STEP <= reach < _FARTHEST and self._suffices(1.0 + 2.0 * sign * reach):
            reach *= 2.0
        return reach

    def _suffices(self, move: float) -> bool:
        moved, terms = replace(self.book, spot=self.book.spot * move), self.terms
        return covering_equity(moved, terms.rule, terms.haircuts) >= terms.rule.requirement(moved).maintenance


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginSample:
    """One look at an account.

    Parameters
    ----------
    at_ns : int
        When. [UTC epoch ns]
    account : str
        Whose.
    equity, covering, initial, maintenance : float
        As in ``AccountMargin``. [USD]
    index : float
        What it was counted at. [USD per coin]
    safety : Safety
        What was found of its liquidation, now or at the look at which it was found last.
    """

    at_ns: int
    account: AccountName
    equity: float
    covering: float
    initial: float
    maintenance: float
    index: float
    safety: Safety = field(compare=False, repr=False)

    def at(self, at_ns: int, spot: float) -> "MarginSample":
        """Count the margin of the same account at another index.

        Parameters
        ----------
        at_ns : int
            When the index was there. [UTC epoch ns]
        spot : float
            The index. [USD per coin]

        Returns
        -------
        MarginSample
            With what was found of its liquidation; marks move with the index. [as its fields]
        """
        book, terms = replace(self.safety.book, spot=spot), self.safety.terms
        needed = terms.rule.requirement(book)
        return MarginSample(
            at_ns=at_ns,
            account=self.account,
            equity=float(value_book(book, numeraire="USD")[0].sum()),
            covering=covering_equity(book, terms.rule, terms.haircuts),
            initial=needed.initial,
            maintenance=needed.maintenance,
            index=spot,
            safety=self.safety,
        )

    @property
    def down(self) -> float | None:
        """How far the index may fall before it is liquidated, None where it may for ever; not positive. [fraction]"""
        price = self.safety.prices[0]
        return None if price is None else min(price / self.index - 1.0, 0.0)

    @property
    def up(self) -> float | None:
        """How far the index may rise before it is liquidated, None where it may for ever; not negative. [fraction]"""
        price = self.safety.prices[1]
        return None if price is None else max(price / self.index - 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bankruptcy:
    """An account that was below zero with nothing left to close.

    Parameters
    ----------
    at_ns : int
        When. [UTC epoch ns]
    account : str
        Whose.
    equity : float
        What is left, negative. [USD]
    index_before, index : float
        At the last look at which its margin sufficed, and now. [quote per base]
    cause : {"gap", "liquidation", "delivery", "cash"}
        Why.
    """

    at_ns: int
    account: AccountName
    equity: float
    index_before: float
    index: float
    cause: BankruptcyCause
