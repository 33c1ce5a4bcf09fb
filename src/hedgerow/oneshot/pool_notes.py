"""What a ticket takes for granted of the pools that its desk has liquidity in."""

from hedgerow.book import Marking, position_ladder
from hedgerow.config import Desk
from hedgerow.core.errors import HedgerowError
from hedgerow.core.ids import Currency
from hedgerow.core.instants import HOUR_NS, describe_age
from hedgerow.instruments import PoolPosition
from hedgerow.market import PoolState, PoolStorage, Snapshot

_SAME_GAMMA = 0.02
"""Gammas that differ by less need no words. [fraction]"""


def pool_notes(desk: Desk, market: Snapshot) -> list[str]:
    """Say how old each pool's state is, at what its positions are valued, and where gamma is a mean.

    Parameters
    ----------
    desk : Desk
        Whose liquidity; every position of it can be valued, or was left out.
    market : Snapshot
        Its pools.

    Returns
    -------
    list of str
        One sentence or two for each pool that is used. [text]
    """
    held = {line.pool for line in desk.liquidity}
    prices = [_price_note(market, pool) for name, pool in market.pools.items() if name in held]
    others = [pool for name, pool in market.storage.items() if name in held and name not in market.pools]
    notes = prices + [_storage_note(market, pool) for pool in others]
    rates = {Currency(name): rate for name, rate in desk.rates.items()}
    marking = Marking(snapshot=market, vols={}, usd_rates=rates)
    for line in desk.liquidity:
        if line.pool in market.storage and line.pool not in market.pools:
            notes += _gamma_notes(line.held(), marking)
    return notes


def _gamma_notes(position: PoolPosition, marking: Marking) -> list[str]:
    """Where a pool is deep at one price alone, gamma there says nothing of the next move: the book takes a mean."""
    try:
        ladder = position_ladder(position, marking.snapshot.storage[position.pool], marking)
    except HedgerowError:  # left out of the book by name already
        return []
    coin, spot = marking.snapshot.base, marking.snapshot.index_price
    apart, size = abs(ladder.gamma - ladder.point_gamma), max(abs(ladder.gamma), abs(ladder.point_gamma))
    if apart <= _SAME_GAMMA * size or size * spot <= 1e-9 * abs(ladder.coins):
        return []
    return [
        f"{position.name}: gamma is {ladder.gamma:.4g} {coin}/USD, the mean over 0.2 % either way of the index; at the "
        f"index itself the pool's is {ladder.point_gamma:.4g}"
    ]


def _price_note(market: Snapshot, pool: PoolState) -> str:
    age_ns = market.as_of_ns - pool.known_at_ns
    step = f"{pool.resolution}, " if age_ns > HOUR_NS // 60 else ""
    return (
        f"{pool.name}: state is {step}{describe_age(age_ns)} old, price {pool.price:,.2f}; positions are valued at the "
        f"index {market.index_price:,.2f}; fees are not claimed exact"
    )


def _storage_note(market: Snapshot, pool: PoolStorage) -> str:
    """Tokens that are no form of the coin are money to this desk: whoever holds another coin there must know."""
    forms = {market.base} | set(market.coins_per_unit)
    money = [token.symbol for token in pool.tokens if token.symbol not in forms]
    kind, age = pool.__struct_config__.tag, describe_age(market.as_of_ns - pool.block.at_ns)
    words = (
        "counts as money at its stated rate: its" if len(money) == 1 else "count as money at their stated rates: their"
    )
    said = f"; {' and '.join(money)} {words} own moves are not hedged" if money else ""
    return f"{pool.name}: {kind}, state of block {pool.block.number}, {age} old; valued at the index{said}"
