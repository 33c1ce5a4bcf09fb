"""What a venue's terms in a study do: latency, rules, order books, gas; both drivers and a replay agree."""

# ruff: noqa: E501  (a table of cases reads best with one case a line)

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hedgerow as hr
from command_line import hedgerow
from hedgerow.backtesting.market_tape import latency_of
from hedgerow.config.study_latency import ConstantDelay, ExponentialDelay, LogNormalDelay, QuantileDelay
from hedgerow.report.backtest import BacktestReport
from hedgerow.report.render_backtest import backtest_text
from hedgerow.venues.latency import samples
from studies import SIX_HOURS, band, changed, grid, load, policies, study_text

DEPTH = Path(__file__).parents[2] / "data" / "l2" / "btcusd_perp_2024-08-08.parquet"
BOOK = f"""
base = "BTC"
numeraire = "USD"
start = 2024-08-08T23:54:17Z
end = 2024-08-08T23:56:17Z
[[account]]
name = "exchange"
balances = {{ BTC = 10.0 }}
[[instrument]]
name = "BTC-PERPETUAL"
venue = "book"
account = "exchange"
lot = 10.0
depth = "{DEPTH}"
tick = 0.1
depth_unit = 10.0
taker_fee = 0.0005
[[policy]]
kind = "delta_tolerance"
tolerance = 0.002
[hedge]
order_timeout_s = 5.0
[report]
interval_s = 10.0
"""
DELAYS = """orders = { distribution = "lognormal", median_ms = 40.0, sigma = 0.5, least_ms = 5.0 }
reports = { distribution = "exponential", least_ms = 20.0, extra_ms = 10.0 }
data = { distribution = "quantiles", probabilities = [0.0, 0.5, 1.0], quantiles_ms = [1.0, 3.0, 400.0] }
"""
RULES = ("taker_fee = 0.0005", 'rules = "deribit"')


def inverse(text: str, *edits: tuple[str, str]) -> str:
    """Trade the coin-margined perpetual: the one whose ticks and lots are on file."""
    return changed(
        text, ('name = "ETH_USDC-PERPETUAL"', 'name = "ETH-PERPETUAL"'), ("lot = 0.001", "lot = 1.0"), *edits
    )


def agreed(capsys: pytest.CaptureFixture[str], folder: Path, text: str) -> dict[str, Any]:
    """Run a study by the command line with both drivers, and replay it from its journal; return its JSON."""
    study = load(folder, text)
    jumped = hedgerow(capsys, ["backtest", study.file, "--json"])
    assert jumped.code == 0, jumped.err
    walked = hedgerow(capsys, ["backtest", study.file, "--json", "--journal", folder / "journal"])
    assert walked.code == 0, walked.err
    one, other = json.loads(jumped.out), json.loads(walked.out)
    assert one["policies"] == other["policies"]
    assert (one["driver"], other["driver"]) == ("skip-ahead", "event loop")
    for journal in sorted((folder / "journal").iterdir()):
        again = hedgerow(capsys, ["replay", journal, "--verify"])
        assert again.code == 0, again.err
    result: dict[str, Any] = one
    return result


def input_of(report: dict[str, Any], name: str) -> str:
    return str(next(item["detail"] for item in report["inputs"] if item["name"] == name))


def run(folder: Path, text: str) -> BacktestReport:
    return hr.backtest(load(folder, text))


# Latency.


@pytest.mark.parametrize(
    ("delay", "median_ms", "mean_ms"),
    [
        (ConstantDelay(ms=7.0), 7.0, 7.0),
        (ExponentialDelay(least_ms=20.0, extra_ms=10.0), 20.0 + 10.0 * np.log(2.0), 30.0),
        (LogNormalDelay(median_ms=40.0, sigma=0.5, least_ms=5.0), 45.0, 5.0 + 40.0 * np.exp(0.125)),
        (QuantileDelay(probabilities=(0.0, 0.5, 1.0), quantiles_ms=(1.0, 3.0, 400.0)), 3.0, 0.5 * 2.0 + 0.5 * 201.5),
    ],
)
def test_a_stated_distribution_is_drawn_as_it_says(delay: Any, median_ms: float, mean_ms: float) -> None:
    drawn = samples(latency_of(delay), np.random.default_rng(1), 100_000) * 1e-6
    assert float(np.median(drawn)) == pytest.approx(median_ms, rel=0.02)
    assert float(drawn.mean()) == pytest.approx(mean_ms, rel=0.02)
    assert delay.mean_ms == pytest.approx(mean_ms, rel=1e-12)


