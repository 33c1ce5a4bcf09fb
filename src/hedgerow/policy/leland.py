"""Hedge at regular times at a vol that contains the costs."""

import math
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.core.instants import SECOND_NS, YEAR_NS
from hedgerow.policy.checks import check_cost, check_interval, stated
from hedgerow.policy.interface import Answer, PolicyState, View
from hedgerow.policy.looking import look, next_multiple
from hedgerow.policy.scene import ALWAYS_WAIT, Band, Number, Scene

LEAST_VARIANCE: Final = 1e-6
"""The variance of a long position keeps at least this part, however large the costs. [fraction]"""

LelandConstant: TypeAlias = Literal["leland", "boyle_vorst"]
"""By whom the constant of Leland's number is."""

_CONSTANTS: Final = {"leland": math.sqrt(2.0 / math.pi), "boyle_vorst": 1.0}


class Leland(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="leland"):
    """Trade at every multiple of an interval to the delta at Leland's vol, which is higher for short gamma.

    Assumes that costs are proportional, that the interval is short beside the time to expiry, and that the net gamma
    keeps its sign. Without options there is no vol to change, and it is a time grid.

    Parameters
    ----------
    proportional_cost : float or None
        Cost of a trade per unit of its notional; None leaves it to the market. [fraction]
    every_s : float or None
        The interval; None trades at every date of a study. [seconds]
    constant : {"leland", "boyle_vorst"}
        The mean size of a move over its deviation: sqrt(2/pi) where prices are log-normal, 1 on a binomial tree.
    """

    proportional_cost: float | None = None
    every_s: float | None = None
    constant: LelandConstant = "leland"

    def __post_init__(self) -> None:
        check_cost("proportional_cost", self.proportional_cost, most=1.0)
        if self.every_s is not None:
            check_interval("every_s", self.every_s)
        if self.constant not in _CONSTANTS:
            raise InputError(f"constant = {self.constant!r}", f"write {' or '.join(_CONSTANTS)}")

    def init(self) -> PolicyState:
        """Return a memory in which the first trade is due.

        Returns
        -------
        PolicyState
            Due at once. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Choose Leland's delta at an instant of the grid, and go there until the next one.

        Parameters
        ----------
        state : PolicyState
            The next instant of the grid and the goal of the last one.
        view : View
            What is known.

        Returns
        -------
        tuple of (PolicyState, Trade or Wait)
            The answer. [as its fields]

        Raises
        ------
        InputError
            If the cost or the interval is not stated.
        """
        if self.every_s is None:
            raise InputError("every_s is not stated", "state every_s of the policy: outside of a study no date is next")
        return look(self, state, view, every_s=self.every_s)

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the delta at Leland's vol at an instant of the grid, a band without end elsewhere.

        Parameters
        ----------
        state : PolicyState
            The next instant of the grid.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            Without width or without end. [base]

        Raises
        ------
        InputError
            If the cost is not stated.

        References
        ----------
        Leland (1985), J. Finance 40:1283, doi 10.1111/j.1540-6261.1985.tb02383.x, section III; the sign by the net
        gamma: Hoggard, Whalley, Wilmott (1994), Advances in Futures and Options Research 7:21, section 3; the other
        constant: Boyle, Vorst (1992), J. Finance 47:271, doi 10.1111/j.1540-6261.1992.tb03986.x, section III.
        """
        step_years = scene.step_years
        if self.every_s is not None:
            if scene.now_ns < state.next_ns:
                return state, ALWAYS_WAIT
            state = msgspec.structs.replace(state, next_ns=next_multiple(scene.now_ns, self.every_s))
            step_years = self.every_s * SECOND_NS / YEAR_NS
        cost = stated("proportional_cost", self.proportional_cost)
        if not scene.vol > 0.0:
            goal = scene.ideal
        else:
            goal = scene.ideal_at(leland_factor(cost, scene.vol, step_years, scene.gamma, self.constant))
        return state, Band(goal, goal, goal, goal)


def leland_factor(
    proportional_cost: float, vol: float, step_years: float, gamma: Number, constant: LelandConstant = "leland"
) -> Number:
    """Return by how much Leland's vol is higher than the vol.

    Parameters
    ----------
    proportional_cost : float
        Cost of a trade per unit of its notional. [fraction]
    vol : float
        The vol, positive. [fraction per root of a year]
    step_years : float
        Time between two trades, positive. [years]
    gamma : float or ndarray of shape (n_path,)
        Net gamma of what is hedged: only its sign counts. [base per quote]
    constant : {"leland", "boyle_vorst"}
        Which constant.

    Returns
    -------
    float or ndarray of shape (n_path,)
        Root of 1 + Le for short gamma, of 1 - Le for long gamma, 1 without gamma. [fraction]

    Raises
    ------
    InputError
        If there is no time between two trades.

    References
    ----------
    Leland (1985), J. Finance 40:1283, doi 10.1111/j.1540-6261.1985.tb02383.x, section III; Boyle, Vorst (1992),
    J. Finance 47:271, doi 10.1111/j.1540-6261.1992.tb03986.x, section III.

    Examples
    --------
    >>> round(float(leland_factor(0.01, 0.2, 1 / 250, -1.0)) ** 2, 4)
    2.2616
    """
    if not step_years > 0.0:
        raise InputError(f"{step_years} years between two trades", "state every_s of the policy leland")
    number = _CONSTANTS[constant] * 2.0 * proportional_cost / (vol * math.sqrt(step_years))
    return np.sqrt(np.maximum(1.0 - number * np.sign(gamma), LEAST_VARIANCE))
