"""Gamma over a move instead of at a point: what a hedge of a range has to expect near an edge.

At an edge of a range gamma jumps between zero and its full size, so the derivative at the price says nothing of what
the next move will do to delta: just outside it promises none, just inside twice the mean. What a hedge meets is the
change of delta over a move, so bands take the mean of gamma over the interval in which they let the price go, or over
the law of a move. Both are exact here, because delta is known in closed form on both sides of an edge.
"""

import math
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pools.curve import Curve
from hedgerow.pools.range_curve import RangeColumns

_NARROW = 1e-9
_NODES = 48


def interval_gamma(
    columns: RangeColumns,
    low: float | Float64[np.ndarray, " n_position"],
    high: float | Float64[np.ndarray, " n_position"],
) -> Float64[np.ndarray, " n_position"]:
    """Return the mean of gamma over an interval of prices: the change of delta over its width.

    Parameters
    ----------
    columns : RangeColumns
        Ranges.
    low, high : float or ndarray of shape (n_position,)
        Ends of the interval, positive; at equal ends it is gamma itself. [token1 per token0]

    Returns
    -------
    ndarray of shape (n_position,)
        The mean. [token0² per token1]

    Raises
    ------
    InputError
        If the interval ends before it begins, or its ends are not prices.

    References
    ----------
    Fundamental theorem of calculus on the delta, which is continuous: Adams et al. (2021), Uniswap v3 core whitepaper,
    eq. 6.30.

    Notes
    -----
    For one range on [a, b) the prices are first clamped to it. The difference of 1/sqrt(P) is then a product, so
    narrow intervals lose no digits.
    """
    shape = columns.liquidity.shape
    first, last = (np.broadcast_to(np.asarray(end, dtype=np.float64), shape) for end in (low, high))
    if not (np.all(first > 0.0) and np.all(first <= last) and np.all(np.isfinite(last))):
        raise InputError("an interval that is not 0 < low <= high", "give prices of token0 in token1")
    width = last - first
    at = np.sqrt(np.clip(first, columns.lower, columns.upper)), np.sqrt(np.clip(last, columns.lower, columns.upper))
    covered = np.clip(last, columns.lower, columns.upper) - np.clip(first, columns.lower, columns.upper)
    change = -columns.liquidity * covered / (at[0] * at[1] * (at[0] + at[1]))
    point = columns.at(first).gamma
    return np.where(width > 0.0, change / np.where(width > 0.0, width, 1.0), point)


def lognormal_gamma(
    columns: RangeColumns, price: float | Float64[np.ndarray, " n_position"], deviation: float
) -> Float64[np.ndarray, " n_position"]:
    """Return the mean of gamma after a log-normal move without drift, in closed form.

    Parameters
    ----------
    columns : RangeColumns
        Ranges.
    price : float or ndarray of shape (n_position,)
        Price now, the mean after the move. [token1 per token0]
    deviation : float
        Standard deviation of the logarithm of the price: vol times the root of time. [pure]

    Returns
    -------
    ndarray of shape (n_position,)
        The mean. [token0² per token1]

    Raises
    ------
    InputError
        If the deviation is negative, or the price is none.

    References
    ----------
    Partial moments of the log-normal law, E[P^k; P < b] = E[P^k]·N((ln b - m)/s - k·s), with k = -3/2.
    """
    if not 0.0 <= deviation < math.inf:
        raise InputError(f"a deviation of {deviation}", "give vol times the root of the time, zero or positive")
    if deviation == 0.0:
        return columns.at(price).gamma
    prices = np.asarray(price, dtype=np.float64)
    if not (np.all(prices > 0.0) and np.all(np.isfinite(prices))):
        raise InputError("a price that is not positive and finite", "give prices of token0 in token1")
    middle = np.log(prices) - 0.5 * deviation**2
    moment = np.exp(-1.5 * middle + 1.125 * deviation**2)
    ends = [(np.log(edge) - middle) / deviation + 1.5 * deviation for edge in (columns.lower, columns.upper)]
    return np.asarray(-0.5 * columns.liquidity * moment * _between(ends[0], ends[1]))


def _between(low: Any, high: Any) -> Any:
    """Probability of a standard normal between two bounds, from the side on which nothing cancels."""
    from scipy.special import ndtr  # late: scipy takes longer to import than most calls take

    right = low > 0.0
    return np.where(right, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))


def curve_interval_gamma(
    curve: Curve, prices: Float64[np.ndarray, " n_token"], token: int, low: float, high: float
) -> float:
    """Return the mean of a curve's own gamma over an interval of one token's price.

    Parameters
    ----------
    curve : Curve
        Any position.
    prices : ndarray of shape (n_token,)
        Prices of all tokens; those of the others stay. [numeraire per token]
    token : int
        Number of the token whose price moves. [0-based]
    low, high : float
        Ends of the interval. [numeraire per token]

    Returns
    -------
    float
        The mean; gamma itself where the interval is narrower than what its ends can resolve. [tokens² per numeraire]

    Raises
    ------
    InputError
        If the interval is not 0 < low <= high.

    References
    ----------
    Fundamental theorem of calculus on the amount of the token.
    """
    if not 0.0 < low <= high < math.inf:
        raise InputError(f"the interval from {low} to {high}", "give 0 < low <= high")
    ends = np.tile(prices, (2, 1))
    ends[:, token] = low, high
    point = curve.at(ends)
    if high - low <= _NARROW * high:
        return float(point.gamma[0, token, token])
    return float((point.amounts[1, token] - point.amounts[0, token]) / (high - low))


def curve_lognormal_gamma(curve: Curve, prices: Float64[np.ndarray, " n_token"], token: int, deviation: float) -> float:
    """Return the mean of a curve's own gamma after a log-normal move of one token's price.

    Parameters
    ----------
    curve : Curve
        Any position.
    prices : ndarray of shape (n_token,)
        Prices of all tokens; those of the others stay. [numeraire per token]
    token : int
        Number of the token whose price moves. [0-based]
    deviation : float
        Standard deviation of the logarithm of its price. [pure]

    Returns
    -------
    float
        The mean. [tokens² per numeraire]

    Raises
    ------
    InputError
        If the deviation is negative.

    Notes
    -----
    Integration by parts puts the derivative on the density, so only amounts are evaluated, and a jump of gamma within
    the range of the move harms less than a jump of what is integrated would: E[x'(P)] = E[x(P)·(Z/s + 1)/P].

    References
    ----------
    Gauss-Hermite quadrature with 48 nodes: Abramowitz, Stegun (1964), 25.4.46.
    """
    if not 0.0 <= deviation < math.inf:
        raise InputError(f"a deviation of {deviation}", "give vol times the root of the time, zero or positive")
    if deviation == 0.0:
        return float(curve.at(np.array(prices)[None, :]).gamma[0, token, token])
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    ends = np.tile(prices, (_NODES, 1))
    ends[:, token] *= np.exp(deviation * nodes - 0.5 * deviation**2)
    amounts = curve.at(ends).amounts[:, token]
    # The amount now is taken out: its own mean is zero, and its size would cost digits.
    moved = amounts - curve.at(np.array(prices)[None, :]).amounts[0, token]
    slope = (nodes / deviation + 1.0) / ends[:, token]
    return float(np.sum(weights * moved * slope) / np.sum(weights))
