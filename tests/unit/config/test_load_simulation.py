"""A study on simulated paths that cannot be run says which line, which rule and what to do."""

from pathlib import Path

import msgspec
import pytest

from hedgerow.config.load_simulation import load_simulation, model_of
from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_models import GbmLine
from hedgerow.config.simulation_policies import POLICY_KINDS, read_policies
from hedgerow.config.simulation_tables import LelandLine, SoldOption
from hedgerow.core.errors import ConfigError
from hedgerow.policy import DeltaTolerance, Unhedged, WhalleyWilmott
from hedgerow.pricing.models import Merton
from simulated_studies import DELTA, HEDGE, MODEL, MODELS, OPTION, load, text


def test_only_model_option_and_a_policy_are_needed(tmp_path: Path) -> None:
    study = load(tmp_path, f'[model]\nkind = "gbm"\nsigma = 0.5\n[option]\n{DELTA}')
    assert (study.market.spot, study.option, study.hedge.steps) == (100.0, SoldOption(), None)
    assert (study.settlement, study.days_per_year, study.simulation.paths) == ("linear", 365.0, 100_000)
    assert [policy.name for policy in read_policies(study)] == ["delta"]


@pytest.mark.parametrize("kind", MODELS)
def test_every_model_is_made(tmp_path: Path, kind: str) -> None:
    study = load(tmp_path, text(model=MODELS[kind]))
    assert study.model is not None
    made = model_of(study)
    for name in study.model.__struct_fields__:
        if name not in ("mu", "sigma"):
            assert getattr(made, name) == getattr(study.model, name)
    if kind == "gbm":
        assert made == Merton(vol=0.6, jump_intensity=0.0, jump_mean=0.0, jump_vol=0.0)


def test_policies_get_what_they_ask_for(tmp_path: Path) -> None:
    more = '[objective]\nkind = "entropic"\nrisk_aversion = 2.0\n'
    tables = (
        'kind = "whalley_wilmott"',
        'kind = "whalley_wilmott"\nrisk_aversion = 3.0',
        'kind = "delta_tolerance"\ntolerance = 0.1\nname = "wide"',
        'kind = "unhedged"',
        'kind = "leland"\nevery_steps = 2',
    )
    found = read_policies(load(tmp_path, text(*tables, more=more)))
    assert [policy.name for policy in found] == ["whalley_wilmott", "whalley_wilmott 2", "wide", "unhedged", "leland"]
    assert [policy.rule for policy in found] == [
        WhalleyWilmott(risk_aversion=2.0),
        WhalleyWilmott(risk_aversion=3.0),
        DeltaTolerance(tolerance=0.1),
        Unhedged(),
        LelandLine(every_steps=2),
    ]


