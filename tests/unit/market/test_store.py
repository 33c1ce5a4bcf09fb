"""A snapshot on disk: what is saved is what is loaded, and what is malformed is named."""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgerow.core.errors import ConfigError, InputError, MarketDataError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import PoolState, Snapshot, load_snapshot, save_snapshot

AS_OF = dt.datetime(2024, 1, 8, 11, 19, 41, tzinfo=dt.UTC)
CALL, PUT = "ETH-26JAN24-2300-C", "ETH-26JAN24-2200-P"

MANIFEST = f"""\
format = "hedgerow-snapshot/1"
base = "ETH"
as_of = {AS_OF.isoformat()}
index_price = 2222.19
index_at = {AS_OF.isoformat()}
notes = ["no sizes"]

[quotes]
file = "quotes.parquet"
format = "hedgerow-quotes"

[[pool]]
name = "pool"
token0 = "USDC"
token1 = "WETH"
decimals0 = 6
decimals1 = 18
fee = 0.0005
tick_spacing = 10
price = 2220.5
liquidity = 12_000_000_000_000_000_000
known_at = 2024-01-08T11:00:00Z

[aliases]
WETH = "ETH"
"""

QUOTES: dict[str, pa.Array] = {
    "instrument": pa.array([CALL, PUT]),
    "bid": pa.array([0.03, None], pa.float64()),
    "ask": pa.array([0.04, 0.06]),
    "mark": pa.array([0.035, 0.05]),
    "underlying": pa.array([2241.65, 2241.66]),
    "ts": pa.array([AS_OF, AS_OF - dt.timedelta(seconds=9)], pa.timestamp("us", tz="UTC")),
}


def folder_of(root: Path, manifest: str = MANIFEST, /, **columns: pa.Array | None) -> Path:
    """Write a snapshot folder; a column of None is left out."""
    folder = root / "market"
    folder.mkdir()
    (folder / "snapshot.toml").write_text(manifest, encoding="utf-8")
    table = {name: values for name, values in (QUOTES | columns).items() if values is not None}
    pq.write_table(pa.table(table), folder / "quotes.parquet")
    return folder


def edited(old: str, new: str) -> str:
    assert MANIFEST.count(old) == 1
    return MANIFEST.replace(old, new)


def refusal(folder: Path) -> ConfigError:
    """Load a folder that must be refused; the message must be one line with a file and an advice."""
    with pytest.raises(ConfigError) as caught:
        load_snapshot(folder)
    error = caught.value
    assert "\n" not in str(error)
    assert str(error).startswith(str(folder))
    assert error.advice
    return error


def test_a_snapshot_is_read_as_it_stands_in_its_files(tmp_path: Path) -> None:
    snapshot = load_snapshot(folder_of(tmp_path))
    as_of_ns = int(AS_OF.timestamp()) * 10**9
    assert (snapshot.base, snapshot.as_of_ns, snapshot.index_price) == ("ETH", as_of_ns, 2222.19)
    assert snapshot.index_at_ns == as_of_ns
    assert snapshot.notes == ("no sizes",)
    assert snapshot.quotes.names == (CALL, PUT)
    np.testing.assert_array_equal(snapshot.quotes.bid, [0.03, np.nan])
    assert snapshot.quotes.quote(PUT).forward == 2241.66
    assert snapshot.quotes.at_ns.tolist() == [as_of_ns, as_of_ns - 9 * 10**9]
    pool = snapshot.pool("pool")
    assert (pool.token0, pool.token1, pool.base_is_token0) == ("USDC", "ETH", False)
    assert (pool.price, pool.liquidity) == (2220.5, 12 * 10**18)
    assert snapshot.ages_ns() == {"index": 0, "quotes": 9 * 10**9, "pool": (19 * 60 + 41) * 10**9}
    assert [(item.name, item.use) for item in snapshot.rejected] == [(PUT, "trading")]
    with pytest.raises(MarketDataError, match="pond: not in this snapshot; it holds pool"):
        snapshot.pool("pond")


