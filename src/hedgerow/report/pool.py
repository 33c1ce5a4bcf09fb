"""What is known of one liquidity position: value, Greeks, fees, losses and the hedge; the same as JSON."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.ids import Currency
from hedgerow.core.instants import to_iso
from hedgerow.hedging.liquidity import LiquidityHedge
from hedgerow.instruments import PoolPosition, RangePosition
from hedgerow.market import PoolStorage
from hedgerow.pools.losses import HoldingLoss
from hedgerow.pools.positions import PoolGreeks
from hedgerow.pools.stale import StaleBound

DAYS = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeBand:
    """How far the hedge may be off before a trade is worth its cost.

    Parameters
    ----------
    half_width : float
        Of delta around its target. [asset]
    low, high : float
        Prices at which delta leaves it. [numeraire per asset]
    trade_cost : float
        What a trade of any size costs. [numeraire]
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    """

    half_width: float
    low: float
    high: float
    trade_cost: float
    risk_aversion: float


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
    linear : LiquidityHedge
        In a linear perpetual of one asset. [asset]
    inverse : LiquidityHedge
        In an inverse perpetual of one unit of the numeraire, margin coins counted. [numeraire]
    future : LiquidityHedge or None
        In a linear dated future; None if its price was not given. [asset]
    margin_coins : float
        Coins that lie as margin of the inverse perpetual. [asset]
    future_price : float or None
        Of the dated future. [numeraire per asset]
    band : HedgeBand or None
        None if its costs were not given.
    """

    asset: Currency
    price: float
    delta: float
    gamma: float
    linear: LiquidityHedge
    inverse: LiquidityHedge
    future: LiquidityHedge | None
    margin_coins: float
    future_price: float | None
    band: HedgeBand | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingFigures:
    """What arbitrage takes from the position, and what fees must pay.

    Parameters
    ----------
    vols : dict of str to float
        By token; of the relative price under the first token where one was given. [per root of a year]
    loss_per_year : float
        Loss-versus-rebalancing. [numeraire per year]
    break_even_apr : float
        Fee rate at which a hedged position earns nothing. [fraction per year]
    """

    vols: dict[str, float]
    loss_per_year: float
    break_even_apr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReport:
    """One position in one pool at external prices.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    position : PoolPosition
        The position.
    greeks : PoolGreeks
        Value, amounts, gamma, speed and fees; one row.
    burn_units, fee_units : tuple of int
        What burning and collecting pay at this state, exact. [smallest units]
    mispricing : float
        Largest distance of a ratio of the pool's own prices from that of the prices above. [fraction]
    fee : float
        Of a swap. [fraction]
    stale : StaleBound
        How far delta can be off while the pool is within its fee of the market.
    holding : HoldingLoss or None
        Against the tokens of the entry; None without entry prices.
    rebalancing : RebalancingFigures or None
        None without a vol.
    hedges : tuple of AssetHedge
        By asset.
    profile_prices : ndarray of shape (n_point,)
        Prices of the first hedged asset, for pictures. [numeraire per asset]
    profile_value, profile_delta, profile_gamma : ndarray of shape (n_point,)
        Value without fees, delta and gamma there. [numeraire], [asset], [asset per numeraire]
    notes : tuple of str
        What a reader must know. [text]
    """

    pool: PoolStorage
    position: PoolPosition
    greeks: PoolGreeks
    burn_units: tuple[int, ...]
    fee_units: tuple[int, ...]
    mispricing: float
    fee: float
    stale: StaleBound
    holding: HoldingLoss | None
    rebalancing: RebalancingFigures | None
    hedges: tuple[AssetHedge, ...]
    profile_prices: Float64[np.ndarray, " n_point"]
    profile_value: Float64[np.ndarray, " n_point"]
    profile_delta: Float64[np.ndarray, " n_point"]
    profile_gamma: Float64[np.ndarray, " n_point"]
    notes: tuple[str, ...]

    @property
    def numeraire(self) -> Currency:
        """In what values are counted. [currency]"""
        return self.greeks.numeraire

    @property
    def value(self) -> float:
        """What burn and collect would pay once arbitrage has brought the pool to the prices. [numeraire]"""
        return float(self.greeks.value[0])

    def by_token(self, row: Float64[np.ndarray, " n_token"]) -> dict[str, float]:
        """Name a row by the pool's tokens.

        Parameters
        ----------
        row : ndarray of shape (n_token,)
            One number for each token. [any]

        Returns
        -------
        dict of str to float
            By symbol. [as the row]
        """
        return {str(symbol): float(one) for symbol, one in zip(self.greeks.symbols, row, strict=True)}

    def to_dict(self) -> dict[str, Any]:
        """Return the report for machines: what ``--json`` prints.

        Returns
        -------
        dict
            Plain numbers, texts and lists; ``units`` names the unit of each. [as ``units`` says]
        """
        greeks = self.greeks
        return {
            "pool": pool_figures(self.pool),
            "position": position_figures(self.position, self.pool),
            "numeraire": greeks.numeraire,
            "units": _units(greeks.numeraire),
            "prices": self.by_token(greeks.prices),
            "mispricing": self.mispricing,
            "value": self.value,
            "value_now": float(greeks.value_now[0]),
            "amounts": self.by_token(greeks.amounts[0]),
            "fees": self.by_token(greeks.fees[0]),
            "fees_known": bool(greeks.fees_known[0]),
            "delta": self.by_token(greeks.delta[0]),
            "gamma": self.by_token(np.diagonal(greeks.gamma[0])),
            "speed": self.by_token(greeks.speed[0]),
            "burn_units": self._words(self.burn_units),
            "fee_units": self._words(self.fee_units),
            "stale": {
                "fee": self.fee,
                "delta_error": self.by_token(self.stale.delta_error),
                "value_error": self.stale.value_error,
            },
            "holding": None if self.holding is None else _holding(self.holding),
            "rebalancing": None if self.rebalancing is None else _rebalancing(self.rebalancing),
            "hedges": [_asset_hedge(one) for one in self.hedges],
            "notes": list(self.notes),
        }

    def _words(self, units: tuple[int, ...]) -> dict[str, str]:
        return {str(symbol): str(one) for symbol, one in zip(self.greeks.symbols, units, strict=True)}

    def to_html(self) -> str:
        """Return the report as one page with pictures, which needs no other file and no network.

        Returns
        -------
        str
            Without scripts and without links. [HTML]

        Raises
        ------
        InputError
            If matplotlib is not installed.
        """
        from hedgerow.report.pool_page import pool_page

        return pool_page(self)

    def __str__(self) -> str:
        from hedgerow.report.render_pool import pool_view
        from hedgerow.report.text import plain_text

        return plain_text(pool_view(self))

    def __repr__(self) -> str:
        return str(self)


