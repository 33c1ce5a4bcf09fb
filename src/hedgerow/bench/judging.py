"""How far a framework's result lies from what is known, by one measure for all of them."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.pricing_task import MOVE
from hedgerow.core.arrays import Bool, Float64

LEAST_TIME_VALUE: Final = 1e-10
"""Prices with a smaller share of time value do not hold a vol any more. [time value over price]"""


def judge(task: str, data: Path, result: Path, *, moved: bool = False) -> dict[str, Any]:
    """Compare a result with the truth.

    Parameters
    ----------
    task : str
        ``greeks``, ``implied_vol`` or ``surface``. [name]
    data, result : Path
        The task's ``.npz`` and the ``.npy`` that the framework left. [path]
    moved : bool
        True if the surface is fitted to the moved quotes.

    Returns
    -------
    dict
        greeks: largest difference of a price. [the larger of forward and strike]
        implied_vol: errors, and rows without a vol. [relative; count]
        surface: root mean square error. [vol points]
    """
    given = np.load(result)
    with np.load(data) as known:
        if task == "greeks":
            scale = np.maximum(known["forward"], known["strike"])
            return {"price_difference": plain(np.max(np.abs(given - known["price"]) / scale))}
        if task == "surface":
            error = given - known["true_vol"] - (MOVE if moved else 0.0)
            return {"rmse_volpoints": plain(100.0 * np.sqrt(np.mean(error**2)))}
        outside = known["is_call"] == (known["strike"] > known["forward"])
        return _vol_errors(given / known["vol"] - 1.0, known["time_value"] >= LEAST_TIME_VALUE, outside)


def _vol_errors(
    error: Float64[np.ndarray, " n_option"],
    clear: Bool[np.ndarray, " n_option"],
    outside: Bool[np.ndarray, " n_option"],
) -> dict[str, Any]:
    """Summarise relative errors; rows without a vol are counted, over all rows, and have no error."""
    solved = ~np.isnan(error)
    size = np.abs(error)
    rows, outer = size[solved & clear], size[solved & clear & outside]
    return {
        "largest_error": plain(np.max(rows, initial=0.0)),
        "error_999": plain(np.quantile(rows, 0.999) if rows.size else math.nan),
        "largest_error_outside": plain(np.max(outer, initial=0.0)),
        "nan_rows": int(np.sum(~solved)),
    }


def plain(value: Any) -> float | None:
    """Return a number for JSON, which knows neither NaN nor infinity.

    Parameters
    ----------
    value : any
        A number. [any]

    Returns
    -------
    float or None
        The number, None unless it is finite. [as given]
    """
    return float(value) if math.isfinite(value) else None
