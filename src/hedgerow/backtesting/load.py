"""A study's files, read within its days and brought into units of the book."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from hedgerow.backtesting.labels import Input, assumptions
from hedgerow.backtesting.order_books import load_depths, quotes_of
from hedgerow.config import BookLine, ExchangeLine, Study
from hedgerow.config.study_tables import BarFile
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.ids import Currency, InstrumentName, PoolName
from hedgerow.core.instants import DAY_NS, SECOND_NS, seconds_ns, to_iso
from hedgerow.instruments.liquidity import MAX_TICK
from hedgerow.market import PoolState
from hedgerow.market.series import NO_BOUNDS, BadRow, Bounds, RowFault, Series, read_bars, read_funding
from hedgerow.venues import Depth, Funding

_TICK_BASE: Final = 1.0001
_MS_NS: Final = 1_000_000
_POOL_BOUNDS: Final = {
    "closeTick": (-float(MAX_TICK), float(MAX_TICK)),
    "inAmount0": (0.0, math.inf),
    "inAmount1": (0.0, math.inf),
}
_FARTHEST: Final = 1.25
"""The price and the pool's are nearer than this factor, or one of them is wrong. [pure]"""

_POOL_COLUMNS: Final = ("closeTick", "currentLiquidity", "inAmount0", "inAmount1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolBars:
    """The pool's bars in units of the book.

    Parameters
    ----------
    at_ns : ndarray of shape (n_row,)
        When each bar ended. [UTC epoch ns]
    price : ndarray of shape (n_row,)
        Price of the coin at the closing tick. [quote per base]
    liquidity : ndarray of shape (n_row,)
        In range. [square root of base times quote, in whole tokens]
    fees_base, fees_quote : ndarray of shape (n_row,)
        Fees that all positions in range earned in the bar. [base], [quote]
    """

    at_ns: Int64[np.ndarray, " n_row"]
    price: Float64[np.ndarray, " n_row"]
    liquidity: Float64[np.ndarray, " n_row"]
    fees_base: Float64[np.ndarray, " n_row"]
    fees_quote: Float64[np.ndarray, " n_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Everything that a study's files hold.

    Parameters
    ----------
    price_at_ns, price : ndarray of shape (n_row,)
        The price of the coin. [UTC epoch ns], [quote per base]
    pool : PoolBars or None
        The pool.
    pool_state : PoolState or None
        Its terms with its first state.
    gas_at_ns, gas_gwei : ndarray of shape (n_gas,)
        The price of gas. [UTC epoch ns], [gwei]
    funding : Funding
        Settlements.
    left_out : tuple of BadRow
        Rows that were skipped.
    inputs : tuple of Input
        What comes from where.
    depths : mapping of str to Depth
        Order books, by instrument.
    index_at_ns, index : ndarray of shape (n_index,)
        The venue's index; empty where none is named. [UTC epoch ns], [quote per base]
    """

    price_at_ns: Int64[np.ndarray, " n_row"]
    price: Float64[np.ndarray, " n_row"]
    pool: PoolBars | None
    pool_state: PoolState | None
    gas_at_ns: Int64[np.ndarray, " n_gas"]
    gas_gwei: Float64[np.ndarray, " n_gas"]
    funding: Funding
    left_out: tuple[BadRow, ...]
    inputs: tuple[Input, ...]
    depths: Mapping[InstrumentName, Depth] = field(default_factory=dict)
    index_at_ns: Int64[np.ndarray, " n_index"] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: Float64[np.ndarray, " n_index"] = field(default_factory=lambda: np.empty(0))


def load_recorded(study: Study) -> Recorded:
    """Read a study's files.

    Parameters
    ----------
    study : Study
        Names them.

    Returns
    -------
    Recorded
        Their content within the study's days. [as its fields]

    Raises
    ------
    ConfigError
        If a file is missing, holds rows that the study refuses, or does not cover the days.
    """
    bad: list[BadRow] = []
    inputs: list[Input] = []
    pool, state = _load_pool(study, bad, inputs)
    depths = load_depths(study, inputs)
    at, price = _load_price(study, pool, depths, bad, inputs)
    gas_at, gas = _load_gas(study, bad, inputs)
    index_at, index = _load_index(study, bad, inputs)
    return Recorded(
        price_at_ns=at,
        price=price,
        pool=pool,
        pool_state=state,
        gas_at_ns=gas_at,
        gas_gwei=gas,
        funding=_load_funding(study, bad, inputs),
        left_out=tuple(bad),
        inputs=(*inputs, *assumptions(study)),
        depths=depths,
        index_at_ns=index_at,
        index=index,
    )


def _bars(
    study: Study,
    name: str,
    file: str,
    bar_s: float,
    numbers: tuple[str, ...],
    positive: tuple[str, ...],
    bounds: Bounds = NO_BOUNDS,
) -> Series:
    series = read_bars(
        study.path(file),
        name=name,
        numbers=numbers,
        positive=positive,
        bar_ns=seconds_ns(bar_s),
        start_ns=study.start_ns,
        end_ns=study.end_ns,
        bad_rows=study.data.bad_rows,
        max_gap_ns=seconds_ns(study.data.max_gap_s),
        bounds=bounds,
    )
    # A bar that is shorter than stated would be known too late, one that is longer too early: that is look-ahead.
    apart = float(np.median(np.diff(series.at_ns))) if series.at_ns.size > 1 else series.bar_ns
    if apart != series.bar_ns:
        problem = f"the rows of {file} are {apart / SECOND_NS:g} s apart, not {bar_s:g}"
        raise study.error(f"data.{name}.bar_s", problem, "state the length of the bars")
    return series


def _load_pool(study: Study, bad: list[BadRow], inputs: list[Input]) -> tuple[PoolBars | None, PoolState | None]:
    terms = study.data.pool
    if terms is None:
        return None, None
    if study.base not in (terms.token0, terms.token1):
        raise study.error(
            "data.pool.token0", f"neither token is {study.base}", "name wrapped coins by their own ticker"
        )
    series = _bars(study, "pool", terms.file, terms.bar_s, _POOL_COLUMNS, ("currentLiquidity",), _POOL_BOUNDS)
    bad += series.left_out
    inputs.append(
        Input(name="pool", label="recorded", detail=f"{Path(terms.file).name}, price to a tick", rows=series.at_ns.size)
    )
    ticks, base_first = series.columns["closeTick"], terms.token0 == study.base
    raw = np.exp(ticks * math.log(_TICK_BASE)) * 10.0 ** (terms.decimals0 - terms.decimals1)
    price = raw if base_first else 1.0 / raw
    paid0 = series.columns["inAmount0"] * 10.0**-terms.decimals0 * terms.fee
    paid1 = series.columns["inAmount1"] * 10.0**-terms.decimals1 * terms.fee
    bars = PoolBars(
        at_ns=series.at_ns,
        price=price,
        liquidity=series.columns["currentLiquidity"] * 10.0 ** (-0.5 * (terms.decimals0 + terms.decimals1)),
        fees_base=paid0 if base_first else paid1,
        fees_quote=paid1 if base_first else paid0,
    )
    state = PoolState(
        name=PoolName(terms.name),
        token0=Currency(terms.token0),
        token1=Currency(terms.token1),
        decimals0=terms.decimals0,
        decimals1=terms.decimals1,
        fee=terms.fee,
        price=float(price[0]),
        base_is_token0=base_first,
        liquidity=int(series.columns["currentLiquidity"][0]),
        tick_spacing=terms.tick_spacing,
        known_at_ns=int(series.at_ns[0]),
        resolution="minutes",
    )
    return bars, state


def _detail(line: BarFile, column: str) -> str:
    return f"{Path(line.file).name}, {column}{', ' if line.note else ''}{line.note}"


def _load_price(
    study: Study,
    pool: PoolBars | None,
    depths: Mapping[InstrumentName, Depth],
    bad: list[BadRow],
    inputs: list[Input],
) -> tuple[Int64[np.ndarray, " n_row"], Float64[np.ndarray, " n_row"]]:
    line = study.data.price
    if line is None:
        if pool is None:
            first = study.instrument[0].name
            at, bid, ask = quotes_of(study, depths[InstrumentName(first)])
            detail = f"middle of the order book of {first}"
            inputs.append(Input(name="price", label="derived", detail=detail, rows=at.size))
            return at, 0.5 * (bid + ask)
        inputs.append(Input(name="price", label="derived", detail="closing tick of the pool", rows=pool.at_ns.size))
        return pool.at_ns, pool.price
    series = _bars(study, "price", line.file, line.bar_s, (line.column,), (line.column,))
    bad += series.left_out
    inputs.append(Input(name="price", label="recorded", detail=_detail(line, line.column), rows=series.at_ns.size))
    price = series.columns[line.column]
    if pool is not None and not 0.5 < float(np.median(price) / np.median(pool.price)) < 2.0:
        problem = f"its median {np.median(price):.6g} is far from the pool's {np.median(pool.price):.6g}"
        raise study.error("data.price.column", problem, "name the column with the price of the coin, and check token0")
    return (series.at_ns, price) if pool is None else _held_against(study, series, price, pool, bad)


def _held_against(
    study: Study, series: Series, price: Float64[np.ndarray, " n_row"], pool: PoolBars, bad: list[BadRow]
) -> tuple[Int64[np.ndarray, " n_good"], Float64[np.ndarray, " n_good"]]:
    """Refuse or leave out prices that are far from the pool's at the same instant."""
    _, own, its = np.intersect1d(series.at_ns, pool.at_ns, return_indices=True)
    ratio = price[own] / pool.price[its]
    far = own[(ratio > _FARTHEST) | (ratio < 1.0 / _FARTHEST)]
    good = np.ones(price.size, dtype=bool)
    good[far] = False
    for i in far.tolist():
        label = to_iso(int(series.at_ns[i]) - series.bar_ns)
        near = pool.price[pool.at_ns.searchsorted(series.at_ns[i])]
        reason = f"the price {price[i]:.6g} is far from the pool's {near:.6g}"
        if study.data.bad_rows == "refuse":
            advice = 'mend the file, or set bad_rows = "skip" in [data]'
            raise study.error("data.price.file", f"{label}: {reason}", advice)
        fault = RowFault.IMPLAUSIBLE
        bad.append(BadRow(series="price", file=series.file, row=i, label=label, fault=fault, reason=reason))
    return series.at_ns[good], price[good]


def _load_gas(
    study: Study, bad: list[BadRow], inputs: list[Input]
) -> tuple[Int64[np.ndarray, " n_gas"], Float64[np.ndarray, " n_gas"]]:
    line, constant = study.data.gas, study.data.gas_gwei
    if constant is not None:
        inputs.append(Input(name="gas", label="assumed", detail=f"{constant:g} gwei throughout"))
        return np.array([study.start_ns]), np.array([constant])
    if line is None:
        return np.empty(0, dtype=np.int64), np.empty(0)
    series = _bars(study, "gas", line.file, line.bar_s, (line.column,), (line.column,))
    bad += series.left_out
    inputs.append(
        Input(
            name="gas",
            label="recorded",
            detail=_detail(line, f"{line.column} in gwei"),
            rows=series.at_ns.size,
        )
    )
    return series.at_ns, series.columns[line.column]


def _load_index(
    study: Study, bad: list[BadRow], inputs: list[Input]
) -> tuple[Int64[np.ndarray, " n_index"], Float64[np.ndarray, " n_index"]]:
    line = study.data.index
    if line is None:
        return np.empty(0, dtype=np.int64), np.empty(0)
    series = _bars(study, "index", line.file, line.bar_s, (line.column,), (line.column,))
    bad += series.left_out
    inputs.append(Input(name="index", label="recorded", detail=_detail(line, line.column), rows=series.at_ns.size))
    return series.at_ns, series.columns[line.column]


def _load_funding(study: Study, bad: list[BadRow], inputs: list[Input]) -> Funding:
    line = study.data.funding
    if line is None:
        if not all(isinstance(item, ExchangeLine) and item.funding == "rule" for item in study.instrument):
            inputs.append(Input(name="funding", label="assumed", detail="none is paid"))
        return Funding()
    series = read_funding(
        study.path(line.file),
        name="funding",
        venue=line.venue,
        asset=line.asset,
        start_ns=study.start_ns,
        end_ns=study.end_ns,
        bad_rows=study.data.bad_rows,
        max_gap_ns=max(seconds_ns(study.data.max_gap_s), DAY_NS),  # settlements are hours apart
    )
    bad += series.left_out
    detail = f"{Path(line.file).name}, {line.asset} at {line.venue}{', ' if line.note else ''}{line.note}"
    inputs.append(Input(name="funding", label="recorded", detail=detail, rows=series.at_ns.size))
    return Funding(at_ns=tuple(series.at_ns.tolist()), rate=tuple(series.columns["funding_rate"].tolist()))


def check_files(study: Study) -> None:
    """Refuse data files that are not there, before anything is read.

    Parameters
    ----------
    study : Study
        Names them.

    Raises
    ------
    ConfigError
        Naming the key and the file.
    """
    for i, item in enumerate(study.instrument):
        if isinstance(item, BookLine) and not study.path(item.depth).is_file():
            raise study.error(f"instrument[{i}].depth", f"no such file as {study.path(item.depth)}", "check its path")
    for key in ("pool", "price", "gas", "funding", "index"):
        line = getattr(study.data, key)
        if line is not None and not Path(study.path(line.file)).is_file():
            raise study.error(f"data.{key}.file", f"no such file as {study.path(line.file)}", "check its path")
