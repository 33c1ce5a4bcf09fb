"""Laws of the policies' bands: one path and a batch, units of money, the sign of the position, costs and aversion."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.stats import norm

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.policy import (
    Band,
    DeltaTolerance,
    EveryBlock,
    GasAware,
    Leland,
    PriceMove,
    QuadraticImpact,
    Scene,
    TimeGrid,
    Unhedged,
    WhalleyWilmott,
    Zakamouline,
    fixed_cost_half,
    goal_of,
    impact_rate,
    leland_factor,
    part_of_the_way,
    whalley_wilmott_half,
    with_costs,
    zakamouline_factor,
    zakamouline_half,
)
from hedgerow.pricing import black76

Numbers: TypeAlias = Float64[np.ndarray, " n_path"]

AVERSIONS = st.floats(1e-4, 10.0)
COSTS = st.floats(0.0, 0.05)
BY_COST = st.one_of(
    st.builds(WhalleyWilmott, risk_aversion=AVERSIONS, proportional_cost=COSTS),
    st.builds(Zakamouline, risk_aversion=AVERSIONS, proportional_cost=COSTS),
    st.builds(GasAware, risk_aversion=AVERSIONS, fixed_cost=st.floats(0.0, 10.0), multiple=st.floats(0.5, 2.0)),
)
POLICIES = st.one_of(
    BY_COST,
    st.builds(QuadraticImpact, risk_aversion=AVERSIONS, impact_cost=st.floats(0.0, 10.0)),
    st.builds(Leland, proportional_cost=COSTS, constant=st.sampled_from(["leland", "boyle_vorst"])),
    st.builds(Leland, proportional_cost=COSTS, every_s=st.floats(1.0, 1e6)),
    st.builds(TimeGrid, every_s=st.floats(1.0, 1e6)),
    st.builds(DeltaTolerance, tolerance=st.floats(0.01, 10.0)),
    st.builds(PriceMove, move=st.floats(0.001, 0.2)),
    st.just(EveryBlock()),
    st.just(Unhedged()),
)
KEYS = ("spot", "gamma", "held", "last_spot")


def ideal_of(spot: Any, vol: float, years: float, quantity: float) -> Callable[[Any], Any]:
    """The ideal hedge of calls struck at 100, at any multiple of the vol."""

    def ideal_at(factor: Any) -> Any:
        deviation = factor * vol * math.sqrt(years) if years > 0.0 else math.inf
        return -quantity * norm.cdf(np.log(spot / 100.0) / deviation + 0.5 * deviation)

    return ideal_at


def scene_at(spot: Any, *, quantity: float = -3.0, gamma: Any = None, vol: float, years: float, **more: Any) -> Scene:
    terms: dict[str, Any] = {
        "now_ns": 10**9,
        "step_years": 1 / 250,
        "held": 0.5,
        "last_spot": 100.0,
        "losses": math.nan,
        **more,
    }
    ideal_at = ideal_of(spot, vol, years, quantity)
    if gamma is None:
        deviation = vol * math.sqrt(years)
        gamma = quantity * norm.pdf(np.log(spot / 100.0) / deviation + 0.5 * deviation) / (spot * deviation)
    return Scene(spot=spot, gamma=gamma, ideal=ideal_at(1.0), vol=vol, years=years, ideal_at=ideal_at, **terms)


SCENES = st.builds(
    scene_at,
    st.floats(60.0, 160.0),
    quantity=st.sampled_from([-3.0, -1.0, 2.0]),
    held=st.floats(-3.0, 3.0),
    last_spot=st.sampled_from([math.nan, 100.0, 120.0]),
    vol=st.floats(0.1, 1.5),
    years=st.floats(0.01, 1.0),
)


def band_of(policy: Any, scene: Scene) -> Band:
    _, band = policy.band(policy.init(), scene)
    assert isinstance(band, Band)
    return band


def near(one: Any, other: Any, relative: float = 1e-9) -> bool:
    return bool(np.allclose(one, other, rtol=relative, atol=1e-12, equal_nan=True))


@given(POLICIES, st.floats(0.1, 1.5), st.floats(0.01, 1.0), st.integers(0, 2**32 - 1))
def test_a_path_alone_and_in_a_batch_has_the_same_band(policy: Any, vol: float, years: float, seed: int) -> None:
    """To the last bit, of numbers of every kind: zero gamma and no last trade among them."""
    rng = np.random.default_rng(seed)
    size = 37
    columns = {
        "spot": rng.uniform(60.0, 160.0, size),
        "gamma": rng.normal(0.0, 0.1, size) * rng.integers(0, 2, size),
        "held": rng.normal(0.0, 2.0, size),
        "last_spot": np.where(rng.integers(0, 2, size), np.nan, 100.0),
    }
    ideals = rng.normal(0.0, 2.0, size)
    marks = rng.normal(1.0, 0.1, size)

    def scene(at: Any) -> Scene:
        terms = {name: values[at] for name, values in columns.items()}

        def ideal_at(factor: Any) -> Any:
            """Stand in for a valuation: that theirs have parity is for valuations to show."""
            return ideals[at] + marks[at] * (factor - 1.0)

        return Scene(
            now_ns=5,
            step_years=1 / 250,
            vol=vol,
            years=years,
            losses=math.nan,
            ideal=ideals[at],
            ideal_at=ideal_at,
            **terms,
        )

    batch = band_of(policy, scene(slice(None)))
    goals = np.broadcast_to(goal_of(batch, columns["held"]), (size,))
    for i in range(size):
        alone = band_of(policy, scene(i))
        numbers: dict[str, Any] = {name: float(columns[name][i]) for name in KEYS}
        plain = band_of(policy, replace(scene(i), **numbers))
        for one, own, all_of_them in zip(alone, plain, batch, strict=True):
            expected = np.broadcast_to(all_of_them, (size,))[i]
            assert np.array_equal(one, expected, equal_nan=True)
            assert np.array_equal(own, expected, equal_nan=True)
        assert np.array_equal(goal_of(alone, float(columns["held"][i])), goals[i])


@given(BY_COST | st.builds(QuadraticImpact, risk_aversion=AVERSIONS, impact_cost=st.floats(1e-3, 10.0)), SCENES)
def test_money_of_another_unit_leaves_the_band_unchanged(policy: Any, scene: Scene) -> None:
    """Cents instead of dollars: prices grow a hundredfold, aversion and gamma shrink."""
    changes = {"risk_aversion": policy.risk_aversion / 100.0}
    for name in ("fixed_cost", "impact_cost"):
        if hasattr(policy, name):
            changes[name] = getattr(policy, name) * 100.0
    in_cents = replace(scene, spot=scene.spot * 100.0, gamma=scene.gamma / 100.0, last_spot=scene.last_spot * 100.0)
    assert near(band_of(msgspec.structs.replace(policy, **changes), in_cents), band_of(policy, scene))


@given(POLICIES, SCENES)
def test_the_bands_goals_lie_in_it_and_trading_twice_trades_once(policy: Any, scene: Scene) -> None:
    band = band_of(policy, scene)
    assert band.lower <= band.upper
    if band.lower > -math.inf and not isinstance(policy, QuadraticImpact):
        for goal in (band.buy_to, band.sell_to):
            assert band.lower <= goal <= band.upper
        first = goal_of(band, scene.held)
        assert goal_of(band, first) == first
    if isinstance(policy, QuadraticImpact):
        goal = goal_of(band, scene.held)
        assert min(scene.held, scene.ideal) - 1e-12 <= goal <= max(scene.held, scene.ideal) + 1e-12


@given(BY_COST, SCENES)
def test_it_is_wider_with_cost_and_narrower_with_risk_aversion(policy: Any, scene: Scene) -> None:
    cost = "fixed_cost" if isinstance(policy, GasAware) else "proportional_cost"

    def width(**changes: float) -> float:
        band = band_of(msgspec.structs.replace(policy, **changes), scene)
        return float(band.upper - band.lower)

    here = width()
    tiny = 1e-12
    assert width(**{cost: getattr(policy, cost) * 1.5 + 1e-4}) > here - tiny
    assert width(risk_aversion=policy.risk_aversion * 1.5) <= here + tiny


@given(BY_COST, st.floats(60.0, 160.0), st.floats(0.1, 1.5), st.floats(0.01, 1.0), st.floats(-3.0, 3.0))
def test_the_width_does_not_know_long_from_short(
    policy: Any, spot: float, vol: float, years: float, held: float
) -> None:
    short = band_of(policy, scene_at(spot, quantity=-2.0, held=held, vol=vol, years=years))
    long = band_of(policy, scene_at(spot, quantity=2.0, held=-held, vol=vol, years=years))
    assert long.upper - long.lower == pytest.approx(short.upper - short.lower, rel=1e-9, abs=1e-12)
    if not isinstance(policy, Zakamouline):
        assert near([-long.upper, -long.lower], [short.lower, short.upper])


@given(POLICIES, st.sampled_from([0.0, -0.0]), st.sampled_from([0.0, 0.5, math.inf]), st.sampled_from([math.nan, 0.4]))
def test_without_gamma_time_or_vol_there_is_a_limit_and_no_warning(
    policy: Any, gamma: float, years: float, vol: float
) -> None:
    def ideal_at(_: Any) -> float:
        return 0.7

    scene = Scene(
        now_ns=5, step_years=0.004, spot=100.0, ideal=0.7, gamma=gamma, held=0.2, last_spot=math.nan, vol=vol,
        years=years, losses=math.nan, ideal_at=ideal_at,
    )  # fmt: skip
    band = band_of(policy, scene)
    assert band.lower <= band.upper
    assert not math.isnan(goal_of(band, 0.2))
    if isinstance(policy, WhalleyWilmott | GasAware):
        assert band.lower == band.upper == 0.7


# The formulas, each against arithmetic of its own ---------------------------------------------------------------------


def test_the_half_bands_of_the_published_case() -> None:
    """At the money, half-way, k = 20 bp, g = 1: 0.098 and 0.056 in the published comparison."""
    scene = scene_at(100.0, quantity=-1.0, vol=0.2, years=0.125)
    assert float(whalley_wilmott_half(0.002, 1.0, 100.0, scene.gamma)) == pytest.approx(0.098, abs=5e-4)
    assert float(zakamouline_half(0.002, 1.0, scene)) == pytest.approx(0.056, abs=5e-4)


@given(st.floats(1e-4, 0.05), AVERSIONS, st.floats(10.0, 1e4), st.floats(0.001, 0.1), st.floats(0.1, 1.5))
def test_the_proportional_cost_band_minimises_cost_and_risk(
    cost: float, aversion: float, spot: float, gamma: float, vol: float
) -> None:
    """A walk of variance rate a that is reflected in [-b, b] is pushed by a/(2b) a year; its mean square is b²/3."""
    half = float(whalley_wilmott_half(cost, aversion, spot, gamma))
    variance = (vol * spot) ** 2

    def rate(b: float) -> float:
        return cost * spot * gamma**2 * variance / (2.0 * b) + 0.5 * aversion * variance * b**2 / 3.0

    assert rate(half) <= min(rate(half * 0.999), rate(half * 1.001))


@given(st.floats(1e-4, 10.0), AVERSIONS, st.floats(0.001, 0.1))
def test_the_fixed_cost_band_minimises_gas_and_risk(fixed: float, aversion: float, gamma: float) -> None:
    """A walk with variance rate a leaves [-b, b] after b²/a on average, its mean square before that is b²/6."""
    half = float(fixed_cost_half(fixed, aversion, gamma))

    def rate(b: float) -> float:
        return fixed * gamma**2 / b**2 + 0.5 * aversion * b**2 / 6.0

    assert rate(half) <= min(rate(half * 0.999), rate(half * 1.001))


@given(st.floats(0.01, 40.0), st.floats(0.001, 1.0), st.floats(0.0, 1.0))
def test_part_of_the_way_solves_the_equation_of_motion(kappa: float, years: float, share: float) -> None:
    step = share * years
    found = solve_ivp(
        lambda t, x: -kappa * np.tanh(kappa * (years - t)) * x, (0.0, step), [1.0], rtol=1e-10, atol=1e-13
    )
    assert float(part_of_the_way(kappa, years, step)) == pytest.approx(1.0 - found.y[0, -1], rel=1e-6, abs=1e-9)


def test_part_of_the_way_far_from_the_horizon_is_exponential_and_overflows_nowhere() -> None:
    assert float(part_of_the_way(8.0, math.inf, 0.1)) == pytest.approx(1.0 - math.exp(-0.8))
    assert float(part_of_the_way(1e6, 10.0, 1.0)) == 1.0
    assert float(part_of_the_way(1e6, 10.0, 1e-9)) == pytest.approx(1e-3, rel=1e-3)
    assert float(part_of_the_way(8.0, 0.0, 0.1)) == 0.0
    assert float(part_of_the_way(8.0, 0.1, 5.0)) == pytest.approx(1.0 - 1.0 / math.cosh(0.8))


def test_the_test_point_of_quadratic_impact() -> None:
    kappa = float(impact_rate(0.05, 1e-3, 0.8, 100.0))
    assert kappa == pytest.approx(8.0)
    assert 0.05 * kappa == pytest.approx(0.4)  # A, the coefficient of the value


@given(st.floats(0.0, 0.05), st.floats(0.1, 1.5), st.floats(1e-4, 0.1))
def test_leland_raises_the_variance_of_the_short_as_much_as_it_lowers_that_of_the_long(
    cost: float, vol: float, step: float
) -> None:
    number = 2.0 * cost / (vol * math.sqrt(step)) * math.sqrt(2.0 / math.pi)
    factors = leland_factor(cost, vol, step, np.array([-0.1, 0.0, 0.2]))
    assert factors[0] ** 2 == pytest.approx(1.0 + number)
    assert factors[1] == 1.0
    assert factors[2] ** 2 == pytest.approx(max(1.0 - number, 1e-6))


def test_the_constant_of_boyle_and_vorst_is_that_of_a_binomial_tree() -> None:
    """Its oracle: a call replicated with costs on a tree, backwards (Boyle, Vorst 1992, J. Finance 47:271)."""
    steps, vol, years, cost, strike = 400, 0.2, 1.0, 0.001, 100.0
    up = math.exp(vol * math.sqrt(years / steps))
    spot = 100.0 * up ** (2.0 * np.arange(steps + 1) - steps)
    held = (spot > strike).astype(float)
    cash = -strike * held
    for step in range(steps, 0, -1):
        raised, lowered = spot[1:] * (1.0 + cost), spot[:-1] * (1.0 - cost)  # buy when it rises, sell when it falls
        high, low = held[1:] * raised + cash[1:], held[:-1] * lowered + cash[:-1]
        held = (high - low) / (raised - lowered)
        cash = high - held * raised
        spot = 100.0 * up ** (2.0 * np.arange(step) - (step - 1))
    tree = held[0] * 100.0 + cash[0]
    found = {}
    for constant in ("leland", "boyle_vorst"):
        factor = float(leland_factor(cost, vol, years / steps, -1.0, constant))
        found[constant] = float(black76(100.0, strike, years, vol * factor, True, inverse=False).price[0])
    assert found["boyle_vorst"] == pytest.approx(tree, rel=2e-3)
    assert found["leland"] < 0.99 * tree


def test_a_constant_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="constant = 'boyle'; write leland or boyle_vorst"):
        Leland(proportional_cost=0.01, constant="boyle")  # type: ignore[arg-type]


def test_zakamouline_moves_the_vol_up_for_the_short_and_down_for_the_long() -> None:
    short = scene_at(100.0, quantity=-1.0, vol=0.2, years=0.125)
    long = scene_at(100.0, quantity=1.0, vol=0.2, years=0.125)
    up, down = (float(zakamouline_factor(0.002, 1.0, scene)) ** 2 for scene in (short, long))
    shift = 4.76 * 0.002**0.78 * 0.125**-0.02 * 0.2**-0.25 * (100.0**2 * abs(float(short.gamma))) ** 0.15
    assert up == pytest.approx(1.0 + shift)
    assert down == pytest.approx(1.0 - shift)


@given(st.floats(0.001, 0.05))
def test_a_stated_cost_stays_and_one_that_is_not_is_filled_in(cost: float) -> None:
    assert with_costs(WhalleyWilmott(risk_aversion=1.0), proportional_cost=cost).proportional_cost == cost
    stated = WhalleyWilmott(risk_aversion=1.0, proportional_cost=0.07)
    assert with_costs(stated, proportional_cost=cost) is stated
    assert with_costs(GasAware(risk_aversion=1.0), proportional_cost=cost, fixed_cost=2.0).fixed_cost == 2.0
    assert with_costs(TimeGrid(every_s=1.0), proportional_cost=cost) == TimeGrid(every_s=1.0)
