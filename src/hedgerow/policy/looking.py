"""From a view to a band, and from the band to an answer in whole lots: what policies with a band share."""

import math
from typing import Final, Protocol, runtime_checkable

import msgspec

from hedgerow.core.instants import SECOND_NS, YEAR_NS
from hedgerow.policy.interface import Answer, Outlook, PolicyState, Trade, View, Wait, Wake
from hedgerow.policy.scene import Band, Scene

HALF_A_LOT: Final = 0.51
"""Half a lot is as near as whole lots get; a little more, so that nothing trades to and fro for nothing. [lots]"""

_DAYS: Final = 365.0


@runtime_checkable
class HasBand(Protocol):
    """Whatever draws a band."""

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Draw it.

        Parameters
        ----------
        state : PolicyState
            What the policy remembers.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            What it will remember, and the band. [base]

        References
        ----------
        A definition, no formula.
        """
        ...


def at_ideal(scene: Scene) -> Band:
    """Return the band of who trades to the ideal holding wherever he is.

    Parameters
    ----------
    scene : Scene
        The instant.

    Returns
    -------
    Band
        Without width. [base]

    References
    ----------
    Black, Scholes (1973), J. Political Economy 81:637, doi 10.1086/260062, eq. 3.
    """
    ideal = scene.ideal
    return Band(ideal, ideal, ideal, ideal)


def next_multiple(now_ns: int, every_s: float, start_ns: int = 0) -> int:
    """Return the next instant of a grid of whole intervals since 1970, or since a study's start.

    Parameters
    ----------
    now_ns : int
        The time. [UTC epoch ns]
    every_s : float
        The interval. [seconds]
    start_ns : int
        From where intervals count. [UTC epoch ns]

    Returns
    -------
    int
        Later than now. [UTC epoch ns]

    References
    ----------
    A definition, no formula.
    """
    every = round(every_s * SECOND_NS)
    return start_ns + ((now_ns - start_ns) // every + 1) * every


def scene_of(state: PolicyState, view: View, outlook: Outlook, step_years: float) -> Scene:
    """Return what a band is drawn from at one instant of an engine.

    Parameters
    ----------
    state : PolicyState
        Knows the price of the last trade.
    view : View
        What is known.
    outlook : Outlook
        The book, valued for a band.
    step_years : float
        Time to the next decision. [years]

    Returns
    -------
    Scene
        In the terms of the outlook. [as its fields]

    References
    ----------
    A definition, no formula.
    """
    plan = view.plan
    return Scene(
        now_ns=view.now_ns,
        step_years=step_years,
        spot=outlook.spot,
        ideal=plan.ideal * outlook.unit,
        gamma=outlook.gamma,
        held=view.expected_lots * outlook.unit,
        last_spot=math.nan if state.last_spot is None else state.last_spot,
        vol=outlook.vol,
        years=outlook.years,
        losses=math.nan,
        ideal_at=outlook.ideal_at,
        outright=outlook.outright,
    )


def goal_in_lots(band: Band, expected_lots: int, unit: float) -> int:
    """Return where a position goes: to the whole lot next to the band's goal, on the inside of the band.

    Parameters
    ----------
    band : Band
        The band. [base]
    expected_lots : int
        The position. [lots]
    unit : float
        What one lot holds, of either sign. [base per lot]

    Returns
    -------
    int
        The position itself if it is inside, or if no whole lot is clearly nearer. [lots]

    References
    ----------
    A definition, no formula.

    Examples
    --------
    >>> goal_in_lots(Band(10.3, 20.0, 10.3, 20.0), 0, 1.0), goal_in_lots(Band(10.3, 10.6, 10.3, 10.6), 10, 1.0)
    (11, 10)
    """
    held = expected_lots * unit
    if band.lower <= held <= band.upper:
        return expected_lots
    goal = float(band.buy_to if held < band.lower else band.sell_to)
    lower, upper = sorted((float(band.lower) / unit, float(band.upper) / unit))
    if not band.lower <= goal <= band.upper:  # on the way to a band that is not reached
        return round(goal / unit)
    first, last = math.ceil(lower), math.floor(upper)
    if first > last:  # no whole lot lies inside
        middle = 0.5 * (lower + upper)
        return expected_lots if abs(expected_lots - middle) <= HALF_A_LOT else round(middle)
    wanted = min(max(round(goal / unit), first), last)
    is_near = wanted == expected_lots or (abs(goal / unit - expected_lots) <= HALF_A_LOT and goal not in band[:2])
    return expected_lots if is_near else wanted


def look(
    policy: HasBand,
    state: PolicyState,
    view: View,
    *,
    every_s: float,
    risk_aversion: float = math.nan,
    start_ns: int = 0,
) -> tuple[PolicyState, Answer]:
    """Look at the band at multiples of an interval, and go to the goal found there until the next one.

    An order that was refused is sent again: the goal of a look stays the goal. Between looks nothing is valued, so
    distance and cost are known at looks only.

    Parameters
    ----------
    policy : HasBand
        Draws the band.
    state : PolicyState
        The next look and the goal of the last one.
    view : View
        What is known.
    every_s : float
        The interval. [seconds]
    risk_aversion : float
        Of the policy, NaN if it states none. [1/quote]
    start_ns : int
        From where intervals count. [UTC epoch ns]

    Returns
    -------
    tuple of (PolicyState, Trade or Wait)
        The answer. [as its fields]

    References
    ----------
    The cost of waiting is the certainty equivalent of the residual's variance over a day: Whalley, Wilmott (1997),
    Mathematical Finance 7:307, doi 10.1111/1467-9965.00034, section 3.
    """
    to_edge = waiting_cost = math.nan
    if view.now_ns >= state.next_ns:
        outlook = view.outlook()
        scene = scene_of(state, view, outlook, every_s * SECOND_NS / YEAR_NS)
        state, band = policy.band(state, scene)
        goal = goal_in_lots(band, view.expected_lots, outlook.unit)
        last = state.last_spot if goal == view.expected_lots else outlook.spot
        state = msgspec.structs.replace(
            state, next_ns=next_multiple(view.now_ns, every_s, start_ns), goal_lots=goal, last_spot=last
        )
        # In coins, also where the band is drawn in dollars.
        coins = abs(view.plan.unit_delta / outlook.unit)
        to_edge = float(min(scene.held - band.lower, band.upper - scene.held)) * coins
        off = (scene.held - scene.ideal) * scene.spot * scene.vol
        waiting_cost = 0.5 * risk_aversion * off * off / _DAYS
    wake = Wake(at_ns=state.next_ns)
    if state.goal_lots is not None and view.expected_lots != state.goal_lots:
        return state, Trade(state.goal_lots, "outside of the no-trade band", wake, to_edge, waiting_cost)
    return state, Wait("until the next look at the no-trade band", wake, to_edge, waiting_cost)
