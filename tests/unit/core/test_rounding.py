"""Rounding to smallest units, and what it leaves."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError
from hedgerow.core.money import WIDE
from hedgerow.core.rounding import left_by_rounding, rounded

CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        ("1.005", "0.01", "1.00"),  # half to even
        ("1.015", "0.01", "1.02"),
        ("-1.015", "0.01", "-1.02"),
        ("2.4", "1", "2"),
        ("1234567890123456789012.1234567890123456785", "1e-18", "1234567890123456789012.123456789012345678"),
        ("0", "1e-8", "0E-8"),
    ],
)
def test_rounding(amount: str, unit: str, text: str) -> None:
    assert str(rounded(Decimal(amount), Decimal(unit))) == text


def test_nothing_is_not_less_than_nothing() -> None:
    assert f"{rounded(Decimal('-0.001'), CENT):f}" == "0.00"


@pytest.mark.parametrize("unit", ["0", "-0.01", "0.02", "NaN", "Infinity"])
def test_a_smallest_unit_is_a_power_of_ten(unit: str) -> None:
    with pytest.raises(InputError, match="a smallest unit of"):
        rounded(Decimal(1), Decimal(unit))


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_only_finite_amounts_are_rounded(amount: str) -> None:
    with pytest.raises(InputError, match="cannot be rounded"):
        rounded(Decimal(amount), CENT)


@pytest.mark.parametrize(("amount", "unit"), [("1e90", "1e-8"), ("9.9e79", "1"), ("1", "1e-90"), ("-1e999999", "1")])
def test_amounts_beyond_the_digits_of_money_are_refused_by_name(amount: str, unit: str) -> None:
    with pytest.raises(InputError, match="has more than 80 digits"):
        rounded(Decimal(amount), Decimal(unit))
    with pytest.raises(InputError, match="has more than 80 digits"):
        left_by_rounding([Decimal(amount)], Decimal(unit))


def test_an_amount_of_256_bits_is_rounded_to_the_last_digit() -> None:
    most = Decimal(2**256 - 1)
    assert rounded(most.scaleb(-18, WIDE), Decimal("1e-18")).scaleb(18, WIDE) == most
    assert rounded(Decimal(0), Decimal("1e-90")) == 0


@given(st.lists(st.integers(-(10**30), 10**30).map(lambda n: Decimal(n).scaleb(-22)), max_size=20), st.integers(0, 18))
def test_the_rounded_and_what_rounding_leaves_are_the_rounded_sum(amounts: list[Decimal], digits: int) -> None:
    unit = Decimal(1).scaleb(-digits)
    found = sum((Fraction(rounded(amount, unit)) for amount in amounts), Fraction(0))
    found += Fraction(left_by_rounding(amounts, unit))
    exact = sum((Fraction(amount) for amount in amounts), Fraction(0))
    assert found == round(exact / Fraction(unit)) * Fraction(unit)  # Fractions round half to even too
