"""Trade back to neutral at regular times."""

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.instants import SECOND_NS
from hedgerow.policy.interface import Answer, PolicyState, Trade, View, Wait, Wake


class TimeGrid(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="time_grid"):
    """Trade to the neutral position at once, then at every multiple of an interval since 1970.

    Parameters
    ----------
    every_s : float
        The interval, at least a millisecond. [seconds]
    """

    every_s: float

    def __post_init__(self) -> None:
        if not 1e-3 <= self.every_s <= 1e9:
            raise InputError(f"every_s = {self.every_s}", "give an interval between 0.001 and 1e9 seconds")

    def init(self) -> PolicyState:
        """Return a memory in which the first trade is due.

        Returns
        -------
        PolicyState
            Due at once. [as its fields]
        """
        return PolicyState(next_ns=0)

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Choose the neutral position at an instant of the grid, and go there until the next one.

        An order that was refused is sent again: the goal of this instant stays the goal.

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
        """
        if view.now_ns >= state.next_ns:
            every = round(self.every_s * SECOND_NS)
            state = PolicyState(next_ns=(view.now_ns // every + 1) * every, goal_lots=view.plan.target_lots)
        if state.goal_lots is not None and view.expected_lots != state.goal_lots:
            return state, Trade(state.goal_lots, "the goal of this instant of the grid", Wake(at_ns=state.next_ns))
        return state, Wait("until the next instant of the grid", Wake(at_ns=state.next_ns))
