"""Trade back to neutral when delta is off by more than a tolerance."""

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.policy.interface import Answer, PolicyState, Trade, View, Wait
from hedgerow.policy.looking import HALF_A_LOT
from hedgerow.policy.scene import Band, Scene, centred


class DeltaTolerance(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="delta_tolerance"):
    """Trade to the neutral position as soon as the residual delta leaves a band.

    Assumes that the position can be had at once; knows nothing of costs.

    Parameters
    ----------
    tolerance : float
        Half-width of the band, positive. [coin]
    """

    tolerance: float

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < 1e15:
            raise InputError(f"tolerance = {self.tolerance}", "give a positive number of coins")

    def init(self) -> PolicyState:
        """Return an empty memory.

        Returns
        -------
        PolicyState
            Nothing to remember. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Trade if the residual is outside the band, which is never narrower than what whole lots can reach.

        Parameters
        ----------
        state : PolicyState
            Unused.
        view : View
            What is known.

        Returns
        -------
        tuple of (PolicyState, Trade or Wait)
            The answer. [as its fields]
        """
        plan = view.plan
        # Half a lot is as near as it gets: a narrower band would trade to and fro for nothing.
        room = max(self.tolerance, HALF_A_LOT * abs(plan.unit_delta))
        to_edge = room - abs(plan.residual)
        if to_edge < 0.0 and view.expected_lots != plan.target_lots:
            return state, Trade(plan.target_lots, "residual delta beyond tolerance", to_edge=to_edge)
        return state, Wait("residual delta within tolerance", view.quiet(-room, room), to_edge)

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the band around the ideal holding.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            Its goal is its middle. [base]

        References
        ----------
        Henrotte (1993), "Transaction costs and duplication strategies", Stanford University.
        """
        return state, centred(scene.ideal, self.tolerance)
