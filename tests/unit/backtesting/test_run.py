"""Whole backtests on the recorded days of the example."""

import bisect
import itertools
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

import hedgerow as hr
from hedgerow.backtesting import Session, run
from hedgerow.backtesting.fits import VolFitter
from hedgerow.backtesting.load import load_recorded
from hedgerow.backtesting.market_tape import make_tape
from hedgerow.config import Study
from hedgerow.core.instants import from_datetime
from hedgerow.core.money import Money
from hedgerow.events import RequestFit
from hedgerow.ledger import Cause
from hedgerow.report import BacktestReport
from studies import EXAMPLE, ONE_DAY, band, changed, grid, load, policies, study_text

NO_COSTS = (("half_spread = 0.0001", "half_spread = 0.0"), ("taker_fee = 0.0005", "taker_fee = 0.0"))
NO_DELAYS = (
    ("data_ms = 200.0", "data_ms = 0.0"),
    ("orders_ms = 100.0", "orders_ms = 0.0"),
    ("reports_ms = 100.0", "reports_ms = 0.0"),
    ("jitter_ms = 50.0", "jitter_ms = 0.0"),
)
NO_POOL_FEES = (("fee = 0.0005", "fee = 0.0"),)
FOUR_POLICIES = (band(2.0), band(0.5), grid(7200.0), grid(3600.0))


def day(*edits: tuple[str, str]) -> str:
    """Return the example on 15 August alone, with one policy."""
    return changed(policies(study_text(), band(1.0)), *ONE_DAY, *edits)


def run_and_look(study: Study) -> tuple[BacktestReport, list[Session]]:
    """Run a study, and return its report with what is left of each policy's run."""
    sessions: list[Session] = []

    class Seen(Session):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            sessions.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Session", Seen)
        return hr.backtest(study), sessions


def closes(file: str, column: str) -> list[float]:
    values: list[float] = pq.read_table(EXAMPLE / f"{file}.parquet").column(column).to_pylist()
    return values


def times(file: str) -> list[int]:
    """Return when each bar of a file closed. [UTC epoch ns]"""
    stamps = pq.read_table(EXAMPLE / f"{file}.parquet").column("ts").to_pylist()
    return [from_datetime(stamp) + 60 * 10**9 for stamp in stamps]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    """The example with policies that trade less often."""
    return load(folder, policies(study_text(), *FOUR_POLICIES))


@pytest.fixture(scope="module")
def whole(study: Study) -> tuple[BacktestReport, list[Session]]:
    return run_and_look(study)


@pytest.fixture(scope="module")
def report(whole: tuple[BacktestReport, list[Session]]) -> BacktestReport:
    return whole[0]


# --- the parts and the whole ---


def test_the_days_the_rows_and_the_driver_are_as_recorded(report: BacktestReport) -> None:
    assert report.events == 5759 + 5760  # rows of the pool's and the price's file
    assert report.driver == "skip-ahead"
    assert [policy.name for policy in report.policies] == ["band 2", "band 0.5", "grid 7200", "grid 3600"]
    assert [policy.kind for policy in report.policies] == ["delta_tolerance"] * 2 + ["time_grid"] * 2
    assert [(item["series"], item["fault"]) for item in report.left_out] == [("pool", "gap")]
    labels = {item["name"]: item["label"] for item in report.inputs}
    assert labels["price"] == labels["pool"] == labels["funding"] == "recorded"
    assert labels["latency"] == labels["quote of ETH_USDC-PERPETUAL"] == "assumed"


def test_pnl_is_the_sum_of_its_parts(report: BacktestReport) -> None:
    for policy in report.policies:
        costs = policy.costs
        parts = policy.book + policy.pool_fees + policy.hedge
        parts -= costs.fees + costs.spread + costs.funding + costs.gas
        assert policy.pnl == pytest.approx(parts, rel=1e-9, abs=1e-9)
        assert policy.pnl == policy.path[-1]
        assert policy.path.shape == report.sample_ns.shape
        assert policy.path[0] == pytest.approx(0.0, abs=1e-9) or policy.fills > 0
        assert policy.book + policy.pool_fees == pytest.approx(report.unhedged.pnl, rel=1e-12)


