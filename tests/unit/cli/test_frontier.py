"""``--frontier`` and ``--html`` of a ticket, as a user sees them."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from command_line import Ran, hedgerow
from hedgerow.cli import screen
from hedgerow.examples import copy_example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    return copy_example("eth-2024-01-08", tmp_path / "example")


def hedged(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> Ran:
    return hedgerow(capsys, ["hedge", folder / "desk.toml", "--market", folder, *words])


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> str:
    """Run, expect one line on standard error, nothing on standard output and nothing written."""
    before = sorted(folder.rglob("*"))
    ran = hedged(capsys, folder, *words)
    assert ran.code == 2
    assert ran.out == ""
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
    assert "; " in line, "no remedy"
    assert sorted(folder.rglob("*")) == before
    return line


@pytest.mark.parametrize("numeraire", ["USD", "ETH"])
def test_json_holds_the_plans_and_the_ticket_is_one_of_them(
    capsys: pytest.CaptureFixture[str], folder: Path, numeraire: str
) -> None:
    ran = hedged(capsys, folder, "--frontier", 9, "--json", "--numeraire", numeraire)
    assert ran.code == 0
    assert ran.err == ""
    ticket: dict[str, Any] = json.loads(ran.out)
    points = ticket["frontier"]
    assert len(points) == 10
    (own,) = [point for point in points if point["own"]]
    assert own["risk"] == pytest.approx(ticket["risk_after"], rel=1e-9)
    assert own["cost"] == pytest.approx(ticket["cost"], rel=1e-9)
    lots = {trade["instrument"]: trade["lots"] for trade in ticket["trades"]}
    assert {trade["instrument"]: trade["lots"] for trade in own["trades"] if trade["lots"]} == lots
    by_aversion = sorted(points, key=lambda point: point["risk_aversion"])
    assert points == by_aversion
    for one, two in itertools.pairwise(points):
        assert two["continuous_risk"] <= one["continuous_risk"] * (1 + 1e-9)
        assert two["continuous_cost"] >= one["continuous_cost"] * (1 - 1e-9)
        # What a step costs lies between the slopes at its ends: the curve is convex.
        saved = one["continuous_risk"] ** 2 - two["continuous_risk"] ** 2
        paid = two["continuous_cost"] - one["continuous_cost"]
        assert 0.5 * one["risk_aversion"] * saved <= paid * (1 + 1e-6) + 1e-9 * ticket["cost"]
        assert paid <= 0.5 * two["risk_aversion"] * saved * (1 + 1e-6) + 1e-9 * ticket["cost"]
    assert all(point["certificate"]["holds"] for point in points)
    for point in points:
        expected = point["risk_aversion"] * point["continuous_risk"]
        assert point["marginal_cost"] == pytest.approx(expected, rel=1e-12)


def test_the_own_aversion_is_that_of_the_desk_file_in_either_numeraire(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    for unit, aversion in (("USD", 1e-4), ("ETH", 1e-4 * 2222.19)):
        ticket = json.loads(hedged(capsys, folder, "--frontier", 2, "--json", "--numeraire", unit).out)
        (own,) = [point for point in ticket["frontier"] if point["own"]]
        assert own["risk_aversion"] == pytest.approx(aversion, rel=1e-5)
        assert ticket["units"]["risk_aversion"] == f"per {unit}"


def test_without_the_option_there_is_none(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert json.loads(hedged(capsys, folder, "--json").out)["frontier"] is None
    assert "frontier" not in hedged(capsys, folder).out


def test_the_table_stands_below_the_ticket(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    plain, ran = hedged(capsys, folder), hedged(capsys, folder, "--frontier", 5)
    assert ran.code == 0
    assert ran.out.startswith(plain.out.rstrip("\n"))
    below = ran.out[len(plain.out.rstrip("\n")) :].splitlines()
    rows = [line for line in below if line.strip()[:1].isdigit() and "e-0" in line]
    assert len(rows) == 6
    assert sum(line.endswith("<- your plan") for line in rows) == 1


@pytest.mark.parametrize("count", ["1", "0", "-4", "201", "2.5", "many", ""])
def test_a_bad_count_is_one_line(capsys: pytest.CaptureFixture[str], folder: Path, count: str) -> None:
    assert "'--frontier'" in refused(capsys, folder, "--frontier", count, "--html", folder / "x.html")


def test_targets_out_of_reach_are_one_line_and_leave_no_page(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    words = ("--instrument", "ETH-12JAN24-2250-C", "--frontier", "3", "--html", folder / "x.html")
    assert "delta" in refused(capsys, folder, *words)


def test_a_place_for_no_page_is_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert "is a folder" in refused(capsys, folder, "--html", folder)
    assert "there is no folder" in refused(capsys, folder, "--html", folder / "no" / "x.html")
    assert "is no HTML page" in refused(capsys, folder, "--html", folder / "desk.toml")


@pytest.mark.parametrize("words", [(), ("--frontier", 4)])
def test_the_page_is_written_whole_and_again(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, words: tuple[object, ...]
) -> None:
    desk = folder / "desk.toml"
    desk.write_text(desk.read_text().replace("ETH example desk", "<img src=x onerror=alert(1)>"))
    target = tmp_path / "out" / "ticket.html"
    target.parent.mkdir()
    for _ in range(2):
        ran = hedged(capsys, folder, *words, "--html", target)
        assert ran.code == 0, ran.err
        assert ran.err.strip() == f"wrote {target}"
        assert ran.out.startswith("HEDGE TICKET")
        assert list(target.parent.iterdir()) == [target]
    page = target.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert page.count("<svg") == (2 if words else 0)
    for forbidden in ("<script", "<a ", "<link", 'http-equiv="refresh'):
        assert forbidden not in page


def test_a_page_that_cannot_be_finished_leaves_nothing(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x.html")

    monkeypatch.setattr(Path, "replace", full)
    assert "No space left" in refused(capsys, folder, "--frontier", 2, "--html", folder / "x.html")


def test_the_demo_has_both_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran = hedgerow(capsys, ["demo", "--frontier", 2, "--html", tmp_path / "demo.html"])
    assert ran.code == 0
    assert "Cost-risk frontier" in ran.out
    assert (tmp_path / "demo.html").read_text("utf-8").count("<svg") == 2


def test_one_line_on_standard_error_at_a_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two live lines would overwrite each other: while kernels are compiled there is no bar.
    for warm in (True, False):
        monkeypatch.setattr(screen, "is_warm", lambda warm=warm: warm)
        with screen.hedging() as progress:
            assert (progress is not None) is warm
            if progress is not None:
                progress(1, 2)
    assert capsys.readouterr().out == ""
