"""The content of ``snapshot.toml``, as types."""

import datetime as dt
from typing import Final, Literal

import msgspec

MANIFEST: Final = "snapshot.toml"
FORMAT: Final = "hedgerow-snapshot/1"


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
    """A pool: its terms, and either its state or a file of hourly bars.

    Parameters
    ----------
    name, token0, token1 : str
        The snapshot's name of the pool, and its tokens in the contract's order.
    decimals0, decimals1, tick_spacing : int
        Decimals of the tokens; ticks of positions are multiples of the spacing. [digits], [ticks]
    fee : float
        The pool's fee. [fraction of the input]
    price, liquidity, known_at, resolution
        The state, if it is stated here: price of the base coin, raw liquidity, when it was certainly known, how often
        the source samples. [quote per base], [raw liquidity units], [UTC or ns], [text]
    file, format : str or None
        A file of bars in the snapshot's folder, and its form.
    licence, source : str
        For people. [text]
    """

    name: str
    token0: str
    token1: str
    decimals0: int
    decimals1: int
    fee: float
    tick_spacing: int
    price: float | None = None
    liquidity: int | None = None
    known_at: dt.datetime | int | None = None
    resolution: str = "as stated"
    file: str | None = None
    format: Literal["uniswap-v3-hourly"] | None = None
    licence: str = ""
    source: str = ""


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
    aliases : dict of str to str
        Wrapped coins by their own coin.
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
    aliases: dict[str, str] = {}
    notes: tuple[str, ...] = ()
