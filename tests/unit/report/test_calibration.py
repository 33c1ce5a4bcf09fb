"""The calibration report as text, JSON, page and pictures: nothing cut, no NaN, nothing that a file smuggles in."""

import dataclasses
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.arrays import frozen
from hedgerow.market import Rejection, Snapshot
from hedgerow.oneshot import calibrate
from hedgerow.oneshot.calibration import MODELS
from hedgerow.report import CalibrationReport, FittedModel, ParameterFigures, QuoteFigures
from hedgerow.report.calibration_pictures import PICTURES
from hedgerow.report.model_smile import smile_of
from hedgerow.report.model_words import read, words_of
from hedgerow.report.render_calibration import TITLES, error_text, value_text
from quoted_markets import quoted_market
from smiles import Merton

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = DOCS / "calibration-json.md"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NAME = re.compile(r'(id="|href="#|url\(#)[^")]+')
"""Names inside a picture: hashes of what they name."""
HOSTILE = "ETH-<script>alert('x')</script>&\x1b[31m[bold]-C"
JUMPS = Merton(diffusion=0.5, intensity=2.0, jump_mean=-0.1, jump_vol=0.2)
SVCJ = hr.SVCJ(
    v0=0.5, kappa=4.0, theta=0.4, vol_of_vol=1.0, rho=-0.4, jump_intensity=2.0, jump_mean=-0.1, jump_vol=0.2,
    variance_jump_mean=0.3, jump_correlation=-0.5,
)  # fmt: skip
EACH = (
    hr.Heston(v0=0.5, kappa=4.0, theta=0.4, vol_of_vol=1.0, rho=-0.4),
    hr.Bates(v0=0.5, kappa=4.0, theta=0.4, vol_of_vol=1.0, rho=-0.4, jump_intensity=2.0, jump_mean=-0.1, jump_vol=0.2),
    hr.Merton(vol=0.5, jump_intensity=2.0, jump_mean=-0.1, jump_vol=0.2),
    SVCJ,
    hr.SABR(alpha=0.6, beta=1.0, vol_of_vol=1.5, rho=-0.2),
    hr.LogNormalSV(vol0=0.7, theta=0.6, kappa1=2.0, kappa2=2.0, beta=-0.2, vol_of_vol=1.0),
)


@pytest.fixture(scope="module")
def report(market: Snapshot) -> CalibrationReport:
    return calibrate(quoted_market(market, JUMPS.vol), model="merton")


@pytest.fixture(scope="module")
def page(report: CalibrationReport) -> str:
    return report.to_html()


def spoilt(report: CalibrationReport) -> CalibrationReport:
    item = Rejection(name=HOSTILE, kind="quote", reason=f"no such name: {HOSTILE}", use="anything")
    return dataclasses.replace(report, source=HOSTILE, rejected=(item, *report.rejected), notes=(HOSTILE,))


def fitted(model: Any, *, edge: str = "", held: str = "", tie: float = 0.0) -> FittedModel:
    names = model.__struct_fields__
    figures = tuple(
        ParameterFigures(
            name=name,
            value=getattr(model, name),
            standard_error=math.nan if name in (edge, held) else 0.01,
            state="edge" if name == edge else "held" if name == held else "fitted",
        )
        for name in names
    )
    correlations = np.eye(len(names))
    correlations[0, 1] = correlations[1, 0] = tie
    return FittedModel(model=model, parameters=figures, correlations=frozen(correlations), noise_vol_points=1.0)


def as_kind(report: CalibrationReport, model: Any, **named: Any) -> CalibrationReport:
    """Return a report that says it is of another model."""
    kind = model.__struct_config__.tag
    count = len(report.expiries) if kind == "sabr" else 1
    return dataclasses.replace(report, kind=kind, fits=tuple(fitted(model, **named) for _ in range(count)))


PARAMETERS = {name for model in EACH for name in model.__struct_fields__}


def paths(node: Any, path: str = "") -> set[str]:
    """Walk the JSON: keys by dotted path, list items as [], names of parameters in angle brackets."""
    if isinstance(node, dict):
        below = path.endswith("parameters")
        keys = {key: f"{path}.{'<parameter>' if below and key in PARAMETERS else key}".lstrip(".") for key in node}
        return set(keys.values()).union(*(paths(value, keys[key]) for key, value in node.items()))
    if isinstance(node, list):
        return set[str]().union(*(paths(item, f"{path}[]") for item in node))
    return set()


def test_the_json_and_its_page_agree(report: CalibrationReport) -> None:
    item = Rejection(name="q", kind="quote", reason="why", use="anything")
    full = dataclasses.replace(report, rejected=(item,))
    real = paths(full.to_dict()) | paths(as_kind(full, EACH[4]).to_dict())
    named = set(re.findall(r"^\| `([^`]+)`", PAGE.read_text("utf-8"), flags=re.MULTILINE)) - PARAMETERS
    assert real - named == set()
    assert named - real == set(), "the page names keys that do not exist"


