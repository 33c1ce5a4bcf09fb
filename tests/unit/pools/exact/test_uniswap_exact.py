"""Uniswap in whole numbers: what is refused and why, and the edges at which ticks and prices part."""

import math
from decimal import Decimal, localcontext

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments.liquidity import FeeCheckpoint, PoolShare, RangePosition
from hedgerow.market.pool_states import PoolToken, TickInfo, UniswapV2Pool, UniswapV3Pool, UniswapV4Pool
from hedgerow.pools.exact import (
    growth_inside,
    preview_burn,
    preview_collect,
    preview_swap,
    sqrt_price_at_tick,
    tick_at_sqrt_price,
    tick_book,
    uniswap_v2,
    uniswap_v3,
    uniswap_v4,
)
from hedgerow.pools.exact.amounts import sqrt_price_after_output
from hedgerow.pools.exact.integers import checked, mul_div, mul_div_up, wrapped

TOKENS = (PoolToken(symbol=Currency("ETH"), decimals=18), PoolToken(symbol=Currency("USDC"), decimals=6))
NAME = PoolName("eth-usdc")
EMPTY = UniswapV3Pool(
    name=NAME,
    tokens=TOKENS,
    sqrt_price_x96=sqrt_price_at_tick(-200_000),
    tick=-200_000,
    liquidity=0,
    tick_spacing=10,
    fee_pips=500,
)
POOL = uniswap_v3.mint(EMPTY, -201_000, -199_000, 10**18).pool
PAIR = UniswapV2Pool(name=NAME, tokens=TOKENS, reserve0=10**21, reserve1=2 * 10**12, total_supply=10**16)


def ranged(lower: int, upper: int, liquidity: int = 10**15, fees: FeeCheckpoint | None = None) -> RangePosition:
    """A position."""
    return RangePosition(name="mine", pool=NAME, liquidity=liquidity, tick_lower=lower, tick_upper=upper, fees=fees)


@given(st.integers(-887_272, 887_272))
def test_prices_at_ticks_are_powers(tick: int) -> None:
    """1.0001^(tick / 2), as 60 digits have it, within the contract's own rounding of one unit."""
    with localcontext() as context:
        context.prec = 60
        true = Decimal("1.0001") ** (Decimal(tick) / 2) * 2**96
        assert abs(Decimal(sqrt_price_at_tick(tick)) / true - 1) < Decimal("1e-17") + Decimal("1.01") / true


@given(st.integers(-887_272, 887_271))
def test_ticks_and_prices_are_inverse(tick: int) -> None:
    """The price at a tick is at the tick, and one unit less is below it."""
    price = sqrt_price_at_tick(tick)
    assert tick_at_sqrt_price(price) == tick
    if tick > -887_272:
        assert tick_at_sqrt_price(price - 1) == tick - 1


@given(st.integers(0, 2**128), st.integers(0, 2**128), st.integers(1, 2**128))
def test_rounding(a: int, b: int, divisor: int) -> None:
    """Up and down differ by one unit where the division leaves a rest."""
    down, up = mul_div(a, b, divisor), mul_div_up(a, b, divisor)
    assert up - down == (1 if a * b % divisor else 0)
    assert down * divisor <= a * b <= up * divisor


def test_words() -> None:
    """Words wrap, or are refused by name."""
    assert wrapped(-1) == 2**256 - 1
    assert wrapped(2**128 + 5, 128) == 5
    assert checked(255, 8, "it") == 255
    for value in (-1, 256):
        with pytest.raises(InputError, match="it of"):
            checked(value, 8, "it")


@pytest.mark.parametrize("zero_for_one", [True, False])
def test_more_out_than_there_is(zero_for_one: bool) -> None:
    """Asking a piece of the curve for more than it holds is named."""
    with pytest.raises(InputError, match="does not hold so much"):
        sqrt_price_after_output(2**96, 10**6, 10**6, zero_for_one)


@pytest.mark.parametrize("kind", [uniswap_v3, uniswap_v4])
def test_ranges_that_no_pool_has(kind: object) -> None:
    """Off the spacing, out of order, out of bounds."""
    pool = POOL if kind is uniswap_v3 else as_v4(POOL)
    for verb in (preview_burn, preview_collect):
        with pytest.raises(InputError, match="tick -200995 is off the tick spacing"):
            verb(pool, ranged(-200_995, -199_000))
    with pytest.raises(InputError, match="give the lower one first"):
        uniswap_v3.mint(POOL, 10, -10, 1)
    with pytest.raises(InputError, match="within ±887272"):
        uniswap_v3.mint(POOL, -887_280, 0, 1)


def as_v4(pool: UniswapV3Pool) -> UniswapV4Pool:
    """The same pool in v4."""
    shared = {name: getattr(pool, name) for name in UniswapV4Pool.__struct_fields__ if hasattr(pool, name)}
    return UniswapV4Pool(**shared)


