"""A surface report as text, drawn with rich."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.pricing.surface import ImpliedForward
from hedgerow.report.surface import FamilyFigures, SurfaceReport
from hedgerow.report.text import decimals, grid, left_out, line, printable, share


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
        line("a quote is inside if its bid and ask hold the surface's price between them; all two-sided quotes count"),
        line(
            "min g: least of Durrleman's g, no density is negative if it is not; min dw/dT: least growth of total "
            "variance a year at fixed ln(strike/forward)"
        ),
        *left_out("3  Refused, and notes", report.rejected, report.notes),
    )


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


def _heading(report: SurfaceReport) -> Text:
    quotes = report.svi.quotes
    text = Text()
    text.append(f"IMPLIED VOL SURFACE  {printable(report.source)}", style="bold")
    text.append(f"\nas of {to_iso(report.as_of_ns)}   {report.base} index {report.index_price:,.2f} USD   ")
    text.append(f"{quotes.two_sided:,} options quoted on both sides, {quotes.used:,} used\n")
    return text


def _expiries(report: SurfaceReport) -> Table:
    table = grid(
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
    table = grid("slices", "arbitrage free", "min g", "min dw/dT", "inside", "share", "rmse pts", left=1)
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
