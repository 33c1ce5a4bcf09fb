"""What one contract costs to trade, as floats for the optimizer."""

import math
from dataclasses import dataclass

from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.core.money import exact
from hedgerow.costs.fees import Fee, trade_fee
from hedgerow.instruments import EuropeanOption, Instrument, is_inverse
from hedgerow.market import Quote, quote_fault


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """Expected cost of trading one contract, in its settlement currency.

    Parameters
    ----------
    fee : float
        Fee at the mid. [settle per contract]
    half_spread : float
        Distance from the mid to the price that is paid. [settle per contract]
    """

    fee: float
    half_spread: float


def unit_cost(instrument: Instrument, quote: Quote, fee: Fee) -> UnitCost:
    """Price the trading of one contract at a two-sided quote.

    Parameters
    ----------
    instrument : Instrument
        What is traded.
    quote : Quote
        Its best bid and ask.
    fee : Fee
        How its venue charges.

    Returns
    -------
    UnitCost
        Fee and half-spread, equal for buying and selling. [settle per contract]

    Raises
    ------
    MarketDataError
        If the quote is one-sided, crossed or not finite.
    InputError
        If the underlying price is not positive.
    """
    fault = quote_fault(quote.bid, quote.ask)
    if fault is not None:
        raise MarketDataError(
            quote.name, fault[0], fault[1], "hedge with a two-sided instrument, or state its bid and ask"
        )
    mid = exact(quote.mid)
    underlying = exact(quote.forward) if isinstance(instrument, EuropeanOption) else mid
    charged = float(trade_fee(instrument, fee, exact(1), mid, underlying).amount)
    size = instrument.contract_size
    if is_inverse(instrument) and not isinstance(instrument, EuropeanOption):
        half_spread = 0.5 * size * (1.0 / quote.bid - 1.0 / quote.ask)
    else:
        half_spread = 0.5 * size * (quote.ask - quote.bid)
    if not math.isfinite(charged + half_spread):
        raise InputError(f"{quote.name}: its cost is not finite", "check its quote")
    return UnitCost(fee=charged, half_spread=half_spread)
