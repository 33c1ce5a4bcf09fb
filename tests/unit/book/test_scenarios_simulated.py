"""Simulated scenarios: their moments are the factor model's, for one coin and for several."""

import math
from typing import Any

import numpy as np
import pytest

from hedgerow.book import (
    CompiledBook,
    RiskSettings,
    Row,
    Scenarios,
    assemble,
    factor_model,
    joint_pnl,
    kernels,
    scenario_pnl,
    simulate_joint,
    simulate_scenarios,
)
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency

BTC, ETH, DAY_NS = Currency("BTC"), Currency("ETH"), 86_400 * 10**9
SETTINGS = RiskSettings(
    horizon_hours=48.0,
    spot_vol=0.6,
    vol_of_vol=0.9,
    spot_vol_correlation=-0.4,
    vol_term_exponent=0.6,
    vol_decorrelation=0.3,
)
OTHER = RiskSettings(horizon_hours=48.0, spot_vol=0.8, vol_of_vol=1.1, spot_vol_correlation=0.3, vol_decorrelation=0.7)
EXPIRIES = tuple(days * DAY_NS for days in (1, 3, 30, 200))
HORIZON = 2.0 / 365.0


def factors(drawn: Scenarios) -> np.ndarray:
    """ln(spot) and vols, as columns."""
    assert drawn.by_expiry is not None
    return np.column_stack([np.log(drawn.spot), drawn.by_expiry])


def spread(values: np.ndarray) -> np.ndarray:
    """Covariance about the sample mean, over the count."""
    found: np.ndarray = np.cov(values, rowvar=False, bias=True)
    return found


def standard_errors(values: np.ndarray) -> np.ndarray:
    """Standard error of each entry of the covariance of independent draws."""
    centred = values - values.mean(axis=0)
    products = centred[:, :, None] * centred[:, None, :]
    errors: np.ndarray = products.std(axis=0) / math.sqrt(len(values))
    return errors


def model_covariance() -> np.ndarray:
    covariance = factor_model(SETTINGS, EXPIRIES, 0).covariance
    kept = [0, *range(2, len(covariance))]
    found: np.ndarray = covariance[np.ix_(kept, kept)]
    return found


def test_the_covariance_is_that_of_the_factor_model_within_standard_errors() -> None:
    drawn = factors(simulate_scenarios(SETTINGS, EXPIRIES, 0, count=200_000, seed=7, antithetic=False))
    off = np.abs(spread(drawn) - model_covariance()) / standard_errors(drawn)
    assert 0.05 < off.max() < 4.0
    deviation = drawn.std(axis=0) / math.sqrt(len(drawn))
    mean = np.array([-0.5 * 0.6**2 * HORIZON, 0.0, 0.0, 0.0, 0.0])
    assert (np.abs(drawn.mean(axis=0) - mean) < 4.0 * deviation).all()


