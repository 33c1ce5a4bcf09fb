"""Loader for hourly bars of a Uniswap v3 pool (The Graph's ``poolHourData``).

A bar is labelled by its opening but carries its close, so the bar of 11:00 is known only at 12:00. The loader takes
the last bar that had closed at the instant of the snapshot and names the younger ones as left out. The fee-growth
columns lost precision in the source (Q128 numbers as float64) and are not read.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hedgerow.core.errors import ConfigError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.core.instants import HOUR_NS, to_iso
from hedgerow.market.parquet import Columns, read_columns
from hedgerow.market.snapshot import PoolState, Rejection

_NUMBERS = (
    "periodStartUnix",
    "liquidity",
    "high",
    "low",
    "close",
    "pool.token0.decimals",
    "pool.token1.decimals",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTerms:
    """What never changes about a pool.

    Parameters
    ----------
    name : str
        The snapshot's name of the pool.
    token0, token1 : str
        Tickers in the contract's order, wrapped coins under their own coin's ticker.
    decimals0, decimals1 : int
        Decimals of the tokens.
    fee : float
        The pool's fee. [fraction of the input]
    tick_spacing : int
        Ticks of positions are multiples of it. [ticks]
    base_is_token0 : bool
        True if the book's base coin is token0.
    """

    name: PoolName
    token0: Currency
    token1: Currency
    decimals0: int
    decimals1: int
    fee: float
    tick_spacing: int
    base_is_token0: bool

    def state(self, price: float, liquidity: int, known_at_ns: int, resolution: str) -> PoolState:
        """Join the terms with one observed state.

        Parameters
        ----------
        price : float
            Price of the base coin. [quote per base]
        liquidity : int
            Liquidity in range. [raw liquidity units]
        known_at_ns : int
            When it was certainly known. [UTC epoch ns]
        resolution : str
            How often the source samples. [text]

        Returns
        -------
        PoolState
            The pool at that instant. [as its fields]
        """
        return PoolState(
            name=self.name,
            token0=self.token0,
            token1=self.token1,
            decimals0=self.decimals0,
            decimals1=self.decimals1,
            fee=self.fee,
            price=price,
            base_is_token0=self.base_is_token0,
            liquidity=liquidity,
            tick_spacing=self.tick_spacing,
            known_at_ns=known_at_ns,
            resolution=resolution,
        )


def read_uniswap_hours(path: Path, terms: PoolTerms, as_of_ns: int) -> tuple[PoolState, list[Rejection]]:
    """Read the state of a pool from hourly bars, without looking ahead.

    Parameters
    ----------
    path : Path
        Parquet file with the columns of ``poolHourData``.
    terms : PoolTerms
        The pool's terms, checked against the file.
    as_of_ns : int
        The instant of the snapshot. [UTC epoch ns]

    Returns
    -------
    tuple of (PoolState, list of Rejection)
        The pool at the last closed bar, and the bars that had not closed yet. [as its fields]

    Raises
    ------
    ConfigError
        If bars are unsorted, doubled, off the hour, inconsistent or of other tokens, or none had closed.
    """
    columns = read_columns(path, numbers=_NUMBERS, time="ts")
    _check_bars(path, columns, terms)
    opened = columns.time_ns
    closed = np.flatnonzero(opened + HOUR_NS <= as_of_ns)
    if closed.size == 0:
        raise ConfigError(
            str(path),
            "ts",
            f"no bar had closed by {to_iso(as_of_ns)}",
            "give bars that reach the snapshot's time",
        )
    last = int(closed[-1])
    rejected = [
        Rejection(
            name=f"{terms.name} bar {_hour(int(label))}",
            kind="pool",
            reason=f"its close is known only at {_hour(int(label) + HOUR_NS)}, after the snapshot",
            use="anything",
        )
        for label in opened[last + 1 :]
    ]
    known_at = int(opened[last]) + HOUR_NS
    # The source quotes token0 per token1.
    close, liquidity = float(columns.numbers["close"][last]), int(columns.numbers["liquidity"][last])
    price = 1.0 / close if terms.base_is_token0 else close
    return terms.state(price, liquidity, known_at, "hourly"), rejected


def _hour(instant_ns: int) -> str:
    return dt.datetime.fromtimestamp(instant_ns // 1_000_000_000, tz=dt.UTC).strftime("%Y-%m-%d %H:%M")


def _check_bars(path: Path, columns: Columns, terms: PoolTerms) -> None:
    """Apply the checks that every bar series needs; a hole in the series is allowed and never bridged."""
    number, opened = columns.numbers, columns.time_ns
    ok_price = (number["low"] <= number["close"]) & (number["close"] <= number["high"]) & (number["low"] > 0.0)
    rules = (
        ("ts", np.diff(opened, prepend=opened[:1] - 1) > 0, "is not later than the row before"),
        ("ts", opened % HOUR_NS == 0, "does not open on the hour"),
        ("periodStartUnix", number["periodStartUnix"] * 1e9 == opened, "differs from ts"),
        ("close", ok_price & np.isfinite(number["high"]), "lies outside low and high, or is not positive and finite"),
        ("liquidity", (number["liquidity"] > 0.0) & np.isfinite(number["liquidity"]), "is not positive and finite"),
        ("pool.token0.decimals", number["pool.token0.decimals"] == terms.decimals0, "is not as stated"),
        ("pool.token1.decimals", number["pool.token1.decimals"] == terms.decimals1, "is not as stated"),
    )
    for name, good, problem in rules:
        if not np.all(good):
            row = int(np.flatnonzero(~good)[0])
            raise ConfigError(str(path), name, f"row {row} {problem}", "mend the file or its description")