@pytest.mark.parametrize("field", ["as_of_ns", "base", "index_price", "index_at_ns", "pools", "notes"])
def test_round_trip_keeps_every_field(market: Snapshot, tmp_path: Path, field: str) -> None:
    again = load_snapshot(save_snapshot(market, tmp_path / "saved"))
    assert getattr(again, field) == getattr(market, field)


def test_round_trip_keeps_every_quote_and_every_refusal_of_one(market: Snapshot, tmp_path: Path) -> None:
    again = load_snapshot(save_snapshot(market, str(tmp_path / "a" / "b")))
    for column in dataclasses.fields(market.quotes):
        np.testing.assert_array_equal(getattr(again.quotes, column.name), getattr(market.quotes, column.name))
    assert set(again.rejected) == {item for item in market.rejected if item.kind == "quote"}


def test_a_saved_snapshot_saves_to_the_same_bytes(market: Snapshot, tmp_path: Path) -> None:
    once = save_snapshot(market, tmp_path / "once")
    twice = save_snapshot(load_snapshot(once), tmp_path / "twice")
    for name in ("snapshot.toml", "quotes.parquet"):
        assert (twice / name).read_bytes() == (once / name).read_bytes()


POOL = PoolState(
    name=PoolName("pool"),
    token0=Currency("ETH"),
    token1=Currency("DAI"),
    decimals0=18,
    decimals1=18,
    fee=0.003,
    price=2222.0,
    base_is_token0=True,
    liquidity=5,
    tick_spacing=60,
    known_at_ns=1_704_711_600_000_000_000,
    resolution="as stated",
)


@pytest.mark.parametrize(
    "pool",
    [
        POOL,
        dataclasses.replace(POOL, liquidity=2**128 - 1),  # the contract keeps a uint128
        dataclasses.replace(POOL, price=2222.1 + 1e-12),
        dataclasses.replace(POOL, name=PoolName('a "b" \\ c')),
        dataclasses.replace(POOL, resolution="hourly"),
    ],
    ids=["plain", "uint128", "last digit", "quoted name", "resolution"],
)
def test_round_trip_keeps_every_pool(market: Snapshot, tmp_path: Path, pool: PoolState) -> None:
    saved = save_snapshot(dataclasses.replace(market, pools={pool.name: pool}), tmp_path / "saved")
    assert load_snapshot(saved).pools == {pool.name: pool}


def test_round_trip_keeps_nanoseconds(market: Snapshot, tmp_path: Path) -> None:
    late = dataclasses.replace(market.quotes.quote(CALL), at_ns=market.as_of_ns + 7)
    fine = dataclasses.replace(market, as_of_ns=late.at_ns, quotes=market.quotes.with_quotes([late]), pools={})
    again = load_snapshot(save_snapshot(fine, tmp_path / "saved"))
    assert again.as_of_ns == fine.as_of_ns
    assert again.quotes.quote(CALL) == late


def test_a_numpy_number_is_saved_as_a_number(market: Snapshot, tmp_path: Path) -> None:
    odd = dataclasses.replace(market, index_price=np.float64(2222.25), pools={})
    assert load_snapshot(save_snapshot(odd, tmp_path / "saved")).index_price == 2222.25


def test_assumed_quotes_are_not_saved_as_data(market: Snapshot, tmp_path: Path) -> None:
    stated = dataclasses.replace(market.quotes.quote(CALL), name="ETH-PERPETUAL", assumed=True)
    mixed = dataclasses.replace(market, quotes=market.quotes.with_quotes([stated]))
    assert "ETH-PERPETUAL" in mixed.quotes
    assert load_snapshot(save_snapshot(mixed, tmp_path / "saved")).quotes.names == market.quotes.names


def test_nothing_is_overwritten(market: Snapshot, tmp_path: Path) -> None:
    target = tmp_path / "saved"
    target.mkdir()
    (target / "mine").write_text("keep")
    with pytest.raises(InputError, match="saved exists already; name a new folder; nothing is overwritten"):
        save_snapshot(market, target)
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["keep"]


