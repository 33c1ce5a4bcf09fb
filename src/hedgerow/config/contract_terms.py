"""What the desk file states of a contract because no data hold it, with the rules that need no market."""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from hedgerow.core.toml_file import LARGEST

Fault: TypeAlias = tuple[str, str, str]
"""Field behind ``contract[i]``, what is wrong, what to do. [text]"""


class VenueTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A ``[[contract.venue]]`` table: another listing of the same exposure, settled in the same currency.

    Parameters
    ----------
    name : str
        The user's name for it.
    taker_fee : float
        Share of the notional. [fraction]
    bid, ask : float or None
        Its best prices, of any size. [quote per base]
    bids, asks : tuple of (float, float)
        Price and size of its levels, in place of bid and ask. [quote per base, contracts]
    """

    name: str
    taker_fee: float
    bid: float | None = None
    ask: float | None = None
    bids: tuple[tuple[float, float], ...] = ()
    asks: tuple[tuple[float, float], ...] = ()


class ContractTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A ``[[contract]]`` table: what the user states because no data hold it. Labelled *assumed* everywhere.

    Parameters
    ----------
    instrument : str
        The venue's name.
    bid, ask, mark : float or None
        Its quote; mark is the mid if only bid and ask are stated. [settle per contract or quote per base]
    lot : float or None
        Step of a trade. [contracts]
    minimum_trade : float or None
        Smallest trade, if any is made. [contracts]
    taker_fee : float or None
        Share of the notional. [fraction]
    fee_premium_cap : float or None
        An option's fee is at most this share of its premium. [fraction]
    bids, asks : tuple of (float, float)
        Price and size of the levels of its order book, in place of bid and ask. [price unit, contracts]
    quadratic_impact : float
        Rise of the marginal cost with size. [settle per contract²]
    daily_volume : float or None
        What is traded in a day: adds square-root impact. [contracts]
    impact_coefficient : float or None
        Its Y; None is 1. [pure]
    fixed_cost : float
        Charged once if anything is traded. [settle]
    funding_rate : float or None
        Expected funding of a perpetual, positive where longs pay. [fraction per 8 hours]
    borrow_rate : float or None
        Interest on coins of a spot pair that are sold short. [fraction per year]
    initial_margin : float or None
        Capital that a position ties up. [fraction of the notional]
    venue : tuple of VenueTerms
        Other listings of the same exposure, merged with this one.
    """

    instrument: str
    bid: float | None = None
    ask: float | None = None
    mark: float | None = None
    lot: float | None = None
    minimum_trade: float | None = None
    taker_fee: float | None = None
    fee_premium_cap: float | None = None
    bids: tuple[tuple[float, float], ...] = ()
    asks: tuple[tuple[float, float], ...] = ()
    quadratic_impact: float = 0.0
    daily_volume: float | None = None
    impact_coefficient: float | None = None
    fixed_cost: float = 0.0
    funding_rate: float | None = None
    borrow_rate: float | None = None
    initial_margin: float | None = None
    venue: tuple[VenueTerms, ...] = ()

    @property
    def touch(self) -> tuple[float, float] | None:
        """Best bid and ask as stated, alone or on top of the levels; None if none are stated. [price unit]"""
        if self.bids and self.asks:
            return max(self.bids)[0], min(self.asks)[0]
        return None if self.bid is None or self.ask is None else (self.bid, self.ask)


_COSTS = {
    "quadratic_impact": (0.0, LARGEST, "a rise of the cost is not negative, in settle per contract²"),
    "fixed_cost": (0.0, LARGEST, "a charge is not negative, in the settlement currency"),
    "daily_volume": (1e-9, LARGEST, "it must be positive, in contracts"),
    "impact_coefficient": (0.0, 100.0, "it is about 1, from 0 to 100"),
    "funding_rate": (-0.1, 0.1, "funding is a fraction per 8 hours: write 0.0001 for 0.01 %"),
    "borrow_rate": (0.0, 10.0, "interest is a fraction per year: write 0.05 for 5 %"),
    "initial_margin": (0.0, 1.0, "margin is a fraction of the notional: write 0.05 for 5 %"),
}


def contract_faults(line: ContractTerms) -> Iterator[Fault]:
    """Look for what breaks a rule in a ``[[contract]]`` table.

    Parameters
    ----------
    line : ContractTerms
        The table.

    Yields
    ------
    tuple of (str, str, str)
        Field, what is wrong, what to do. [text]
    """
    yield from _number_faults(line)
    yield from _quote_faults(line)
    for key, (lowest, highest, rule) in _COSTS.items():
        value = getattr(line, key)
        if value is not None and not lowest <= value <= highest:
            yield f".{key}", f"is {value:g}", rule
    if line.impact_coefficient is not None and line.daily_volume is None:
        yield ".impact_coefficient", "stands without a volume", "state daily_volume as well"
    names = [line.instrument]
    for j, venue in enumerate(line.venue):
        for field, problem, advice in _venue_faults(venue, names):
            yield f".venue[{j}]{field}", problem, advice
        names.append(venue.name)


def _number_faults(line: ContractTerms | VenueTerms) -> Iterator[Fault]:
    for key in ("bid", "ask", "mark", "lot", "minimum_trade"):
        value = getattr(line, key, None)
        if value is not None and not value > 0.0:
            yield f".{key}", f"is {value:g}", "it must be positive"
    for key in ("taker_fee", "fee_premium_cap"):
        value = getattr(line, key, None)
        if value is not None and not 0.0 <= value < 1.0:
            yield f".{key}", f"is {value:g}", "fees are fractions: write 0.0005 for 0.05 %"
    if getattr(line, "fee_premium_cap", None) is not None and line.taker_fee is None:
        yield ".fee_premium_cap", "stands without a fee to cap", "state taker_fee as well"


def _quote_faults(line: ContractTerms | VenueTerms) -> Iterator[Fault]:
    """Look at bid and ask, and at the levels that may stand in their place."""
    if (line.bid is None) != (line.ask is None):
        yield "", "states one side of a quote only", "state both bid and ask, or neither"
    if line.bid is not None and line.ask is not None and line.bid > line.ask:
        yield ".bid", f"{line.bid:g} is above the ask {line.ask:g}", "uncross the quote"
    if bool(line.bids) != bool(line.asks):
        yield "", "states one side of an order book only", "state both bids and asks, or neither"
    if line.bids and line.bid is not None:
        yield ".bid", "stands beside bids and asks", "keep one of them"
    for key in ("bids", "asks"):
        for k, (price, size) in enumerate(getattr(line, key)):
            if not (price > 0.0 and size > 0.0):
                yield f".{key}[{k}]", f"is {size:g} at {price:g}", "price and size are positive"
    if line.bids and line.asks and max(line.bids)[0] > min(line.asks)[0]:
        yield ".bids", f"{max(line.bids)[0]:g} is above the ask {min(line.asks)[0]:g}", "uncross the book"


def _venue_faults(venue: VenueTerms, earlier: list[str]) -> Iterator[Fault]:
    if not venue.name or not venue.name.isprintable():
        yield ".name", f"is {venue.name!r}", "give it a printable name"
    if venue.name in earlier:
        yield ".name", f"{venue.name} stands twice", "keep one of them"
    yield from _number_faults(venue)
    yield from _quote_faults(venue)
    if venue.bid is None and not venue.bids:
        yield "", "has no prices", "state bid and ask, or bids and asks"
