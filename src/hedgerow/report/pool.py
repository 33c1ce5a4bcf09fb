"""What is known of one liquidity position: value, Greeks, fees, losses and the hedge; the same as JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.ids import Currency
from hedgerow.core.instants import to_iso
from hedgerow.instruments import PoolPosition, RangePosition
from hedgerow.market import PoolStorage
from hedgerow.pools.losses import HoldingLoss
from hedgerow.pools.positions import PoolGreeks
from hedgerow.pools.stale import StaleBound
from hedgerow.report.pool_hedge import AssetHedge, hedge_figures

DAYS = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingFigures:
    """What arbitrage takes from the position, and what fees must pay.

    Parameters
    ----------
    vols : dict of str to float
        By token; of the relative price under the first token where one was given. [per root of a year]
    loss_per_year : float
        Loss-versus-rebalancing, the mean over the horizon. [numeraire per year]
    point_loss_per_year : float
        Its rate at the prices now, which is far from the mean where gamma is a spike. [numeraire per year]
    horizon_days : float
        The horizon. [days]
    break_even_apr : float
        Fee rate at which a hedged position earns nothing. [fraction per year]
    relative : bool
        True if there is one vol, of the price of one token in the other.
    """

    vols: dict[str, float]
    loss_per_year: float
    point_loss_per_year: float
    horizon_days: float
    break_even_apr: float
    relative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetProfile:
    """A position over the price of one asset, all else as it is.

    Parameters
    ----------
    prices : ndarray of shape (n_point,)
        Prices of the asset, ascending. [numeraire per asset]
    value, delta, gamma : ndarray of shape (n_point,)
        Value without fees, delta and gamma there. [numeraire], [asset], [asset per numeraire]
    edges : tuple of float
        Prices at which the position's range ends; empty where it is none. [numeraire per asset]
    """

    prices: Float64[np.ndarray, " n_point"]
    value: Float64[np.ndarray, " n_point"]
    delta: Float64[np.ndarray, " n_point"]
    gamma: Float64[np.ndarray, " n_point"]
    edges: tuple[float, ...]


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
    profiles : tuple of AssetProfile
        Of each hedged asset, for pictures.
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
    profiles: tuple[AssetProfile, ...]
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
            "hedges": [hedge_figures(one) for one in self.hedges],
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
    return {"held": float(loss.held[0]), "loss": float(loss.loss[0]) + 0.0, "fraction": float(loss.fraction[0]) + 0.0}


def _rebalancing(found: RebalancingFigures) -> dict[str, Any]:
    return {
        "vols": dict(found.vols),
        "relative": found.relative,
        "horizon_days": found.horizon_days,
        "loss_per_year": found.loss_per_year,
        "point_loss_per_year": found.point_loss_per_year,
        "loss_per_day": found.loss_per_year / DAYS,
        "break_even_apr": found.break_even_apr,
    }


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
        "point_loss_per_year": numeraire,
        "break_even_apr": "fraction per year",
        "linear": "coins",
        "inverse": numeraire,
        "future": "coins",
        "half_width": "coins",
        "delta_left": "coins",
    }