def test_liquidity_that_is_not_there() -> None:
    """Nothing, less than nothing, or more than there is."""
    for liquidity in (0, -1):
        with pytest.raises(InputError, match="a liquidity of"):
            uniswap_v3.mint(POOL, -201_000, -199_000, liquidity)
    with pytest.raises(InputError, match="at tick -201000"):
        uniswap_v3.burn(POOL, -201_000, -199_000, 10**18 + 1)
    with pytest.raises(InputError, match="at tick"):
        uniswap_v3.mint(POOL, -201_000, -199_000, 2**127)
    with pytest.raises(InputError, match="a change of liquidity by 0"):
        uniswap_v4.modify_liquidity(as_v4(POOL), -201_000, -199_000, 0)
    assert uniswap_v3.burn(POOL, -201_000, -199_000, 10**18).pool == EMPTY


def test_fees_need_a_checkpoint_and_edges() -> None:
    """Nothing is guessed."""
    with pytest.raises(MarketDataError, match="up to where its fees were settled is not known"):
        preview_collect(POOL, ranged(-201_000, -199_000))
    zero = FeeCheckpoint(growth_inside0_x128=0, growth_inside1_x128=0)
    with pytest.raises(MarketDataError, match="tick -200990 is not initialized"):
        preview_collect(POOL, ranged(-200_990, -199_000, fees=zero))
    narrow = msgspec.structs.replace(POOL, ticks_from=-200_500, ticks_to=-199_500, ticks={})
    with pytest.raises(MarketDataError, match="tick -201000 was not read"):
        preview_collect(narrow, ranged(-201_000, -199_000, fees=zero))


def test_fees_wrap_in_v3_and_are_refused_in_v4() -> None:
    """Fees beyond 128 bits: v3 keeps the low bits, v4 refuses."""
    ticks = {tick: TickInfo(info.liquidity_gross, info.liquidity_net) for tick, info in POOL.ticks.items()}
    grown = msgspec.structs.replace(POOL, ticks=ticks, fee_growth_global0_x128=2**255, fee_growth_global1_x128=2**128)
    position = ranged(
        -201_000, -199_000, 2**10 + 1, FeeCheckpoint(growth_inside0_x128=0, growth_inside1_x128=0, owed1=7)
    )
    assert preview_collect(grown, position) == ((2**255 * (2**10 + 1) >> 128) % 2**128, 2**10 + 8)
    with pytest.raises(InputError, match="does not fit into 127 bits"):
        preview_collect(as_v4(grown), position)


def test_a_falling_swap_that_ends_on_a_tick_is_below_it() -> None:
    """The price is the tick's, the contract's tick is one less: a range that begins there is out of range."""
    inner = uniswap_v3.mint(POOL, -200_100, -199_900, 10**18).pool
    edge = sqrt_price_at_tick(-200_100)
    done = uniswap_v3.swap(inner, zero_for_one=True, amount=10**40, sqrt_price_limit_x96=edge)
    assert (done.pool.sqrt_price_x96, done.pool.tick, done.pool.liquidity) == (edge, -200_101, 10**18)
    amount0, amount1 = preview_burn(done.pool, ranged(-200_100, -199_900))
    assert amount0 > 0 == amount1
    back = uniswap_v3.swap(done.pool, zero_for_one=False, amount=10**6)
    assert back.pool.liquidity == 2 * 10**18
    top = msgspec.structs.replace(inner, tick=-199_900, sqrt_price_x96=sqrt_price_at_tick(-199_900))
    amount0, amount1 = preview_burn(top, ranged(-200_100, -199_900))
    assert amount0 == 0 < amount1


def test_swaps_that_leave_what_was_read() -> None:
    """Beyond the ticks that were read anything may stand, so the swap is refused; short of it, it is answered."""
    narrow = msgspec.structs.replace(POOL, ticks={}, ticks_from=-200_100, ticks_to=-199_900)
    for down in (True, False):
        small = uniswap_v3.swap(narrow, zero_for_one=down, amount=10**6)
        assert small.amount_out == uniswap_v3.swap(POOL, zero_for_one=down, amount=10**6).amount_out
        with pytest.raises(MarketDataError, match="leaves the ticks that were read"):
            uniswap_v3.swap(narrow, zero_for_one=down, amount=10**40)


