"""Console blocks of the documentation: found, run, compared and rewritten.

A block is fenced with ```console. A line ``$ hedgerow ...`` in it is a command; the lines below it, up to the next
``$`` or the end of the block, are its output: standard output, then standard error. A line ``...`` stands for any
number of lines. The size of a KKT residual is rounding and differs from one processor to the next, so it is compared
only for being there. Commands of other programs that are listed in ``SKIPPED`` are for people and are not run.
"""

import difflib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CUT = "..."
SKIPPED = ("make", "uvx", "pipx", "cd")
_RESIDUAL = re.compile(r"KKT residual \d\.\de[-+]\d+")
_SHELL = set("|<>;&`$*")
_STRETCH = 3
"""A kept piece may grow or shrink by so many lines when it is refreshed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a page: its words, its printed output, and the lines [start, end) that the output takes."""

    words: tuple[str, ...]
    output: tuple[str, ...]
    start: int
    end: int


def documented_pages() -> list[Path]:
    """Return the pages that may hold console blocks."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands_of(text: str) -> list[Command]:
    """Find the commands of all console blocks of a page, in order, those to be skipped left out."""
    lines = text.splitlines()
    found = []
    for first, last in _blocks(lines):
        heads = [number for number in range(first, last) if lines[number].startswith("$ ")]
        if not heads or heads[0] != first:
            raise ValueError(f"line {first + 1}: a console block begins with a command")
        for head, end in zip(heads, [*heads[1:], last], strict=True):
            words = tuple(shlex.split(lines[head][2:]))
            if words[0] in SKIPPED:
                continue
            if words[0] != "hedgerow" or _SHELL & set(lines[head][2:]):
                raise ValueError(f"line {head + 1}: only plain hedgerow commands are run, not {lines[head][2:]!r}")
            output = tuple(line.rstrip() for line in lines[head + 1 : end])
            found.append(Command(words=words, output=output, start=head + 1, end=end))
    return found


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the half-open line range of the inside of every console block."""
    first = None
    for number, line in enumerate(lines):
        if line.strip() == "```console":
            first = number + 1
        elif line.strip() == "```" and first is not None:
            yield first, number
            first = None


def run(words: Sequence[str], folder: Path) -> tuple[str, ...]:
    """Run a hedgerow command in a folder; return standard output and then standard error, line by line."""
    script = Path(sys.executable).parent / "hedgerow"
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(script), *words[1:]], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    lines = [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def matches(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Tell whether an output is the printed one, cuts allowed for."""
    pieces = _pieces([_masked(line) for line in expected])
    lines = [_masked(line) for line in actual]
    if len(pieces) == 1:
        return pieces[0] == lines
    first, *middle, last = pieces
    end = len(lines) - len(last)
    if lines[: len(first)] != first or end < len(first) or lines[end:] != last:
        return False
    at = len(first)
    for piece in middle:
        starts = (i for i in range(at, end - len(piece) + 1) if lines[i : i + len(piece)] == piece)
        start = next(starts, None)
        if start is None:
            return False
        at = start + len(piece)
    return True


def difference(expected: Sequence[str], actual: Sequence[str]) -> str:
    """Write the difference of a printed and an actual output."""
    return "\n".join(difflib.unified_diff(list(expected), list(actual), "printed", "actual", lineterm="", n=2))


def refreshed(expected: Sequence[str], actual: Sequence[str]) -> list[str]:
    """Return the actual output, cut where the printed one was cut."""
    if matches(expected, actual):
        return list(expected)
    pieces = _pieces(list(expected))
    result: list[str] = []
    at = 0
    for i, piece in enumerate(pieces):
        if i > 0:
            result.append(CUT)
        if not piece:
            continue
        start, end = _nearest(piece, actual, at, opens=i == 0, closes=i == len(pieces) - 1)
        result += actual[start:end]
        at = end
    return result


def _nearest(piece: Sequence[str], actual: Sequence[str], at: int, *, opens: bool, closes: bool) -> tuple[int, int]:
    """Return the range of lines from ``at`` on that is most like a piece; a piece at an end stays there."""
    best, place = -1.0, (at, len(actual))
    wanted = difflib.SequenceMatcher(b="\n".join(piece), autojunk=False)
    for start in [0] if opens else range(at, len(actual)):
        shortest, longest = max(1, len(piece) - _STRETCH), len(piece) + _STRETCH
        ends = [len(actual)] if closes else range(start + shortest, min(start + longest, len(actual)) + 1)
        for end in ends:
            wanted.set_seq1("\n".join(actual[start:end]))
            if wanted.real_quick_ratio() > best and wanted.quick_ratio() > best and wanted.ratio() > best:
                best, place = wanted.ratio(), (start, end)
    return place


def _pieces(lines: Sequence[str]) -> list[list[str]]:
    """Split lines at the cuts."""
    pieces: list[list[str]] = [[]]
    for line in lines:
        if line.strip() == CUT:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return pieces


def _masked(line: str) -> str:
    return _RESIDUAL.sub("KKT residual #", line)
