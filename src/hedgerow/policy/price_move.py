"""Trade back to neutral when the price has moved far enough since the last trade."""

import math

import msgspec
import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.policy.interface import Answer, PolicyState, Trade, View, Wait, Wake
from hedgerow.policy.scene import Band, Scene


class PriceMove(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="price_move"):
    """Trade to the neutral position at once, then whenever the price is a stated move away from the last trade's.

    Assumes that a move matters as much wherever the gamma is; knows nothing of costs.

    Parameters
    ----------
    move : float
        Absolute value of the log-return since the last trade beyond which it trades. [fraction]
    """

    move: float

    def __post_init__(self) -> None:
        if not 0.0 < self.move <= 10.0:
            raise InputError(f"move = {self.move}", "give a log-return above 0 and at most 10: 0.01 is 1 %")

    def init(self) -> PolicyState:
        """Return a memory in which the first trade is due.

        Returns
        -------
        PolicyState
            No price of a last trade. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Choose the neutral position after a move, and go there until the next one.

        An order that was refused is sent again: the goal of this move stays the goal.

        Parameters
        ----------
        state : PolicyState
            The price of the last trade and its goal.
        view : View
            What is known.

        Returns
        -------
        tuple of (PolicyState, Trade or Wait)
            The answer. [as its fields]
        """
        last = state.last_spot
        if last is None or not abs(math.log(view.spot / last)) <= self.move:
            state = PolicyState(goal_lots=view.plan.target_lots, last_spot=view.spot)
        last = state.last_spot or view.spot
        # A hair inside: a wake may come too early, never too late.
        reach = self.move * (1.0 - 1e-12)
        wake = Wake(below=last * math.exp(-reach), above=last * math.exp(reach))
        if state.goal_lots is not None and view.expected_lots != state.goal_lots:
            return state, Trade(state.goal_lots, "the price has moved", wake)
        return state, Wait("the price has not moved enough", wake)

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the ideal holding where the price has moved enough, a band without end elsewhere.

        Parameters
        ----------
        state : PolicyState
            Unused: the scene knows the price of the last trade.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            Without width or without end. [base]

        References
        ----------
        Henrotte (1993), "Transaction costs and duplication strategies", Stanford University.
        """
        is_quiet = np.abs(np.log(scene.spot / scene.last_spot)) <= self.move
        lower = np.where(is_quiet, -np.inf, scene.ideal)[()]
        upper = np.where(is_quiet, np.inf, scene.ideal)[()]
        return state, Band(lower, upper, scene.ideal, scene.ideal)
