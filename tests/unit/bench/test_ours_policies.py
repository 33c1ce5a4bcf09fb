"""What the policies bench times computes what it says."""

import json
from pathlib import Path

import numpy as np
import pytest

from hedgerow.bench.judging_policies import judge_policies
from hedgerow.bench.ours_policies import main
from hedgerow.bench.policies_task import CALL, DECIDED, mean_profit


def ran(word: str, data: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, object], Path]:
    result = data.with_name("ours.npy")
    main([word, str(data), str(result), "1", "2"])
    return json.loads(capsys.readouterr().out), result


def test_the_hedge_has_the_mean_that_the_task_states(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "hedge.npz"
    np.savez(data, **CALL, paths=20_000, steps=6, mean=mean_profit(**CALL, steps=6))  # type: ignore[arg-type]
    told, result = ran("simulate", data, capsys)
    assert told["framework"] == "hedgerow, simulate"
    found = judge_policies("hedge", data, result, result)
    assert abs(found["mean_off"]) < 4.0
    assert found["deviation_off"] == 0.0
    assert found["path_steps"] == 120_000


def test_bands_are_the_same_from_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "programme.npz"
    np.savez(data)
    values = []
    for word in ("exact band, solved", "exact band, kept"):
        _, result = ran(word, data, capsys)
        values.append(judge_policies("programme", data, result, result)["value"])
    assert values[0] == values[1]
    # Section 2 of the published comparison: 5 bp, g = 1, 250 dates, above the Black-Scholes price 3.9878.
    assert values[0] - 3.9878 == pytest.approx(0.2008, abs=0.005)


@pytest.mark.parametrize("word", ["the view alone", "delta_tolerance", "zakamouline"])
def test_decisions_are_asked_of_a_real_view(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert word in DECIDED
    data = tmp_path / "decision.npz"
    np.savez(data)
    told, result = ran(word, data, capsys)
    assert told["framework"] == f"hedgerow, {word}"
    assert judge_policies("decision", data, result, result) == {}
