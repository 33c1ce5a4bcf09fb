"""What trading an instrument costs, as a convex function of the quantity.

The marginal cost of each way is linear in pieces, as a walk through an order book is, so the cost is quadratic in
pieces. An impact of power 3/2 and a fixed charge may stand on top.
"""

import math
from dataclasses import dataclass
from typing import overload

import numpy as np

from hedgerow.core.arrays import Vector, vector
from hedgerow.core.errors import InputError
from hedgerow.costs.sides import ROUNDING, CostSide

__all__ = ["CostCurve", "CostSide", "HoldingCost", "proportional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCurve:
    """Convex cost of trading one instrument, plus a fixed charge.

    Parameters
    ----------
    buy : CostSide
        Of quantities bought.
    sell : CostSide
        Of quantities sold, counted positive. ``buy.price[0] + sell.price[0]`` is not negative: who buys and sells at
        once does not earn.
    impact : float
        On top comes impact·abs(x)^1.5. [numeraire per contract^1.5]
    fixed : float
        Charged once if anything is traded: gas, a minimum fee. [numeraire]

    Raises
    ------
    InputError
        If impact or charge is negative or not finite, or a round trip earns.

    Examples
    --------
    >>> curve = proportional(2.0, quadratic=0.5, fixed=10.0)
    >>> curve.at(4.0), curve.at(-4.0), curve.at(0.0)
    (22.0, 22.0, 0.0)
    >>> curve.subgradients(0.0), curve.subgradients(4.0)
    ((-2.0, 2.0), (4.0, 4.0))
    """

    buy: CostSide
    sell: CostSide
    impact: float = 0.0
    fixed: float = 0.0

    def __post_init__(self) -> None:
        for name in ("impact", "fixed"):
            value = getattr(self, name)
            if not 0.0 <= value < math.inf:
                raise InputError(f"{name} = {value!r}", "give a finite cost, 0 or more")
        first, back = float(self.buy.price[0]), float(self.sell.price[0])
        if first + back < -ROUNDING * (abs(first) + abs(back)):
            raise InputError(
                f"buying costs {first:g} and selling {back:g} a contract, so a round trip earns",
                "uncross the prices: the two add up to 0 or more",
            )

    @property
    def most_buy(self) -> float:
        """Most that can be bought. [contracts]"""
        return self.buy.most

    @property
    def most_sell(self) -> float:
        """Most that can be sold, counted positive. [contracts]"""
        return self.sell.most

    @overload
    def at(self, x: float) -> float: ...
    @overload
    def at(self, x: Vector) -> Vector: ...
    def at(self, x: float | Vector) -> float | Vector:
        """Return the cost of trades, impact and fixed charge included.

        Parameters
        ----------
        x : float or ndarray of shape (n,)
            Signed quantities, bought > 0. [contracts]

        Returns
        -------
        float or ndarray of shape (n,)
            Cost; inf beyond what can be traded. [numeraire]
        """
        if not isinstance(x, np.ndarray):
            return float(self.at(np.array([x], dtype=np.float64))[0])
        size, bought = np.abs(x), x >= 0.0
        cost: Vector = np.empty_like(size)
        cost[bought], cost[~bought] = self.buy.cost(size[bought]), self.sell.cost(size[~bought])
        cost += self.impact * size * np.sqrt(size) + np.where(size > 0.0, self.fixed, 0.0)
        return cost

    @overload
    def marginal(self, x: float) -> float: ...
    @overload
    def marginal(self, x: Vector) -> Vector: ...
    def marginal(self, x: float | Vector) -> float | Vector:
        """Return what buying one more contract adds to the cost: the derivative from the right.

        At no trade that is the first contract bought. The fixed charge is not in it.

        Parameters
        ----------
        x : float or ndarray of shape (n,)
            Signed quantities, bought > 0. [contracts]

        Returns
        -------
        float or ndarray of shape (n,)
            inf where nothing more can be bought, -inf where x itself is more than can be sold.
            [numeraire per contract]
        """
        if not isinstance(x, np.ndarray):
            return float(self.marginal(np.array([x], dtype=np.float64))[0])
        size, bought = np.abs(x), x >= 0.0
        rate: Vector = np.empty_like(size)
        rate[bought], rate[~bought] = self.buy.next_contract(size[bought]), -self.sell.last_contract(size[~bought])
        rate += np.where(bought, 1.5, -1.5) * self.impact * np.sqrt(size)
        return rate

    def subgradients(self, x: float) -> tuple[float, float]:
        """Return all slopes with which a line touches the cost at x: an interval, wide where the cost has a kink.

        Parameters
        ----------
        x : float
            Signed quantity. [contracts]

        Returns
        -------
        tuple of (float, float)
            The derivatives from the left and from the right. [numeraire per contract]

        References
        ----------
        R. T. Rockafellar, *Convex Analysis*, 1970, theorem 23.2.
        """
        size = np.array([abs(x)])
        last = self.buy.last_contract(size) if x > 0.0 else -self.sell.next_contract(size)
        left, right = float(last[0]) + math.copysign(1.5 * self.impact * math.sqrt(abs(x)), x), self.marginal(x)
        return min(left, right), max(left, right)  # where pieces meet without a kink, they round

    def scaled(self, rate: float) -> "CostCurve":
        """Express the same in another currency.

        Parameters
        ----------
        rate : float
            Worth of one unit of the old currency. [new numeraire per numeraire]

        Returns
        -------
        CostCurve
            Every cost times the rate. [new numeraire]

        Raises
        ------
        InputError
            If the rate is not positive and finite.
        """
        if not 0.0 < rate < math.inf:
            raise InputError(f"a rate of {rate!r}", "an exchange rate is positive and finite")
        return CostCurve(
            buy=self.buy.scaled(rate),
            sell=self.sell.scaled(rate),
            impact=self.impact * rate,
            fixed=self.fixed * rate,
        )


def proportional(
    cost: float, *, quadratic: float = 0.0, impact: float = 0.0, fixed: float = 0.0, most: float = math.inf
) -> CostCurve:
    """Make the curve cost·|x| + ½·quadratic·x² + impact·|x|^1.5 + fixed, the same both ways.

    Parameters
    ----------
    cost : float
        Fee and half-spread of one contract. [numeraire per contract]
    quadratic : float
        Rise of the marginal cost. [numeraire per contract²]
    impact : float
        Square-root impact. [numeraire per contract^1.5]
    fixed : float
        Charged once if anything is traded. [numeraire]
    most : float
        Most that can be traded either way. [contracts]

    Returns
    -------
    CostCurve
        One piece each way. [numeraire]

    Raises
    ------
    InputError
        If a number breaks the rule of its field.
    """
    side = CostSide(size=vector(most), price=vector(cost), slope=vector(quadratic))
    return CostCurve(buy=side, sell=side, impact=impact, fixed=fixed)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingCost:
    """What the position held after the trade costs over a stated period.

    Parameters
    ----------
    long : float
        Of one contract held long; negative if it earns. [numeraire per contract]
    short : float
        Of one contract held short. The two add up to 0 or more. [numeraire per contract]

    Raises
    ------
    InputError
        If a cost is not finite, or a long and a short position together earn: then the cost is not convex.

    Examples
    --------
    >>> HoldingCost(long=3.0, short=-1.0) + HoldingCost(long=0.5, short=0.5)
    HoldingCost(long=3.5, short=-0.5)
    """

    long: float = 0.0
    short: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.long) and math.isfinite(self.short)):
            raise InputError(f"holding costs {self.long!r} long and {self.short!r} short", "give finite costs")
        if self.long + self.short < -ROUNDING * (abs(self.long) + abs(self.short)):
            raise InputError(
                f"holding earns {-self.long:g} long and {-self.short:g} short, so holding both earns",
                "correct the rates: long and short add up to 0 or more",
            )

    def __add__(self, other: "HoldingCost") -> "HoldingCost":
        return HoldingCost(long=self.long + other.long, short=self.short + other.short)

    def at(self, position: float) -> float:
        """Return the cost of holding a position.

        Parameters
        ----------
        position : float
            Signed position after the trade. [contracts]

        Returns
        -------
        float
            Over the period, negative if it earns. [numeraire]
        """
        return self.long * max(position, 0.0) + self.short * max(-position, 0.0)

    def scaled(self, rate: float) -> "HoldingCost":
        """Express the same in another currency.

        Parameters
        ----------
        rate : float
            Worth of one unit of the old currency. [new numeraire per numeraire]

        Returns
        -------
        HoldingCost
            Both costs times the rate. [new numeraire per contract]
        """
        return HoldingCost(long=self.long * rate, short=self.short * rate)
