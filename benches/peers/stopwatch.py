"""What the peers of `hedgerow bench` share: PEER.py TASK DATA.npz RESULT.npy RUNS [CALLS] prints one JSON object.

It stands alone (no import of hedgerow), since the peers live in an environment of their own. Timed: the peer's own call
over columns in the types that it likes best, nothing else. Outside of the timing: loading, bringing the columns to
those types and back, and compiling, which one call before does. Each result is let go before the next run starts. A
run of several CALLS counts as the time of one of them.
"""

import gc
import json
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


class Job(NamedTuple):
    """One task on one framework: what is timed, how its result becomes the column to judge, and what it computes."""

    call: Callable[[], Any]
    column: Callable[[Any], NDArray[np.float64]]
    what: str


def measure(framework: str, package: str, tasks: dict[str, Callable[[Columns], Job]]) -> None:
    """Time the task that the command line names, keep the last result, and print the figures."""
    task, data, result, runs = sys.argv[1:5]
    calls = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    with np.load(data) as stored:
        columns = dict(stored)
    job = tasks[task](columns)
    values = job.call()
    seconds = []
    for _ in range(int(runs)):
        del values
        gc.collect()
        started = time.perf_counter()
        for _ in range(calls):
            values = job.call()
        seconds.append((time.perf_counter() - started) / calls)
    np.save(result, np.asarray(job.column(values), dtype=np.float64))
    heading = {"framework": framework, "version": version(package), "python": platform.python_version()}
    print(json.dumps({**heading, "what": job.what, "seconds": seconds}))


def itself(values: Any) -> Any:
    """Return what a call returned: it is the column to judge."""
    return values


def halves(is_call: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of calls and of puts, for peers that take one kind at once."""
    return np.flatnonzero(is_call), np.flatnonzero(~is_call)


def joined(is_call: NDArray[np.bool_], calls: Any, puts: Any) -> NDArray[np.float64]:
    """Return one column of the results of both halves."""
    column = np.empty(is_call.size)
    column[is_call], column[~is_call] = calls, puts
    return column