def test_every_policy_hedges_most_of_the_risk_and_pays_for_it(report: BacktestReport) -> None:
    for policy in report.policies:
        assert 0.99 < policy.variance_reduction < 1.0
        assert 1.0 - policy.variance_reduction == pytest.approx((policy.std / report.unhedged.std) ** 2, rel=1e-9)
        assert policy.costs.fees > policy.costs.spread > 0.0
        assert policy.costs.gas == 0.0
    wide, narrow, hourly, often = report.policies
    assert wide.orders < narrow.orders
    assert hourly.orders < often.orders <= 4 * 24 + 1
    assert wide.turnover < narrow.turnover


def test_fees_and_spread_are_their_share_of_the_turnover(report: BacktestReport) -> None:
    for policy in report.policies:
        assert policy.costs.fees == pytest.approx(0.0005 * policy.turnover, rel=1e-9)
        assert policy.costs.spread == pytest.approx(0.0001 * policy.turnover, rel=1e-3)


def test_the_hedges_pnl_is_what_the_venues_exact_ledger_says(whole: tuple[BacktestReport, list[Session]]) -> None:
    last = Decimal(str(closes("price", "WETH")[-1]))
    for policy, session in zip(whole[0].policies, whole[1], strict=True):
        account = session.venue.books.account("exchange")
        instrument = session.engine.settings.instrument
        gained = account.balance("USDC").amount - 50_000 + account.unsettled(instrument, last).amount
        costs = policy.costs
        measured = policy.hedge - costs.fees - costs.spread - costs.funding
        assert measured == pytest.approx(float(gained), rel=1e-9)
        assert costs.fees == pytest.approx(-float(account.flow("USDC", "fee").amount), rel=1e-9)
        assert costs.funding == pytest.approx(-float(account.flow("USDC", "funding").amount), rel=1e-9)
        assert policy.final_position == float(account.holding(instrument).quantity)
        assert session.books_agree()
        assert session.state.orders.working == {}


def test_the_book_alone_is_worth_what_the_whitepaper_says(report: BacktestReport) -> None:
    # Value of a range: L·(2·sqrt(P) - P/sqrt(upper) - sqrt(lower)), Adams et al. 2021, eqs. 6.29 and 6.30.
    prices = closes("price", "WETH")
    upper, lower = (1e12 / 1.0001**tick for tick in (200_600, 201_600))
    assert lower < min(prices) < max(prices) < upper

    def worth(price: float) -> float:
        return 5e16 * 1e-12 * (2.0 * math.sqrt(price) - price / math.sqrt(upper) - math.sqrt(lower))

    made = report.unhedged.pnl - report.unhedged.pool_fees
    assert made == pytest.approx(worth(prices[-1]) - worth(prices[0]), rel=1e-9)


def test_a_free_and_instant_hedge_leaves_only_the_gamma_between_two_minutes(folder: Path) -> None:
    text = day(*NO_COSTS, *NO_DELAYS, *NO_POOL_FEES, ("tolerance = 1.0", "tolerance = 0.005"))
    text = text[: text.index("[data.funding]")] + text[text.index("[[liquidity]]") :]
    result = hr.backtest(load(folder, text))
    policy = result.policies[0]
    assert policy.costs.fees == policy.costs.spread == policy.costs.funding == policy.pool_fees == 0.0
    # A hedge that is set at every price leaves what the range makes beyond its delta until the next price, always a
    # loss: V(q) - V(p) - (q - p)·delta(p), with delta = L·(1/sqrt(p) - 1/sqrt(upper)).
    rows = [(at, p) for at, p in zip(times("price"), closes("price", "WETH"), strict=True)]
    prices = [p for at, p in rows if result.start_ns < at <= result.end_ns]
    upper = 1e12 / 1.0001**200_600
    bent = [_range_made(p, q) - 50_000.0 * (q - p) * (p**-0.5 - upper**-0.5) for p, q in itertools.pairwise(prices)]
    assert max(bent) < 1e-6
    path = np.append(0.0, np.cumsum(bent))[[*range(0, len(prices), 60), -1]]
    assert path.shape == policy.path.shape
    left, alone = np.diff(policy.path - path), np.diff(result.unhedged.path)
    assert 1.0 - np.var(left) / np.var(alone) > 0.999
    assert policy.pnl == pytest.approx(path[-1], abs=0.02 * abs(path[-1]) + 0.5)


