"""Loss over a horizon against closed forms, integrals at high precision and simulated moves."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.ids import Currency, PoolName
from hedgerow.market import CurveCryptoPool, PoolToken
from hedgerow.pools import curve_of, expected_loss_rate, pair_covariance, rebalancing_loss_rate
from hedgerow.pools.covariance import check_covariance
from hedgerow.pools.range_curve import RangeCurve
from hedgerow.pools.weighted_curve import WeightedCurve

EXAMPLES = settings(max_examples=200, deadline=None)
TRICRYPTO = CurveCryptoPool(
    name=PoolName("crypto"),
    tokens=tuple(PoolToken(symbol=Currency(one), decimals=18) for one in ("USD", "BTC", "ETH")),
    balances=(6_000_000 * 10**18, 100 * 10**18, 2_000 * 10**18),
    amplification=1_707_629,
    gamma=11_809_167_828_997,
    invariant=18_000_000 * 10**18,
    price_scale=(60_000 * 10**18, 3_000 * 10**18),
    mid_fee=3_000_000,
    out_fee=30_000_000,
    fee_gamma=500_000_000_000_000,
    total_supply=10**22,
)
MOVES = np.array([[0.0, 0.0, 0.0], [0.0, 0.36, 0.3], [0.0, 0.3, 0.64]])


@EXAMPLES
@given(
    weight=st.lists(st.floats(0.05, 1.0), min_size=2, max_size=3),
    vols=st.lists(st.floats(0.0, 1.5), min_size=3, max_size=3),
    together=st.floats(-0.4, 0.95),
    horizon=st.floats(1e-4, 1.0),
    unit=st.floats(1e-3, 1e3),
)
def test_a_weighted_pool_loses_what_the_mean_of_its_power_falls(
    weight: list[float], vols: list[float], together: float, horizon: float, unit: float
) -> None:
    """V is a product of powers: its mean is V·exp(-T/2·(sum w_i·C_ii - w·C·w))."""
    n_token = len(weight)
    weights = np.array(weight) / sum(weight)
    curve = WeightedCurve(reserves=np.linspace(2.0, 9.0, n_token), weights=weights)
    sigma = np.array(vols[:n_token])
    covariance = np.outer(sigma, sigma) * np.where(np.eye(n_token) > 0.0, 1.0, together)
    prices = np.linspace(1.0, 3.0, n_token) * unit
    rate = 0.5 * float(weights @ np.diag(covariance) - weights @ covariance @ weights)
    value = float(curve.at(prices[None, :]).value[0])
    expected = -value * math.expm1(-rate * horizon) / horizon
    assert expected_loss_rate(curve, prices, covariance, horizon) == pytest.approx(
        expected, rel=1e-5, abs=1e-11 * value / horizon
    )


def test_four_tokens_within_the_spread_of_their_rays() -> None:
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    curve, covariance = WeightedCurve(reserves=np.ones(4), weights=weights), np.diag(weights)
    rate = 0.5 * float(weights @ np.diag(covariance) - weights @ covariance @ weights)
    expected = -float(curve.at(np.ones((1, 4))).value[0]) * math.expm1(-0.5 * rate) / 0.5
    assert expected_loss_rate(curve, np.ones(4), covariance, 0.5) == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("lower", "upper"), [(1_990.0, 2_010.0), (1_500.0, 2_600.0), (2_050.0, 2_100.0)])
@pytest.mark.parametrize("horizon", [1e-4, 1 / 365, 0.2])
def test_a_range_against_an_integral_of_its_value(lower: float, upper: float, horizon: float) -> None:
    liquidity, price, vol = 30.0, 2_000.0, 0.7
    deviation = mp.mpf(vol) * mp.sqrt(horizon)

    def value(at: mp.mpf) -> mp.mpf:
        root = mp.sqrt(min(max(at, mp.mpf(lower)), mp.mpf(upper)))
        return liquidity * ((1 / root - 1 / mp.sqrt(upper)) * at + root - mp.sqrt(lower))

    def of(move: mp.mpf) -> mp.mpf:
        return value(price * mp.exp(deviation * move - deviation**2 / 2)) * mp.npdf(move)

    bends = [(mp.log(mp.mpf(edge) / price) + deviation**2 / 2) / deviation for edge in (lower, upper)]
    inside = sorted(one for one in bends if -12 < one < 12)
    expected = (value(mp.mpf(price)) - mp.quad(of, [-12, *inside, 12])) / horizon
    found = expected_loss_rate(
        RangeCurve(liquidity=liquidity, lower=lower, upper=upper), np.array([price, 1.0]), pair_covariance(vol), horizon
    )
    assert found == pytest.approx(float(expected), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("horizon", [1 / 8_760, 1 / 365, 0.1])
def test_a_spike_of_gamma_against_simulated_moves(horizon: float) -> None:
    curve = curve_of(TRICRYPTO)
    prices = curve.spot_prices()
    moves = np.random.default_rng(7).standard_normal((60_000, 2)) @ np.linalg.cholesky(MOVES[1:, 1:] * horizon).T
    at = np.tile(prices, (60_000, 1))
    at[:, 1:] *= np.exp(moves - 0.5 * np.diag(MOVES)[1:] * horizon)
    # holding what is held now has no drift: taken out, the value's own fall is what is left
    lost = (at @ curve.at(prices[None, :]).amounts[0] - curve.at(at).value) / horizon
    error = float(np.std(lost)) / math.sqrt(60_000)
    found = expected_loss_rate(curve, prices, MOVES, horizon)
    assert abs(found - float(np.mean(lost))) < 4.0 * error
    # what the rate at the point would have said
    point = curve.at(prices[None, :])
    assert float(rebalancing_loss_rate(point.gamma, prices, MOVES)[0]) > 20.0 * found


def test_towards_no_horizon_it_is_the_rate_at_the_point() -> None:
    curve, prices = RangeCurve(liquidity=30.0, lower=1_500.0, upper=2_600.0), np.array([2_000.0, 1.0])
    point = float(rebalancing_loss_rate(curve.at(prices[None, :]).gamma, prices, pair_covariance(0.7))[0])
    assert expected_loss_rate(curve, prices, pair_covariance(0.7), 1e-7) == pytest.approx(point, rel=1e-5)


def test_nothing_moves_nothing_is_lost() -> None:
    curve = WeightedCurve(reserves=np.ones(2), weights=np.array([0.5, 0.5]))
    assert expected_loss_rate(curve, np.ones(2), np.zeros((2, 2)), 1.0) == 0.0
    # both tokens move with each other: their relative price stands
    assert expected_loss_rate(curve, np.ones(2), np.full((2, 2), 0.5), 1.0) == 0.0


def test_what_is_refused() -> None:
    curve, prices = RangeCurve(liquidity=1.0, lower=1.0, upper=4.0), np.array([2.0, 1.0])
    for horizon in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(hr.InputError, match="positive time"):
            expected_loss_rate(curve, prices, pair_covariance(0.5), horizon)
    with pytest.raises(hr.InputError, match="shorten the horizon"):
        expected_loss_rate(curve, prices, pair_covariance(4.0), 1.0)
    with pytest.raises(hr.InputError, match="each pair"):
        check_covariance(np.zeros((3, 3)), 2)
    with pytest.raises(hr.InputError, match="symmetric and finite"):
        expected_loss_rate(curve, prices, np.full((2, 2), math.nan), 1.0)
    for wrong in (np.array([math.nan, 1.0]), np.array([2.0, 0.0])):
        with pytest.raises(hr.InputError, match="positive and finite"):
            expected_loss_rate(curve, wrong, pair_covariance(0.5), 1.0)
