"""Pictures of cost against risk of policies as SVG: the same bytes for the same numbers, no scripts, no links."""

from typing import TYPE_CHECKING, Final

from hedgerow.report.drawing import (
    DASHED,
    FITTED,
    MARKERS,
    PAGE_WIDTH,
    REFUSED,
    drawing,
    label,
    legend,
    svg,
    told_apart,
)
from hedgerow.report.layout import number
from hedgerow.report.policy_frontier import FrontierCurve, PolicyFrontier

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM: Final = 1.12
_FAR: Final = 3.0
"""What costs or risks so many times the clock's would squeeze the rest. [pure]"""


def policy_frontier_picture(frontier: PolicyFrontier) -> str:
    """Draw mean cost over the standard deviation of the loss, one line for each policy.

    Parameters
    ----------
    frontier : PolicyFrontier
        The frontier.

    Returns
    -------
    str
        A picture; mean trading cost over the standard deviation of the loss. [SVG]

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    with drawing(PAGE_WIDTH, 4.4) as figure:
        axes = figure.add_subplot()
        lines = [curve for curve in frontier.curves if len(curve.points) > 1]
        for i, (colour, curve) in enumerate(told_apart(lines)):
            _line(axes, curve, colour, MARKERS[i % len(MARKERS)])
        alone = [curve for curve in frontier.curves if len(curve.points) == 1]
        for i, curve in enumerate(alone):
            (point,) = curve.points
            marker = MARKERS[(len(lines) + i) % len(MARKERS)]
            axes.plot([point.deviation], [point.cost], marker, color=REFUSED, markersize=6.0, label=_name(curve))
        _clock(axes, frontier)
        _limits(axes, frontier)
        axes.set_xlabel(f"standard deviation of the loss, {frontier.unit}")
        axes.set_ylabel(f"mean trading cost, {frontier.unit}")
        legend(axes)
        return svg(figure, "policy-frontier", "Mean trading cost against the standard deviation of the loss, by policy")


def _line(axes: "Axes", curve: FrontierCurve, colour: str, marker: str) -> None:
    risk, cost = [point.deviation for point in curve.points], [point.cost for point in curve.points]
    axes.plot(risk, cost, marker=marker, color=colour, linewidth=1.2, markersize=3.5, label=_name(curve))


def _name(curve: FrontierCurve) -> str:
    return label(curve.name) if curve.parameter is None else f"{label(curve.name)}, by {curve.parameter}"


def _clock(axes: "Axes", frontier: PolicyFrontier) -> None:
    """Mark the clock, and the risk at which everything is compared with it."""
    risk, cost = frontier.clock.deviation, frontier.clock.cost
    axes.axvline(risk, color=FITTED, linewidth=0.8, linestyle=DASHED)
    words = f"every {frontier.every_hours:g} hours"
    axes.plot([risk], [cost], "D", color=FITTED, markersize=8.0, zorder=5, label=words)
    said = f"{words}: {frontier.clock.trades:,.0f} trades, cost {number(cost)}"
    axes.annotate(said, (risk, cost), (8, 6), textcoords="offset points", color=FITTED)


def _limits(axes: "Axes", frontier: PolicyFrontier) -> None:
    """Show what lies within a few times the clock's risk and cost."""
    points = [point for curve in frontier.curves for point in curve.points]
    risk = min(max(point.deviation for point in points), _FAR * frontier.clock.deviation)
    cost = max(min(max(point.cost for point in points), _FAR * frontier.clock.cost), frontier.clock.cost)
    axes.set_xlim(0.0, _ROOM * risk or 1.0)
    axes.set_ylim(0.0, _ROOM * cost or 1.0)
