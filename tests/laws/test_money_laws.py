"""No money appears and none vanishes, from the first deposit to the end of a session.

The oracle books the venue's executions in fractions, by one rule: a trade swaps the worth of what it moves for cash at
its price, and what a position is worth changes with its mark alone. The ledger's decimals have 80 digits, but fees and
prices that the venue makes of floats have 28: each of fewer than 20 operations a trade is off by at most 5e-28 of the
turnover.
"""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedgerow.backtesting import Session, run_loop, run_skip_ahead
from hedgerow.backtesting.gains import realised_gains
from hedgerow.core.money import exact, wide
from hedgerow.events import Fill, FundingPayment, OrderClosed, Reject
from hedgerow.instruments import Spot, is_inverse
from hedgerow.ledger import Account, Cause, LotMethod
from seam_worlds import ACCOUNT, FAULTS, FEE, GAS_UNITS, NO_FAULTS, USDC_RATE, World, worlds

Flows: TypeAlias = dict[tuple[str, str], Fraction]
CAUSES: tuple[Cause, ...] = get_args(Cause)
MARK = Decimal("1987.25")


def worth(world: World, quantity: Fraction, price: Fraction) -> Fraction:
    """Return what a position is worth in the settlement currency, up to a constant per contract."""
    instrument = world.settings.instrument
    size = Fraction(instrument.contract_size)
    return -quantity * size / price if is_inverse(instrument) else quantity * size * price


def expected_flows(world: World, session: Session) -> tuple[Flows, Fraction, Fraction]:
    """Return the flows, the position at the end, and the turnover.

    Of a perpetual, ``trade`` is all that was gained up to MARK, settled or not.
    """
    instrument, venue, settings = world.settings.instrument, session.venue, world.settings
    flows: Flows = defaultdict(Fraction)
    held, turnover = Fraction(0), Fraction(0)
    for deposit in settings.deposits:
        flows[deposit.currency, "deposit"] += Fraction(deposit.amount)
        turnover += Fraction(deposit.amount)
    for _, _, got in venue.executions:
        quantity, price = got.lots * Fraction(settings.lot), Fraction(got.price)
        flows[instrument.settle, "trade"] -= worth(world, quantity, price)
        flows[instrument.settle, "fee"] -= Fraction(got.fee)
        flows[instrument.base, "gas"] -= Fraction(got.gas)
        if isinstance(instrument, Spot):
            flows[instrument.base, "trade"] += quantity
        held += quantity
        turnover += abs(worth(world, quantity, price)) + abs(worth(world, quantity, Fraction(MARK)))
    if not isinstance(instrument, Spot):
        flows[instrument.settle, "trade"] += worth(world, held, Fraction(MARK))
    for payment in venue.payments:
        flows[payment.currency, "funding"] += Fraction(payment.amount)
        turnover += abs(Fraction(payment.amount))
    for _, gas in venue.wasted_gas:
        flows[instrument.base, "gas"] -= Fraction(gas)
    return flows, held, turnover


def found_flows(world: World, account: Account) -> Flows:
    """Read the account, with the open profit at MARK counted as if it were settled."""
    instrument = world.settings.instrument
    flows: Flows = {key: Fraction(amount) for key, amount in account.flows.items()}
    if not isinstance(instrument, Spot):
        key = (instrument.settle, "trade")
        flows[key] = flows.get(key, Fraction(0)) + Fraction(account.unsettled(instrument, MARK).amount)
    return flows


@given(worlds(longest=50), st.sampled_from([run_loop, run_skip_ahead]))
def test_the_venue_books_are_its_executions_payments_and_deposits(world: World, driver: type) -> None:
    session = world.run(driver)
    account = session.venue.books.account(ACCOUNT)
    expected, held, turnover = expected_flows(world, session)
    found = found_flows(world, account)
    count = len(session.venue.executions) + len(session.venue.payments) + len(session.venue.wasted_gas) + 2
    bound = count * 20 * Fraction(5, 10**28) * (turnover + 1)
    for key in expected.keys() | found.keys():
        assert abs(expected.get(key, Fraction(0)) - found.get(key, Fraction(0))) <= bound, key
    quantity = account.holding(world.settings.instrument).quantity
    assert quantity == 0 if isinstance(world.settings.instrument, Spot) and not held else Fraction(quantity) == held
    assert set(session.venue.books.accounts) == {ACCOUNT}


@given(worlds(longest=50), st.sampled_from(get_args(LotMethod)))
def test_what_lots_gained_and_what_is_open_is_what_the_executions_made(world: World, method: LotMethod) -> None:
    world = replace(world, settings=msgspec.structs.replace(world.settings, lot_methods={ACCOUNT: method}))
    session = world.run(run_skip_ahead)
    instrument, lot = world.settings.instrument, Fraction(world.settings.lot)
    made = turnover = Fraction(0)
    for _, _, got in session.venue.executions:
        there, then = (worth(world, got.lots * lot, Fraction(price)) for price in (MARK, got.price))
        made += there - then - Fraction(got.fee)
        turnover += abs(there) + abs(then)
    prices = (np.array([0]), np.array([2000.5]))
    gains = realised_gains(session, prices)
    open_ = session.venue.books.account(ACCOUNT).unrealised(instrument, MARK)
    found = sum((Fraction(gain.gain) for gain in gains), Fraction(open_.amount))
    assert abs(found - made) <= (len(session.venue.executions) + 1) * 20 * Fraction(5, 10**28) * (turnover + 1)
    assert [gain.closed_ns for gain in gains] == sorted(gain.closed_ns for gain in gains)
    assert {gain.closed_ns for gain in gains} <= {at_ns for at_ns, _, _ in session.venue.executions}
    # A coin is worth the recorded price, in dollars; the cash what the settings say.
    rates = {"ETH": Decimal("2000.5") * exact(world.settings.usd_rate(instrument.quote)), "USDC": exact(USDC_RATE)}
    assert all(gain.usd_price == rates[gain.currency] and gain.account == ACCOUNT for gain in gains)


