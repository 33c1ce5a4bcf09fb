"""``hedgerow risk``, as a user sees it."""

import json
from pathlib import Path

import pytest

import hedgerow as hr
from command_line import Ran, hedgerow
from hedgerow.examples import copy_example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    return copy_example("eth-2024-01-08", tmp_path / "example")


def asked(capsys: pytest.CaptureFixture[str], folder: Path, *words: object) -> Ran:
    return hedgerow(capsys, ["risk", folder / "desk.toml", "--market", folder, *words])


def test_json_is_what_python_gives(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    desk, market = hr.load_desk(folder / "desk.toml"), hr.load_snapshot(folder)
    for words, numeraire in (((), "USD"), (("--numeraire", "ETH"), "ETH")):
        ran = asked(capsys, folder, "--json", *words)
        assert (ran.code, ran.err) == (0, "")
        assert json.loads(ran.out) == json.loads(json.dumps(hr.risk(desk, market, numeraire=numeraire).to_dict()))


def test_text_is_what_python_gives(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    ran = asked(capsys, folder)
    assert (ran.code, ran.err) == (0, "")
    report = hr.risk(hr.load_desk(folder / "desk.toml"), hr.load_snapshot(folder))
    assert ran.out.rstrip("\n") == str(report).rstrip("\n")


def test_the_page_is_written_beside_the_text(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "risk.html"
    target.parent.mkdir()
    ran = asked(capsys, folder, "--html", target)
    assert ran.code == 0, ran.err
    assert ran.err.strip() == f"wrote {target}"
    assert ran.out.startswith("RISK  ETH example desk")
    assert list(target.parent.iterdir()) == [target]
    assert target.read_text("utf-8").endswith("</html>\n")


def test_what_is_left_out_is_named(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = (folder / "desk.toml").read_text("utf-8")
    (folder / "desk.toml").write_text(f'{text}\n[[position]]\ninstrument = "ETH-27DEC30-2000-C"\nquantity = 1.0\n')
    ran = asked(capsys, folder)
    assert (ran.code, ran.out) == (2, "")
    assert "--leave-out" in ran.err
    ran = asked(capsys, folder, "--leave-out")
    assert ran.code == 0
    assert "NOT IN THE BOOK: ETH-27DEC30-2000-C" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--numeraire", "EUR"], "state USD or ETH"),
        (["--html", "."], "is a folder; name a file in it"),
        (["--html", "no/such/x.html"], "there is no folder"),
        (["--market", "nowhere"], "no such market folder"),
        (["--neutral", "delta=0"], "see hedgerow risk --help"),
    ],
)
def test_bad_input_is_one_line_and_nothing_else(
    capsys: pytest.CaptureFixture[str], folder: Path, words: list[str], said: str
) -> None:
    ran = asked(capsys, folder, *words)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("hedgerow: ")
    assert said in line
