"""Costs of the hedging instruments of a desk: from words of the file to numbers worked out by hand."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from hedgerow.book import Marking
from hedgerow.config import ContractTerms, Desk, VenueTerms
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency
from hedgerow.market import Snapshot
from hedgerow.oneshot.costing import Costing, cost_curves
from hedgerow.oneshot.resolve import HedgeInstrument, hedge_instruments, with_assumed_quotes

PERPETUAL, SPOT, OPTION = "ETH-PERPETUAL", "ETH_USDC", "ETH-26JAN24-2300-C"
BID, ASK = 2222.5, 2222.6


def with_contracts(desk: Desk, *lines: ContractTerms, **hedge: Any) -> Desk:
    settings = msgspec.structs.replace(desk.hedge, limits={}, **hedge)
    return msgspec.structs.replace(desk, contract=lines, hedge=settings)


def terms(name: str = PERPETUAL, **more: Any) -> ContractTerms:
    quote = {} if "bids" in more or name == OPTION else {"bid": BID, "ask": ASK}
    return ContractTerms(instrument=name, **{"lot": 1.0, "taker_fee": 0.0005, **quote, **more})


def costs(
    desk: Desk, market: Snapshot, *names: str, numeraire: str = "USD", from_file: bool = True
) -> tuple[Costing, list[HedgeInstrument], Snapshot]:
    quoted = with_assumed_quotes(desk, market)
    rates = {Currency(name): rate for name, rate in desk.rates.items()}
    marking = Marking(snapshot=quoted, vols={}, usd_rates=rates)
    tools = hedge_instruments(desk, quoted, names, from_file=from_file)
    return cost_curves(desk, marking, tools, numeraire), tools, quoted


def test_without_words_a_contract_costs_what_it_costs_at_the_touch(desk: Desk, market: Snapshot) -> None:
    found, tools, quoted = costs(desk, market, *desk.hedge.instruments)
    spot = quoted.index_price
    for i, tool in enumerate(tools):
        touch = found.fee[i] + found.half_spread[i]
        for x in (-250.0, -1.0, 1.0, 250.0):
            assert math.isclose(found.curves[i].at(x), abs(x) * touch, rel_tol=1e-12)
        assert (found.holding[i].long, found.holding[i].short) == (0.0, 0.0)
        if tool.instrument.name == PERPETUAL:  # 1 USD a contract: 5 bp, and half of the spread in coins
            assert math.isclose(found.fee[i], 0.0005 * spot / (0.5 * (BID + ASK)), rel_tol=1e-12)
            assert math.isclose(found.half_spread[i], 0.5 * spot * (1.0 / BID - 1.0 / ASK), rel_tol=1e-9)
        else:
            assert math.isclose(found.half_spread[i], 0.5 * spot * (tool.quote.ask - tool.quote.bid), rel_tol=1e-12)
    assert (found.composites, found.notes) == ({}, ())


def test_the_numeraire_only_scales(desk: Desk, market: Snapshot) -> None:
    own = with_contracts(desk, terms(fixed_cost=0.1, daily_volume=1e8, funding_rate=1e-4), terms(SPOT, fixed_cost=3.0))
    in_usd, _, quoted = costs(own, market, PERPETUAL, SPOT)
    in_coin, _, _ = costs(own, market, PERPETUAL, SPOT, numeraire="ETH")
    for i in range(2):
        assert math.isclose(in_usd.curves[i].at(7.0), quoted.index_price * in_coin.curves[i].at(7.0), rel_tol=1e-12)
        assert math.isclose(in_usd.holding[i].long, quoted.index_price * in_coin.holding[i].long, rel_tol=1e-12)
    assert math.isclose(in_coin.curves[0].fixed, 0.1)
    assert math.isclose(in_usd.curves[1].fixed, 3.0)


def test_no_instrument_costs_nothing(desk: Desk, market: Snapshot) -> None:
    found, _, _ = costs(desk, market)
    assert (found.curves, found.holding, len(found.fee), len(found.half_spread)) == ((), (), 0, 0)


def test_depth_is_walked(desk: Desk, market: Snapshot) -> None:
    own = with_contracts(desk, terms(SPOT, bids=((2220.0, 10.0), (2218.0, 5.0)), asks=((2224.0, 3.0), (2222.0, 10.0))))
    found, tools, _ = costs(own, market, SPOT)
    assert (tools[0].quote.bid, tools[0].quote.ask) == (2220.0, 2222.0)
    fee = 0.0005 * 2221.0
    assert math.isclose(found.curves[0].at(12.0), 10.0 * 1.0 + 2.0 * 3.0 + 12.0 * fee, rel_tol=1e-12)
    assert math.isclose(found.curves[0].at(-15.0), 10.0 * 1.0 + 5.0 * 3.0 + 15.0 * fee, rel_tol=1e-12)
    assert (found.curves[0].most_buy, found.curves[0].most_sell) == (13.0, 15.0)
    assert (found.fee[0], found.half_spread[0]) == (pytest.approx(fee), pytest.approx(1.0))
    assert found.notes == (f"assumed, not data: depth of {SPOT} (desk file)",)


def test_impact_and_fixed_cost_come_on_top(desk: Desk, market: Snapshot) -> None:
    plain, _, _ = costs(with_contracts(desk, terms(SPOT)), market, SPOT)
    own = with_contracts(
        desk, terms(SPOT, quadratic_impact=0.01, daily_volume=1e5, impact_coefficient=0.5, fixed_cost=4.0)
    )
    found, _, _ = costs(own, market, SPOT)
    # 0.5 times the vol of a day times the root of 400/100,000, of what 400 coins are worth.
    bent = 0.5 * (0.6 / math.sqrt(365.0)) * math.sqrt(400.0 / 1e5) * 400.0 * 0.5 * (BID + ASK)
    added = 0.5 * 0.01 * 400.0**2 + bent + 4.0
    for x in (400.0, -400.0):
        assert math.isclose(found.curves[0].at(x) - plain.curves[0].at(x), added, rel_tol=1e-12)


def test_square_root_impact_of_contracts_of_one_dollar(desk: Desk, market: Snapshot) -> None:
    # 1e6 contracts of 1 USD, 1 % of the volume: a tenth of the daily vol of their notional.
    plain, _, quoted = costs(with_contracts(desk, terms()), market, PERPETUAL)
    found, _, _ = costs(with_contracts(desk, terms(daily_volume=1e8)), market, PERPETUAL)
    worth = 1e6 * quoted.index_price / (0.5 * (BID + ASK))
    added = found.curves[0].at(1e6) - plain.curves[0].at(1e6)
    assert math.isclose(added, 0.1 * 0.6 / math.sqrt(365.0) * worth, rel_tol=1e-9)


def test_funding_interest_and_capital_over_the_holding_period(desk: Desk, market: Snapshot) -> None:
    lines = (
        terms(funding_rate=0.0002, initial_margin=0.05),
        terms(SPOT, borrow_rate=0.1, initial_margin=1.0),
        terms(OPTION, initial_margin=0.15),
    )
    own = with_contracts(desk, *lines, holding_hours=73.0, cost_of_capital=0.12)
    found, tools, quoted = costs(own, market, PERPETUAL, SPOT, OPTION)
    year, spot, mid = 73.0 / 8760.0, quoted.index_price, 0.5 * (BID + ASK)
    perpetual, coins, option = found.holding
    funded, tied = 0.0002 * 73.0 / 8.0 * spot / mid, 0.12 * year * 0.05 * spot / mid
    assert math.isclose(perpetual.long, tied + funded, rel_tol=1e-12)
    assert math.isclose(perpetual.short, tied - funded, rel_tol=1e-12)
    assert math.isclose(coins.long, 0.12 * year * mid, rel_tol=1e-12)
    assert math.isclose(coins.short, 0.12 * year * mid + 0.1 * year * mid, rel_tol=1e-12)
    assert option.long == 0.0
    assert math.isclose(option.short, 0.12 * year * 0.15 * spot, rel_tol=1e-12)
    assert tools[2].instrument.name == OPTION
    without = costs(with_contracts(desk, terms(funding_rate=0.0002)), market, PERPETUAL)[0]
    assert math.isclose(without.holding[0].long, 0.0002 * desk.risk.horizon_hours / 8.0 * spot / mid, rel_tol=1e-12)


def test_capital_that_is_not_charged_is_named(desk: Desk, market: Snapshot) -> None:
    own = with_contracts(desk, terms(initial_margin=0.05), terms(SPOT), cost_of_capital=0.1)
    found, _, _ = costs(own, market, PERPETUAL, SPOT)
    assert found.notes[-1] == f"no capital is charged for {SPOT}: state initial_margin"


def test_listings_of_one_exposure_are_one_instrument(desk: Desk, market: Snapshot) -> None:
    cheap = VenueTerms(name="cheap", taker_fee=0.0001, bids=((2222.0, 40.0),), asks=((2223.0, 20.0), (2230.0, 9.0)))
    own = with_contracts(desk, terms(SPOT, venue=(cheap,), fixed_cost=2.0))
    alone, _, _ = costs(with_contracts(desk, terms(SPOT)), market, SPOT)
    found, _, _ = costs(own, market, SPOT)
    both = found.composites[SPOT]
    mid = 0.5 * (BID + ASK)
    # Buying: 0.45 + 0.22 a coin there, 0.05 + 1.11 here.
    assert both.split(50.0).tolist() == [30.0, 20.0]
    there = 20.0 * (2223.0 - mid + 0.0001 * 2222.5)
    assert math.isclose(both.curve.at(50.0), there + alone.curves[0].at(30.0), rel_tol=1e-12)
    assert math.isclose(found.curves[0].at(50.0), both.curve.at(50.0) + 2.0, rel_tol=1e-12)
    assert both.split(-50.0).tolist() == [-10.0, -40.0]
    x = np.linspace(-100.0, 100.0, 41)
    assert np.all(both.curve.at(x) <= alone.curves[0].at(x) + 1e-9)
    assert [listing.name for listing in both.listings] == [SPOT, "cheap"]
    assert (found.fee[0], found.half_spread[0]) == (alone.fee[0], alone.half_spread[0])


def test_listings_of_contracts_that_settle_in_coin(desk: Desk, market: Snapshot) -> None:
    dearer = VenueTerms(name="dearer", taker_fee=0.0005, bid=2222.7, ask=2222.8)
    found, _, quoted = costs(with_contracts(desk, terms(venue=(dearer,))), market, PERPETUAL)
    both = found.composites[PERPETUAL]
    assert both.split(1e5).tolist() == [1e5, 0.0]
    assert both.split(-1e5).tolist() == [0.0, -1e5]
    # Sold at 2222.7 in place of 2222.5: each contract of 1 USD gains 1/2222.5 - 1/2222.7 coins.
    gained = 1e5 * (1.0 / BID - 1.0 / 2222.7) * quoted.index_price
    own = both.listings[0].curve.at(-1e5)
    assert math.isclose(own - both.curve.at(-1e5), gained, rel_tol=1e-3)


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        (terms(SPOT, funding_rate=0.0), "contract[0].funding_rate", "is stated for ETH_USDC, spot; only perpetuals"),
        (terms(borrow_rate=0.1), "contract[0].borrow_rate", "inverse perpetual; only coins of a spot pair"),
        (terms(OPTION, daily_volume=1.0), "contract[0].daily_volume", "inverse option; state quadratic_impact"),
        (
            terms(OPTION, venue=(VenueTerms(name="x", taker_fee=0.0, bid=0.05, ask=0.06),)),
            "contract[0].venue",
            "only spot pairs and perpetuals are the same elsewhere",
        ),
        (
            terms(venue=(VenueTerms(name="x", taker_fee=0.0, bid=0.05, ask=0.06),)),
            "contract[0].venue[0].bid",
            "x stands at 0.055, ETH-PERPETUAL at 2222.55; correct the price",
        ),
        (
            terms(venue=(VenueTerms(name="x", taker_fee=0.0, bid=2300.0, ask=2301.0),)),
            "contract[0].venue",
            "buying on ETH-PERPETUAL and selling on x earns",
        ),
    ],
)
def test_what_does_not_fit_is_refused(desk: Desk, market: Snapshot, line: ContractTerms, field: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        costs(with_contracts(desk, line), market, line.instrument)
    assert caught.value.field == field
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unusable_quote_is_told_to_who_named_the_instrument(desk: Desk, market: Snapshot) -> None:
    name = next(
        quoted
        for i, quoted in enumerate(market.quotes.names)
        if quoted.endswith("-C") and not market.quotes.bid[i] > 0.0 and market.quotes.ask[i] > 0.0
    )
    with pytest.raises(InputError, match=f"instrument {name}: one-sided: no bid"):
        costs(with_contracts(desk, terms()), market, name, from_file=False)
