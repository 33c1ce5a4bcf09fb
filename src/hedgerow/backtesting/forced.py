"""What became of options in accounts that did not stay there: liquidated ones, and those that came to their end."""

from dataclasses import dataclass

import numpy as np

from hedgerow.backtesting.samples import Samples
from hedgerow.backtesting.session import Session
from hedgerow.core.arrays import Float64
from hedgerow.engine import EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What venues charged by each sample, beside the fees of orders.

    Parameters
    ----------
    delivery, liquidation : ndarray of shape (n_sample,)
        For deliveries, and for liquidating options. [numeraire]
    """

    delivery: Float64[np.ndarray, " n_sample"]
    liquidation: Float64[np.ndarray, " n_sample"]


def taken_options(
    session: Session, samples: Samples, unit: Float64[np.ndarray, " n_sample"]
) -> tuple[Float64[np.ndarray, " n_sample"], Charged]:
    """Return what it changed that options were liquidated, against keeping them, and what venues charged.

    Parameters
    ----------
    session : Session
        A finished run.
    samples : Samples
        What one contract of each option was worth.
    unit : ndarray of shape (n_sample,)
        What one USD is worth. [numeraire per USD]

    Returns
    -------
    tuple of (ndarray of shape (n_sample,), Charged)
        P&L without the charges, and these. [numeraire]
    """
    settings = session.engine.settings
    change, delivery, liquidation = (np.zeros(samples.spot.size) for _ in range(3))
    sizes = {item.instrument.name: item.instrument.contract_size for item in settings.positions}
    for trade in session.venue.liquidations:
        if trade.instrument not in samples.contracts:
            continue
        since, contract = _since(samples, trade.at_ns), settings.contract(trade.instrument)
        assert contract is not None
        worth = _worth_of_one(settings, contract.settle, samples)
        paid = float(trade.quantity * trade.price) * sizes[trade.instrument]
        change += since * (float(trade.quantity) * samples.contracts[trade.instrument] - paid * worth)
        liquidation += since * float(trade.fee) * worth
    for end in session.venue.settlements:
        delivery += _since(samples, end.at_ns) * float(end.fee) * _worth_of_one(settings, end.currency, samples)
    return change * unit, Charged(delivery=delivery * unit, liquidation=liquidation * unit)


def _since(samples: Samples, at_ns: int) -> Float64[np.ndarray, " n_sample"]:
    """One from an instant on; the last sample takes what happened behind it."""
    since = (samples.at_ns >= at_ns).astype(np.float64)
    since[-1] = 1.0
    return since


def _worth_of_one(settings: EngineSettings, currency: str, samples: Samples) -> Float64[np.ndarray, " n_sample"]:
    """What one unit of a currency is worth at each sample. [USD]"""
    if currency == settings.base:
        return samples.spot
    return np.full(samples.spot.size, settings.usd_rate(currency))