def test_policies_side_by_side_do_what_each_does_alone(folder: Path, study: Study, report: BacktestReport) -> None:
    assert len(study.policy) == len(FOUR_POLICIES)
    for number in (0, 2):
        alone = hr.backtest(load(folder, policies(study_text(), FOUR_POLICIES[number])))
        assert alone.policies[0].to_dict() == report.policies[number].to_dict()
        assert np.array_equal(alone.policies[0].path, report.policies[number].path)


def test_the_same_study_gives_the_same_bytes_and_another_seed_other_ones(folder: Path) -> None:
    first, again = (hr.backtest(load(folder, day())) for _ in range(2))
    other = hr.backtest(load(folder, day(("seed = 7", "seed = 8"))))
    assert first.to_dict() == again.to_dict()
    assert first.policies[0].decisions_hash != other.policies[0].decisions_hash


def test_every_event_gives_the_decisions_of_skip_ahead(folder: Path) -> None:
    quick, slow = (hr.backtest(load(folder, day()), every_event=every) for every in (False, True))
    assert slow.driver == "event loop"
    assert slow.policies[0].to_dict() == quick.policies[0].to_dict()


def test_policies_of_one_name_are_numbered(folder: Path) -> None:
    text = changed(policies(study_text(), grid(21_600.0), grid(21_600.0)), *ONE_DAY)
    assert [policy.name for policy in hr.backtest(load(folder, text)).policies] == ["grid 21600 1", "grid 21600 2"]


# --- the report for machines ---


def test_the_json_has_these_keys_and_only_finite_numbers(report: BacktestReport) -> None:
    plain: dict[str, Any] = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert set(plain) == {
        "study", "base", "numeraire", "start", "end", "driver", "events", "units", "inputs", "left_out", "unhedged",
        "policies", "sample_times",
    }  # fmt: skip
    assert set(plain["policies"][0]) == {
        "name", "kind", "instrument", "pnl", "parts", "risk", "variance_reduction", "cost", "trades", "fills",
        "orders", "path", "turnover", "rejects", "reject_reasons", "alerts", "alert_texts", "pnl_limited",
        "final_position", "decisions", "decisions_hash", "leverage", "margin", "accounts",
    }  # fmt: skip
    assert set(plain["policies"][0]["cost"]) == {"fees", "spread", "funding", "gas", "liquidation"}
    assert set(plain["policies"][0]["parts"]) == {"book", "pool_fees", "hedge"}
    assert set(plain["unhedged"]) == {"pnl", "pool_fees", "risk", "path"}
    assert plain["units"]["risk"] == "USD per 3600 s"
    assert len(plain["sample_times"]) == len(plain["policies"][0]["path"]) == len(plain["unhedged"]["path"]) == 97
    assert plain["policies"][0]["path"][-1] == plain["policies"][0]["pnl"]
    assert (plain["start"], plain["end"]) == ("2023-08-13T00:00:00.000Z", "2023-08-17T00:00:00.000Z")
    assert plain["policies"][1]["pnl"] == report.policies[1].pnl


def test_a_price_far_from_the_pools_is_left_out_or_refused(folder: Path, tmp_path: Path) -> None:
    prices = pq.read_table(EXAMPLE / "price.parquet")
    spoiled = prices["WETH"].to_pylist()
    spoiled[3000] *= 50.0
    at = prices.column_names.index("WETH")
    pq.write_table(prices.set_column(at, "WETH", [spoiled]), tmp_path / "price.parquet")
    text = day((str(EXAMPLE / "price.parquet"), str(tmp_path / "price.parquet")))
    (bad,) = (item for item in hr.backtest(load(folder, text)).left_out if item["series"] == "price")
    assert bad["fault"] == "implausible"
    assert "is far from the pool's 18" in bad["reason"]
    strict = changed(text, ('bad_rows = "skip"', 'bad_rows = "refuse"'))
    with pytest.raises(hr.ConfigError, match=r"data\.price\.file: 2023-08-15T02:00.*is far from the pool's 18"):
        hr.backtest(load(folder, strict))


