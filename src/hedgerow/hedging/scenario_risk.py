"""Risk over scenarios of P&L, as part of a hedge problem."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError


class RiskMeasure(StrEnum):
    """What is made of the losses of all scenarios; each is a convex function of the trade.

    With losses l_s of S scenarios: ``cvar`` is the mean of the worst (1 - level)·S of them, a fraction of the last one
    included; ``entropic`` is ln(mean of exp(a·l_s))/a with a the level; ``worst`` is the largest.
    """

    CVAR = "cvar"
    ENTROPIC = "entropic"
    WORST = "worst"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRisk:
    """A risk measure over scenarios that are equally likely.

    Parameters
    ----------
    measure : RiskMeasure
        Which one.
    level : float
        Of cvar, the share of scenarios that do not count, 0.95 for the worst 5 %; of entropic, the risk aversion;
        not used by worst. [fraction, or per numeraire]
    weight : float
        What a unit of the measure counts against a unit of cost. [pure]
    book_pnl : ndarray of shape (n_scenario,)
        P&L of the book in each scenario. [numeraire]
    unit_pnl : ndarray of shape (n_scenario, n_instrument)
        P&L of one contract bought. [numeraire per contract]

    Raises
    ------
    InputError
        If a level, weight or P&L is not one.
    """

    measure: RiskMeasure
    weight: float
    book_pnl: Float64[np.ndarray, " n_scenario"]
    unit_pnl: Float64[np.ndarray, "n_scenario n_instrument"]
    level: float = math.nan

    def __post_init__(self) -> None:
        for name in ("book_pnl", "unit_pnl"):  # planes are kept by which array they came from: nobody may write to it
            values = getattr(self, name)
            if values.flags.writeable:
                object.__setattr__(self, name, frozen(np.array(values, dtype=np.float64)))
        if self.book_pnl.size == 0 or self.unit_pnl.ndim != 2 or self.unit_pnl.shape[0] != self.book_pnl.size:
            raise InputError(
                f"scenario P&L of shapes {self.book_pnl.shape} and {self.unit_pnl.shape}",
                "give one row for each scenario, and at least one",
            )
        if not (np.all(np.isfinite(self.book_pnl)) and np.all(np.isfinite(self.unit_pnl))):
            raise InputError("scenario P&L holds a number that is not finite", "check the scenarios")
        if not 0.0 < self.weight < math.inf:
            raise InputError(f"a weight of {self.weight:g} on {self.measure.value}", "it is positive and finite")
        if self.measure is RiskMeasure.CVAR and not 0.0 <= self.level < 1.0:
            raise InputError(f"a CVaR level of {self.level:g}", "give the share that does not count: 0.95")
        if self.measure is RiskMeasure.ENTROPIC and not 0.0 < self.level < math.inf:
            raise InputError(
                f"an entropic risk aversion of {self.level:g}", "it is positive, per unit of the numeraire"
            )

    def scatter(self) -> Float64[np.ndarray, " n_instrument"]:
        """Return how far the P&L of one contract scatters, from a thousand of the scenarios: for scales alone.

        Returns
        -------
        ndarray of shape (n_instrument,)
            Standard deviations. [numeraire per contract]

        References
        ----------
        The square root of the mean squared deviation from the mean.
        """
        return np.asarray(np.std(self.unit_pnl[:: max(1, self.book_pnl.size // 1000)], axis=0))

    def at(self, x: Float64[np.ndarray, " n_instrument"]) -> float:
        """Return the weighted measure of the hedged book.

        Parameters
        ----------
        x : ndarray of shape (n_instrument,)
            Trade. [contracts]

        Returns
        -------
        float
            Weight times measure. [numeraire]

        References
        ----------
        Rockafellar, Uryasev (2002), J. Banking & Finance 26:1443, eq. 25 and Proposition 8 for discrete scenarios;
        Föllmer, Schied (2011), "Stochastic Finance", example 4.13 for the entropic measure.
        """
        losses = -(self.book_pnl + self.unit_pnl @ x)
        return self.weight * measured(self.measure, self.level, losses)


def measured(measure: RiskMeasure, level: float, losses: Float64[np.ndarray, " n_scenario"]) -> float:
    """Return a risk measure of losses that are equally likely.

    Parameters
    ----------
    measure : RiskMeasure
        Which one.
    level : float
        As in ``ScenarioRisk``. [fraction, or per numeraire]
    losses : ndarray of shape (n_scenario,)
        Losses, positive where money is lost. [numeraire]

    Returns
    -------
    float
        The measure. [numeraire]

    References
    ----------
    As ``ScenarioRisk.at``.
    """
    if measure is RiskMeasure.WORST:
        return float(losses.max())
    if measure is RiskMeasure.ENTROPIC:
        top = losses.max()
        return float(top + np.log(np.mean(np.exp(level * (losses - top)))) / level)
    count = (1.0 - level) * losses.size
    whole = min(int(count), losses.size - 1)
    worst = np.partition(losses, losses.size - whole - 1)[losses.size - whole - 1 :]
    quantile = worst[0]
    return float((worst[1:].sum() + (count - whole) * quantile) / count)
