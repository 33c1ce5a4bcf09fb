"""A risk report as one page: tables and pictures, no scripts, no links, no other files."""

from html import escape
from typing import Final

from hedgerow.core.instants import to_iso
from hedgerow.report.page import document, figure, table
from hedgerow.report.render_risk import (
    amount,
    greek_cells,
    percent,
    points,
    refused,
    simulated_cells,
    stress_cells,
    whens,
    worst_line,
    worst_parts,
)
from hedgerow.report.risk import RiskReport
from hedgerow.report.risk_pictures import PICTURES
from hedgerow.report.text import printable

_CAPTIONS: Final = {
    "profile": "Every row of the book revalued at each spot; nothing is expanded in a series.",
    "simulated": "Moves drawn from the risk model of the desk file. The tails are what a standard deviation hides.",
}


def risk_page(report: RiskReport) -> str:
    """Compose the page of a risk report.

    Parameters
    ----------
    report : RiskReport
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
    unit = report.numeraire
    pictures = "\n".join(figure(draw(report), _CAPTIONS[name]) for name, draw in PICTURES.items())
    names, numbers = zip(*greek_cells(report), strict=True)
    grids = "\n".join(f"<h2>P&amp;L in {unit} {when}</h2>\n{_grid(report, k)}" for k, when in enumerate(whens(report)))
    notes = "".join(f"<p>{escape(printable(note))}</p>" for note in report.notes)
    body = f"""<p>As of {to_iso(report.as_of_ns)}. Index {report.exposure.spot:,.2f} USD. Numeraire {unit}.</p>
{table(names, [numbers])}
{grids}
<p>{escape(worst_line(report))}, of which {escape(", ".join(worst_parts(report)))}.</p>
<h2>Named moves, at once: P&amp;L in {unit}</h2>
{table(("day", "window UTC", "spot", "30-day vol", "vol is", "P&L"), stress_cells(report))}
<h2>Simulated moves over {report.horizon_hours:g} h: P&amp;L in {unit}</h2>
{table(("", unit), simulated_cells(report))}
<h2>Pictures</h2>
{pictures}
<h2>Left out, and notes</h2>
{table(("", "name", "reason"), refused(report), "words")}
{notes}"""
    return document(f"Risk of {report.desk}", body)


def _grid(report: RiskReport, k: int) -> str:
    found = report.grid
    rows = (
        (percent(spot), *(amount(float(cell)) for cell in found.pnl[i, :, k])) for i, spot in enumerate(found.spots)
    )
    return table(("spot", *(f"30-day vol {points(vol)}" for vol in found.vols)), rows)
