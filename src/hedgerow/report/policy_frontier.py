"""Cost against risk of policies at many settings, and what each saves at the risk of a clock: for machines."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPolicy:
    """One policy at one setting, or one without a parameter.

    Parameters
    ----------
    setting : float or None
        Its parameter, None if it has none. [as the parameter]
    deviation, deviation_error : float
        Standard deviation of the loss, and its standard error. [report unit]
    mean : float
        Mean loss. [report unit]
    cost, cost_error : float
        Mean trading cost of a path, and its standard error. [report unit]
    trades : float
        Mean number of trades of a path. [count]
    added : bool
        Whether nobody asked for this setting: it narrows down where the curve has the clock's risk. [bool]
    beaten : bool
        Whether another setting of the same policy costs no more and risks no more, and one of both less. [bool]
    """

    setting: float | None
    deviation: float
    deviation_error: float
    mean: float
    cost: float
    cost_error: float
    trades: float
    added: bool = False
    beaten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierCurve:
    """A policy at all of its settings, on the same paths.

    Parameters
    ----------
    name : str
        Of the policy in the study. [name]
    kind : str
        Of the policy. [name]
    parameter : str or None
        What is varied, None if there is nothing. [name]
    points : tuple of FrontierPolicy
        By rising setting.
    """

    name: str
    kind: str
    parameter: str | None
    points: tuple[FrontierPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What a policy needs at the risk of the clock, between two of its settings.

    Parameters
    ----------
    name : str
        Of the policy. [name]
    setting : float or None
        Where its curve has that risk; None if it does not get there. [as the parameter]
    cost, trades : float or None
        Mean cost and number of trades there. [report unit], [count]
    less_cost, less_cost_error : float or None
        Share of the clock's cost that it saves, and its standard error, that of the interpolation included. [fraction]
    fewer_trades, fewer_trades_error : float or None
        Share of the clock's trades that it saves, and its error likewise. [fraction]
    lowest, highest : float
        Standard deviations between which its curve lies. [report unit]
    """

    name: str
    setting: float | None
    cost: float | None
    trades: float | None
    less_cost: float | None
    less_cost_error: float | None
    fewer_trades: float | None
    fewer_trades_error: float | None
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFrontier:
    """Cost against risk for all policies of a study at once.

    Parameters
    ----------
    unit : str
        In what costs and deviations are stated. [name]
    every_hours : float
        The interval of the clock that everything is compared with. [hours]
    clock : FrontierPolicy
        Hedging by that clock.
    curves : tuple of FrontierCurve
        In the order of the study.
    savings : tuple of Saving
        One for each policy with a parameter, clocks left out.
    notes : tuple of str
        What could not be compared, and why. [text]
    """

    unit: str
    every_hours: float
    clock: FrontierPolicy
    curves: tuple[FrontierCurve, ...]
    savings: tuple[Saving, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything for machines: what ``--json`` prints under ``frontier``.

        Returns
        -------
        dict
            Plain values. [report unit, counts, fractions]
        """
        return {
            "unit": self.unit,
            "compare_every_hours": self.every_hours,
            "clock": _point(self.clock),
            "curves": [
                {
                    "name": curve.name,
                    "kind": curve.kind,
                    "parameter": curve.parameter,
                    "points": [
                        _point(point) | {"added": point.added, "beaten": point.beaten} for point in curve.points
                    ],
                }
                for curve in self.curves
            ],
            "savings": [{name: getattr(saving, name) for name in saving.__slots__} for saving in self.savings],
            "notes": list(self.notes),
        }


def _point(point: FrontierPolicy) -> dict[str, Any]:
    return {
        "setting": point.setting,
        "std": point.deviation,
        "std_error": point.deviation_error,
        "mean": point.mean,
        "cost": point.cost,
        "cost_error": point.cost_error,
        "trades": point.trades,
    }
