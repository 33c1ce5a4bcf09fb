"""What the surface of the market adds to a ticket: prices of unquoted options, and deltas under every convention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.book import CompiledBook, Interpolated, deltas_by_convention
from hedgerow.config import Desk
from hedgerow.core.errors import InputError, MarketDataError, TransformError
from hedgerow.core.instants import years_between
from hedgerow.instruments import EuropeanOption, is_inverse, parse_deribit
from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot.write_ticket import Deltas
from hedgerow.pricing import DeltaConvention, MarkVols, QuadraticFit, VolDynamics
from hedgerow.pricing.models import SabrSlices, fit_sabr
from hedgerow.pricing.surface import ChainFit, check_surface, fit_chain, read_chain

_FARTHEST = 3
"""An option is priced up to this many times the time to the last expiry of the surface. [pure]"""
_LEAST_QUOTES = 5
"""Fewer usable quotes than this make no surface for a ticket. [count]"""


_NEEDS: Final = {
    DeltaConvention.MINIMUM_VARIANCE_FITTED: "state [hedge.minimum_variance] a, b, c",
    DeltaConvention.MODEL: "state [hedge.model], as hedgerow calibrate prints it",
    DeltaConvention.MINIMUM_VARIANCE_MODEL: "state [hedge.model], as hedgerow calibrate prints it",
    DeltaConvention.BARTLETT: "give a market with an expiry that has 4 quotes with a bid at 3 strikes or more",
}
"""What a desk file has to state for a convention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smile:
    """The surface that a ticket uses, if the market has one.

    Parameters
    ----------
    fit : ChainFit or None
        The fitted surface; None without enough usable quotes.
    dynamics : VolDynamics
        What vols do when the forward moves: the surface, and what the desk file states or asks for.
    sabr_notes : tuple of str
        What SABR was not fitted to, and why. [text]
    index_price : float
        Spot. [USD per coin]
    rates : dict of str to float
        What a unit of each cash currency is worth. [USD per unit]
    """

    fit: ChainFit | None
    dynamics: VolDynamics
    sabr_notes: tuple[str, ...]
    index_price: float
    rates: dict[str, float]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not fitted as asked for. [text]"""
        surface = () if self.fit is None else self.fit.parameters.notes
        model = (
            () if self.dynamics.model is None else (f"deltas of a model: [hedge.model] states {self.dynamics.model}",)
        )
        return (
            *model,
            *(f"surface: {note}" for note in surface),
            *(f"Bartlett's delta: {note}" for note in self.sabr_notes),
        )

    @property
    def last_ns(self) -> int:
        """The last expiry of the surface; zero without one. [UTC epoch ns]"""
        return 0 if self.fit is None else self.fit.expiries_ns[-1]

    @property
    def conventions(self) -> tuple[DeltaConvention, ...]:
        """The conventions that this market and desk allow. [convention]"""
        return self.dynamics.conventions

    def deltas(
        self, book: CompiledBook, trades: CompiledBook, numeraire: str, held: DeltaConvention
    ) -> tuple[Deltas, tuple[str, ...]]:
        """Return the deltas of a book and of trades under every convention allowed.

        Parameters
        ----------
        book, trades : CompiledBook
            What is held, and one of each instrument.
        numeraire : str
            ``USD`` or the coin.
        held : DeltaConvention
            The one that the ticket holds neutral.

        Returns
        -------
        tuple of (Deltas, tuple of str)
            Deltas; and which of the others cannot be had, and why. [coin], [text]

        Raises
        ------
        HedgerowError
            If the one that is held cannot be had.
        """
        by_book, by_unit, lost = {}, {}, []
        for one in self.conventions:
            try:
                found = [
                    deltas_by_convention(each, [one], numeraire=numeraire, dynamics=self.dynamics)[one]
                    for each in (book, trades)
                ]
            except (InputError, TransformError) as error:
                if one is held:
                    raise
                lost.append(f"no delta {one.value}: {error}")
                continue
            by_book[one], by_unit[one] = found
        return Deltas(chosen=held, book=by_book, units=by_unit), tuple(lost)

    def price(self, option: EuropeanOption) -> Interpolated | None:
        """Return forward and vol of an option from the surface.

        Parameters
        ----------
        option : EuropeanOption
            A living option.

        Returns
        -------
        Interpolated or None
            None without a surface. [quote per coin], [fraction per square root of a year]
        """
        if self.fit is None:
            return None
        years = years_between(self.fit.chain.as_of_ns, option.expiry_ns)
        inverse = is_inverse(option)
        rate = 1.0 if inverse else self.rates.get(option.quote, 1.0)
        forward = self.fit.chain.forward_at(option.expiry_ns, self.index_price, inverse=inverse, rate=rate)
        vol = self.fit.surface.vol(np.log(option.strike / forward), years)
        return Interpolated(forward=forward, vol=float(vol[0]))

    def beyond(self, option: EuropeanOption, forward: float) -> str:
        """Say where a price is not between quotes.

        Parameters
        ----------
        option : EuropeanOption
            The option.
        forward : float
            Its forward. [quote per coin]

        Returns
        -------
        str
            Empty where quotes lie on both sides. [text]
        """
        if self.fit is None:
            return ""
        chain, told = self.fit.chain, []
        if not self.fit.expiries_ns[0] <= option.expiry_ns <= self.fit.expiries_ns[-1]:
            told.append("its expiries")
        nearest = int(np.argmin(np.abs(np.array(chain.expiries_ns) - option.expiry_ns)))
        k = chain.log_moneyness[chain.usable & (chain.expiry == nearest)]
        if not k.size or not k.min() <= np.log(option.strike / forward) <= k.max():
            told.append("its strikes")
        return f", EXTRAPOLATED beyond {' and '.join(told)}" if told else ""


def fit_smile(desk: Desk, market: Snapshot, wanted: str | None = None) -> Smile:
    """Fit the surface of a market for a ticket.

    Parameters
    ----------
    desk : Desk
        The desk, which may state a fitted minimum-variance response, a model, or SABR.
    market : Snapshot
        The market, assumed quotes included.
    wanted : str or None
        Name of the convention that the caller gives; SABR is fitted for Bartlett's only.

    Returns
    -------
    Smile
        The surface, or the absence of one. [vol]

    References
    ----------
    As ``fit_surface``.
    """
    terms = desk.hedge
    stated = terms.minimum_variance
    fitted = None if stated is None else QuadraticFit(a=stated.a, b=stated.b, c=stated.c)
    chain = read_chain(market)
    fit = fit_chain(chain, kind="svi") if int(chain.usable.sum()) >= _LEAST_QUOTES else None
    if fit is not None and not check_surface(fit.parameters).arbitrage_free:
        fit = fit_chain(fit.chain, kind="essvi")
    bartlett = DeltaConvention.BARTLETT in (wanted, terms.delta_convention) or terms.sabr is not None
    sabr, notes = _sabr(desk, fit) if fit is not None and bartlett else (None, ())
    dynamics = VolDynamics(
        surface=None if fit is None else fit.surface,
        fitted=fitted,
        model=terms.model,
        sabr=sabr,
    )
    return Smile(fit=fit, dynamics=dynamics, sabr_notes=notes, index_price=market.index_price, rates=desk.rates)


def _sabr(desk: Desk, fit: ChainFit) -> tuple[SabrSlices | None, tuple[str, ...]]:
    """Fit SABR to the quotes that the surface was fitted to, and say where that cannot be done."""
    beta = 1.0 if desk.hedge.sabr is None else desk.hedge.sabr.beta
    try:
        found = fit_sabr(fit.chain.smiles()[0], beta=beta)
    except MarketDataError as error:
        return None, (str(error),)
    return found.slices, found.notes


def interpolate(
    names: Sequence[str], market: Snapshot, vols: MarkVols, smile: Smile
) -> tuple[dict[str, Interpolated], list[Rejection]]:
    """Price from the surface the options that no mark prices.

    Parameters
    ----------
    names : sequence of str
        What is held and what may be traded.
    market : Snapshot
        The market.
    vols : MarkVols
        Vols of marks.
    smile : Smile
        The surface.

    Returns
    -------
    tuple of (dict of str to Interpolated, list of Rejection)
        By name; and for people, what was priced so and why. [vol]
    """
    marked = vols.as_dict()
    found: dict[str, Interpolated] = {}
    told: list[Rejection] = []
    for name in names:
        if name in marked or name in found:
            continue
        try:
            option = parse_deribit(name)
        except InputError:
            continue
        if not isinstance(option, EuropeanOption) or option.expiry_ns <= market.as_of_ns or option.base != market.base:
            continue
        priced = smile.price(option)
        if priced is None:
            continue
        if option.expiry_ns - market.as_of_ns > _FARTHEST * (smile.last_ns - market.as_of_ns):
            continue  # left to be refused as not quoted: no surface reaches there
        found[option.name] = priced
        reason = (
            f"{_why_unpriced(market, option.name)}; vol {priced.vol:.2%} and forward {priced.forward:,.2f} from the "
            f"surface{smile.beyond(option, priced.forward)}"
        )
        told.append(Rejection(name=option.name, kind="position", reason=reason, use="interpolated"))
    return found, told


def _why_unpriced(market: Snapshot, name: str) -> str:
    """Say why neither a quote nor a mark prices an option."""
    if name in market.quotes:
        return "its mark implies no vol"
    refused = [item.reason for item in market.rejected if item.name == name and item.use == "anything"]
    return f"its quote was refused: {refused[0]}" if refused else "it is not quoted"


def chosen_convention(desk: Desk, smile: Smile, wanted: str | None) -> DeltaConvention:
    """Return the convention whose delta a ticket holds neutral.

    Parameters
    ----------
    desk : Desk
        Its ``hedge.delta_convention`` counts if nothing else is wanted.
    smile : Smile
        What the market and the desk allow.
    wanted : str or None
        A name that the caller gives.

    Returns
    -------
    DeltaConvention
        The convention. [name]

    Raises
    ------
    ConfigError
        If the desk file's name is unknown, or cannot be had in this market.
    InputError
        If the caller's is.
    """
    name = desk.hedge.delta_convention if wanted is None else wanted

    def refuse(problem: str, advice: str) -> Exception:
        if wanted is None:
            return desk.error("hedge.delta_convention", problem, advice)
        return InputError(f"delta convention {problem}", advice)

    names: Sequence[str] = [one.value for one in DeltaConvention]
    if name not in names:
        raise refuse(f"is {name!r}", f"use {', '.join(names)}")
    convention = DeltaConvention(name)
    if convention not in smile.conventions:
        quotes = f"give a market with at least {_LEAST_QUOTES} usable option quotes"
        raise refuse(f"is {name!r}, which this desk and market do not allow", _NEEDS.get(convention, quotes))
    return convention
