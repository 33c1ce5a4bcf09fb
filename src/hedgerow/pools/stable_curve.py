"""The curve of a StableSwap pool, of Curve or of Balancer, with rates.

With S the sum of the reserves and D their sum at the peg, the invariant is Ann·S + D = Ann·D + D^(n+1)/(n^n·prod x).
Held fixed is D: it moves with fees and with what joins and leaves, not with arbitrage.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from hedgerow.core.arrays import vector
from hedgerow.core.errors import InputError
from hedgerow.market.pool_states import BalancerStablePool, CurveStablePool
from hedgerow.pools.curve import CurvePoint
from hedgerow.pools.exact.stable_invariant import stable_invariant
from hedgerow.pools.point_prices import checked_prices
from hedgerow.pools.sum_product import Column, PriceGaps, SolvedPoint, curve_point, falling_root, price_gaps

_EXTRA_BITS: Final = 64
_BALANCER_PRECISION: Final = 1_000
_FARTHEST: Final = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StableCurve:
    """A whole StableSwap pool.

    Parameters
    ----------
    units : ndarray of shape (n_token,)
        What it would hold of each token at the peg: D/n over the token's rate. [tokens]
    scaled : ndarray of shape (n_token,)
        What it holds, in these units. [pure]
    annual : float
        Ann: A as in the contract's parameter without its precision, times n. [pure]
    """

    units: Float64[np.ndarray, " n_token"]
    scaled: Float64[np.ndarray, " n_token"]
    annual: float

    def __post_init__(self) -> None:
        if not (np.all(self.scaled > 0.0) and np.all(self.units > 0.0)):
            raise InputError("a StableSwap pool with a reserve that is not positive", "an empty pool has no curve")
        if not 1.0 < self.annual < math.inf:
            raise InputError(f"an amplification of {self.annual} times n", "it is more than one")

    @classmethod
    def from_pool(cls, pool: CurveStablePool | BalancerStablePool) -> "StableCurve":
        """Read reserves, rates and amplification from a pool's storage; solve for D.

        Parameters
        ----------
        pool : CurveStablePool or BalancerStablePool
            Storage, in smallest units.

        Returns
        -------
        StableCurve
            The whole pool, in whole tokens. [tokens]

        Raises
        ------
        InputError
            If a reserve or a rate is not positive, or the amplification is one or less.

        References
        ----------
        Egorov (2019), StableSwap, the invariant. Balancer v2 StableMath.sol, _calculateInvariant: the same with
        amplification A·n^(n-1) in thousandths.
        """
        decimals = [token.decimals for token in pool.tokens]
        if isinstance(pool, CurveStablePool):
            rates, precision = pool.rates, pool.a_precision
        else:
            rates, precision = tuple(10 ** (36 - digits) for digits in decimals), _BALANCER_PRECISION
        if min(pool.balances) <= 0 or min(rates) <= 0:
            raise InputError(f"{pool.name}: a balance or a rate that is not positive", "an empty pool has no curve")
        n = len(decimals)
        level = [(balance * rate) << _EXTRA_BITS for balance, rate in zip(pool.balances, rates, strict=True)]
        invariant = stable_invariant(level, pool.amplification * n, precision)
        whole = [balance / 10**digits for balance, digits in zip(pool.balances, decimals, strict=True)]
        scaled = [n * own / invariant for own in level]
        return cls(
            units=vector([amount / ratio for amount, ratio in zip(whole, scaled, strict=True)]),
            scaled=vector(scaled),
            annual=pool.amplification * n / precision,
        )

    @property
    def n_token(self) -> int:
        """Number of tokens. [count]"""
        return self.units.size

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
            If a row has not one price for each token, a price is not positive and finite, or prices differ by more
            than a factor 10^18.
        SolveError
            If a point has not converged.

        Notes
        -----
        With c = D^(n+1)/(n^n·prod x) prices go like Ann/n + c/z_i, so z_i = c/g_i and c^(n+1) = prod g_i: one unknown
        is left. The invariant in it falls everywhere, so its zero is the only one.

        References
        ----------
        Egorov (2019), StableSwap: efficient mechanism for stablecoin liquidity.
        """
        gaps = price_gaps(checked_prices(prices, self.n_token) * self.units)
        start = np.zeros(prices.shape[0])
        v = falling_root(lambda at, rows: self._excess(gaps, at, rows)[:2], start, -_FARTHEST, _FARTHEST)
        slope = self._excess(gaps, v, np.arange(v.size))[2]
        solved = SolvedPoint(
            weight=self.annual / self.n_token, v=v, slope=slope, bend=np.ones_like(slope), third=-slope
        )
        return curve_point(solved, gaps, self.units)

    def _excess(self, gaps: PriceGaps, v: Column, rows: Int64[np.ndarray, " n_point"]) -> tuple[Column, Column, Column]:
        """How far the sum is above the invariant, in logarithms; its slope; c."""
        g, moving = gaps.denominators(self.annual / self.n_token, v, rows)
        log_c = np.sum(np.log(g), axis=1) / (self.n_token + 1)
        c, inverse = np.exp(log_c), 1.0 / g
        total = np.sum(inverse, axis=1)
        height = log_c + np.log(total / self.n_token) - np.log1p((c - 1.0) / self.annual)
        growth = np.sum(moving, axis=1) / (self.n_token + 1)
        slope = growth - np.sum(moving * inverse, axis=1) / total - growth * c / (self.annual - 1.0 + c)
        return height, slope, c

    def spot_prices(self) -> Float64[np.ndarray, " n_token"]:
        """Return the pool's own marginal prices at its reserves, fees aside.

        Returns
        -------
        ndarray of shape (n_token,)
            Prices in token 0. [token 0 per token]

        References
        ----------
        The gradient of the invariant of Egorov (2019), StableSwap.
        """
        product = math.exp(-float(np.sum(np.log(self.scaled))))
        marginal = (self.annual / self.n_token + product / self.scaled) / self.units
        spot: Float64[np.ndarray, " n_token"] = marginal / marginal[0]
        return spot
