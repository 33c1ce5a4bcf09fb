"""Deliveries at a simulated venue: positions in dated contracts end at the average of the index."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money, exact
from hedgerow.costs import Fee
from hedgerow.events import Settlement
from hedgerow.instruments import EuropeanOption, Instrument, expiry_of, is_inverse
from hedgerow.ledger import payoff, settlement_price
from hedgerow.venues.agenda import Agenda, Averaging, Expiry
from hedgerow.venues.bookkeeping import Books
from hedgerow.venues.index import Index
from hedgerow.venues.listings import DeliveryTerms, Listing


def delivery_fee(instrument: Instrument, fee: Fee, quantity: Decimal, price: Decimal) -> Decimal:
    """Charge the delivery of a position.

    Parameters
    ----------
    instrument : Instrument
        What is delivered.
    fee : Fee
        How the venue charges.
    quantity : Decimal
        Signed. [contracts]
    price : Decimal
        The delivery price. [quote per base]

    Returns
    -------
    Decimal
        Positive; of an option at most the capped share of what it pays. [settle]

    References
    ----------
    Deribit, Fees, delivery: https://support.deribit.com/hc/en-us/articles/25944746248989-Fees
    """
    size = abs(quantity) * exact(instrument.contract_size)
    if isinstance(instrument, EuropeanOption):
        notional = size if is_inverse(instrument) else size * price
        charged = fee.rate * notional
        cap = fee.premium_cap
        return charged if cap is None else min(charged, cap * size * payoff(instrument, price))
    return fee.rate * (size / price if is_inverse(instrument) else size * price)


class Deliveries:
    """Ends positions in dated contracts.

    Parameters
    ----------
    listings : sequence of Listing
        What is listed.
    agenda : Agenda
        Where expiries are noted.
    books : Books
        Who holds what.
    index : Index or None
        What is averaged.

    Raises
    ------
    InputError
        If a contract is delivered at an average and there is no index.
    """

    def __init__(self, listings: Sequence[Listing], agenda: Agenda, books: Books, index: Index | None) -> None:
        self.settlements: list[Settlement] = []
        self._listings, self._agenda, self._books, self._index = listings, agenda, books, index
        self._prices: dict[int, Decimal] = {}
        self._windows: dict[int, tuple[Int64[np.ndarray, " n_row"], Float64[np.ndarray, " n_row"]]] = {}
        for number, listing in enumerate(listings):
            expiry_ns = expiry_of(listing.instrument)
            terms = listing.delivery
            if expiry_ns is None:
                continue
            agenda.enter(expiry_ns, Expiry(number))
            if terms is None:
                continue
            if terms.price is not None:
                self._prices[number] = terms.price
            elif index is None:
                raise InputError(
                    f"{listing.instrument.name} is delivered at an average, and there is no index",
                    "give the venue an index, or state the delivery price",
                )
            else:
                agenda.enter(expiry_ns - terms.window_ns, Averaging(number))

    def average(self, entry: Averaging, at_ns: int) -> None:
        """Keep the rows of the index that will be averaged, while the tape still has them.

        Parameters
        ----------
        entry : Averaging
            Of which listing.
        at_ns : int
            The beginning of the window. [UTC epoch ns]

        Raises
        ------
        MarketDataError
            If somebody holds the contract and the index does not cover the window.
        """
        listing = self._listings[entry.listing]
        terms, expiry_ns = listing.delivery, expiry_of(listing.instrument)
        if terms is None or expiry_ns is None or self._index is None:
            return
        times, prices = self._index.window(at_ns, expiry_ns)
        self._windows[entry.listing] = times, prices

    def deliver(self, entry: Expiry, at_ns: int) -> None:
        """End every position in a contract.

        Parameters
        ----------
        entry : Expiry
            Of which listing.
        at_ns : int
            Its expiry. [UTC epoch ns]

        Raises
        ------
        MarketDataError
            If somebody holds the contract and the index does not cover the window.
        """
        listing = self._listings[entry.listing]
        holders = self._books.holders(listing.instrument)
        if not holders or listing.delivery is None:
            return
        price = self._price(entry.listing, listing.delivery, at_ns)
        for account in holders:
            self._settle(account, listing, listing.delivery, price, at_ns)

    def _price(self, number: int, terms: DeliveryTerms, at_ns: int) -> Decimal:
        if number not in self._prices:
            times, prices = self._windows[number]
            name = f"the index of {self._listings[number].instrument.name}"
            self._prices[number] = settlement_price(
                times, prices, at_ns, window_ns=terms.window_ns, max_gap_ns=terms.max_gap_ns, name=name
            )
        return self._prices[number]

    def _settle(self, account: AccountName, listing: Listing, terms: DeliveryTerms, price: Decimal, at_ns: int) -> None:
        instrument = listing.instrument
        held = self._books.held(account, instrument)
        fee = Money(delivery_fee(instrument, terms.fee, held, price), instrument.settle)
        paid = self._books.settle(account, instrument, price, fee, at_ns)
        event = Settlement(
            at_ns, at_ns, account, instrument.name, price, held, paid.amount.amount, paid.fee.amount, fee.currency
        )
        self.settlements.append(event)
        self._agenda.announce(event)
