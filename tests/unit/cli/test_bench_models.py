"""``hedgerow bench models``, as a user sees it, without the peers: they need the network."""

import json
from typing import Any

import pytest

from command_line import hedgerow
from hedgerow.bench import ModelsBench, models
from hedgerow.cli.benching import show_models_bench

MACHINE = {"instruction_set": "AVX2", "threads": 1, "numpy": "2", "numba": "0"}
TIMES = {"median_ms": 2.0, "best_ms": 1.0, "median_ratio": 1.0, "best_ratio": 1.0}
ERRORS: dict[str, dict[str, Any]] = {
    "heston": {"largest_error": 4e-12, "largest_bound": 3e-11, "nan_rows": 0},
    "bates": {"largest_error": None, "largest_bound": None, "nan_rows": 200},
    "calibration": {"rmse_volpoints": 0.3, "true_rmse_volpoints": 0.03, "worst_standard_errors": 1.2},
    "paths": {"path_steps_per_s": 2e7, "standard_errors_off": -0.5, "standard_error": 6e-3},
    "lognormal": {"price_difference": 1e-6},
}


def row(task: str, **others: Any) -> dict[str, Any]:
    kind = ERRORS[models.TASKS[task]]
    return {"framework": "hedgerow, ours", "version": "0", "what": f"what {task} is", **TIMES, **kind, **others}


def test_json_and_tables_hold_machine_times_and_errors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "TASKS", {"heston_two_days": "heston"})
    ran = hedgerow(capsys, ("bench", "models", "--rounds", 1, "--no-peers", "--json"))
    assert ran.code == 0, ran.err
    bench = json.loads(ran.out)
    assert bench["machine"]["threads"] == 1
    assert list(bench["tasks"]) == ["heston_two_days"]
    first, second = bench["tasks"]["heston_two_days"]
    assert first["median_ratio"] == first["best_ratio"] == 1.0
    assert [item["framework"] for item in (first, second)] == ["hedgerow, price_model", "hedgerow, price_model, 1e-13"]
    for item in (first, second):
        assert 0.0 < item["best_ms"] <= item["median_ms"]
        assert item["largest_error"] < 1e-10
    tasks: dict[str, tuple[dict[str, Any], ...]] = {"heston_two_days": (first, second)}
    show_models_bench(ModelsBench(machine=bench["machine"], tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert "Heston, 200 calls two days from expiry, Feller ratio 0.15" in shown
    assert "1 thread" in shown


def test_every_task_has_a_title_and_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"framework": "QuantLib, COS", "missing": "ERROR: no wheel for [this] machine"}
    tasks: dict[str, tuple[dict[str, Any], ...]] = {task: (row(task), missing) for task in models.TASKS}
    show_models_bench(ModelsBench(machine=MACHINE, tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert shown.count("not measured: ERROR: no wheel for [this] machine") == len(models.TASKS)
    for task in models.TASKS:
        assert f"what {task} is" in shown
    for words in ("4e-12", "3e-11", "0.300", "20,000,000", "-0.500", "6e-03", "1e-06", " 200 "):
        assert words in shown


@pytest.mark.parametrize("wrong", [("--options", 5000), ("--rounds", 0), ("--quotes", 5000), ("--growth",)])
def test_options_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], wrong: tuple[object, ...]) -> None:
    ran = hedgerow(capsys, ("bench", "models", *wrong))
    assert ran.code == 2
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
