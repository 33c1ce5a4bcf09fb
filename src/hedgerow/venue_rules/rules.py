"""``rules_of``: the tables of a venue as they stood on one day."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec

from hedgerow.core.errors import InputError, InvariantBroken
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.instants import SECOND_NS, from_datetime, to_iso
from hedgerow.instruments import EuropeanOption, Instrument, kind_of
from hedgerow.venue_rules.currencies import smallest_unit
from hedgerow.venue_rules.files import VenueTables, tables_of
from hedgerow.venue_rules.listing import Listed, read_listing
from hedgerow.venue_rules.periods import listed_period
from hedgerow.venue_rules.schedules import (
    ContractLine,
    DeliveryFee,
    FundingRule,
    KnownFee,
    Line,
    PriceLimit,
    SettlementRule,
    TradedSizes,
    TradeFee,
)
from hedgerow.venue_rules.tables import MarginTable

_ADVICE: Final = "state the figure yourself, or give the venue's own instrument list"
_WHICH: Final = ("kinds", "bases", "settles", "period", "tier", "currency", "coins", "settlement")
"""Fields that say what a line is for."""
_Some = TypeVar("_Some", bound=ContractLine)


class NotOnFile(InputError):
    """A venue's tables hold no such figure on their date.

    Parameters
    ----------
    problem, advice : str
        As of every error.
    since : date or None
        The first day on which they hold it, None for never.
    """

    def __init__(self, problem: str, advice: str, since: dt.date | None) -> None:
        super().__init__(problem, advice)
        self.since = since


class VenueRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue charges and demands at one instant.

    Parameters
    ----------
    venue : str
        Its key: one of ``VENUES``.
    name : str
        For people.
    at_ns : int
        The instant. [UTC epoch ns]
    tables : VenueTables
        Lines that had begun by then; a later one for the same contracts comes first.
    listing : dict of str to Listed
        The venue's own words on single instruments, which override the tables.
    """

    venue: str
    name: str
    at_ns: int
    tables: VenueTables
    listing: dict[InstrumentName, Listed] = {}

    @property
    def margin(self) -> tuple[MarginTable, ...]:
        """Margin tables that hold, the latest first. [as each]"""
        return self.tables.margin

    def fee(self, instrument: Instrument, tier: str = "base", *, period: str | None = None) -> KnownFee:
        """Return what a trade costs.

        Parameters
        ----------
        instrument : Instrument
            The contract.
        tier : str
            The venue's name of the tier.
        period : {"", "day", "week"} or None
            For how long the contract was listed, where the venue charges by it, empty for longer; None takes what its
            list or else the calendar says.

        Returns
        -------
        KnownFee
            Maker and taker, and the cap on an option's fee. [fraction]

        Raises
        ------
        InputError
            If the fee is not on file, or the tier unknown; if the venue's own list has the rates of an option and its
            cap is not on file.
        """
        lines = [line for line in self.tables.fee if line.covers(instrument) and _has_rates(line)]
        tiers = list(dict.fromkeys(line.tier for line in lines))
        if lines and tier not in tiers:
            raise InputError(f"{self.name}: no fee tier {tier!r} for {instrument.name}", f"use {', '.join(tiers)}")
        own = self.listing.get(instrument.name)
        if own is None or tier != "base":
            return _known(self._pick("fee", instrument, "fee", self._period(instrument, period), _of_tier(tier)))
        return own.fee(kind_of(instrument), self.premium_cap(instrument))

    def premium_cap(self, instrument: Instrument, *, period: str | None = None) -> Decimal | None:
        """Return the largest fee of an option in the base tier, whatever its rate.

        Parameters
        ----------
        instrument : Instrument
            The contract.
        period : {"", "day", "week"} or None
            As above.

        Returns
        -------
        Decimal or None
            Share of the premium; None for contracts that are no options, whose fees have no cap. [fraction]

        Raises
        ------
        InputError
            If the cap of an option is not on file: to charge it without one would be a guess.
        """
        if not isinstance(instrument, EuropeanOption):
            return None
        found: TradeFee = self._pick("fee", instrument, "cap on the fee", self._period(instrument, period), _caps)
        return found.premium_cap

    def delivery_fee(self, instrument: Instrument, *, period: str | None = None) -> DeliveryFee:
        """Return what the expiry of a contract costs.

        Parameters
        ----------
        instrument : Instrument
            An option or a dated future.
        period : {"", "day", "week"} or None
            As above.

        Returns
        -------
        DeliveryFee
            The fee. [fraction]

        Raises
        ------
        InputError
            If it is not on file.
        """
        found: DeliveryFee = self._pick("delivery", instrument, "delivery fee", self._period(instrument, period))
        return found

    def sizes(self, instrument: Instrument) -> TradedSizes:
        """Return price steps and quantities of a contract.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        TradedSizes
            Ticks, contract size and lot. [as its fields]

        Raises
        ------
        InputError
            If they are not on file.
        """
        own = self.listing.get(instrument.name)
        if own is not None:
            return own.sizes(kind_of(instrument))
        found: TradedSizes = self._pick("size", instrument, "tick and lot")
        return found

    def price_limit(self, instrument: Instrument) -> PriceLimit:
        """Return how far from the mark an order may trade.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        PriceLimit
            The limit. [fraction]

        Raises
        ------
        InputError
            If it is not on file.
        """
        found: PriceLimit = self._pick("limit", instrument, "price limit")
        return found

    def funding(self, instrument: Instrument) -> FundingRule:
        """Return how a perpetual pays funding.

        Parameters
        ----------
        instrument : Instrument
            The perpetual.

        Returns
        -------
        FundingRule
            The rule. [fraction]

        Raises
        ------
        InputError
            If it is not on file.
        """
        found: FundingRule = self._pick("funding", instrument, "funding rule")
        return found

    def settlement(self, instrument: Instrument) -> SettlementRule:
        """Return when and at what price a contract expires.

        Parameters
        ----------
        instrument : Instrument
            An option or a dated future.

        Returns
        -------
        SettlementRule
            Hour and averaging window. [as its fields]

        Raises
        ------
        InputError
            If it is not on file.
        """
        found: SettlementRule = self._pick("settlement", instrument, "settlement")
        return found

    def smallest_unit(self, currency: str) -> Decimal:
        """Return the smallest amount of a currency in the venue's books.

        Parameters
        ----------
        currency : str
            Its ticker.

        Returns
        -------
        Decimal
            That of the venue where it states one, else that of the currency's own ledger. [currency]

        Raises
        ------
        InputError
            If neither is on file.
        """
        found = (line.unit for line in self.tables.currency if line.currency == Currency(currency))
        return next(found, None) or smallest_unit(currency)

    def _period(self, instrument: Instrument, stated: str | None) -> str:
        own = self.listing.get(instrument.name)
        if own is not None:
            return own.period
        return listed_period(instrument) if stated is None else stated

    def _pick(
        self,
        table: str,
        instrument: Instrument,
        what: str,
        period: str = "",
        says: Callable[[Any], bool] | None = None,
    ) -> Any:
        """Return the line of a table that speaks of a contract, among those that say what is asked for."""

        def mine(tables: VenueTables) -> list[ContractLine]:
            return [line for line in getattr(tables, table) if line.covers(instrument) and (says is None or says(line))]

        found = _best(mine(self.tables), period)
        if found is None:
            begins = min((line.valid_from for line in mine(tables_of(self.venue))), default=None)
            raise self._unknown(f"the {what} of {instrument.name}, {kind_of(instrument)},", begins)
        return found

    def _unknown(self, what: str, begins: dt.date | None) -> InputError:
        known = "" if begins is None else f" (known from {begins} on)"
        problem = f"{self.name}: {what} on {to_iso(self.at_ns)[:10]} is not on file{known}"
        return NotOnFile(problem, _ADVICE, begins)


