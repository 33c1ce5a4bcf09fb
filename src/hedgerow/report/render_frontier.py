"""The cost-risk frontier as text, drawn with rich."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.hedging.frontier import Frontier, FrontierPoint
from hedgerow.report.frontier import missing_notes
from hedgerow.report.layout import number
from hedgerow.report.text import grid, line
from hedgerow.report.ticket import Ticket

_SHOWN = 6
"""So many instruments get a column of their own; of more, only their number is shown."""
_OWN = "<- your plan"


def frontier_view(ticket: Ticket, frontier: Frontier) -> RenderableType:
    """Compose the frontier of a ticket.

    Parameters
    ----------
    ticket : Ticket
        Whose plan is one of its points.
    frontier : Frontier
        The frontier.

    Returns
    -------
    rich renderable
        One row for each plan, and how to read it. [numeraire]
    """
    unit = ticket.numeraire
    worst = max(point.certificate.kkt_residual or 0.0 for point in frontier.points)
    told = [
        f"no trade at all: std {number(frontier.unhedged)} {unit} over {ticket.horizon_hours:g} h",
        f"std and cost are those of the continuous plans, which the proofs are of; next {unit}: what taking away one "
        "more of the std would cost there; lots and their std and cost are rounded",
        f"proof: KKT residual {worst:.1e} at most, over all plans",
        *missing_notes(frontier),
    ]
    title = Text("\n5  Cost-risk frontier: what less risk costs\n", style="bold")
    return Group(title, _table(frontier, unit), Text(""), *map(line, told))


def used_anywhere(frontier: Frontier) -> list[int]:
    """Find the instruments that any plan trades in whole lots.

    Parameters
    ----------
    frontier : Frontier
        The frontier.

    Returns
    -------
    list of int
        Their places among its names. [index]
    """
    return [i for i in range(len(frontier.names)) if any(point.lots[i] for point in frontier.points)]


def _table(frontier: Frontier, unit: str) -> Table:
    used = used_anywhere(frontier)
    shown = used if len(used) <= _SHOWN else []
    names = [frontier.names[i] for i in shown] if shown or not used else ["instruments"]
    heads = (f"std {unit}", f"cost {unit}", f"next {unit}", "std in lots", "cost in lots")
    table = grid(f"risk aversion per {unit}", *heads, *names, "", left=0)
    for point in frontier.points:
        lots = [f"{point.lots[i]:+,d}" if point.lots[i] else "" for i in shown]
        cells = lots if shown or not used else [f"{len(point.used)}"]
        table.add_row(*_figures(point), *cells, _OWN if point.own else "", style="bold" if point.own else "")
    return table


def _figures(point: FrontierPoint) -> list[str]:
    money = (point.risk, point.cost, point.marginal_cost, point.risk_lots, point.cost_lots)
    return [f"{point.risk_aversion:.2e}", *map(number, money)]
