"""What a backtest leaves: raw numbers inside, ``to_dict`` for machines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.instants import SECOND_NS, to_iso
from hedgerow.ledger import RealisedGain
from hedgerow.report.backtest_accounts import ACCOUNT_UNITS, AccountsReport, finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What hedging cost; positive was paid.

    Parameters
    ----------
    fees, spread, funding, gas, liquidation : float
        To the venue; from the mid to the price that was paid; to other positions; to the chain; fees and spread of
        what the venue liquidated. [numeraire]
    """

    fees: float
    spread: float
    funding: float
    gas: float
    liquidation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """One policy through the days of a study.

    Parameters
    ----------
    name, kind, instrument : str
        Which policy, and what it traded.
    pnl : float
        Of everything: book, pool fees, hedge and its costs; what accounts owe their venues is in it. [numeraire]
    forgiven : float
        What bankrupt accounts owe at the end, at the last price: a venue that does not recover it bears it. [numeraire]
    book, pool_fees, hedge : float
        Parts of it before costs; the hedge's trades count at the mid. [numeraire]
    costs : Costs
        The rest of it.
    std : float
        Standard deviation of P&L over one interval; NaN with fewer than two intervals. [numeraire]
    variance_reduction : float
        One minus the variance over the unhedged one; NaN where there is none. [fraction]
    sent, orders, fills : int
        Orders that were sent, those of which something was traded, and trades. [count]
    turnover : float
        Sum of all notionals. [USD]
    rejects : dict of str to int
        Orders that were refused, by reason. [count]
    alerts : int
        How often a person was told something. [count]
    alert_texts : dict of str to int
        What, and how often. [count]
    final_lots : int
        Position at the end. [lots]
    final_position : float
        The same. [contracts]
    decisions : int
        How often the policy was asked. [count]
    decisions_hash : str
        SHA-256 of all its decisions. [hex]
    path : ndarray of shape (n_sample,)
        P&L at each sample. [numeraire]
    accounts : AccountsReport
        What its accounts held, needed and lost.
    gains : tuple of RealisedGain
        What every closed lot gained, in the order of closing: for ``gains_csv``, not in the JSON.
    """

    name: str
    kind: str
    instrument: str
    pnl: float
    forgiven: float
    book: float
    pool_fees: float
    hedge: float
    costs: Costs
    std: float
    variance_reduction: float
    sent: int
    orders: int
    fills: int
    turnover: float
    rejects: dict[str, int]
    alerts: int
    alert_texts: dict[str, int]
    final_lots: int
    final_position: float
    decisions: int
    decisions_hash: str
    path: Float64[np.ndarray, " n_sample"]
    accounts: AccountsReport
    gains: tuple[RealisedGain, ...]

    @property
    def remark(self) -> str:
        """What keeps its numbers from being those of a hedge that was held; empty where nothing does. [text]"""
        used = self.accounts.margin
        if used is not None and (used.bankrupt or used.liquidations):
            return "bankrupt" if used.bankrupt else "liquidated"
        if used is not None and used.opening_share > 1.0:
            return "margin short"
        return "all refused" if self.rejects and not self.fills else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the result for machines.

        Returns
        -------
        dict
            Plain values; None where a number does not exist. [as ``units`` says]
        """
        costs = self.costs
        return {
            "name": self.name,
            "kind": self.kind,
            "instrument": self.instrument,
            "pnl": self.pnl,
            "pnl_limited": self.pnl + self.forgiven,
            "parts": {"book": self.book, "pool_fees": self.pool_fees, "hedge": self.hedge},
            "risk": {"std": finite(self.std)},
            "variance_reduction": finite(self.variance_reduction),
            "cost": {
                "fees": costs.fees,
                "spread": costs.spread,
                "funding": costs.funding,
                "gas": costs.gas,
                "liquidation": costs.liquidation,
            },
            "orders": self.sent,
            "trades": self.orders,
            "fills": self.fills,
            "turnover": self.turnover,
            "rejects": sum(self.rejects.values()),
            "reject_reasons": self.rejects,
            "alerts": self.alerts,
            "alert_texts": self.alert_texts,
            "final_position": self.final_position,
            "decisions": self.decisions,
            "decisions_hash": self.decisions_hash,
            "path": self.path.tolist(),
            **self.accounts.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhedged:
    """The book left alone.

    Parameters
    ----------
    pnl, pool_fees : float
        Of everything, and the part that the pool paid. [numeraire]
    std : float
        Standard deviation of P&L over one interval. [numeraire]
    path : ndarray of shape (n_sample,)
        P&L at each sample. [numeraire]
    """

    pnl: float
    pool_fees: float
    std: float
    path: Float64[np.ndarray, " n_sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """A whole backtest.

    Parameters
    ----------
    name, base, numeraire : str
        Of the study.
    start_ns, end_ns : int
        Its days. [UTC epoch ns]
    interval_ns : int
        Over which risk is measured. [ns]
    driver : str
        ``skip-ahead`` or ``event loop``.
    events : int
        Rows of the tape of one policy. [count]
    inputs : tuple of dict
        Where everything comes from: name, label, detail, rows.
    left_out : tuple of dict
        Rows that were skipped: series, file, row, time, fault, reason.
    sample_ns : ndarray of shape (n_sample,)
        When P&L was measured. [UTC epoch ns]
    unhedged : Unhedged
        The book left alone.
    policies : tuple of PolicyResult
        In the order of the study.
    """

    name: str
    base: str
    numeraire: str
    start_ns: int
    end_ns: int
    interval_ns: int
    driver: str
    events: int
    inputs: tuple[dict[str, Any], ...]
    left_out: tuple[dict[str, Any], ...]
    sample_ns: Int64[np.ndarray, " n_sample"]
    unhedged: Unhedged
    policies: tuple[PolicyResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report for machines.

        Returns
        -------
        dict
            Plain values. [as its ``units`` say]
        """
        alone = self.unhedged
        return {
            "study": self.name,
            "base": self.base,
            "numeraire": self.numeraire,
            "start": to_iso(self.start_ns),
            "end": to_iso(self.end_ns),
            "driver": self.driver,
            "events": self.events,
            "units": {
                "pnl": self.numeraire,
                "pnl_limited": self.numeraire,
                "path": self.numeraire,
                "parts": self.numeraire,
                "risk": f"{self.numeraire} per {self.interval_ns / SECOND_NS:g} s",
                "variance_reduction": "fraction",
                "cost": f"{self.numeraire}, paid > 0",
                "turnover": "USD",
                "final_position": "contracts",
                **ACCOUNT_UNITS,
            },
            "inputs": list(self.inputs),
            "left_out": list(self.left_out),
            "sample_times": [to_iso(int(at_ns)) for at_ns in self.sample_ns],
            "unhedged": {
                "pnl": alone.pnl,
                "pool_fees": alone.pool_fees,
                "risk": {"std": finite(alone.std)},
                "path": alone.path.tolist(),
            },
            "policies": [policy.to_dict() for policy in self.policies],
        }
