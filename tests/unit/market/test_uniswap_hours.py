"""Hourly bars: a bar is used only once it had closed."""

import dataclasses
import datetime as dt
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgerow.core.errors import ConfigError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import PoolState, Snapshot
from hedgerow.market.snapshot import Rejection
from hedgerow.market.uniswap_hours import PoolTerms, read_uniswap_hours

FILE = "univ3_eth_usdc005_hourly_2023.parquet"
HOUR = 3_600
START = 1_704_700_800  # 2024-01-08 08:00 UTC, on the hour

TERMS = PoolTerms(
    name=PoolName("pool"),
    token0=Currency("USDC"),
    token1=Currency("ETH"),
    decimals0=6,
    decimals1=18,
    fee=0.0005,
    tick_spacing=10,
    base_is_token0=False,
)

Bars = dict[str, list[float]]


def bars() -> Bars:
    """Return four bars that open at 08:00, 09:00, 10:00 and 11:00 and close at 2001, 2002, 2003 and 2004."""
    return {
        "periodStartUnix": [START + i * HOUR for i in range(4)],
        "liquidity": [1e18 + i for i in range(4)],
        "high": [2010.0] * 4,
        "low": [1990.0] * 4,
        "close": [2001.0 + i for i in range(4)],
        "pool.token0.decimals": [6.0] * 4,
        "pool.token1.decimals": [18.0] * 4,
    }


def read(
    folder: Path, columns: Bars, as_of_ns: int, *, opened: list[float] | None = None, terms: PoolTerms = TERMS
) -> tuple[PoolState, list[Rejection]]:
    """Write bars and read them; `opened` sets the time column apart from `periodStartUnix`. [s]"""
    seconds = columns["periodStartUnix"] if opened is None else opened
    times = pa.array([int(second * 10**6) for second in seconds], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table(columns | {"ts": times}), folder / "bars.parquet")
    return read_uniswap_hours(folder / "bars.parquet", terms, as_of_ns)


@pytest.mark.parametrize(
    ("as_of_ns", "close", "left_out"),
    [
        ((START + HOUR) * 10**9, 2001.0, 3),  # a bar is known from its close on
        ((START + 3 * HOUR) * 10**9 - 1, 2002.0, 2),  # and not a nanosecond before
        ((START + 3 * HOUR) * 10**9, 2003.0, 1),
        ((START + 4 * HOUR) * 10**9, 2004.0, 0),
        ((START + 99 * HOUR) * 10**9, 2004.0, 0),
    ],
)
def test_the_last_closed_bar_counts_and_younger_ones_are_named(
    tmp_path: Path, as_of_ns: int, close: float, left_out: int
) -> None:
    state, rejected = read(tmp_path, bars(), as_of_ns)
    assert state.price == close
    assert state.known_at_ns == (START + (close - 2000) * HOUR) * 10**9
    assert state.known_at_ns <= as_of_ns
    assert [item.name for item in rejected] == [f"pool bar 2024-01-08 {12 - n:02}:00" for n in range(left_out, 0, -1)]
    assert {(item.kind, item.use) for item in rejected} <= {("pool", "anything")}


def test_a_bar_that_had_not_closed_has_no_influence(tmp_path: Path) -> None:
    as_of_ns, other = (START + 3 * HOUR) * 10**9 + 1, bars()
    for column, value in {"close": 1991.0, "low": 1.0, "high": 9999.0, "liquidity": 1.0}.items():
        other[column][3] = value
    assert read(tmp_path, bars(), as_of_ns) == read(tmp_path, other, as_of_ns)


def test_the_example_uses_the_bar_of_ten_not_that_of_eleven(example_folder: Path, market: Snapshot) -> None:
    by_opening = {row["ts"]: row for row in pq.read_table(example_folder / FILE).to_pylist()}
    ten, eleven = (by_opening[dt.datetime(2024, 1, 8, hour, tzinfo=dt.UTC)] for hour in (10, 11))
    [pool] = market.pools.values()
    assert pool.price == ten["close"] != eleven["close"]
    assert pool.liquidity == int(ten["liquidity"])
    left_out = [item for item in market.rejected if item.kind == "pool"]
    assert [item.name for item in left_out] == [f"{pool.name} bar 2024-01-08 11:00"]
    assert "known only at 2024-01-08 12:00" in left_out[0].reason


