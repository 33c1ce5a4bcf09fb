"""What a reader of a position's report must know: what was taken from the pool, and what is not counted."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from hedgerow.instruments import PoolPosition, PoolShare
from hedgerow.market import CurveCryptoPool, CurveStablePool, PoolStorage, UniswapV3Pool, UniswapV4Pool
from hedgerow.oneshot.pool_hedges import hedged_assets
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.assets import exposure_by_asset
from hedgerow.pools.positions import PoolGreeks
from hedgerow.report.pool import DAYS, RebalancingFigures
from hedgerow.report.pool_hedge import AssetHedge

_SAME_GAMMA: Final = 0.02
_SAME_LOSS: Final = 0.05
_SAME_PRICE: Final = 1e-3
"""What differs by less needs no words. [fraction]"""


def report_notes(
    pool: PoolStorage,
    position: PoolPosition,
    greeks: PoolGreeks,
    terms: PoolTerms,
    hedges: Sequence[AssetHedge],
    rebalancing: RebalancingFigures | None,
) -> tuple[str, ...]:
    """Say what was taken from the pool itself, what counts as what, and where figures jump.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    position : PoolPosition
        The position.
    greeks : PoolGreeks
        Its Greeks.
    terms : PoolTerms
        What was stated.
    hedges : sequence of AssetHedge
        By asset.
    rebalancing : RebalancingFigures or None
        What arbitrage takes.

    Returns
    -------
    tuple of str
        One note each. [text]
    """
    return (
        *_price_notes(pool, greeks, terms),
        *_money_notes(greeks, terms, hedges),
        *_fee_notes(pool, position, greeks),
        *_jump_notes(hedges, rebalancing),
        *(["returns of different assets are taken as uncorrelated"] if len(terms.vols) > 1 else []),
        *(
            ["pools of Curve are held against golden vectors, not against their contract"]
            if isinstance(pool, CurveStablePool | CurveCryptoPool)
            else []
        ),
    )


def _price_notes(pool: PoolStorage, greeks: PoolGreeks, terms: PoolTerms) -> Iterator[str]:
    symbols = [str(token.symbol) for token in pool.tokens]
    known = terms.known_prices(symbols)
    taken = [one for one in symbols if one not in (*known, terms.numeraire)]
    if taken:
        yield f"price of {', '.join(taken)}: the pool's own, which may be stale within its fee"
    for one in symbols:
        if one in known and one not in (*terms.prices, terms.numeraire) and one in terms.aliases:
            stands = terms.standing(one)
            yield f"price of {one}: {stands.rate:.6g} times that of {stands.asset}, its stated rate"
    found = exposure_by_asset([greeks], terms.aliases)
    for asset, spread in zip(found.assets, found.spread, strict=True):
        if spread > _SAME_PRICE:
            yield f"prices of tokens over their stated rates are up to {spread:.2%} off that of {asset}"


def _money_notes(greeks: PoolGreeks, terms: PoolTerms, hedges: Sequence[AssetHedge]) -> Iterator[str]:
    money = hedged_assets(greeks, terms).left_out
    if money:
        rates = {one: terms.standing(one).rate / terms.standing(terms.numeraire).rate for one in money}
        named = [one if rate == 1.0 else f"{one} (one is {rate:.6g})" for one, rate in rates.items()]
        yield f"not hedged, because by what they stand for they count as {terms.numeraire}: {', '.join(named)}"
    if hedges and terms.numeraire != "USD" and not terms.counts_in_coin:
        yield f"inverse perpetuals are of USD: the ticket takes one USD for one {terms.numeraire}"
    for one in hedges:
        if one.price == 1.0 and not terms.assets:
            yield (
                f"{one.asset} is hedged like any coin, though its price is one: to count it as money, state that it "
                f"stands for {terms.money}"
            )


def _fee_notes(pool: PoolStorage, position: PoolPosition, greeks: PoolGreeks) -> Iterator[str]:
    if isinstance(position, PoolShare):
        yield "fees of this kind of pool accrue in the pool: they are part of the amounts"
        return
    if not greeks.fees_known[0]:
        yield "uncollected fees are not known and count as zero: give the position's fee checkpoint"
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        bare = [
            tick
            for tick in (position.tick_lower, position.tick_upper)
            if tick not in pool.ticks and pool.ticks_from <= tick <= pool.ticks_to
        ]
        if bare:
            yield (
                f"no liquidity begins or ends at tick {' and '.join(map(str, bare))} in this state: the position is "
                "hypothetical"
            )


def _jump_notes(hedges: Sequence[AssetHedge], rebalancing: RebalancingFigures | None) -> Iterator[str]:
    for one in hedges:
        size = max(abs(one.gamma), abs(one.mean_gamma))
        if abs(one.gamma - one.mean_gamma) > _SAME_GAMMA * size:
            percent = 0.01 * one.price
            yield (
                f"gamma to {one.asset} is {percent * one.mean_gamma:.4g} {one.asset}/1 % on average over 0.2 % of the "
                f"price either way, and {percent * one.gamma:.4g} at the price itself, where it jumps or is a spike"
            )
    if rebalancing is None:
        return
    found = np.array([rebalancing.loss_per_year, rebalancing.point_loss_per_year]) / DAYS
    if abs(found[0] - found[1]) > _SAME_LOSS * np.max(found):
        yield (
            f"loss-versus-rebalancing is {found[1]:.4g} a day at the prices themselves and {found[0]:.4g} on average "
            "over a day, in which prices move on: the average counts"
        )
