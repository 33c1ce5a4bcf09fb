"""Turns: what each framework is asked, and what its row says."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgerow.bench.processes import NotMeasured, Peer
from hedgerow.bench.turns import SideBySide, Turn, compared

PEER = Peer(script="nobody", environment="nobody-1", wanted=("nobody==1",))


def turn(name: str, *, peer: bool, task: str = "chain_far", work: str = "chain") -> Turn:
    return Turn(task, name, peer=peer, work=work, data="far", runs=2, calls=1 + peer)


def test_ours_are_asked_for_calls_and_peers_for_work_with_settings() -> None:
    assert turn("price, fine", peer=False).word == "price, fine"
    assert turn("other", peer=True).word == "chain"
    assert turn("other, slow", peer=True).word == "chain, slow"
    assert turn("other, slow", peer=True).framework == "other"
    assert turn("price", peer=False).given(Path("x")).name == "far.npz"
    results = {turn(name, peer=True, task=task).result(Path("x")) for name in ("a", "a, b") for task in ("c", "d")}
    assert len(results) == 4


def test_times_are_set_against_the_first_and_missing_ones_are_left_alone() -> None:
    rows: list[dict[str, Any]] = [
        {"median_ms": 2.0, "best_ms": 1.0},
        {"missing": "why"},
        {"median_ms": 5.0, "best_ms": 4.0},
    ]
    first, missing, last = compared(rows)
    assert (first["median_ratio"], last["median_ratio"], last["best_ratio"]) == (1.0, 2.5, 4.0)
    assert missing == {"missing": "why"}


SCRIPT = """
import json, sys, numpy as np
word, data, result, runs, calls = sys.argv[1:]
np.save(result, np.load(data)["x"] * len(word))
seconds = [0.5 * int(calls)] * int(runs)
print(json.dumps({"framework": "ours, " + word, "version": "1", "what": word, "seconds": seconds}))
"""


def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peer: list[str] | NotMeasured) -> SideBySide:
    (tmp_path / "house_ours.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def command(_self: Peer, _say: Any) -> list[str]:
        if isinstance(peer, NotMeasured):
            raise peer
        return peer

    monkeypatch.setattr(Peer, "command", command)

    def judge(taken: Turn, folder: Path) -> dict[str, Any]:
        return {"found": float(np.load(taken.result(folder)))}

    def write(folder: Path) -> None:
        np.savez(folder / "far.npz", x=10.0)

    return SideBySide(room="test", module="house_ours", peers={"other": PEER}, write=write, judge=judge)


def test_rows_hold_times_errors_and_the_reasons_of_those_that_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    (tmp_path / "peer.py").write_text(SCRIPT)
    side = bench(tmp_path, monkeypatch, [sys.executable, str(tmp_path / "peer.py")])
    turns = [turn("abc", peer=False), turn("other, slow", peer=True), turn("other", peer=True, work="x")]
    tasks = side.measure(turns, 2, say=lambda _: None, progress=lambda *now: told.append(now))
    assert list(tasks) == ["chain_far"]
    ours, slow, plain = tasks["chain_far"]
    assert (ours["framework"], ours["found"], ours["median_ratio"]) == ("ours, abc", 30.0, 1.0)
    assert (slow["framework"], slow["what"], slow["found"]) == ("other, slow", "chain, slow", 110.0)
    assert (plain["framework"], plain["found"]) == ("other", 10.0)
    assert ours["seconds"] == [0.5] * 4
    assert plain["seconds"] == [1.0] * 4
    assert told[-1] == ("test", 6, 6)
    assert json.dumps(tasks)


def test_a_peer_that_does_not_install_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    side = bench(tmp_path, monkeypatch, NotMeasured("ERROR: no wheel"))
    turns = [turn("abc", peer=False), turn("other, slow", peer=True)]
    ours, theirs = side.measure(turns, 1, say=lambda _: None, progress=lambda *_: None)["chain_far"]
    assert ours["found"] == 30.0
    assert theirs == {"framework": "other, slow", "missing": "ERROR: no wheel"}
