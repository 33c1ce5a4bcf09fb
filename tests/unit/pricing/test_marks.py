"""Implied vols of the real chain's marks."""

import dataclasses

import numpy as np

from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Snapshot
from hedgerow.pricing import black76, mark_vols


def no_arbitrage_interval(market: Snapshot, name: str) -> tuple[float, float]:
    """Return the bounds of a coin price, from its own underlying (reference: Black 1976)."""
    option = parse_deribit(name)
    assert isinstance(option, EuropeanOption)
    ratio = option.strike / market.quotes.quote(name).forward
    return (max(1.0 - ratio, 0.0), 1.0) if option.is_call else (max(ratio - 1.0, 0.0), ratio)


def test_every_mark_strictly_inside_its_bounds_solves_and_the_others_are_named(market: Snapshot) -> None:
    vols = mark_vols(market)
    outside = {
        name
        for name in market.quotes.names
        if not no_arbitrage_interval(market, name)[0]
        < market.quotes.quote(name).mark
        < no_arbitrage_interval(market, name)[1]
    }
    assert len(vols.names) == 684
    assert {item.name for item in vols.rejected} == outside == {"ETH-12JAN24-1200-C", "ETH-9JAN24-2900-C"}
    assert all("time value" in item.reason for item in vols.rejected)
    assert set(vols.as_dict()) == set(market.quotes.names) - outside


def test_a_vol_prices_its_mark_with_the_rows_own_underlying(market: Snapshot) -> None:
    vols = mark_vols(market).as_dict()
    forwards: dict[int, set[float]] = {}
    for name, vol in vols.items():
        option, quote = parse_deribit(name), market.quotes.quote(name)
        assert isinstance(option, EuropeanOption)
        forwards.setdefault(option.expiry_ns, set()).add(quote.forward)
        years = (option.expiry_ns - market.as_of_ns) / (365 * 86_400 * 1e9)
        again = black76(quote.forward, option.strike, years, vol, option.is_call, inverse=True)
        assert abs(again.price[0] - quote.mark) <= 4e-16 + 1e-12 * quote.mark
    # Four expiries carry two underlying prices; using one for all would not pass the line above.
    assert sum(len(prices) == 2 for prices in forwards.values()) == 4


def test_call_and_put_vols_of_one_strike_agree(market: Snapshot) -> None:
    # The data's manifest states a median difference of 0.008 vol points.
    vols = mark_vols(market).as_dict()
    gaps = [abs(vol - vols[name[:-1] + "P"]) for name, vol in vols.items() if name[:-1] + "P" in vols]
    assert 100 * np.median(gaps) < 0.01


def test_expired_options_are_named(market: Snapshot) -> None:
    later = dataclasses.replace(market, as_of_ns=market.as_of_ns + 86_400 * 10**9)
    expired = [item for item in mark_vols(later).rejected if "expired" in item.reason]
    assert len(expired) == 56  # all of ETH-9JAN24
    assert all(item.name.startswith("ETH-9JAN24") for item in expired)
