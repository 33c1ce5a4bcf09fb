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
from hedgerow.pools.point_prices import checked_prices
from hedgerow.pools.quadrature import FURTHEST, WIDEST, integral_from_zero
from hedgerow.pools.range_curve import RangeColumns, RangeCurve, columns_from_edges

_NARROW = 1e-9


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
    moment = -1.5 * middle + 1.125 * deviation**2
    ends = [(np.log(edge) - middle) / deviation + 1.5 * deviation for edge in (columns.lower, columns.upper)]
    # the moment may be beyond all numbers where the probability is below them: their logarithms add
    return np.asarray(-0.5 * columns.liquidity * np.exp(moment + _log_between(ends[0], ends[1])))


def _log_between(low: Any, high: Any) -> Any:
    """Logarithm of the probability of a standard normal between two bounds, from the side where nothing cancels."""
    from scipy.special import log_ndtr  # late: scipy takes longer to import than most calls take

    right = low > 0.0
    more, less = log_ndtr(np.where(right, -low, high)), log_ndtr(np.where(right, -high, low))
    return more + np.log(-np.expm1(less - more))


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
        If the deviation is negative, or above 3.

    Notes
    -----
    Of a range it is ``lognormal_gamma``. Elsewhere integration by parts puts the derivative on the density, so only
    amounts are evaluated, which have bends where gamma jumps: E[x'(P)] = E[x(P)·(Z/s + 1)/P].

    References
    ----------
    Partial moments of the log-normal law; integration by parts; panels of ``integral_from_zero``.
    """
    if not 0.0 <= deviation <= WIDEST:
        raise InputError(f"a deviation of {deviation}", f"give vol times the root of the time, from zero to {WIDEST:g}")
    if deviation == 0.0:
        return float(curve.at(np.array(prices)[None, :]).gamma[0, token, token])
    if isinstance(curve, RangeCurve):
        checked_prices(prices[None, :], 2)
        edges = (curve.lower, curve.upper) if token == 0 else (1.0 / curve.upper, 1.0 / curve.lower)
        columns = columns_from_edges(*(np.array([one]) for one in (curve.liquidity, *edges)))
        other = float(prices[1 - token])
        return float(lognormal_gamma(columns, float(prices[token]) / other, deviation)[0]) / other
    return _mean_slope(curve, prices, token, deviation)


def _mean_slope(curve: Curve, prices: Float64[np.ndarray, " n_token"], token: int, deviation: float) -> float:
    """Mean of a derivative from the amounts alone."""
    here = curve.at(np.array(prices)[None, :])

    def both_ways(size: Any) -> Any:
        move = np.concatenate((size, -size))
        at = np.tile(prices, (move.size, 1))
        at[:, token] *= np.exp(deviation * move - 0.5 * deviation**2)
        # The amount now is taken out: its own mean is zero, and its size would cost digits.
        moved = curve.at(at).amounts[:, token] - here.amounts[0, token]
        density = np.exp(-0.5 * move**2) / math.sqrt(2.0 * math.pi)
        return np.sum((density * moved * (move / deviation + 1.0) / at[:, token]).reshape(2, -1), axis=0)

    noise = 1e-14 * float(here.amounts[0, token] / prices[token]) / deviation
    return integral_from_zero(both_ways, FURTHEST + 2.0 * deviation, noise)