GONE = ""
BAD = [
    # what is written, what it is replaced by, and what is said
    (MODEL, GONE, r"study\.toml: model: is missing; add \[model\]"),
    ("sigma = 0.6", "sigma = 60", r"study\.toml:3: model\.sigma: is 60; it is a fraction: write 0\.65 for 65 %"),
    ("sigma = 0.6", "sigma = -0.6", r":3: model\.sigma: is -0\.6; it is a fraction"),
    ("sigma = 0.6", "vol = 0.6", r":3: model\.vol: unknown key; remove it or correct its spelling"),
    ("sigma = 0.6\n", GONE, r"model\.sigma: required key is missing; add it"),
    ("mu = 0.1", "mu = 12", r":4: model\.mu: is 12; it is a fraction per year"),
    ('kind = "gbm"', 'kind = "garch"', r":2: model\.kind: Invalid value 'garch'; there is gbm, heston, merton"),
    (OPTION, GONE, r"option: is missing; add \[option\], or \[\[position\]\] for a book"),
    ("strike = 105.0", "strike = -1.0", r":6: option\.strike: is -1; give a positive price"),
    ("strike = 105.0", "quantity = 0.0", r":6: option\.quantity: is 0; give what is held"),
    ("strike = 105.0", 'settlement = "cash"', r":6: option\.settlement: Invalid enum value 'cash'"),
    ("strike = 105.0", "days_per_year = 0.0", r"option\.days_per_year: is 0; give the days of a year"),
    ("expiry_days = 10", "expiry_days = -10", r":7: option\.expiry_days: is -10; give a positive number of days"),
    ("expiry_days = 10", "expiry_days = nan", r":7: option\.expiry_days: is nan; give a finite number"),
    ("steps = 10", "steps = 0", r":9: hedge\.steps: is 0; give 1 to 100,000 dates"),
    ("steps = 10", "vol = 65.0", r":9: hedge\.vol: is 65; it is a fraction: write 0\.65 for 65 %"),
    ("= 0.002", "= -0.002", r":10: hedge\.proportional_cost: is -0\.002; a cost is zero or more"),
    (
        "= 0.002",
        "= 10.0",
        r":10: hedge\.proportional_cost: is 10; it is a fraction of the value traded: 0\.001 is 10 bp",
    ),
    ("proportional_cost = 0.002", "fixed_cost = -1.0", r":10: hedge\.fixed_cost: is -1; a cost is zero or more"),
    ("paths = 1000", "paths = 10", r"simulation\.paths: is 10; give 200 to .*fewer have no standard error"),
    (
        "paths = 1000",
        "paths = 1001\nantithetic = true",
        r"simulation\.paths: is 1001, odd; antithetic paths come in pairs",
    ),
    ("seed = 3", "seed = -3", r"simulation\.seed: is -3; give zero or more"),
    ("seed = 3", "substeps = 0", r"simulation\.substeps: is 0; give 1 to 10,000"),
    ("sigma = 0.6", "sigma = 1e-300", r":3: model\.sigma: is 1e-300; it is a fraction: .*at least 0\.0001"),
    ("sigma = 0.6", "sigma = true", r":3: model\.sigma: Expected a number, got true or false"),
    ("strike = 105.0", "strike = 1e13", r":6: option\.strike: is 1e\+13; give a price from 1e-12 to 1e12"),
    ("strike = 105.0", "quantity = -1e-300", r":6: option\.quantity: is -1e-300; give an amount from"),
    ("strike = 105.0", "days_per_year = 1e-9", r":6: option\.days_per_year: is 1e-09; give the days of a year"),
    ("expiry_days = 10", "expiry_days = 1e9", r":7: option\.expiry_days: is 1e\+09; give from a second to a hundred"),
    ("steps = 10", "horizon_days = 1e-9", r":9: hedge\.horizon_days: is 1e-09; give from a second to a hundred"),
    ("[simulation]", "[market]\nspot = 1e-300\n[simulation]", r":12: market\.spot: is 1e-300; give a price from"),
    ("paths = 1000", "paths = 3.5", r"simulation\.paths: Expected a whole number, got one with a point"),
    ("seed = 3", "seed = 99999999999999999999", r"simulation\.seed: .*; give zero or more, below 2\^63"),
    (
        'kind = "delta"',
        'kind = "time_grid"\nevery_steps = 1000000000000',
        r":16: policy\[0\]\.every_steps: is 1000000000000; give 1 or more dates, to 100,000",
    ),
    ('kind = "delta"', 'kind = "time_grid"\nevery_hours = 1e9', r":16: policy\[0\]\.every_hours: .*to 1,000,000"),
    (DELTA, GONE, r"policy: required key is missing; add it"),
    ('kind = "delta"', 'kind = "gamma"', r":15: policy\[0\]\.kind: is 'gamma'; there is .*whalley_wilmott"),
    ('kind = "delta"', 'name = "x"', r":14: policy\[0\]: names no kind; there is"),
    (
        'kind = "delta"',
        'kind = "delta"\ntolerance = 1.0',
        r":16: policy\[0\]\.tolerance: unknown key; delta takes no key",
    ),
    ('kind = "delta"', 'kind = "whalley_wilmott"', r":14: policy\[0\]: whalley_wilmott needs risk_aversion; add it"),
    (
        'kind = "delta"',
        'kind = "whalley_wilmott"\nrisk_aversion = -1.0',
        r":16: policy\[0\]\.risk_aversion: .*positive number",
    ),
    (
        'kind = "delta"',
        'kind = "exact"\nrisk_aversion = 0.0',
        r":16: policy\[0\]\.risk_aversion: is 0; give a positive",
    ),
    ('kind = "delta"', 'kind = "exact"\nrisk_aversion = "1"', r":16: policy\[0\]\.risk_aversion: Expected a number"),
    ('kind = "delta"', 'kind = "time_grid"', r":14: policy\[0\]: time_grid needs every_hours or every_steps"),
    (
        'kind = "delta"',
        'kind = "time_grid"\nevery_hours = 1.0\nevery_steps = 2',
        r":16: policy\[0\]\.every_hours: stands beside every_steps; state one of them",
    ),
    ('kind = "delta"', 'kind = "time_grid"\nevery_steps = 0', r"policy\[0\]\.every_steps: is 0; give 1 or more"),
    ('kind = "delta"', 'kind = "time_grid"\nevery_hours = -8', r"policy\[0\]\.every_hours: is -8; give a positive"),
    (
        'kind = "delta"',
        'kind = "leland"\nproportional_cost = 10.0',
        r"policy\[0\]\.proportional_cost: is 10; it is a frac",
    ),
    ('kind = "delta"', 'kind = "delta"\nname = 3', r":16: policy\[0\]\.name: is no text; write it in quotes"),
]


