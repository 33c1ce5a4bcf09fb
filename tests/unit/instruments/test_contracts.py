"""Contracts are frozen facts that survive a file."""

import msgspec
import pytest

from hedgerow.instruments import EuropeanOption, Future, Instrument, expiry_of, is_inverse, kind_of, parse_deribit


@pytest.mark.parametrize(
    ("name", "kind", "inverse"),
    [
        ("ETH_USDC", "spot", False),
        ("ETH-PERPETUAL", "inverse perpetual", True),
        ("ETH_USDC-PERPETUAL", "linear perpetual", False),
        ("ETH-26JAN24", "inverse future", True),
        ("ETH_USDC-26JAN24", "linear future", False),
        ("ETH-26JAN24-2300-C", "inverse option", True),
        ("ETH_USDC-26JAN24-2300-P", "linear option", False),
    ],
)
def test_kind_settlement_expiry_and_the_way_through_a_file(name: str, kind: str, inverse: bool) -> None:
    instrument = parse_deribit(name)
    assert kind_of(instrument) == kind
    assert is_inverse(instrument) is inverse
    assert (expiry_of(instrument) is not None) == isinstance(instrument, Future | EuropeanOption)
    again: Instrument = msgspec.json.decode(msgspec.json.encode(instrument), type=Instrument)
    assert again == instrument
    assert type(again) is type(instrument)


def test_a_contract_never_changes() -> None:
    with pytest.raises(AttributeError):
        parse_deribit("ETH-26JAN24-2300-C").contract_size = 2.0  # type: ignore[misc]


def test_a_file_with_an_unknown_key_is_refused() -> None:
    text = msgspec.json.encode(parse_deribit("ETH-PERPETUAL")).replace(b'"lot"', b'"lott"')
    with pytest.raises(msgspec.ValidationError, match="lott"):
        msgspec.json.decode(text, type=Instrument)
