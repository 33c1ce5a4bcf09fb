"""The recorded chain, damaged in every way that is known to happen: nothing is used in silence."""

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgerow.core.errors import ConfigError
from hedgerow.market import Snapshot
from hedgerow.market.deribit_chain import Chain, read_deribit_chain

FILE = "deribit_eth_chain_20240108.parquet"
CALL = "ETH-26JAN24-2300-C"


@pytest.fixture(scope="module")
def record(example_folder: Path) -> pa.Table:
    """The recorded chain as it stands in its file."""
    return pq.read_table(example_folder / FILE)


def changed(record: pa.Table, name: str, **values: Any) -> pa.Table:
    """Return the record with other values in the row of one instrument."""
    names = record.column("instrument_name").to_pylist()
    for column, value in values.items():
        cells = record.column(column).to_pylist()
        cells[names.index(name)] = value
        i = record.column_names.index(column)
        record = record.set_column(i, column, pa.array(cells, record.schema.field(i).type))
    return record


def read(table: pa.Table, folder: Path, base: str = "ETH") -> Chain:
    pq.write_table(table, folder / "chain.parquet")
    return read_deribit_chain(folder / "chain.parquet", base=base)


def test_the_record_is_read_row_by_row(record: pa.Table, market: Snapshot) -> None:
    rows = record.to_pylist()
    assert market.quotes.names == tuple(row["instrument_name"] for row in rows)
    for row in rows:
        quote = market.quotes.quote(row["instrument_name"])
        assert (quote.mark, quote.forward) == (row["mark_price"], row["underlying_price"])
        assert [None if math.isnan(side) else side for side in (quote.bid, quote.ask)] == [
            row["bid_price"],
            row["ask_price"],
        ]
    assert market.as_of_ns == max(int(row["creation_timestamp"]) for row in rows) * 10**6
    assert {row["estimated_delivery_price"] for row in rows} == {market.index_price}


def test_every_row_without_two_sides_is_named_and_kept_for_valuation(record: pa.Table, market: Snapshot) -> None:
    one_sided = {r["instrument_name"] for r in record.to_pylist() if not (r["bid_price"] and r["ask_price"])}
    named = [item for item in market.rejected if item.kind == "quote"]
    assert {item.name for item in named} == one_sided
    assert len(named) == len(one_sided)
    assert {item.use for item in named} == {"trading"}
    assert one_sided <= set(market.quotes.names)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"bid_price": 0.05, "ask_price": 0.04}, "crossed: the bid 0.05 is above the ask 0.04"),
        ({"bid_price": 0.04, "ask_price": None}, "one-sided: no ask"),
        ({"bid_price": None, "ask_price": 0.05}, "one-sided: no bid"),
        ({"bid_price": 0.0, "ask_price": 0.05}, "one-sided: no bid"),
        ({"bid_price": None, "ask_price": None}, "no bid and no ask"),
        ({"bid_price": 0.04, "ask_price": math.inf}, "not finite: bid 0.04, ask inf"),
    ],
)
def test_a_row_that_cannot_be_traded_is_named_and_kept(
    record: pa.Table, market: Snapshot, tmp_path: Path, values: dict[str, float | None], reason: str
) -> None:
    assert CALL not in {item.name for item in market.rejected}
    chain = read(changed(record, CALL, **values), tmp_path)
    assert [(item.reason, item.use) for item in chain.rejected if item.name == CALL] == [(reason, "trading")]
    assert chain.quotes.names == market.quotes.names


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"mark_price": math.nan}, "the mark is nan"),
        ({"mark_price": None}, "the mark is nan"),
        ({"mark_price": -0.1}, "the mark is -0.1"),
        ({"mark_price": math.inf}, "the mark is inf"),
        ({"underlying_price": 0.0}, "the underlying price is 0"),
        ({"underlying_price": None}, "the underlying price is nan"),
        ({"underlying_price": math.inf}, "the underlying price is inf"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_left_out(
    record: pa.Table, market: Snapshot, tmp_path: Path, values: dict[str, float | str | None], reason: str
) -> None:
    chain = read(changed(record, CALL, **values), tmp_path)
    [item] = [item for item in chain.rejected if item.name == CALL]
    assert item.use == "anything"
    assert reason in item.reason
    assert set(market.quotes.names) - set(chain.quotes.names) == {CALL}


@pytest.mark.parametrize(
    ("column", "value"), [("strike_price", 2400), ("option_type", "P"), ("expire_date", "27JAN24"), ("currency", "BTC")]
)
def test_a_name_that_contradicts_its_row_is_named_and_left_out(
    record: pa.Table, tmp_path: Path, column: str, value: int | str
) -> None:
    chain = read(changed(record, CALL, **{column: value}), tmp_path)
    [item] = [item for item in chain.rejected if item.name == CALL]
    assert item.use == "anything"
    assert str(value) in item.reason
    assert "np." not in item.reason  # people read it
    assert CALL not in chain.quotes


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("BTC-26JAN24-2300-C", "not an option on ETH"),
        ("ETH-26JAN24", "not an option on ETH"),
        ("ETH-30FEB24-2300-C", "has no such date as 30FEB24"),
        ("Total", "is not a Deribit instrument name"),
    ],
)
def test_a_row_of_another_kind_is_named_and_left_out(record: pa.Table, tmp_path: Path, name: str, reason: str) -> None:
    chain = read(changed(record, CALL, instrument_name=name), tmp_path)
    [item] = [item for item in chain.rejected if item.name == name]
    assert item.use == "anything"
    assert reason in item.reason
    assert name not in chain.quotes
    assert len(chain.quotes) == record.num_rows - 1


def test_the_instant_is_that_of_the_newest_row(record: pa.Table, tmp_path: Path) -> None:
    newest = max(record.column("ts").to_pylist()) + dt.timedelta(microseconds=1)
    before, chain = read(record, tmp_path), read(changed(record, CALL, ts=newest), tmp_path)
    assert chain.as_of_ns - before.as_of_ns == 1_000


def test_a_name_that_stands_twice_is_refused(record: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{CALL}.* twice; keep one row per instrument"):
        read(pa.concat_tables([record, record.filter(pa.compute.equal(record["instrument_name"], CALL))]), tmp_path)


@pytest.mark.parametrize("index", [2222.20, None, math.nan])
def test_two_indices_are_not_one_instant(record: pa.Table, tmp_path: Path, index: float | None) -> None:
    with pytest.raises(ConfigError, match="is not one positive index; record one instant only") as caught:
        read(changed(record, CALL, estimated_delivery_price=index), tmp_path)
    assert caught.value.field == "estimated_delivery_price"


@pytest.mark.parametrize("index", [0.0, -1.0, math.nan, math.inf])
def test_the_index_is_positive_and_finite(record: pa.Table, tmp_path: Path, index: float) -> None:
    i = record.column_names.index("estimated_delivery_price")
    everywhere = record.set_column(i, "estimated_delivery_price", pa.array([index] * record.num_rows))
    with pytest.raises(ConfigError, match="is not one positive index"):
        read(everywhere, tmp_path)


def test_a_chain_of_another_coin_or_without_rows_is_refused(record: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no row is a usable BTC option; check `base`"):
        read(record, tmp_path, base="BTC")
    with pytest.raises(ConfigError, match="holds no quotes; record the chain again"):
        read(record.slice(0, 0), tmp_path)
    with pytest.raises(ConfigError, match="bid_price: no such column"):
        read(record.drop_columns(["bid_price"]), tmp_path)