def test_a_constant_distribution_is_the_old_key(tmp_path: Path) -> None:
    text = changed(study_text(), *SIX_HOURS, ("jitter_ms = 50.0", ""))
    plain = run(tmp_path, policies(text, band(0.5)))
    stated = text
    for key in ("data", "orders", "reports"):
        old = next(line for line in text.splitlines() if line.startswith(f"{key}_ms"))
        ms = old.partition("=")[2]
        stated = changed(stated, (old, f'{key} = {{ distribution = "constant", ms = {ms} }}'))
    assert run(tmp_path, policies(stated, band(0.5))).policies[0].path.tolist() == plain.policies[0].path.tolist()


def test_distributions_of_every_kind_run_with_both_drivers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = changed(study_text(), *SIX_HOURS)
    head, tail = text.index("[latency]"), text.index("[", text.index("[latency]") + 1)
    text = text[:head] + f"[latency]\n{DELAYS}\n" + text[tail:]
    report = agreed(capsys, tmp_path, policies(text, band(0.5), grid(600.0)))
    assert "orders lognormal, mean 50.3259 ms" in input_of(report, "latency")
    other = run(tmp_path, policies(changed(text, ("seed = 7", "seed = 8")), band(0.5))).policies[0]
    assert other.decisions_hash != report["policies"][0]["decisions_hash"]


# The venue's tables.


