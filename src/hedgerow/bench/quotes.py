"""The task that every framework is timed on: hedge one short call with a perpetual, over seeded quotes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.instants import DAY_NS, YEAR_NS

START_NS: Final = 1_704_153_600_000_000_000  # 2024-01-02T00:00:00Z
STEP_NS: Final = 100_000_000
TICK: Final = 0.5
STRIKE: Final = 60_000.0
VOL: Final = 0.6
EXPIRY_NS: Final = START_NS + 14 * DAY_NS
TOLERANCE: Final = 0.02
LOT: Final = "0.001"
FEE_RATE: Final = "0.0005"
DATA_LATENCY_NS: Final = 5_000_000
ORDER_LATENCY_NS: Final = 10_000_000
_SEED: Final = 20_240_102


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteBlock:
    """Consecutive quotes.

    Parameters
    ----------
    at_ns : ndarray of shape (n_row,)
        When they happen. [UTC epoch ns]
    bid, ask : ndarray of shape (n_row,)
        Prices, one tick apart. [USDC per BTC]
    """

    at_ns: Int64[np.ndarray, " n_row"]
    bid: Float64[np.ndarray, " n_row"]
    ask: Float64[np.ndarray, " n_row"]


def quote_blocks(n: int, block: int) -> Iterator[QuoteBlock]:
    """Make quotes of a geometric Brownian motion, block by block, so that none needs to be kept.

    Parameters
    ----------
    n, block : int
        How many in all, and at once. [count]

    Yields
    ------
    QuoteBlock
        The quotes. [USDC per BTC]
    """
    rng = np.random.default_rng(_SEED)
    years, level = STEP_NS / YEAR_NS, np.log(STRIKE)
    for start in range(0, n, block):
        size = min(block, n - start)
        steps = VOL * np.sqrt(years) * rng.standard_normal(size) - 0.5 * VOL * VOL * years
        path = level + np.cumsum(steps)
        level = path[-1]
        bid = np.floor(np.exp(path) / TICK) * TICK
        at = START_NS + STEP_NS * np.arange(start, start + size, dtype=np.int64)
        yield QuoteBlock(at_ns=at, bid=bid, ask=bid + TICK)


def write_quotes(path: Path, n: int) -> None:
    """Write the task for frameworks that know nothing of Hedgerow.

    Parameters
    ----------
    path : Path
        A new ``.npz`` file.
    n : int
        How many quotes. [count]
    """
    quotes = next(quote_blocks(n, n))
    np.savez(
        path,
        at_ns=quotes.at_ns,
        known_ns=quotes.at_ns + DATA_LATENCY_NS,
        bid=quotes.bid,
        ask=quotes.ask,
        strike=STRIKE,
        vol=VOL,
        expiry_ns=np.int64(EXPIRY_NS),
        tolerance=TOLERANCE,
        lot=float(LOT),
        fee_rate=float(FEE_RATE),
        order_latency_ns=np.int64(ORDER_LATENCY_NS),
    )
