"""What is said of a study: why there is no gap, what a column is, what real returns were drawn."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from hedgerow.lab import simulate
from hedgerow.lab.run import simulate as run
from hedgerow.report.render_simulation import result_cells, setting_lines
from simulated_studies import HEDGE, load, text

FOUR = "[option]\nexpiry_days = 4\n"
STEPS = "[hedge]\nsteps = 4\nproportional_cost = 0.005\n"


@pytest.mark.parametrize(
    ("policy", "objective", "told"),
    [
        ('kind = "delta"', 'kind = "cvar"', 'list a [[policy]] with kind = "optimal"'),
        ('kind = "delta"', 'kind = "entropic"\nrisk_aversion = 0.5', 'list a [[policy]] with kind = "exact"'),
        (
            'kind = "exact"\nrisk_aversion = 0.2',
            'kind = "entropic"\nrisk_aversion = 0.5',
            "the objective's risk_aversion, 0.5",
        ),
        ('kind = "exact"\nrisk_aversion = 0.2', 'kind = "mean_std"', "not the objective of this study"),
    ],
)
def test_a_study_without_an_optimum_says_what_to_list(tmp_path: Path, policy: str, objective: str, told: str) -> None:
    report = run(load(tmp_path, text(policy, held=FOUR, hedge=STEPS, more=f"[objective]\n{objective}\n")))
    assert any(told in note for note in report.notes)
    assert sum("no gap to the optimum" in note for note in report.notes) == 1
    assert "to the optimum" not in result_cells(report)[0]


def test_a_gap_needs_no_note_and_has_its_column(tmp_path: Path) -> None:
    more = '[objective]\nkind = "entropic"\nrisk_aversion = 0.5\n'
    report = simulate(load(tmp_path, text('kind = "exact"', 'kind = "delta"', held=FOUR, hedge=STEPS, more=more)))
    assert not report.notes
    heads, rows = result_cells(report)
    assert "to the optimum" in heads
    assert all(len(row) == len(heads) for row in rows)


def test_a_cvar_stands_in_one_column_with_its_level(tmp_path: Path) -> None:
    tail = simulate(load(tmp_path, text(held=FOUR, hedge=STEPS, more='[objective]\nkind = "cvar"\nlevel = 0.9\n')))
    heads, rows = result_cells(tail)
    assert [head for head in heads if "CVaR" in head] == ["CVaR 90 %"]
    assert all(len(row) == len(heads) for row in rows)
    assert "CVaR 95 %" in result_cells(simulate(load(tmp_path, text(held=FOUR, hedge=STEPS))))[0]


def test_liquidity_earns_no_fees_and_says_so(tmp_path: Path) -> None:
    held = '[[position]]\nkind = "liquidity_v2"\nliquidity = 10.0\n'
    report = simulate(load(tmp_path, text(held=held, hedge=HEDGE + "horizon_days = 10\n")))
    assert any("earns no fees" in note for note in report.notes)


@pytest.mark.parametrize(("drift", "said"), [("demeaned", "taken out"), ("recorded", "left in")])
def test_the_head_says_what_returns_are_drawn(tmp_path: Path, drift: str, said: str) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    hours = [hour for hour in range(200) if hour != 100]  # one bar is missing
    moves = np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 0.01, 200)))
    rows = "".join(f"{(start + timedelta(hours=h)).isoformat()},ETH,{100.0 * moves[h]}\n" for h in hours)
    (tmp_path / "x.csv").write_text("ts,asset,close\n" + rows)
    model = f'[resample]\nfile = "x.csv"\ncolumn = "close"\nwhere = {{asset = "ETH"}}\ndrift = "{drift}"\n'
    report = simulate(load(tmp_path, text(model=model, held=FOUR, hedge=STEPS)))
    head = " ".join(setting_lines(report))
    for words in (
        "x.csv",
        "asset = ETH",
        "197 returns",
        "2024-01-01T00:00:00Z to 2024-01-09T07:00:00Z",
        "1 hole;",
        said,
    ):
        assert words in head
    found = json.loads(json.dumps(report.to_dict()))["returns"]
    assert (found["count"], found["holes"]) == (197, 1)
    assert f"vol {found['vol']:.2%}" in head
    assert found["vol"] == pytest.approx(report.hedge_vol)
