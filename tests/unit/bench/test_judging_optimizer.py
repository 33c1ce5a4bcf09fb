"""Answers are set against the best that break nothing; wrong ones and false bounds are told."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hedgerow.bench.judging_optimizer import judge_answers
from hedgerow.bench.optimizer_task import Columns, case_of, make_task, objective
from hedgerow.bench.ours_optimizer import problem_of
from hedgerow.hedging import solve

CASES = 3


@pytest.fixture
def columns(tmp_path: Path) -> Columns:
    columns = make_task("tick_20", cases=CASES)
    given: dict[str, NDArray[np.float64]] = columns
    np.savez(tmp_path / "task.npz", **given)  # type: ignore[arg-type]
    return columns


def answers(columns: Columns) -> NDArray[np.float64]:
    found = np.full((CASES, 21), np.nan)
    for i in range(CASES):
        found[i, :-1] = solve(problem_of(case_of(columns, i))).x
    return found


def left(folder: Path, name: str, found: NDArray[np.float64]) -> Path:
    np.save(folder / f"{name}.npy", found)
    return folder / f"{name}.npy"


def test_an_answer_that_costs_more_lies_behind_the_best(columns: Columns, tmp_path: Path) -> None:
    right = answers(columns)
    wrong = right.copy()
    middle = 0.5 * (right[1, :-1] + right[2, :-1])
    wrong[1, :-1] = middle
    paths = [left(tmp_path, "right", right), left(tmp_path, "wrong", wrong)]
    found = judge_answers(tmp_path / "task.npz", paths[0], paths)
    assert found["largest_gap"] == found["mean_gap"] == 0.0
    assert (found["unusable"], found["answers"], found["false_bounds"]) == (0, CASES, 0)
    assert found["bound_gap"] is None
    planted = judge_answers(tmp_path / "task.npz", paths[1], paths)
    case = case_of(columns, 1)
    away = objective(case, middle) / objective(case, right[1, :-1]) - 1.0
    assert away > 0.0 or planted["unusable"] == 1
    assert planted["largest_gap"] == pytest.approx(away)
    assert planted["mean_gap"] == pytest.approx(away / CASES)


def test_an_answer_that_breaks_a_band_is_cheaper_and_not_the_best(columns: Columns, tmp_path: Path) -> None:
    right = answers(columns)
    free = right.copy()
    wide = {**case_of(columns, 0), "band": 50.0 * case_of(columns, 0)["band"]}
    free[0, :-1] = solve(problem_of(wide)).x
    paths = [left(tmp_path, "right", right), left(tmp_path, "free", free)]
    assert judge_answers(tmp_path / "task.npz", paths[0], paths)["largest_gap"] == 0.0
    found = judge_answers(tmp_path / "task.npz", paths[1], paths)
    assert found["largest_gap"] < 0.0
    assert found["largest_violation"] > 1e-3
    assert found["unusable"] == 1


def test_cases_that_were_not_asked_do_not_count_and_missing_answers_do(columns: Columns, tmp_path: Path) -> None:
    right = answers(columns)
    some = right.copy()
    some[1, :-1], some[2, :-1] = np.nan, np.inf
    paths = [left(tmp_path, "right", right), left(tmp_path, "some", some)]
    found = judge_answers(tmp_path / "task.npz", paths[1], paths)
    assert (found["answers"], found["unusable"], found["largest_gap"]) == (2, 1, 0.0)
    none = left(tmp_path, "none", np.full((CASES, 21), np.inf))
    found = judge_answers(tmp_path / "task.npz", none, [*paths, none])
    assert (found["unusable"], found["largest_gap"], found["largest_violation"]) == (CASES, None, None)


def test_bounds_are_held_against_the_best(columns: Columns, tmp_path: Path) -> None:
    bounded = answers(columns)
    worth = np.array([objective(case_of(columns, i), bounded[i, :-1]) for i in range(CASES)])
    bounded[:, -1] = worth - 0.01 * np.abs(worth)
    path = left(tmp_path, "bounded", bounded)
    found = judge_answers(tmp_path / "task.npz", path, [path])
    assert found["bound_gap"] == pytest.approx(0.01)
    assert found["false_bounds"] == 0
    bounded[1, -1] = worth[1] + 0.01 * abs(worth[1])
    path = left(tmp_path, "bounded", bounded)
    assert judge_answers(tmp_path / "task.npz", path, [path])["false_bounds"] == 1
