"""The tasks of the models bench are what their titles say."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import kstest

from hedgerow.bench.models import TASKS
from hedgerow.bench.models_reference import HESTON
from hedgerow.bench.models_task import FORWARD, MODELS, NOISE, STEPS, WIDEST, mean_vol, reference_vols, write_task
from hedgerow.pricing.models import Heston


def stored(folder: Path, task: str) -> dict[str, NDArray[np.float64]]:
    write_task(folder, task)
    with np.load(folder / f"{task}.npz") as file:
        return dict(file)


def test_every_task_has_parameters() -> None:
    assert list(TASKS) == list(MODELS)


@pytest.mark.parametrize(
    ("task", "ratio"), [("heston_bitcoin", 1.39), ("heston_feller", 0.15), ("heston_calm", 6.0), ("paths_feller", 0.15)]
)
def test_feller_ratios_are_those_of_the_titles(task: str, ratio: float) -> None:
    assert Heston(**MODELS[task]).feller == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(("task", "expiries"), [("heston_calm", 8), ("heston_two_days", 1), ("bates_feller", 8)])
def test_chains_are_two_hundred_calls_within_two_and_a_half_deviations(
    task: str, expiries: int, tmp_path: Path
) -> None:
    given = stored(tmp_path, task)
    assert given["strike"].shape == given["price"].shape == (200,)
    days = np.unique(given["days"])
    assert (days.size, days[0]) == (expiries, 2.0)
    years = given["days"] / 365.0
    deviations = np.log(given["strike"] / FORWARD) / (mean_vol(MODELS[task], years) * np.sqrt(years))
    assert np.max(np.abs(deviations)) == pytest.approx(WIDEST)
    # No arbitrage: within their bounds, falling and convex in the strike, which an error of 1e-6 would break.
    for day in days:
        rows = given["days"] == day
        price, strike = given["price"][rows], given["strike"][rows]
        slope = np.diff(price) / np.diff(strike)
        assert np.all(price >= np.maximum(FORWARD - strike, 0.0))
        assert np.all((slope > -1.0) & (slope < 0.0))
        assert np.all(np.diff(slope) > 0.0)


def test_quotes_lie_around_the_model_and_start_elsewhere(tmp_path: Path) -> None:
    given = stored(tmp_path, "calibration")
    noise = (given["vol"] - given["true_vol"]) / NOISE
    assert kstest(noise, "norm").pvalue > 0.01
    assert given["true_vol"] == pytest.approx(
        reference_vols(MODELS["calibration"], given["strike"], given["days"]), abs=1e-12
    )
    for name, true in zip(HESTON, given["truth"], strict=True):
        assert abs(given[name] - true) > 0.25 * abs(true)


def test_least_squares_scatters_by_the_standard_errors(tmp_path: Path) -> None:
    # scipy's own least squares from the truth: the step to its solution is of the size that is told.
    given = stored(tmp_path, "calibration")
    rows = slice(None, None, 2)
    strike, days, vol = given["strike"][rows], given["days"][rows], given["vol"][rows]

    def residuals(x: NDArray[np.float64]) -> NDArray[np.float64]:
        model = dict(zip(HESTON, (x * given["truth"]).tolist(), strict=True))
        return reference_vols(model, strike, days) - vol

    found = least_squares(residuals, np.ones(5), method="lm", xtol=1e-6)
    off = (found.x - 1.0) * given["truth"] / (np.sqrt(2.0) * given["standard_errors"])  # half of the quotes
    assert np.sqrt(np.mean(off**2)) == pytest.approx(1.0, abs=0.9)
    assert 100.0 * np.sqrt(np.mean(found.fun**2)) == pytest.approx(100.0 * NOISE, rel=0.2)


def test_simulations_are_priced_at_the_money(tmp_path: Path) -> None:
    given = stored(tmp_path, "paths_feller")
    assert int(given["steps"]) == STEPS
    assert int(given["paths"]) == 131_072
    (vol,) = reference_vols(MODELS["paths_feller"], np.array([FORWARD]), np.array([365.0]))
    assert given["price"] / FORWARD == pytest.approx(vol / np.sqrt(2.0 * np.pi), rel=0.02)
