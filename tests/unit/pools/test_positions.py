"""Positions of any pool: against the contracts' integers, at the pool's own price and at others, by asset."""

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.ids import Currency, PoolName
from hedgerow.instruments import FeeCheckpoint, PoolShare, RangePosition
from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    PoolToken,
    SharedPool,
    TickInfo,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)
from hedgerow.pools.assets import Alias, exposure_by_asset
from hedgerow.pools.exact import (
    balancer_stable,
    balancer_weighted,
    curve_crypto,
    curve_stable,
    uniswap_v2,
    uniswap_v3,
    uniswap_v4,
)
from hedgerow.pools.exact.ticks import sqrt_price_at_tick, tick_at_sqrt_price
from hedgerow.pools.own_prices import own_prices, pool_prices
from hedgerow.pools.positions import position_greeks
from hedgerow.pools.range_book import range_book

EXAMPLES = settings(max_examples=200, deadline=None)
WRAP = 2**256
POOL = PoolName("pool")


def tokens(*pairs: tuple[str, int]) -> tuple[PoolToken, ...]:
    return tuple(PoolToken(symbol=Currency(symbol), decimals=decimals) for symbol, decimals in pairs)


PAIR = tokens(("WETH", 18), ("USDC", 6))
STABLES = tokens(("DAI", 18), ("USDC", 6), ("USDT", 6))


def pair(**changes: Any) -> UniswapV2Pool:
    fields: dict[str, Any] = {
        "name": "pool",
        "tokens": PAIR,
        "reserve0": 10**21,
        "reserve1": 2 * 10**12,
        "total_supply": 4 * 10**16,
    }
    return UniswapV2Pool(**(fields | changes))


def concentrated(kind: type = UniswapV3Pool, **changes: Any) -> Any:
    root = sqrt_price_at_tick(-199_990) + 12_345
    fields: dict[str, Any] = {
        "name": "pool",
        "tokens": PAIR,
        "sqrt_price_x96": root,
        "tick": tick_at_sqrt_price(root),
        "liquidity": 10**17,
        "tick_spacing": 10,
        "fee_pips": 500,
        "ticks": {-200_500: TickInfo(10**17, 10**17), -199_500: TickInfo(10**17, -(10**17))},
    }
    return kind(**(fields | changes))


def held(**changes: Any) -> RangePosition:
    fields: dict[str, Any] = {
        "name": "mine",
        "pool": "pool",
        "liquidity": 10**17,
        "tick_lower": -200_500,
        "tick_upper": -199_500,
    }
    return RangePosition(**(fields | changes))


