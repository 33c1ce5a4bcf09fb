"""Dated tables of venues: which line holds, what is not on file, and Deribit's own list before them."""

import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from hedgerow.core.errors import InputError, InvariantBroken
from hedgerow.core.instants import DAY_NS, from_datetime
from hedgerow.core.money import exact
from hedgerow.costs import Fee, trade_fee
from hedgerow.instruments import parse_deribit
from hedgerow.venue_rules import (
    VENUES,
    FundingRule,
    TradedSizes,
    TradeFee,
    latest_rules,
    listed_period,
    read_listing,
    rules_of,
    smallest_unit,
    tables_of,
    with_listing,
)
from hedgerow.venue_rules.files import VenueTables
from hedgerow.venue_rules.rules import _best


def at(text: str) -> int:
    return from_datetime(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))


NOW = at("2024-01-08")
CALL, PERPETUAL, FUTURE = (parse_deribit(name) for name in ("BTC-26JAN24-45000-C", "BTC-PERPETUAL", "BTC-26JAN24"))


@pytest.mark.parametrize("venue", VENUES)
def test_every_line_has_a_day_and_a_source(venue: str) -> None:
    tables = tables_of(venue)
    for field in tables.__struct_fields__[1:]:
        for line in getattr(tables, field):
            assert dt.date(2009, 1, 1) <= line.valid_from <= dt.date(2026, 12, 31)
            assert len(line.source) > 10, line


@pytest.mark.parametrize("venue", VENUES)
def test_no_two_lines_contradict_each_other(venue: str) -> None:
    # Over all days on which anything changes, each contract and tier has one line: _best raises for two.
    tables = tables_of(venue)
    days = sorted({line.valid_from for field in tables.__struct_fields__[1:] for line in getattr(tables, field)})
    names = ("PERPETUAL", "26JAN24", "26JAN24-45000-C")
    contracts = [
        parse_deribit(f"{coin}{quote}-{name}")
        for coin in ("BTC", "ETH", "SOL")
        for quote in ("", "_USDC")
        for name in names
    ]
    for day in days:
        rules = rules_of(venue, from_datetime(dt.datetime.combine(day, dt.time(), dt.UTC)))
        for field in ("fee", "delivery", "size", "limit", "funding", "settlement"):
            for contract in contracts:
                for tier in {getattr(line, "tier", "") for line in getattr(rules.tables, field)}:
                    lines = [line for line in getattr(rules.tables, field) if line.covers(contract)]
                    for period in ("", "day", "week"):
                        own = [line for line in lines if getattr(line, "tier", "") == tier]
                        best = _best(own, period)  # raises where two lines contradict each other
                        assert (best is None) == all(line.period not in ("", period) for line in own)


def test_two_lines_for_one_contract_are_a_bug() -> None:
    line = rules_of("deribit", NOW).sizes(CALL)
    with pytest.raises(InvariantBroken, match="two lines speak of the same contract"):
        _best([line, msgspec.structs.replace(line, lot=Decimal(2))], "")


def test_deribits_fees_are_the_published_ones() -> None:
    # Futures and perpetuals maker 0, taker 0.05 %; weekly futures maker -0.01 %; options 0.0003 coin, at most 12.5 %
    # of the premium.
    rules = rules_of("deribit", NOW)
    assert (rules.fee(PERPETUAL).maker, rules.fee(PERPETUAL).taker) == (Decimal(0), Decimal("0.0005"))
    assert rules.fee(FUTURE).maker == 0
    assert rules.fee(FUTURE, period="week").maker == Decimal("-0.0001")
    assert rules.fee(FUTURE, period="day").maker == 0
    assert (rules.fee(CALL).taker, rules.fee(CALL).premium_cap) == (Decimal("0.0003"), Decimal("0.125"))
    assert rules.delivery_fee(CALL).rate == Decimal("0.00015")
    assert rules.delivery_fee(CALL, period="day").rate == 0
    assert rules.delivery_fee(FUTURE).rate == Decimal("0.00025")
    assert (rules.settlement(CALL).hour_utc, rules.settlement(CALL).window_minutes) == (8, 30)
    assert rules.price_limit(PERPETUAL).width == Decimal("0.015")


