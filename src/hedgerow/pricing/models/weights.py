"""How much each quote counts in a calibration."""

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.pricing.surface.parameters import SmileQuotes

_LIGHTEST, _HEAVIEST = 0.01, 5.0
"""Roots of weights beyond these are cut: one tight quote must not decide. [pure]"""


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
