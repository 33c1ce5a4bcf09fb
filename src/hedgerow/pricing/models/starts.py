"""Where a calibration starts: from vols at the money, and from the fit of a simpler model."""

import itertools
import math

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.pricing.models.coordinates import FittedModel
from hedgerow.pricing.models.parameters import SVCJ, Bates, Heston, LogNormalSV, Merton

_CALMER = ((1.0, 1.0, 1.0), (0.7, 1.0, 0.6), (0.9, 0.3, 0.4))
"""Shares of the variances, of the mean reversion and of the vol of vol that jumps may leave to the diffusion."""
_LEAPS = tuple(
    (often, mean, size)
    for size, choices in {
        0.03: ((20.0, 0.0), (100.0, 0.0)),
        0.1: ((2.0, -0.1), (2.0, 0.1), (20.0, -0.1), (20.0, 0.1)),
        0.5: ((0.25, -0.2), (0.25, 0.1), (1.0, -0.1)),
    }.items()
    for often, mean in choices
)
"""Jumps a year, their mean and their standard deviation: many small ones, some, a few large ones."""


def simpler(kind: str) -> str | None:
    """Return the kind whose fit a calibration starts from.

    Parameters
    ----------
    kind : str
        A kind of model.

    Returns
    -------
    str or None
        None if it needs no such help. [name]
    """
    return {"bates": "heston", "svcj": "bates"}.get(kind)


def starts(
    kind: str,
    k: Float64[np.ndarray, " n_quote"],
    years: Float64[np.ndarray, " n_quote"],
    vol: Float64[np.ndarray, " n_quote"],
    fitted: FittedModel | None,
) -> list[FittedModel]:
    """Return models to try, none of them good.

    Parameters
    ----------
    kind : str
        A kind of model.
    k, years, vol : ndarray of shape (n_quote,)
        Log-moneyness, times to expiry and vols of quotes. [pure], [years], [fraction per square root of a year]
    fitted : model or None
        The fit of the simpler kind, where there is one.

    Returns
    -------
    list of models
        Of that kind. [as their parameters]
    """
    near, far = _level(k, years, vol, float(years.min())), _level(k, years, vol, float(years.max()))
    typical = float(np.median(vol))
    match kind, fitted:
        case "heston", _:
            return [
                Heston(v0=near**2, kappa=kappa, theta=far**2, vol_of_vol=ratio * far * math.sqrt(kappa), rho=rho)
                for kappa, ratio, rho in itertools.product((0.5, 2.0, 8.0), (0.7, 1.5, 3.0), (-0.5, 0.0, 0.4))
            ]
        case "merton", _:
            return [
                Merton(vol=share * typical, jump_intensity=often, jump_mean=mean, jump_vol=0.15)
                for share, often, mean in itertools.product((0.5, 0.8), (1.0, 5.0, 30.0), (-0.1, 0.0, 0.1))
            ]
        case "bates", Heston() as h:
            return [
                Bates(
                    v0=share * h.v0,
                    kappa=slow * h.kappa,
                    theta=share * h.theta,
                    vol_of_vol=calm * h.vol_of_vol,
                    rho=h.rho,
                    jump_intensity=often,
                    jump_mean=mean,
                    jump_vol=size,
                )
                for (share, slow, calm), (often, mean, size) in itertools.product(_CALMER, _LEAPS)
            ]
        case "svcj", Bates() as b:
            shared = {name: getattr(b, name) for name in Bates.__struct_fields__}
            return [
                SVCJ(**{**shared, **change}, variance_jump_mean=mean, jump_correlation=tie)
                for change, mean, tie in itertools.product(
                    (
                        {},
                        {"jump_intensity": 1.0, "jump_mean": -0.05, "jump_vol": 0.1},
                        {"jump_intensity": 1.0, "jump_mean": -0.05, "jump_vol": 0.4, "kappa": min(b.kappa, 25.0)},
                    ),
                    (1e-3, 0.1, 0.5, 3.0),
                    (-0.1, 0.1),
                )
            ]
        case _:
            return [
                LogNormalSV(
                    vol0=near, theta=far, kappa1=kappa, kappa2=max(kappa / far, beta), beta=beta, vol_of_vol=own
                )
                for kappa, beta, own in itertools.product((1.0, 4.0), (-0.5, 0.0, 0.5), (0.7, 1.5))
            ]


def _level(
    k: Float64[np.ndarray, " n_quote"],
    years: Float64[np.ndarray, " n_quote"],
    vol: Float64[np.ndarray, " n_quote"],
    when: float,
) -> float:
    """Return the vol at the money of one expiry, as its nearest quote has it."""
    some = np.flatnonzero(years == when)
    return float(vol[some[np.argmin(np.abs(k[some]))]])
