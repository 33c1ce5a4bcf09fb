"""The risk report as text, JSON and page: nothing cut, no NaN, nothing that a file smuggles in; its figures."""

import dataclasses
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.config import Desk
from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot import risk
from hedgerow.report import RiskReport, SimulatedPnl
from hedgerow.report.risk_pictures import PICTURES

DOCS = Path(__file__).resolve().parents[3] / "docs"
HOSTILE = "<script>alert('x')</script>&\x1b[31m[bold]"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NAME = re.compile(r'(id="|href="#|url\(#)[^")]+')


@pytest.fixture(scope="module")
def report(desk: Desk, market: Snapshot) -> RiskReport:
    return risk(desk, market, numeraire="USD")


def paths(node: Any, path: str = "") -> set[str]:
    if isinstance(node, dict):
        keys = {f"{path}.{key}".lstrip(".") for key in node}
        return keys.union(*(paths(value, f"{path}.{key}".lstrip(".")) for key, value in node.items()))
    if isinstance(node, list):
        return set[str]().union(*(paths(item, f"{path}[]") for item in node))
    return set()


def test_the_json_and_its_page_agree(report: RiskReport) -> None:
    named = set(re.findall(r"^\| `([^`]+)`", (DOCS / "risk-json.md").read_text("utf-8"), flags=re.MULTILINE))
    real = paths(report.to_dict())
    assert real - named == set()
    assert named - real == set(), "the page names keys that do not exist"


def test_every_number_is_finite_and_has_a_unit(report: RiskReport) -> None:
    written = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    unitless = {"scenarios", "seed", "horizon_hours"}

    def numbers(node: Any, key: str = "") -> set[str]:
        if isinstance(node, dict):
            return set[str]().union(*(numbers(value, name) for name, value in node.items()))
        if isinstance(node, list):
            return set[str]().union(*(numbers(item, key) for item in node))
        return {key} if isinstance(node, float | int) else set()

    assert numbers(written) - unitless == set(written["units"])


def test_the_text_holds_every_part(report: RiskReport) -> None:
    text = str(report)
    assert text.startswith("RISK  ETH example desk\n")
    assert repr(report) == text
    for words in ("at once", "after 24 h", "worst cell: spot -50 %", "2020-03-12", "recorded", "assumed", "std, full"):
        assert words in text
    assert "…" not in text
    worst = f"{report.grid.pnl.min():,.0f} USD"
    assert worst in text
    html = report._repr_html_()
    assert "RISK" in html
    assert "<script" not in html


def test_what_a_file_smuggles_in_is_shown_and_not_run(report: RiskReport) -> None:
    item = Rejection(name=HOSTILE, kind="position", reason=f"no such name: {HOSTILE}", use="the book")
    bad = dataclasses.replace(report, desk=HOSTILE, rejected=(item,), notes=(HOSTILE,))
    page = bad.to_html()
    assert "<script" not in page
    assert "\x1b" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "NOT IN THE BOOK" in page
    text = str(bad)
    assert "\x1b" not in text
    assert "[bold]" in text
    assert "NOT IN THE BOOK: <script>" in text


def test_the_page_holds_every_cell_and_picture_and_nothing_from_outside(report: RiskReport) -> None:
    page = report.to_html()
    for words in ("-966,267", "2024-08-05", "expected shortfall 99%"):
        assert words in page
    assert page.count("<svg") == len(PICTURES)
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)""", page)


def test_a_coin_without_named_moves_says_so(report: RiskReport) -> None:
    bare = dataclasses.replace(report, stresses=(), stress_pnl=())
    assert re.search(r"^none$", str(bare), flags=re.MULTILINE)
    assert bare.to_dict()["stresses"] == []
    assert bare.to_html().startswith("<!doctype html>")


# Pictures.


@pytest.mark.parametrize("name", PICTURES)
def test_the_documentation_holds_the_pictures_of_this_code(report: RiskReport, name: str) -> None:
    texts = PICTURES[name](report), (DOCS / "pictures" / f"risk-{name}.svg").read_text("utf-8")
    drawn, held = (NAME.sub(r"\1", text) for text in texts)
    advice = "refresh: .venv/bin/python tools/draw_pictures.py"
    assert NUMBER.sub("#", drawn) == NUMBER.sub("#", held), advice
    numbers = [np.array(NUMBER.findall(text), dtype=np.float64) for text in (drawn, held)]
    assert np.max(np.abs(numbers[0] - numbers[1])) < 0.5, advice
    assert drawn == NAME.sub(r"\1", PICTURES[name](report))
    assert ET.fromstring(drawn).tag.endswith("svg")


def test_the_documentation_shows_the_pictures_and_no_others() -> None:
    text = (DOCS / "scenarios.md").read_text("utf-8")
    assert set(re.findall(r"\(pictures/risk-(\w+)\.svg\)", text)) == set(PICTURES)
    assert {path.stem for path in (DOCS / "pictures").glob("risk-*.svg")} == {f"risk-{name}" for name in PICTURES}


def test_a_book_that_does_not_move_can_be_drawn(report: RiskReport) -> None:
    still = SimulatedPnl(pnl=np.zeros(50), seed=1, model_deviation=0.0)
    flat = dataclasses.replace(report, simulated=still)
    for draw in PICTURES.values():
        ET.fromstring(draw(flat))


# Figures.


def test_value_at_risk_and_shortfall_of_a_hundred_scenarios() -> None:
    # Losses of 1 to 100: 95 of them are not above 95, and the worst five have a mean of 98.
    drawn = SimulatedPnl(pnl=-np.random.default_rng(1).permutation(np.arange(1.0, 101.0)), seed=1, model_deviation=1.0)
    assert drawn.value_at_risk(0.95) == 95.0
    assert drawn.expected_shortfall(0.95) == pytest.approx(98.0)
    assert drawn.value_at_risk(0.99) == 99.0
    assert drawn.expected_shortfall(0.99) == pytest.approx(100.0)


def test_the_boundary_counts_in_part() -> None:
    # The worst quarter of three scenarios is three quarters of the worst one.
    drawn = SimulatedPnl(pnl=np.array([0.0, -9.0, -3.0]), seed=1, model_deviation=1.0)
    assert drawn.expected_shortfall(0.75) == pytest.approx(9.0)
    # The worst half is the worst third and a sixth of the next.
    assert drawn.expected_shortfall(0.5) == pytest.approx((9.0 / 3.0 + 3.0 / 6.0) / 0.5)


def test_gaussian_losses_have_their_closed_forms() -> None:
    drawn = SimulatedPnl(pnl=np.random.default_rng(4).normal(0.0, 10.0, 400_000), seed=4, model_deviation=10.0)
    density = math.exp(-0.5 * 2.3263478740408408**2) / math.sqrt(2.0 * math.pi)
    assert drawn.value_at_risk(0.99) == pytest.approx(23.2635, abs=0.3)
    assert drawn.expected_shortfall(0.99) == pytest.approx(10.0 * density / 0.01, abs=0.4)
