"""``hedgerow surface``, as a user sees it."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy.stats import norm

from command_line import hedgerow
from hedgerow.examples import copy_example
from hedgerow.market import load_snapshot, save_snapshot

CHAIN = "deribit_eth_chain_20240108.parquet"
TOP = [
    "source", "as_of", "base", "index", "units", "kind", "arbitrage_free", "min_butterfly", "min_calendar",
    "inside_spread_fraction", "inside_quotes", "two_sided_quotes", "rmse_vol_points", "expiries", "essvi", "rejected",
    "notes",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    return copy_example("eth-2024-01-08", tmp_path / "example")


@pytest.fixture(scope="module")
def printed(example_folder: Path) -> dict[str, Any]:
    """What ``--json`` prints of the example."""
    from hedgerow.oneshot import surface

    written: dict[str, Any] = json.loads(json.dumps(surface(load_snapshot(example_folder)).to_dict(), allow_nan=False))
    return written


def plant(folder: Path, name: str, **cells: Any) -> None:
    """Rewrite cells of one row of the recorded chain."""
    table = pq.read_table(folder / CHAIN)
    row = pc.equal(table.column("instrument_name"), name)
    assert pc.sum(row).as_py() == 1
    for column, value in cells.items():
        place = table.column_names.index(column)
        kind = table.schema.field(column).type
        changed = pc.if_else(row, pa.scalar(value, kind), table.column(column))
        table = table.set_column(place, column, changed)
    pq.write_table(table, folder / CHAIN)


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> str:
    """Run, expect one line on standard error, nothing on standard output and nothing written."""
    before = sorted(folder.rglob("*"))
    ran = hedgerow(capsys, ["surface", *words])
    assert ran.code == 2
    assert ran.out == ""
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
    assert "; " in line, "no remedy"
    assert sorted(folder.rglob("*")) == before
    return line


def test_json_of_the_example(capsys: pytest.CaptureFixture[str], example_folder: Path, printed: dict[str, Any]) -> None:
    ran = hedgerow(capsys, ["surface", example_folder, "--json"])
    assert ran.code == 0
    assert json.loads(ran.out) == printed
    assert list(printed) == TOP
    assert (printed["kind"], printed["base"], printed["as_of"]) == ("svi", "ETH", "2024-01-08T11:19:41.429Z")
    assert printed["arbitrage_free"] is printed["essvi"]["arbitrage_free"] is True
    assert printed["two_sided_quotes"] == 408
    assert printed["inside_spread_fraction"] >= 0.95
    assert printed["rmse_vol_points"] < 2.5
    assert len(printed["expiries"]) == len(printed["essvi"]["expiries"]) == 11
    assert printed["notes"] == []


def test_counts_follow_from_the_json_and_the_recorded_file(example_folder: Path, printed: dict[str, Any]) -> None:
    # From the JSON's slices and forwards alone, with scipy's normal distribution.
    table = pq.read_table(example_folder / CHAIN).to_pydict()
    days = {one["expiry"][:10]: one for one in printed["expiries"]}
    inside = two_sided = 0
    months = {"JAN": 1, "FEB": 2, "MAR": 3, "JUN": 6, "SEP": 9, "DEC": 12}
    for name, bid, ask in zip(table["instrument_name"], table["bid_price"], table["ask_price"], strict=True):
        _, day, strike, right = name.split("-")
        one = days.get(f"20{day[-2:]}-{months[day[-5:-2]]:02d}-{int(day[:-5]):02d}")
        if one is None or not ((bid or 0.0) > 0.0 and (ask or 0.0) > 0.0):
            continue
        k = math.log(float(strike) / one["forward"])
        z, s = k - one["slice"]["m"], one["slice"]
        root = math.sqrt(s["a"] + s["b"] * (s["rho"] * z + math.sqrt(z * z + s["sigma"] ** 2)))
        sign = 1.0 if right == "C" else -1.0
        d1 = -k / root + 0.5 * root
        price = sign * (norm.cdf(sign * d1) - math.exp(k) * norm.cdf(sign * (d1 - root)))
        two_sided += 1
        inside += bool(bid <= price <= ask)
        assert one["atm_vol"] == pytest.approx(vol_at(one, 0.0), rel=1e-12)
        step = 1e-5
        assert one["skew"] == pytest.approx((vol_at(one, step) - vol_at(one, -step)) / (2.0 * step), rel=1e-4)
    assert (inside, two_sided) == (printed["inside_quotes"], printed["two_sided_quotes"])


def vol_at(one: dict[str, Any], k: float) -> float:
    s, z = one["slice"], k - one["slice"]["m"]
    w = s["a"] + s["b"] * (s["rho"] * z + math.sqrt(z * z + s["sigma"] ** 2))
    return math.sqrt(w / (one["days"] / 365.0))


def test_densities_integrate_to_one_with_the_forward_as_mean(printed: dict[str, Any]) -> None:
    # The density by finite differences of undiscounted calls, which no code of the surface computes.
    for one in printed["expiries"]:
        years, reach = one["days"] / 365.0, 12.0 * one["atm_vol"] * math.sqrt(one["days"] / 365.0)
        strikes = np.exp(np.linspace(-reach, 0.6 * reach, 4001))
        root = np.array([vol_at(one, k) for k in np.log(strikes)]) * math.sqrt(years)
        d1 = -np.log(strikes) / root + 0.5 * root
        calls = norm.cdf(d1) - strikes * norm.cdf(d1 - root)
        slopes = np.diff(calls) / np.diff(strikes)
        assert np.all(np.diff(slopes) > -1e-9), one["expiry"]
        assert slopes[0] == pytest.approx(-1.0, abs=0.02)
        assert slopes[-1] == pytest.approx(0.0, abs=0.02)


def test_total_variance_grows_at_every_strike(printed: dict[str, Any]) -> None:
    grid = np.linspace(-8.0, 8.0, 801)
    for family in (printed["expiries"], printed["essvi"]["expiries"]):
        days = [one["days"] for one in printed["expiries"]]
        rows = [[vol_at(one | {"days": d}, k) ** 2 * d for k in grid] for one, d in zip(family, days, strict=True)]
        assert np.all(np.diff(np.array(rows), axis=0) >= -1e-12)


def test_planted_quotes_are_named_with_their_reason(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    plant(folder, "ETH-26JAN24-2800-C", bid_price=0.015, ask_price=0.016)
    plant(folder, "ETH-26JAN24-2300-C", bid_price=0.06)
    plant(folder, "ETH-26JAN24-2400-C", ask_price=None)
    stamp = pq.read_table(folder / CHAIN).column("ts")[0].as_py()
    plant(folder, "ETH-26JAN24-2500-C", ts=stamp.replace(hour=8))
    plant(folder, "ETH-26JAN24-2600-C", underlying_price=0.0)
    ran = hedgerow(capsys, ["surface", folder, "--json"])
    assert ran.code == 0, ran.err
    reasons = {item["name"]: item["reason"] for item in json.loads(ran.out)["rejected"]}
    assert reasons["ETH-26JAN24-2800-C"].startswith("outlying: ")
    assert reasons["ETH-26JAN24-2300-C"].startswith("crossed: the bid 0.06 is above the ask")
    assert reasons["ETH-26JAN24-2400-C"] == "one-sided: no ask"
    assert reasons["ETH-26JAN24-2500-C"].startswith("stale: 3 h ")
    assert reasons["ETH-26JAN24-2600-C"] == "the underlying price is 0"
    assert json.loads(ran.out)["two_sided_quotes"] == 408 - 2


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert "no such market folder" in refused(capsys, folder, folder / "none")
    assert "no such market folder" in refused(capsys, folder, folder / "none", "--html", folder / "x.html")
    for age in ("0", "-5", "nan", "inf", "soon"):
        refused(capsys, folder, folder, "--max-age", age)
    assert "is a folder" in refused(capsys, folder, folder, "--html", folder)
    assert "there is no folder" in refused(capsys, folder, folder, "--html", folder / "no" / "x.html")
    assert "is no HTML page" in refused(capsys, folder, folder, "--html", folder / CHAIN)
    assert "is no plain file" in refused(capsys, folder, folder, "--html", "/dev/null")


def test_a_market_without_options_is_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    quotes = {
        "instrument": ["ETH-PERPETUAL"],
        "bid": [2222.0],
        "ask": [2223.0],
        "mark": [2222.5],
        "underlying": [math.nan],
    }
    stamp = pq.read_table(folder / CHAIN).column("ts")[:1]
    pq.write_table(pa.table(quotes | {"ts": stamp}), folder / "quotes.parquet")
    text = (folder / "snapshot.toml").read_text().split("[[pool]]")[0]
    text = text.replace(CHAIN, "quotes.parquet").replace("deribit-book-summary", "hedgerow-quotes")
    (folder / "snapshot.toml").write_text(text.replace('base = "ETH"', 'base = "ETH"\nindex_price = 2222.19'))
    assert "quotes no options" in refused(capsys, folder, folder, "--html", folder / "x.html")


def test_a_market_of_stale_quotes_is_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = (folder / "snapshot.toml").read_text()
    (folder / "snapshot.toml").write_text(text.replace('base = "ETH"', 'base = "ETH"\nas_of = 2024-01-08T13:00:00Z'))
    line = refused(capsys, folder, folder, "--json")
    assert "408 stale" in line
    assert "longer max age" in line
    assert hedgerow(capsys, ["surface", folder, "--max-age", "86400"]).code == 0


def test_the_page_is_written_whole_and_again(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    plant(folder, "ETH-26JAN24-2600-C", instrument_name="<img src=x onerror=alert(1)>")
    target = tmp_path / "out" / "surface.html"
    target.parent.mkdir()
    for _ in range(2):
        ran = hedgerow(capsys, ["surface", folder, "--html", target])
        assert ran.code == 0, ran.err
        assert ran.err.strip() == f"wrote {target}"
        assert ran.out.startswith("IMPLIED VOL SURFACE  example")
        assert list(target.parent.iterdir()) == [target]
    page = target.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_page_that_cannot_be_finished_leaves_nothing(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x.html")

    monkeypatch.setattr(Path, "replace", full)
    assert "No space left" in refused(capsys, folder, folder, "--html", folder / "x.html")


def test_the_same_surface_from_the_own_format(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, printed: dict[str, Any]
) -> None:
    saved = save_snapshot(load_snapshot(folder), tmp_path / "saved")
    ran = hedgerow(capsys, ["surface", saved, "--json"])
    assert ran.code == 0, ran.err
    again = json.loads(ran.out)
    assert again | {"source": printed["source"]} == printed
