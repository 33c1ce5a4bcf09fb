"""``pool_report()``: one position in one pool, from its state to a hedge ticket."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.hedging.liquidity import CoinExposure, HedgeContract, LiquidityHedge, hedge_liquidity
from hedgerow.instruments import PoolPosition, PoolShare
from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    PoolStorage,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)
from hedgerow.policy.gas_aware import fixed_cost_half
from hedgerow.pools.assets import WRAPPED, Alias, exposure_by_asset
from hedgerow.pools.curve import Curve
from hedgerow.pools.exact.preview import preview_burn, preview_collect
from hedgerow.pools.losses import HoldingLoss, break_even_apr, impermanent_loss, pair_covariance, rebalancing_loss_rate
from hedgerow.pools.own_prices import own_prices, pool_prices
from hedgerow.pools.position_curve import position_curve
from hedgerow.pools.positions import PoolGreeks, position_greeks
from hedgerow.pools.stale import stale_bound
from hedgerow.report.pool import AssetHedge, HedgeBand, PoolReport, RebalancingFigures

_PROFILE: Final = 241
_REACH: Final = 4.0
_PIPS: Final = 10**6
_BAND_ROUNDS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTerms:
    """How a position shall be looked at.

    Parameters
    ----------
    numeraire : str
        In what values are counted.
    prices : mapping of str to float
        Prices of tokens from outside; one that is missing is the pool's own. [numeraire per token]
    entry : mapping of str to float
        Prices of all tokens at entry; empty without a comparison. [numeraire per token]
    vols : mapping of str to float
        By token, or of the relative price of two under the empty name; empty without losses. [per root of a year]
    aliases : mapping of str to Alias
        What tokens stand for. [asset per token]
    assets : tuple of str
        What to hedge; empty for every asset but the numeraire.
    margin_coins : float
        Coins that lie as margin of an inverse perpetual. [asset]
    future_price : float or None
        Of a dated future on the only asset that is hedged. [numeraire per asset]
    trade_cost : float or None
        What a trade of any size costs, gas included. [numeraire]
    risk_aversion : float or None
        Constant absolute risk aversion. [1/numeraire]
    """

    numeraire: str
    prices: Mapping[str, float] = field(default_factory=dict)
    entry: Mapping[str, float] = field(default_factory=dict)
    vols: Mapping[str, float] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    assets: tuple[str, ...] = ()
    margin_coins: float = 0.0
    future_price: float | None = None
    trade_cost: float | None = None
    risk_aversion: float | None = None

    def __post_init__(self) -> None:
        if self.trade_cost is not None and self.risk_aversion is None:
            raise InputError("a trade cost without a risk aversion", "a band needs both: give --risk-aversion too")
        for name in ("trade_cost", "risk_aversion", "future_price"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < math.inf:
                raise InputError(f"{name} = {value}", "it is positive")
        if not 0.0 <= self.margin_coins < math.inf:
            raise InputError(f"margin_coins = {self.margin_coins}", "margin is zero or positive")


def pool_report(pool: PoolStorage, position: PoolPosition, terms: PoolTerms) -> PoolReport:
    """Value a position, and work out its hedge.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    position : PoolPosition
        A range or a share in it.
    terms : PoolTerms
        Numeraire, prices and what is asked.

    Returns
    -------
    PoolReport
        Raw numbers, ``to_dict()`` and ``to_html()``. [as its fields]

    Raises
    ------
    InputError
        If a price or a vol is missing or out of place, or the position is not of this pool.
    """
    known = {symbol for token in pool.tokens for symbol in (token.symbol,)}
    for what, given in (("--price", terms.prices), ("--entry-price", terms.entry), ("--vol", terms.vols)):
        strange = sorted(set(given) - known - {""})
        if strange:
            raise InputError(
                f"{what} {strange[0]}=…: {pool.name} has no such token", f"it has {', '.join(sorted(known))}"
            )
    prices = pool_prices(pool, terms.prices, terms.numeraire)
    greeks, curve = position_greeks(pool, [position], prices, terms.numeraire), position_curve(pool, position)
    fee = swap_fee(pool)
    hedges = asset_hedges(greeks, curve, terms)
    profile = _profile(greeks, curve, hedges[0].asset if hedges else "", terms)
    counts_fees = bool(greeks.fees_known[0])
    return PoolReport(
        pool=pool,
        position=position,
        greeks=greeks,
        burn_units=preview_burn(pool, position),
        fee_units=preview_collect(pool, position) if counts_fees else (0,) * len(pool.tokens),
        mispricing=_mispricing(pool, prices),
        fee=fee,
        stale=stale_bound(curve, prices, fee),
        holding=_holding(curve, greeks, terms),
        rebalancing=_rebalancing(greeks, terms),
        hedges=hedges,
        profile_prices=profile[0],
        profile_value=profile[1],
        profile_delta=profile[2],
        profile_gamma=profile[3],
        notes=_notes(pool, position, terms, counts_fees=counts_fees),
    )


def swap_fee(pool: PoolStorage) -> float:
    """Return what a swap in a pool costs; the most, where it depends on the balance.

    Parameters
    ----------
    pool : PoolStorage
        The pool.

    Returns
    -------
    float
        Fee of a swap, the protocol's part included. [fraction]
    """
    if isinstance(pool, UniswapV4Pool):
        protocol = max(pool.protocol_fee & 0xFFF, pool.protocol_fee >> 12) / _PIPS
        return protocol + (1.0 - protocol) * pool.fee_pips / _PIPS
    if isinstance(pool, UniswapV2Pool | UniswapV3Pool):
        return pool.fee_pips / _PIPS
    if isinstance(pool, BalancerWeightedPool | BalancerStablePool):
        return pool.swap_fee / 1e18
    if isinstance(pool, CurveStablePool):
        return pool.fee / 1e10
    assert isinstance(pool, CurveCryptoPool)
    return max(pool.mid_fee, pool.out_fee) / 1e10


def asset_moves(greeks: PoolGreeks, asset: str, terms: PoolTerms) -> tuple[bool, ...]:
    """Tell which tokens move with an asset.

    Parameters
    ----------
    greeks : PoolGreeks
        The position.
    asset : str
        The asset.
    terms : PoolTerms
        With the aliases.

    Returns
    -------
    tuple of bool
        By token. [bool]
    """
    known = {**WRAPPED, **terms.aliases}
    return tuple((known[one].asset if one in known else one) == asset for one in greeks.symbols)


def asset_hedges(greeks: PoolGreeks, curve: Curve, terms: PoolTerms) -> tuple[AssetHedge, ...]:
    """Offset every asset that is asked for, or every one but the numeraire.

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
        If an asset is asked for that no token stands for, or one future is given for several.
    """
    found = exposure_by_asset([greeks], terms.aliases)
    base = terms.aliases.get(
        terms.numeraire, WRAPPED.get(terms.numeraire, Alias(asset=Currency(terms.numeraire), rate=1.0))
    )
    wanted = terms.assets or tuple(one for one in found.assets if one != base.asset)
    for one in wanted:
        if one not in found.assets:
            raise InputError(f"--hedge {one}: no token stands for it", f"there are {', '.join(found.assets)}")
    if (terms.future_price is not None or terms.margin_coins) and len(wanted) != 1:
        raise InputError(f"one future or margin for {', '.join(wanted)}", "name one asset with --hedge")
    return tuple(
        _asset_hedge(
            Currency(one),
            float(found.prices[found.assets.index(one)]),
            float(found.delta[found.assets.index(one)]),
            float(found.gamma[found.assets.index(one), found.assets.index(one)]),
            _AssetCurve(curve=curve, greeks=greeks, moves=asset_moves(greeks, one, terms)),
            terms,
        )
        for one in wanted
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _AssetCurve:
    """A position's exposure to one asset as a function of the asset's price; other prices stay.

    Parameters
    ----------
    curve : Curve
        The position.
    greeks : PoolGreeks
        The position at the prices of the report.
    moves : tuple of bool
        Which tokens move with the asset.
    """

    curve: Curve
    greeks: PoolGreeks
    moves: tuple[bool, ...]

    def at(self, ratios: Float64[np.ndarray, " n_point"]) -> tuple[np.ndarray, np.ndarray]:
        """Value and what all tokens of the asset are worth, where its price is so many times that of the report."""
        prices = np.where(self.moves, np.multiply.outer(ratios, self.greeks.prices), self.greeks.prices)
        point = self.curve.at(prices)
        mine = np.array(self.moves)
        worth = np.sum((point.amounts * prices)[:, mine], axis=1)
        return point.value, worth


def _asset_hedge(
    asset: Currency, price: float, delta: float, gamma: float, curve: _AssetCurve, terms: PoolTerms
) -> AssetHedge:
    fees = float(np.sum((curve.greeks.fees[0] * curve.greeks.prices)[list(curve.moves)])) / price
    exposure = CoinExposure(liquidity=delta - fees, fees=fees)
    with_margin = CoinExposure(liquidity=delta - fees, fees=fees, margin_coins=terms.margin_coins)
    future: LiquidityHedge | None = None
    if terms.future_price is not None:
        future = hedge_liquidity(exposure, HedgeContract(inverse=False, price=terms.future_price, spot=price))
    return AssetHedge(
        asset=asset,
        price=price,
        delta=delta,
        gamma=gamma,
        linear=hedge_liquidity(exposure, HedgeContract(inverse=False, price=price, spot=price)),
        inverse=hedge_liquidity(with_margin, HedgeContract(inverse=True, price=price, spot=price)),
        future=future,
        margin_coins=terms.margin_coins,
        future_price=terms.future_price,
        band=_band(price, gamma, curve, terms),
    )


def _band(price: float, gamma: float, curve: _AssetCurve, terms: PoolTerms) -> HedgeBand | None:
    """Find the band whose half-width follows from the mean gamma between its own ends.

    Gamma jumps at the edges of a range, so that at the price alone it says nothing of the next move.
    """
    if terms.trade_cost is None or terms.risk_aversion is None:
        return None
    half = float(fixed_cost_half(terms.trade_cost, terms.risk_aversion, gamma))
    low, high = 0.0, math.inf
    for _ in range(_BAND_ROUNDS):
        low, high = _delta_leaves(price, half, curve)
        ends = np.array([max(low, price / _REACH), min(high, price * _REACH)]) / price
        worth = curve.at(ends)[1] / (ends * price)
        mean = float(worth[1] - worth[0]) / (price * float(ends[1] - ends[0]))
        fresh = float(fixed_cost_half(terms.trade_cost, terms.risk_aversion, mean))
        if abs(fresh - half) <= 1e-9 * half:
            break
        half = 0.5 * (half + fresh)
    return HedgeBand(
        half_width=half, low=low, high=high, trade_cost=terms.trade_cost, risk_aversion=terms.risk_aversion
    )


def _delta_leaves(price: float, half: float, curve: _AssetCurve) -> tuple[float, float]:
    """Find the prices at which delta is off by the half-width, between a quarter and four times the price."""
    steps = np.linspace(0.0, math.log(_REACH), 2 * _PROFILE)
    ends = [0.0, math.inf]
    for side, sign in enumerate((-1.0, 1.0)):
        ratios = np.exp(sign * steps)
        delta = curve.at(ratios)[1] / (ratios * price)
        off = np.maximum.accumulate(np.abs(delta - delta[0]))
        if off[-1] > half:
            ends[side] = price * math.exp(sign * float(np.interp(half, off, steps)))
    return ends[0], ends[1]


def _holding(curve: Curve, greeks: PoolGreeks, terms: PoolTerms) -> HoldingLoss | None:
    if not terms.entry:
        return None
    given = {terms.numeraire: 1.0, **terms.entry}
    missing = [one for one in greeks.symbols if one not in given]
    if missing:
        raise InputError(f"no entry price of {', '.join(missing)}", f"give --entry-price {missing[0]}=… too")
    entry = np.array([given[one] for one in greeks.symbols])
    return impermanent_loss(curve, entry, np.array(greeks.prices)[None, :])


def _rebalancing(greeks: PoolGreeks, terms: PoolTerms) -> RebalancingFigures | None:
    """Loss-versus-rebalancing of one relative vol, or of the tokens' own vols without correlation."""
    if not terms.vols:
        return None
    if "" in terms.vols:
        if len(greeks.symbols) != 2 or len(terms.vols) != 1:
            raise InputError(f"one vol for {', '.join(greeks.symbols)}", "give --vol SYMBOL=VOL for each")
        covariance, vols = pair_covariance(terms.vols[""]), {str(greeks.symbols[0]): terms.vols[""]}
    else:
        vols = {str(one): terms.vols.get(one, 0.0) for one in greeks.symbols}
        covariance = np.diag(np.square(list(vols.values())))
    rate = max(float(rebalancing_loss_rate(greeks.gamma, greeks.prices, covariance)[0]), 0.0)
    return RebalancingFigures(
        vols=vols, loss_per_year=rate, break_even_apr=break_even_apr(rate, float(greeks.value[0]))
    )