@pytest.mark.parametrize("antithetic", [True, False])
@pytest.mark.parametrize("count", [400, 401])
def test_matched_moments_are_the_factor_models(antithetic: bool, count: int) -> None:
    drawn = factors(
        simulate_scenarios(SETTINGS, EXPIRIES, 0, count=count, seed=2, antithetic=antithetic, moment_matched=True)
    )
    np.testing.assert_allclose(spread(drawn), model_covariance(), rtol=1e-10, atol=1e-16)
    mean = np.array([-0.5 * 0.6**2 * HORIZON, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(drawn.mean(axis=0), mean, rtol=0, atol=1e-15)


def test_the_spot_is_worth_on_average_what_it_is_worth_now() -> None:
    drawn = simulate_scenarios(SETTINGS, EXPIRIES, 0, count=200_000, seed=3)
    error = drawn.spot.std() / math.sqrt(drawn.count)
    assert abs(drawn.spot.mean() - 1.0) < 4.0 * error
    assert (drawn.spot > 0.0).all()


@pytest.mark.parametrize("count", [1, 10, 11])
def test_mirrored_draws_mirror_every_move(count: int) -> None:
    drawn = factors(simulate_scenarios(SETTINGS, EXPIRIES, 0, count=count, seed=5))
    drawn[:, 0] += 0.5 * 0.6**2 * HORIZON
    half = (count + 1) // 2
    np.testing.assert_allclose(drawn[half:], -drawn[: count - half], rtol=1e-9, atol=1e-15)
    assert len(drawn) == count


def test_the_same_seed_gives_the_same_and_another_others() -> None:
    one, same, other = (factors(simulate_scenarios(SETTINGS, EXPIRIES, 0, count=50, seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)


def test_time_passes_only_if_asked_for() -> None:
    still = simulate_scenarios(SETTINGS, EXPIRIES, 0, count=4, seed=1)
    later = simulate_scenarios(SETTINGS, EXPIRIES, 0, count=4, seed=1, time_passes=True)
    np.testing.assert_array_equal(still.years_passed, np.zeros(4))
    np.testing.assert_allclose(later.years_passed, HORIZON, rtol=1e-15)


def test_a_book_without_options_needs_no_expiries() -> None:
    drawn = simulate_scenarios(SETTINGS, (), 0, count=6, seed=1, moment_matched=True)
    coins = assemble([Row(kernels.COIN, 0, "spot", None, 3.0)], base=ETH, spot=2_000.0, n_group=1)
    np.testing.assert_allclose(scenario_pnl(coins, drawn, numeraire="USD"), 6_000.0 * (drawn.spot - 1.0), atol=1e-9)


def joint(**options: Any) -> dict[Currency, Scenarios]:
    given: dict[str, Any] = {"correlation": np.array([[1.0, 0.8], [0.8, 1.0]]), "count": 100_000, "seed": 11} | options
    return simulate_joint({BTC: SETTINGS, ETH: OTHER}, {BTC: EXPIRIES[:2], ETH: EXPIRIES}, 0, **given)


def test_coins_move_together_as_asked_and_each_as_its_own_model() -> None:
    drawn = joint(vol_correlation=np.array([[1.0, 0.5], [0.5, 1.0]]), moment_matched=True)
    both = np.hstack([factors(drawn[BTC]), factors(drawn[ETH])])
    found = np.corrcoef(both, rowvar=False)
    # corr(dvol_a(T), dvol_b(U)) = rho_a·rho_b·C + sqrt(1 - rho_a²)·sqrt(1 - rho_b²)·V·exp(-|x_a(T) - x_b(U)|)
    place = {days: math.log(days / 30.0) for days in (1, 3, 30, 200)}
    rest = math.sqrt((1.0 - 0.16) * (1.0 - 0.09))
    assert found[0, 3] == pytest.approx(0.8, abs=1e-10)
    for i, own in enumerate((1, 3)):
        assert found[1 + i, 3] == pytest.approx(-0.4 * 0.8, abs=1e-10)
        for j, theirs in enumerate((1, 3, 30, 200)):
            wanted = -0.4 * 0.3 * 0.8 + rest * 0.5 * math.exp(-abs(0.3 * place[own] - 0.7 * place[theirs]))
            assert found[1 + i, 4 + j] == pytest.approx(wanted, abs=1e-10)
    for j in range(4):
        assert found[0, 4 + j] == pytest.approx(0.3 * 0.8, abs=1e-10)
    for coin, settings, expiries in ((BTC, SETTINGS, EXPIRIES[:2]), (ETH, OTHER, EXPIRIES)):
        covariance = factor_model(settings, expiries, 0).covariance
        kept = [0, *range(2, len(covariance))]
        np.testing.assert_allclose(spread(factors(drawn[coin])), covariance[np.ix_(kept, kept)], rtol=1e-9, atol=1e-15)


def test_the_correlation_of_drawn_spots_is_within_its_standard_error() -> None:
    drawn = joint(antithetic=False)
    found = np.corrcoef(np.log(drawn[BTC].spot), np.log(drawn[ETH].spot))[0, 1]
    assert abs(found - 0.8) < 4.0 * (1.0 - 0.8**2) / math.sqrt(100_000)


def test_coins_that_move_as_one_do() -> None:
    drawn = simulate_joint(
        {BTC: SETTINGS, ETH: SETTINGS}, {BTC: EXPIRIES, ETH: EXPIRIES}, 0, correlation=np.ones((2, 2)), count=50, seed=1
    )
    np.testing.assert_allclose(factors(drawn[BTC]), factors(drawn[ETH]), rtol=1e-6, atol=1e-9)


def coins(base: Currency, spot: float, amount: float) -> CompiledBook:
    return assemble([Row(kernels.COIN, 0, "spot", None, amount)], base=base, spot=spot, n_group=1)


def test_books_of_several_coins_add_up_in_usd() -> None:
    drawn = joint(count=1_000)
    books = {BTC: coins(BTC, 40_000.0, 2.0), ETH: coins(ETH, 2_000.0, -30.0)}
    expected = 80_000.0 * (drawn[BTC].spot - 1.0) - 60_000.0 * (drawn[ETH].spot - 1.0)
    np.testing.assert_allclose(joint_pnl(books, drawn), expected, rtol=0, atol=1e-9)
    with pytest.raises(InputError, match="no scenarios of ETH; simulate all coins"):
        joint_pnl(books, {BTC: drawn[BTC]})
    with pytest.raises(InputError, match="no scenarios of any book"):
        joint_pnl({}, drawn)
    with pytest.raises(InputError, match="different numbers of scenarios; take all from one simulation"):
        joint_pnl(books, drawn | {ETH: joint(count=10)[ETH]})


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "give a count from 1"),
        ({"count": 2.5}, "give a count from 1"),
        ({"seed": -1}, "a seed from 0"),
        ({"correlation": np.eye(3)}, r"correlation of shape \(3, 3\); give finite numbers in 2 rows and columns"),
        ({"correlation": np.full((2, 2), np.nan)}, "give finite numbers in 2 rows"),
        ({"correlation": np.array([[1.0, 0.5], [0.4, 1.0]])}, "not symmetric with ones on its diagonal"),
        ({"correlation": np.diag([0.36, 0.64])}, "give correlations, not covariances"),
        ({"correlation": np.array([[1.0, 1.2], [1.2, 1.0]])}, "correlation has the eigenvalue -0.2 below zero"),
        ({"vol_correlation": np.array([[1.0, -1.5], [-1.5, 1.0]])}, "vol_correlation has the eigenvalue -0.5 below"),
        (
            {"count": 14, "moment_matched": True},
            "14 scenarios cannot match the moments of 8 factors; draw more than 16",
        ),
        ({"count": 8, "moment_matched": True, "antithetic": False}, "draw more than 8, or do not match moments"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        joint(**options)


@pytest.mark.parametrize(
    ("settings", "expiries", "said"),
    [
        ({}, {}, "settings of nothing, expiries of nothing; give both for the same coins"),
        ({BTC: SETTINGS}, {ETH: EXPIRIES}, "settings of BTC, expiries of ETH"),
        ({BTC: SETTINGS}, {BTC: (0,)}, "an expiry of BTC lies before the instant of the market"),
        (
            {BTC: SETTINGS, ETH: RiskSettings(horizon_hours=1.0, spot_vol=0.6, vol_of_vol=0.9, spot_vol_correlation=0)},
            {BTC: EXPIRIES, ETH: EXPIRIES},
            "different horizon_hours; give one horizon for all",
        ),
    ],
)
def test_coins_that_do_not_fit_together_are_refused(
    settings: dict[Currency, RiskSettings], expiries: dict[Currency, tuple[int, ...]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        simulate_joint(settings, expiries, 0, correlation=np.eye(len(settings)), count=10, seed=1)
