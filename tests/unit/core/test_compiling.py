"""Kernels: compiled when called, cached on disk, never served stale."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hedgerow
from hedgerow.core.compiling import kernel_sources

PACKAGE = Path(hedgerow.__file__).parent


def run(code: str, **environment: str) -> str:
    """Run Python in a fresh process and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_the_facade_loads_nothing_heavy() -> None:
    loaded = run("import sys, hedgerow; print([m for m in ('numpy', 'numba', 'rich', 'pyarrow') if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['hedgerow', '--help']\n"
        "from hedgerow.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'numba', 'pyarrow', 'daqp') if m in sys.modules])"
    )
    assert run(code).strip().splitlines()[-1] == "[]"


def test_importing_every_room_compiles_nothing(tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, hedgerow\n"
        "for m in pkgutil.walk_packages(hedgerow.__path__, 'hedgerow.'):\n"
        "    importlib.import_module(m.name)\n"
    )
    run(code, HEDGEROW_CACHE_DIR=str(tmp_path))
    assert not list(tmp_path.rglob("*.nb?"))


def test_kernels_live_in_files_that_the_cache_key_covers() -> None:
    covered = set(kernel_sources())
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        if re.search(r"^@(kernel|inlined)\b|\bnjit\b", text, re.MULTILINE):
            assert path in covered, f"{path} holds kernels but is not called *kernels.py"
        if path in covered and path.name != "compiling.py":
            # A constant that a kernel takes from elsewhere would be frozen into the cache.
            for source in re.findall(r"^from (hedgerow\S+) import", text, re.MULTILINE):
                assert source.endswith(("kernels", ".compiling")), f"{path} takes something from {source}"


PRICE = (
    "import json, hedgerow.pricing as p, hedgerow.core.compiling as c\n"
    "g = p.black76(2000.0, 2100.0, 0.1, 0.6, True, inverse=False)\n"
    "from hedgerow.pricing import greek_kernels as kernels\n"
    "hits = sum(kernels.greeks_rows.stats.cache_hits.values())\n"
    "print(json.dumps([g.price[0], hits, str(c.cache_folder())]))"
)


def test_an_edited_kernel_is_never_served_stale(tmp_path: Path) -> None:
    # A copy of the package; the edit is in a file that the calling kernel's file only imports from.
    copy = tmp_path / "site" / "hedgerow"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PYTHONPATH": str(copy.parent), "HEDGEROW_CACHE_DIR": str(tmp_path / "cache")}
    book = (
        "from hedgerow.book import kernels as k\n"
        "import numpy as np, json\n"
        "from hedgerow.pricing import workspace\n"
        "table, out, room = np.ones((1, k.N_COLUMNS)), np.empty((8, 1)), (np.empty((6, 1)), np.empty((8, 1)))\n"
        "table[0, k.STRIKE], table[0, k.VOL] = 2100.0, 0.6\n"
        "none, fault = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)\n"
        "kinds = np.array([k.LINEAR_OPTION])\n"
        "k.value_rows(kinds, table, none, 2000.0, 0.0, 0.0, False, *room, fault, workspace(), out)\n"
        "print(json.dumps([out[0, 0], sum(k.value_rows.stats.cache_hits.values())]))"
    )
    first, hits_first = json.loads(run(book, **environment))
    second, hits_second = json.loads(run(book, **environment))
    assert (hits_first, hits_second) == (0, 1)
    assert second == first
    pricing = copy / "pricing" / "greek_kernels.py"
    text = pricing.read_text()
    old = "price = time_value + "
    assert old in text
    pricing.write_text(text.replace(old, old + "7.0 + "))
    edited, hits_edited = json.loads(run(book, **environment))
    assert hits_edited == 0
    assert abs(edited - first - 7.0) < 1e-9


def test_an_unwritable_cache_falls_back_to_a_temporary_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    price, _, folder = json.loads(run(PRICE, HEDGEROW_CACHE_DIR=str(blocked / "cache"), TMPDIR=str(tmp_path)))
    assert price > 0.0
    assert folder.startswith(str(tmp_path / "hedgerow-"))


def test_old_caches_are_swept_and_recent_ones_kept(tmp_path: Path) -> None:
    for i in range(8):
        old = tmp_path / f"kernels-{i:016d}"
        old.mkdir()
        os.utime(old, (i, i))
    run("import hedgerow.core.compiling as c; c.cache_folder()", HEDGEROW_CACHE_DIR=str(tmp_path))
    assert sorted(path.name[-1] for path in tmp_path.glob("kernels-*")) == ["5", "6", "7"]
