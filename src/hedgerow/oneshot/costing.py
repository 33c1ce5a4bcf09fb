"""What trading and holding the hedging instruments costs, in the ticket's numeraire."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedgerow.book import Marking
from hedgerow.config import ContractTerms, Desk, VenueTerms
from hedgerow.core.arrays import Float64, vector
from hedgerow.core.errors import ConfigError, HedgerowError
from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.core.money import exact
from hedgerow.costs import (
    Composite,
    CostCurve,
    Fee,
    HoldingCost,
    Listing,
    book_curve,
    borrow_charge,
    capital_charge,
    funding_carry,
    merge,
    paid_at,
    proportional,
    square_root_impact,
    unit_cost,
    with_impact,
)
from hedgerow.instruments import EuropeanOption, Future, Instrument, Perpetual, Spot, is_inverse, kind_of, parse_deribit
from hedgerow.oneshot.holdings import holding_hours
from hedgerow.oneshot.resolve import HedgeInstrument

_SAME_EXPOSURE: Final = 2.0
"""Prices of one exposure that differ by more than this factor are in different units. [pure]"""

_WORDS: Final = {
    "bids": "depth",
    "quadratic_impact": "quadratic impact",
    "daily_volume": "square-root impact",
    "fixed_cost": "fixed cost",
    "minimum_trade": "smallest trade",
    "funding_rate": "funding",
    "borrow_rate": "interest on borrowed coins",
    "initial_margin": "initial margin",
    "venue": "other listings",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Costing:
    """Costs of the hedging instruments, in their order.

    Parameters
    ----------
    curves : tuple of CostCurve
        Of trading. [numeraire]
    holding : tuple of HoldingCost
        Of holding the position after the trade, over the holding period. [numeraire per contract]
    composites : dict of str to Composite
        How to divide the trades of instruments with several listings; impact and fixed cost are only in ``curves``.
    fee, half_spread : ndarray of shape (n_instrument,)
        Of the first contract, at the touch of the instrument's own quote. [numeraire per contract]
    notes : tuple of str
        What is assumed. [text]
    """

    curves: tuple[CostCurve, ...]
    holding: tuple[HoldingCost, ...]
    composites: dict[str, Composite]
    fee: Float64[np.ndarray, " n_instrument"]
    half_spread: Float64[np.ndarray, " n_instrument"]
    notes: tuple[str, ...]


def cost_curves(desk: Desk, marking: Marking, tools: Sequence[HedgeInstrument], numeraire: str) -> Costing:
    """Read the costs of every hedging instrument from its quote and from what the desk file states.

    Parameters
    ----------
    desk : Desk
        The desk file.
    marking : Marking
        The market.
    tools : sequence of HedgeInstrument
        What may be traded.
    numeraire : str
        ``USD`` or the coin.

    Returns
    -------
    Costing
        Curves, holding costs and notes. [numeraire]

    Raises
    ------
    ConfigError
        If a stated cost does not fit the contract, or listings of one exposure contradict each other.
    InputError
        If an instrument that the caller named has no usable quote.
    """
    for i, line in enumerate(desk.contract):
        _check_kind(desk, i, line)
    found = [_instrument_cost(desk, marking, tool, numeraire) for tool in tools]
    return Costing(
        curves=tuple(each.curve for each in found),
        holding=tuple(each.holding for each in found),
        composites={
            tool.instrument.name: each.composite
            for tool, each in zip(tools, found, strict=True)
            if each.composite is not None
        },
        fee=vector([each.fee for each in found]),
        half_spread=vector([each.half_spread for each in found]),
        notes=_notes(desk, tools),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _InstrumentCost:
    """The costs of one instrument, in the numeraire."""

    curve: CostCurve
    holding: HoldingCost
    composite: Composite | None
    fee: float
    half_spread: float


def _instrument_cost(desk: Desk, marking: Marking, tool: HedgeInstrument, numeraire: str) -> _InstrumentCost:
    terms, where = _terms_of(desk, tool)
    try:
        rate = settle_rate(marking, tool.instrument, numeraire)
        unit = unit_cost(tool.instrument, tool.quote, tool.fee)
        curve = _own_curve(tool, terms, unit.fee, unit.half_spread).scaled(rate)
        composite = _merged(desk, where, tool, terms, curve, rate) if terms.venue else None
        return _InstrumentCost(
            curve=with_impact(composite.curve if composite else curve, **_impacts(desk, tool, terms, rate)),
            holding=_holding(desk, tool, terms).scaled(rate),
            composite=composite,
            fee=unit.fee * rate,
            half_spread=unit.half_spread * rate,
        )
    except ConfigError:
        raise
    except HedgerowError as error:
        raise tool.place.error(error.problem, error.advice) from None


def _terms_of(desk: Desk, tool: HedgeInstrument) -> tuple[ContractTerms, str]:
    """Return what the desk file states of an instrument, and where."""
    for i, line in enumerate(desk.contract):
        if line.instrument == tool.instrument.name:
            return line, f"contract[{i}]"
    return ContractTerms(instrument=tool.instrument.name), ""


def _check_kind(desk: Desk, i: int, line: ContractTerms) -> None:
    """Refuse what this kind of contract does not have."""
    instrument = parse_deribit(line.instrument)
    rules: tuple[tuple[str, tuple[type, ...], str], ...] = (
        ("funding_rate", (Perpetual,), "only perpetuals pay funding"),
        ("borrow_rate", (Spot,), "only coins of a spot pair are borrowed to be sold"),
        ("daily_volume", (Spot, Perpetual, Future), "state quadratic_impact for an option"),
        ("venue", (Spot, Perpetual), "only spot pairs and perpetuals are the same elsewhere"),
    )
    for key, kinds, rule in rules:
        if getattr(line, key) not in (None, ()) and not isinstance(instrument, kinds):
            raise desk.error(f"contract[{i}].{key}", f"is stated for {line.instrument}, {kind_of(instrument)}", rule)


def settle_rate(marking: Marking, instrument: Instrument, numeraire: str) -> float:
    """Return what one unit of an instrument's settlement currency is worth.

    Parameters
    ----------
    marking : Marking
        Index and rates.
    instrument : Instrument
        What settles.
    numeraire : str
        ``USD`` or the coin.

    Returns
    -------
    float
        The rate. [numeraire per settle]

    Raises
    ------
    MarketDataError
        If the currency has no rate.

    References
    ----------
    ``docs/desk-file.md``, ``[rates]``.
    """
    base, spot = marking.snapshot.base, marking.snapshot.index_price
    usd = spot if instrument.settle == base else marking.usd_rate(instrument.settle)
    return usd / spot if numeraire == base else usd


def _own_curve(tool: HedgeInstrument, terms: ContractTerms, fee: float, half_spread: float) -> CostCurve:
    """Return the cost in the contract's own order book: at the touch where no levels are stated. [settle]"""
    if not terms.bids:
        return proportional(fee + half_spread)
    return book_curve(tool.instrument, bids=terms.bids, asks=terms.asks, fee=fee)


