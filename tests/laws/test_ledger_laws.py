"""No money appears and none vanishes.

The oracle is exact: fractions of whole numbers, no rounding at all. The ledger works with decimals of 80 digits, so
each of its operations is off by at most half a unit of the last digit, 5e-80 of its result. A trade takes fewer than
20 operations (size, unit price, share that is closed, released basis, new basis, cash, fee), and none has a result
larger than the turnover, the sum of all amounts that changed hands. Hence the bound of n * 20 * 5e-80 * turnover.
It leaves no room for an error of 28 digits, Python's own, let alone one of double precision.
"""

from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from hypothesis import assume, given
from hypothesis import strategies as st

from hedgerow.core.money import Money
from hedgerow.instruments import EuropeanOption, Instrument, is_inverse, parse_deribit
from hedgerow.ledger import Account

Fill: TypeAlias = tuple[Decimal, Decimal, Decimal]
"""Quantity, price and fee."""

INSTRUMENTS = st.sampled_from(
    [
        parse_deribit(name)
        for name in (
            "BTC-PERPETUAL",
            "ETH-26JAN24",
            "BTC_USDC-PERPETUAL",
            "ETH_USDC-26JAN24",
            "BTC-26JAN24-45000-C",
            "ETH_USDC-26JAN24-2300-P",
        )
    ]
)


def decimals(low: int, high: int, digits: int) -> st.SearchStrategy[Decimal]:
    """Whole numbers from low to high, as so many digits after the point."""
    return st.integers(low, high).map(lambda n: Decimal(n).scaleb(-digits))


PRICES = decimals(1, 10**9, 4)
QUANTITIES = decimals(-(10**7), 10**7, 3).filter(bool)
FEES = decimals(0, 10**6, 8)
FILLS = st.lists(st.tuples(QUANTITIES, PRICES, FEES), min_size=1, max_size=12)


def booked(instrument: Instrument, fills: list[Fill], start: Account | None = None) -> Account:
    ledger = start or Account()
    for quantity, price, fee in fills:
        ledger = ledger.book_trade(instrument, quantity, price, Money(fee, instrument.settle))
    return ledger


def closed(fills: list[Fill], price: Decimal) -> list[Fill]:
    """Add the trade that leaves nothing open."""
    rest = sum((quantity for quantity, _, _ in fills), Decimal(0))
    return [*fills, (-rest, price, Decimal(0))] if rest else fills


def value(instrument: Instrument, quantity: Decimal, price: Decimal) -> Fraction:
    """Return what a position is worth in the settlement currency, up to a constant per contract.

    A long linear contract or option gains size times the rise of its price. A long inverse future gains size/P0 -
    size/P coins: it is short the coin's worth of its dollars, so its value is -size/P.
    """
    size = Fraction(instrument.contract_size)
    if is_inverse(instrument) and not isinstance(instrument, EuropeanOption):
        return -Fraction(quantity) * size / Fraction(price)
    return Fraction(quantity) * size * Fraction(price)


def fees_of(fills: list[Fill]) -> Fraction:
    return sum((Fraction(fee) for _, _, fee in fills), Fraction(0))


def tolerance(instrument: Instrument, fills: list[Fill], *marks: Decimal) -> Fraction:
    """Return what rounding may do; see the head of this file."""
    amounts = [abs(value(instrument, quantity, price)) for quantity, price, _ in fills]
    held = sum((quantity for quantity, _, _ in fills), Decimal(0))
    amounts += [abs(value(instrument, held, mark)) for mark in marks]
    turnover = sum(amounts, fees_of(fills))
    return len(amounts) * 20 * Fraction(5, 10**80) * turnover


def wealth(ledger: Account, instrument: Instrument, mark: Decimal) -> Fraction:
    """Return cash plus what is not yet cash."""
    return Fraction((ledger.balance(instrument.settle) + ledger.unsettled(instrument, mark)).amount)


@given(INSTRUMENTS, FILLS, PRICES)
def test_what_ends_flat_leaves_what_was_received_less_what_was_paid(
    instrument: Instrument, fills: list[Fill], last: Decimal
) -> None:
    fills = closed(fills, last)
    ledger = booked(instrument, fills)
    received = -sum(value(instrument, quantity, price) for quantity, price, _ in fills)
    found = Fraction(ledger.balance(instrument.settle).amount)
    assert abs(found - (received - fees_of(fills))) <= tolerance(instrument, fills)
    assert ledger.holdings == {}
    assert set(ledger.currencies) <= {instrument.settle}


