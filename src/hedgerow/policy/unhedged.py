"""Never trade."""

import msgspec

from hedgerow.policy.interface import Answer, PolicyState, View, Wait, Wake
from hedgerow.policy.scene import ALWAYS_WAIT, Band, Scene


class Unhedged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="unhedged"):
    """Leave the book alone: the yardstick of what hedging is worth."""

    def init(self) -> PolicyState:
        """Return an empty memory.

        Returns
        -------
        PolicyState
            Nothing to remember. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:  # noqa: ARG002
        """Wait, for good.

        Parameters
        ----------
        state : PolicyState
            Unused.
        view : View
            Unused.

        Returns
        -------
        tuple of (PolicyState, Wait)
            The answer. [as its fields]
        """
        return state, Wait("this policy never trades", Wake())

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:  # noqa: ARG002
        """Return a band without end.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            Unused.

        Returns
        -------
        tuple of (PolicyState, Band)
            Everything is left alone. [base]

        References
        ----------
        A definition, no formula.
        """
        return state, ALWAYS_WAIT
