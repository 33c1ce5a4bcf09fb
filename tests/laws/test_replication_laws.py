"""Static hedges: strips against integrals and bounds, linear programs against what they replicate."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.hedging.replication import (
    ListedOptions,
    Measure,
    StaticHedge,
    curve_payoff,
    interpolation_bound,
    piecewise_strip,
    static_hedge,
    strike_density,
)
from hedgerow.pools.range_curve import RangeCurve
from hedgerow.pools.weighted_curve import WeightedCurve

EXAMPLES = settings(max_examples=200, deadline=None)
RANGE = RangeCurve(liquidity=90.0, lower=1_600.0, upper=2_500.0)
PRICES = np.array([2_000.0, 1.0])
GRID = np.linspace(1_200.0, 3_200.0, 201)
LADDER = np.linspace(1_400.0, 2_800.0, 15)


def payoff(prices: np.ndarray, curve: RangeCurve = RANGE) -> np.ndarray:
    return curve_payoff(curve, PRICES, 0, prices)


def listed(strikes: np.ndarray, cost: float = 0.0, limit: float = math.inf, coin_cost: float = 0.0) -> ListedOptions:
    return ListedOptions(
        strikes=strikes,
        is_call=strikes >= 2_000.0,
        cost=np.full(strikes.size, cost),
        limit=np.full(strikes.size, limit),
        coin_cost=coin_cost,
    )


def left_over(hedge: StaticHedge, options: ListedOptions, curve: RangeCurve = RANGE) -> np.ndarray:
    """What position and hedge pay together, option by option."""
    total = payoff(GRID, curve) + hedge.money + hedge.coins * GRID
    for size, strike, is_call in zip(hedge.options, options.strikes, options.is_call, strict=True):
        total = total + size * np.maximum(GRID - strike if is_call else strike - GRID, 0.0)
    return np.asarray(total)


def test_the_density_is_the_payoffs_second_derivative() -> None:
    def exact(price: mp.mpf) -> mp.mpf:
        at = min(max(price, mp.mpf(1_600)), mp.mpf(2_500))
        return 90 * ((1 / mp.sqrt(at) - mp.mpf(1) / 50) * price + mp.sqrt(at) - 40)

    strikes = np.array([1_000.0, 1_700.0, 2_000.0, 2_400.0, 3_000.0])
    with mp.workdps(40):
        true = [float(mp.diff(exact, mp.mpf(strike), 2, h=mp.mpf("1e-8"))) for strike in strikes]
    np.testing.assert_allclose(strike_density(90.0, 1_600.0, 2_500.0, strikes), true, rtol=1e-9, atol=1e-15)


def test_the_strip_of_all_strikes_pays_the_range() -> None:
    # Carr and Madan: f(S) = f(a) + f'(a)(S - a) + the integral of f''(K)(S - K)+, from the lower edge on.
    for spot in (1_700.0, 2_200.0, 2_900.0):
        with mp.workdps(25):
            area = mp.quad(
                lambda k, spot=spot: -45 * k ** mp.mpf("-1.5") * max(spot - k, 0), [1_600, min(spot, 2_500), 2_500]
            )
        start = payoff(np.array([1_600.0]))[0]
        slope = start / 1_600.0
        assert start + slope * (spot - 1_600.0) + float(area) == pytest.approx(
            float(payoff(np.array([spot]))[0]), rel=1e-12
        )


@EXAMPLES
@given(
    gaps=st.lists(st.floats(5.0, 400.0), min_size=2, max_size=12),
    start=st.floats(800.0, 2_400.0),
    place=st.floats(0.0, 1.0),
)
def test_the_piecewise_strip_errs_no_more_than_its_bound(gaps: list[float], start: float, place: float) -> None:
    strikes = start + np.concatenate(([0.0], np.cumsum(gaps)))
    strip = piecewise_strip(strikes, payoff(strikes))
    np.testing.assert_allclose(strip.payoff(strikes), payoff(strikes), rtol=1e-12)
    bounds = interpolation_bound(90.0, 1_600.0, 2_500.0, strikes)
    between = strikes[:-1] + place * np.diff(strikes)
    errors = payoff(between) - strip.payoff(between)
    # The payoff is concave, so it lies above the straight lines.
    assert np.all(errors >= -1e-9)
    assert np.all(errors <= bounds + 1e-9)
    assert np.all(strip.options <= 1e-12)


def test_the_bound_is_nearly_attained_by_narrow_gaps() -> None:
    strikes = np.array([2_000.0, 2_010.0])
    strip = piecewise_strip(strikes, payoff(strikes))
    middle = np.array([2_005.0])
    error = float((payoff(middle) - strip.payoff(middle))[0])
    assert error == pytest.approx(interpolation_bound(90.0, 1_600.0, 2_500.0, strikes)[0], rel=0.01)


def test_without_costs_the_program_beats_the_strip() -> None:
    options = listed(LADDER)
    hedge = static_hedge(payoff(GRID), GRID, options, measure="worst", error_price=1.0)
    assert hedge.worst_error == pytest.approx(float(np.max(np.abs(left_over(hedge, options)))), rel=1e-9)
    strip = piecewise_strip(np.append(LADDER, GRID[-1]), payoff(np.append(LADDER, GRID[-1])))
    plain = payoff(GRID) - strip.payoff(GRID)
    # A chord's error is one-sided; the best line through a gap halves it.
    assert hedge.worst_error <= 0.5 * float(np.max(np.abs(plain))) * (1.0 + 1e-9)
    assert np.all(hedge.options >= -1e-7)
    assert hedge.cost == 0.0


@pytest.mark.parametrize("measure", ["worst", "mean"])
def test_dearer_options_are_traded_less_and_errors_grow(measure: str) -> None:
    chosen: Measure = "worst" if measure == "worst" else "mean"
    last_error, last_traded = -1.0, math.inf
    for cost in (0.0, 0.5, 5.0, 50_000.0):
        options = listed(LADDER, cost=cost)
        hedge = static_hedge(payoff(GRID), GRID, options, measure=chosen, error_price=10.0)
        left = np.abs(left_over(hedge, options))
        error = float(np.max(left)) if measure == "worst" else float(np.mean(left))
        traded = float(np.sum(np.abs(hedge.options)))
        assert hedge.cost == pytest.approx(cost * traded, rel=1e-9)
        assert error == pytest.approx(hedge.worst_error if measure == "worst" else hedge.mean_error, rel=1e-9)
        assert error >= last_error * (1.0 - 1e-7)
        if cost > 0.0:
            assert traded <= last_traded * (1.0 + 1e-7)
            last_traded = traded
        last_error = error
    assert last_traded == pytest.approx(0.0, abs=1e-9)


@EXAMPLES
@given(seed=st.integers(0, 10**6), cost=st.floats(0.0, 3.0), error_price=st.floats(0.1, 10.0))
def test_no_hedge_nearby_is_better(seed: int, cost: float, error_price: float) -> None:
    strikes, grid = np.array([1_500.0, 1_800.0, 2_000.0, 2_300.0]), np.linspace(1_200.0, 2_800.0, 41)
    options = listed(strikes, cost=cost, coin_cost=0.2)
    position = payoff(grid)
    hedge = static_hedge(position, grid, options, measure="worst", error_price=error_price)

    def objective(sizes: np.ndarray, coins: float, money: float) -> float:
        pays = np.where(
            options.is_call, np.maximum(grid[:, None] - strikes, 0.0), np.maximum(strikes - grid[:, None], 0.0)
        )
        error = np.max(np.abs(position + pays @ sizes + coins * grid + money))
        return float(np.abs(sizes) @ options.cost + 0.2 * abs(coins) + error_price * error)

    best, rng = objective(hedge.options, hedge.coins, hedge.money), np.random.default_rng(seed)
    for size in (1e-3, 1e-1):
        other = hedge.options + size * rng.standard_normal(4), hedge.coins + size * rng.standard_normal()
        assert objective(*other, hedge.money + size * 100.0 * rng.standard_normal()) >= best * (1.0 - 1e-9) - 1e-9


@EXAMPLES
@given(
    n_grid=st.integers(4, 60),
    lower=st.floats(1_000.0, 2_500.0),
    width=st.floats(0.01, 1.5),
    cost=st.floats(0.0, 5.0),
    strikes=st.lists(st.floats(900.0, 3_500.0), min_size=1, max_size=6, unique=True),
)
def test_no_price_between_the_grids_breaks_the_bound(
    n_grid: int, lower: float, width: float, cost: float, strikes: list[float]
) -> None:
    curve = RangeCurve(liquidity=90.0, lower=lower, upper=lower * math.exp(width))
    grid, options = np.linspace(1_200.0, 3_200.0, n_grid), listed(np.sort(np.array(strikes)), cost=cost)
    hedge = static_hedge(payoff(grid, curve), grid, options, measure="worst", error_price=1.0)
    error = float(np.max(np.abs(left_over(hedge, options, curve))))
    assert error <= hedge.bound * (1.0 + 1e-9) + 1e-7
    assert hedge.worst_error <= hedge.bound


def test_the_bound_tightens_with_the_grid() -> None:
    bounds = []
    for n_grid in (21, 201, 2_001):
        grid = np.linspace(1_200.0, 3_200.0, n_grid)
        hedge = static_hedge(payoff(grid), grid, listed(LADDER), measure="worst", error_price=1.0)
        bounds.append(hedge.bound / hedge.worst_error)
    assert bounds[0] > bounds[1] > bounds[2]
    assert bounds[2] < 1.001


def test_limits_hold() -> None:
    free = static_hedge(payoff(GRID), GRID, listed(LADDER), measure="mean", error_price=1.0)
    tight = static_hedge(payoff(GRID), GRID, listed(LADDER, limit=0.01), measure="mean", error_price=1.0)
    assert np.max(np.abs(tight.options)) <= 0.01 * (1.0 + 1e-9)
    assert tight.mean_error > free.mean_error


def test_any_curve_can_be_hedged() -> None:
    curve = WeightedCurve(reserves=np.array([3.0, 1_500.0]), weights=np.array([0.8, 0.2]))
    position = curve_payoff(curve, PRICES, 0, GRID)
    hedge = static_hedge(position, GRID, listed(LADDER), measure="worst", error_price=1.0)
    bare = static_hedge(position, GRID, listed(LADDER[:1]), measure="worst", error_price=1.0)
    assert hedge.worst_error < 0.1 * bare.worst_error


def test_bad_input_is_refused() -> None:
    position = payoff(GRID)
    with pytest.raises(hr.InputError, match="do not rise"):
        static_hedge(position, GRID[::-1].copy(), listed(LADDER), measure="worst", error_price=1.0)
    with pytest.raises(hr.InputError, match="not concave"):
        static_hedge(-position, GRID, listed(LADDER), measure="worst", error_price=1.0)
    with pytest.raises(hr.InputError, match="no listed option"):
        static_hedge(position, GRID, listed(LADDER[:0]), measure="worst", error_price=1.0)
    with pytest.raises(hr.InputError, match="negative cost or limit"):
        static_hedge(position, GRID, listed(LADDER, cost=-1.0), measure="worst", error_price=1.0)
    with pytest.raises(hr.InputError, match="without a price"):
        static_hedge(position, GRID, listed(LADDER), measure="worst", error_price=0.0)
    with pytest.raises(hr.InputError, match="do not rise"):
        piecewise_strip(np.array([2.0, 2.0]), np.array([1.0, 1.0]))
