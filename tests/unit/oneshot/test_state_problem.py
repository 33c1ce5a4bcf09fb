"""From a desk to the problem: targets by expiry, what is left open, accounts, scenarios; and its answers."""

import re
import sys
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy.stats import norm

import hedgerow as hr
from hedgerow.config import AccountTerms, ContractTerms, Margin, Measure, ScenarioTerms
from hedgerow.config.contract_terms import VenueTerms
from hedgerow.config.desk import PositionLine
from hedgerow.hedging import HedgeProblem
from hedgerow.instruments import expiry_of, parse_deribit
from hedgerow.market import Quote
from hedgerow.oneshot.compile_desk import compile_desk
from hedgerow.oneshot.holdings import Holdings, positions_held
from hedgerow.oneshot.limits import MARGIN_SPOTS, MARGIN_VOLS, account_limits
from hedgerow.oneshot.resolve import HedgeInstrument, hedge_instruments
from hedgerow.oneshot.trades import compile_trades

FOLDER = hr.example("eth-2024-01-08")
PERPETUAL, NEAR, CALL, PUT, FAR = hr.load_desk(FOLDER / "desk.toml").hedge.instruments
INDEX = hr.load_snapshot(FOLDER).index_price


def desk_with(**hedge: Any) -> hr.Desk:
    """The example desk with other settings under [hedge]."""
    desk = hr.load_desk(FOLDER / "desk.toml")
    return msgspec.structs.replace(desk, hedge=msgspec.structs.replace(desk.hedge, **hedge))


def problem_of(monkeypatch: pytest.MonkeyPatch, desk: hr.Desk, **given: Any) -> tuple[HedgeProblem, hr.Ticket]:
    """The problem that a desk states, and its ticket."""
    module = sys.modules["hedgerow.oneshot.kept_margins"]

    seen: list[HedgeProblem] = []
    plan = module.plan_hedge

    def spy(problem: HedgeProblem) -> Any:
        seen.append(problem)
        return plan(problem)

    monkeypatch.setattr(module, "plan_hedge", spy)
    ticket = hr.hedge(desk, hr.load_snapshot(FOLDER), **given)
    return seen[-1], ticket


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_targets_by_expiry_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch, numeraire: str) -> None:
    desk = hr.load_desk(FOLDER / "desk.toml")
    expiries = sorted({line.instrument.split("-")[1] for line in desk.position if line.instrument[-1] in "CP"})
    wide = (-1e12, 1e12)
    for greek in ("vega_per_volpoint", "vanna_per_volpoint", "volga_per_volpoint"):
        neutral = {greek: wide} | {f"{greek}@{expiry}": wide for expiry in expiries}
        problem, ticket = problem_of(monkeypatch, desk, numeraire=numeraire, neutral=neutral)
        assert problem.book_greeks[0] == pytest.approx(problem.book_greeks[1:].sum(), rel=1e-12)
        assert problem.book_greeks[0] == pytest.approx(ticket.desk_numbers(ticket.exposure.total)[greek], rel=1e-12)
        # A contract moves the bucket of its own expiry and no other.
        i, own = problem.names.index(CALL), 1 + expiries.index("26JAN24")
        assert problem.unit_greeks[own, i] == pytest.approx(problem.unit_greeks[0, i], rel=1e-12)
        others = np.delete(problem.unit_greeks[1:, i], own - 1)
        assert np.all(others == 0.0)


def test_a_bucket_is_held() -> None:
    ticket = hr.hedge(
        hr.load_desk(FOLDER / "desk.toml"),
        hr.load_snapshot(FOLDER),
        neutral={"delta": 0.0, "vega_per_volpoint@26JAN24": (-20.0, 20.0)},
    )
    target = next(one for one in ticket.targets if one.name == "vega_per_volpoint@26JAN24")
    assert target.before < -300.0
    assert target.met
    assert -20.0 <= target.after <= 20.0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("theta_per_day", "is not a Greek that can be held"),
        ("vega_per_volpoint@", "'' is no expiry"),
        ("vega_per_volpoint@26JUN", "'26JUN' is no expiry; write the expiry as in the names of contracts"),
    ],
)
def test_a_target_that_is_none_is_refused(name: str, text: str) -> None:
    with pytest.raises(hr.InputError, match=text):
        hr.hedge(hr.load_desk(FOLDER / "desk.toml"), hr.load_snapshot(FOLDER), neutral={name: 0.0})


