"""Pools of every kind as files and in snapshots: nothing is lost, and what cannot be meant is refused by name."""

import json
from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import (
    BlockStamp,
    PoolStorage,
    PoolToken,
    TickInfo,
    UniswapV3Pool,
    UniswapV4Pool,
    load_pool,
    load_snapshot,
    pool_from_dict,
    pool_to_dict,
    save_snapshot,
)

EXAMPLE = hr.example("liquidity")
USDC = PoolToken(symbol=Currency("USDC"), decimals=6)
WETH = PoolToken(symbol=Currency("WETH"), decimals=18)


def widest() -> UniswapV4Pool:
    """A pool whose numbers are as large as the contract allows."""
    return UniswapV4Pool(
        name=PoolName("big"),
        tokens=(USDC, WETH),
        block=BlockStamp(number=2**63, hash="0x1", parent_hash="0x2", at_ns=2**62),
        sqrt_price_x96=2**160 - 1,
        tick=-887_272,
        liquidity=2**128 - 1,
        tick_spacing=32_767,
        fee_pips=1_000_000,
        fee_growth_global0_x128=2**256 - 1,
        ticks={-27 * 32_767: TickInfo(2**128 - 1, -(2**127), 2**256 - 1, 2**255 + 1)},
    )


@pytest.mark.parametrize("pool", [widest(), *(load_pool(path) for path in sorted(EXAMPLE.glob("*.json")))])
def test_every_digit_survives_a_file(pool: PoolStorage, tmp_path: Path) -> None:
    path = tmp_path / "pool.json"
    path.write_text(json.dumps(pool_to_dict(pool)))
    assert load_pool(path) == pool


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "sushi"}, "Invalid value 'sushi'"),
        ({"kind": None}, r"\$\.kind"),
        ({"reserve0": "many"}, r"Expected `int`, got `str` - at `\$.reserve0`"),
        ({"depth": 3}, "unknown field `depth`"),
        ({"reserve0": ...}, "missing required field `reserve0`"),
        ({"tokens": []}, "0 tokens; a pool holds two tokens or more"),
    ],
)
def test_a_file_that_holds_no_pool_is_named(change: dict[str, object], message: str) -> None:
    fields = pool_to_dict(load_pool(EXAMPLE / "uniswap-v2.json"))
    fields = {key: value for key, value in (fields | change).items() if value is not ...}
    with pytest.raises(ConfigError, match=message):
        pool_from_dict(fields, "pool.json")


def test_twins_among_tokens_are_refused() -> None:
    with pytest.raises(InputError, match="two tokens are called USDC, USDC; give each its own symbol"):
        UniswapV3Pool(
            name=PoolName("twins"),
            tokens=(USDC, USDC),
            sqrt_price_x96=1,
            tick=0,
            liquidity=0,
            tick_spacing=1,
            fee_pips=1,
        )


def test_a_pool_without_a_price_is_refused() -> None:
    with pytest.raises(InputError, match="the pool was never initialized"):
        UniswapV3Pool(
            name=PoolName("new"), tokens=(USDC, WETH), sqrt_price_x96=0, tick=0, liquidity=0, tick_spacing=1, fee_pips=1
        )


def test_a_file_that_is_not_there_or_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json: cannot be read"):
        load_pool(tmp_path / "nowhere.json")
    for text, problem in (("{", "is not JSON"), ("[1]", "holds no JSON object")):
        (tmp_path / "broken.json").write_text(text)
        with pytest.raises(ConfigError, match=problem):
            load_pool(tmp_path / "broken.json")


def test_a_saved_snapshot_holds_the_same_pools(tmp_path: Path) -> None:
    market = load_snapshot(EXAMPLE)
    again = load_snapshot(save_snapshot(market, tmp_path / "saved"))
    assert again.storage == market.storage
    assert again.pools == market.pools
    assert again.coins_per_unit == market.coins_per_unit == {"WETH": 1.0, "stETH": 0.9995}


def test_a_concentrated_pool_of_the_coin_has_its_price() -> None:
    market = load_snapshot(EXAMPLE)
    (pool,) = market.pools.values()
    storage = market.storage[pool.name]
    assert isinstance(storage, UniswapV3Pool)
    assert pool.price == pytest.approx(1e12 / (storage.sqrt_price_x96 / 2**96) ** 2, rel=1e-12)
    assert (pool.token0, pool.token1, pool.base_is_token0, pool.fee) == ("USDC", "ETH", False, 0.0005)
    assert pool.liquidity == storage.liquidity


def test_ages_count_from_the_block() -> None:
    market = load_snapshot(EXAMPLE)
    assert market.ages_ns()["curve:ETH/stETH"] == market.as_of_ns - 1_704_712_760_000_000_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "univ3:USDC/WETH"', 'name = "univ3:USDC/WETH"\nfee = 0.1', "states fee beside a file"),
        ('name = "univ2:USDC/WETH"', 'name = "univ3:USDC/WETH"', r"pool\[1\]\.name: univ3:USDC/WETH stands twice"),
        ('file = "uniswap-v2.json"', 'file = "nowhere.json"', r"nowhere\.json: cannot be read"),
        ('format = "hedgerow-pool"', 'format = "uniswap-v4-hourly"', "Invalid enum value 'uniswap-v4-hourly'"),
        ("rate = 0.9995", "rate = 0.0", r"aliases\.stETH: a rate of 0; give coins per unit"),
        ('file = "uniswap-v2.json"\nformat = "hedgerow-pool"', "", r"pool\[1\]\.token0: is missing"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    for path in EXAMPLE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (EXAMPLE / "snapshot.toml").read_text()
    assert old in text
    (tmp_path / "snapshot.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message):
        load_snapshot(tmp_path)


@pytest.mark.parametrize(
    ("at_ns", "message"), [("0", "no block time"), ("1804712760000000000", "2027-03-10.*, after as_of")]
)
def test_a_state_must_be_of_a_block_before_the_snapshot(tmp_path: Path, at_ns: str, message: str) -> None:
    for path in EXAMPLE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    pool = tmp_path / "uniswap-v2.json"
    pool.write_text(pool.read_text().replace("1704712760000000000", at_ns))
    with pytest.raises(ConfigError, match=message):
        load_snapshot(tmp_path)
