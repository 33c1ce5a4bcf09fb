"""A surface report as one page: tables and pictures, no scripts, no links, no other files."""

from collections.abc import Iterable
from html import escape
from typing import Final

from hedgerow.core.instants import to_iso
from hedgerow.report.pictures import PICTURES
from hedgerow.report.render_surface import (
    decimals,
    family_cells,
    grouped,
    parity_range,
    printable,
    share,
)
from hedgerow.report.surface import SurfaceReport

_CAPTIONS: Final = {
    "smiles": "Every quote as a bar from the vol of its bid to the vol of its ask. Grey ones were refused.",
    "term": "Vol at the forward, and the forwards with the interval in which no put-call pair is violated.",
    "variance": "Total variance grows with time at every strike: the lines do not cross.",
    "density": "Durrleman's g is positive at every strike: no probability is negative.",
}
_STYLE: Final = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff; max-width: 76rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th { font-weight: 600; border-bottom: 1px solid #888; } th:first-child, td:first-child { text-align: left; }
.words td { text-align: left; white-space: normal; vertical-align: top; }
.scroll { overflow-x: auto; } figure { margin: 1.5rem 0; } figcaption { color: #555; }
svg { width: 100%; height: auto; } summary { cursor: pointer; }
"""
_SAFE: Final = "default-src 'none'; style-src 'unsafe-inline'"


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
    title = escape(printable(f"Implied vol surface of {report.base}, {report.source}"))
    figures = "\n".join(
        f"<figure>{draw(report)}<figcaption>{_caption(report, name)}</figcaption></figure>"
        for name, draw in PICTURES.items()
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_SAFE}">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>As of {to_iso(report.as_of_ns)}. Index {report.index_price:,.2f} USD. {report.svi.quotes.two_sided:,} options quoted
on both sides, {report.svi.quotes.used:,} used, {report.svi.quotes.inside:,} with the surface's price between bid and
ask.</p>
<h2>Arbitrage, and how the surfaces meet the quotes</h2>
{_families(report)}
<h2>Expiries</h2>
{_expiries(report)}
<h2>Pictures</h2>
{figures}
<h2>Refused, and notes</h2>
{_refused(report)}
{"".join(f"<p>{escape(printable(note))}</p>" for note in report.notes)}
</body>
</html>
"""


def _caption(report: SurfaceReport, name: str) -> str:
    """Return what a picture shows; what only holds without arbitrage is not said of a surface with it."""
    free = report.svi.check.arbitrage_free
    return _CAPTIONS[name] if free or name in ("smiles", "term") else "This surface is not free of arbitrage."


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "") -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(printable(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table class="{kind}"><tr>{head}</tr>\n{body}\n</table></div>'


def _families(report: SurfaceReport) -> str:
    heads = ("slices", "free of arbitrage", "least g", "least dw/dT, per year", "inside", "share", "rmse, vol points")
    return _table(heads, [("SVI", *family_cells(report.svi)), ("eSSVI", *family_cells(report.essvi))])


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
    return _table((*heads, "eSSVI inside"), rows)


def _refused(report: SurfaceReport) -> str:
    """List every refusal, folded by reason."""
    parts = []
    for reason, items in grouped(report.rejected):
        table = _table(("name", "reason"), ((item.name, item.reason) for item in items), "words")
        summary = f"{escape(printable(reason))}: {len(items):,}"
        parts.append(f"<details><summary>{summary}</summary>{table}</details>")
    return "\n".join(parts) or "<p>None.</p>"
