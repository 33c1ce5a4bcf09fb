"""What a finished run has realised lot by lot, by the venue's own books, priced in USD where it was closed."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np

from hedgerow.backtesting.session import Session
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.ids import Currency
from hedgerow.core.money import WIDE, exact
from hedgerow.engine import EngineSettings
from hedgerow.ledger import RealisedGain, priced_in_usd


def realised_gains(
    session: Session, prices: tuple[Int64[np.ndarray, " n_row"], Float64[np.ndarray, " n_row"]]
) -> tuple[RealisedGain, ...]:
    """Return what every closed lot gained.

    Parameters
    ----------
    session : Session
        A finished run.
    prices : tuple of (ndarray of shape (n_row,), ndarray of shape (n_row,))
        When a price of the coin was recorded, and the price. [UTC epoch ns], [quote per base]

    Returns
    -------
    tuple of RealisedGain
        In the order of closing, with the last price in USD that was recorded by then. [settle]
    """
    return priced_in_usd(session.venue.books.gains(), _usd_prices(session.engine.settings, *prices))


def _usd_prices(
    settings: EngineSettings, at_ns: Int64[np.ndarray, " n_row"], price: Float64[np.ndarray, " n_row"]
) -> Callable[[Currency, int], Decimal]:
    """Price coins at the last recorded price, and everything else at the rate that the study states."""
    rate = exact(settings.usd_rate(settings.instrument.quote))

    def of(currency: Currency, when_ns: int) -> Decimal:
        if currency != settings.base:
            return exact(settings.usd_rate(currency))
        place = max(int(at_ns.searchsorted(when_ns, side="right")) - 1, 0)
        return WIDE.multiply(exact(float(price[place])), rate)

    return of
