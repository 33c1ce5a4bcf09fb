"""Generated pools of every kind in which positions are shares."""

import math
from typing import Any

from hypothesis import strategies as st

from hedgerow.core.ids import Currency, PoolName
from hedgerow.market.pool_states import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    PoolToken,
    SharedPool,
    UniswapV2Pool,
)

ONE = 10**18
DECIMALS = st.sampled_from([6, 8, 18])


def tokens_of(decimals: list[int]) -> tuple[PoolToken, ...]:
    """Tokens by their decimals."""
    return tuple(PoolToken(symbol=Currency(f"T{i}"), decimals=digits) for i, digits in enumerate(decimals))


def _balances(draw: Any, decimals: list[int], tilt: float, prices: list[float]) -> tuple[int, ...]:
    size = draw(st.sampled_from([1e3, 1e6, 1e9]))
    tilts = draw(st.lists(st.floats(-1.0, 1.0), min_size=len(decimals), max_size=len(decimals)))
    return tuple(
        max(int(size * math.exp(tilt * own) / price * 10**digits), 1000)
        for own, price, digits in zip(tilts, prices, decimals, strict=True)
    )


@st.composite
def v2_pools(draw: Any) -> UniswapV2Pool:
    """Constant-product pairs."""
    decimals = draw(st.lists(DECIMALS, min_size=2, max_size=2))
    reserves = _balances(draw, decimals, 5.0, [1.0, 1.0])
    return UniswapV2Pool(
        name=PoolName("pool"), tokens=tokens_of(decimals), reserve0=reserves[0], reserve1=reserves[1], total_supply=ONE
    )


@st.composite
def weighted_pools(draw: Any) -> BalancerWeightedPool:
    """Weighted pools of two to eight tokens."""
    n = draw(st.integers(2, 8))
    decimals = draw(st.lists(DECIMALS, min_size=n, max_size=n))
    parts = draw(st.lists(st.integers(1, 40), min_size=n, max_size=n))
    weights = [ONE * part // sum(parts) for part in parts]
    weights[0] += ONE - sum(weights)
    return BalancerWeightedPool(
        name=PoolName("pool"),
        tokens=tokens_of(decimals),
        balances=_balances(draw, decimals, 3.0, [1.0] * n),
        weights=tuple(weights),
        swap_fee=draw(st.integers(10**12, 10**17)),
        total_supply=10**24,
    )


@st.composite
def balancer_stable_pools(draw: Any) -> BalancerStablePool:
    """Stable pools of two to five tokens."""
    decimals = draw(st.lists(DECIMALS, min_size=2, max_size=5))
    tilt = draw(st.sampled_from([0.0, 0.3, 3.0]))
    return BalancerStablePool(
        name=PoolName("pool"),
        tokens=tokens_of(decimals),
        balances=_balances(draw, decimals, tilt, [1.0] * len(decimals)),
        amplification=1000 * draw(st.integers(1, 5000)),
        swap_fee=draw(st.integers(10**12, 10**17)),
        total_supply=10**24,
    )


@st.composite
def stableswap_pools(draw: Any) -> CurveStablePool:
    """StableSwap pools of two to eight tokens, with rates."""
    decimals = draw(st.lists(DECIMALS, min_size=2, max_size=8))
    n = len(decimals)
    accrued = draw(st.lists(st.integers(ONE, 2 * ONE), min_size=n, max_size=n))
    tilt = draw(st.sampled_from([0.0, 0.3, 3.0]))
    return CurveStablePool(
        name=PoolName("pool"),
        tokens=tokens_of(decimals),
        balances=_balances(draw, decimals, tilt, [1.0] * n),
        amplification=draw(st.sampled_from([100, 10**7]) | st.integers(100, 10**7)),
        rates=tuple(rate * 10 ** (18 - digits) for rate, digits in zip(accrued, decimals, strict=True)),
        fee=draw(st.integers(0, 10**8)),
        admin_fee=5 * 10**9,
        total_supply=10**24,
    )


@st.composite
def cryptoswap_pools(draw: Any) -> CurveCryptoPool:
    """CryptoSwap pools of two and three tokens; the stored D is left to the test."""
    decimals = draw(st.lists(DECIMALS, min_size=2, max_size=3))
    scale = [draw(st.integers(10**15, 10**23)) for _ in decimals[1:]]
    tilt = draw(st.sampled_from([0.0, 0.01, 0.5, 2.0]))
    return CurveCryptoPool(
        name=PoolName("pool"),
        tokens=tokens_of(decimals),
        balances=_balances(draw, decimals, tilt, [1.0, *[own / ONE for own in scale]]),
        amplification=draw(st.integers(4_000, 40_000_000)),
        gamma=draw(st.sampled_from([10**10, 10**13, 5 * 10**16]) | st.integers(10**10, 5 * 10**16)),
        invariant=0,
        price_scale=tuple(scale),
        mid_fee=draw(st.integers(0, 10**8)),
        out_fee=2 * 10**8,
        fee_gamma=draw(st.integers(10**10, ONE)),
        total_supply=10**24,
    )


def shared_pools() -> st.SearchStrategy[SharedPool]:
    """Pools of any kind."""
    return st.one_of(v2_pools(), weighted_pools(), balancer_stable_pools(), stableswap_pools(), cryptoswap_pools())
