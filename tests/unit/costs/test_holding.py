"""What holding costs, beside an account that is charged hour by hour."""

import math

import pytest

from hedgerow.core.errors import InputError
from hedgerow.costs import borrow_charge, capital_charge, funding_carry
from hedgerow.costs.holding import HOURS_PER_YEAR


@pytest.mark.parametrize("rate", [0.0001, -0.0003])
def test_funding_is_paid_three_times_a_day(rate: float) -> None:
    # Every 8 hours a long position of one contract pays the rate on its notional, a short one receives it.
    paid = sum(rate * 2000.0 for _ in range(3 * 5))
    cost = funding_carry(rate=rate, hours=120.0, notional=2000.0)
    assert math.isclose(cost.long, paid)
    assert cost.short == -cost.long


def test_a_yearly_rate_is_the_same_funding() -> None:
    daily = funding_carry(rate=0.0001, hours=24.0, notional=2000.0)
    yearly = funding_carry(rate=0.0001 * 3 * 365, hours=24.0, notional=2000.0, per_hours=HOURS_PER_YEAR)
    assert math.isclose(daily.long, yearly.long)


def test_capital_and_interest_are_simple() -> None:
    # 8 % a year on 100 for 73 days, a fifth of a year.
    charged = capital_charge(rate=0.08, hours=73 * 24.0, long_margin=100.0, short_margin=50.0)
    assert math.isclose(charged.long, 1.6)
    assert math.isclose(charged.short, 0.8)
    borrowed = borrow_charge(rate=0.05, hours=73 * 24.0, price=2000.0)
    assert borrowed.long == 0.0
    assert math.isclose(borrowed.short, 20.0)


def test_parts_add_up_over_a_position() -> None:
    parts = [
        funding_carry(rate=0.0002, hours=48.0, notional=1500.0),
        capital_charge(rate=0.1, hours=48.0, long_margin=75.0, short_margin=75.0),
        borrow_charge(rate=0.2, hours=48.0, price=1500.0),
    ]
    total = sum(parts[1:], parts[0])
    for position in (-3.0, 0.0, 8.0):
        assert math.isclose(total.at(position), sum(part.at(position) for part in parts), abs_tol=1e-15)


def test_numbers_that_are_refused() -> None:
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="hours ="):
            funding_carry(rate=0.0, hours=bad, notional=1.0)
        with pytest.raises(InputError, match="notional ="):
            funding_carry(rate=0.0, hours=1.0, notional=bad)
        with pytest.raises(InputError, match="per_hours ="):
            funding_carry(rate=0.0, hours=1.0, notional=1.0, per_hours=bad)
        with pytest.raises(InputError, match="rate ="):
            capital_charge(rate=bad, hours=1.0, long_margin=1.0, short_margin=1.0)
        with pytest.raises(InputError, match="long_margin ="):
            capital_charge(rate=0.1, hours=1.0, long_margin=bad, short_margin=1.0)
        with pytest.raises(InputError, match="short_margin ="):
            capital_charge(rate=0.1, hours=1.0, long_margin=1.0, short_margin=bad)
        with pytest.raises(InputError, match="price ="):
            borrow_charge(rate=0.1, hours=1.0, price=bad)
    with pytest.raises(InputError, match="finite rate"):
        funding_carry(rate=math.nan, hours=1.0, notional=1.0)
