"""The tasks of the pricing bench are what they say: priced by Black-76, and free of arbitrage before the noise."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from hedgerow.bench.pricing_task import DAYS, NOISE, STRIKES, WIDEST, true_slices, write_options, write_surface


def stored(path: Path) -> dict[str, NDArray[np.float64]]:
    with np.load(path) as file:
        return dict(file)


def test_options_are_priced_by_the_textbook_formula(tmp_path: Path) -> None:
    write_options(tmp_path / "options.npz", 3_000)
    given = stored(tmp_path / "options.npz")
    F, K, T, vol = (given[name] for name in ("forward", "strike", "expiry_years", "vol"))
    sign = np.where(given["is_call"], 1.0, -1.0)
    d1 = np.log(F / K) / (vol * np.sqrt(T)) + 0.5 * vol * np.sqrt(T)
    undiscounted = sign * (F * ndtr(sign * d1) - K * ndtr(sign * (d1 - vol * np.sqrt(T))))
    assert np.max(np.abs(np.exp(-given["rate"] * T) * undiscounted - given["price"]) / np.maximum(F, K)) < 1e-14
    intrinsic = np.maximum(sign * (F - K), 0.0)
    assert given["time_value"] == pytest.approx(1.0 - intrinsic / undiscounted, abs=1e-9)
    assert 0.4 < np.mean(intrinsic > 0.0) < 0.6


def test_the_same_options_come_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_options(tmp_path / f"{name}.npz", 1_000)
    first, second = stored(tmp_path / "a.npz"), stored(tmp_path / "b.npz")
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_the_surface_is_free_of_arbitrage() -> None:
    # Gatheral and Jacquier (2014), arXiv 1204.0646: g of lemma 2.2 is positive, and w grows with time at every k.
    k = np.linspace(-8.0, 8.0, 40_001)
    rows = []
    for a, b, rho, m, sigma in true_slices():
        root = np.hypot(k - m, sigma)
        w, slope, bend = a + b * (rho * (k - m) + root), b * (rho + (k - m) / root), b * sigma**2 / root**3
        g = (1.0 - k * slope / (2.0 * w)) ** 2 - slope**2 / 4.0 * (1.0 / w + 0.25) + bend / 2.0
        assert np.min(g) > 0.2
        assert np.min(w) > 0.0
        assert b * (1.0 + abs(rho)) < 2.0
        rows.append(w)
    assert np.all(np.diff(np.array(rows), axis=0) > 0.0)


def test_quotes_lie_around_the_surface(tmp_path: Path) -> None:
    write_surface(tmp_path / "surface.npz")
    given = stored(tmp_path / "surface.npz")
    assert given["vol"].shape == given["expiry"].shape == (len(DAYS) * STRIKES,)
    assert np.std(given["vol"] - given["true_vol"]) == pytest.approx(NOISE, rel=0.15)
    assert np.mean(given["moved_vol"] - given["vol"]) == pytest.approx(0.005, abs=0.001)
    middle = given["true_vol"].reshape(len(DAYS), STRIKES)[:, STRIKES // 2]
    assert 0.6 < np.min(middle) < np.max(middle) < 0.8
    deviations = given["log_moneyness"] / np.sqrt(given["expiry_years"])[given["expiry"]]
    assert np.max(np.abs(deviations)) < WIDEST * 0.8
