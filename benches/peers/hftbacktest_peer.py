"""The delta hedge of one short call on hftbacktest: python hftbacktest_peer.py QUOTES.npz RUNS prints one JSON object.

It stands alone (no import of hedgerow), since hftbacktest lives in an environment of its own.
Timed: the strategy's loop from the first quote to the end of the data, nothing else. Outside of the timing: turning
the arrays into hftbacktest's rows (`load_seconds`), building the engine, which is fresh for each run, and compiling
the strategy, which a run over the first quotes does.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

import gc
import json
import platform
import sys
import time
from importlib.metadata import version
from math import erfc, log, sqrt
from typing import Any

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LOCAL_EVENT,
    MARKET,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit
from numpy.typing import NDArray

Quotes = dict[str, NDArray[Any]]

TICK = 0.5
YEAR_NS = 365 * 86400e9
# A quote's size is not in the file, and no fill here depends on it.
SIZE = 1000.0
WARM_UP_QUOTES = 1000
# A timeout that no gap between quotes reaches: the loop wakes at quotes only.
FOREVER_NS = 10**18
END_OF_DATA = 1
MARKET_FEED = 2
BID = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | BUY_EVENT
ASK = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | SELL_EVENT
FEATURES = (
    "strategy compiled by numba; feed latency, order entry latency, taker fee, position and balance kept by the "
    "engine at the exchange and locally; full fill at the best price, queue model idle (takers only); ROI vector depth"
)


@njit
def hedge(hbt: Any, strike: float, vol: float, expiry_ns: float, tolerance: float, lot: float) -> int:
    """Hedge at each quote until the data end; return the number of quotes seen."""
    quotes = 0
    order_id = 0
    in_flight = False
    while True:
        outcome = hbt.wait_next_feed(False, FOREVER_NS)
        if outcome == END_OF_DATA:
            return quotes
        if outcome != MARKET_FEED:
            raise RuntimeError
        quotes += 1
        if in_flight:
            # A filled order leaves the order book of the strategy here; one still on its way stays.
            hbt.clear_inactive_orders(0)
            if order_id in hbt.orders(0):
                continue
            in_flight = False
        depth = hbt.depth(0)
        mid = 0.5 * (depth.best_bid + depth.best_ask)
        x = vol * sqrt((expiry_ns - hbt.current_timestamp) / YEAR_NS)
        d1 = log(mid / strike) / x + 0.5 * x
        gap = 0.5 * erfc(-d1 / sqrt(2.0)) - hbt.position(0)
        if abs(gap) <= tolerance:
            continue
        lots = round(gap / lot)
        if lots == 0:
            continue
        order_id += 1
        in_flight = True
        if lots > 0:
            hbt.submit_buy_order(0, order_id, depth.best_ask, lots * lot, GTC, MARKET, False)
        else:
            hbt.submit_sell_order(0, order_id, depth.best_bid, -lots * lot, GTC, MARKET, False)


def changed(prices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a price differs from the one before it; the first does not."""
    return np.diff(prices, prepend=prices[:1]) != 0.0


def depth_rows(quotes: Quotes) -> NDArray[np.void]:
    """Return the quotes as depth rows: the levels that went (size 0), then bid and ask.

    The old levels go first, so the book never holds more than one level a side and never crosses itself. Rows of one
    time are one feed for the strategy.
    """
    at_ns, known_ns, bid, ask = (quotes[name] for name in ("at_ns", "known_ns", "bid", "ask"))
    if np.any(np.diff(known_ns) < 0):
        raise ValueError("quotes must become known in the order in which they happen")
    every = np.ones(len(bid), dtype=bool)
    parts = (
        (changed(bid), BID, np.roll(bid, 1), 0.0),
        (changed(ask), ASK, np.roll(ask, 1), 0.0),
        (every, BID, bid, SIZE),
        (every, ASK, ask, SIZE),
    )
    grid = np.zeros((len(bid), len(parts)), dtype=event_dtype)
    grid["exch_ts"] = at_ns[:, None]
    grid["local_ts"] = known_ns[:, None]
    for column, (_, flags, price, size) in enumerate(parts):
        grid["ev"][:, column] = flags
        grid["px"][:, column] = price
        grid["qty"][:, column] = size
    return grid[np.stack([kept for kept, *_ in parts], axis=1)]


def engine(rows: NDArray[np.void], quotes: Quotes) -> Any:
    """Return a fresh engine over the rows, which must outlive it: it reads them in place."""
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        # No response latency: nautilus has none either, so that a fill is known when it happens in both.
        .constant_order_latency(int(quotes["order_latency_ns"]), 0)
        .no_partial_fill_exchange()
        .trading_value_fee_model(float(quotes["fee_rate"]), float(quotes["fee_rate"]))
        .tick_size(TICK)
        .lot_size(float(quotes["lot"]))
        .roi_lb(float(quotes["bid"].min()))
        .roi_ub(float(quotes["ask"].max()))
    )
    return ROIVectorMarketDepthBacktest([asset])


def run_once(rows: NDArray[np.void], quotes: Quotes) -> tuple[float, int, dict[str, float]]:
    """Run the hedge over the rows; return the seconds, the quotes seen and the engine's account."""
    terms = [float(quotes[name]) for name in ("strike", "vol", "expiry_ns", "tolerance", "lot")]
    hbt = engine(rows, quotes)
    gc.collect()
    started = time.perf_counter()
    seen = hedge(hbt, *terms)
    seconds = time.perf_counter() - started
    state = hbt.state_values(0)
    account = {"trades": int(state.num_trades), "final_position": float(state.position), "fees": float(state.fee)}
    hbt.close()
    return seconds, seen, account


def main(path: str, runs: int) -> None:
    """Print the figures of `runs` runs over the quotes of the file."""
    with np.load(path) as stored:
        quotes = dict(stored)
    started = time.perf_counter()
    rows = depth_rows(quotes)
    load_seconds = time.perf_counter() - started
    run_once(rows[:WARM_UP_QUOTES].copy(), quotes)
    results = [run_once(rows, quotes) for _ in range(runs)]
    _, seen, account = results[-1]
    events = len(quotes["bid"])
    # The engine reports the last quote as the end of the data.
    if seen not in (events - 1, events):
        raise RuntimeError(f"the strategy saw {seen} of {events} quotes")
    heading = {
        "framework": "hftbacktest",
        "version": version("hftbacktest"),
        "python": platform.python_version(),
        "features": FEATURES,
        "events": events,
        "load_seconds": load_seconds,
        "seconds": [seconds for seconds, *_ in results],
    }
    print(json.dumps(heading | account))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