def test_what_has_no_number_is_null(folder: Path) -> None:
    text = day(("[latency]", "[report]\ninterval_s = 86400.0\n[latency]"))
    plain = hr.backtest(load(folder, text)).to_dict()
    assert plain["unhedged"]["risk"]["std"] is None  # one interval has no deviation
    assert plain["policies"][0]["variance_reduction"] is None


# --- other studies ---


def test_other_days_run(folder: Path) -> None:
    result = hr.backtest(load(folder, day()))
    assert result.events == 2 * 1440
    assert result.policies[0].variance_reduction > 0.9
    made = result.unhedged.pnl - result.unhedged.pool_fees
    assert made == pytest.approx(result.policies[0].book, rel=1e-12)


def test_without_a_price_the_pools_own_is_taken(folder: Path) -> None:
    text = day()
    text = text[: text.index("[data.price]")] + text[text.index("[data.funding]") :]
    result = hr.backtest(load(folder, text))
    assert {item["name"]: item["label"] for item in result.inputs}["price"] == "derived"
    ticks = closes("pool", "closeTick")
    window = [i for i, at in enumerate(times("pool")) if result.start_ns < at <= result.end_ns]
    first, last = (1e12 / 1.0001 ** ticks[i] for i in (window[0], window[-1]))
    upper, lower = (1e12 / 1.0001**tick for tick in (200_600, 201_600))
    worth = [50_000.0 * (2.0 * math.sqrt(p) - p / math.sqrt(upper) - math.sqrt(lower)) for p in (first, last)]
    assert result.policies[0].book == pytest.approx(worth[1] - worth[0], rel=1e-9)
    assert result.policies[0].variance_reduction > 0.9


def test_in_coin_the_hedge_makes_coins_steady(folder: Path) -> None:
    result, (session,) = run_and_look(load(folder, day(('numeraire = "USD"', 'numeraire = "ETH"'))))
    assert result.to_dict()["units"]["pnl"] == "ETH"
    policy = result.policies[0]
    assert policy.variance_reduction > 0.9
    # In coin all cash is at risk: that of the range and the 50,000 USDC of the account. So coins are bought.
    assert policy.final_position > 50_000.0 / 2000.0
    account = session.venue.books.account("exchange")
    last = closes("price", "WETH")[[i for i, at in enumerate(times("price")) if at <= result.end_ns][-1]]
    gained = account.balance("USDC").amount - 50_000
    gained += account.unsettled(session.engine.settings.instrument, Decimal(str(last))).amount
    costs = policy.costs
    measured = policy.hedge - costs.fees - costs.spread - costs.funding
    assert measured == pytest.approx(float(gained) / last, rel=1e-9)


INVERSE = (
    ('name = "ETH_USDC-PERPETUAL"', 'name = "ETH-PERPETUAL"'),
    ("lot = 0.001", "lot = 1.0"),
    ("balances = { USDC = 50_000.0 }", "balances = { ETH = 20.0 }"),
)


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_an_inverse_perpetual_hedges_as_well(folder: Path, numeraire: str) -> None:
    study = load(folder, day(*INVERSE, ('numeraire = "USD"', f'numeraire = "{numeraire}"')))
    result, (session,) = run_and_look(study)
    policy = result.policies[0]
    assert policy.variance_reduction > 0.9
    account = session.venue.books.account("exchange")
    last = closes("price", "WETH")[[i for i, at in enumerate(times("price")) if at <= result.end_ns][-1]]
    gained = account.balance("ETH").amount - 20
    gained += account.unsettled(session.engine.settings.instrument, Decimal(str(last))).amount
    costs, unit = policy.costs, last if numeraire == "USD" else 1.0
    measured = policy.hedge - costs.fees - costs.spread - costs.funding
    assert measured == pytest.approx(float(gained) * unit, rel=1e-9)
    in_coin = 0.0005 * policy.turnover / last * unit  # the fee is in coin, valued at the last price
    assert costs.fees == pytest.approx(in_coin, rel=0.05)


