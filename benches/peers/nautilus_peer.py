"""The delta hedge of one short call on nautilus_trader: python nautilus_peer.py QUOTES.npz RUNS prints one JSON object.

It stands alone (no import of hedgerow), since nautilus_trader lives in an environment of its own.
Timed: `BacktestEngine.run`, nothing else. Outside of the timing: turning the arrays into QuoteTick objects
(`load_seconds`), building the engine, which is fresh for each run, and giving it the ticks and the strategy. Logging
and the statistics after a run are off.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

import gc
import json
import platform
import sys
import time
from decimal import Decimal
from importlib.metadata import version
from math import erfc, log, sqrt
from typing import Any

import numpy as np
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.common.component import TimeEvent
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, BookType, OmsType, OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy
from numpy.typing import NDArray

Quotes = dict[str, NDArray[Any]]

TICK = "0.5"
YEAR_NS = 365 * 86400e9
SQRT_2 = sqrt(2.0)
# A quote's size is not in the file; this one lets each order fill whole at the best price.
SIZE = 1000.0
SIZE_DECIMALS = 3
# Ample for one call's hedge. At 1e9 the engine's own check of a balance (total - locked = free) fails by rounding.
BALANCE = 1_000_000
VENUE = Venue("BENCH")
PERPETUAL = InstrumentId(Symbol("BTCUSDT-PERP"), VENUE)
FEATURES = (
    "strategy in Python; order entry latency (a clock alert at each arrival), taker fee, margin account, positions, "
    "risk checks and order state of the engine; full fill at the best price of an L1 book; quotes reach the exchange "
    "when the strategy knows them (one time axis)"
)


class Hedge(Strategy):
    """Hold the delta of the call that the book is short of."""

    def __init__(self, instrument: CryptoPerpetual, quotes: Quotes) -> None:
        super().__init__()
        self.instrument = instrument
        self.strike, self.vol, self.tolerance, self.lot = (
            float(quotes[name]) for name in ("strike", "vol", "tolerance", "lot")
        )
        self.expiry_ns = int(quotes["expiry_ns"])
        self.order_latency_ns = int(quotes["order_latency_ns"])
        self.position = 0.0
        self.in_flight = False
        self.quotes_seen = 0
        self.fills = 0

    def on_start(self) -> None:
        """Ask for the quotes."""
        self.subscribe_quote_ticks(self.instrument.id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Send an order where the position is too far from the delta."""
        self.quotes_seen += 1
        if self.in_flight:
            return
        mid = 0.5 * (tick.bid_price.as_double() + tick.ask_price.as_double())
        x = self.vol * sqrt((self.expiry_ns - tick.ts_init) / YEAR_NS)
        d1 = log(mid / self.strike) / x + 0.5 * x
        gap = 0.5 * erfc(-d1 / SQRT_2) - self.position
        if abs(gap) > self.tolerance:
            self.send(round(gap / self.lot), tick.ts_init)

    def send(self, lots: int, now_ns: int) -> None:
        """Send a market order for so many lots."""
        if lots == 0:
            return
        side = OrderSide.BUY if lots > 0 else OrderSide.SELL
        quantity = self.instrument.make_qty(abs(lots) * self.lot)
        self.in_flight = True
        self.submit_order(self.order_factory.market(self.instrument.id, side, quantity))
        # The engine looks at orders in flight only at data and at alerts. Without an alert at the arrival the order
        # would wait for the next quote, and fill at its price.
        self.clock.set_time_alert_ns("arrival", now_ns + self.order_latency_ns, arrived)

    def on_order_filled(self, event: OrderFilled) -> None:
        """Take the fill into the position, which is cheaper to read than the portfolio's."""
        filled = event.last_qty.as_double()
        self.position += filled if event.order_side == OrderSide.BUY else -filled
        self.fills += 1
        self.in_flight = False


def arrived(event: TimeEvent) -> None:
    """Do nothing: the engine processes the orders in flight after each alert."""


def perpetual(quotes: Quotes) -> CryptoPerpetual:
    """Return the perpetual that the quotes are of."""
    fee_rate = Decimal(str(float(quotes["fee_rate"])))
    return CryptoPerpetual(
        instrument_id=PERPETUAL,
        raw_symbol=PERPETUAL.symbol,
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=1,
        size_precision=SIZE_DECIMALS,
        price_increment=Price.from_str(TICK),
        size_increment=Quantity(float(quotes["lot"]), SIZE_DECIMALS),
        ts_event=0,
        ts_init=0,
        lot_size=Quantity(float(quotes["lot"]), SIZE_DECIMALS),
        margin_init=Decimal("0.05"),
        margin_maint=Decimal("0.025"),
        maker_fee=fee_rate,
        taker_fee=fee_rate,
    )


def ticks(instrument: CryptoPerpetual, quotes: Quotes) -> list[QuoteTick]:
    """Return the quotes as ticks. `ts_init` rules the backtest, so it holds the time at which a quote is known."""
    sizes = np.full(len(quotes["bid"]), SIZE)
    return QuoteTick.from_raw_arrays_to_list(
        instrument.id,
        instrument.price_precision,
        instrument.size_precision,
        quotes["bid"],
        quotes["ask"],
        sizes,
        sizes,
        quotes["at_ns"].astype(np.uint64),
        quotes["known_ns"].astype(np.uint64),
    )


def engine(instrument: CryptoPerpetual, quotes: Quotes) -> BacktestEngine:
    """Return a fresh engine with the venue and the perpetual."""
    config = BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    made = BacktestEngine(config=config)
    made.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[Money(BALANCE, USDT)],
        base_currency=USDT,
        default_leverage=Decimal(10),
        latency_model=LatencyModel(base_latency_nanos=int(quotes["order_latency_ns"])),
        book_type=BookType.L1_MBP,
    )
    made.add_instrument(instrument)
    return made


def run_once(data: list[QuoteTick], instrument: CryptoPerpetual, quotes: Quotes) -> tuple[float, int, dict[str, float]]:
    """Run the hedge over the ticks; return the seconds, the quotes seen and the engine's account."""
    made = engine(instrument, quotes)
    strategy = Hedge(instrument, quotes)
    made.add_data(data, sort=False)
    made.add_strategy(strategy)
    gc.collect()
    started = time.perf_counter()
    made.run()
    seconds = time.perf_counter() - started
    account = {
        "trades": strategy.fills,
        "final_position": float(made.portfolio.net_position(instrument.id)),
        "fees": float(made.cache.account_for_venue(VENUE).commission(USDT) or 0.0),
    }
    if made.cache.orders_total_count() != strategy.fills:
        raise RuntimeError(f"{made.cache.orders_total_count()} orders had {strategy.fills} fills")
    made.dispose()
    return seconds, strategy.quotes_seen, account


def main(path: str, runs: int) -> None:
    """Print the figures of `runs` runs over the quotes of the file."""
    with np.load(path) as stored:
        quotes = dict(stored)
    instrument = perpetual(quotes)
    started = time.perf_counter()
    data = ticks(instrument, quotes)
    load_seconds = time.perf_counter() - started
    results = [run_once(data, instrument, quotes) for _ in range(runs)]
    _, seen, account = results[-1]
    if seen != len(quotes["bid"]):
        raise RuntimeError(f"the strategy saw {seen} of {len(quotes['bid'])} quotes")
    heading = {
        "framework": "nautilus_trader",
        "version": version("nautilus_trader"),
        "python": platform.python_version(),
        "features": FEATURES,
        "events": seen,
        "load_seconds": load_seconds,
        "seconds": [seconds for seconds, *_ in results],
    }
    print(json.dumps(heading | account))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
