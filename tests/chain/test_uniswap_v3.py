"""Uniswap v3 against the deployed contracts: generated lives of a pool, equal to the unit after every step."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.pools.exact import ticks as tick_maths
from hedgerow.pools.exact import uniswap_v3
from hedgerow.pools.exact.swap_steps import tick_book
from pool_lives import Step, do, growths, lives, starts
from v3_twin import FOREVER, SPACINGS, the_world, twin_of


@settings(max_examples=250, deadline=None)
@given(
    data=st.data(),
    fee=st.sampled_from(sorted(SPACINGS)),
    growth=st.tuples(growths, growths),
    shares=st.sampled_from([(0, 0), (4, 0), (0, 10), (5, 7)]),
    steps=lives(),
)
def test_a_pool_lives_as_on_the_chain(
    data: st.DataObject, fee: int, growth: tuple[int, int], shares: tuple[int, int], steps: list[Step]
) -> None:
    """Mints, burns, swaps with and without limits and collections leave the same pool, and pay the same."""
    world = the_world()
    price = data.draw(starts(SPACINGS[fee]))
    with world.chain.undone():
        twin = twin_of(world, fee, price, growth, shares)
        for step in steps:
            do(twin, step)
            twin.compare()
        for number in list(twin.held):
            twin.collect(number)


@settings(max_examples=200, deadline=None)
@given(
    down=st.booleans(),
    digits=st.integers(1, 10**6),
    power=st.integers(0, 21),
    fee=st.sampled_from([500, 3_000]),
    tick=st.one_of(st.integers(-3, 3), st.integers(-276_400, -276_200)),
)
def test_quotes_through_many_ticks(down: bool, digits: int, power: int, fee: int, tick: int) -> None:
    """A quote is what the quoter says and what the swap pays: amount, price, and number of ticks crossed."""
    world, amount = the_world(), digits * 10**power
    with world.chain.undone():
        twin = twin_of(world, fee, tick_maths.sqrt_price_at_tick(tick))
        here, spacing = tick // SPACINGS[fee], SPACINGS[fee]
        for width in (1, 2, 5, 12, 300, 700):
            twin.mint((here - width) * spacing, (here + width + 1) * spacing, 10**18)
        tokens = world.tokens if down else world.tokens[::-1]
        quoted = world.quoter.call("quoteExactInputSingle", (tokens[0].address, tokens[1].address, amount, fee, 0))
        done = uniswap_v3.swap(twin.pool, zero_for_one=down, amount=amount, book=tick_book(twin.pool))
        assert quoted[:2] == (done.amount_out, done.pool.sqrt_price_x96)
        if done.amount_in == amount:
            preview = uniswap_v3.preview_swap(twin.pool, *((0, 1) if down else (1, 0)), amount)
            assert (preview.amount_out, preview.pool) == (done.amount_out, done.pool)
            assert 0 < preview.fee <= amount
        twin.swap(down, True, amount, None)
        twin.compare()


@settings(max_examples=200, deadline=None)
@given(
    tick=st.integers(-100_000, 100_000),
    width=st.integers(2, 400),
    place=st.floats(0.15, 0.85),
    bump=st.integers(1, 40),
    fee=st.sampled_from([500, 3_000, 10_000]),
)
def test_delta_and_gamma_of_the_real_pool(tick: int, width: int, place: float, bump: int, fee: int) -> None:
    """Bump the pool's price by swaps to limits: burns around it give the Greeks, up to the bump's own truncation."""
    world, spacing = the_world(), SPACINGS[fee]
    lower = tick // spacing * spacing
    upper = lower + width * spacing
    middle = tick_maths.sqrt_price_at_tick(lower + int(place * (upper - lower)))
    step = middle * bump // 10**6
    with world.chain.undone():
        twin = twin_of(world, fee, middle)
        twin.mint(lower, upper, 10**24)
        number, position = next(iter(twin.held.items()))
        held = []
        for root in (middle - step, middle, middle + step):
            if root != twin.pool.sqrt_price_x96:
                twin.swap(root < twin.pool.sqrt_price_x96, True, 10**40, root)
            assert twin.pool.sqrt_price_x96 == root
            with world.chain.undone():
                held.append(world.manager.call("decreaseLiquidity", (number, position.liquidity, 0, 0, FOREVER)))
        below, at, above = held
    below_root, at_root, above_root = (Fraction(value, 2**96) for value in (middle - step, middle, middle + step))
    move, liquidity = above_root**2 - below_root**2, position.liquidity
    gamma = Fraction(-liquidity, 2) / at_root**3
    # of the amount L / sqrt(P) the central difference is gamma / (1 - e^2), e the bump of the root; and one unit each
    assert abs((above[0] - below[0]) / move - gamma) <= -gamma * Fraction(step, middle) ** 2 * 2 + 2 / move
    gain = above[0] * above_root**2 + above[1] - below[0] * below_root**2 - below[1]
    # of the value 2·L·sqrt(P) - P·L / sqrt(b) the central difference is exact
    assert abs(gain / move - at[0]) <= (above_root**2 + below_root**2 + 2) / move + 1
    top = Fraction(tick_maths.sqrt_price_at_tick(upper), 2**96)
    assert abs(at[0] - liquidity * (1 / at_root - 1 / top)) <= 1


@settings(max_examples=200, deadline=None)
@given(
    tick=st.integers(830_000, 880_000),
    amount0=st.integers(2**44, 2**50),
    paid=st.integers(2**96, 2**101),
)
def test_inputs_whose_product_with_the_price_leaves_the_word(tick: int, amount0: int, paid: int) -> None:
    """Near the highest price the contract divides before it multiplies, and loses digits: so do we."""
    world, fee, spacing = the_world(), 1, 16_383
    with world.chain.undone():
        world.factory.call("enableFeeAmount", fee, spacing)
        world.factory.call("createPool", world.tokens[0].address, world.tokens[1].address, fee)
        price = tick_maths.sqrt_price_at_tick(tick)
        twin = twin_of(world, fee, price)
        twin.mint(-54 * spacing, 54 * spacing, amount0, 2**175)
        assert twin.pool.liquidity
        twin.swap(True, True, paid, None)
        twin.compare()
