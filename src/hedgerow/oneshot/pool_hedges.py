"""What offsets a liquidity position: which assets, how much of what contract, and when a trade is worth its cost."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.hedging.liquidity import CoinExposure, HedgeContract, LiquidityHedge, hedge_liquidity
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.policy import HedgeLeg, liquidity_band
from hedgerow.pools.asset_curve import AssetCurve, asset_curve
from hedgerow.pools.assets import AssetExposure, exposure_by_asset
from hedgerow.pools.curve import Curve
from hedgerow.pools.positions import PoolGreeks
from hedgerow.report.pool_hedge import AssetHedge, HedgeBand, WholeContracts

_FARTHEST: Final = 20.0
"""Prices so many times the price, and so many times less, are not looked at. [multiple]"""

_NEAR: Final = 2e-3
"""The mean gamma of an asset is that over so much of its price either way, as the book's ladders have it. [fraction]"""

_NOISE: Final = 1e-9
"""A gamma that moves less of the delta when the price doubles is rounding. [fraction]"""

_ROUNDS: Final = 8
_TRIALS: Final = 64
"""Prices that are tried at once; every round is so many times as fine as the one before. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgedAssets:
    """Which assets of a position are hedged, and which are not.

    Parameters
    ----------
    wanted : tuple of str
        Hedged.
    left_out : tuple of str
        Tokens that are stated to stand for what the numeraire stands for; the numeraire itself is not among them, and
        none is where assets were asked for.
    """

    wanted: tuple[Currency, ...]
    left_out: tuple[Currency, ...]


def hedged_assets(greeks: PoolGreeks, terms: PoolTerms) -> HedgedAssets:
    """Choose what to hedge: what is asked for, or every asset that is not money.

    Parameters
    ----------
    greeks : PoolGreeks
        One position.
    terms : PoolTerms
        Numeraire, prices, aliases and what is asked.

    Returns
    -------
    HedgedAssets
        In alphabetical order, or that of the question. [as its fields]

    Raises
    ------
    InputError
        If an asset is asked for that no token stands for or that is the money, or what belongs to one contract is given
        for several assets.

    References
    ----------
    None: money is what the numeraire stands for. A price of one is no statement: a stablecoin may lose its peg.
    """
    standing = {symbol: terms.standing(symbol).asset for symbol in greeks.symbols}
    assets = tuple(sorted(set(standing.values())))
    asked = dict.fromkeys(standing.get(Currency(one), Currency(one)) for one in terms.assets)
    for one in asked:
        if one not in assets:
            raise InputError(f"{one} to hedge: no token stands for it", f"there are {', '.join(assets)}")
        if one == terms.money:
            raise InputError(f"{one} to hedge in {terms.numeraire}", "it is the money: count in another numeraire")
    wanted = tuple(asked) or tuple(one for one in assets if one != terms.money)
    _check_single(wanted, terms)
    left = () if terms.assets else (name for name in greeks.symbols if standing[name] == terms.money)
    return HedgedAssets(wanted=wanted, left_out=tuple(sorted(name for name in left if name != terms.numeraire)))


def _check_single(wanted: tuple[Currency, ...], terms: PoolTerms) -> None:
    if terms.counts_in_coin and (terms.margin_coins or "inverse" in terms.contract_sizes):
        raise InputError(
            f"an inverse perpetual on {', '.join(wanted)} in {terms.numeraire}",
            "its contracts are money and its margin is the coin: count in the money",
        )
    if len(wanted) > 1 and (terms.future_price is not None or terms.margin_coins or terms.contract_sizes):
        raise InputError(
            f"one future, margin or contract size for {', '.join(wanted)}", "name the one asset that is to be hedged"
        )


def asset_hedges(greeks: PoolGreeks, curve: Curve, terms: PoolTerms) -> tuple[AssetHedge, ...]:
    """Offset every asset that is asked for, or every one that is not money.

    Parameters
    ----------
    greeks : PoolGreeks
        One position.
    curve : Curve
        Its curve.
    terms : PoolTerms
        Aliases, margin, and what is asked.

    Returns
    -------
    tuple of AssetHedge
        By asset. [as its fields]

    Raises
    ------
    InputError
        If an asset is asked for that no token stands for, or what belongs to one contract is given for several assets.

    References
    ----------
    ``hedging.liquidity.hedge_liquidity``; ``policy.liquidity_band``.
    """
    found = exposure_by_asset([greeks], terms.aliases)
    return tuple(_asset_hedge(one, found, greeks, curve, terms) for one in hedged_assets(greeks, terms).wanted)


def curve_of_asset(greeks: PoolGreeks, curve: Curve, asset: str, price: float, terms: PoolTerms) -> AssetCurve:
    """Look at a position as one asset and money, at the prices of its Greeks.

    Parameters
    ----------
    greeks : PoolGreeks
        One position.
    curve : Curve
        Its curve.
    asset : str
        The asset.
    price : float
        Its price. [numeraire per asset]
    terms : PoolTerms
        With the aliases.

    Returns
    -------
    AssetCurve
        Asset first, money second. [as its fields]

    Raises
    ------
    InputError
        If no token stands for the asset.

    References
    ----------
    ``pools.asset_curve``.
    """
    return asset_curve(curve, greeks.symbols, greeks.prices, asset, price, terms.aliases)


def _asset_hedge(
    asset: Currency, found: AssetExposure, greeks: PoolGreeks, curve: Curve, terms: PoolTerms
) -> AssetHedge:
    place = found.assets.index(asset)
    price, delta = float(found.prices[place]), float(found.delta[place])
    rates = np.array([one.rate if one.asset == asset else 0.0 for one in map(terms.standing, greeks.symbols)])
    fees = float(greeks.fees[0] @ rates)
    curve_here = curve_of_asset(greeks, curve, asset, price, terms)
    exposure = CoinExposure(liquidity=delta - fees, fees=fees)
    with_margin = CoinExposure(liquidity=delta - fees, fees=fees, margin_coins=terms.margin_coins)
    legs = {
        "linear": hedge_liquidity(exposure, HedgeContract(inverse=False, price=price, spot=price)),
        "inverse": hedge_liquidity(with_margin, HedgeContract(inverse=True, price=price, spot=price)),
    }
    if terms.future_price is not None:
        legs["future"] = hedge_liquidity(exposure, HedgeContract(inverse=False, price=terms.future_price, spot=price))
    return AssetHedge(
        asset=asset,
        price=price,
        delta=delta,
        gamma=_but_noise(float(found.gamma[place, place]), price, curve_here),
        mean_gamma=_but_noise(_mean_gamma(curve_here, price), price, curve_here),
        linear=legs["linear"],
        inverse=legs["inverse"],
        future=legs.get("future"),
        whole={name: whole_contracts(legs[name], size) for name, size in terms.contract_sizes.items()},
        margin_coins=terms.margin_coins,
        future_price=terms.future_price,
        band=_band(price, legs["linear"].contracts, curve_here, terms),
        counts_in_coin=terms.counts_in_coin,
    )


def _mean_gamma(curve: AssetCurve, price: float) -> float:
    ends = price * np.exp(np.array([-_NEAR, _NEAR]))
    amounts = curve.at(np.column_stack((ends, np.ones(2)))).amounts[:, 0]
    return float((amounts[1] - amounts[0]) / (ends[1] - ends[0]))


def _but_noise(gamma: float, price: float, curve: AssetCurve) -> float:
    """Gamma, or zero where it is rounding, as that of tokens which all stand for one asset."""
    held = abs(float(curve.at(np.array([[price, 1.0]])).amounts[0, 0]))
    return gamma if abs(gamma) * price > _NOISE * held else 0.0


def whole_contracts(hedge: LiquidityHedge, size: float) -> WholeContracts:
    """Round a trade to whole contracts.

    Parameters
    ----------
    hedge : LiquidityHedge
        The trade, in contracts of size one.
    size : float
        Of one contract. [asset, of an inverse one numeraire]

    Returns
    -------
    WholeContracts
        The nearest whole number, and the delta that it leaves. [as its fields]

    References
    ----------
    None: half a contract more or less is the largest error.
    """
    number = round(hedge.trade / size)
    return WholeContracts(size=size, number=number, delta_left=hedge.exposure + number * size * hedge.unit_delta)


def _band(price: float, ideal: float, curve: AssetCurve, terms: PoolTerms) -> HedgeBand | None:
    if terms.risk_aversion is None or (terms.trade_cost is None and terms.cost_rate is None):
        return None
    leg = HedgeLeg(proportional_cost=terms.cost_rate or 0.0, gas=terms.trade_cost or 0.0)
    prices = np.array([price, 1.0])
    settled = liquidity_band(curve, prices, 0, ideal=ideal, risk_aversion=terms.risk_aversion, leg=leg)
    if _but_noise(settled.gamma, price, curve) == 0.0:
        settled = dataclasses.replace(
            settled, half_width=0.0, gamma=0.0, point_gamma=_but_noise(settled.point_gamma, price, curve)
        )
    return HedgeBand(
        settled=settled,
        low=_leaves(curve, price, settled.half_width, 1.0 / _FARTHEST) or 0.0,
        high=_leaves(curve, price, settled.half_width, _FARTHEST) or math.inf,
        trade_cost=terms.trade_cost,
        cost_rate=terms.cost_rate,
        risk_aversion=terms.risk_aversion,
    )


def _leaves(curve: AssetCurve, price: float, half: float, farthest: float) -> float | None:
    """Find the price on one side at which delta is off by the half-width; the delta never rises with the price."""
    here = float(curve.at(np.array([[price, 1.0]])).amounts[0, 0])
    inside, outside = 0.0, math.log(farthest)
    for _ in range(_ROUNDS):
        reach = np.linspace(inside, outside, _TRIALS + 1)[1:]
        at = np.column_stack((price * np.exp(reach), np.ones(_TRIALS)))
        over = np.flatnonzero(np.abs(curve.at(at).amounts[:, 0] - here) > half)
        if half == 0.0 or not over.size:
            return None
        first = int(over[0])
        inside, outside = float(reach[first - 1]) if first else inside, float(reach[first])
    return price * math.exp(outside)
