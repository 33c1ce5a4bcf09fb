"""The target of the blocks bench is the delta of its positions, on a real node."""

import pytest

import chain_packages
from hedgerow.bench.pool_blocks import timed_blocks
from hedgerow.bench.pool_chain import NEEDED, fetch_all
from hedgerow.market import UniswapV3Pool
from hedgerow.pools.exact.uniswap_v3 import preview_burn, preview_collect


def test_every_block_ends_in_the_target_of_its_pool() -> None:
    for name in NEEDED:
        chain_packages.package(name)
    found = timed_blocks(fetch_all(), blocks=4, held=60, ranges=12)
    assert (len(found.to_target), len(found.round_trips)) == (4, 4)
    assert min(*found.to_target, *found.round_trips) > 0.0
    pool, positions = found.pool, found.book.positions
    assert isinstance(pool, UniswapV3Pool)
    assert len(positions) == 60
    assert len({(one.tick_lower, one.tick_upper) for one in positions}) == 12
    coins = sum(preview_burn(pool, one)[0] for one in positions) / 1e18
    fees = sum(preview_collect(pool, one)[0] for one in positions) / 1e18
    assert fees > 0.0
    assert found.hedge.exposure == pytest.approx(coins + fees, rel=1e-9)
    assert found.hedge.trade == pytest.approx(-coins - fees, rel=1e-9)
