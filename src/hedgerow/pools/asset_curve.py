"""A position as a curve of two things: one asset, in whatever tokens it comes, and money.

A band, a profile and an expected gamma ask what happens when one asset moves and everything else stays. Tokens that
stand for the asset move together, each at its own rate, and all others are money at their prices. So prices of the
tokens are linear in the two prices, and value, amounts and gamma follow by the chain rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pools.aliases import WRAPPED, Alias, standing_for
from hedgerow.pools.curve import Curve, CurvePoint

_STEP: Final = 1e-4
"""Where the third derivative is no closed form, gamma is taken so far away on either side. [fraction of the price]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetCurve:
    """A position's exposure to an asset and to money: a ``Curve`` of these two tokens.

    Parameters
    ----------
    curve : Curve
        The position, by the pool's tokens.
    rates : ndarray of shape (2, n_token)
        What a token costs now: units of the asset, or of money; one of the two is zero. [asset or money per token]
    units : ndarray of shape (2, n_token)
        What a token counts as: the same, but for the asset the stated rates. [asset or money per token]
    """

    curve: Curve
    rates: Float64[np.ndarray, "2 n_token"]
    units: Float64[np.ndarray, "2 n_token"]

    @property
    def n_token(self) -> int:
        """Two: the asset is token 0, money token 1. [count]"""
        return 2

    def at(self, prices: Float64[np.ndarray, "n_point 2"]) -> CurvePoint:
        """Evaluate the position where arbitrage has left the pool at these prices of the asset and of money.

        Parameters
        ----------
        prices : ndarray of shape (n_point, 2)
            Prices of the asset and of money, positive; that of money is one where it is the numeraire.
            [numeraire per unit]

        Returns
        -------
        CurvePoint
            Value, amounts of asset and money, gamma and speed in their prices; speed at the rates that the market
            pays. [as its fields]

        References
        ----------
        Chain rule with p_token = rate·p: x_a = sum of rate_i·x_i, gamma_ab = sum of rate_i·rate_j·gamma_ij.
        """
        point = self.curve.at(prices @ self.rates)
        gamma = self._gamma(point, self.rates)
        return CurvePoint(
            value=point.value,
            amounts=point.amounts @ self.units.T,
            gamma=self._gamma(point, self.units),
            speed=self._speed(prices, point, gamma),
        )

    def _gamma(self, point: CurvePoint, rates: Float64[np.ndarray, "2 n_token"]) -> Float64[np.ndarray, "n_point 2 2"]:
        return np.asarray(np.einsum("ai,nij,bj->nab", rates, point.gamma, rates))

    def _speed(
        self, prices: Float64[np.ndarray, "n_point 2"], point: CurvePoint, gamma: Float64[np.ndarray, "n_point 2 2"]
    ) -> Float64[np.ndarray, "n_point 2"]:
        """Third derivatives: of a single token its own, and then of the rest by Euler's theorem on V, of degree one."""
        speed = np.zeros(prices.shape)
        for one, other in ((0, 1), (1, 0)):
            tokens = np.flatnonzero(self.rates[one])
            if tokens.size > 1:
                continue
            if tokens.size:
                speed[:, one] = self.rates[one, tokens[0]] ** 3 * point.speed[:, tokens[0]]
            here, there = prices[:, one], prices[:, other]
            first = -(speed[:, one] * here + gamma[:, one, one]) / there
            second = -(first * here + gamma[:, one, other]) / there
            speed[:, other] = -(second * here + gamma[:, other, other]) / there
            return speed
        return self._differences(prices)

    def _differences(self, prices: Float64[np.ndarray, "n_point 2"]) -> Float64[np.ndarray, "n_point 2"]:
        """Central differences of gamma, where several tokens stand on both sides."""
        speed = np.zeros(prices.shape)
        for one in range(2):
            step = np.zeros(prices.shape)
            step[:, one] = _STEP * prices[:, one]
            up, down = (
                self._gamma(self.curve.at((prices + sign * step) @ self.rates), self.rates) for sign in (1.0, -1.0)
            )
            speed[:, one] = (up - down)[:, one, one] / (2.0 * step[:, one])
        return speed


def asset_curve(
    curve: Curve,
    symbols: Sequence[str],
    prices: Float64[np.ndarray, " n_token"],
    asset: str,
    price: float,
    aliases: Mapping[str, Alias],
    *,
    wrapped: Mapping[str, Alias] = WRAPPED,
) -> AssetCurve:
    """Look at a position as one asset and money.

    Parameters
    ----------
    curve : Curve
        The position, by the pool's tokens.
    symbols : sequence of str
        The pool's tokens, in the contract's order.
    prices : ndarray of shape (n_token,)
        Their prices now; those that do not stand for the asset keep them. [numeraire per token]
    asset : str
        The asset.
    price : float
        Its price now. [numeraire per asset]
    aliases : mapping of str to Alias
        What tokens stand for; a token without one is an asset of its own. [asset per token]
    wrapped : mapping of str to Alias
        Those that need not be stated. [asset per token]

    Returns
    -------
    AssetCurve
        At ``(price, 1)`` it is the position at the prices given. [as its fields]

    Raises
    ------
    InputError
        If no token stands for the asset, or its price is not positive and finite.

    Notes
    -----
    Stated rates count units, as in ``AssetExposure``, so delta and gamma are the same in both. What a token costs is
    what the market says of it now, so that the position is looked at where it stands; where a stated rate is off the
    market by ``AssetExposure.spread``, it stays so at every price of the asset.

    References
    ----------
    As ``exposure_by_asset``.

    Examples
    --------
    >>> import numpy as np
    >>> from hedgerow.pools import RangeCurve
    >>> held = RangeCurve(liquidity=900.0, lower=1_500.0, upper=2_600.0)
    >>> of_eth = asset_curve(held, ("WETH", "USDC"), np.array([2_000.0, 1.0]), "ETH", 2_000.0, {})
    >>> coins, money = of_eth.at(np.array([[2_000.0, 1.0]])).amounts[0]
    >>> print(f"{coins:.4f} ETH, {money:.2f} USDC")
    2.4742 ETH, 5392.37 USDC
    """
    if not 0.0 < price < float("inf"):
        raise InputError(f"a price of {price:g} for {asset}", "prices are positive and finite")
    known = {**wrapped, **aliases}
    stated = [standing_for(one, known) for one in symbols]
    mine = np.array([one.asset == asset for one in stated])
    if not np.any(mine):
        raise InputError(f"no token stands for {asset}", f"there are {', '.join(symbols)}: give aliases")
    units, money = np.array([one.rate for one in stated]), np.where(mine, 0.0, prices)
    return AssetCurve(
        curve=curve,
        rates=frozen(np.array([np.where(mine, prices / price, 0.0), money])),
        units=frozen(np.array([np.where(mine, units, 0.0), money])),
    )
