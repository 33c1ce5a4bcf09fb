"""The frontier against closed forms, brute force and scipy's general solver."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize

import hedgerow as hr
from hedge_problems import boxed, costs_of, generated, proportionals
from hedgerow.hedging import GreekBand, HedgeProblem, certify, plan_hedge
from hedgerow.hedging.frontier import FEWEST, MOST, frontier

BOOK, SPREAD, FEE = 250.0, 30.0, 4.0
"""One dimension: coins held, standard deviation of one coin, cost of one contract of a coin."""


def one_dimension(aversion: float = 1e-3, *, bands: tuple[GreekBand, ...] = (), box: float = math.inf) -> HedgeProblem:
    return HedgeProblem(
        names=("perpetual",),
        book_loads=np.array([BOOK]),
        unit_loads=np.array([[1.0]]),
        covariance=np.array([[SPREAD**2]]),
        risk_aversion=aversion,
        curves=proportionals(np.array([FEE])),
        bands=bands,
        book_greeks=np.full(len(bands), BOOK),
        unit_greeks=np.ones((len(bands), 1)),
        **boxed(np.array([box])),
        lot=np.array([0.5]),
    )


def test_one_dimension_is_the_closed_form() -> None:
    found = frontier(one_dimension(), 15)
    for point in found.points:
        hedge = -max(BOOK - FEE / (point.risk_aversion * SPREAD**2), 0.0)
        assert point.continuous[0] == pytest.approx(hedge, rel=1e-9, abs=1e-9 * BOOK)
        assert point.risk == pytest.approx(SPREAD * abs(BOOK + hedge), rel=1e-9)
        assert point.cost == pytest.approx(FEE * abs(hedge), rel=1e-9, abs=1e-9)
        assert point.certificate.holds
        # Whole lots are the nearest ones: the objective is a parabola beside the kink.
        assert abs(point.quantity[0] - point.continuous[0]) <= 0.25 * (1 + 1e-9)
        assert point.risk_lots == pytest.approx(SPREAD * abs(BOOK + point.quantity[0]), rel=1e-12)
        assert point.cost_lots == pytest.approx(FEE * abs(point.quantity[0]), rel=1e-12)
        assert point.used == (("perpetual",) if point.lots[0] else ())
    assert found.unhedged == pytest.approx(SPREAD * BOOK, rel=1e-14)


def test_its_ends_are_where_trading_begins_and_where_it_stops_to_help() -> None:
    points = [point for point in frontier(one_dimension(), 12).points if not point.own]
    # The first contract pays from g = c / (b·s²) on.
    assert points[0].risk_aversion == pytest.approx(FEE / (BOOK * SPREAD**2), rel=2e-4)
    assert points[0].cost <= 1e-5 * points[-1].cost
    # The least risk is none, so 99 % of the cost of the full hedge comes first: b - c/(g·s²) = 0.99 b.
    assert points[-1].risk_aversion == pytest.approx(FEE / (0.01 * BOOK * SPREAD**2), rel=0.01)
    grid = np.array([point.risk_aversion for point in points])
    np.testing.assert_allclose(grid[1:] / grid[:-1], (grid[-1] / grid[0]) ** (1.0 / 11.0), rtol=1e-9)


def test_a_limit_ends_it_where_the_limit_is_reached() -> None:
    # No more than 100 coins can be sold: that takes g = c / ((b - 100)·s²), and 99 % of it a little less.
    points = [point for point in frontier(one_dimension(box=100.0), 5).points if not point.own]
    assert points[-1].risk_aversion == pytest.approx(FEE / ((BOOK - 99.0) * SPREAD**2), rel=0.01)
    assert points[-1].continuous[0] == pytest.approx(-99.0, rel=0.01)


def test_what_a_target_forces_is_not_voluntary() -> None:
    # Delta must fall below 150: 100 coins are sold at any aversion; more of them from g = c / (150·s²) on.
    band = GreekBand(name="delta", lower=-math.inf, upper=150.0)
    points = [point for point in frontier(one_dimension(bands=(band,)), 6).points if not point.own]
    assert points[0].continuous[0] == pytest.approx(-100.0, rel=1e-4)
    assert points[0].risk_aversion == pytest.approx(FEE / (150.0 * SPREAD**2), rel=1e-3)
    assert points[0].cost == pytest.approx(100.0 * FEE, rel=1e-4)
    assert points[-1].cost == pytest.approx((100.0 + 0.99 * 150.0) * FEE, rel=1e-3)


def test_an_exact_target_leaves_one_plan_around_the_own_aversion() -> None:
    band = GreekBand(name="delta", lower=0.0, upper=0.0)
    points = frontier(one_dimension(2e-3, bands=(band,)), 3).points
    np.testing.assert_allclose([point.risk_aversion for point in points], [2e-4, 2e-3, 2e-3, 2e-2], rtol=1e-12)
    np.testing.assert_allclose([point.continuous[0] for point in points], -BOOK, rtol=1e-9)


@pytest.mark.parametrize("aversion", [1e-9, 1e-3, 1e3])
def test_the_own_plan_is_that_of_the_ticket_wherever_it_lies(aversion: float) -> None:
    problem = one_dimension(aversion)
    found, plan = frontier(problem, 4), plan_hedge(problem)
    assert found.own.risk_aversion == aversion
    np.testing.assert_array_equal(found.own.lots, plan.lots)
    np.testing.assert_array_equal(found.own.continuous, plan.continuous)
    assert [point.own for point in found.points].count(True) == 1
    assert len(found.points) == 5
    order = [point.risk_aversion for point in found.points]
    assert order == sorted(order)
    # The other points do not depend on it.
    others = [point.risk_aversion for point in found.points if not point.own]
    plain = [point.risk_aversion for point in frontier(one_dimension(1e-2), 4).points if not point.own]
    np.testing.assert_allclose(others, plain, rtol=0.01)


def two_dimensions(seed: int) -> HedgeProblem:
    rng = np.random.default_rng(seed)
    return HedgeProblem(
        names=("future", "option"),
        book_loads=rng.normal(size=3) * 40.0,
        unit_loads=rng.normal(size=(3, 2)),
        covariance=np.diag(rng.uniform(0.5, 2.0, 3)),
        risk_aversion=0.1,
        curves=proportionals(rng.uniform(0.2, 2.0, 2)),
        bands=(),
        book_greeks=np.zeros(0),
        unit_greeks=np.zeros((0, 2)),
        **boxed(np.full(2, 30.0)),
        lot=np.ones(2),
    )


@pytest.mark.parametrize("seed", range(4))
def test_brute_force_over_all_lots_finds_no_better_plan(seed: int) -> None:
    problem = two_dimensions(seed)
    grid = np.array(list(itertools.product(range(-30, 31), repeat=2)), dtype=np.float64)
    loads = problem.book_loads + grid @ problem.unit_loads.T
    variance = np.einsum("ij,jk,ik->i", loads, problem.covariance, loads)
    cost = np.abs(grid) @ costs_of(problem)
    for point in frontier(problem, 8).points:
        best = np.min(0.5 * point.risk_aversion * variance + cost)
        mine = 0.5 * point.risk_aversion * point.risk_lots**2 + point.cost_lots
        assert mine == pytest.approx(best, rel=1e-9)
        assert 0.5 * point.risk_aversion * point.risk**2 + point.cost <= best * (1 + 1e-9)
    # The last point is within 1 % of the least risk, or has spent 99 % of what least risk costs.
    least = int(np.argmin(variance))
    last = frontier(problem, 2).points[-1]
    assert last.risk <= 1.02 * math.sqrt(variance[least]) or last.cost >= 0.95 * cost[least]


@pytest.mark.parametrize("seed", range(4))
def test_a_general_solver_finds_no_lower_curve(seed: int) -> None:
    problem = generated(seed, n=5, m=1, cost=0.02)
    rows = np.hstack([problem.unit_greeks, -problem.unit_greeks])
    inside = LinearConstraint(rows, problem.lower - problem.book_greeks, problem.upper - problem.book_greeks)
    both = np.hstack([problem.unit_loads, -problem.unit_loads])

    def value(split: np.ndarray, aversion: float) -> float:
        loads = problem.book_loads + both @ split
        return float(0.5 * aversion * loads @ problem.covariance @ loads + np.tile(costs_of(problem), 2) @ split)

    for point in frontier(problem, 4).points:
        found = minimize(
            value,
            np.concatenate([np.maximum(point.continuous, 0.0), np.maximum(-point.continuous, 0.0)]) + 0.1,
            args=(point.risk_aversion,),
            method="SLSQP",
            bounds=[(0.0, None if np.isinf(end) else end) for end in np.tile(problem.trade_upper, 2)],
            constraints=[inside],
            options={"ftol": 1e-14, "maxiter": 2000},
        )
        mine = 0.5 * point.risk_aversion * point.risk**2 + point.cost
        assert mine <= found.fun * (1 + 1e-6)
        assert certify(
            dataclasses.replace(problem, risk_aversion=point.risk_aversion),
            point.continuous,
            plan_hedge(dataclasses.replace(problem, risk_aversion=point.risk_aversion)).prices,
        ).holds


def test_what_the_next_unit_of_risk_costs_is_the_slope() -> None:
    found = frontier(one_dimension(), 200).points
    between = [point for point in found if 0.0 < point.cost < FEE * BOOK * 0.98][5:-5]
    for one, two in itertools.pairwise(between):
        if one.risk > two.risk * (1 + 1e-6):
            slope = (two.cost - one.cost) / (one.risk - two.risk)
            assert one.marginal_cost == pytest.approx(slope, rel=1e-6)  # in one dimension the curve is a line
    assert len(between) > 100


def test_nothing_to_trade_with_is_one_plan() -> None:
    problem = dataclasses.replace(
        one_dimension(),
        names=(),
        unit_loads=np.zeros((1, 0)),
        curves=(),
        unit_greeks=np.zeros((0, 0)),
        **boxed(np.zeros(0)),
        lot=np.zeros(0),
        least=np.zeros(0),
        held=np.zeros(0),
        holding=(),
    )
    for point in frontier(problem, 2).points:
        assert point.risk == pytest.approx(SPREAD * BOOK)
        assert (point.cost, point.used) == (0.0, ())


def test_a_book_without_risk_is_left_alone() -> None:
    for point in frontier(dataclasses.replace(one_dimension(), book_loads=np.zeros(1)), 2).points:
        assert (point.risk, point.cost, point.used) == (0.0, 0.0, ())


@pytest.mark.parametrize("cost", [0.0, FEE])
def test_free_instruments_are_traded_at_any_aversion(cost: float) -> None:
    base = one_dimension()
    problem = dataclasses.replace(
        base,
        names=("free", "paid"),
        book_loads=np.array([BOOK, BOOK]),
        unit_loads=np.eye(2),
        covariance=SPREAD**2 * np.eye(2),
        curves=proportionals(np.array([0.0, cost])),
        unit_greeks=np.zeros((0, 2)),
        **boxed(np.full(2, np.inf)),
        lot=np.ones(2),
        least=np.zeros(2),
        held=np.zeros(2),
        holding=base.holding * 2,
    )
    points = frontier(problem, 5).points
    for point in points:
        assert point.continuous[0] == pytest.approx(-BOOK, rel=1e-6)
    if cost:
        others = [point for point in points if not point.own]
        assert others[0].continuous[1] == pytest.approx(0.0, abs=1e-4 * BOOK)
        assert others[-1].continuous[1] == pytest.approx(-0.99 * BOOK, rel=0.01)


def test_targets_out_of_reach_are_refused_as_by_the_ticket() -> None:
    band = GreekBand(name="delta", lower=0.0, upper=0.0)
    with pytest.raises(hr.SolveError, match="delta is 250"):
        frontier(one_dimension(bands=(band,), box=10.0), 3)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("count", [FEWEST - 1, MOST + 1, 0, -3, 2.5, True, "5", None])
def test_bad_counts_are_refused(count: int) -> None:
    with pytest.raises(hr.InputError, match="give a whole number from 2 to 200"):
        frontier(one_dimension(), count)


def test_it_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    frontier(one_dimension(), 4, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
