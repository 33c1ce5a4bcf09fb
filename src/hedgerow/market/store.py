"""Reading a snapshot: a folder with ``snapshot.toml`` and the Parquet files that it names.

The format is described in ``docs/snapshot-format.md``. Sources of other forms (a recorded Deribit chain, hourly
bars of a Uniswap pool) are named in the same file by their ``format``, so there is one door for all.
"""

import datetime as dt
import math
from pathlib import Path

import numpy as np

from hedgerow.core.arrays import Float64, vector
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.core.instants import YEAR_NS, from_datetime, to_iso
from hedgerow.core.toml_file import read_toml
from hedgerow.market.deribit_chain import Chain, read_deribit_chain
from hedgerow.market.manifest import MANIFEST, Manifest, PoolEntry
from hedgerow.market.parquet import read_columns
from hedgerow.market.quotes import QuoteTable
from hedgerow.market.screening import screen
from hedgerow.market.snapshot import PoolState, Rejection, Snapshot
from hedgerow.market.uniswap_hours import PoolTerms, read_uniswap_hours

_DASHES_OF_AN_OPTION = 3
_LATEST_NS = 230 * YEAR_NS
_PLAUSIBLE = (0.5, 2.0)
"""Ratio of two prices of one coin beyond which one of them is a mistake. [pure]"""


def load_snapshot(folder: str | Path) -> Snapshot:
    """Load a snapshot from its folder.

    Parameters
    ----------
    folder : str or Path
        A folder with a ``snapshot.toml``.

    Returns
    -------
    Snapshot
        The market at one instant. [as its fields]

    Raises
    ------
    ConfigError
        If a file is missing, malformed or breaks a rule of the format.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load_snapshot(hr.example("eth-2024-01-08"))
    >>> len(market.quotes), market.index_price
    (684, 2222.19)
    """
    root = Path(folder)
    if not root.is_dir():
        raise ConfigError(str(folder), "", "no such market folder", f"name a folder that holds {MANIFEST}")
    path = root / MANIFEST
    manifest = read_toml(path, Manifest)
    chain = _read_quotes(root, manifest)
    as_of_ns = _instant(path, "as_of", manifest.as_of, chain.as_of_ns)
    index = chain.index_price if manifest.index_price is None else manifest.index_price
    if index is None or not 1e-12 < index < 1e12:
        raise ConfigError(str(path), "index_price", "the spot index is missing, or not positive and finite", "state it")
    if int(chain.quotes.at_ns.max(initial=as_of_ns)) > as_of_ns:
        raise ConfigError(
            str(path), "as_of", f"{to_iso(as_of_ns)} lies before the newest quote", "state a later instant"
        )
    _check_index(path, index, chain.quotes)
    quotes, implausible = _plausible(chain.quotes, index)
    index_at_ns = _instant(path, "index_at", manifest.index_at, chain.index_at_ns)
    if index_at_ns > as_of_ns:
        raise ConfigError(str(path), "index_at", f"{to_iso(index_at_ns)} lies after as_of", "state when it was known")
    pools, left_out = _read_pools(root, path, manifest, as_of_ns)
    for i, pool in enumerate(pools.values()):
        if not _PLAUSIBLE[0] < pool.price / index < _PLAUSIBLE[1]:
            raise ConfigError(
                str(path),
                f"pool[{i}]",
                f"{pool.name} prices the coin at {pool.price:.6g}, the index at {index:.6g}",
                "check the order of token0 and token1, their decimals, and the price",
            )
    return Snapshot(
        source=root.resolve().name,
        as_of_ns=as_of_ns,
        base=Currency(manifest.base),
        index_price=index,
        index_at_ns=index_at_ns,
        quotes=quotes,
        pools=pools,
        rejected=chain.rejected + implausible + left_out,
        notes=chain.notes + manifest.notes,
    )


def _read_quotes(root: Path, manifest: Manifest) -> Chain:
    path = root / manifest.quotes.file
    if manifest.quotes.format == "deribit-book-summary":
        return read_deribit_chain(path, base=manifest.base)
    columns = read_columns(path, numbers=("bid", "ask", "mark", "underlying"), texts=("instrument",), time="ts")
    if columns.time_ns.size == 0:
        raise ConfigError(str(path), "", "holds no quotes", "write at least one row")
    mark, underlying = columns.numbers["mark"], columns.numbers["underlying"]
    try:
        quotes = QuoteTable(
            names=tuple(columns.texts["instrument"]),
            bid=columns.numbers["bid"],
            ask=columns.numbers["ask"],
            mark=mark,
            forward=vector(_forwards(columns.texts["instrument"], underlying, mark)),
            at_ns=columns.time_ns,
        )
    except InputError as error:
        raise ConfigError(str(path), "instrument", error.problem, error.advice) from None
    keep, rejected = screen([quotes.row(i) for i in range(len(quotes))], manifest.base)
    newest = int(columns.time_ns.max())
    return Chain(
        quotes=quotes.take(keep),
        as_of_ns=newest,
        index_price=None,
        index_at_ns=newest,
        rejected=tuple(rejected),
    )


