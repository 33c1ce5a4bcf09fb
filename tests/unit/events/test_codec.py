"""Events and decisions as bytes and back."""

import math
from decimal import Decimal
from typing import get_args

import msgspec
import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, Currency, InstrumentName, PoolName
from hedgerow.events import (
    Acknowledgement,
    Alert,
    CancelOrder,
    ClockBeat,
    Command,
    Decision,
    Event,
    Fill,
    FitDone,
    ForecastDone,
    FundingPayment,
    GasUpdate,
    Halt,
    Liquidation,
    MoveCollateral,
    OrderClosed,
    PlaceOrder,
    PoolUpdate,
    QuoteUpdate,
    Record,
    Reject,
    RequestFit,
    Resume,
    Settlement,
    TradePrint,
    Transfer,
    TransferDone,
    TransferRefused,
    decode,
    encode,
)

PERPETUAL, EXCHANGE = InstrumentName("ETH_USDC-PERPETUAL"), AccountName("exchange")
WALLET, USDC = AccountName("wallet"), Currency("USDC")
FILL = Fill(5, 6, 7, 0, -3, Decimal("2000.10"), Decimal("0.00000000000000000001"), Decimal("1E-18"))
COMMANDS: tuple[Command, ...] = (
    PlaceOrder(1, EXCHANGE, PERPETUAL, -3, 2**63 - 1, 1999.5),
    PlaceOrder(2, EXCHANGE, PERPETUAL, 3, 10),
    CancelOrder(1, PERPETUAL),
    Transfer(EXCHANGE, WALLET, USDC, Decimal("0.10")),
    RequestFit("vol", 12),
    Alert("halted: größer als ½"),
)
DECISION = Decision(4, 5, "trade", "too far", -3, COMMANDS, -math.inf, math.inf, 2**63 - 1, 2**63 - 1)
RECORDS: list[Record] = [
    QuoteUpdate(1, 2, PERPETUAL, 0.1, 2000.5),
    TradePrint(1, 2, PERPETUAL, 2000.0, -0.25),
    PoolUpdate(1, 2, PoolName("univ3:USDC/WETH:500"), 2000.0, 1e6, 17_900_000),
    GasUpdate(1, 2, 53.089213505000004),
    FundingPayment(1, 2, EXCHANGE, PERPETUAL, -1e-5, Decimal("-0.05"), USDC),
    FILL,
    Acknowledgement(1, 2, 3),
    Reject(1, 2, 3, "it came too late", Decimal("0.003")),
    OrderClosed(1, 2, 3, (FILL, FILL)),
    OrderClosed(1, 2, 3, (), found=False),
    TransferDone(1, 2, EXCHANGE, WALLET, USDC, Decimal("100.00"), Decimal(1)),
    TransferRefused(1, 2, EXCHANGE, WALLET, USDC, Decimal(100), "margin is needed"),
    Settlement(1, 2, EXCHANGE, PERPETUAL, Decimal("2000.5"), Decimal(-3), Decimal("-0.1"), Decimal(0), Currency("ETH")),
    Liquidation(1, 2, EXCHANGE, PERPETUAL, 0, Decimal("4.5"), Decimal(2150), Decimal("9.675")),
    ClockBeat(2**62, 2**62),
    Halt(1, 2, "lunch"),
    Resume(1, 2),
    MoveCollateral(1, 2, EXCHANGE, WALLET, USDC, Decimal(100)),
    FitDone(1, 2, "vol", 3, {"vol": 0.65, "skew": -0.1}),
    ForecastDone(1, 2, "variance", 3, 10**9, 1e-9),
    DECISION,
]


def test_every_type_is_among_the_examples() -> None:
    assert {type(record) for record in RECORDS} == {*get_args(Event), Decision}
    assert {type(command) for command in COMMANDS} == set(get_args(Command))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_what_is_written_is_read_again(record: Record) -> None:
    again = decode(encode(record))
    assert again == record
    assert type(again) is type(record)
    assert encode(again) == encode(record)


def test_decimals_keep_every_digit() -> None:
    again = decode(encode(FILL))
    assert isinstance(again, Fill)
    assert [str(value) for value in (again.price, again.fee, again.gas)] == ["2000.10", "1E-20", "1E-18"]


def test_the_bytes_are_plain_messagepack_with_the_tag_first() -> None:
    # https://github.com/msgpack/msgpack/blob/master/spec.md: fixmap of 3, fixstr keys, positive fixints
    assert encode(ClockBeat(1, 2)) == b"\x83\xa4type\xa4beat\xa5at_ns\x01\xa8known_ns\x02"


def test_equal_records_built_apart_give_the_same_bytes() -> None:
    assert encode(FitDone(1, 2, "vol", 3, {"vol": 0.65})) == encode(FitDone(1, 2, "vol", 3, {"vol": 0.65}))
    assert encode(ClockBeat(1, 2)) != encode(ClockBeat(1, 3))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",  # never used in MessagePack
        b"\x00" * 40,
        encode(DECISION)[:-1],
        encode(FILL) + b"\x00",
        b'{"type": "beat", "at_ns": 1, "known_ns": 2}',
        msgspec.msgpack.encode([1, 2]),
        msgspec.msgpack.encode({"at_ns": 1, "known_ns": 2}),
        msgspec.msgpack.encode({"type": "beet", "at_ns": 1, "known_ns": 2}),
        msgspec.msgpack.encode({"type": "beat", "at_ns": 1}),
        msgspec.msgpack.encode({"type": "beat", "at_ns": 1.5, "known_ns": 2}),
        msgspec.msgpack.encode({"type": "beat", "at_ns": "1", "known_ns": 2}),
        msgspec.msgpack.encode(COMMANDS[0]),
        encode(FILL).replace(b"2000.10", b"2000,10"),
        encode(Halt(1, 2, "lunch")).replace(b"lunch", b"lun\xff\xff"),
        encode(DECISION).replace(b"too far", b"too \xff\xff\xff"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(payload: bytes) -> None:
    with pytest.raises(InputError, match=rf"a record of {len(payload)} bytes: .*; read it with the build") as caught:
        decode(payload)
    assert "\n" not in str(caught.value)
