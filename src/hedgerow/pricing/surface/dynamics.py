"""How the vol at the money moves with the forward, as the surface itself implies it.

At first order in vol of vol the skew S_T at the money and the response of the vol at the money to the forward both
follow from one covariance of spot and forward variances, so that, for a flat term structure of vols,

    d sigma_ATM(T) / d ln F = (1/T)·d(T²·S_T)/dT = 2·S_T + dS_T/d ln T.

For a skew that falls as T^-g it is (2 - g)·S_T: twice the skew for short expiries, the skew itself (sticky strike) for
a skew that falls as 1/T.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.surface.surface import Surface

_WIDTH: Final = 1.0
"""Width of the local regression of the skew on ln T: expiries within a factor of e count. [pure]"""

_MOST: Final = 2.1
"""Largest answer over the skew: 2 where the skew is flat in time, and a little for one that still grows. [pure]"""


def atm_response(surface: Surface, expiry_years: ArrayLike) -> Float64[np.ndarray, " n_point"]:
    """Return how the vol at the money answers a relative move of the forward.

    The skew and its slope in ln T come from a local linear regression over the expiries of the surface, weighted by
    distance in ln T: a slope from two neighbours alone would be noise. The answer is kept between the skew of the
    expiry itself and little more than twice it, where the formula puts it for every skew that falls no faster than
    1/T: the regression reaches over expiries of another regime. Beyond the last expiry it falls as 1/T, as the
    surface's skew does there.

    Parameters
    ----------
    surface : Surface
        The surface.
    expiry_years : array_like of shape (n_point,)
        Times to expiry, positive. [years, Act/365]

    Returns
    -------
    ndarray of shape (n_point,)
        d sigma_ATM / d ln F. [vol per unit of ln F]

    Raises
    ------
    InputError
        If a time is not positive.

    References
    ----------
    Bergomi (2009), "Smile dynamics IV", Risk, December 2009: skew-stickiness ratio R_T = 2 + d ln S_T/d ln T at first
    order in vol of vol; Bergomi (2016), "Stochastic Volatility Modeling", section 9.2.
    """
    years = np.atleast_1d(np.asarray(expiry_years, dtype=np.float64))
    if not np.all((years > 0.0) & np.isfinite(years)):
        raise InputError(f"times to expiry {years.tolist()}", "give positive, finite years")
    inside = np.clip(years, surface.expiry_years[0], surface.expiry_years[-1])
    own = surface.points(np.zeros(inside.size), inside).skew
    found = _regressed(surface, np.log(inside))
    kept = np.clip(found, np.minimum(own, _MOST * own), np.maximum(own, _MOST * own))
    return np.asarray(kept * np.minimum(surface.expiry_years[-1] / years, 1.0))


def _regressed(surface: Surface, log_years: Float64[np.ndarray, " n_point"]) -> Float64[np.ndarray, " n_point"]:
    """Return 2·S + dS/d ln T from local lines through the skews of the expiries; 1.5·S where there is one expiry."""
    at = np.log(surface.expiry_years)
    skew = surface.points(np.zeros(at.size), surface.expiry_years).skew
    if at.size == 1:
        return np.full(log_years.shape, 1.5 * skew[0])
    weight = np.exp(-0.5 * ((log_years[:, None] - at) / _WIDTH) ** 2)
    total = weight.sum(axis=1)
    mean_x, mean_s = weight @ at / total, weight @ skew / total
    spread = (weight * (at - mean_x[:, None]) ** 2).sum(axis=1)
    slope = (weight * (at - mean_x[:, None]) * (skew - mean_s[:, None])).sum(axis=1) / spread
    return np.asarray(2.0 * (mean_s + slope * (log_years - mean_x)) + slope)
