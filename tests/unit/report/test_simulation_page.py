"""The page of a study on simulated paths: its numbers, its pictures, nothing that runs."""

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import hedgerow as hr
from command_line import hedgerow
from hedgerow.lab import simulate
from hedgerow.report.simulation import SimulationReport
from hedgerow.report.simulation_page import simulation_page
from hedgerow.report.simulation_pictures import PICTURES

STUDY = """
name = "<script>alert(1)</script>"
[model]
kind = "gbm"
sigma = 0.6
[option]
expiry_days = 5
[hedge]
steps = 30
proportional_cost = 0.001
fixed_cost = 0.01
[simulation]
paths = 2000
[[policy]]
kind = "delta"
[[policy]]
kind = "delta_tolerance"
tolerance = 0.05
[[policy]]
kind = "unhedged"
name = "<b>nobody</b>"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def report(file: Path) -> SimulationReport:
    return simulate(file, frontier=3)


def test_the_page_holds_the_tables_the_words_and_the_pictures(report: SimulationReport) -> None:
    page = simulation_page(report)
    assert page == simulation_page(report)
    assert page.count("<svg") == len(PICTURES) + 1
    for words in ("Losses above the model price", "CVaR 95 %", "that hedging every 8 hours has"):
        assert words in page
    for policy in report.policies:
        assert f"{policy.trades:,.2f}" in page
    assert "<script" not in page
    assert "<b>nobody" not in page
    assert "&lt;b&gt;nobody" in page
    assert not re.search(r'(src|href)="', page.replace('xlink:href="#', "").replace('href="#', ""))
    # Whoever does not hedge loses and gains more than the bins hold, and the caption counts it.
    assert re.search(r"Outside of the picture: .*nobody&lt;/b&gt; \d+\.\d %", page)


def test_pictures_do_without_what_a_study_lacks(report: SimulationReport) -> None:
    free = tuple(
        replace(policy, costs=replace(policy.costs, proportional=0.0, fixed=0.0)) for policy in report.policies
    )
    for draw in PICTURES.values():
        assert draw(replace(report, policies=free, bins=None)).startswith("<svg")
    strange = tuple(replace(policy, name=f"_{i}$x$") for i, policy in enumerate(report.policies))
    for draw in PICTURES.values():
        assert "_1$x$" in draw(replace(report, policies=strange))
    assert "Cost against risk, setting by setting" not in simulation_page(replace(report, frontier=None))


def test_the_command_writes_the_page_and_prints_the_frontier(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "study.html"
    ran = hedgerow(capsys, ("simulate", file, "--frontier", 3, "--html", target))
    assert ran.code == 0, ran.err
    assert "at the standard deviation of the loss that hedging every 8 hours has" in ran.out
    assert target.read_text("utf-8").startswith("<!doctype html>")
    ran = hedgerow(capsys, ("simulate", file, "--frontier", 1))
    assert ran.code == 2
    assert "--frontier" in ran.err


def test_the_example_is_copied_with_the_command_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = hedgerow(capsys, ("demo", "--example", "short-call", "--copy-to", tmp_path / "mine"))
    assert ran.out.strip() == f"hedgerow simulate {tmp_path / 'mine' / 'study.toml'}"
    study = hr.load_simulation(tmp_path / "mine" / "study.toml")
    small = msgspec.structs.replace(
        study,
        policy=study.policy[:3],
        hedge=msgspec.structs.replace(study.hedge, steps=30),
        simulation=msgspec.structs.replace(study.simulation, paths=200),
        frontier=msgspec.structs.replace(study.frontier, compare_every_hours=24.0),
    )
    # Daily dates do not meet 8 hours: the policy that hedges by them is told.
    with pytest.raises(hr.ConfigError, match="every_hours"):
        simulate(small)
