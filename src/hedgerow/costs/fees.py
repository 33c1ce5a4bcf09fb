"""Trading fees: a rate on the notional, for options capped by a share of the premium."""

from decimal import Decimal
from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money, exact, is_positive
from hedgerow.instruments import EuropeanOption, Future, Instrument, Perpetual, Spot, is_inverse


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


# https://www.deribit.com/kb/fees, as of January 2024. USDC-settled options are left out on purpose: published
# figures differ, so the desk file states them.
_FUTURE_FEE: Final = Fee(rate=Decimal("0.0005"), source="Deribit fee schedule, taker")
_OPTION_FEE: Final = Fee(
    rate=Decimal("0.0003"), premium_cap=Decimal("0.125"), source="Deribit fee schedule, maker and taker"
)


def deribit_fee(instrument: Instrument) -> Fee | None:
    """Return Deribit's published fee for taking liquidity.

    Parameters
    ----------
    instrument : Instrument
        A contract.

    Returns
    -------
    Fee or None
        None where the published figures are not on file. [fraction]
    """
    if isinstance(instrument, Perpetual | Future):
        return _FUTURE_FEE
    if isinstance(instrument, EuropeanOption) and is_inverse(instrument):
        return _OPTION_FEE
    return None


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
