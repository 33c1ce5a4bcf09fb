"""Curves of pools in which positions are shares: known points, far prices, and what they refuse."""

import msgspec
import numpy as np
import pytest

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market.pool_states import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    PoolToken,
    UniswapV2Pool,
)
from hedgerow.pools import curve_of
from hedgerow.pools.crypto_curve import CryptoCurve
from hedgerow.pools.stable_curve import StableCurve
from hedgerow.pools.weighted_curve import WeightedCurve

ONE = 10**18


def _tokens(*decimals: int) -> tuple[PoolToken, ...]:
    return tuple(PoolToken(symbol=Currency(f"T{i}"), decimals=digits) for i, digits in enumerate(decimals))


V2 = UniswapV2Pool(
    name=PoolName("v2"), tokens=_tokens(18, 6), reserve0=100 * ONE, reserve1=200_000 * 10**6, total_supply=4 * 10**18
)
WEIGHTED = BalancerWeightedPool(
    name=PoolName("weighted"),
    tokens=_tokens(18, 8, 6),
    balances=(1000 * ONE, 50 * 10**8, 3_000_000 * 10**6),
    weights=(ONE // 5, ONE // 2, 3 * ONE // 10),
    swap_fee=10**15,
    total_supply=10**21,
)
CRYPTO = CurveCryptoPool(
    name=PoolName("crypto"),
    tokens=_tokens(6, 8, 18),
    balances=(6_000_000 * 10**6, 100 * 10**8, 2_000 * ONE),
    amplification=1_707_629,
    gamma=11_809_167_828_997,
    invariant=18_000_000 * ONE,
    price_scale=(60_000 * ONE, 3_000 * ONE),
    mid_fee=3_000_000,
    out_fee=30_000_000,
    fee_gamma=500_000_000_000_000,
    total_supply=10**22,
)


def _stable(n: int, amplification: int) -> CurveStablePool:
    return CurveStablePool(
        name=PoolName("stable"),
        tokens=_tokens(*[(6, 8, 18)[i % 3] for i in range(n)]),
        balances=tuple((1_000_000 + 1000 * i) * 10 ** (6, 8, 18)[i % 3] for i in range(n)),
        amplification=amplification * 100,
        rates=tuple(10 ** (36 - (6, 8, 18)[i % 3]) for i in range(n)),
        fee=0,
        admin_fee=0,
        total_supply=10**24,
    )


def test_a_v2_pair_by_hand() -> None:
    """V = 2·sqrt(k·P), delta = sqrt(k/P), gamma = -sqrt(k)/2·P^-1.5, speed = 3/4·sqrt(k)·P^-2.5 at P = 2000."""
    curve = curve_of(V2)
    assert curve.spot_prices() == pytest.approx([1.0, 100.0 / 200_000.0])
    point = curve.at(np.array([[2_000.0, 1.0]]))
    k = 100.0 * 200_000.0
    assert point.value[0] == pytest.approx(2.0 * np.sqrt(k * 2_000.0))
    assert point.amounts[0] == pytest.approx([100.0, 200_000.0])
    assert point.gamma[0, 0, 0] == pytest.approx(-0.5 * np.sqrt(k) * 2_000.0**-1.5)
    assert point.speed[0, 0] == pytest.approx(0.75 * np.sqrt(k) * 2_000.0**-2.5)


def test_a_weighted_pool_keeps_its_shares_of_value() -> None:
    curve = curve_of(WEIGHTED)
    prices = np.array([[2_000.0, 60_000.0, 1.0], [1.0, 1e6, 1e-6]])
    point = curve.at(prices)
    shares = prices * point.amounts / point.value[:, None]
    assert shares == pytest.approx(np.tile([0.2, 0.5, 0.3], (2, 1)))
    logs = np.log(point.amounts) @ np.array([0.2, 0.5, 0.3])
    assert logs == pytest.approx(np.full(2, np.log([1000.0, 50.0, 3e6]) @ np.array([0.2, 0.5, 0.3])))


@pytest.mark.parametrize("n", [2, 3, 5, 8])
@pytest.mark.parametrize("amplification", [1, 100, 100_000])
def test_stable_pools_far_from_the_peg(n: int, amplification: int) -> None:
    """At any prices the reserves found lie on the invariant and ask for those prices."""
    curve = curve_of(_stable(n, amplification))
    rng = np.random.default_rng(7)
    prices = 10.0 ** rng.uniform(-6.0, 6.0, (300, n))
    prices[:2] = [np.full(n, 3.0), np.geomspace(1e-6, 1e6, n)]
    point = curve.at(prices)
    level = float(np.sum(curve.at(np.ones((1, n))).amounts))
    scaled = point.amounts / level
    log_c = -np.sum(np.log(n * scaled), axis=1)
    annual = amplification * n
    sums = np.sum(scaled, axis=1)
    with np.errstate(over="ignore"):
        assert sums == pytest.approx(1.0 + (np.exp(log_c) - 1.0) / annual, rel=1e-10)
    marginal = annual + np.exp(log_c)[:, None] / scaled
    assert marginal / marginal[:, :1] == pytest.approx(prices / prices[:, :1], rel=1e-10)
    assert np.all(point.amounts > 0.0)


@pytest.mark.parametrize("gamma", [10**10, 145 * 10**12, 5 * 10**16])
@pytest.mark.parametrize("annual", [4_000, 1_707_629, 40_000_000])
def test_crypto_pools_far_from_the_price_scale(gamma: int, annual: int) -> None:
    """At any prices the reserves found lie on the whitepaper's invariant, and no others on it are worth less."""
    pool = msgspec.structs.replace(CRYPTO, gamma=gamma, amplification=annual)
    curve = curve_of(pool)
    rng = np.random.default_rng(8)
    prices = np.array([1.0, 60_000.0, 3_000.0]) * 10.0 ** rng.uniform(-4.0, 4.0, (200, 3))
    point = curve.at(prices)
    level, width = 18_000_000.0, gamma / 1e18
    x = point.amounts * [1.0, 60_000.0, 3_000.0]
    k0 = np.prod(3.0 * x / level, axis=1)
    strength = annual / 1e4 / 27.0 * k0 * width**2 / (width + 1.0 - k0) ** 2
    left = strength * 27.0 * np.sum(x, axis=1) / level + k0
    right = strength * 27.0 + 1.0
    assert np.all(np.abs(left - right) <= 1e-9 * right)
    assert np.all(prices @ point.amounts.T >= point.value[:, None] * (1.0 - 1e-12))


def test_crypto_amounts_are_the_balances_whatever_d_is_stored() -> None:
    old = msgspec.structs.replace(CRYPTO, invariant=17 * 10**24)
    for pool in (CRYPTO, old):
        curve = curve_of(pool)
        assert curve.at(curve.spot_prices()[None, :]).amounts[0] == pytest.approx([6e6, 100.0, 2000.0], rel=1e-12)


def test_rates_move_the_peg() -> None:
    pool = _stable(2, 1_000)
    accrued = msgspec.structs.replace(
        pool, rates=(pool.rates[0], pool.rates[1] * 6 // 5), balances=(1_200_000 * 10**6, 1_000_000 * 10**8)
    )
    assert curve_of(accrued).spot_prices() == pytest.approx([1.0, 1.2], rel=1e-14)


def test_both_stable_kinds_have_one_curve() -> None:
    curve_pool = _stable(3, 200)
    balancer = BalancerStablePool(
        name=PoolName("stable"),
        tokens=curve_pool.tokens,
        balances=curve_pool.balances,
        amplification=200 * 1_000,
        swap_fee=10**15,
        total_supply=10**24,
    )
    prices = np.array([[1.0, 1.01, 0.99], [1.0, 2.0, 3.0]])
    one, other = curve_of(curve_pool).at(prices), curve_of(balancer).at(prices)
    assert np.array_equal(one.amounts, other.amounts)
    assert np.array_equal(one.gamma, other.gamma)


@pytest.mark.parametrize("pool", [V2, WEIGHTED, _stable(3, 100), CRYPTO], ids=lambda pool: pool.name)
def test_bad_prices_are_refused(pool: UniswapV2Pool) -> None:
    curve = curve_of(pool)
    good = np.ones((2, curve.n_token))
    for bad in (0.0, -1.0, np.nan, np.inf):
        prices = good.copy()
        prices[1, 1] = bad
        with pytest.raises(InputError, match="of token 1 in row 1; prices are positive and finite"):
            curve.at(prices)
    with pytest.raises(InputError, match="give a price of each"):
        curve.at(np.ones((1, curve.n_token + 1)))
    assert curve.at(np.ones((0, curve.n_token))).value.shape == (0,)


@pytest.mark.parametrize("pool", [_stable(3, 100), CRYPTO], ids=lambda pool: pool.name)
def test_prices_in_a_wrong_unit_are_refused(pool: CurveStablePool) -> None:
    prices = np.array([[1.0, 1.0, 1e30]])
    with pytest.raises(InputError, match="look for a price in the wrong unit"):
        curve_of(pool).at(prices)


def test_pools_without_a_curve_are_refused() -> None:
    stable = _stable(2, 100)
    with pytest.raises(InputError, match="an empty pool has no curve"):
        curve_of(msgspec.structs.replace(stable, balances=(0, 1)))
    with pytest.raises(InputError, match="amplification is 40"):
        curve_of(msgspec.structs.replace(stable, amplification=40))
    with pytest.raises(InputError, match="an empty pool has no curve"):
        curve_of(msgspec.structs.replace(V2, reserve0=0))
    with pytest.raises(InputError, match="normalized ones sum to"):
        curve_of(msgspec.structs.replace(WEIGHTED, weights=(ONE // 5, ONE // 5, ONE // 5)))
    with pytest.raises(InputError, match="gamma is 0; it is positive"):
        curve_of(msgspec.structs.replace(CRYPTO, gamma=0))
    with pytest.raises(InputError, match="two or three"):
        msgspec.structs.replace(CRYPTO, tokens=_tokens(6, 8, 18, 18))
    with pytest.raises(InputError, match="an empty pool has no curve"):
        StableCurve(units=np.array([1.0, 1.0]), scaled=np.array([1.0, 0.0]), annual=10.0)
    with pytest.raises(InputError, match="an empty pool has no curve"):
        CryptoCurve(units=np.array([1.0, 1.0]), scaled=np.array([1.0, 0.0]), shortfall=0.0, annual=1.0, width=1.0)
    with pytest.raises(InputError, match="both are positive"):
        CryptoCurve(units=np.array([1.0, 1.0]), scaled=np.array([1.0, 1.0]), shortfall=0.0, annual=1.0, width=0.0)


def test_points_do_not_know_each_other() -> None:
    """One call for many points gives what many calls give: no point waits for, or is moved by, another."""
    curve = curve_of(CRYPTO)
    assert not isinstance(curve, WeightedCurve)
    rng = np.random.default_rng(9)
    prices = np.array([1.0, 60_000.0, 3_000.0]) * np.exp(rng.normal(0.0, 0.5, (40, 3)))
    together = curve.at(prices)
    for row in range(40):
        alone = curve.at(prices[row : row + 1])
        assert alone.amounts[0] == pytest.approx(together.amounts[row], rel=1e-12)
        assert alone.value[0] == pytest.approx(together.value[row], rel=1e-13)
