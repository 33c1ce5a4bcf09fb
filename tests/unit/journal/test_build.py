"""The header says what a replay must have in common with the recording."""

import hashlib
import platform
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

import hedgerow
from hedgerow.core.errors import InputError
from hedgerow.journal import Journal, machine_header, read_journal
from hedgerow.journal.build import sources_sha256


def test_versions_are_those_that_run() -> None:
    build = machine_header("{}").build
    assert set(build) == {"hedgerow", "python", "numpy", "numba", "sources_sha256"}
    assert build["hedgerow"] == hedgerow.__version__
    assert build["python"] == platform.python_version()
    assert (build["numpy"], build["numba"]) == (np.__version__, numba.__version__)
    assert build["sources_sha256"] == sources_sha256(Path(hedgerow.__file__).parent)


def test_settings_are_kept_and_hashed_as_they_are() -> None:
    text = '{"a": 1.50,\n "name": "ü"}'
    header = machine_header(text)
    assert header.settings == text
    assert header.config_sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert machine_header('{"a": 1.5}').config_sha256 != header.config_sha256


@pytest.mark.parametrize("text", ["", "{", "risk = 1", "{} {}"])
def test_settings_that_are_not_json_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="not JSON"):
        machine_header(text)


def test_the_processor_is_the_one_that_numba_compiles_for() -> None:
    cpu = machine_header("{}").cpu
    assert set(cpu) == {"machine", "name", "features"}
    assert cpu["machine"] == platform.machine()
    assert cpu["name"] == llvm.get_host_cpu_name()
    features = cpu["features"].split(",")
    assert features == sorted(features)
    enabled = {part[1:] for part in llvm.get_host_cpu_features().flatten().split(",") if part.startswith("+")}
    assert set(features) == enabled


def test_a_platform_without_known_features_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> None:
        raise RuntimeError("failed to get host cpu features")

    monkeypatch.setattr(llvm, "get_host_cpu_features", unknown)
    assert machine_header("{}").cpu["features"] == ""


def sources(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_the_hash_of_the_sources_follows_content_and_names_alone(tmp_path: Path) -> None:
    first = sources_sha256(sources(tmp_path / "first", a="x = 1", room__b="y = 2"))
    again = sources(tmp_path / "elsewhere", room__b="y = 2", a="x = 1")
    (again / "notes.txt").write_text("no source", encoding="utf-8")
    assert sources_sha256(again) == first
    others = [
        sources(tmp_path / "edited", a="x = 1", room__b="y = 3"),
        sources(tmp_path / "renamed", a="x = 1", room__c="y = 2"),
        sources(tmp_path / "moved", a="x = 1", b="y = 2"),
        sources(tmp_path / "swapped", a="y = 2", room__b="x = 1"),
        sources(tmp_path / "one", a="b.pyc"),
        sources(tmp_path / "two", a="", b="c"),
        sources(tmp_path / "more", a="x = 1", room__b="y = 2", room__c=""),
    ]
    assert len({first, *map(sources_sha256, others)}) == 1 + len(others)


def test_the_header_comes_back_from_a_journal(tmp_path: Path) -> None:
    header = machine_header('{"risk_aversion": 2}')
    Journal.create(tmp_path / "journal", header).close()
    assert read_journal(tmp_path / "journal").header == header
