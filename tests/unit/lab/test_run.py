"""A study from file to report."""

import math
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.config.simulation_policies import read_policies
from hedgerow.core.errors import ConfigError
from hedgerow.lab.programmes import hedging_problem, resolve
from hedgerow.lab.run import simulate, source_of
from hedgerow.lab.setting import make_setting
from hedgerow.lab.sources import substeps_of
from hedgerow.lab.trading import Walk
from hedgerow.policy import Leland
from simulated_studies import MODELS, load, text

SHORT = "[option]\nexpiry_days = 4\n"
FOUR = "[hedge]\nsteps = 4\nproportional_cost = 0.005\nfixed_cost = 0.01\n"


def test_the_report_is_what_the_paths_say(tmp_path: Path) -> None:
    """Every figure again from the losses of all paths, kept in memory."""
    more = '[objective]\nkind = "cvar"\nlevel = 0.9\nrisk_aversion = 0.5\nreport = "percent_of_premium"\n'
    study = load(tmp_path, text('kind = "delta"', 'kind = "unhedged"', held=SHORT, hedge=FOUR, more=more))
    report = simulate(study)
    setting = make_setting(study, None)
    y = np.hstack(list(source_of(study, setting, None).blocks(1000)))
    policies = [resolve(study, i, named, setting).policy for i, named in enumerate(read_policies(study))]
    scale = 100.0 / setting.premium
    cvars = []
    for found, kept in zip(report.policies, Walk(setting, policies).through(y), strict=True):
        losses = kept.losses
        assert found.mean == pytest.approx(scale * losses.mean(), rel=1e-9)
        assert found.std == pytest.approx(scale * losses.std(ddof=1), rel=1e-9)
        worst = np.sort(losses)[-100:].mean()
        assert found.cvar == pytest.approx(scale * worst, rel=1e-3)
        certain = np.log(np.exp(0.5 * losses).mean()) / 0.5
        assert found.certainty_equivalent == pytest.approx(scale * certain, rel=1e-9)
        assert found.costs.total == pytest.approx(scale * kept.parts[:3].sum(axis=0).mean(), rel=1e-9)
        assert (found.trades, found.turnover) == pytest.approx(tuple(kept.parts[3:].mean(axis=1)), rel=1e-9)
        assert found.objective == found.cvar
        assert found.mean_error == pytest.approx(found.std / math.sqrt(1000.0), rel=0.35)
        cvars.append(found.cvar)
    assert report.policies[1].difference == pytest.approx(cvars[1] - cvars[0], abs=1e-9)
    assert report.policies[0].difference_error == 0.0
    assert all(math.isnan(policy.gap) for policy in report.policies)


def test_a_gap_is_measured_from_the_exact_policy_at_the_objectives_own_risk_aversion(tmp_path: Path) -> None:
    more = '[objective]\nkind = "entropic"\nrisk_aversion = 1.0\n'
    tables = ('kind = "exact"\nrisk_aversion = 0.5', 'kind = "delta"', 'kind = "exact"')
    content = text(*tables, held=SHORT, hedge=FOUR, more=more).replace("paths = 1000", "paths = 20000")
    report = simulate(load(tmp_path, content))
    other, delta, exact = report.policies
    assert exact.gap == 0.0
    assert delta.gap == pytest.approx(delta.objective - exact.objective, abs=1e-12)
    assert delta.gap > 5.0 * delta.gap_error > 0.0
    assert other.parameters == {"risk_aversion": 0.5}
    lone = simulate(load(tmp_path, text(*tables[:2], held=SHORT, hedge=FOUR, more=more)))
    assert all(math.isnan(policy.gap) for policy in lone.policies)
    assert lone.to_dict()["policies"][0]["gap_to_exact"] is None


def test_the_programs_value_is_what_its_bands_cost(tmp_path: Path) -> None:
    """The certainty equivalent of the walk and of the program, above the price, in both settlements and in a book."""
    more = '[objective]\nkind = "entropic"\nrisk_aversion = {}\n'
    book = (
        '[[position]]\nkind = "put"\nstrike = 95.0\nexpiry_days = 2\n'
        '[[position]]\nkind = "liquidity_v3"\nliquidity = 30.0\nlower = 90.0\nupper = 115.0\n'
    )
    studies = (
        (MODELS["gbm"], SHORT, 0.5),
        (MODELS["merton"], SHORT, 0.5),
        (MODELS["gbm"], SHORT + 'settlement = "inverse"\n', 50.0),
        (MODELS["merton"], SHORT + 'settlement = "inverse"\nkind = "put"\n', 50.0),
        (MODELS["gbm"], book, 0.5),
    )
    for model, held, aversion in studies:
        hedge = FOUR.replace("fixed_cost = 0.01", f"fixed_cost = {0.005 / aversion!r}\nhorizon_days = 4")
        content = text('kind = "exact"', model=model, held=held, hedge=hedge, more=more.format(aversion))
        study = load(tmp_path, content.replace("paths = 1000", "paths = 40000"))
        setting = make_setting(study, None)
        problem, is_exact = hedging_problem(setting)
        policy = resolve(study, 0, read_policies(study)[0], setting).policy
        found = simulate(study).policies[0]
        assert is_exact
        assert problem.steps == 4
        value = policy.value + setting.worth  # type: ignore[attr-defined]
        assert abs(found.certainty_equivalent - value) < 4.0 * found.standard_error + 2.0 * found.grid_error, held