def test_every_parameter_is_on_the_page_with_its_unit() -> None:
    text = PAGE.read_text("utf-8")
    for model in EACH:
        for name in model.__struct_fields__:
            unit = words_of(type(model), name).unit
            kind = model.__struct_config__.tag
            rows = [line for line in text.splitlines() if line.startswith(f"| `{name}` |") and f"`{kind}`" in line]
            assert len(rows) == 1, (kind, name)
            assert f"| {unit} |" in rows[0], (kind, name, unit)


def test_keys_are_the_same_for_all_models(report: CalibrationReport) -> None:
    wanted = list(report.to_dict())
    for model in EACH:
        written = json.loads(json.dumps(as_kind(report, model).to_dict(), allow_nan=False))
        assert list(written) == wanted
        assert list(written["readings"]) == list(report.to_dict()["readings"])


def test_what_is_no_number_is_null(report: CalibrationReport) -> None:
    empty = QuoteFigures(two_sided=0, used=0, inside=0, rmse_vol_points=math.nan)
    expiries = tuple(dataclasses.replace(one, quotes=empty, bias_vol_points=math.nan) for one in report.expiries)
    bad = dataclasses.replace(
        as_kind(report, EACH[0], edge="rho"), quotes=empty, bias_vol_points=math.nan, expiries=expiries
    )
    written = json.loads(json.dumps(bad.to_dict(), allow_nan=False))
    for where in (written, written["expiries"][0]):
        for key in ("inside_spread_fraction", "rmse_vol_points", "bias_vol_points"):
            assert where[key] is None
    rho = written["parameters"]["rho"]
    assert (rho["value"], rho["standard_error"], rho["state"]) == (-0.4, None, "edge")
    assert written["readings"]["jumps_per_year"] is None
    assert "none" in str(bad)


@pytest.mark.parametrize("model", EACH, ids=lambda model: model.__struct_config__.tag)
def test_every_model_has_a_text_and_a_page(report: CalibrationReport, model: Any) -> None:
    one = as_kind(report, model)
    text = str(one)
    assert text.startswith(f"MODEL CALIBRATION, {TITLES[one.kind]}  ")
    assert "nan" not in text
    assert "…" not in text
    for name in model.__struct_fields__:
        assert re.search(rf"\b{name}\b", text)
    assert repr(one) == text
    assert set(TITLES) == set(MODELS) == {each.__struct_config__.tag for each in EACH}


def test_sabr_has_a_row_for_each_expiry_and_no_single_model(report: CalibrationReport) -> None:
    one = as_kind(report, EACH[4], held="beta")
    first, *rest = str(one).split("2  Residuals")
    assert rest
    for expiry in one.to_dict()["expiries"]:
        assert f"\n{expiry['expiry'][:10]}" in first
        assert list(expiry["parameters"]) == ["alpha", "beta", "vol_of_vol", "rho"]
    assert one.to_dict()["parameters"] == {}
    with pytest.raises(hr.InputError, match="sabr has a model for each expiry; take fits"):
        _ = one.model
    assert one.fit_at(1) is one.fits[1]
    assert report.fit_at(1) is report.fits[0]


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (74.7712, 5.8123, ("74.8", "± 5.8")),
        (0.51698, 0.00464, ("0.5170", "± 0.0046")),
        (-0.0457, 0.0108, ("-0.046", "± 0.011")),
        (282.65, 318.1, ("283", "± 318")),
        (12345.6, 1234.5, ("12,346", "± 1,234")),
        (0.36000012, 2.3e-9, ("0.36", "± 2.3e-09")),
    ],
)
def test_values_are_shown_as_finely_as_their_error_bars(value: float, error: float, shown: tuple[str, str]) -> None:
    one = ParameterFigures(name="kappa", value=value, standard_error=error, state="fitted")
    assert (value_text(one), error_text(one)) == shown
    edge = dataclasses.replace(one, standard_error=math.nan, state="edge")
    held = dataclasses.replace(one, standard_error=math.nan, state="held")
    assert (error_text(edge), error_text(held)) == ("at its edge", "follows")
    assert value_text(edge) == value_text(held) == f"{value:.4g}"


def test_parameters_that_move_together_are_named(report: CalibrationReport) -> None:
    assert "v0 and kappa move together (correlation -0.970)" in str(as_kind(report, EACH[0], tie=-0.97))
    assert "move together" not in str(as_kind(report, EACH[0], tie=-0.9))


