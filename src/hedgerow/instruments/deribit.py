"""Deribit's instrument names, read into contracts.

The grammar: ``BASE-PERPETUAL``, ``BASE-9JAN24``, ``BASE-9JAN24-2300-C`` are coin-settled; the same with
``BASE_USDC`` (or another quote currency) in front settle in that currency; ``BASE_QUOTE`` alone is the spot pair.
A ``d`` in a strike is a decimal point. Everything expires at 08:00 UTC.

A contract of a line that does not settle in coin is counted as one coin here, whatever multiplier the venue trades it
in: quantities are in coins, as in the venue's own ``amount``.
"""

import datetime as dt
import math
import re
from typing import Any, Final, NamedTuple, NoReturn

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.instants import from_datetime
from hedgerow.instruments.contracts import EuropeanOption, Future, Instrument, Perpetual, Spot

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EXPIRY_HOUR_UTC: Final = 8
_QUOTES: Final = ("USDC", "USDT", "USD", "EUR", "BTC", "ETH")
_NAME: Final = re.compile(
    r"(?P<base>[A-Z0-9]{2,10})(_(?P<quote>[A-Z]{3,5}))?"
    r"(-((?P<perpetual>PERPETUAL)|(?P<day>[1-9]\d?)(?P<month>[A-Z]{3})(?P<year>\d{2})"
    r"(-(?P<strike>(0|[1-9]\d*)(d\d+)?)-(?P<right>[CP]))?))?",
    re.ASCII,
)
_EXAMPLES: Final = "Deribit names look like ETH-26JAN24-2300-C, ETH-26JAN24, ETH-PERPETUAL or ETH_USDC"


class _Terms(NamedTuple):
    """Published terms of a coin-settled product line."""

    future_size: float
    future_lot: float
    future_tick: float
    option_lot: float
    option_tick: float


# The venue's own instrument list (public/get_instruments) as recorded on 2021-07-22; option ticks are the finest of
# the tick-size steps (0.0005 above a price of 0.005). Other product lines are left open on purpose: state their lot
# in the desk file, or read it from the venue.
_COIN_SETTLED: Final = {
    "BTC": _Terms(future_size=10.0, future_lot=1.0, future_tick=0.5, option_lot=0.1, option_tick=0.0001),
    "ETH": _Terms(future_size=1.0, future_lot=1.0, future_tick=0.05, option_lot=1.0, option_tick=0.0001),
}


def parse_deribit(name: str) -> Instrument:
    """Read a Deribit instrument name into a contract.

    Parameters
    ----------
    name : str
        For example ``ETH-26JAN24-2300-C`` or ``BTC_USDC-PERPETUAL``.

    Returns
    -------
    Spot, Perpetual, Future or EuropeanOption
        The contract; lot and tick are None where Deribit's published terms are not on file.
        [contract]

    Raises
    ------
    InputError
        If the name is not one of Deribit's, or its date does not exist.

    Examples
    --------
    >>> option = parse_deribit("ETH-26JAN24-2300-C")
    >>> option.strike, option.is_call, option.settle
    (2300.0, True, 'ETH')
    >>> parse_deribit("ETH-26JAN24-2300-X")
    Traceback (most recent call last):
        ...
    hedgerow.core.errors.InputError: 'ETH-26JAN24-2300-X' is not a Deribit instrument name; ...
    """
    match = _NAME.fullmatch(name)
    if match is None:
        _refuse(name, "is not a Deribit instrument name")
    part = match.groupdict()
    if part["quote"] is not None and (part["quote"] not in _QUOTES or part["quote"] == part["base"]):
        _refuse(name, f"has an unknown quote currency {part['quote']}")
    if part["perpetual"] is None and part["day"] is None:
        return _spot(name, part)
    if part["strike"] is not None:
        return _option(name, part)
    return _future(name, part)


def _refuse(name: str, why: str) -> NoReturn:
    raise InputError(f"{name!r} {why}", _EXAMPLES)


def _spot(name: str, part: dict[str, Any]) -> Spot:
    if part["quote"] is None:
        _refuse(name, "names a currency, not an instrument")
    quote = Currency(part["quote"])
    return Spot(name=InstrumentName(name), base=Currency(part["base"]), quote=quote, settle=quote)


def _currencies(part: dict[str, Any]) -> tuple[Currency, Currency, Currency]:
    """Return base, quote and settlement currency; without a quote in the name the coin settles."""
    base = Currency(part["base"])
    if part["quote"] is None:
        return base, Currency("USD"), base
    return base, Currency(part["quote"]), Currency(part["quote"])


def _future(name: str, part: dict[str, Any]) -> Perpetual | Future:
    base, quote, settle = _currencies(part)
    terms = _COIN_SETTLED.get(base) if settle == base else None
    size, lot, tick = (terms.future_size, terms.future_lot, terms.future_tick) if terms else (1.0, None, None)
    label = InstrumentName(name)
    if part["perpetual"]:
        return Perpetual(name=label, base=base, quote=quote, settle=settle, contract_size=size, lot=lot, tick=tick)
    return Future(
        name=label,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=size,
        expiry_ns=_expiry(name, part),
        lot=lot,
        tick=tick,
    )


def _option(name: str, part: dict[str, Any]) -> EuropeanOption:
    base, quote, settle = _currencies(part)
    terms = _COIN_SETTLED.get(base) if settle == base else None
    strike = float(part["strike"].replace("d", "."))
    if not 0.0 < strike < math.inf:
        _refuse(name, "has a strike of zero" if strike == 0.0 else "has a strike beyond all numbers")
    return EuropeanOption(
        name=InstrumentName(name),
        base=base,
        quote=quote,
        settle=settle,
        contract_size=1.0,
        strike=strike,
        is_call=part["right"] == "C",
        expiry_ns=_expiry(name, part),
        lot=terms.option_lot if terms else None,
        tick=terms.option_tick if terms else None,
    )


def _expiry(name: str, part: dict[str, Any]) -> int:
    try:
        month = _MONTHS.index(part["month"]) + 1
        day = dt.datetime(2000 + int(part["year"]), month, int(part["day"]), _EXPIRY_HOUR_UTC, tzinfo=dt.UTC)
    except ValueError:
        _refuse(name, f"has no such date as {part['day']}{part['month']}{part['year']}")
    return from_datetime(day)
