"""How much each quote counts in a calibration, and how far estimates scatter."""

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.pricing.surface.parameters import SmileQuotes

_LIGHTEST, _HEAVIEST = 0.01, 5.0
"""Roots of weights beyond these are cut: one tight quote must not decide. [pure]"""
_FLAT, _SHARE = 1e-5, 1e-3
"""A direction in which residuals change by less than this share of the steepest is flat: derivatives are no better. A
parameter with this share in a flat direction is not determined. [pure]"""


def quote_weights(quotes: SmileQuotes) -> Float64[np.ndarray, " n_quote"]:
    """Return the weight of each quote: one over half its width squared, one for a typical quote.

    Parameters
    ----------
    quotes : SmileQuotes
        The quotes.

    Returns
    -------
    ndarray of shape (n_quote,)
        From 1e-4 to 25, and zero for a quote without a bid, whose middle says nothing. [pure]

    References
    ----------
    Seber, Wild (1989), "Nonlinear regression", section 2.1.4.
    """
    half = 0.5 * (quotes.vol_ask - quotes.vol_bid)
    some = quotes.vol_bid > 0.0
    typical = float(np.median(half[some])) if some.any() else 0.0
    if typical <= 0.0:
        return frozen(some.astype(np.float64))
    relative = np.clip(typical / np.maximum(half, 1e-300), _LIGHTEST, _HEAVIEST)
    return frozen(np.where(some, relative**2, 0.0))


def scatter(
    jacobian: Float64[np.ndarray, "n_quote n_parameter"],
) -> tuple[Float64[np.ndarray, " n_parameter"], Float64[np.ndarray, "n_parameter n_parameter"]]:
    """Return how far least-squares estimates scatter per unit of noise, and how their errors are correlated.

    Directions in which residuals do not change are told by the singular values of the Jacobian with columns of unit
    length: a parameter with a share in one is not determined.

    Parameters
    ----------
    jacobian : ndarray of shape (n_quote, n_parameter)
        Derivatives of weighted residuals. [vol per unit of the parameter]

    Returns
    -------
    tuple of (ndarray of shape (n_parameter,), ndarray of shape (n_parameter, n_parameter))
        Standard errors over the noise, infinite where undetermined; correlations, NaN there. [per vol], [pure]

    References
    ----------
    Seber, Wild (1989), "Nonlinear regression", section 3.4, on the singular value decomposition.
    """
    size = np.linalg.norm(jacobian, axis=0)
    known = size > 0.0
    _, singular, turn = np.linalg.svd(jacobian / np.where(known, size, 1.0), full_matrices=False)
    sure = singular > _FLAT * singular.max(initial=0.0)
    known &= np.abs(turn[~sure]).max(axis=0, initial=0.0) < _SHARE
    parts = turn[sure] / singular[sure, None]
    covariance = parts.T @ parts
    spread = np.sqrt(np.diag(covariance))
    alike = covariance / np.maximum(np.outer(spread, spread), 1e-300)
    alike[~known, :] = alike[:, ~known] = np.nan
    return np.where(known, spread / np.where(known, size, 1.0), np.inf), alike
