"""A position in a pool as one page: tables and pictures, no scripts, no links, no other files."""

from html import escape

from hedgerow.report.page import document, figure, table
from hedgerow.report.pool import PoolReport
from hedgerow.report.pool_pictures import PICTURES
from hedgerow.report.render_pool import (
    NOTHING,
    band_words,
    position_words,
    remarks,
    ticket_heads,
    ticket_rows,
    token_heads,
    token_rows,
)
from hedgerow.report.text import printable

_CAPTIONS = {
    "value": "The position after arbitrage at every price, beside what it holds now, kept; fees are not counted.",
    "greeks": "Delta, and the short hedge that offsets it at the price now. Gamma jumps at the edges of a range.",
    "band": "What is left of delta after the hedge. Inside the band a trade costs more than the risk it takes away.",
}


def pool_page(report: PoolReport) -> str:
    """Compose the page of a position.

    Parameters
    ----------
    report : PoolReport
        The report.

    Returns
    -------
    str
        A whole document; names are escaped. [HTML]

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    drawn = [(name, draw(report, asset)) for asset in range(len(report.hedges)) for name, draw in PICTURES.items()]
    pictures = "\n".join(figure(picture, _CAPTIONS[name]) for name, picture in drawn if picture)
    unit = report.numeraire
    said = [*remarks(report), *(text for one in report.hedges for text in band_words(one, unit)), *report.notes]
    words = "\n".join(f"<p>{escape(printable(text))}.</p>" for text in said)
    rows = [row for one in report.hedges for row in ticket_rows(one, unit)]
    body = f"""<p>{escape(printable(position_words(report)))}. Value {report.value:,.2f} {escape(printable(unit))},
uncollected fees included.</p>
<h2>What it holds, by token</h2>
{table(token_heads(report), token_rows(report))}
<h2>Hedge ticket</h2>
{table(ticket_heads(report), rows) if rows else f"<p>{NOTHING}.</p>"}
<h2>Pictures</h2>
{pictures}
<h2>Remarks</h2>
{words}"""
    return document(f"{report.position.name} in {report.pool.name}", body)
