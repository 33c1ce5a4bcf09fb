"""How far prices, calibrations and simulations under a model lie from the truth, by one measure for every framework."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.judging import plain
from hedgerow.bench.models_reference import HESTON
from hedgerow.bench.models_task import reference_vols

Columns = dict[str, NDArray[Any]]


def judge_model(work: str, data: Path, result: Path, ours: Path) -> dict[str, Any]:
    """Compare a result with the truth.

    Parameters
    ----------
    work : str
        ``heston``, ``bates``, ``calibration``, ``paths`` or ``lognormal``. [name]
    data, result : Path
        The task's ``.npz`` and the ``.npy`` that the framework left. [path]
    ours : Path
        What our first call on the same task left. [path]

    Returns
    -------
    dict
        heston, bates: largest error, largest of the bounds that were reported, and rows without a price. [forward;
        count]
        calibration: root mean square distances from the quotes and from the model behind them, and the parameter that
        is farthest off, in the standard errors of least squares. [vol points; pure]
        paths: the price's distance from the truth and its standard error, and the steps of all paths. [standard errors;
        fraction of the price; count]
        lognormal: largest difference from our prices. [forward]
    """
    with np.load(data) as stored:
        given = dict(stored)
    return _JUDGES[work](given, np.load(result), np.load(ours))


def _prices(given: Columns, found: NDArray[Any], _ours: NDArray[Any]) -> dict[str, Any]:
    price, bound = np.atleast_2d(found)[0], np.atleast_2d(found)[1:]
    error = np.abs(price - given["price"]) / given["forward"]
    known = ~np.isnan(error)
    return {
        "largest_error": plain(np.max(error[known], initial=0.0) if known.any() else math.nan),
        "largest_bound": plain(np.max(bound) / given["forward"]) if bound.size else None,
        "nan_rows": int(np.sum(~known)),
    }


def _differences(given: Columns, found: NDArray[Any], ours: NDArray[Any]) -> dict[str, Any]:
    apart = np.abs(np.atleast_2d(found)[0] - np.atleast_2d(ours)[0]) / given["forward"]
    return {"price_difference": plain(np.max(apart))}


def _calibration(given: Columns, found: NDArray[Any], _ours: NDArray[Any]) -> dict[str, Any]:
    model = dict(zip(HESTON, found.tolist(), strict=True))
    vol = reference_vols(model, given["strike"], given["days"])
    off = (found - given["truth"]) / given["standard_errors"]
    worst = int(np.argmax(np.abs(off)))
    return {
        "rmse_volpoints": plain(100.0 * np.sqrt(np.mean((vol - given["vol"]) ** 2))),
        "true_rmse_volpoints": plain(100.0 * np.sqrt(np.mean((vol - given["true_vol"]) ** 2))),
        "parameters": model,
        "worst_parameter": HESTON[worst],
        "worst_standard_errors": plain(abs(off[worst])),
    }


def _paths(given: Columns, found: NDArray[Any], _ours: NDArray[Any]) -> dict[str, Any]:
    price, standard_error = found
    return {
        "standard_errors_off": plain((price - given["price"]) / standard_error),
        "standard_error": plain(standard_error / given["price"]),
        "path_steps": int(given["paths"] * given["steps"]),
    }


_JUDGES: Final = {
    "heston": _prices,
    "bates": _prices,
    "calibration": _calibration,
    "paths": _paths,
    "lognormal": _differences,
}
