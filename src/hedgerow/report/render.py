"""The ticket as text and as HTML, drawn with rich."""

from collections import defaultdict
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.core.instants import describe_age, to_iso
from hedgerow.market import Rejection
from hedgerow.pricing import DeltaConvention
from hedgerow.report.layout import line, number, printable, table
from hedgerow.report.render_answers import answers, proof_words
from hedgerow.report.render_ticket_accounts import ticket_accounts_view
from hedgerow.report.text import notebook_html, plain_text
from hedgerow.report.ticket import Ticket
from hedgerow.report.ticket_parts import TargetResult, Trade

_NAMED = 6
"""So many names are listed per reason; the rest is in ``--json``."""


def ticket_text(ticket: Ticket) -> str:
    """Draw a ticket as plain text.

    Parameters
    ----------
    ticket : Ticket
        The ticket.

    Returns
    -------
    str
        Tables as wide as their numbers need, text of 108 columns. [text]
    """
    return plain_text(ticket_view(ticket))


def ticket_html(ticket: Ticket) -> str:
    """Draw a ticket for a notebook.

    Parameters
    ----------
    ticket : Ticket
        The ticket.

    Returns
    -------
    str
        A ``<pre>`` block without scripts or links. [HTML]
    """
    return notebook_html(ticket_view(ticket))


def ticket_view(ticket: Ticket) -> RenderableType:
    """Compose the ticket.

    Parameters
    ----------
    ticket : Ticket
        The ticket.

    Returns
    -------
    rich renderable
        Heading, exposure, trades, before and after, and what was left out. [desk units]
    """
    return Group(
        _heading(ticket),
        _exposure(ticket),
        _trades(ticket),
        _before_after(ticket),
        _conventions(ticket),
        *ticket_accounts_view(ticket.accounts, ticket.numeraire, ticket.exposure.spot),
        _proof(ticket),
        *_left_out(ticket),
        *_frontier(ticket),
    )


def _heading(ticket: Ticket) -> Text:
    base = ticket.exposure.base
    ages = ", ".join(f"{printable(name)} {describe_age(age)}" for name, age in ticket.ages_ns.items())
    text = Text()
    text.append(f"HEDGE TICKET  {printable(ticket.desk)}", style="bold")
    text.append(f"\nas of {to_iso(ticket.as_of_ns)}   {base} index {ticket.exposure.spot:,.2f} USD")
    text.append(f"   numeraire {ticket.numeraire}\ndata age: {ages}\n")
    return text


def _exposure(ticket: Ticket) -> Table:
    unit, base = ticket.numeraire, ticket.exposure.base
    shown = table(
        "1  Exposure of the book",
        "kind",
        "expiry",
        f"value {unit}",
        f"delta {base}",
        f"gamma {base}/1 %",
        f"vega {unit}/pt",
        f"theta {unit}/day",
    )
    rows = [(bucket.kind, bucket.expiry_ns, bucket.sensitivities) for bucket in ticket.exposure.buckets]
    for kind, expiry, raw in [*rows, ("whole book", None, ticket.exposure.total)]:
        numbers = ticket.desk_numbers(raw)
        cells = [numbers[key] for key in _COLUMNS]
        day = to_iso(expiry)[:10] if expiry is not None else ""
        if kind == "whole book":
            shown.add_section()
        shown.add_row(kind, day, *(number(cell) for cell in cells))
    return shown


_COLUMNS = ("value", "delta", "gamma_per_1pct", "vega_per_volpoint", "theta_per_day")


def _trades(ticket: Ticket) -> RenderableType:
    unit, base = ticket.numeraire, ticket.exposure.base
    shown = table(
        "2  Hedge: trades in whole lots",
        "instrument",
        "lots",
        "of",
        f"delta {base}",
        "hedge ratio",
        f"fee {unit}",
        f"half-spread {unit}",
        f"impact {unit}",
        "quote",
    )
    for trade in ticket.trades:
        ratio = "n/a" if trade.hedge_ratio is None else f"{trade.hedge_ratio:.4f}"
        shown.add_row(
            trade.instrument,
            f"{trade.lots:+,d}",
            trade.contract_unit if trade.lot_size == 1.0 else f"{trade.lot_size:g} x {trade.contract_unit}",
            f"{trade.change.delta:+,.2f}",
            ratio,
            number(trade.fee),
            number(trade.half_spread),
            number(trade.impact + trade.fixed),
            "ASSUMED" if "quote" in trade.assumed else "recorded",
        )
    if not ticket.trades:
        shown.add_row("nothing to trade", *[""] * 8)
    return Group(shown, *map(_reason_line, ticket.trades), *_untraded_lines(ticket), Text(""))


def _reason_line(trade: Trade) -> RenderableType:
    why = f"; hedge ratio n/a: {trade.hedge_ratio_reason}" if trade.hedge_ratio is None else ""
    split = ", ".join(f"{number(part)} at {name}" for name, part in trade.venues)
    return line(f"{trade.instrument}: {trade.reason}{why}{f'; {split}' if split else ''}")


def _untraded_lines(ticket: Ticket) -> list[RenderableType]:
    return [line(f"{name}: not traded: {reason}") for name, reason in ticket.untraded]


