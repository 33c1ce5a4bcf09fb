"""A surface report as text, drawn with rich."""

import io
import math
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.market import Rejection
from hedgerow.pricing.surface import ImpliedForward
from hedgerow.report.render import CANVAS, WIDTH
from hedgerow.report.surface import FamilyFigures, QuoteFigures, SurfaceReport

_NAMED = 6
"""So many names are listed per reason; the rest is in ``--json`` and on the page."""


def surface_text(report: SurfaceReport) -> str:
    """Draw a surface report as plain text.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    str
        Tables as wide as their numbers need, text of 108 columns. [text]
    """
    console = Console(file=io.StringIO(), width=CANVAS, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(surface_view(report))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def surface_html(report: SurfaceReport) -> str:
    """Draw a surface report for a notebook.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    str
        A ``<pre>`` block without scripts or links. [HTML]
    """
    console = Console(file=io.StringIO(), width=CANVAS, record=True, force_terminal=True, color_system="truecolor")
    console.print(surface_view(report))
    return console.export_html(inline_styles=True, code_format="<pre style='line-height:1.2'>{code}</pre>")


def surface_view(report: SurfaceReport) -> RenderableType:
    """Compose a surface report.

    Parameters
    ----------
    report : SurfaceReport
        The report.

    Returns
    -------
    rich renderable
        Heading, expiries, both families and their checks, and what was refused. [vol in %]
    """
    return Group(
        _heading(report),
        Text("1  Expiries, as SVI slices; vols at the forward\n", style="bold"),
        _expiries(report),
        Text("\n2  Arbitrage, and how the surfaces meet the quotes\n", style="bold"),
        _families(report),
        Text(""),
        _line("a quote is inside if its bid and ask hold the surface's price between them; all two-sided quotes count"),
        _line(
            "min g: least of Durrleman's g, no density is negative if it is not; min dw/dT: least growth of total "
            "variance a year at fixed ln(strike/forward)"
        ),
        *_left_out(report),
    )


def printable(text: str) -> str:
    """Make a name from a file safe to show: what is no printable character becomes a question mark.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Of the same length. [text]
    """
    return "".join(char if char.isprintable() else "?" for char in text)


def parity_range(forward: ImpliedForward) -> str:
    """Write in which interval put-call parity holds the forward.

    Parameters
    ----------
    forward : ImpliedForward
        The forward of one expiry and settlement.

    Returns
    -------
    str
        Both ends, or why there are none. [text]
    """
    if not forward.pairs:
        return "no pairs"
    text = f"{forward.low:,.2f} to {forward.high:,.2f}"
    return text if forward.low <= forward.high else f"{text}, violated"


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


def _heading(report: SurfaceReport) -> Text:
    quotes = report.svi.quotes
    text = Text()
    text.append(f"IMPLIED VOL SURFACE  {printable(report.source)}", style="bold")
    text.append(f"\nas of {to_iso(report.as_of_ns)}   {report.base} index {report.index_price:,.2f} USD   ")
    text.append(f"{quotes.two_sided:,} options quoted on both sides, {quotes.used:,} used\n")
    return text


def _table(*columns: str, left: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i < left else "right", no_wrap=True)
    return table


def _expiries(report: SurfaceReport) -> Table:
    table = _table(
        "expiry",
        "days",
        "forward",
        "parity holds it in",
        "used",
        "inside",
        "rmse pts",
        "vol",
        "skew",
        "eSSVI inside",
        left=1,
    )
    beside = {one.expiry_ns: one for one in report.essvi.slices}
    for one in report.svi.slices:
        for i, forward in enumerate(report.forwards(one.expiry_ns)):
            place = (decimals(forward.forward, 2), parity_range(forward))
            if i:
                table.add_row("", "", *place, "", "", "", "", "", "")
                continue
            table.add_row(
                to_iso(one.expiry_ns)[:10],
                decimals(one.days, 2),
                *place,
                f"{one.quotes.used:,} of {one.quotes.two_sided:,}",
                share(one.quotes),
                decimals(one.quotes.rmse_vol_points, 2),
                f"{one.atm_vol:.2%}",
                f"{one.skew:+.3f}",
                share(beside[one.expiry_ns].quotes),
            )
    return table


def _families(report: SurfaceReport) -> Table:
    table = _table("slices", "arbitrage free", "min g", "min dw/dT", "inside", "share", "rmse pts", left=1)
    for name, family in (("SVI", report.svi), ("eSSVI", report.essvi)):
        table.add_row(name, *family_cells(family))
    return table


def family_cells(family: FamilyFigures) -> tuple[str, ...]:
    """Write what is to be said of one family.

    Parameters
    ----------
    family : FamilyFigures
        A fitted surface.

    Returns
    -------
    tuple of str
        Free of arbitrage, least g, least dw/dT, quotes inside, their share, root mean square miss. [text]
    """
    check, quotes = family.check, family.quotes
    return (
        "yes" if check.arbitrage_free else "NO",
        f"{check.min_butterfly:.2g}",
        f"{check.min_calendar:.2g}",
        share(quotes),
        f"{quotes.inside_fraction:.1%}",
        decimals(quotes.rmse_vol_points, 2),
    )


def _left_out(report: SurfaceReport) -> list[RenderableType]:
    """Group what was refused by reason; long groups are cut, the whole list is in the JSON and on the page."""
    if not (report.rejected or report.notes):
        return []
    lines: list[RenderableType] = [Text("\n3  Refused, and notes\n", style="bold")]
    for reason, items in grouped(report.rejected):
        names = ", ".join(_named(item, reason) for item in items[:_NAMED])
        more = f" and {len(items) - _NAMED:,} more, all in --json" if len(items) > _NAMED else ""
        lines.append(_line(f"{reason} ({len(items):,}): {names}{more}"))
    return [*lines, *(_line(note) for note in report.notes)]


def _named(item: Rejection, reason: str) -> str:
    detail = item.reason.removeprefix(reason).removeprefix(":").strip()
    return f"{item.name} ({detail})" if detail else item.name


def _line(text: str) -> RenderableType:
    """Indent a line, and what wraps of it a little more."""
    first, *rest = textwrap.wrap(printable(text), WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return Text("\n".join([f"  {first}", *(f"    {more}" for more in rest)]))
