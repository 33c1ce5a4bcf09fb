"""Uniswap v4 against the deployed manager: generated lives of a pool, equal to the unit after every step."""

import functools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_evm import ZERO, Contract, v4_artifact
from chain_pools import NAME, TOKENS
from hedgerow.core.errors import HedgerowError
from hedgerow.market.pool_states import UniswapV4Pool
from hedgerow.pools.exact import ticks as tick_maths
from hedgerow.pools.exact import uniswap_v4
from pool_lives import Step, do, growths, lives, starts
from v4_twin import the_world, twin_of


@settings(max_examples=250, deadline=None)
@given(
    data=st.data(),
    fee=st.sampled_from([0, 1, 100, 500, 3_000, 10_000, 500_000, 1_000_000]),
    spacing=st.sampled_from([10, 60, 61, 200, 1_000]),
    growth=st.tuples(growths, growths),
    protocol=st.sampled_from([(0, 0), (1_000, 0), (0, 1), (333, 1_000)]),
    steps=lives(),
)
def test_a_pool_lives_as_on_the_chain(
    data: st.DataObject,
    fee: int,
    spacing: int,
    growth: tuple[int, int],
    protocol: tuple[int, int],
    steps: list[Step],
) -> None:
    """Changes of liquidity, swaps with and without limits, and fees leave the same pool, and pay the same."""
    world = the_world()
    price = data.draw(starts(spacing))
    with world.chain.undone():
        twin = twin_of(world, world.key(fee, spacing), price, growth, protocol)
        for step in steps:
            do(twin, step)
            twin.compare()
        for number in list(twin.held):
            twin.collect(number)


@functools.cache
def the_tick_maths() -> Contract:
    """The contract's own tick maths."""
    return the_world().chain.deploy(v4_artifact("TickMathTest"))


@settings(max_examples=400, deadline=None)
@given(
    tick=st.one_of(
        st.integers(tick_maths.MIN_TICK, tick_maths.MAX_TICK),
        st.integers(0, 19).map(lambda power: 2**power),
        st.integers(0, 19).map(lambda power: -(2**power)),
    ),
    offset=st.sampled_from([-1, 0, 1]),
    price=st.integers(tick_maths.MIN_SQRT_PRICE, tick_maths.MAX_SQRT_PRICE - 1),
)
def test_ticks_and_prices_are_the_contracts(tick: int, offset: int, price: int) -> None:
    """Prices at ticks, and ticks at prices on, just below and just above them."""
    maths = the_tick_maths()
    at = tick_maths.sqrt_price_at_tick(tick)
    assert at == maths.call("getSqrtPriceAtTick", tick)
    for root in (at + offset, price):
        if tick_maths.MIN_SQRT_PRICE <= root < tick_maths.MAX_SQRT_PRICE:
            assert tick_maths.tick_at_sqrt_price(root) == maths.call("getTickAtSqrtPrice", root)


def test_prices_that_no_pool_can_have() -> None:
    """The bounds are the contract's, and beyond them both refuse."""
    maths = the_tick_maths()
    assert maths.call("MIN_SQRT_PRICE") == tick_maths.MIN_SQRT_PRICE
    assert maths.call("MAX_SQRT_PRICE") == tick_maths.MAX_SQRT_PRICE
    for root in (tick_maths.MIN_SQRT_PRICE - 1, tick_maths.MAX_SQRT_PRICE):
        assert maths.refusal("getTickAtSqrtPrice", root)
        with pytest.raises(HedgerowError):
            tick_maths.tick_at_sqrt_price(root)
    for tick in (tick_maths.MIN_TICK - 1, tick_maths.MAX_TICK + 1):
        assert maths.refusal("getSqrtPriceAtTick", tick)
        with pytest.raises(HedgerowError):
            tick_maths.sqrt_price_at_tick(tick)


def test_a_hook_that_changes_amounts_is_refused() -> None:
    """The bits are those of the contract; a hook without them may stay."""
    base = UniswapV4Pool(
        name=NAME,
        tokens=TOKENS,
        sqrt_price_x96=2**96,
        tick=0,
        liquidity=10**18,
        tick_spacing=60,
        fee_pips=3_000,
        hooks=ZERO,
    )
    for bit in range(14):
        pool = msgspec.structs.replace(base, hooks=f"0x{1 << 20 | 1 << bit:040x}")
        if bit < 4:
            with pytest.raises(HedgerowError, match="ReturnDelta"):
                uniswap_v4.check_pool(pool)
        else:
            uniswap_v4.check_pool(pool)
    with pytest.raises(HedgerowError, match="dynamic fee"):
        uniswap_v4.check_pool(msgspec.structs.replace(base, fee_pips=0x800000))
    with pytest.raises(HedgerowError, match="protocol fee"):
        uniswap_v4.check_pool(msgspec.structs.replace(base, protocol_fee=1_001))
    with pytest.raises(HedgerowError, match="40 hex digits"):
        uniswap_v4.check_pool(msgspec.structs.replace(base, hooks="my hook"))
