"""Published work holds with fewer paths; ``make studies`` runs it at full size."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "studies"


def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("studies_run", FOLDER / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN = runner()


@pytest.mark.parametrize("name", list(RUN.studies()))
def test_published_figures_hold(name: str) -> None:
    rows = list(RUN.figures(RUN.studies()[name], full=False))
    assert rows
    assert [row["figure"] for row in rows if not row["holds"]] == []


def test_every_study_names_its_source() -> None:
    for path in RUN.studies().values():
        text = path.read_text(encoding="utf-8")
        assert "doi" in text or "Goldman Sachs" in text, path.name


def test_a_figure_that_does_not_hold_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (FOLDER / "derman-kamal-16.toml").read_text(encoding="utf-8")
    assert "value = 0.84416" in text
    (tmp_path / "wrong.toml").write_text(text.replace("value = 0.84416", "value = 0.9"), encoding="utf-8")
    monkeypatch.setattr(RUN, "studies", lambda: {"wrong": tmp_path / "wrong.toml"})
    assert RUN.main(["wrong"]) == 1
    assert RUN.main(["absent"]) == 2
    assert "FAILS" in capsys.readouterr().out
