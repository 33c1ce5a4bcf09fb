"""Spot pairs, perpetuals, dated futures and European options, linear or inverse.

A contract is *inverse* (coin-settled) when it settles in its base currency, and *linear* otherwise. The contract
size of an inverse future or perpetual is in units of the quote currency (10 USD for BTC on Deribit); that of
every other contract is in units of the base currency.
"""

from typing import TypeAlias

import msgspec

from hedgerow.core.ids import Currency, InstrumentName


class Spot(msgspec.Struct, frozen=True, kw_only=True, tag="spot", forbid_unknown_fields=True):
    """A spot pair: one unit is one unit of the base currency, paid in the quote currency.

    Parameters
    ----------
    name : str
        The venue's name.
    base, quote, settle : str
        Tickers. Settlement is in the quote currency.
    contract_size : float
        Always one. [base]
    lot, tick : float or None
        Smallest quantity and price step, None where not known. [contracts], [quote per base]
    """

    name: InstrumentName
    base: Currency
    quote: Currency
    settle: Currency
    contract_size: float = 1.0
    lot: float | None = None
    tick: float | None = None


class Perpetual(msgspec.Struct, frozen=True, kw_only=True, tag="perpetual", forbid_unknown_fields=True):
    """A perpetual swap, linear or inverse.

    Parameters
    ----------
    name : str
        The venue's name.
    base, quote, settle : str
        Tickers. Inverse when settle is the base.
    contract_size : float
        Size of one contract. [quote when inverse, else base]
    lot, tick : float or None
        Smallest quantity and price step, None where not known. [contracts], [quote per base]
    """

    name: InstrumentName
    base: Currency
    quote: Currency
    settle: Currency
    contract_size: float
    lot: float | None = None
    tick: float | None = None


class Future(msgspec.Struct, frozen=True, kw_only=True, tag="future", forbid_unknown_fields=True):
    """A dated future, linear or inverse.

    Parameters
    ----------
    name : str
        The venue's name.
    base, quote, settle : str
        Tickers. Inverse when settle is the base.
    contract_size : float
        Size of one contract. [quote when inverse, else base]
    expiry_ns : int
        Instant of settlement. [UTC epoch ns]
    lot, tick : float or None
        Smallest quantity and price step, None where not known. [contracts], [quote per base]
    """

    name: InstrumentName
    base: Currency
    quote: Currency
    settle: Currency
    contract_size: float
    expiry_ns: int
    lot: float | None = None
    tick: float | None = None


class EuropeanOption(msgspec.Struct, frozen=True, kw_only=True, tag="option", forbid_unknown_fields=True):
    """A European option, linear or inverse.

    Parameters
    ----------
    name : str
        The venue's name.
    base, quote, settle : str
        Tickers. Inverse (priced and paid in coin) when settle is the base.
    contract_size : float
        Size of one contract. [base]
    strike : float
        Exercise price. [quote per base]
    is_call : bool
        True for a call, False for a put.
    expiry_ns : int
        Instant of settlement. [UTC epoch ns]
    lot, tick : float or None
        Smallest quantity and price step, None where not known. [contracts], [settle per contract]
    """

    name: InstrumentName
    base: Currency
    quote: Currency
    settle: Currency
    contract_size: float
    strike: float
    is_call: bool
    expiry_ns: int
    lot: float | None = None
    tick: float | None = None


Instrument: TypeAlias = Spot | Perpetual | Future | EuropeanOption


def is_inverse(instrument: Instrument) -> bool:
    """Tell whether an instrument settles in its own base currency.

    Parameters
    ----------
    instrument : Instrument
        Any contract.

    Returns
    -------
    bool
        True for coin-settled contracts. [bool]
    """
    return instrument.settle == instrument.base


def expiry_of(instrument: Instrument) -> int | None:
    """Return the instant at which an instrument settles.

    Parameters
    ----------
    instrument : Instrument
        Any contract.

    Returns
    -------
    int or None
        None for spot and perpetuals. [UTC epoch ns]
    """
    return instrument.expiry_ns if isinstance(instrument, Future | EuropeanOption) else None


def kind_of(instrument: Instrument) -> str:
    """Name the kind of an instrument, for tables.

    Parameters
    ----------
    instrument : Instrument
        Any contract.

    Returns
    -------
    str
        For example ``inverse perpetual``. [text]
    """
    settlement = "inverse " if is_inverse(instrument) else "linear "
    match instrument:
        case Spot():
            return "spot"
        case Perpetual():
            return settlement + "perpetual"
        case Future():
            return settlement + "future"
        case EuropeanOption():
            return settlement + "option"
