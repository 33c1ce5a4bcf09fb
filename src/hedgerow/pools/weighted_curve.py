"""The curve of a weighted pool: the product of x_i^w_i stays. Uniswap v2 is the case of two halves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hedgerow.core.arrays import vector
from hedgerow.core.errors import InputError
from hedgerow.market.pool_states import BalancerWeightedPool, UniswapV2Pool
from hedgerow.pools.curve import CurvePoint
from hedgerow.pools.point_prices import checked_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedCurve:
    """A whole weighted pool.

    Parameters
    ----------
    reserves : ndarray of shape (n_token,)
        What the pool holds. [tokens]
    weights : ndarray of shape (n_token,)
        Share of the value that each token has; they sum to one. [fraction]
    """

    reserves: Float64[np.ndarray, " n_token"]
    weights: Float64[np.ndarray, " n_token"]

    def __post_init__(self) -> None:
        if not (np.all(self.reserves > 0.0) and np.all(np.isfinite(self.reserves))):
            raise InputError("a weighted pool with a reserve that is not positive", "an empty pool has no curve")
        if not (np.all(self.weights > 0.0) and abs(float(np.sum(self.weights)) - 1.0) < 1e-9):
            raise InputError(f"the weights {self.weights.tolist()}", "weights are positive and sum to one")

    @classmethod
    def from_pool(cls, pool: BalancerWeightedPool | UniswapV2Pool) -> "WeightedCurve":
        """Read reserves and weights from a pool's storage.

        Parameters
        ----------
        pool : BalancerWeightedPool or UniswapV2Pool
            Storage, in smallest units.

        Returns
        -------
        WeightedCurve
            The whole pool, in whole tokens. [tokens]

        Raises
        ------
        InputError
            If a reserve or a weight is not positive, or the weights do not sum to one.

        References
        ----------
        Balancer v2 WeightedPool.sol, getNormalizedWeights; Uniswap v2 UniswapV2Pair.sol, getReserves.
        """
        if isinstance(pool, UniswapV2Pool):
            balances: tuple[int, ...] = (pool.reserve0, pool.reserve1)
            weights = [0.5, 0.5]
        else:
            balances, weights = pool.balances, [weight / 10**18 for weight in pool.weights]
        whole = [balance / 10**token.decimals for balance, token in zip(balances, pool.tokens, strict=True)]
        return cls(reserves=vector(whole), weights=vector(weights))

    @property
    def n_token(self) -> int:
        """Number of tokens. [count]"""
        return self.reserves.size

    def at(self, prices: Float64[np.ndarray, "n_point n_token"]) -> CurvePoint:
        """Evaluate the curve where arbitrage has left the pool at these prices.

        Parameters
        ----------
        prices : ndarray of shape (n_point, n_token)
            Prices of the tokens in one numeraire. [numeraire per token]

        Returns
        -------
        CurvePoint
            Value, amounts, gamma and speed. [as its fields]

        Raises
        ------
        InputError
            If a row has not one price for each token, or a price is not positive and finite.

        Notes
        -----
        x_i = w_i·V/p_i; gamma_ij = V·w_i·(w_j - [i=j])/(p_i·p_j); the third derivative in the token's own price is
        w_i·(w_i - 1)·(w_i - 2)·V/p_i³.

        References
        ----------
        Martinelli and Mushegian (2019), Balancer whitepaper, eqs. 2 and 7, with the envelope theorem.
        """
        p, w = checked_prices(prices, self.n_token), self.weights
        # The pool's own prices are w_i/x_i: relative to these the value is a weighted geometric mean.
        value = np.exp(np.log(p * (self.reserves / w)) @ w)
        amounts = w * value[:, None] / p
        rest = np.sum(w) - w  # one less w_i, without a difference of nearly equal numbers
        gamma = value[:, None, None] * (w / p)[:, :, None] * (w / p)[:, None, :]
        tokens = np.arange(self.n_token)
        gamma[:, tokens, tokens] = -w * rest * value[:, None] / (p * p)
        return CurvePoint(
            value=value,
            amounts=amounts,
            gamma=gamma,
            speed=w * rest * (1.0 + rest) * value[:, None] / p**3,
        )

    def spot_prices(self) -> Float64[np.ndarray, " n_token"]:
        """Return the pool's own marginal prices at its reserves, fees aside.

        Returns
        -------
        ndarray of shape (n_token,)
            Prices in token 0. [token 0 per token]

        References
        ----------
        Martinelli and Mushegian (2019), Balancer whitepaper, eq. 2.
        """
        marginal = self.weights / self.reserves
        spot: Float64[np.ndarray, " n_token"] = marginal / marginal[0]
        return spot
