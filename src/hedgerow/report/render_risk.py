"""A risk report as text, drawn with rich."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import to_iso
from hedgerow.report.risk import RiskReport
from hedgerow.report.text import decimals, grid, line, printable

_LEVEL = 0.99
_VERBS = {"the book": "NOT IN THE BOOK", "interpolated": "INTERPOLATED", "anything": "not used"}


def risk_view(report: RiskReport) -> RenderableType:
    """Compose a risk report.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    rich renderable
        Heading and exposure, the grid, its worst cell, named moves, simulated moves, what was left out. [numeraire]
    """
    unit = report.numeraire
    parts: list[RenderableType] = [_heading(report)]
    for k, when in enumerate(whens(report)):
        title = f"{k + 1}  P&L in {unit} {when}: each row moves the spot, each column the 30-day vol\n"
        parts += [Text(title, style="bold"), _grid(report, k), Text("")]
    return Group(
        *parts,
        line(worst_line(report)),
        line(f"of which {', '.join(worst_parts(report))}"),
        Text(f"\n3  Named moves, at once: P&L in {unit}\n", style="bold"),
        _stresses(report),
        Text(f"\n4  Simulated moves over {report.horizon_hours:g} h: P&L in {unit}\n", style="bold"),
        _simulated(report),
        Text("\n5  Left out, and notes\n", style="bold"),
        *(line(f"{verb}: {name}: {reason}") for verb, name, reason in refused(report)),
        *(line(note) for note in report.notes),
    )


def amount(value: float) -> str:
    """Write an amount with a sensible number of digits.

    Parameters
    ----------
    value : float
        The amount. [any]

    Returns
    -------
    str
        With thousands separators. [text]
    """
    return decimals(value, 0 if abs(value) >= 10_000.0 else 2)


def whens(report: RiskReport) -> tuple[str, ...]:
    """Say when the parts of the grid hold.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    tuple of str
        One for each time of the grid. [text]
    """
    return tuple(_when(hours) for hours in report.grid.hours)


def percent(spot: float) -> str:
    """Write a move of the spot.

    Parameters
    ----------
    spot : float
        Spot after over spot now. [pure]

    Returns
    -------
    str
        In percent. [text]
    """
    move = 100.0 * (spot - 1.0)
    return "0 %" if abs(move) < 5e-5 else f"{move:+.4g} %"


def points(vol: float) -> str:
    """Write a move of a vol.

    Parameters
    ----------
    vol : float
        The move. [vol per square root of a year]

    Returns
    -------
    str
        In points of 0.01. [text]
    """
    move = 100.0 * vol
    return "0 pts" if abs(move) < 5e-5 else f"{move:+.4g} pts"


def worst_line(report: RiskReport) -> str:
    """Say where the grid is worst.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    str
        Moves and P&L. [text]
    """
    worst = report.worst
    moves = f"spot {percent(worst.spot)}, 30-day vol {points(worst.vol)}, {_when(worst.hours)}"
    return f"worst cell: {moves}: {amount(worst.pnl)} {report.numeraire}"


def worst_parts(report: RiskReport) -> list[str]:
    """Say what makes the P&L of the worst cell.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    list of str
        Kind, expiry and P&L of each part that moves, the largest loss first. [text]
    """
    ordered = sorted((part for part in report.worst.buckets if part[2]), key=lambda part: part[2])
    return [f"{kind}{'' if at is None else ' ' + to_iso(at)[:10]} {amount(pnl)}" for kind, at, pnl in ordered]


def greek_cells(report: RiskReport) -> Iterator[tuple[str, str]]:
    """Write value and Greeks of the whole book.

    Parameters
    ----------
    report : RiskReport
        The report.

    Yields
    ------
    tuple of (str, str)
        Name with unit, and number. [text]
    """
    unit, base = report.numeraire, report.base
    names = (f"value {unit}", f"delta {base}", f"gamma {base}/1 %", f"vega {unit}/pt", f"theta {unit}/day")
    yield from ((name, amount(number)) for name, number in zip(names, report.greeks().values(), strict=True))


def stress_cells(report: RiskReport) -> list[tuple[str, ...]]:
    """Write the named moves.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    list of tuple of str
        Day, window, spot, vol, where the vol is from, P&L. [text]
    """
    return [
        (
            one.name,
            f"{one.start[5:16].replace('T', ' ')} to {one.end[5:16].replace('T', ' ')}",
            percent(one.spot),
            points(one.vol),
            one.vol_source,
            amount(pnl),
        )
        for one, pnl in zip(report.stresses, report.stress_pnl, strict=True)
    ]


def simulated_cells(report: RiskReport) -> list[tuple[str, str]]:
    """Write what the simulated moves come to.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    list of tuple of (str, str)
        What, and how much. [text]
    """
    drawn = report.simulated
    return [
        ("std, full revaluation", amount(float(drawn.pnl.std()))),
        ("std, second order in spot, first in vol", amount(drawn.model_deviation)),
        ("mean", amount(float(drawn.pnl.mean()))),
        (f"value at risk {_LEVEL:.0%}", amount(drawn.value_at_risk(_LEVEL))),
        (f"expected shortfall {_LEVEL:.0%}", amount(drawn.expected_shortfall(_LEVEL))),
        (f"worst of {drawn.pnl.size:,}", amount(float(drawn.pnl.min()))),
    ]


def refused(report: RiskReport) -> list[tuple[str, str, str]]:
    """Return what concerns the book; what only cannot be traded does not matter here, and the JSON holds it all.

    Parameters
    ----------
    report : RiskReport
        The report.

    Returns
    -------
    list of tuple of str
        What became of it, name, and reason. [text]
    """
    mine = [item for item in report.rejected if item.kind == "position" or item.use == "anything"]
    return [(_VERBS.get(item.use, item.use), item.name, item.reason) for item in mine]


def _when(hours: float) -> str:
    return f"after {hours:g} h" if hours else "at once"


def _heading(report: RiskReport) -> Text:
    text = Text()
    text.append(f"RISK  {printable(report.desk)}", style="bold")
    text.append(f"\nas of {to_iso(report.as_of_ns)}   {report.base} index {report.exposure.spot:,.2f} USD")
    text.append(f"   numeraire {report.numeraire}\n")
    text.append("   ".join(f"{name} {number}" for name, number in greek_cells(report)) + "\n")
    return text


def _grid(report: RiskReport, k: int) -> Table:
    found = report.grid
    table = grid("spot", *(points(vol) for vol in found.vols), left=0)
    for i, spot in enumerate(found.spots):
        table.add_row(percent(spot), *(amount(float(cell)) for cell in found.pnl[i, :, k]))
    return table


def _stresses(report: RiskReport) -> Table:
    table = grid("day", "window UTC", "spot", "30-day vol", "vol is", "P&L", left=2)
    for cells in stress_cells(report):
        table.add_row(*cells)
    if not report.stresses:
        table.add_row("none", *[""] * 5)
    return table


def _simulated(report: RiskReport) -> Table:
    table = grid("", report.numeraire, left=1)
    for what, number in simulated_cells(report):
        table.add_row(what, number)
    return table