def test_dated_btc_futures_step_by_two_and_a_half() -> None:
    # Deribit API reference, public/get_instruments: BTC-29SEP23, created 2022-09-30, 2.5; BTC-PERPETUAL beside it 0.5.
    created = 1_664_524_802_000 * 10**6
    then, before = rules_of("deribit", created), rules_of("deribit", created - 3 * DAY_NS)
    dated = parse_deribit("BTC-29SEP23")
    assert (then.sizes(dated).tick, then.sizes(PERPETUAL).tick) == (Decimal("2.5"), Decimal("0.5"))
    assert (then.sizes(dated).contract_size, then.sizes(dated).lot) == (Decimal(10), Decimal(1))
    assert before.sizes(dated).tick == Decimal("0.5")  # the recorded list of 2021-07-22 has it
    assert rules_of("deribit", NOW).sizes(parse_deribit("ETH-26JAN24")).tick == Decimal("0.05")


def test_what_is_charged_by_the_time_of_listing_needs_no_words() -> None:
    rules = rules_of("deribit", NOW)
    daily, weekly = parse_deribit("BTC-9JAN24-45000-C"), parse_deribit("BTC-12JAN24")
    assert rules.delivery_fee(daily).rate == 0
    assert rules.delivery_fee(CALL).rate == Decimal("0.00015")
    assert rules.fee(weekly).maker == Decimal("-0.0001")
    assert rules.delivery_fee(weekly).rate == Decimal("0.00025")
    assert rules_of("deribit", at("2025-11-01")).delivery_fee(weekly).rate == 0
    assert rules_of("deribit", at("2025-11-01")).delivery_fee(FUTURE).rate == Decimal("0.00025")
    assert listed_period(PERPETUAL) == ""


def test_ticks_changed_on_the_sixth_of_july_2023() -> None:
    before, after = (rules_of("deribit", at(day)).sizes(CALL) for day in ("2023-07-05T23:59:59", "2023-07-06"))
    assert before.tick_at(Decimal("0.002")) == Decimal("0.0005")
    # The venue's own example of that day: 0.0049, 0.0050, 0.0055, 0.0060.
    assert after.tick_at(Decimal("0.0050")) == Decimal("0.0001")
    assert after.tick_at(Decimal("0.0051")) == Decimal("0.0005")
    with pytest.raises(InputError, match="a price of 0; prices are positive"):
        after.tick_at(Decimal(0))


def test_a_replaced_line_is_gone() -> None:
    rules = rules_of("deribit", NOW)
    mine = [line for line in rules.tables.size if line.covers(CALL)]
    assert [line.valid_from for line in mine] == [dt.date(2023, 7, 6)]
    assert latest_rules("deribit").tables.size == rules.tables.size


def test_tiers() -> None:
    perpetual = parse_deribit("ETH_USDC-PERPETUAL")
    rules = rules_of("hyperliquid", at("2025-07-01"))
    base, best = rules.fee(perpetual), rules.fee(perpetual, "6")
    assert (base.taker, base.maker) == (Decimal("0.00045"), Decimal("0.00015"))  # 4.5 and 1.5 bp
    assert best.taker < base.taker
    with pytest.raises(InputError, match=r"Hyperliquid: no fee tier 'gold' for ETH_USDC-PERPETUAL; use base, 1, 2"):
        rules.fee(perpetual, "gold")
    taker = [line.taker or 0 for line in sorted(rules.tables.fee, key=lambda line: line.volume or 0)]
    assert taker == sorted(taker, reverse=True)


@pytest.mark.parametrize(
    ("venue", "taker", "maker"),
    [("binance", "0.0005", "0.0002"), ("okx", "0.0005", "0.0002"), ("bybit", "0.00055", "0.0002")],
)
def test_perpetual_fees_elsewhere(venue: str, taker: str, maker: str) -> None:
    fee = rules_of(venue, NOW).fee(parse_deribit("BTC_USDT-PERPETUAL"))
    assert (fee.taker, fee.maker) == (Decimal(taker), Decimal(maker))


def test_nothing_is_guessed() -> None:
    linear = parse_deribit("BTC_USDC-26JAN24-45000-C")
    rules = rules_of("deribit", NOW)
    text = "Deribit: the fee of BTC_USDC-26JAN24-45000-C, linear option, on 2024-01-08 is not on file; state the figure"
    with pytest.raises(InputError, match=text):
        rules.fee(linear)
    with pytest.raises(InputError, match="the tick and lot of BTC_USDC-26JAN24-45000-C"):
        rules.sizes(linear)
    with pytest.raises(InputError, match=r"on 2020-03-12 is not on file \(known from 2021-07-22 on\)"):
        rules_of("deribit", at("2020-03-12")).fee(PERPETUAL)
    with pytest.raises(InputError, match="the funding rule of"):
        rules_of("binance", NOW).funding(PERPETUAL)
    with pytest.raises(InputError, match="no tables of a venue 'mtgox'; use binance"):
        rules_of("mtgox", NOW)
    with pytest.raises(InputError, match="the smallest unit of DOGE is not on file"):
        rules.smallest_unit("DOGE")


