"""The no-trade band of a hedged liquidity position: which leg pays gas decides its rule, and edges need a mean gamma.

A hedge on an exchange costs in proportion to its size and wants the band of Whalley and Wilmott; a swap on a chain
costs gas whatever its size and wants the band of fixed costs. At the edge of a range gamma jumps, so the gamma of a
point says nothing of the days ahead: zero outside would mean no band at all. The band uses the mean of gamma over the
prices that it lets pass, which depends on the band itself; one equation settles both, and it has one solution.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.policy.checks import check_cost, check_positive
from hedgerow.policy.gas_aware import fixed_cost_half
from hedgerow.policy.scene import Band, Number, centred, edges
from hedgerow.policy.whalley_wilmott import whalley_wilmott_half
from hedgerow.pools import Curve

Rule: TypeAlias = Literal["whalley_wilmott", "gas_aware"]
"""Which cost makes the band: one in proportion to the trade, or the same for every trade."""

_WIDEST: Final = math.log(20.0)
"""Prices further away than this, either way, are not looked at. [logarithm of the price]"""

_ROUNDS: Final = 6
_TRIALS: Final = 64
"""Intervals that are tried at once; every round is so many times as fine as the one before. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeLeg:
    """What trading the hedge costs.

    Parameters
    ----------
    proportional_cost : float
        Fee and half-spread of a trade over its notional. [fraction]
    gas : float
        What a trade of any size costs; zero on an exchange. [quote]
    """

    proportional_cost: float
    gas: float = 0.0

    def __post_init__(self) -> None:
        check_cost("proportional_cost", self.proportional_cost, most=1.0)
        check_cost("gas", self.gas)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityBand:
    """A band around the ideal hedge, and why it is as wide as it is.

    Parameters
    ----------
    band : Band
        Holdings that are left alone, and where others go. [coin]
    half_width : float
        Half of its width. [coin]
    gamma : float
        Mean of gamma over the prices from ``low`` to ``high``. [coin per quote]
    point_gamma : float
        Gamma at the price, zero outside of a range. [coin per quote]
    low, high : float
        Prices that the band lets pass from a hedge at its middle; zero and infinity where it lets all pass: then
        no move of the price alone makes a trade worth its cost. [quote per coin]
    rule : {"whalley_wilmott", "gas_aware"}
        Which cost makes it.
    """

    band: Band
    half_width: float
    gamma: float
    point_gamma: float
    low: float
    high: float
    rule: Rule


def liquidity_band(
    curve: Curve,
    prices: Float64[np.ndarray, " n_token"],
    token: int,
    *,
    ideal: float,
    risk_aversion: float,
    leg: HedgeLeg,
) -> LiquidityBand:
    """Return the no-trade band of the hedge of a liquidity position.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    prices : ndarray of shape (n_token,)
        Prices of the pool's tokens, in the money in which P&L is counted. [quote per token]
    token : int
        Number of the token that is hedged. [0-based]
    ideal : float
        The holding that leaves exactly the wanted delta. [coin]
    risk_aversion : float
        Constant absolute risk aversion. [1/quote]
    leg : HedgeLeg
        Costs of the leg that trades.

    Returns
    -------
    LiquidityBand
        Band, half-width, mean gamma and rule. [as its fields]

    Raises
    ------
    InputError
        If the token does not exist, the risk aversion is not positive, or the ideal holding is not finite.

    Notes
    -----
    A leg that pays both costs gets the wider of the two bands: the leading order of each where the other is small.
    With w half the interval's width and D half of the change of delta over it, the rules ask for w^2·D = k and w·D = k,
    both of which rise with the interval, so a search finds the one solution. Where even a price twenty times as high or
    low does not use the half-width up, the hedge is never traded again once it is inside: ``low`` and ``high`` are
    open, ``gamma`` and the half-width are those of that widest interval, wider than all changes of delta in it.

    References
    ----------
    Whalley, Wilmott (1997), Mathematical Finance 7:307, doi 10.1111/1467-9965.00034, section 3; Whalley, Wilmott
    (1999), European J. Applied Mathematics 10:117, for costs that do not depend on the size.
    """
    if not math.isfinite(ideal):
        raise InputError(f"an ideal holding of {ideal}", "give the holding that leaves the wanted delta")
    check_positive("risk_aversion", risk_aversion, "per unit of the money in which P&L is counted")
    if not 0 <= token < curve.n_token:
        raise InputError(f"token {token} of {curve.n_token}", "count from zero, in the contract's order")
    price = float(prices[token])

    def amounts_at(at: Float64[np.ndarray, " n_price"]) -> Float64[np.ndarray, " n_price"]:
        rows = np.tile(prices, (at.size, 1))
        rows[:, token] = at
        return np.asarray(curve.at(rows).amounts[:, token])

    def proportional(gamma: Number) -> Number:
        return whalley_wilmott_half(leg.proportional_cost, risk_aversion, price, gamma)

    def fixed(gamma: Number) -> Number:
        return fixed_cost_half(leg.gas, risk_aversion, gamma)

    point = float(curve.at(np.array(prices)[None, :]).gamma[0, token, token])
    found = {"whalley_wilmott": _settle(amounts_at, price, point, proportional)}
    if leg.gas > 0.0:
        found["gas_aware"] = _settle(amounts_at, price, point, fixed)
    widest = max(found, key=lambda name: found[name][0])
    half, reach, gamma = found[widest]
    rule: Rule = "gas_aware" if widest == "gas_aware" else "whalley_wilmott"
    return LiquidityBand(
        band=centred(ideal, half) if rule == "gas_aware" else edges(ideal - half, ideal + half),
        half_width=half,
        gamma=gamma,
        point_gamma=point,
        low=price * math.exp(-reach),
        high=price * math.exp(reach),
        rule=rule,
    )


def _settle(
    amounts_at: Callable[[Float64[np.ndarray, " n_price"]], Float64[np.ndarray, " n_price"]],
    price: float,
    point: float,
    half_of: Callable[[Number], Number],
) -> tuple[float, float, float]:
    """Half-width, logarithm of the interval's ends, mean gamma, such that the interval uses up the half-width."""
    if float(half_of(1.0)) == 0.0:
        return 0.0, 0.0, point
    narrow, wide, gamma = 0.0, _WIDEST, 0.0
    for beat in range(_ROUNDS):
        reach = narrow + (wide - narrow) * np.linspace(0.0, 1.0, _TRIALS + 1)[1:]
        low, high = price * np.exp(-reach), price * np.exp(reach)
        change = np.diff(amounts_at(np.concatenate((low, high))).reshape(2, -1), axis=0)[0]
        mean = change / (high - low)
        used = np.flatnonzero((-change >= 2.0 * half_of(mean)) & (change < 0.0))
        if used.size == 0 and beat == 0:
            return float(half_of(float(mean[-1]))), math.inf, float(mean[-1])
        first = int(used[0]) if used.size else _TRIALS - 1
        wide, gamma = float(reach[first]), float(mean[first])
        narrow = float(reach[first - 1]) if first else narrow
    return float(half_of(gamma)), wide, gamma