def test_fees_ticks_and_limits_are_the_venues(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = policies(inverse(changed(study_text(), *SIX_HOURS)), band(0.5))
    stated = run(tmp_path, text).policies[0]
    report = agreed(capsys, tmp_path, changed(text, RULES))
    assert report["policies"][0]["pnl"] == stated.pnl  # 0.05 % is what the table says
    assert input_of(report, "rules of ETH-PERPETUAL") == "not on file at deribit: price limit; nothing is asked for"
    slipping = changed(
        text, RULES, ('rules = "deribit"', 'rules = "deribit"\nmax_slippage = 0.002\nprice_limit = 0.01')
    )
    assert run(tmp_path, slipping).policies[0].rejects == {}, "limits lie on the venue's ticks"


def test_an_order_beyond_its_own_limit_is_refused(tmp_path: Path) -> None:
    text = policies(inverse(changed(study_text(), *SIX_HOURS)), band(0.5))
    tight = changed(text, RULES, ('rules = "deribit"', 'rules = "deribit"\nmax_slippage = 0.00001'))
    policy = run(tmp_path, tight).policies[0]
    assert set(policy.rejects) == {"the price is beyond the limit"}
    assert policy.orders == 0


def test_funding_follows_from_the_venues_rule(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The market stands 0.1 % above the index all the time: every 8 hours 0.1 % - 0.025 % of what is held."""
    start, hours = dt.datetime(2023, 8, 15, tzinfo=dt.UTC), 9
    stamps = [start + i * dt.timedelta(minutes=1) for i in range(60 * hours)]
    for name, price in (("price", 2002.0), ("index", 2000.0)):
        columns = {"ts": pa.array(stamps, pa.timestamp("us", tz="UTC")), "close": [price] * len(stamps)}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    text = """
base = "ETH"
numeraire = "ETH"
start = 2023-08-15T00:00:00Z
end = 2023-08-15T09:00:00Z
data.price = { file = "price.parquet", column = "close" }
data.index = { file = "index.parquet", column = "close" }
account = [{ name = "exchange", balances = { ETH = 10.0 } }]
policy = [{ kind = "time_grid", every_s = 3600.0 }]
hedge = { delta = 4.0 }
margin = { rules_at = 2024-01-01T00:00:00Z }
[[instrument]]
name = "ETH-PERPETUAL"
venue = "quoted"
account = "exchange"
lot = 1.0
half_spread = 0.0
rules = "deribit"
funding = "rule"
funding_cap = 0.005
"""
    report = agreed(capsys, tmp_path, text)
    policy = report["policies"][0]
    # Long 4 x 2002 USD less coins' own delta in coins: none. Held from 00:01 to 09:00, booked at full hours.
    held = policy["final_position"]
    expected = held / 2000.0 * (0.001 - 0.00025) * (8.0 + 59.0 / 60.0) / 8.0
    assert policy["cost"]["funding"] == pytest.approx(expected, rel=1e-9)
    assert input_of(report, "funding of ETH-PERPETUAL").startswith("by the rule of deribit")


# Order books.


def test_an_order_that_is_larger_than_the_best_level_walks_the_book(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report = agreed(capsys, tmp_path, BOOK)
    policy = report["policies"][0]
    table = pq.read_table(DEPTH).to_pylist()
    first = next(i for i in range(1, len(table)) if table[i]["ts"] != table[0]["ts"])
    bids = sorted(((row["price"], row["quantity"]) for row in table[:first] if row["kind"] == "bid"), reverse=True)
    asks = [row["price"] for row in table[:first] if row["kind"] == "ask"]
    left = -policy["final_position"]
    assert policy["fills"] > 1
    assert left > 10.0 * bids[0][1]
    mid = 0.5 * (bids[0][0] + min(asks))
    paid = 0.0
    for price, quantity in bids:
        size = min(left, 10.0 * quantity)
        paid += size * 10.0 * (1.0 / price - 1.0 / mid)
        left -= size
    fees = abs(policy["final_position"]) * 10.0 * 0.0005
    assert policy["cost"]["fees"] == pytest.approx(fees, rel=1e-3)
    assert policy["cost"]["spread"] == pytest.approx(paid * mid, rel=0.05)
    assert "taker fee 5 bp" in input_of(report, "trades of BTC-PERPETUAL")


def test_a_post_waits_in_the_queue_and_what_got_nothing_is_taken(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    post = changed(BOOK, ("taker_fee = 0.0005", "taker_fee = 0.0005\nmaker_fee = 0.0002\npost = true"))
    report = agreed(capsys, tmp_path, changed(post, ("[hedge]", f"[latency]\n{DELAYS}[hedge]")))
    taken, made = run(tmp_path, BOOK).policies[0], report["policies"][0]
    assert made["cost"]["spread"] < taken.costs.spread, "who waits does not cross the spread"
    assert made["cost"]["fees"] == pytest.approx(made["turnover"] * 0.0002, rel=0.01)
    # Nobody reaches the front of the queue within a millisecond.
    late = changed(post, ("order_timeout_s = 5.0", "order_timeout_s = 0.001"))
    (hurried,) = run(tmp_path, late).policies
    assert hurried.costs.fees == pytest.approx(hurried.turnover * 0.0005, rel=0.01)


# On a chain.


def bid(priority: float, inclusion: str, most: float = 500.0) -> tuple[str, str]:
    table = f"[instrument.gas]\npriority_gwei = {priority}\nmax_fee_gwei = {most}\nrevert_units = 50_000\ninclusion = {inclusion}\n"
    return "[[policy]]", f"{table}\n[[policy]]"


def onchain() -> str:
    hours = ("end = 2023-08-17T00:00:00Z", "end = 2023-08-14T06:00:00Z")
    text = policies(changed(study_text("onchain.toml"), hours), band(1.0))
    head, tail = text.index("[data.gas]"), text.index("[[liquidity]]")
    return changed(text[:head] + text[tail:], ("max_gap_s = 600.0", "max_gap_s = 600.0\ngas_gwei = 30.0"))


def test_priority_is_paid_on_top_of_the_base_fee(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plain = run(tmp_path, onchain()).policies[0]
    report = agreed(capsys, tmp_path, changed(onchain(), bid(3.0, "[[0.0, 1.0]]")))
    policy = report["policies"][0]
    assert policy["trades"] == plain.orders > 0
    assert policy["cost"]["gas"] == pytest.approx(plain.costs.gas * 33.0 / 30.0, rel=1e-9)
    assert "bids 3 gwei of priority" in next(
        item["detail"] for item in report["inputs"] if item["name"].startswith("swaps")
    )


def test_a_low_bid_waits_for_a_block_that_takes_it(tmp_path: Path) -> None:
    text = changed(onchain(), ("order_timeout_s = 120.0", "order_timeout_s = 36.0"))
    sure = run(tmp_path, changed(text, bid(3.0, "[[0.0, 1.0]]"))).policies[0]
    low = run(tmp_path, changed(text, bid(3.0, "[[0.0, 0.1], [5.0, 1.0]]"))).policies[0]
    assert low.sent > sure.sent, "in three blocks, a tenth of a chance in each, few are taken"
    assert low.orders > 0
    never = run(tmp_path, changed(text, bid(3.0, "[[0.0, 1.0]]", most=20.0))).policies[0]
    assert never.orders == 0, "the base fee of 30 gwei is above what is bid"
    assert Decimal(never.costs.gas) == 0


# Refusals.


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        (
            "study",
            [("[latency]", '[latency]\norders = { distribution = "lognormal", median_ms = 40.0 }')],
            r"latency.orders.sigma: required key is missing; add it",
        ),
        (
            "study",
            [("[latency]", '[latency]\norders = { distribution = "gamma", ms = 40.0 }')],
            r"latency.orders.distribution: .*there is constant, exponential, lognormal, quantiles",
        ),
        (
            "study",
            [("[latency]", '[latency]\norders = { distribution = "constant", ms = -1.0 }')],
            r"latency.orders.ms: cannot be -1.0; give milliseconds",
        ),
        (
            "study",
            [("[latency]", '[latency]\ndata = { distribution = "constant", ms = 1.0 }')],
            r"latency.data_ms: stands beside latency.data; keep one",
        ),
        (
            "study",
            [
                (
                    "[latency]",
                    '[latency]\norders = { distribution = "quantiles", probabilities = [0.1, 1.0], quantiles_ms = [1.0, 2.0] }',
                )
            ],
            r"latency.orders.probabilities: .*; let them rise from 0 to 1",
        ),
        ("study", [("taker_fee = 0.0005", "")], r"instrument\[0\].taker_fee: is missing; state it, or name the venue"),
        (
            "study",
            [("taker_fee = 0.0005", 'rules = "derbit"')],
            r"instrument\[0\].rules: no tables of 'derbit' are on file; there is .*deribit",
        ),
        (
            "study",
            [("taker_fee = 0.0005", 'rules = "deribit"\nfee_tier = "vip"')],
            r"instrument\[0\].fee_tier: Deribit: no fee tier 'vip' for ETH_USDC-PERPETUAL; use base",
        ),
        (
            "study",
            [("taker_fee = 0.0005", 'taker_fee = 0.0005\nfee_tier = "vip"')],
            r"instrument\[0\].fee_tier: stands without rules",
        ),
        (
            "study",
            [("taker_fee = 0.0005", 'rules = "paradex"')],
            r"instrument\[0\].taker_fee: Paradex: the fee of ETH_USDC-PERPETUAL.*not on file; state it",
        ),
        (
            "study",
            [("taker_fee = 0.0005", "taker_fee = 0.0005\nprice_limit = 0.01\nmax_slippage = 0.02")],
            r"instrument\[0\].max_slippage: is 0.02, beyond the venue's price limit of 0.01; ",
        ),
        ("study", [("taker_fee = 0.0005", "taker_fee = 0.0005\ntick = 0.0")], r"instrument\[0\].tick: is 0; "),
        (
            "inverse",
            [("taker_fee = 0.0005", 'rules = "deribit"'), ("lot = 1.0", "lot = 0.5")],
            r"instrument\[0\].lot: is 0.5, and the venue's lot 1; give a multiple",
        ),
        (
            "study",
            [("taker_fee = 0.0005", 'rules = "deribit"\nfunding = "rule"')],
            r"instrument\[0\].funding: has no index; name \[data.index\]",
        ),
        (
            "study",
            [("taker_fee = 0.0005", "taker_fee = 0.0005\nfunding_cap = 0.005")],
            r"instrument\[0\].funding_cap: stands alone",
        ),
        (
            "study",
            [("taker_fee = 0.0005", 'taker_fee = 0.0005\nfunding = "rules"')],
            r"instrument\[0\].funding: .*write recorded or rule",
        ),
        (
            "inverse",
            [
                ("taker_fee = 0.0005", 'rules = "deribit"\nfunding = "rule"'),
                (
                    "[data.funding]",
                    '[data.index]\nfile = "{price}"\ncolumn = "WETH"\n[margin]\nrules_at = 2024-01-01T00:00:00Z\n[data.funding]',
                ),
            ],
            r"instrument\[0\].funding_cap: is missing: .*; state it",
        ),
        (
            "book",
            [("tick = 0.1", "tick = 0.3")],
            r"instrument\[0\].depth: prices, tick 0.3: not every row is a multiple",
        ),
        (
            "book",
            [(str(DEPTH), "nowhere.parquet")],
            r"instrument\[0\].depth: no such file as .*nowhere.parquet; check its path",
        ),
        (
            "book",
            [("start = 2024-08-08", "start = 2024-08-07"), ("end = 2024-08-08", "end = 2024-08-07")],
            r"instrument\[0\].depth: shows no bid and ask in these days; it holds no row|instrument\[0\].depth: shows no bid and ask in these days; it covers from",
        ),
        (
            "book",
            [("taker_fee = 0.0005", "taker_fee = 0.0005\npost = true")],
            r"instrument\[0\].maker_fee: is missing beside post = true; ",
        ),
        (
            "book",
            [("taker_fee = 0.0005", 'taker_fee = 0.0005\nqueue = "fast"')],
            r"instrument\[0\].queue: .*write conservative or proportional",
        ),
        (
            "chain",
            [bid(3.0, "[[0.0, 1.0]]", most=2.0)],
            r"instrument\[0\].gas.priority_gwei: is above max_fee_gwei of 2; ",
        ),
        ("chain", [bid(3.0, "[[0.0, 0.9], [2.0, 0.5]]")], r"instrument\[0\].gas.inclusion: cannot be; give pairs"),
        ("chain", [bid(3.0, "[]")], r"instrument\[0\].gas.inclusion: cannot be; give pairs"),
    ],
)
def test_a_bad_key_is_named_with_its_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, edits: list[tuple[str, str]], expected: str
) -> None:
    if text == "book":
        whole = BOOK
    elif text == "chain":
        whole = onchain()
    else:
        whole = study_text() if text == "study" else inverse(study_text())
    price = str(hr.example("lp-2023-08-13") / "price.parquet")
    path = tmp_path / "study.toml"
    path.write_text(changed(whole, *((old, new.replace("{price}", price)) for old, new in edits)))
    ran = hedgerow(capsys, ["backtest", path])
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.strip().splitlines()
    assert re.search(r"study.toml:?\d*: " + expected, line), line


# Transfers.

MOVED = f"""
base = "ETH"
numeraire = "USD"
start = 2023-08-15T00:00:00Z
end = 2023-08-15T06:00:00Z
transfer_fees = {{ ETH = 0.25 }}
latency = {{ transfer_s = 1800.0, reports_ms = 100.0 }}
data.price = {{ file = "{hr.example("lp-2023-08-13") / "price.parquet"}", column = "WETH" }}
account = [{{ name = "exchange", balances = {{ ETH = 1.0 }} }}, {{ name = "wallet", balances = {{ ETH = 9.0 }} }}]
policy = [{{ kind = "unhedged" }}]
transfer = [{{ at = 2023-08-15T01:00:00Z, source = "wallet", target = "exchange", currency = "ETH", amount = 4.0 }}]
[[instrument]]
name = "ETH-PERPETUAL"
venue = "quoted"
account = "exchange"
lot = 1.0
half_spread = 0.0001
taker_fee = 0.0005
"""


def test_a_transfer_arrives_later_and_less_its_fee(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report = agreed(capsys, tmp_path, MOVED)
    policy = report["policies"][0]
    held = {account["name"]: account["balances"]["ETH"] for account in policy["accounts"]}
    assert held == {"exchange": 1.0 + 4.0 - 0.25, "wallet": 5.0}
    (last,) = (account["equity"] for account in policy["accounts"] if account["name"] == "wallet")
    assert policy["cost"]["fees"] == pytest.approx(0.25 * last / 5.0, rel=1e-12)
    alone = hr.backtest(load(tmp_path, changed(MOVED, ("ETH = 0.25", "ETH = 0.0")))).policies[0]
    assert policy["pnl"] == pytest.approx(alone.pnl - policy["cost"]["fees"], rel=1e-9)


def test_money_that_has_not_arrived_by_the_end_is_on_its_way(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    late = changed(MOVED, ("transfer_s = 1800.0", "transfer_s = 1000000.0"))
    policy = agreed(capsys, tmp_path, late)["policies"][0]
    found = {one["name"]: (one["balances"], one["in_transit"]) for one in policy["accounts"]}
    assert found == {"exchange": ({"ETH": 1.0}, {}), "wallet": ({"ETH": 5.0}, {"ETH": 4.0})}
    assert policy["cost"]["fees"] == 0.0
    text = backtest_text(run(tmp_path, late))
    assert "unhedged: 4 ETH from wallet is on its way at the end" in text


def test_what_is_not_there_is_not_moved(tmp_path: Path) -> None:
    policy = run(tmp_path, changed(MOVED, ("amount = 4.0", "amount = 40.0"))).policies[0]
    assert policy.alerts == 1
    assert policy.accounts.accounts[1].balances == {"ETH": 9.0}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'source = "wallet"',
            'source = "safe"',
            r"transfer\[0\].source: no account is called 'safe'; add an \[\[account\]\]",
        ),
        (
            'target = "exchange"',
            'target = "wallet"',
            r"transfer\[0\].target: is wallet, where the money is; name another",
        ),
        ("amount = 4.0", "amount = 0.2", r"transfer\[0\].amount: is 0.2; give more than its fee of 0.25"),
        ("at = 2023-08-15T01", "at = 2023-08-16T01", r"transfer\[0\].at: is outside of the study's days; "),
        ("amount = 4.0", "amount = -1.0", r"transfer\[0\].amount: is -1; give more than its fee of 0.25"),
        ("amount = 4.0", "amount = 1e13", r"transfer\[0\].amount: is 1e\+13; give at most 1e\+12"),
        ('currency = "ETH"', 'currency = "XRP"', r"transfer\[0\].currency: XRP has no USD rate; state it"),
        ("ETH = 0.25", "ETH = -0.25", r"transfer_fees.ETH: is -0.25; give what does not arrive, zero or more"),
        ("ETH = 0.25", "XRP = 0.25", r"transfer_fees.XRP: XRP has no USD rate; state it"),
    ],
)
def test_a_bad_transfer_is_named_with_its_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, old: str, new: str, expected: str
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(changed(MOVED, (old, new)))
    ran = hedgerow(capsys, ["backtest", path])
    assert (ran.code, ran.out) == (2, "")
    assert re.search(r"study.toml:?\d*: " + expected, ran.err), ran.err
