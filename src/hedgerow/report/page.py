"""What pages of reports share: one document without scripts, links and other files, its style, its tables."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from hedgerow.market import Rejection
from hedgerow.report.text import grouped, printable

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


def document(title: str, body: str) -> str:
    """Put a page together.

    Parameters
    ----------
    title : str
        Its title, as found; it is escaped here.
    body : str
        What follows the title; names from files are escaped in it. [HTML]

    Returns
    -------
    str
        A whole document. [HTML]
    """
    shown = escape(printable(title))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_SAFE}">
<meta name="viewport" content="width=device-width">
<title>{shown}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{shown}</h1>
{body}
</body>
</html>
"""


def figure(picture: str, caption: str) -> str:
    """Put a picture above its caption.

    Parameters
    ----------
    picture : str
        The picture. [SVG]
    caption : str
        What it shows.

    Returns
    -------
    str
        A ``figure`` element. [HTML]
    """
    return f"<figure>{picture}<figcaption>{escape(caption, quote=False)}</figcaption></figure>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "") -> str:
    """Write a table.

    Parameters
    ----------
    heads : iterable of str
        Heads of the columns.
    rows : iterable of iterable of str
        Cells, as found; they are escaped here.
    kind : str
        ``words`` for a table of text.

    Returns
    -------
    str
        A table that scrolls sideways where it is too wide. [HTML]
    """
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(printable(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table class="{kind}"><tr>{head}</tr>\n{body}\n</table></div>'


def refusals(rejected: Sequence[Rejection], notes: Sequence[str]) -> str:
    """List every refusal, folded by reason, and the notes.

    Parameters
    ----------
    rejected : sequence of Rejection
        Refusals.
    notes : sequence of str
        Sentences that follow them.

    Returns
    -------
    str
        Names are escaped. [HTML]
    """
    parts = []
    for reason, items in grouped(rejected):
        listed = table(("name", "reason"), ((item.name, item.reason) for item in items), "words")
        summary = f"{escape(printable(reason))}: {len(items):,}"
        parts.append(f"<details><summary>{summary}</summary>{listed}</details>")
    told = "".join(f"<p>{escape(printable(note))}</p>" for note in notes)
    return ("\n".join(parts) or "<p>None.</p>") + "\n" + told
