"""A position as one asset and money: closed forms of weighted pools and ranges, in any grouping of the tokens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import diff, mp, mpf, sqrt

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import BalancerWeightedPool, PoolToken
from hedgerow.pools import Alias, Curve, RangeCurve, asset_curve, curve_of
from hedgerow.pools.assets import exposure_by_asset
from hedgerow.pools.expected_gamma import curve_interval_gamma, curve_lognormal_gamma
from hedgerow.pools.positions import PoolGreeks

EXAMPLES = settings(max_examples=200, deadline=None)
SYMBOLS = ("A0", "A1", "A2", "A3")


def _weighted(weights: list[int]) -> Curve:
    total = sum(weights)
    parts = [10**18 * one // total for one in weights]
    parts[0] += 10**18 - sum(parts)
    return curve_of(
        BalancerWeightedPool(
            name=PoolName("w"),
            tokens=tuple(PoolToken(symbol=Currency(name), decimals=18) for name in SYMBOLS[: len(weights)]),
            balances=tuple((5 + i) * 10**20 for i in range(len(weights))),
            weights=tuple(parts),
            swap_fee=10**15,
            total_supply=10**20,
        )
    )


@EXAMPLES
@given(
    weights=st.lists(st.integers(1, 20), min_size=2, max_size=4),
    mask=st.integers(1, 15),
    prices=st.lists(st.floats(0.01, 100.0), min_size=4, max_size=4),
    move=st.floats(0.05, 20.0),
    money=st.floats(0.2, 5.0),
)
def test_a_weighted_pool_is_a_power_of_the_asset(
    weights: list[int], mask: int, prices: list[float], move: float, money: float
) -> None:
    # V is a constant times the product of p_i^w_i: the tokens of the asset together are one token of their weight.
    n_token = len(weights)
    mine = [i for i in range(n_token) if mask >> i & 1] or [0]
    aliases = {SYMBOLS[i]: Alias(asset=Currency("ETH"), rate=prices[i] / 2.0) for i in mine}
    curve, now = _weighted(weights), np.array(prices[:n_token])
    found = asset_curve(curve, SYMBOLS[:n_token], now, "ETH", 2.0, aliases)
    weight = sum(weights[i] for i in mine) / sum(weights)
    price = 2.0 * move
    point = found.at(np.array([[price, money]]))
    value = float(curve.at(now[None, :]).value[0]) * move**weight * money ** (1.0 - weight)
    assert point.value[0] == pytest.approx(value, rel=1e-11)
    for i, (part, at) in enumerate(((weight, price), (1.0 - weight, money))):
        assert point.amounts[0, i] == pytest.approx(part * value / at, rel=1e-11, abs=1e-11 * value / at)
        assert point.gamma[0, i, i] == pytest.approx(part * (part - 1.0) * value / at**2, abs=1e-10 * value / at**2)
        third = part * (part - 1.0) * (part - 2.0) * value / at**3
        # Where two tokens stand on both sides it is a difference of gammas; elsewhere exact.
        assert point.speed[0, i] == pytest.approx(third, abs=1e-7 * value / at**3)
    cross = weight * (1.0 - weight) * value / (price * money)
    assert point.gamma[0, 0, 1] == pytest.approx(cross, abs=1e-10 * value / (price * money))
    assert point.gamma[0, 1, 0] == pytest.approx(point.gamma[0, 0, 1], abs=1e-10 * value / (price * money))


@EXAMPLES
@given(
    price=st.one_of(st.sampled_from([1_500.0, 2_600.0]), st.floats(500.0, 5_000.0)),
    rate=st.floats(0.5, 2.0),
    turned=st.booleans(),
)
def test_a_range_of_a_staked_coin(price: float, rate: float, turned: bool) -> None:
    # 900 of liquidity from 1,500 to 2,600 USDC for a token of so many ETH.
    ends = (1.0 / 2_600.0, 1.0 / 1_500.0) if turned else (1_500.0, 2_600.0)
    held = RangeCurve(liquidity=900.0, lower=ends[0], upper=ends[1])
    names, now = ["stETH", "USDC"], [2_000.0 * rate, 1.0]
    order = slice(None, None, -1 if turned else 1)
    aliases = {"stETH": Alias(asset=Currency("ETH"), rate=rate)}
    found = asset_curve(held, names[order], np.array(now[order]), "ETH", 2_000.0, aliases)
    point = found.at(np.array([[price / rate, 1.0]]))
    root = np.sqrt(np.clip(price, 1_500.0, 2_600.0))
    assert point.amounts[0, 0] == pytest.approx(rate * 900.0 * (1.0 / root - 2_600.0**-0.5), rel=1e-9, abs=1e-9)
    assert point.amounts[0, 1] == pytest.approx(900.0 * (root - 1_500.0**0.5), rel=1e-9, abs=1e-9)
    if 1_501.0 < price < 2_599.0:
        assert point.gamma[0, 0, 0] == pytest.approx(-450.0 * rate**2 * price**-1.5, rel=1e-9)
        assert point.speed[0, 0] == pytest.approx(675.0 * rate**3 * price**-2.5, rel=1e-9)
        with mp.workdps(40):
            third = diff(lambda unit: 900 * (sqrt(mpf(price) / unit) - sqrt(1500)), 1, 2)
        assert point.speed[0, 1] == pytest.approx(float(third), rel=1e-9)
    elif not 1_499.0 < price < 2_601.0:
        assert point.gamma[0, 0, 0] == point.speed[0, 0] == 0.0


@EXAMPLES
@given(
    weights=st.lists(st.integers(1, 20), min_size=3, max_size=3),
    rate=st.floats(0.5, 2.0),
    discount=st.floats(0.96, 1.04),
)
def test_units_are_those_of_the_exposure_by_asset(weights: list[int], rate: float, discount: float) -> None:
    # A staked coin off its stated rate counts as its stated rate in both, at the market's value.
    curve, aliases = _weighted(weights), {"A1": Alias(asset=Currency("A0"), rate=rate)}
    now = np.array([3.0, 3.0 * rate * discount, 1.0])
    point = curve.at(now[None, :])
    greeks = PoolGreeks(
        pool=PoolName("w"), names=("s",), symbols=tuple(map(Currency, SYMBOLS[:3])), numeraire=Currency("A2"),
        prices=now, value=point.value, amounts=point.amounts, gamma=point.gamma, speed=point.speed,
        fees=np.zeros((1, 3)), fees_known=np.array([True]), amounts_now=point.amounts,
    )  # fmt: skip
    exposure = exposure_by_asset([greeks], aliases)
    place = exposure.assets.index(Currency("A0"))
    here = asset_curve(curve, SYMBOLS[:3], now, "A0", 3.0, aliases).at(np.array([[3.0, 1.0]]))
    assert here.value[0] == pytest.approx(exposure.value, rel=1e-12)
    assert here.amounts[0, 0] == pytest.approx(exposure.delta[place], rel=1e-12)
    assert here.gamma[0, 0, 0] == pytest.approx(exposure.gamma[place, place], rel=1e-9, abs=1e-9)


def test_only_forms_of_the_asset_move() -> None:
    # A range between two forms of the coin has no gamma in the coin, and all of its delta.
    held = RangeCurve(liquidity=900.0, lower=0.8, upper=1.3)
    aliases = {"stETH": Alias(asset=Currency("ETH"), rate=1.0)}
    found = asset_curve(held, ("stETH", "WETH"), np.array([2_000.0, 2_000.0]), "ETH", 2_000.0, aliases)
    point = found.at(np.array([[1_000.0, 1.0], [4_000.0, 1.0]]))
    assert point.amounts[0] == pytest.approx(point.amounts[1], rel=1e-12)
    assert point.amounts[:, 1] == pytest.approx(0.0, abs=1e-9)
    assert point.gamma[:, 0, 0] == pytest.approx(0.0, abs=1e-12)


def test_expected_gamma_reads_it() -> None:
    held = RangeCurve(liquidity=900.0, lower=1_500.0, upper=2_600.0)
    found = asset_curve(held, ("WETH", "USDC"), np.array([2_000.0, 1.0]), "ETH", 2_000.0, {})
    prices = np.array([2_000.0, 1.0])
    mean = 900.0 * (2_100.0**-0.5 - 1_900.0**-0.5) / 200.0
    assert curve_interval_gamma(found, prices, 0, 1_900.0, 2_100.0) == pytest.approx(mean, rel=1e-10)
    assert curve_lognormal_gamma(found, prices, 0, 0.001) == pytest.approx(-450.0 * 2_000.0**-1.5, rel=1e-4)


@pytest.mark.parametrize(
    ("asset", "price", "message"),
    [("BTC", 2.0, "no token stands for BTC; there are WETH, USDC"), ("ETH", 0.0, "a price of 0 for ETH")],
)
def test_bad_input_is_refused(asset: str, price: float, message: str) -> None:
    held = RangeCurve(liquidity=900.0, lower=1_500.0, upper=2_600.0)
    with pytest.raises(InputError, match=message):
        asset_curve(held, ("WETH", "USDC"), np.array([2_000.0, 1.0]), asset, price, {})