def shares(pool: SharedPool, part: int = 7) -> PoolShare:
    return PoolShare(name="mine", pool=pool.name, shares=pool.total_supply // part)


def weighted() -> BalancerWeightedPool:
    return BalancerWeightedPool(
        name=POOL,
        tokens=PAIR,
        balances=(10**21, 5 * 10**11),
        weights=(8 * 10**17, 2 * 10**17),
        swap_fee=10**12,
        total_supply=10**21,
    )


def stable() -> BalancerStablePool:
    return BalancerStablePool(
        name=POOL,
        tokens=STABLES,
        balances=(10**24, 2 * 10**12, 9 * 10**11),
        amplification=200_000,
        swap_fee=10**12,
        total_supply=10**24,
    )


def stableswap() -> CurveStablePool:
    return CurveStablePool(
        name=POOL,
        tokens=STABLES,
        balances=(10**24, 2 * 10**12, 9 * 10**11),
        amplification=20_000,
        rates=(11 * 10**17, 10**30, 10**30),
        fee=1,
        admin_fee=0,
        total_supply=10**24,
    )


def crypto() -> CurveCryptoPool:
    """Three tokens in balance, a million of D each: there the invariant holds whatever A and gamma are."""
    return CurveCryptoPool(
        name=POOL,
        tokens=tokens(("USDT", 6), ("WBTC", 8), ("WETH", 18)),
        balances=(10**12, 25 * 10**8, 500 * 10**18),
        amplification=1_707_629,
        gamma=11_809_167_828_997,
        invariant=3 * 10**24,
        price_scale=(40_000 * 10**18, 2_000 * 10**18),
        mid_fee=3_000_000,
        out_fee=30_000_000,
        fee_gamma=500_000_000_000_000,
        total_supply=10**22,
    )


SHARED = (pair(), weighted(), stable(), stableswap(), crypto())
EXACT: dict[type, Any] = {
    UniswapV2Pool: uniswap_v2,
    BalancerWeightedPool: balancer_weighted,
    BalancerStablePool: balancer_stable,
    CurveStablePool: curve_stable,
    CurveCryptoPool: curve_crypto,
}


# Against the contracts' integers.


@EXAMPLES
@given(
    decimals=st.tuples(*[st.sampled_from([6, 8, 18])] * 2),
    tick=st.one_of(st.sampled_from([-1, 0, 500, -500]), st.integers(-700, 700)),
    offset=st.sampled_from([0, 200_000, -200_000]),
    liquidity=st.integers(10**12, 10**22),
)
def test_amounts_at_the_pools_price_are_what_a_burn_pays(
    decimals: tuple[int, int], tick: int, offset: int, liquidity: int
) -> None:
    root = sqrt_price_at_tick(tick + offset)
    pool = concentrated(
        tokens=tokens(("A", decimals[0]), ("B", decimals[1])),
        sqrt_price_x96=root,
        tick=tick + offset,
        ticks={},
    )
    position = held(liquidity=liquidity, tick_lower=offset - 500, tick_upper=offset + 500)
    prices = pool_prices(pool, {}, "B")
    greeks = position_greeks(pool, [position], prices, "B")
    paid = uniswap_v3.preview_burn(pool, position)
    # The contract rounds down by one unit; at an edge what counts is the rounding of the roots in 53 bits.
    slack = [1.5 + 4e-15 * liquidity * 1.0001 ** (sign * (tick + offset) / 2) for sign in (-1, 1)]
    for amounts in (greeks.amounts[0], greeks.amounts_now[0]):
        for amount, raw, digits, most in zip(amounts, paid, decimals, slack, strict=True):
            assert amount * 10**digits == pytest.approx(raw, rel=1e-9, abs=most)
    assert greeks.value[0] == pytest.approx(float(greeks.value_now[0]), rel=1e-12)
    assert not greeks.fees_known[0]


@EXAMPLES
@given(
    kind=st.sampled_from([UniswapV3Pool, UniswapV4Pool]),
    growth=st.tuples(*[st.integers(0, WRAP - 1)] * 2),
    outside=st.tuples(*[st.integers(0, WRAP - 1)] * 4),
    earned=st.lists(st.tuples(st.integers(0, 2**140), st.integers(0, 2**140)), min_size=3, max_size=3),
    owed=st.integers(0, 2**100),
    tick=st.sampled_from([-200_600, -200_500, -199_990, -199_500, -199_400]),
)
def test_fees_of_many_are_those_of_one_after_another(
    kind: type,
    growth: tuple[int, int],
    outside: tuple[int, ...],
    earned: list[tuple[int, int]],
    owed: int,
    tick: int,
) -> None:
    exact: Any = uniswap_v3 if kind is UniswapV3Pool else uniswap_v4
    pool = concentrated(
        kind,
        tick=tick,
        sqrt_price_x96=sqrt_price_at_tick(tick),
        fee_growth_global0_x128=growth[0],
        fee_growth_global1_x128=growth[1],
        ticks={
            -200_500: TickInfo(10**17, 10**17, outside[0], outside[1]),
            -199_500: TickInfo(10**17, -(10**17), outside[2], outside[3]),
        },
    )
    inside = range_inside(pool)
    positions = [
        held(
            name=f"p{i}",
            liquidity=10 ** (3 * i + 3),
            fees=FeeCheckpoint(
                growth_inside0_x128=(inside[0] - first) % WRAP,
                growth_inside1_x128=(inside[1] - second) % WRAP,
                owed0=owed,
                owed1=i,
            ),
        )
        for i, (first, second) in enumerate(earned)
    ]
    fees = range_book(pool, [*positions, held(name="bare")]).fees(pool)
    assert [tuple(row) for row in fees[:-1]] == [exact.preview_collect(pool, one) for one in positions]
    assert tuple(fees[-1]) == (0, 0)
    # By hand: what grew since the checkpoint, whichever way the counters ran over.
    assert fees[0][0] == owed + (earned[0][0] * 10**3 >> 128)


def range_inside(pool: Any) -> tuple[int, int]:
    """Growth inside of the range, from the definition: everything, less what is below, less what is above."""
    found = []
    lower, upper = pool.ticks[-200_500], pool.ticks[-199_500]
    for whole, under, over in (
        (pool.fee_growth_global0_x128, lower.fee_growth_outside0_x128, upper.fee_growth_outside0_x128),
        (pool.fee_growth_global1_x128, lower.fee_growth_outside1_x128, upper.fee_growth_outside1_x128),
    ):
        below = under if pool.tick >= -200_500 else whole - under
        above = over if pool.tick < -199_500 else whole - over
        found.append((whole - below - above) % WRAP)
    return found[0], found[1]


def test_fees_add_to_value_and_delta_and_not_to_gamma() -> None:
    pool = concentrated(fee_growth_global0_x128=2**120, fee_growth_global1_x128=2**100)
    fees = FeeCheckpoint(growth_inside0_x128=0, growth_inside1_x128=0, owed0=10**18, owed1=5 * 10**6)
    prices = pool_prices(pool, {"WETH": 2_100.0, "USDC": 1.0}, "USD")
    with_fees = position_greeks(pool, [held(fees=fees)], prices, "USD")
    without = position_greeks(pool, [held()], prices, "USD")
    paid = np.array(uniswap_v3.preview_collect(pool, held(fees=fees))) / np.array([1e18, 1e6])
    np.testing.assert_allclose(with_fees.fees[0], paid, rtol=1e-15)
    np.testing.assert_allclose(with_fees.delta - without.delta, with_fees.fees, rtol=1e-9)
    assert with_fees.value[0] - without.value[0] == pytest.approx(paid @ prices, rel=1e-9)
    np.testing.assert_array_equal(with_fees.gamma, without.gamma)
    assert (with_fees.fees_known[0], without.fees_known[0]) == (True, False)


@pytest.mark.parametrize("pool", SHARED, ids=lambda pool: type(pool).__name__)
def test_a_share_at_the_pools_own_price_is_what_a_burn_pays(pool: SharedPool) -> None:
    exact = EXACT[type(pool)]
    numeraire = pool.tokens[-1].symbol
    greeks = position_greeks(pool, [shares(pool)], pool_prices(pool, {}, numeraire), numeraire)
    paid = exact.preview_burn(pool, shares(pool))
    units = np.array([10.0**token.decimals for token in pool.tokens])
    for amounts in (greeks.amounts[0], greeks.amounts_now[0]):
        np.testing.assert_allclose(amounts * units, np.array(paid, dtype=float), rtol=1e-9, atol=2.0)
    assert np.all(greeks.fees == 0.0)
    assert np.all(greeks.fees_known)


@EXAMPLES
@given(
    grown=st.integers(0, 10**11),
    part=st.integers(1, 1_000),
    digits=st.tuples(*[st.sampled_from([6, 8, 18])] * 2),
)
def test_the_pending_mint_of_the_protocol_is_taken_off(grown: int, part: int, digits: tuple[int, int]) -> None:
    pool = pair(
        tokens=tokens(("A", digits[0]), ("B", digits[1])),
        reserve1=2 * 10**12 + grown,
        k_last=10**21 * 2 * 10**12,
        fee_on=True,
    )
    greeks = position_greeks(pool, [shares(pool, part)], pool_prices(pool, {}, "B"), "B")
    paid = uniswap_v2.preview_burn(pool, shares(pool, part))
    for amount, raw, decimals in zip(greeks.amounts[0], paid, digits, strict=True):
        assert amount * 10**decimals == pytest.approx(raw, rel=1e-12, abs=1.0)


@pytest.mark.parametrize("kind", ["weighted", "stable"])
def test_protocol_fees_that_are_due_are_taken_off(kind: str) -> None:
    pool: Any
    exact: Any
    if kind == "weighted":
        exact = balancer_weighted
        now = exact.invariant([10**21, 5 * 10**23], weighted().weights)
        pool = hr_replace(weighted(), protocol_swap_fee=5 * 10**17, last_invariant=now * 99 // 100)
    else:
        exact = balancer_stable
        now = exact.invariant([10**24, 2 * 10**24, 9 * 10**23], 200_000)
        changes = {"last_invariant": now * 999 // 1_000, "last_invariant_amplification": 200_000}
        pool = hr_replace(stable(), protocol_swap_fee=5 * 10**17, **changes)
    numeraire = pool.tokens[-1].symbol
    greeks = position_greeks(pool, [shares(pool)], pool_prices(pool, {}, numeraire), numeraire)
    paid = exact.preview_burn(pool, shares(pool))
    units = np.array([10.0**token.decimals for token in pool.tokens])
    np.testing.assert_allclose(greeks.amounts_now[0] * units, np.array(paid, dtype=float), rtol=1e-12, atol=2.0)
    assert sum(exact.due_fees(pool)) > 0


def hr_replace(pool: Any, **changes: Any) -> Any:
    fields = {name: getattr(pool, name) for name in pool.__struct_fields__}
    return type(pool)(**(fields | changes))


# Prices.


@pytest.mark.parametrize("pool", SHARED[:-1], ids=lambda pool: type(pool).__name__)
def test_own_prices_are_what_small_swaps_pay(pool: SharedPool) -> None:
    exact = EXACT[type(pool)]
    prices = own_prices(pool)
    assert prices[0] == 1.0
    for there in range(len(pool.tokens)):
        for back in range(len(pool.tokens)):
            if there == back:
                continue
            amount = (pool.reserve0, pool.reserve1)[there] if isinstance(pool, UniswapV2Pool) else pool.balances[there]
            swap = exact.preview_swap(pool, there, back, amount // 10**5)
            paid = swap.amount_out / 10 ** pool.tokens[back].decimals
            given_in = (amount // 10**5) / 10 ** pool.tokens[there].decimals
            if isinstance(pool, UniswapV2Pool):
                given_in *= 1.0 - 3e-3
            # A hundred-thousandth of the balance moves the price by about as much; fees of Balancer are 1e-6.
            assert paid / given_in == pytest.approx(prices[there] / prices[back], rel=4e-5)


def test_own_prices_of_cryptoswap_are_the_invariants_derivatives() -> None:
    # Out of balance by some gamma, where the amplification itself depends on the balances.
    pool = hr_replace(crypto(), balances=(1_000_500 * 10**6, 2_499_500_000, 4_998 * 10**17))
    with mp.workdps(50):
        scale = [mp.mpf(1), mp.mpf(40_000), mp.mpf(2_000)]
        amounts = [mp.mpf(1_000_500), mp.mpf("24.995"), mp.mpf("499.8")]
        steep = mp.mpf(pool.gamma) / 10**18

        def excess(held: list[mp.mpf], whole: mp.mpf) -> mp.mpf:
            scaled = [amount * one for amount, one in zip(held, scale, strict=True)]
            near = 27 * scaled[0] * scaled[1] * scaled[2] / whole**3
            leverage = mp.mpf(pool.amplification) / 10**4 / 27 * near * (steep / (steep + 1 - near)) ** 2
            total, product = sum(scaled), scaled[0] * scaled[1] * scaled[2]
            return leverage * whole**2 * total + product - leverage * whole**3 - (whole / 3) ** 3

        # The invariant through these balances; the stored one is of an earlier state.
        start = mp.mpf(2_990_000), mp.mpf(3_010_000)
        through = mp.findroot(lambda whole: excess(amounts, whole), start, solver="anderson", verify=False)
        slopes = []
        for token in range(3):
            bump = amounts[token] * mp.mpf("1e-15")
            up, down = list(amounts), list(amounts)
            up[token], down[token] = amounts[token] + bump, amounts[token] - bump
            slopes.append((excess(up, through) - excess(down, through)) / (2 * bump))
        true = [float(slope / slopes[0]) for slope in slopes]
    np.testing.assert_allclose(own_prices(pool), true, rtol=1e-9)


def test_missing_prices_are_the_pools_own() -> None:
    pool = pair()
    np.testing.assert_allclose(pool_prices(pool, {}, "USDC"), [2_000.0, 1.0])
    np.testing.assert_allclose(pool_prices(pool, {}, "WETH"), [1.0, 1.0 / 2_000.0])
    np.testing.assert_allclose(pool_prices(pool, {"WETH": 2_100.0}, "USD"), [2_100.0, 1.05])
    np.testing.assert_allclose(pool_prices(pool, {"USDC": 0.99}, "USD"), [1_980.0, 0.99])
    np.testing.assert_allclose(pool_prices(pool, {"WETH": 2_100.0, "USDC": 0.99, "X": 3.0}, "USD"), [2_100.0, 0.99])
    with pytest.raises(hr.InputError, match="no price in USD of WETH, USDC"):
        pool_prices(pool, {}, "USD")
    with pytest.raises(hr.NumeraireError, match="make that of WETH 1:"):
        pool_prices(pool, {"WETH": 2_000.0}, "WETH")


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_prices_are_positive_and_finite(price: float) -> None:
    with pytest.raises(hr.InputError, match="prices are positive and finite"):
        position_greeks(pair(), [shares(pair())], np.array([price, 1.0]), "USD")


def test_the_numeraire_counts_as_one() -> None:
    with pytest.raises(hr.NumeraireError, match="make that of USDC 1:"):
        position_greeks(pair(), [shares(pair())], np.array([2_000.0, 0.99]), "USDC")
    with pytest.raises(hr.InputError, match="1 prices for WETH, USDC"):
        position_greeks(pair(), [shares(pair())], np.array([2_000.0]), "USD")


@EXAMPLES
@given(market=st.floats(1_000.0, 4_000.0), dollar=st.floats(0.9, 1.1))
def test_the_value_is_the_same_in_every_numeraire(market: float, dollar: float) -> None:
    for pool, position in ((pair(), shares(pair())), (concentrated(), held())):
        in_usd = position_greeks(pool, [position], np.array([market, dollar]), "USD")
        in_usdc = position_greeks(pool, [position], np.array([market / dollar, 1.0]), "USDC")
        in_weth = position_greeks(pool, [position], np.array([1.0, dollar / market]), "WETH")
        assert in_usdc.value[0] * dollar == pytest.approx(float(in_usd.value[0]), rel=1e-12)
        assert in_weth.value[0] * market == pytest.approx(float(in_usd.value[0]), rel=1e-12)
        np.testing.assert_allclose(in_weth.amounts, in_usd.amounts, rtol=1e-9, atol=1e-9)
        # What is paid now is worth at least what is paid after arbitrage, whatever the pool's price.
        assert in_usd.stale_gap[0] >= -1e-9 * in_usd.value[0]


# What is refused.


def test_positions_of_the_wrong_kind_or_pool_are_refused() -> None:
    prices = np.array([2_000.0, 1.0])
    with pytest.raises(hr.InputError, match="mine: pool has shares of the whole pool"):
        position_greeks(pair(), [held()], prices, "USD")
    with pytest.raises(hr.InputError, match="mine: pool has ranges of ticks"):
        position_greeks(concentrated(), [shares(pair())], prices, "USD")
    with pytest.raises(hr.InputError, match="a position in other"):
        position_greeks(concentrated(), [held(pool=PoolName("other"))], prices, "USD")
    with pytest.raises(hr.InputError, match="a position in other"):
        position_greeks(pair(), [PoolShare(name="mine", pool=PoolName("other"), shares=1)], prices, "USD")
    with pytest.raises(hr.InputError, match="10"):
        position_greeks(concentrated(), [held(tick_lower=-200_501)], prices, "USD")
    with pytest.raises(hr.InputError, match="share"):
        position_greeks(pair(), [PoolShare(name="mine", pool=POOL, shares=10**18)], prices, "USD")
    with pytest.raises(hr.InputError, match="hook may change amounts"):
        position_greeks(
            concentrated(UniswapV4Pool, hooks="0x0000000000000000000000000000000000000001"), [held()], prices, "USD"
        )


def test_no_position_is_worth_nothing() -> None:
    for pool in (pair(), concentrated()):
        greeks = position_greeks(pool, [], np.array([2_000.0, 1.0]), "USD")
        assert greeks.value.shape == (0,)
        assert greeks.gamma.shape == (0, 2, 2)
        assert greeks.delta.shape == (0, 2)


# By asset.


def test_wrapped_and_staked_coins_are_one_asset() -> None:
    staked = pair(name="staked", tokens=tokens(("wstETH", 18), ("WETH", 18)), reserve1=1_180 * 10**18)
    greeks = [
        position_greeks(pair(), [shares(pair())], np.array([2_000.0, 1.0]), "USD"),
        position_greeks(staked, [shares(staked)], np.array([2_360.0, 2_000.0]), "USD"),
    ]
    aliases = {
        "wstETH": Alias(asset=Currency("ETH"), rate=1.18),
        "USDC": Alias(asset=Currency("USD"), rate=1.0),
    }
    book = exposure_by_asset(greeks, aliases)
    assert book.assets == ("ETH", "USD")
    eth, usd = greeks[0].amounts[0]
    coins = eth + 1.18 * greeks[1].amounts[0, 0] + greeks[1].amounts[0, 1]
    np.testing.assert_allclose(book.delta, [coins, usd], rtol=1e-12)
    assert book.value == pytest.approx(float(greeks[0].value[0] + greeks[1].value[0]), rel=1e-12)
    # Staked and wrapped ETH move together, so their pool has no gamma to ETH.
    assert book.gamma[0, 0] == pytest.approx(greeks[0].gamma[0, 0, 0], rel=1e-9)
    np.testing.assert_allclose(book.prices, [2_000.0, 1.0])
    np.testing.assert_allclose(book.spread, 0.0, atol=1e-12)


@EXAMPLES
@given(rate=st.floats(0.5, 2.0), price=st.floats(500.0, 5_000.0), step=st.sampled_from([1e-4, 1e-5]))
def test_gamma_by_asset_is_the_change_of_the_delta(rate: float, price: float, step: float) -> None:
    pool = pair(tokens=tokens(("stETH", 18), ("USDC", 6)))
    aliases = {"stETH": Alias(asset=Currency("ETH"), rate=rate)}

    def book(eth: float) -> Any:
        return exposure_by_asset([position_greeks(pool, [shares(pool)], np.array([rate * eth, 1.0]), "USD")], aliases)

    up, here, down = book(price * (1.0 + step)), book(price), book(price * (1.0 - step))
    slope = (up.delta - down.delta) / (2.0 * step * price)
    np.testing.assert_allclose(here.gamma[:, 0], slope, rtol=1e-6)
    assert here.delta[0] == pytest.approx((up.value - down.value) / (2.0 * step * price), rel=1e-6)


def test_a_rate_off_the_market_shows() -> None:
    staked = pair(tokens=tokens(("wstETH", 18), ("WETH", 18)))
    greeks = position_greeks(staked, [shares(staked)], np.array([2_360.0, 2_000.0]), "USD")
    book = exposure_by_asset([greeks], {"wstETH": Alias(asset=Currency("ETH"), rate=1.15)})
    assert book.spread[0] == pytest.approx(2_360.0 / 1.15 / 2_000.0 - 1.0)
    # WETH is redeemed for ETH, so its price is that of ETH; that of staked ETH says how far its rate is off.
    assert book.prices[0] == 2_000.0
    with pytest.raises(hr.InputError, match=r"wstETH says that one ETH is 2360, 18.0% off; state the rate"):
        exposure_by_asset([greeks], {"wstETH": Alias(asset=Currency("ETH"), rate=1.0)})
    # nothing in the pool is ETH itself: what is held decides
    alone = pair(tokens=tokens(("wstETH", 18), ("USDC", 6)))
    book = exposure_by_asset(
        [position_greeks(alone, [shares(alone)], np.array([2_360.0, 1.0]), "USD")],
        {"wstETH": Alias(asset=Currency("ETH"), rate=1.18)},
    )
    assert book.prices[book.assets.index("ETH")] == pytest.approx(2_000.0)
    with pytest.raises(hr.InputError, match="rates are positive"):
        Alias(asset=Currency("ETH"), rate=0.0)
    with pytest.raises(hr.InputError, match="no pool"):
        exposure_by_asset([], {})
    other = position_greeks(pair(), [shares(pair())], np.array([2_000.0, 1.0]), "USDC")
    with pytest.raises(hr.NumeraireError, match="USD and USDC"):
        exposure_by_asset([greeks, other], {})


def test_what_is_redeemed_for_the_numeraire_costs_its_rate() -> None:
    """ETH as numeraire and WETH at 2,222 valued a pool of a few coins at 418,499 ETH."""
    held = [shares(pair())]
    with pytest.raises(hr.NumeraireError, match="prices in ETH make that of WETH 1: count all of them in ETH"):
        position_greeks(pair(), held, np.array([2_222.0, 1.0]), "ETH")
    in_eth = position_greeks(pair(), held, np.array([1.0, 1.0 / 2_000.0]), "ETH")
    in_usd = position_greeks(pair(), held, np.array([2_000.0, 1.0]), "USD")
    np.testing.assert_allclose(in_eth.value * 2_000.0, in_usd.value, rtol=1e-12)
    assert exposure_by_asset([in_eth], {}).prices[0] == 1.0
    # a stated rate may be off the market, but not by much
    dollars = {"USDC": Alias(asset=Currency("USD"), rate=1.0)}
    near = position_greeks(pair(), held, np.array([2_000.0, 0.9992]), "USD")
    assert exposure_by_asset([near], dollars).spread[1] == pytest.approx(0.0008)
    far = position_greeks(pair(), held, np.array([2_000.0, 2_000.0]), "USD")
    with pytest.raises(hr.NumeraireError, match="USDC says that one USD is 2000"):
        exposure_by_asset([far], dollars)


@pytest.mark.parametrize(("said", "right"), [("usd", "USD"), ("Eth", "ETH"), ("weth", "WETH"), ("usdc", "USDC")])
def test_a_numeraire_is_an_exact_ticker(said: str, right: str) -> None:
    with pytest.raises(hr.NumeraireError, match=f"write {right}"):
        position_greeks(pair(), [shares(pair())], np.array([2_000.0, 1.0]), said)


def test_aliases_of_aliases_are_followed_and_must_end() -> None:
    pool = pair(tokens=tokens(("wstETH", 18), ("USDC", 6)))
    greeks = position_greeks(pool, [shares(pool)], np.array([2_360.0, 1.0]), "USD")
    chain = {
        "wstETH": Alias(asset=Currency("stETH"), rate=1.18),
        "stETH": Alias(asset=Currency("WETH"), rate=1.0),
    }
    book = exposure_by_asset([greeks], chain)
    assert book.assets == ("ETH", "USDC")
    assert book.delta[0] == pytest.approx(1.18 * greeks.amounts[0, 0])
    with pytest.raises(hr.InputError, match="go round: wstETH = stETH = wstETH"):
        exposure_by_asset([greeks], chain | {"stETH": Alias(asset=Currency("wstETH"), rate=1.0)})
