"""``pool_report()``: one position in one pool, from its state to a hedge ticket."""

import math
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.instruments import PoolPosition
from hedgerow.market import (
    PoolStorage,
)
from hedgerow.market.manifest import LATEST_NS
from hedgerow.oneshot.pool_hedges import asset_hedges, curve_of_asset
from hedgerow.oneshot.pool_losses import holding_loss, rebalancing_figures
from hedgerow.oneshot.pool_remarks import report_notes
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.curve import Curve
from hedgerow.pools.exact.preview import preview_burn, preview_collect
from hedgerow.pools.fees import swap_fee
from hedgerow.pools.own_prices import own_prices, pool_prices
from hedgerow.pools.position_curve import position_curve
from hedgerow.pools.positions import PoolGreeks, position_greeks
from hedgerow.pools.range_curve import RangeCurve
from hedgerow.pools.stale import stale_bound
from hedgerow.report.pool import AssetProfile, PoolReport
from hedgerow.report.pool_hedge import AssetHedge

_PROFILE: Final = 241
_BESIDE: Final = 0.25
"""So much of a range is drawn on either side of it. [fraction of its logarithmic width]"""
_LEAST: Final = 0.01
"""And at least so much. [logarithm of the price]"""
_NOISE: Final = 1e-9
"""A gamma that moves less of the delta when the price doubles is rounding. [fraction]"""
_FARTHEST: Final = 2.0
"""A price so many times the pool's own, or as many times less, is one of another unit or coin. [multiple]"""


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
    check_symbols(pool, terms)
    if pool.block.at_ns > LATEST_NS:
        raise InputError(
            f"{pool.name}: a block of {pool.block.at_ns} ns", "it lies after 2200: times are in nanoseconds"
        )
    symbols = [str(token.symbol) for token in pool.tokens]
    prices = pool_prices(pool, terms.known_prices(symbols), terms.numeraire)
    mispricing = _mispricing(pool, prices, terms.numeraire)
    greeks, curve = position_greeks(pool, [position], prices, terms.numeraire), position_curve(pool, position)
    fee = swap_fee(pool)
    hedges = asset_hedges(greeks, curve, terms)
    counts_fees, rebalancing = bool(greeks.fees_known[0]), rebalancing_figures(curve, greeks, terms)
    return PoolReport(
        pool=pool,
        position=position,
        greeks=greeks,
        burn_units=preview_burn(pool, position),
        fee_units=preview_collect(pool, position) if counts_fees else (0,) * len(pool.tokens),
        mispricing=mispricing,
        fee=fee,
        stale=stale_bound(curve, prices, fee),
        holding=holding_loss(curve, greeks, terms),
        rebalancing=rebalancing,
        hedges=hedges,
        profiles=tuple(_profile(greeks, curve, one, terms) for one in hedges),
        notes=report_notes(pool, position, greeks, terms, hedges, rebalancing),
    )


def check_symbols(pool: PoolStorage, terms: PoolTerms) -> None:
    """Refuse prices, vols and aliases of tokens that a pool does not have: they are misspelt.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    terms : PoolTerms
        What was stated.

    Raises
    ------
    InputError
        If one is of another token; an alias may be of the numeraire.
    """
    known = {str(token.symbol) for token in pool.tokens}
    # An alias may be a step on the way of another: wstETH of stETH, stETH of ETH.
    aliases = set(terms.aliases) - {terms.numeraire, *(one.asset for one in terms.aliases.values())}
    for what, given in (("price", terms.prices), ("entry price", terms.entry), ("vol", terms.vols), ("alias", aliases)):
        strange = sorted(set(given) - known - {""})
        if strange:
            raise InputError(
                f"{'an' if what[0] in 'ae' else 'a'} {what} of {strange[0]}: {pool.name} has no such token",
                f"it has {', '.join(sorted(known))}",
            )


def _mispricing(pool: PoolStorage, prices: Float64[np.ndarray, " n_token"], numeraire: str) -> float:
    """Largest distance of a ratio of two of the pool's prices from that of the prices given."""
    own = own_prices(pool)
    apart = np.log(own / prices)
    high, low = int(np.argmax(apart)), int(np.argmin(apart))
    ratio = math.exp(float(apart[high] - apart[low]))
    if ratio >= _FARTHEST:
        high, low = (high, low) if own[high] >= own[low] else (low, high)
        one, other = (pool.tokens[i].symbol for i in (high, low))
        raise InputError(
            f"{pool.name}: one {one} is {own[high] / own[low]:.6g} {other} in the pool, and "
            f"{prices[high] / prices[low]:.6g} at the prices stated ({prices[high]:.6g} and {prices[low]:.6g} "
            f"{numeraire})",
            "a factor of two or more is a mistake: state prices of these tokens, or read the pool anew",
        )
    return ratio - 1.0


def _profile(greeks: PoolGreeks, curve: Curve, hedge: AssetHedge, terms: PoolTerms) -> AssetProfile:
    """Value, delta and gamma over the price of an asset: over its range and some more, or from half to twice it."""
    edges = _edges(greeks, curve, hedge, terms)
    ends = np.log(np.array([*edges, hedge.price]))
    around = max(_BESIDE * float(np.ptp(ends)), _LEAST) if edges else math.log(2.0)
    at = np.exp(np.linspace(float(np.min(ends)) - around, float(np.max(ends)) + around, _PROFILE))
    of_asset = curve_of_asset(greeks, curve, hedge.asset, hedge.price, terms)
    point = of_asset.at(np.column_stack((at, np.ones(_PROFILE))))
    delta, gamma = point.amounts[:, 0], point.gamma[:, 0, 0]
    gamma = np.where(np.abs(gamma) * at > _NOISE * np.max(np.abs(delta)), gamma, 0.0)
    return AssetProfile(
        prices=frozen(at), value=frozen(np.array(point.value)), delta=frozen(delta), gamma=frozen(gamma), edges=edges
    )


def _edges(greeks: PoolGreeks, curve: Curve, hedge: AssetHedge, terms: PoolTerms) -> tuple[float, ...]:
    """Prices of the asset at which a range ends; none where both tokens stand for it."""
    if not isinstance(curve, RangeCurve):
        return ()
    moves = [terms.standing(one).asset == hedge.asset for one in greeks.symbols]
    if moves[0] == moves[1]:
        return ()
    here, power = float(greeks.prices[0] / greeks.prices[1]), 1 if moves[0] else -1
    return tuple(sorted(hedge.price * (float(edge) / here) ** power for edge in (curve.lower, curve.upper)))
