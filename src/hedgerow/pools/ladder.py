"""A position of any pool as a ladder of liquidity ranges in one coin's price.

Let every token of a pool be worth a fixed number of coins, or a fixed amount of money. Then the position is a concave
function of the coin's price S alone, its delta falls as S rises, and between two prices a < b

    L = (delta(a) - delta(b)) / (a^-1/2 - b^-1/2)

is the liquidity of the one range that has the same delta at both (Uniswap v3 core whitepaper, eq. 6.30). A row of such
ranges, some coins and some money are the position, with the delta exact at every edge. So what can value, stress,
simulate or optimise a range can do so for every pool, and there is one road for all kinds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pools.curve import Curve, CurvePoint

_REACH: Final = 1e3
"""The ladder ends at the spot over and times this; beyond, the position's coins stay as they are there. [pure]"""

_FIRST_STEP: Final = 2e-3
"""Half the width of the rung around the spot, in the logarithm of the price. [fraction]"""

_GROWTH: Final = 1.25
"""Every rung is wider than the one nearer to the spot by this. [pure]"""

_MOST_RUNGS: Final = 2_000
_SAME: Final = 1e-11
"""Liquidity that differs by less is the same up to rounding. [fraction]"""

_DUST: Final = 1e-13
"""Rungs are left out whose coins are less than this share of all. [fraction]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Ranges, coins and money that together are worth what a position is.

    Parameters
    ----------
    lower, upper : ndarray of shape (n_rung,)
        Edges of the ranges. [money per coin]
    liquidity : ndarray of shape (n_rung,)
        Of each range. [square root of coin times money]
    coins, money : float
        What is held beside them. [coins], [money]
    gamma, point_gamma : float
        Mean gamma of the curve over the rung around the spot, which is the ladder's own gamma there; and the curve's at
        the very spot. They differ where a pool is far deeper at one price than beside it. [coins per money]
    error : float
        Largest error of the delta found between the edges, as a share of the delta there or at the spot, whichever is
        larger. [fraction]
    """

    lower: Float64[np.ndarray, " n_rung"]
    upper: Float64[np.ndarray, " n_rung"]
    liquidity: Float64[np.ndarray, " n_rung"]
    coins: float
    money: float
    gamma: float
    point_gamma: float
    error: float


def range_ladder(
    curve: Curve,
    *,
    spot: float,
    coins_per_token: Float64[np.ndarray, " n_token"],
    money_per_token: Float64[np.ndarray, " n_token"],
    tolerance: float = 1e-4,
) -> Ladder:
    """Write a position as ranges in the price of one coin.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    spot : float
        Price around which the ladder is fine: value and delta are those of the curve there, gamma is the mean of the
        curve's over ±0.2 % of it. [money per coin]
    coins_per_token, money_per_token : ndarray of shape (n_token,)
        A token is worth the first times the coin's price plus the second. [coins per token], [money per token]
    tolerance : float
        Rungs are halved until the error of the delta between their edges is no larger; measured as ``error`` is.
        [fraction]

    Returns
    -------
    Ladder
        The ranges. [as its fields]

    Raises
    ------
    InputError
        If the spot is not positive and finite, a token is worth nothing, or the ladder would have too many rungs.

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.29 and 6.30.
    """
    if not 0.0 < spot < np.inf:
        raise InputError(f"a spot of {spot}", "prices are positive and finite")
    if not np.all(coins_per_token * spot + money_per_token > 0.0):
        raise InputError("a token is worth nothing", "state how many coins, or how much money, each token is worth")

    def at(price: Float64[np.ndarray, " n_price"]) -> CurvePoint:
        return curve.at(price[:, None] * coins_per_token + money_per_token)

    edges, deltas, error = _edges(lambda price: at(price).amounts @ coins_per_token, spot, tolerance)
    moving = deltas[:-1] - deltas[1:]
    kept = np.abs(moving) > _DUST * np.abs(deltas).max()
    lower, upper = edges[:-1][kept], edges[1:][kept]
    liquidity = moving[kept] / (1.0 / np.sqrt(lower) - 1.0 / np.sqrt(upper))
    lower, upper, liquidity = _joined(lower, upper, liquidity)
    held, moved = _worth(spot, lower, upper, liquidity)
    inside = (lower <= spot) & (spot < upper)
    here = at(np.array([spot]))
    coins = float((here.amounts @ coins_per_token)[0]) - moved  # the delta at the far end, but for rounding
    return Ladder(
        lower=frozen(lower),
        upper=frozen(upper),
        liquidity=frozen(liquidity),
        coins=coins,
        money=float(here.value[0]) - held - coins * spot,
        gamma=-0.5 * float(liquidity[inside].sum()) * spot**-1.5,
        point_gamma=float(coins_per_token @ here.gamma[0] @ coins_per_token),
        error=error,
    )


