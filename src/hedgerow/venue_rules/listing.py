"""A venue's own instrument list: its words on single contracts override the tables."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import InstrumentName
from hedgerow.core.money import exact
from hedgerow.instruments import EuropeanOption, is_inverse, parse_deribit
from hedgerow.venue_rules.schedules import KnownFee, PriceStep, TradedSizes

_PERIODS: Final = ("day", "week")
_LEAST, _MOST = Decimal("1e-12"), Decimal("1e12")
_FIRST_MS, _LAST_MS = 1_230_768_000_000, 4_102_444_800_000
"""2009 and 2100: no contract on a coin was made outside of them. [UTC epoch ms]"""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One contract in a venue's own words.

    Parameters
    ----------
    name : str
        The venue's name.
    maker, taker : Decimal
        Of the notional of the underlying. [fraction]
    tick : Decimal
        Smallest price step. [as quoted]
    steps : tuple of PriceStep
        Where it is larger.
    contract_size : Decimal
        Size of one contract. [quote when inverse and no option, else base]
    lot : Decimal
        Smallest quantity. [contracts]
    period : {"", "day", "week"}
        For how long it was listed; empty for longer.
    listed_from : date
        When it was listed. [UTC]
    """

    name: InstrumentName
    maker: Decimal
    taker: Decimal
    tick: Decimal
    contract_size: Decimal
    lot: Decimal
    listed_from: dt.date
    steps: tuple[PriceStep, ...] = ()
    period: Literal["", "day", "week"] = ""

    def fee(self, kind: str, premium_cap: Decimal | None) -> KnownFee:
        """Return its fee as a line of a table.

        Parameters
        ----------
        kind : str
            As ``kind_of`` names it. [text]
        premium_cap : Decimal or None
            The list does not say it: that of the tables; None for contracts that are no options. [fraction]

        Returns
        -------
        KnownFee
            The fee of a new account. [fraction]
        """
        return KnownFee(
            kinds=(kind,),
            valid_from=self.listed_from,
            source="the venue's instrument list",
            maker=self.maker,
            taker=self.taker,
            premium_cap=premium_cap,
        )

    def sizes(self, kind: str) -> TradedSizes:
        """Return its price steps and quantities as a line of a table.

        Parameters
        ----------
        kind : str
            As above. [text]

        Returns
        -------
        TradedSizes
            Ticks, contract size and lot. [as its fields]
        """
        return TradedSizes(
            kinds=(kind,),
            valid_from=self.listed_from,
            source="the venue's instrument list",
            tick=self.tick,
            steps=self.steps,
            contract_size=self.contract_size,
            lot=self.lot,
        )


class _Step(msgspec.Struct, frozen=True):
    above_price: Decimal
    tick_size: Decimal


class _Entry(msgspec.Struct, frozen=True):
    """What is read of an entry of public/get_instruments; more keys may stand there."""

    instrument_name: str
    tick_size: Decimal
    contract_size: Decimal
    min_trade_amount: Decimal
    maker_commission: Decimal
    taker_commission: Decimal
    settlement_period: str
    creation_timestamp: int
    tick_size_steps: tuple[_Step, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    result: tuple[_Entry, ...]


def read_listing(instruments: bytes | str | Mapping[str, Any]) -> dict[InstrumentName, Listed]:
    """Read what Deribit answers to ``public/get_instruments``.

    Parameters
    ----------
    instruments : bytes, str or mapping
        The answer as JSON, or decoded.

    Returns
    -------
    dict of str to Listed
        By name; contracts of kinds that are not traded here (combinations) are left out. [as its fields]

    Raises
    ------
    InputError
        If it is no such answer, or an entry lacks a figure.

    References
    ----------
    Deribit API, public/get_instruments: https://docs.deribit.com/#public-get_instruments
    """
    try:
        if isinstance(instruments, bytes | str):
            answer = msgspec.json.decode(instruments, type=_Answer)
        else:
            answer = msgspec.convert(instruments, _Answer)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InputError(f"an instrument list that cannot be read: {error}", "give it as the venue sent it") from None
    return {InstrumentName(one.instrument_name): _listed(one) for one in answer.result if _is_known(one)}


def _is_known(entry: _Entry) -> bool:
    try:
        parse_deribit(entry.instrument_name)
    except InputError:
        return False
    return True


def _check(entry: _Entry) -> None:
    """Refuse figures that no contract has; none may be infinite or no number."""
    sizes = (entry.tick_size, entry.contract_size, entry.min_trade_amount)
    steps = [size for step in entry.tick_size_steps for size in (step.above_price, step.tick_size)]
    fees = (entry.maker_commission, entry.taker_commission)
    if not all(size.is_finite() and _LEAST <= size <= _MOST for size in (*sizes, *steps)):
        what = "a tick, contract size or smallest amount that is not positive, or beyond 1e-12 to 1e12"
    elif not all(fee.is_finite() and abs(fee) < 1 for fee in fees):
        what = f"commissions of {fees[0]} and {fees[1]}, which are fractions of the notional"
    elif not _FIRST_MS <= entry.creation_timestamp <= _LAST_MS:
        what = f"created at {entry.creation_timestamp}, which is no time in milliseconds"
    else:
        return
    raise InputError(f"{entry.instrument_name}: {what}", "give the list as the venue sent it")


def _listed(entry: _Entry) -> Listed:
    """Turn amounts into contracts as they are counted here: of linear lines one contract is one coin."""
    _check(entry)
    instrument = parse_deribit(entry.instrument_name)
    in_quote = is_inverse(instrument) and not isinstance(instrument, EuropeanOption)
    size = entry.contract_size if in_quote else exact(1)
    created = dt.datetime.fromtimestamp(entry.creation_timestamp // 1000, dt.UTC).date()
    return Listed(
        name=InstrumentName(entry.instrument_name),
        maker=entry.maker_commission,
        taker=entry.taker_commission,
        tick=entry.tick_size,
        steps=tuple(PriceStep(above=step.above_price, tick=step.tick_size) for step in entry.tick_size_steps),
        contract_size=size,
        lot=entry.min_trade_amount / size,
        period=entry.settlement_period if entry.settlement_period in _PERIODS else "",  # type: ignore[arg-type]
        listed_from=created,
    )
