"""The frontier as text, as JSON and as pictures."""

import builtins
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.config import Desk
from hedgerow.hedging.frontier import Frontier
from hedgerow.market import Snapshot
from hedgerow.report import Ticket
from hedgerow.report.frontier_pictures import PICTURES


@pytest.fixture(scope="module")
def ticket(desk: Desk, market: Snapshot) -> Ticket:
    return hr.hedge(desk, market, frontier=6)


@pytest.fixture(scope="module")
def found(ticket: Ticket) -> Frontier:
    assert ticket.frontier is not None
    return ticket.frontier


def renamed(frontier: Frontier, names: tuple[str, ...]) -> Frontier:
    """Give the instruments other names."""
    return replace(frontier, names=names)


def test_every_plan_is_a_row_with_its_own_numbers(ticket: Ticket, found: Frontier) -> None:
    text = str(ticket)
    assert "…" not in text
    for point in found.points:
        (row,) = [line for line in text.splitlines() if line.split()[:1] == [f"{point.risk_aversion:.2e}"]]
        assert f"{point.risk:,.1f}" in row
        assert f"{point.cost:,.1f}" in row
        for lot in point.lots:
            assert lot == 0 or f"{lot:+,d}" in row
        assert ("<- your plan" in row) is point.own
    assert f"{found.unhedged:,.1f}" in text


def test_many_instruments_are_counted_instead_of_named(ticket: Ticket, found: Frontier) -> None:
    names = tuple(f"NAME-{i}" for i in range(8))
    wide = tuple(
        replace(point, lots=np.arange(1, 9), quantity=np.ones(8), continuous=np.ones(8), used=names)
        for point in found.points
    )
    text = str(replace(ticket, frontier=replace(found, names=names, points=wide)))
    assert "NAME-3" not in text
    assert "instruments" in text
    rows = [line for line in text.splitlines() if line.split()[:1] == [f"{found.points[0].risk_aversion:.2e}"]]
    assert rows[0].split()[-1] == "8"


def test_missing_plans_are_named_everywhere(ticket: Ticket, found: Frontier) -> None:
    told = replace(ticket, frontier=replace(found, missing=((1.25e3, "no certified plan: lost"),)))
    note = "frontier: no plan at a risk aversion of 1.25e+03: no certified plan: lost"
    assert note in str(told)
    assert note in told.to_dict()["notes"]
    assert note in told.to_html()


def test_json_is_plain(ticket: Ticket) -> None:
    written = ticket.to_dict()["frontier"]
    assert json.loads(json.dumps(written, allow_nan=False)) == written


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_bytes_each_time_and_says_what_it_is(found: Frontier, name: str) -> None:
    drawn = PICTURES[name](found, "USD")
    assert drawn == PICTURES[name](found, "USD")
    root = ET.fromstring(drawn)
    title = next(child.text for child in root if child.tag.endswith("title"))
    assert title is not None
    assert "trade" in title or "risk" in title
    words = " ".join(node.text or "" for node in root.iter() if node.tag.endswith("text"))
    assert "your plan" in words
    assert "USD" in words, "no unit on an axis"
    if name == "frontier":
        assert "no trade at all: std 50,027.0, to the right" in words
    assert not re.search(r"\d{4}-\d\d-\d\dT", drawn), "a date of drawing"


def test_the_unhedged_book_is_on_the_picture_where_it_is_near(desk: Desk, market: Snapshot) -> None:
    free = hr.hedge(desk, market, neutral={}, frontier=3).frontier
    assert free is not None
    assert free.points[0].risk == pytest.approx(free.unhedged, rel=1e-4)
    assert "no trade at all: std 50,027.0<" in PICTURES["frontier"](free, "USD")


@pytest.mark.parametrize("name", PICTURES)
def test_hostile_names_and_single_plans_can_be_drawn(found: Frontier, name: str) -> None:
    names = ("<&$x_", "$\\frac", "\x00", "b", "c")
    ET.fromstring(PICTURES[name](renamed(found, names), "USD"))
    alone = replace(found, points=(found.own,))
    ET.fromstring(PICTURES[name](alone, "USD"))
    flat = replace(
        found.own, continuous=np.zeros(5), lots=np.zeros(5, np.int64), risk=0.0, cost=0.0, risk_lots=0.0, cost_lots=0.0
    )
    ET.fromstring(PICTURES[name](replace(found, points=(flat, flat), unhedged=0.0), "USD"))


def test_without_matplotlib_the_reason_is_said(
    ticket: Ticket, desk: Desk, market: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = hr.hedge(desk, market)
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(hr.InputError, match="pictures need matplotlib"):
        ticket.to_html()
    assert plain.to_html().endswith("</html>\n")