def _joined(
    lower: Float64[np.ndarray, " n_rung"],
    upper: Float64[np.ndarray, " n_rung"],
    liquidity: Float64[np.ndarray, " n_rung"],
) -> tuple[Float64[np.ndarray, " n_range"], ...]:
    """Neighbours of the same liquidity as one range: a constant product is a single one."""
    same = (upper[:-1] == lower[1:]) & (np.abs(np.diff(liquidity)) <= _SAME * np.abs(liquidity[1:]))
    first = np.concatenate([[True], ~same])[: lower.size]
    last = np.concatenate([~same, [True]])[: lower.size]
    return lower[first], upper[last], liquidity[first]


def _worth(
    price: float,
    lower: Float64[np.ndarray, " n_rung"],
    upper: Float64[np.ndarray, " n_rung"],
    liquidity: Float64[np.ndarray, " n_rung"],
) -> tuple[float, float]:
    """Value and delta of the ranges."""
    root = np.sqrt(np.clip(price, lower, upper))
    coins = liquidity * (1.0 / root - 1.0 / np.sqrt(upper))
    return float(np.sum(coins * price + liquidity * (root - np.sqrt(lower)))), float(np.sum(coins))


def _edges(
    delta_at: Callable[[Float64[np.ndarray, " n_price"]], Float64[np.ndarray, " n_price"]],
    spot: float,
    tolerance: float,
) -> tuple[Float64[np.ndarray, " n_edge"], Float64[np.ndarray, " n_edge"], float]:
    """Edges of the rungs, the delta there, and the largest error between them: a rung that is too coarse is halved."""
    widths = 2.0 * _FIRST_STEP * _GROWTH ** np.arange(60)
    away = _FIRST_STEP + np.concatenate([[0.0], np.cumsum(widths)])
    away = np.append(away[away < np.log(_REACH)], np.log(_REACH))
    edges = spot * np.exp(np.concatenate([-away[::-1], away]))
    deltas, here = delta_at(edges), abs(float(delta_at(np.array([spot]))[0]))
    while True:
        middle = np.sqrt(edges[:-1] * edges[1:])
        true = delta_at(middle)
        wrong = np.abs(_along(middle, edges, deltas) - true) / np.maximum(np.abs(true), max(here, _DUST))
        around = (edges[:-1] < spot) & (spot < edges[1:])
        split = (wrong > tolerance) & ~around
        if not split.any():
            return *_bent(spot, edges, deltas, float(true[around][0])), float(np.max(wrong, where=~around, initial=0.0))
        count = edges.size + int(split.sum())
        if count > _MOST_RUNGS:
            raise InputError(f"a ladder of {count} ranges", "the curve is too sharp for this tolerance; loosen it")
        order = np.argsort(np.concatenate([edges, middle[split]]), kind="stable")
        edges = np.concatenate([edges, middle[split]])[order]
        deltas = np.concatenate([deltas, true[split]])[order]


def _along(
    price: Float64[np.ndarray, " n_price"],
    edges: Float64[np.ndarray, " n_edge"],
    deltas: Float64[np.ndarray, " n_edge"],
) -> Float64[np.ndarray, " n_price"]:
    """The delta of the ranges between their edges: straight in the root of one over the price."""
    return np.asarray(np.interp(-1.0 / np.sqrt(price), -1.0 / np.sqrt(edges), deltas))


def _bent(
    spot: float, edges: Float64[np.ndarray, " n_edge"], deltas: Float64[np.ndarray, " n_edge"], true: float
) -> tuple[Float64[np.ndarray, " n_more"], Float64[np.ndarray, " n_more"]]:
    """Lift the rung around the spot until its delta is true at the spot too, by a narrow rung at each of its ends.

    So it keeps the mean slope over its width, and edges further away keep their delta.
    """
    lift = true - float(_along(np.array([spot]), edges, deltas)[0])
    inner = spot * np.exp(np.array([-0.9, 0.9]) * _FIRST_STEP)
    lifted = _along(inner, edges, deltas) + lift
    place = int(np.searchsorted(edges, spot))
    return np.insert(edges, place, inner), np.insert(deltas, place, lifted)
