"""Accounts on margin in a study: hand-made worlds beside closed forms, and the example's crash."""

import datetime as dt
import math
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hedgerow as hr
from hedgerow.backtesting.labels import assumptions
from hedgerow.backtesting.margins import margin_terms, steps_of
from hedgerow.config import Study
from hedgerow.config.policy_lines import UnhedgedLine
from hedgerow.core.errors import ConfigError
from hedgerow.core.ids import AccountName
from hedgerow.report.backtest import BacktestReport, PolicyResult
from hedgerow.report.render_backtest import backtest_text
from hedgerow.venues.listings import WHOLE
from margin_studies import margin_study

START = dt.datetime(2020, 3, 10, tzinfo=dt.UTC)
EXPIRY = dt.datetime(2020, 3, 27, 8, tzinfo=dt.UTC)
STUDY = """
base = "BTC"
numeraire = "BTC"
start = 2020-03-10T00:00:00Z
end = {end}
[data]
max_gap_s = 7200.0
[data.price]
file = "price.parquet"
column = "close"
bar_s = {bar_s}
[hedge]
max_quote_age_s = 7200.0
[[account]]
name = "options"
balances = {{ BTC = {cover} }}
rule = "{rule}"
[[account]]
name = "perpetuals"
balances = {{ BTC = 0.5 }}
rule = "deribit_standard"
[[option]]
instrument = "{option}"
quantity = -2.0
vol = 0.6
account = "options"
entry_price = 0.05
delivery_fee = 0.00015
{more}
[[instrument]]
name = "BTC-PERPETUAL"
venue = "quoted"
account = "perpetuals"
lot = 1.0
half_spread = 0.0
taker_fee = 0.0005
[[policy]]
kind = "time_grid"
every_s = 3600.0
"""


UNHEDGED = UnhedgedLine(name="none")
YEAR_S = 31_536_000.0


def _study(folder: Path, prices: list[float], *, minutes: int = 60, **changes: str) -> Study:
    """Write a path of prices, one a bar, and a study of it."""
    stamps = [START + i * dt.timedelta(minutes=minutes) for i in range(len(prices))]
    table = pa.table({"ts": pa.array(stamps, pa.timestamp("us", tz="UTC")), "close": prices})
    pq.write_table(table, folder / "price.parquet")
    end = (stamps[-1] + dt.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    words = {"option": "BTC-27MAR20-8000-C", "cover": "2.0", "rule": "deribit_standard", "more": ""} | changes
    (folder / "study.toml").write_text(STUDY.format(end=end, bar_s=f"{60.0 * minutes}", **words))
    return hr.load_study(folder / "study.toml")


def _only(study: Study) -> PolicyResult:
    (policy,) = hr.backtest(study).policies
    return policy


def _black_inverse_call(spot: float, strike: float, years: float, vol: float) -> float:
    """Worth of a coin-settled call in coins, by the error function. [coins]"""
    width = vol * math.sqrt(years)
    d1 = math.log(spot / strike) / width + 0.5 * width

    def cdf(x: float) -> float:
        return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))

    return cdf(d1) - strike / spot * cdf(d1 - width)


def test_the_pnl_of_an_unhedged_option_is_the_change_of_its_worth(tmp_path: Path) -> None:
    study = _study(tmp_path, [8000.0, 7000.0, 7600.0])
    alone = msgspec.structs.replace(study, policy=(UNHEDGED,))
    policy = _only(alone)
    left_s = (EXPIRY - START).total_seconds()
    worth = [
        _black_inverse_call(spot, 8000.0, (left_s - 3600.0 * hours) / YEAR_S, 0.6)
        for hours, spot in ((1, 8000.0), (3, 7600.0))
    ]
    assert policy.pnl == pytest.approx(-2.0 * (worth[1] - worth[0]), rel=1e-12)
    assert policy.accounts.accounts[0].positions == {"BTC-27MAR20-8000-C": -2.0}
    assert policy.accounts.accounts[0].equity == pytest.approx(7600.0 * (2.0 - 2.0 * worth[1]), rel=1e-12)


