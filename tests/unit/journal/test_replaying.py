"""A journal alone gives every decision again; a run that stopped goes on where it stopped."""

import shutil
from pathlib import Path

import msgspec
import pytest

import hedgerow as hr
from hedgerow.config import Study
from hedgerow.core.errors import ConfigError
from hedgerow.events import Decision, Event, Halt, QuoteUpdate, Record, decode, encode
from hedgerow.journal import Journal, read_journal, replay
from hedgerow.report import BacktestReport
from studies import SIX_HOURS, band, changed, grid, load, policies, study_text

BAND, GRID = "01-band-0-2", "02-grid-3600"


def text(*edits: tuple[str, str]) -> str:
    """Return the example in six hours of 15 August, with a band and a grid."""
    return changed(policies(study_text(), band(0.2), grid(3600.0)), *SIX_HOURS, *edits)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load(tmp_path_factory.mktemp("study"), text())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, study: Study) -> tuple[Path, BacktestReport]:
    """An uninterrupted run: its journals, not to be touched, and its report."""
    folder = tmp_path_factory.mktemp("whole") / "journal"
    return folder, hr.backtest(study, journal=folder)


@pytest.fixture
def folder(written: tuple[Path, BacktestReport], tmp_path: Path) -> Path:
    """A copy of the journals that a test may spoil."""
    return Path(shutil.copytree(written[0], tmp_path / "journal"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.journal"))}


def records(folder: Path) -> list[Record]:
    return [decode(payload) for payload in read_journal(folder).records()]


def rewritten(folder: Path, target: Path, changes: dict[int, Record | None]) -> Path:
    """Write a journal again, with some records in the place of others, or left out."""
    with Journal.create(target, read_journal(folder).header) as journal:
        for number, record in enumerate(records(folder)):
            kept = changes.get(number, record)
            if kept is not None:
                journal.append(encode(kept))
    return target


def segment(folder: Path) -> Path:
    (path,) = folder.glob("*.journal")
    return path


def last_decision(folder: Path) -> tuple[int, Decision]:
    return [(i, record) for i, record in enumerate(records(folder)) if isinstance(record, Decision)][-1]


# --- what is written ---


def test_each_policy_has_a_journal_that_begins_with_market_data_and_ends_with_the_halt(
    written: tuple[Path, BacktestReport],
) -> None:
    folder, report = written
    assert sorted(path.name for path in folder.iterdir()) == [BAND, GRID]
    for name, policy in zip((BAND, GRID), report.policies, strict=True):
        found = records(folder / name)
        assert not isinstance(found[0], Decision)
        assert 360 - len([record for record in found if isinstance(record, QuoteUpdate)]) in (0, 1)  # known at the end?
        decisions = [record for record in found if isinstance(record, Decision)]
        assert len(decisions) == policy.decisions
        assert [record.reason for record in found if isinstance(record, Halt)] == ["end of the study"]


def test_a_journal_changes_nothing_about_the_run(study: Study, written: tuple[Path, BacktestReport]) -> None:
    assert written[1].driver == "event loop"
    plain = hr.backtest(study)
    assert [policy.to_dict() for policy in plain.policies] == [policy.to_dict() for policy in written[1].policies]


# --- replays ---


def test_every_decision_comes_out_again(written: tuple[Path, BacktestReport]) -> None:
    for name, policy in zip((BAND, GRID), written[1].policies, strict=True):
        found = replay(written[0] / name)
        assert found.divergence is None
        assert found.torn is None
        assert (found.same_build, found.same_cpu) == (True, True)
        assert (found.decisions, found.events) == (policy.decisions, found.state.seq)
        assert found.decisions + found.events == len(records(written[0] / name))
        lots = found.state.ledger.account("exchange").holdings[policy.instrument].quantity  # type: ignore[index]
        assert float(lots) == policy.final_position
        assert all(decision.action == "trade" for decision in found.trades)
        assert len(found.trades) >= policy.orders


def test_a_changed_decision_is_found_at_its_record(folder: Path, tmp_path: Path) -> None:
    number, decision = last_decision(folder / BAND)
    other = msgspec.structs.replace(decision, target_lots=decision.target_lots + 1)
    found = replay(rewritten(folder / BAND, tmp_path / "changed", {number: other}))
    assert found.divergence is not None
    assert (found.divergence.record, found.divergence.recorded, found.divergence.replayed) == (number, other, decision)


def test_of_several_changes_the_first_is_named(folder: Path, tmp_path: Path) -> None:
    numbers = [i for i, record in enumerate(records(folder / BAND)) if isinstance(record, Decision)]
    changes: dict[int, Record | None] = {}
    for number in numbers[3:6]:
        record = records(folder / BAND)[number]
        assert isinstance(record, Decision)
        changes[number] = msgspec.structs.replace(record, reason="no reason")
    found = replay(rewritten(folder / BAND, tmp_path / "changed", changes))
    assert found.divergence is not None
    assert found.divergence.record == numbers[3]


def test_a_decision_that_is_missing_is_found_at_the_record_after_it(folder: Path, tmp_path: Path) -> None:
    number = next(i for i, record in enumerate(records(folder / BAND)) if isinstance(record, Decision))
    decision = records(folder / BAND)[number]
    found = replay(rewritten(folder / BAND, tmp_path / "changed", {number: None}))
    assert found.divergence is not None
    assert (found.divergence.record, found.divergence.recorded, found.divergence.replayed) == (number, None, decision)


def test_a_decision_that_nobody_made_is_found(folder: Path, tmp_path: Path) -> None:
    found = records(folder / BAND)
    number, decision = last_decision(folder / BAND)
    quiet = next(
        i for i in range(100, number) if not isinstance(found[i], Decision) and not isinstance(found[i + 1], Decision)
    )
    seen = replay(rewritten(folder / BAND, tmp_path / "changed", {quiet + 1: decision}))
    assert seen.divergence is not None
    assert (seen.divergence.record, seen.divergence.recorded, seen.divergence.replayed) == (quiet + 1, decision, None)


def test_another_price_leads_to_another_decision(folder: Path, tmp_path: Path) -> None:
    number, first = next((i, r) for i, r in enumerate(records(folder / BAND)) if isinstance(r, QuoteUpdate))
    other: Event = msgspec.structs.replace(first, bid=first.bid * 0.99, ask=first.ask * 0.99)
    found = replay(rewritten(folder / BAND, tmp_path / "changed", {number: other}))
    assert found.divergence is not None
    assert found.divergence.record == number + 1


def test_a_torn_tail_is_left_out_and_named(folder: Path) -> None:
    whole = replay(folder / BAND)
    path = segment(folder / BAND)
    path.write_bytes(path.read_bytes()[:-3])
    found = replay(folder / BAND)
    assert found.torn is not None
    assert found.torn.good_records == whole.events + whole.decisions - 1
    assert found.divergence is None
    assert segment(folder / BAND).stat().st_size == found.torn.offset + found.torn.lost_bytes  # nothing is cut here


def test_events_out_of_time_are_no_journal_of_this_engine(folder: Path, tmp_path: Path) -> None:
    late = Halt(0, 0, "from long ago")
    with pytest.raises(ConfigError, match=r"changed: record 500: Halt known at .*; it was not written by this engine"):
        replay(rewritten(folder / BAND, tmp_path / "changed", {500: late}))


def test_a_journal_of_something_else_is_refused(tmp_path: Path, folder: Path) -> None:
    header = read_journal(folder / BAND).header
    with Journal.create(tmp_path / "other", msgspec.structs.replace(header, settings='{"base": "ETH"}')) as journal:
        journal.append(b"hello")
    with pytest.raises(ConfigError, match=r"header: settings of another kind of engine: .*; replay it with the build"):
        replay(tmp_path / "other")
    with Journal.create(tmp_path / "garbled", header) as journal:
        journal.append(b"hello")
    with pytest.raises(ConfigError, match=r"record 0: a record of 5 bytes: .*; read it with the build"):
        replay(tmp_path / "garbled")
    with pytest.raises(ConfigError, match="holds no journal"):
        replay(tmp_path / "nowhere")


def test_another_build_and_another_processor_are_said(tmp_path: Path, folder: Path) -> None:
    header = read_journal(folder / BAND).header
    other = msgspec.structs.replace(header, build=header.build | {"numpy": "1.0"}, cpu=header.cpu | {"name": "z80"})
    with Journal.create(tmp_path / "other", other) as journal:
        for payload in read_journal(folder / BAND).records():
            journal.append(payload)
    found = replay(tmp_path / "other")
    assert (found.same_build, found.same_cpu, found.divergence) == (False, False, None)


# --- going on ---


def said(study: Study, folder: Path) -> tuple[BacktestReport, list[str]]:
    heard: list[str] = []
    return hr.backtest(study, journal=folder, say=heard.append), heard


def test_a_finished_run_is_checked_and_not_changed(
    study: Study, written: tuple[Path, BacktestReport], folder: Path
) -> None:
    before = contents(folder)
    report, heard = said(study, folder)
    assert contents(folder) == before
    assert report.to_dict() == written[1].to_dict()
    assert len(heard) == 2
    assert (
        heard[0]
        == f"{folder / BAND}: {len(records(folder / BAND))} records are there; they are checked, then continued"
    )


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_run_that_was_cut_anywhere_goes_on_to_the_same_bytes(
    study: Study, written: tuple[Path, BacktestReport], folder: Path, share: float
) -> None:
    path = segment(folder / BAND)
    data = path.read_bytes()
    start = data.index(encode(records(folder / BAND)[0])) - 8  # of the first frame, behind the header
    path.write_bytes(data[: start + round(share * (len(data) - start))])
    shutil.rmtree(folder / GRID)
    report, heard = said(study, folder)
    assert contents(folder) == contents(written[0])
    assert report.to_dict() == written[1].to_dict()
    if share == 0.3:
        assert any("a torn tail was cut back to the last good record" in line for line in heard)


def test_a_run_that_is_stopped_between_two_policies_goes_on_to_the_same_bytes(
    study: Study, written: tuple[Path, BacktestReport], tmp_path: Path
) -> None:
    def stop(name: str, done: int, total: int) -> None:
        assert 0 < done <= total
        if name.startswith("grid"):
            raise KeyboardInterrupt

    folder = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        hr.backtest(study, journal=folder, progress=stop)
    stopped = contents(folder)
    whole = contents(written[0])
    assert stopped[f"{BAND}/000000.journal"] == whole[f"{BAND}/000000.journal"]
    assert len(stopped[f"{GRID}/000000.journal"]) < len(whole[f"{GRID}/000000.journal"])
    said(study, folder)
    assert contents(folder) == whole


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("tolerance = 0.2", "tolerance = 0.3"), "the journal of another study or policy; name a new folder"),
        (("lot = 0.001", "lot = 0.01"), "the journal of another study or policy; name a new folder"),
        (("seed = 7", "seed = 8"), r"record \d+ is not what this run does: .* differs; name a new folder"),
        (("data_ms = 200.0", "data_ms = 201.0"), "record 0 is not what this run does: .* differs"),
        (("end = 2023-08-15T06:00:00Z", "end = 2023-08-15T03:00:00Z"), r"record \d+ is not what this run does"),
    ],
)
def test_the_journal_of_another_study_is_refused_and_kept(
    tmp_path: Path, folder: Path, edit: tuple[str, str], expected: str
) -> None:
    before = contents(folder)
    with pytest.raises(ConfigError, match=expected):
        said(load(tmp_path, text(edit)), folder)
    assert contents(folder) == before


def test_a_journal_in_which_a_record_was_changed_is_not_continued(study: Study, folder: Path, tmp_path: Path) -> None:
    number, decision = last_decision(folder / BAND)
    other = msgspec.structs.replace(decision, target_lots=decision.target_lots + 1)
    rewritten(folder / BAND, tmp_path / "other" / BAND, {number: other})
    with pytest.raises(ConfigError, match=f"record {number} is not what this run does: Decision differs"):
        said(study, tmp_path / "other")
