"""The pools of a snapshot: stated in the manifest, read from hourly bars, or from a file with the whole state."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.core.errors import ConfigError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.core.instants import to_iso
from hedgerow.market.manifest import MANIFEST, Manifest, PoolEntry, WrappedCoin, stated_instant
from hedgerow.market.pool_files import load_pool
from hedgerow.market.pool_price import relative_price
from hedgerow.market.pool_states import ConcentratedPool, PoolStorage, UniswapV3Pool, UniswapV4Pool
from hedgerow.market.snapshot import PoolState, Rejection
from hedgerow.market.uniswap_hours import PoolTerms, read_uniswap_hours


@dataclass(slots=True, kw_only=True)
class Pools:
    """What a manifest says of pools.

    Parameters
    ----------
    pools : dict of str to PoolState
        Concentrated pools of the coin and a currency, by name.
    storage : dict of str to PoolStorage
        Pools whose whole state is known, by name.
    coins_per_unit : dict of str to float
        What wrapped and staked coins are worth. [coins per unit]
    left_out : tuple of Rejection
        Bars that were not final yet.
    """

    pools: dict[PoolName, PoolState] = field(default_factory=dict)
    storage: dict[PoolName, PoolStorage] = field(default_factory=dict)
    coins_per_unit: dict[Currency, float] = field(default_factory=dict)
    left_out: tuple[Rejection, ...] = ()


def read_pools(root: Path, manifest: Manifest, as_of_ns: int) -> Pools:
    """Read every pool that a manifest names.

    Parameters
    ----------
    root : Path
        The snapshot's folder.
    manifest : Manifest
        Its content.
    as_of_ns : int
        The instant of the snapshot. [UTC epoch ns]

    Returns
    -------
    Pools
        The pools. [as its fields]

    Raises
    ------
    ConfigError
        If a pool or an alias breaks a rule of the format.
    """
    path = root / MANIFEST
    found = Pools(coins_per_unit=_coins_per_unit(path, manifest))
    names: set[str] = set()
    for i, pool in enumerate(manifest.pool):
        where = f"pool[{i}]"
        if pool.name in names:
            raise ConfigError(str(path), f"{where}.name", f"{pool.name} stands twice", "give each pool its own name")
        names.add(pool.name)
        if (pool.file is None) != (pool.format is None):
            raise ConfigError(str(path), where, "states only one of file and format", "state both, or neither")
        if pool.file is not None and pool.format == "hedgerow-pool":
            _take_storage(found, path, where, manifest, pool, as_of_ns)
            continue
        terms = _pool_terms(path, where, manifest, pool)
        if pool.file is not None:
            found.pools[terms.name], left_out = read_uniswap_hours(root / pool.file, terms, as_of_ns)
            found.left_out += tuple(left_out)
        else:
            found.pools[terms.name] = _stated_pool(path, where, pool, terms, as_of_ns)
    return found


def _coins_per_unit(path: Path, manifest: Manifest) -> dict[Currency, float]:
    """What the coin's wrapped and staked forms are worth; the rate of a plain alias is one."""
    found = {}
    for name, stated in manifest.aliases.items():
        alias = WrappedCoin(coin=stated) if isinstance(stated, str) else stated
        if not 0.0 < alias.rate < 1e6:
            raise ConfigError(str(path), f"aliases.{name}", f"a rate of {alias.rate:g}", "give coins per unit")
        if alias.coin == manifest.base:
            found[Currency(name)] = alias.rate
    return found


def _take_storage(found: Pools, path: Path, where: str, manifest: Manifest, entry: PoolEntry, as_of_ns: int) -> None:
    """Read a pool's whole state; where it is a range pool of the coin and a currency, note its price too."""
    terms = ("token0", "token1", "decimals0", "decimals1", "fee", "tick_spacing", "price", "liquidity", "known_at")
    stated = [key for key in terms if getattr(entry, key) is not None]
    if stated:
        told = f"states {stated[0]} beside a file that holds the whole state"
        raise ConfigError(str(path), f"{where}.{stated[0]}", told, "remove it")
    pool = msgspec.structs.replace(load_pool(path.parent / str(entry.file)), name=PoolName(entry.name))
    if not 0 < pool.block.at_ns <= as_of_ns:
        when = to_iso(pool.block.at_ns) if pool.block.at_ns else "no block time"
        told = f"its state has {when}" if not pool.block.at_ns else f"its state is of {when}, after as_of"
        raise ConfigError(str(path), f"{where}.file", told, "give the state of a block before the snapshot's instant")
    found.storage[pool.name] = pool
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        state = _price_of(pool, manifest.base, found.coins_per_unit)
        if state is not None:
            found.pools[pool.name] = state


