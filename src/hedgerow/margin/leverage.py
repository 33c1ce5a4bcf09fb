"""The price at which a leveraged position is liquidated, and the leverage that costs least over a holding period."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.margin.probability import touch_probability

_GRID: Final = 240
_GOLDEN: Final = 0.5 * (math.sqrt(5.0) - 1.0)
_ROUNDS: Final = 80

Chance = Callable[[float], float]
"""Probability that the spot moves by a fraction before the horizon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestLeverage:
    """A leverage and what it costs over the holding period.

    Parameters
    ----------
    leverage : float
        Notional over what covers margin. [pure]
    move : float or None
        Of the spot, at which the position is liquidated; None for never. [fraction]
    probability : float
        Of that before the horizon. [probability]
    capital_cost, liquidation_cost : float
        Of the margin put up; expected, of a liquidation. [fraction of the notional]
    """

    leverage: float
    move: float | None
    probability: float
    capital_cost: float
    liquidation_cost: float

    @property
    def cost(self) -> float:
        """Both together. [fraction of the notional]"""
        return self.capital_cost + self.liquidation_cost


def liquidation_move(
    leverage: float, maintenance: float, *, short: bool, inverse: bool, coin: float | None = None
) -> float | None:
    """Return the move of the price at which a position alone with its margin is liquidated.

    Let the price go from 1 to x, d be 1 of a long position and -1 of a short one, s = 1/leverage what covers margin
    over the notional, m the maintenance margin, and w the share of what covers that is held in the coin. In money,
    seen over the notional at the entry, what covers is s·(1 - w + w·x) + d·(x - 1): P&L of N dollars of an inverse
    contract is N·(1 - 1/x) coins, which are worth N·(x - 1), as that of a linear one. The maintenance margin is m·x of
    a linear contract, whose notional moves with the price, and m of an inverse one. Both are equal at

        x = (d - s·(1 - w) + [m if inverse]) / (d + s·w - [m if linear])

    A linear short with cash is so liquidated at (1 + s)/(1 + m), with coins at 1/(1 + m - s), and never from
    s = 1 + m on, where it holds more coins than it owes; a linear long with cash at (1 - s)/(1 - m), with coins, which
    fall with it, at 1/(1 + s - m). An inverse short with coins is at (1 - m)/(1 - s), never from s = 1 on, with cash at
    1 + s - m; an inverse long with coins at (1 + m)/(1 + s), with cash at 1 + m - s.

    Parameters
    ----------
    leverage : float
        Notional over what covers margin at the entry, positive. [pure]
    maintenance : float
        Margin that must be maintained. [fraction of the notional]
    short : bool
        Sold, or bought.
    inverse : bool
        Settled in the coin.
    coin : float or None
        Share of what covers margin that is held in the coin; None for all of it where the contract settles in the coin,
        else nothing. [fraction]

    Returns
    -------
    float or None
        The move from the entry: up of a short, down of a long; 0 where the margin does not suffice at the entry, None
        for never. [fraction]

    Raises
    ------
    InputError
        If the leverage is not positive, the maintenance margin not from 0 to below 1, or the share not from 0 to 1.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, section 2, doi 10.1016/j.ejor.2022.07.037, for inverse contracts with
    coins; the other cases by the derivation above.

    Examples
    --------
    >>> round(liquidation_move(5.0, 0.01, short=True, inverse=False), 4)
    0.1881
    >>> round(liquidation_move(5.0, 0.01, short=True, inverse=False, coin=1.0), 4)
    0.2346
    """
    if not (leverage > 0.0 and math.isfinite(leverage)):
        raise InputError(f"a leverage of {leverage:g}", "give a positive number: notional over margin")
    if not 0.0 <= maintenance < 1.0:
        raise InputError(f"a maintenance margin of {maintenance:g}", "give a fraction of the notional")
    coins = float(inverse) if coin is None else coin
    if not 0.0 <= coins <= 1.0:
        raise InputError(f"a share of {coins:g} in the coin", "give a fraction from 0 to 1")
    cover, way = 1.0 / leverage, -1.0 if short else 1.0
    if cover < maintenance:
        return 0.0
    cash, slope = cover * (1.0 - coins) - way, way + cover * coins
    if inverse:
        cash -= maintenance
    else:
        slope -= maintenance
    # What is left over is cash + slope·x, and not negative at x = 1.
    if cash * slope >= 0.0:
        return None
    move = -cash / slope - 1.0
    return max(move, 0.0) if short else min(move, 0.0)


