"""The task of the full exchange: one short call hedged with a perpetual, delays by chance, funding, fees and margin.

The quotes are those of the engine's task. When each of them is known is drawn here, once for everybody, so that a
framework that cannot draw delays of data still has the same ones.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np

from hedgerow.bench import quotes as engine_task
from hedgerow.core.instants import HOUR_NS, SECOND_NS
from hedgerow.venues import LogNormalLatency, Source, Stream, merge
from hedgerow.venues.tape import Chunk

PERPETUAL: Final = "BTC_USDC-PERPETUAL"
DATA_JITTER_NS: Final = 1_000_000
ORDER_LATENCY: Final = LogNormalLatency(median_ns=engine_task.ORDER_LATENCY_NS, sigma=1.0)
"""How long orders take; a framework without distributions is given the median."""

FUNDING_RATE: Final = 0.0000125
MAKER_FEE: Final = Decimal("0.0002")
TAKER_FEE: Final = Decimal(engine_task.FEE_RATE)
DISPLAYED: Final = Decimal(1000)
"""What each quote shows on either side: ample, so that every order fills whole. [contracts]"""

INITIAL_MARGIN: Final = 0.05
MAINTENANCE_MARGIN: Final = 0.025
CASH: Final = 1_000_000
"""In each account. [USDC]"""

MARGIN_TABLE_NS: Final = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
"""The day of the margin table of the account that is short of the call. [UTC epoch ns]"""

_SEED: Final = 20_240_103
_AFTER_NS: Final = SECOND_NS // 20
"""Funding falls due between two quotes, so that nobody has to say which of the two comes first. [ns]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingTimes:
    """When funding is settled, and at what rate.

    Parameters
    ----------
    at_ns : tuple of int
        Once an hour. [UTC epoch ns]
    rate : tuple of float
        Of the notional, paid by longs. [fraction]
    """

    at_ns: tuple[int, ...]
    rate: tuple[float, ...]


def chunks_of(n: int) -> list[Chunk]:
    """Make the tape: the quotes of the engine's task with delays of their own.

    Parameters
    ----------
    n : int
        How many quotes. [count]

    Returns
    -------
    list of Chunk
        In the order in which they are known. [USDC per BTC]
    """
    quotes = next(engine_task.quote_blocks(n, n))
    stream = Stream(source=Source(kind="quote", name=PERPETUAL), at_ns=quotes.at_ns, a=quotes.bid, b=quotes.ask)
    return merge([stream], latency_ns=engine_task.DATA_LATENCY_NS, jitter_ns=DATA_JITTER_NS, seed=_SEED)


def funding_of(n: int) -> FundingTimes:
    """Return the settlements of funding while the quotes last.

    Parameters
    ----------
    n : int
        How many quotes. [count]

    Returns
    -------
    FundingTimes
        One an hour. [UTC epoch ns], [fraction]
    """
    hours = range(1, n * engine_task.STEP_NS // HOUR_NS + 1)
    at = tuple(engine_task.START_NS + hour * HOUR_NS + _AFTER_NS for hour in hours)
    return FundingTimes(at_ns=at, rate=(FUNDING_RATE,) * len(at))


def write_exchange(path: Path, n: int) -> None:
    """Write the task for frameworks that know nothing of Hedgerow.

    Parameters
    ----------
    path : Path
        A new ``.npz`` file.
    n : int
        How many quotes. [count]
    """
    chunks, funding = chunks_of(n), funding_of(n)
    columns = {"at_ns": "at_ns", "known_ns": "known_ns", "bid": "a", "ask": "b"}
    rows = {name: np.concatenate([getattr(chunk, field) for chunk in chunks]) for name, field in columns.items()}
    np.savez(
        path,
        **rows,  # type: ignore[arg-type]
        strike=engine_task.STRIKE,
        vol=engine_task.VOL,
        expiry_ns=np.int64(engine_task.EXPIRY_NS),
        tolerance=engine_task.TOLERANCE,
        lot=float(engine_task.LOT),
        maker_fee=float(MAKER_FEE),
        taker_fee=float(TAKER_FEE),
        order_latency_ns=np.int64(engine_task.ORDER_LATENCY_NS),
        displayed=float(DISPLAYED),
        initial_margin=INITIAL_MARGIN,
        maintenance_margin=MAINTENANCE_MARGIN,
        cash=np.int64(CASH),
        funding_ns=np.array(funding.at_ns, dtype=np.int64),
        funding_rate=np.array(funding.rate),
    )
