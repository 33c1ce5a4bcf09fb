"""Packages of the node: a named reason where one cannot be had."""

import shutil
from pathlib import Path

import pytest

from hedgerow.bench import contracts, pool_chain
from hedgerow.bench.contracts import package
from hedgerow.bench.pool_chain import fetch_all, running
from hedgerow.bench.processes import NotMeasured


def test_without_npm_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "cache_folder", lambda: tmp_path / "kernels")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NotMeasured, match="there is no npm to fetch it"):
        package("viem@2.57.20")


def test_a_package_that_cannot_be_fetched_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(contracts, "cache_folder", lambda: tmp_path / "kernels")
    monkeypatch.setattr(shutil, "which", lambda _: "npm")
    monkeypatch.setattr("subprocess.run", refuse)
    with pytest.raises(NotMeasured, match=r"viem.*no network"):
        package("viem@2.57.20")


def test_another_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(command: list[str], **_: object) -> None:
        (Path(command[4]) / "viem-2.57.20.tgz").write_bytes(b"not it")

    monkeypatch.setattr(contracts, "cache_folder", lambda: tmp_path / "kernels")
    monkeypatch.setattr(shutil, "which", lambda _: "npm")
    monkeypatch.setattr("subprocess.run", pack)
    with pytest.raises(NotMeasured, match="not the one that was chosen"):
        package("viem@2.57.20")
    assert list((tmp_path / "contracts").iterdir()) == []


def test_a_program_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_chain, "package", lambda _: tmp_path)
    with pytest.raises(NotMeasured, match="there is no anvil"):
        fetch_all(str(tmp_path / "anvil"))


def test_a_node_that_ends_at_once_is_told() -> None:
    with pytest.raises(NotMeasured, match="anvil does not start"), running("/bin/false"):
        pass
