"""Margin at a simulated venue: asked for before a trade, watched after it, and liquidation where it does not suffice.

Accounts are looked at whenever they change, when the index leaves the box in which they are safe, and at latest after
a stated time. Nothing of it depends on who drives the venue, so both drivers see the same.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from hedgerow.book import value_book
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.money import Money
from hedgerow.events import Liquidation
from hedgerow.instruments import expiry_of
from hedgerow.ledger import Account
from hedgerow.margin import covering_equity
from hedgerow.venues.agenda import Agenda, MarginCheck
from hedgerow.venues.bookkeeping import Books
from hedgerow.venues.index import Index
from hedgerow.venues.liquidating import Liquidator
from hedgerow.venues.listings import Listing, MarginTerms
from hedgerow.venues.margin_records import Bankruptcy, BankruptcyCause, MarginSample, Safety
from hedgerow.venues.marks import Marks, booked_at

Working = Callable[[AccountName], Mapping[InstrumentName, tuple[int, int]]]
"""What an account's open orders may still sell and buy. [lots]"""

_DUST: Final = 1e-6
"""A deficit that is rounding. [USD]"""


class Margining:
    """Watches the margin of accounts.

    Parameters
    ----------
    listings : sequence of Listing
        What is listed.
    agenda : Agenda
        Where looks are noted.
    books : Books
        Who holds what.
    accounts : mapping of str to MarginTerms
        Whose margin is watched.
    index : Index or None
        What it is counted at.
    usd_rates : mapping of str to float
        What one unit of each cash currency is worth. [USD per unit]
    cancel_all : callable
        Takes the orders of an account back.

    Raises
    ------
    InputError
        If margin is watched without an index, for several coins, or of a contract that expires and is never delivered.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        agenda: Agenda,
        books: Books,
        accounts: Mapping[AccountName, MarginTerms],
        index: Index | None,
        usd_rates: Mapping[Currency, float],
        cancel_all: Callable[[AccountName, int], None],
    ) -> None:
        if accounts:
            _check(listings, index)
        self.working: Working = _nothing
        self._listings = {listing.instrument.name: listing for listing in listings}
        self.samples: list[MarginSample] = []
        self.bankruptcies: list[Bankruptcy] = []
        self._agenda, self._books, self._terms = agenda, books, accounts
        self._index, self._cancel_all = index, cancel_all
        self._marks = Marks(listings, index, usd_rates)
        self._liquidator = Liquidator(listings, agenda, books, self._marks)
        self._looks: dict[AccountName, int] = {}
        self._safe: dict[AccountName, float] = {}
        self._safety: dict[AccountName, Safety] = {}
        self._seen: dict[AccountName, MarginSample] = {}
        # The index up to the next look at the latest, read when looking: later the tape no longer has it.
        self._coming: dict[AccountName, tuple[Int64[np.ndarray, " n_row"], Float64[np.ndarray, " n_row"]]] = {}
        self._solvent: dict[AccountName, Account] = {}
        self._first: dict[AccountName, float] = {}
        self._bankrupt: set[AccountName] = set()
        first = index.first_ns() if accounts and index is not None else None
        if first is not None:
            for name in sorted(accounts):
                self._look(name, first)
        if accounts:
            books.tell(self.touch)

    @property
    def liquidations(self) -> list[Liquidation]:
        """Trades that were forced. [as their fields]"""
        return self._liquidator.liquidations

    def touch(self, account: AccountName, at_ns: int) -> None:
        """Look at an account that has changed.

        Parameters
        ----------
        account : str
            Whose.
        at_ns : int
            When. [UTC epoch ns]
        """
        if account in self._terms:
            self._look(account, at_ns)

    def problem(self, account: AccountName, listing: Listing, quantity: Decimal, at_ns: int) -> str:
        """Say why an account may not trade: its initial margin would not be covered, and it would need more of it.

        Parameters
        ----------
        account : str
            Whose.
        listing : Listing
            What it would trade.
        quantity : Decimal
            Signed. [contracts]
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        str
            Empty where it may. [text]
        """
        terms = self._terms.get(account)
        mark = None if terms is None else self._marks.of(listing, at_ns)
        if terms is None:
            return ""
        if mark is None:
            return "no mark to count margin at"
        held, free = self._books.ledger.account(account), Money.of(0, listing.instrument.settle)
        traded = held.book_trade(listing.instrument, quantity, booked_at(mark), free)
        before, after = self._marks.book(held, at_ns), self._marks.book(traded, at_ns)
        if before is None or after is None:
            return "no mark to count margin at"
        initial = terms.rule.requirement(after).initial
        if initial <= covering_equity(after, terms.rule, terms.haircuts) + _DUST:
            return ""
        if initial <= terms.rule.requirement(before).initial:
            return ""
        return "not enough margin"

    def transfer_problem(self, account: AccountName, money: Money, at_ns: int) -> str:
        """Say why money may not leave: with what open orders may sell, or buy, initial margin would not be covered.

        Parameters
        ----------
        account : str
            Whose.
        money : Money
            What would leave. [currency]
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        str
            Empty where it may: its margin is not watched, or suffices. [text]
        """
        terms, held = self._terms.get(account), self._books.ledger.account(account)
        working = self.working(account)
        if terms is None or not (held.holdings or working):
            return ""
        left = held.move(-money, "transfer")
        for side in (0, 1):
            traded: Account | None = left
            for name, lots in working.items():
                traded = None if traded is None else self._traded(traded, name, lots[side], at_ns)
            after = None if traded is None else self._marks.book(traded, at_ns)
            if after is None:
                return "there is no price yet to count its margin at"
            if terms.rule.requirement(after).initial > covering_equity(after, terms.rule, terms.haircuts) + _DUST:
                return "margin is needed"
        return ""

    def _traded(self, account: Account, name: InstrumentName, lots: int, at_ns: int) -> Account | None:
        """Book what open orders may trade at its mark, None where there is none."""
        listing = self._listings[name]
        mark, free = self._marks.of(listing, at_ns), Money.of(0, listing.instrument.settle)
        if mark is None or not lots:
            return None if lots else account
        return account.book_trade(listing.instrument, lots * listing.lot, booked_at(mark), free)

    def check(self, entry: MarginCheck, at_ns: int) -> None:
        """Look at an account, liquidate it where its margin does not suffice, and note when to look again.

        Parameters
        ----------
        entry : MarginCheck
            Whose.
        at_ns : int
            Now. [UTC epoch ns]

        Raises
        ------
        InputError
            If the margin rule does not cover a position.
        """
        name, index = entry.account, self._index
        if entry.number != self._looks[name] or index is None:
            return
        terms, spot = self._terms[name], index.at(at_ns)
        found = None if spot is None else self._sample(name, terms, at_ns)
        if found is None or spot is None:
            self._seen.pop(name, None)
            self._look(name, at_ns + terms.every_ns)
            return
        self._note(found)
        self._coming[name] = index.window(at_ns, at_ns + terms.every_ns)
        if not self._books.ledger.account(name).holdings:
            self._liquidator.forget(name)
            self._tell_below_zero(name, found.equity, spot, at_ns, is_forced=False)
            self._look(name, at_ns + terms.every_ns)
            return
        if found.maintenance > found.covering + _DUST or self._liquidator.is_closing(name):
            self._liquidate(name, terms, found.equity, spot, at_ns)
            return
        self._keep_safe(name, spot)
        self._look_when_unsafe(name, at_ns)

    def _liquidate(self, name: AccountName, terms: MarginTerms, equity: float, spot: float, at_ns: int) -> None:
        """Cancel what is open, reduce step by step, and say so where nothing is left and the account is below zero."""
        self._first.setdefault(name, equity)
        self._cancel_all(name, at_ns)
        waits_ns = self._liquidator.reduce(name, terms, at_ns)
        if waits_ns is not None:
            self._seen.pop(name, None)
            self._look(name, max(waits_ns, at_ns + 1))
            return
        left = self._marks.book(self._books.ledger.account(name), at_ns)
        after = 0.0 if left is None else float(value_book(left, numeraire="USD")[0].sum())
        self._tell_below_zero(name, after, spot, at_ns, is_forced=True)

    def _keep_safe(self, name: AccountName, spot: float) -> None:
        """Remember when the account was in order last."""
        self._safe[name], self._solvent[name] = spot, self._books.ledger.account(name)
        self._bankrupt.discard(name)
        self._first.pop(name, None)

    def _tell_below_zero(self, name: AccountName, equity: float, spot: float, at_ns: int, *, is_forced: bool) -> None:
        """Say once that an account is below zero with nothing left to close, and why."""
        if equity >= -_DUST:
            self._keep_safe(name, spot)
        elif name not in self._bankrupt:
            self._bankrupt.add(name)
            before, now = self._solvent.get(name, Account()), self._books.ledger.account(name)
            cause: BankruptcyCause = "cash"
            if is_forced:
                cause = "gap" if self._first.get(name, 0.0) < -_DUST else "liquidation"
            self.bankruptcies.append(
                Bankruptcy(
                    at_ns=at_ns,
                    account=name,
                    equity=equity,
                    index_before=self._safe.get(name, spot),
                    index=spot,
                    cause="delivery" if _was_delivered(before, now) else cause,
                )
            )

    def _note(self, found: MarginSample) -> None:
        """Keep a look, and where the index went since the look before, at which nothing had to be done."""
        before = self._seen.get(found.account)
        if before is not None:
            self.samples.extend(self._between(before, found.at_ns, found.index))
        self.samples.append(found)
        self._seen[found.account] = found

    def _between(self, before: MarginSample, at_ns: int, spot: float) -> list[MarginSample]:
        """Count the margin where the index was higher or lower than at both of two looks, in order of time."""
        index = self._index
        if index is None or at_ns <= before.at_ns:
            return []
        times, price = self._coming[before.account]
        inside = (times > before.at_ns) & (times < at_ns)
        times, spots = times[inside], price[inside] * index.usd_rate
        if not times.size:
            return []
        least, most = int(spots.argmin()), int(spots.argmax())
        places = [least] if spots[least] < min(before.index, spot) else []
        places += [most] if spots[most] > max(before.index, spot) else []
        return [before.at(int(times[i]), float(spots[i])) for i in sorted(places)]

    def look_back(self, at_ns: int) -> list[MarginSample]:
        """Count the margin where the index was highest and lowest since the last look at each account.

        Parameters
        ----------
        at_ns : int
            Up to when. [UTC epoch ns]

        Returns
        -------
        list of MarginSample
            By account, in order of time. [as their fields]
        """
        seen = [self._seen[name] for name in sorted(self._seen)]
        return [found for before in seen for found in self._between(before, at_ns + 1, before.index)]

    def _look(self, name: AccountName, at_ns: int) -> None:
        self._looks[name] = self._looks.get(name, 0) + 1
        self._agenda.enter(at_ns, MarginCheck(name, self._looks[name]))

    def _look_when_unsafe(self, name: AccountName, at_ns: int) -> None:
        """Look again when the index leaves the box in which the account is safe, or after a while."""
        (lower, upper), (times, price) = self._safety[name].box, self._coming[name]
        spots = price * (1.0 if self._index is None else self._index.usd_rate)
        leaves = times[((spots <= lower) | (spots >= upper)) & (times > at_ns)]
        self._look(name, int(leaves[0]) if leaves.size else at_ns + self._terms[name].every_ns)

    def _sample(self, name: AccountName, terms: MarginTerms, at_ns: int) -> MarginSample | None:
        """Count the margin of an account; where it is safe is only looked for anew when that may have changed."""
        account, safety = self._books.ledger.account(name), self._safety.get(name)
        book = self._marks.book(account, at_ns)
        if book is None:
            return None
        if safety is None or not safety.holds(account, book, at_ns):
            safety = self._safety[name] = Safety(account=account, terms=terms, book=book, at_ns=at_ns)
        needed = terms.rule.requirement(book)
        return MarginSample(
            at_ns=at_ns,
            account=name,
            equity=float(value_book(book, numeraire="USD")[0].sum()),
            covering=covering_equity(book, terms.rule, terms.haircuts),
            initial=needed.initial,
            maintenance=needed.maintenance,
            index=book.spot,
            safety=safety,
        )


def _check(listings: Sequence[Listing], index: Index | None) -> None:
    """Refuse what margin cannot be counted for."""
    if index is None:
        raise InputError("margin is watched without an index", "give the venue an index")
    coins = sorted({listing.instrument.base for listing in listings})
    if len(coins) > 1:
        raise InputError(f"margin is counted for one coin, and listed are {', '.join(coins)}", "take a venue for each")
    for listing in listings:
        if listing.delivery is None and expiry_of(listing.instrument) is not None:
            advice = "give DeliveryTerms: accounts whose margin is watched cannot hold what has expired"
            raise InputError(f"{listing.instrument.name} expires and is never delivered", advice)


def _nothing(_: AccountName) -> dict[InstrumentName, tuple[int, int]]:
    """Know of no open orders."""
    return {}


def _was_delivered(before: Account, after: Account) -> bool:
    """Tell whether a contract was delivered between two states of an account."""
    return any(
        cause == "settlement" and before.flows.get((currency, cause)) != amount
        for (currency, cause), amount in after.flows.items()
    )
