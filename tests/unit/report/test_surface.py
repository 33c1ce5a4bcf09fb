"""The surface report as text, JSON and page: nothing cut, no NaN, nothing that a file smuggles in."""

import dataclasses
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot import surface
from hedgerow.report import QuoteFigures, SurfaceReport
from hedgerow.report.text import grouped

PAGE = Path(__file__).resolve().parents[3] / "docs" / "surface-json.md"
HOSTILE = "ETH-<script>alert('x')</script>&\x1b[31m[bold]-C"


@pytest.fixture(scope="module")
def report(market: Snapshot) -> SurfaceReport:
    return surface(market)


@pytest.fixture(scope="module")
def page(report: SurfaceReport) -> str:
    return report.to_html()


def spoilt(report: SurfaceReport) -> SurfaceReport:
    item = Rejection(name=HOSTILE, kind="quote", reason=f"no such name: {HOSTILE}", use="anything")
    return dataclasses.replace(report, source=HOSTILE, rejected=(item, *report.rejected), notes=(HOSTILE,))


def paths(node: Any, path: str = "") -> set[str]:
    if isinstance(node, dict):
        keys = {f"{path}.{key}".lstrip(".") for key in node}
        return keys.union(*(paths(value, f"{path}.{key}".lstrip(".")) for key, value in node.items()))
    if isinstance(node, list):
        return set[str]().union(*(paths(item, f"{path}[]") for item in node))
    return set()


def test_the_json_and_its_page_agree(report: SurfaceReport) -> None:
    named = set(re.findall(r"^\| `([^`]+)`", PAGE.read_text("utf-8"), flags=re.MULTILINE))
    real = paths(report.to_dict())
    assert real - named == set()
    assert named - real == set(), "the page names keys that do not exist"


def test_what_is_no_number_is_null(report: SurfaceReport) -> None:
    check = dataclasses.replace(report.svi.check, min_butterfly=-math.inf, min_calendar=-math.inf)
    empty = QuoteFigures(two_sided=0, used=0, inside=0, rmse_vol_points=math.nan)
    slices = tuple(dataclasses.replace(one, quotes=empty) for one in report.svi.slices)
    bad = dataclasses.replace(report, svi=dataclasses.replace(report.svi, check=check, quotes=empty, slices=slices))
    written = json.loads(json.dumps(bad.to_dict(), allow_nan=False))
    for key in ("min_butterfly", "min_calendar", "inside_spread_fraction", "rmse_vol_points"):
        assert written[key] is None
    assert written["expiries"][0]["rmse_vol_points"] is None
    assert "none" in str(bad)


def test_text_holds_every_expiry_and_is_never_cut(report: SurfaceReport) -> None:
    text = str(report)
    for one in report.to_dict()["expiries"]:
        assert f"\n{one['expiry'][:10]}" in text
    assert "…" not in text
    assert repr(report) == text
    assert "207 more" not in text
    assert "no bid and no ask (207)" in text


def test_names_from_files_are_shown_and_do_nothing(report: SurfaceReport) -> None:
    text = str(spoilt(report))
    assert "ETH-<script>alert('x')</script>&?[31m[bold]-C" in text
    assert "\x1b" not in text
    for html in (spoilt(report).to_html(), spoilt(report)._repr_html_()):
        assert "<script" not in html
        assert "\x1b" not in html
        assert "&lt;script&gt;" in html


def test_the_page_stands_alone(report: SurfaceReport, page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == page.count("</svg>") == 4
    assert re.findall(r'(?:src|href|action)="(?!#)', page) == []
    assert re.findall(r"url\((?!#)", page) == []
    assert set(re.findall(r"https?://[^\"' ]+", page)) <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert re.findall(r"<[^>]*\son\w+=", page) == []
    for item in report.rejected:
        assert f"<td>{item.name}</td>" in page


def test_names_inside_pictures_are_unique_on_the_page(page: str) -> None:
    names = re.findall(r' id="([^"]+)"', page)
    assert names
    assert len(set(names)) == len(names)


def test_a_surface_with_arbitrage_is_not_praised(report: SurfaceReport) -> None:
    check = dataclasses.replace(report.svi.check, arbitrage_free=False)
    bad = dataclasses.replace(report, svi=dataclasses.replace(report.svi, check=check))
    assert "NO" in str(bad)
    assert "lines do not cross" not in bad.to_html()
    assert "not free of arbitrage" in bad.to_html()


def test_refusals_are_grouped_without_their_numbers() -> None:
    reasons = ("crossed: the bid 2 is above the ask 1", "crossed: the bid 9 is above the ask 8", "one-sided: no bid")
    items = [Rejection(name=f"q{i}", kind="quote", reason=why, use="the surface") for i, why in enumerate(reasons)]
    assert [(reason, len(group)) for reason, group in grouped(items)] == [("crossed", 2), ("one-sided: no bid", 1)]
