"""Deribit's names: every form is read, everything else is refused with a reason."""

import datetime as dt

import pytest

from hedgerow.core.errors import InputError
from hedgerow.instruments import EuropeanOption, Future, Perpetual, Spot, expiry_of, is_inverse, parse_deribit


@pytest.mark.parametrize(
    ("name", "kind", "base", "quote", "settle"),
    [
        ("BTC-PERPETUAL", Perpetual, "BTC", "USD", "BTC"),
        ("ETH-26JAN24", Future, "ETH", "USD", "ETH"),
        ("ETH-26JAN24-2300-C", EuropeanOption, "ETH", "USD", "ETH"),
        ("SOL_USDC-PERPETUAL", Perpetual, "SOL", "USDC", "USDC"),
        ("BTC_USDC-28JUN24", Future, "BTC", "USDC", "USDC"),
        ("ETH_USDC-28JUN24-2300-P", EuropeanOption, "ETH", "USDC", "USDC"),
        ("ETH_BTC", Spot, "ETH", "BTC", "BTC"),
        ("BTC_USDT", Spot, "BTC", "USDT", "USDT"),
        ("1INCH_USDC-PERPETUAL", Perpetual, "1INCH", "USDC", "USDC"),
    ],
)
def test_every_form_of_name(name: str, kind: type, base: str, quote: str, settle: str) -> None:
    instrument = parse_deribit(name)
    assert type(instrument) is kind
    assert instrument.name == name
    assert (instrument.base, instrument.quote, instrument.settle) == (base, quote, settle)
    assert is_inverse(instrument) == (base == settle)


@pytest.mark.parametrize(
    ("name", "strike", "is_call"),
    [
        ("ETH-26JAN24-2300-C", 2300.0, True),
        ("ETH-26JAN24-2300-P", 2300.0, False),
        ("XRP_USDC-26JAN24-0d625-C", 0.625, True),
        ("MATIC_USDC-5JAN24-1d05-P", 1.05, False),
    ],
)
def test_strike_and_right(name: str, strike: float, is_call: bool) -> None:
    option = parse_deribit(name)
    assert isinstance(option, EuropeanOption)
    assert (option.strike, option.is_call) == (strike, is_call)


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("ETH-26JAN24", dt.date(2024, 1, 26)),
        ("ETH-9JAN24-2300-C", dt.date(2024, 1, 9)),
        ("ETH-29FEB24-2300-C", dt.date(2024, 2, 29)),
        ("BTC_USDC-31DEC99", dt.date(2099, 12, 31)),
        *((f"BTC-1{day:%b%y}".upper(), day) for day in (dt.date(2025, month, 1) for month in range(1, 13))),
    ],
)
def test_everything_expires_at_eight_utc_exactly(name: str, date: dt.date) -> None:
    # https://docs.deribit.com/#naming: expiry is at 08:00 UTC.
    seconds = (date - dt.date(1970, 1, 1)).days * 86_400 + 8 * 3_600
    assert expiry_of(parse_deribit(name)) == seconds * 10**9


@pytest.mark.parametrize(
    ("name", "size", "lot", "tick"),
    [
        # https://docs.deribit.com/#public-get_instruments, January 2024.
        ("BTC-PERPETUAL", 10.0, 1.0, 0.5),
        ("ETH-26JAN24", 1.0, 1.0, 0.05),
        ("BTC-26JAN24-45000-C", 1.0, 0.1, 0.0001),
        ("ETH-26JAN24-2300-C", 1.0, 1.0, 0.0001),
        # Not on file: nothing is invented.
        ("ETH_USDC-26JAN24-2300-C", 1.0, None, None),
        ("BTC_USDC-PERPETUAL", 1.0, None, None),
        ("BTC_USDC", 1.0, None, None),
    ],
)
def test_published_terms(name: str, size: float, lot: float | None, tick: float | None) -> None:
    instrument = parse_deribit(name)
    assert (instrument.contract_size, instrument.lot, instrument.tick) == (size, lot, tick)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is not a Deribit instrument name"),
        ("ETH-26JAN24-2300", "is not a Deribit instrument name"),
        ("ETH-26JAN24-2300-X", "is not a Deribit instrument name"),
        ("eth-26jan24-2300-c", "is not a Deribit instrument name"),
        (" ETH-PERPETUAL", "is not a Deribit instrument name"),
        ("ETH-PERPETUAL\n", "is not a Deribit instrument name"),
        ("ETH-26JAN2024", "is not a Deribit instrument name"),
        ("ETH-26JAN24--2300-C", "is not a Deribit instrument name"),
        ("ETH-26JAN24-2300d-C", "is not a Deribit instrument name"),
        ("ETH-26JAN24-2300.5-C", "is not a Deribit instrument name"),
        ("ETH-PERPETUAL-2300-C", "is not a Deribit instrument name"),
        ("ETH", "names a currency, not an instrument"),
        ("ETH_DOGE-PERPETUAL", "has an unknown quote currency DOGE"),
        ("ETH_ETH", "quote currency"),
        ("ETH-30FEB24", "has no such date as 30FEB24"),
        ("ETH-29FEB23-2300-C", "has no such date as 29FEB23"),
        ("ETH-0JAN24", "0JAN24"),
        ("ETH-32JAN24", "has no such date as 32JAN24"),
        ("ETH-26JAM24", "has no such date as 26JAM24"),
        ("ETH-26JAN24-0-C", "has a strike of zero"),
        ("ETH-26JAN24-0d0-P", "has a strike of zero"),
    ],
)
def test_other_names_are_refused_on_one_line_with_examples(name: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_deribit(name)
    assert why in caught.value.problem
    assert "ETH-26JAN24-2300-C" in caught.value.advice
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "ETH-05JAN24",  # a second name of ETH-5JAN24
        "ETH-5JAN24-02300-C",  # a second name of ETH-5JAN24-2300-C
        "ETH-٢٦JAN24",  # digits, but not Deribit's
        f"ETH-26JAN24-{'9' * 400}-C",  # a strike of infinity
    ],
)
def test_a_contract_has_one_name_only(name: str) -> None:
    with pytest.raises(InputError):
        parse_deribit(name)
