"""Compiled contracts of others, and a node to run them on: fetched by ``npm pack``, kept beside the kernels.

They are never part of Hedgerow. Each package is named with its version and the digest of its archive, so what runs is
what was chosen.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from hedgerow.bench.processes import NotMeasured
from hedgerow.core.compiling import cache_folder

DIGESTS: Final = {
    "@foundry-rs/anvil-linux-amd64@1.7.1": (
        "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg=="
    ),
    "@uniswap/v2-core@1.0.1": (
        "MtybtkUPSyysqLY2U210NBDeCHX+ltHt3oADGdjqoThZaFRDKwM6k1Nb3F0A3hk5hwuQvytFWhrWHOEq6nVJ8Q=="
    ),
    "@uniswap/v3-core@1.0.1": (
        "7pVk4hEm00j9tc71Y9+ssYpO6ytkeI0y7WE9P6UcmNzhxPePwyAxImuhVsTqWK9YFvzgtvzJHi64pBl4jUzKMQ=="
    ),
    "@uniswap/v3-periphery@1.4.4": (
        "S4+m+wh8HbWSO3DKk4LwUCPZJTpCugIsHrWR86m/OrUyvSqGDTXKFfc2sMuGXCZrD1ZqO3rhQsKgdWg3Hbb2Kw=="
    ),
    "viem@2.57.20": ("LSvREzKT7xFXpmxW2YFJ/OtcZRkSGLp5zywSgadBf0qQCeqh2+FxHHWyrS2zEG7ZfBWQQvk8HI1i4HPzSMD14g=="),
    "@uniswap/v2-periphery@1.1.0-beta.0": (
        "6dkwAMKza8nzqYiXEr2D86dgW3TTavUvCR0w2Tu33bAbM8Ah43LKAzH7oKKPRT5VJQaMi1jtkGs1E8JPor1n5g=="
    ),
    "@uniswap/v4-core@1.0.2": (
        "X15Tm2wWd+USAzEExMbo+g9naA6QN6mPgWm0MzDwRNlOfaNlepfUpSyt9RSrUfEODspwbyWbcLg6t5nwc/e7lg=="
    ),
    "@balancer-labs/v2-deployments@3.2.0": (
        "pghD7qyTVp1832d7F7yHgAeh/EZvS2/GLvUx9ieM671NMh1KTprYZOBCpEVVC9JnE1Vpru5rc9DDNlFw3capVw=="
    ),
}
"""SHA-512 of the archives, as the registry states them."""


def package(name: str) -> Path:
    """Return the folder of an unpacked package.

    Parameters
    ----------
    name : str
        Name and version. [npm package]

    Returns
    -------
    Path
        Its folder. [path]

    Raises
    ------
    NotMeasured
        If it cannot be fetched, or is not the one that was chosen.
    """
    folder = cache_folder().parent / "contracts" / name.replace("/", "+")
    if folder.is_dir():
        return folder
    if shutil.which("npm") is None:
        raise NotMeasured(f"{name} is needed, and there is no npm to fetch it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = ["npm", "pack", "--silent", "--pack-destination", scratch, name]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=scratch)
        except (OSError, subprocess.SubprocessError) as error:
            raise NotMeasured(f"{name} cannot be fetched by npm pack ({error})") from None
        (archive,) = Path(scratch).glob("*.tgz")
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != DIGESTS[name]:
            raise NotMeasured(f"{name}: its archive is not the one that was chosen")
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        try:
            (Path(scratch) / "package").rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first
                raise
    return folder
