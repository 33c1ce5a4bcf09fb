"""Rounding to lots, against complete enumeration."""

import dataclasses
import itertools

import numpy as np
import pytest

import hedgerow as hr
from hedge_problems import generated
from hedgerow.hedging import GreekBand, HedgeProblem, plan_hedge, round_to_lots, solve


def enumerated(problem: HedgeProblem, centre: np.ndarray, reach: int = 3) -> tuple[float, float]:
    """Best (violation, objective) over all whole-lot points around a continuous one."""
    base = np.round(centre / problem.lot)
    best = (np.inf, np.inf)
    for step in itertools.product(range(-reach, reach + 1), repeat=len(problem.names)):
        x = (base + step) * problem.lot
        if np.any(np.abs(x) > problem.box):
            continue
        best = min(best, (violation(problem, x), problem.objective(x)))
    return best


def violation(problem: HedgeProblem, x: np.ndarray) -> float:
    """Sum over bands of how far x is outside, less what half of the finest lot allows, in finest lots."""
    greek = problem.book_greeks + problem.unit_greeks @ x
    finest = np.abs(problem.unit_greeks * problem.lot).min(axis=1)
    lower = np.array([band.lower for band in problem.bands])
    upper = np.array([band.upper for band in problem.bands])
    away = np.maximum(np.maximum(lower - greek, greek - upper), 0.0)
    slack = np.where(upper - lower >= finest, 0.0, 0.5 * finest)
    return float(np.round(np.sum(np.maximum(away - slack * (1 + 1e-6), 0.0) / finest), 6))


@pytest.mark.parametrize("m", [0, 1, 2])
def test_local_search_is_close_to_the_best_of_all_points(m: int) -> None:
    # Very coarse lots, about a tenth of the trades: the best point is often not next to the continuous one.
    losses, violations, nearest = [], [], []
    for seed in range(40):
        problem = generated(seed, n=4, m=m, exact=False)
        coarse = dataclasses.replace(problem, lot=problem.lot * 100.0, box=np.full(4, np.inf))
        solution = solve(coarse)
        found = round_to_lots(coarse, solution.x) * coarse.lot
        best_violation, best_objective = enumerated(coarse, solution.x)
        violations.append(violation(coarse, found) - best_violation)
        nearest.append(violation(coarse, np.round(solution.x / coarse.lot) * coarse.lot) - best_violation)
        if m == 0:
            losses.append(coarse.objective(found) / best_objective - 1.0)
    if m == 0:
        assert max(losses) <= 0.1
        assert np.mean(losses) <= 0.01
    else:
        assert np.mean(violations) <= 0.1 * np.mean(nearest)


def test_a_band_that_two_steps_and_a_fine_answer_can_meet_is_met() -> None:
    # Delta exact through a fine instrument, vega in a band that only one lot up here and one down there reaches.
    problem = dataclasses.replace(
        generated(3, n=3, m=2),
        unit_greeks=np.array([[0.001, 0.40, 0.55], [0.0, 3.0, 2.9]]),
        book_greeks=np.array([-3.0, -0.12]),
        bands=(GreekBand(name="delta", lower=0.0, upper=0.0), GreekBand(name="vega", lower=-0.03, upper=0.03)),
        lot=np.ones(3),
        box=np.array([1e6, 50.0, 50.0]),
    )
    plan = plan_hedge(problem)
    delta, vega = problem.book_greeks + problem.unit_greeks @ plan.quantity
    assert abs(delta) <= 0.0005 * (1 + 1e-9)
    assert abs(vega) <= 0.03


def test_more_lots_than_can_be_counted_are_refused() -> None:
    problem = generated(7, n=3, m=0)
    with pytest.raises(hr.InputError, match="its lot is too small"):
        round_to_lots(dataclasses.replace(problem, lot=problem.lot * 1e-18), solve(problem).x)


def test_rounding_never_leaves_the_box() -> None:
    problem = generated(7, n=6, m=1)
    tight = dataclasses.replace(
        problem, box=problem.lot * 2.5, bands=(), book_greeks=np.zeros(0), unit_greeks=np.zeros((0, 6))
    )
    plan = plan_hedge(tight)
    assert np.all(np.abs(plan.lots) <= 2)
    assert np.any(np.abs(plan.lots) == 2)


def test_a_limit_below_one_lot_means_no_trade() -> None:
    problem = generated(7, n=3, m=0)
    plan = plan_hedge(dataclasses.replace(problem, box=problem.lot * 0.9))
    assert not np.any(plan.lots)
