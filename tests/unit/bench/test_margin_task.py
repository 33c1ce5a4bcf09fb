"""The margin that the bench judges by, and ours beside it."""

import json
from pathlib import Path

import numpy as np
import pytest

from hedgerow.bench.margin_task import SPOT, margin_columns, margin_off, plain_margin, write_margin
from hedgerow.bench.ours_margin import JOBS, main

FEE = 0.0003


@pytest.mark.parametrize("quantity", [1.0, -2.5])
def test_a_perpetual_alone_needs_its_worst_scenario(quantity: float) -> None:
    # Nothing but one perpetual: 16 % of its worth in the scan, 2 % by the floor, and the fee of closing it.
    none = np.zeros(0)
    given = margin_columns() | {"quantity": np.array([quantity])}
    given |= dict.fromkeys(("expiry_ns", "years", "strike", "vol", "sign"), none)
    worth = abs(quantity) * SPOT
    initial, maintenance, scan, floor = plain_margin(given).tolist()
    assert scan == pytest.approx(0.16 * worth, rel=1e-12)
    assert floor == pytest.approx(0.02 * worth, rel=1e-12)
    assert initial == pytest.approx((0.16 + FEE) * worth, rel=1e-12)
    assert maintenance == pytest.approx((0.08 + FEE) * worth, rel=1e-12)


def test_a_hedged_call_has_the_margin_of_its_gamma() -> None:
    given = margin_columns() | {
        "quantity": np.array([-1.0, 0.5]),
        "years": np.array([30.0 / 365.0]),
        "strike": np.array([SPOT]),
        "vol": np.array([0.6]),
        "sign": np.array([1.0]),
    }
    _, _, scan, floor = plain_margin(given).tolist()
    # A short straddle at half size: dearer than flat, cheaper than the call alone.
    alone = plain_margin(given | {"quantity": np.array([-1.0])})[2]
    assert 0.0 < scan < alone
    assert floor < 0.02 * SPOT


@pytest.mark.parametrize("word", JOBS)
def test_ours_is_the_plain_margin(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_margin(tmp_path / "margin.npz", 300)
    main([word, str(tmp_path / "margin.npz"), str(tmp_path / "ours.npy"), "1"])
    assert json.loads(capsys.readouterr().out)["framework"] == f"hedgerow, {word}"
    with np.load(tmp_path / "margin.npz") as stored:
        given = dict(stored)
    found = np.load(tmp_path / "ours.npy")
    assert given["quantity"].size == 300
    assert given["strike"].size == 270
    assert margin_off(given, found) < 1e-12
    assert margin_off(given, found * [1.0, 1.0, 1.01, 1.0]) == pytest.approx(0.01, rel=1e-9)