def _check_index(path: Path, index: float, quotes: QuoteTable) -> None:
    """Hold the index against the underlyings of the quotes: one of them may be in another unit."""
    forward = float(np.nanmedian(quotes.forward)) if len(quotes) else index
    if not _PLAUSIBLE[0] < forward / index < _PLAUSIBLE[1]:
        raise ConfigError(
            str(path),
            "index_price",
            f"is {index:.6g}, the underlyings of the quotes are around {forward:.6g}",
            "correct whichever is wrong",
        )


def _plausible(quotes: QuoteTable, index: float) -> tuple[QuoteTable, tuple[Rejection, ...]]:
    """Leave out rows whose underlying is of another unit than the index."""
    ratio = quotes.forward / index
    fits = (ratio > _PLAUSIBLE[0]) & (ratio < _PLAUSIBLE[1])
    if np.all(fits):
        return quotes, ()
    rejected = tuple(
        Rejection(
            name=quotes.names[i],
            kind="quote",
            reason=f"its underlying of {quotes.forward[i]:.6g} is far from the index of {index:.6g}",
            use="anything",
        )
        for i in np.flatnonzero(~fits)
    )
    return quotes.take([int(i) for i in np.flatnonzero(fits)]), rejected


def _forwards(
    names: list[str], underlying: Float64[np.ndarray, " n_quote"], mark: Float64[np.ndarray, " n_quote"]
) -> Float64[np.ndarray, " n_quote"]:
    """Return each row's underlying; a future or perpetual without one is its own."""
    is_option = np.array([name.count("-") == _DASHES_OF_AN_OPTION for name in names], dtype=bool)
    return np.where(np.isnan(underlying) & ~is_option, mark, underlying)


def _instant(path: Path, field: str, stated: dt.datetime | int | None, otherwise_ns: int) -> int:
    """Return a stated time as an instant, or the other one if none is stated; an integer is nanoseconds already."""
    if stated is None:
        return otherwise_ns
    try:
        instant = stated if isinstance(stated, int) else from_datetime(stated)
    except InputError as error:
        raise ConfigError(str(path), field, error.problem, error.advice) from None
    if not 0 <= instant < _LATEST_NS:
        raise ConfigError(str(path), field, f"{stated} is not between 1970 and 2200", "correct the time")
    return instant


def _read_pools(
    root: Path, path: Path, manifest: Manifest, as_of_ns: int
) -> tuple[dict[PoolName, PoolState], tuple[Rejection, ...]]:
    pools: dict[PoolName, PoolState] = {}
    rejected: list[Rejection] = []
    for i, pool in enumerate(manifest.pool):
        field = f"pool[{i}]"
        terms = _pool_terms(path, field, manifest, pool)
        if terms.name in pools:
            raise ConfigError(str(path), f"{field}.name", f"{pool.name} stands twice", "give each pool its own name")
        if (pool.file is None) != (pool.format is None):
            raise ConfigError(str(path), field, "states only one of file and format", "state both, or neither")
        if pool.file is not None:
            pools[terms.name], left_out = read_uniswap_hours(root / pool.file, terms, as_of_ns)
            rejected += left_out
        else:
            pools[terms.name] = _stated_pool(path, field, pool, terms, as_of_ns)
    return pools, tuple(rejected)


def _pool_terms(path: Path, field: str, manifest: Manifest, pool: PoolEntry) -> PoolTerms:
    """Return what never changes about a pool, wrapped coins under their own coin's ticker."""
    tokens = [manifest.aliases.get(token, token) for token in (pool.token0, pool.token1)]
    if tokens.count(manifest.base) != 1:
        raise ConfigError(
            str(path),
            f"{field}.token0",
            f"neither or both of {pool.token0} and {pool.token1} are {manifest.base}",
            "name the wrapped coin under [aliases], for example WETH = 'ETH'",
        )
    if not (
        0 <= pool.decimals0 <= 36 and 0 <= pool.decimals1 <= 36 and 0.0 <= pool.fee < 1.0 and pool.tick_spacing > 0
    ):
        raise ConfigError(
            str(path), field, "a decimal, fee or tick spacing is out of range", "write the fee as a fraction: 0.0005"
        )
    return PoolTerms(
        name=PoolName(pool.name),
        token0=Currency(tokens[0]),
        token1=Currency(tokens[1]),
        decimals0=pool.decimals0,
        decimals1=pool.decimals1,
        fee=pool.fee,
        tick_spacing=pool.tick_spacing,
        base_is_token0=tokens[0] == manifest.base,
    )


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
    known_at_ns = _instant(path, f"{field}.known_at", pool.known_at, as_of_ns)
    if known_at_ns > as_of_ns:
        raise ConfigError(
            str(path), f"{field}.known_at", f"{to_iso(known_at_ns)} lies after as_of", "state when it was known"
        )
    return terms.state(pool.price, pool.liquidity, known_at_ns, pool.resolution)
