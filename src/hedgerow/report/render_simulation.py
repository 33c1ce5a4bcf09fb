"""A study on simulated paths as text, drawn with rich."""

import math
from collections.abc import Callable
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.report.layout import number
from hedgerow.report.render_policy_frontier import policy_frontier_view
from hedgerow.report.simulation import PolicyFigures, SimulationReport
from hedgerow.report.text import grid, line, plain_text, printable

_OBJECTIVES = {"mean_std": "mean + weight·std", "entropic": "certainty equivalent", "cvar": "CVaR"}


def simulation_text(report: SimulationReport) -> str:
    """Draw a study as plain text.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    str
        Tables as wide as their numbers need. [text]
    """
    return plain_text(simulation_view(report))


def simulation_view(report: SimulationReport) -> RenderableType:
    """Compose a study.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    RenderableType
        For a rich console. [text]
    """
    unit = report.unit_name
    head = Text(f"SIMULATION  {printable(report.name)}\n", style="bold")
    head.append("".join(f"{told}\n" for told in setting_lines(report)), style="")
    notes = [line(note) for note in notes_of(report)]
    return Group(
        head,
        Text(f"1  Losses above the model price, in {unit}; what is lost is positive\n", style="bold"),
        _table(result_cells(report)),
        Text(f"\n2  What trading costs, in {unit}\n", style="bold"),
        _table(cost_cells(report)),
        *_beside_published(report),
        *([policy_frontier_view(report.frontier)] if report.frontier is not None else []),
        *([Text("\nNotes\n", style="bold"), *notes] if notes else []),
    )


def _model(report: SimulationReport) -> str:
    given = ", ".join(f"{name} {value}" for name, value in report.model.items() if name != "kind")
    return printable(f"{report.model['kind']}: {given}; spot {report.spot:g}")


def _resampled(report: SimulationReport, returns: dict[str, Any]) -> list[str]:
    """Say what real returns are drawn: file, rows, span, holes, and what becomes of their drift."""
    line = report.model
    where = ", ".join(f"{name} = {value}" for name, value in line["where"].items())
    drift = "their mean is taken out" if line["drift"] == "demeaned" else "their mean is left in"
    return [
        printable(
            f"real returns of {line['file']}, {line['column']}{f', where {where}' if where else ''}; "
            f"spot {report.spot:g}"
        ),
        f"{returns['count']:,} returns of {line['bar_hours']:g} hours from {returns['first']} to {returns['last']}, "
        f"{returns['holes']:,} hole{'s' if returns['holes'] != 1 else ''}; vol {returns['vol']:.2%}, {drift}",
        f"drawn in blocks of {line['block_bars']:,}",
    ]


def result_cells(report: SimulationReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write the losses of all policies.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    tuple of (tuple of str, list of tuple of str)
        Heads, and one row for each policy. [report unit]
    """
    said, write = _OBJECTIVES[str(report.objective["kind"])], _writer(report)
    tail = f"CVaR {100.0 * report.objective['level']:.4g} %"
    has_gap = any(math.isfinite(policy.gap) for policy in report.policies)
    is_tail = report.objective["kind"] == "cvar"  # the objective's own column has it, then
    rows: list[tuple[str, ...]] = [
        (
            printable(policy.name),
            write(policy.mean),
            write(policy.std),
            *(() if is_tail else (write(policy.cvar),)),
            write(policy.objective),
            _error(write, policy.standard_error),
            *_against(write, policy.difference, policy.difference_error),
            *(_against(write, policy.gap, policy.gap_error) if has_gap else ()),
        )
        for policy in report.policies
    ]
    heads = ("policy", "mean", "std", *((tail,) if is_tail else (tail, said)), "", "to the first", "")
    return (*heads, "to the optimum", "") if has_gap else heads, rows


def cost_cells(report: SimulationReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write what trading costs all policies.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    tuple of (tuple of str, list of tuple of str)
        Heads, and one row for each policy. [report unit, count, money]
    """
    rows, write = [], _writer(report)
    for policy in report.policies:
        costs = policy.costs
        split = (costs.proportional, costs.fixed, costs.impact, costs.total)
        rows.append((printable(policy.name), *map(write, split), f"{policy.trades:,.2f}", number(policy.turnover)))
    return ("policy", "proportional", "fixed", "impact", "all", "trades", "turnover"), rows


def published_cells(report: SimulationReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write figures beside those that were published.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    tuple of (tuple of str, list of tuple of str)
        Heads, and one row for each figure. [report unit]
    """
    write = _writer(report)
    rows: list[tuple[str, ...]] = []
    for row in report.published:
        allowed = f"at most {write(row.at_most)}" if row.at_most is not None else f"within {write(row.within or 0.0)}"
        seen = (write(row.value), allowed, write(row.seen), _error(write, row.standard_error))
        rows.append((f"{printable(row.policy)}: {row.figure}", *seen, "holds" if row.holds else "FAILS"))
    return ("figure", "published", "", "seen", "", ""), rows


def _beside_published(report: SimulationReport) -> list[RenderableType]:
    if not report.published:
        return []
    return [Text("\n3  Beside what was published\n", style="bold"), _table(published_cells(report))]


def notes_of(report: SimulationReport) -> list[str]:
    """Return what a reader must know.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    list of str
        Of the study, then of its policies. [text]
    """
    return [*report.notes, *(f"{policy.name}: {note}" for policy in report.policies for note in policy.notes)]


def setting_lines(report: SimulationReport) -> list[str]:
    """Return what was simulated.

    Parameters
    ----------
    report : SimulationReport
        The report.

    Returns
    -------
    list of str
        Model, dates, paths. [text]
    """
    premium = f", premium {number(report.premium)}" if report.premium else ""
    return [
        *([_model(report)] if report.returns is None else _resampled(report, report.returns)),
        f"{report.settlement}, {report.steps:,} dates in {report.horizon_days:g} days of {report.days_per_year:g} a "
        f"year, hedged at a vol of {report.hedge_vol:.2%}{premium}",
        f"{report.paths:,} paths, seed {report.seed}; all policies see the same paths",
    ]


def _table(cells: tuple[tuple[str, ...], list[tuple[str, ...]]]) -> Table:
    heads, rows = cells
    table = grid(*heads, left=1)
    for row in rows:
        table.add_row(*row)
    return table


def _against(write: Callable[[float], str], value: float, error: float) -> tuple[str, str]:
    if not math.isfinite(value):
        return "", ""
    return write(value), _error(write, error) if error > 0.0 else ""


def _error(write: Callable[[float], str], error: float) -> str:
    return f"±{write(error)}" if math.isfinite(error) else ""


def _writer(report: SimulationReport) -> Callable[[float], str]:
    """Return what writes amounts: with so many digits as the smallest standard error can bear."""
    errors = [_size(policy) for policy in report.policies]
    least = min((error for error in errors if error > 0.0), default=0.01)
    digits = min(max(1 - math.floor(math.log10(least)), 2), 12)

    def write(value: float) -> str:
        return f"{round(value, digits) + 0.0:,.{digits}f}" if math.isfinite(value) else "none"

    return write


def _size(policy: PolicyFigures) -> float:
    return policy.standard_error if math.isfinite(policy.standard_error) else 0.0
