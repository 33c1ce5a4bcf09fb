"""What is known of a market's implied-vol surface: its fit, its checks, how it meets the quotes; the same as JSON."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.instants import DAYS_PER_YEAR, to_iso
from hedgerow.market import Rejection
from hedgerow.pricing.surface import ArbitrageCheck, ChainFit, ImpliedForward, OptionChain, Surface

PARAMETERS = ("a", "b", "rho", "m", "sigma")
"""Names of the numbers of a raw SVI slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteFigures:
    """How a surface meets quotes.

    Parameters
    ----------
    two_sided : int
        Quotes with a bid and an ask, refused ones included. [count]
    used : int
        Those that the surface was fitted to. [count]
    inside : int
        Those whose bid and ask hold the price of the surface between them. [count]
    rmse_vol_points : float
        Root mean square of the surface's vol less the mid vol, over the quotes whose bid and ask both imply a positive
        vol; NaN without any. [0.01 vol]
    """

    two_sided: int
    used: int
    inside: int
    rmse_vol_points: float

    @property
    def inside_fraction(self) -> float:
        """Share of the two-sided quotes that hold the surface's price; NaN without any. [fraction]"""
        return self.inside / self.two_sided if self.two_sided else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFigures:
    """One expiry of one family of slices.

    Parameters
    ----------
    expiry_ns : int
        The expiry. [UTC epoch ns]
    years : float
        Time to it. [years, Act/365]
    quotes : QuoteFigures
        How the slice meets the quotes of its expiry.
    atm_vol : float
        Vol at the forward. [fraction per square root of a year]
    skew : float
        Derivative of vol in ln(strike/forward) there. [vol]
    parameters : tuple of five float
        a, b, rho, m, sigma. [total variance]
    """

    expiry_ns: int
    years: float
    quotes: QuoteFigures
    atm_vol: float
    skew: float
    parameters: tuple[float, float, float, float, float]

    @property
    def days(self) -> float:
        """Time to the expiry. [days]"""
        return self.years * DAYS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFigures:
    """A fitted surface of one family, and what is to be said of it.

    Parameters
    ----------
    fit : ChainFit
        The fit.
    check : ArbitrageCheck
        Whether it is free of arbitrage.
    quotes : QuoteFigures
        How it meets all quotes.
    slices : tuple of SliceFigures
        By expiry.
    vol : ndarray of shape (n_quote,)
        Its vol at each two-sided quote. [fraction per square root of a year]
    inside : ndarray of shape (n_quote,)
        Whether that quote holds its price. [bool]
    """

    fit: ChainFit
    check: ArbitrageCheck
    quotes: QuoteFigures
    slices: tuple[SliceFigures, ...]
    vol: Float64[np.ndarray, " n_quote"]
    inside: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """Return the figures of the whole family for machines.

        Returns
        -------
        dict
            Plain values. [as ``SurfaceReport.to_dict`` says]
        """
        return {
            "arbitrage_free": self.check.arbitrage_free,
            "min_butterfly": _number(self.check.min_butterfly),
            "min_calendar": _number(self.check.min_calendar),
            "inside_spread_fraction": _number(self.quotes.inside_fraction),
            "inside_quotes": self.quotes.inside,
            "two_sided_quotes": self.quotes.two_sided,
            "rmse_vol_points": _number(self.quotes.rmse_vol_points),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceReport:
    """The implied-vol surface of a market at one instant.

    Parameters
    ----------
    source : str
        Where the market came from.
    as_of_ns : int
        Its instant. [UTC epoch ns]
    base : str
        The coin.
    index_price : float
        Spot index. [USD per coin]
    svi, essvi : FamilyFigures
        SVI slices, which the report is about; eSSVI slices, fitted to the quotes which SVI was fitted to.
    rejected : tuple of Rejection
        What the surface was not fitted to, and why, by reason and name.
    notes : tuple of str
        What was not fitted as asked for. [text]
    """

    source: str
    as_of_ns: int
    base: str
    index_price: float
    svi: FamilyFigures
    essvi: FamilyFigures
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]

    @property
    def chain(self) -> OptionChain:
        """All two-sided quotes as intervals. [vol]"""
        return self.svi.fit.chain

    @property
    def surface(self) -> Surface:
        """The SVI surface, to be evaluated at any strike and time. [vol]"""
        return self.svi.fit.surface

    def forwards(self, expiry_ns: int) -> tuple[ImpliedForward, ...]:
        """Return the forwards of one expiry.

        Parameters
        ----------
        expiry_ns : int
            The expiry. [UTC epoch ns]

        Returns
        -------
        tuple of ImpliedForward
            By settlement, the one with more pairs first. [quote per coin]
        """
        mine = [forward for forward in self.chain.forwards if forward.expiry_ns == expiry_ns]
        return tuple(sorted(mine, key=lambda forward: -forward.pairs))

    def to_dict(self) -> dict[str, Any]:
        """Return the report for machines: what ``--json`` prints.

        Returns
        -------
        dict
            Plain numbers, texts and lists; ``units`` names the unit of each. [as ``units`` says]
        """
        essvi = self.essvi.to_dict() | {"expiries": [_short(one) for one in self.essvi.slices]}
        return {
            "source": self.source,
            "as_of": to_iso(self.as_of_ns),
            "base": self.base,
            "index": self.index_price,
            "units": _units(self.base),
            "kind": self.svi.fit.parameters.kind,
            **self.svi.to_dict(),
            "expiries": [self._expiry(one) for one in self.svi.slices],
            "essvi": essvi,
            "rejected": [{"name": item.name, "reason": item.reason, "kind": item.kind} for item in self.rejected],
            "notes": list(self.notes),
        }

    def _expiry(self, one: SliceFigures) -> dict[str, Any]:
        forwards = self.forwards(one.expiry_ns)
        return {
            "expiry": to_iso(one.expiry_ns),
            "days": one.days,
            "forward": forwards[0].forward,
            "forward_stated": forwards[0].stated,
            "parity": [_parity(forward) for forward in forwards],
            "two_sided_quotes": one.quotes.two_sided,
            "used_quotes": one.quotes.used,
            **{key: value for key, value in _short(one).items() if key != "expiry"},
        }

    def to_html(self) -> str:
        """Return the report as one page with pictures, which needs no other file and no network.

        Returns
        -------
        str
            Without scripts and without links. [HTML]

        Raises
        ------
        InputError
            If matplotlib is not installed.
        """
        from hedgerow.report.surface_page import surface_page

        return surface_page(self)

    def __str__(self) -> str:
        from hedgerow.report.render_surface import surface_view
        from hedgerow.report.text import plain_text

        return plain_text(surface_view(self))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from hedgerow.report.render_surface import surface_view
        from hedgerow.report.text import notebook_html

        return notebook_html(surface_view(self))


