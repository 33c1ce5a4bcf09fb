"""The content of ``snapshot.toml``, as types."""

import datetime as dt
from pathlib import Path
from typing import Final, Literal

import msgspec

from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import YEAR_NS, from_datetime

MANIFEST: Final = "snapshot.toml"
FORMAT: Final = "hedgerow-snapshot/1"

LATEST_NS: Final = 230 * YEAR_NS
"""No time of a market is later. [UTC epoch ns]"""


class QuotesSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where quotes come from.

    Parameters
    ----------
    file, format : str
        The Parquet file in the snapshot's folder, and its form.
    licence, source : str
        For people. [text]
    """

    file: str
    format: Literal["hedgerow-quotes", "deribit-book-summary"]
    licence: str = ""
    source: str = ""


class PoolEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A pool: a file that holds its whole state; or its terms, and either its state or a file of hourly bars.

    Parameters
    ----------
    name : str
        The snapshot's name of the pool.
    token0, token1 : str or None
        Its tokens in the contract's order; None where a file holds the whole state, as for the next two.
    decimals0, decimals1, tick_spacing : int or None
        Decimals of the tokens; ticks of positions are multiples of the spacing. [digits], [ticks]
    fee : float or None
        The pool's fee. [fraction of the input]
    price, liquidity, known_at, resolution
        The state, if it is stated here: price of the base coin, raw liquidity, when it was certainly known, how often
        the source samples. [quote per base], [raw liquidity units], [UTC or ns], [text]
    file, format : str or None
        A file in the snapshot's folder, and its form: bars, or the whole state.
    licence, source : str
        For people. [text]
    """

    name: str
    token0: str | None = None
    token1: str | None = None
    decimals0: int | None = None
    decimals1: int | None = None
    fee: float | None = None
    tick_spacing: int | None = None
    price: float | None = None
    liquidity: int | None = None
    known_at: dt.datetime | int | None = None
    resolution: str = "as stated"
    file: str | None = None
    format: Literal["uniswap-v3-hourly", "hedgerow-pool"] | None = None
    licence: str = ""
    source: str = ""


class WrappedCoin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a wrapped or staked coin stands for.

    Parameters
    ----------
    coin : str
        The coin.
    rate : float
        How much of it one unit is worth. [coins per unit]
    """

    coin: str
    rate: float = 1.0


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of ``snapshot.toml``.

    Parameters
    ----------
    format : str
        Name and version of this format.
    base : str
        The coin that everything is about.
    quotes : QuotesSource
        Where quotes come from.
    as_of, index_at
        The instant of the market; when the index was stamped. None takes the newest quote's. [UTC or ns]
    index_price : float or None
        Spot index; None takes the source's. [USD per coin]
    pool : tuple of PoolEntry
        The pools.
    aliases : dict of str to str or WrappedCoin
        Wrapped and staked coins: the coin, with its rate where that is not one.
    notes : tuple of str
        What the data do not hold. [text]
    """

    format: Literal["hedgerow-snapshot/1"]
    base: str
    quotes: QuotesSource
    as_of: dt.datetime | int | None = None
    index_price: float | None = None
    index_at: dt.datetime | int | None = None
    pool: tuple[PoolEntry, ...] = ()
    aliases: dict[str, str | WrappedCoin] = {}
    notes: tuple[str, ...] = ()


def stated_instant(path: Path, field: str, stated: dt.datetime | int | None, otherwise_ns: int) -> int:
    """Return a stated time as an instant, or the other one if none is stated.

    Parameters
    ----------
    path : Path
        The manifest, for errors.
    field : str
        Where the time stands in it.
    stated : datetime, int or None
        An integer is nanoseconds already. [UTC or ns]
    otherwise_ns : int
        Taken for None. [UTC epoch ns]

    Returns
    -------
    int
        The instant. [UTC epoch ns]

    Raises
    ------
    ConfigError
        If it has no zone, or lies out of all proportion.
    """
    if stated is None:
        return otherwise_ns
    try:
        instant = stated if isinstance(stated, int) else from_datetime(stated)
    except InputError as error:
        raise ConfigError(str(path), field, error.problem, error.advice) from None
    if not 0 <= instant < LATEST_NS:
        raise ConfigError(str(path), field, f"{stated} is not between 1970 and 2200", "correct the time")
    return instant