def test_smallest_units() -> None:
    assert [smallest_unit(name) for name in ("BTC", "ETH", "USDC", "USD")] == [
        Decimal("1e-8"),
        Decimal("1e-18"),
        Decimal("1e-6"),
        Decimal("0.01"),
    ]
    assert rules_of("deribit", NOW).smallest_unit("BTC") == Decimal("1e-8")


# Funding, by the formulas of the venues' documents.


def test_deribits_funding_is_damped_and_needs_a_cap() -> None:
    rule = rules_of("deribit", NOW).funding(PERPETUAL)
    with pytest.raises(InputError, match="the cap of the funding rate is not on file"):
        rule.rate(Decimal("0.001"))
    rule = msgspec.structs.replace(rule, cap=Decimal("0.005"))
    for premium, rate in (("0", "0"), ("0.0002", "0"), ("-0.00025", "0"), ("0.001", "0.00075"), ("-0.001", "-0.00075")):
        assert rule.rate(Decimal(premium)) == Decimal(rate)
    assert rule.rate(Decimal("0.9")) == Decimal("0.005")
    # A position for two hours pays a quarter of the 8-hour rate.
    assert rule.paid(Decimal("0.001"), Decimal(2)) == Decimal("0.0001875")


def test_hyperliquids_funding() -> None:
    rule = rules_of("hyperliquid", NOW).funding(parse_deribit("ETH_USDC-PERPETUAL"))
    # F = P + clamp(0.01 % - P, 0.05 %), paid hourly at F/8, at most 4 % an hour.
    assert rule.rate(Decimal(0)) == Decimal("0.0001")
    assert rule.rate(Decimal("0.001")) == Decimal("0.0005")
    assert rule.rate(Decimal("-0.001")) == Decimal("-0.0005")
    assert rule.paid(Decimal(0), Decimal(1)) == Decimal("0.0000125")
    assert rule.paid(Decimal(1), Decimal(1)) == Decimal("0.04")


def test_dydx_states_its_interest_by_market() -> None:
    rule = rules_of("dydx", at("2024-03-01")).funding(parse_deribit("ETH_USDC-PERPETUAL"))
    with pytest.raises(InputError, match="the interest in the funding rate is not on file"):
        rule.rate(Decimal("0.001"))
    with pytest.raises(InputError, match=r"state it as a fraction per hour: replace\(rule, interest="):
        rule.rate(Decimal("0.001"))
    # venues.md: rate per hour = premium/8 + interest, the interest per hour.
    stated = msgspec.structs.replace(rule, interest=Decimal("0.00001"))
    assert stated.paid(Decimal("0.0008"), Decimal(1)) == Decimal("0.0008") / 8 + Decimal("0.00001")
    assert stated.paid(Decimal(0), Decimal(3)) == Decimal("0.00003")


def test_derives_funding_is_amortised_over_sixteen_hours() -> None:
    # venues.md: amortised over 16 h, cap 0.017123 %/h.
    rules = rules_of("derive", at("2026-01-15"))
    for coin in ("BTC", "ETH", "SOL"):
        rule = rules.funding(parse_deribit(f"{coin}_USDC-PERPETUAL"))
        with pytest.raises(InputError, match="state it as a fraction per hour"):
            rule.rate(Decimal(0))
        rule = msgspec.structs.replace(rule, interest=Decimal(0))
        assert rule.paid(Decimal("0.0016"), Decimal(1)) == Decimal("0.0001")
        assert rule.paid(Decimal("0.5"), Decimal(1)) == Decimal("0.00017123")
        assert rule.paid(Decimal("-0.5"), Decimal(2)) == Decimal("-0.00034246")
        # v2-core, PerpAsset: premium / period + interest an hour, capped as one.
        with_interest = msgspec.structs.replace(rule, interest=Decimal("0.0000125"))
        assert with_interest.paid(Decimal("0.0016"), Decimal(1)) == Decimal("0.0001125")
        assert with_interest.paid(Decimal("0.5"), Decimal(1)) == Decimal("0.00017123")
    with pytest.raises(InputError, match=r"on 2025-12-31 is not on file \(known from 2026-01-01 on\)"):
        rules_of("derive", at("2025-12-31")).funding(parse_deribit("BTC_USDC-PERPETUAL"))


