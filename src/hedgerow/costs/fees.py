"""Trading fees: a rate on the notional, for options capped by a share of the premium."""

from decimal import Decimal

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money, exact, is_positive
from hedgerow.instruments import EuropeanOption, Future, Instrument, Perpetual, Spot, is_inverse
from hedgerow.venue_rules import VenueRules, latest_rules, rules_of


class Fee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a venue charges a trade.

    Parameters
    ----------
    rate : Decimal
        Of the notional of the underlying. [fraction]
    premium_cap : Decimal or None
        An option's fee is at most this share of its premium. [fraction]
    source : str
        Where the figures come from, for people. [text]
    """

    rate: Decimal
    premium_cap: Decimal | None = None
    source: str = ""


def deribit_fee(instrument: Instrument, at_ns: int | None = None) -> Fee | None:
    """Return Deribit's published fee of a new account for taking liquidity.

    Parameters
    ----------
    instrument : Instrument
        A contract.
    at_ns : int or None
        When; None for the latest figures on file. [UTC epoch ns]

    Returns
    -------
    Fee or None
        None where the published figures are not on file for that day. [fraction]

    References
    ----------
    The dated tables of ``venue_rules``, each line with its source.
    """
    rules = latest_rules("deribit") if at_ns is None else rules_of("deribit", at_ns)
    return published_fee(rules, instrument)


def published_fee(rules: VenueRules, instrument: Instrument, tier: str | None = None) -> Fee | None:
    """Return what a venue's tables say on taking liquidity.

    Parameters
    ----------
    rules : VenueRules
        The tables, the venue's own instrument list among them if it was given.
    instrument : Instrument
        A contract.
    tier : str or None
        The fee tier; None for that of a new account.

    Returns
    -------
    Fee or None
        None where it is not on file and no tier was named. [fraction]

    Raises
    ------
    InputError
        If a tier is named that the venue does not have for such a contract.

    References
    ----------
    As ``deribit_fee``.
    """
    try:
        line = rules.fee(instrument, tier or "base")
    except InputError:
        if tier is not None:
            raise
        return None
    sides = "maker and taker" if line.maker == line.taker else "taker"
    within = "" if tier is None else f", tier {tier}"
    return Fee(rate=line.taker, premium_cap=line.premium_cap, source=f"{rules.name} fee schedule, {sides}{within}")


def trade_fee(instrument: Instrument, fee: Fee, quantity: Decimal, price: Decimal, underlying: Decimal) -> Money:
    """Charge one trade, exactly.

    Parameters
    ----------
    instrument : Instrument
        What was traded.
    fee : Fee
        How its venue charges.
    quantity : Decimal
        Signed quantity. [contracts]
    price : Decimal
        Trade price. [settle per contract for options, quote per base otherwise]
    underlying : Decimal
        Price of the underlying; for futures and spot the trade price itself. [quote per base]

    Returns
    -------
    Money
        The fee, in the settlement currency. [settle]

    Raises
    ------
    InputError
        If a price is not positive.

    Examples
    --------
    >>> from hedgerow.instruments import parse_deribit
    >>> option = parse_deribit("BTC-26JAN24-45000-C")
    >>> trade_fee(option, deribit_fee(option), exact(-10), exact("0.001"), exact("45000"))
    Money(0.00125 BTC)
    """
    if not (is_positive(price) and is_positive(underlying)):
        raise InputError(f"{instrument.name}: a price of {price} on {underlying}", "prices are positive and finite")
    size = abs(quantity) * exact(instrument.contract_size)
    match instrument:
        case EuropeanOption():
            notional = size if is_inverse(instrument) else size * underlying
            charged = fee.rate * notional
            if fee.premium_cap is not None:
                charged = min(charged, fee.premium_cap * price * size)
        case Perpetual() | Future() if is_inverse(instrument):
            charged = fee.rate * size / price
        case Perpetual() | Future() | Spot():
            charged = fee.rate * size * price
    return Money(charged, instrument.settle)
