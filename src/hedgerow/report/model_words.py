"""What the parameters of each model are called on a report, in which units, and what a desk reads from them."""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Merton, Model

PER_ROOT: Final = "per √year"


class Words(NamedTuple):
    """How a parameter is told.

    Parameters
    ----------
    meaning : str
        What it is.
    unit : str
        Its unit.
    """

    meaning: str
    unit: str


_SHARED: Final = {
    "v0": Words("variance now", "per year"),
    "kappa": Words("speed at which the variance reverts", "per year"),
    "theta": Words("variance that it reverts to", "per year"),
    "vol_of_vol": Words("vol of the variance", "per year"),
    "rho": Words("correlation of variance and forward", "pure"),
    "vol": Words("vol between jumps", PER_ROOT),
    "jump_intensity": Words("jumps expected", "per year"),
    "jump_mean": Words("mean jump of ln F", "pure"),
    "jump_vol": Words("standard deviation of a jump of ln F", "pure"),
    "variance_jump_mean": Words("mean jump of the variance", "per year"),
    "jump_correlation": Words("what a unit of variance jump adds to the jump of ln F", "years"),
}
_OWN: Final[dict[type[Model], dict[str, Words]]] = {
    SVCJ: {"jump_mean": Words("mean jump of ln F where the variance does not jump", "pure")},
    SABR: {
        "alpha": Words("vol now", PER_ROOT),
        "beta": Words("how the vol depends on the level of the forward", "pure"),
        "vol_of_vol": Words("vol of the vol", PER_ROOT),
        "rho": Words("correlation of vol and forward", "pure"),
    },
    LogNormalSV: {
        "vol0": Words("vol now", PER_ROOT),
        "theta": Words("vol that it reverts to", PER_ROOT),
        "kappa1": Words("linear speed at which the vol reverts", "per year"),
        "kappa2": Words("quadratic speed", "per year and unit of vol"),
        "beta": Words("relative move of the vol with the forward", PER_ROOT),
        "vol_of_vol": Words("vol of the vol that is its own", PER_ROOT),
    },
}


def words_of(kind: type[Model], name: str) -> Words:
    """Return how a parameter is told.

    Parameters
    ----------
    kind : type
        The model.
    name : str
        The parameter.

    Returns
    -------
    Words
        Meaning and unit. [text]
    """
    return _OWN.get(kind, {}).get(name) or _SHARED[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a desk reads from the parameters of a model; NaN where the model has no such thing.

    Parameters
    ----------
    vol_now : float
        Vol between jumps, now. [fraction per square root of a year]
    vol_long_run : float
        Square root of the variance expected in the long run, jumps of the variance included, those of the forward not;
        log-normal SV: the vol that it reverts to. [fraction per square root of a year]
    vol_long_run_with_jumps : float
        The same with the variance of the forward's jumps; NaN without jumps. [fraction per square root of a year]
    half_life_days : float
        Time in which half of a small deviation from the long run goes. [days]
    feller : float
        2·kappa·theta/vol_of_vol²: from 1 on the variance stays away from zero. [pure]
    jumps_per_year : float
        Jumps expected. [per year]
    mean_jump_percent : float
        Mean relative jump of the forward. [0.01]
    """

    vol_now: float = math.nan
    vol_long_run: float = math.nan
    vol_long_run_with_jumps: float = math.nan
    half_life_days: float = math.nan
    feller: float = math.nan
    jumps_per_year: float = math.nan
    mean_jump_percent: float = math.nan


def read(model: Model) -> Readings:
    """Read what a desk wants to know from a model.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ, SABR or LogNormalSV
        The model.

    Returns
    -------
    Readings
        SABR has its vol only, times forward^(beta - 1). [desk units]
    """
    match model:
        case SABR():
            return Readings(vol_now=model.alpha)
        case LogNormalSV():
            speed = model.kappa1 + model.kappa2 * model.theta
            return Readings(vol_now=model.vol0, vol_long_run=model.theta, half_life_days=_half_life(speed))
        case Merton():
            held = model.vol**2
            return _with_jumps(model, Readings(vol_now=model.vol, vol_long_run=model.vol), held)
    jumps = model.jump_intensity * model.variance_jump_mean / model.kappa if isinstance(model, SVCJ) else 0.0
    held = model.theta + jumps
    plain = Readings(
        vol_now=math.sqrt(model.v0),
        vol_long_run=math.sqrt(held),
        half_life_days=_half_life(model.kappa),
        feller=2.0 * model.kappa * model.theta / model.vol_of_vol**2 if model.vol_of_vol else math.inf,
    )
    return plain if isinstance(model, Heston) else _with_jumps(model, plain, held)


def _half_life(speed: float) -> float:
    return DAYS_PER_YEAR * math.log(2.0) / speed if speed > 0.0 else math.inf


def _with_jumps(model: Bates | Merton | SVCJ, plain: Readings, held: float) -> Readings:
    """Add the jumps of the forward; given a jump Y of the variance theirs is normal, its mean linear in Y."""
    slope = model.jump_correlation * model.variance_jump_mean if isinstance(model, SVCJ) else 0.0
    second = (model.jump_mean + slope) ** 2 + slope**2 + model.jump_vol**2
    growth = math.exp(model.jump_mean + 0.5 * model.jump_vol**2) / (1.0 - slope)
    return Readings(
        vol_now=plain.vol_now,
        vol_long_run=plain.vol_long_run,
        vol_long_run_with_jumps=math.sqrt(held + model.jump_intensity * second),
        half_life_days=plain.half_life_days,
        feller=plain.feller,
        jumps_per_year=model.jump_intensity,
        mean_jump_percent=100.0 * (growth - 1.0),
    )
