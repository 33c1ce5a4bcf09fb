"""Skew, basis and funding as factors, against closed forms; factors of several coins, against their simulation."""

import math

import msgspec
import numpy as np
import pytest

from hedgerow.book import (
    RiskSettings,
    Row,
    assemble,
    factor_model,
    joint_factors,
    kernels,
    other_loadings,
    other_moves,
    simulate_joint,
)
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.pricing import black76

BTC, ETH, DAY_NS = Currency("BTC"), Currency("ETH"), 86_400 * 10**9
SPOT, YEARS = 2_000.0, 50.0 / 365.0
SETTINGS = RiskSettings(
    horizon_hours=48.0,
    spot_vol=0.6,
    vol_of_vol=0.9,
    spot_vol_correlation=-0.4,
    skew_vol=0.3,
    basis_vol=0.1,
    funding_vol=0.2,
)
EXPIRY = 50 * DAY_NS
ROWS = (
    Row(kernels.LINEAR_FUTURE, 0, "linear future", EXPIRY, 3.0, ratio=1.02, entry=1_900.0, expiry_years=YEARS),
    Row(kernels.INVERSE_FUTURE, 1, "inverse perpetual", None, -5_000.0, ratio=1.001, entry=1_950.0),
    Row(kernels.LINEAR_FUTURE, 2, "linear perpetual", None, 2.0, ratio=1.001, entry=1_950.0),
    Row(
        kernels.LINEAR_OPTION, 3, "linear option", EXPIRY, 10.0, ratio=1.02, strike=2_200.0, expiry_years=YEARS, vol=0.7
    ),
    Row(kernels.COIN, 4, "spot", None, 7.0),
)


def test_each_factor_moves_as_stated() -> None:
    root = math.sqrt(2.0 / 365.0)
    assert other_moves(SETTINGS) == {"skew": 0.3 * root, "basis": 0.1 * root, "funding": 0.2}
    assert other_moves(msgspec.structs.replace(SETTINGS, skew_vol=0.0, basis_vol=0.0, funding_vol=0.0)) == {}


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_loadings_have_their_closed_forms(numeraire: str) -> None:
    book = assemble(ROWS, base=ETH, spot=SPOT, n_group=5)
    skew, basis, funding = other_loadings(book, SETTINGS, numeraire=numeraire)
    rate = 1.0 if numeraire == "USD" else 1.0 / SPOT
    forward = 1.02 * SPOT
    greeks = black76(np.array([forward]), np.array([2_200.0]), np.array([YEARS]), np.array([0.7]), True, inverse=False)
    moneyness = math.log(2_200.0 / forward) / math.sqrt(YEARS)
    expected_skew = [0.0, 0.0, 0.0, 10.0 * float(greeks.vega[0]) * moneyness, 0.0]
    expected_basis = [3.0 * forward * YEARS, 0.0, 0.0, 10.0 * float(greeks.delta[0]) * forward * YEARS, 0.0]
    horizon = 2.0 / 365.0
    expected_funding = [0.0, 5_000.0 * horizon, -2.0 * 1.001 * SPOT * horizon, 0.0, 0.0]
    np.testing.assert_allclose(skew, np.array(expected_skew) * rate, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(basis, np.array(expected_basis) * rate, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(funding, np.array(expected_funding) * rate, rtol=1e-12, atol=0.0)


def test_a_book_without_rows_has_loadings_of_its_groups() -> None:
    book = assemble((), base=ETH, spot=SPOT, n_group=2)
    assert other_loadings(book, SETTINGS, numeraire="USD").tolist() == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("name", ["skew_vol", "basis_vol", "funding_vol"])
@pytest.mark.parametrize("value", [-0.1, 11.0, math.nan])
def test_nonsense_is_refused(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} = .*; give a fraction from 0 to 10"):
        msgspec.structs.replace(SETTINGS, **{name: value})


OTHER = RiskSettings(horizon_hours=48.0, spot_vol=0.8, vol_of_vol=1.1, spot_vol_correlation=0.3, vol_decorrelation=0.7)
CORRELATION = np.array([[1.0, 0.8], [0.8, 1.0]])
COINS = {ETH: SETTINGS, BTC: OTHER}
EXPIRIES = {ETH: (3 * DAY_NS, 30 * DAY_NS), BTC: (30 * DAY_NS,)}


def test_one_coin_is_its_own_model() -> None:
    joint = joint_factors({ETH: SETTINGS}, {ETH: EXPIRIES[ETH]}, 0, correlation=np.eye(1))
    np.testing.assert_allclose(joint.covariance, factor_model(SETTINGS, EXPIRIES[ETH], 0).covariance, rtol=1e-12)


def test_joint_factors_have_the_covariance_of_joint_scenarios() -> None:
    joint = joint_factors(COINS, EXPIRIES, 0, correlation=CORRELATION)
    drawn = simulate_joint(COINS, EXPIRIES, 0, correlation=CORRELATION, count=200_000, seed=4)
    columns = []
    for coin, settings in COINS.items():
        one = drawn[coin]
        assert one.by_expiry is not None
        move = np.log(one.spot) - np.log(one.spot).mean()
        square = 0.5 * (move**2 - settings.spot_vol**2 * 2.0 / 365.0)
        columns += [move, square, *one.by_expiry.T]
    sample = np.cov(np.array(columns), bias=True)
    scale = np.sqrt(np.outer(np.diag(joint.covariance), np.diag(joint.covariance)))
    # Correlations of 200,000 draws; those with squares scatter more.
    assert np.max(np.abs(sample - joint.covariance) / scale) < 0.012
    assert np.linalg.eigvalsh(joint.covariance)[0] > -1e-12
    assert joint.place(ETH) == slice(0, 4)
    assert joint.place(BTC) == slice(4, 7)


def test_a_contract_on_one_coin_hedges_a_book_on_another() -> None:
    # Of two spots with correlation rho the minimum-variance ratio is rho·s_a/s_b (Ederington 1979, eq. 8).
    from hedgerow.costs import proportional
    from hedgerow.hedging import HedgeProblem, solve

    joint = joint_factors(COINS, {ETH: (), BTC: ()}, 0, correlation=CORRELATION)
    book, unit = np.zeros(4), np.zeros((4, 1))
    book[joint.place(ETH).start], unit[joint.place(BTC).start, 0] = 1_000.0, 1.0
    problem = HedgeProblem(
        names=("BTC-PERPETUAL",),
        book_loads=book,
        unit_loads=unit,
        covariance=joint.covariance,
        risk_aversion=1.0,
        curves=(proportional(0.0),),
        lot=np.ones(1),
    )
    assert solve(problem).x[0] == pytest.approx(-1_000.0 * 0.8 * 0.6 / 0.8, rel=1e-9)


def test_coins_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="give both for the same coins"):
        joint_factors(COINS, {ETH: ()}, 0, correlation=CORRELATION)
    other = msgspec.structs.replace(OTHER, horizon_hours=24.0)
    with pytest.raises(InputError, match="give one horizon for all"):
        joint_factors({ETH: SETTINGS, BTC: other}, EXPIRIES, 0, correlation=CORRELATION)
    with pytest.raises(InputError, match=r"below zero|not symmetric"):
        joint_factors(COINS, EXPIRIES, 0, correlation=np.array([[1.0, 2.0], [2.0, 1.0]]))
