"""What the optimum says beyond its trades: its proof, what constraints cost, what else would save."""

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType

from hedgerow.hedging import Certificate
from hedgerow.report.layout import line, number, printable, table
from hedgerow.report.ticket import Ticket
from hedgerow.report.ticket_parts import ConstraintPrice


def proof_words(proof: Certificate) -> str:
    """Say what is proven.

    Parameters
    ----------
    proof : Certificate
        Residuals or a bound.

    Returns
    -------
    str
        In a line. [text]
    """
    words = []
    if proof.kkt_residual is not None and proof.loss is not None:
        words.append(f"KKT residual {proof.kkt_residual:.1e}, loss at most {proof.loss:.1e} of the objective")
    if proof.gap is not None and proof.lower_bound is not None:
        words.append(f"within {proof.gap:.1e} of a lower bound of {number(proof.lower_bound)}")
    return ", ".join(words)


def answers(ticket: Ticket) -> Sequence[RenderableType]:
    """Show what constraints cost, what the plan answers to risk aversion, and what else would save.

    Parameters
    ----------
    ticket : Ticket
        The ticket.

    Returns
    -------
    sequence of rich renderables
        A table and lines; as much as there is to say. [desk units]
    """
    found: list[RenderableType] = []
    binding = [one for one in ticket.constraints if one.price]
    if binding:
        found.append(_prices(ticket, binding))
    # All rows of an account are one margin: where one binds, the others say nothing.
    priced = {_whose(one.name) for one in binding}
    free = _names([one.name for one in ticket.constraints if not one.price and _whose(one.name) not in priced])
    if free:
        found.append(line(f"does not bind, costs nothing: {free}"))
    if ticket.tail is not None:
        level = "" if ticket.tail.level is None else f" at {ticket.tail.level:g}"
        found.append(
            line(
                f"{ticket.tail.measure}{level} of the losses in {ticket.tail.scenarios:,} scenarios: "
                f"{number(ticket.tail.before)} before, {number(ticket.tail.after)} {ticket.numeraire} after"
            )
        )
    answer = ticket.per_aversion
    moves = [(name, change) for name, change in answer.trades if change] if answer is not None else []
    if answer is not None and moves:
        most = ", ".join(f"{name} {change:+,.4g}" for name, change in moves)
        found.append(
            line(
                f"1 % more risk aversion: {most} contracts; std {answer.risk:+,.3g}, cost "
                f"{answer.cost:+,.3g} {ticket.numeraire}"
            )
        )
    found += [
        line(
            f"{one.instrument} in the list would save {number(one.saves)} {ticket.numeraire} of risk and cost "
            f"({one.quantity:+,.6g} contracts)"
        )
        for one in ticket.next_best
    ]
    return found


def _whose(name: str) -> str:
    """Return what a constraint belongs to: rows of one margin differ behind a colon."""
    return name.partition(": ")[0]


def _names(names: Sequence[str]) -> str:
    """List names; rows of one margin, which differ behind a colon, are counted."""
    counts = Counter(_whose(name) for name in names)
    return ", ".join(name if count == 1 else f"{name} ({count} rows)" for name, count in counts.items())


def _prices(ticket: Ticket, binding: Sequence[ConstraintPrice]) -> RenderableType:
    """Draw what each binding constraint costs."""
    shown = table(
        "\n   What constraints cost", "constraint", "after", "end", f"a unit more would save {ticket.numeraire}"
    )
    for one in binding:
        end = one.upper if one.price > 0.0 else one.lower
        shown.add_row(printable(one.name), number(one.value), number(end), number(abs(one.price)))
    return shown
