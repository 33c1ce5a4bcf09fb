"""Errors are told by one measure, and rows without a vol are counted rather than averaged away."""

from pathlib import Path

import numpy as np
import pytest

from hedgerow.bench.judging import judge


@pytest.fixture
def options(tmp_path: Path) -> Path:
    path = tmp_path / "options.npz"
    np.savez(
        path,
        forward=np.array([100.0, 100.0, 100.0]),
        strike=np.array([110.0, 50.0, 200.0]),
        is_call=np.array([True, True, False]),
        vol=np.array([0.5, 0.5, 0.5]),
        price=np.array([1.0, 51.0, 100.0]),
        time_value=np.array([1.0, 0.02, 1e-12]),
    )
    return path


def test_vols_are_judged_where_the_price_holds_one(options: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "result.npy", np.array([0.5 * (1 + 1e-6), 0.5 * (1 - 1e-3), 0.9]))
    found = judge("implied_vol", options, tmp_path / "result.npy")
    assert found["largest_error"] == pytest.approx(1e-3)
    assert found["largest_error_outside"] == pytest.approx(1e-6)
    assert found["nan_rows"] == 0


def test_rows_without_a_vol_are_counted(options: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "result.npy", np.array([0.5, np.nan, np.nan]))
    found = judge("implied_vol", options, tmp_path / "result.npy")
    assert (found["largest_error"], found["nan_rows"]) == (0.0, 2)
    np.save(tmp_path / "result.npy", np.full(3, np.nan))
    assert judge("implied_vol", options, tmp_path / "result.npy")["error_999"] is None


def test_prices_are_compared_in_units_of_the_larger_of_forward_and_strike(options: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "result.npy", np.array([1.0, 51.0, 100.2]))
    assert judge("greeks", options, tmp_path / "result.npy")["price_difference"] == pytest.approx(1e-3)


def test_surfaces_are_judged_in_vol_points(tmp_path: Path) -> None:
    np.savez(tmp_path / "surface.npz", true_vol=np.array([0.6, 0.7]))
    np.save(tmp_path / "result.npy", np.array([0.605, 0.705]))
    data, result = tmp_path / "surface.npz", tmp_path / "result.npy"
    assert judge("surface", data, result)["rmse_volpoints"] == pytest.approx(0.5)
    assert judge("surface", data, result, moved=True)["rmse_volpoints"] == pytest.approx(0.0, abs=1e-9)
