"""Compiled contracts of others, fetched by ``npm pack`` when a test first needs them, never committed.

Each package is named with its version and the digest of its archive, so what is run is what was chosen. Without npm or
a registry a test is skipped with a line that says so; where HEDGEROW_REQUIRE_CHAIN is set, as in CI, it fails.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

DIGESTS: Final = {
    "@foundry-rs/anvil-linux-amd64@1.7.1": "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
    "@uniswap/v2-core@1.0.1": "MtybtkUPSyysqLY2U210NBDeCHX+ltHt3oADGdjqoThZaFRDKwM6k1Nb3F0A3hk5hwuQvytFWhrWHOEq6nVJ8Q==",
    "@uniswap/v2-periphery@1.1.0-beta.0": "6dkwAMKza8nzqYiXEr2D86dgW3TTavUvCR0w2Tu33bAbM8Ah43LKAzH7oKKPRT5VJQaMi1jtkGs1E8JPor1n5g==",
    "@uniswap/v3-core@1.0.1": "7pVk4hEm00j9tc71Y9+ssYpO6ytkeI0y7WE9P6UcmNzhxPePwyAxImuhVsTqWK9YFvzgtvzJHi64pBl4jUzKMQ==",
    "@uniswap/v3-periphery@1.4.4": "S4+m+wh8HbWSO3DKk4LwUCPZJTpCugIsHrWR86m/OrUyvSqGDTXKFfc2sMuGXCZrD1ZqO3rhQsKgdWg3Hbb2Kw==",
    "@uniswap/v4-core@1.0.2": "X15Tm2wWd+USAzEExMbo+g9naA6QN6mPgWm0MzDwRNlOfaNlepfUpSyt9RSrUfEODspwbyWbcLg6t5nwc/e7lg==",
    "@balancer-labs/v2-deployments@3.2.0": "pghD7qyTVp1832d7F7yHgAeh/EZvS2/GLvUx9ieM671NMh1KTprYZOBCpEVVC9JnE1Vpru5rc9DDNlFw3capVw==",
    "viem@2.57.20": "LSvREzKT7xFXpmxW2YFJ/OtcZRkSGLp5zywSgadBf0qQCeqh2+FxHHWyrS2zEG7ZfBWQQvk8HI1i4HPzSMD14g==",
}
"""SHA-512 of the archives, as the registry states them."""


def package(name: str) -> Path:
    """The folder of an unpacked package, by its name and version, for example ``@uniswap/v3-core@1.0.1``."""
    folder = _cache() / name.replace("/", "+")
    if not folder.is_dir():
        try:
            _fetch(name, folder)
        except (OSError, subprocess.SubprocessError) as error:
            _give_up(f"{name} cannot be fetched by npm pack ({error})")
    return folder


def artifact(name: str, path: str) -> dict[str, Any]:
    """A JSON file of a package: for compiled contracts its ``abi`` and ``bytecode``."""
    content: dict[str, Any] = json.loads((package(name) / path).read_text())
    return content


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    root = Path(home) / "hedgerow" / "contracts"
    root.mkdir(parents=True, exist_ok=True)
    return root


def _fetch(name: str, folder: Path) -> None:
    """Fetch, check and unpack whole or not at all: several test processes may do so at once."""
    if shutil.which("npm") is None:
        _give_up(f"{name} is needed, and there is no npm to fetch it")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = ["npm", "pack", "--silent", "--pack-destination", scratch, name]
        subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=scratch)
        (archive,) = Path(scratch).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != DIGESTS[name]:
            pytest.fail(f"{name}: its archive is not the one that was chosen")
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        try:
            (Path(scratch) / "package").rename(folder)
        except OSError:
            if not folder.is_dir():  # another process was first
                raise


def _give_up(reason: str) -> None:
    if os.environ.get("HEDGEROW_REQUIRE_CHAIN"):
        pytest.fail(reason)
    pytest.skip(reason)
