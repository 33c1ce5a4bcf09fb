"""What the optimizer bench times computes what it says."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hedgerow.bench.judging_optimizer import judge_answers
from hedgerow.bench.optimizer import _OURS
from hedgerow.bench.optimizer_task import TASKS, make_task
from hedgerow.bench.ours_optimizer import main

CASES = {"ticks": 12, "impact": 5, "cvar": 2, "cvar_warm": 4, "fixed": 2, "lots": 2}


def ran(folder: Path, task: str, word: str, capsys: pytest.CaptureFixture[str]) -> Path:
    """Run a word on a short task with few scenarios; three calls beyond all cases."""
    cases = CASES[TASKS[task]]
    columns: dict[str, NDArray[np.float64]] = make_task(task, cases=cases, scenarios=400)
    np.savez(folder / "task.npz", **columns)  # type: ignore[arg-type]
    result = folder / f"{word}.npy"
    main([word, str(folder / "task.npz"), str(result), "1", str(cases + 2)])
    told = json.loads(capsys.readouterr().out)
    assert told["framework"] == f"hedgerow, {word}"
    assert len(told["seconds"]) == 1
    return result


@pytest.mark.parametrize("task", ["tick_20", "impact", "cvar_warm", "fixed"])
def test_all_ways_to_an_answer_agree(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (*_OURS[TASKS[task]], *(("solve",) if task != "fixed" else ()))
    results = [ran(tmp_path, task, word, capsys) for word in words]
    for result in results:
        found = judge_answers(tmp_path / "task.npz", result, results)
        assert found["answers"] == CASES[TASKS[task]]
        assert (found["unusable"], found["false_bounds"]) == (0, 0)
        assert 0.0 <= found["largest_gap"] <= (1e-4 if task in {"cvar_warm", "fixed"} else 1e-8)


def test_lots_are_whole_and_no_better_than_their_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(tmp_path, "lots", "plan_hedge", capsys)
    found = judge_answers(tmp_path / "task.npz", result, [result])
    assert (found["unusable"], found["false_bounds"]) == (0, 0)
    assert found["bound_gap"] > 0.0
