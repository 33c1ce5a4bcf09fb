"""``hedgerow bench pricing``, as a user sees it, without the peers: they need the network."""

import json

import pytest

from command_line import hedgerow
from hedgerow.bench import PricingBench
from hedgerow.cli.benching import show_pricing_bench

SMALL = ("bench", "pricing", "--options", 2000, "--rounds", 1, "--no-peers")
TASKS = {"greeks": "price_difference", "implied_vol": "largest_error", "surface": "rmse_volpoints"}


def test_json_and_tables_hold_machine_times_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    ran = hedgerow(capsys, (*SMALL, "--json"))
    assert ran.code == 0, ran.err
    bench = json.loads(ran.out)
    assert bench["options"] == 2000
    assert bench["machine"]["threads"] == 1
    assert bench["machine"]["instruction_set"] in {"AVX-512", "AVX2", "SSE2", "SVE", "NEON", "scalar"}
    assert list(bench["tasks"]) == list(TASKS)
    for task, rows in bench["tasks"].items():
        assert rows[0]["median_ratio"] == rows[0]["best_ratio"] == 1.0
        for row in rows:
            assert row["framework"].startswith("hedgerow, ")
            assert len(row["seconds"]) == 5
            assert 0.0 < row["best_ms"] <= row["median_ms"]
            assert row[TASKS[task]] is not None
    # The same bench as tables: one run is enough.
    tasks = {task: tuple(rows) for task, rows in bench["tasks"].items()}
    show_pricing_bench(PricingBench(machine=bench["machine"], options=2000, tasks=tasks), as_json=False)
    shown = capsys.readouterr().out
    for words in ("1 thread", "price and Greeks, 2,000 options", "implied vol from prices", "surface fit", "7 Greeks"):
        assert words in shown


@pytest.mark.parametrize("wrong", [("--options", 10), ("--rounds", 0), ("--quotes", 5000), ("--growth",)])
def test_options_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], wrong: tuple[object, ...]) -> None:
    ran = hedgerow(capsys, ("bench", "pricing", *wrong))
    assert ran.code == 2
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")


def test_a_peer_that_is_missing_is_one_line_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    ours = {"framework": "hedgerow, black76", "version": "0", "what": "price + 7 Greeks", "seconds": [0.1]}
    times = {"median_ms": 100.0, "best_ms": 100.0, "median_ratio": 1.0, "best_ratio": 1.0, "price_difference": 0.0}
    theirs = {"framework": "lbriv", "missing": "ERROR: no wheel for [this] machine"}
    machine = {"instruction_set": "AVX2", "threads": 1, "numpy": "2", "numba": "0"}
    show_pricing_bench(
        PricingBench(machine=machine, options=10, tasks={"greeks": (ours | times, theirs)}), as_json=False
    )
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("lbriv"))
    assert "not measured: ERROR: no wheel for [this] machine" in line
