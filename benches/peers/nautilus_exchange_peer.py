"""The full exchange on nautilus_trader: python nautilus_exchange_peer.py run QUOTES.npz RUNS, or round-trip.

The strategy, the instrument and the ticks are those of `nautilus_peer.py`, which says what is timed. Added here is
what the engine has for an exchange: a margin account with the stated margins, maker and taker fees apart. It settles no
funding of perpetuals, so the strategy does, once an hour, by the engine's own `adjust_account`. A margin account is
asked for no margin before a trade and is never liquidated.
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
from typing import Any

import numpy as np
from nautilus_peer import PERPETUAL, SIZE_DECIMALS, TICK, VENUE, Hedge, Quotes, ticks
from nautilus_trader.backtest.config import BacktestEngineConfig, SimulationModuleConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.backtest.modules import SimulationModule
from nautilus_trader.common.component import TimeEvent
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.currencies import BTC, USD, USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import (
    AccountType,
    BookType,
    LiquiditySide,
    OmsType,
    OptionKind,
    OrderSide,
    OrderType,
)
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientOrderId,
    InstrumentId,
    PositionId,
    StrategyId,
    Symbol,
    TradeId,
    TraderId,
    Venue,
    VenueOrderId,
)
from nautilus_trader.model.instruments import CryptoOption, CryptoPerpetual
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.model.position import Position
from nautilus_trader.trading.strategy import Strategy

FEATURES = (
    "strategy in Python; one delay for all orders (a clock alert at each arrival), maker and taker fee, margin account "
    "with initial and maintenance margin, which nothing checks; hourly funding by the strategy; full fill at the best "
    "price of an L1 book; no portfolio margin, no liquidation, no second account; quotes reach the exchange when the "
    "strategy knows them (one time axis)"
)
START_NS = 1_704_153_600_000_000_000
DELIVERY_NS = START_NS + 24 * 86_400 * 10**9
OPTION_FEE = Decimal("0.0003")


class Till(SimulationModule):
    """Gives the strategy the exchange whose account funding is booked to."""

    def process(self, ts_now: int) -> None:
        """Do nothing: the strategy pays when it is due."""

    def reset(self) -> None:
        """Do nothing: there is no state."""

    def log_diagnostics(self, logger: Any) -> None:
        """Do nothing: logging is off."""


class FundedHedge(Hedge):
    """The hedge, which pays funding once an hour."""

    def __init__(self, instrument: CryptoPerpetual, quotes: Quotes, till: Till) -> None:
        super().__init__(instrument, quotes)
        self.till = till
        self.rates = dict(zip(quotes["funding_ns"].tolist(), quotes["funding_rate"].tolist(), strict=True))
        self.paid = 0.0
        self.trades: list[tuple[float, float]] = []

    def on_start(self) -> None:
        """Ask for the quotes, and to be woken when funding is due."""
        super().on_start()
        for number, at in enumerate(self.rates):
            self.clock.set_time_alert_ns(f"funding {number}", at, self.pay)

    def pay(self, event: TimeEvent) -> None:
        """Settle funding on the position at the middle of the last quote."""
        tick = self.cache.quote_tick(self.instrument.id)
        if tick is None or not self.position:
            return
        mid = 0.5 * (tick.bid_price.as_double() + tick.ask_price.as_double())
        amount = -self.position * mid * self.rates[event.ts_event]
        self.till.exchange.adjust_account(Money(amount, USDT))
        self.paid += amount

    def on_order_filled(self, event: OrderFilled) -> None:
        """Keep the trade."""
        super().on_order_filled(event)
        signed = event.last_qty.as_double() * (1.0 if event.order_side == OrderSide.BUY else -1.0)
        self.trades.append((signed, round(event.last_px.as_double(), 1)))


def perpetual(quotes: Quotes) -> CryptoPerpetual:
    """Return the perpetual with the margins and the fees of the task."""
    lot = Quantity(float(quotes["lot"]), SIZE_DECIMALS)
    figures = {
        name: Decimal(str(float(quotes[key])))
        for name, key in (
            ("margin_init", "initial_margin"),
            ("margin_maint", "maintenance_margin"),
            ("maker_fee", "maker_fee"),
            ("taker_fee", "taker_fee"),
        )
    }
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
        size_increment=lot,
        ts_event=0,
        ts_init=0,
        lot_size=lot,
        **figures,
    )


def engine(venue: Venue, cash: Money, **more: Any) -> BacktestEngine:
    """Return a fresh engine with a margin account of one currency."""
    made = BacktestEngine(config=BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    made.add_venue(
        venue=venue,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[cash],
        base_currency=cash.currency,
        default_leverage=Decimal(1),
        book_type=BookType.L1_MBP,
        **more,
    )
    return made


def run_once(data: list[QuoteTick], instrument: CryptoPerpetual, quotes: Quotes) -> tuple[float, int, dict[str, Any]]:
    """Run the hedge over the ticks; return the seconds, the quotes seen and what the account has paid."""
    till = Till(SimulationModuleConfig())
    latency = LatencyModel(base_latency_nanos=int(quotes["order_latency_ns"]))
    made = engine(VENUE, Money(int(quotes["cash"]), USDT), latency_model=latency, modules=[till])
    made.add_instrument(instrument)
    strategy = FundedHedge(instrument, quotes, till)
    made.add_data(data, sort=False)
    made.add_strategy(strategy)
    gc.collect()
    started = time.perf_counter()
    made.run()
    seconds = time.perf_counter() - started
    account = made.cache.account_for_venue(VENUE)
    told = {
        "trades": strategy.fills,
        "fills": strategy.trades,
        "final_position": float(made.portfolio.net_position(instrument.id)),
        "fees": float(account.commission(USDT) or 0.0),
        "funding": strategy.paid,
        "cash": float(account.balance_total(USDT)),
    }
    made.dispose()
    return seconds, strategy.quotes_seen, told


def run(path: str, runs: int) -> dict[str, Any]:
    """Return the figures of `runs` runs over the quotes of the file."""
    with np.load(path) as stored:
        quotes = dict(stored)
    instrument = perpetual(quotes)
    data = ticks(instrument, quotes)
    results = [run_once(data, instrument, quotes) for _ in range(runs)]
    _, seen, told = results[-1]
    if seen != len(quotes["bid"]):
        raise RuntimeError(f"the strategy saw {seen} of {len(quotes['bid'])} quotes")
    return {**heading(), "features": FEATURES, "events": seen, "seconds": [item[0] for item in results], **told}


class RoundTrip(Strategy):
    """Sells one option at the first quote, buys it back at the second."""

    def __init__(self, option: CryptoOption) -> None:
        super().__init__()
        self.option = option
        self.seen = 0

    def on_start(self) -> None:
        """Ask for the quotes."""
        self.subscribe_quote_ticks(self.option.id)

    def on_quote_tick(self, _: QuoteTick) -> None:
        """Trade one contract."""
        self.seen += 1
        side = OrderSide.SELL if self.seen == 1 else OrderSide.BUY
        if self.seen <= 2:
            self.submit_order(self.order_factory.market(self.option.id, side, self.option.make_qty(1)))


def option_of(quote: Currency, *, inverse: bool) -> CryptoOption:
    """Return a coin-settled option, declared inverse or as one that is quoted in the coin."""
    name = InstrumentId(Symbol("BTC-26JAN24-45000-C"), Venue("DERIBIT"))
    return CryptoOption(
        instrument_id=name,
        raw_symbol=name.symbol,
        underlying=BTC,
        quote_currency=quote,
        settlement_currency=BTC,
        is_inverse=inverse,
        option_kind=OptionKind.CALL,
        strike_price=Price.from_str("45000"),
        activation_ns=0,
        expiration_ns=DELIVERY_NS,
        price_precision=4,
        size_precision=1,
        price_increment=Price.from_str("0.0001"),
        size_increment=Quantity.from_str("0.1"),
        ts_event=0,
        ts_init=0,
        maker_fee=OPTION_FEE,
        taker_fee=OPTION_FEE,
    )


def by_engine(option: CryptoOption) -> Position:
    """Trade at three quotes; return the position that is closed again."""
    made = engine(option.id.venue, Money(1_000, BTC))
    made.add_instrument(option)
    size = option.make_qty(10)
    quotes = [
        QuoteTick(option.id, option.make_price(bid), option.make_price(ask), size, size, START_NS + at, START_NS + at)
        for at, bid, ask in ((0, 0.05, 0.051), (10**9, 0.039, 0.04), (2 * 10**9, 0.039, 0.04))
    ]
    made.add_data(quotes, sort=False)
    made.add_strategy(RoundTrip(option))
    made.run()
    return made.cache.positions_closed()[0]


def by_position(option: CryptoOption) -> Position:
    """Book the two fills without the engine, which stops at an option that is declared inverse."""
    made = Position(option, fill_of(option, 1, OrderSide.SELL, 0.05))
    made.apply(fill_of(option, 2, OrderSide.BUY, 0.04))
    return made


def fill_of(option: CryptoOption, number: int, side: OrderSide, price: float) -> OrderFilled:
    """Return a fill of one contract, with the fee that Deribit charges."""
    return OrderFilled(
        trader_id=TraderId("BENCH-001"),
        strategy_id=StrategyId("S-001"),
        instrument_id=option.id,
        client_order_id=ClientOrderId(f"O-{number}"),
        venue_order_id=VenueOrderId(str(number)),
        account_id=AccountId("DERIBIT-001"),
        trade_id=TradeId(str(number)),
        position_id=PositionId("P-1"),
        order_side=side,
        order_type=OrderType.MARKET,
        last_qty=option.make_qty(1),
        last_px=option.make_price(price),
        currency=BTC,
        commission=Money(OPTION_FEE, BTC),
        liquidity_side=LiquiditySide.TAKER,
        event_id=UUID4(),
        ts_event=START_NS + number,
        ts_init=START_NS + number,
    )


def round_trip(*, inverse: bool) -> dict[str, Any]:
    """Sell at 0.05 and buy back at 0.04; return what is booked, as it falls."""
    option = option_of(USD if inverse else BTC, inverse=inverse)
    try:
        position, by = by_engine(option), "by its engine"
    except AttributeError:
        position, by = by_position(option), "by its Position, fees given; its engine stops"
    fees = position.commissions()
    gain = position.realized_pnl.as_double() + sum(fee.as_double() for fee in fees)
    return {
        "what": f"is_inverse={inverse}, quoted in {option.quote_currency}; booked {by}",
        "gain_coin": f"{gain:.8g}",
        "fees": ", ".join(str(fee) for fee in fees),
    }


def heading() -> dict[str, Any]:
    """Return who is measured."""
    return {
        "framework": "nautilus_trader",
        "version": version("nautilus_trader"),
        "python": platform.python_version(),
    }


def main(words: list[str]) -> None:
    """Print one JSON object."""
    if words[0] == "round-trip":
        print(json.dumps({**heading(), "trips": [round_trip(inverse=inverse) for inverse in (True, False)]}))
        return
    print(json.dumps(run(words[1], int(words[2]))))


if __name__ == "__main__":
    main(sys.argv[1:])
