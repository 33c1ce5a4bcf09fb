"""Ledger and orders in flight as rows of the book, so that one valuation covers everything."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np

from hedgerow.book import CompiledBook, Row, assemble, kernels
from hedgerow.core.arrays import frozen
from hedgerow.core.instants import YEAR_NS
from hedgerow.engine.settings import EngineSettings
from hedgerow.instruments import Spot, is_inverse, kind_of
from hedgerow.ledger import Account, Ledger

HELD: Final = 0
CASH: Final = 1
HEDGE: Final = 2
"""Groups of the book: what is held and not traded, cash, the hedge."""


class BookCache:
    """Compiles everything that has a delta; what has not changed since the last time is not compiled again.

    Parameters
    ----------
    settings : EngineSettings
        What is held, and in which terms.
    """

    __slots__ = ("_book", "_expiry_ns", "_key", "_options", "_settings")

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._key: tuple[Ledger, int, float] | None = None
        self._book: CompiledBook | None = None
        self._options = self._expiry_ns = np.empty(0, dtype=np.int64)

    def at(self, ledger: Ledger, in_flight: int, spot: float, now_ns: int, vol: float | None) -> CompiledBook:
        """Return everything that has a delta at one instant.

        Parameters
        ----------
        ledger : Ledger
            Cash and filled positions.
        in_flight : int
            Working orders, counted as if they were filled at the spot. [lots]
        spot : float
            Price of the coin. [USD per coin]
        now_ns : int
            The time; options count their time to expiry from here. [UTC epoch ns]
        vol : float or None
            Vol of every option, None for its own. [fraction per square root of a year]

        Returns
        -------
        CompiledBook
            Rows in the groups HELD, CASH and HEDGE. [USD terms]
        """
        priced = spot if in_flight else 0.0
        book, key = self._book, self._key
        if book is None or key is None or key[0] is not ledger or key[1:] != (in_flight, priced):
            book = self._book = _compile(self._settings, ledger, in_flight, spot)
            self._key = (ledger, in_flight, priced)
            self._options = np.flatnonzero(book.option_expiry_ns)
            self._expiry_ns = book.option_expiry_ns[self._options]
        if not self._options.size:
            return replace(book, spot=spot)
        table = book.table.copy()
        table[self._options, kernels.EXPIRY] = (self._expiry_ns - now_ns) / YEAR_NS
        if vol is not None:
            table[self._options, kernels.VOL] = vol
        return replace(book, spot=spot, table=frozen(table))


def _compile(settings: EngineSettings, ledger: Ledger, in_flight: int, spot: float) -> CompiledBook:
    rows = list(settings.rows)
    for account in ledger.accounts.values():
        rows += _account_rows(settings, account)
    rows += _position_rows(settings, ledger)
    if in_flight:
        rows += _trade_rows(settings, in_flight * float(settings.lot), spot)
    return assemble(rows, base=settings.base, spot=spot, n_group=3)


def filled_lots(settings: EngineSettings, ledger: Ledger) -> int:
    """Return the filled position in the hedging instrument.

    Parameters
    ----------
    settings : EngineSettings
        Which instrument and account.
    ledger : Ledger
        Filled positions.

    Returns
    -------
    int
        Signed. [lots]
    """
    held = ledger.account(settings.desk.account).holding(settings.instrument)
    return int((held.quantity / settings.lot).to_integral_value())


def unit_delta(settings: EngineSettings, spot: float) -> float:
    """Return the delta of one lot that is bought at the spot.

    Parameters
    ----------
    settings : EngineSettings
        Which instrument.
    spot : float
        Price of the coin. [USD per coin]

    Returns
    -------
    float
        The same in both numeraires, as the lot pays for itself. [coin per lot]

    References
    ----------
    Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2, doi 10.1111/mafi.12410.
    """
    size = float(settings.lot) * settings.instrument.contract_size
    return size / spot if is_inverse(settings.instrument) else size


def _account_rows(settings: EngineSettings, account: Account) -> list[Row]:
    rows = []
    for currency in account.currencies:
        amount = float(account.balance(currency).amount)
        if currency == settings.base:
            rows.append(Row(kernels.COIN, CASH, "coin", None, amount))
        else:
            rows.append(Row(kernels.CASH, CASH, "cash", None, amount * settings.usd_rate(currency)))
    held, instrument = account.holding(settings.instrument), settings.instrument
    if held.quantity and not isinstance(instrument, Spot):
        size = float(held.quantity) * instrument.contract_size
        rows.append(_future(settings, size, _entry(held.basis, size, inverse=is_inverse(instrument))))
    return rows


def _position_rows(settings: EngineSettings, ledger: Ledger) -> list[Row]:
    """What the accounts hold of their opening positions: settled and liquidated ones are gone."""
    rows = []
    for position in settings.positions:
        held = ledger.account(position.account).holding(position.instrument)
        if held.quantity and position.instrument != settings.instrument:  # the hedge itself is counted above
            quantity = position.row.quantity * float(held.quantity)
            rows.append(position.row._replace(group=HELD, quantity=quantity))
    return rows


def _entry(basis: Decimal, size: float, *, inverse: bool) -> float:
    """Average entry price of a position from the sum that the ledger keeps."""
    return size / float(basis) if inverse else float(basis) / size


def _future(settings: EngineSettings, size: float, entry: float) -> Row:
    instrument = settings.instrument
    inverse = is_inverse(instrument)
    rate = 1.0 if inverse else settings.usd_rate(instrument.quote)
    kind = kernels.INVERSE_FUTURE if inverse else kernels.LINEAR_FUTURE
    return Row(kind, HEDGE, kind_of(instrument), None, size, entry=entry * rate)


def _trade_rows(settings: EngineSettings, quantity: float, spot: float) -> list[Row]:
    """A trade at the spot, which pays for itself."""
    size = quantity * settings.instrument.contract_size
    if isinstance(settings.instrument, Spot):
        return [
            Row(kernels.COIN, HEDGE, "coin", None, size),
            Row(kernels.CASH, HEDGE, "cash", None, -size * spot),
        ]
    rate = 1.0 if is_inverse(settings.instrument) else settings.usd_rate(settings.instrument.quote)
    return [_future(settings, size, spot / rate)]


def spot_delta_of_hedge(settings: EngineSettings, lots: int, by_group: np.ndarray, spot: float) -> float:
    """Return the part of delta that the hedge has: coins bought lie among the cash, so they are counted apart.

    Parameters
    ----------
    settings : EngineSettings
        Which instrument.
    lots : int
        Expected position. [lots]
    by_group : ndarray of shape (3,)
        Delta by group. [coin]
    spot : float
        Price of the coin. [USD per coin]

    Returns
    -------
    float
        Delta of the hedge. [coin]
    """
    if isinstance(settings.instrument, Spot):
        return lots * unit_delta(settings, spot)
    return float(by_group[HEDGE])
