"""Simulated hedges are told apart by their errors, whoever made them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.bench.judging_policies import judge_policies


def judged(folder: Path, work: str, result: object, ours: object, **given: Any) -> dict[str, Any]:
    np.savez(folder / "data.npz", **given)
    np.save(folder / "result.npy", np.array(result))
    np.save(folder / "ours.npy", np.array(ours))
    return judge_policies(work, folder / "data.npz", folder / "result.npy", folder / "ours.npy")


def test_hedges_are_judged_in_standard_errors(tmp_path: Path) -> None:
    given = {"mean": -7.0, "paths": 1000, "steps": 30}
    # Mean 2 errors of 0.01 below the truth; deviations apart by 0.05, errors 0.03 and 0.04.
    found = judged(tmp_path, "hedge", [-7.02, 1.05, 0.01, 0.03], [-7.0, 1.0, 0.01, 0.04], **given)
    assert found == {
        "mean": -7.02,
        "deviation": 1.05,
        "mean_off": pytest.approx(-2.0),
        "deviation_off": pytest.approx(1.0),
        "path_steps": 30_000,
    }


def test_programmes_studies_and_decisions_tell_what_they_found(tmp_path: Path) -> None:
    assert judged(tmp_path, "programme", [4.2, 1e-4], [0.0, 0.0]) == {"value": 4.2, "stated_error": 1e-4}
    assert judged(tmp_path, "study", [310.5, 3e6], [0.0, 0.0]) == {"peak_mib": 310.5, "path_steps": 3_000_000}
    assert judged(tmp_path, "decision", [], []) == {}
