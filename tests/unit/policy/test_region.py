"""The no-trade region of several instruments: against brute force, scipy, and the band of one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.policy import whalley_wilmott_half
from hedgerow.policy.region import NoTradeRegion, project

SIGMA = np.array([[400.0, 150.0], [150.0, 900.0]])


def region(**changes: object) -> NoTradeRegion:
    terms: dict[str, object] = {
        "ideal": np.array([1.0, -2.0]),
        "covariance": SIGMA,
        "cost": np.array([0.2, 0.05]),
        "wander": np.array([0.5, 0.2]),
        "risk_aversion": 0.01,
        **changes,
    }
    return NoTradeRegion(**terms)  # type: ignore[arg-type]


def objective(new: Float64[np.ndarray, " n"], held: Float64[np.ndarray, " n"], area: NoTradeRegion) -> float:
    away = new - area.ideal
    charge = np.diag(area.covariance) * area.half_widths
    return float(0.5 * away @ area.covariance @ away + charge @ np.abs(new - held))


@given(st.floats(1e-4, 0.05), st.floats(1e-3, 10.0), st.floats(1.0, 5000.0), st.floats(0.1, 2.0), st.floats(1e-6, 0.1))
def test_one_instrument_has_the_band_of_whalley_and_wilmott(
    cost: float, aversion: float, spot: float, vol: float, gamma: float
) -> None:
    variance = (vol * spot) ** 2
    alone = NoTradeRegion(
        ideal=np.array([0.5]),
        covariance=np.array([[variance]]),
        cost=np.array([cost * spot]),
        wander=np.array([gamma * gamma * variance]),
        risk_aversion=aversion,
    )
    half = float(whalley_wilmott_half(cost, aversion, spot, gamma))
    assert alone.half_widths[0] == pytest.approx(half, rel=1e-12)
    for held in (0.5 - 3.0 * half, 0.5 + 1.5 * half, 0.5 + 0.9 * half):
        wanted = min(max(held, 0.5 - half), 0.5 + half)
        assert alone.goal(np.array([held]))[0] == pytest.approx(wanted, abs=1e-9 * half)


@given(st.floats(-100.0, 100.0), st.floats(0.0, 50.0), st.floats(-300.0, 300.0), st.floats(1e-4, 1e6))
def test_one_instrument_is_clipped_to_any_band(lower: float, width: float, held: float, variance: float) -> None:
    upper = lower + width
    middle, half = 0.5 * (lower + upper), np.array([0.5 * width])
    found = project(np.array([middle]), np.array([[variance]]), half, np.array([held]))
    assert found[0] == pytest.approx(min(max(held, lower), upper), abs=1e-7)


@given(st.lists(st.floats(-3.0, 3.0), min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_from_outside_it_lands_on_the_boundary_and_no_trade_is_better(shift: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(3, 3))
    covariance = factors @ factors.T + 0.1 * np.eye(3)
    area = region(
        ideal=rng.normal(size=3),
        covariance=0.5 * (covariance + covariance.T),
        cost=rng.uniform(0.01, 0.5, 3),
        wander=rng.uniform(0.01, 0.5, 3),
        risk_aversion=1.0,
    )
    held = area.ideal + np.array(shift)
    new = area.goal(held)
    slack = area.to_faces(new)
    assert np.all(slack >= -1e-7)
    traded = np.abs(new - held) > 1e-7
    assert np.allclose(slack[traded], 0.0, atol=1e-6)
    if area.contains(held):
        assert np.array_equal(new, held)
    else:
        assert traded.any()
    # Any other trade is worse: the objective is convex, so small steps each way suffice.
    here = objective(new, held, area)
    for step in rng.normal(size=(50, 3)) * 10.0 ** rng.uniform(-4, 0, size=(50, 1)):
        assert objective(new + step, held, area) >= here - 1e-9 * max(1.0, here)


def test_it_is_what_scipy_finds_on_split_trades() -> None:
    area = region()
    held = np.array([2.0, 0.5])
    charge = np.diag(SIGMA) * area.half_widths

    def split(z: Float64[np.ndarray, " 4"]) -> float:
        away = held + z[:2] - z[2:] - area.ideal
        return float(0.5 * away @ SIGMA @ away + charge @ (z[:2] + z[2:]))

    found = minimize(split, np.zeros(4), bounds=[(0.0, None)] * 4, method="L-BFGS-B", options={"ftol": 1e-15})
    assert area.goal(held) == pytest.approx(held + found.x[:2] - found.x[2:], abs=1e-4)


def test_it_is_what_a_fine_grid_finds() -> None:
    area = region()
    held = np.array([-0.5, -2.1])
    first = np.linspace(-1.0, 2.0, 601)
    second = np.linspace(-3.0, -1.0, 401)
    new = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1)
    away, charge = new - area.ideal, np.diag(area.covariance) * area.half_widths
    values = 0.5 * np.einsum("ijk,kl,ijl->ij", away, area.covariance, away) + np.abs(new - held) @ charge
    i, j = np.unravel_index(np.argmin(values), values.shape)
    assert area.goal(held) == pytest.approx([first[i], second[j]], abs=0.006)


def test_independent_instruments_do_not_know_each_other() -> None:
    area = region(covariance=np.diag([400.0, 900.0]))
    held = np.array([5.0, -2.0 + 0.5 * area.half_widths[1]])
    assert area.goal(held) == pytest.approx([1.0 + area.half_widths[0], held[1]], abs=1e-9)


def test_of_two_listings_of_the_same_asset_the_cheaper_one_trades() -> None:
    area = region(covariance=np.full((2, 2), 400.0), cost=np.array([0.2, 0.05]), wander=np.array([0.5, 0.5]))
    held = np.array([3.0, -2.0])
    new = area.goal(held)
    assert new[0] == pytest.approx(3.0, abs=1e-7)
    assert (new - area.ideal).sum() == pytest.approx(area.half_widths[1], abs=1e-7)


def test_the_holding_period_is_what_spreads_the_cost() -> None:
    area = region()
    own = np.diag(SIGMA)
    assert area.cost / (area.risk_aversion * area.holding_years) == pytest.approx(own * area.half_widths)
    free = region(cost=np.array([0.2, 0.0]))
    assert np.isnan(free.holding_years[1])
    assert free.half_widths[1] == 0.0


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cost": np.array([0.1])}, r"cost has shape \(1,\); \(2,\) is needed"),
        ({"cost": np.array([0.1, -0.1])}, "cost holds -0.1; give finite numbers"),
        ({"wander": np.array([0.1, np.nan])}, "wander holds nan"),
        ({"risk_aversion": 0.0}, "risk_aversion = 0"),
        ({"covariance": np.diag([1.0, 0.0])}, "a variance of 0; hedge with what moves"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_is_refused(changes: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        region(**changes)


def test_a_negative_half_width_is_refused() -> None:
    with pytest.raises(InputError, match="a half-width of -1"):
        project(np.zeros(1), np.eye(1), np.array([-1.0]), np.ones(1))
