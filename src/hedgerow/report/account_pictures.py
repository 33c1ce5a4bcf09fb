"""The picture of accounts: how far the spot may move before each is liquidated, before the trades and after them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hedgerow.report.accounts import AccountResult, AccountState
from hedgerow.report.drawing import BESIDE, DASHED, FITTED, PAGE_WIDTH, QUOTES, REFUSED, drawing, svg
from hedgerow.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAPTION: Final = (
    "Between its ends an account lives: at a move of the spot beyond them, everything else as it is, its maintenance "
    "margin is no longer covered. An arrow means that no move on that side does it."
)
_LOWEST, _HIGHEST = 0.02, 6.0
"""Ends of the axis, over the spot now. [pure]"""


def accounts_picture(accounts: Sequence[AccountResult], spot: float) -> str:
    """Draw where accounts are liquidated.

    Parameters
    ----------
    accounts : sequence of AccountResult
        Those under a margin rule, at least one.
    spot : float
        Index now. [USD per coin]

    Returns
    -------
    str
        A picture: an interval of spots for each account, before and after. [SVG]

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    from matplotlib.ticker import FixedLocator, NullLocator

    names = [printable(account.name) for account in accounts]
    with drawing(PAGE_WIDTH, 1.3 + 0.75 * len(accounts)) as figure:
        axes = figure.add_subplot()
        axes.set_xscale("log")
        for i, account in enumerate(accounts):
            _interval(axes, account.before, -i + 0.15, REFUSED, "before the trades" if i == 0 else None)
            _interval(axes, account.after, -i - 0.15, QUOTES, "after them" if i == 0 else None)
        axes.axvline(1.0, color=BESIDE, linewidth=0.8, linestyle=DASHED, zorder=1)
        axes.set_xlim(_LOWEST, _HIGHEST)
        axes.set_ylim(-len(accounts) + 0.4, 0.6)
        axes.set_yticks([-float(i) for i in range(len(names))], names, parse_math=False)
        moves = np.array([-0.95, -0.9, -0.8, -0.65, -0.4, 0.0, 0.7, 2.0, 4.0])
        axes.xaxis.set_major_locator(FixedLocator((1.0 + moves).tolist()))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels([f"{move:+.0%}" if move else f"{spot:,.6g}" for move in moves.tolist()])
        axes.set_xlabel("move of the spot")
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
        return svg(figure, "accounts", "Spot moves at which accounts are liquidated, before and after the trades")


def _interval(axes: "Axes", state: AccountState, height: float, colour: str, label: str | None) -> None:
    """Draw from the move down to the move up; a cross where the account is liquidated as it is."""
    if state.liquidation_down == 0.0 or state.liquidation_up == 0.0:
        axes.plot([1.0], [height], "x", color=FITTED, markersize=9.0, markeredgewidth=2.0, label=label)
        return
    ends = []
    for move, edge, arrow in ((state.liquidation_down, _LOWEST, "<"), (state.liquidation_up, _HIGHEST, ">")):
        inside = move is not None and _LOWEST < 1.0 + move < _HIGHEST
        ends.append(1.0 + move if inside and move is not None else edge)
        axes.plot([ends[-1]], [height], "|" if inside else arrow, color=colour, markersize=9.0, clip_on=False)
    axes.plot(ends, [height, height], "-", color=colour, linewidth=4.0, solid_capstyle="butt", label=label)
