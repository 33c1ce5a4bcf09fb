"""Shared fixtures: the real market of the example, and Hypothesis profiles."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import jaxtyping
import pytest

import shape_checks

shape_checks.install()

from hedgerow.config import Desk, load_desk  # noqa: E402
from hedgerow.examples import example  # noqa: E402
from hedgerow.market import Snapshot, load_snapshot  # noqa: E402

hypothesis.settings.register_profile("dev", max_examples=25, deadline=None)
# What CI finds is a property of the commit; new examples are drawn everywhere else, thousands of them by `make soak`.
hypothesis.settings.register_profile("ci", max_examples=20, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("soak", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Switch the shape checks off, to see what the code itself refuses."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def example_folder() -> Path:
    """Folder of the embedded example."""
    return example("eth-2024-01-08")


@pytest.fixture(scope="session")
def market(example_folder: Path) -> Snapshot:
    """The recorded market of 2024-01-08."""
    return load_snapshot(example_folder)


@pytest.fixture(scope="session")
def desk(example_folder: Path) -> Desk:
    """The example desk."""
    return load_desk(example_folder / "desk.toml")
