"""The band of a cost that is the same for a trade of any size."""

import msgspec
import numpy as np

from hedgerow.policy.checks import check_cost, check_interval, check_positive, stated
from hedgerow.policy.interface import Answer, PolicyState, View
from hedgerow.policy.looking import look
from hedgerow.policy.scene import Band, Number, Scene, centred


class GasAware(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="gas_aware"):
    """Trade all the way to delta when it is so far away that the risk is worth the gas.

    Assumes constant absolute risk aversion, a small cost that does not depend on the size, and continuous monitoring.
    Where the market is looked at now and then, a multiple of 0.85 to 1 is best.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    fixed_cost : float or None
        Cost of a trade of any size; None leaves it to the market. [quote]
    multiple : float
        The band is so many times as wide as the formula says. [fraction]
    look_every_s : float
        In an engine it looks at every multiple of this. [seconds]
    """

    risk_aversion: float
    fixed_cost: float | None = None
    multiple: float = 1.0
    look_every_s: float = 60.0

    def __post_init__(self) -> None:
        check_positive("risk_aversion", self.risk_aversion, "per unit of the money in which P&L is counted")
        check_cost("fixed_cost", self.fixed_cost)
        check_positive("multiple", self.multiple, "1 is the formula")
        check_interval("look_every_s", self.look_every_s)

    def init(self) -> PolicyState:
        """Return a memory in which the first look is due.

        Returns
        -------
        PolicyState
            Due at once. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Look at the band at its instants, and go to the goal found there until the next one.

        Parameters
        ----------
        state : PolicyState
            The next instant and the goal of the last one.
        view : View
            What is known.

        Returns
        -------
        tuple of (PolicyState, Trade or Wait)
            The answer. [as its fields]

        Raises
        ------
        InputError
            If the cost is not stated.
        """
        return look(self, state, view, every_s=self.look_every_s, risk_aversion=self.risk_aversion)

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the band around delta.

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

        Raises
        ------
        InputError
            If the cost is not stated.

        References
        ----------
        Whalley, Wilmott (1999), European J. Applied Mathematics 10:117, for costs that do not depend on the size;
        Altarovici, Muhle-Karbe, Soner (2015), Finance and Stochastics 19:363, doi 10.1007/s00780-015-0261-3.
        """
        cost = stated("fixed_cost", self.fixed_cost)
        half = self.multiple * fixed_cost_half(cost, self.risk_aversion, scene.gamma)
        return state, centred(scene.ideal, half)


def fixed_cost_half(fixed_cost: float, risk_aversion: float, gamma: Number) -> Number:
    """Return the half-width of the band.

    Parameters
    ----------
    fixed_cost : float
        Cost of a trade of any size. [quote]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    gamma : float or ndarray of shape (n_path,)
        Gamma of what is hedged. [base per quote]

    Returns
    -------
    float or ndarray of shape (n_path,)
        Half-width; zero without gamma. [base]

    References
    ----------
    Whalley, Wilmott (1999), European J. Applied Mathematics 10:117, for costs that do not depend on the size.

    Examples
    --------
    >>> round(float(fixed_cost_half(0.001, 1.0, 0.04)), 4)
    0.0662
    """
    return np.sqrt(np.sqrt(12.0 * fixed_cost / risk_aversion * (gamma * gamma)))