def pool_figures(pool: PoolStorage) -> dict[str, Any]:
    """Name a pool and its block for machines.

    Parameters
    ----------
    pool : PoolStorage
        The pool.

    Returns
    -------
    dict
        Name, kind, address, tokens and block. [text]
    """
    block = pool.block
    return {
        "name": pool.name,
        "kind": str(type(pool).__struct_config__.tag),
        "address": pool.address,
        "tokens": [str(token.symbol) for token in pool.tokens],
        "block": block.number,
        "block_hash": block.hash,
        "block_time": to_iso(block.at_ns) if block.at_ns else None,
    }


def position_figures(position: PoolPosition, pool: PoolStorage) -> dict[str, Any]:
    """Name a position for machines.

    Parameters
    ----------
    position : PoolPosition
        The position.
    pool : PoolStorage
        Its pool.

    Returns
    -------
    dict
        Whole numbers as strings; what it does not have is None. [raw liquidity units, ticks, smallest units]
    """
    tick = getattr(pool, "tick", None)
    return {
        "name": position.name,
        "liquidity": str(position.liquidity) if isinstance(position, RangePosition) else None,
        "tick_lower": position.tick_lower if isinstance(position, RangePosition) else None,
        "tick_upper": position.tick_upper if isinstance(position, RangePosition) else None,
        "in_range": position.tick_lower <= tick < position.tick_upper
        if isinstance(position, RangePosition) and tick is not None
        else None,
        "shares": None if isinstance(position, RangePosition) else str(position.shares),
    }


def _holding(loss: HoldingLoss) -> dict[str, float]:
    return {"held": float(loss.held[0]), "loss": float(loss.loss[0]), "fraction": float(loss.fraction[0])}


def _rebalancing(found: RebalancingFigures) -> dict[str, Any]:
    return {
        "vols": dict(found.vols),
        "loss_per_year": found.loss_per_year,
        "loss_per_day": found.loss_per_year / DAYS,
        "break_even_apr": found.break_even_apr,
    }


def _asset_hedge(one: AssetHedge) -> dict[str, Any]:
    return {
        "asset": one.asset,
        "price": one.price,
        "delta": one.delta,
        "gamma": one.gamma,
        "linear": _legs(one.linear),
        "inverse": {"margin_coins": one.margin_coins, **_legs(one.inverse)},
        "future": None if one.future is None else {"price": one.future_price, **_legs(one.future)},
        "band": None
        if one.band is None
        else {
            "half_width": one.band.half_width,
            "low": one.band.low,
            "high": one.band.high if math.isfinite(one.band.high) else None,
            "trade_cost": one.band.trade_cost,
            "risk_aversion": one.band.risk_aversion,
        },
    }


def _legs(hedge: LiquidityHedge) -> dict[str, float]:
    return {"trade": hedge.trade, "exposure": hedge.exposure, "hedge_ratio": hedge.hedge_ratio}


def _units(numeraire: str) -> dict[str, str]:
    return {
        "prices": f"{numeraire} per token",
        "mispricing": "fraction",
        "value": numeraire,
        "value_now": numeraire,
        "amounts": "tokens",
        "fees": "tokens",
        "delta": "tokens",
        "gamma": f"tokens² per {numeraire}",
        "speed": f"tokens³ per {numeraire}²",
        "burn_units": "smallest units",
        "fee_units": "smallest units",
        "loss_per_year": numeraire,
        "break_even_apr": "fraction per year",
        "linear": "coins",
        "inverse": numeraire,
        "future": "coins",
        "half_width": "coins",
    }