def test_what_is_held_open_is_no_risk(monkeypatch: pytest.MonkeyPatch) -> None:
    every, _ = problem_of(monkeypatch, desk_with(neutral={}))
    without, _ = problem_of(monkeypatch, desk_with(neutral={}, hold_open=("gamma", "vega")))
    assert np.all(without.book_loads[1:] == 0.0)
    assert np.all(without.unit_loads[1:] == 0.0)
    assert without.book_loads[0] == every.book_loads[0]
    # Only the spot is left: the cheapest delta is the perpetual, and no option is traded.
    ticket = hr.hedge(desk_with(neutral={}, hold_open=("gamma", "vega")), hr.load_snapshot(FOLDER))
    assert [trade.instrument for trade in ticket.trades] == [PERPETUAL]


def test_a_longer_holding_period_weighs_risk_more(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_with(neutral={})
    day, _ = problem_of(monkeypatch, desk)
    week, ticket = problem_of(monkeypatch, desk_with(neutral={}, holding_hours=7 * 24.0))
    assert week.risk_aversion == pytest.approx(7.0 * day.risk_aversion)
    assert any("counts 7 times against their cost" in note for note in ticket.notes)


def test_a_position_limit_counts_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    # 150,000 contracts of the perpetual are held.
    problem, ticket = problem_of(monkeypatch, desk_with(position_limits={PERPETUAL: 500_000.0}, neutral={}))
    i = problem.names.index(PERPETUAL)
    assert problem.held[i] == 150_000.0
    assert (problem.trade_lower[i], problem.trade_upper[i]) == (-650_000.0, 350_000.0)
    assert next(trade.quantity for trade in ticket.trades if trade.instrument == PERPETUAL) == -650_000.0
    named = next(one for one in ticket.constraints if one.kind == "trade")
    assert PERPETUAL in named.name
    assert named.price < 0.0  # selling is limited


def test_a_position_that_cannot_be_brought_within_its_limit_is_refused() -> None:
    desk = desk_with(position_limits={PERPETUAL: 1_000.0}, limits={PERPETUAL: 10.0})
    with pytest.raises(hr.ConfigError, match="150000 contracts are held, which at most 10 traded do not bring within"):
        hr.hedge(desk, hr.load_snapshot(FOLDER))


def with_account(**terms: Any) -> hr.Desk:
    desk = hr.load_desk(FOLDER / "desk.toml")
    account = AccountTerms(name="venue", instruments=(PERPETUAL, CALL), **terms)
    position = tuple(
        msgspec.structs.replace(line, account="venue") if line.instrument.startswith("ETH-12JAN24") else line
        for line in desk.position
    )
    return msgspec.structs.replace(desk, account=(account,), position=position)


def test_standard_margin_is_deribits_rule_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, _ = problem_of(monkeypatch, with_account(collateral=2e6, futures_margin=0.05))
    limit = problem.limits[0]
    quotes = hr.load_snapshot(FOLDER).quotes
    call = quotes.quote(CALL)
    i, j = problem.names.index(PERPETUAL), problem.names.index(CALL)
    assert limit.long[i] == limit.short[i] == pytest.approx(0.05)  # of one USD
    away = max(2300.0 - call.forward, 0.0) / call.forward
    assert limit.long[j] == 0.0
    assert limit.short[j] == pytest.approx((max(0.15 - away, 0.1) + call.mark) * INDEX)
    assert limit.linear[j] == pytest.approx(call.mid * INDEX)  # a premium leaves the collateral
    expected = 0.0
    for name, quantity in (("ETH-12JAN24-2300-C", 250.0), ("ETH-12JAN24-2100-P", 300.0)):  # both short
        quote, strike = quotes.quote(name), float(name.split("-")[2])
        out = max(strike - quote.forward, 0.0) if name[-1] == "C" else max(quote.forward - strike, 0.0)
        each = max(0.15 - out / quote.forward, 0.1) + quote.mark
        expected += quantity * (each if name[-1] == "C" else max(each, max(0.075, 0.075 * quote.mark) + quote.mark))
    assert limit.start == pytest.approx(expected * INDEX)
    others = [k for k in range(5) if k not in (i, j)]
    assert np.all(limit.short[others] == 0.0)


def test_margin_binds_and_is_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    free, _ = problem_of(monkeypatch, with_account())
    assert free.limits == ()
    problem, ticket = problem_of(monkeypatch, with_account(collateral=320_000.0, futures_margin=0.05))
    limit = problem.limits[0]
    bought = {trade.instrument: trade.quantity for trade in ticket.trades}
    x = np.array([bought.get(name, 0.0) for name in problem.names])
    assert limit.at(problem.held + x, x) <= 320_000.0 * (1.0 + 1e-6) + limit.short.max()
    priced = next(one for one in ticket.constraints if one.name == "the initial margin of account venue")
    loose = hr.hedge(with_account(collateral=2e6, futures_margin=0.05), hr.load_snapshot(FOLDER))
    assert next(one for one in loose.constraints if one.kind == "limit").price == 0.0
    assert priced.upper == 320_000.0
    assert priced.price >= 0.0


def test_scenario_margin_is_the_loss_of_the_account_in_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    from hedgerow.book import scenario_grid, scenario_pnl, value_book

    desk = with_account(collateral=3e6, margin=Margin.SCENARIO)
    problem, _ = problem_of(monkeypatch, desk)
    assert len(problem.limits) == len(MARGIN_SPOTS) * len(MARGIN_VOLS)
    # The account alone, as a desk of its own.
    mine = tuple(line for line in desk.position if line.account == "venue" or line.instrument in (PERPETUAL, CALL))
    alone = msgspec.structs.replace(desk, balances={}, position=mine, liquidity=(), account=())
    book = compile_desk(alone, hr.load_snapshot(FOLDER)).book
    grid = scenario_grid(MARGIN_SPOTS, MARGIN_VOLS, vol_term_exponent=desk.risk.vol_term_exponent)
    losses = -scenario_pnl(book, grid, numeraire="USD")
    np.testing.assert_allclose([limit.start for limit in problem.limits], losses, rtol=1e-9, atol=1e-6)
    assert value_book(book, numeraire="USD").shape[1] == 3


def test_leverage_and_exposure_count_notionals(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, _ = problem_of(monkeypatch, with_account(collateral=3e6, max_leverage=2.0, max_notional=5e6))
    leverage, exposure = problem.limits[1:]
    assert (leverage.upper, exposure.upper) == (6e6, 5e6)
    i, j = problem.names.index(PERPETUAL), problem.names.index(CALL)
    for limit in (leverage, exposure):
        assert limit.long[i] == limit.short[i] == pytest.approx(1.0)
        assert limit.long[j] == limit.short[j] == pytest.approx(INDEX)
        assert limit.start == pytest.approx(550.0 * INDEX)


def test_accounts_are_stated_in_the_files_numeraire(monkeypatch: pytest.MonkeyPatch) -> None:
    usd, _ = problem_of(monkeypatch, with_account(collateral=2e6))
    coin, _ = problem_of(monkeypatch, with_account(collateral=2e6), numeraire="ETH", neutral={})
    assert coin.limits[0].upper == pytest.approx(2e6 / INDEX)
    assert coin.limits[0].start == pytest.approx(usd.limits[0].start / INDEX)


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        (ScenarioTerms(measure=Measure.CVAR, level=0.95, count=2_000), "cvar"),
        (ScenarioTerms(measure=Measure.ENTROPIC, level=1e-5, count=2_000), "entropic"),
        (ScenarioTerms(measure=Measure.WORST, weight=0.1), "worst"),
    ],
)
def test_scenario_risk_falls_and_is_bounded(terms: ScenarioTerms, word: str) -> None:
    ticket = hr.hedge(desk_with(scenarios=terms, neutral={"delta": 0.0}), hr.load_snapshot(FOLDER))
    assert ticket.tail is not None
    assert ticket.tail.measure == word
    assert ticket.tail.after < 0.5 * ticket.tail.before
    assert ticket.certificate.kkt_residual is None
    assert ticket.certificate.gap is not None
    assert ticket.certificate.gap <= 1e-4
    assert ticket.certificate.holds


