"""The market as events leave it: the latest of everything, and when it could be known.

The state depends on the *last* event of each source and on nothing before it. So a driver may leave out every event
that a later one of the same source replaces, as long as nobody looks in between.
"""

import math
from typing import Final

import msgspec

from hedgerow.core.errors import InvariantBroken
from hedgerow.core.ids import InstrumentName, PoolName
from hedgerow.events import FitDone, ForecastDone, GasUpdate, MarketEvent, PoolUpdate, QuoteUpdate, TradePrint

LARGEST_PRICE: Final = 1e300
"""Prices are below it, so that their sums are finite. [as quoted]"""


class MarketState(msgspec.Struct, frozen=True, gc=False):
    """The latest of everything.

    Parameters
    ----------
    quotes : dict of str to QuoteUpdate
        By instrument.
    pools : dict of str to PoolUpdate
        By pool.
    prints : dict of str to TradePrint
        By instrument.
    gas : GasUpdate or None
        The price of gas.
    block : int
        Block of the latest state of a pool. [count]
    fits : dict of str to FitDone
        Finished fits by name.
    forecasts : dict of str to ForecastDone
        Finished forecasts by name.
    """

    quotes: dict[InstrumentName, QuoteUpdate] = {}
    pools: dict[PoolName, PoolUpdate] = {}
    prints: dict[InstrumentName, TradePrint] = {}
    gas: GasUpdate | None = None
    block: int = 0
    fits: dict[str, FitDone] = {}
    forecasts: dict[str, ForecastDone] = {}

    def mid(self, instrument: str) -> float | None:
        """Return the middle of the last quote.

        Parameters
        ----------
        instrument : str
            The venue's name.

        Returns
        -------
        float or None
            None if it was never quoted. [as quoted]
        """
        quote = self.quotes.get(InstrumentName(instrument))
        return None if quote is None else 0.5 * (quote.bid + quote.ask)


def is_usable(event: MarketEvent) -> bool:
    """Tell whether numbers of a market event can be true: positive and finite, the bid not above the ask.

    Parameters
    ----------
    event : MarketEvent
        From any source.

    Returns
    -------
    bool
        False for what must not reach the state. [bool]
    """
    match event:
        case QuoteUpdate():
            return 0.0 < event.bid <= event.ask < LARGEST_PRICE
        case TradePrint():
            return 0.0 < event.price < LARGEST_PRICE and math.isfinite(event.quantity)
        case PoolUpdate():
            return 0.0 < event.price < LARGEST_PRICE and 0.0 <= event.liquidity < LARGEST_PRICE
        case GasUpdate():
            return 0.0 <= event.gwei < LARGEST_PRICE
        case FitDone():
            return all(math.isfinite(value) for value in event.values.values())
        case ForecastDone():
            return math.isfinite(event.value)


def fold(market: MarketState, event: MarketEvent) -> MarketState:
    """Take one event in.

    Parameters
    ----------
    market : MarketState
        The state before.
    event : MarketEvent
        A usable event.

    Returns
    -------
    MarketState
        The state after. [as its fields]
    """
    old = market
    if type(event) is QuoteUpdate:  # the hot path: looked at first, and built by position
        quotes = {**old.quotes, event.instrument: event}
        return MarketState(quotes, old.pools, old.prints, old.gas, old.block, old.fits, old.forecasts)
    match event:
        case PoolUpdate():
            pools = {**old.pools, event.pool: event}
            return MarketState(old.quotes, pools, old.prints, old.gas, event.block, old.fits, old.forecasts)
        case TradePrint():
            return msgspec.structs.replace(old, prints={**old.prints, event.instrument: event})
        case GasUpdate():
            return msgspec.structs.replace(old, gas=event)
        case FitDone():
            # A fit that found nothing leaves the one before it in force.
            return msgspec.structs.replace(old, fits={**old.fits, event.name: event}) if event.values else old
        case ForecastDone():
            return msgspec.structs.replace(old, forecasts={**old.forecasts, event.name: event})
        case QuoteUpdate():
            raise InvariantBroken("QuoteUpdate has no subclasses")
