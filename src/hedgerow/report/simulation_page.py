"""A study on simulated paths as one page: tables and pictures, no scripts, no links, no other files."""

from html import escape
from typing import Final

from hedgerow.report.page import document, figure, table
from hedgerow.report.policy_frontier import PolicyFrontier
from hedgerow.report.policy_frontier_pictures import policy_frontier_picture
from hedgerow.report.render_policy_frontier import frontier_cells, frontier_words
from hedgerow.report.render_simulation import cost_cells, notes_of, result_cells, setting_lines
from hedgerow.report.simulation import SimulationReport
from hedgerow.report.simulation_pictures import PICTURES
from hedgerow.report.text import printable

_CAPTIONS: Final = {
    "losses": "How often which loss, costs included. What is lost is positive.",
    "costs": "Where the costs come from, and how many trades a path has.",
    "cost-and-risk": "What less risk costs. The bars are two standard errors to either side.",
}


def simulation_page(report: SimulationReport) -> str:
    """Compose the page of a study.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    str
        A whole document; names from files are escaped. [HTML]

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    unit = escape(report.unit_name)
    told = "<br>".join(escape(line) for line in setting_lines(report))
    pictures = "\n".join(figure(draw(report), _caption(name, report)) for name, draw in PICTURES.items())
    notes = "".join(f"<p>{escape(printable(note))}</p>" for note in notes_of(report)) or "<p>None.</p>"
    body = f"""<p>{told}</p>
<h2>Losses above the model price, in {unit}; what is lost is positive</h2>
{table(*result_cells(report))}
<h2>What trading costs, in {unit}</h2>
{table(*cost_cells(report))}
{"" if report.frontier is None else _frontier(report.frontier)}
<h2>Pictures</h2>
{pictures}
<h2>Notes</h2>
{notes}"""
    return document(f"Simulation: {report.name}", body)


def _caption(name: str, report: SimulationReport) -> str:
    """Return what a picture shows; losses that lie outside of it are counted."""
    if name != "losses" or report.bins is None:
        return _CAPTIONS[name]
    shares = 100.0 * report.bins.beyond.sum(axis=1) / report.paths
    outside = ", ".join(
        f"{printable(policy.name)} {share:.1f} %"
        for policy, share in zip(report.policies, shares, strict=True)
        if share >= 0.05
    )
    return _CAPTIONS[name] + (f" Outside of the picture: {outside}." if outside else "")


def _frontier(frontier: PolicyFrontier) -> str:
    words = "".join(f"<p>{escape(said)}</p>" for said in frontier_words(frontier))
    caption = (
        "Every policy at many settings, on the same paths; the dashed line is the risk at which they are compared."
    )
    return f"""<h2>Cost against risk, setting by setting, in {escape(frontier.unit)}</h2>
{words}
{figure(policy_frontier_picture(frontier), caption)}
<details><summary>all settings</summary>{table(*frontier_cells(frontier))}</details>"""
