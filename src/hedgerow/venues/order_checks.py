"""Why a simulated venue refuses an order on arrival, in words."""

from decimal import Decimal

from hedgerow.core.money import exact
from hedgerow.events import PlaceOrder
from hedgerow.instruments import Instrument, expiry_of
from hedgerow.venues.listings import Listing
from hedgerow.venues.markets import RestingMarket


def has_expired(instrument: Instrument, at_ns: int) -> bool:
    """Tell whether a contract is no longer traded.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    at_ns : int
        When. [UTC epoch ns]

    Returns
    -------
    bool
        True from its expiry on. [bool]
    """
    expiry_ns = expiry_of(instrument)
    return expiry_ns is not None and at_ns >= expiry_ns


def reduced_lots(order: PlaceOrder, lots: int, listing: Listing, held: Decimal) -> int:
    """Return how much of an order the venue takes: of a reducing one no more than closes the position.

    Parameters
    ----------
    order : PlaceOrder
        The order.
    lots : int
        What is left of it, signed. [lots]
    listing : Listing
        What it trades.
    held : Decimal
        The position. [contracts]

    Returns
    -------
    int
        Signed; zero where a reducing order would open. [lots]
    """
    if not order.reduce_only:
        return lots
    closing = int(-held / listing.lot)
    if closing * lots <= 0:
        return 0
    return min(lots, closing) if closing > 0 else max(lots, closing)


def order_problem(order: PlaceOrder, listing: Listing, lots: int, at_ns: int) -> str:
    """Say what is wrong with an order in itself.

    Parameters
    ----------
    order : PlaceOrder
        The order.
    listing : Listing
        What it trades.
    lots : int
        What is left of it after ``reduced_lots``. [lots]
    at_ns : int
        When it arrives. [UTC epoch ns]

    Returns
    -------
    str
        Empty where nothing is. [text]
    """
    if has_expired(listing.instrument, at_ns):
        return "the contract has expired"
    if not lots:
        return "a reducing order would open a position" if order.reduce_only else "an order of nothing"
    if abs(order.lots) < listing.min_lots:
        return f"smaller than the smallest order of {listing.min_lots * listing.lot} contracts"
    if order.limit is None:
        return "an order that rests names its limit" if order.post_only or order.rests else ""
    return _limit_problem(order, listing, order.limit, at_ns)


def _limit_problem(order: PlaceOrder, listing: Listing, limit: float, at_ns: int) -> str:
    price, market = exact(limit), listing.market
    if not price > 0:
        return "prices are positive"
    steps = [] if listing.ticks is None else [listing.ticks.at(price)]
    steps += [market.tick] if isinstance(market, RestingMarket) else []
    if off := [step for step in steps if price % step]:
        return f"the price is not a multiple of the tick of {off[0]}"
    mark = None if listing.price_limit is None or market is None else market.mid(at_ns)
    if mark is not None and listing.price_limit is not None:
        low, high = mark * (1.0 - listing.price_limit), mark * (1.0 + listing.price_limit)
        if limit > high if order.lots > 0 else limit < low:
            return "the price is beyond the venue's price limit"
    if not (order.post_only or order.rests):
        return ""
    if not isinstance(market, RestingMarket):
        return "there is no order book to rest in"
    return "a post-only order would take" if order.post_only and market.crosses(order.lots, limit, at_ns) else ""
