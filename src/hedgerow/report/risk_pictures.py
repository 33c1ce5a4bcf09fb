"""Pictures of a risk report as SVG: the same bytes for the same numbers, no scripts, no links."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from hedgerow.report.drawing import BESIDE, DASHED, FITTED, PAGE_WIDTH, QUOTES, REFUSED, drawing, svg
from hedgerow.report.render_risk import points, whens
from hedgerow.report.risk import RiskReport
from hedgerow.report.text import printable

if TYPE_CHECKING:
    from matplotlib.ticker import Formatter

_COLOURS: Final = (QUOTES, BESIDE, FITTED)
_BINS: Final = 80


def profile_picture(report: RiskReport) -> str:
    """Draw P&L over the move of the spot, at once and after the horizon, for the lowest, no and the highest vol move.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    str
        A picture; P&L in the numeraire over the move of the spot in %. [SVG]
    """
    found = report.profile
    moves = 100.0 * (np.array(found.spots) - 1.0)
    with drawing(PAGE_WIDTH, 3.4) as figure:
        panels = np.ravel(figure.subplots(1, len(found.hours), sharey=True))
        for k, (axes, when) in enumerate(zip(panels, whens(report), strict=True)):
            axes.axhline(0.0, color=REFUSED, linewidth=0.6)
            axes.axvline(0.0, color=REFUSED, linewidth=0.6)
            for j, vol in enumerate(found.vols):
                style = DASHED if vol == 0.0 else "-"
                name = f"30-day vol {points(vol)}"
                axes.plot(moves, found.pnl[:, j, k], color=_COLOURS[j], linewidth=1.2, linestyle=style, label=name)
            axes.set_title(when, loc="left")
            axes.yaxis.set_major_formatter(_amounts(found.pnl))
        panels[0].legend(frameon=False)
        figure.supxlabel("move of the spot, %")
        figure.supylabel(f"P&L, {report.numeraire}")
        return svg(figure, "profile", f"P&L of {printable(report.desk)} over moves of the {report.base} spot")


def simulated_picture(report: RiskReport) -> str:
    """Draw how often simulated moves give which P&L, with the bell curve of the ticket's standard deviation.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    str
        A picture; share of the scenarios, logarithmic, over P&L in the numeraire. [SVG]
    """
    drawn = report.simulated
    counts, edges = np.histogram(drawn.pnl, bins=_BINS)
    width, deviation = edges[1] - edges[0], drawn.model_deviation
    with drawing(PAGE_WIDTH, 3.0) as figure:
        axes = figure.add_subplot()
        axes.stairs(counts / drawn.pnl.size, edges, color=QUOTES, fill=True, label="full revaluation")
        if deviation > 0.0 and width > 0.0:
            middle = 0.5 * (edges[1:] + edges[:-1])
            bell = width / (deviation * np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * (middle / deviation) ** 2)
            axes.plot(middle, bell, color=FITTED, linewidth=1.2, label="Gaussian with the ticket's standard deviation")
        axes.set_yscale("log")
        axes.set_ylim(0.5 / drawn.pnl.size, None)
        axes.xaxis.set_major_formatter(_amounts(drawn.pnl))
        axes.set_xlabel(f"P&L over {report.horizon_hours:g} h, {report.numeraire}")
        axes.set_ylabel("share of scenarios")
        axes.legend(frameon=False)
        return svg(figure, "simulated", f"Simulated P&L of {printable(report.desk)}")


def _amounts(pnl: np.ndarray) -> "Formatter":
    """Write amounts along an axis without powers of ten."""
    from matplotlib.ticker import StrMethodFormatter

    return StrMethodFormatter("{x:,.0f}" if np.ptp(pnl) >= 20.0 else "{x:g}")


PICTURES: Final[dict[str, Callable[[RiskReport], str]]] = {
    "profile": profile_picture,
    "simulated": simulated_picture,
}
"""All pictures, by name, in the order of the page."""