def _units(base: str) -> dict[str, str]:
    price = f"USD/{base}"
    return {
        "index": price,
        "days": "days",
        "forward": price,
        "forward_stated": price,
        "low": price,
        "high": price,
        "fitted": price,
        "residual": "settlement currency per coin of size",
        "min_butterfly": "pure",
        "min_calendar": "total variance per year",
        "inside_spread_fraction": "fraction",
        "rmse_vol_points": "0.01 vol",
        "atm_vol": "fraction per square root of a year",
        "skew": "vol per unit of ln(strike/forward)",
        "slice": "total variance",
    }


def _short(one: SliceFigures) -> dict[str, Any]:
    return {
        "expiry": to_iso(one.expiry_ns),
        "inside_quotes": one.quotes.inside,
        "inside_spread_fraction": _number(one.quotes.inside_fraction),
        "rmse_vol_points": _number(one.quotes.rmse_vol_points),
        "atm_vol": one.atm_vol,
        "skew": one.skew,
        "slice": dict(zip(PARAMETERS, one.parameters, strict=True)),
    }


def _parity(forward: ImpliedForward) -> dict[str, Any]:
    return {
        "inverse": forward.inverse,
        "forward": forward.forward,
        "forward_stated": forward.stated,
        "low": _number(forward.low),
        "high": _number(forward.high),
        "fitted": _number(forward.fitted),
        "pairs": forward.pairs,
        "residual": _number(forward.residual),
        "source": forward.source,
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
