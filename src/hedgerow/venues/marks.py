"""Marks of what is listed: the middle of its market, or the worth of its row at the index."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from hedgerow.book import CompiledBook, Row
from hedgerow.book.compiled import Revaluation, assemble
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.instants import years_between
from hedgerow.core.money import exact
from hedgerow.instruments import EuropeanOption, Instrument, is_inverse
from hedgerow.ledger import Account
from hedgerow.margin import Marked, account_book
from hedgerow.pricing import implied_vol
from hedgerow.venues.index import Index
from hedgerow.venues.listings import Listing

_LEAST_PRICE: Final = Decimal("1e-8")
"""What an option costs that is worth less. [settle per contract]"""

_LEAST_VOL: Final = 0.01
"""Of an option whose mark implies none, because it is at or below its inner value. [per square root of a year]"""


def mark_of(listing: Listing, index: Index | None, at_ns: int) -> float | None:
    """Return what the venue marks a listing at.

    Parameters
    ----------
    listing : Listing
        Which.
    index : Index or None
        Where rows are valued.
    at_ns : int
        When. [UTC epoch ns]

    Returns
    -------
    float or None
        None where there is no price yet. [settle per contract for options, quote per base otherwise]
    """
    if listing.row is None:
        return None if listing.market is None else listing.market.mid(at_ns)
    spot = None if index is None else index.at(at_ns)
    if index is None or spot is None:
        return None
    return row_mark(listing.instrument, listing.row, spot * index.usd_rate, index.usd_rate, at_ns)


def booked_at(mark: float) -> Decimal:
    """Return the price at which a position is booked at its mark: what is worth less costs the least price.

    Parameters
    ----------
    mark : float
        The mark. [as quoted]

    Returns
    -------
    Decimal
        Positive. [as quoted]
    """
    return max(exact(mark), _LEAST_PRICE)


def row_mark(instrument: Instrument, row: Row, spot: float, usd_rate: float, at_ns: int) -> float:
    """Value the row of one contract as the venue quotes it.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    row : Row
        One contract of it. [USD terms]
    spot : float
        Where. [USD per coin]
    usd_rate : float
        What one unit of its quote currency is worth. [USD per unit]
    at_ns : int
        When; an option that has expired is worth what it pays. [UTC epoch ns]

    Returns
    -------
    float
        The mark. [settle per base for options, quote per base otherwise]

    References
    ----------
    Black (1976), eq. 16; Alexander, Chen, Imeraj (2023), section 2, for coin-settled ones.
    """
    if not isinstance(instrument, EuropeanOption):
        return row.ratio * spot / usd_rate
    inverse, years = is_inverse(instrument), years_between(at_ns, instrument.expiry_ns)
    if years <= 0.0:
        inner = max(row.sign * (spot - row.strike), 0.0)
        return inner / spot if inverse else inner / usd_rate
    timed = row._replace(group=0, quantity=1.0, expiry_years=years)
    book = assemble([timed], base=instrument.base, spot=spot, n_group=1)
    numeraire = instrument.base if inverse else Currency("USD")
    value = float(Revaluation(book, numeraire=numeraire).at(spot)[0, 0])
    return value if inverse else value / usd_rate


class Marks:
    """What the venue values accounts with.

    Parameters
    ----------
    listings : sequence of Listing
        What is listed.
    index : Index or None
        The price of the coin.
    usd_rates : mapping of str to float
        What one unit of each cash currency is worth. [USD per unit]
    """

    def __init__(self, listings: Sequence[Listing], index: Index | None, usd_rates: Mapping[Currency, float]) -> None:
        self._listings = {listing.instrument.name: listing for listing in listings}
        self._index = index
        self._usd_rates = {str(name): rate for name, rate in usd_rates.items()}
        self._base = next((listing.instrument.base for listing in listings), Currency(""))

    def of(self, listing: Listing, at_ns: int) -> float | None:
        """Return what a listing is marked at.

        Parameters
        ----------
        listing : Listing
            Which.
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        float or None
            None where there is no price yet. [settle per contract for options, quote per base otherwise]
        """
        return mark_of(listing, self._index, at_ns)

    def spot(self, at_ns: int) -> float | None:
        """Return the index.

        Parameters
        ----------
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        float or None
            None where there is none yet. [quote per base]
        """
        return None if self._index is None else self._index.at(at_ns)

    def all_of(self, account: Account, at_ns: int) -> dict[InstrumentName, Marked] | None:
        """Mark every position of an account.

        Parameters
        ----------
        account : Account
            Cash and positions.
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        dict of str to Marked or None
            None where something has no mark yet. [as their fields]

        Raises
        ------
        InputError
            If a position is not listed.
        """
        spot = None if self._index is None else self._index.at(at_ns)
        if spot is None:
            return None
        marks = {}
        for name in account.holdings:
            listing = self._listings.get(name)
            if listing is None:
                raise InputError(f"{name} is held and not listed", "list every contract that accounts hold")
            mark = self.of(listing, at_ns)
            if mark is None:
                return None
            marks[name] = _marked(listing, mark, spot, at_ns)
        return marks

    def book(self, account: Account, at_ns: int) -> CompiledBook | None:
        """Compile what an account holds.

        Parameters
        ----------
        account : Account
            Cash and positions.
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        CompiledBook or None
            None where something has no mark yet. [USD terms]

        Raises
        ------
        InputError
            If a position is not listed, has expired, or a currency has no rate.
        """
        index, marks = self._index, self.all_of(account, at_ns)
        spot = None if index is None else index.at(at_ns)
        if index is None or spot is None or marks is None:
            return None
        return account_book(
            account, marks, base=self._base, spot=spot * index.usd_rate, now_ns=at_ns, usd_rates=self._usd_rates
        )


def _marked(listing: Listing, mark: float, spot: float, at_ns: int) -> Marked:
    instrument, row = listing.instrument, listing.row
    if not isinstance(instrument, EuropeanOption):
        return Marked(instrument=instrument, mark=mark)
    if row is None:
        return Marked(instrument=instrument, mark=mark, forward=spot, vol=_vol_of(instrument, mark, spot, at_ns))
    return Marked(instrument=instrument, mark=mark, forward=spot * row.ratio, vol=row.vol)


def _vol_of(option: EuropeanOption, mark: float, forward: float, at_ns: int) -> float | None:
    """Return the vol that a mark implies; the contract's own expiry is checked by who compiles the book."""
    years = years_between(at_ns, option.expiry_ns)
    if years <= 0.0:
        return None
    vols, _ = implied_vol([mark], [forward], [option.strike], [years], [option.is_call], inverse=is_inverse(option))
    return float(vols[0]) if vols[0] > _LEAST_VOL else _LEAST_VOL
