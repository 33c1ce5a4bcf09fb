"""``hedgerow backtest --gains``, as a user sees it."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

import hedgerow as hr
from command_line import hedgerow
from hedgerow.cli.gains import check_gains
from hedgerow.cli.pages import check_target, write_whole
from hedgerow.ledger import RealisedGain
from hedgerow.report.gains import GAIN_COLUMNS
from studies import ONE_DAY, band, changed, grid, load, policies, study_text

METHODS = ("FIFO", "LIFO", "HIFO")


def text(method: str = "FIFO") -> str:
    """Return a day of the example, with a policy that trades now and then and one that trades often."""
    two = changed(policies(study_text(), band(1.0), grid(1200.0)), *ONE_DAY)
    return changed(two, ("[[account]]\n", f'[[account]]\nlot_method = "{method}"\n'))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, hr.BacktestReport]:
    return {method: hr.backtest(load(tmp_path_factory.mktemp(method), text(method))) for method in METHODS}


def realised(gains: tuple[RealisedGain, ...]) -> Decimal:
    return sum((gain.gain for gain in gains), Decimal(0))


def test_the_file_is_what_python_gives(
    tmp_path: Path, reports: dict[str, hr.BacktestReport], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text(text())
    target = tmp_path / "gains.csv"
    ran = hedgerow(capsys, ["backtest", tmp_path / "study.toml", "--gains", target])
    assert ran.code == 0
    assert f"wrote {target}" in ran.err
    assert target.read_text() == hr.gains_csv(reports["FIFO"])
    rows = list(csv.DictReader(io.StringIO(target.read_text())))
    assert {row["policy"] for row in rows} <= {"band 1", "grid 1200"}
    assert sum(row["policy"] == "grid 1200" and row["closed_by"] == "trade" for row in rows) > 5
    assert hedgerow(capsys, ["backtest", tmp_path / "study.toml", "--gains", target]).code == 0  # its own it replaces


def test_methods_choose_lots_and_leave_cash_and_decisions_alone(reports: dict[str, hr.BacktestReport]) -> None:
    one = {method: report.policies[1] for method, report in reports.items()}
    assert len({policy.decisions_hash for policy in one.values()}) == 1
    assert len({policy.pnl for policy in one.values()}) == 1
    sums = {method: realised(policy.gains) for method, policy in one.items()}
    assert len(set(sums.values())) == 3
    assert sums["HIFO"] == min(sums.values())
    first = {method: policy.gains[0] for method, policy in one.items()}
    assert first["FIFO"].opened_ns < first["LIFO"].opened_ns


def test_every_gain_is_of_the_account_and_priced(reports: dict[str, hr.BacktestReport]) -> None:
    for policy in (policy for report in reports.values() for policy in report.policies):
        assert {(gain.account, gain.currency, gain.cause) for gain in policy.gains} == {("exchange", "USDC", "trade")}
        assert all(gain.usd_price == 1 for gain in policy.gains)  # the study states USDC at par
        assert len(policy.gains) >= 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "is a folder; name a file in it"),
        ("nowhere/gains.csv", "there is no folder"),
        ("study.toml", "is there already and is no table of gains"),
    ],
)
def test_a_place_where_no_table_can_be_is_refused_before_the_run(
    tmp_path: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(text())
    ran = hedgerow(capsys, ["backtest", study, "--gains", tmp_path / name])
    assert ran.code == 2
    assert message in ran.err
    assert ran.out == ""
    assert study.read_text() == text()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which nobody can make a file")
def test_a_folder_that_takes_no_file_is_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study.toml").write_text(text())
    monkeypatch.setattr("hedgerow.backtesting.backtest", lambda *_, **__: pytest.fail("it ran"))
    ran = hedgerow(capsys, ["backtest", tmp_path / "study.toml", "--gains", "/proc/gains.csv"])
    assert ran.code == 2
    assert "no file can be made in /proc" in ran.err


def test_what_is_tried_before_the_run_leaves_nothing_behind(tmp_path: Path) -> None:
    check_gains(tmp_path / "gains.csv")
    check_target(tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_method_is_named(tmp_path: Path) -> None:
    with pytest.raises(hr.ConfigError, match="lot_method"):
        load(tmp_path, text("AVERAGE"))


HEADER = ",".join(GAIN_COLUMNS)


@pytest.mark.parametrize(
    "content", ["\n1,mine\n", "\r\n", "policy,account\n", f"{HEADER},more\n", f"\ufeff{HEADER}\n", " ", "\x00\xff"]
)
def test_a_file_that_is_no_table_of_gains_is_kept(tmp_path: Path, content: str) -> None:
    target = tmp_path / "notes.csv"
    target.write_text(content, encoding="utf-8", newline="")
    with pytest.raises(hr.InputError, match="is there already and is no table of gains; name another file"):
        check_gains(target)
    assert target.read_bytes() == content.encode()


@pytest.mark.parametrize("content", ["", f"{HEADER}\n", f"{HEADER}\r\nold\r\n", HEADER])
def test_an_empty_file_and_a_table_of_gains_are_replaced(tmp_path: Path, content: str) -> None:
    target = tmp_path / "gains.csv"
    target.write_text(content, encoding="utf-8", newline="")
    check_gains(target)
    write_whole("new", target)
    assert target.read_text() == "new"


def test_a_link_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    for content in (None, f"{HEADER}\n"):
        if content is not None:
            real.write_text(content)
        check_gains(link)
        write_whole("new", link)
        assert link.is_symlink()
        assert real.read_text() == "new"
    real.write_text("mine\n")
    with pytest.raises(hr.InputError, match=r"link\.csv: is there already and is no table of gains"):
        check_gains(link)
    with pytest.raises(hr.InputError, match=r"link\.csv: is there already and is no HTML page"):
        check_target(link)
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(hr.InputError, match="is a link that leads nowhere"):
        check_gains(link)
