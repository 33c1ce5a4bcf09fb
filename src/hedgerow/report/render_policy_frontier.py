"""Cost against risk of policies as text: a table of settings, and what each saves at the risk of a clock."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from hedgerow.report.layout import number
from hedgerow.report.policy_frontier import FrontierPolicy, PolicyFrontier, Saving
from hedgerow.report.text import grid, line, printable


def policy_frontier_view(frontier: PolicyFrontier) -> RenderableType:
    """Compose the frontier of a study.

    Parameters
    ----------
    frontier : PolicyFrontier
        The frontier.

    Returns
    -------
    rich renderable
        One row for each setting of each policy, and the answer in words. [report unit]
    """
    heads, rows = frontier_cells(frontier)
    table = grid(*heads, left=1)
    for row in rows:
        table.add_row(*row)
    title = Text(f"\n3  Cost against risk, setting by setting, on the same paths, in {frontier.unit}\n", style="bold")
    return Group(title, table, Text(""), *map(line, frontier_words(frontier)))


def frontier_cells(frontier: PolicyFrontier) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write all settings of all policies, and the clock.

    Parameters
    ----------
    frontier : PolicyFrontier
        The frontier.

    Returns
    -------
    tuple of (tuple of str, list of tuple of str)
        Heads, and one row for each setting. [report unit, count]
    """
    rows = []
    for curve in frontier.curves:
        for point in curve.points:
            if point.added:  # between two of the rows; JSON and pictures have them
                continue
            setting = "" if curve.parameter is None else f"{curve.parameter} {point.setting:.3g}"
            rows.append((printable(curve.name), setting, *_figures(point), "beaten" if point.beaten else ""))
    rows.append((f"every {frontier.every_hours:g} hours", "the clock", *_figures(frontier.clock), ""))
    return ("policy", "setting", "std", "±", "cost", "±", "trades", ""), rows


def frontier_words(frontier: PolicyFrontier) -> list[str]:
    """Answer in words: at the risk of the clock, how many fewer trades, and how much less cost.

    Parameters
    ----------
    frontier : PolicyFrontier
        The frontier.

    Returns
    -------
    list of str
        A sentence for the clock, one for each policy, then the notes. [report unit, %]
    """
    clock = frontier.clock
    head = (
        f"at the standard deviation of the loss that hedging every {frontier.every_hours:g} hours has (std "
        f"{number(clock.deviation)}, cost {number(clock.cost)} in {frontier.unit}, {clock.trades:,.1f} trades):"
    )
    shown = [point.beaten for curve in frontier.curves for point in curve.points if not point.added]
    marks = ["beaten: another setting of the same policy has less cost and less risk"] if any(shown) else []
    return [head, *_answers(frontier), *marks, *frontier.notes]


def _answers(frontier: PolicyFrontier) -> Iterator[str]:
    parameters = {curve.name: curve.parameter for curve in frontier.curves}
    for saving in frontier.savings:
        name = printable(saving.name)
        if saving.setting is None or saving.fewer_trades is None or saving.trades is None:
            reach = f"{number(saving.lowest)} to {number(saving.highest)}"
            yield f"{name}: does not get there, its settings have stds of {reach}"
            continue
        trades = _share(saving.fewer_trades, saving.fewer_trades_error, "fewer trades", "more trades")
        at = f"{parameters[saving.name]} {saving.setting:.3g}"
        yield f"{name}, {at}: {trades} ({saving.trades:,.1f}){_cost_words(saving)}"


def _cost_words(saving: Saving) -> str:
    """Write what is saved; without costs there is nothing to save."""
    if saving.less_cost is None or saving.cost is None:
        return ""
    return f", {_share(saving.less_cost, saving.less_cost_error, 'less cost', 'more cost')} ({number(saving.cost)})"


def _share(value: float, error: float | None, less: str, more: str) -> str:
    about = "" if error is None else f" ± {100.0 * error:.1f}"
    return f"{100.0 * abs(value):.1f}{about} % {less if value >= 0.0 else more}"


def _figures(point: FrontierPolicy) -> list[str]:
    money = (point.deviation, point.deviation_error, point.cost, point.cost_error)
    return [*map(number, money), f"{point.trades:,.1f}"]
