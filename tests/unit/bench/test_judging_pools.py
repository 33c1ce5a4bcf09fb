"""A unit too much, a gamma too large or a fee too small is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.bench.judging_pools import halves, judge_pools
from hedgerow.bench.pools_task import numbers, positions


def judged(folder: Path, work: str, data: dict[str, Any], result: Any, exact: Any) -> dict[str, Any]:
    np.savez(folder / "data.npz", **data)
    np.save(folder / "result.npy", np.array(result))
    np.save(folder / "exact.npy", np.array(exact))
    return judge_pools(work, folder / "data.npz", folder / "result.npy", folder / "exact.npy")


def test_whole_amounts_are_judged_in_units(tmp_path: Path) -> None:
    exact = [halves([10**25, 5]), halves([7, 8])]
    found = [halves([10**25, 5]), halves([7, 11])]
    assert judged(tmp_path, "positions", {}, found, exact) == {"rows": 2, "units_off": 3, "float_off": None}


def test_floats_are_judged_against_whole_amounts_and_the_closed_form(tmp_path: Path) -> None:
    data = positions(200)
    inside = (data["tick_lower"] <= data["tick"]) & (data["tick"] < data["tick_upper"])
    row = int(np.flatnonzero(inside)[0])
    # at 2000 USDC for an ETH: two ETH and 3000 USDC are 7000 USDC
    exact = np.array([halves([2 * 10**18] * 200), halves([3_000 * 10**6] * 200)])
    liquidity = np.array([float(one) for one in numbers(data["liquidity"])]) / 1e12
    gamma = np.where(inside, -0.5 * liquidity * 2_000.0**-1.5, 0.0)
    found = np.array([np.full(200, 7_000.0), np.full(200, 2.0), np.full(200, 3_000.0), gamma])
    right = judged(tmp_path, "positions", data, found, exact)
    assert right["float_off"] < 1e-12
    assert (right["rows"], right["units_off"]) == (200, None)
    for column, wrong, told in ((0, 7.0, 1e-3), (1, 0.35, 0.1), (2, 70.0, 1e-2), (3, 1e-3 * gamma[row], 1e-3)):
        moved = found.copy()
        moved[column, row] += wrong
        assert judged(tmp_path, "positions", data, moved, exact)["float_off"] == pytest.approx(told, rel=1e-6)
    moved = found.copy()
    moved[3, np.flatnonzero(~inside)[0]] = -0.5
    assert judged(tmp_path, "positions", data, moved, exact)["float_off"] == 0.5


def test_quotes_are_judged_in_units(tmp_path: Path) -> None:
    exact = np.vstack([halves([10**20, 3]), [4.0, 2.0]])
    found = halves([10**20 - 2, 3])
    assert judged(tmp_path, "quotes", {}, found, exact) == {"rows": 2, "units_off": 2, "ticks": 3.0}


def test_fees_are_judged_by_the_largest(tmp_path: Path) -> None:
    exact = [[100.0, 50.0], [4.0, 1.0]]
    found = [[100.0, 51.0], [4.0, 0.9]]
    assert judged(tmp_path, "fees", {}, found, exact) == {"rows": 2, "fees_off": pytest.approx(0.025)}
    data = {"paid": np.zeros(6), "held": np.zeros(2)}
    assert judged(tmp_path, "replay", data, found, exact) == {"rows": 12, "fees_off": pytest.approx(0.025)}
