"""Pictures of a calibration as SVG: the same bytes for the same numbers, text as text, no scripts, no links.

They are drawn with matplotlib, which nothing else needs: without it they raise ``InputError``.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.instants import to_iso
from hedgerow.report.calibration import CalibrationReport, ResidualFigures
from hedgerow.report.drawing import (
    ACROSS,
    BESIDE,
    DASHED,
    FITTED,
    PAGE_WIDTH,
    REFUSED,
    bars,
    coloured,
    days_axis,
    days_text,
    drawing,
    room_for,
    smile_keys,
    svg,
)
from hedgerow.report.model_smile import smile_of
from hedgerow.report.render_calibration import TITLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SMOOTH = 61


def fitted_picture(report: CalibrationReport) -> str:
    """Draw the smile of every expiry: quotes as bars from bid to ask, the model, SVI slices.

    Parameters
    ----------
    report : CalibrationReport
        The report.

    Returns
    -------
    str
        A picture; vols in % over ln(strike/forward). [SVG]
    """
    down = math.ceil(len(report.expiries) / ACROSS)
    with drawing(PAGE_WIDTH, 0.7 + 2.0 * down) as figure:
        for i in range(len(report.expiries)):
            _smile(figure.add_subplot(down, ACROSS, i + 1), report, i)
        handles, labels = smile_keys((TITLES[report.kind], FITTED, "-"), ("SVI", BESIDE, DASHED))
        figure.legend(handles, labels, loc="outside upper left", ncols=4, frameon=False)
        figure.supxlabel("ln(strike/forward)")
        figure.supylabel("implied vol, %")
        title = f"Implied vols of {report.base} options by expiry, with those of {TITLES[report.kind]}"
        return svg(figure, "fitted", title)


def residuals_picture(report: CalibrationReport) -> str:
    """Draw what the model misses: by expiry, and by strike.

    Parameters
    ----------
    report : CalibrationReport
        The report.

    Returns
    -------
    str
        A picture; vol points over days, and over ln(strike/forward) in standard deviations. [SVG]
    """
    with drawing(PAGE_WIDTH, 3.4) as figure:
        left, right = figure.subplots(1, 2)
        _by_expiry(left, report)
        _by_strike(right, report)
        return svg(figure, "residuals", f"Residuals of {TITLES[report.kind]} on {report.base} options")


PICTURES: Final[dict[str, Callable[[CalibrationReport], str]]] = {
    "fitted": fitted_picture,
    "residuals": residuals_picture,
}
"""All pictures, by name, in the order of the page."""


def _rows(report: CalibrationReport, one: ResidualFigures) -> tuple[np.ndarray, np.ndarray]:
    """Return which quotes of an expiry were used, and which refused."""
    chain = report.chain
    mine = chain.expiry == chain.expiries_ns.index(one.svi.expiry_ns)
    known = mine & np.isfinite(chain.vol_bid) & np.isfinite(chain.vol_ask)
    return known & chain.usable, known & ~chain.usable


def _smile(axes: "Axes", report: CalibrationReport, place: int) -> None:
    one, chain = report.expiries[place], report.chain
    k, low, high = chain.log_moneyness, 100.0 * chain.vol_bid, 100.0 * chain.vol_ask
    used, refused = _rows(report, one)
    bars(axes, k, low, high, used, refused)
    span = np.linspace(k[used].min() - 0.01, k[used].max() + 0.01, _SMOOTH)
    years = np.full(span.size, one.svi.years)
    vol = 100.0 * smile_of(report.fit_at(place).model, span, years).vol
    axes.plot(span, 100.0 * report.svi.fit.surface.vol(span, years), color=BESIDE, linewidth=0.9, linestyle=DASHED)
    axes.plot(span, vol, color=FITTED, linewidth=1.1)
    room_for(axes, np.concatenate([vol[np.isfinite(vol)], high[used], low[used & (low > 0.0)]]))
    inside = f"{one.quotes.inside} of {one.quotes.two_sided} inside"
    axes.set_title(f"{to_iso(one.svi.expiry_ns)[:10]}, {days_text(one.svi.days)}: {inside}", loc="left")


def _by_expiry(axes: "Axes", report: CalibrationReport) -> None:
    days = np.array([one.svi.days for one in report.expiries])
    lines: tuple[tuple[str, str, list[float]], ...] = (
        (f"{TITLES[report.kind]}, root mean square", FITTED, [one.quotes.rmse_vol_points for one in report.expiries]),
        ("SVI, root mean square", BESIDE, [one.svi.quotes.rmse_vol_points for one in report.expiries]),
    )
    axes.axhline(0.0, color=REFUSED, linewidth=0.6)
    for name, colour, values in lines:
        axes.plot(days, values, "o-", color=colour, markersize=3.5, linewidth=0.9, label=name)
    bias = [one.bias_vol_points for one in report.expiries]
    axes.plot(days, bias, "x", color=FITTED, markersize=4.5, label=f"{TITLES[report.kind]}, mean")
    days_axis(axes)
    axes.set_ylabel("vol less mid vol, vol points")
    axes.legend(frameon=False)


def _by_strike(axes: "Axes", report: CalibrationReport) -> None:
    chain = report.chain
    miss = _misses(report)
    axes.axhline(0.0, color=REFUSED, linewidth=0.6)
    for colour, one in coloured(report.expiries):
        rows = _rows(report, one)[0] & np.isfinite(miss)
        deviations = chain.log_moneyness[rows] / (one.svi.atm_vol * math.sqrt(one.svi.years))
        axes.plot(deviations, miss[rows], "o", color=colour, markersize=2.2, label=days_text(one.svi.days))
    axes.set_xlabel("ln(strike/forward) in standard deviations, vol at the forward · √years")
    axes.set_title("every quote used, by days to expiry", loc="left")
    axes.legend(frameon=False, fontsize=7, ncols=2)


def _misses(report: CalibrationReport) -> Float64[np.ndarray, " n_quote"]:
    chain = report.chain
    miss = 100.0 * (report.vol - 0.5 * (chain.vol_bid + chain.vol_ask))
    return np.where(chain.vol_bid > 0.0, miss, np.nan)
