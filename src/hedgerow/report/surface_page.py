"""A surface report as one page: tables and pictures, no scripts, no links, no other files."""

from typing import Final

from hedgerow.core.instants import to_iso
from hedgerow.report.page import document, figure, refusals, table
from hedgerow.report.pictures import PICTURES
from hedgerow.report.render_surface import family_cells, parity_range
from hedgerow.report.surface import SurfaceReport
from hedgerow.report.text import decimals, share

_CAPTIONS: Final = {
    "smiles": "Every quote as a bar from the vol of its bid to the vol of its ask. Grey ones were refused.",
    "term": "Vol at the forward, and the forwards with the interval in which no put-call pair is violated.",
    "variance": "Total variance grows with time at every strike: the lines do not cross.",
    "density": "Durrleman's g is positive at every strike: no probability is negative.",
}


def surface_page(report: SurfaceReport) -> str:
    """Compose the page of a surface report.

    Parameters
    ----------
    report : SurfaceReport
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
    pictures = "\n".join(figure(draw(report), _caption(report, name)) for name, draw in PICTURES.items())
    quotes = report.svi.quotes
    body = f"""<p>As of {to_iso(report.as_of_ns)}. Index {report.index_price:,.2f} USD. {quotes.two_sided:,} options
quoted on both sides, {quotes.used:,} used, {quotes.inside:,} with the surface's price between bid and
ask.</p>
<h2>Arbitrage, and how the surfaces meet the quotes</h2>
{_families(report)}
<h2>Expiries</h2>
{_expiries(report)}
<h2>Pictures</h2>
{pictures}
<h2>Refused, and notes</h2>
{refusals(report.rejected, report.notes)}"""
    return document(f"Implied vol surface of {report.base}, {report.source}", body)


def _caption(report: SurfaceReport, name: str) -> str:
    """Return what a picture shows; what only holds without arbitrage is not said of a surface with it."""
    free = report.svi.check.arbitrage_free
    return _CAPTIONS[name] if free or name in ("smiles", "term") else "This surface is not free of arbitrage."


def _families(report: SurfaceReport) -> str:
    heads = ("slices", "free of arbitrage", "least g", "least dw/dT, per year", "inside", "share", "rmse, vol points")
    return table(heads, [("SVI", *family_cells(report.svi)), ("eSSVI", *family_cells(report.essvi))])


def _expiries(report: SurfaceReport) -> str:
    heads = ("expiry", "days", "forward", "parity holds it in", "used", "inside", "rmse", "vol at the forward", "skew")
    beside = {one.expiry_ns: one for one in report.essvi.slices}
    rows = []
    for one in report.svi.slices:
        forward = report.forwards(one.expiry_ns)[0]
        rows.append(
            (
                to_iso(one.expiry_ns)[:10],
                decimals(one.days, 2),
                decimals(forward.forward, 2),
                parity_range(forward),
                f"{one.quotes.used:,}",
                share(one.quotes),
                decimals(one.quotes.rmse_vol_points, 2),
                f"{one.atm_vol:.2%}",
                f"{one.skew:+.3f}",
                share(beside[one.expiry_ns].quotes),
            )
        )
    return table((*heads, "eSSVI inside"), rows)