def _has_rates(line: TradeFee) -> bool:
    """Tell whether a line has more than a cap."""
    return line.taker is not None


def _of_tier(tier: str) -> Callable[[TradeFee], bool]:
    return lambda line: line.tier == tier and _has_rates(line)


def _caps(line: TradeFee) -> bool:
    """Tell whether a line caps the fee of a new account."""
    return line.tier == "base" and line.premium_cap is not None


def _known(line: TradeFee) -> KnownFee:
    return KnownFee(**msgspec.structs.asdict(line))


def _best(lines: Iterable[_Some], period: str) -> _Some | None:
    """Take the line that speaks of the period, then of the contract most closely, then the latest."""

    def rank(line: _Some) -> tuple[bool, int, dt.date]:
        return line.period == period, bool(line.bases) + bool(line.settles), line.valid_from

    usable = sorted((line for line in lines if line.period in ("", period)), key=rank, reverse=True)
    if len(usable) > 1 and rank(usable[0]) == rank(usable[1]):
        raise InvariantBroken(f"two lines speak of the same contract: {usable[0]} and {usable[1]}", "mend the table")
    return usable[0] if usable else None


def rules_of(venue: str, at_ns: int) -> VenueRules:
    """Return the tables of a venue as they stood at an instant.

    Parameters
    ----------
    venue : str
        One of ``VENUES``.
    at_ns : int
        The instant. [UTC epoch ns]

    Returns
    -------
    VenueRules
        Lines that held then; what is not on file is asked for by name when it is needed. [as each line]

    Raises
    ------
    InputError
        If the package has no tables of the venue.

    References
    ----------
    Each line names its own.

    Examples
    --------
    >>> from hedgerow.instruments import parse_deribit
    >>> rules = rules_of("deribit", 1_704_712_781_429_000_000)
    >>> rules.fee(parse_deribit("BTC-PERPETUAL")).taker
    Decimal('0.0005')
    """
    every = tables_of(venue)
    day = dt.datetime.fromtimestamp(at_ns // SECOND_NS, dt.UTC).date()
    kept: dict[str, Any] = {
        field: _newest(line for line in getattr(every, field) if line.holds(day))
        for field in every.__struct_fields__
        if field != "name"
    }
    return VenueRules(venue=venue, name=every.name, at_ns=at_ns, tables=VenueTables(name=every.name, **kept))


def _newest(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Drop every line that a later one for the same contracts replaces; the newest comes first."""
    found: dict[tuple[object, ...], Line] = {}
    for line in sorted(lines, key=lambda line: line.valid_from, reverse=True):
        found.setdefault((type(line), *(getattr(line, key, None) for key in _WHICH)), line)
    return tuple(found.values())


def latest_rules(venue: str) -> VenueRules:
    """Return the latest tables of a venue.

    Parameters
    ----------
    venue : str
        One of ``VENUES``.

    Returns
    -------
    VenueRules
        As on the first day on which all lines on file have begun. [as each line]

    Raises
    ------
    InputError
        If the package has no tables of the venue.
    """
    tables = tables_of(venue)
    lines = [line for field in tables.__struct_fields__ if field != "name" for line in getattr(tables, field)]
    newest = max((line.valid_from for line in lines), default=dt.date(2024, 1, 1))
    return rules_of(venue, from_datetime(dt.datetime.combine(newest, dt.time(), dt.UTC)))


def with_listing(rules: VenueRules, instruments: bytes | str | Mapping[str, Any]) -> VenueRules:
    """Let a venue's own instrument list override its tables.

    Parameters
    ----------
    rules : VenueRules
        The tables.
    instruments : bytes, str or mapping
        Deribit's answer to ``public/get_instruments``.

    Returns
    -------
    VenueRules
        Fees, ticks and lots of the contracts in the list are those of the list. [as each line]

    Raises
    ------
    InputError
        If the venue is another, or the list cannot be read.

    References
    ----------
    As ``read_listing``.
    """
    if rules.venue != "deribit":
        raise InputError(f"{rules.name}: its instrument list is not understood", "only Deribit's is")
    return msgspec.structs.replace(rules, listing=rules.listing | read_listing(instruments))
