"""Prices, calibrations and simulations are told by one measure, and rows without a price are counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.bench.judging_models import judge_model
from hedgerow.bench.models_reference import HESTON
from hedgerow.bench.models_task import MODELS, write_task


def judged(folder: Path, work: str, result: object, ours: object = 0.0, **given: Any) -> dict[str, Any]:
    data = folder / "data.npz"
    if given:
        np.savez(data, **given)
    np.save(folder / "result.npy", np.array(result))
    np.save(folder / "ours.npy", np.array(ours))
    return judge_model(work, data, folder / "result.npy", folder / "ours.npy")


def test_errors_of_prices_and_bounds_are_fractions_of_the_forward(tmp_path: Path) -> None:
    given = {"forward": 100.0, "price": np.array([10.0, 5.0])}
    found = judged(tmp_path, "heston", [[10.0, 5.5], [1e-3, 2e-3]], **given)
    assert found == {
        "largest_error": pytest.approx(5e-3),
        "largest_bound": pytest.approx(2e-5),
        "nan_rows": 0,
    }
    assert judged(tmp_path, "bates", [11.0, np.nan]) == {
        "largest_error": pytest.approx(1e-2),
        "largest_bound": None,
        "nan_rows": 1,
    }
    assert judged(tmp_path, "heston", [np.nan, np.nan])["largest_error"] is None


def test_approximations_are_compared_with_ours(tmp_path: Path) -> None:
    found = judged(tmp_path, "lognormal", [10.0, 5.0], [[10.0, 5.5], [0.0, 0.0]], forward=100.0)
    assert found == {"price_difference": pytest.approx(5e-3)}


def test_simulations_are_judged_in_their_standard_errors(tmp_path: Path) -> None:
    found = judged(tmp_path, "paths", [12.0, 0.5], price=10.0, paths=1000, steps=50)
    assert found == {"standard_errors_off": 4.0, "standard_error": pytest.approx(0.05), "path_steps": 50_000}


def test_calibrations_are_judged_by_vols_and_by_their_worst_parameter(tmp_path: Path) -> None:
    write_task(tmp_path, "calibration")
    (tmp_path / "calibration.npz").rename(tmp_path / "data.npz")
    with np.load(tmp_path / "data.npz") as given:
        truth, errors, noise = given["truth"], given["standard_errors"], given["vol"] - given["true_vol"]
    exact = judged(tmp_path, "calibration", truth)
    assert exact["true_rmse_volpoints"] == pytest.approx(0.0, abs=1e-9)
    assert exact["rmse_volpoints"] == pytest.approx(100.0 * float(np.sqrt(np.mean(noise**2))))
    assert exact["parameters"] == {name: MODELS["calibration"][name] for name in HESTON}
    off = truth + errors * np.array([0.5, 0.0, -3.0, 1.0, 0.0])
    assert judged(tmp_path, "calibration", off)["worst_parameter"] == "theta"
    assert judged(tmp_path, "calibration", off)["worst_standard_errors"] == pytest.approx(3.0)
    assert judged(tmp_path, "calibration", off)["true_rmse_volpoints"] > 0.01
