"""Liquidity positions as rows of the book.

A range of the coin against a currency is one row. Any other position, a share or a range between two forms of the coin,
becomes a ladder of ranges (``pools/ladder.py``): every token is worth so many coins, or so much money.
"""

import math

import numpy as np

from hedgerow.book import kernels
from hedgerow.book.marking import Marking, Row
from hedgerow.book.positions import LiquidityPosition
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.instruments import PoolPosition, RangePosition
from hedgerow.market import PoolState, PoolStorage
from hedgerow.pools.ladder import Ladder, range_ladder
from hedgerow.pools.position_curve import position_curve
from hedgerow.pools.uniswap_v3 import liquidity_range

_RANGE = "liquidity range"


def pool_rows(held: LiquidityPosition, marking: Marking, group: int) -> list[Row]:
    """Compile a liquidity position.

    Parameters
    ----------
    held : LiquidityPosition
        The position, with the fees that its owner knows of.
    marking : Marking
        The market.
    group : int
        Number of the position in its book. [0-based]

    Returns
    -------
    list of Row
        Ranges, coins and cash. [USD terms]

    Raises
    ------
    MarketDataError
        If the market does not hold the pool or the USD rate of a token.
    InputError
        If the position contradicts the pool.
    """
    snapshot, position = marking.snapshot, held.position
    state = snapshot.pools.get(position.pool)
    if state is not None and isinstance(position, RangePosition):
        return _range_rows(held, position, state, marking, group)
    storage = snapshot.storage.get(position.pool)
    if storage is None:
        if state is not None:
            raise InputError(f"{position.name}: shares of {state.name}", "its positions are ranges: give ticks")
        raise snapshot.no_pool(position.pool)
    if held.fees_base or held.fees_quote:
        raise InputError(
            f"{position.name}: fees_base and fees_quote",
            f"{storage.name} is no pool of ranges of {snapshot.base} and a currency; if a token is another name of "
            f"{snapshot.base}, say so under [aliases] of the snapshot",
        )
    return _ladder_rows(held, storage, marking, group)


def _range_rows(
    held: LiquidityPosition, position: RangePosition, pool: PoolState, marking: Marking, group: int
) -> list[Row]:
    """A range and its uncollected fees; a rate r of the quote token turns L into L·sqrt(r) and scales the edges."""
    rate = marking.usd_rate(pool.token1 if pool.base_is_token0 else pool.token0)
    shape = liquidity_range(position, pool)
    lower, upper = shape.lower * rate, shape.upper * rate
    liquidity = shape.liquidity * math.sqrt(rate)
    rows = [Row(kernels.RANGE, group, _RANGE, None, liquidity, lower=lower, upper=upper)]
    if held.fees_base:
        rows.append(Row(kernels.COIN, group, _RANGE, None, held.fees_base))
    if held.fees_quote:
        rows.append(Row(kernels.CASH, group, _RANGE, None, held.fees_quote * rate))
    return rows


def position_ladder(position: PoolPosition, pool: PoolStorage, marking: Marking) -> Ladder:
    """Write a position as ranges in the price of the coin.

    Parameters
    ----------
    position : RangePosition or PoolShare
        The position.
    pool : PoolStorage
        Its pool.
    marking : Marking
        Index, forms of the coin, USD rates of all other tokens.

    Returns
    -------
    Ladder
        As ``range_ladder`` makes it. [coins, USD]

    Raises
    ------
    MarketDataError
        If a token is neither a form of the coin nor has a USD rate.
    InputError
        If the position contradicts the pool.

    References
    ----------
    As ``range_ladder``.
    """
    coins, money = _token_worths(pool, marking)
    return range_ladder(
        position_curve(pool, position),
        spot=marking.snapshot.index_price,
        coins_per_token=coins,
        money_per_token=money,
    )


def _ladder_rows(held: LiquidityPosition, pool: PoolStorage, marking: Marking, group: int) -> list[Row]:
    ladder = position_ladder(held.position, pool, marking)
    label = _RANGE if isinstance(held.position, RangePosition) else f"{pool.__struct_config__.tag} share"
    rungs = zip(ladder.lower, ladder.upper, ladder.liquidity, strict=True)
    rows = [
        Row(kernels.RANGE, group, label, None, float(size), lower=float(low), upper=float(high))
        for low, high, size in rungs
    ]
    rows.append(Row(kernels.COIN, group, label, None, ladder.coins))
    rows.append(Row(kernels.CASH, group, label, None, ladder.money))
    return rows


def _token_worths(
    pool: PoolStorage, marking: Marking
) -> tuple[Float64[np.ndarray, " n_token"], Float64[np.ndarray, " n_token"]]:
    """What one of each token is worth: coins, if it is a form of the coin, else money; the other of the two is zero."""
    base = marking.snapshot.base
    forms = {base: 1.0} | marking.snapshot.coins_per_unit
    coins = np.array([forms.get(token.symbol, 0.0) for token in pool.tokens])
    try:
        money = np.array([0.0 if token.symbol in forms else marking.usd_rate(token.symbol) for token in pool.tokens])
    except MarketDataError as error:
        advice = f"if it is a form of {base}, name it under [aliases] of the snapshot; else {error.advice}"
        raise MarketDataError(error.name, error.fault, error.problem.removeprefix(f"{error.name}: "), advice) from None
    return coins, money
