"""``hedgerow bench pools``, as a user sees it, without the peers and the node: they need the network."""

import json
from typing import Any

import pytest

from command_line import hedgerow
from hedgerow.bench import PoolsBench, pools, pools_task
from hedgerow.bench.processes import NotMeasured
from hedgerow.cli.benching import show_pools_bench

MACHINE = {"instruction_set": "AVX2", "threads": 1, "numpy": "2", "numba": "0"}
TIMES = {"median_ms": 0.5, "best_ms": 0.25, "median_ratio": 1.0, "best_ratio": 1.0}
RATES = {"rows_per_s": 123_456_789.0, "times_peer": 321.0}
FOUND: dict[str, dict[str, Any]] = {
    "positions": {**RATES, "units_off": 0, "float_off": 2e-10},
    "quotes": {**RATES, "units_off": 0, "ticks": 19.5},
    "fees": {**RATES, "fees_off": 3e-10},
    "replay": {**RATES, "fees_off": 4e-10},
    "replay_many": {**RATES, "fees_off": 6e-10},
    "blocks": {"p95_ms": 7.25, "p95_above_ms": None},
}


def row(task: str) -> dict[str, Any]:
    return {"framework": "hedgerow, ours", "version": "0", "what": f"what {task} is", **TIMES, **FOUND[task]}


def test_json_and_tables_hold_times(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_node(_: str) -> str:
        raise NotMeasured("there is no npm")

    for name, size in (("POSITIONS", 50), ("QUOTES", 5), ("SWAPS", 6), ("STRATEGIES", 3), ("MANY_STRATEGIES", 4)):
        monkeypatch.setattr(pools_task, name, size)
    monkeypatch.setattr(pools, "TASKS", {"positions": "positions", "blocks": "blocks"})
    monkeypatch.setattr(pools, "_OURS", pools._OURS | {"positions": ("compiled", "preview_burn")})
    monkeypatch.setattr(pools, "_RUNS", {"positions": (1, 1), "blocks": (1, 1)})
    monkeypatch.setattr(pools, "fetch_all", no_node)
    ran = hedgerow(capsys, ("bench", "pools", "--rounds", 1, "--no-peers", "--json"))
    assert ran.code == 0, ran.err
    bench = json.loads(ran.out)
    first, second = bench["tasks"]["positions"]
    assert [item["framework"] for item in (first, second)] == ["hedgerow, compiled", "hedgerow, preview_burn"]
    assert first["float_off"] < 1e-9
    assert second["units_off"] == 0
    assert second["rows_per_s"] == pytest.approx(50e3 / second["median_ms"])
    assert second["times_peer"] is None
    assert [item["missing"] for item in bench["tasks"]["blocks"]] == ["there is no npm"] * 2
    tasks: dict[str, tuple[dict[str, Any], ...]] = {name: tuple(rows) for name, rows in bench["tasks"].items()}
    show_pools_bench(PoolsBench(machine=bench["machine"], tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert "value, delta and gamma" in shown
    assert shown.count("not measured: there is no npm") == 2


def test_rates_stand_over_those_of_the_peer() -> None:
    rows: tuple[dict[str, Any], ...] = (
        {"framework": "hedgerow, compiled", "rows": 100, "median_ms": 2.0},
        {"framework": "degenbot", "rows": 100, "median_ms": 50.0},
        {"framework": "demeter", "missing": "ERROR: no wheel"},
    )
    pools._rates("positions", rows)
    assert [one["times_peer"] for one in rows[:2]] == [25.0, 1.0]
    assert rows[0]["rows_per_s"] == 50_000.0
    assert rows[2] == {"framework": "demeter", "missing": "ERROR: no wheel"}


def test_blocks_stand_above_the_round_trip() -> None:
    rows: tuple[dict[str, Any], ...] = (
        {"framework": "hedgerow, head to target", "seconds": [0.010] * 99 + [0.5], "trip_p95_ms": 2.0},
        {"framework": "hedgerow, bare round trip", "seconds": [0.001] * 100, "trip_p95_ms": 1.0},
    )
    pools._rates("blocks", rows)
    assert (rows[0]["p95_ms"], rows[1]["p95_ms"]) == (pytest.approx(10.0), pytest.approx(1.0))
    assert rows[0]["p95_above_ms"] == pytest.approx(8.0)
    assert rows[1]["p95_above_ms"] is None


def test_every_task_has_a_title_and_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"framework": "degenbot", "missing": "ERROR: no wheel for [this] machine"}
    tasks: dict[str, tuple[dict[str, Any], ...]] = {task: (row(task), missing) for task in pools.TASKS}
    show_pools_bench(PoolsBench(machine=MACHINE, tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    assert shown.count("not measured: ERROR: no wheel for [this] machine") == len(pools.TASKS)
    for words in ("123,456,789", "321", "2e-10", "20", "3e-10", "4e-10", "6e-10", "7.250"):
        assert words in shown


@pytest.mark.parametrize("wrong", [("--options", 5000), ("--rounds", 0), ("--quotes", 5000), ("--growth",)])
def test_options_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], wrong: tuple[object, ...]) -> None:
    ran = hedgerow(capsys, ("bench", "pools", *wrong))
    assert ran.code == 2


def test_the_node_is_for_the_pools_alone(capsys: pytest.CaptureFixture[str]) -> None:
    ran = hedgerow(capsys, ("bench", "policies", "--anvil", "anvil"))
    assert ran.code == 2
    assert "--anvil is for bench pools" in ran.err