def _before_after(ticket: Ticket) -> RenderableType:
    unit, base = ticket.numeraire, ticket.exposure.base
    before, after = ticket.desk_numbers(ticket.exposure.total), ticket.desk_numbers(ticket.residual)
    shown = table("3  Before and after, costs paid", "", "before", "after", "asked for", "met")
    asked = {target.name: target for target in ticket.targets}
    labels = {
        "value": f"value {unit}",
        "delta": f"delta {base}",
        "gamma": f"gamma {unit}/USD²",
        "gamma_per_1pct": f"gamma {base} per 1 % move",
        "vega_per_volpoint": f"vega {unit} per vol point",
        "theta_per_day": f"theta {unit} per day",
    }
    other = None if ticket.delta_convention is DeltaConvention.STICKY_STRIKE else asked.pop("delta", None)
    for key, label in labels.items():
        wish, met = _asked_for(asked.pop(key, None))
        shown.add_row(label, number(before[key]), number(after[key]), wish, met)
    if other is not None:
        label = f"delta {base}, {ticket.delta_convention.replace('_', ' ')}"
        shown.add_row(label, number(other.before), number(other.after), *_asked_for(other))
    for target in asked.values():
        label = target.name.replace("_per_volpoint", " per vol point").replace("_", " ").replace("@", " of ")
        shown.add_row(label, number(target.before), number(target.after), *_asked_for(target))
    risk = f"std of P&L over {ticket.horizon_hours:g} h, {unit}"
    shown.add_row(risk, number(ticket.risk_before), number(ticket.risk_after), "", "")
    shown.add_row(f"cost {unit}", "", number(ticket.cost), "", "")
    if ticket.holding_cost:
        shown.add_row(f"cost of holding it {unit}", "", number(ticket.holding_cost), "", "")
    if ticket.cost_delta:
        shown.add_row(f"delta of paying it {base}", "", number(ticket.cost_delta), "", "")
    notes = [line(f"{target.name}: {target.note}") for target in ticket.targets if target.note]
    return Group(shown, *notes)


def _conventions(ticket: Ticket) -> RenderableType:
    """Show how much the delta depends on what vols do when the forward moves."""
    base = ticket.exposure.base
    title = "   Delta by convention: its range is model risk"
    shown = table(title, "vols when the forward moves", "before", "after", "")
    for one in ticket.delta_by_convention:
        held = "held" if one.convention is ticket.delta_convention else ""
        shown.add_row(_CONVENTIONS[one.convention], number(one.before), number(one.after), held)
    numbers = [(one.before, one.after) for one in ticket.delta_by_convention]
    widths = [max(column) - min(column) for column in zip(*numbers, strict=True)]
    shown.add_section()
    shown.add_row(f"range {base}", *(number(width) for width in widths), "")
    return shown


_CONVENTIONS = {
    DeltaConvention.STICKY_STRIKE: "sticky strike: they stay",
    DeltaConvention.STICKY_MONEYNESS: "sticky moneyness: the smile moves along",
    DeltaConvention.MINIMUM_VARIANCE_SURFACE: "minimum variance: as the surface's term of skew implies",
    DeltaConvention.MINIMUM_VARIANCE_FITTED: "minimum variance: as fitted to the past",
    DeltaConvention.MODEL: "model: its state of vol stays",
    DeltaConvention.MINIMUM_VARIANCE_MODEL: "minimum variance: as the model has it",
    DeltaConvention.BARTLETT: "Bartlett: as SABR has it, by expiry",
}


def _asked_for(target: TargetResult | None) -> tuple[str, str]:
    if target is None:
        return "", ""
    exact = target.lower == target.upper
    wish = f"{target.lower:g}" if exact else f"{target.lower:g} to {target.upper:g}"
    return wish, "yes" if target.met else "NO"


def _proof(ticket: Ticket) -> RenderableType:
    proof = ticket.certificate
    return Group(
        line(f"risk model: {ticket.risk_model}"),
        line(
            f"proof: {proof_words(proof)}, for the continuous plan (relative, in original units; {ticket.chain[-1]}); "
            f"whole lots change its objective by {number(ticket.rounding_loss)} {ticket.numeraire}"
        ),
        *answers(ticket),
        Text(""),
    )


_VERBS = {
    "valuation": "cannot be valued",
    "trading": "cannot be traded",
    "anything": "not used",
    "the book": "NOT IN THE BOOK",
    "interpolated": "INTERPOLATED",
}


def _left_out(ticket: Ticket) -> Sequence[RenderableType]:
    """Group what was left out by reason; long groups are cut, and the whole list is in the JSON."""
    lines: list[RenderableType] = [Text("4  Left out, and what the data do not hold", style="bold")]
    groups: dict[tuple[str, str], list[Rejection]] = defaultdict(list)
    for item in ticket.rejected:
        groups[(item.reason, item.use)].append(item)
    for (reason, use), items in groups.items():
        names = ", ".join(item.name for item in items[:_NAMED])
        more = f" and {len(items) - _NAMED} more, all in --json" if len(items) > _NAMED else ""
        lines.append(line(f"{_VERBS.get(use, use)}: {names}{more}: {reason}"))
    return [*lines, *(line(note) for note in ticket.notes)]


def _frontier(ticket: Ticket) -> Sequence[RenderableType]:
    if ticket.frontier is None:
        return []
    from hedgerow.report.render_frontier import frontier_view  # late: it is written with what stands here

    return [frontier_view(ticket, ticket.frontier)]
