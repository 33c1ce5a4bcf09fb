"""``hedgerow calibrate``, as a user sees it."""

import json
from pathlib import Path
from typing import Any

import pytest

from command_line import hedgerow
from hedgerow.market import Snapshot, load_snapshot, save_snapshot
from hedgerow.oneshot import calibrate
from quoted_markets import EXPIRIES, STRIKES, quoted_market
from smiles import Merton

JUMPS = Merton(diffusion=0.5, intensity=2.0, jump_mean=-0.1, jump_vol=0.2)
TOP = [
    "source", "as_of", "base", "index", "units", "model", "parameters", "correlations", "noise_vol_points", "readings",
    "two_sided_quotes", "used_quotes", "inside_quotes", "inside_spread_fraction", "rmse_vol_points", "bias_vol_points",
    "expiries", "svi", "rejected", "notes",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(market: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of quotes whose model is known."""
    return save_snapshot(quoted_market(market, JUMPS.vol), tmp_path_factory.mktemp("market") / "jumps")


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, Any]:
    """What ``--json`` prints of it."""
    report = calibrate(load_snapshot(folder), model="merton")
    written: dict[str, Any] = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    return written


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> str:
    """Run, expect one line on standard error, nothing on standard output and nothing written."""
    before = sorted(folder.rglob("*"))
    ran = hedgerow(capsys, ["calibrate", *words])
    assert ran.code == 2
    assert ran.out == ""
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
    assert "; " in line, "no remedy"
    assert sorted(folder.rglob("*")) == before
    return line


def test_json(capsys: pytest.CaptureFixture[str], folder: Path, printed: dict[str, Any]) -> None:
    ran = hedgerow(capsys, ["calibrate", folder, "--model", "merton", "--json"])
    assert ran.code == 0, ran.err
    assert json.loads(ran.out) == printed
    assert list(printed) == TOP
    assert (printed["model"], printed["base"]) == ("merton", "ETH")
    assert printed["two_sided_quotes"] == len(EXPIRIES) * len(STRIKES)
    assert printed["parameters"]["jump_intensity"]["value"] == pytest.approx(2.0, rel=1e-2)
    assert list(printed["units"]["parameters"]) == list(printed["parameters"])
    size = len(printed["parameters"])
    assert [len(row) for row in printed["correlations"]] == [size] * size
    assert [one["days"] for one in printed["expiries"]] == sorted(one["days"] for one in printed["expiries"])


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert "no such market folder" in refused(capsys, folder, folder / "none")
    assert "no such market folder" in refused(capsys, folder, folder / "none", "--html", folder / "x.html")
    unknown = refused(capsys, folder, folder, "--model", "hesston")
    for name in ("heston", "bates", "merton", "svcj", "sabr", "lognormal_sv"):
        assert f"'{name}'" in unknown
    for age in ("0", "-5", "nan", "inf", "soon"):
        refused(capsys, folder, folder, "--max-age", age)
    assert "is a folder" in refused(capsys, folder, folder, "--html", folder)
    assert "there is no folder" in refused(capsys, folder, folder, "--html", folder / "no" / "x.html")
    assert "is no HTML page" in refused(capsys, folder, folder, "--html", folder / "snapshot.toml")
    assert "is no plain file" in refused(capsys, folder, folder, "--html", "/dev/null")


def test_a_chain_too_thin_is_one_line(capsys: pytest.CaptureFixture[str], market: Snapshot, tmp_path: Path) -> None:
    thin = quoted_market(market, JUMPS.vol, expiries=EXPIRIES[:2], strikes=(2000, 2200, 2400))
    saved = save_snapshot(thin, tmp_path / "thin")
    line = refused(capsys, tmp_path, saved, "--html", tmp_path / "x.html")
    assert "6 quotes with a bid in 2 expiries, 3 strikes cannot be calibrated to" in line
    assert "heston needs" in line


def test_tables_and_a_page_written_whole_and_again(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    target, texts = tmp_path / "model.html", []
    for _ in range(2):
        ran = hedgerow(capsys, ["calibrate", folder, "--model", "merton", "--html", target])
        assert ran.code == 0, ran.err
        assert ran.err.strip() == f"wrote {target}"
        assert list(tmp_path.iterdir()) == [target]
        texts.append((ran.out, target.read_text("utf-8")))
    assert texts[0] == texts[1]
    printed, page = texts[0]
    assert printed.startswith("MODEL CALIBRATION, Merton  jumps")
    for word in ("vol", "jump_intensity", "jump_mean", "jump_vol", "2024-01-26", "2024-12-27", "all"):
        assert f"\n{word} " in printed
    assert "±" in printed
    assert "…" not in printed
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")


def test_a_page_that_cannot_be_finished_leaves_nothing(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x.html")

    monkeypatch.setattr(Path, "replace", full)
    assert "No space left" in refused(capsys, folder, folder, "--model", "merton", "--html", folder / "x.html")
