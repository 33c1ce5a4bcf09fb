"""What a user waits for at the start: help, the first ticket after an installation, and every later one.

    python benches/startup.py

Each figure is of whole processes, interleaved: minimum and median over the runs.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 11
PROGRAM = Path(sys.executable).with_name("hedgerow")


def seconds(command: list[str], cache: str) -> float:
    """Time one process."""
    environment = os.environ | {"HEDGEROW_CACHE_DIR": cache}
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    commands = {
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "hedgerow --help": [str(PROGRAM), "--help"],
        "hedgerow demo, warm": [str(PROGRAM), "demo"],
    }
    times: dict[str, list[float]] = {name: [] for name in (*commands, "hedgerow demo, cold")}
    with tempfile.TemporaryDirectory() as warm:
        seconds(commands["hedgerow demo, warm"], warm)
        for _ in range(RUNS):
            for name, command in commands.items():
                times[name].append(seconds(command, warm))
    for _ in range(3):
        with tempfile.TemporaryDirectory() as cold:
            times["hedgerow demo, cold"].append(seconds(commands["hedgerow demo, warm"], cold))
    base = statistics.median(times["python -c 'import numpy'"])
    print(f"{'':28}{'min s':>9}{'median s':>10}{'x numpy':>9}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:28}{min(values):9.3f}{median:10.3f}{median / base:9.1f}")


if __name__ == "__main__":
    main()
