# mypy: disable-error-code="arg-type, attr-defined, no-any-return, operator"
"""Laws of the optimum: how it answers to costs, instruments, limits, aversion, units and ticks."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedge_problems import in_units, varied
from hedgerow.costs import proportional
from hedgerow.hedging import (
    GreekBand,
    HedgeProblem,
    HedgeSession,
    RiskMeasure,
    ScenarioRisk,
    marginal_answers,
    plan_hedge,
    solve,
)

seeds = st.integers(0, 10**6)
kinds = st.fixed_dictionaries(
    {"depth": st.booleans(), "impact": st.booleans(), "holding": st.booleans(), "forced": st.booleans()}
)
measures = st.sampled_from(RiskMeasure)


def optimum(problem: HedgeProblem) -> float:
    return problem.objective(solve(problem).x)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(seeds, kinds, st.floats(1.05, 100.0))
def test_dearer_trading_is_never_more_trading(seed: int, kind: dict[str, bool], factor: float) -> None:
    problem = varied(seed, **kind)
    dear = dataclasses.replace(problem, curves=tuple(curve.scaled(factor) for curve in problem.curves))
    one, two = solve(problem).x, solve(dear).x
    # Measured at the old costs; what the two solves leave open is divided by the rise of the costs.
    room = 4e-6 * (abs(problem.objective(one)) + abs(dear.objective(two))) / (factor - 1.0)
    assert problem.cost(two) <= problem.cost(one) + room


@settings(max_examples=max(1, settings().max_examples // 2))
@given(seeds, kinds)
def test_one_more_instrument_is_never_worse(seed: int, kind: dict[str, bool]) -> None:
    problem = varied(seed, **kind)
    rng = np.random.default_rng(seed)
    more = dataclasses.replace(
        problem,
        names=(*problem.names, "more"),
        unit_loads=np.column_stack([problem.unit_loads, rng.normal(size=6)]),
        unit_greeks=np.column_stack([problem.unit_greeks, rng.normal(size=2)]),
        curves=(*problem.curves, proportional(float(rng.uniform(0.0, 1.0)))),
        limits=tuple(
            dataclasses.replace(
                one, **{name: np.append(getattr(one, name), rng.random()) for name in ("linear", "long", "short")}
            )
            for one in problem.limits
        ),
        trade_lower=np.append(problem.trade_lower, -np.inf),
        trade_upper=np.append(problem.trade_upper, np.inf),
        lot=np.append(problem.lot, 1e-3),
        least=np.append(problem.least, 0.0),
        held=np.append(problem.held, 0.0),
        holding=(*problem.holding, problem.holding[0]),
    )
    before = optimum(problem)
    assert optimum(more) <= before + 2e-6 * abs(before)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(seeds, kinds, st.floats(0.0, 10.0), st.integers(0, 2))
def test_a_looser_limit_is_never_worse(seed: int, kind: dict[str, bool], room: float, which: int) -> None:
    problem = varied(seed, **kind)
    if which == 0:
        loose = dataclasses.replace(
            problem, limits=tuple(dataclasses.replace(one, upper=one.upper + room) for one in problem.limits)
        )
    elif which == 1:
        bands = tuple(
            GreekBand(name=band.name, lower=band.lower - room, upper=band.upper + room) for band in problem.bands
        )
        loose = dataclasses.replace(problem, bands=bands)
    else:
        lower, upper = problem.trade_lower - room, problem.trade_upper + room
        loose = dataclasses.replace(problem, trade_lower=lower, trade_upper=upper)
    before = optimum(problem)
    assert optimum(loose) <= before + 2e-6 * abs(before)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(seeds, kinds)
def test_neither_units_nor_the_currency_matter(seed: int, kind: dict[str, bool]) -> None:
    problem = varied(seed, **kind)
    rng = np.random.default_rng(seed)
    unit, money = 10.0 ** rng.uniform(-3.0, 3.0, 6), 10.0 ** rng.uniform(-3.0, 3.0)
    other = in_units(problem, unit, money)
    one, two = solve(problem), solve(other)
    assert other.objective(two.x) / money == pytest.approx(problem.objective(one.x), rel=2e-6)
    np.testing.assert_allclose(two.x * unit, one.x, atol=1e-4 * np.abs(one.x).max() + 1e-9)


def shifted(problem: HedgeProblem, r: int, by: float) -> HedgeProblem:
    """Move both ends of a row."""
    m = len(problem.bands)
    if r < m:
        bands = list(problem.bands)
        bands[r] = GreekBand(name=bands[r].name, lower=bands[r].lower + by, upper=bands[r].upper + by)
        return dataclasses.replace(problem, bands=tuple(bands))
    limits = list(problem.limits)
    limits[r - m] = dataclasses.replace(limits[r - m], upper=limits[r - m].upper + by)
    return dataclasses.replace(problem, limits=tuple(limits))


def bracketed(price: float, here: float, lower: float | None, upper: float | None, step: float) -> None:
    """A price lies between what the objective falls by on one side and rises by on the other: it is convex."""
    room = 4e-6 * abs(here) / step + 1e-9
    if upper is not None:
        assert (here - upper) / step - room <= price
    if lower is not None:
        assert price <= (lower - here) / step + room


def tried(problem: HedgeProblem) -> float | None:
    try:
        return optimum(problem)
    except hr.SolveError:
        return None  # an end that moved too far


@settings(max_examples=max(1, settings().max_examples // 5))
@given(seeds, kinds, st.sampled_from([1e-2, 0.1, 1.0]))
def test_prices_are_what_ends_are_worth(seed: int, kind: dict[str, bool], step: float) -> None:
    problem = varied(seed, **kind)
    solution = solve(problem)
    here, found = problem.objective(solution.x), marginal_answers(problem, solution)
    for r, price in enumerate(found.row_prices.tolist()):
        bracketed(price, here, tried(shifted(problem, r, -step)), tried(shifted(problem, r, step)), step)
    for i, price in enumerate(found.limit_prices.tolist()):
        if price == 0.0 or problem.trade_lower[i] == problem.trade_upper[i]:
            continue
        end = "trade_upper" if price > 0.0 else "trade_lower"

        def moved(by: float, i: int = i, end: str = end) -> HedgeProblem:
            ends = getattr(problem, end).copy()
            ends[i] += by
            return dataclasses.replace(problem, **{end: ends})

        try:
            problems = moved(-step), moved(step)
        except hr.InputError:
            continue  # the ends cross
        if problems[1].trade_upper[i] == problem.trade_upper[i] and price > 0.0:
            continue  # the order book ends there
        if problems[0].trade_lower[i] == problem.trade_lower[i] and price < 0.0:
            continue
        bracketed(price, here, tried(problems[0]), tried(problems[1]), step)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(seeds, kinds)
def test_the_answer_to_risk_aversion_is_a_difference_of_optima(seed: int, kind: dict[str, bool]) -> None:
    problem = varied(seed, **kind)
    solution = solve(problem)
    found, step = marginal_answers(problem, solution), 1e-4 * problem.risk_aversion

    def at(by: float) -> np.ndarray:
        return solve(dataclasses.replace(problem, risk_aversion=problem.risk_aversion + by)).x

    up, down = (at(step) - solution.x) / step, (solution.x - at(-step)) / step
    size = np.abs(solution.x).max() / problem.risk_aversion
    assume(np.abs(up - down).max() <= 1e-2 * size)  # else something begins or ceases to bind just here
    np.testing.assert_allclose(found.trade_per_aversion, 0.5 * (up + down), atol=1e-2 * size)

    def deviation(x: np.ndarray) -> float:
        loads = problem.book_loads + problem.unit_loads @ x
        return float(np.sqrt(loads @ problem.covariance @ loads))

    def spent(x: np.ndarray) -> float:
        return problem.cost(x) + problem.holding_cost(x)

    for name, of in (("risk_per_aversion", deviation), ("cost_per_aversion", spent)):
        differs = (of(solution.x + step * up) - of(solution.x - step * down)) / (2.0 * step)
        scale = of(solution.x) / problem.risk_aversion
        assert getattr(found, name) == pytest.approx(differs, abs=2e-2 * abs(scale) + 1e-2 * abs(differs) + 1e-9)


@settings(max_examples=max(1, settings().max_examples // 5))
@given(seeds, measures, st.booleans(), st.booleans())
def test_bounds_over_scenarios_are_below_and_near(seed: int, measure: RiskMeasure, impact: bool, forced: bool) -> None:
    problem = varied(seed, tail=measure, impact=impact, forced=forced)
    found = solve(problem)
    lower, here = found.certificate.lower_bound, problem.objective(found.x)
    assert lower is not None
    assert lower <= here + 1e-9 * abs(here)
    assert found.certificate.holds
    # No point near it is below the bound either.
    rng = np.random.default_rng(seed)
    free = dataclasses.replace(problem, bands=(), book_greeks=np.zeros(0), unit_greeks=np.zeros((0, 6)), limits=())
    freed = solve(free).certificate.lower_bound
    assert freed is not None
    for _ in range(20):
        x = np.clip(found.x + rng.normal(size=6) * 10.0 ** rng.uniform(-3, 0), free.trade_lower, free.trade_upper)
        assert free.objective(x) >= freed - 1e-9 * abs(freed)


def moved_scenarios(problem: HedgeProblem, rng: np.random.Generator, size: float) -> HedgeProblem:
    risk = problem.tail
    assert risk is not None
    book = risk.book_pnl + size * rng.normal(size=risk.book_pnl.size)
    unit = risk.unit_pnl * (1.0 + 0.1 * size * rng.normal(size=risk.unit_pnl.shape))
    tail = ScenarioRisk(measure=risk.measure, level=risk.level, weight=risk.weight, book_pnl=book, unit_pnl=unit)
    return dataclasses.replace(problem, tail=tail)


@settings(max_examples=max(1, settings().max_examples // 5))
@given(seeds, measures, st.floats(0.0, 1.0))
def test_warm_plans_over_scenarios_are_as_good_as_cold_ones(seed: int, measure: RiskMeasure, size: float) -> None:
    problem, rng = varied(seed, tail=measure), np.random.default_rng(seed)
    warm = solve(problem)
    for _ in range(3):
        problem = moved_scenarios(problem, rng, size)
        warm, cold = solve(problem, warm=warm), solve(problem)
        one, two = problem.objective(warm.x), problem.objective(cold.x)
        assert warm.certificate.holds
        assert abs(one - two) <= 1.2e-4 * abs(two)
        assert warm.certificate.lower_bound is not None
        assert warm.certificate.lower_bound <= min(one, two) + 1e-9 * abs(two)


@settings(max_examples=max(1, settings().max_examples // 3))
@given(seeds, kinds, st.floats(1e-4, 1.0))
def test_a_tick_is_a_cold_solve(seed: int, kind: dict[str, bool], size: float) -> None:
    problem, rng = varied(seed, **kind), np.random.default_rng(seed)
    session = HedgeSession(problem)
    loads = problem.book_loads.copy()
    rows = np.concatenate([problem.book_greeks, [limit.start for limit in problem.limits]])
    for _ in range(5):
        loads = loads + size * rng.normal(size=loads.size)
        rows = rows + np.append(size * 0.1 * rng.normal(size=2), [0.0, 0.0])
        limits = tuple(
            dataclasses.replace(one, start=float(at)) for one, at in zip(problem.limits, rows[2:], strict=True)
        )
        now = dataclasses.replace(problem, book_loads=loads, book_greeks=rows[:2].copy(), limits=limits)
        try:
            cold = solve(now)
        except hr.SolveError:
            with pytest.raises(hr.SolveError):
                session.tick(loads, rows)
            continue
        found = session.tick(loads, rows)
        assert found.certificate.holds
        assert now.objective(found.x) == pytest.approx(now.objective(cold.x), rel=2e-6)
        np.testing.assert_allclose(found.x, cold.x, atol=1e-6 * np.abs(cold.x).max() + 1e-9)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(seeds, kinds)
def test_a_plan_states_its_own_objective(seed: int, kind: dict[str, bool]) -> None:
    problem = varied(seed, **kind)
    plan = plan_hedge(problem)
    assert plan.objective_lots == pytest.approx(problem.objective(plan.lots * problem.lot), rel=1e-12)
    assert plan.objective_continuous == problem.objective(plan.continuous)
    assert np.all(plan.quantity <= problem.trade_upper + 1e-9)
    assert np.all(plan.quantity >= problem.trade_lower - 1e-9)
