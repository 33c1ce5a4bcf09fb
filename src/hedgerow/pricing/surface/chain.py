"""From the option quotes of a snapshot to intervals of implied vol, with every refusal named."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.core.instants import HOUR_NS, describe_age, years_between
from hedgerow.instruments import EuropeanOption, is_inverse, parse_deribit
from hedgerow.market import QuoteTable, Rejection, Snapshot
from hedgerow.market.quotes import quote_fault
from hedgerow.pricing.black76 import VolFault, implied_vol
from hedgerow.pricing.surface.fit import fit_surface
from hedgerow.pricing.surface.parameters import SmileQuotes, SurfaceParameters
from hedgerow.pricing.surface.parity import ImpliedForward, implied_forward
from hedgerow.pricing.surface.surface import Surface

MAX_AGE_NS = HOUR_NS
_WIDEST = 1.0
"""An interval wider than 100 vol points says nothing about the smile. [vol]"""
_PARITY = "violates put-call parity with its partner at a forward of {:,.2f}: one of the two quotes is wrong"
_FAR_SPREADS, _FAR_VOL = 6.0, 0.03
"""A quote is outlying if it misses its slice by both six typical half-spreads and three vol points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionChain:
    """The options of a snapshot that are quoted on both sides, as intervals of vol.

    Parameters
    ----------
    as_of_ns : int
        The instant. [UTC epoch ns]
    names : tuple of str
        The options, by expiry and strike.
    expiries_ns : tuple of int
        Expiries of all options that live, in order. [UTC epoch ns]
    expiry : ndarray of shape (n_quote,)
        Which expiry. [index]
    strike, forward : ndarray of shape (n_quote,)
        Strike and the forward of its expiry. [quote per coin]
    is_call, inverse : ndarray of shape (n_quote,)
        What it is. [bool]
    bid, ask : ndarray of shape (n_quote,)
        Prices. [settlement currency]
    vol_bid, vol_ask : ndarray of shape (n_quote,)
        Implied vols: zero for a bid without time value, NaN for an ask without a vol.
        [fraction per square root of a year]
    usable : ndarray of shape (n_quote,)
        Whether a surface may be fitted to it. [bool]
    forwards : tuple of ImpliedForward
        By expiry and settlement.
    rejected : tuple of Rejection
        What is not used, and why; outlying quotes join when a surface has been fitted.
    """

    as_of_ns: int
    names: tuple[str, ...]
    expiries_ns: tuple[int, ...]
    expiry: Int64[np.ndarray, " n_quote"]
    strike: Float64[np.ndarray, " n_quote"]
    forward: Float64[np.ndarray, " n_quote"]
    is_call: np.ndarray
    inverse: np.ndarray
    bid: Float64[np.ndarray, " n_quote"]
    ask: Float64[np.ndarray, " n_quote"]
    vol_bid: Float64[np.ndarray, " n_quote"]
    vol_ask: Float64[np.ndarray, " n_quote"]
    usable: np.ndarray
    forwards: tuple[ImpliedForward, ...]
    rejected: tuple[Rejection, ...]

    @property
    def log_moneyness(self) -> Float64[np.ndarray, " n_quote"]:
        """ln(strike/forward). [pure]"""
        # Not numpy's logarithm: its last digit depends on the processor, and a fit may turn on that.
        return np.array([math.log(ratio) for ratio in (self.strike / self.forward).tolist()])

    @property
    def years(self) -> Float64[np.ndarray, " n_quote"]:
        """Time to expiry of each quote. [years, Act/365]"""
        years = np.array([years_between(self.as_of_ns, expiry) for expiry in self.expiries_ns])
        return np.asarray(years[self.expiry])

    def forward_at(self, expiry_ns: int, spot: float, *, inverse: bool, rate: float = 1.0) -> float:
        """Return the forward of any expiry: ln(forward/spot) is linear in time between expiries, and from the spot.

        Beyond the last expiry the yield of the last one holds. Where the settlement has no forwards, the yield of the
        other one does.

        Parameters
        ----------
        expiry_ns : int
            The expiry. [UTC epoch ns]
        spot : float
            Index price. [USD per coin]
        inverse : bool
            Which settlement's forwards.
        rate : float
            What a unit of the linear options' quote currency is worth. [USD per unit]

        Returns
        -------
        float
            The forward. [quote per coin]
        """
        own = [one for one in self.forwards if one.inverse == inverse] or list(self.forwards)
        here = spot if inverse else spot / rate
        if not own:
            return here
        there = spot if own[0].inverse else spot / rate
        years = np.array([0.0, *(years_between(self.as_of_ns, one.expiry_ns) for one in own)])
        carry = np.log(np.array([there, *(one.forward for one in own)]) / there)
        wanted = years_between(self.as_of_ns, expiry_ns)
        if wanted > years[-1]:
            return float(here * np.exp(carry[-1] * wanted / years[-1]))
        return float(here * np.exp(np.interp(wanted, years, carry)))

    def smiles(self) -> tuple[SmileQuotes, tuple[int, ...]]:
        """Return the usable quotes for a fit, and the expiries that have any.

        Returns
        -------
        tuple of (SmileQuotes, tuple of int)
            Intervals; expiries in their order. [vol], [UTC epoch ns]
        """
        held = np.unique(self.expiry[self.usable])
        quotes = SmileQuotes(
            expiry_years=np.array([years_between(self.as_of_ns, self.expiries_ns[i]) for i in held]),
            expiry=np.searchsorted(held, self.expiry[self.usable]).astype(np.int64),
            log_moneyness=self.log_moneyness[self.usable],
            vol_bid=self.vol_bid[self.usable],
            vol_ask=self.vol_ask[self.usable],
        )
        return quotes, tuple(self.expiries_ns[i] for i in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFit:
    """A surface fitted to a snapshot.

    Parameters
    ----------
    chain : OptionChain
        What it was fitted to, outlying quotes refused.
    expiries_ns : tuple of int
        Expiries of its slices. [UTC epoch ns]
    parameters : SurfaceParameters
        The fit. [total variance]
    """

    chain: OptionChain
    expiries_ns: tuple[int, ...]
    parameters: SurfaceParameters

    @property
    def surface(self) -> Surface:
        """The surface, to be evaluated. [vol]"""
        return Surface.from_parameters(self.parameters)


def read_chain(snapshot: Snapshot, *, max_age_ns: int = MAX_AGE_NS) -> OptionChain:
    """Sort the option quotes of a snapshot into intervals of vol and named refusals.

    Parameters
    ----------
    snapshot : Snapshot
        The market.
    max_age_ns : int
        Quotes older than this at the snapshot's instant are stale. [ns]

    Returns
    -------
    OptionChain
        All options with a bid and an ask; ``usable`` tells which can be fitted to. [vol]

    References
    ----------
    Black (1976), eq. 16; put-call parity as in ``implied_forward``.
    """
    quotes = snapshot.quotes
    found = sorted(_options(quotes), key=lambda pair: (pair[1].expiry_ns, pair[1].strike, not pair[1].is_call))
    two_sided, rejected = [], []
    for i, option in found:
        reason = _refusal(quotes, i, option, snapshot.as_of_ns, max_age_ns)
        if reason:
            rejected.append(_rejection(option.name, reason))
        two = 0.0 < quotes.bid[i] < np.inf and 0.0 < quotes.ask[i] < np.inf
        if two and option.expiry_ns > snapshot.as_of_ns:
            two_sided.append((i, option, not reason))
    expiries = tuple(sorted({option.expiry_ns for _, option in found if option.expiry_ns > snapshot.as_of_ns}))
    rows = np.array([i for i, _, _ in two_sided], dtype=np.int64)
    options = [option for _, option, _ in two_sided]
    chain = OptionChain(
        as_of_ns=snapshot.as_of_ns,
        names=tuple(option.name for option in options),
        expiries_ns=expiries,
        expiry=np.array([expiries.index(option.expiry_ns) for option in options], dtype=np.int64),
        strike=np.array([option.strike for option in options], dtype=np.float64),
        forward=quotes.forward[rows],
        is_call=np.array([option.is_call for option in options], dtype=np.bool_),
        inverse=np.array([is_inverse(option) for option in options], dtype=np.bool_),
        bid=quotes.bid[rows],
        ask=quotes.ask[rows],
        vol_bid=np.zeros(rows.size),
        vol_ask=np.zeros(rows.size),
        usable=np.array([usable for _, _, usable in two_sided], dtype=np.bool_),
        forwards=(),
        rejected=tuple(rejected),
    )
    return _with_vols(_with_forwards(chain))


def fit_chain(
    chain: OptionChain, *, kind: Literal["svi", "essvi"], previous: SurfaceParameters | None = None
) -> ChainFit:
    """Fit a surface to a chain.

    SVI slices are flexible enough to tell that a quote is outlying: such quotes are refused by name, and the fit is
    made again without them. eSSVI's are not; give it the chain that an SVI fit left.

    Parameters
    ----------
    chain : OptionChain
        The quotes.
    kind : {"svi", "essvi"}
        Family of the slices.
    previous : SurfaceParameters or None
        A fit of the same expiries to start from.

    Returns
    -------
    ChainFit
        The surface and the chain with outlying quotes refused. [total variance]

    Raises
    ------
    InputError
        If no quote is usable.

    References
    ----------
    As ``fit_surface``.
    """
    if not chain.usable.any():
        raise InputError("no usable option quote to fit a surface to", "see the refusals; state a longer max_age")
    quotes, expiries = chain.smiles()
    if previous is not None and (previous.kind != kind or len(previous.slices) != len(expiries)):
        previous = None
    parameters = fit_surface(quotes, kind=kind, previous=previous)
    far = _outlying(chain, Surface.from_parameters(parameters))
    if kind == "svi" and far.any():
        refused = tuple(
            _rejection(chain.names[i], f"outlying: {chain.vol_bid[i]:.1%} to {chain.vol_ask[i]:.1%} against its smile")
            for i in np.flatnonzero(far)
        )
        chain = replace(chain, usable=chain.usable & ~far, rejected=(*chain.rejected, *refused))
        quotes, expiries = chain.smiles()
        parameters = fit_surface(quotes, kind=kind)
    return ChainFit(chain=chain, expiries_ns=expiries, parameters=parameters)


def _options(quotes: QuoteTable) -> list[tuple[int, EuropeanOption]]:
    found = []
    for i, name in enumerate(quotes.names):
        try:
            instrument = parse_deribit(name)
        except InputError:
            continue
        if isinstance(instrument, EuropeanOption):
            found.append((i, instrument))
    return found


def _rejection(name: str, reason: str) -> Rejection:
    return Rejection(name=name, kind="quote", reason=reason, use="the surface")


def _refusal(quotes: QuoteTable, i: int, option: EuropeanOption, as_of_ns: int, max_age_ns: int) -> str:
    """Say why a quote cannot enter a surface, before its vol is known; empty if nothing speaks against it."""
    if option.expiry_ns <= as_of_ns:
        return "expired"
    fault = quote_fault(float(quotes.bid[i]), float(quotes.ask[i]))
    if fault is not None:
        return fault[1]
    if not 0.0 < quotes.forward[i] < np.inf:
        return f"its underlying price is {quotes.forward[i]:g}"
    age = as_of_ns - int(quotes.at_ns[i])
    if age < 0:
        return f"stamped {describe_age(-age)} after the snapshot"
    return f"stale: {describe_age(age)} old" if age > max_age_ns else ""


def _with_forwards(chain: OptionChain) -> OptionChain:
    """Imply the forward of each expiry and settlement from the usable pairs."""
    forward, usable, found = chain.forward.copy(), chain.usable.copy(), []
    rejected = list(chain.rejected)
    for p in range(len(chain.expiries_ns)):
        for inverse in (False, True):
            mine = np.flatnonzero((chain.expiry == p) & (chain.inverse == inverse))
            if not mine.size:
                continue
            calls = {chain.strike[i]: i for i in mine if chain.is_call[i] and chain.usable[i]}
            puts = {chain.strike[i]: i for i in mine if not chain.is_call[i] and chain.usable[i]}
            strikes = sorted(calls.keys() & puts.keys())
            call, put = [calls[k] for k in strikes], [puts[k] for k in strikes]
            one = implied_forward(
                chain.expiries_ns[p],
                np.array(strikes, dtype=np.float64),
                chain.bid[call] - chain.ask[put],
                chain.ask[call] - chain.bid[put],
                stated=_stated(chain, mine),
                inverse=inverse,
            )
            found.append(one)
            forward[mine] = one.forward
            for i in (leg[strike] for strike in one.violated for leg in (calls, puts)):
                usable[i] = False
                rejected.append(_rejection(chain.names[i], _PARITY.format(one.forward)))
    return replace(chain, forward=forward, forwards=tuple(found), usable=usable, rejected=tuple(rejected))


def _stated(chain: OptionChain, rows: np.ndarray) -> float:
    """Return the underlying price that most rows state; rows that state none are refused already."""
    stated = chain.forward[rows]
    sane = stated[(stated > 0.0) & np.isfinite(stated)]
    return float(np.median(sane)) if sane.size else float("nan")


def _with_vols(chain: OptionChain) -> OptionChain:
    """Imply the vols of bids and asks; refuse quotes that state none."""
    low, low_fault = _vols(chain, chain.bid)
    high, high_fault = _vols(chain, chain.ask)
    low = np.where(low_fault == VolFault.NO_TIME_VALUE, 0.0, low)
    usable, rejected = chain.usable.copy(), list(chain.rejected)
    tests: list[tuple[np.ndarray, Callable[[int], str]]] = [
        (high_fault == VolFault.NO_TIME_VALUE, lambda _: "the ask is at or below intrinsic"),
        (high_fault == VolFault.ABOVE_BOUND, lambda _: "the ask is at or above the no-arbitrage bound"),
        (~np.isfinite(low), lambda i: f"the bid has no vol: {VolFault(int(low_fault[i])).name}"),
        (~np.isfinite(high), lambda i: f"the ask has no vol: {VolFault(int(high_fault[i])).name}"),
        (high - low > _WIDEST, lambda i: f"too wide: {low[i]:.0%} to {high[i]:.0%} vol"),
    ]
    for bad, reason in tests:
        for i in np.flatnonzero(bad & usable):
            rejected.append(_rejection(chain.names[i], reason(int(i))))
            usable[i] = False
    return replace(chain, vol_bid=low, vol_ask=high, usable=usable, rejected=tuple(rejected))


def _vols(chain: OptionChain, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    vol, fault = np.full(price.size, np.nan), np.zeros(price.size, dtype=np.int64)
    for flag in (False, True):
        some = np.flatnonzero(chain.inverse == flag)
        if some.size:
            terms = (chain.forward[some], chain.strike[some], chain.years[some], chain.is_call[some])
            vol[some], fault[some] = implied_vol(price[some], *terms, inverse=flag)
    return vol, fault


def _outlying(chain: OptionChain, surface: Surface) -> np.ndarray:
    """Tell which usable quotes lie far from the smile, by the spread of their expiry and in vol points."""
    far, vol = np.zeros(chain.usable.size, dtype=np.bool_), np.full(chain.usable.size, np.nan)
    vol[chain.usable] = surface.vol(chain.log_moneyness[chain.usable], chain.years[chain.usable])
    miss = np.maximum(vol - chain.vol_ask, chain.vol_bid - vol)
    half = 0.5 * (chain.vol_ask - chain.vol_bid)
    for p in np.unique(chain.expiry[chain.usable]):
        mine = chain.usable & (chain.expiry == p)
        far[mine] = miss[mine] > max(_FAR_SPREADS * float(np.median(half[mine])), _FAR_VOL)
    return far
