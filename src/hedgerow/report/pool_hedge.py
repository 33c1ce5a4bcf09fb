"""The hedge of a liquidity position: by asset, in contracts, with its band; the same as JSON."""

import math
from dataclasses import dataclass
from typing import Any

from hedgerow.core.ids import Currency
from hedgerow.hedging.liquidity import LiquidityHedge
from hedgerow.policy import LiquidityBand


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeBand:
    """How far the hedge may be off before a trade is worth its cost.

    Parameters
    ----------
    settled : LiquidityBand
        Half-width, which rule binds, and gamma: the mean that it takes and the one at the price.
    low, high : float
        Prices at which delta leaves it: zero, infinite where it never does. [numeraire per asset]
    trade_cost : float or None
        What a trade of any size costs. [numeraire]
    cost_rate : float or None
        What a trade costs over its notional. [fraction]
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    """

    settled: LiquidityBand
    low: float
    high: float
    trade_cost: float | None
    cost_rate: float | None
    risk_aversion: float

    @property
    def half_width(self) -> float:
        """Of delta around its target. [asset]"""
        return self.settled.half_width


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeContracts:
    """A trade in whole contracts.

    Parameters
    ----------
    size : float
        Of one contract. [asset, of an inverse one numeraire]
    number : int
        To buy, negative to sell: the nearest whole number. [contracts]
    delta_left : float
        Delta after the trade. [asset]
    """

    size: float
    number: int
    delta_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetHedge:
    """The exposure to one asset, and what offsets it.

    Parameters
    ----------
    asset : str
        The asset; wrapped coins count as what they stand for.
    price : float
        Its price. [numeraire per asset]
    delta : float
        Tokens of a burn and uncollected fees. [asset]
    gamma : float
        Change of delta in the price. [asset per numeraire]
    mean_gamma : float
        Its mean over 0.2 % of the price either way, what the book takes. [asset per numeraire]
    linear : LiquidityHedge
        In a linear perpetual of one asset. [asset]
    inverse : LiquidityHedge
        In an inverse perpetual of one unit of the numeraire, margin coins counted. [numeraire]
    future : LiquidityHedge or None
        In a linear dated future; None if its price was not given. [asset]
    whole : dict of str to WholeContracts
        By ``linear``, ``inverse`` and ``future``, those whose contract size was stated. [contracts]
    margin_coins : float
        Coins that lie as margin of the inverse perpetual. [asset]
    future_price : float or None
        Of the dated future. [numeraire per asset]
    band : HedgeBand or None
        None if its costs were not given.
    counts_in_coin : bool
        True if the numeraire is a coin: no inverse contract is of so many units of it.
    """

    asset: Currency
    price: float
    delta: float
    gamma: float
    mean_gamma: float
    linear: LiquidityHedge
    inverse: LiquidityHedge
    future: LiquidityHedge | None
    whole: dict[str, WholeContracts]
    margin_coins: float
    future_price: float | None
    band: HedgeBand | None
    counts_in_coin: bool

    @property
    def gamma_per_percent(self) -> float:
        """Change of delta when the price moves by one per cent. [asset per 1 %]"""
        return 0.01 * self.price * self.gamma


def hedge_figures(one: AssetHedge) -> dict[str, Any]:
    """Write the hedge of an asset for machines.

    Parameters
    ----------
    one : AssetHedge
        The hedge.

    Returns
    -------
    dict
        Plain values. [as docs/pool-json.md says]
    """
    future = None
    if one.future is not None:
        future = {"price": one.future_price, **_legs(one.future, one.whole.get("future"))}
    return {
        "asset": one.asset,
        "price": one.price,
        "delta": one.delta,
        "gamma": one.gamma,
        "mean_gamma": one.mean_gamma,
        "linear": _legs(one.linear, one.whole.get("linear")),
        "inverse": {"margin_coins": one.margin_coins, **_legs(one.inverse, one.whole.get("inverse"))},
        "future": future,
        "band": None if one.band is None else _band(one.band),
    }


def _legs(hedge: LiquidityHedge, whole: WholeContracts | None) -> dict[str, Any]:
    return {
        "trade": hedge.trade,
        "exposure": hedge.exposure,
        "hedge_ratio": hedge.hedge_ratio,
        "contracts": None
        if whole is None
        else {"size": whole.size, "number": whole.number, "delta_left": whole.delta_left},
    }


def _band(band: HedgeBand) -> dict[str, Any]:
    found = band.settled
    return {
        "half_width": found.half_width,
        "low": band.low if band.low > 0.0 else None,
        "high": band.high if math.isfinite(band.high) else None,
        "rule": found.rule,
        "gamma": found.gamma,
        "gamma_low": found.low,
        "gamma_high": found.high,
        "point_gamma": found.point_gamma,
        "trade_cost": band.trade_cost,
        "cost_rate": band.cost_rate,
        "risk_aversion": band.risk_aversion,
    }
