"""The band of small proportional costs."""

import msgspec
import numpy as np

from hedgerow.policy.checks import check_cost, check_interval, check_positive, stated
from hedgerow.policy.interface import Answer, PolicyState, View
from hedgerow.policy.looking import look
from hedgerow.policy.scene import Band, Number, Scene, edges


class WhalleyWilmott(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="whalley_wilmott"):
    """Trade to the nearer edge of a band around delta, as wide as small proportional costs make it worth.

    Assumes constant absolute risk aversion, continuous trading, and costs so small that only their leading order
    counts. It needs neither vol nor expiry, so it is also the band of a liquidity position.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    proportional_cost : float or None
        Cost of a trade per unit of its notional; None leaves it to the market. [fraction]
    look_every_s : float
        In an engine it looks at every multiple of this. [seconds]
    """

    risk_aversion: float
    proportional_cost: float | None = None
    look_every_s: float = 60.0

    def __post_init__(self) -> None:
        check_positive("risk_aversion", self.risk_aversion, "per unit of the money in which P&L is counted")
        check_cost("proportional_cost", self.proportional_cost, most=1.0)
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
            Its edges are its goals. [base]

        Raises
        ------
        InputError
            If the cost is not stated.

        References
        ----------
        Whalley, Wilmott (1997), Mathematical Finance 7:307, doi 10.1111/1467-9965.00034, section 3, without interest.
        """
        cost = stated("proportional_cost", self.proportional_cost)
        half = whalley_wilmott_half(cost, self.risk_aversion, scene.spot, scene.gamma)
        return state, edges(scene.ideal - half, scene.ideal + half)


def whalley_wilmott_half(proportional_cost: float, risk_aversion: float, spot: Number, gamma: Number) -> Number:
    """Return the half-width of the band.

    Parameters
    ----------
    proportional_cost : float
        Cost of a trade per unit of its notional. [fraction]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    spot : float or ndarray of shape (n_path,)
        Price of the underlying. [quote per base]
    gamma : float or ndarray of shape (n_path,)
        Gamma of what is hedged. [base per quote]

    Returns
    -------
    float or ndarray of shape (n_path,)
        Half-width; zero without gamma. [base]

    References
    ----------
    Whalley, Wilmott (1997), Mathematical Finance 7:307, doi 10.1111/1467-9965.00034, section 3, without interest.

    Examples
    --------
    >>> round(float(whalley_wilmott_half(0.002, 1.0, 100.0, 0.0564)), 4)
    0.0985
    """
    return np.cbrt(1.5 * proportional_cost * spot * gamma * gamma / risk_aversion)
