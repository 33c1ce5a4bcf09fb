"""A study given to the wrong command is told which is the right one; misspelt words are told the nearest."""

from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.config import load_study
from simulated_studies import load, text


def test_the_study_of_the_other_command_is_told(tmp_path: Path) -> None:
    recorded = hr.example("lp-2023-08-13") / "study.toml"
    with pytest.raises(hr.ConfigError, match=r"study\.toml:\d+: .* of recorded days; run .* backtest"):
        hr.load_simulation(recorded)
    path = tmp_path / "paths.toml"
    path.write_text(text())
    with pytest.raises(hr.ConfigError, match=r"paths\.toml:1: model: .* of simulated paths; run .*simulate"):
        load_study(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[option]", "[[option]]", r"option: Expected a table, got a list; write \[option\], in single brackets"),
        ("paths = 1000", "paths = 1e6", r"simulation\.paths: Expected a whole number, .*; .* example 1_000_000"),
        ("steps = 10", "steps = 180.5", r"hedge\.steps: Expected a whole number, .*; .* example 1_000_000"),
        ("steps = 10", "stepz = 10", r"hedge\.stepz: unknown key; .*: steps\?"),
        ('kind = "gbm"', 'kind = "hestn"', r"model\.kind: Invalid value 'hestn'; there is gbm, .*: heston\?"),
        ('kind = "delta"', 'kind = "deltas"', r"policy\[0\]\.kind: is 'deltas'; there is .*: delta\?"),
        (
            'kind = "delta"',
            'kind = "exact"\nrisk_aversoin = 1.0',
            r"policy\[0\]\.risk_aversoin: unknown key; exact takes risk_aversion: risk_aversion\?",
        ),
        (
            "[hedge]",
            '[objective]\nkind = "variance"\n[hedge]',
            r"objective\.kind: Invalid enum value 'variance'; write (cvar|entropic|mean_std) or .* or ",
        ),
    ],
)
def test_what_is_misspelt_is_told_the_right_words(tmp_path: Path, old: str, new: str, told: str) -> None:
    content = text()
    assert old in content
    with pytest.raises(hr.ConfigError, match=told) as caught:
        load(tmp_path, content.replace(old, new, 1))
    assert not any(word in str(caught.value) for word in ("null", "`int`", "`float`", "`object`"))