def _merged(
    desk: Desk, where: str, tool: HedgeInstrument, terms: ContractTerms, own: CostCurve, rate: float
) -> Composite:
    """Merge the contract with its other listings, all measured from the middle of its own quote."""
    listings = [Listing(name=tool.instrument.name, curve=own)]
    for j, venue in enumerate(terms.venue):
        curve = _venue_curve(desk, f"{where}.venue[{j}]", tool, venue)
        listings.append(Listing(name=venue.name, curve=curve.scaled(rate)))
    try:
        return merge(listings)
    except HedgerowError as error:
        raise desk.error(f"{where}.venue", error.problem, error.advice) from None


def _venue_curve(desk: Desk, where: str, tool: HedgeInstrument, venue: VenueTerms) -> CostCurve:
    instrument, quote = tool.instrument, tool.quote
    inf = float("inf")
    bids = venue.bids or ((venue.bid or 0.0, inf),)
    asks = venue.asks or ((venue.ask or 0.0, inf),)
    bid, ask = max(bids)[0], min(asks)[0]
    if not 1.0 / _SAME_EXPOSURE < 0.5 * (bid + ask) / quote.mid < _SAME_EXPOSURE:
        found = f"{venue.name} stands at {0.5 * (bid + ask):.6g}, {quote.name} at {quote.mid:.6g}"
        raise desk.error(f"{where}.{'bids' if venue.bids else 'bid'}", found, "correct the price")
    charge = unit_cost(instrument, replace(quote, bid=bid, ask=ask), Fee(rate=exact(venue.taker_fee)))
    middle = 0.5 * (paid_at(instrument, quote.bid) + paid_at(instrument, quote.ask))
    return book_curve(instrument, bids=bids, asks=asks, fee=charge.fee, reference=middle)


def _impacts(desk: Desk, tool: HedgeInstrument, terms: ContractTerms, rate: float) -> dict[str, float]:
    """Return what comes on top of the book, as arguments of ``with_impact``."""
    bent = 0.0
    if terms.daily_volume is not None:
        bent = square_root_impact(
            coefficient=1.0 if terms.impact_coefficient is None else terms.impact_coefficient,
            daily_vol=desk.risk.spot_vol / DAYS_PER_YEAR**0.5,
            daily_volume=terms.daily_volume,
            notional=_notional(tool),
        )
    return {"quadratic": terms.quadratic_impact * rate, "impact": bent * rate, "fixed": terms.fixed_cost * rate}


def _notional(tool: HedgeInstrument) -> float:
    """Return the notional of one contract; an option's is that of what it is on. [settle per contract]"""
    instrument, quote = tool.instrument, tool.quote
    if isinstance(instrument, EuropeanOption):
        return instrument.contract_size * (1.0 if is_inverse(instrument) else quote.forward)
    return abs(paid_at(instrument, quote.mid))


def _holding(desk: Desk, tool: HedgeInstrument, terms: ContractTerms) -> HoldingCost:
    """Add up funding, interest and capital over the holding period. [settle per contract]"""
    settings = desk.hedge
    hours = holding_hours(desk)
    notional = _notional(tool)
    total = HoldingCost(long=0.0, short=0.0)
    if terms.funding_rate is not None:
        total += funding_carry(rate=terms.funding_rate, hours=hours, notional=notional)
    if terms.borrow_rate is not None:
        total += borrow_charge(rate=terms.borrow_rate, hours=hours, price=notional)
    if terms.initial_margin is not None:
        margin = terms.initial_margin * notional
        # Who is long an option has paid for it and owes no margin.
        long_margin = 0.0 if isinstance(tool.instrument, EuropeanOption) else margin
        rate = settings.cost_of_capital
        total += capital_charge(rate=rate, hours=hours, long_margin=long_margin, short_margin=margin)
    return total


def _notes(desk: Desk, tools: Sequence[HedgeInstrument]) -> tuple[str, ...]:
    notes, free = [], []
    for tool in tools:
        terms, _ = _terms_of(desk, tool)
        words = [word for key, word in _WORDS.items() if getattr(terms, key) not in (None, (), 0.0)]
        if words:
            notes.append(f"assumed, not data: {', '.join(words)} of {terms.instrument} (desk file)")
        if terms.initial_margin is None and desk.hedge.liquidation_cost is None:
            free.append(terms.instrument)
    if desk.hedge.cost_of_capital > 0.0 and free:
        notes.append(f"no capital is charged for {', '.join(free)}: state initial_margin")
    return tuple(notes)
