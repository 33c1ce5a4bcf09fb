"""Reading a snapshot: a folder with ``snapshot.toml`` and the Parquet files that it names.

The format is described in ``docs/snapshot-format.md``. Sources of other forms (a recorded Deribit chain, hourly
bars of a Uniswap pool) are named in the same file by their ``format``, so there is one door for all.
"""

from pathlib import Path

import numpy as np

from hedgerow.core.arrays import Float64, vector
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency
from hedgerow.core.instants import to_iso
from hedgerow.core.toml_file import read_toml
from hedgerow.market.deribit_chain import Chain, read_deribit_chain
from hedgerow.market.manifest import MANIFEST, Manifest, stated_instant
from hedgerow.market.parquet import read_columns
from hedgerow.market.pool_entries import read_pools
from hedgerow.market.quotes import QuoteTable
from hedgerow.market.screening import screen
from hedgerow.market.snapshot import Rejection, Snapshot

_DASHES_OF_AN_OPTION = 3
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
    as_of_ns = stated_instant(path, "as_of", manifest.as_of, chain.as_of_ns)
    index = chain.index_price if manifest.index_price is None else manifest.index_price
    if index is None or not 1e-12 < index < 1e12:
        raise ConfigError(str(path), "index_price", "the spot index is missing, or not positive and finite", "state it")
    if int(chain.quotes.at_ns.max(initial=as_of_ns)) > as_of_ns:
        raise ConfigError(
            str(path), "as_of", f"{to_iso(as_of_ns)} lies before the newest quote", "state a later instant"
        )
    _check_index(path, index, chain.quotes)
    quotes, implausible = _plausible(chain.quotes, index)
    index_at_ns = stated_instant(path, "index_at", manifest.index_at, chain.index_at_ns)
    if index_at_ns > as_of_ns:
        raise ConfigError(str(path), "index_at", f"{to_iso(index_at_ns)} lies after as_of", "state when it was known")
    found = read_pools(root, manifest, as_of_ns)
    for pool in found.pools.values():
        if not _PLAUSIBLE[0] < pool.price / index < _PLAUSIBLE[1]:
            where = next(i for i, entry in enumerate(manifest.pool) if entry.name == pool.name)
            raise ConfigError(
                str(path),
                f"pool[{where}]",
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
        pools=found.pools,
        storage=found.storage,
        coins_per_unit=found.coins_per_unit,
        rejected=chain.rejected + implausible + found.left_out,
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