def test_a_next_best_instrument_saves_what_adding_it_saves() -> None:
    desk, market = desk_with(neutral={"delta": 0.0}), hr.load_snapshot(FOLDER)
    short = [PERPETUAL, NEAR]
    ticket = hr.hedge(desk, market, instruments=short, next_best=2)
    assert len(ticket.next_best) == 2
    best, second = ticket.next_best
    assert best.saves >= second.saves > 0.0
    longer = hr.hedge(desk, market, instruments=[*short, best.instrument])

    def objective(one: hr.Ticket) -> float:
        return 0.5 * desk.hedge.risk_aversion * one.risk_after**2 + one.cost

    # Whole lots blur the difference by less than a per cent of it here.
    assert objective(ticket) - objective(longer) == pytest.approx(best.saves, rel=0.05)
    assert next(trade for trade in longer.trades if trade.instrument == best.instrument).quantity == pytest.approx(
        best.quantity, abs=1.0
    )


def test_nothing_is_named_unless_it_is_asked_for() -> None:
    assert hr.hedge(hr.load_desk(FOLDER / "desk.toml"), hr.load_snapshot(FOLDER)).next_best == ()


def test_depth_and_impact_are_on_the_ticket() -> None:
    desk = hr.load_desk(FOLDER / "desk.toml")
    terms = msgspec.structs.replace(desk.contract[0], daily_volume=5e8, fixed_cost=0.01)
    plain = hr.hedge(desk, hr.load_snapshot(FOLDER))
    dear = hr.hedge(msgspec.structs.replace(desk, contract=(terms,)), hr.load_snapshot(FOLDER))
    before, after = (next(t for t in one.trades if t.instrument == PERPETUAL) for one in (plain, dear))
    assert before.impact == before.fixed == 0.0
    assert after.fixed == pytest.approx(0.01 * INDEX, rel=1e-3)
    # Y·sigma_day·sqrt(Q/V)·Q dollars.
    size = abs(after.quantity)
    assert after.impact == pytest.approx(0.6 / 365.0**0.5 * (size / 5e8) ** 0.5 * size, rel=2e-2)
    assert abs(after.quantity) < abs(before.quantity)
    assert dear.certificate.lower_bound is not None
    assert dear.cost == pytest.approx(sum(t.fee + t.half_spread + t.impact + t.fixed for t in dear.trades))


