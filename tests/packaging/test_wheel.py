"""The wheel works without a clone, in an empty environment."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the source tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_example_its_attribution_and_nothing_else(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).infolist()
    names = [one.filename for one in packed]
    for name in (
        "hedgerow/py.typed",
        "hedgerow/examples/eth-2024-01-08/desk.toml",
        "hedgerow/examples/eth-2024-01-08/snapshot.toml",
        "hedgerow/examples/eth-2024-01-08/ATTRIBUTION.md",
        "hedgerow/examples/eth-2024-01-08/deribit_eth_chain_20240108.parquet",
        "hedgerow/examples/eth-2024-01-08/univ3_eth_usdc005_hourly_2023.parquet",
        "hedgerow/examples/short-call/study.toml",
        "hedgerow/examples/liquidity/curve-cryptoswap.json",
    ):
        assert name in names
    assert all(name.startswith(("hedgerow/", "hedgerow-")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    recorded = sum(one.compress_size for one in packed if not one.filename.endswith(".py"))
    assert recorded < 750_000  # what is no code may not grow unseen


@pytest.mark.slow
def test_the_wheel_gives_the_same_ticket_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    room = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(room)], check=True)
    binaries = room / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(binaries / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--constraint", str(ROOT / "constraints.txt"), str(wheel)], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HEDGEROW"))}
    clean["HEDGEROW_CACHE_DIR"] = str(tmp_path / "cache")

    def ticket(program: Path, env: dict[str, str]) -> dict[str, object]:
        done = subprocess.run(
            [program, "demo", "--json"], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        parsed: dict[str, object] = json.loads(done.stdout)
        return parsed

    ours = Path(sys.executable).with_name("hedgerow")
    assert ticket(binaries / "hedgerow", clean) == ticket(ours, dict(os.environ))
    listed = subprocess.run([*pip[:-1], "list", "--format=json"], capture_output=True, text=True, check=True)
    installed = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert not installed & {"pytest", "hypothesis", "cvxpy", "mpmath", "mypy"}
