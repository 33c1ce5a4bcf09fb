"""Pictures of a study on simulated paths as SVG: the same bytes for the same numbers, no scripts, no links."""

from collections.abc import Callable
from typing import Final

import numpy as np

from hedgerow.report.drawing import BESIDE, FITTED, MARKERS, PAGE_WIDTH, QUOTES, drawing, label, legend, svg, told_apart
from hedgerow.report.simulation import SimulationReport
from hedgerow.report.text import printable

_PARTS: Final = (("proportional", QUOTES), ("fixed", FITTED), ("impact", BESIDE))
_ROW: Final = 0.34
"""Height of a bar and what is between bars. [inches]"""


def losses_picture(report: SimulationReport) -> str:
    """Draw how the losses of every policy are spread.

    Parameters
    ----------
    report : SimulationReport
        The report, with its bins.

    Returns
    -------
    str
        A picture; share of the paths over the loss. [SVG]
    """
    with drawing(PAGE_WIDTH, 3.4) as figure:
        axes = figure.add_subplot()
        if report.bins is not None:
            for colour, (policy, counts) in told_apart(list(zip(report.policies, report.bins.counts, strict=True))):
                share, name = 100.0 * counts / report.paths, label(policy.name)
                axes.stairs(share, report.bins.edges, color=colour, linewidth=1.1, label=name)
        axes.set_ylim(0.0, None)
        axes.set_xlabel(f"loss above the model price, {report.unit_name}")
        axes.set_ylabel("paths, % per bin")
        legend(axes)
        return svg(figure, "losses", f"Losses of the policies of {printable(report.name)}")


def costs_picture(report: SimulationReport) -> str:
    """Draw what trading costs, split, policy by policy.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    str
        A picture; one bar for each policy, in the report unit. [SVG]
    """
    count = len(report.policies)
    with drawing(PAGE_WIDTH, 1.0 + _ROW * count) as figure:
        axes = figure.add_subplot()
        left = np.zeros(count)
        for name, colour in _PARTS:
            values = np.array([float(getattr(policy.costs, name)) for policy in report.policies])
            if values.any():
                axes.barh(np.arange(count), values, 0.62, left=left, color=colour, label=name)
                left += values
        for place, (policy, end) in enumerate(zip(report.policies, left, strict=True)):
            told = f" {policy.trades:,.1f} trades"
            axes.annotate(told, (end, place), va="center", fontsize=7)
        axes.set_yticks(np.arange(count), [printable(policy.name) for policy in report.policies], parse_math=False)
        axes.invert_yaxis()
        axes.set_xlim(0.0, 1.15 * float(left.max()) or 1.0)
        axes.set_xlabel(f"mean cost of a path, {report.unit_name}")
        legend(axes)
        return svg(figure, "costs", f"Trading costs of the policies of {printable(report.name)}")


def risk_picture(report: SimulationReport) -> str:
    """Draw mean cost against the standard deviation of the loss, one point for each policy, with standard errors.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    str
        A picture; mean trading cost over the standard deviation of the loss. [SVG]
    """
    with drawing(PAGE_WIDTH, 3.4) as figure:
        axes = figure.add_subplot()
        for i, (colour, policy) in enumerate(told_apart(report.policies)):
            marker, name = MARKERS[i % len(MARKERS)], label(policy.name)
            place, reach = (policy.std, policy.costs.total), 2.0 * policy.std_error
            axes.errorbar(*place, xerr=reach, fmt=marker, color=colour, markersize=6.0, capsize=2.0, label=name)
        legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.margins(0.12)
        axes.set_xlim(0.0, None)
        axes.set_ylim(0.0, None)
        axes.set_xlabel(f"standard deviation of the loss, {report.unit_name}")
        axes.set_ylabel(f"mean trading cost, {report.unit_name}")
        return svg(figure, "cost-and-risk", f"Cost against risk of the policies of {printable(report.name)}")


PICTURES: Final[dict[str, Callable[[SimulationReport], str]]] = {
    "losses": losses_picture,
    "costs": costs_picture,
    "cost-and-risk": risk_picture,
}
"""All pictures, by name, in the order of the page."""
