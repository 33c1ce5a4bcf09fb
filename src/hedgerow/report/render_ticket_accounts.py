"""Margin of a ticket's accounts before the trades and after them, as text."""

from collections.abc import Sequence
from typing import Final

from rich.console import RenderableType

from hedgerow.report.accounts import AccountResult, AccountState
from hedgerow.report.layout import line, number, printable, table

_LIKELY: Final = 0.05
"""From which probability on a liquidation deserves a warning. [probability]"""


def ticket_accounts_view(accounts: Sequence[AccountResult], numeraire: str, spot: float) -> Sequence[RenderableType]:
    """Show what each account has and needs, and where it is liquidated.

    Parameters
    ----------
    accounts : sequence of AccountResult
        Those under a margin rule.
    numeraire : str
        Currency of their figures.
    spot : float
        Index now. [USD per coin]

    Returns
    -------
    sequence of rich renderables
        A table for each, and lines; nothing where there are none. [numeraire]
    """
    found: list[RenderableType] = []
    for account in accounts:
        found.append(_table(account, numeraire, spot))
        isolated = ", isolated" if account.mode == "isolated" else ""
        found.append(line(f"{printable(account.name)}: {account.rule}{isolated}"))
        if account.best is not None or account.no_best:
            found.append(line(_advice(account, numeraire)))
        if account.after.probability > _LIKELY:
            found.append(line(_warning(account)))
    return found


def _table(account: AccountResult, numeraire: str, spot: float) -> RenderableType:
    shown = table(f"\n   Margin of account {printable(account.name)}", "", "before", "after")
    both = (account.before, account.after)
    for label, key in (
        (f"equity {numeraire}", "equity"),
        (f"of it covers margin {numeraire}", "covering"),
        (f"initial margin {numeraire}", "initial"),
        (f"maintenance margin {numeraire}", "maintenance"),
    ):
        shown.add_row(label, *(number(getattr(state, key)) for state in both))
    shown.add_row("maintenance over what covers it", *(_share(state.usage) for state in both))
    shown.add_row("notional of its futures over that cover", *(_times(state) for state in both))
    shown.add_row("liquidated at a spot move down of", *(move_words(state.liquidation_down, spot) for state in both))
    shown.add_row("liquidated at a spot move up of", *(move_words(state.liquidation_up, spot) for state in both))
    chances = (_chance_of(state, state.probability) for state in both)
    shown.add_row(f"probability of that within {account.horizon_hours:g} h", *chances)
    if None not in [state.jump_probability for state in both]:
        jumps = (_chance_of(state, state.jump_probability or 0.0) for state in both)
        shown.add_row("the same with the model's jumps", *jumps)
    return shown


def move_words(move: float | None, spot: float) -> str:
    """Write a move of the spot at which an account is liquidated.

    Parameters
    ----------
    move : float or None
        The move. [fraction]
    spot : float
        Index now. [USD per coin]

    Returns
    -------
    str
        For example ``-32.1 % (1,509.21)``. [text]

    Examples
    --------
    >>> move_words(-0.25, 2000.0), move_words(None, 2000.0), move_words(0.0, 2000.0)
    ('-25.0 % (1,500.0)', 'none', 'NOW')
    """
    if move is None:
        return "none"
    return "NOW" if move == 0.0 else f"{100.0 * move:+.1f} % ({number(spot * (1.0 + move))})"


def _share(share: float | None) -> str:
    return "nothing covers it" if share is None else f"{100.0 * share:.1f} %"


def _times(state: AccountState) -> str:
    return "n/a" if state.leverage is None else f"{state.leverage:.2f}"


def _chance_of(state: AccountState, chance: float) -> str:
    """Write a probability; where no move of the spot liquidates, there is none."""
    if state.liquidation_down is None and state.liquidation_up is None:
        return "none"
    return _chance(chance)


def _chance(probability: float) -> str:
    return "below 0.01 %" if probability < 1e-4 else f"{100.0 * probability:.2f} %"


def _warning(account: AccountResult) -> str:
    return (
        f"{printable(account.name)}: WILL PROBABLY NOT LAST: after these trades it is liquidated with a probability of "
        f"{_chance(account.after.probability)} within {account.horizon_hours:g} h; add collateral, or trade less in it"
    )


def _advice(account: AccountResult, numeraire: str) -> str:
    """Say which collateral costs least, and what that which is there costs; or why that is not known."""
    name, best = printable(account.name), account.best
    if best is None:
        return f"{name}: no leverage is advised: {account.no_best}"
    return (
        f"{name}: capital and liquidation cost least at a leverage of {best.leverage:.2f}, a collateral of "
        f"{number(best.collateral)} {numeraire} where it has {number(best.held)}: {number(best.cost)} {numeraire}, as "
        f"it is {number(best.cost_as_is)}, over {account.horizon_hours:g} h; the probability of liquidation is then "
        f"{_chance(best.probability)}"
    )
