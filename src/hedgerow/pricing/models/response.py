"""What a model says that the vol of a fixed strike does when the forward moves."""

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.black76 import black76, implied_vol
from hedgerow.pricing.models.coordinates import FittedModel
from hedgerow.pricing.models.parameters import LogNormalSV
from hedgerow.pricing.models.prices import price_model

_TOLERANCE, _ROUGH_TOLERANCE = 1e-12, 1e-9
"""Of prices; log-normal SV and strikes thousands of times the forward reach no more. [fraction of the forward]"""
_FAR = 5.0
"""Rounding grows with the strike: beyond this ln(strike/forward) it passes the finer tolerance. [pure]"""
_WORTH = 1e3
"""An option worth less than so many tolerances has no vol to speak of: its vol is taken to stay. [pure]"""


def model_response(
    model: FittedModel,
    log_moneyness: Float64[np.ndarray, " n_option"],
    expiry_years: Float64[np.ndarray, " n_option"],
    *,
    minimum_variance: bool,
) -> Float64[np.ndarray, " n_option"]:
    """Return what the vol of a fixed strike does per unit of the forward's relative move, as the model has it.

    It is (delta - delta_BS)/(vega/F) at the model's own vol, so that a desk that marks an option at another vol than
    the model's takes over the move of the vol, not its level.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.
    log_moneyness, expiry_years : ndarray of shape (n_option,)
        ln(strike/forward), and time to expiry. [pure], [years, Act/365]
    minimum_variance : bool
        True for the move that is expected, given that of the forward; False for the state of the vol held.

    Returns
    -------
    ndarray of shape (n_option,)
        d sigma_K / d ln F; zero where the option is worth less than 1e-9 of the
        forward, under log-normal SV or
        beside strikes of 150 times the forward 1e-6. [vol per unit of ln F]

    Raises
    ------
    InputError
        If the model's jumps have no second moment, so that no hedge has a least variance.
    TransformError
        If the model cannot be priced.

    References
    ----------
    Alexander, Nogueira (2007), "Model-free hedge ratios and scale-invariant models", J. Banking & Finance 31:1839,
    doi 10.1016/j.jbankfin.2006.11.011, eq. 9 to 12.
    """
    strike, is_call = np.exp(log_moneyness), log_moneyness >= 0.0
    far = bool(np.any(log_moneyness > _FAR))
    tolerance = _ROUGH_TOLERANCE if far or isinstance(model, LogNormalSV) else _TOLERANCE
    greeks = price_model(model, 1.0, strike, expiry_years, is_call, inverse=False, tolerance=tolerance)
    delta = greeks.minimum_variance_delta if minimum_variance else greeks.delta
    if not np.isfinite(delta).all():
        name = type(model).__name__
        advice = "lower jump_correlation·variance_jump_mean below 0.5"
        raise InputError(f"{name}: its jumps have no second moment", advice)
    response = np.zeros(log_moneyness.size)
    worth = np.flatnonzero(greeks.price > _WORTH * tolerance)
    if worth.size:
        terms = (1.0, strike[worth], expiry_years[worth])
        vol, _ = implied_vol(greeks.price[worth], *terms, is_call[worth], inverse=False)
        black = black76(*terms, vol, is_call[worth], inverse=False)
        response[worth] = (delta[worth] - black.delta) / black.vega
    return response
