"""``hedgerow simulate``: tables, JSON, and one clear line for what cannot be run."""

import json
from pathlib import Path

import pytest

from command_line import hedgerow
from simulated_studies import text

FOUR_DAYS = "[option]\nexpiry_days = 4\n"
HEDGE = "[hedge]\nsteps = 4\nproportional_cost = 0.005\n"


def written(folder: Path, content: str) -> Path:
    path = folder / "study.toml"
    path.write_text(content)
    return path


def test_it_prints_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, text('kind = "delta"', 'kind = "unhedged"\nname = "alone"', held=FOUR_DAYS, hedge=HEDGE))
    ran = hedgerow(capsys, ["simulate", path])
    assert (ran.code, ran.err) == (0, "")
    assert "gbm: sigma 0.6" in ran.out
    rows = [line.split() for line in ran.out.splitlines() if line.startswith(("delta", "alone"))]
    assert len(rows) >= 4  # losses, and costs
    assert max(map(len, ran.out.splitlines())) < 200


def test_it_prints_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = '[objective]\nkind = "mean_std"\nweight = 2.0\nreport = "percent_of_premium"\n'
    path = written(tmp_path, text('kind = "delta"', 'kind = "time_grid"\nevery_steps = 2', held=FOUR_DAYS, more=more))
    ran = hedgerow(capsys, ["simulate", path, "--json"])
    found = json.loads(ran.out)
    first, second = found["policies"]
    assert (ran.code, found["unit"], first["kind"], second["kind"]) == (0, "percent_of_premium", "delta", "time_grid")
    assert first["objective"] == pytest.approx(first["mean"] + 2.0 * first["std"])
    assert second["difference"] == pytest.approx(second["objective"] - first["objective"])
    assert first["gap_to_exact"] is None
    assert first["certainty_equivalent"] is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "delta"', 'kind = "deltas"', "study.toml:14: policy[0].kind: is 'deltas'; there is"),
        ("= 0.005", "= -0.005", "study.toml:9: hedge.proportional_cost: is -0.005; a cost is zero or more"),
        ("steps = 4", "vol = 60", "study.toml:8: hedge.vol: is 60; it is a fraction: write 0.65 for 65 %"),
        ("expiry_days = 4", "expiry_days = soon", "study.toml: not valid TOML"),
    ],
)
def test_a_study_that_cannot_be_run_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    content = text(held=FOUR_DAYS, hedge=HEDGE)
    assert old in content
    ran = hedgerow(capsys, ["simulate", written(tmp_path, content.replace(old, new))])
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert told in ran.err
