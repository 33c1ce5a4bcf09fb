"""Liquidation at a simulated venue: one reduction after the other until maintenance is covered, at market prices."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final

from hedgerow.core.errors import InvariantBroken
from hedgerow.core.ids import AccountName
from hedgerow.core.money import exact
from hedgerow.costs import Fee, trade_fee
from hedgerow.events import Liquidation
from hedgerow.instruments import EuropeanOption
from hedgerow.margin import held_names, next_liquidation
from hedgerow.venues.agenda import Agenda
from hedgerow.venues.bookkeeping import Books
from hedgerow.venues.listings import Listing, MarginTerms
from hedgerow.venues.markets import Execution
from hedgerow.venues.marks import Marks, booked_at

_MOST_STEPS: Final = 100_000


class Liquidator:
    """Trades for accounts whose margin does not suffice.

    Parameters
    ----------
    listings : sequence of Listing
        What is listed.
    agenda : Agenda
        Where reports are noted.
    books : Books
        Who holds what.
    marks : Marks
        What positions are valued with.
    """

    def __init__(self, listings: Sequence[Listing], agenda: Agenda, books: Books, marks: Marks) -> None:
        self.liquidations: list[Liquidation] = []
        self._listings = {listing.instrument.name: listing for listing in listings}
        self._agenda, self._books, self._marks = agenda, books, marks
        self._numbers: dict[AccountName, int] = {}
        self._closing: set[AccountName] = set()

    def is_closing(self, name: AccountName) -> bool:
        """Tell whether everything of an account is being closed: that goes on until nothing is left.

        Parameters
        ----------
        name : str
            Whose account.

        Returns
        -------
        bool
            True from the first trade of such a liquidation on. [bool]
        """
        return name in self._closing

    def forget(self, name: AccountName) -> None:
        """Go on closing no more: nothing is left.

        Parameters
        ----------
        name : str
            Whose account.
        """
        self._closing.discard(name)

    def reduce(self, name: AccountName, terms: MarginTerms, at_ns: int) -> int | None:
        """Trade until the maintenance margin of an account is covered, or nothing more can be traded now.

        Parameters
        ----------
        name : str
            Whose account.
        terms : MarginTerms
            Its rule and steps.
        at_ns : int
            Now. [UTC epoch ns]

        Returns
        -------
        int or None
            When to go on, None when it is done. [UTC epoch ns]

        Raises
        ------
        InputError
            If the margin rule does not cover a position.
        InvariantBroken
            If it does not come to an end.
        """
        for _ in range(_MOST_STEPS):
            account = self._books.ledger.account(name)
            book, marks = self._marks.book(account, at_ns), self._marks.all_of(account, at_ns)
            if book is None or marks is None:
                return at_ns + terms.every_ns
            held = held_names(account, marks)
            if not held:
                self.forget(name)
                return None
            group, share = 0, 1.0  # a venue that closes everything does not stop on the way
            if name not in self._closing:
                reduction = next_liquidation(book, terms.rule, terms.haircuts, terms.steps)
                if reduction is None:
                    return None
                group, share = reduction.group, reduction.share
                if reduction.everything:
                    self._closing.add(name)
            listing = self._listings[held[group]]
            waits_ns = self._trade(name, terms, listing, share, at_ns)
            if waits_ns is not None:
                return waits_ns
        raise InvariantBroken(f"a liquidation of {name} went on for {_MOST_STEPS:,} steps")

    def _trade(self, name: AccountName, terms: MarginTerms, listing: Listing, share: float, at_ns: int) -> int | None:
        """Trade a share of one position; return when to go on where the market gives nothing now."""
        held = self._books.held(name, listing.instrument)
        lots = min((abs(held) * exact(share) / listing.lot).to_integral_value(ROUND_CEILING), abs(held) / listing.lot)
        got = self._price(listing, -lots if held > 0 else lots, at_ns)
        if got is None:
            later = None if listing.market is None else listing.market.next_ns(at_ns)
            return at_ns + terms.every_ns if later is None else later
        quantity, price, fee = got
        fee += self._extra(listing, terms, quantity, price, at_ns)
        number = self._numbers.get(name, 0)
        self._numbers[name] = number + 1
        self._books.trade(name, listing.instrument, quantity, price, fee, at_ns, forced=True)
        event = Liquidation(at_ns, at_ns, name, listing.instrument.name, number, quantity, price, fee)
        self.liquidations.append(event)
        self._agenda.announce(event)
        return None

    def _price(self, listing: Listing, lots: Decimal, at_ns: int) -> tuple[Decimal, Decimal, Decimal] | None:
        """Return what is traded, its price and the taker's fee: at the mark where no market takes it, else there."""
        if listing.market is None or abs(lots) < 1:
            mark = self._marks.of(listing, at_ns)
            return None if mark is None else (lots * listing.lot, booked_at(mark), Decimal(0))
        got = listing.market.trade(int(lots), at_ns, None)
        return (got.lots * listing.lot, got.price, got.fee) if isinstance(got, Execution) else None

    def _extra(self, listing: Listing, terms: MarginTerms, quantity: Decimal, price: Decimal, at_ns: int) -> Decimal:
        """Return what the venue charges for liquidating, on top."""
        is_option = isinstance(listing.instrument, EuropeanOption)
        rate = terms.liquidation_fee
        if rate is None:
            rate = exact(terms.steps.option_fee if is_option else terms.steps.futures_fee)
        spot = self._marks.spot(at_ns)
        underlying = price if spot is None or not is_option else exact(spot)
        return trade_fee(listing.instrument, Fee(rate=rate), quantity, price, underlying).amount
