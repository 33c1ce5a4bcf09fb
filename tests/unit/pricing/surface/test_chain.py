"""Chains of options: what may be fitted to, and what is refused by which words."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.core.instants import HOUR_NS, from_datetime
from hedgerow.instruments import EuropeanOption, is_inverse, parse_deribit
from hedgerow.market import Quote, QuoteTable, Snapshot
from hedgerow.pricing import black76
from hedgerow.pricing.surface import ChainFit, OptionChain, check_surface, fit_chain, read_chain
from smiles import make_ssvi, slice_variance

AS_OF = from_datetime(dt.datetime(2024, 1, 1, 8, tzinfo=dt.UTC))
DAYS = {"5JAN24": 4.0, "26JAN24": 25.0, "29MAR24": 88.0}
FORWARD = 2300.0
TRUTH = make_ssvi(np.array(list(DAYS.values())) / 365.0, vol=0.6, tilt=0.1, rho=-0.2, eta=1.0, power=0.5)
STRIKES = (1800, 1900, 2000, 2100, 2200, 2300, 2400, 2500, 2600, 2800, 3000)
ATM = "ETH-26JAN24-2300-C"


def make_price(name: str, vol_shift: float = 0.0) -> float:
    """Return the price of an option at the true vol, shifted."""
    option = parse_deribit(name)
    assert isinstance(option, EuropeanOption)
    at = list(DAYS).index(name.split("-")[1])
    years = TRUTH.expiry_years[at]
    w = slice_variance(TRUTH.array()[at], np.array([math.log(option.strike / FORWARD)]))[0][0]
    vol = math.sqrt(w / years) + vol_shift
    return float(black76(FORWARD, option.strike, years, vol, option.is_call, inverse=is_inverse(option)).price[0])


def make_quote(name: str, *, bid: float | None = None, ask: float | None = None, age_ns: int = 0) -> Quote:
    """Return a quote of one vol point to either side of the truth, or as stated."""
    return Quote(
        name=name,
        bid=make_price(name, -0.01) if bid is None else bid,
        ask=make_price(name, 0.01) if ask is None else ask,
        mark=math.nan,
        forward=FORWARD,
        at_ns=AS_OF - age_ns,
        assumed=False,
    )


def make_snapshot(*changed: Quote, lines: tuple[str, ...] = ("ETH",)) -> Snapshot:
    """Return a market of out-of-the-money options, some quotes replaced or added."""
    names = [
        f"{line}-{day}-{strike}-{'C' if strike >= FORWARD else 'P'}"
        for line in lines
        for day in DAYS
        for strike in STRIKES
    ]
    none = np.zeros(0)
    empty = QuoteTable(names=(), bid=none, ask=none, mark=none, forward=none, at_ns=np.zeros(0, dtype=np.int64))
    quotes = empty.with_quotes([make_quote(name) for name in names]).with_quotes(changed)
    return Snapshot(
        source="test", as_of_ns=AS_OF, base=Currency("ETH"), index_price=FORWARD, index_at_ns=AS_OF, quotes=quotes
    )


def read_reasons(chain: OptionChain) -> dict[str, str]:
    return {item.name: item.reason for item in chain.rejected}


def measure_largest_miss(fit: ChainFit) -> float:
    """Return the largest distance from the truth over the strikes of all expiries. [vol]"""
    k = np.log(np.array(STRIKES) / FORWARD)
    misses = [
        np.abs(fit.surface.vol(k, years) - np.sqrt(slice_variance(raw, k)[0] / years)).max()
        for raw, years in zip(TRUTH.array(), TRUTH.expiry_years, strict=True)
    ]
    return float(max(misses))


@pytest.mark.parametrize("lines", [("ETH",), ("ETH_USDC",), ("ETH", "ETH_USDC")])
def test_a_clean_chain_is_used_whole(lines: tuple[str, ...]) -> None:
    chain = read_chain(make_snapshot(lines=lines))
    assert chain.rejected == ()
    assert chain.usable.all()
    assert len(chain.names) == len(lines) * len(DAYS) * len(STRIKES)
    np.testing.assert_allclose(chain.vol_ask - chain.vol_bid, 0.02, rtol=1e-6)
    assert [(one.inverse, one.forward, one.source, one.pairs) for one in chain.forwards] == [
        (inverse, FORWARD, "stated", 0)
        for _ in DAYS
        for inverse in (False, True)
        if ("ETH" if inverse else "ETH_USDC") in lines
    ]
    fit = fit_chain(chain, kind="svi")
    assert check_surface(fit.parameters).arbitrage_free
    assert fit.parameters.expiry_years == pytest.approx(TRUTH.expiry_years, rel=1e-12)
    assert fit.chain.rejected == ()
    assert measure_largest_miss(fit) < 0.01


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        (make_quote(ATM, bid=0.09, ask=0.05), "crossed: the bid 0.09 is above the ask 0.05"),
        (make_quote(ATM, bid=math.nan), "one-sided: no bid"),
        (make_quote(ATM, ask=0.0), "one-sided: no ask"),
        (make_quote(ATM, bid=math.nan, ask=math.nan), "no bid and no ask"),
        (make_quote(ATM, ask=math.inf), "not finite"),
        (make_quote(ATM, age_ns=2 * HOUR_NS), "stale: 2"),
        (make_quote(ATM, ask=1.0), "the ask is at or above the no-arbitrage bound"),
        (make_quote(ATM, bid=0.001, ask=0.2), "too wide: "),
        (make_quote("ETH-26JAN24-1750-C", bid=0.1, ask=0.2), "the ask is at or below intrinsic"),  # 1 - 1750/2300
    ],
)
def test_a_bad_quote_is_refused_by_name_and_the_rest_is_used(quote: Quote, reason: str) -> None:
    chain = read_chain(make_snapshot(quote))
    reasons = read_reasons(chain)
    assert list(reasons) == [quote.name]
    assert reasons[quote.name].startswith(reason)
    assert quote.name not in {name for name, usable in zip(chain.names, chain.usable, strict=True) if usable}
    assert chain.usable.sum() == len(DAYS) * len(STRIKES) - (quote.name == ATM)
    assert measure_largest_miss(fit_chain(chain, kind="svi")) < 0.01


def test_expired_options_are_refused() -> None:
    late = Quote(name="ETH-1JAN24-2300-C", bid=0.01, ask=0.02, mark=0.0, forward=FORWARD, at_ns=AS_OF, assumed=False)
    chain = read_chain(make_snapshot(late))
    assert read_reasons(chain) == {"ETH-1JAN24-2300-C": "expired"}
    assert len(chain.expiries_ns) == len(DAYS)


def test_a_longer_patience_admits_older_quotes() -> None:
    snapshot = make_snapshot(make_quote(ATM, age_ns=2 * HOUR_NS))
    assert read_chain(snapshot, max_age_ns=2 * HOUR_NS).rejected == ()


def test_a_bid_without_time_value_counts_as_a_vol_of_zero() -> None:
    # 1 - 1800/2300 = 0.2174 is intrinsic; the put of the same strike states the same vol.
    name = "ETH-5JAN24-1800-C"
    chain = read_chain(make_snapshot(make_quote(name, bid=0.21, ask=make_price(name, 0.01))))
    i = chain.names.index(name)
    assert chain.vol_bid[i] == 0.0


def test_an_outlying_quote_is_refused_by_name() -> None:
    name = "ETH-26JAN24-2100-P"
    quote = make_quote(name, bid=make_price(name, 0.24), ask=make_price(name, 0.26))
    fit = fit_chain(read_chain(make_snapshot(quote)), kind="svi")
    assert [item.name for item in fit.chain.rejected] == [name]
    assert fit.chain.rejected[0].reason.startswith("outlying: ")
    assert measure_largest_miss(fit) < 0.01


def test_other_instruments_are_no_options() -> None:
    future = Quote(name="ETH-26JAN24", bid=2290.0, ask=2300.0, mark=2295.0, forward=2295.0, at_ns=AS_OF, assumed=False)
    perpetual = Quote(name="ETH-PERPETUAL", bid=1.0, ask=2.0, mark=1.0, forward=1.0, at_ns=AS_OF, assumed=False)
    strange = Quote(name="what is this", bid=1.0, ask=2.0, mark=1.0, forward=1.0, at_ns=AS_OF, assumed=False)
    assert read_chain(make_snapshot(future, perpetual, strange)).rejected == ()


def test_a_chain_without_usable_quotes_is_not_fitted() -> None:
    chain = read_chain(make_snapshot(), max_age_ns=-1)
    assert not chain.usable.any()
    with pytest.raises(InputError, match="no usable option quote to fit a surface to; see the refusals"):
        fit_chain(chain, kind="svi")


def test_pairs_correct_a_wrong_underlying_price() -> None:
    names = [f"ETH-26JAN24-{strike}-{right}" for strike in (2200, 2300, 2400) for right in "CP"]
    names += [f"ETH-26JAN24-{strike}-{'C' if strike >= FORWARD else 'P'}" for strike in STRIKES]
    moved = [dataclasses.replace(make_quote(name), forward=2250.0) for name in dict.fromkeys(names)]
    chain = read_chain(make_snapshot(*moved))
    one = chain.forwards[1]
    assert (one.pairs, one.source, one.stated) == (3, "parity", 2250.0)
    assert one.low <= FORWARD <= one.high
    assert one.forward == one.low


def test_a_fit_may_start_from_the_one_before() -> None:
    chain = read_chain(make_snapshot())
    first = fit_chain(chain, kind="svi")
    again = fit_chain(chain, kind="svi", previous=first.parameters)
    assert check_surface(again.parameters).arbitrage_free
    assert measure_largest_miss(again) < 0.01
    fewer = read_chain(make_snapshot(), max_age_ns=0)
    assert fit_chain(fewer, kind="svi", previous=first.parameters).parameters.kind == "svi"
