"""Trade back to neutral whenever there is something new."""

import msgspec

from hedgerow.policy.interface import NEXT_QUOTE, Answer, PolicyState, Trade, View, Wait, Wake
from hedgerow.policy.looking import HALF_A_LOT, at_ideal
from hedgerow.policy.scene import Band, Scene


class EveryBlock(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="every_block"):
    """Trade to the neutral position at every new block of the pool, or at every quote where there is no pool.

    Assumes that trading is free: it is the yardstick of what hedging costs when nobody asks.
    """

    def init(self) -> PolicyState:
        """Return a memory in which any block is new.

        Returns
        -------
        PolicyState
            Nothing seen. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Choose the neutral position at a new block, and go there until the next one.

        Parameters
        ----------
        state : PolicyState
            The next block that is new and the goal of the last one.
        view : View
            What is known.

        Returns
        -------
        tuple of (PolicyState, Trade or Wait)
            The answer. [as its fields]
        """
        if view.block >= state.next_block or not view.block:
            # With the hysteresis of half a lot: the nearest whole lot may be the one that is held.
            room = HALF_A_LOT * abs(view.plan.unit_delta)
            is_near = abs(view.plan.residual) <= room
            goal = view.expected_lots if is_near else view.plan.target_lots
            state = msgspec.structs.replace(state, next_block=view.block + 1, goal_lots=goal)
        wake = Wake(at_block=state.next_block) if view.block else NEXT_QUOTE
        if state.goal_lots is not None and view.expected_lots != state.goal_lots:
            return state, Trade(state.goal_lots, "the goal of this block", wake)
        return state, Wait("until the next block", wake)

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the ideal holding, whatever is held.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            A band without width. [base]

        References
        ----------
        Black, Scholes (1973), J. Political Economy 81:637, doi 10.1086/260062, eq. 3, at every instant.
        """
        return state, at_ideal(scene)
