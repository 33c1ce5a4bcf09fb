"""Runs of several calls count as one of them, here and in the peers' stopwatch, which imports nothing of ours."""

import importlib.util
import json
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from hedgerow.bench import timing

STOPWATCH = Path(__file__).parents[3] / "benches" / "peers" / "stopwatch.py"


def stopwatch() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stopwatch_of_the_peers", STOPWATCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("whose", ["ours", "theirs"])
@pytest.mark.parametrize(("more", "calls"), [([], 1), (["4"], 4)])
def test_a_run_of_several_calls_counts_as_one(
    whose: str, more: list[str], calls: int, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    np.savez(tmp_path / "data.npz", x=np.array([1.0, 2.0]))

    def call() -> int:
        now[0] += 0.25  # no other clock than the calls
        return int(4 * now[0])

    words = ["count", str(tmp_path / "data.npz"), str(tmp_path / "result.npy"), "3", *more]
    if whose == "ours":
        timing.measure(words, {"count": lambda columns: timing.Job(call, lambda n: n * columns["x"], "counts")})
    else:
        peer = stopwatch()
        monkeypatch.setattr(sys, "argv", ["peer.py", *words])
        peer.measure("numpy", "numpy", {"count": lambda columns: peer.Job(call, lambda n: n * columns["x"], "counts")})
    told = json.loads(capsys.readouterr().out)
    assert told["seconds"] == [0.25] * 3
    assert told["what"] == "counts"
    assert np.load(tmp_path / "result.npy").tolist() == [1.0 + 3 * calls, 2.0 * (1 + 3 * calls)]