def test_under_another_model_the_program_is_a_rule_and_there_is_no_gap(tmp_path: Path) -> None:
    tables = ('kind = "delta"', 'kind = "optimal"', 'kind = "exact"\nrisk_aversion = 1.0')
    report = simulate(load(tmp_path, text(*tables, model=MODELS["heston"], held=SHORT, hedge=FOUR)))
    assert all(math.isnan(policy.gap) for policy in report.policies)
    assert "under this model it is a rule" in report.policies[1].notes[0]
    assert report.policies[1].objective < report.policies[0].objective


def test_a_gap_within_its_error_is_called_in_doubt(tmp_path: Path) -> None:
    more = '[objective]\nkind = "entropic"\nrisk_aversion = 1.0\n'
    tables = ('kind = "exact"', 'kind = "exact"\nrisk_aversion = 1.02', 'kind = "unhedged"')
    exact, near, far = simulate(load(tmp_path, text(*tables, held=SHORT, hedge=FOUR, more=more))).policies
    assert exact.notes == ()
    assert not any("is within its error" in note for note in far.notes)
    assert "is within its error" in near.notes[0]


def test_intervals_are_whole_dates(tmp_path: Path) -> None:
    hedge = "[hedge]\nsteps = 12\n"
    tables = ('kind = "time_grid"\nevery_hours = 16.0', 'kind = "time_grid"\nevery_steps = 2', 'kind = "delta"')
    held = SHORT.replace("4", "3.7")  # dates 7.4 hours apart: every other one is no round number of anything
    study = load(tmp_path, text(*tables[1:], held=held, hedge=hedge))
    sparse, delta = simulate(study).policies
    assert (sparse.trades, delta.trades) == pytest.approx((7.0, 13.0), abs=0.5)
    with pytest.raises(ConfigError, match=r"policy\[0\]\.every_hours: is 16, and dates are 7\.4 hours apart"):
        simulate(load(tmp_path, text(*tables, held=held, hedge=hedge)))


def test_lelands_vol_is_that_of_its_interval(tmp_path: Path) -> None:
    """Asked at every second date of eight, it trades as one that has four dates of twice the length."""
    held, costs = "[option]\nexpiry_days = 4\ndays_per_year = 250\n", "proportional_cost = 0.005\n"
    study = load(tmp_path, text('kind = "leland"\nevery_steps = 2', held=held, hedge=f"[hedge]\nsteps = 8\n{costs}"))
    fine = make_setting(study, None)
    coarse = make_setting(load(tmp_path, text(held=held, hedge=f"[hedge]\nsteps = 4\n{costs}")), None)
    y = np.hstack(list(source_of(study, fine, None).blocks(100)))
    sparse = resolve(study, 0, read_policies(study)[0], fine).policy
    (mine,) = Walk(fine, [sparse]).through(y)
    (theirs,) = Walk(coarse, [Leland(proportional_cost=0.005)]).through(np.ascontiguousarray(y[::2]))
    assert mine.losses == pytest.approx(theirs.losses, abs=1e-11)


def test_schemes_with_a_bias_take_short_steps(tmp_path: Path) -> None:
    held = "[option]\nexpiry_days = 70\n"
    weekly = "[hedge]\nsteps = 10\n"
    model = MODELS["heston"].replace("kappa = 3.0", "kappa = 30.0")
    study = load(tmp_path, text(model=model, held=held, hedge=weekly))
    assert substeps_of(study, make_setting(study, None)) == 7
    stated = load(tmp_path, text(model=model, held=held, hedge=weekly).replace("seed = 3", "seed = 3\nsubsteps = 1"))
    with pytest.raises(ConfigError, match=r"simulation\.substeps: is 1: .*too coarse to trust; give at least 2"):
        simulate(stated)
    exact = load(tmp_path, text(held=held, hedge=weekly))
    assert substeps_of(exact, make_setting(exact, None)) == 1


def test_programs_know_no_impact(tmp_path: Path) -> None:
    hedge = "[hedge]\nsteps = 4\nimpact_cost = 0.1\n"
    for kind in ("exact", "optimal"):
        study = load(
            tmp_path, text(f'kind = "{kind}"\n' + ("risk_aversion = 1.0" if kind == "exact" else ""), hedge=hedge)
        )
        with pytest.raises(ConfigError, match=rf"policy\[0\]\.kind: is {kind}, which does not know impact_cost"):
            simulate(study)


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    study = load(tmp_path, text(held=SHORT, hedge=FOUR).replace("paths = 1000", "paths = 9000"))
    report = hr.simulate(study, progress=lambda *said: told.append(said))
    assert told == [("paths", 4096, 9000), ("paths", 8192, 9000), ("paths", 9000, 9000)]
    assert "delta" in str(report)
    assert hr.simulate(Path(study.file)).to_dict() == report.to_dict()


def test_antithetic_pairs_sharpen_what_is_odd(tmp_path: Path) -> None:
    content = text('kind = "unhedged"', held="[option]\nexpiry_days = 4\nstrike = 1e-3\n", hedge=FOUR)
    plain = simulate(load(tmp_path, content)).policies[0]
    mirrored = simulate(load(tmp_path, content.replace("seed = 3", "seed = 3\nantithetic = true"))).policies[0]
    assert mirrored.mean_error < 0.1 * plain.mean_error