def test_swaps_that_are_none() -> None:
    """Unknown tokens, the same token twice, nothing paid, limits on the wrong side, more than there is."""
    for pool in (POOL, as_v4(POOL), PAIR):
        with pytest.raises(InputError, match="counted from 0"):
            preview_swap(pool, 0, 2, 10)
        with pytest.raises(InputError, match="counted from 0"):
            preview_swap(pool, 1, 1, 10)
        with pytest.raises(InputError, match="pay in a positive amount"):
            preview_swap(pool, 0, 1, 0)
    with pytest.raises(InputError, match="a swap of -1"):
        uniswap_v3.swap(POOL, zero_for_one=True, amount=-1)
    for down, limit in ((True, POOL.sqrt_price_x96), (False, POOL.sqrt_price_x96), (True, 5), (False, 2**170)):
        with pytest.raises(InputError, match="a price limit of"):
            uniswap_v3.swap(POOL, zero_for_one=down, amount=1, sqrt_price_limit_x96=limit)
    with pytest.raises(MarketDataError, match="liquidity for"):
        preview_swap(POOL, 0, 1, 10**40)


def test_ticks_that_contradict_the_pool() -> None:
    """Ticks of another block, or off the spacing."""
    wrong = msgspec.structs.replace(POOL, liquidity=10**17)
    with pytest.raises(MarketDataError, match="less than no liquidity beyond tick -201000"):
        uniswap_v3.swap(wrong, zero_for_one=True, amount=10**40)
    with pytest.raises(InputError, match="give multiples of 10"):
        tick_book(msgspec.structs.replace(POOL, ticks={-200_995: TickInfo(1, 1)}))


def test_a_pool_has_two_tokens() -> None:
    """Another number of tokens is refused when the pool is made."""
    three = (*TOKENS, PoolToken(symbol=Currency("DAI"), decimals=18))
    with pytest.raises(InputError, match="3 tokens"):
        msgspec.structs.replace(POOL, tokens=three).__post_init__()


def test_positions_of_the_other_kind() -> None:
    """A share is no range, and a range no share."""
    share = PoolShare(name="mine", pool=NAME, shares=5)
    for verb in (preview_burn, preview_collect):
        with pytest.raises(InputError, match="has ranges of ticks"):
            verb(POOL, share)
        with pytest.raises(InputError, match="has shares of the whole pool"):
            verb(PAIR, ranged(-10, 10))


def test_what_a_pair_refuses() -> None:
    """Too little, too much, an empty pair, an invariant that would fall."""
    empty = msgspec.structs.replace(PAIR, reserve0=0, reserve1=0, total_supply=0)
    with pytest.raises(MarketDataError, match="the pool is empty"):
        preview_swap(empty, 0, 1, 10)
    with pytest.raises(InputError, match="mint no liquidity"):
        uniswap_v2.mint(empty, 999, 1_000)
    with pytest.raises(InputError, match="shares are worth no unit"):
        uniswap_v2.burn(PAIR, 1)
    with pytest.raises(InputError, match="has issued 10000000000000000"):
        preview_collect(PAIR, PoolShare(name="mine", pool=NAME, shares=10**17))
    with pytest.raises(InputError, match="does not fit into 112 bits"):
        uniswap_v2.mint(PAIR, 2**112, 2**112)
    with pytest.raises(InputError, match="take out less than the pool holds"):
        uniswap_v2.amount_in(PAIR, True, PAIR.reserve1)
    taken = uniswap_v2.amount_out(PAIR, True, 10**18)
    with pytest.raises(InputError, match="lowers the invariant"):
        uniswap_v2.swap(PAIR, zero_for_one=True, paid=10**18, taken=taken + 1)
    assert uniswap_v2.preview_burn(PAIR, PoolShare(name="all", pool=NAME, shares=10**16)) == (10**21, 2 * 10**12)


def test_the_first_mint_locks_a_thousand() -> None:
    """Of the geometric mean of what is paid, a thousand units are nobody's."""
    empty = msgspec.structs.replace(PAIR, reserve0=0, reserve1=0, total_supply=0)
    done = uniswap_v2.mint(empty, 10**18, 4 * 10**6)
    assert done.shares == math.isqrt(4 * 10**24) - 1_000
    assert done.pool.total_supply == math.isqrt(4 * 10**24)


@given(st.integers(-201_000, -199_010), st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_growth_inside_adds_up(tick: int, outside: int, everywhere: int) -> None:
    """Two ranges that share an edge grow together what the whole grows, wherever the price is."""
    middle = -200_000
    ticks = {
        -201_000: TickInfo(1, 1, outside, 3),
        middle: TickInfo(2, 0, everywhere // 3, outside // 7),
        -199_000: TickInfo(1, -1, 11, everywhere // 5),
    }
    pool = msgspec.structs.replace(POOL, tick=tick, ticks=ticks, fee_growth_global0_x128=everywhere)
    low, high, whole = (
        growth_inside(pool, *edges) for edges in ((-201_000, middle), (middle, -199_000), (-201_000, -199_000))
    )
    assert tuple((a + b) % 2**256 for a, b in zip(low, high, strict=True)) == whole
