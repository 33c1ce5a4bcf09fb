"""How good the hedge was: P&L at regular instants from what the venue executed, and its parts.

P&L is additive by construction: amounts of cash and of coins are summed apart and valued together at each sample.
"""

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.backtesting.samples import Samples, deviation
from hedgerow.backtesting.session import Session
from hedgerow.core.arrays import Float64, Int64
from hedgerow.engine import EngineSettings
from hedgerow.instruments import is_inverse
from hedgerow.report.backtest import Costs, PolicyResult, Unhedged


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flows:
    """What the hedge did, one entry each, in cash and in coins."""

    at_ns: Int64[np.ndarray, " n_flow"]
    size: Float64[np.ndarray, " n_flow"]
    cash: Float64[np.ndarray, "4 n_flow"]
    coins: Float64[np.ndarray, "4 n_flow"]


_TRADE, _FEES, _SPREAD, _GAS = range(4)


def _executions(session: Session) -> _Flows:
    """Trades at the mid, fees, spread and gas, each in the currency in which it falls due."""
    settings = session.engine.settings
    contract, lot = settings.instrument, float(settings.lot)
    done = session.venue.executions
    size = np.array([got.lots for _, _, got in done], dtype=np.float64) * lot * contract.contract_size
    price = np.array([float(got.price) for _, _, got in done])
    mid = np.array([got.mid for _, _, got in done], dtype=np.float64)
    fee = np.array([float(got.fee) for _, _, got in done])
    gas = np.array([float(got.gas) for _, _, got in done])
    zero = np.zeros(size.size)
    rate = 1.0 if is_inverse(contract) or contract.quote == "USD" else settings.usd_rate(contract.quote)
    if is_inverse(contract):
        cash, coins = [zero, zero, zero, zero], [size / mid, fee, size / mid - size / price, gas]
    else:
        cash, coins = [-size * mid * rate, fee * rate, size * (price - mid) * rate, zero], [zero, zero, zero, gas]
    at = np.array([at_ns for at_ns, _, _ in done], dtype=np.int64)
    return _Flows(at_ns=at, size=size, cash=np.array(cash), coins=np.array(coins))


def measure(
    session: Session, samples: Samples, alone: Unhedged, *, name: str, kind: str, numeraire: str
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
    name, kind : str
        Of the policy.
    numeraire : str
        ``USD`` or the coin.

    Returns
    -------
    PolicyResult
        P&L, risk, costs, counts. [numeraire]
    """
    settings, flows = session.engine.settings, _executions(session)
    in_coin = numeraire != "USD"
    unit = 1.0 / samples.spot if in_coin else np.ones(samples.spot.size)
    place = _place(flows.at_ns, samples)
    cash = _cumulated(flows.cash)[:, place]
    coins = _cumulated(flows.coins)[:, place]
    held = np.append(0.0, np.cumsum(flows.size))[place]
    rate = samples.spot / samples.quoted
    worth = -held if is_inverse(settings.instrument) else held * samples.quoted * rate
    funding = _funding_paid(session, samples, settings)
    wasted = _wasted_gas(session, samples)
    hedge = (cash[_TRADE] + coins[_TRADE] * samples.spot + worth) * unit
    fees, spread = ((cash[i] + coins[i] * samples.spot) * unit for i in (_FEES, _SPREAD))
    gas = (coins[_GAS] + wasted) * samples.spot * unit
    path = alone.path + hedge - fees - spread - gas - funding * unit
    done = session.venue.executions
    final = int(sum(got.lots for _, _, got in done))
    return PolicyResult(
        name=name,
        kind=kind,
        instrument=settings.instrument.name,
        pnl=float(path[-1]),
        book=alone.pnl - alone.pool_fees,
        pool_fees=alone.pool_fees,
        hedge=float(hedge[-1]),
        costs=Costs(
            fees=float(fees[-1]),
            spread=float(spread[-1]),
            funding=float((funding * unit)[-1]),
            gas=float(gas[-1]),
        ),
        std=deviation(path, samples),
        variance_reduction=_reduction(path, alone.path, samples),
        sent=session.state.orders.next_id,
        orders=len({order for _, order, _ in done}),
        fills=len(done),
        turnover=_turnover(session, settings),
        rejects=dict(session.venue.refusals),
        alerts=len(session.alerts),
        final_lots=final,
        final_position=float(final * settings.lot),
        decisions=session.decisions,
        decisions_hash=session.decisions_hash,
        path=path,
    )


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
