"""Funding by the venue's rule: accrued on what was held when, or paid on what is held at the end."""

from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec import structs

from exchange_worlds import AT_ONCE, HOUR, INVERSE, LINEAR, ONE, TWO, ledger, order, quoted, tape_of, told
from hedgerow.core.ids import Currency
from hedgerow.events import FundingPayment
from hedgerow.venue_rules import rules_of
from hedgerow.venues import Funding, Index, Listing, RuledFunding, SimulatedExchange

JUNE = 1_717_200_000 * 10**9
DERIBIT = structs.replace(rules_of("deribit", JUNE).funding(INVERSE), cap=Decimal("0.005"))
HYPERLIQUID = rules_of("hyperliquid", JUNE).funding(LINEAR)
HALF = HOUR // 2


def world(mark: list[float], index: list[float], rule: object, *, instrument: object = INVERSE) -> SimulatedExchange:
    """Mark and index change every half hour."""
    lot = "1" if instrument is INVERSE else "0.01"
    tape = tape_of({"mark": mark, "index": index}, HALF)
    first, second = (Index(tape=tape, source=number, usd_rate=1.0) for number in (0, 1))
    funding = RuledFunding(rule=rule, mark=first, index=second)  # type: ignore[arg-type]
    market = quoted(tape, 0, instrument, lot)  # type: ignore[arg-type]
    return SimulatedExchange(
        listings=(Listing(instrument=instrument, lot=Decimal(lot), market=market, funding=funding),),  # type: ignore[arg-type]
        books=ledger(one={"ETH": "10", "USDC": "100000"}, two={"ETH": "10", "USDC": "100000"}),
        delays=AT_ONCE,
        seed=0,
        usd_rates={Currency("USDC"): 1.0},
    )


def deribit_rate(premium: Fraction) -> Fraction:
    """venues.md: F = clamp(max(0.025 %, P) + min(-0.025 %, P), cap)."""
    damper, cap = Fraction(25, 100_000), Fraction(5, 1000)
    return max(-cap, min(cap, max(damper, premium) + min(-damper, premium)))


def test_deribit_accrues_on_what_was_held_when() -> None:
    """Long 4000 USD from 0:15 on, 8000 from 0:45 on; paid at every full hour."""
    mark, index = [2_004.0, 2_000.0, 1_990.0, 1_990.0, 1_990.0], [2_000.0] * 5
    venue = world(mark, index, DERIBIT)
    venue.take(order(4_000, instrument=INVERSE), HALF // 2)
    venue.take(order(4_000, 1, instrument=INVERSE), 3 * HALF // 2)
    paid = [(event.at_ns, event.amount) for event in told(venue, 10 * HOUR, FundingPayment)]
    rates = [deribit_rate(Fraction(int(m) - 2_000, 2_000)) for m in mark]
    coins = Fraction(4_000, 2_000)
    first = coins * rates[0] / 4 + coins * rates[1] / 4 + 2 * coins * rates[1] / 4
    second = 2 * coins * (rates[2] + rates[3]) / 2
    assert [at for at, _ in paid] == [HOUR, 2 * HOUR]
    expected = [-first / 8, -second / 8]
    assert [float(amount) for _, amount in paid] == pytest.approx([float(each) for each in expected], rel=1e-15)
    assert paid[0][1] < 0 < paid[1][1]  # longs pay a premium, and receive a discount


def test_a_premium_within_the_damper_costs_nothing() -> None:
    venue = world([2_000.4] * 4, [2_000.0] * 4, DERIBIT)
    venue.take(order(4_000, instrument=INVERSE), 0)
    assert told(venue, 10 * HOUR, FundingPayment) == []


def test_hyperliquid_pays_an_eighth_of_the_rate_on_the_oracle_every_hour() -> None:
    """venues.md: F = P + clamp(0.01 % - P, 0.05 %), P averaged over the hour; short two coins at its end."""
    mark, index = [2_004.0, 2_000.0, 2_000.0], [2_000.0, 2_000.0, 1_900.0]
    venue = world(mark, index, HYPERLIQUID, instrument=LINEAR)
    venue.take(order(-200), HOUR - 1)
    (payment,) = told(venue, HOUR, FundingPayment)
    premium = (Fraction(4, 2_000) + 0) / 2
    clamped = max(-Fraction(5, 10_000), min(Fraction(5, 10_000), Fraction(1, 10_000) - premium))
    rate = (premium + clamped) / 8
    assert payment.amount == pytest.approx(Decimal(float(2 * 1_900 * rate)))
    assert payment.rate == pytest.approx(float(rate))


def test_every_account_pays_its_own() -> None:
    tape = tape_of({LINEAR.name: [2_000.0, 2_000.0]}, HOUR)
    listing = Listing(
        instrument=LINEAR,
        lot=Decimal("0.01"),
        market=quoted(tape, 0, LINEAR, "0.01"),
        funding=Funding(at_ns=(HOUR,), rate=(0.001,)),
    )
    books = ledger(one={"USDC": "10000"}, two={"USDC": "10000"})
    venue = SimulatedExchange(listings=(listing,), books=books, delays=AT_ONCE, seed=0)
    venue.take(order(100), 0)
    venue.take(order(-300, 1, account=TWO), 0)
    paid = {event.account: event.amount for event in told(venue, 2 * HOUR, FundingPayment)}
    assert paid == {ONE: -2, TWO: 6}
    assert venue.books.account(TWO).flow("USDC", "funding").amount == 6
