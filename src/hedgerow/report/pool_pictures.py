"""Pictures of a liquidity position as SVG: the same bytes for the same numbers, no scripts, no links."""

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from hedgerow.report.drawing import BESIDE, DASHED, FITTED, PAGE_WIDTH, QUOTES, REFUSED, drawing, svg
from hedgerow.report.pool import PoolReport
from hedgerow.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def value_picture(report: PoolReport, asset: int = 0) -> str:
    """Draw the value of the position over the price, beside its tokens kept and beside it hedged.

    Parameters
    ----------
    report : PoolReport
        The report.
    asset : int
        Which of the hedged assets. [0-based]

    Returns
    -------
    str
        A picture; values in the numeraire over the price of the asset. [SVG]
    """
    one, profile = report.hedges[asset], report.profiles[asset]
    at, value = profile.prices, profile.value
    now, delta = (float(np.interp(one.price, at, row)) for row in (value, profile.delta))
    with drawing(PAGE_WIDTH, 3.4) as figure:
        axes = figure.add_subplot()
        axes.plot(at, value, color=FITTED, linewidth=1.4, label="the position")
        kept, hedged = now + delta * (at - one.price), value - delta * (at - one.price)
        axes.plot(at, kept, color=BESIDE, linewidth=0.9, linestyle=DASHED, label="its tokens now, kept")
        axes.plot(at, hedged, color=QUOTES, linewidth=1.4, label="the position and its hedge of now")
        title = f"Value of {printable(report.position.name)} over the price of {printable(one.asset)}"
        _finish(axes, report, asset, f"value, {printable(report.numeraire)}", title)
        return svg(figure, _name("value", asset), title)


def greeks_picture(report: PoolReport, asset: int = 0) -> str:
    """Draw delta and gamma over the price.

    Parameters
    ----------
    report : PoolReport
        The report.
    asset : int
        Which of the hedged assets. [0-based]

    Returns
    -------
    str
        Two pictures beside each other; delta in coins, gamma in coins per one per cent of the price. [SVG]
    """
    one, profile = report.hedges[asset], report.profiles[asset]
    at, coin = profile.prices, printable(one.asset)
    with drawing(PAGE_WIDTH, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        left.plot(at, profile.delta, color=FITTED, linewidth=1.4, label="delta of the position")
        left.axhline(one.delta, color=QUOTES, linewidth=1.0, linestyle=DASHED, label="coins to sell now")
        _finish(left, report, asset, f"delta, {coin}", f"Delta to {coin}")
        gamma = 0.01 * at * profile.gamma
        right.plot(at, gamma, color=FITTED, linewidth=1.4, label="gamma of the position")
        if not np.any(gamma):
            right.set_ylim(-1.0, 1.0)
        _finish(right, report, asset, f"gamma, {coin}/1 %", f"Gamma to {coin}")
        return svg(figure, _name("greeks", asset), f"Delta and gamma of {printable(report.position.name)} to {coin}")


def band_picture(report: PoolReport, asset: int = 0) -> str:
    """Draw what is left of delta after the hedge of now, and the band in which it is left alone.

    Parameters
    ----------
    report : PoolReport
        The report.
    asset : int
        Which of the hedged assets. [0-based]

    Returns
    -------
    str
        A picture; empty if there is no band. [SVG]
    """
    one, profile = report.hedges[asset], report.profiles[asset]
    if one.band is None or one.band.half_width == 0.0:
        return ""
    left_over = profile.delta - float(np.interp(one.price, profile.prices, profile.delta))
    with drawing(PAGE_WIDTH, 3.0) as figure:
        axes = figure.add_subplot()
        axes.axhspan(-one.band.half_width, one.band.half_width, color=QUOTES, alpha=0.15, linewidth=0, label="no trade")
        axes.plot(profile.prices, left_over, color=FITTED, linewidth=1.4, label="delta after the hedge of now")
        axes.axhline(0.0, color=REFUSED, linewidth=0.6)
        inside = [end for end in (one.band.low, one.band.high) if profile.prices[0] <= end <= profile.prices[-1]]
        for number, end in enumerate(inside):
            axes.axvline(end, color=QUOTES, linewidth=0.9, label="end of the band" if number == 0 else None)
        title = f"No-trade band of {printable(report.position.name)} over the price of {printable(one.asset)}"
        _finish(axes, report, asset, f"delta, {printable(one.asset)}", title)
        return svg(figure, _name("band", asset), title)


class Picture(Protocol):
    """Draws a report over the price of one hedged asset."""

    def __call__(self, report: PoolReport, asset: int = 0) -> str:
        """Draw it.

        Parameters
        ----------
        report : PoolReport
            The report.
        asset : int
            Which of the hedged assets. [0-based]

        Returns
        -------
        str
            A picture, or nothing. [SVG]
        """
        ...


PICTURES: Final[dict[str, Picture]] = {
    "value": value_picture,
    "greeks": greeks_picture,
    "band": band_picture,
}
"""All pictures, by name, in the order of the page."""


def _name(picture: str, asset: int) -> str:
    """Names of pictures tell those of one page apart."""
    return f"{picture}-{asset + 1}" if asset else picture


def _finish(axes: "Axes", report: PoolReport, asset: int, what: str, title: str) -> None:
    """Mark the price and the ends of the range, and say what is drawn."""
    one, profile = report.hedges[asset], report.profiles[asset]
    axes.axvline(one.price, color=REFUSED, linewidth=0.6, label="price now")
    for number, edge in enumerate(profile.edges):
        label = "end of the range" if number == 0 else None
        axes.axvline(edge, color=BESIDE, linewidth=0.7, linestyle=DASHED, label=label)
    axes.set_title(title)
    axes.set_xlim(float(profile.prices[0]), float(profile.prices[-1]))
    axes.set_xlabel(f"price of {printable(one.asset)}, {printable(report.numeraire)}")
    axes.set_ylabel(what)
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter("{x:,.0f}" if high - low >= 20.0 else "{x:g}")
    axes.xaxis.set_major_formatter("{x:,.0f}" if profile.prices[0] >= 100.0 else "{x:g}")
    axes.legend(frameon=False)
