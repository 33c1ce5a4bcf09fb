"""Pictures of a cost-risk frontier as SVG: the same bytes for the same numbers, text as text, no scripts, no links.

They are drawn with matplotlib, which nothing else needs: without it they raise ``InputError``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.hedging.frontier import Frontier, FrontierPoint
from hedgerow.report.drawing import BESIDE, DASHED, FITTED, PAGE_WIDTH, QUOTES, REFUSED, apart, coloured, drawing, svg
from hedgerow.report.layout import number
from hedgerow.report.render_frontier import used_anywhere
from hedgerow.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED_POINTS = 5
"""So many points carry their risk aversion. [count]"""
_FAR = 2.5
"""A risk so many times the largest of all plans would squeeze the others. [pure]"""


def frontier_picture(frontier: Frontier, numeraire: str) -> str:
    """Draw cost against risk, plan by plan.

    Parameters
    ----------
    frontier : Frontier
        The frontier.
    numeraire : str
        Currency of cost and risk.

    Returns
    -------
    str
        A picture; cost over the standard deviation of P&L. [SVG]
    """
    points, own = frontier.points, frontier.own
    with drawing(PAGE_WIDTH, 4.2) as figure:
        axes = figure.add_subplot()
        risk, cost = [point.risk for point in points], [point.cost for point in points]
        axes.plot(risk, cost, "-", color=QUOTES, linewidth=1.1, label="continuous plans, certified")
        axes.plot(risk, cost, "o", color=QUOTES, markersize=3.5)
        lots = [point.risk_lots for point in points], [point.cost_lots for point in points]
        axes.plot(*lots, "x", color=REFUSED, markersize=5.0, zorder=1, label="in whole lots")
        axes.plot([own.risk], [own.cost], "D", color=FITTED, markersize=7.0, zorder=4, label="your plan")
        for point in _labelled(points):
            place, words = (point.risk, point.cost), f"{point.risk_aversion:.1e}"
            axes.annotate(words, place, (7, 5), textcoords="offset points", fontsize=7, color=QUOTES)
        _mark_unhedged(axes, frontier)
        axes.set_xlabel(f"standard deviation of P&L over the horizon, {numeraire}")
        axes.set_ylabel(f"cost, {numeraire}")
        axes.set_title(
            f"your plan: std {number(own.risk)}, cost {number(own.cost)} {numeraire}; beside points: risk aversion",
            loc="left",
        )
        axes.legend(frameon=False)
        return svg(figure, "frontier", f"Cost in {numeraire} against risk of the hedge, plan by plan")


def quantities_picture(frontier: Frontier, numeraire: str) -> str:
    """Draw how much of each instrument is traded over the risk aversion.

    Parameters
    ----------
    frontier : Frontier
        The frontier.
    numeraire : str
        Currency of cost and risk.

    Returns
    -------
    str
        A picture; each instrument in % of its own largest trade, bought above zero and sold below. [SVG]
    """
    used = used_anywhere(frontier)
    aversion = np.array([point.risk_aversion for point in frontier.points])
    with drawing(PAGE_WIDTH, 3.6) as figure:
        axes = figure.add_subplot()
        axes.set_xscale("log")
        ends, colours = [], []
        for colour, i in coloured(used):
            shares = _shares(frontier, i)
            axes.plot(aversion, shares, "-o", color=colour, linewidth=1.2, markersize=2.5)
            ends.append(float(shares[-1]))
            colours.append(colour)
        axes.axhline(0.0, color=REFUSED, linewidth=0.6, zorder=1)
        axes.axvline(frontier.own.risk_aversion, color=FITTED, linewidth=1.0, linestyle=DASHED, label="your plan")
        axes.set_ylim(-110.0, 110.0)
        _name_lines(axes, float(aversion[-1]), ends, [printable(frontier.names[i]) for i in used], colours)
        axes.set_xlabel(f"risk aversion, per {numeraire}")
        axes.set_ylabel("traded, % of its own largest")
        axes.legend(frameon=False, loc="upper left")
        return svg(figure, "quantities", "Quantity traded of each instrument over the risk aversion")


PICTURES: Final[dict[str, Callable[[Frontier, str], str]]] = {
    "frontier": frontier_picture,
    "quantities": quantities_picture,
}
"""All pictures, by name, in the order of the page."""


def _mark_unhedged(axes: "Axes", frontier: Frontier) -> None:
    """Mark the risk of no trade; where targets force much of the hedge it lies far away, and the edge points to it."""
    furthest = max(max(point.risk, point.risk_lots) for point in frontier.points)
    far = frontier.unhedged > _FAR * furthest
    right = 1.1 * (furthest if far else max(furthest, frontier.unhedged))
    words = f"no trade at all: std {number(frontier.unhedged)}" + (", to the right" if far else "")
    place, marker = (right, ">") if far else (frontier.unhedged, "s")
    axes.plot([place], [0.0], marker, color=BESIDE, markersize=6.0, clip_on=False, label=words)
    axes.set_xlim(0.0, right or 1.0)  # a book without risk needs an axis too
    axes.margins(y=0.1)


def _labelled(points: tuple[FrontierPoint, ...]) -> list[FrontierPoint]:
    """Choose points that lie apart on the picture, both ends among them: equal steps along the drawn curve."""
    others = [point for point in points if not point.own]
    if not others:
        return []
    risk, cost = (np.array([getattr(point, name) for point in others]) for name in ("risk", "cost"))
    wide, high = (max(float(np.ptp(values)), 1e-300) for values in (risk, cost))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(risk) / wide, np.diff(cost) / high))])
    steps = np.linspace(0.0, along[-1], _NAMED_POINTS)
    return [others[i] for i in sorted({int(np.argmin(np.abs(along - step))) for step in steps})]


def _shares(frontier: Frontier, i: int) -> Float64[np.ndarray, " n_point"]:
    """Return the trades of one instrument. [% of its largest]"""
    traded = np.array([point.continuous[i] for point in frontier.points])
    return np.asarray(100.0 * traded / max(float(np.max(np.abs(traded))), 1e-300))


def _name_lines(axes: "Axes", end: float, places: list[float], names: list[str], colours: list[object]) -> None:
    """Write the name of each line beside its end."""
    order = sorted(range(len(names)), key=lambda i: places[i])
    for i, place in zip(order, apart(places, 12.0), strict=True):
        axes.annotate(
            names[i], (end, place), (6, 0), textcoords="offset points", va="center", color=colours[i], parse_math=False
        )
