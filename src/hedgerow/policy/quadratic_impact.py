"""Trade part of the way, as costs that grow with the square of the speed want it."""

import msgspec
import numpy as np

from hedgerow.core.instants import SECOND_NS, YEAR_NS
from hedgerow.policy.checks import check_cost, check_interval, check_positive, stated
from hedgerow.policy.interface import Answer, PolicyState, View
from hedgerow.policy.looking import look
from hedgerow.policy.scene import Band, Number, Scene


class QuadraticImpact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="quadratic_impact"):
    """Trade at each date the part of the way to delta that the optimal speed covers until the next one.

    Assumes a penalty on variance and a cost of impact_cost times the square of the speed, per unit of time. There is no
    band: it always trades, the faster the more risk there is. Without a known vol it goes all the way.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    impact_cost : float or None
        Cost per unit of time of trading one unit per year; None leaves it to the market. [quote·years per base²]
    look_every_s : float
        In an engine it trades at every multiple of this. [seconds]
    """

    risk_aversion: float
    impact_cost: float | None = None
    look_every_s: float = 60.0

    def __post_init__(self) -> None:
        check_positive("risk_aversion", self.risk_aversion, "per unit of the money in which P&L is counted")
        check_cost("impact_cost", self.impact_cost)
        check_interval("look_every_s", self.look_every_s)

    def init(self) -> PolicyState:
        """Return a memory in which the first trade is due.

        Returns
        -------
        PolicyState
            Due at once. [as its fields]
        """
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Choose a position part of the way at its instants, and go there until the next one.

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
        """Return a band without width at delta, with goals part of the way there.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            Its goals lie between the holding and delta. [base]

        Raises
        ------
        InputError
            If the cost is not stated.

        References
        ----------
        Almgren, Li (2016), Market Microstructure and Liquidity 2:1650002;
        Rogers, Singh (2010), Mathematical Finance 20:597, doi 10.1111/j.1467-9965.2010.00413.x.
        """
        cost, ideal = stated("impact_cost", self.impact_cost), scene.ideal
        if not (scene.vol > 0.0 and cost > 0.0):
            return state, Band(ideal, ideal, ideal, ideal)
        kappa = impact_rate(cost, self.risk_aversion, scene.vol, scene.spot)
        step_years = scene.step_years or self.look_every_s * SECOND_NS / YEAR_NS
        goal = scene.held + part_of_the_way(kappa, scene.years, step_years) * (ideal - scene.held)
        return state, Band(ideal, ideal, goal, goal)


def impact_rate(impact_cost: float, risk_aversion: float, vol: float, spot: Number) -> Number:
    """Return kappa, the rate at which a deviation from delta is worked off far from the horizon.

    Parameters
    ----------
    impact_cost : float
        Cost per unit of time of trading one unit per year, positive. [quote·years per base²]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    vol : float
        The vol. [fraction per root of a year]
    spot : float or ndarray of shape (n_path,)
        Price of the underlying. [quote per base]

    Returns
    -------
    float or ndarray of shape (n_path,)
        The rate. [1/years]

    References
    ----------
    Almgren, Li (2016), Market Microstructure and Liquidity 2:1650002.

    Examples
    --------
    >>> round(float(impact_rate(0.05, 1e-3, 0.8, 100.0)), 12)
    8.0
    """
    doubled = max(2.0 * impact_cost, 1e-300 * risk_aversion)  # a rate that overflows would make no part of the way
    return np.sqrt(risk_aversion / doubled) * vol * spot


def part_of_the_way(kappa: Number, years: float, step_years: float) -> Number:
    """Return which part of a deviation from delta is worked off in one step.

    Parameters
    ----------
    kappa : float or ndarray of shape (n_path,)
        The rate far from the horizon. [1/years]
    years : float
        Time to the horizon, infinite if there is none. [years]
    step_years : float
        Length of the step. [years]

    Returns
    -------
    float or ndarray of shape (n_path,)
        1 - cosh(kappa·(years - step))/cosh(kappa·years), written so that nothing overflows. [fraction]

    References
    ----------
    The solution of dx/dt = -kappa·tanh(kappa·(T - t))·x: Almgren, Li (2016), Market Microstructure and Liquidity
    2:1650002.

    Examples
    --------
    >>> round(float(part_of_the_way(8.0, 0.25, 0.25)), 6)  # 1 - 1/cosh(2)
    0.734198
    """
    whole = 2.0 * kappa * years
    step = kappa * min(step_years, max(years, 0.0))
    return np.expm1(-step) * np.expm1(step - whole) / (1.0 + np.exp(-whole))
