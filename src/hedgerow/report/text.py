"""What reports of a market share: text and tables for a terminal, a file or a notebook, and refusals by reason."""

import io
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.market import Rejection
from hedgerow.report.layout import drawing_console, line, printable
from hedgerow.report.surface import QuoteFigures

__all__ = ["decimals", "grid", "grouped", "left_out", "line", "notebook_html", "plain_text", "printable", "share"]

_NAMED = 6
"""So many names are listed per reason; the rest is in ``--json`` and on the page."""


def plain_text(view: RenderableType) -> str:
    """Draw what was composed as plain text.

    Parameters
    ----------
    view : rich renderable
        Tables and text.

    Returns
    -------
    str
        Tables as wide as their numbers need, text of 108 columns. [text]
    """
    console = drawing_console(file=io.StringIO(), color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(view)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def notebook_html(view: RenderableType) -> str:
    """Draw what was composed for a notebook.

    Parameters
    ----------
    view : rich renderable
        Tables and text.

    Returns
    -------
    str
        A ``<pre>`` block without scripts or links. [HTML]
    """
    console = drawing_console(file=io.StringIO(), record=True, force_terminal=True, color_system="truecolor")
    console.print(view)
    return console.export_html(inline_styles=True, code_format="<pre style='line-height:1.2'>{code}</pre>")


def share(quotes: QuoteFigures) -> str:
    """Write how many quotes are inside, of how many.

    Parameters
    ----------
    quotes : QuoteFigures
        The counts.

    Returns
    -------
    str
        For example ``44 of 45``. [text]
    """
    return f"{quotes.inside:,} of {quotes.two_sided:,}"


def decimals(value: float, digits: int) -> str:
    """Write a number, or ``none`` where there is none.

    Parameters
    ----------
    value : float
        The number. [any]
    digits : int
        After the point. [count]

    Returns
    -------
    str
        With thousands separators. [text]
    """
    return f"{value:,.{digits}f}" if math.isfinite(value) else "none"


def grouped(rejected: Sequence[Rejection]) -> Iterator[tuple[str, list[Rejection]]]:
    """Group refusals by reason, numbers aside.

    Parameters
    ----------
    rejected : sequence of Rejection
        Refusals.

    Yields
    ------
    tuple of (str, list of Rejection)
        The reason without what is particular to one quote, and the refusals. [text]
    """
    groups: dict[str, list[Rejection]] = defaultdict(list)
    for item in rejected:
        groups[_common(item.reason)].append(item)
    yield from groups.items()


def _common(reason: str) -> str:
    return reason.split(":")[0] if re.search(r"\d", reason) else reason


def grid(*columns: str, left: int) -> Table:
    """Begin a table.

    Parameters
    ----------
    *columns : str
        Heads.
    left : int
        So many columns are flush left, the others flush right. [count]

    Returns
    -------
    Table
        Without rows. [text]
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i < left else "right", no_wrap=True)
    return table


def left_out(title: str, rejected: Sequence[Rejection], notes: Sequence[str]) -> list[RenderableType]:
    """Group what was refused by reason; long groups are cut, the whole list is in the JSON and on the page.

    Parameters
    ----------
    title : str
        Heading of the part.
    rejected : sequence of Rejection
        Refusals, in order.
    notes : sequence of str
        Sentences that follow them.

    Returns
    -------
    list of rich renderables
        Empty if there is nothing to say. [text]
    """
    if not (rejected or notes):
        return []
    lines: list[RenderableType] = [Text(f"\n{title}\n", style="bold")]
    for reason, items in grouped(rejected):
        names = ", ".join(_named(item, reason) for item in items[:_NAMED])
        more = f" and {len(items) - _NAMED:,} more, all in --json" if len(items) > _NAMED else ""
        lines.append(line(f"{reason} ({len(items):,}): {names}{more}"))
    return [*lines, *(line(note) for note in notes)]


def _named(item: Rejection, reason: str) -> str:
    detail = item.reason.removeprefix(reason).removeprefix(":").strip()
    return f"{item.name} ({detail})" if detail else item.name
