"""How good the hedge was: P&L at regular instants from what the venue executed, and its parts.

P&L is additive by construction: amounts of cash and of coins are summed apart and valued together at each sample.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from hedgerow.backtesting.forced import taken_options
from hedgerow.backtesting.gains import realised_gains
from hedgerow.backtesting.samples import Samples, deviation
from hedgerow.backtesting.session import Session
from hedgerow.core.arrays import Float64, Int64
from hedgerow.engine import EngineSettings
from hedgerow.engine.exposure import filled_lots
from hedgerow.instruments import is_inverse
from hedgerow.report.backtest import Costs, PolicyResult, Unhedged
from hedgerow.report.backtest_accounts import AccountsReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flows:
    """What the hedge did, one entry each, in cash and in coins."""

    at_ns: Int64[np.ndarray, " n_flow"]
    size: Float64[np.ndarray, " n_flow"]
    cash: Float64[np.ndarray, "4 n_flow"]
    coins: Float64[np.ndarray, "4 n_flow"]


_TRADE, _FEES, _SPREAD, _GAS = range(4)
_Path: TypeAlias = Float64[np.ndarray, " n_sample"]
_Prices: TypeAlias = tuple[Int64[np.ndarray, " n_row"], Float64[np.ndarray, " n_row"]]


def _executions(session: Session) -> _Flows:
    """Trades of orders at the mid, fees, spread and gas, each in the currency in which it falls due."""
    settings, done = session.engine.settings, session.venue.executions
    columns = {
        "lots": np.array([got.lots for _, _, got in done], dtype=np.float64) * float(settings.lot),
        "price": np.array([float(got.price) for _, _, got in done]),
        "mid": np.array([got.mid for _, _, got in done], dtype=np.float64),
        "fee": np.array([float(got.fee) for _, _, got in done]),
        "gas": np.array([float(got.gas) for _, _, got in done]),
    }
    at = np.array([at_ns for at_ns, _, _ in done], dtype=np.int64)
    return _flows(settings, at, **columns)


def _forced(session: Session, prices: _Prices) -> _Flows:
    """Trades in the hedge with which the venue liquidated, at the recorded price of that instant."""
    settings = session.engine.settings
    name = settings.instrument.name
    done = [trade for trade in session.venue.liquidations if trade.instrument == name]
    at = np.array([trade.at_ns for trade in done], dtype=np.int64)
    return _flows(
        settings,
        at,
        lots=np.array([float(trade.quantity) for trade in done]),
        price=np.array([float(trade.price) for trade in done]),
        mid=prices[1][prices[0].searchsorted(at, side="right") - 1],
        fee=np.array([float(trade.fee) for trade in done]),
        gas=np.zeros(at.size),
    )


def _flows(
    settings: EngineSettings,
    at: Int64[np.ndarray, " n_flow"],
    *,
    lots: Float64[np.ndarray, " n_flow"],
    price: Float64[np.ndarray, " n_flow"],
    mid: Float64[np.ndarray, " n_flow"],
    fee: Float64[np.ndarray, " n_flow"],
    gas: Float64[np.ndarray, " n_flow"],
) -> _Flows:
    """Split trades of the hedge, ``lots`` of contracts each, into cash and coins by kind."""
    contract = settings.instrument
    size, zero = lots * contract.contract_size, np.zeros(at.size)
    rate = 1.0 if is_inverse(contract) or contract.quote == "USD" else settings.usd_rate(contract.quote)
    if is_inverse(contract):
        cash, coins = [zero, zero, zero, zero], [size / mid, fee, size / mid - size / price, gas]
    else:
        cash, coins = [-size * mid * rate, fee * rate, size * (price - mid) * rate, zero], [zero, zero, zero, gas]
    return _Flows(at_ns=at, size=size, cash=np.array(cash), coins=np.array(coins))


def _paths(flows: _Flows, samples: Samples, settings: EngineSettings, unit: _Path) -> tuple[_Path, _Path, _Path, _Path]:
    """Return by sample: P&L of the trades at the mid, fees, spread and gas. [numeraire], the gas in coins"""
    place = _place(flows.at_ns, samples)
    cash, coins = _cumulated(flows.cash)[:, place], _cumulated(flows.coins)[:, place]
    held = np.append(0.0, np.cumsum(flows.size))[place]
    rate = samples.spot / samples.quoted
    worth = -held if is_inverse(settings.instrument) else held * samples.quoted * rate
    pnl = (cash[_TRADE] + coins[_TRADE] * samples.spot + worth) * unit
    fees, spread = ((cash[i] + coins[i] * samples.spot) * unit for i in (_FEES, _SPREAD))
    return pnl, fees, spread, coins[_GAS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """P&L of a policy by sample, and what it is made of. [numeraire]"""

    path: _Path
    hedge: _Path
    taken: _Path
    fees: _Path
    spread: _Path
    funding: _Path
    gas: _Path
    forced: _Path


def _parts(session: Session, samples: Samples, alone: Unhedged, prices: _Prices, unit: _Path) -> _Parts:
    """Put together what orders, liquidations, deliveries, funding, gas and transfers have made."""
    settings = session.engine.settings
    hedge, fees, spread, gas_paid = _paths(_executions(session), samples, settings, unit)
    closed, fines, slipped, _ = _paths(_forced(session, prices), samples, settings, unit)
    taken, charged = taken_options(session, samples, unit)
    funding = _funding_paid(session, samples, settings) * unit
    gas = (gas_paid + _wasted_gas(session, samples)) * samples.spot * unit
    if session.venue.transfers:
        fees = fees + _transfer_fees(session, samples, settings) * unit
    path = alone.path + hedge - fees - spread - gas - funding
    forced = np.zeros(path.size)
    if session.venue.liquidations or session.venue.settlements:
        hedge, fees = hedge + closed, fees + charged.delivery
        forced = fines + slipped + charged.liquidation
        path = path + closed + taken - forced - charged.delivery
    return _Parts(
        path=path, hedge=hedge, taken=taken, fees=fees, spread=spread, funding=funding, gas=gas, forced=forced
    )


def measure(
    session: Session,
    samples: Samples,
    alone: Unhedged,
    prices: _Prices,
    accounts: AccountsReport,
    *,
    name: str,
    kind: str,
    numeraire: str,
) -> PolicyResult:
    """Measure one policy.

    Parameters
    ----------
    session : Session
        Its finished run.
    samples : Samples
        The book left alone.
    alone : Unhedged
        What it made.
    prices : tuple of (ndarray of shape (n_row,), ndarray of shape (n_row,))
        When a price was recorded, and the price. [UTC epoch ns], [quote per base]
    accounts : AccountsReport
        What its accounts held, needed and lost.
    name, kind : str
        Of the policy.
    numeraire : str
        ``USD`` or the coin.

    Returns
    -------
    PolicyResult
        P&L, risk, costs, counts. [numeraire]
    """
    settings = session.engine.settings
    unit = 1.0 / samples.spot if numeraire != "USD" else np.ones(samples.spot.size)
    parts = _parts(session, samples, alone, prices, unit)
    done = session.venue.executions
    moved = session.venue.refused_transfers
    final = filled_lots(settings, session.venue.books)
    return PolicyResult(
        name=name,
        kind=kind,
        instrument=settings.instrument.name,
        pnl=float(parts.path[-1]),
        forgiven=_owed(accounts) * float(unit[-1]),
        book=alone.pnl - alone.pool_fees + float(parts.taken[-1]),
        pool_fees=alone.pool_fees,
        hedge=float(parts.hedge[-1]),
        costs=Costs(
            fees=float(parts.fees[-1]),
            spread=float(parts.spread[-1]),
            funding=float(parts.funding[-1]),
            gas=float(parts.gas[-1]),
            liquidation=float(parts.forced[-1]),
        ),
        std=deviation(parts.path, samples),
        variance_reduction=_reduction(parts.path, alone.path, samples),
        sent=session.state.orders.next_id,
        orders=len({order for _, order, _ in done}),
        fills=len(done),
        turnover=_turnover(session, settings),
        rejects={**session.venue.refusals, **{f"transfer: {why}": n for why, n in moved.items()}},
        alerts=len(session.alerts),
        alert_texts=dict(Counter(session.alerts)),
        final_lots=final,
        final_position=float(final * settings.lot),
        decisions=session.decisions,
        decisions_hash=session.decisions_hash,
        path=parts.path,
        accounts=accounts,
        gains=realised_gains(session, prices),
    )


def _owed(accounts: AccountsReport) -> float:
    """What bankrupt accounts owe their venue at the end, at the last price. [USD]"""
    broke = [item for item in accounts.accounts if item.margin is not None and item.margin.bankrupt]
    return sum((max(-item.equity, 0.0) for item in broke), 0.0)


def _place(at_ns: Int64[np.ndarray, " n_flow"], samples: Samples) -> Int64[np.ndarray, " n_sample"]:
    """Count what has happened by each sample; the last one takes what was still in flight at the end."""
    place = at_ns.searchsorted(samples.at_ns, side="right")
    place[-1] = at_ns.size
    return place


def _cumulated(flows: Float64[np.ndarray, "4 n_flow"]) -> Float64[np.ndarray, "4 n_more"]:
    """Sum up to each flow, with nothing before the first."""
    return np.concatenate([np.zeros((4, 1)), np.cumsum(flows, axis=1)], axis=1)


def _funding_paid(session: Session, samples: Samples, settings: EngineSettings) -> Float64[np.ndarray, " n_sample"]:
    """Funding paid by each sample, valued there. [USD]"""
    payments = session.venue.payments
    at = np.array([payment.at_ns for payment in payments], dtype=np.int64)
    paid: Float64[np.ndarray, " n_more"] = np.append(0.0, np.cumsum([-float(payment.amount) for payment in payments]))
    total: Float64[np.ndarray, " n_sample"] = paid[_place(at, samples)]
    contract = settings.instrument
    if is_inverse(contract):
        in_coins: Float64[np.ndarray, " n_sample"] = total * samples.spot
        return in_coins
    rate = 1.0 if contract.settle == "USD" else settings.usd_rate(contract.settle)
    in_usd: Float64[np.ndarray, " n_sample"] = total * rate
    return in_usd


def _wasted_gas(session: Session, samples: Samples) -> Float64[np.ndarray, " n_sample"]:
    """Gas of reverted transactions by each sample. [coins]"""
    wasted = session.venue.wasted_gas
    at = np.array([when for when, _ in wasted], dtype=np.int64)
    total: Float64[np.ndarray, " n_more"] = np.append(0.0, np.cumsum([float(gas) for _, gas in wasted]))
    spent: Float64[np.ndarray, " n_sample"] = total[_place(at, samples)]
    return spent


def _transfer_fees(session: Session, samples: Samples, settings: EngineSettings) -> Float64[np.ndarray, " n_sample"]:
    """What transfers have cost by each sample, valued there. [USD]"""
    total = np.zeros(samples.spot.size)
    for done in session.venue.transfers:
        since = (samples.at_ns >= done.at_ns).astype(np.float64)
        since[-1] = 1.0  # the last one takes what was still on its way at the end
        rate = samples.spot if done.currency == settings.base else settings.usd_rate(done.currency)
        total += since * float(done.fee) * rate
    return total


def _turnover(session: Session, settings: EngineSettings) -> float:
    contract = settings.instrument
    if is_inverse(contract):
        sizes = (abs(got.lots) for _, _, got in session.venue.executions)
        return float(sum(sizes) * settings.lot) * contract.contract_size
    rate = 1.0 if contract.quote == "USD" else settings.usd_rate(contract.quote)
    notional = (abs(got.lots) * settings.lot * got.price for _, _, got in session.venue.executions)
    return float(sum(notional)) * contract.contract_size * rate


def _reduction(
    path: Float64[np.ndarray, " n_sample"], alone: Float64[np.ndarray, " n_sample"], samples: Samples
) -> float:
    before = deviation(alone, samples)
    return 1.0 - (deviation(path, samples) / before) ** 2 if before > 0.0 else math.nan
