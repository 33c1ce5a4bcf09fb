"""What the models bench times computes what it says."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from hedgerow.bench.judging_models import judge_model
from hedgerow.bench.models_reference import reference_calls
from hedgerow.bench.models_task import MODELS, mean_vol, write_task
from hedgerow.bench.ours_models import main


@pytest.mark.parametrize(
    ("word", "task", "bound"),
    [
        ("price_model", "heston_two_days", 1e-10),
        ("price_model, 1e-13", "heston_two_days", 2e-13),
        ("price_model", "bates_feller", 1e-10),
    ],
)
def test_prices_lie_within_their_bounds(
    word: str, task: str, bound: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_task(tmp_path, task)
    data, result = tmp_path / f"{task}.npz", tmp_path / "ours.npy"
    main([word, str(data), str(result), "2"])
    told = json.loads(capsys.readouterr().out)
    assert told["framework"] == f"hedgerow, {word}"
    assert len(told["seconds"]) == 2
    found = judge_model(task.partition("_")[0], data, result, result)
    assert found["nan_rows"] == 0
    assert found["largest_error"] <= found["largest_bound"] <= bound


@pytest.mark.parametrize("word", ["calibrate_model", "calibrate_model, no start"])
def test_calibrations_find_the_model_behind_the_noise(
    word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_task(tmp_path, "calibration")
    data, result = tmp_path / "calibration.npz", tmp_path / "ours.npy"
    main([word, str(data), str(result), "1"])
    assert "standard errors" in json.loads(capsys.readouterr().out)["what"]
    found = judge_model("calibration", data, result, result)
    assert found["worst_standard_errors"] < 4.0
    # Five parameters from 200 quotes: a sixth of the noise is left; twice that is too much.
    assert found["true_rmse_volpoints"] < 0.1


@pytest.mark.parametrize("word", ["simulate", "simulate, every date"])
def test_simulations_agree_with_the_transform(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = MODELS["paths"]
    price = reference_calls(model, 100.0, np.array([100.0]), np.array([0.5]))[0]
    data, result = tmp_path / "paths.npz", tmp_path / "ours.npy"
    np.savez(data, forward=np.array(100.0), days=182.5, paths=20_000, steps=26, price=price, **model)  # type: ignore[arg-type]
    main([word, str(data), str(result), "1"])
    assert "QE" in json.loads(capsys.readouterr().out)["what"]
    found = judge_model("paths", data, result, result)
    assert abs(found["standard_errors_off"]) < 4.0
    # The payoff's second moment, were ln F normal: E[F²; F > K] - 2K·E[F; F > K] + K²·P[F > K].
    width = float(mean_vol(model, np.array([0.5]))[0]) * np.sqrt(0.5)
    square = np.exp(width**2) * ndtr(1.5 * width) - 2.0 * ndtr(0.5 * width) + ndtr(-0.5 * width)
    expected = np.sqrt((square / (price / 100.0) ** 2 - 1.0) / 20_000)
    assert found["standard_error"] == pytest.approx(expected, rel=0.15)
