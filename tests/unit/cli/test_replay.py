"""``hedgerow backtest --journal`` and ``hedgerow replay``, as a user sees them."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from command_line import Ran, hedgerow
from hedgerow.events import Decision, decode, encode
from hedgerow.journal import Journal, read_journal
from studies import SIX_HOURS, band, changed, grid, policies, study_text

BAND, GRID = "01-band-1", "02-grid-7200"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(changed(policies(study_text(), band(1.0), grid(7200.0)), *SIX_HOURS))
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> "Runner":
    return Runner(capsys)


class Runner:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ran:
        return hedgerow(self._capsys, arguments)


_KEPT: dict[str, Path] = {}


@pytest.fixture
def journal(run: Runner, study: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the journals of one run."""
    if "journal" not in _KEPT:
        folder = tmp_path_factory.mktemp("kept") / "journal"
        ran = run("backtest", study, "--journal", folder)
        assert (ran.code, ran.err.strip()) == (0, "")
        assert "band 1" in ran.out
        _KEPT["journal"] = folder
    return Path(shutil.copytree(_KEPT["journal"], tmp_path / "journal"))


def refused(ran: Ran) -> str:
    """Expect one line on standard error, with a remedy."""
    assert ran.code == 2
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
    assert "; " in line
    return line


def spoil(folder: Path) -> int:
    """Change the last decision of a journal, and return the number of its record."""
    header, payloads = read_journal(folder).header, list(read_journal(folder).records())
    found = [(i, record) for i, record in enumerate(map(decode, payloads)) if isinstance(record, Decision)]
    number, decision = found[-1]
    payloads[number] = encode(msgspec.structs.replace(decision, target_lots=decision.target_lots + 1))
    shutil.rmtree(folder)
    with Journal.create(folder, header) as journal:
        for payload in payloads:
            journal.append(payload)
    return number


def test_what_was_recorded_comes_out_again(run: Runner, journal: Path) -> None:
    ran = run("replay", journal, "--verify")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("every decision came out again, byte for byte") == 2
    assert str(journal / BAND) in ran.out
    assert str(journal / GRID) in ran.out


def test_one_journal_can_be_replayed_alone(run: Runner, journal: Path) -> None:
    ran = run("replay", journal / GRID, "--verify", "--json")
    assert (ran.code, ran.err) == (0, "")
    (found,) = json.loads(ran.out)["journals"]
    assert found["journal"] == str(journal / GRID)
    assert (found["identical"], found["divergence"], found["torn"]) == (True, None, None)
    assert (found["same_build"], found["same_cpu"]) == (True, True)
    assert found["trades"] > 0
    assert found["events"] > 715  # six hours of prices and pool states, and the reports
    assert len(found["config_sha256"]) == 64


def test_a_changed_decision_is_named_by_its_record(run: Runner, journal: Path) -> None:
    number = spoil(journal / BAND)
    ran = run("replay", journal, "--verify")
    line = refused(ran)
    assert line == (
        f"hedgerow: {journal / BAND}: record {number}: the decisions differ; "
        "it was changed, or the engine is not deterministic: report it"
    )
    assert f"first difference at record {number:,}" in ran.out
    ran = run("replay", journal, "--json")
    assert ran.code == 0  # it is shown, but nobody asked for a verdict
    first, second = json.loads(ran.out)["journals"]
    assert (first["identical"], second["identical"]) == (False, True)
    divergence = first["divergence"]
    assert divergence["record"] == number
    assert divergence["recorded"]["target_lots"] == divergence["replayed"]["target_lots"] + 1


def test_a_torn_tail_is_said_by_replay_and_cut_by_backtest(run: Runner, study: Path, journal: Path) -> None:
    whole = (journal / BAND / "000000.journal").read_bytes()
    (journal / BAND / "000000.journal").write_bytes(whole[:-5])
    ran = run("replay", journal / BAND, "--verify")
    assert (ran.code, ran.err) == (0, "")
    assert "torn tail: " in ran.out
    ran = run("backtest", study, "--journal", journal)
    assert ran.code == 0
    assert f"{journal / BAND}: a torn tail was cut back to the last good record" in ran.err
    assert "records are there; they are checked, then continued" in ran.err
    assert (journal / BAND / "000000.journal").read_bytes() == whole


def test_damage_in_the_middle_is_refused(run: Runner, study: Path, journal: Path) -> None:
    path = journal / BAND / "000000.journal"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    ran = run("replay", journal)
    assert ran.out == ""
    assert "is damaged, and a whole one follows" in refused(ran)
    ran = run("backtest", study, "--journal", journal)
    assert ran.out == ""
    assert "is damaged, and a whole one follows" in refused(ran)
    assert path.read_bytes() == data


def test_the_journal_of_another_study_is_refused(run: Runner, study: Path, journal: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(
        changed(study.read_text(), ("taker_fee = 0.0005", "taker_fee = 0.0004"), ("lot = 0.001", "lot = 1.0"))
    )
    ran = run("backtest", other, "--journal", journal)
    assert ran.out == ""
    line = refused(ran)
    assert line == f"hedgerow: {journal / BAND}: the journal of another study or policy; name a new folder"


def test_a_folder_without_a_journal_is_refused(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "notes.txt"):
        ran = run("replay", folder)
        assert ran.out == ""
        assert str(folder) in refused(ran)


def test_a_journal_into_a_file_is_refused(run: Runner, study: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    ran = run("backtest", study, "--journal", tmp_path / "notes.txt")
    assert ran.out == ""
    assert "notes.txt" in refused(ran)


def test_a_folder_that_holds_something_else_is_refused(run: Runner, study: Path, tmp_path: Path) -> None:
    (tmp_path / "journal" / BAND).mkdir(parents=True)
    (tmp_path / "journal" / BAND / "notes.txt").write_text("mine")
    ran = run("backtest", study, "--journal", tmp_path / "journal")
    assert ran.out == ""
    assert BAND in refused(ran)
    assert [path.name for path in (tmp_path / "journal" / BAND).iterdir()] == ["notes.txt"]