@pytest.mark.parametrize(("last", "paid"), [(9000.0, 1000.0 / 9000.0), (7000.0, 0.0)])
def test_an_expiry_is_settled_at_the_average_and_the_study_goes_on(tmp_path: Path, last: float, paid: float) -> None:
    """Minute bars around 08:00 of 10 March: the average of the last half hour is the last price."""
    prices = [8000.0] * (7 * 60) + [last] * (2 * 60)
    study = _study(tmp_path, prices, minutes=1, option="BTC-10MAR20-8000-C")
    policy = _only(study)
    held = policy.accounts.accounts[0]
    fee = min(0.00015, 0.125 * paid) * 2.0
    assert held.positions == {}
    assert ("settlement" in held.flows) is (paid > 0.0)
    assert held.balances["BTC"] == pytest.approx(2.0 - 2.0 * paid - fee, abs=1e-12)
    assert policy.final_position == 0.0, "what is settled has no delta"
    assert policy.alerts == 1
    parts = policy.book + policy.hedge - policy.costs.fees - policy.costs.spread - policy.costs.funding
    assert policy.pnl == pytest.approx(parts - policy.costs.liquidation, abs=1e-12)
    equity = sum(item.equity for item in policy.accounts.accounts)
    # At the start: two coins and a half, less the two options.
    expiry = 8.0 * 3600.0 - 60.0
    start = 2.5 - 2.0 * _black_inverse_call(8000.0, 8000.0, expiry / YEAR_S, 0.6)
    assert equity / last - start == pytest.approx(policy.pnl, abs=1e-9)


def test_hourly_bars_do_not_cover_the_average_of_a_settlement(tmp_path: Path) -> None:
    study = _study(tmp_path, [8000.0] * 12, option="BTC-10MAR20-8000-C")
    with pytest.raises(ConfigError, match=r"option\[0\]\.delivery_price: is missing: .*state it"):
        hr.backtest(study)
    stated = _study(tmp_path, [8000.0] * 12, option="BTC-10MAR20-8000-C", more="delivery_price = 8_400.0")
    held = _only(stated).accounts.accounts[0]
    assert held.balances["BTC"] == pytest.approx(2.0 - 2.0 * (400.0 / 8400.0 + 0.00015), abs=1e-12)


def test_a_short_option_is_liquidated_where_its_maintenance_is_no_longer_covered(tmp_path: Path) -> None:
    """Deribit: (0.075 + mark) coins a short call, against coins that do not count what it is worth."""
    path = np.linspace(8000.0, 12_000.0, 6).tolist()
    study = _study(tmp_path, path, cover="0.5")
    policy = _only(study)
    forced = [trade for trade in policy.accounts.forced if trade.account == "options"]
    for i, spot in enumerate(path):
        at = START + (i + 1) * dt.timedelta(hours=1)
        mark = _black_inverse_call(spot, 8000.0, (EXPIRY - at).total_seconds() / YEAR_S, 0.6)
        if 2.0 * (0.075 + mark) > 0.5:
            break
    assert forced[0].at_ns == round(at.timestamp()) * 10**9
    assert forced[0].price == pytest.approx(mark, rel=1e-9)
    assert policy.accounts.margin is not None
    assert policy.accounts.margin.liquidations == len(policy.accounts.forced)
    assert policy.accounts.margin.min_distance == 0.0
    fees = sum(trade.fee for trade in policy.accounts.forced)
    assert policy.costs.liquidation >= fees * (1.0 - 1e-12)
    total = sum(item.equity for item in policy.accounts.accounts) / path[-1]
    first = _black_inverse_call(8000.0, 8000.0, (EXPIRY - START).total_seconds() / YEAR_S - 1 / 8760, 0.6)
    assert policy.pnl == pytest.approx(total - (1.0 - 2.0 * first), abs=1e-9)


def test_steps_are_those_of_what_an_account_holds(tmp_path: Path) -> None:
    """Deribit's steps are on file for coin-settled contracts alone: those of linear ones are not guessed from them."""
    study = _study(tmp_path, [8000.0, 8000.0])
    perpetuals = study.account[1]
    steps = steps_of(study, perpetuals)
    assert steps is not None
    assert (steps.whole, steps.settlement, steps.futures_fee) == (False, "inverse", 0.005)
    hedge = msgspec.structs.replace(study.instrument[0], name="BTC_USDC-PERPETUAL")
    linear = msgspec.structs.replace(study, instrument=(hedge,), rates={"USDC": 1.0})
    assert steps_of(linear, perpetuals) is None
    assert margin_terms(study)[AccountName("perpetuals")].steps == steps
    (told,) = (one.detail for one in assumptions(study) if one.name == "margin of perpetuals")
    assert told.endswith("liquidated as its venue's table says")
    later = msgspec.structs.replace(linear.margin, rules_at=dt.datetime(2023, 1, 2, tzinfo=dt.UTC))
    linear = msgspec.structs.replace(linear, margin=later)
    assert margin_terms(linear)[AccountName("perpetuals")].steps is WHOLE
    (told,) = (one.detail for one in assumptions(linear) if one.name == "margin of perpetuals")
    assert told.endswith("liquidated whole, its venue's steps are not on file")