def test_a_funding_rule_without_a_cap_is_uncapped() -> None:
    rule = FundingRule(
        kinds=("linear perpetual",),
        valid_from=dt.date(2024, 1, 1),
        source="made up",
        formula="interest_added",
        period_hours=Decimal(8),
        interval_hours=Decimal(8),
        interest=Decimal(0),
    )
    assert rule.rate(Decimal(2)) == 2
    assert msgspec.structs.replace(rule, cap=Decimal(1)).rate(Decimal(2)) == 1


# The venue's own list.


def entry(name: str, **changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "instrument_name": name,
        "tick_size": 0.0001,
        "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}],
        "contract_size": 1.0,
        "min_trade_amount": 0.1,
        "maker_commission": 0.0002,
        "taker_commission": 0.0004,
        "settlement_period": "month",
        "creation_timestamp": 1_700_000_000_000,
        "something_new": 1,
    }
    return made | changes


def test_the_venues_own_list_overrides_the_tables() -> None:
    names = [entry(str(CALL.name)), entry(str(PERPETUAL.name), contract_size=10.0, min_trade_amount=20.0)]
    rules = with_listing(rules_of("deribit", NOW), {"result": names})
    assert (rules.fee(CALL).maker, rules.fee(CALL).taker) == (Decimal("0.0002"), Decimal("0.0004"))
    assert rules.fee(CALL).premium_cap == Decimal("0.125")  # the list does not say it
    assert rules.fee(CALL).source == "the venue's instrument list"
    assert rules.sizes(CALL).tick_at(Decimal("0.01")) == Decimal("0.0005")
    assert (rules.sizes(PERPETUAL).contract_size, rules.sizes(PERPETUAL).lot) == (Decimal(10), Decimal(2))
    # What is not in the list stays what it was.
    assert rules.fee(FUTURE) == rules_of("deribit", NOW).fee(FUTURE)


def test_a_listed_linear_option_keeps_the_venues_cap() -> None:
    # venues.md: the commission is that of the instrument, the fee at most 12.5 % of the premium.
    linear = parse_deribit("BTC_USDC-26JAN24-45000-C")
    listed = with_listing(rules_of("deribit", NOW), {"result": [entry(str(linear.name), taker_commission=0.0003)]})
    fee = listed.fee(linear)
    assert (fee.taker, fee.premium_cap) == (Decimal("0.0003"), Decimal("0.125"))
    assert listed.premium_cap(linear) == Decimal("0.125")
    charge = Fee(rate=fee.taker, premium_cap=fee.premium_cap)
    charged = [trade_fee(linear, charge, exact(1), exact(price), exact(44_000)) for price in ("5", "2000")]
    assert [each.amount for each in charged] == [Decimal("0.625"), Decimal("13.2")]


def test_an_option_without_a_cap_on_file_is_refused() -> None:
    # Neither before the day from which the cap is known, nor of a coin of which it is not.
    for name, day in (("BTC_USDC-26JAN24-45000-C", "2023-12-31"), ("SOL-26JAN24-100-C", "2024-01-08")):
        listed = with_listing(rules_of("deribit", at(day)), {"result": [entry(name)]})
        with pytest.raises(
            InputError, match=rf"Deribit: the cap on the fee of {name}, \w+ option, on .* is not on file"
        ):
            listed.fee(parse_deribit(name))
    rules = rules_of("deribit", NOW)
    assert rules.premium_cap(CALL) == Decimal("0.125")
    assert rules.premium_cap(PERPETUAL) is None  # no option: nothing to cap
    with pytest.raises(InputError, match="the cap on the fee of BTC_USDC-26JAN24-45000-C"):
        rules_of("okx", NOW).premium_cap(parse_deribit("BTC_USDC-26JAN24-45000-C"))


def test_a_fee_line_states_rates_or_a_cap() -> None:
    line = {"kinds": ["linear option"], "valid_from": "2024-01-01", "source": "made up"}
    assert msgspec.convert(line | {"premium_cap": "0.125"}, TradeFee, strict=False).taker is None
    for wrong in ({}, {"maker": "0.1"}, {"taker": "0.1", "premium_cap": "0.125"}):
        with pytest.raises(msgspec.ValidationError, match="a fee without its rates"):
            msgspec.convert(line | wrong, TradeFee, strict=False)