REFIT = ("[latency]", "[refit]\nevery_s = 3600.0\nwindow_s = 14_400.0\ntakes_s = 2.0\n[latency]")


def options_only(*edits: tuple[str, str]) -> str:
    text = day(*edits)
    start, end = text.index("[[liquidity]]"), text.index("[[account]]")
    option = '[[option]]\ninstrument = "ETH-25AUG23-1900-C"\nquantity = -100.0\nvol = 0.4\n\n'
    return text[:start] + option + text[end:]


def test_a_book_of_options_is_hedged(folder: Path) -> None:
    result = hr.backtest(load(folder, options_only()))
    policy = result.policies[0]
    assert policy.variance_reduction > 0.9
    assert policy.pool_fees == 0.0
    assert policy.alerts == 0


def test_a_refitted_vol_is_the_one_that_is_hedged(folder: Path) -> None:
    result, (session,) = run_and_look(load(folder, options_only(REFIT)))
    fits = session.state.market.fits
    vol = fits["vol"].values["vol"]
    assert fits["vol"].known_ns > result.end_ns - 2 * 3600 * 10**9
    assert 0.01 < vol < 0.39
    spot = closes("price", "WETH")[bisect.bisect_right(times("price"), result.end_ns) - 1]
    years = (9 * 24 + 8) / (365 * 24)  # from the end of 15 August to 08:00 on the 25th
    d1 = (math.log(spot / 1900.0) + 0.5 * vol**2 * years) / (vol * years**0.5)
    delta = 100.0 * 0.5 * math.erfc(-d1 / 2.0**0.5)
    assert result.policies[0].final_position == pytest.approx(delta, abs=1.0 + 0.5)  # the band, and the last hour
    still = hr.backtest(load(folder, options_only()))
    assert still.unhedged.pnl == result.unhedged.pnl  # measured at the stated vol in any case
    assert still.policies[0].decisions_hash != result.policies[0].decisions_hash


def fitter(study: Study) -> VolFitter:
    return VolFitter(study, make_tape(study, load_recorded(study), study.instrument[0])[1])


def test_a_fit_sees_no_price_that_was_not_known(folder: Path) -> None:
    study = load(folder, options_only(REFIT, ("jitter_ms = 50.0", "jitter_ms = 0.0")))
    now = study.start_ns + 6 * 3600 * 10**9
    done = fitter(study)(RequestFit("vol", 5), now)
    assert (done.at_ns, done.known_ns, done.input_seq) == (now + 2 * 10**9, now + 2 * 10**9, 5)
    # Prices are known 0.2 s late.
    seen_until, seen_from = now - 200_000_000, now - 200_000_000 - 14_400 * 10**9
    bars = [
        (at, p) for at, p in zip(times("price"), closes("price", "WETH"), strict=True) if seen_from <= at <= seen_until
    ]
    squares = sum(math.log(b[1] / a[1]) ** 2 for a, b in itertools.pairwise(bars))
    years = (bars[-1][0] - bars[0][0]) / (365 * 86_400 * 10**9)
    assert done.values == {"vol": pytest.approx(math.sqrt(squares / years), rel=1e-12)}


def test_a_fit_of_too_few_prices_has_no_values(folder: Path) -> None:
    study = load(folder, options_only((REFIT[0], REFIT[1].replace("14_400", "600"))))
    done = fitter(study)(RequestFit("vol", 5), study.start_ns + 9 * 60 * 10**9)
    assert done.values == {}


@pytest.mark.parametrize("seed", [7, 8, 9])
@pytest.mark.parametrize("policy", [band(0.5), grid(1200.0)])
def test_messages_that_go_astray_leave_both_ledgers_the_same(folder: Path, seed: int, policy: str) -> None:
    faults = "[faults]\nlose_orders = 0.2\nlose_reports = 0.2\ndouble_reports = 0.2\nlate = 0.1\n[latency]"
    text = changed(policies(study_text(), policy), *ONE_DAY, ("[latency]", faults), ("seed = 7", f"seed = {seed}"))
    result, (session,) = run_and_look(load(folder, text))
    assert session.books_agree()
    assert session.state.orders.working == {}
    assert session.state.orders.impossible == 0
    assert session.venue.executions
    assert result.policies[0].variance_reduction > 0.8


