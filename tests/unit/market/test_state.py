"""The market as events leave it."""

import math

import pytest

from hedgerow.core.ids import InstrumentName, PoolName
from hedgerow.events import FitDone, ForecastDone, GasUpdate, MarketEvent, PoolUpdate, QuoteUpdate, TradePrint
from hedgerow.market import MarketState, fold, is_usable

PERPETUAL, OPTION = InstrumentName("ETH-PERPETUAL"), InstrumentName("ETH-26JAN24-2300-C")
POOL, OTHER = PoolName("univ3:USDC/WETH:500"), PoolName("univ3:USDC/WETH:3000")
NAN, INF = math.nan, math.inf


def quote(at: int, bid: float = 99.0, ask: float = 101.0, name: InstrumentName = PERPETUAL) -> QuoteUpdate:
    return QuoteUpdate(at, at, name, bid, ask)


def folded(*events: MarketEvent) -> MarketState:
    market = MarketState()
    for event in events:
        market = fold(market, event)
    return market


def test_an_empty_market_knows_nothing() -> None:
    market = MarketState()
    assert (market.quotes, market.pools, market.gas, market.block) == ({}, {}, None, 0)
    assert market.mid("ETH-PERPETUAL") is None


def test_the_latest_quote_of_each_instrument_stays() -> None:
    market = folded(quote(1), quote(2, 0.05, 0.07, OPTION), quote(3, 109.0, 113.0))
    assert market.quotes == {PERPETUAL: quote(3, 109.0, 113.0), OPTION: quote(2, 0.05, 0.07, OPTION)}
    assert market.mid("ETH-PERPETUAL") == 111.0
    assert market.mid("ETH-26JAN24-2300-C") == pytest.approx(0.06)


def test_the_latest_of_every_other_source_stays_beside_it() -> None:
    events: list[MarketEvent] = [
        quote(1),
        PoolUpdate(1, 1, POOL, 100.0, 1.0, 7),
        PoolUpdate(2, 2, OTHER, 101.0, 2.0, 9),
        PoolUpdate(3, 3, POOL, 102.0, 3.0, 8),
        TradePrint(1, 1, PERPETUAL, 100.0, 1.0),
        TradePrint(2, 2, PERPETUAL, 101.0, -1.0),
        GasUpdate(1, 1, 30.0),
        GasUpdate(2, 2, 20.0),
        FitDone(1, 1, "vol", 0, {"vol": 0.5}),
        FitDone(2, 2, "vol", 1, {"vol": 0.6}),
        FitDone(2, 2, "skew", 1, {"skew": 0.1}),
        ForecastDone(1, 1, "variance", 0, 10, 0.1),
        ForecastDone(2, 2, "variance", 1, 10, 0.2),
    ]
    market = folded(*events)
    assert market.quotes == {PERPETUAL: quote(1)}
    assert market.pools == {POOL: events[3], OTHER: events[2]}
    assert market.prints == {PERPETUAL: events[5]}
    assert market.gas == events[7]
    assert market.fits == {"vol": events[9], "skew": events[10]}
    assert market.forecasts == {"variance": events[12]}


def test_the_block_is_that_of_the_latest_pool_state() -> None:
    market = folded(PoolUpdate(1, 1, POOL, 100.0, 1.0, 9), PoolUpdate(2, 2, POOL, 100.0, 1.0, 8))
    assert market.block == 8  # a reorganised chain goes back, and so does this
    assert fold(market, quote(3)).block == 8


def test_what_a_later_event_of_the_same_source_replaces_may_be_left_out() -> None:
    first, last, other = quote(1), quote(3, 90.0, 91.0), quote(2, 0.05, 0.06, OPTION)
    assert folded(first, other, last) == folded(other, last)
    assert folded(first, other, last) != folded(first, other)


def test_the_market_before_is_as_it_was() -> None:
    before = folded(quote(1))
    fold(before, quote(2, 1.0, 2.0))
    assert before == folded(quote(1))


@pytest.mark.parametrize(
    "event",
    [
        quote(1),
        quote(1, 100.0, 100.0),  # locked, not crossed
        quote(1, 5e-324, 1e299),
        TradePrint(1, 1, PERPETUAL, 100.0, -1.0),
        PoolUpdate(1, 1, POOL, 100.0, 0.0),
        GasUpdate(1, 1, 0.0),
        FitDone(1, 1, "vol", 0, {"vol": 0.5}),
        FitDone(1, 1, "vol", 0, {}),
        ForecastDone(1, 1, "drift", 0, 1, -0.5),
    ],
)
def test_what_can_be_true_is_usable(event: MarketEvent) -> None:
    assert is_usable(event)


@pytest.mark.parametrize(
    "event",
    [
        *[quote(1, bid, 101.0) for bid in (NAN, INF, -INF, 0.0, -0.0, -1.0, 101.5)],
        *[quote(1, 99.0, ask) for ask in (NAN, INF, -INF, 0.0, -1.0, 98.5)],
        *[TradePrint(1, 1, PERPETUAL, price, 1.0) for price in (NAN, INF, 0.0, -1.0)],
        *[TradePrint(1, 1, PERPETUAL, 100.0, quantity) for quantity in (NAN, INF, -INF)],
        *[PoolUpdate(1, 1, POOL, price, 1.0) for price in (NAN, INF, 0.0, -1.0)],
        *[PoolUpdate(1, 1, POOL, 100.0, liquidity) for liquidity in (NAN, INF, -1.0)],
        *[GasUpdate(1, 1, gwei) for gwei in (NAN, INF, -1.0)],
        *[FitDone(1, 1, "vol", 0, {"skew": 0.0, "vol": value}) for value in (NAN, INF, -INF)],
        *[ForecastDone(1, 1, "drift", 0, 1, value) for value in (NAN, INF, -INF)],
    ],
)
def test_what_cannot_be_true_is_not(event: MarketEvent) -> None:
    assert not is_usable(event)