def test_the_terms_become_the_state(tmp_path: Path) -> None:
    state, _ = read(tmp_path, bars(), (START + 4 * HOUR) * 10**9)
    assert {name: getattr(state, name) for name in TERMS.__slots__} == dataclasses.asdict(TERMS)
    assert (state.liquidity, state.resolution) == (int(1e18 + 3), "hourly")


def test_the_price_is_that_of_the_base_whichever_token_it_is(tmp_path: Path) -> None:
    # The Graph's bars carry token0Price, which is token0 per token1 (v3-subgraph, schema.graphql: "token0 per
    # token1"): 2000 USDC per WETH in the pool USDC/WETH, 0.0005 WETH per USDT in the pool WETH/USDT.
    columns = bars() | {"close": [0.0005] * 4, "low": [0.0004] * 4, "high": [0.0006] * 4}
    columns |= {"pool.token0.decimals": [18.0] * 4, "pool.token1.decimals": [6.0] * 4}
    turned = dataclasses.replace(
        TERMS, token0=Currency("ETH"), token1=Currency("USDT"), decimals0=18, decimals1=6, base_is_token0=True
    )
    state, _ = read(tmp_path, columns, (START + 4 * HOUR) * 10**9, terms=turned)
    assert math.isclose(state.price, 2000.0, rel_tol=1e-15)


def test_a_hole_is_allowed_and_not_bridged(tmp_path: Path) -> None:
    columns = {name: [values[0], values[3]] for name, values in bars().items()}
    state, rejected = read(tmp_path, columns, (START + 3 * HOUR) * 10**9)
    assert state.price == 2001.0
    assert state.known_at_ns == (START + HOUR) * 10**9  # its age shows the hole
    assert len(rejected) == 1


def test_without_a_closed_bar_there_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no bar had closed by 2024-01-08T08:59:59\.999Z; give bars that reach"):
        read(tmp_path, bars(), (START + HOUR) * 10**9 - 1)
    with pytest.raises(ConfigError, match="no bar had closed by"):
        read(tmp_path, {name: values[:0] for name, values in bars().items()}, START * 10**9)


@pytest.mark.parametrize(
    ("column", "row", "value", "problem"),
    [
        ("close", 2, 2010.5, "close: row 2 lies outside low and high"),
        ("close", 2, 1989.5, "close: row 2 lies outside low and high"),
        ("close", 0, math.nan, "close: row 0 lies outside low and high"),
        ("low", 1, 0.0, "close: row 1 lies outside low and high, or is not positive"),
        ("liquidity", 3, 0.0, "liquidity: row 3 is not positive"),
        ("liquidity", 3, math.nan, "liquidity: row 3 is not positive"),
        ("pool.token0.decimals", 1, 18.0, r"pool\.token0\.decimals: row 1 is not as stated"),
        ("pool.token1.decimals", 1, 6.0, r"pool\.token1\.decimals: row 1 is not as stated"),
    ],
)
def test_a_bad_bar_is_named_even_if_it_is_not_used(
    tmp_path: Path, column: str, row: int, value: float, problem: str
) -> None:
    columns = bars()
    columns[column][row] = value
    with pytest.raises(ConfigError, match=rf"bars\.parquet: {problem}.*; mend the file or its description"):
        read(tmp_path, columns, (START + HOUR) * 10**9)


@pytest.mark.parametrize("column", ["liquidity", "high"])
def test_infinity_is_not_a_number_of_a_bar(tmp_path: Path, column: str) -> None:
    columns = bars()
    columns[column][3] = math.inf
    with pytest.raises(ConfigError, match="row 3"):
        read(tmp_path, columns, (START + 4 * HOUR) * 10**9)


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ([0, 2, 1, 3], "ts: row 2 is not later than the row before"),
        ([0, 1, 1, 2], "ts: row 2 is not later than the row before"),
        ([0, 1, 2.5, 3.5], "ts: row 2 does not open on the hour"),
    ],
)
def test_bars_are_sorted_single_and_on_the_hour(tmp_path: Path, hours: list[float], problem: str) -> None:
    columns = bars() | {"periodStartUnix": [START + hour * HOUR for hour in hours]}
    with pytest.raises(ConfigError, match=problem):
        read(tmp_path, columns, (START + 4 * HOUR) * 10**9)


def test_both_time_columns_agree(tmp_path: Path) -> None:
    late: list[float] = [START + (i + 1) * HOUR for i in range(4)]
    with pytest.raises(ConfigError, match="periodStartUnix: row 0 differs from ts"):
        read(tmp_path, bars(), (START + 9 * HOUR) * 10**9, opened=late)