def test_the_list_knows_weekly_contracts() -> None:
    rules = rules_of("deribit", NOW)
    listed = with_listing(rules, {"result": [entry(str(CALL.name), settlement_period="day")]})
    assert listed.delivery_fee(CALL).rate == 0
    assert rules.delivery_fee(CALL).rate > 0


def test_linear_contracts_are_counted_in_coins() -> None:
    made = entry("BTC_USDC-PERPETUAL", contract_size=0.001, min_trade_amount=0.001)
    (listed,) = read_listing(json.dumps({"result": [made]})).values()
    assert (listed.contract_size, listed.lot) == (Decimal(1), Decimal("0.001"))


def test_combinations_are_left_out() -> None:
    assert read_listing({"result": [entry("BTC-CS-26JAN24-45000_46000")]}) == {}


@pytest.mark.parametrize("given", [b"no json", "[]", {"result": [{"instrument_name": "BTC-PERPETUAL"}]}, {}])
def test_a_list_that_cannot_be_read_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="an instrument list that cannot be read"):
        read_listing(given)  # type: ignore[arg-type]


def test_a_list_with_a_size_of_zero_is_refused() -> None:
    with pytest.raises(
        InputError, match="BTC-PERPETUAL: a tick, contract size or smallest amount that is not positive"
    ):
        read_listing({"result": [entry("BTC-PERPETUAL", min_trade_amount=0.0)]})


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("tick_size", "NaN", "a tick, contract size or smallest amount"),
        ("contract_size", "Infinity", "a tick, contract size or smallest amount"),
        ("min_trade_amount", "1e-400", "a tick, contract size or smallest amount"),
        ("tick_size_steps", [{"above_price": 0.005, "tick_size": -1}], "a tick, contract size or smallest amount"),
        ("maker_commission", "NaN", "commissions of NaN and 0.0004"),
        ("taker_commission", 50, "commissions of 0.0002 and 50"),
        ("creation_timestamp", 99_999_999_999_999_999, "created at 99999999999999999, which is no time"),
        ("creation_timestamp", -1, "created at -1, which is no time"),
    ],
)
def test_a_list_with_figures_of_no_contract_is_refused(key: str, value: object, text: str) -> None:
    with pytest.raises(InputError, match=f"BTC-PERPETUAL: {text}"):
        read_listing(json.dumps({"result": [entry("BTC-PERPETUAL", **{key: value})]}))


def test_only_deribits_list_is_understood() -> None:
    with pytest.raises(InputError, match="OKX: its instrument list is not understood"):
        with_listing(rules_of("okx", NOW), {"result": []})


# Deribit's instrument list as recorded on 2021-07-22, cut to one contract of each kind; see ATTRIBUTION.md beside it.
SAMPLE = Path(__file__).parents[2] / "data" / "deribit-list" / "instruments.json.gz"


def test_the_tables_agree_with_the_recorded_list() -> None:
    rules = rules_of("deribit", at("2021-07-23"))
    listing = read_listing(gzip.decompress(SAMPLE.read_bytes()))
    assert len(listing) == 16
    for name, listed in listing.items():
        contract = parse_deribit(name)
        assert listed_period(contract) == listed.period
        kind, own = f"{name}", with_listing(rules, gzip.decompress(SAMPLE.read_bytes()))
        fee, sizes = rules.fee(contract, period=listed.period), rules.sizes(contract)
        assert (fee.maker, fee.taker) == (listed.maker, listed.taker), kind
        assert (sizes.tick, sizes.lot, sizes.contract_size) == (listed.tick, listed.lot, listed.contract_size), kind
        assert own.sizes(contract).steps == ()
        assert isinstance(own.sizes(contract), TradedSizes)
        assert own.fee(contract).premium_cap == fee.premium_cap


def test_a_line_can_end() -> None:
    line = rules_of("deribit", NOW).sizes(CALL)
    ended = msgspec.structs.replace(line, valid_until=dt.date(2024, 1, 1))
    assert ended.holds(dt.date(2023, 12, 31))
    assert not ended.holds(dt.date(2024, 1, 1))
    assert VenueTables(name="x", size=(ended,)).size == (ended,)
    assert rules_of("deribit", NOW + DAY_NS).at_ns == NOW + DAY_NS