def test_readings_are_those_of_the_models() -> None:
    # SVCJ against draws: an exponential jump of the variance, a normal jump of ln F whose mean it moves.
    rng = np.random.default_rng(7)
    variance = rng.exponential(SVCJ.variance_jump_mean, 4_000_000)
    jump = SVCJ.jump_mean + SVCJ.jump_correlation * variance + SVCJ.jump_vol * rng.standard_normal(variance.size)
    known = read(SVCJ)
    growth = np.exp(jump) - 1.0
    scatter = 100.0 * float(growth.std()) / math.sqrt(jump.size)
    assert known.mean_jump_percent == pytest.approx(100.0 * float(growth.mean()), abs=4.0 * scatter)
    # In the long run kappa·(theta - v) + intensity·mean jump = 0.
    held = SVCJ.theta + SVCJ.jump_intensity * float(variance.mean()) / SVCJ.kappa
    assert known.vol_long_run == pytest.approx(math.sqrt(held), rel=1e-3)
    second = held + SVCJ.jump_intensity * float(np.mean(jump**2))
    assert known.vol_long_run_with_jumps == pytest.approx(math.sqrt(second), rel=1e-3)
    calm = read(msgspec.structs.replace(EACH[0], vol_of_vol=0.0))
    assert calm.feller == math.inf
    for model in EACH:
        for name, value in dataclasses.asdict(read(model)).items():
            assert math.isnan(value) or value > 0.0 or name == "mean_jump_percent"


def test_a_price_lost_in_its_error_has_a_vol_all_the_same() -> None:
    # Else a model that gives a quoted wing no value at all would not be charged for it.
    quiet = hr.Merton(vol=0.1, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.1)
    found = smile_of(quiet, np.array([-0.5, 0.0, 0.5]), np.full(3, 0.01))
    assert found.vol[1] == pytest.approx(0.1, rel=1e-6)
    assert np.all(found.price[[0, 2]] < 1e-9)
    assert np.all((found.vol[[0, 2]] > 0.1) & (found.vol[[0, 2]] < 1.5))


def test_names_from_files_are_shown_and_do_nothing(report: CalibrationReport) -> None:
    text = str(spoilt(report))
    assert "ETH-<script>alert('x')</script>&?[31m[bold]-C" in text
    assert "\x1b" not in text
    for html in (spoilt(report).to_html(), spoilt(report)._repr_html_()):
        assert "<script" not in html
        assert "\x1b" not in html
        assert "&lt;script&gt;" in html


def test_the_page_stands_alone(report: CalibrationReport, page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == page.count("</svg>") == len(PICTURES)
    assert re.findall(r'(?:src|href|action)="(?!#)', page) == []
    assert re.findall(r"url\((?!#)", page) == []
    assert set(re.findall(r"https?://[^\"' ]+", page)) <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert re.findall(r"<[^>]*\son\w+=", page) == []
    for name in report.model.__struct_fields__:
        assert f"<td>{name}</td>" in page


def test_names_inside_pictures_are_unique_on_the_page(page: str) -> None:
    names = re.findall(r' id="([^"]+)"', page)
    assert names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_bytes_each_time_and_says_what_it_is(report: CalibrationReport, name: str) -> None:
    drawn = PICTURES[name](report)
    assert drawn == PICTURES[name](report)
    root = ET.fromstring(drawn)
    title = next(child.text for child in root if child.tag.endswith("title"))
    assert title is not None
    assert "ETH" in title
    assert "Merton" in title
    words = " ".join(node.text or "" for node in root.iter() if node.tag.endswith("text"))
    assert "strike/forward" in words, "no unit on an axis"


def test_the_documentation_holds_the_pictures_of_this_code(market: Snapshot) -> None:
    # Processors differ in the last digits of a fit, so numbers may differ by less than can be seen.
    real, advice = calibrate(market), "refresh: .venv/bin/python tools/draw_pictures.py"
    for name, draw in PICTURES.items():
        texts = draw(real), (DOCS / "pictures" / f"calibration-{name}.svg").read_text("utf-8")
        drawn, held = (NAME.sub(r"\1", text) for text in texts)
        assert NUMBER.sub("#", drawn) == NUMBER.sub("#", held), advice
        numbers = [np.array(NUMBER.findall(text), dtype=np.float64) for text in (drawn, held)]
        assert np.max(np.abs(numbers[0] - numbers[1])) < 0.5, advice


def test_every_picture_is_in_the_documentation_and_none_is_left_over() -> None:
    text = (DOCS / "models.md").read_text("utf-8")
    assert set(re.findall(r"\(pictures/calibration-(\w+)\.svg\)", text)) == set(PICTURES)
    held = {path.stem for path in (DOCS / "pictures").glob("calibration-*.svg")}
    assert held == {f"calibration-{name}" for name in PICTURES}
