"""The curve of a CryptoSwap pool of two or three tokens, at its current price scale and D.

A burn pays a share of the balances, whatever D the contract has stored, and profits and re-pegs have moved D since.
So D is solved from the balances: at the pool's own prices the amounts are then the balances themselves. Held fixed are
D and the price scale; a re-peg, which the contract makes when it has earned enough, is not foreseen.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from hedgerow.core.arrays import vector
from hedgerow.core.errors import InputError, SolveError, SolveFault
from hedgerow.market.pool_states import CurveCryptoPool
from hedgerow.pools.curve import CurvePoint
from hedgerow.pools.exact.crypto_invariant import A_MULTIPLIER, crypto_invariant
from hedgerow.pools.point_prices import checked_prices
from hedgerow.pools.sum_product import Column, PriceGaps, SolvedPoint, curve_point, falling_root, price_gaps

_EXTRA_BITS: Final = 64
_LEAST, _MOST = math.log(1e-44), math.log(300.0)
_BALANCED: Final = 1e-40
_BEATS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoCurve:
    """A whole CryptoSwap pool.

    Parameters
    ----------
    units : ndarray of shape (n_token,)
        What it would hold of each token at the price scale: D/n over the scale. [tokens]
    scaled : ndarray of shape (n_token,)
        What it holds, in these units. [pure]
    shortfall : float
        How far the product of the scaled reserves is below one; kept because it is known exactly. [fraction]
    annual : float
        A·n^n of the whitepaper. [pure]
    width : float
        The pool's gamma: width of the flat part. [pure]
    """

    units: Float64[np.ndarray, " n_token"]
    scaled: Float64[np.ndarray, " n_token"]
    shortfall: float
    annual: float
    width: float

    def __post_init__(self) -> None:
        if not (np.all(self.scaled > 0.0) and np.all(self.units > 0.0)):
            raise InputError("a CryptoSwap pool with a reserve that is not positive", "an empty pool has no curve")
        if not (0.0 < self.annual < math.inf and 0.0 < self.width < math.inf):
            raise InputError(f"A·n^n = {self.annual} and gamma = {self.width}", "both are positive")
        if not (self.shortfall < 1.0 and np.all(np.isfinite(self.units)) and np.all(np.isfinite(self.scaled))):
            raise InputError("a CryptoSwap pool of which next to all is one token", "such a pool quotes no price")

    @classmethod
    def from_pool(cls, pool: CurveCryptoPool) -> "CryptoCurve":
        """Read reserves, price scale and parameters from a pool's storage; solve for D.

        Parameters
        ----------
        pool : CurveCryptoPool
            Storage, in smallest units.

        Returns
        -------
        CryptoCurve
            The whole pool, in whole tokens. [tokens]

        Raises
        ------
        InputError
            If the pool has neither two nor three tokens, or a balance, a price or a parameter is not positive.

        References
        ----------
        Egorov (2021), Automatic market-making with dynamic peg, the invariant.
        """
        decimals = [token.decimals for token in pool.tokens]
        n = len(decimals)
        if n not in (2, 3):
            raise InputError(f"{pool.name}: {n} tokens", "CryptoSwap pools hold two or three")
        if min(*pool.balances, *pool.price_scale, pool.amplification, pool.gamma) <= 0:
            raise InputError(f"{pool.name}: a balance, price or parameter that is not positive", "no curve exists")
        scales = (10**18, *pool.price_scale)
        level = [
            (balance * 10 ** (18 - digits) * scale << _EXTRA_BITS) // 10**18
            for balance, digits, scale in zip(pool.balances, decimals, scales, strict=True)
        ]
        invariant = crypto_invariant(level, pool.amplification, pool.gamma)
        whole = [balance / 10**digits for balance, digits in zip(pool.balances, decimals, strict=True)]
        scaled = [n * own / invariant for own in level]
        return cls(
            units=vector([amount / ratio for amount, ratio in zip(whole, scaled, strict=True)]),
            scaled=vector(scaled),
            shortfall=max(invariant**n - n**n * math.prod(level), 0) / invariant**n,
            annual=pool.amplification / A_MULTIPLIER,
            width=pool.gamma / 10**18,
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
            than a factor 10^18 from the price scale.
        SolveError
            If a point has not converged.

        Notes
        -----
        With K0 the product of the scaled reserves and w = 1 - K0, the invariant is mean z - 1 = s(w) with
        s(w) = w·(gamma + w)²/(A n^n·gamma²·K0). So the gradient is 1/n + K0·s'(w)/z_i. For a given w the product fixes
        the price multiplier; what is left falls in w, so its zero is the only one. It is sought in
        q = ln((1 + w/gamma)/(1 - w)), whose errors are relative errors of the reserves.

        References
        ----------
        Egorov (2021), Automatic market-making with dynamic peg.
        """
        gaps = price_gaps(checked_prices(prices, self.n_token) * self.units)
        start = np.zeros(prices.shape[0])
        log_q = falling_root(lambda at, rows: self._excess(gaps, at, rows)[:2], start, _LEAST, _MOST)
        v = self._excess(gaps, log_q, np.arange(log_q.size))[2]
        terms = self._terms(np.exp(log_q))
        solved = SolvedPoint(
            weight=self.annual / self.n_token, v=v, slope=terms.slope, bend=terms.bend, third=terms.third
        )
        return curve_point(solved, gaps, self.units)

    def _excess(
        self, gaps: PriceGaps, log_q: Column, rows: Int64[np.ndarray, " n_point"]
    ) -> tuple[Column, Column, Column]:
        """How far the mean is above the invariant, as a logarithm of a ratio; its slope in ln q; v.

        With the product as it should be, ln m is the mean of ln g plus ln K0 over n. So the unevenness of the g has to
        be -ln K0/n + ln(1 + s(w)): positive numbers without a difference, and nearly powers of q.
        """
        q, n = np.exp(log_q), self.n_token
        terms, weight = self._terms(q), self.annual / n
        v = self._multiplier(gaps, rows, n * terms.log_slope - terms.log_product)
        g, moving = gaps.denominators(weight, v, rows)
        uneven = gaps.unevenness(weight, v, rows) + _BALANCED
        wanted = np.log1p(terms.rise) - terms.log_product / n
        own = np.sum(moving, axis=1) / n - np.sum(moving / g, axis=1) / np.sum(1.0 / g, axis=1)
        with_v = np.clip(own / uneven, -2.0, 0.0)  # all it can be; near balance only noise is left of it
        moved = with_v * (n * terms.steepness + 1.0 / terms.product) / np.sum(moving, axis=1)
        wants = (1.0 / n + terms.slope / (self.annual * (1.0 + terms.rise))) / terms.product / wanted
        return np.log(uneven / wanted), q * terms.turn * (moved - wants), v

    def _terms(self, q: Column) -> "_Terms":
        width, grown = self.width, np.exp(q)
        w, product = width * np.expm1(q) / (1.0 + width * grown), (1.0 + width) / (1.0 + width * grown)
        cubic = (width + w) * (width + w * (3.0 - 2.0 * w))
        first = 4.0 * width + 2.0 * w * (3.0 - 2.0 * width - 3.0 * w)
        second = 2.0 * (3.0 - 2.0 * width) - 12.0 * w
        log_slope = q + np.log1p(w * (3.0 - 2.0 * w) / width)
        return _Terms(
            turn=(width + w) * product / (1.0 + width),
            product=product,
            log_product=-np.log1p(width * np.expm1(q) / (1.0 + width)),
            rise=w * (1.0 + w / width) ** 2 / (self.annual * product),
            log_slope=log_slope,
            slope=np.exp(log_slope),
            steepness=first / cubic + 1.0 / product,
            bend=1.0 + product * first / cubic,
            third=-(product * second + first + cubic / product) / width**2,
        )

    def _multiplier(self, gaps: PriceGaps, rows: Int64[np.ndarray, " n_point"], target: Column) -> Column:
        """Solve sum ln g = target for v: convex and rising with slope one at least, so Newton falls to the zero."""
        weight = self.annual / self.n_token
        v: Column = target / self.n_token
        for _ in range(_BEATS):
            g, moving = gaps.denominators(weight, v, rows)
            step = (np.sum(np.log(g), axis=1) - target) / np.sum(moving, axis=1)
            v = v - step
            if np.all(np.abs(step) < 1e-9):  # the next one would be below rounding
                return v
        raise SolveError(
            SolveFault.NOT_CONVERGED, "no price multiplier found on the curve", "please report the pool and the prices"
        )

    def spot_prices(self) -> Float64[np.ndarray, " n_token"]:
        """Return the pool's own marginal prices at its reserves, fees aside.

        Returns
        -------
        ndarray of shape (n_token,)
            Prices in token 0. [token 0 per token]

        References
        ----------
        The gradient of the invariant of Egorov (2021), Automatic market-making with dynamic peg.
        """
        w = self.shortfall
        slope = (1.0 + w / self.width) * (1.0 + w * (3.0 - 2.0 * w) / self.width) / (1.0 - w)
        marginal = (self.annual / self.n_token + slope / self.scaled) / self.units
        spot: Float64[np.ndarray, " n_token"] = marginal / marginal[0]
        return spot


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What q alone decides: dw/dq, K0 and its logarithm, s(w), then m and its derivatives as a SolvedPoint."""

    turn: Column
    product: Column
    log_product: Column
    rise: Column
    log_slope: Column
    slope: Column
    steepness: Column
    bend: Column
    third: Column
