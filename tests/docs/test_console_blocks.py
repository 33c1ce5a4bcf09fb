"""Every console block of the documentation prints what it says it prints."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_TOOLS = Path(__file__).resolve().parents[2] / "tools"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, _TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


blocks = _load("console_blocks")


@pytest.mark.parametrize("page", blocks.documented_pages(), ids=lambda page: page.name)
def test_console_blocks_print_what_they_say(page: Path, tmp_path: Path) -> None:
    wrong = []
    for command in blocks.commands_of(page.read_text(encoding="utf-8")):
        actual = blocks.run(command.words, tmp_path)
        if not blocks.matches(command.output, actual):
            words = " ".join(command.words)
            wrong.append(f"{page.name}:{command.start}: $ {words}\n{blocks.difference(command.output, actual)}")
    if wrong:
        pytest.fail("\n\n".join([*wrong, "refresh: .venv/bin/python tools/refresh_console_blocks.py"]), pytrace=False)


def test_the_readme_shows_the_demo() -> None:
    words = [command.words for command in blocks.commands_of((_TOOLS.parent / "README.md").read_text("utf-8"))]
    assert ("hedgerow", "demo") in words


@pytest.mark.parametrize(
    ("expected", "same"),
    [
        (["a", "b", "c"], True),
        (["a", "..."], True),
        (["...", "c"], True),
        (["a", "...", "c"], True),
        (["...", "b", "..."], True),
        (["a", "b", "c", "..."], True),
        (["a", "c"], False),
        (["...", "b"], False),
        (["b", "..."], False),
        (["a", "...", "b", "...", "b", "...", "c"], False),
        (["a", "b", "...", "b", "c"], False),
    ],
)
def test_cuts_match_any_lines_and_nothing_else(expected: list[str], same: bool) -> None:
    assert blocks.matches(expected, ["a", "b", "c"]) is same


def test_refreshing_keeps_cuts_and_follows_changed_lines() -> None:
    old = ["head 1", "...", "delta  705.95", "vega   12", "..."]
    new = ["head 2", "x", "y", "delta  999.99", "vega   13", "z"]
    assert blocks.refreshed(old, new) == ["head 2", "...", "delta  999.99", "vega   13", "..."]


def test_other_commands_are_refused() -> None:
    for line in ("rm -rf x", "hedgerow demo | head", "hedgerow demo > x"):
        with pytest.raises(ValueError, match="only plain hedgerow commands"):
            blocks.commands_of(f"```console\n$ {line}\n```\n")
