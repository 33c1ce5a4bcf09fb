"""Pools and positions that no chain could have had: refused by name, and never with a foreign error."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import PoolPosition, PoolShare, RangePosition
from hedgerow.market import BalancerStablePool, PoolStorage, PoolToken, UniswapV3Pool, UniswapV4Pool, load_pool
from hedgerow.market.pool_states import TickInfo
from hedgerow.pools import own_prices, position_curve, position_greeks, range_book
from hedgerow.pools.exact import uniswap_v3
from hedgerow.pools.exact.preview import preview_burn, preview_collect, preview_swap
from hedgerow.pools.exact.ticks import sqrt_price_at_tick

EXAMPLES = settings(max_examples=400, deadline=None)
TOKENS = tuple(PoolToken(symbol=Currency(one), decimals=digits) for one, digits in (("WETH", 18), ("USDC", 6)))


def ranged(kind: type, **other: Any) -> Any:
    given_ = {
        "name": PoolName("p"),
        "tokens": TOKENS,
        "sqrt_price_x96": sqrt_price_at_tick(-200_000) + 1,
        "tick": -200_000,
        "liquidity": 10**18,
        "tick_spacing": 10,
        "fee_pips": 500,
        "ticks": {-201_000: TickInfo(10**18, 10**18), -199_000: TickInfo(10**18, -(10**18))},
    }
    return kind(**(given_ | other))


STABLE = BalancerStablePool(
    name=PoolName("stable"),
    tokens=TOKENS,
    balances=(10**24, 11 * 10**11),
    amplification=200_000,
    swap_fee=4 * 10**14,
    total_supply=2 * 10**24,
    protocol_swap_fee=5 * 10**17,
    last_invariant=2 * 10**24,
    last_invariant_amplification=200_000,
)
EXAMPLE_POOLS = tuple(map(load_pool, sorted(hr.example("liquidity").glob("*.json"))))
POOLS = {type(pool).__name__: pool for pool in (*EXAMPLE_POOLS, STABLE, ranged(UniswapV4Pool))}


def position_of(pool: PoolStorage, name: str | None = None) -> PoolPosition:
    home = PoolName(name or pool.name)
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        low = pool.tick - pool.tick % pool.tick_spacing - 5 * pool.tick_spacing
        return RangePosition(
            name="mine", pool=home, liquidity=10**9, tick_lower=low, tick_upper=low + 10 * pool.tick_spacing
        )
    return PoolShare(name="mine", pool=home, shares=max(pool.total_supply // 3, 1))


def test_every_kind_is_among_the_examples() -> None:
    assert len(POOLS) == 7


# Fields.


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("BalancerWeightedPool", {"balances": (1,)}, r"balances holds 1 numbers, not \d; give one for each token"),
        ("BalancerWeightedPool", {"weights": (0, 10**18)}, r"weights\[0\] is 0; it is positive"),
        ("BalancerWeightedPool", {"weights": (10**17, 10**17)}, "weights sum to 200000000000000000"),
        ("BalancerWeightedPool", {"swap_fee": 10**18}, "swap_fee is 1000000000000000000; give it from 0"),
        ("BalancerStablePool", {"amplification": 0}, "amplification is 0; it is 1000 or more"),
        ("BalancerStablePool", {"last_invariant": 5, "last_invariant_amplification": 0}, "last_invariant_amplif"),
        ("BalancerStablePool", {"total_supply": -1}, "total_supply is -1; it is not negative"),
        ("CurveStablePool", {"rates": (1, 2, 3, 4, 5)}, "rates holds 5 numbers"),
        ("CurveStablePool", {"a_precision": 0}, "a_precision is 0; it is positive"),
        ("CurveStablePool", {"fee": -1}, "fee is -1"),
        ("CurveStablePool", {"admin_fee": 10**10 + 1}, "admin_fee is 10000000001"),
        ("CurveCryptoPool", {"price_scale": ()}, "price_scale holds 0 numbers"),
        ("CurveCryptoPool", {"gamma": 0}, "gamma is 0; it is positive"),
        ("CurveCryptoPool", {"fee_gamma": 0}, "fee_gamma is 0; it is positive"),
        ("CurveCryptoPool", {"out_fee": 10**10}, "out_fee is 10000000000"),
        ("UniswapV2Pool", {"reserve0": 2**112}, "reserve0 is .* keeps numbers below"),
        ("UniswapV2Pool", {"k_last": -1}, "k_last is -1"),
        ("UniswapV2Pool", {"fee_pips": 10**6}, "fee_pips is 1000000"),
        ("UniswapV3Pool", {"liquidity": -1}, "liquidity is -1"),
        ("UniswapV3Pool", {"fee_protocol": 3}, "fee_protocol is 3; each half is 0 or 4 to 10"),
        ("UniswapV3Pool", {"ticks_from": 10, "ticks_to": 0}, "ticks were read from 10 to 0; give the lower"),
        ("UniswapV3Pool", {"tick": 900_000}, "tick is 900000; it lies within"),
        ("UniswapV4Pool", {"fee_pips": 10**6 + 1}, "fee_pips is 1000001"),
    ],
)
def test_a_wrong_field_is_named(kind: str, change: dict[str, Any], message: str) -> None:
    pool = POOLS[kind]
    with pytest.raises(hr.InputError, match=f"^{pool.name}: {message}"):
        msgspec.structs.replace(pool, **change)


@pytest.mark.parametrize(
    ("kind", "most"), [("BalancerStablePool", 18), ("CurveCryptoPool", 18), ("CurveStablePool", 36)]
)
def test_decimals_that_the_contract_cannot_scale(kind: str, most: int) -> None:
    pool = POOLS[kind]
    for digits in (-1, most + 1):
        wrong = (msgspec.structs.replace(pool.tokens[0], decimals=digits), *pool.tokens[1:])
        with pytest.raises(hr.InputError, match=rf"tokens\[0\].decimals is {digits}; a token of this"):
            msgspec.structs.replace(pool, tokens=wrong)


WILD = st.one_of(
    st.sampled_from([-1, 0, 1, 2, 10**6, 10**10, 10**17, 10**18, 2**96, 2**112 - 1, 2**128 - 1, 2**160, 2**256 - 1]),
    st.integers(0, 10**30),
)


@EXAMPLES
@given(kind=st.sampled_from(sorted(POOLS)), data=st.data())
def test_wild_fields_are_refused_or_answered(kind: str, data: st.DataObject) -> None:
    """Whatever could be built, no call ends in anything but an answer or an error of this house."""
    pool = POOLS[kind]
    numbers = [one for one, held in msgspec.structs.asdict(pool).items() if isinstance(held, int | tuple)]
    numbers = [one for one in numbers if one not in ("tokens", "fee_on", "ticks_from", "ticks_to")]
    change: dict[str, Any] = {}
    for field in data.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3, unique=True)):
        held = getattr(pool, field)
        change[field] = tuple(data.draw(WILD) for _ in held) if isinstance(held, tuple) else data.draw(WILD)
    if "weights" in change:
        first = data.draw(st.integers(1, 10**18 - len(pool.tokens)))
        change["weights"] = (first, 10**18 - first - (len(pool.tokens) - 2), *[1] * (len(pool.tokens) - 2))
    if data.draw(st.booleans()):
        digits = data.draw(st.integers(0, 18))
        change["tokens"] = (msgspec.structs.replace(pool.tokens[0], decimals=digits), *pool.tokens[1:])
    try:
        wild = msgspec.structs.replace(pool, **change)
    except hr.InputError:
        return
    held_ = position_of(wild)
    prices = np.linspace(1.0, 2.0, len(wild.tokens))
    for call in (
        lambda: preview_burn(wild, held_),
        lambda: preview_collect(wild, held_),
        lambda: preview_swap(wild, 0, 1, data.draw(st.sampled_from([1, 10**6, 10**18, 2**100]))),
        lambda: own_prices(wild),
        lambda: position_curve(wild, held_).at(prices[None, :]),
        lambda: position_greeks(wild, [held_], prices, "EURX"),
    ):
        try:
            call()
        except hr.HedgerowError:
            continue


# Hooks, ticks, other pools.


@pytest.mark.parametrize("bit", [0, 1, 2, 3])
def test_hooks_that_change_amounts_have_no_curve(bit: int) -> None:
    pool = ranged(UniswapV4Pool, hooks=f"0x{1 << bit:040x}")
    for call in (
        lambda: position_curve(pool, position_of(pool)),
        lambda: range_book(pool, []),
        lambda: position_greeks(pool, [position_of(pool)], np.array([2_000.0, 1.0]), "USD"),
        lambda: preview_burn(pool, position_of(pool)),
    ):
        with pytest.raises(hr.InputError, match="its hook may change amounts"):
            call()


def test_a_dynamic_fee_is_loaded_and_refused_where_it_counts() -> None:
    pool = ranged(UniswapV4Pool, fee_pips=0x800000)
    with pytest.raises(hr.InputError, match="as of a dynamic fee"):
        preview_swap(pool, 0, 1, 10**6)


@pytest.mark.parametrize("kind", [UniswapV3Pool, UniswapV4Pool])
@pytest.mark.parametrize("tick", [-200_002, -200_001, -199_999, 0])
def test_a_tick_that_is_not_that_of_the_price(kind: type, tick: int) -> None:
    pool = ranged(kind, tick=tick)
    held = RangePosition(name="mine", pool=PoolName("p"), liquidity=10**9, tick_lower=-201_000, tick_upper=-199_000)
    for call in (
        lambda: preview_burn(pool, held),
        lambda: preview_swap(pool, 0, 1, 10**6),
        lambda: position_curve(pool, held),
        lambda: position_greeks(pool, [held], np.array([2_000.0, 1.0]), "USD"),
    ):
        with pytest.raises(hr.InputError, match=f"tick {tick} beside a price that stands at tick -200000"):
            call()


def test_on_the_edge_the_tick_may_be_the_one_below() -> None:
    """A falling swap that ends on a tick leaves the tick below behind; the other way round there is no such state."""
    edge = ranged(UniswapV3Pool, sqrt_price_x96=sqrt_price_at_tick(-200_000), tick=-200_001)
    assert position_curve(edge, position_of(edge)).n_token == 2
    reached = uniswap_v3.swap(
        ranged(UniswapV3Pool), zero_for_one=True, amount=10**30, sqrt_price_limit_x96=sqrt_price_at_tick(-201_000)
    ).pool
    assert reached.tick == -201_001
    assert position_curve(reached, position_of(reached)).n_token == 2


@pytest.mark.parametrize("kind", sorted(POOLS))
def test_a_position_of_another_pool(kind: str) -> None:
    pool = POOLS[kind]
    held = position_of(pool, "elsewhere")
    for call in (
        lambda: position_curve(pool, held),
        lambda: preview_burn(pool, held),
        lambda: preview_collect(pool, held),
        lambda: position_greeks(pool, [held], np.ones(len(pool.tokens)), "EURX"),
    ):
        with pytest.raises(hr.InputError, match=f"mine is a position in elsewhere, not in {pool.name}"):
            call()


def test_more_shares_than_there_are() -> None:
    for pool in POOLS.values():
        if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
            continue
        held = PoolShare(name="mine", pool=pool.name, shares=pool.total_supply + 1)
        for call in (
            lambda pool=pool, held=held: position_curve(pool, held),
            lambda pool=pool, held=held: preview_burn(pool, held),
            lambda pool=pool, held=held: position_greeks(pool, [held], np.ones(len(pool.tokens)), "EURX"),
        ):
            with pytest.raises(hr.InputError, match="shares and pool must be of one block"):
                call()


def test_liquidity_at_ticks_that_were_not_read() -> None:
    pool = ranged(UniswapV3Pool, ticks_from=-202_000, ticks_to=-198_000)
    for lower, upper in ((-203_000, -199_000), (-201_000, -197_000)):
        with pytest.raises(hr.MarketDataError, match="was not read"):
            uniswap_v3.mint(pool, lower, upper, 10**9)
    assert uniswap_v3.mint(pool, -201_500, -198_500, 10**9).pool.liquidity == 10**18 + 10**9
