"""The pictures: the same bytes each time, well-formed, and the documentation holds those of this code."""

import builtins
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.market import Snapshot
from hedgerow.oneshot import surface
from hedgerow.report import SurfaceReport
from hedgerow.report.pictures import PICTURES

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "pictures"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NAME = re.compile(r'(id="|href="#|url\(#)[^")]+')
"""Names inside a picture: hashes of what they name."""


@pytest.fixture(scope="module")
def report(market: Snapshot) -> SurfaceReport:
    return surface(market)


@pytest.mark.parametrize("name", PICTURES)
def test_the_documentation_holds_the_pictures_of_this_code(report: SurfaceReport, name: str) -> None:
    # Processors differ in the last digits of a fit, so numbers may differ by less than can be seen.
    texts = PICTURES[name](report), (FOLDER / f"surface-{name}.svg").read_text("utf-8")
    drawn, held = (NAME.sub(r"\1", text) for text in texts)
    advice = "refresh: .venv/bin/python tools/draw_pictures.py"
    assert NUMBER.sub("#", drawn) == NUMBER.sub("#", held), advice
    numbers = [np.array(NUMBER.findall(text), dtype=np.float64) for text in (drawn, held)]
    assert np.max(np.abs(numbers[0] - numbers[1])) < 0.5, advice


def test_no_picture_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("surface-*.svg")} == {f"surface-{name}" for name in PICTURES}


def test_every_picture_is_in_the_documentation() -> None:
    text = (FOLDER.parent / "surface.md").read_text("utf-8")
    assert set(re.findall(r"\(pictures/surface-(\w+)\.svg\)", text)) == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_bytes_each_time_and_says_what_it_is(report: SurfaceReport, name: str) -> None:
    drawn = PICTURES[name](report)
    assert drawn == PICTURES[name](report)
    root = ET.fromstring(drawn)
    assert root.tag.endswith("svg")
    title = next(child.text for child in root if child.tag.endswith("title"))
    assert title is not None
    assert "ETH" in title
    words = " ".join(node.text or "" for node in root.iter() if node.tag.endswith("text"))
    assert "strike/forward" in words or "days to expiry" in words, "no unit on an axis"
    assert not re.search(r"\d{4}-\d\d-\d\dT", drawn), "a date of drawing"


def test_one_quote_can_be_drawn(market: Snapshot) -> None:
    from dataclasses import replace

    row = market.quotes.names.index("ETH-26JAN24-2300-C")
    report = surface(replace(market, base=type(market.base)("<&$x"), quotes=market.quotes.take([row])))
    for draw in PICTURES.values():
        ET.fromstring(draw(report))


def test_without_matplotlib_the_reason_is_said(report: SurfaceReport, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(hr.InputError, match="pictures need matplotlib"):
        report.to_html()
    assert str(report)
