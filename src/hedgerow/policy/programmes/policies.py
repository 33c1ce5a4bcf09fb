"""Policies that look their bands up in solved programs."""

from typing import ClassVar, Literal

import msgspec
import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.core.instants import SECOND_NS
from hedgerow.policy.checks import check_positive
from hedgerow.policy.interface import Answer, PolicyState, View
from hedgerow.policy.looking import look
from hedgerow.policy.programmes.problem import HedgingProblem
from hedgerow.policy.programmes.solved import exact_bands, mean_risk_bands
from hedgerow.policy.programmes.tables import BandTable, LineTable, band_at, date_of, line_band_at
from hedgerow.policy.scene import Band, Scene


class ExactBand(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="exact"):
    """Trade out of the band that is optimal for constant absolute risk aversion, for any size of cost.

    Assumes the law of prices of its problem: geometric Brownian motion, or Merton's jumps; and that the payoffs of the
    problem are what is hedged.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged, when, at what cost.
    risk_aversion : float
        Constant absolute risk aversion. [1/money]
    start_ns, end_ns : int
        The first date of the problem, and its last. [UTC epoch ns]
    tolerance : float
        Of the program's value; zero for its own habit. [money]
    """

    problem: HedgingProblem
    risk_aversion: float
    start_ns: int
    end_ns: int
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        check_positive("risk_aversion", self.risk_aversion, "per unit of the money in which P&L is counted")
        _check_dates(self.start_ns, self.end_ns)

    @property
    def value(self) -> float:
        """Certainty equivalent of all losses, payoffs included, from the holding at the start on. [money]"""
        return self._table().value

    @property
    def error(self) -> float:
        """Estimate of what ``value`` is off by. [money]"""
        return self._table().error

    def init(self) -> PolicyState:
        """Solve the program, if that has not been done, and return a memory in which the first look is due.

        Returns
        -------
        PolicyState
            Due at once. [as its fields]
        """
        self._table()
        return PolicyState()

    def decide(self, state: PolicyState, view: View) -> tuple[PolicyState, Answer]:
        """Look at the band as often as the program has dates, and go to the goal found there until the next one.

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
        """
        every_s = (self.end_ns - self.start_ns) / (self.problem.steps * SECOND_NS)
        return look(self, state, view, every_s=every_s, risk_aversion=self.risk_aversion, start_ns=self.start_ns)

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the band of the last date of the program that has come, less what is held outright.

        Without risk-free income a constant holding shifts every band by itself, so it need not be in the program.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            The instant.

        Returns
        -------
        tuple of (PolicyState, Band)
            With the goals of the program. [asset]

        References
        ----------
        Davis, Panas, Zariphopoulou (1993), SIAM J. Control and Optimization 31:470, doi 10.1137/0331022, section 4.
        """
        date = date_of(scene.now_ns, self.start_ns, self.end_ns, self.problem.steps)
        spot = np.atleast_1d(np.asarray(scene.spot, dtype=np.float64))
        return state, _as_given(scene, band_at(self._table(), date, spot) - scene.outright)

    def _table(self) -> BandTable:
        return exact_bands(self.problem, self.risk_aversion, tolerance=self.tolerance)


class MeanRiskOptimum(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="optimal"):
    """Trade out of the band that is optimal for mean and deviation, or for CVaR, of the losses over all paths.

    It looks at what has been lost so far, so only who keeps that can follow it: a laboratory does. Assumes the law of
    prices of its problem.

    Parameters
    ----------
    problem : HedgingProblem
        What is hedged, when, at what cost.
    objective : {"mean_std", "cvar"}
        What is minimised.
    weight : float
        Of the deviation, or the level of CVaR. [pure]
    start_ns, end_ns : int
        The first date of the problem, and its last. [UTC epoch ns]
    reads_losses : bool
        True for all of them: whoever asks keeps ``Scene.losses``. [bool]
    """

    reads_losses: ClassVar[bool] = True

    problem: HedgingProblem
    objective: Literal["mean_std", "cvar"]
    weight: float
    start_ns: int
    end_ns: int

    def __post_init__(self) -> None:
        check_positive("weight", self.weight, "of the deviation, or a level between 0 and 1")
        _check_dates(self.start_ns, self.end_ns)

    @property
    def value(self) -> float:
        """The objective that the program expects to reach. [money]"""
        return self._table().value

    @property
    def error(self) -> float:
        """Estimate of what ``value`` is off by. [money]"""
        return self._table().error

    def init(self) -> PolicyState:
        """Solve the program, if that has not been done, and return a memory.

        Returns
        -------
        PolicyState
            Nothing to remember. [as its fields]
        """
        self._table()
        return PolicyState()

    def band(self, state: PolicyState, scene: Scene) -> tuple[PolicyState, Band]:
        """Return the band of the last date of the program that has come, at what has been lost.

        Parameters
        ----------
        state : PolicyState
            Unused.
        scene : Scene
            The instant, losses included.

        Returns
        -------
        tuple of (PolicyState, Band)
            With the goals of the program. [asset]

        Raises
        ------
        InputError
            If nobody keeps losses.

        References
        ----------
        Li, Ng (2000), Mathematical Finance 10:387, doi 10.1111/1467-9965.00100, theorem 2; Rockafellar, Uryasev (2000),
        J. Risk 2(3):21, doi 10.21314/JOR.2000.038, theorem 1.
        """
        problem = self.problem
        date = date_of(scene.now_ns, self.start_ns, self.end_ns, problem.steps)
        spot = np.atleast_1d(np.asarray(scene.spot, dtype=np.float64))
        held, losses = (
            np.broadcast_to(np.asarray(x, dtype=np.float64), spot.shape) for x in (scene.held, scene.losses)
        )
        if np.isnan(losses).any():
            raise InputError("losses that nobody keeps", "use this policy in a laboratory, another one elsewhere")
        cost = problem.proportional_cost if date or problem.charge_first_trade else 0.0
        return state, _as_given(scene, line_band_at(self._table(), date, spot, held, losses, cost))

    def _table(self) -> LineTable:
        return mean_risk_bands(self.problem, self.objective, self.weight)


def _check_dates(start_ns: int, end_ns: int) -> None:
    if not start_ns < end_ns:
        raise InputError(f"dates from {start_ns} to {end_ns}", "give the first before the last")


def _as_given(scene: Scene, found: np.ndarray) -> Band:
    """Return numbers for a number, arrays for arrays."""
    if np.ndim(scene.spot):
        return Band(*found)
    return Band(*(float(row[0]) for row in found))
