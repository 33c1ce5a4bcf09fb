"""``hedgerow bench policies``, as a user sees it, without the peer: it needs the network."""

import json
from typing import Any

import pytest

from command_line import hedgerow
from hedgerow.bench import PoliciesBench, policies
from hedgerow.cli.benching import show_policies_bench

MACHINE = {"instruction_set": "AVX2", "threads": 1, "numpy": "2", "numba": "0"}
TIMES = {"median_ms": 0.5, "best_ms": 0.25, "median_us": 500.0, "median_ratio": 1.0, "best_ratio": 1.0}
FOUND: dict[str, dict[str, Any]] = {
    "hedge": {
        "path_steps_per_s": 4e7,
        "mean": -6.967,
        "mean_off": 0.8,
        "deviation": 1.078,
        "deviation_off": -0.3,
    },
    "programme": {"value": 4.19, "stated_error": 8e-5},
    "study": {"path_steps_per_s": 3e7, "peak_mib": 210.0},
    "decision": {},
}


def row(task: str) -> dict[str, Any]:
    return {"framework": "hedgerow, ours", "version": "0", "what": f"what {task} is", **TIMES, **FOUND[task]}


def test_json_and_tables_hold_times(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "TASKS", {"decision": "decision"})
    monkeypatch.setattr(policies, "_OURS", {"decision": ("the view alone", "whalley_wilmott")})
    monkeypatch.setattr(policies, "_RUNS", {"decision": (1, 5)})
    ran = hedgerow(capsys, ("bench", "policies", "--rounds", 1, "--no-peers", "--json"))
    assert ran.code == 0, ran.err
    bench = json.loads(ran.out)
    first, second = bench["tasks"]["decision"]
    assert [item["framework"] for item in (first, second)] == ["hedgerow, the view alone", "hedgerow, whalley_wilmott"]
    assert first["median_ratio"] == 1.0
    assert second["median_us"] == pytest.approx(1e3 * second["median_ms"])
    tasks: dict[str, tuple[dict[str, Any], ...]] = {"decision": (first, second)}
    show_policies_bench(PoliciesBench(machine=bench["machine"], tasks=tasks), as_json=False)
    assert "one decision of a policy" in capsys.readouterr().out


def test_every_task_has_a_title_and_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"framework": "pfhedge", "missing": "ERROR: no wheel for [this] machine"}
    tasks: dict[str, tuple[dict[str, Any], ...]] = {task: (row(task), missing) for task in policies.TASKS}
    show_policies_bench(PoliciesBench(machine=MACHINE, tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert shown.count("not measured: ERROR: no wheel for [this] machine") == len(policies.TASKS)
    for words in ("40,000,000", "-6.967", "1.078", "8e-05", "210", "500"):
        assert words in shown


@pytest.mark.parametrize("wrong", [("--options", 5000), ("--rounds", 0), ("--quotes", 5000), ("--growth",)])
def test_options_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], wrong: tuple[object, ...]) -> None:
    ran = hedgerow(capsys, ("bench", "policies", *wrong))
    assert ran.code == 2
