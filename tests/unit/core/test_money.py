"""Money adds up exactly, and only with its like."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency
from hedgerow.core.money import Money, Pair, Price, exact

BTC, ETH, USD = Currency("BTC"), Currency("ETH"), Currency("USD")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (3, "3"),
        ("0.0003", "0.0003"),
        (Decimal("1.10"), "1.10"),
    ],
)
def test_exact_reads_the_decimal_that_a_person_would_write(given: Decimal | float | str, expected: str) -> None:
    assert exact(given) == Decimal(expected)


@pytest.mark.parametrize("given", [float("nan"), float("inf"), "-Infinity", Decimal("NaN"), "ten", ""])
def test_exact_refuses_what_is_not_a_finite_number(given: Decimal | float | str) -> None:
    with pytest.raises(InputError, match=r"; give a finite amount$"):
        exact(given)


def test_a_tenth_ten_times_is_one() -> None:
    total = Money.of(0, "ETH")
    for _ in range(10):
        total += Money.of(0.1, "ETH")
    assert total == Money.of(1, "ETH")


def test_arithmetic_keeps_the_currency() -> None:
    three, two = Money.of(3, "BTC"), Money.of(2, "BTC")
    assert three - two == Money(Decimal(1), BTC)
    assert -three == Money(Decimal(-3), BTC)
    assert three * 4 == Money(Decimal(12), BTC)
    assert two < three
    assert not three < two


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__"])
def test_unlike_currencies_never_meet(operation: str) -> None:
    with pytest.raises(NumeraireError, match="BTC and USD do not add; convert one of them with a Price first"):
        getattr(Money.of(1, "BTC"), operation)(Money.of(1, "USD"))


def test_equal_amounts_of_unlike_currencies_differ() -> None:
    assert Money.of(1, "BTC") != Money.of(1, "ETH")
    assert Money.of("1.0", "BTC") == Money.of("1.00", "BTC")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money.of("1e5", "USD"), "100000 USD"),
        (Money.of("0.010", "BTC"), "0.01 BTC"),
        (Money.of("1e-8", "BTC"), "0.00000001 BTC"),
        (Money.of(0, "USD") * -1, "0 USD"),
        (Money.of(-0.0, "USD"), "0 USD"),
    ],
)
def test_money_prints_without_exponents_noughts_or_minus_nothing(money: Money, text: str) -> None:
    assert str(money) == text
    assert repr(money) == f"Money({text})"


def test_a_price_converts_both_ways_and_back() -> None:
    price = Price(exact(2500), Pair(ETH, USD))
    assert price.convert(Money.of(4, "ETH")) == Money.of(10_000, "USD")
    assert price.convert(Money.of(10_000, "USD")) == Money.of(4, "ETH")


def test_a_price_refuses_a_third_currency() -> None:
    with pytest.raises(NumeraireError, match="BTC is not in ETH/USD; use a price of its own pair"):
        Price(exact(2500), Pair(ETH, USD)).convert(Money.of(1, "BTC"))


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_money_is_finite(amount: str) -> None:
    with pytest.raises(InputError, match=f"an amount of {amount} BTC is not finite"):
        Money(Decimal(amount), Currency("BTC"))


def test_a_pair_needs_two_currencies() -> None:
    with pytest.raises(InputError, match="a pair of ETH with itself; give two different currencies"):
        Pair(ETH, ETH)


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_a_price_is_positive_and_finite(value: str) -> None:
    with pytest.raises(InputError, match=f"a price of {value} ETH/USD"):
        Price(Decimal(value), Pair(ETH, USD))
