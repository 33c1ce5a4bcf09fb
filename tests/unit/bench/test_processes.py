"""Processes in turn: whose failure ends a bench, and whose is a line in its table."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hedgerow.bench import processes
from hedgerow.bench.processes import NotMeasured, Peer, interleave, run_json


def printing(**values: object) -> list[str]:
    return [sys.executable, "-c", f"print({json.dumps(json.dumps(values))})"]


FAILING = [sys.executable, "-c", "raise SystemExit('no compiler here')"]


def test_frameworks_take_turns_and_their_seconds_are_joined() -> None:
    told: list[tuple[int, str]] = []
    commands = {"a": printing(seconds=[1.0]), "b": printing(seconds=[2.0, 3.0])}
    missing: dict[str, str] = {}
    found = interleave(commands, 2, own=["a"], missing=missing, tell=lambda *now: told.append(now))
    assert told == [(0, "a"), (1, "b"), (2, "a"), (3, "b")]
    assert found["b"]["seconds"] == [2.0, 3.0, 2.0, 3.0]
    assert missing == {}


def test_a_peer_that_fails_is_noted_once_and_left_out() -> None:
    told: list[tuple[int, str]] = []
    commands = {"ours": printing(seconds=[1.0]), "peer": FAILING}
    missing: dict[str, str] = {}
    found = interleave(commands, 3, own=["ours"], missing=missing, tell=lambda *now: told.append(now))
    assert list(found) == ["ours"]
    assert missing == {"peer": "it stopped with 1: no compiler here"}
    assert [name for _, name in told].count("peer") == 1


def test_our_own_failure_is_raised() -> None:
    with pytest.raises(NotMeasured, match="no compiler here"):
        interleave({"ours": FAILING}, 1, own=["ours"], missing={}, tell=lambda *_: None)


def test_the_environment_reaches_the_process() -> None:
    shown = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    assert run_json(shown, {"RAYON_NUM_THREADS": "1"})["RAYON_NUM_THREADS"] == "1"


def test_a_peer_without_a_script_is_not_measured() -> None:
    with pytest.raises(NotMeasured, match="script"):
        Peer(script="nobody", environment="nobody-1", wanted=("nobody==1",)).command(lambda _: None)


def test_an_installation_that_fails_says_why_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[list[str]] = []

    def refuse(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        tried.append(command)
        failed = "pip" in command
        return subprocess.CompletedProcess(command, int(failed), "", "ERROR: no wheel for this machine" * failed)

    monkeypatch.setattr(processes, "cache_folder", lambda: tmp_path / "kernels-0")
    monkeypatch.setattr(subprocess, "run", refuse)
    for _ in range(2):
        with pytest.raises(NotMeasured, match="no wheel for this machine"):
            Peer(script="lbriv", environment="some", wanted=("lbriv==1.0.0",)).command(lambda _: None)
    assert len(tried) == 4


def test_a_peer_is_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def accept(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        (tmp_path / "peers" / "shared").mkdir(parents=True, exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(processes, "cache_folder", lambda: tmp_path / "kernels-0")
    monkeypatch.setattr(subprocess, "run", accept)
    peers = [
        Peer(script=name, environment="shared", wanted=(name,), ready=f"ready-{name}") for name in ("lbriv", "numpy")
    ]
    for peer in (*peers, *peers):
        python, script = peer.command(said.append)
        assert Path(python) == tmp_path / "peers" / "shared" / "bin" / "python"
        assert Path(script).name == f"{peer.script}_peer.py"
    assert len(said) == 2