def test_stated_factors_count_as_risk(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_with(neutral={})
    plain, before = problem_of(monkeypatch, desk)
    risk = msgspec.structs.replace(desk.risk, skew_vol=0.5, funding_vol=0.5)
    more, after = problem_of(monkeypatch, msgspec.structs.replace(desk, risk=risk))
    assert more.book_loads.size == plain.book_loads.size + 2
    assert after.risk_before > before.risk_before
    assert "skew 0.5; funding 0.5" in after.risk_model
    # The variance of uncorrelated factors adds up.
    extra = (more.book_loads[-2:] ** 2 * np.diag(more.covariance)[-2:]).sum()
    assert after.risk_before**2 == pytest.approx(before.risk_before**2 + extra, rel=1e-12)


def test_a_borrowed_coin_is_an_instrument_with_its_interest_and_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = hr.load_desk(FOLDER / "desk.toml")
    spot = ContractTerms(
        instrument="ETH_USDC", bid=INDEX - 0.5, ask=INDEX + 0.5, lot=0.01, taker_fee=0.0, borrow_rate=0.1
    )
    hedge = msgspec.structs.replace(
        desk.hedge, instruments=("ETH_USDC",), limits={}, neutral={}, risk_aversion=1.0, holding_hours=24.0
    )
    lender = AccountTerms(name="lender", instruments=("ETH_USDC",), collateral=1_000_000.0, max_loan_to_value=0.6)
    desk = msgspec.structs.replace(desk, hedge=hedge, contract=(*desk.contract, spot), account=(lender,))
    problem, ticket = problem_of(monkeypatch, desk)
    assert problem.holding[0].short == pytest.approx(0.1 / 365.0 * INDEX, rel=1e-3)
    assert problem.holding[0].long == 0.0
    (trade,) = ticket.trades
    # What is held is sold, and as much as may be borrowed; the row is what stops it.
    borrowed = 0.6 * 1_000_000.0 / INDEX
    assert trade.quantity == pytest.approx(-(desk.balances["ETH"] + borrowed), abs=0.02)
    row = next(one for one in ticket.constraints if one.name == "the loan-to-value of account lender")
    assert row.price > 0.0
    assert row.value <= row.upper
    assert ticket.holding_cost == pytest.approx(borrowed * 0.1 / 365.0 * INDEX, rel=1e-3)


def lending_desk(**account: Any) -> hr.Desk:
    """The example desk with a spot pair of which 705 coins may be sold; 420 are held."""
    desk = hr.load_desk(FOLDER / "desk.toml")
    spot = ContractTerms(
        instrument="ETH_USDC", bid=INDEX - 0.5, ask=INDEX + 0.5, lot=0.01, taker_fee=0.0, borrow_rate=0.1
    )
    hedge = msgspec.structs.replace(
        desk.hedge,
        instruments=("ETH_USDC",),
        limits={"ETH_USDC": 705.0},
        neutral={},
        risk_aversion=1.0,
        holding_hours=24.0,
    )
    lender = AccountTerms(name="lender", instruments=("ETH_USDC",), **account)
    return msgspec.structs.replace(desk, hedge=hedge, contract=(*desk.contract, spot), account=(lender,))


def test_coins_that_are_held_are_sold_without_borrowing(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = lending_desk(collateral=2e6, max_loan_to_value=0.6, futures_margin=0.1)
    problem, ticket = problem_of(monkeypatch, desk)
    assert problem.held.tolist() == [420.0]
    (trade,) = ticket.trades
    assert trade.quantity == pytest.approx(-705.0)
    # 285 coins are borrowed: interest for a day, and their worth is what the row counts. Coins held need no margin.
    assert ticket.holding_cost == pytest.approx(285.0 * 0.1 / 365.0 * INDEX, rel=1e-3)
    values = {one.name: one.value for one in ticket.constraints}
    assert values["the loan-to-value of account lender"] == pytest.approx(285.0 * INDEX)
    assert values["the initial margin of account lender"] == pytest.approx(0.1 * 285.0 * INDEX)
    margin = problem.limits[0]
    assert margin.at(problem.held, np.zeros(1)) == 0.0


def test_a_position_counts_once_in_its_account_whether_it_may_be_traded_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The perpetual is held without an account; the account that trades it carries it.
    for margin in Margin:
        desk = with_account(collateral=3e6, margin=margin, max_leverage=5.0)
        named = tuple(
            msgspec.structs.replace(line, account="venue") if line.instrument == PERPETUAL else line
            for line in desk.position
        )
        short_by_name = "ETH-12JAN24-2300-C"
        with_it, _ = problem_of(monkeypatch, desk)
        stated, _ = problem_of(monkeypatch, msgspec.structs.replace(desk, position=named))
        left_out, _ = problem_of(monkeypatch, desk, instruments=[NEAR, CALL], neutral={})
        candidate, _ = problem_of(
            monkeypatch, desk, instruments=[*desk.hedge.instruments, short_by_name], neutral={"delta": 0.0}
        )
        assert candidate.held[-1] == -250.0
        for k, limit in enumerate(with_it.limits):
            before = limit.at(with_it.held, np.zeros(5))
            for other in (stated, left_out, candidate):
                assert other.limits[k].at(other.held, np.zeros(other.held.size)) == pytest.approx(before, rel=1e-12)
        if margin is Margin.STANDARD:
            # What is held stays with its account, so that buying it back frees its margin; what is not is in none.
            assert candidate.limits[0].short[-1] > 0.0
            assert candidate.limits[0].start < with_it.limits[0].start
            apart, _ = problem_of(monkeypatch, desk, instruments=[*desk.hedge.instruments, "ETH-26JAN24-2400-C"])
            assert apart.limits[0].short[-1] == apart.limits[0].linear[-1] == 0.0


def test_adding_a_candidate_leaves_the_margin_of_the_plan_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["hedgerow.oneshot.next_best"]
    larger: list[HedgeProblem] = []
    ranked = module._ranked

    def spy(problem: HedgeProblem, solved: Any, first: int) -> Any:
        larger.append(problem)
        return ranked(problem, solved, first)[:1]

    monkeypatch.setattr(module, "_ranked", spy)
    desk = with_account(collateral=2e6, futures_margin=0.05, max_leverage=5.0)
    problem, ticket = problem_of(monkeypatch, desk, instruments=[PERPETUAL, CALL], neutral={"delta": 0.0}, next_best=1)
    bought = {trade.instrument: trade.quantity for trade in ticket.trades}
    x = np.array([bought.get(name, 0.0) for name in problem.names])
    (more,) = larger
    assert "ETH-12JAN24-2300-C" in more.names[2:]  # held, in the account, in no list
    assert problem.limits
    y = np.concatenate([x, np.zeros(len(more.names) - 2)])
    for own, wider in zip(problem.limits, more.limits, strict=True):
        assert wider.at(more.held + y, y) == pytest.approx(own.at(problem.held + x, x), rel=1e-12)


def usdc_option_holdings(rate: float) -> tuple[Holdings, HedgeInstrument]:
    """An account that trades a USDC-settled put, with USDC at a rate that is not one."""
    name = "ETH_USDC-26JAN24-2200-P"
    desk = hr.load_desk(FOLDER / "desk.toml")
    market = hr.load_snapshot(FOLDER)
    forward = market.quotes.quote(CALL).forward
    quote = Quote(name=name, bid=90.0, ask=94.0, mark=93.0, forward=forward, at_ns=market.as_of_ns, assumed=True)
    market = replace(market, quotes=market.quotes.with_quotes([quote]))
    contract = (*desk.contract, ContractTerms(instrument=name, lot=1.0, taker_fee=0.0003))
    hedge = msgspec.structs.replace(desk.hedge, instruments=(name,), limits={}, neutral={})
    account = AccountTerms(name="venue", instruments=(name,), collateral=1e6)
    desk = msgspec.structs.replace(desk, hedge=hedge, contract=contract, account=(account,), rates={"USDC": rate})
    ready = compile_desk(desk, market, instruments=[name])
    tools = hedge_instruments(desk, ready.marking.snapshot, [name], from_file=True)
    trades = compile_trades(tools, ready.marking)
    held = positions_held(desk, tools)
    found = Holdings(
        desk=desk, marking=ready.marking, book=ready.book, trades=trades, tools=tools, held=held, numeraire="USD"
    )
    return found, tools[0]


@pytest.mark.parametrize("rate", [1.0, 0.97])
def test_an_option_that_settles_in_cash_is_margined_at_the_rate_of_its_cash(rate: float) -> None:
    holdings, tool = usdc_option_holdings(rate)
    (limit,) = account_limits(holdings)
    assert limit.linear[0] == pytest.approx(92.0 * rate)
    out = max(tool.quote.forward - 2200.0, 0.0) / tool.quote.forward
    mark = 93.0 * rate / INDEX
    each = max(max(0.15 - out, 0.1) + mark, max(0.075, 0.075 * mark) + mark)
    assert limit.short[0] == pytest.approx(each * INDEX)
    in_coin = account_limits(replace(holdings, numeraire="ETH"))[0]
    assert in_coin.linear[0] == pytest.approx(92.0 * rate / INDEX)
    assert in_coin.short[0] == pytest.approx(each)


def test_an_option_that_is_not_quoted_is_margined_at_the_surfaces_price(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = with_account(collateral=3e6)
    line = PositionLine(instrument="ETH-26JAN24-2325-C", quantity=-10.0, account="venue")
    more, ticket = problem_of(monkeypatch, msgspec.structs.replace(desk, position=(*desk.position, line)))
    less, _ = problem_of(monkeypatch, desk)
    assert [item.name for item in ticket.rejected if item.use == "interpolated"] == [line.instrument]
    # Its price by the closed form: Black (1976) over the forward.
    reason = next(item.reason for item in ticket.rejected if item.name == line.instrument)
    vol = float(re.findall(r"vol ([\d.]+)%", reason)[0]) / 100.0
    forward = float(re.findall(r"forward ([\d,.]+\d)", reason)[0].replace(",", ""))
    expiry_ns = expiry_of(parse_deribit(line.instrument))
    assert expiry_ns is not None
    years = (expiry_ns - hr.load_snapshot(FOLDER).as_of_ns) / (365.0 * 86_400e9)
    d1 = (np.log(forward / 2325.0) + 0.5 * vol**2 * years) / (vol * years**0.5)
    price = norm.cdf(d1) - 2325.0 / forward * norm.cdf(d1 - vol * years**0.5)
    each = max(0.15 - max(2325.0 - forward, 0.0) / forward, 0.1) + price
    assert more.limits[0].start - less.limits[0].start == pytest.approx(10.0 * each * INDEX, rel=1e-3)


def test_a_position_that_is_left_out_needs_no_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = with_account(collateral=3e6)
    gone = PositionLine(instrument="ETH-5JAN24-2300-C", quantity=-10.0, account="venue")  # expired
    left, ticket = problem_of(
        monkeypatch, msgspec.structs.replace(desk, position=(*desk.position, gone)), leave_out=True
    )
    less, _ = problem_of(monkeypatch, desk)
    assert any(item.use == "the book" and item.name == gone.instrument for item in ticket.rejected)
    assert left.limits[0].start == less.limits[0].start


def test_scenarios_count_as_often_as_the_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = ScenarioTerms(measure=Measure.CVAR, level=0.95, weight=0.2, count=200)
    day, _ = problem_of(monkeypatch, desk_with(scenarios=terms, neutral={"delta": 0.0}))
    week, _ = problem_of(monkeypatch, desk_with(scenarios=terms, neutral={"delta": 0.0}, holding_hours=7 * 24.0))
    assert day.tail is not None
    assert week.tail is not None
    assert day.tail.weight == 0.2
    assert week.tail.weight == pytest.approx(1.4)
    assert week.risk(np.zeros(5)) == pytest.approx(7.0 * day.risk(np.zeros(5)))


def test_the_frontier_states_no_marginal_cost_beside_scenarios() -> None:
    terms = ScenarioTerms(measure=Measure.WORST, weight=0.1)
    desk = desk_with(scenarios=terms, neutral={"delta": 0.0}, instruments=(PERPETUAL, CALL), limits={CALL: 500.0})
    points = hr.hedge(desk, hr.load_snapshot(FOLDER), frontier=2).to_dict()["frontier"]
    assert points
    for point in points:
        assert point["marginal_cost"] is None
        assert point["certificate"]["gap"] <= 1e-4
        assert point["certificate"]["lower_bound"] is not None


def test_a_smallest_trade_is_kept_or_nothing_is_traded(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, market = desk_with(neutral={"delta": 0.0}), hr.load_snapshot(FOLDER)
    free = {trade.instrument: abs(trade.quantity) for trade in hr.hedge(desk, market).trades}
    name = min((one for one in free if one != PERPETUAL), key=lambda one: free[one])
    least = 1.5 * free[name]
    terms = ContractTerms(instrument=name, minimum_trade=least)
    stated = msgspec.structs.replace(
        desk,
        contract=(*desk.contract, terms),
        hedge=msgspec.structs.replace(desk.hedge, limits={**desk.hedge.limits, name: 10.0 * least}),
    )
    problem, ticket = problem_of(monkeypatch, stated)
    assert problem.least[problem.names.index(name)] == least
    assert np.count_nonzero(problem.least) == 1
    traded = {trade.instrument: abs(trade.quantity) for trade in ticket.trades}
    assert traded.get(name, least) >= least
    assert ticket.certificate.holds
    assert f"assumed, not data: smallest trade of {name} (desk file)" in ticket.notes


def test_a_trade_is_divided_over_listings_in_whole_lots() -> None:
    desk, market = desk_with(neutral={"delta": 0.0}), hr.load_snapshot(FOLDER)
    levels = ((INDEX - 0.05, 33_333.3), (INDEX - 0.5, 1e7))
    asks = ((INDEX + 0.05, 33_333.3), (INDEX + 0.5, 1e7))
    venue = VenueTerms(name="elsewhere", taker_fee=0.0005, bids=levels, asks=asks)
    own = msgspec.structs.replace(
        desk.contract[0], bid=None, ask=None, bids=levels, asks=asks, venue=(venue,), lot=10.0
    )
    ticket = hr.hedge(msgspec.structs.replace(desk, contract=(own,)), market)
    trade = next(one for one in ticket.trades if one.instrument == PERPETUAL)
    assert len(trade.venues) == 2
    assert sum(part for _, part in trade.venues) == pytest.approx(trade.quantity, rel=1e-12)
    assert all(part % 10.0 == 0.0 for _, part in trade.venues)
