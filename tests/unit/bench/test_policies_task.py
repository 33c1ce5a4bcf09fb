"""The hedge that the policies bench asks for has the mean that the task states."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from hedgerow.bench.policies_task import CALL, PATHS, STEPS, mean_profit, write_task


def simulated(steps: int, paths: int, *, cost: float) -> np.ndarray:
    """Hedge in plain numpy, path by path: P&L without the premium, no sale at expiry charged."""
    spot, strike, vol, years = (CALL[name] for name in ("spot", "strike", "vol", "years"))
    step = years / steps
    z = np.random.default_rng(8).standard_normal((steps, paths))
    held, profit, price = np.zeros(paths), np.zeros(paths), np.full(paths, spot)
    for k in range(steps):
        width = vol * np.sqrt(years - k * step)
        wanted = norm.cdf(np.log(price / strike) / width + 0.5 * width)
        profit -= cost * price * np.abs(wanted - held)
        after = price * np.exp(vol * np.sqrt(step) * z[k] - 0.5 * vol**2 * step)
        profit += wanted * (after - price)
        held, price = wanted, after
    return profit - np.maximum(price - strike, 0.0)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_the_mean_is_that_of_a_simulation(steps: int) -> None:
    # A cost of 5 % makes the trading, and not only the price, visible above the noise.
    found = simulated(steps, 200_000, cost=0.05)
    stated = mean_profit(**CALL | {"cost": 0.05}, steps=steps)
    assert abs(found.mean() - stated) < 4.0 * found.std() / np.sqrt(found.size)


def test_without_costs_the_mean_is_the_price() -> None:
    width = CALL["vol"] * np.sqrt(CALL["years"])
    price = CALL["spot"] * (2.0 * norm.cdf(0.5 * width) - 1.0)
    assert mean_profit(**CALL | {"cost": 0.0}, steps=30) == pytest.approx(-price, rel=1e-12)


def test_the_integral_over_two_normals_is_fine_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = mean_profit(**CALL, steps=STEPS)
    monkeypatch.setattr("hedgerow.bench.policies_task._POINTS", 1201)
    # The bench's standard error is 0.0034; this is a ten-thousandth of it.
    assert mean_profit(**CALL, steps=STEPS) == pytest.approx(coarse, abs=3e-7)


def test_the_task_is_what_its_title_says(tmp_path: Path) -> None:
    write_task(tmp_path)
    with np.load(tmp_path / "hedge.npz") as given:
        assert (int(given["paths"]), int(given["steps"])) == (PATHS, STEPS) == (100_000, 30)
        assert given["years"] * 365.0 == pytest.approx(30.0)
        assert float(given["mean"]) == mean_profit(**CALL, steps=STEPS)