@pytest.mark.parametrize(
    ("option", "rule", "fee"),
    [
        ("BTC-13MAR20-8000-C", "deribit_standard", 0.00015),
        ("BTC-12MAR20-8000-C", "deribit_standard", 0.0),
        ("BTC-12MAR20-8000-C", "okx", None),
    ],
)
def test_the_fee_of_a_delivery_is_the_venues_and_the_options(
    tmp_path: Path, option: str, rule: str, fee: float | None
) -> None:
    """By the tables of 2022: Friday's option pays, Thursday's is a daily one; another venue's fee is missing."""
    study = _study(tmp_path, [8000.0] * 80, option=option, rule=rule, more="delivery_price = 8_400.0")
    free = msgspec.structs.replace(study.option[0], delivery_fee=None)
    at = msgspec.structs.replace(study.margin, rules_at=dt.datetime(2022, 7, 1, tzinfo=dt.UTC))
    study = msgspec.structs.replace(study, option=(free,), margin=at)
    if fee is None:
        with pytest.raises(ConfigError, match=r"option\[0\]\.delivery_fee: is missing: OKX: .*; state it"):
            hr.backtest(study)
        return
    held = _only(study).accounts.accounts[0]
    assert held.balances["BTC"] == pytest.approx(2.0 - 2.0 * (400.0 / 8400.0 + fee), abs=1e-12)


def test_a_covered_call_is_never_liquidated(tmp_path: Path) -> None:
    path = [*np.linspace(8000.0, 30_000.0, 6).tolist(), *np.linspace(30_000.0, 3000.0, 6).tolist()]
    policy = _only(msgspec.structs.replace(_study(tmp_path, path, cover="2.2"), policy=(UNHEDGED,)))
    assert not policy.accounts.forced


@pytest.fixture(scope="module")
def crash() -> dict[bool, BacktestReport]:
    """The hours of the crash in the example, by both drivers."""
    study = margin_study("hedged at 10x", "hedged, leverage chosen")
    return {every: hr.backtest(study, every_event=every) for every in (False, True)}


def test_the_crash_liquidates_high_leverage_and_spares_the_chosen_one(crash: dict[bool, BacktestReport]) -> None:
    ten, chosen = crash[False].policies
    assert not chosen.accounts.forced
    assert ten.accounts.margin is not None
    assert ten.accounts.margin.bankrupt
    assert ten.accounts.forced[0].to_dict()["time"] == "2020-03-12T11:00:00.000Z"
    assert ten.accounts.shortfall > 0.0
    assert ten.final_position == 0.0
    assert ten.rejects["not enough margin"] > 0
    assert 1.0 < chosen.accounts.leverage < 3.0
    assert 0.0 < chosen.accounts.liquidation_probability < 0.05


def test_both_drivers_report_the_same(crash: dict[bool, BacktestReport]) -> None:
    skipped, looped = (crash[every].to_dict() for every in (False, True))
    assert skipped.pop("driver") != looped.pop("driver")
    assert skipped == looped


def test_a_leverage_is_the_notional_of_the_neutral_hedge_over_the_collateral() -> None:
    policy = _only(margin_study("hedged at 5x", hours=(START, START.replace(hour=3))))
    (first,) = [item.start["BTC"] for item in policy.accounts.accounts if item.name == "perpetuals"]
    rows = pq.read_table(hr.example("btc-2020-03-12") / "price.parquet").to_pylist()
    spot = next(row["close"] for row in rows if row["ts"] == START)
    years = (EXPIRY - START).total_seconds() / YEAR_S - 1 / 8760

    def worth(price: float) -> float:
        return _black_inverse_call(price, 7500.0, years, 0.6)

    step = 1e-5
    delta = (worth(spot * (1 + step)) - worth(spot * (1 - step))) / (2 * step)  # S·dV/dS of a coin-settled call
    assert 5.0 * first == pytest.approx(delta, rel=1e-6)
    assert policy.accounts.leverage == 5.0