def test_small_displayed_sizes_are_filled_in_parts(folder: Path) -> None:
    text = day(("taker_fee = 0.0005", "taker_fee = 0.0005\ndisplayed = 0.5"))
    result, (session,) = run_and_look(load(folder, text))
    assert result.policies[0].fills > result.policies[0].orders
    assert max(abs(got.lots) for _, _, got in session.venue.executions) == 500
    assert session.books_agree()


@pytest.mark.parametrize(("currency", "cause"), [("USDC", "fee"), ("USDC", "trade"), ("ETH", "gas")])
def test_a_difference_of_a_millionth_between_the_ledgers_is_seen(folder: Path, currency: str, cause: Cause) -> None:
    _, (session,) = run_and_look(load(folder, day()))
    assert session.books_agree()
    ledger = session.state.ledger
    moved = ledger.account("exchange").move(Money.of("0.000001", currency), cause)
    session.state = msgspec.structs.replace(session.state, ledger=ledger.put("exchange", moved))
    assert not session.books_agree()


# --- on the chain ---


@pytest.fixture(scope="module")
def chain(folder: Path) -> tuple[BacktestReport, list[Session]]:
    return run_and_look(load(folder, policies(study_text("onchain.toml"), band(5.0), grid(21_600.0))))


def test_gas_is_what_the_blocks_charge(chain: tuple[BacktestReport, list[Session]]) -> None:
    closed, gwei = times("gas"), closes("gas", "gas_price")
    for policy, session in zip(chain[0].policies, chain[1], strict=True):
        swaps = [at for at, _, _ in session.venue.executions]
        coins = 0.0
        for at in swaps + [at for at, _ in session.venue.wasted_gas]:
            assert at % (12 * 10**9) == 0
            coins += 107_000 * gwei[bisect.bisect_right(closed, at) - 1] * 1e-9
        account = session.venue.books.account("wallet")
        assert coins == pytest.approx(-float(account.flow("ETH", "gas").amount), rel=1e-9)
        assert policy.costs.gas == pytest.approx(coins * closes("price", "WETH")[-1], rel=1e-9)
        assert policy.fills == len(swaps) > 0


def test_the_first_swap_costs_the_gas_of_its_minute(chain: tuple[BacktestReport, list[Session]]) -> None:
    at, _, got = chain[1][0].venue.executions[0]
    # It is in the block of 19:08:12 on 15 August. The bar of 19:07 is the last whole one: 92.92752751653572 gwei, so
    # 107,000 units are 0.00994324544426932204 ETH. The next one says 429.63 gwei, but nobody could know it.
    assert at == chain[0].start_ns + ((24 + 19) * 3600 + 8 * 60 + 12) * 10**9
    assert float(got.gas) == pytest.approx(0.00994324544426932204, rel=1e-12)


def test_a_swaps_pnl_is_what_the_venues_exact_ledger_says(chain: tuple[BacktestReport, list[Session]]) -> None:
    report, sessions = chain
    last = closes("price", "WETH")[-1]
    first = closes("price", "WETH")[bisect.bisect_right(times("price"), report.start_ns)]
    for policy, session in zip(report.policies, sessions, strict=True):
        account = session.venue.books.account("wallet")
        gained = float(account.balance("USDC").amount - 70_000) + float(account.balance("ETH").amount - 32) * last
        costs = policy.costs
        assert policy.hedge - costs.fees - costs.spread - costs.gas == pytest.approx(gained, rel=1e-9)
        assert policy.book == pytest.approx(_range_made(first, last) + 32.0 * (last - first), rel=1e-9)


def _range_made(first: float, last: float) -> float:
    upper, lower = (1e12 / 1.0001**tick for tick in (200_600, 201_600))
    values = [50_000.0 * (2.0 * math.sqrt(p) - p / math.sqrt(upper) - math.sqrt(lower)) for p in (first, last)]
    return values[1] - values[0]
