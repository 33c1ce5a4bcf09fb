"""The table of realised gains: its lines, its rounding, its text."""

import csv
import io
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.money import Money
from hedgerow.instruments import parse_deribit
from hedgerow.ledger import Account, Ledger, RealisedGain, priced_in_usd
from hedgerow.report import BacktestReport, gains_csv
from hedgerow.report.gains import GAIN_COLUMNS, gain_rows

HOUR = 3_600 * 10**9
START = 1_706_000_400 * 10**9  # 2024-01-23 09:00 UTC
CALL = parse_deribit("BTC-26JAN24-42000-C")
PERPETUAL = parse_deribit("BTC-PERPETUAL")
LINEAR = parse_deribit("ETH_USDC-PERPETUAL")


def life() -> tuple[RealisedGain, ...]:
    account = Account().open_position(CALL, Decimal(-2), Decimal("0.05"), 0)
    account = account.book_trade(PERPETUAL, Decimal(300), Decimal(40_000), Money.of("0.0000375", "BTC"), at_ns=START)
    account = account.book_trade(
        PERPETUAL, Decimal(-100), Decimal("41000.5"), Money.of("0.0000122", "BTC"), at_ns=START + HOUR
    )
    account, _ = account.settle(CALL, Decimal(45_000), Money.of("0.0003", "BTC"), 1_706_256_000 * 10**9)
    ledger = Ledger().put("deribit", account)
    return priced_in_usd(
        ledger.gains(), lambda _currency, at_ns: Decimal("41000.5" if at_ns < START + 2 * HOUR else 45000)
    )


def test_a_line_for_each_lot() -> None:
    perpetual, option, *_ = gain_rows("band", life())
    assert tuple(perpetual) == GAIN_COLUMNS
    # 100 contracts are 1000 USD: 0.025 coins at 40,000 and 0.0243899 at 41,000.5; a third of the opening fee goes
    # along.
    assert perpetual == {
        "policy": "band",
        "account": "deribit",
        "instrument": "BTC-PERPETUAL",
        "closed_by": "trade",
        "opened": "2024-01-23T09:00:00.000Z",
        "closed": "2024-01-23T10:00:00.000Z",
        "quantity": "100",
        "opened_price": "40000",
        "closed_price": "41000.5",
        "currency": "BTC",
        "proceeds": "0.02500000",
        "cost": "0.02438995",
        "fees": "0.00002470",
        "gain": "0.00058535",
        "usd_price": "41000.5",
        "gain_usd": "24.00",
    }
    # The option was there before the start; at 45,000 it pays 3000/45000 of a coin for each of two.
    assert (option["opened"], option["closed"]) == ("", "2024-01-26T08:00:00.000Z")
    assert (option["closed_by"], option["quantity"]) == ("settlement", "-2")
    assert (option["opened_price"], option["closed_price"]) == ("0.05", "0.0666666666666667")
    assert (option["proceeds"], option["cost"]) == ("0.10000000", "0.13333333")
    assert (option["fees"], option["gain"], option["gain_usd"]) == ("0.00030000", "-0.03363333", "-1513.50")


def test_columns_sum_to_their_exact_sums_rounded() -> None:
    account = Account()
    for i in range(1, 60):
        price = Decimal(40_000) + 7 * i
        account = account.book_trade(
            PERPETUAL, Decimal(13 if i % 3 else -17), price, Money.of("0.00000123", "BTC"), at_ns=i
        )
        account = account.book_trade(LINEAR, Decimal(3 if i % 3 else -5), Decimal(i) / 7, Money.of("0.0000011", "USDC"))
    gains = priced_in_usd(account.gains, lambda _currency, _at_ns: Decimal("1.0001"))
    rows = list(gain_rows("p", gains))
    assert sum(row["closed_by"] == "rounding" for row in rows) == 2
    for currency, unit in (("BTC", Fraction(1, 10**8)), ("USDC", Fraction(1, 10**6))):
        for column in ("proceeds", "cost", "fees", "gain"):
            found = sum(Fraction(row[column]) for row in rows if row["currency"] == currency)
            exact = sum(Fraction(getattr(gain, column)) for gain in gains if gain.currency == currency)
            assert found == round(exact / unit) * unit
        usd = sum(Fraction(row["gain_usd"]) for row in rows if row["currency"] == currency)
        exact = sum(Fraction(gain.gain) * Fraction(10_001, 10_000) for gain in gains if gain.currency == currency)
        assert usd == round(exact * 100) / Fraction(100)


def test_what_is_exact_has_no_line_of_rounding() -> None:
    account = Account().book_trade(LINEAR, Decimal(1), Decimal(2000), Money.of(1, "USDC"))
    account = account.book_trade(LINEAR, Decimal(-1), Decimal(2100), Money.of(1, "USDC"))
    (row,) = gain_rows("p", tuple(account.gains))
    assert (row["gain"], row["usd_price"], row["gain_usd"]) == ("98.000000", "", "")


def test_a_currency_without_a_smallest_unit_is_refused() -> None:
    odd = parse_deribit("ETH_USDC-PERPETUAL")
    (gain,) = (
        Account()
        .book_trade(odd, Decimal(1), Decimal(2000), Money.of(0, "USDC"))
        .book_trade(odd, Decimal(-1), Decimal(2100), Money.of(0, "USDC"))
        .gains
    )
    unknown = RealisedGain(**{name: getattr(gain, name) for name in gain.__struct_fields__} | {"currency": "XYZ"})
    with pytest.raises(InputError, match="the smallest unit of XYZ is not on file"):
        list(gain_rows("p", (unknown,)))


@pytest.mark.usefixtures("unchecked")
def test_the_table_is_read_back_whatever_the_policy_is_called() -> None:
    policies = [SimpleNamespace(name='a, "b"\nc', gains=life()), SimpleNamespace(name="none", gains=())]
    text = gains_csv(cast("BacktestReport", cast("Any", SimpleNamespace(policies=policies))))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["policy"] for row in rows] == ['a, "b"\nc'] * len(rows)
    assert rows[:2] == list(gain_rows('a, "b"\nc', life()))[:2]


@pytest.mark.usefixtures("unchecked")
def test_nothing_realised_is_a_header() -> None:
    text = gains_csv(cast("BacktestReport", cast("Any", SimpleNamespace(policies=[]))))
    assert text == ",".join(GAIN_COLUMNS) + "\n"


def test_quantities_are_written_whole_and_without_idle_digits() -> None:
    spot = parse_deribit("ETH_USDC")
    many = Decimal("123456789012345.123456789012345678000")
    account = Account().book_trade(spot, many, Decimal(2000), Money.of(0, "USDC"), at_ns=1)
    account = account.book_trade(spot, many.copy_negate(), Decimal("2000.50"), Money.of(0, "USDC"), at_ns=2)
    account = account.book_trade(spot, Decimal("10.0"), Decimal(2000), Money.of(0, "USDC"), at_ns=3)
    account = account.book_trade(spot, Decimal("-10.0"), Decimal(2000), Money.of(0, "USDC"), at_ns=4)
    first, second, *_ = gain_rows("p", tuple(account.gains))
    assert (first["quantity"], first["closed_price"]) == ("123456789012345.123456789012345678", "2000.5")
    assert second["quantity"] == "10"
