"""A band fitted to the exact optimum for proportional costs."""

import math

import msgspec
import numpy as np

from hedgerow.policy.checks import check_cost, check_interval, check_positive, stated
from hedgerow.policy.interface import Answer, PolicyState, View
from hedgerow.policy.leland import LEAST_VARIANCE
from hedgerow.policy.looking import look
from hedgerow.policy.scene import Band, Number, Scene, edges
from hedgerow.policy.whalley_wilmott import whalley_wilmott_half


class Zakamouline(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="zakamouline"):
    """Trade to the nearer edge of a band around the delta at a changed vol, both fitted to the exact optimum.

    Assumes constant absolute risk aversion and proportional costs; the fit was made for one European option, of up to
    a year. Where nothing expires it has no meaning, and the band of Whalley and Wilmott stands in its place.

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
        """Return the band around the delta at the changed vol.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            Its edges are its goals; without end at expiry. [base]

        Raises
        ------
        InputError
            If the cost is not stated.

        References
        ----------
        Zakamouline (2006), "Efficient analytic approximation of the optimal hedging strategy for a European call option
        with transaction costs", Quantitative Finance 6:435; without interest.
        """
        cost = stated("proportional_cost", self.proportional_cost)
        if not (scene.vol > 0.0 and scene.years < math.inf):
            half = whalley_wilmott_half(cost, self.risk_aversion, scene.spot, scene.gamma)
            return state, edges(scene.ideal - half, scene.ideal + half)
        if not scene.years > 0.0:
            return state, edges(scene.ideal - np.inf, scene.ideal + np.inf)
        half = zakamouline_half(cost, self.risk_aversion, scene)
        goal = scene.ideal_at(zakamouline_factor(cost, self.risk_aversion, scene))
        return state, edges(goal - half, goal + half)


def zakamouline_half(proportional_cost: float, risk_aversion: float, scene: Scene) -> Number:
    """Return the half-width of the band, H0 + H1.

    Parameters
    ----------
    proportional_cost : float
        Cost of a trade per unit of its notional. [fraction]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    scene : Scene
        The instant, before expiry.

    Returns
    -------
    float or ndarray of shape (n_path,)
        Half-width. [base]

    References
    ----------
    Zakamouline (2006), Quantitative Finance 6:435, the fitted parameters.
    """
    own = proportional_cost / (risk_aversion * scene.spot * (scene.vol * scene.vol * scene.years))
    scale = 1.12 * proportional_cost**0.31 * scene.years**0.05 * scene.vol**-0.25
    return own + scale * np.sqrt(np.abs(scene.gamma) / risk_aversion)


def zakamouline_factor(proportional_cost: float, risk_aversion: float, scene: Scene) -> Number:
    """Return by how much the vol in the middle of the band is higher than the vol.

    Parameters
    ----------
    proportional_cost : float
        Cost of a trade per unit of its notional. [fraction]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    scene : Scene
        The instant, before expiry.

    Returns
    -------
    float or ndarray of shape (n_path,)
        Above 1 for short gamma, below it for long. [fraction]

    References
    ----------
    Zakamouline (2006), Quantitative Finance 6:435, the fitted parameters.
    """
    gamma = scene.gamma
    scale = 4.76 * proportional_cost**0.78 * scene.years**-0.02 * scene.vol**-0.25
    number = scale * np.power(risk_aversion * scene.spot * scene.spot * np.abs(gamma), 0.15)
    return np.sqrt(np.maximum(1.0 - number * np.sign(gamma), LEAST_VARIANCE))
