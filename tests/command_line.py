"""Running the command line in this process."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from hedgerow.cli.main import main


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def hedgerow(capsys: pytest.CaptureFixture[str], arguments: Sequence[object]) -> Ran:
    """Run ``hedgerow`` with arguments."""
    before, sys.argv = sys.argv, ["hedgerow", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as stopped:
            main()
    finally:
        sys.argv = before
    printed = capsys.readouterr()
    code = stopped.value.code
    return Ran(code if isinstance(code, int) else 0, printed.out, printed.err)
