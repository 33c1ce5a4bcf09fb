"""How dated contracts end, on the venue's own examples and on numbers small enough to check by hand."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.core.money import Money
from hedgerow.instruments import EuropeanOption, Instrument, parse_deribit
from hedgerow.ledger import Account, payoff, settlement_price

SECOND = 10**9
MINUTE = 60 * SECOND
EXPIRY = 1_706_256_000 * SECOND  # 2024-01-26 08:00 UTC
FREE = Money.of(0, "BTC")


def option(name: str) -> EuropeanOption:
    found = parse_deribit(name)
    assert isinstance(found, EuropeanOption)
    return found


@pytest.mark.parametrize(
    ("name", "price", "worth"),
    [
        # Deribit's own example: a call of 100,000 at a delivery price of 125,000 pays 25,000 USD, 0.2 BTC.
        # https://support.deribit.com/hc/en-us/articles/25944688327069-Inverse-Options
        ("BTC-26JAN24-100000-C", "125000", "0.2"),
        ("BTC-26JAN24-100000-C", "100000", "0"),
        ("BTC-26JAN24-100000-C", "80000", "0"),
        ("BTC-26JAN24-100000-P", "80000", "0.25"),
        ("BTC-26JAN24-100000-P", "125000", "0"),
        ("ETH_USDC-26JAN24-2300-C", "2500", "200"),
        ("ETH_USDC-26JAN24-2300-P", "2000", "300"),
    ],
)
def test_what_an_option_pays(name: str, price: str, worth: str) -> None:
    assert payoff(option(name), Decimal(price)) == Decimal(worth)


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_delivery_price_is_positive(price: str) -> None:
    with pytest.raises(InputError, match=f"a delivery price of {price}"):
        payoff(option("BTC-26JAN24-45000-C"), Decimal(price))
    with pytest.raises(InputError, match=f"a delivery price of {price}"):
        Account().settle(parse_deribit("BTC-26JAN24"), Decimal(price), FREE, EXPIRY)


@pytest.mark.parametrize(
    ("name", "quantity", "price", "delivery", "paid", "currency"),
    [
        ("BTC-26JAN24-40000-C", "-2", "0.05", "50000", "-0.4", "BTC"),
        ("BTC-26JAN24-40000-C", "3", "0.05", "39000", "0", "BTC"),
        ("ETH_USDC-26JAN24-2300-P", "10", "40", "2250", "500", "USDC"),
        # 100 contracts are 1000 USD: 1000/40000 - 1000/50000 coins.
        ("BTC-26JAN24", "100", "40000", "50000", "0.005", "BTC"),
        ("BTC-26JAN24", "-100", "40000", "50000", "-0.005", "BTC"),
        ("ETH_USDC-26JAN24", "2", "2000", "2100", "200", "USDC"),
    ],
)
def test_the_end_of_a_position(name: str, quantity: str, price: str, delivery: str, paid: str, currency: str) -> None:
    instrument = parse_deribit(name)
    account = Account().open_position(instrument, Decimal(quantity), Decimal(price), 5)
    fee = Money.of("0.0003", currency)
    after, done = account.settle(instrument, Decimal(delivery), fee, EXPIRY)
    assert done.amount == Money.of(paid, currency)
    assert done.quantity == Decimal(quantity)
    assert after.flow(currency, "settlement") == Money.of(paid, currency)
    assert after.flow(currency, "fee") == -fee
    assert after.flow(currency, "trade") == Money.of(0, currency)
    assert after.holdings == {}
    (gain,) = after.gains
    assert (gain.cause, gain.opened_ns, gain.closed_ns) == ("settlement", 5, EXPIRY)


def test_an_option_that_ends_gains_its_payoff_less_its_premium() -> None:
    call = parse_deribit("BTC-26JAN24-40000-C")
    account = Account().book_trade(call, Decimal(-2), Decimal("0.05"), Money.of("0.0006", "BTC"), at_ns=1)
    after, _ = account.settle(call, Decimal(50_000), Money.of("0.0003", "BTC"), EXPIRY)
    (gain,) = after.gains
    assert (gain.proceeds, gain.cost, gain.fees) == (Decimal("0.1"), Decimal("0.4"), Decimal("0.0009"))
    assert gain.gain == Decimal("-0.3009")
    assert gain.closed_price == Decimal("0.2")
    assert after.balance("BTC") == Money.of("-0.3009", "BTC")


def test_nothing_held_pays_nothing_and_costs_nothing() -> None:
    call = parse_deribit("BTC-26JAN24-40000-C")
    account = Account().deposit(Money.of(1, "BTC"))
    after, done = account.settle(call, Decimal(50_000), Money.of("0.1", "BTC"), EXPIRY)
    assert after == account
    assert done.amount == done.fee == FREE


def test_a_second_settlement_finds_nothing_to_settle() -> None:
    call = parse_deribit("BTC-26JAN24-40000-C")
    once, _ = Account().open_position(call, Decimal(2), Decimal("0.05"), 0).settle(call, Decimal(50_000), FREE, EXPIRY)
    assert once.settle(call, Decimal(50_000), FREE, EXPIRY)[0] == once


@pytest.mark.parametrize("name", ["BTC-PERPETUAL", "ETH_USDC"])
def test_what_has_no_expiry_is_not_settled(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} has no expiry"):
        Account().settle(parse_deribit(name), Decimal(1), FREE, EXPIRY)


def test_nothing_is_settled_before_its_expiry() -> None:
    with pytest.raises(InputError, match="before its expiry"):
        Account().settle(parse_deribit("BTC-26JAN24"), Decimal(1), FREE, EXPIRY - 1)


# The delivery price.


def brute(at: list[int], price: list[float]) -> Fraction:
    """Average the price of each second of the half hour: the last one that stood at its beginning."""
    total = Fraction(0)
    for second in range(EXPIRY // SECOND - 1800, EXPIRY // SECOND):
        known = [p for t, p in zip(at, price, strict=True) if t <= second * SECOND]
        total += Fraction(str(known[-1]))
    return total / 1800


def test_the_average_of_the_index_as_the_venue_samples_it() -> None:
    # Every six seconds, 300 prices in the half hour: https://www.deribit.com/docs/expiration-price/
    at = EXPIRY - 6 * SECOND * np.arange(300, -1, -1)
    price = np.random.default_rng(3).integers(4_000_000, 4_100_000, at.size) / 100.0
    mean = sum((Fraction(str(p)) for p in price[:-1].tolist()), Fraction(0)) / 300
    assert abs(Fraction(settlement_price(at, price, EXPIRY)) - mean) <= Fraction(1, 2 * 10**8)


def test_prices_count_as_long_as_they_stand() -> None:
    random = np.random.default_rng(4)
    steps = np.cumsum(random.integers(1, 240, 40))
    at = EXPIRY - 2000 * SECOND + steps * SECOND
    price = random.integers(200_000, 210_000, at.size) / 100.0
    expected = brute(at.tolist(), price.tolist())
    assert abs(Fraction(settlement_price(at, price, EXPIRY)) - expected) <= Fraction(1, 2 * 10**8)


def test_what_comes_at_the_expiry_or_later_does_not_count() -> None:
    at = EXPIRY + MINUTE * np.arange(-30, 5)
    price = np.where(at < EXPIRY, 100.0, 1e6)
    assert settlement_price(at, price, EXPIRY) == 100


def test_it_is_rounded_to_a_step() -> None:
    at = EXPIRY + MINUTE * np.arange(-30, 0)
    price = np.r_[np.full(10, 100.0), np.full(20, 101.0)]
    assert str(settlement_price(at, price, EXPIRY, step=Decimal("0.01"))) == "100.67"


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        ([], "there is none"),
        ([-29, -20, -10], "no sample stands at the beginning of the window"),
        ([0, 1, 2], "no sample stands at the beginning of the window"),
        (list(range(-30, -10)), "no sample for 660 s from 2024-01-26T07:49:00"),
        ([-60, 0], "no sample for 3600 s from 2024-01-26T07:00:00"),
    ],
)
def test_nothing_is_guessed_where_the_window_is_not_covered(minutes: list[int], message: str) -> None:
    at = EXPIRY + MINUTE * np.array(minutes, dtype=np.int64)
    with pytest.raises(MarketDataError, match=message):
        settlement_price(at, np.full(at.size, 100.0), EXPIRY)


@pytest.mark.parametrize("bad", [0.0, -5.0, np.nan, np.inf])
def test_a_price_that_cannot_be_true_is_refused_within_the_window_only(bad: float) -> None:
    at = EXPIRY + MINUTE * np.arange(-40, 5)
    price = np.full(at.size, 100.0)
    price[[0, -1]] = bad
    assert settlement_price(at, price, EXPIRY) == 100
    price[20] = bad
    with pytest.raises(MarketDataError, match="a price of"):
        settlement_price(at, price, EXPIRY, name="btc_usd")


def test_a_future_that_was_reported_larger_than_known_here_is_settled_as_reported() -> None:
    instrument: Instrument = parse_deribit("BTC-26JAN24")
    account = Account().open_position(instrument, Decimal(60), Decimal(40_000), 0)
    after, done = account.settle(instrument, Decimal(50_000), FREE, EXPIRY, quantity=Decimal(100))
    assert done.quantity == 100
    late = after.book_trade(instrument, Decimal(40), Decimal(40_000), FREE)
    assert late.holdings == {}
    assert late.balance("BTC") == Money.of("0.005", "BTC")
