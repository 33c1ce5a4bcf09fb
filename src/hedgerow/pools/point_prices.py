"""Prices at which a curve is asked for: checked once, for all curves."""

import numpy as np
from jaxtyping import Float64

from hedgerow.core.errors import InputError


def checked_prices(
    prices: Float64[np.ndarray, "n_point n_any"], n_token: int
) -> Float64[np.ndarray, "n_point n_token"]:
    """Refuse prices that a curve cannot be asked for.

    Parameters
    ----------
    prices : ndarray of shape (n_point, n_token)
        Prices of the tokens in one numeraire. [numeraire per token]
    n_token : int
        Number of tokens of the pool. [count]

    Returns
    -------
    ndarray of shape (n_point, n_token)
        The same prices. [numeraire per token]

    Raises
    ------
    InputError
        If a row has not one price for each token, or a price is not positive and finite.

    References
    ----------
    Rule of this house.
    """
    if prices.shape[1] != n_token:
        raise InputError(f"{prices.shape[1]} prices in a row", f"the pool has {n_token} tokens: give a price of each")
    bad = ~(np.isfinite(prices) & (prices > 0.0))
    if bad.any():
        row, token = (int(where) for where in np.argwhere(bad)[0])
        raise InputError(
            f"a price of {prices[row, token]} of token {token} in row {row}", "prices are positive and finite"
        )
    return prices
