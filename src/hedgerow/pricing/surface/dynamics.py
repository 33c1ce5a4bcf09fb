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
from hedgerow.pricing.surface.surface import Surface

_WIDTH: Final = 1.0
"""Width of the local regression of the skew on ln T: expiries within a factor of e count. [pure]"""


def atm_response(surface: Surface, expiry_years: ArrayLike) -> Float64[np.ndarray, " n_point"]:
    """Return how the vol at the money answers a relative move of the forward.

    The skew and its slope in ln T come from a local linear regression over the expiries of the surface, weighted by
    distance in ln T: a slope from two neighbours alone would be noise. With one expiry its slope counts as that of a
    skew that falls as the square root of time.

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

    References
    ----------
    Bergomi (2009), "Smile dynamics IV", Risk, December 2009: skew-stickiness ratio R_T = 2 + d ln S_T/d ln T at first
    order in vol of vol; Bergomi (2016), "Stochastic Volatility Modeling", section 9.2.
    """
    years = np.atleast_1d(np.asarray(expiry_years, dtype=np.float64))
    at = np.log(surface.expiry_years)
    skew = surface.points(np.zeros(at.size), surface.expiry_years).skew
    if at.size == 1:
        return np.full(years.shape, 1.5 * skew[0])
    inside = np.clip(np.log(years), at[0], at[-1])
    weight = np.exp(-0.5 * ((inside[:, None] - at) / _WIDTH) ** 2)
    total = weight.sum(axis=1)
    mean_x, mean_s = weight @ at / total, weight @ skew / total
    spread = (weight * (at - mean_x[:, None]) ** 2).sum(axis=1)
    slope = (weight * (at - mean_x[:, None]) * (skew - mean_s[:, None])).sum(axis=1) / spread
    level = mean_s + slope * (inside - mean_x)
    return np.asarray(2.0 * level + slope)