def test_a_journal_of_liquidations_and_settlements_replays(tmp_path: Path) -> None:
    study = margin_study("hedged at 10x")
    hr.backtest(study, journal=tmp_path / "journal")
    (folder,) = (tmp_path / "journal").iterdir()
    assert hr.replay(folder).divergence is None


def test_balances_of_a_policy_take_the_place_of_the_studys(tmp_path: Path) -> None:
    study = _study(tmp_path, [8000.0, 8100.0])
    line = msgspec.structs.replace(study.policy[0], balances={"perpetuals": {"BTC": 3.0}})
    policy = _only(msgspec.structs.replace(study, policy=(line,)))
    assert [item.start for item in policy.accounts.accounts] == [{"BTC": 2.0}, {"BTC": 3.0}]


def test_the_report_names_who_was_liquidated(crash: dict[bool, BacktestReport]) -> None:
    from hedgerow.report.render_backtest import backtest_text

    text = backtest_text(crash[False])
    assert "hedged at 10x: perpetuals was liquidated at 2020-03-12T11:00Z: " in text
    assert " BTC-PERPETUAL, at 5,978.08" in text
    assert "hedged at 10x: that was not enough: at the price of then its venue is owed " in text
    assert "hedged, leverage chosen: a leverage of 2." in text
    assert "margin of perpetuals" in text
    assert "unlimited: an account may run below zero" not in text


def test_losses_limited_to_what_the_accounts_held() -> None:
    """A debt in coins is the same number of coins at any price."""
    report = hr.backtest(margin_study("hedged at 10x"))
    (policy,) = report.policies
    owed = -policy.accounts.accounts[1].balances["BTC"]
    assert owed > 0.0
    assert policy.forgiven == pytest.approx(owed, rel=1e-12)
    assert policy.to_dict()["pnl_limited"] == pytest.approx(policy.pnl + owed, rel=1e-12)
    assert policy.remark == "bankrupt"
    text = " ".join(backtest_text(report).split())
    assert f"It owes {owed:.4f} BTC at the end" in text
    assert f"if the venue bears them, its P&L is {policy.pnl + owed:.4f}" in text
    assert sum(policy.alert_texts.values()) == policy.alerts
    assert "1 alert: perpetuals was liquidated" in text


def test_an_account_that_is_short_from_the_first_look_is_marked(tmp_path: Path) -> None:
    """Two calls at the money ask for 0.15 coins and their mark each; a tenth of a coin lies behind them."""
    report = hr.backtest(_study(tmp_path, [8000.0, 8000.0, 8000.0], cover="0.1"))
    (policy,) = report.policies
    mark = _black_inverse_call(8000.0, 8000.0, ((EXPIRY - START).total_seconds() - 3600.0) / YEAR_S, 0.6)
    used = policy.accounts.accounts[0].margin
    assert used is not None
    assert used.opening_share == pytest.approx(2.0 * (0.15 + mark) / 0.1, rel=1e-6)
    assert policy.remark in ("liquidated", "bankrupt")
    assert "above what covers it from the first look on" in " ".join(backtest_text(report).split())


def test_a_leverage_that_the_rule_does_not_open_is_refused() -> None:
    study = margin_study("hedged at 5x")
    line = msgspec.structs.replace(study.policy[0], leverage=500.0)
    with pytest.raises(
        ConfigError, match=r"policy\[0\].leverage: is 500, and deribit_standard opens .* at 99\.\d+ at most"
    ):
        hr.backtest(msgspec.structs.replace(study, policy=(line,)))


def test_a_rule_without_a_table_is_told_first_and_at_the_account(tmp_path: Path) -> None:
    study = _study(tmp_path, [8000.0, 8000.0], rule="paradex")
    said = (
        r"account\[0\].rule: no table of 'paradex' for BTC on 2020-03-10: the first on file holds from 2026-01-01, "
        r"and the table of Paradex .* does not cover inverse contracts, only linear ones; for that day there is"
    )
    with pytest.raises(ConfigError, match=said) as caught:
        hr.backtest(study)
    assert "rules_at" not in str(caught.value), "nobody is sent where the rule does not help either"
    later = msgspec.structs.replace(study.margin, rules_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(ConfigError, match=r"account\[0\].rule: .*does not cover"):
        hr.backtest(msgspec.structs.replace(study, margin=later))
