"""How dated contracts end: the delivery price, and what one contract pays at it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.instants import to_iso
from hedgerow.core.money import Money, exact, is_positive, wide
from hedgerow.instruments import EuropeanOption, Instrument, is_inverse

WINDOW_NS: Final = 30 * 60 * 1_000_000_000
"""Over how long the venues average their index. [ns]"""

_MAX_GAP_NS: Final = 5 * 60 * 1_000_000_000
_STEP: Final = Decimal("1e-8")
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the end of a position moved.

    Parameters
    ----------
    quantity : Decimal
        What was held and is gone, signed as it was held. [contracts]
    amount : Money
        Cash flow before the fee, received > 0. [settle]
    fee : Money
        Charged, positive. [currency]
    """

    quantity: Decimal
    amount: Money
    fee: Money


def payoff(option: EuropeanOption, delivery_price: Decimal) -> Decimal:
    """Return what an option is worth at its end.

    Parameters
    ----------
    option : EuropeanOption
        The contract.
    delivery_price : Decimal
        Of the underlying, positive. [quote per base]

    Returns
    -------
    Decimal
        max(S - K, 0) for a linear call, divided by S for a coin-settled one; puts alike. [settle per base]

    Raises
    ------
    InputError
        If the price is not positive.

    References
    ----------
    Deribit, Inverse Options, worked example of a call that is exercised.
    https://support.deribit.com/hc/en-us/articles/25944688327069-Inverse-Options

    Examples
    --------
    >>> from hedgerow.instruments import parse_deribit
    >>> payoff(parse_deribit("BTC-26JAN24-40000-C"), Decimal(50000))
    Decimal('0.2')
    """
    if not is_positive(delivery_price):
        raise InputError(f"{option.name}: a delivery price of {delivery_price}", "prices are positive and finite")
    strike = exact(option.strike)
    with wide():
        inner = max(delivery_price - strike if option.is_call else strike - delivery_price, _ZERO)
        return inner / delivery_price if is_inverse(option) else inner


def closing_price(instrument: Instrument, delivery_price: Decimal, at_ns: int) -> Decimal:
    """Return the price at which a position in a dated contract is closed at its end.

    Parameters
    ----------
    instrument : Instrument
        A future or an option.
    delivery_price : Decimal
        Of the underlying, positive. [quote per base]
    at_ns : int
        When it is settled. [UTC epoch ns]

    Returns
    -------
    Decimal
        The payoff of an option, else the delivery price. [settle per contract for options, quote per base otherwise]

    Raises
    ------
    InputError
        If the contract has no end, or has not come to it, or the price is not positive.
    """
    expiry_ns = getattr(instrument, "expiry_ns", None)
    if expiry_ns is None:
        raise InputError(f"{instrument.name} has no expiry", "settle futures and options; trade the others")
    if at_ns < expiry_ns:
        raise InputError(
            f"{instrument.name} is settled at {to_iso(at_ns)}, before its expiry",
            f"settle it at {to_iso(expiry_ns)} or later, or trade it",
        )
    if not is_positive(delivery_price):
        raise InputError(f"{instrument.name}: a delivery price of {delivery_price}", "prices are positive and finite")
    return payoff(instrument, delivery_price) if isinstance(instrument, EuropeanOption) else delivery_price


def settlement_price(
    at_ns: Int64[np.ndarray, " n_sample"],
    index_price: Float64[np.ndarray, " n_sample"],
    expiry_ns: int,
    *,
    window_ns: int = WINDOW_NS,
    max_gap_ns: int = _MAX_GAP_NS,
    step: Decimal = _STEP,
    name: str = "index",
) -> Decimal:
    """Return the average of an index over the last minutes before an expiry.

    Each price holds until the next one. Nothing is guessed: the samples must reach back to the beginning of the window,
    and no stretch within it may be without one for long.

    Parameters
    ----------
    at_ns : ndarray of shape (n_sample,)
        When each price was the index, ascending; later ones than the expiry are not looked at. [UTC epoch ns]
    index_price : ndarray of shape (n_sample,)
        The prices. [quote per base]
    expiry_ns : int
        The end of the window. [UTC epoch ns]
    window_ns : int
        Its length: half an hour at Deribit. [ns]
    max_gap_ns : int
        For how long one price may stand, at most. [ns]
    step : Decimal
        To which the average is rounded, half to even. [quote per base]
    name : str
        Of the index, for messages. [text]

    Returns
    -------
    Decimal
        The delivery price. [quote per base]

    Raises
    ------
    MarketDataError
        If the samples do not cover the window, or a price in it is not positive.

    References
    ----------
    Deribit, Expiration Price: the index is sampled every 6 seconds through the last half hour, and averaged over time.
    https://www.deribit.com/docs/expiration-price/

    Examples
    --------
    >>> minute, expiry = 60 * 10**9, 1_706_256_000 * 10**9
    >>> at = expiry - minute * np.arange(30, -1, -1)
    >>> settlement_price(at, np.linspace(40_000.0, 40_300.0, 31), expiry)
    Decimal('40145.00000000')
    """
    begin_ns = expiry_ns - window_ns
    first = max(int(np.searchsorted(at_ns, begin_ns, side="right")) - 1, 0)
    last = int(np.searchsorted(at_ns, expiry_ns, side="left"))
    times, prices = at_ns[first:last], index_price[first:last]
    _check_cover(times, begin_ns, expiry_ns, max_gap_ns, name)
    if not (np.isfinite(prices).all() and (prices > 0.0).all()):
        worst = prices[~(np.isfinite(prices) & (prices > 0.0))][0]
        raise MarketDataError(name, DataFault.NOT_FINITE, f"a price of {worst:g} before {to_iso(expiry_ns)}")
    held_ns = np.diff(np.concatenate([np.maximum(times, begin_ns), [expiry_ns]]))
    with wide():
        weighted = (exact(price) * int(ns) for price, ns in zip(prices.tolist(), held_ns, strict=True))
        return (sum(weighted, _ZERO) / window_ns).quantize(step)


def _check_cover(
    times: Int64[np.ndarray, " n_sample"], begin_ns: int, expiry_ns: int, max_gap_ns: int, name: str
) -> None:
    """Refuse samples that say nothing about a part of the window."""
    advice = "record the index through the window, or state the delivery price"
    if not times.size or times[0] > begin_ns:
        found = f"the first is of {to_iso(int(times[0]))}" if times.size else "there is none"
        problem = f"no sample stands at the beginning of the window, {to_iso(begin_ns)}: {found}"
        raise MarketDataError(name, DataFault.MISSING, problem, advice)
    gaps = np.diff(np.append(times, expiry_ns))
    if gaps.max() > max_gap_ns:
        where = int(times[int(gaps.argmax())])
        problem = f"no sample for {gaps.max() / 1e9:g} s from {to_iso(where)} on, within the window of a settlement"
        raise MarketDataError(name, DataFault.MISSING, problem, advice)
