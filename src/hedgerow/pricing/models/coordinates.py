"""Parameters of models as free numbers for a search, within a box."""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.models.parameters import SVCJ, Bates, Heston, LogNormalSV, Merton

FittedModel = Heston | Bates | Merton | SVCJ | LogNormalSV
"""Models that one set of parameters fits to all expiries."""

KINDS: Final[dict[str, type[FittedModel]]] = {
    "heston": Heston,
    "bates": Bates,
    "merton": Merton,
    "svcj": SVCJ,
    "lognormal_sv": LogNormalSV,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """One parameter: how it is made free, and between which values it is looked for. [as the parameter]"""

    scale: Literal["log", "tanh", "plain"]
    low: float
    high: float

    def free(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        return math.log(value) if self.scale == "log" else math.atanh(value) if self.scale == "tanh" else value

    def value(self, free: float) -> float:
        value = math.exp(free) if self.scale == "log" else math.tanh(free) if self.scale == "tanh" else free
        return float(min(max(value, self.low), self.high))

    def slope(self, value: float) -> float:
        """Return d value/d free."""
        return value if self.scale == "log" else 1.0 - value**2 if self.scale == "tanh" else 1.0


_AXES: Final = {
    "v0": _Axis(scale="log", low=1e-5, high=25.0),
    "kappa": _Axis(scale="log", low=0.01, high=100.0),
    "theta": _Axis(scale="log", low=1e-5, high=25.0),
    "vol_of_vol": _Axis(scale="log", low=1e-3, high=30.0),
    "rho": _Axis(scale="tanh", low=-0.99, high=0.99),
    "vol": _Axis(scale="log", low=0.01, high=5.0),
    "jump_intensity": _Axis(scale="log", low=0.01, high=300.0),
    "jump_mean": _Axis(scale="plain", low=-1.5, high=1.5),
    "jump_vol": _Axis(scale="log", low=1e-3, high=1.5),
    "variance_jump_mean": _Axis(scale="log", low=1e-4, high=10.0),
    "jump_correlation": _Axis(scale="plain", low=-3.0, high=3.0),
    "vol0": _Axis(scale="log", low=0.01, high=5.0),
    "kappa1": _Axis(scale="log", low=0.01, high=100.0),
    "beta": _Axis(scale="plain", low=-3.0, high=3.0),
}

_MOST_TILT: Final = 0.4
"""Largest jump_correlation·variance_jump_mean: at 0.5 jumps of F lose their second moment. [pure]"""

_NARROWER: Final = {
    ("lognormal_sv", "theta"): _Axis(scale="log", low=0.02, high=5.0),
    ("lognormal_sv", "kappa1"): _Axis(scale="log", low=0.05, high=40.0),
    ("lognormal_sv", "vol_of_vol"): _Axis(scale="log", low=0.01, high=6.0),
}
"""Where a name means something else, or prices are out of reach beyond."""


def _axis(kind: str, name: str) -> _Axis:
    return _NARROWER.get((kind, name), _AXES[name])


def names_of(kind: str) -> tuple[str, ...]:
    """Return the parameters of a kind that a calibration looks for.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.

    Returns
    -------
    tuple of str
        Names of fields; log-normal SV's ``kappa2`` follows from the others. [name]

    Raises
    ------
    InputError
        If the kind is unknown.
    """
    if kind not in KINDS:
        raise InputError(f"the model {kind!r}", f"give one of {', '.join(KINDS)}")
    return tuple(name for name in KINDS[kind].__struct_fields__ if name != "kappa2")


def free_of(model: FittedModel) -> Float64[np.ndarray, " n_parameter"]:
    """Return the free numbers of a model, inside the box.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.

    Returns
    -------
    ndarray of shape (n_parameter,)
        Logarithms of positive parameters, atanh of correlations. [pure]
    """
    kind = str(model.__struct_config__.tag)
    return np.array([_axis(kind, name).free(getattr(model, name)) for name in names_of(kind)])


def model_at(kind: str, x: Float64[np.ndarray, " n_parameter"]) -> FittedModel:
    """Return the model at free numbers.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    x : ndarray of shape (n_parameter,)
        Free numbers. [pure]

    Returns
    -------
    Heston, Bates, Merton, SVCJ or LogNormalSV
        The model. [as its parameters]
    """
    values: dict[str, Any] = {name: _axis(kind, name).value(free) for name, free in zip(names_of(kind), x, strict=True)}
    if kind == "svcj":  # the mean of exp(J_x) must exist, and with room to spare
        values["jump_correlation"] = min(values["jump_correlation"], _MOST_TILT / values["variance_jump_mean"])
    if kind == "lognormal_sv":
        values["kappa2"] = max(values["kappa1"] / values["theta"], values["beta"])
    return KINDS[kind](**values)


def box(kind: str) -> tuple[Float64[np.ndarray, " n_parameter"], Float64[np.ndarray, " n_parameter"]]:
    """Return the least and the largest free numbers.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.

    Returns
    -------
    tuple of (ndarray, ndarray)
        Of shape (n_parameter,) each. [pure]
    """
    axes = [_axis(kind, name) for name in names_of(kind)]
    return np.array([axis.free(axis.low) for axis in axes]), np.array([axis.free(axis.high) for axis in axes])


def slopes(kind: str, model: FittedModel) -> Float64[np.ndarray, " n_parameter"]:
    """Return what a unit of each free number does to its parameter.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        Where.

    Returns
    -------
    ndarray of shape (n_parameter,)
        Derivatives. [as the parameters]
    """
    return np.array([_axis(kind, name).slope(getattr(model, name)) for name in names_of(kind)])


def at_bound(kind: str, model: FittedModel) -> tuple[str, ...]:
    """Return the parameters that lie at an edge of the box.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.

    Returns
    -------
    tuple of str
        Names. [name]
    """
    low, high = box(kind)
    x = free_of(model)
    near = 1e-3 * (high - low)
    held = isinstance(model, SVCJ) and model.jump_correlation * model.variance_jump_mean >= 0.999 * _MOST_TILT
    return tuple(
        name
        for i, name in enumerate(names_of(kind))
        if x[i] <= low[i] + near[i] or x[i] >= high[i] - near[i] or (held and name == "jump_correlation")
    )


def natural_size(model: FittedModel, name: str) -> float:
    """Return what would be a large value of a parameter, to hold its error bar against.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.
    name : str
        The parameter. [name]

    Returns
    -------
    float
        Of positive parameters their own value; of those that may vanish one that would matter. [as the parameter]
    """
    value = abs(float(getattr(model, name)))
    match name, model:
        case "rho", _:
            return max(value, 0.3)
        case "jump_mean", Bates() | Merton() | SVCJ():
            return max(value, model.jump_vol)
        case "jump_correlation", SVCJ():
            return max(value, model.jump_vol / model.variance_jump_mean)
        case "beta", LogNormalSV():
            return max(value, 0.3 * model.vol_of_vol)
        case _:
            return value