def leverage_cost(
    leverage: float,
    *,
    chance: Chance,
    years: float,
    maintenance: float,
    capital_rate: float,
    liquidation_loss: float,
    short: bool,
    inverse: bool,
    coin: float | None = None,
    haircut: float = 0.0,
) -> BestLeverage:
    """Return what one leverage costs over a holding period.

    Parameters
    ----------
    leverage : float
        Notional over what covers margin. [pure]
    chance : callable
        Probability that the spot moves by a fraction before the horizon.
    years : float
        Holding period. [years]
    maintenance : float
        Margin that must be maintained. [fraction of the notional]
    capital_rate : float
        What the margin costs. [fraction per year]
    liquidation_loss : float
        What a liquidation costs: the venue's fee, and to be without the position. [fraction of the notional]
    short, inverse : bool
        As in ``liquidation_move``.
    coin : float or None
        As in ``liquidation_move``. [fraction]
    haircut : float
        Share of the collateral that does not cover margin and costs capital all the same. [fraction]

    Returns
    -------
    BestLeverage
        The leverage that was given, with its costs. [fraction of the notional]

    Raises
    ------
    InputError
        As ``liquidation_move``, or if the haircut is not from 0 to below 1.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, section 3, whose hedger weighs variance and the probability of
    liquidation by a loss aversion; here both are costs.
    """
    if not 0.0 <= haircut < 1.0:
        raise InputError(f"a haircut of {haircut:g}", "give a fraction from 0 to below 1")
    move = liquidation_move(leverage, maintenance, short=short, inverse=inverse, coin=coin)
    probability = 0.0 if move is None else chance(move)
    return BestLeverage(
        leverage=leverage,
        move=move,
        probability=probability,
        capital_cost=capital_rate * years / (leverage * (1.0 - haircut)),
        liquidation_cost=probability * liquidation_loss,
    )


def best_leverage(
    *,
    vol: float,
    years: float,
    maintenance: float,
    capital_rate: float,
    liquidation_loss: float,
    short: bool,
    inverse: bool,
    lowest: float = 0.5,
    highest: float = 50.0,
    log_drift: float | None = None,
    chance: Chance | None = None,
    coin: float | None = None,
    haircut: float = 0.0,
) -> BestLeverage:
    """Return the leverage that costs least: capital that is bound, and the risk of being liquidated.

    The cost need not be convex, so the best of a grid is refined between its neighbours.

    Parameters
    ----------
    vol : float
        Of the spot. [fraction per square root of a year]
    years : float
        Holding period, positive. [years]
    maintenance : float
        Margin that must be maintained. [fraction of the notional]
    capital_rate : float
        What the margin costs. [fraction per year]
    liquidation_loss : float
        What a liquidation costs. [fraction of the notional]
    short, inverse : bool
        As in ``liquidation_move``.
    lowest, highest : float
        Bounds; the highest is one over the initial margin, or the user's. [pure]
    log_drift : float or None
        Drift of the logarithm of the spot; None for -vol²/2. [per year]
    chance : callable or None
        Probability that the spot moves by a fraction, for example with jumps; None for ``touch_probability``.
    coin : float or None
        As in ``liquidation_move``. [fraction]
    haircut : float
        As in ``leverage_cost``. [fraction]

    Returns
    -------
    BestLeverage
        With its costs. [fraction of the notional]

    Raises
    ------
    InputError
        If bounds, rates or the horizon break their rules.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, doi 10.1016/j.ejor.2022.07.037.
    """
    if not (0.0 < lowest <= highest < math.inf):
        raise InputError(f"leverage from {lowest:g} to {highest:g}", "give two positive bounds in order")
    if not (years > 0.0 and capital_rate >= 0.0 and liquidation_loss >= 0.0):
        raise InputError(
            f"a holding period of {years:g} years, capital at {capital_rate:g}, a loss of {liquidation_loss:g}",
            "give a positive period, and rates that are not negative",
        )

    def touched(move: float) -> float:
        return touch_probability(move, vol=vol, years=years, log_drift=log_drift)

    def cost(log_leverage: float) -> BestLeverage:
        return leverage_cost(
            min(max(math.exp(log_leverage), lowest), highest),
            chance=touched if chance is None else chance,
            years=years,
            maintenance=maintenance,
            capital_rate=capital_rate,
            liquidation_loss=liquidation_loss,
            short=short,
            inverse=inverse,
            coin=coin,
            haircut=haircut,
        )

    grid = np.linspace(math.log(lowest), math.log(highest), _GRID).tolist()
    tried = [cost(at) for at in grid]
    place = min(range(_GRID), key=lambda i: tried[i].cost)
    found = _refined(cost, grid[max(place - 1, 0)], grid[min(place + 1, _GRID - 1)])
    return min(found, tried[place], key=lambda one: one.cost)


def _refined(cost: Callable[[float], BestLeverage], low: float, high: float) -> BestLeverage:
    """Return the least cost between two points by golden sections."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(_ROUNDS):
        if at_left.cost <= at_right.cost:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = cost(right)
    return min(at_left, at_right, key=lambda one: one.cost)
