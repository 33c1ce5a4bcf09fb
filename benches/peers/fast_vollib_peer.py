"""fast-vollib with its numba backend: prices and Greeks, implied vol, and its SVI fit."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from fast_vollib import fast_black, fast_implied_volatility_black, get_all_greeks
from fast_vollib.surface import SurfaceObservations
from fast_vollib.surface.fitting import SVICalibrator
from stopwatch import Columns, Job, itself, measure


def greeks(columns: Columns) -> Job:
    """Its two calls: the price is not among the Greeks."""
    flags = np.where(columns["is_call"], "c", "p")
    F, K, T, r, vol = (columns[name] for name in ("forward", "strike", "expiry_years", "rate", "vol"))

    def call() -> Any:
        price = fast_black(flags, F, K, T, r, vol, return_as="numpy", backend="numba")
        return price, get_all_greeks(flags, F, K, T, r, vol, model="black", return_as="dict", backend="numba")

    return Job(call, lambda values: values[0], "price + 5 Greeks (no vanna, no volga), 2 calls")


def implied_vol(columns: Columns) -> Job:
    """Its call for Black-76, on discounted prices."""
    flags = np.where(columns["is_call"], "c", "p")
    given = [columns[name] for name in ("price", "forward", "strike", "rate", "expiry_years")]

    def call() -> Any:
        return fast_implied_volatility_black(*given, flags, on_error="ignore", return_as="numpy", backend="numba")

    return Job(call, itself, "discounted prices")


def surface(columns: Columns) -> Job:
    """Its SVI calibrator as it ships: least squares in total variance from three starts a slice."""
    return fit(columns, SVICalibrator(), "SVI slice by slice, its defaults: 3 starts")


def surface_quick(columns: Columns) -> Job:
    """Its SVI calibrator with the settings that suit these quotes best: least squares in vols from one start."""
    calibrator = SVICalibrator(objective="implied_volatility", n_starts=1)
    return fit(columns, calibrator, "SVI slice by slice, least squares in vols")


def fit(columns: Columns, calibrator: Any, what: str) -> Job:
    """Fit with settings."""
    k, vol = columns["log_moneyness"], columns["vol"]
    T = columns["expiry_years"][columns["expiry"]]

    def call() -> Any:
        return calibrator.fit(SurfaceObservations(k=k, T=T, iv=vol))

    return Job(call, lambda fitted: np.sqrt(fitted.total_variance(k, T) / T), what)


TASKS = {"greeks": greeks, "implied_vol": implied_vol, "surface": surface, "surface, 1 start": surface_quick}

if __name__ == "__main__":
    measure("fast-vollib", "fast-vollib", TASKS)
