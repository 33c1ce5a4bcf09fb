"""Pictures of a surface as SVG: the same bytes for the same numbers, text as text, no scripts, no links.

They are drawn with matplotlib, which nothing else needs: without it they raise ``InputError``.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from hedgerow.core.instants import DAYS_PER_YEAR, to_iso
from hedgerow.pricing.surface.svi_kernels import durrleman_rows, slice_rows
from hedgerow.report.drawing import (
    ACROSS,
    BESIDE,
    DASHED,
    FITTED,
    PAGE_WIDTH,
    QUOTES,
    REFUSED,
    apart,
    bars,
    coloured,
    days_axis,
    days_text,
    drawing,
    room_for,
    smile_keys,
    svg,
)
from hedgerow.report.surface import SliceFigures, SurfaceReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SMOOTH = 101


def smiles_picture(report: SurfaceReport) -> str:
    """Draw the smile of every expiry: quotes as bars from bid to ask, SVI slices, eSSVI slices.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    str
        A picture; vols in % over ln(strike/forward). [SVG]
    """
    slices = report.svi.slices
    down = math.ceil(len(slices) / ACROSS)
    with drawing(PAGE_WIDTH, 0.7 + 2.0 * down) as figure:
        for i, one in enumerate(slices):
            _smile(figure.add_subplot(down, ACROSS, i + 1), report, one)
        handles, labels = smile_keys(("SVI", FITTED, "-"), ("eSSVI", BESIDE, DASHED))
        figure.legend(handles, labels, loc="outside upper left", ncols=4, frameon=False)
        figure.supxlabel("ln(strike/forward)")
        figure.supylabel("implied vol, %")
        return svg(figure, "smiles", f"Implied vols of {report.base} options by expiry, with fitted slices")


def term_picture(report: SurfaceReport) -> str:
    """Draw the vol at the forward and the forwards over time to expiry.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    str
        A picture; vols in %, forwards in % above the index, with the intervals of put-call parity. [SVG]
    """
    with drawing(PAGE_WIDTH, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        _vols_in_time(left, report)
        _forwards_in_time(right, report)
        for axes in (left, right):
            days_axis(axes)
        return svg(figure, "term", f"Vol at the forward and forwards of {report.base} over time to expiry")


def variance_picture(report: SurfaceReport) -> str:
    """Draw total variance of all expiries: lines that do not cross are free of calendar arbitrage.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    str
        A picture; total variance, logarithmic, over ln(strike/forward). [SVG]
    """
    reach = _reach(report)
    k = reach * np.sinh(np.linspace(-3.0, 3.0, _SMOOTH)) / np.sinh(3.0)
    with drawing(PAGE_WIDTH, 4.2) as figure:
        axes = figure.add_subplot()
        axes.set_yscale("log")
        ends = []
        for colour, one in coloured(report.svi.slices):
            w = _slice(one, k)[0]
            axes.plot(k, w, color=colour, linewidth=1.4)
            ends.append(math.log(w[-1]))
        bottom, top = axes.get_ylim()
        for one, place in zip(report.svi.slices, apart(ends, 0.03 * math.log(top / bottom)), strict=True):
            axes.annotate(
                days_text(one.days), (k[-1], math.exp(place)), (4, 0), textcoords="offset points", va="center"
            )
        axes.set_xlim(-reach, reach)
        axes.set_xlabel("ln(strike/forward)")
        axes.set_ylabel("total variance, vol² · years")
        axes.set_title(
            "SVI slices by days to expiry; where a later line stays above, no calendar spread is free", loc="left"
        )
        return svg(figure, "variance", f"Total variance of {report.base} options by expiry")


def density_picture(report: SurfaceReport) -> str:
    """Draw Durrleman's g and the density that it implies: nowhere negative without butterfly arbitrage.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    str
        A picture over ln(strike/forward) in standard deviations at the forward. [SVG]
    """
    steps = np.linspace(-5.0, 5.0, _SMOOTH)
    with drawing(PAGE_WIDTH, 3.4) as figure:
        left, right = figure.subplots(1, 2)
        for colour, one in coloured(report.svi.slices):
            deviation = one.atm_vol * math.sqrt(one.years)
            g, density = _density(one, deviation * steps)
            left.plot(steps, g, color=colour, linewidth=1.1)
            right.plot(steps, deviation * density, color=colour, linewidth=1.1, label=days_text(one.days))
        left.axhspan(-1.0, 0.0, color="#f3d9cc", linewidth=0)
        left.set_ylim(-0.15, None)
        left.set_title("Durrleman's g; below zero a butterfly would be free", loc="left")
        right.set_ylim(0.0, None)
        right.set_title("density implied at expiry", loc="left")
        right.legend(title="to expiry", frameon=False, fontsize=7, loc="upper right")
        figure.supxlabel("ln(strike/forward) in standard deviations, vol at the forward · √years")
        return svg(figure, "density", f"Durrleman's g and implied densities of {report.base} options")


PICTURES: Final[dict[str, Callable[[SurfaceReport], str]]] = {
    "smiles": smiles_picture,
    "term": term_picture,
    "variance": variance_picture,
    "density": density_picture,
}
"""All pictures, by name, in the order of the page."""


def _slice(one: SliceFigures, k: np.ndarray) -> np.ndarray:
    rows = np.empty((3, k.size))
    slice_rows(np.array(one.parameters), k, rows)
    return rows


def _density(one: SliceFigures, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return g and the density of ln(price/forward) at expiry (Gatheral-Jacquier 2014, eq. 2.1 and 2.2)."""
    g, w = np.empty(k.size), _slice(one, k)[0]
    durrleman_rows(np.array(one.parameters), k, g)
    d2 = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
    return g, g / np.sqrt(2.0 * math.pi * w) * np.exp(-0.5 * d2 * d2)


