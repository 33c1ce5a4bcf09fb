"""Uniswap v2 against the deployed pair: generated lives, equal to the unit after every step."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_evm import OWNER, V2_PERIPHERY, ZERO, Contract, Reverted, V2World, compiled, deploy_v2
from chain_pools import NAME, read_v2
from hedgerow.core.errors import InputError
from hedgerow.instruments.liquidity import PoolShare
from hedgerow.market.pool_states import UniswapV2Pool
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact import uniswap_v2

TREASURY = "0x000000000000000000000000000000000000dEaD"


@functools.cache
def the_world() -> V2World:
    """An empty pair."""
    return deploy_v2()


@functools.cache
def the_router() -> Contract:
    """The router, for its quotes."""
    world = the_world()
    return world.chain.deploy(compiled(V2_PERIPHERY, "build/UniswapV2Router02.json"), world.factory.address, ZERO)


def mint(world: V2World, pool: UniswapV2Pool, amount0: int, amount1: int) -> UniswapV2Pool:
    """Mint in both, or be refused by both."""
    before = world.pair.call("balanceOf", OWNER)
    with world.chain.undone():
        try:
            pay_and_mint(world, amount0, amount1)
        except Reverted:
            with pytest.raises(InputError):
                uniswap_v2.mint(pool, amount0, amount1)
            return pool
    pay_and_mint(world, amount0, amount1)
    done = uniswap_v2.mint(pool, amount0, amount1)
    assert done.shares == world.pair.call("balanceOf", OWNER) - before
    return done.pool


def pay_and_mint(world: V2World, amount0: int, amount1: int) -> None:
    """Pay first, then mint: as the pair wants it."""
    world.tokens[0].call("transfer", world.pair.address, amount0)
    world.tokens[1].call("transfer", world.pair.address, amount1)
    world.pair.call("mint", OWNER)


def burn(world: V2World, pool: UniswapV2Pool, shares: int) -> UniswapV2Pool:
    """Burn in both, or be refused by both."""
    position = PoolShare(name="mine", pool=NAME, shares=shares)
    checkpoint = world.chain.evm.snapshot()
    world.pair.call("transfer", world.pair.address, shares)
    try:
        amounts = world.pair.call("burn", OWNER)
    except Reverted:
        world.chain.evm.revert(checkpoint)
        with pytest.raises(InputError):
            uniswap_v2.burn(pool, shares)
        return pool
    assert uniswap_v2.preview_burn(pool, position) == amounts
    assert uniswap_v2.preview_collect(pool, position) == (0, 0)
    return uniswap_v2.burn(pool, shares).pool


def swap(world: V2World, pool: UniswapV2Pool, down: bool, paid: int, more: int) -> UniswapV2Pool:
    """The most that the formula allows is allowed by the pair, and not one unit more."""
    reserves = (pool.reserve0, pool.reserve1) if down else (pool.reserve1, pool.reserve0)
    taken = uniswap_v2.amount_out(pool, down, paid)
    assert taken == the_router().call("getAmountOut", paid, *reserves)
    asked = taken + more
    if asked < reserves[1] and asked:
        assert uniswap_v2.amount_in(pool, down, asked) == the_router().call("getAmountIn", asked, *reserves)
    checkpoint = world.chain.evm.snapshot()
    world.tokens[0 if down else 1].call("transfer", world.pair.address, paid)
    try:
        world.pair.call("swap", 0 if down else asked, asked if down else 0, OWNER, b"")
    except Reverted:
        world.chain.evm.revert(checkpoint)
        with pytest.raises(InputError):
            uniswap_v2.swap(pool, zero_for_one=down, paid=paid, taken=asked)
        return pool
    assert not more
    preview = uniswap_v2.preview_swap(pool, *((0, 1) if down else (1, 0)), paid)
    assert (preview.amount_out, preview.pool) == (
        taken,
        uniswap_v2.swap(pool, zero_for_one=down, paid=paid, taken=taken),
    )
    return uniswap_v2.swap(pool, zero_for_one=down, paid=paid, taken=taken)


amounts = st.builds(lambda digits, power: digits * 10**power, st.integers(1, 10**4), st.integers(0, 28))
steps = st.one_of(
    st.tuples(st.just("mint"), amounts, amounts),
    st.tuples(st.just("share"), st.integers(1, 10**6)),
    st.tuples(st.just("burn"), st.integers(1, 10**6)),
    st.tuples(st.just("swap"), st.booleans(), amounts, st.integers(0, 1)),
    st.tuples(st.just("swap"), st.booleans(), amounts, st.just(0)),
    st.tuples(st.just("fee"), st.booleans()),
)


@settings(max_examples=250, deadline=None)
@given(fee_on=st.booleans(), first=st.tuples(amounts, amounts), life=st.lists(steps, min_size=2, max_size=9))
def test_a_pair_lives_as_on_the_chain(fee_on: bool, first: tuple[int, int], life: list[tuple[object, ...]]) -> None:
    """Mints, burns with and without the protocol's fee, and swaps leave the same pair, and pay the same."""
    world = the_world()
    the_router()
    with world.chain.undone():
        world.factory.call("setFeeTo", TREASURY if fee_on else ZERO)
        pool = mint(world, read_v2(world), *first)
        for step in life:
            owned = world.pair.call("balanceOf", OWNER)
            match step:
                case ("fee", bool(turned_on)):
                    world.factory.call("setFeeTo", TREASURY if turned_on else ZERO)
                    pool = read_v2(world)
                case ("mint", int(amount0), int(amount1)):
                    pool = mint(world, pool, amount0, amount1)
                case ("share", int(part)) if pool.total_supply:
                    pool = mint(world, pool, pool.reserve0 * part // 10**6, pool.reserve1 * part // 10**6)
                case ("burn", int(part)) if owned:
                    pool = burn(world, pool, max(owned * part // 10**6, 1))
                case ("swap", bool(down), int(paid), int(more)) if pool.total_supply and paid < 2**100:
                    pool = swap(world, pool, down, paid, more)
            assert pool == read_v2(world)


def test_the_protocol_takes_a_sixth_of_the_growth() -> None:
    """With the fee on, the treasury's shares after a burn are worth a sixth of what swaps earned."""
    world = the_world()
    with world.chain.undone():
        world.factory.call("setFeeTo", TREASURY)
        pool = mint(world, read_v2(world), 10**24, 10**24)
        before = pool.reserve0 * pool.reserve1
        for turn in range(10):
            pool = swap(world, pool, turn % 2 == 0, 10**23, 0)
        growth = (pool.reserve0 * pool.reserve1 / before) ** 0.5 - 1.0
        pending = uniswap_v2.protocol_shares(pool)
        pool = burn(world, pool, 10**20)
        assert world.pair.call("balanceOf", TREASURY) == pending
        # of the pool that has grown by g, a sixth of g belongs to the protocol
        assert pending / (pending + 10**24) == pytest.approx(growth / (1.0 + growth) / 6.0, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    reserve0=st.integers(10**18, 10**26),
    reserve1=st.integers(10**18, 10**26),
    part=st.integers(10**3, 10**6 - 1),
    bump=st.integers(10**3, 3 * 10**4),
    down=st.booleans(),
)
def test_burns_move_with_swaps_as_delta_and_gamma_say(
    reserve0: int, reserve1: int, part: int, bump: int, down: bool
) -> None:
    """A swap moves the real pair's price; what a burn pays moves by gamma, up to the bump's own second order."""
    world = the_world()
    the_router()
    with world.chain.undone():
        pool = mint(world, read_v2(world), reserve0, reserve1)
        shares = pool.total_supply * part // 10**6
        here = burnt(world, shares)
        after = swap(world, pool, down, (reserve0 if down else reserve1) * bump // 10**6, 0)
        there = burnt(world, shares)
    unit, other = (10**token.decimals for token in pool.tokens)
    prices = np.array([[one.reserve1 / one.reserve0 * unit / other, 1.0] for one in (pool, after)])
    share = shares / pool.total_supply
    point = curve_of(pool).at(prices)
    gamma = share * point.gamma[0, 0, 0]
    move = prices[1, 0] - prices[0, 0]
    # The fee lets both reserves grow; on the curve of the bump they did not.
    grown = math.sqrt(after.reserve0 * after.reserve1 / (pool.reserve0 * pool.reserve1))
    rounding = 1e-14 * here[0] / unit + 3 / unit
    assert here[0] / unit == pytest.approx(share * point.amounts[0, 0], rel=1e-12, abs=2 / unit)
    moved = there[0] / unit / grown - here[0] / unit
    assert abs(moved - gamma * move) <= abs(gamma * move) * abs(move) / min(prices[:, 0]) + rounding


def burnt(world: V2World, shares: int) -> tuple[int, int]:
    """What the pair pays for some shares now, undone afterwards."""
    with world.chain.undone():
        world.pair.call("transfer", world.pair.address, shares)
        amount0, amount1 = world.pair.call("burn", OWNER)
    return amount0, amount1
