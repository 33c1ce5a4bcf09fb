"""The port of the room: what a pool is worth at prices of its tokens, and how that changes.

The value is V(p) = min over the pool's invariant of the sum of p_i·x_i: arbitrage leaves the pool where it is worth
least. So (envelope theorem) the derivative in p_i is x_i itself, the amount of token i that a burn would pay, and the
matrix of second derivatives is negative semidefinite; V grows in proportion to all prices together.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A whole pool, or one position, at some sets of prices.

    Parameters
    ----------
    value : ndarray of shape (n_point,)
        What a burn would pay, valued at those prices. [numeraire]
    amounts : ndarray of shape (n_point, n_token)
        Tokens that a burn would pay: the delta to each token. [tokens]
    gamma : ndarray of shape (n_point, n_token, n_token)
        Derivatives of the amounts in the prices. [tokens per unit of price]
    speed : ndarray of shape (n_point, n_token)
        Third derivative of the value in a token's own price. [tokens per unit of price²]
    """

    value: Float64[np.ndarray, "n_point"]
    amounts: Float64[np.ndarray, "n_point n_token"]
    gamma: Float64[np.ndarray, "n_point n_token n_token"]
    speed: Float64[np.ndarray, "n_point n_token"]


@runtime_checkable
class Curve(Protocol):
    """The curve of a pool or of one position, in whole tokens."""

    @property
    def n_token(self) -> int:
        """Number of tokens. [count]"""

    def at(self, prices: Float64[np.ndarray, "n_point n_token"]) -> CurvePoint:
        """Evaluate the curve where arbitrage has left the pool at these prices.

        Parameters
        ----------
        prices : ndarray of shape (n_point, n_token)
            Prices of the tokens in one numeraire, positive. [numeraire per token]

        Returns
        -------
        CurvePoint
            Value, amounts, gamma and speed. [as its fields]
        """


@runtime_checkable
class PoolCurve(Curve, Protocol):
    """The curve of a whole pool, which has prices of its own."""

    def spot_prices(self) -> Float64[np.ndarray, " n_token"]:
        """Return the pool's own marginal prices at its reserves, fees aside.

        Returns
        -------
        ndarray of shape (n_token,)
            Prices in token 0; at these, ``at`` gives back the reserves. [token 0 per token]

        References
        ----------
        The gradient of the pool's invariant.
        """