def _price_of(pool: ConcentratedPool, base: str, coins_per_unit: dict[Currency, float]) -> PoolState | None:
    """The pool in prices of the coin, if one of its tokens is the coin itself and the other is none of its forms."""
    forms = {Currency(base): 1.0} | coins_per_unit
    rates = [forms.get(token.symbol) for token in pool.tokens]
    if sorted(rates, key=lambda rate: rate is None) != [1.0, None]:
        return None
    base_is_token0 = rates[0] == 1.0
    symbols = [Currency(base) if rate else token.symbol for rate, token in zip(rates, pool.tokens, strict=True)]
    decimals0, decimals1 = (token.decimals for token in pool.tokens)
    price = relative_price(pool)
    terms = PoolTerms(
        name=pool.name,
        token0=symbols[0],
        token1=symbols[1],
        decimals0=decimals0,
        decimals1=decimals1,
        fee=pool.fee_pips / 1e6,
        tick_spacing=pool.tick_spacing,
        base_is_token0=base_is_token0,
    )
    number = f"block {pool.block.number}"
    return terms.state(price if base_is_token0 else 1.0 / price, pool.liquidity, pool.block.at_ns, number)


def _pool_terms(path: Path, field: str, manifest: Manifest, pool: PoolEntry) -> PoolTerms:
    """Return what never changes about a pool, wrapped coins under their own coin's ticker."""

    def given(key: str) -> Any:
        value = getattr(pool, key)
        if value is None:
            raise ConfigError(str(path), f"{field}.{key}", "is missing", "state it, or a file with the whole state")
        return value

    tokens = [_plain(manifest, given(key)) for key in ("token0", "token1")]
    if tokens.count(manifest.base) != 1:
        raise ConfigError(
            str(path),
            f"{field}.token0",
            f"neither or both of {pool.token0} and {pool.token1} are {manifest.base}",
            "name the wrapped coin under [aliases], for example WETH = 'ETH'",
        )
    terms = PoolTerms(
        name=PoolName(pool.name),
        token0=Currency(tokens[0]),
        token1=Currency(tokens[1]),
        decimals0=given("decimals0"),
        decimals1=given("decimals1"),
        fee=given("fee"),
        tick_spacing=given("tick_spacing"),
        base_is_token0=tokens[0] == manifest.base,
    )
    decimals_fit = 0 <= terms.decimals0 <= 36 and 0 <= terms.decimals1 <= 36
    if not (decimals_fit and 0.0 <= terms.fee < 1.0 and terms.tick_spacing > 0):
        raise ConfigError(
            str(path), field, "a decimal, fee or tick spacing is out of range", "write the fee as a fraction: 0.0005"
        )
    return terms


def _plain(manifest: Manifest, token: str) -> str:
    """The coin that a token is another name of; a staked coin has a price of its own and keeps its name."""
    alias = manifest.aliases.get(token, token)
    if isinstance(alias, WrappedCoin):
        return alias.coin if alias.rate == 1.0 else token
    return alias


def _stated_pool(path: Path, field: str, pool: PoolEntry, terms: PoolTerms, as_of_ns: int) -> PoolState:
    """Take a pool's state from the manifest itself."""
    if pool.price is None or pool.liquidity is None or pool.known_at is None:
        raise ConfigError(
            str(path), field, "has no state", "state price, liquidity and known_at, or a file and its format"
        )
    if not (0.0 < pool.price < math.inf and pool.liquidity > 0):
        raise ConfigError(
            str(path), field, f"price {pool.price:g}, liquidity {pool.liquidity}", "both are positive and finite"
        )
    known_at_ns = stated_instant(path, f"{field}.known_at", pool.known_at, as_of_ns)
    if known_at_ns > as_of_ns:
        raise ConfigError(
            str(path), f"{field}.known_at", f"{to_iso(known_at_ns)} lies after as_of", "state when it was known"
        )
    return terms.state(pool.price, pool.liquidity, known_at_ns, pool.resolution)
