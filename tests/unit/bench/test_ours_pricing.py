"""What the pricing bench times computes what it says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hedgerow.bench.judging import judge
from hedgerow.bench.ours_pricing import main
from hedgerow.bench.pricing_task import NOISE, write_options, write_surface

PEERS = Path(__file__).parents[3] / "benches" / "peers"


@pytest.fixture
def options(tmp_path: Path) -> Path:
    write_options(tmp_path / "options.npz", 2_000)
    return tmp_path / "options.npz"


@pytest.mark.parametrize("word", ["black76", "greeks_into"])
def test_prices_are_the_textbook_s(
    word: str, options: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([word, str(options), str(tmp_path / "ours.npy"), "2"])
    told = json.loads(capsys.readouterr().out)
    assert len(told["seconds"]) == 2
    assert "7 Greeks" in told["what"]
    script = [sys.executable, str(PEERS / "numpy_peer.py"), "greeks", str(options), str(tmp_path / "numpy.npy"), "1"]
    subprocess.run(script, check=True, capture_output=True)
    with np.load(options) as given:
        scale = np.maximum(given["forward"], given["strike"])
    theirs = np.load(tmp_path / "numpy.npy")
    assert np.max(np.abs(np.load(tmp_path / "ours.npy") - theirs) / scale) < 1e-14
    assert judge("greeks", options, tmp_path / "numpy.npy")["price_difference"] < 1e-14


@pytest.mark.parametrize("word", ["implied_vol", "implied_vol_into"])
def test_implied_vols_come_back(word: str, options: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = tmp_path / "vol.npy"
    main([word, str(options), str(result), "1"])
    assert json.loads(capsys.readouterr().out)["framework"] == f"hedgerow, {word}"
    errors = judge("implied_vol", options, result)
    assert errors["largest_error_outside"] < 1e-12
    assert errors["error_999"] < 1e-9
    assert errors["nan_rows"] == 0


@pytest.mark.parametrize("word", ["svi", "svi again", "essvi"])
def test_surfaces_smooth_the_noise(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_surface(tmp_path / "surface.npz")
    result = tmp_path / "fitted.npy"
    main([word, str(tmp_path / "surface.npz"), str(result), "1"])
    assert json.loads(capsys.readouterr().out)["framework"] == f"hedgerow, {word}"
    errors = judge("surface", tmp_path / "surface.npz", result, moved=word == "svi again")
    # 50 parameters from 400 quotes: a third of the noise is left; twice that is too much.
    assert errors["rmse_volpoints"] < (100.0 * NOISE * 2.0 / 3.0 if word != "essvi" else 0.5)
