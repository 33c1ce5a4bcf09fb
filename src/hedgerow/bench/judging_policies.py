"""Whether simulated hedges are the same hedge: means beside the true one, standard deviations beside ours."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.judging import plain


def judge_policies(work: str, data: Path, result: Path, ours: Path) -> dict[str, Any]:
    """Say what a run's result is worth.

    Parameters
    ----------
    work : str
        ``hedge``, ``programme``, ``study`` or ``decision``. [name]
    data, result : Path
        The task's ``.npz`` and the ``.npy`` that the framework left. [path]
    ours : Path
        What our first call on the same task left. [path]

    Returns
    -------
    dict
        hedge: mean and standard deviation of the P&L without the premium, the mean's distance from the true one and the
        deviation's from ours in standard errors, and the steps of all paths. [quote; standard errors; count]
        programme: the value that was found, and the error that it states. [quote]
        study: peak memory, and the steps of all paths. [MiB; count]
        decision: nothing.
    """
    found = np.load(result)
    return _JUDGES[work](data, found, np.load(ours))


def _hedge(data: Path, found: np.ndarray, ours: np.ndarray) -> dict[str, Any]:
    with np.load(data) as given:
        truth, path_steps = float(given["mean"]), int(given["paths"] * given["steps"])
    mean, deviation, mean_error, deviation_error = (float(value) for value in found)
    # Ours beside itself is no distance at all.
    both = math.hypot(deviation_error, float(ours[3]))
    return {
        "mean": plain(mean),
        "deviation": plain(deviation),
        "mean_off": plain((mean - truth) / mean_error),
        "deviation_off": plain((deviation - float(ours[1])) / both),
        "path_steps": path_steps,
    }


def _programme(_data: Path, found: np.ndarray, _ours: np.ndarray) -> dict[str, Any]:
    return {"value": plain(float(found[0])), "stated_error": plain(float(found[1]))}


def _study(_data: Path, found: np.ndarray, _ours: np.ndarray) -> dict[str, Any]:
    return {"peak_mib": plain(float(found[0])), "path_steps": int(found[1])}


def _decision(_data: Path, _found: np.ndarray, _ours: np.ndarray) -> dict[str, Any]:
    return {}


_JUDGES: Final = {"hedge": _hedge, "programme": _programme, "study": _study, "decision": _decision}
