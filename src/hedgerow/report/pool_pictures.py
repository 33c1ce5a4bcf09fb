"""Pictures of a liquidity position as SVG: the same bytes for the same numbers, no scripts, no links."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from hedgerow.report.drawing import BESIDE, DASHED, FITTED, PAGE_WIDTH, QUOTES, REFUSED, drawing, svg
from hedgerow.report.pool import PoolReport
from hedgerow.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def value_picture(report: PoolReport) -> str:
    """Draw the value of the position over the price, beside its tokens kept and beside it hedged.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    str
        A picture; values in the numeraire over the price of the first hedged asset. [SVG]
    """
    one, at = report.hedges[0], report.profile_prices
    here = int(np.argmin(np.abs(at - one.price)))
    value = report.profile_value
    kept = value[here] + report.profile_delta[here] * (at - at[here])
    hedged = value - report.profile_delta[here] * (at - at[here])
    with drawing(PAGE_WIDTH, 3.4) as figure:
        axes = figure.add_subplot()
        _here(axes, one.price)
        axes.plot(at, value, color=FITTED, linewidth=1.4, label="the position")
        axes.plot(at, kept, color=BESIDE, linewidth=0.9, linestyle=DASHED, label="its tokens now, kept")
        axes.plot(at, hedged, color=QUOTES, linewidth=1.4, label="the position and its hedge of now")
        _labels(axes, report, f"value, {report.numeraire}")
        return svg(figure, "value", f"Value of {printable(report.position.name)} over the price of {one.asset}")


def greeks_picture(report: PoolReport) -> str:
    """Draw delta and gamma over the price.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    str
        Two pictures beside each other; delta in coins, gamma in coins per unit of the numeraire. [SVG]
    """
    one, at = report.hedges[0], report.profile_prices
    with drawing(PAGE_WIDTH, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        for axes in (left, right):
            _here(axes, one.price)
        left.plot(at, report.profile_delta, color=FITTED, linewidth=1.4, label="delta of the position")
        left.axhline(one.delta, color=QUOTES, linewidth=1.0, linestyle=DASHED, label="coins to sell now")
        _labels(left, report, f"delta, {printable(one.asset)}")
        right.plot(at, report.profile_gamma, color=FITTED, linewidth=1.4, label="gamma of the position")
        _labels(right, report, f"gamma, {printable(one.asset)} per {printable(report.numeraire)}")
        return svg(figure, "greeks", f"Delta and gamma of {printable(report.position.name)}")


def band_picture(report: PoolReport) -> str:
    """Draw what is left of delta after the hedge of now, and the band in which it is left alone.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    str
        A picture; empty if no band was asked for. [SVG]
    """
    one, at = report.hedges[0], report.profile_prices
    if one.band is None:
        return ""
    here = int(np.argmin(np.abs(at - one.price)))
    left_over = report.profile_delta - report.profile_delta[here]
    with drawing(PAGE_WIDTH, 3.0) as figure:
        axes = figure.add_subplot()
        _here(axes, one.price)
        axes.axhspan(-one.band.half_width, one.band.half_width, color=QUOTES, alpha=0.15, linewidth=0, label="no trade")
        axes.plot(at, left_over, color=FITTED, linewidth=1.4, label="delta after the hedge of now")
        axes.axhline(0.0, color=REFUSED, linewidth=0.6)
        _labels(axes, report, f"delta, {printable(one.asset)}")
        return svg(figure, "band", f"No-trade band of {printable(report.position.name)}")


PICTURES: Final[dict[str, Callable[[PoolReport], str]]] = {
    "value": value_picture,
    "greeks": greeks_picture,
    "band": band_picture,
}
"""All pictures, by name, in the order of the page."""


def _here(axes: "Axes", price: float) -> None:
    axes.axvline(price, color=REFUSED, linewidth=0.6)


def _labels(axes: "Axes", report: PoolReport, what: str) -> None:
    axes.set_xlabel(f"price of {printable(report.hedges[0].asset)}, {printable(report.numeraire)}")
    axes.set_ylabel(what)
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter("{x:,.0f}" if high - low >= 20.0 else "{x:g}")
    axes.xaxis.set_major_formatter("{x:,.0f}" if report.profile_prices[0] >= 100.0 else "{x:g}")
    axes.legend(frameon=False)
