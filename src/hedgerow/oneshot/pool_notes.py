"""What a ticket takes for granted of the pools that its desk has liquidity in."""

from hedgerow.config import Desk
from hedgerow.core.instants import HOUR_NS, describe_age
from hedgerow.market import PoolState, PoolStorage, Snapshot


def pool_notes(desk: Desk, market: Snapshot) -> list[str]:
    """Say how old each pool's state is, and at what its positions are valued.

    Parameters
    ----------
    desk : Desk
        Whose liquidity.
    market : Snapshot
        Its pools.

    Returns
    -------
    list of str
        One sentence for each pool that is used. [text]
    """
    held = {line.pool for line in desk.liquidity}
    prices = [_price_note(market, pool) for name, pool in market.pools.items() if name in held]
    others = [pool for name, pool in market.storage.items() if name in held and name not in market.pools]
    return prices + [_storage_note(market, pool) for pool in others]


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
    said = (
        f"; {' and '.join(money)} count as money at the stated rates: their own moves are not hedged" if money else ""
    )
    return f"{pool.name}: {kind}, state of block {pool.block.number}, {age} old; valued at the index{said}"
