"""What every policy is: a pure pair of ``init`` and ``decide``.

A policy sees one frozen view and answers Trade or Wait. What it wants to remember it returns. It never sees a clock,
a venue or a random number, so it decides the same in a backtest, on paper and live.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, runtime_checkable

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.hedging import NeutralPlan

NEVER_NS: Final = 2**63 - 1
"""An instant that does not come. [UTC epoch ns]"""

NO_BLOCK: Final = 2**63 - 1
"""A block that does not come. [count]"""


class Wake(msgspec.Struct, frozen=True):
    """When the policy wants to be asked again. It may fire too early, never too late.

    Parameters
    ----------
    below, above : float
        It fires when the reference price is at or beyond one of them. [quote per base]
    at_ns : int
        It fires at this instant. [UTC epoch ns]
    at_block : int
        It fires at the first state of a pool that is of this block or a later one. [count]
    """

    below: float = -math.inf
    above: float = math.inf
    at_ns: int = NEVER_NS
    at_block: int = NO_BLOCK


NEXT_QUOTE: Final = Wake(below=math.inf, above=-math.inf)
"""Fires at whatever price comes next."""


class Trade(msgspec.Struct, frozen=True, tag="trade"):
    """Go to a position.

    Parameters
    ----------
    target_lots : int
        Signed. [lots]
    reason : str
        For people. [text]
    wake : Wake
        When to ask again as long as the position has not been reached.
    to_edge : float
        Distance of the holding from the nearer edge of the band, negative outside; NaN where there is none. [base]
    waiting_cost : float
        What leaving the residual for a day is worth avoiding; NaN where no risk aversion is stated. [quote per day]
    """

    target_lots: int
    reason: str
    wake: Wake = NEXT_QUOTE
    to_edge: float = math.nan
    waiting_cost: float = math.nan


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    """Do nothing until woken.

    Parameters
    ----------
    reason : str
        For people. [text]
    wake : Wake
        When to ask again.
    to_edge : float
        Distance of the holding from the nearer edge of the band, negative outside; NaN where there is none. [base]
    waiting_cost : float
        What leaving the residual for a day is worth avoiding; NaN where no risk aversion is stated. [quote per day]
    """

    reason: str
    wake: Wake
    to_edge: float = math.nan
    waiting_cost: float = math.nan


Answer: TypeAlias = Trade | Wait


class PolicyState(msgspec.Struct, frozen=True):
    """What a policy remembers.

    Parameters
    ----------
    next_ns : int
        The next instant at which a timed policy trades; zero before the first. [UTC epoch ns]
    goal_lots : int or None
        The position that it chose then, None before the first. [lots]
    last_spot : float or None
        Price at its last trade, None before the first. [quote per base]
    next_block : int
        The next block that is new to it. [count]
    """

    next_ns: int = 0
    goal_lots: int | None = None
    last_spot: float | None = None
    next_block: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a band depends on, of everything that is held.

    Where P&L is counted in coins, the asset is the dollar priced in coins: the same book, seen from the other side.

    Parameters
    ----------
    spot : float
        Price of the asset; USD per coin, or coins per USD. [money per base]
    unit : float
        What one lot of the hedge holds of it. [base per lot]
    gamma : float
        Minus the derivative of the ideal holding in the price. [base² per money]
    vol : float
        Mean vol of the options, by their gamma at the money; the fitted one without options, NaN if there is none.
        [fraction per root of a year]
    years : float
        Time to their expiry, weighted alike; infinite without options. [years]
    ideal_at : callable
        ``ideal_at(factor)`` is the ideal holding if every vol were ``factor`` times as large. [base]
    outright : float
        What is held besides the hedge, without options and liquidity, less the wanted delta. [base]
    """

    spot: float
    unit: float
    gamma: float
    vol: float
    years: float
    ideal_at: Callable[[float], float]
    outright: float = 0.0


def _no_outlook() -> Outlook:
    raise InputError("this view holds no outlook", "make it with one: outlook=lambda: Outlook(...)")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a policy may know.

    Parameters
    ----------
    now_ns : int
        The time. [UTC epoch ns]
    spot : float
        Reference price. [quote per base]
    block : int
        Block of the latest state of a pool. [count]
    plan : NeutralPlan
        The cost-free hedge and the distance from it.
    filled_lots, expected_lots : int
        The position without and with all orders in flight. [lots]
    lowest_lots, highest_lots : int
        Between these it ends, whichever of them are filled. [lots]
    quiet : callable
        ``quiet(lower, upper)`` is a Wake before which the residual delta certainly stays within two bounds. [coin]
    outlook : callable
        ``outlook()`` values the book for a band; who does not call it does not pay for it. [as its fields]
    """

    now_ns: int
    spot: float
    block: int
    plan: NeutralPlan
    filled_lots: int
    expected_lots: int
    lowest_lots: int
    highest_lots: int
    quiet: Callable[[float, float], Wake]
    outlook: Callable[[], Outlook] = _no_outlook


@runtime_checkable
class Policy(Protocol):
    """The port: whatever has these two pure functions is a policy."""

    def init(self) -> PolicyState:
        """Return what the policy remembers before its first decision.

        Returns
        -------
        PolicyState
            The memory. [as its fields]
        """
        ...

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Answer one view.

        Parameters
        ----------
        state : PolicyState
            What it remembered.
        view : View
            What it may know.

        Returns
        -------
        tuple of (PolicyState, Trade or Wait)
            What it will remember, and its answer. [as their fields]
        """
        ...
