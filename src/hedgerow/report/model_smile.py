"""The smile of a model: prices on a forward of one, and the vols that they imply."""

from typing import Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.pricing.black76 import implied_vol
from hedgerow.pricing.models import LogNormalSV, Model, price_model

_TOLERANCE, _SLOW_TOLERANCE = 1e-10, 1e-7
"""Of prices; the second one where each price takes the solution of an equation. [fraction of the forward]"""
_CLEAR: Final = 10.0
"""A price below so many times its error is taken to be that. [pure]"""


class Smile(NamedTuple):
    """Options out of the money on a forward of one.

    Parameters
    ----------
    price : ndarray of shape (n_point,)
        Puts below the forward, calls from it on. [forward]
    vol : ndarray of shape (n_point,)
        What they imply, of a price that is lost in its error at most what it could be: a miss is not hidden by having
        no vol. [fraction per square root of a year]
    """

    price: Float64[np.ndarray, " n_point"]
    vol: Float64[np.ndarray, " n_point"]


def smile_of(model: Model, k: Float64[np.ndarray, " n_point"], years: Float64[np.ndarray, " n_point"]) -> Smile:
    """Return the smile of a model.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ, SABR or LogNormalSV
        The model; SABR as fitted to a forward of one.
    k : ndarray of shape (n_point,)
        ln(strike/forward). [pure]
    years : ndarray of shape (n_point,)
        Times to expiry. [years, Act/365]

    Returns
    -------
    Smile
        Prices and vols. [forward], [fraction per square root of a year]

    Raises
    ------
    TransformError
        If the model cannot be priced to 1e-10 of the forward, log-normal SV to 1e-7.
    """
    strike, is_call = np.exp(k), k >= 0.0
    tolerance = _SLOW_TOLERANCE if isinstance(model, LogNormalSV) else _TOLERANCE
    found = price_model(model, 1.0, strike, years, is_call, inverse=False, tolerance=tolerance)
    clear = np.fmax(found.price, _CLEAR * found.error)  # SABR states no error
    vol, _ = implied_vol(clear, 1.0, strike, years, is_call, inverse=False)
    return Smile(price=found.price, vol=vol)
