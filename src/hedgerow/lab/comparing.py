"""Policies on common paths: what each needs at one risk, between two of its settings, with standard errors.

Figures come as folds: of all paths first, then with each group of paths left out. Whatever is computed of one fold is
computed of all, and the scatter gives its standard error: that of a share of a cost that was interpolated at a risk
which is itself an estimate, on paths that all policies have in common.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.arrays import Float64

Folds = Float64[np.ndarray, " n_fold"]


class Needs(NamedTuple):
    """What policies need on common paths.

    Parameters
    ----------
    deviation : ndarray of shape (n_policy, n_fold)
        Standard deviation of the loss. [money]
    cost : ndarray of shape (n_policy, n_fold)
        Mean trading cost. [money]
    trades : ndarray of shape (n_policy, n_fold)
        Mean number of trades. [count]
    """

    deviation: Float64[np.ndarray, "n_policy n_fold"]
    cost: Float64[np.ndarray, "n_policy n_fold"]
    trades: Float64[np.ndarray, "n_policy n_fold"]


class Saved(NamedTuple):
    """What a policy needs at the risk of the clock, and which shares of the clock's needs it saves.

    Parameters
    ----------
    cost, trades : ndarray of shape (n_fold,)
        What it needs. [money], [count]
    place : float
        Where between the two settings, from 0 to 1. [fraction]
    less_cost, fewer_trades : ndarray of shape (n_fold,)
        Shares that it saves; NaN where the clock needs nothing. [fraction]
    """

    cost: Folds
    trades: Folds
    place: float
    less_cost: Folds
    fewer_trades: Folds


def cheapest_crossing(needs: Needs, curve: Sequence[int], deviation: float) -> tuple[int, int] | None:
    """Find two neighbouring settings between which a curve has a deviation, at the least cost if there are several.

    Parameters
    ----------
    needs : Needs
        Of all policies.
    curve : sequence of int
        The settings of one of them, in order. [index]
    deviation : float
        The deviation to have. [money]

    Returns
    -------
    tuple of (int, int) or None
        Two policies, of which the first has the larger deviation; None if the curve does not get there. [index]

    References
    ----------
    A sign change between neighbours brackets a crossing (intermediate value theorem, DLMF 1.4.5). A curve need not be
    convex, nor fall all the way, so there may be several.
    """
    risk = needs.deviation[:, 0]
    found = []
    for first, second in pairwise(curve):
        high, low = (first, second) if risk[first] >= risk[second] else (second, first)
        if risk[low] <= deviation <= risk[high]:
            share = _share(risk[high : high + 1], risk[low : low + 1], np.array([deviation]))
            found.append((float(_between(needs.cost[high, :1], needs.cost[low, :1], share)[0]), (high, low)))
    return min(found)[1] if found else None


def saved(needs: Needs, pair: tuple[int, int], clock: int) -> Saved:
    """Return what a policy needs at the risk of the clock, fold by fold.

    Parameters
    ----------
    needs : Needs
        Of all policies.
    pair : tuple of (int, int)
        Two settings of the policy; the first has the larger deviation, the clock's lies between. [index]
    clock : int
        The clock. [index]

    Returns
    -------
    Saved
        Needs and shares. [money, count, fraction]

    References
    ----------
    Linear interpolation, DLMF 3.3.6.
    """
    high, low = pair
    share = _share(needs.deviation[high], needs.deviation[low], needs.deviation[clock])
    cost = _between(needs.cost[high], needs.cost[low], share)
    trades = _between(needs.trades[high], needs.trades[low], share)
    return Saved(
        cost=cost,
        trades=trades,
        place=float(share[0]),
        less_cost=_less(cost, needs.cost[clock]),
        fewer_trades=_less(trades, needs.trades[clock]),
    )


def bends(needs: Needs, pair: tuple[int, int], clock: int) -> tuple[float, float]:
    """Return what the straight line between two settings may be off by: its distance from a power law through both.

    Parameters
    ----------
    needs : Needs
        Of all policies.
    pair : tuple of (int, int)
        Two settings of the policy; the first has the larger deviation, the clock's lies between. [index]
    clock : int
        The clock. [index]

    Returns
    -------
    tuple of (float, float)
        Of the share of cost and of that of trades; zero where there is no power law. [fraction]

    References
    ----------
    Cost is nearly a power of the risk: Whalley, Wilmott (1997), Mathematical Finance 7:307,
    doi 10.1111/1467-9965.00034, section 4, has cost and risk of small bands as powers of their width.
    """
    high, low = pair
    risk, wanted = needs.deviation[:, 0], needs.deviation[clock, 0]
    if not 0.0 < risk[low] < risk[high]:
        return 0.0, 0.0
    straight = (risk[high] - wanted) / (risk[high] - risk[low])
    curved = np.log(risk[high] / wanted) / np.log(risk[high] / risk[low])
    found = []
    for values in (needs.cost[:, 0], needs.trades[:, 0]):
        if min(values[high], values[low], values[clock]) <= 0.0:
            found.append(0.0)
            continue
        line = (1.0 - straight) * values[high] + straight * values[low]
        power = values[high] ** (1.0 - curved) * values[low] ** curved
        found.append(float(abs(line - power) / values[clock]))
    return found[0], found[1]


def beaten(needs: Needs, curve: Sequence[int]) -> list[bool]:
    """Tell which settings of a policy another of its settings beats, in cost and in risk.

    Parameters
    ----------
    needs : Needs
        Of all policies.
    curve : sequence of int
        The settings of one of them. [index]

    Returns
    -------
    list of bool
        In the order of the curve; equal ones do not beat each other. [bool]

    References
    ----------
    Pareto dominance: Boyd, Vandenberghe (2004), "Convex Optimization", section 4.7.3.
    """
    risk, cost = needs.deviation[:, 0], needs.cost[:, 0]

    def loses(k: int, other: int) -> bool:
        no_worse = risk[other] <= risk[k] and cost[other] <= cost[k]
        return bool(no_worse and (risk[other] < risk[k] or cost[other] < cost[k]))

    return [any(loses(k, other) for other in curve) for k in curve]


def _share(high: NDArray[np.float64], low: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far it is from one to the other; nowhere if they are the same."""
    drop = np.asarray(high - low, dtype=np.float64)
    return np.where(drop > 0.0, (high - wanted) / np.where(drop > 0.0, drop, 1.0), 0.0)


def _between(first: NDArray[np.float64], second: NDArray[np.float64], share: NDArray[np.float64]) -> Folds:
    return np.asarray((1.0 - share) * first + share * second)


def _less(value: Folds, whole: Folds) -> Folds:
    return np.where(whole > 0.0, 1.0 - value / np.where(whole > 0.0, whole, 1.0), np.nan)
