"""``hr.surface``: every refusal is named, and the counts are those of an independent recomputation."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import hedgerow as hr
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Rejection, Snapshot
from hedgerow.market.quotes import Quote
from hedgerow.oneshot import surface
from hedgerow.report import SurfaceReport

YEAR_NS = 365 * 86_400 * 10**9


@pytest.fixture(scope="module")
def report(market: Snapshot) -> SurfaceReport:
    return surface(market)


def with_rows(market: Snapshot, rows: Sequence[Quote]) -> Snapshot:
    return dataclasses.replace(market, quotes=market.quotes.with_quotes(rows))


def only(market: Snapshot, keep: Callable[[str], bool]) -> Snapshot:
    rows = [i for i, name in enumerate(market.quotes.names) if keep(name)]
    return dataclasses.replace(market, quotes=market.quotes.take(rows))


def two_sided(market: Snapshot, expiry: str) -> list[Quote]:
    rows = [market.quotes.row(i) for i, name in enumerate(market.quotes.names) if f"-{expiry}-" in name]
    return [row for row in rows if row.bid > 0.0 and row.ask > 0.0]


def test_the_example_is_met_and_free_of_arbitrage(report: SurfaceReport) -> None:
    assert report.svi.check.arbitrage_free
    assert report.essvi.check.arbitrage_free
    assert report.svi.quotes.two_sided == report.essvi.quotes.two_sided == 408
    assert report.svi.quotes.inside_fraction >= 0.95
    assert report.svi.quotes.inside > report.essvi.quotes.inside
    assert len(report.svi.slices) == len(report.essvi.slices) == 11
    for family in (report.svi, report.essvi):
        for field in ("two_sided", "used", "inside"):
            assert sum(getattr(one.quotes, field) for one in family.slices) == getattr(family.quotes, field)


def test_every_option_is_used_or_named(report: SurfaceReport, market: Snapshot) -> None:
    used = {name for name, usable in zip(report.chain.names, report.chain.usable, strict=True) if usable}
    refused = {item.name for item in report.rejected}
    assert used & refused == set()
    assert used | refused == set(market.quotes.names)
    assert list(report.rejected) == sorted(report.rejected, key=lambda item: (item.reason, item.name))


# An independent recomputation: other prices (scipy's normal distribution), other root finder, numbers of the JSON.


def normalised(option: EuropeanOption, forward: float, vol: float, years: float) -> float:
    """Black-76 in coin."""
    d1 = math.log(forward / option.strike) / (vol * math.sqrt(years)) + 0.5 * vol * math.sqrt(years)
    d2, sign = d1 - vol * math.sqrt(years), 1.0 if option.is_call else -1.0
    return float(sign * (norm.cdf(sign * d1) - option.strike / forward * norm.cdf(sign * d2)))


def slice_vol(numbers: dict[str, float], k: float, years: float) -> float:
    z = k - numbers["m"]
    w = numbers["a"] + numbers["b"] * (numbers["rho"] * z + math.hypot(z, numbers["sigma"]))
    return math.sqrt(w / years)


def implied(option: EuropeanOption, forward: float, price: float, years: float) -> float | None:
    low, high = 1e-4, 20.0
    if not normalised(option, forward, low, years) < price < normalised(option, forward, high, years):
        return None
    root: float = brentq(lambda vol: normalised(option, forward, vol, years) - price, low, high, xtol=1e-12)
    return root


@pytest.mark.parametrize("family", ["svi", "essvi"])
def test_counts_and_misses_are_those_of_other_code(report: SurfaceReport, market: Snapshot, family: str) -> None:
    written = report.to_dict()
    figures = written if family == "svi" else written["essvi"]
    forwards = {one["expiry"]: one["forward"] for one in written["expiries"]}
    inside = {one["expiry"]: 0 for one in figures["expiries"]}
    misses: list[float] = []
    slices = {one["expiry"]: one["slice"] for one in figures["expiries"]}
    for i in range(len(market.quotes)):
        row = market.quotes.row(i)
        option = parse_deribit(row.name)
        assert isinstance(option, EuropeanOption)
        if not (row.bid > 0.0 and row.ask > 0.0):
            continue
        expiry = f"{np.datetime64(option.expiry_ns, 'ns').astype('datetime64[ms]')}Z"
        years, forward = (option.expiry_ns - market.as_of_ns) / YEAR_NS, forwards[expiry]
        vol = slice_vol(slices[expiry], math.log(option.strike / forward), years)
        inside[expiry] += row.bid <= normalised(option, forward, vol, years) <= row.ask
        ends = [implied(option, forward, price, years) for price in (row.bid, row.ask)]
        if ends[0] is not None and ends[1] is not None:
            misses.append(100.0 * (vol - 0.5 * (ends[0] + ends[1])))
    assert inside == {one["expiry"]: one["inside_quotes"] for one in figures["expiries"]}
    assert sum(inside.values()) == figures["inside_quotes"]
    assert figures["rmse_vol_points"] == pytest.approx(float(np.sqrt(np.mean(np.square(misses)))), rel=1e-6)


def test_planted_quotes_are_named_with_their_reason(report: SurfaceReport, market: Snapshot) -> None:
    lone = [
        row
        for row in two_sided(market, "26JAN24")
        if row.name.endswith("-C") and row.name[:-1] + "P" not in report.chain.names and row.bid > 0.001
    ]
    crossed, stale, one_sided, outlying = (market.quotes.quote(row.name) for row in lone[:4])
    spoilt = with_rows(
        market,
        [
            dataclasses.replace(crossed, bid=crossed.ask + 0.001),
            dataclasses.replace(stale, at_ns=market.as_of_ns - 7_200 * 10**9),
            dataclasses.replace(one_sided, ask=math.nan),
            dataclasses.replace(outlying, bid=2.0 * outlying.bid, ask=2.0 * outlying.ask),
        ],
    )
    reasons = {item.name: item.reason for item in surface(spoilt).rejected}
    assert reasons[crossed.name].startswith("crossed: the bid")
    assert reasons[stale.name] == "stale: 2 h 0 min old"
    assert reasons[one_sided.name] == "one-sided: no ask"
    assert reasons[outlying.name].startswith("outlying: ")
    assert stale.name not in {item.name for item in surface(spoilt, max_age_s=7_200.0).rejected}


def test_an_outlying_quote_does_not_move_its_smile(report: SurfaceReport, market: Snapshot) -> None:
    row = next(row for row in two_sided(market, "26JAN24") if row.name == "ETH-26JAN24-2800-C")
    spoilt = surface(with_rows(market, [dataclasses.replace(row, bid=2.0 * row.bid, ask=2.0 * row.ask)]))
    before, after = report.svi.slices[5], spoilt.svi.slices[5]
    assert before.expiry_ns == after.expiry_ns
    assert after.atm_vol == pytest.approx(before.atm_vol, abs=0.005)


def test_rows_that_the_loader_refused_are_among_the_refusals(market: Snapshot) -> None:
    bad = Rejection(name="ETH-9JAN24-1-C", kind="quote", reason="the mark is nan", use="anything")
    other = Rejection(name="ETH-9JAN24-2-C", kind="quote", reason="no bid and no ask", use="trading")
    pool = Rejection(name="a pool", kind="pool", reason="no", use="anything")
    rejected = surface(dataclasses.replace(market, rejected=(bad, other, pool))).rejected
    assert bad in rejected
    assert {other.name, pool.name} & {item.name for item in rejected} == set()


def test_thin_and_empty_expiries_are_named(market: Snapshot) -> None:
    few = {row.name for row in two_sided(market, "19JAN24")[:3]}
    none = {row.name for row in two_sided(market, "23FEB24")}
    thin = surface(only(market, lambda name: "-19JAN24-" not in name or name in few))
    assert any("10.86 days has 3 usable quotes" in note for note in thin.notes)
    assert thin.svi.check.arbitrage_free
    empty = surface(only(market, lambda name: name not in none))
    assert any(note.startswith("the expiry 2024-02-23 has no usable quote, 0 two-sided") for note in empty.notes)
    assert len(empty.svi.slices) == len(empty.essvi.slices) == 10


@pytest.mark.parametrize("count", [1, 2, 6])
def test_a_market_of_few_quotes_has_a_surface(market: Snapshot, count: int) -> None:
    held = {row.name for row in two_sided(market, "26JAN24")[-count:]}
    report = surface(only(market, lambda name: name in held))
    assert report.svi.quotes.two_sided == count
    assert report.svi.check.arbitrage_free
    assert str(report)


def test_linear_options_are_held_against_their_own_prices(market: Snapshot) -> None:
    # The same expiry once more, in dollars: a linear price is the coin price times the forward.
    rows = [
        dataclasses.replace(
            row,
            name=row.name.replace("ETH-", "ETH_USDC-"),
            bid=row.bid * row.forward,
            ask=row.ask * row.forward,
            mark=row.mark * row.forward,
        )
        for row in two_sided(market, "26JAN24")
    ]
    report = surface(with_rows(market, rows))
    figures = next(one for one in report.to_dict()["expiries"] if one["expiry"].startswith("2024-01-26"))
    assert figures["two_sided_quotes"] == 2 * len(rows)
    assert [one["inverse"] for one in figures["parity"]] == [False, True]
    assert figures["inside_quotes"] % 2 == 0
    assert figures["inside_spread_fraction"] > 0.95


def test_markets_without_a_surface_are_refused(market: Snapshot) -> None:
    with pytest.raises(hr.MarketDataError, match="quotes no options; name the snapshot of an option chain"):
        surface(only(dataclasses.replace(market, rejected=()), lambda _: False))
    dead = only(market, lambda name: name in ("ETH-10JAN24-1900-C", "ETH-10JAN24-2100-C"))
    with pytest.raises(hr.MarketDataError, match=r"no option quote can be used: 1 no bid and no ask, 1 one-sided"):
        surface(dead)
    late = dataclasses.replace(market, as_of_ns=market.as_of_ns + 7_200 * 10**9)
    with pytest.raises(hr.MarketDataError, match=r"408 stale.*longer max age"):
        surface(late)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_an_age_that_is_none_is_refused(market: Snapshot, wrong: Any) -> None:
    with pytest.raises(hr.InputError, match="give seconds, more than none and at most"):
        surface(market, max_age_s=wrong)
