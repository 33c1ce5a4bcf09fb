"""Compiled contracts of others, fetched by ``npm pack`` when a test first needs them, never committed.

Without npm or a registry a test is skipped with a line that says so; where HEDGEROW_REQUIRE_CHAIN is set, as in CI, it
fails.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hedgerow.bench import contracts
from hedgerow.bench.processes import NotMeasured


def package(name: str) -> Path:
    """The folder of an unpacked package, by its name and version, for example ``@uniswap/v3-core@1.0.1``."""
    try:
        return contracts.package(name)
    except NotMeasured as reason:
        if os.environ.get("HEDGEROW_REQUIRE_CHAIN"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))


def artifact(name: str, path: str) -> dict[str, Any]:
    """A JSON file of a package: for compiled contracts its ``abi`` and ``bytecode``."""
    content: dict[str, Any] = json.loads((package(name) / path).read_text())
    return content
