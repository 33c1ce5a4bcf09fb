"""Rewrite the outputs of all console blocks of the documentation in place, keeping what is cut with ``...``.

.venv/bin/python tools/refresh_console_blocks.py [PAGE.md ...]
"""

import importlib
import sys
import tempfile
from pathlib import Path

console_blocks = importlib.import_module("console_blocks")


def refresh(page: Path) -> int:
    """Rewrite one page; return how many outputs changed."""
    text = page.read_text(encoding="utf-8")
    lines = text.splitlines()
    changes = []
    with tempfile.TemporaryDirectory() as folder:
        for command in console_blocks.commands_of(text):
            actual = console_blocks.run(command.words, Path(folder))
            output = console_blocks.refreshed(command.output, actual)
            if output != list(command.output):
                changes.append((command, output))
    for command, output in reversed(changes):
        lines[command.start : command.end] = output
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(changes)


def main() -> None:
    """Rewrite the pages named, or all."""
    for page in [Path(name) for name in sys.argv[1:]] or console_blocks.documented_pages():
        print(f"{page.name}: {refresh(page)} outputs rewritten")


if __name__ == "__main__":
    main()
