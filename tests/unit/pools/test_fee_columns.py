"""Fees in floats are the contract's whole ones, less than a smallest unit above them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.errors import MarketDataError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import FeeCheckpoint, RangePosition
from hedgerow.market import UniswapV3Pool
from hedgerow.market.pool_states import PoolToken, TickInfo
from hedgerow.pools.exact.ranges import growth_inside
from hedgerow.pools.exact.ticks import sqrt_price_at_tick
from hedgerow.pools.exact.uniswap_v3 import preview_collect
from hedgerow.pools.fee_columns import fee_columns, minus, words
from hedgerow.pools.range_book import range_book

EDGES = (-120, -60, 0, 60)
WORDS = st.one_of(st.integers(0, 2**256 - 1), st.sampled_from([0, 1, 2**64 - 1, 2**64, 2**128, 2**192, 2**256 - 1]))


def pool_at(tick: int, outside: Sequence[tuple[int, int]], total: tuple[int, int]) -> UniswapV3Pool:
    return UniswapV3Pool(
        name=PoolName("pool"),
        tokens=(PoolToken(symbol=Currency("ETH"), decimals=18), PoolToken(symbol=Currency("USDC"), decimals=6)),
        sqrt_price_x96=sqrt_price_at_tick(tick),
        tick=tick,
        liquidity=10**18,
        tick_spacing=60,
        fee_pips=3000,
        fee_growth_global0_x128=total[0],
        fee_growth_global1_x128=total[1],
        ticks={edge: TickInfo(1, 0, *pair) for edge, pair in zip(EDGES, outside, strict=True)},
    )


def held(lower: int, upper: int, liquidity: int, fees: FeeCheckpoint | None) -> RangePosition:
    return RangePosition(
        name="r", pool=PoolName("pool"), liquidity=liquidity, tick_lower=lower, tick_upper=upper, fees=fees
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5), st.data())
def test_words_subtract_modulo_2_256(first: list[int], data: st.DataObject) -> None:
    second = data.draw(st.lists(WORDS, min_size=len(first), max_size=len(first)))
    found = minus(words(first), words(second))
    back = [sum(int(part) << 64 * i for i, part in enumerate(column)) for column in found.T]
    assert back == [(a - b) % 2**256 for a, b in zip(first, second, strict=True)]


@settings(max_examples=200, deadline=None)
@given(
    tick=st.sampled_from([-200, -120, -119, -60, -1, 0, 59, 60, 500]),
    outside=st.lists(st.tuples(WORDS, WORDS), min_size=4, max_size=4),
    total=st.tuples(WORDS, WORDS),
    pair=st.sampled_from([(a, b) for a in EDGES for b in EDGES if a < b]),
    grown=st.tuples(st.integers(0, 2**120), st.integers(0, 2**120)),
    owed=st.tuples(st.integers(0, 2**60), st.integers(0, 2**60)),
    liquidity=st.integers(1, 2**100),
)
def test_fees_are_those_of_the_contract_within_a_unit(
    tick: int,
    outside: list[tuple[int, int]],
    total: tuple[int, int],
    pair: tuple[int, int],
    grown: tuple[int, int],
    owed: tuple[int, int],
    liquidity: int,
) -> None:
    pool = pool_at(tick, outside, total)
    since = [(now - more) % 2**256 for now, more in zip(growth_inside(pool, *pair), grown, strict=True)]
    mark = FeeCheckpoint(growth_inside0_x128=since[0], growth_inside1_x128=since[1], owed0=owed[0], owed1=owed[1])
    positions = [held(-120, 60, 7, None), held(*pair, liquidity, mark)]
    found = fee_columns(range_book(pool, positions)).at(pool)
    assert np.array_equal(found[0], [0.0, 0.0])
    for token, exact in enumerate(preview_collect(pool, positions[1])):
        units = found[1, token] * 10.0 ** pool.tokens[token].decimals
        assert -4e-16 * exact <= units - exact <= 1.0 + 2e-15 * exact


def test_what_nobody_settled_needs_no_ticks() -> None:
    pool = pool_at(0, [(1, 2)] * 4, (5, 6))
    columns = fee_columns(range_book(pool, [held(-600, 600, 5, None)]))
    assert columns.edges == ()
    assert np.array_equal(columns.at(pool), [[0.0, 0.0]])


def test_an_edge_that_was_not_read_is_named() -> None:
    pool = pool_at(0, [(1, 2)] * 4, (5, 6))
    mark = FeeCheckpoint(growth_inside0_x128=0, growth_inside1_x128=0)
    with pytest.raises(MarketDataError, match="tick 600 is not among those that were read"):
        fee_columns(range_book(pool, [held(-60, 600, 5, mark)])).at(pool)