def _mispricing(pool: PoolStorage, prices: Float64[np.ndarray, " n_token"]) -> float:
    """Largest distance of a ratio of two of the pool's prices from that of the prices given."""
    apart = np.log(own_prices(pool) / prices)
    return float(math.expm1(float(np.max(apart) - np.min(apart))))


def _profile(greeks: PoolGreeks, curve: Curve, asset: str, terms: PoolTerms) -> tuple[np.ndarray, ...]:
    """Value, delta and gamma over the price of one asset, from half of it to twice it."""
    ratios = np.exp(np.linspace(-math.log(2.0), math.log(2.0), _PROFILE))
    if not asset:
        return tuple(frozen(np.zeros(0)) for _ in range(4))
    found = exposure_by_asset([greeks], terms.aliases)
    price = float(found.prices[found.assets.index(Currency(asset))])
    moved = _AssetCurve(curve=curve, greeks=greeks, moves=asset_moves(greeks, asset, terms))
    value, worth = moved.at(ratios)
    at = price * ratios
    delta = worth / at
    step = 1e-6
    up, down = (moved.at(ratios * (1.0 + sign * step))[1] / (at * (1.0 + sign * step)) for sign in (1, -1))
    gamma = (up - down) / (2.0 * step * at)
    return frozen(at), frozen(np.array(value)), frozen(delta), frozen(gamma)


def _notes(pool: PoolStorage, position: PoolPosition, terms: PoolTerms, *, counts_fees: bool) -> tuple[str, ...]:
    """Say what was taken from the pool itself, and what is not counted."""
    notes = []
    taken = [str(token.symbol) for token in pool.tokens if token.symbol not in (*terms.prices, terms.numeraire)]
    if taken:
        notes.append(f"price of {', '.join(taken)}: the pool's own, which may be stale within its fee")
    if isinstance(position, PoolShare):
        notes.append("fees of this kind of pool accrue in the pool: they are part of the amounts")
    elif not counts_fees:
        notes.append("uncollected fees are not known and count as zero: give the position's fee checkpoint")
    if len(terms.vols) > 1:
        notes.append("the tokens' returns are taken as uncorrelated")
    if isinstance(pool, CurveStablePool | CurveCryptoPool):
        notes.append("pools of Curve are held against golden vectors, not against their contract")
    return tuple(notes)
