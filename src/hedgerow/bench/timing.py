"""How Hedgerow's own pricing runs are timed; the peers' stopwatch does the same, and imports nothing of this."""

import gc
import json
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow import __version__

Columns = dict[str, NDArray[Any]]


class Job(NamedTuple):
    """One task.

    Parameters
    ----------
    call : callable
        What is timed.
    column : callable
        Makes the column to judge of its result.
    what : str
        What it computes. [text]
    """

    call: Callable[[], Any]
    column: Callable[[Any], NDArray[np.float64]]
    what: str


def measure(words: list[str], jobs: Mapping[str, Callable[[Columns], Job]]) -> None:
    """Run what the words say, and print one JSON object; each result is let go before the next run starts.

    Parameters
    ----------
    words : list of str
        ``WORD DATA RESULT RUNS [CALLS]``: the job, its columns, where the last result goes, how many runs are timed,
        and how many calls a run has, one unless told; its time is that of one of them.
    jobs : mapping of str to callable
        What prepares a job from the columns, by its word.
    """
    word, data, result, runs, *more = words
    calls = int(more[0]) if more else 1
    with np.load(data) as stored:
        columns = dict(stored)
    job = jobs[word](columns)
    values = job.call()  # compiles, where that is still to be done
    seconds = []
    for _ in range(int(runs)):
        del values
        gc.collect()
        start = time.perf_counter()
        for _ in range(calls):
            values = job.call()
        seconds.append((time.perf_counter() - start) / calls)
    np.save(result, job.column(values))
    heading = {"framework": f"hedgerow, {word}", "version": __version__, "python": platform.python_version()}
    print(json.dumps({**heading, "what": job.what, "seconds": seconds}))