@pytest.mark.parametrize("step", ["pyarrow.parquet.write_table", "pathlib.Path.write_text", "pathlib.Path.rename"])
@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
def test_a_failure_midway_leaves_nothing_behind(
    market: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: type[BaseException]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(failure, match="no space left"):
            save_snapshot(market, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []
    save_snapshot(market, tmp_path / "saved")  # and the way is free


def test_a_missing_folder_manifest_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such market folder; name a folder that holds snapshot\.toml"):
        load_snapshot(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"snapshot\.toml: no such file; check the path"):
        load_snapshot(tmp_path)
    folder = folder_of(tmp_path)
    (folder / "quotes.parquet").unlink()
    with pytest.raises(ConfigError, match=r"quotes\.parquet: no such file; check the name in snapshot\.toml"):
        load_snapshot(folder)


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ('base = "ETH"\n', "", "base", "required key is missing"),
        ("index_price", "indx_price", "indx_price", "unknown key"),
        ("tick_spacing", "tick_space", "pool[0].tick_space", "unknown key"),
        ("hedgerow-snapshot/1", "hedgerow-snapshot/2", "format", "hedgerow-snapshot/2"),
        ('"hedgerow-quotes"', '"csv"', "quotes.format", "csv"),
        ("index_price = 2222.19\n", "", "index_price", "missing"),
        ("index_price = 2222.19", "index_price = 0", "index_price", "not positive"),
        ("index_price = 2222.19", "index_price = nan", "index_price", ""),
        ("index_price = 2222.19", "index_price = inf", "index_price", ""),
        ("index_price = 2222.19", "index_price = '2222.19'", "index_price", "Expected a number"),
        ("as_of = 2024-01-08T11:19:41+00:00", "as_of = 2024-01-08T11:19:40Z", "as_of", "before the newest quote"),
        ("as_of = 2024-01-08T11:19:41+00:00", "as_of = 2024-01-08T11:19:41", "as_of", "no time zone"),
        ("as_of = 2024-01-08T11:19:41+00:00", "as_of = 2024-01-08", "as_of", "got a date"),
        ("index_at = 2024-01-08T11:19:41+00:00", "index_at = 2024-01-08T11:19:41", "index_at", "no time zone"),
        ("index_at = 2024-01-08T11:19:41+00:00", "index_at = 2024-01-08T11:19:42Z", "index_at", ""),
        ("known_at = 2024-01-08T11:00:00Z", "known_at = 2024-01-08T11:00:00", "pool[0].known_at", "no time zone"),
        ("known_at = 2024-01-08T11:00:00Z", "known_at = 2024-01-08T11:30:00Z", "pool[0].known_at", ""),
        ("known_at = 2024-01-08T11:00:00Z\n", "", "pool[0]", "has no state"),
        ("price = 2220.5\n", "", "pool[0]", "has no state"),
        ("liquidity = 12_000_000_000_000_000_000\n", "", "pool[0]", "has no state"),
        ("price = 2220.5", "price = -1.0", "pool[0]", "price"),
        ("price = 2220.5", "price = nan", "pool[0]", "price"),
        ("liquidity = 12_000_000_000_000_000_000", "liquidity = 0", "pool[0]", "liquidity"),
        ("fee = 0.0005", "fee = 5.0", "pool[0]", "fee"),
        ("decimals0 = 6", "decimals0 = -6", "pool[0]", "decimal"),
        ("tick_spacing = 10", "tick_spacing = 0", "pool[0]", "tick"),
        ('WETH = "ETH"', "", "pool[0].token0", "are ETH"),
        ('token0 = "USDC"', 'token0 = "ETH"', "pool[0].token0", "are ETH"),
        ("[aliases]", "[aliases", "", "not valid TOML"),
    ],
)
def test_a_malformed_manifest_is_named(tmp_path: Path, old: str, new: str, field: str, problem: str) -> None:
    error = refusal(folder_of(tmp_path, edited(old, new)))
    assert error.field.startswith(field)
    assert problem in error.problem