@given(worlds(longest=50))
def test_a_balance_is_the_sum_of_its_causes(world: World) -> None:
    session = world.run(run_skip_ahead)
    for ledger in (session.state.ledger, session.venue.books):
        account = ledger.account(ACCOUNT)
        for currency in account.currencies:
            with wide():
                total = sum((account.flow(currency, cause).amount for cause in CAUSES), Decimal(0))
            assert account.balance(currency).amount == total == ledger.balance(currency).amount
        assert {cause for _, cause in account.flows} <= set(CAUSES)
        assert {currency for currency, _ in account.flows} <= {"USDC", "ETH"}


@given(worlds(longest=50))
def test_fees_and_gas_are_what_the_venue_charges(world: World) -> None:
    session = world.run(run_skip_ahead)
    rows, lot = world.rows, Fraction(world.settings.lot)
    quoted, fueled = rows.source == 0, rows.source == 3
    for at_ns, _, got in session.venue.executions:
        notional = abs(worth(world, got.lots * lot, Fraction(got.price)))
        if world.in_pool:
            # The pool takes its share of what goes in: of the cash where coins are bought; of the coins where they
            # are sold, whose worth at the price is then less by as much.
            share = Fraction(0.0005) / (1 - Fraction(0.0005)) if got.lots > 0 else Fraction(0.0005)
            assert float(got.fee) == pytest.approx(float(notional * share), rel=1e-9)
            gwei = rows.a[fueled & (rows.at_ns <= at_ns)][-1]
            assert float(got.gas) == pytest.approx(gwei * GAS_UNITS * 1e-9, rel=1e-12)
            continue
        last = (quoted & (rows.at_ns <= at_ns)).nonzero()[0][-1]
        assert float(got.price) == (rows.b[last] if got.lots > 0 else rows.a[last])
        assert abs(Fraction(got.fee) - notional * Fraction(FEE)) <= notional * Fraction(1, 10**25)
        assert got.gas == 0


@given(worlds(names=("ETH_USDC-PERPETUAL", "ETH-PERPETUAL"), longest=50))
def test_funding_is_paid_on_what_was_held_at_the_mark_of_its_instant(world: World) -> None:
    session = world.run(run_skip_ahead)
    rows, venue = world.rows, session.venue
    paid = {payment.at_ns: payment for payment in venue.payments}
    assert len(paid) == len(venue.payments)
    quotes = rows.source == 0
    for at_ns, rate in zip(world.funding.at_ns, world.funding.rate, strict=True):
        # An execution at the very instant may come before or after the settlement.
        lots = {sum(got.lots for at, _, got in venue.executions if at < at_ns)}
        for at, _, got in venue.executions:
            if at == at_ns:
                lots.add(max(lots, key=abs) + got.lots)
        known = (quotes & (rows.at_ns <= at_ns)).nonzero()[0]
        if at_ns not in paid:
            assert 0 in lots or not known.size or len(lots) > 1
            continue
        mark = Fraction(0.5 * (rows.a[known[-1]] + rows.b[known[-1]]))
        amounts = [
            -abs(worth(world, Fraction(1), mark)) * held * Fraction(world.settings.lot) * Fraction(rate)
            for held in lots
        ]
        assert any(float(paid[at_ns].amount) == pytest.approx(float(amount), rel=1e-9) for amount in amounts)


@given(worlds(longest=50, faults=FAULTS))
def test_the_engine_ends_with_the_books_of_the_venue(world: World) -> None:
    session = world.run(run_skip_ahead)
    assert session.books_agree()


@given(worlds(longest=50, faults=NO_FAULTS))
def test_what_the_engine_booked_is_what_was_reported(world: World) -> None:
    """The third party is the record: every flow of the engine stands in an event."""
    seen: list[object] = []
    session = world.run(run_loop, write=seen.append)
    assume(not session.venue.wasted_gas or not world.delays.jitter_ns)
    account = session.state.ledger.account(ACCOUNT)
    instrument = world.settings.instrument
    told = {(event.order_id, event.fill_id): event for event in seen if isinstance(event, Fill)}
    for event in seen:
        if isinstance(event, OrderClosed):
            told |= {(event.order_id, fill.fill_id): fill for fill in event.fills}
    fees = sum((Fraction(fill.fee) for fill in told.values()), Fraction(0))
    gas = sum((Fraction(fill.gas) for fill in told.values()), Fraction(0))
    gas += sum((Fraction(event.gas) for event in seen if isinstance(event, Reject)), Fraction(0))
    funding = sum((Fraction(event.amount) for event in seen if isinstance(event, FundingPayment)), Fraction(0))
    bound = Fraction(len(seen), 10**20)
    assert abs(Fraction(account.flow(instrument.settle, "fee").amount) + fees) <= bound
    assert abs(Fraction(account.flow(instrument.base, "gas").amount) + gas) <= bound
    assert abs(Fraction(account.flow(instrument.settle, "funding").amount) - funding) <= bound
    reported = sorted((fill.order_id, fill.fill_id, fill.lots) for fill in told.values())
    assert [(number, lots) for number, _, lots in reported] == [
        (number, got.lots) for _, number, got in sorted(session.venue.executions, key=lambda done: done[1])
    ]
