"""The house rules that tools check: format, lint, types and floors. So one command checks all that CI checks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    ["ruff format --check --quiet .", "ruff check --quiet .", "mypy --no-error-summary", "lint-imports"],
)
def test_the_house_is_clean(command: str) -> None:
    program, *arguments = command.split()
    done = subprocess.run([BINARIES / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