def test_a_pool_stands_once(tmp_path: Path) -> None:
    pool = MANIFEST[MANIFEST.index("[[pool]]") : MANIFEST.index("[aliases]")]
    assert refusal(folder_of(tmp_path, MANIFEST + pool)).field == "pool[1].name"


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("mark", None, "no such column"),
        ("ts", None, "no such column"),
        ("bid", pa.array(["dear", "cheap"]), "type"),
        ("mark", pa.array([[0.1], [0.2]]), "type"),
        ("instrument", pa.array([[CALL], [PUT]]), "type"),
        ("instrument", pa.array([CALL, None]), "row 1 is empty"),
        ("instrument", pa.array([CALL, CALL]), f"{CALL} is quoted twice"),
        ("ts", pa.array([AS_OF, AS_OF], pa.timestamp("us")), "is timestamp[us]"),
        ("ts", pa.array([1, 2]), "is int64"),
        ("ts", pa.array([AS_OF, None], pa.timestamp("us", tz="UTC")), "1 rows have no time"),
    ],
)
def test_a_malformed_column_is_named(tmp_path: Path, column: str, values: pa.Array | None, problem: str) -> None:
    error = refusal(folder_of(tmp_path, **{column: values}))
    assert error.file.endswith("quotes.parquet")
    assert error.field == column
    assert problem in error.problem


def test_a_file_that_is_not_parquet_or_empty_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    pq.write_table(pa.table(QUOTES).slice(0, 0), folder / "quotes.parquet")
    assert "holds no quotes" in refusal(folder).problem
    (folder / "quotes.parquet").write_text("instrument,bid\n")
    assert "not readable as Parquet" in refusal(folder).problem


def test_a_time_of_any_zone_is_the_same_instant(tmp_path: Path) -> None:
    zoned = QUOTES["ts"].cast(pa.timestamp("ns", tz="Asia/Tokyo"))
    snapshot = load_snapshot(folder_of(tmp_path, ts=zoned))
    assert snapshot.quotes.at_ns[0] == int(AS_OF.timestamp()) * 10**9


def test_without_times_in_the_manifest_the_newest_quote_sets_the_instant(tmp_path: Path) -> None:
    stamp = AS_OF.isoformat()
    text = MANIFEST.replace(f"as_of = {stamp}\n", "").replace(f"index_at = {stamp}\n", "")
    snapshot = load_snapshot(folder_of(tmp_path, text))
    assert snapshot.as_of_ns == snapshot.index_at_ns == int(AS_OF.timestamp()) * 10**9


def test_an_option_without_an_underlying_is_named_and_left_out(tmp_path: Path) -> None:
    now = pa.array([1_704_712_781_000_000_000] * 2, pa.timestamp("ns", tz="UTC"))
    names = ["ETH-PERPETUAL", "ETH-26JAN24-2300-C"]
    prices = {"bid": [2222.5, 0.0355], "ask": [2222.6, 0.0365], "mark": [2222.55, 0.036], "underlying": [None, None]}
    columns = {name: pa.array(values, pa.float64()) for name, values in prices.items()}
    pq.write_table(pa.table({"instrument": names} | columns | {"ts": now}), tmp_path / "quotes.parquet")
    (tmp_path / "snapshot.toml").write_text(
        'format = "hedgerow-snapshot/1"\nbase = "ETH"\nindex_price = 2222.19\n'
        '[quotes]\nfile = "quotes.parquet"\nformat = "hedgerow-quotes"\n'
    )
    loaded = load_snapshot(tmp_path)
    assert loaded.quotes.names == ("ETH-PERPETUAL",)
    assert loaded.quotes.quote("ETH-PERPETUAL").forward == 2222.55
    assert [(item.name, item.reason) for item in loaded.rejected] == [
        ("ETH-26JAN24-2300-C", "the underlying price is nan")
    ]