@pytest.mark.parametrize(("old", "new", "told"), BAD)
def test_what_cannot_be_run_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    content = text()
    assert old in content
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('kind = "entropic"', r"objective\.risk_aversion: is missing; entropic needs it, per unit of money"),
        ('kind = "variance"', r":12: objective\.kind: Invalid enum value 'variance'"),
        ("weight = -1.0", r":12: objective\.weight: is -1; give zero or more"),
        ('kind = "cvar"\nlevel = 95.0', r":13: objective\.level: is 95; give a probability from 0\.5 to 0\.999"),
        ("risk_aversion = 0.0", r":12: objective\.risk_aversion: is 0; give a positive number"),
        ('report = "percent"', r":12: objective\.report: Invalid enum value 'percent'"),
    ],
)
def test_objectives_that_mean_nothing_are_told(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, text(more=f"[objective]\n{more}\n"))


CALL = '[[position]]\nkind = "call"\nstrike = 100.0\nexpiry_days = 5\n'
RANGE = '[[position]]\nkind = "liquidity_v3"\nliquidity = 10.0\nlower = 80.0\nupper = 120.0\n'


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (OPTION + CALL, r"study\.toml:8: position\[0\]: stands beside \[option\]; keep one of them"),
        (CALL + 'settlement = "inverse"\n' + CALL, r"position\[1\]\.settlement: is 'linear', .*settle all alike"),
        (RANGE, r"hedge\.horizon_days: is missing, and liquidity does not expire; say how long it is held"),
        (CALL + RANGE.replace("120.0", "70.0"), r"position\[1\]\.upper: is 70, not above lower"),
        (
            CALL + RANGE.replace("80.0", "0.0"),
            r"position\[1\]\.lower: is 0; give a positive price; liquidity_v2 reaches",
        ),
        (CALL + RANGE.replace("10.0", "0.0"), r"position\[1\]\.liquidity: is 0; give what is held"),
        (CALL.replace('"call"', '"digital"'), r"position\[0\]\.kind: .*'digital'; there is call, put, liquidity_v2"),
        (CALL + "upper = 1.0\n", r"position\[0\]\.upper: unknown key"),
    ],
)
def test_books_that_make_no_sense_are_told(tmp_path: Path, held: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, text(held=held))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("antithetic = true", r"simulation\.antithetic: real returns have no mirror image"),
        ("substeps = 2", r"simulation\.substeps: real returns have no steps in between"),
    ],
)
def test_real_returns_have_no_scheme(tmp_path: Path, more: str, told: str) -> None:
    resample = '[resample]\nfile = "x.csv"\ncolumn = "close"\n'
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, text(model=resample).replace("seed = 3", f"seed = 3\n{more}"))
    with pytest.raises(ConfigError, match=r"resample: stands beside \[model\]; keep one of them"):
        load(tmp_path, text(model=MODEL + resample))


def test_a_model_out_of_its_domain_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"study\.toml:7: model\.rho: is 1\.5; give a number strictly between -1 and 1"
    ):
        load(tmp_path, text(model=MODELS["heston"].replace("rho = -0.3", "rho = 1.5")))


def test_two_policies_of_one_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"policy\[1\]\.name: 'x' is the name of another policy"):
        load(tmp_path, text('kind = "delta"\nname = "x"', 'kind = "unhedged"\nname = "x"'))


def test_the_key_file_is_not_the_users(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"study\.toml:1: file: unknown key; remove it"):
        load(tmp_path, 'file = "x"\n' + text())
    with pytest.raises(ConfigError, match="no such file"):
        load_simulation(tmp_path / "none.toml")


def test_engine_keys_are_not_those_of_a_study(tmp_path: Path) -> None:
    assert "look_every_s" in [field.name for field in msgspec.structs.fields(POLICY_KINDS["zakamouline"])]
    with pytest.raises(ConfigError, match=r"policy\[0\]\.look_every_s: unknown key; zakamouline takes risk_aversion"):
        load(tmp_path, text('kind = "zakamouline"\nrisk_aversion = 1.0\nlook_every_s = 60.0'))


def test_a_study_made_in_code_has_no_line() -> None:
    study = SimulationStudy(model=GbmLine(sigma=0.5), option=SoldOption(), policy=({"kind": "nothing"},))
    with pytest.raises(ConfigError, match=r"^study: policy\[0\]\.kind: is 'nothing'"):
        read_policies(study)


def test_years_are_stated_once(tmp_path: Path) -> None:
    held = OPTION + "days_per_year = 250\n"
    assert load(tmp_path, text(held=held)).days_per_year == 250.0
    with pytest.raises(ConfigError, match=r"hedge\.days_per_year: is 260, \[option\] says otherwise; state it once"):
        load(tmp_path, text(held=held, hedge=HEDGE + "days_per_year = 260\n"))