@given(INSTRUMENTS, FILLS, PRICES)
def test_cash_and_open_profit_are_every_fill_marked_on_its_own(
    instrument: Instrument, fills: list[Fill], mark: Decimal
) -> None:
    gained = sum(value(instrument, quantity, mark) - value(instrument, quantity, price) for quantity, price, _ in fills)
    # An amount that a fill gains at the mark may be larger than both its turnover and the position's worth.
    bound = tolerance(instrument, fills, mark) + tolerance(instrument, [(q, mark, f) for q, _, f in fills])
    assert abs(wealth(booked(instrument, fills), instrument, mark) - (gained - fees_of(fills))) <= bound


@given(INSTRUMENTS, FILLS)
def test_what_one_side_loses_the_other_gains_but_for_the_fees(instrument: Instrument, fills: list[Fill]) -> None:
    here = booked(instrument, fills)
    there = booked(instrument, [(-quantity, price, fee) for quantity, price, fee in fills])
    total = Fraction(here.balance(instrument.settle).amount) + Fraction(there.balance(instrument.settle).amount)
    assert abs(total + 2 * fees_of(fills)) <= 2 * tolerance(instrument, fills)
    assert here.holding(instrument).quantity == -there.holding(instrument).quantity
    assert here.holding(instrument).basis == there.holding(instrument).basis.copy_negate()


@given(INSTRUMENTS, FILLS, PRICES, st.integers(1, 4))
def test_closing_at_the_mark_changes_nothing(
    instrument: Instrument, fills: list[Fill], mark: Decimal, quarters: int
) -> None:
    open_ = booked(instrument, fills)
    held = open_.holding(instrument).quantity
    assume(held)
    part: Fill = (-held * quarters / 4, mark, Decimal(0))
    after = booked(instrument, [part], open_)
    bound = tolerance(instrument, [*fills, part], mark, mark)
    assert abs(wealth(after, instrument, mark) - wealth(open_, instrument, mark)) <= bound
    assert (instrument.name in after.holdings) == (quarters < 4)


@given(INSTRUMENTS, FILLS)
def test_the_position_is_the_sum_of_the_fills(instrument: Instrument, fills: list[Fill]) -> None:
    ledger = booked(instrument, fills)
    held = sum((quantity for quantity, _, _ in fills), Decimal(0))
    assert ledger.holding(instrument).quantity == held
    assert (instrument.name in ledger.holdings) == (held != 0)


@given(INSTRUMENTS, INSTRUMENTS, FILLS, FILLS)
def test_the_order_of_two_instruments_does_not_matter(
    one: Instrument, other: Instrument, fills: list[Fill], others: list[Fill]
) -> None:
    assume(one != other)
    first = booked(other, others, booked(one, fills))
    second = booked(one, fills, booked(other, others))
    assert first.holdings == second.holdings
    bound = tolerance(one, fills) + tolerance(other, others)
    for currency in {one.settle, other.settle}:
        gap = Fraction(first.balance(currency).amount) - Fraction(second.balance(currency).amount)
        assert abs(gap) <= bound


@given(st.lists(st.tuples(QUANTITIES, PRICES), min_size=1, max_size=12))
def test_spot_only_exchanges(fills: list[tuple[Decimal, Decimal]]) -> None:
    spot = parse_deribit("ETH_USDC")
    ledger = booked(spot, [(quantity, price, Decimal(0)) for quantity, price in fills])
    # At most 10 + 9 digits a product and 12 of them: nothing is rounded.
    assert ledger.balance("ETH").amount == sum(quantity for quantity, _ in fills)
    assert ledger.balance("USDC").amount == -sum(quantity * price for quantity, price in fills)


@given(QUANTITIES, decimals(1, 10**5, 4), decimals(1, 10**5, 4), FEES, FEES)
def test_a_coin_settled_option_leaves_the_difference_of_its_premiums(
    quantity: Decimal, sold: Decimal, bought: Decimal, fee: Decimal, other_fee: Decimal
) -> None:
    option = parse_deribit("BTC-26JAN24-45000-C")
    ledger = booked(option, [(-quantity, sold, fee), (quantity, bought, other_fee)])
    assert ledger.balance("BTC").amount == quantity * (sold - bought) - fee - other_fee  # all within 28 digits
