"""Trade back to neutral at regular times."""

import msgspec

from hedgerow.policy.checks import check_interval
from hedgerow.policy.interface import Answer, PolicyState, Trade, View, Wait, Wake
from hedgerow.policy.looking import at_ideal, next_multiple
from hedgerow.policy.scene import ALWAYS_WAIT, Band, Scene


class TimeGrid(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="time_grid"):
    """Trade to the neutral position at once, then at every multiple of an interval since 1970.

    Parameters
    ----------
    every_s : float
        The interval, at least a millisecond. [seconds]
    """

    every_s: float

    def __post_init__(self) -> None:
        check_interval("every_s", self.every_s)

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
            state = PolicyState(next_ns=next_multiple(view.now_ns, self.every_s), goal_lots=view.plan.target_lots)
        if state.goal_lots is not None and view.expected_lots != state.goal_lots:
            return state, Trade(state.goal_lots, "the goal of this instant of the grid", Wake(at_ns=state.next_ns))
        return state, Wait("until the next instant of the grid", Wake(at_ns=state.next_ns))

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the ideal holding at an instant of the grid, a band without end elsewhere.

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

        References
        ----------
        Black, Scholes (1973), J. Political Economy 81:637, doi 10.1086/260062, eq. 3, at regular times.
        """
        if scene.now_ns < state.next_ns:
            return state, ALWAYS_WAIT
        return msgspec.structs.replace(state, next_ns=next_multiple(scene.now_ns, self.every_s)), at_ideal(scene)
