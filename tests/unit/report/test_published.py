"""Figures beside published ones."""

from pathlib import Path

import pytest

from hedgerow.core.errors import ConfigError
from hedgerow.lab import simulate
from hedgerow.report.published import PublishedFigure
from simulated_studies import load, text

LINE = '[[published]]\npolicy = "delta"\nfigure = "std"\nvalue = 4.0\n'


def figure(seen: float, error: float, *, within: float | None = None, at_most: float | None = None) -> PublishedFigure:
    return PublishedFigure(
        policy="p", figure="std", source="", value=1.0, within=within, at_most=at_most, seen=seen, standard_error=error
    )


def test_two_standard_errors_are_allowed() -> None:
    assert figure(1.29, 0.1, within=0.1).holds
    assert not figure(1.31, 0.1, within=0.1).holds
    assert not figure(0.69, 0.1, within=0.1).holds
    assert figure(-5.0, 0.1, at_most=1.0).holds
    assert not figure(1.21, 0.1, at_most=1.0).holds


def test_a_study_prints_what_was_published_beside_what_was_seen(tmp_path: Path) -> None:
    study = load(tmp_path, text('kind = "delta"') + LINE + 'within = 0.1\nsource = "a paper"\n')
    report = simulate(study)
    (row,) = report.to_dict()["published"]
    delta = report.policies[0]
    assert (row["seen"], row["standard_error"]) == (delta.std, delta.std_error)
    assert row["holds"] == (abs(delta.std - 4.0) <= 0.1 + 2.0 * delta.std_error)
    assert "Beside what was published" in str(report)
    assert "delta: std" in str(report)


@pytest.mark.parametrize(
    ("table", "field"),
    [
        (LINE, "published[0]"),
        (LINE + "within = 0.1\nat_most = 3.0\n", "published[0]"),
        (LINE + "within = -0.1\n", "published[0].within"),
        (LINE.replace("delta", "dleta") + "within = 0.1\n", "published[0].policy"),
        (LINE.replace('"std"', '"sdt"') + "within = 0.1\n", "published[0].figure"),
    ],
)
def test_bad_tables_are_refused_by_name(tmp_path: Path, table: str, field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text('kind = "delta"') + table)
    assert caught.value.field == field
    assert caught.value.line is not None
