"""The book left alone: what it was worth at regular instants."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import numpy as np

from hedgerow.backtesting.load import PoolBars, Recorded
from hedgerow.book import Row, assemble, kernels, value_book
from hedgerow.config import Study
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.instants import YEAR_NS, seconds_ns
from hedgerow.engine import OpeningPosition
from hedgerow.instruments import EuropeanOption, is_inverse
from hedgerow.ledger import payoff
from hedgerow.report.backtest import Unhedged

NO_DELIVERY: Final[Mapping[InstrumentName, Decimal]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The instants at which P&L is measured, and what the book was worth there.

    Parameters
    ----------
    at_ns : ndarray of shape (n_sample,)
        From the first price to the last. [UTC epoch ns]
    n_regular : int
        How many of them are a whole interval apart: only their steps count for risk. [count]
    spot : ndarray of shape (n_sample,)
        Price of the coin. [USD per coin]
    quoted : ndarray of shape (n_sample,)
        The same as recorded. [quote per base]
    book : ndarray of shape (n_sample,)
        What is held and not traded, deposits included. [USD]
    pool_fees : ndarray of shape (n_sample,)
        Earned since the first sample. [USD]
    wanted : ndarray of shape (n_sample,)
        P&L of the delta that the study wants to have: it is no risk. [numeraire of the study]
    contracts : mapping of str to ndarray of shape (n_sample,)
        What one contract of each option in an account was worth; after its end, what it paid. [USD]
    """

    at_ns: Int64[np.ndarray, " n_sample"]
    n_regular: int
    spot: Float64[np.ndarray, " n_sample"]
    quoted: Float64[np.ndarray, " n_sample"]
    book: Float64[np.ndarray, " n_sample"]
    pool_fees: Float64[np.ndarray, " n_sample"]
    wanted: Float64[np.ndarray, " n_sample"]
    contracts: Mapping[InstrumentName, Float64[np.ndarray, " n_sample"]]


def take_samples(
    study: Study,
    recorded: Recorded,
    rows: tuple[Row, ...],
    rate: float,
    positions: tuple[OpeningPosition, ...] = (),
    delivery: Mapping[InstrumentName, Decimal] = NO_DELIVERY,
) -> Samples:
    """Value the book left alone at regular instants.

    Parameters
    ----------
    study : Study
        Interval and deposits.
    recorded : Recorded
        Prices and the pool.
    rows : tuple of Row
        What is held and not traded. [USD terms]
    rate : float
        Of the currency of the recorded price. [USD per unit]
    positions : tuple of OpeningPosition
        What accounts hold.
    delivery : mapping of str to Decimal
        At what price those of them are settled that expire in the study. [quote per base]

    Returns
    -------
    Samples
        The instants and the worth. [USD]
    """
    first, last = int(recorded.price_at_ns[0]), int(recorded.price_at_ns[-1])
    every = seconds_ns(study.report.interval_s)
    regular = np.arange(first, last + 1, every, dtype=np.int64)
    at = regular if regular[-1] == last else np.append(regular, last)
    quoted = recorded.price[recorded.price_at_ns.searchsorted(at, side="right") - 1]
    spot = quoted * rate
    coins, cash = _deposits(study)
    contracts = {item.instrument.name: _worth_of_one(study, item, delivery, at, spot) for item in positions}
    book = _worth(study.base, rows, at, spot)
    for item in positions:
        book = book + float(item.quantity) * contracts[item.instrument.name]
    return Samples(
        at_ns=at,
        n_regular=regular.size,
        spot=spot,
        quoted=quoted,
        book=book + coins * spot + cash,
        pool_fees=_fees_at(study, recorded.pool, rows, at, spot),
        wanted=study.hedge.delta * (spot - spot[0]) / (1.0 if study.numeraire == "USD" else spot),
        contracts=contracts,
    )


def with_deposits_of(samples: Samples, study: Study, other: Study) -> Samples:
    """Take other deposits in the place of the study's.

    Parameters
    ----------
    samples : Samples
        With the deposits of the study. [USD]
    study, other : Study
        Which differ in what accounts start with.

    Returns
    -------
    Samples
        With the deposits of the other one. [USD]
    """
    (coins, cash), (had_coins, had_cash) = _deposits(other), _deposits(study)
    return replace(samples, book=samples.book + (coins - had_coins) * samples.spot + (cash - had_cash))


def _deposits(study: Study) -> tuple[float, float]:
    coins = cash = 0.0
    for account in study.account:
        for currency, amount in account.balances.items():
            if currency == study.base:
                coins += amount
            else:
                cash += amount * (1.0 if currency == "USD" else study.rates[currency])
    return coins, cash


