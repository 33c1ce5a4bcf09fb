"""Named moves: the table, its labels, and the tool that prints it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hedgerow.book import STRESSES, stress_scenarios, stresses_of
from hedgerow.core.errors import InputError

TOOL = Path(__file__).resolve().parents[3] / "tools" / "stress_moves.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stress_moves", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stress_moves"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("base", ["BTC", "ETH"])
def test_the_scenarios_are_the_table(base: str) -> None:
    names, moves = stress_scenarios(base, vol_term_exponent=0.3)
    mine = [stress for stress in STRESSES if stress.base == base]
    assert names == tuple(stress.name for stress in mine) == ("2020-03-12", "2021-05-19", "2024-08-05")
    np.testing.assert_array_equal(moves.spot, [stress.spot for stress in mine])
    np.testing.assert_array_equal(moves.vol, [stress.vol for stress in mine])
    assert moves.vol_term_exponent == 0.3
    assert stress_scenarios(base)[1].vol_term_exponent == 0.5
    for unmoved in (moves.skew, moves.basis, moves.years_passed):
        np.testing.assert_array_equal(unmoved, np.zeros(3))


def test_only_one_vol_is_recorded_and_it_says_so() -> None:
    assert [(one.base, one.name) for one in STRESSES if one.vol_source == "recorded"] == [("ETH", "2024-08-05")]
    assert {one.vol_source for one in STRESSES} == {"recorded", "assumed"}


def test_windows_touch_their_day_and_last_a_day_at_most() -> None:
    for one in STRESSES:
        start, end = (np.datetime64(at.removesuffix("Z")) for at in (one.start, one.end))
        assert np.timedelta64(0, "h") < end - start <= np.timedelta64(24, "h")
        assert one.name in (one.start[:10], one.end[:10])


def test_a_coin_without_named_moves_is_told_what_there_is() -> None:
    assert stresses_of("SOL") == ()
    with pytest.raises(InputError, match="no named moves of SOL are on file; use BTC, ETH, or make your own"):
        stress_scenarios("SOL")


def bars(tmp_path: Path, falls: dict[str, tuple[str, float]]) -> Path:
    """Hourly bars of both coins around all days; the price drops for good in the bar with that label."""
    parts = []
    for coin, (label, to) in falls.items():
        stamps = np.arange(np.datetime64("2024-06-25", "h"), np.datetime64("2024-08-08", "h"))
        wave = np.where(np.arange(stamps.size) % 2, 100.0, 100.5)
        close = np.where(stamps >= np.datetime64(label, "h"), to, 1.0) * wave
        column = pa.array(stamps.astype("datetime64[us]"), pa.timestamp("us", tz="UTC"))
        parts.append(pa.table({"ts": column, "asset": [coin] * stamps.size, "close": close}))
    path = tmp_path / "bars.parquet"
    pq.write_table(pa.concat_tables(parts), path)
    return path


def test_the_tool_finds_the_fall_at_the_end_of_its_bar(tool: ModuleType, tmp_path: Path) -> None:
    prices = tool.closes(bars(tmp_path, {"ETH": ("2024-08-05T07", 0.7)}), "ETH")
    start, end = tool.worst(prices, "2024-08-05")
    # The close of the bar labelled 07:00 is final at 08:00; bars of even number close half a point higher.
    assert np.datetime64("2024-08-05T08") <= end
    assert start < np.datetime64("2024-08-05T08")
    assert end - start <= np.timedelta64(24, "h")
    assert prices[end] / prices[start] == pytest.approx(0.7 * 100.0 / 100.5)


def test_the_tool_prints_every_day_and_labels_what_is_not_recorded(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "DAYS", ("2024-08-05",))
    path = bars(tmp_path, {"ETH": ("2024-08-05T07", 0.7), "BTC": ("2024-08-05T07", 0.8)})
    stamps = np.arange(np.datetime64("2024-08-03", "h"), np.datetime64("2024-08-08", "h"))
    level = np.where(stamps >= np.datetime64("2024-08-05T07", "h"), 85.0, 60.0)
    column = pa.array(stamps.astype("datetime64[us]"), pa.timestamp("us", tz="UTC"))
    index = tmp_path / "index.parquet"
    pq.write_table(pa.table({"ts": column, "iv_dvol": level}), index)
    tool.main(path, index)
    head, _, btc, eth = capsys.readouterr().out.splitlines()
    assert "0.6000, at most 0.8500" in head
    assert eth.split()[4] == f"{0.7 * 100.0 / 100.5:.4f}"
    assert eth.split()[-2:] == ["+0.2500", "recorded"]
    # Realised vol of 24 hours with one fall, less that of the month before it, by the ratio of the recorded move.
    rise = []
    for to in (0.7, 0.8):
        small, large = np.log(100.5 / 100.0), np.log(to * 100.0 / 100.5)
        rise.append(np.sqrt((23 * small**2 + large**2) / 24 * 8760) - small * np.sqrt(8760))
    assert btc.split()[-1] == "assumed"
    assert float(btc.split()[-2]) == pytest.approx(0.25 * rise[1] / rise[0], abs=2e-3)


def test_the_documentation_shows_the_table() -> None:
    page = (TOOL.parents[1] / "docs" / "scenarios.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| 20")]
    shown = {(day, coin): (window, spot, vol, source) for day, coin, window, spot, vol, source in rows}
    assert len(shown) == len(rows) == len(STRESSES)
    for one in STRESSES:
        window = f"{one.start[5:16]} to {one.end[5:16]}".replace("T", " ")
        numbers = f"{100.0 * (one.spot - 1.0):+.2f} %", f"{100.0 * one.vol:+.1f} points"
        assert shown[one.name, one.base] == (window, *numbers, one.vol_source)
