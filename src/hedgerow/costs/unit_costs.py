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
    half_spread = 0.5 * (paid_at(instrument, quote.ask) - paid_at(instrument, quote.bid))
    if not math.isfinite(charged + half_spread):
        raise InputError(f"{quote.name}: its cost is not finite", "check its quote")
    return UnitCost(fee=charged, half_spread=half_spread)


def paid_at(instrument: Instrument, price: float) -> float:
    """Return what a price is worth in the currency that is paid: differences of it are costs.

    The coin that an inverse future or perpetual settles in is gained when the price rises, by contract_size/price
    less: it counts as negative.

    Parameters
    ----------
    instrument : Instrument
        What is traded.
    price : float
        A price of it. [settle per contract for options, quote per base otherwise]

    Returns
    -------
    float
        What one contract bought at that price costs, up to a constant. [settle per contract]

    References
    ----------
    Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2, doi 10.1111/mafi.12410.
    """
    if is_inverse(instrument) and not isinstance(instrument, EuropeanOption):
        return -instrument.contract_size / price
    return instrument.contract_size * price
