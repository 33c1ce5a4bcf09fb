"""One event after the other, on a range of which every delta is a short fraction.

With liquidity 1000 between 1600 and 2500 the coins in the range are 1000/sqrt(P) - 20, the cash is
1000·(sqrt(P) - 40); at 2025 = 45² that is 2 + 2/9 coins and 5000 USD.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hedgerow.book import Row, kernels
from hedgerow.core.errors import InvariantBroken
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import YEAR_NS
from hedgerow.core.money import Money
from hedgerow.engine import VOL_FIT, Deposit, Engine, EngineSettings, EngineState
from hedgerow.events import (
    Alert,
    CancelOrder,
    ClockBeat,
    Command,
    Event,
    Fill,
    FitDone,
    FundingPayment,
    GasUpdate,
    Halt,
    MoveCollateral,
    OrderClosed,
    PlaceOrder,
    PoolUpdate,
    QuoteUpdate,
    Reject,
    RequestFit,
    Resume,
    TradePrint,
    Transfer,
    TransferDone,
    TransferRefused,
)
from hedgerow.execution import DeskRules
from hedgerow.instruments import parse_deribit
from hedgerow.policy import DeltaTolerance, TimeGrid

SECOND = 10**9
EXCHANGE, WALLET, USDC, ETH = AccountName("exchange"), AccountName("wallet"), Currency("USDC"), Currency("ETH")
LINEAR, INVERSE = parse_deribit("ETH_USDC-PERPETUAL"), parse_deribit("ETH-PERPETUAL")
RANGE = Row(kernels.RANGE, 0, "liquidity range", None, 1000.0, lower=1600.0, upper=2500.0)
EXPIRY = 100 * YEAR_NS
CALLS = Row(kernels.LINEAR_OPTION, 0, "linear option", EXPIRY, -10.0, strike=2025.0, expiry_years=1.0, vol=0.4)
QUARTER = EXPIRY - YEAR_NS // 4
"""Three months before the calls expire."""

SETTINGS = EngineSettings(
    base=ETH,
    numeraire="USD",
    reference=LINEAR.name,
    rows=(RANGE,),
    usd_rates={USDC: 1.0},
    instrument=LINEAR,
    lot=Decimal("0.01"),
    wanted_delta=0.0,
    policy=DeltaTolerance(tolerance=0.5),
    desk=DeskRules(account=EXCHANGE, instrument=LINEAR.name, timeout_ns=60 * SECOND, retry_ns=SECOND),
    deposits=(Deposit(account=EXCHANGE, currency=USDC, amount=Decimal(10_000)),),
    max_quote_age_ns=300 * SECOND,
)


class Run:
    """An engine that is fed by hand."""

    def __init__(self, settings: EngineSettings = SETTINGS, **changes: Any) -> None:
        self.engine = Engine(msgspec.structs.replace(settings, **changes))
        self.state: EngineState = self.engine.start()
        self.name = self.engine.settings.reference

    def take(self, event: Event) -> tuple[Command, ...]:
        self.state, commands = self.engine.step(self.state, event)
        return commands

    def quote(self, mid: float, now: float = 0.0, *, at: float | None = None, half: float = 0.5) -> tuple[Command, ...]:
        """Quote around a mid, so many seconds after the beginning."""
        happened = now if at is None else at
        return self.take(QuoteUpdate(ns(happened), ns(now), self.name, mid - half, mid + half))

    def beat(self, now: float) -> tuple[Command, ...]:
        return self.take(ClockBeat(ns(now), ns(now)))

    def fill(
        self, lots: int, price: str = "2025", *, order: int = 0, number: int = 0, now: float = 0.0, fee: str = "0"
    ) -> tuple[Command, ...]:
        return self.take(Fill(ns(now), ns(now), order, number, lots, Decimal(price), Decimal(fee)))

    @property
    def target(self) -> int:
        assert self.state.decision is not None
        return self.state.decision.target_lots

    @property
    def reason(self) -> str:
        assert self.state.decision is not None
        return self.state.decision.reason

    def balance(self, account: str = "exchange", currency: str = "USDC") -> Money:
        return self.state.ledger.account(account).balance(currency)


def ns(seconds: float) -> int:
    return round(seconds * SECOND)


def order(number: int, lots: int, now: float = 0.0) -> PlaceOrder:
    return PlaceOrder(number, EXCHANGE, LINEAR.name, lots, ns(now) + 60 * SECOND)


def hedged(**changes: Any) -> Run:
    """Return an engine that has sold 222 lots at 2025."""
    run = Run(**changes)
    run.quote(2025.0)
    run.fill(-222)
    return run


def placed(commands: Sequence[Command]) -> list[int]:
    return [command.lots for command in commands if isinstance(command, PlaceOrder)]


# --- quotes ---


def test_the_accounts_start_with_their_deposits() -> None:
    run = Run()
    assert run.balance() == Money.of(10_000, "USDC")
    assert (run.state.seq, run.state.decision) == (0, None)


def test_the_first_quote_trades_to_neutral() -> None:
    run = Run()
    assert run.quote(2025.0) == (order(0, -222),)
    decision = run.state.decision
    assert decision is not None
    assert (decision.action, decision.target_lots, decision.seq, decision.known_ns) == ("trade", -222, 1, 0)
    assert decision.commands == (order(0, -222),)


def test_a_fill_moves_the_ledger_and_says_from_where_to_where_it_is_quiet() -> None:
    run = Run()
    run.quote(2025.0)
    assert run.fill(-222, "2024.5", fee="2.25") == ()
    held = run.state.ledger.account("exchange").holding(LINEAR)
    assert (held.quantity, held.basis) == (Decimal("-2.22"), Decimal("-2.22") * Decimal("2024.5"))
    assert run.balance() == Money.of("9997.75", "USDC")
    decision = run.state.decision
    assert decision is not None
    assert decision.action == "wait"
    # Delta is 1000/sqrt(P) - 22.22, off by one half at:
    assert decision.below == pytest.approx((1000.0 / 22.72) ** 2, rel=1e-9)
    assert decision.above == pytest.approx((1000.0 / 21.72) ** 2, rel=1e-9)


def test_quiet_quotes_wake_nobody() -> None:
    run = hedged()
    for number, mid in enumerate([2026.0, 1945.0, 2115.0]):
        assert run.quote(mid, 1.0 + number) == ()
        assert run.state.decision is None
    assert run.state.market.mid(LINEAR.name) == 2115.0
    assert run.state.seq == 5


def test_beyond_the_wake_it_trades_again() -> None:
    run = hedged()
    assert run.quote(46.0**2 + 14.0, 1.0) == (order(1, 55, 1.0),)  # sqrt(2130) = 46.1519: 1.6676 coins are left
    assert run.target == -167


def test_while_the_order_is_in_flight_it_is_not_sent_twice() -> None:
    run = Run()
    run.quote(2025.0)
    for now in (1.0, 2.0):
        assert run.quote(2030.0, now) == ()
        assert run.state.decision is None


def test_an_order_in_flight_that_would_go_too_far_is_cancelled_first() -> None:
    run = Run()
    run.quote(2025.0)
    assert run.quote(2304.0, 1.0) == (CancelOrder(0, LINEAR.name),)  # 48²: 0.8333 coins
    assert run.target == -83
    assert run.quote(2304.0, 1.5) == ()
    assert placed(run.take(OrderClosed(ns(2), ns(2), 0, ()))) == [-83]


@pytest.mark.parametrize(
    ("bid", "ask"),
    [
        (math.nan, 2026.0),
        (2024.0, math.nan),
        (2027.0, 2026.0),
        (0.0, 2026.0),
        (-1.0, 2026.0),
        (2024.0, math.inf),
        (math.inf, math.inf),
    ],
)
def test_a_quote_that_cannot_be_true_is_counted_and_moves_nothing(bid: float, ask: float) -> None:
    run = hedged()
    before = run.state
    assert run.take(QuoteUpdate(SECOND, SECOND, LINEAR.name, bid, ask)) == ()
    assert (run.state.refused, run.state.seq) == (1, before.seq + 1)
    assert (run.state.market, run.state.wake) == (before.market, before.wake)
    assert run.state.decision is None


def test_other_market_events_that_cannot_be_true_are_counted_too() -> None:
    run = hedged()
    before = run.state.market
    for event in (
        GasUpdate(1, 1, math.nan),
        TradePrint(1, 1, LINEAR.name, 0.0, 1.0),
        FitDone(1, 1, VOL_FIT, 1, {"vol": math.inf}),
    ):
        assert run.take(event) == ()
        assert run.state.decision is None
    assert (run.state.refused, run.state.market) == (3, before)


def test_quotes_of_other_instruments_are_remembered_and_wake_nobody() -> None:
    run = Run()
    assert run.take(QuoteUpdate(0, 0, InstrumentName("BTC-PERPETUAL"), 1.0, 2.0)) == ()
    assert run.state.decision is None
    assert run.state.market.mid("BTC-PERPETUAL") == 1.5


# --- time ---


def test_nothing_is_decided_on_a_quote_that_is_too_old() -> None:
    run = Run()
    assert run.quote(2025.0, 301.0, at=0.0) == ()
    assert run.reason == "no fresh quote"
    assert run.quote(2025.0, 302.0) == (order(0, -222, 302.0),)


def test_when_the_quotes_have_stopped_it_waits_for_a_fresh_one() -> None:
    run = hedged()
    assert run.beat(300.0) == ()
    assert run.reason == "residual delta within tolerance"  # exactly as old as it may be
    assert run.beat(300.001) == ()
    assert run.reason == "no fresh quote"
    assert run.quote(2026.0, 301.0) == ()
    assert run.reason == "residual delta within tolerance"  # asked again, though 2026 alone would wake nobody


def test_time_does_not_run_backwards() -> None:
    run = Run()
    run.quote(2025.0, 10.0)
    with pytest.raises(InvariantBroken, match=r"ClockBeat known at 1970-01-01T00:00:09.000Z comes after .*:10.000Z"):
        run.beat(9.0)
    with pytest.raises(InvariantBroken, match="QuoteUpdate known at"):
        run.quote(2025.0, 9.999999999)
    run.quote(2025.0, 10.0)


def test_nothing_is_known_before_it_happened() -> None:
    run = Run()
    with pytest.raises(InvariantBroken, match=r"QuoteUpdate of .*:02.000Z claims to be known at .*:01.000Z, before it"):
        run.quote(2025.0, 1.0, at=2.0)
    with pytest.raises(InvariantBroken, match="claims to be known"):
        run.take(Halt(2, 1, "why not"))


# --- orders ---


def test_a_refused_order_is_sent_again_after_the_pause() -> None:
    run = Run()
    run.quote(2025.0)
    assert run.take(Reject(ns(1), ns(1), 0, "no margin")) == ()
    assert run.state.alarm_ns == ns(2)
    assert run.quote(2025.0, 1.5) == ()
    assert run.beat(2.0) == (order(1, -222, 2.0),)


def test_a_silent_order_is_asked_about() -> None:
    run = Run()
    run.quote(2025.0)
    assert run.state.alarm_ns == ns(60)
    assert run.beat(60.0) == (CancelOrder(0, LINEAR.name),)
    lost = Fill(ns(1), ns(61), 0, 0, -222, Decimal(2025), Decimal(0))
    assert run.take(OrderClosed(ns(61), ns(61), 0, (lost,))) == ()
    assert run.state.ledger.account("exchange").holding(LINEAR).quantity == Decimal("-2.22")
    assert run.target == -222


def test_an_impossible_fill_is_not_booked_but_told() -> None:
    run = Run()
    run.quote(2025.0)
    (alert,) = run.fill(5)
    assert alert == Alert("order 0: a fill that cannot be true; reconcile with the venue")
    assert run.state.ledger.account("exchange").holdings == {}


def test_a_reject_that_cost_gas_is_paid_once() -> None:
    run = Run()
    run.quote(2025.0)
    reject = Reject(1, 1, 0, "reverted", Decimal("0.003"))
    run.take(reject)
    run.take(reject)
    assert run.state.ledger.account("exchange").flow("ETH", "gas") == Money.of("-0.003", "ETH")


def test_gas_of_a_fill_is_paid_in_coin() -> None:
    run = Run()
    run.quote(2025.0)
    run.take(Fill(0, 0, 0, 0, -222, Decimal(2025), Decimal(0), Decimal("0.25")))
    assert run.balance(currency="ETH") == Money.of("-0.25", "ETH")
    assert run.target == -197  # the coins that are gone need no hedge: 2.2222 - 0.25


# --- the operator ---


def test_halt_cancels_and_nothing_is_sent_until_resume() -> None:
    run = Run()
    run.quote(2025.0)
    assert run.take(Halt(1, 1, "lunch")) == (CancelOrder(0, LINEAR.name), Alert("halted: lunch"))
    assert run.take(OrderClosed(2, 2, 0, ())) == ()
    for now, mid in [(1.0, 2025.0), (2.0, 1600.0), (3.0, 2400.0)]:
        assert run.quote(mid, now) == ()
    assert run.beat(4.0) == ()
    assert run.reason == "halted"
    assert run.quote(2025.0, 5.0) == ()
    assert run.take(Resume(ns(6), ns(6))) == (order(1, -222, 6.0),)


def test_a_fill_that_comes_after_the_halt_is_booked() -> None:
    run = Run()
    run.quote(2025.0)
    run.take(Halt(1, 1, "lunch"))
    assert run.fill(-100, now=1.0) == ()
    assert run.state.ledger.account("exchange").holding(LINEAR).quantity == Decimal(-1)


def test_the_operator_moves_collateral_that_is_there() -> None:
    run = Run()
    command = Transfer(EXCHANGE, WALLET, USDC, Decimal("10000"))
    assert run.take(MoveCollateral(1, 1, EXCHANGE, WALLET, USDC, Decimal("10000"))) == (command,)
    assert run.balance() == Money.of(10_000, "USDC")  # until it is done


@pytest.mark.parametrize(
    ("source", "target", "amount"),
    [
        (EXCHANGE, WALLET, "10000.01"),
        (EXCHANGE, WALLET, "0"),
        (EXCHANGE, WALLET, "-1"),
        (EXCHANGE, EXCHANGE, "1"),
        (WALLET, EXCHANGE, "1"),
    ],
)
def test_collateral_that_is_not_there_gives_an_alert(source: AccountName, target: AccountName, amount: str) -> None:
    (alert,) = Run().take(MoveCollateral(1, 1, source, target, USDC, Decimal(amount)))
    assert isinstance(alert, Alert)
    assert alert.text.startswith(f"not moved: {amount} USDC from {source} to {target}; it has ")


# --- cash ---


def test_a_finished_transfer_moves_the_ledger() -> None:
    run = Run()
    run.take(MoveCollateral(1, 1, EXCHANGE, WALLET, USDC, Decimal(400)))
    done = TransferDone(2, 2, EXCHANGE, WALLET, USDC, Decimal(400), Decimal(1))
    for _ in range(2):  # a message that comes twice moves nothing twice
        run.take(done)
        assert run.balance() == Money.of(9600, "USDC")
        assert run.balance("wallet") == Money.of(399, "USDC")


def test_a_refused_transfer_frees_the_collateral_again() -> None:
    run = Run()
    run.take(MoveCollateral(1, 1, EXCHANGE, WALLET, USDC, Decimal(10_000)))
    (alert,) = run.take(MoveCollateral(2, 2, EXCHANGE, WALLET, USDC, Decimal(1)))
    assert isinstance(alert, Alert)  # all of it is moving
    refused = TransferRefused(3, 3, EXCHANGE, WALLET, USDC, Decimal(10_000), "margin is needed")
    (alert,) = run.take(refused)
    assert isinstance(alert, Alert)
    assert "margin is needed" in alert.text
    assert run.take(refused) == ()  # a second one is nothing
    assert run.state.moving == ()
    assert run.balance() == Money.of(10_000, "USDC")
    assert run.take(MoveCollateral(4, 4, EXCHANGE, WALLET, USDC, Decimal(1))) == (
        Transfer(EXCHANGE, WALLET, USDC, Decimal(1)),
    )


def test_a_transfer_that_nobody_asked_for_is_not_booked() -> None:
    run = Run()
    commands = run.take(TransferDone(1, 1, EXCHANGE, WALLET, USDC, Decimal(400), Decimal(1)))
    assert run.balance() == Money.of(10_000, "USDC")
    assert any(isinstance(command, Alert) for command in commands)


def test_a_settlement_that_is_reported_twice_is_booked_once() -> None:
    run = hedged()
    for _ in range(2):
        run.take(FundingPayment(1, 1, EXCHANGE, LINEAR.name, 1e-4, Decimal("0.45"), USDC))
    assert run.balance() == Money.of("10000.45", "USDC")


def test_funding_is_booked_as_funding() -> None:
    run = hedged()
    run.take(FundingPayment(1, 1, EXCHANGE, LINEAR.name, 1e-4, Decimal("0.45"), USDC))
    run.take(FundingPayment(2, 2, EXCHANGE, LINEAR.name, -1e-4, Decimal("-0.15"), USDC))
    assert run.state.ledger.account("exchange").flow("USDC", "funding") == Money.of("0.3", "USDC")
    assert run.balance() == Money.of("10000.3", "USDC")


# --- numeraires and instruments ---


def test_in_coin_cash_is_the_risk() -> None:
    # Minus the cash over the price: (5000 in the range + 10000 in the account) / 2025 = 7.4074 coins short.
    assert placed(Run(numeraire="ETH").quote(2025.0)) == [741]


def test_in_coin_with_coins_alone_only_the_cash_of_the_range_counts() -> None:
    coins = (Deposit(account=EXCHANGE, currency=ETH, amount=Decimal(50)),)
    assert placed(Run(numeraire="ETH", deposits=coins).quote(2025.0)) == [247]  # 5000/2025 = 2.4691


def test_in_usd_coins_are_the_risk() -> None:
    coins = (Deposit(account=EXCHANGE, currency=ETH, amount=Decimal(50)),)
    assert placed(Run(deposits=coins).quote(2025.0)) == [-5222]


def test_the_wanted_delta_is_kept() -> None:
    assert placed(Run(wanted_delta=1.2).quote(2025.0)) == [-102]


def test_a_rate_turns_quotes_into_usd() -> None:
    # 2250 USDC at 0.9 are 2025 USD; a perpetual of one coin still has a delta of 0.9/0.9 = 1 in its own coin.
    run = Run(usd_rates={USDC: 0.9})
    (command,) = placed(run.quote(2250.0))
    assert command == -222


def inverse(**changes: Any) -> Run:
    desk = msgspec.structs.replace(SETTINGS.desk, instrument=INVERSE.name)
    terms: dict[str, Any] = {
        "instrument": INVERSE,
        "reference": INVERSE.name,
        "lot": Decimal(1),
        "desk": desk,
        "deposits": (),
    }
    return Run(**(terms | changes))


def test_an_inverse_lot_has_a_delta_of_its_size_over_the_price() -> None:
    assert placed(inverse().quote(2025.0)) == [-4500]  # 2.2222 coins of 2025 contracts each


def test_the_delta_of_an_inverse_position_in_usd_is_its_basis_in_coin() -> None:
    run = inverse()
    run.quote(2025.0)
    run.fill(-4500)
    assert run.target == -4500
    # At 44² the range holds 2.7273 coins; the position still counts 4500/2025 = 2.2222, and a new lot 1/1936.
    assert placed(run.quote(1936.0, 1.0)) == [-978]
    assert run.target == -5478


def test_the_profit_of_an_inverse_position_is_coins_and_these_need_a_hedge() -> None:
    run = inverse(policy=DeltaTolerance(tolerance=0.0004))
    run.quote(2025.0)
    run.fill(-4500)
    run.quote(1936.0, 1.0)
    run.fill(978, "1936", order=1, now=1.0)  # the wrong side cannot be: it is not booked
    run.fill(-978, "1936", order=1, number=1, now=1.0)
    held = run.state.ledger.account("exchange").holding(INVERSE)
    assert float(held.basis) == pytest.approx(-4500 / 2025 - 978 / 1936, rel=1e-15)
    assert run.target == -5478


def test_in_coin_the_delta_of_an_inverse_position_is_its_size_over_the_price() -> None:
    # In coin the range is short 5000/2025 = 2.4691 coins: 5000 contracts are bought.
    run = inverse(numeraire="ETH")
    assert placed(run.quote(2025.0)) == [5000]
    run.fill(5000)
    # At 44² it is short 4000/1936; 5000 contracts count 5000/1936, so 1000 of them are sold.
    assert placed(run.quote(1936.0, 1.0)) == [-1000]


def spot_pair(**changes: Any) -> Run:
    pair = parse_deribit("ETH_USDC")
    desk = msgspec.structs.replace(SETTINGS.desk, instrument=pair.name, max_slippage=0.01)
    deposits = (
        Deposit(account=EXCHANGE, currency=USDC, amount=Decimal(10_000)),
        Deposit(account=EXCHANGE, currency=ETH, amount=Decimal(5)),
    )
    terms: dict[str, Any] = {"instrument": pair, "reference": pair.name, "desk": desk, "deposits": deposits}
    return Run(**(terms | changes))


def test_coins_that_are_sold_leave_the_balance_and_the_delta() -> None:
    run = spot_pair(wanted_delta=5.0)
    (command,) = run.quote(2025.0)
    assert isinstance(command, PlaceOrder)
    assert command.lots == -222
    assert command.limit == pytest.approx(2025.0 * 0.99, rel=1e-15)
    run.fill(-222, "2020")
    assert run.balance(currency="ETH") == Money.of("2.78", "ETH")
    assert run.balance() == Money.of("14484.4", "USDC")
    assert run.reason == "residual delta within tolerance"
    assert run.target == -222


# --- options and fits ---


def calls(**changes: Any) -> Run:
    terms: dict[str, Any] = {"rows": (CALLS,), "policy": DeltaTolerance(tolerance=0.1)}
    return Run(**(terms | changes))


def at_quarter(run: Run, mid: float = 2025.0, later: int = 0) -> tuple[Command, ...]:
    now = QUARTER + later
    return run.take(QuoteUpdate(now, now, run.name, mid - 0.5, mid + 0.5))


# At the money d1 = vol·sqrt(t)/2: 0.1 with a vol of 0.4 and 0.2 with 0.8, a quarter of a year before expiry.
# N(0.1) = 0.539828, N(0.2) = 0.579260 (Abramowitz, Stegun, table 26.1).


def test_a_sold_option_is_hedged_at_its_own_vol() -> None:
    assert placed(at_quarter(calls())) == [540]


def test_a_fit_changes_the_vol_that_is_used() -> None:
    run = calls()
    at_quarter(run)
    commands = run.take(FitDone(QUARTER, QUARTER, VOL_FIT, 1, {"vol": 0.8}))
    assert placed(commands) == [39]
    assert run.target == 579


def test_a_fit_of_something_else_changes_nothing() -> None:
    run = calls()
    at_quarter(run)
    assert run.take(FitDone(QUARTER, QUARTER, "skew", 1, {"vol": 0.8})) == ()
    assert run.target == 540


def test_a_fit_without_values_leaves_the_stated_vol() -> None:
    run = calls()
    at_quarter(run)
    assert run.take(FitDone(QUARTER, QUARTER, VOL_FIT, 1, {})) == ()
    assert run.target == 540


def test_time_alone_moves_the_delta_of_an_option() -> None:
    # In the money by 10 %, a year before expiry d1 = ln(1.1)/0.4 + 0.2 = 0.43828; a quarter before: 0.57655.
    # N = 0.66941 and 0.71788 (erfc).
    run = calls(rows=(CALLS._replace(strike=2025.0 / 1.1),))
    start = EXPIRY - YEAR_NS
    commands = run.take(QuoteUpdate(start, start, run.name, 2024.5, 2025.5))
    first = 0.5 * math.erfc(-(math.log(1.1) / 0.4 + 0.2) / math.sqrt(2.0))
    assert placed(commands) == [round(1000 * first)]
    run.take(Fill(start, start, 0, 0, round(1000 * first), Decimal(2025), Decimal(0)))
    assert start < run.state.wake.at_ns < QUARTER
    assert run.state.alarm_ns == run.state.wake.at_ns
    later = 0.5 * math.erfc(-(math.log(1.1) / 0.2 + 0.1) / math.sqrt(2.0))
    assert placed(at_quarter(run)) == [round(1000 * later) - round(1000 * first)]


def test_fits_are_asked_for_at_regular_times() -> None:
    run = Run(refit_every_ns=ns(60), max_quote_age_ns=ns(1000))
    run.quote(2025.0)
    run.fill(-222)
    assert run.state.alarm_ns == ns(60)
    assert run.beat(59.0) == ()
    assert run.beat(60.0) == (RequestFit(VOL_FIT, 4),)  # quote, fill, beat, beat
    assert run.state.alarm_ns == ns(120)
    assert run.beat(119.0) == ()
    assert run.beat(125.0) == (RequestFit(VOL_FIT, 6),)
    assert run.state.alarm_ns == ns(185)


def test_without_refits_nobody_asks() -> None:
    run = hedged()
    assert run.state.alarm_ns == 2**63 - 1
    assert run.beat(1e6) == ()


# --- other policies, blocks, purity ---


def test_a_grid_trades_at_its_instants() -> None:
    run = Run(policy=TimeGrid(every_s=60.0))
    assert placed(run.quote(2025.0, 30.0)) == [-222]
    run.fill(-222, now=30.0)
    assert run.state.alarm_ns == ns(60)
    assert run.quote(1936.0, 59.0) == ()  # 2.7273 coins
    assert placed(run.beat(60.0)) == [-51]


def test_blocks_are_counted_and_wake_nobody_who_has_not_asked() -> None:
    run = hedged()
    assert run.take(PoolUpdate(1, 1, "pool", 2400.0, 1.0, 17_000_000)) == ()  # type: ignore[arg-type]
    assert run.state.market.block == 17_000_000
    assert run.state.decision is None


def test_a_step_changes_nothing_but_what_it_returns() -> None:
    run = Run()
    start = run.state
    event = QuoteUpdate(0, 0, LINEAR.name, 2024.5, 2025.5)
    assert run.engine.step(start, event) == run.engine.step(start, event)
    assert start == run.engine.start()


def test_passing_over_quiet_quotes_leads_to_the_state_that_steps_lead_to() -> None:
    run = hedged()
    quotes = [QuoteUpdate(ns(i), ns(i), LINEAR.name, 2024.0 + i, 2025.0 + i) for i in range(1, 5)]
    gas = GasUpdate(ns(2), ns(2), 30.0)
    passed = run.engine.skip(run.state, (gas, quotes[-1]), 5)
    for event in (quotes[0], quotes[1], gas, quotes[2], quotes[3]):
        run.take(event)
    assert passed == run.state
