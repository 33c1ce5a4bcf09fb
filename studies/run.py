"""Published work, reproduced: runs the studies of this folder and compares their figures with the published ones.

    python studies/run.py [--full] [NAME ...]

A study file says itself what was published and within what tolerance; two standard errors are added. Without ``--full``
there are fewer paths. Exits 1 if a figure does not hold.
"""

import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.config.load_simulation import load_simulation
from hedgerow.lab import simulate

HERE = Path(__file__).resolve().parent
REDUCED = 20_000
"""Paths of a study that is not run in full. [count]"""


def studies() -> dict[str, Path]:
    """Return every study of the folder by name."""
    files = [*HERE.glob("*.toml"), *(path for path in HERE.glob("*.py") if path.stem != "run")]
    return {path.stem: path for path in sorted(files)}


def figures(path: Path, *, full: bool) -> Iterator[dict[str, Any]]:
    """Run one study, and yield each of its figures beside what was published."""
    if path.suffix == ".py":
        spec = importlib.util.spec_from_file_location(f"study_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for row in module.rows(full=full):
            yield row | {"error": 0.0, "holds": abs(row["seen"] - row["value"]) <= row["within"]}
        return
    study = load_simulation(path)
    if not full:
        fewer = msgspec.structs.replace(study.simulation, paths=min(study.simulation.paths, REDUCED))
        study = msgspec.structs.replace(study, simulation=fewer)
    for row in simulate(study).published:
        yield {
            "figure": f"{row.policy}: {row.figure}",
            "value": row.value,
            "within": row.at_most if row.within is None else row.within,
            "seen": row.seen,
            "error": row.standard_error,
            "holds": row.holds,
        }


def main(arguments: list[str]) -> int:
    """Run what was named, or everything, and print a line for each figure."""
    names = [name for name in arguments if not name.startswith("--")]
    found = studies()
    unknown = [name for name in names if name not in found]
    if unknown:
        print(f"no study is called {unknown[0]}; there are {', '.join(found)}", file=sys.stderr)
        return 2
    wrong = 0
    for name in names or found:
        began = time.perf_counter()
        print(f"{name}", flush=True)
        for row in figures(found[name], full="--full" in arguments):
            mark = "holds" if row["holds"] else "FAILS"
            print(
                f"  {mark}  {row['figure']:<44} published {row['value']:<10.6g} within {row['within']:<10.4g}"
                f" seen {row['seen']:.6g} ± {row['error']:.2g}",
                flush=True,
            )
            wrong += not row["holds"]
        print(f"  {time.perf_counter() - began:.1f} s", flush=True)
    print(f"{wrong} figures fail" if wrong else "all figures hold")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
