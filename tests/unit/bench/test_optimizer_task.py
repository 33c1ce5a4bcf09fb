"""The tasks of the optimizer bench are what their titles say."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from hedgerow.bench.optimizer_task import (
    LEVEL,
    TASKS,
    TICKS,
    case_of,
    count_cases,
    make_task,
    objective,
    violation,
    write_task,
)
from hedgerow.bench.ours_optimizer import problem_of

SMALL = {"cases": 3, "scenarios": 40}


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_the_same_every_time_and_unlike_the_others(task: str, tmp_path: Path) -> None:
    made = make_task(task, **SMALL)
    again = make_task(task, **SMALL)
    assert made.keys() == again.keys()
    assert all(np.array_equal(made[name], again[name]) for name in made)
    other = make_task("tick_20" if task != "tick_20" else "impact", **SMALL)
    assert not np.array_equal(made["book_greeks"][0], other["book_greeks"][0])
    if task != "cvar_100k":  # which is large
        write_task(tmp_path, task)
        with np.load(tmp_path / f"{task}.npz") as stored:
            assert set(stored) == set(made)


@pytest.mark.parametrize(
    ("task", "cases", "instruments", "factors", "bands"),
    [("tick_20", TICKS, 20, 8, 8), ("tick_100", TICKS, 100, 200, 8), ("impact", 20, 20, 8, 8), ("lots", 6, 20, 8, 4)],
)
def test_sizes_are_those_of_the_titles(task: str, cases: int, instruments: int, factors: int, bands: int) -> None:
    columns = make_task(task)
    assert count_cases(columns) == cases
    case = case_of(columns, cases - 1)
    assert case["unit_loads"].shape == (factors, instruments)
    assert case["unit_greeks"].shape == (bands, instruments)
    assert np.linalg.eigvalsh(case["covariance"])[0] > 0.0


def test_only_the_book_moves_from_tick_to_tick() -> None:
    columns = make_task("tick_20")
    assert {name for name, values in columns.items() if len(values) > 1} == {"book_loads", "book_greeks"}
    moved = np.diff(columns["book_greeks"], axis=0) / columns["band"]
    assert np.std(moved) == pytest.approx(0.02, rel=0.1)
    assert np.std(np.diff(columns["book_loads"], axis=0)) == pytest.approx(0.16, rel=0.1)


@pytest.mark.parametrize("task", ["tick_20", "impact", "fixed", "lots", "cvar"])
def test_problems_agree_with_the_formula(task: str) -> None:
    columns = make_task(task, **SMALL)
    rng = np.random.default_rng(1)
    for index in range(count_cases(columns)):
        case = case_of(columns, index)
        problem = problem_of(case)
        x = rng.uniform(-1.0, 1.0, case["most"].size) * case["most"] * (rng.random(case["most"].size) < 0.7)
        assert problem.objective(x) == pytest.approx(objective(case, x), rel=1e-12)
        greeks = problem.book_greeks + problem.unit_greeks @ x
        inside = np.all((greeks >= problem.lower) & (greeks <= problem.upper))
        inside &= problem.limits[0].at(x, x) <= problem.limits[0].upper
        lots = x / case["lot"]
        whole = task != "lots" or np.allclose(lots, np.round(lots), atol=1e-9)
        assert (violation(case, x) == 0.0) == bool(inside and whole)


def test_the_mean_of_the_worst_is_the_smallest_of_quantile_and_what_lies_beyond() -> None:
    # Rockafellar, Uryasev (2002), theorem 10: CVaR = min over a of a + E[(loss - a)+]/(1 - level).
    case = case_of(make_task("cvar", cases=1, scenarios=37), 0)
    x = 0.3 * case["most"]
    losses = -case["book_pnl"] - case["unit_pnl"] @ x
    found = minimize_scalar(
        lambda a: a + np.mean(np.maximum(losses - a, 0.0)) / (1.0 - LEVEL),
        bounds=(float(losses.min()), float(losses.max())),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert objective(case, x) == pytest.approx(found.fun + case["cost"] @ np.abs(x), rel=1e-9)


def test_a_violation_is_a_share_of_what_it_breaks() -> None:
    case = case_of(make_task("lots", cases=1), 0)
    one = np.zeros(20)
    one[3] = 1.5 * case["most"][3]
    case["unit_greeks"], case["book_greeks"] = np.zeros((4, 20)), np.zeros(4)
    assert violation(case, one) == pytest.approx(0.5)
    one[3] = 1.25 * case["lot"][3]
    assert violation(case, one) == pytest.approx(0.25)
    one[3] = 2.0 * case["lot"][3]
    assert violation(case, one) == 0.0
    assert violation({**case, "book_greeks": 1.1 * case["band"]}, one) == pytest.approx(0.1)
    assert violation({**case, "most_margin": 0.8 * case["margin"] @ one}, one) == pytest.approx(0.25)