def _smile(axes: "Axes", report: SurfaceReport, one: SliceFigures) -> None:
    chain = report.chain
    mine = chain.expiry == chain.expiries_ns.index(one.expiry_ns)
    k, low, high = chain.log_moneyness, 100.0 * chain.vol_bid, 100.0 * chain.vol_ask
    known = mine & np.isfinite(low) & np.isfinite(high)
    used, refused = known & chain.usable, known & ~chain.usable
    bars(axes, k, low, high, used, refused)
    span = np.linspace(k[used].min() - 0.01, k[used].max() + 0.01, _SMOOTH)
    other = next(flat for flat in report.essvi.slices if flat.expiry_ns == one.expiry_ns)
    fitted = _vols(one, span)
    axes.plot(span, _vols(other, span), color=BESIDE, linewidth=0.9, linestyle=DASHED)
    axes.plot(span, fitted, color=FITTED, linewidth=1.1)
    room_for(axes, np.concatenate([fitted, high[used], low[used & (low > 0.0)]]))
    inside = f"{one.quotes.inside} of {one.quotes.two_sided} inside"
    axes.set_title(f"{to_iso(one.expiry_ns)[:10]}, {days_text(one.days)}: {inside}", loc="left")


def _vols(one: SliceFigures, k: np.ndarray) -> np.ndarray:
    vol: np.ndarray = 100.0 * np.sqrt(_slice(one, k)[0] / one.years)
    return vol


def _vols_in_time(axes: "Axes", report: SurfaceReport) -> None:
    years = np.array([one.years for one in report.svi.slices])
    dense = np.union1d(np.geomspace(0.8 * years[0], 1.15 * years[-1], _SMOOTH), years)
    axes.plot(DAYS_PER_YEAR * dense, 100.0 * report.surface.vol(0.0, dense), color=FITTED, linewidth=1.2)
    money = [100.0 * one.atm_vol for one in report.svi.slices]
    axes.plot(DAYS_PER_YEAR * years, money, "o", color=FITTED, markersize=3.5, label="SVI, and between the expiries")
    flat = [100.0 * one.atm_vol for one in report.essvi.slices]
    axes.plot(DAYS_PER_YEAR * years, flat, "x", color=BESIDE, markersize=4.0, label="eSSVI")
    axes.set_ylabel("vol at the forward, %")
    axes.legend(frameon=False)


def _forwards_in_time(axes: "Axes", report: SurfaceReport) -> None:
    index = report.index_price
    for forward in report.chain.forwards:
        days = DAYS_PER_YEAR * next((s.years for s in report.svi.slices if s.expiry_ns == forward.expiry_ns), math.nan)
        if forward.low <= forward.high:
            low, high = (100.0 * (end / index - 1.0) for end in (forward.low, forward.high))
            axes.vlines(days, low, high, color=QUOTES, linewidth=2.0)
        axes.plot(days, 100.0 * (forward.forward / index - 1.0), "o", color=FITTED, markersize=3.5)
    axes.axhline(0.0, color=REFUSED, linewidth=0.6)
    axes.set_ylabel("forward above the index, %")
    axes.plot([], [], color=QUOTES, linewidth=2.0, label="where put-call parity holds it")
    axes.plot([], [], "o", color=FITTED, markersize=3.5, label="forward of the surface")
    axes.legend(frameon=False, loc="upper left")


def _reach(report: SurfaceReport) -> float:
    """Return how far most quotes lie from their forward."""
    return max(float(np.quantile(np.abs(report.chain.log_moneyness[report.chain.usable]), 0.98)), 0.05)
