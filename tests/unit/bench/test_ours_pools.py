"""What the pools bench times computes what it says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.bench.judging_pools import judge_pools
from hedgerow.bench.ours_pools import main
from hedgerow.bench.pools_task import fees, positions, quotes, replay


def judged(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    work: str,
    data: dict[str, Any],
    words: tuple[str, ...],
    exact: str,
) -> dict[str, dict[str, Any]]:
    """Every call on the same data, judged by what the exact one left."""
    np.savez(folder / "data.npz", **data)
    for word in words:
        main([word, str(folder / "data.npz"), str(folder / f"{word}.npy"), "1", "1"])
        assert json.loads(capsys.readouterr().out)["framework"] == f"hedgerow, {word}"
    left = {word: (folder / "data.npz", folder / f"{word}.npy", folder / f"{exact}.npy") for word in words}
    return {word: judge_pools(work, *paths) for word, paths in left.items()}


def test_floats_are_the_whole_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compiled", "numpy", "compiled, from lists", "preview_burn")
    found = judged(tmp_path, capsys, "positions", positions(300), words, "preview_burn")
    for word in words[:-1]:
        assert found[word]["float_off"] < 1e-9
        assert found[word]["rows"] == 300
    assert found["preview_burn"]["units_off"] == 0


def test_quotes_are_the_same_with_kept_ticks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = judged(tmp_path, capsys, "quotes", quotes(40), ("preview_swap", "swap, ticks kept"), "preview_swap")
    assert found["swap, ticks kept"]["units_off"] == 0
    assert found["preview_swap"]["ticks"] > 1.0


def test_fees_are_the_same_three_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("preview_collect", "range_book", "fee_columns")
    found = judged(tmp_path, capsys, "fees", fees(200), words, "preview_collect")
    assert found["range_book"]["fees_off"] == 0.0
    assert found["fee_columns"]["fees_off"] < 1e-9
    assert np.load(tmp_path / "preview_collect.npy").min() > 0.0


def test_replays_end_with_the_same_fees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("replay", "replay, on the way", "replay, every swap")
    found = judged(tmp_path, capsys, "replay", replay(100, 20), words, "replay")
    assert [found[word] for word in words] == [{"rows": 2_000, "fees_off": 0.0}] * 3
    assert np.all(np.load(tmp_path / "replay.npy").max(axis=1) > 0.0)
