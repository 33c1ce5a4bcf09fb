"""What a report says of figures that rest on little, and of a benchmark that is none."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from hedgerow.core.errors import ConfigError
from hedgerow.lab import sources
from hedgerow.lab.figures import DoneStudy, make_report
from hedgerow.lab.run import run_study, simulate
from hedgerow.lab.tally import GROUPS, Figures
from simulated_studies import MODELS, load, text

SHORT = "[option]\nexpiry_days = 4\n"
FOUR = "[hedge]\nsteps = 4\nproportional_cost = 0.005\n"


def averse(risk_aversion: float) -> str:
    more = f'[objective]\nkind = "entropic"\nrisk_aversion = {risk_aversion!r}\n'
    return text('kind = "delta"', 'kind = "unhedged"', held=SHORT, hedge=FOUR, more=more)


def test_a_certainty_equivalent_of_a_few_paths_says_so(tmp_path: Path) -> None:
    report = simulate(load(tmp_path, averse(1e11)))
    for policy in report.policies:
        assert any("certainty equivalent decided by a few paths" in note for note in policy.notes)
        assert np.isfinite([policy.objective, policy.standard_error, policy.difference, policy.difference_error]).all()
    delta = report.policies[0]
    assert (delta.difference, delta.difference_error) == (0.0, 0.0)
    assert "NaN" not in json.dumps(report.to_dict())
    calm = simulate(load(tmp_path, averse(0.1)))
    assert not any(policy.notes for policy in calm.policies)


def test_a_cvar_of_a_few_paths_says_so(tmp_path: Path) -> None:
    more = '[objective]\nkind = "cvar"\nlevel = 0.999\n'
    thin = simulate(load(tmp_path, text(held=SHORT, hedge=FOUR, more=more)))
    assert any(note.startswith("CVaR decided by a few paths: the worst 0.10% of 1,000 are 1, ") for note in thin.notes)
    more = more.replace("0.999", "0.98")
    notes = simulate(load(tmp_path, text(held=SHORT, hedge=FOUR, more=more))).notes
    assert not any("few paths" in note for note in notes)


def test_small_blocks_do_not_spoil_a_cvar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst thousandth of a lognormal price against its closed form, walked in blocks of 238 paths."""
    monkeypatch.setattr(sources, "_MOST_PATHS", 238)
    more = '[objective]\nkind = "cvar"\nlevel = 0.999\n'
    model, held = '[model]\nkind = "gbm"\nsigma = 0.2\n', "[option]\nexpiry_days = 365\nstrike = 1e-3\n"
    content = text('kind = "unhedged"', model=model, held=held, hedge="[hedge]\nsteps = 1\n", more=more)
    content = content.replace("paths = 1000", "paths = 100000")
    expected = 100.0 * (norm.cdf(0.2 - norm.ppf(0.999)) / 0.001 - 1.0)
    for seed in (1, 2, 3):
        (found,) = simulate(load(tmp_path, content.replace("seed = 3", f"seed = {seed}"))).policies
        assert 0.3 < found.cvar_error < 3.0
        assert found.cvar == pytest.approx(expected, abs=3.0 * found.cvar_error)


def compared(folder: Path, shift: float, *, error: float = 0.0, same: bool = False) -> DoneStudy:
    """Return a study whose second policy passes for the optimum; its losses are the first one's, and a shift."""
    content = text('kind = "delta"', 'kind = "delta"\nname = "best"', held=SHORT, hedge=FOUR)
    done = run_study(load(folder, content))
    best = dataclasses.replace(done.policies[1], kind="optimal", is_exact=True, error=error)
    noise = np.zeros(GROUPS + 1) if same else 0.001 * np.random.default_rng(1).standard_normal(GROUPS + 1)
    mean = done.figures[0].mean + shift + noise
    return dataclasses.replace(
        done, policies=(done.policies[0], best), figures=(done.figures[0], _moved(done.figures[1], mean))
    )


def _moved(figures: Figures, mean: np.ndarray) -> Figures:
    return dataclasses.replace(figures, mean=mean)


def test_a_benchmark_that_is_beaten_is_no_optimum(tmp_path: Path) -> None:
    delta, best = make_report(compared(tmp_path, 0.5)).policies
    assert delta.gap == pytest.approx(-0.5, abs=0.01)
    assert "below zero by more than its error" in delta.notes[0]
    assert "best is not the optimum here" in delta.notes[0]
    assert best.notes[0].startswith("not the optimum here: delta does better by 0.5")


def test_a_gap_within_its_error_is_in_doubt(tmp_path: Path) -> None:
    for shift in (0.5, -0.5):
        delta, best = make_report(compared(tmp_path, shift, error=0.6)).policies
        assert "is within its error" in delta.notes[0]
        assert best.notes == ()
    delta, best = make_report(compared(tmp_path, -0.5)).policies
    assert (delta.notes, best.notes) == ((), ())


def test_the_same_losses_leave_no_doubt(tmp_path: Path) -> None:
    delta, best = make_report(compared(tmp_path, 0.0, error=0.1, same=True)).policies
    assert (delta.gap, delta.gap_error, delta.notes, best.notes) == (0.0, 0.0, (), ())


def test_a_cvar_that_was_not_found_is_null(tmp_path: Path) -> None:
    done = compared(tmp_path, 0.5)
    lost = dataclasses.replace(done.figures[0], cvar=np.full(GROUPS + 1, np.nan))
    delta = make_report(dataclasses.replace(done, figures=(lost, done.figures[1]))).policies[0]
    assert delta.notes[0].startswith("CVaR or its error not found")
    assert (delta.to_dict()["cvar"], delta.to_dict()["cvar_standard_error"]) == (None, None)


@pytest.mark.parametrize(
    ("model", "held", "told"),
    [
        (
            '[model]\nkind = "gbm"\nsigma = 10.0\n',
            "[option]\nexpiry_days = 36000\n",
            r"study\.toml:1: model: prices of paths .* leave the range of numbers; lower the vol",
        ),
        (
            MODELS["heston"].replace("v0 = 0.4", "v0 = 1e-300").replace("theta = 0.5", "theta = 1e-300"),
            SHORT,
            r"study\.toml:1: model: Heston at .* its total variance is .*; check parameters and expiry",
        ),
    ],
)
def test_what_formulas_refuse_names_its_table(tmp_path: Path, model: str, held: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        simulate(load(tmp_path, text(model=model, held=held)))
