"""Progress off a terminal, and what is said of a command that was stopped."""

import sys

import click
import pytest

from command_line import hedgerow
from hedgerow.cli import main as commands
from hedgerow.cli.screen import ProgressLines, progress_bars


def test_a_line_now_and_then_and_at_the_end_of_what_takes_long() -> None:
    now, lines = [0.0], list[str]()
    tell = ProgressLines(lambda: now[0], lines.append)
    for done in range(1, 8):  # ten seconds for each part
        now[0] += 10.0
        tell("exact band", done, 7)
    assert lines == ["exact band: 3 of 7", "exact band: 6 of 7", "exact band: done in 70 s"]
    lines.clear()
    for done in range(1, 4):  # the next of the same name is too short to be told
        now[0] += 1.0
        tell("exact band", done, 3)
    assert not lines
    now[0] += 6.0
    tell("exact band", 1, 1)
    assert lines == ["exact band: done in 6 s"]


def test_lines_go_to_standard_error_where_nobody_sees_bars(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as tell:
        assert isinstance(tell, ProgressLines)
        tell("paths", 1, 1)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["simulate", "x.toml"], "solved programs are: the same command starts again"),
        (["backtest", "x.toml"], "nothing is kept; with --journal"),
        (["backtest", "x.toml", "--journal=there"], "goes on where the journal stopped"),
        (["demo"], "interrupted; the same command starts again"),
    ],
)
def test_what_an_interrupted_command_leaves_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    def interrupted(**_: object) -> None:
        raise click.Abort

    monkeypatch.setattr(commands, "app", interrupted)
    ran = hedgerow(capsys, words)
    assert ran.code == 130
    assert told in ran.err
    assert sys.argv[0] != "hedgerow"