def _worth_of_one(
    study: Study,
    item: OpeningPosition,
    delivery: Mapping[InstrumentName, Decimal],
    at: Int64[np.ndarray, " n_sample"],
    spot: Float64[np.ndarray, " n_sample"],
) -> Float64[np.ndarray, " n_sample"]:
    """Value one contract of an option at every sample; what it paid at its end stays in its currency."""
    contract, settled_at = item.instrument, delivery.get(item.instrument.name)
    if settled_at is None or not isinstance(contract, EuropeanOption):
        return _worth(study.base, (item.row,), at, spot)
    alive = int(at.searchsorted(contract.expiry_ns))
    paid = float(payoff(contract, settled_at)) * contract.contract_size
    rate = 1.0 if contract.settle == "USD" else study.rates.get(contract.settle, 1.0)
    after = paid * spot[alive:] if is_inverse(contract) else np.full(at.size - alive, paid * rate)
    return np.concatenate([_worth(study.base, (item.row,), at[:alive], spot[:alive]), after])


def _worth(
    base: str, rows: tuple[Row, ...], at: Int64[np.ndarray, " n_sample"], spot: Float64[np.ndarray, " n_sample"]
) -> Float64[np.ndarray, " n_sample"]:
    """Revalue the rows in full at every sample."""
    if not rows:
        return np.zeros(at.size)
    out = np.empty(at.size)
    for i, (now, price) in enumerate(zip(at.tolist(), spot.tolist(), strict=True)):
        alive = [_aged(row, now) for row in rows]
        book = assemble(alive, base=Currency(base), spot=price, n_group=1)
        out[i] = value_book(book, numeraire="USD")[0].sum()
    return out


def _aged(row: Row, now_ns: int) -> Row:
    """Give an option the time that it has left."""
    return row if row.expiry_ns is None else row._replace(expiry_years=(row.expiry_ns - now_ns) / YEAR_NS)


def _fees_at(
    study: Study,
    pool: PoolBars | None,
    rows: tuple[Row, ...],
    at: Int64[np.ndarray, " n_sample"],
    spot: Float64[np.ndarray, " n_sample"],
) -> Float64[np.ndarray, " n_sample"]:
    """Estimate what ranges earn: their share of each bar's fees, where the bar closes in the range.

    The position is not in the recorded liquidity, so it adds to it. Uncollected fees stay in both coins.
    """
    ranges = [row for row in rows if row.kind == kernels.RANGE]
    if pool is None or not ranges or study.data.pool is None:
        return np.zeros(at.size)
    terms = study.data.pool
    quote = terms.token1 if terms.token0 == study.base else terms.token0
    rate = 1.0 if quote == "USD" else study.rates[quote]
    share = np.zeros(pool.at_ns.size)
    for row in ranges:
        own = row.quantity / math.sqrt(rate)
        inside = (pool.price * rate >= row.lower) & (pool.price * rate < row.upper)
        share += np.where(inside, own / (pool.liquidity + own), 0.0)
    after_first = pool.at_ns > at[0]
    coins = np.cumsum(share * pool.fees_base * after_first)
    cash = np.cumsum(share * pool.fees_quote * after_first) * rate
    place = pool.at_ns.searchsorted(at, side="right")
    coins, cash = np.append(0.0, coins), np.append(0.0, cash)
    earned: Float64[np.ndarray, " n_sample"] = coins[place] * spot + cash[place]
    return earned


def leave_alone(samples: Samples, numeraire: str) -> Unhedged:
    """Measure the book without a hedge.

    Parameters
    ----------
    samples : Samples
        Its worth.
    numeraire : str
        ``USD`` or the coin.

    Returns
    -------
    Unhedged
        P&L and risk. [numeraire]
    """
    unit = np.ones(samples.spot.size) if numeraire == "USD" else 1.0 / samples.spot
    worth, fees = samples.book * unit, samples.pool_fees * unit
    path = worth - worth[0] + fees
    std = deviation(path, samples)
    return Unhedged(pnl=float(path[-1]), pool_fees=float(fees[-1]), std=std, path=path)


def deviation(path: Float64[np.ndarray, " n_sample"], samples: Samples) -> float:
    """Return the standard deviation of a path's steps, less the steps of what is wanted.

    Parameters
    ----------
    path : ndarray of shape (n_sample,)
        P&L at each sample. [numeraire]
    samples : Samples
        Which of them are regular, and the P&L of the wanted delta.

    Returns
    -------
    float
        NaN with fewer than two steps. [numeraire]
    """
    steps = np.diff((path - samples.wanted)[: samples.n_regular])
    return float(np.std(steps, ddof=1)) if steps.size > 1 else math.nan
