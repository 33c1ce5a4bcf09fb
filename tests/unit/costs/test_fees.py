"""Deribit's fees, to the last digit."""

from decimal import Decimal

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money
from hedgerow.costs import Fee, deribit_fee, trade_fee
from hedgerow.instruments import parse_deribit

CALL = "BTC-26JAN24-45000-C"


def charge(name: str, quantity: str, price: str, underlying: str = "45000", fee: Fee | None = None) -> Money:
    instrument = parse_deribit(name)
    fee = fee or deribit_fee(instrument)
    assert fee is not None
    return trade_fee(instrument, fee, Decimal(quantity), Decimal(price), Decimal(underlying))


@pytest.mark.parametrize(
    ("price", "fee"),
    [
        # https://www.deribit.com/kb/fees: 0.0003 BTC per contract of 1 BTC, at most 12.5 % of the premium.
        ("0.05", "0.0003"),
        ("0.0025", "0.0003"),
        ("0.0024", "0.0003"),  # both are equal here: 0.0003 / 0.125
        ("0.0023", "0.0002875"),
        ("0.0005", "0.0000625"),
        ("0.0001", "0.0000125"),
    ],
)
@pytest.mark.parametrize("quantity", ["1", "-1", "0.1", "-250", "1234567.8"])
def test_an_option_pays_by_the_coin_capped_by_its_premium(price: str, fee: str, quantity: str) -> None:
    assert charge(CALL, quantity, price) == Money(abs(Decimal(quantity)) * Decimal(fee), parse_deribit(CALL).settle)


def test_a_coin_settled_option_pays_the_same_at_any_underlying() -> None:
    assert charge(CALL, "3", "0.05", "1") == charge(CALL, "3", "0.05", "99999")


@pytest.mark.parametrize(
    ("name", "quantity", "price", "fee", "currency"),
    [
        # 0.05 % of the notional: 1000 contracts of 10 USD are 0.25 BTC at 40000.
        ("BTC-PERPETUAL", "1000", "40000", "0.000125", "BTC"),
        ("BTC-26JAN24", "-1000", "40000", "0.000125", "BTC"),
        # 500 contracts of 1 USD are 0.2 ETH at 2500.
        ("ETH-PERPETUAL", "500", "2500", "0.0001", "ETH"),
        # 2 ETH at 2000 are 4000 USDC.
        ("ETH_USDC-PERPETUAL", "-2", "2000", "2", "USDC"),
        ("ETH_USDC-26JAN24", "2", "2000", "2", "USDC"),
    ],
)
def test_futures_pay_five_basis_points_in_what_they_settle_in(
    name: str, quantity: str, price: str, fee: str, currency: str
) -> None:
    assert charge(name, quantity, price) == Money.of(fee, currency)


@pytest.mark.parametrize(
    ("fee", "expected"),
    [
        (Fee(rate=Decimal("0.0003")), "1.5"),  # of 2 * 2500
        (Fee(rate=Decimal("0.0003"), premium_cap=Decimal("0.125")), "1.5"),  # below the cap of 2 * 0.125 * 10
        (Fee(rate=Decimal("0.001"), premium_cap=Decimal("0.125")), "2.5"),
        (Fee(rate=Decimal("0.001"), premium_cap=Decimal(0)), "0"),
    ],
)
def test_a_linear_option_pays_on_its_underlying(fee: Fee, expected: str) -> None:
    assert charge("ETH_USDC-26JAN24-2300-C", "-2", "10", "2500", fee) == Money.of(expected, "USDC")


def test_spot_pays_on_what_changes_hands() -> None:
    assert charge("ETH_USDC", "4", "2500", fee=Fee(rate=Decimal("0.001"))) == Money.of(10, "USDC")


@pytest.mark.parametrize("name", ["ETH_USDC-26JAN24-2300-C", "ETH_USDC"])
def test_no_fee_is_invented(name: str) -> None:
    assert deribit_fee(parse_deribit(name)) is None


@pytest.mark.parametrize(("price", "underlying"), [("0", "1"), ("-1", "1"), ("1", "0"), ("1", "-1"), ("NaN", "1")])
def test_prices_are_positive(price: str, underlying: str) -> None:
    with pytest.raises(InputError, match=f"{CALL}: a price of {price} on {underlying}; prices are positive"):
        charge(CALL, "1", price, underlying)
