"""What hftbacktest fills of stated orders on a recorded order book.

``hftbacktest_book_peer.py DEPTH.parquet ORDERS.json`` prints one JSON object: for each order its fills, at the venue's
clock, price and size. Each order is alone in a backtest of its own, with no latency: limits to wait under the
risk-averse queue model (who cancels was behind) with partial fills, takers as immediate-or-cancel.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.order import IOC
from hftbacktest.types import event_dtype
from numba import njit
from numpy.typing import NDArray

KINDS = {
    "bid": DEPTH_EVENT | BUY_EVENT,
    "ask": DEPTH_EVENT | SELL_EVENT,
    "bought": TRADE_EVENT | BUY_EVENT,
    "sold": TRADE_EVENT | SELL_EVENT,
}


def events(path: str) -> NDArray[Any]:
    """Lay a recording out as the framework wants it; the recorder hears of everything at once."""
    table = pl.read_parquet(path)
    rows = np.zeros(table.height, dtype=event_dtype)
    rows["exch_ts"] = rows["local_ts"] = table["ts"].dt.epoch("ns").to_numpy()
    rows["px"], rows["qty"] = table["price"].to_numpy(), table["quantity"].to_numpy()
    kinds = np.array([KINDS[name] for name in table["kind"].cast(pl.String).to_list()], dtype=np.uint64)
    rows["ev"] = kinds | EXCH_EVENT | LOCAL_EVENT
    return rows


@njit
def trade(
    hbt: Any,
    start_ns: int,
    buys: bool,
    price: float,
    quantity: float,
    rests: bool,
    until_ns: int,
    fills: NDArray[Any],
) -> int:
    """Submit one order and note every change of what is left of it."""
    hbt.elapse(1)  # its clock starts with the first row
    if hbt.elapse(start_ns - hbt.current_timestamp) != 0:
        return 0
    force = GTC if rests else IOC
    if buys:
        hbt.submit_buy_order(0, 1, price, quantity, force, LIMIT, False)
    else:
        hbt.submit_sell_order(0, 1, price, quantity, force, LIMIT, False)
    left, n = quantity, 0
    while hbt.current_timestamp < until_ns:
        stop = hbt.elapse(min(1_000_000, until_ns - hbt.current_timestamp)) != 0
        order = hbt.orders(0).get(1)
        if order is not None and order.leaves_qty < left - 1e-9:
            fills[n, 0], fills[n, 1] = order.exch_timestamp, order.exec_price_tick
            fills[n, 2] = round(left - order.leaves_qty)
            left, n = order.leaves_qty, n + 1
        if stop or left < 1e-9 or (order is not None and order.status > 1 and order.status != 5):
            break
    return n


def main() -> None:
    """Run every order."""
    rows = events(sys.argv[1])
    task = json.loads(Path(sys.argv[2]).read_text())
    found = []
    for order in task["orders"]:
        asset = (
            BacktestAsset()
            .data(rows)
            .linear_asset(1.0)
            .constant_order_latency(0, 0)
            .risk_adverse_queue_model()
            .partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(task["tick"])
            .lot_size(1.0)
        )
        hbt = HashMapMarketDepthBacktest([asset])
        fills = np.zeros((1000, 3), dtype=np.int64)
        n = trade(
            hbt,
            order["at_ns"],
            order["lots"] > 0,
            order["ticks"] * task["tick"],
            float(abs(order["lots"])),
            order["rests"],
            order["until_ns"],
            fills,
        )
        hbt.close()
        found.append(fills[:n].tolist())
    print(json.dumps({"framework": "hftbacktest", "version": version("hftbacktest"), "fills": found}))


main()
