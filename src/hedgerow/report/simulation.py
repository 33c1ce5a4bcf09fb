"""``SimulationReport``: what policies came to on simulated paths; ``to_dict()`` for machines."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.report.policy_frontier import PolicyFrontier
from hedgerow.report.published import PublishedFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSplit:
    """Mean costs of a path.

    Parameters
    ----------
    proportional, fixed, impact : float
        Of each kind. [report unit]
    """

    proportional: float
    fixed: float
    impact: float

    @property
    def total(self) -> float:
        """All of them. [report unit]"""
        return self.proportional + self.fixed + self.impact


@dataclass(frozen=True, slots=True, kw_only=True)
class LossBins:
    """How losses are spread, for a picture.

    Parameters
    ----------
    edges : ndarray of shape (n_bin + 1,)
        Of the bins, the same for all policies. [report unit]
    counts : ndarray of shape (n_policy, n_bin)
        Paths in each. [count]
    beyond : ndarray of shape (n_policy, 2)
        Paths below the first edge and above the last. [count]
    """

    edges: Float64[np.ndarray, " n_edge"]
    counts: Float64[np.ndarray, "n_policy n_bin"]
    beyond: Float64[np.ndarray, "n_policy 2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFigures:
    """One policy. Losses are positive, costs included; a figure that does not exist is NaN here and null in JSON.

    Parameters
    ----------
    kind, name : str
        Its kind; its name.
    parameters : dict
        Its keys, those included that the study filled in.
    mean, std, cvar, certainty_equivalent : float
        Of losses above the model price. [report unit]
    mean_error, std_error, cvar_error, certainty_equivalent_error : float
        Their standard errors. [report unit]
    objective, standard_error : float
        What the study minimises, and its standard error. [report unit]
    trades, turnover : float
        Mean count; mean value traded. [count], [money]
    costs : CostSplit
        Where the costs come from.
    difference, difference_error : float
        Objective less that of the first policy, on the same paths. [report unit]
    gap, gap_error : float
        Objective less that of the optimum, on the same paths; NaN where none is listed or known. [report unit]
    grid_error : float
        What the policy's own program is off by. [report unit]
    notes : tuple of str
        What a reader must know. [text]
    """

    kind: str
    name: str
    parameters: dict[str, Any]
    mean: float
    std: float
    cvar: float
    certainty_equivalent: float
    mean_error: float
    std_error: float
    cvar_error: float
    certainty_equivalent_error: float
    objective: float
    standard_error: float
    trades: float
    turnover: float
    costs: CostSplit
    difference: float
    difference_error: float
    gap: float
    gap_error: float
    grid_error: float
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            As ``docs/simulate-json.md`` describes it. [report unit]
        """
        costs, split = self.costs, ("proportional", "fixed", "impact", "total")
        return {
            "kind": self.kind,
            "name": self.name,
            "parameters": dict(self.parameters),
            "mean": self.mean,
            "mean_standard_error": self.mean_error,
            "std": self.std,
            "std_standard_error": self.std_error,
            "objective": _known(self.objective),
            "standard_error": _known(self.standard_error),
            "certainty_equivalent": _known(self.certainty_equivalent),
            "certainty_equivalent_standard_error": _known(self.certainty_equivalent_error),
            "cvar": _known(self.cvar),
            "cvar_standard_error": _known(self.cvar_error),
            "trades": self.trades,
            "turnover": self.turnover,
            "costs": {name: getattr(costs, name) for name in split},
            "difference": _known(self.difference),
            "difference_standard_error": _known(self.difference_error),
            "gap_to_exact": _known(self.gap),
            "gap_standard_error": _known(self.gap_error),
            "grid_error": self.grid_error,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """A study on simulated paths.

    Parameters
    ----------
    name : str
        For people.
    model : dict
        The ``[model]`` or ``[resample]`` table as read.
    settlement, money : str
        ``linear`` or ``inverse``; in what money is counted: ``quote`` or ``coin``.
    unit : str
        ``percent_of_premium`` or ``money``: the report unit.
    spot : float
        Price of the coin at the start. [quote per coin]
    premium, worth : float
        Price of the options, its size; of all that is held, signed. [money]
    objective : dict
        ``kind`` and its parameters.
    steps : int
        Dates at which one may trade. [count]
    horizon_days, days_per_year : float
        Length of the paths, and the days of a year. [days]
    hedge_vol : float
        Vol at which deltas are taken, the mean over what is held. [fraction per square root of a year]
    paths, seed : int
        How many paths, and which. [count], [none]
    policies : tuple of PolicyFigures
        In the order of the study.
    notes : tuple of str
        What a reader must know. [text]
    bins : LossBins or None
        How the losses of the policies are spread.
    published : tuple of PublishedFigure
        Figures beside those that were published.
    frontier : PolicyFrontier or None
        The policies at many settings, if that was asked for.
    returns : dict or None
        Span, count, holes and vol of the returns that were drawn again; None under a model.
    """

    name: str
    model: dict[str, Any]
    settlement: str
    money: str
    unit: str
    spot: float
    premium: float
    worth: float
    objective: dict[str, Any]
    steps: int
    horizon_days: float
    days_per_year: float
    hedge_vol: float
    paths: int
    seed: int
    policies: tuple[PolicyFigures, ...]
    notes: tuple[str, ...] = ()
    bins: LossBins | None = None
    published: tuple[PublishedFigure, ...] = ()
    frontier: PolicyFrontier | None = None
    returns: dict[str, Any] | None = None

    @property
    def unit_name(self) -> str:
        """The report unit in words. [text]"""
        if self.unit == "percent_of_premium":
            return "% of the premium"
        return "coin" if self.money == "coin" else "quote currency"

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines.

        Returns
        -------
        dict
            As ``docs/simulate-json.md`` describes it. [report unit]
        """
        return {
            "name": self.name,
            "model": dict(self.model),
            "returns": None if self.returns is None else dict(self.returns),
            "settlement": self.settlement,
            "money": self.money,
            "unit": self.unit,
            "spot": self.spot,
            "premium": self.premium,
            "worth": self.worth,
            "objective": dict(self.objective),
            "steps": self.steps,
            "horizon_days": self.horizon_days,
            "days_per_year": self.days_per_year,
            "hedge_vol": self.hedge_vol,
            "paths": self.paths,
            "seed": self.seed,
            "policies": [policy.to_dict() for policy in self.policies],
            "published": [figure.to_dict() for figure in self.published],
            "notes": list(self.notes),
            "frontier": None if self.frontier is None else self.frontier.to_dict(),
        }

    def to_html(self) -> str:
        """Return the report as one page, without scripts or links.

        Returns
        -------
        str
            A whole document. [HTML]

        Raises
        ------
        InputError
            If matplotlib is not installed.
        """
        from hedgerow.report.simulation_page import simulation_page

        return simulation_page(self)

    def __str__(self) -> str:
        from hedgerow.report.render_simulation import simulation_text

        return simulation_text(self)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
