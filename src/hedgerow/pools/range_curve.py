"""Liquidity ranges of Uniswap v3 and v4 by columns: value, amounts, gamma and speed of many positions in one call.

P is the price of token0 in token1, both in whole tokens. A range holds its lower edge and not its upper one, as the
contract's current tick does; amounts are continuous there, gamma is that of the range the price belongs to.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pools import range_kernels
from hedgerow.pools.curve import CurvePoint
from hedgerow.pools.point_prices import checked_prices

_LOG_BASE_HIGH: Final = float.fromhex("0x1.a368d064p-14")
_LOG_BASE_LOW: Final = float.fromhex("0x1.80000b1871efdp-46")
"""The logarithm of 1.0001: 32 bits of it, whose products with ticks are exact, and the rest."""


_AT_ONCE: Final = 8_192
"""Ranges in one pass of array operations, so that what lies between two operations stays in the cache. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangePoints:
    """Ranges at prices, in the token1 numeraire.

    Parameters
    ----------
    value : ndarray of shape (n_position,)
        What a burn would pay, at those prices. [token1]
    delta : ndarray of shape (n_position,)
        Token0 that a burn would pay: the derivative of the value. [token0]
    amount1 : ndarray of shape (n_position,)
        Token1 that a burn would pay: the delta to token1 in any numeraire. [token1]
    gamma : ndarray of shape (n_position,)
        Derivative of the delta. [token0² per token1]
    speed : ndarray of shape (n_position,)
        Derivative of the gamma. [token0³ per token1²]
    """

    value: Float64[np.ndarray, " n_position"]
    delta: Float64[np.ndarray, " n_position"]
    amount1: Float64[np.ndarray, " n_position"]
    gamma: Float64[np.ndarray, " n_position"]
    speed: Float64[np.ndarray, " n_position"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeColumns:
    """Many ranges as columns; ``range_columns`` makes them.

    Parameters
    ----------
    liquidity : ndarray of shape (n_position,)
        Liquidity. [square root of token0 times token1, in whole tokens]
    lower, upper : ndarray of shape (n_position,)
        Prices at the edges. [token1 per token0]
    root_lower, root_upper : ndarray of shape (n_position,)
        Their square roots. [square root of token1 per token0]
    """

    liquidity: Float64[np.ndarray, " n_position"]
    lower: Float64[np.ndarray, " n_position"]
    upper: Float64[np.ndarray, " n_position"]
    root_lower: Float64[np.ndarray, " n_position"]
    root_upper: Float64[np.ndarray, " n_position"]

    def at(self, price: float | Float64[np.ndarray, " n_position"]) -> RangePoints:
        """Evaluate all ranges in compiled code.

        Parameters
        ----------
        price : float or ndarray of shape (n_position,)
            One price for all, or one for each, positive. [token1 per token0]

        Returns
        -------
        RangePoints
            Value, amounts, gamma and speed. [as its fields]

        References
        ----------
        Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.29 and 6.30, and their derivatives.
        """
        prices = self._prices(price)
        out = np.empty((5, self.liquidity.size))
        range_kernels.fill_ranges(self.liquidity, self.lower, self.upper, self.root_lower, self.root_upper, prices, out)
        return _points(out)

    def at_numpy(self, price: float | Float64[np.ndarray, " n_position"]) -> RangePoints:
        """Evaluate all ranges with array operations only: the same numbers without a compiler.

        Parameters
        ----------
        price : float or ndarray of shape (n_position,)
            One price for all, or one for each, positive. [token1 per token0]

        Returns
        -------
        RangePoints
            Value, amounts, gamma and speed. [as its fields]

        References
        ----------
        Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.29 and 6.30, and their derivatives.
        """
        prices = self._prices(price)
        out = np.empty((5, self.liquidity.size))
        for first in range(0, self.liquidity.size, _AT_ONCE):
            self._fill(slice(first, first + _AT_ONCE), prices, out)
        return _points(out)

    def _fill(self, part: slice, prices: Any, out: Any) -> None:
        """Write some of the ranges into the columns of ``out``."""
        price, liquidity = prices[part], self.liquidity[part]
        lower, upper = self.root_lower[part], self.root_upper[part]
        root = np.sqrt(price)
        at = np.minimum(np.maximum(root, lower), upper)
        block = out[:, part]
        block[1] = liquidity * (upper - at) / (at * upper)
        block[2] = liquidity * (at - lower)
        block[0] = block[1] * price + block[2]
        inside = (self.lower[part] <= price) & (price < self.upper[part])
        block[3] = inside * (-0.5 * liquidity) / (price * root)
        block[4] = -1.5 * block[3] / price

    def _prices(self, price: Any) -> Any:
        """One price for each position, checked once for all."""
        given = np.asarray(price, dtype=np.float64)
        if not (np.all(given > 0.0) and np.all(np.isfinite(given))):
            raise InputError("a price that is not positive and finite", "give prices of token0 in token1")
        return np.ascontiguousarray(np.broadcast_to(given, self.liquidity.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeCurve:
    """One range as a curve of two tokens.

    Parameters
    ----------
    liquidity : float
        Liquidity. [square root of token0 times token1, in whole tokens]
    lower, upper : float
        Prices at the edges. [token1 per token0]
    """

    liquidity: float
    lower: float
    upper: float

    @property
    def n_token(self) -> int:
        """Number of tokens: two. [count]"""
        return 2

    def at(self, prices: Float64[np.ndarray, "n_point 2"]) -> CurvePoint:
        """As the port says: value, amounts, gamma and speed at prices of both tokens.

        Parameters
        ----------
        prices : ndarray of shape (n_point, 2)
            Prices of token0 and token1 in one numeraire, positive. [numeraire per token]

        Returns
        -------
        CurvePoint
            Value, amounts, gamma and speed. [as its fields]

        Raises
        ------
        InputError
            If a price is not positive and finite.
        """
        checked_prices(prices, 2)
        one = np.full(prices.shape[0], 1.0)
        columns = columns_from_edges(self.liquidity * one, self.lower * one, self.upper * one)
        return in_prices(columns.at(prices[:, 0] / prices[:, 1]), prices)


def in_prices(points: RangePoints, prices: Float64[np.ndarray, "n_position 2"]) -> CurvePoint:
    """Turn ranges at a relative price into derivatives in absolute prices of both tokens.

    With V(p0, p1) = p1·v(p0/p1) the second derivatives are those of v times (1, -P), the third own derivatives follow
    from one more differentiation. The numeraire is that of the prices: token1 if p1 is one, token0 if p0 is, USD else.

    Parameters
    ----------
    points : RangePoints
        The ranges at P = p0/p1.
    prices : ndarray of shape (n_position, 2)
        Prices of token0 and token1. [numeraire per token]

    Returns
    -------
    CurvePoint
        One point for each range. [as its fields]

    References
    ----------
    Chain rule on V(p0, p1) = p1·v(p0/p1): Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.29 and 6.30.
    """
    price0, price1 = prices[:, 0], prices[:, 1]
    relative = price0 / price1
    gamma = np.empty((price0.size, 2, 2))
    gamma[:, 0, 0] = points.gamma / price1
    gamma[:, 0, 1] = gamma[:, 1, 0] = -relative * gamma[:, 0, 0]
    gamma[:, 1, 1] = -relative * gamma[:, 0, 1]
    speed0 = points.speed / (price1 * price1)
    speed1 = -relative * relative * (relative * points.speed + 3.0 * points.gamma) / (price1 * price1)
    amounts = np.stack((points.delta, points.amount1), axis=1)
    return CurvePoint(
        value=frozen(np.sum(amounts * prices, axis=1)),
        amounts=frozen(amounts),
        gamma=frozen(gamma),
        speed=frozen(np.stack((speed0, speed1), axis=1)),
    )


def edge_prices(ticks: Int64[np.ndarray, " n"], decimals0: int, decimals1: int) -> Float64[np.ndarray, " n"]:
    """Return the prices for which ticks stand.

    Parameters
    ----------
    ticks : ndarray of shape (n,)
        Ticks, negative ones too. [ticks of token1 per token0]
    decimals0, decimals1 : int
        Decimals of the tokens. [digits]

    Returns
    -------
    ndarray of shape (n,)
        1.0001^tick in whole tokens, within two units in the last place. [token1 per token0]

    Notes
    -----
    The exponent tick·ln 1.0001 reaches 89, where the rounding of a plain product would cost two digits; it is taken in
    two parts, of which the first is exact.

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, eq. 6.1.
    """
    raw = np.exp(ticks * _LOG_BASE_HIGH) * (1.0 + ticks * _LOG_BASE_LOW)
    digits = decimals0 - decimals1
    return np.asarray(raw * 10.0**digits if digits >= 0 else raw / 10.0**-digits)


def columns_from_edges(
    liquidity: Float64[np.ndarray, " n_position"],
    lower: Float64[np.ndarray, " n_position"],
    upper: Float64[np.ndarray, " n_position"],
) -> RangeColumns:
    """Lay out ranges whose edge prices are known.

    Parameters
    ----------
    liquidity : ndarray of shape (n_position,)
        Liquidity. [square root of token0 times token1, in whole tokens]
    lower, upper : ndarray of shape (n_position,)
        Prices at the edges. [token1 per token0]

    Returns
    -------
    RangeColumns
        The ranges. [as its fields]

    Raises
    ------
    InputError
        If an edge is not positive and finite, or not below the other.
    """
    if not np.all((lower > 0.0) & (lower < upper) & (upper < math.inf)):
        raise InputError("a range whose edges are not 0 < lower < upper", "give edge prices of token0 in token1")
    return RangeColumns(
        liquidity=np.ascontiguousarray(liquidity),
        lower=np.ascontiguousarray(lower),
        upper=np.ascontiguousarray(upper),
        root_lower=np.sqrt(lower),
        root_upper=np.sqrt(upper),
    )


def range_columns(
    liquidity: Sequence[int],
    tick_lower: Sequence[int],
    tick_upper: Sequence[int],
    *,
    decimals0: int,
    decimals1: int,
) -> RangeColumns:
    """Lay out the ranges of one pool as its contract keeps them.

    Parameters
    ----------
    liquidity : sequence of int
        Liquidity of each range. [raw liquidity units]
    tick_lower, tick_upper : sequence of int
        Ticks of each range. [ticks of token1 per token0]
    decimals0, decimals1 : int
        Decimals of the tokens. [digits]

    Returns
    -------
    RangeColumns
        The ranges in whole tokens. [as its fields]

    Raises
    ------
    InputError
        If a range is empty.

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.1, 6.29, 6.30.
    """
    units = 10.0 ** (0.5 * (decimals0 + decimals1))
    lower, upper = (
        edge_prices(np.array(ticks, dtype=np.int64), decimals0, decimals1) for ticks in (tick_lower, tick_upper)
    )
    return columns_from_edges(np.array([float(one) for one in liquidity]) / units, lower, upper)


def _points(out: Any) -> RangePoints:
    """Name the rows of a table of results."""
    return RangePoints(value=out[0], delta=out[1], amount1=out[2], gamma=out[3], speed=out[4])
