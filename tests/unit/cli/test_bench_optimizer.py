"""``hedgerow bench optimizer``, as a user sees it, without the peers: they need the network."""

import json
from typing import Any

import pytest

from command_line import hedgerow
from hedgerow.bench import OptimizerBench, optimizer
from hedgerow.bench.optimizer_task import TASKS
from hedgerow.cli.benching import show_optimizer_bench

MACHINE = {"instruction_set": "AVX2", "threads": 1, "numpy": "2", "numba": "0"}
TIMES = {"median_ms": 0.0205, "best_ms": 1.0, "median_ratio": 1.0, "best_ratio": 1.0}
JUDGED = {
    "largest_gap": 3e-5,
    "mean_gap": 2e-6,
    "largest_violation": 4e-13,
    "unusable": 7,
    "answers": 123,
    "bound_gap": 5e-4,
    "false_bounds": 0,
}


def row(task: str, **others: Any) -> dict[str, Any]:
    judged = JUDGED if task != "rooms" else {}
    return {"framework": "hedgerow, ours", "version": "0", "what": f"what {task} is", **TIMES, **judged, **others}


def test_json_and_tables_hold_machine_times_and_gaps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer, "TASKS", {"impact": "impact"})
    monkeypatch.setitem(optimizer._OURS, "rooms", ("problem",))
    ran = hedgerow(capsys, ("bench", "optimizer", "--rounds", 1, "--no-peers", "--json"))
    assert ran.code == 0, ran.err
    bench = json.loads(ran.out)
    assert bench["machine"]["threads"] == 1
    assert list(bench["tasks"]) == ["impact", "rooms"]
    for item in bench["tasks"]["impact"]:
        assert 0.0 < item["best_ms"] <= item["median_ms"]
        assert 0.0 <= item["largest_gap"] < 1e-8
        assert (item["unusable"], item["answers"], item["baseline_ratio"]) == (0, 20, None)
    tasks: dict[str, tuple[dict[str, Any], ...]] = {name: tuple(rows) for name, rows in bench["tasks"].items()}
    show_optimizer_bench(OptimizerBench(machine=bench["machine"], tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert "one tick with 3/2-power impact" in shown
    assert "room by room: 10,000 options" in shown


def test_every_task_has_a_title_and_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    names = [*TASKS, "rooms"]
    missing = {"framework": "ProxQP", "missing": "ERROR: no wheel for [this] machine"}
    base = row("tick_20", framework="DAQP, warm", median_ms=0.01025)
    tasks: dict[str, tuple[dict[str, Any], ...]] = {task: (row(task), missing) for task in names}
    tasks["tick_20"] = (*tasks["tick_20"], base)
    for rows in tasks.values():
        optimizer.compare_with_baseline(rows)
    assert [item.get("baseline_ratio") for item in tasks["tick_20"]] == [2.0, None, 1.0]
    assert tasks["lots"][0]["baseline_ratio"] is None
    show_optimizer_bench(OptimizerBench(machine=MACHINE, tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert shown.count("not measured: ERROR: no wheel for [this] machine") == len(names)
    for task in names:
        assert f"what {task} is" in shown
    for words in ("x raw DAQP", "2.000", "0.0205", "3e-05", "2e-06", "4e-13", "5e-04", " 7 ", " 123 "):
        assert words in shown


@pytest.mark.parametrize("wrong", [("--options", 5000), ("--rounds", 0), ("--quotes", 5000), ("--growth",)])
def test_options_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], wrong: tuple[object, ...]) -> None:
    ran = hedgerow(capsys, ("bench", "optimizer", *wrong))
    assert ran.code == 2
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
