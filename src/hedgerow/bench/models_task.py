"""The tasks of ``hedgerow bench models``: chains with true prices, noisy quotes of a known model, one simulation."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from hedgerow.bench.models_reference import HESTON, reference_calls
from hedgerow.core.arrays import Float64
from hedgerow.pricing import implied_vol

FORWARD: Final = 60_000.0
DAYS: Final = (2, 7, 14, 30, 60, 90, 180, 365)
STRIKES: Final = 25
WIDEST: Final = 2.5
"""Strikes reach so far from the forward, in standard deviations of its logarithm."""

NOISE: Final = 0.003
"""Standard deviation of the quotes around the model. [vol]"""

PATHS: Final = 1 << 17
STEPS: Final = 52

_BITCOIN: Final = {"v0": 0.45, "kappa": 2.0, "theta": 0.5, "vol_of_vol": 1.2, "rho": -0.3}
_FELLER: Final = {"v0": 0.3, "kappa": 1.2, "theta": 0.25, "vol_of_vol": 2.0, "rho": -0.6}
"""2·kappa·theta/vol_of_vol² is 0.15: the variance spends much of its time near zero."""
_CALM: Final = {"v0": 0.4, "kappa": 3.0, "theta": 0.36, "vol_of_vol": 0.6, "rho": -0.5}
_JUMPS: Final = {"jump_intensity": 3.0, "jump_mean": -0.1, "jump_vol": 0.15}

START: Final = {"v0": 0.3, "kappa": 1.0, "theta": 0.3, "vol_of_vol": 0.6, "rho": 0.0}
"""From where a calibration starts."""

LOGNORMAL: Final = {
    "vol0": 0.8376, "theta": 1.0413, "kappa1": 3.1844, "kappa2": 3.058, "beta": 0.1514, "vol_of_vol": 1.8458
}  # fmt: skip
"""LOGSV_BTC_PARAMS of stochvolmodels 2.6.0, pricers/logsv_pricer.py, fitted to bitcoin's options there."""

LOGNORMAL_DAYS: Final = (7, 30, 90, 365)
"""Fewer expiries with more strikes: a peer needs its seconds for each expiry."""

_SEED: Final = 20_240_102


MODELS: Final[dict[str, dict[str, float]]] = {
    "heston_bitcoin": _BITCOIN,
    "heston_feller": _FELLER,
    "heston_calm": _CALM,
    "heston_two_days": _FELLER,
    "bates": _BITCOIN | _JUMPS,
    "bates_feller": _FELLER | _JUMPS,
    "calibration": _BITCOIN,
    "paths": _BITCOIN,
    "paths_feller": _FELLER,
    "lognormal": LOGNORMAL,
}
"""Every task and its parameters."""


def write_task(folder: Path, task: str) -> None:
    """Write the data of a task.

    Parameters
    ----------
    folder : Path
        Gets one ``.npz`` file, named like the task. [path]
    task : str
        One of ``MODELS``. [name]
    """
    model, path = MODELS[task], folder / f"{task}.npz"
    match task:
        case "calibration":
            _write_quotes(path, model)
        case "paths" | "paths_feller":
            _write_simulation(path, model)
        case "lognormal":
            vol = np.full(len(LOGNORMAL_DAYS), model["vol0"])
            days, strike = _chain(vol, LOGNORMAL_DAYS, 2 * STRIKES)
            _save(path, days=days, strike=strike, **model)
        case "heston_two_days":
            _write_chain(path, model, DAYS[:1], STRIKES * len(DAYS))
        case _:
            _write_chain(path, model, DAYS, STRIKES)


def mean_vol(model: dict[str, float], years: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the root of the mean variance that a model expects until an expiry, without its jumps.

    Parameters
    ----------
    model : dict of str to float
        Heston's parameters. [as in ``hedgerow.pricing.models``]
    years : ndarray of shape (n,)
        Times to expiry. [years, Act/365]

    Returns
    -------
    ndarray of shape (n,)
        Vols. [fraction per square root of a year]

    References
    ----------
    Integral of E[v_t] = theta + (v0 - theta)exp(-kappa t), Heston (1993), doi 10.1093/rfs/6.2.327, eq. 4.
    """
    pulled = model["kappa"] * years
    return np.sqrt(model["theta"] + (model["v0"] - model["theta"]) * -np.expm1(-pulled) / pulled)


def _chain(
    vol: Float64[np.ndarray, " n_expiry"], days: tuple[int, ...], strikes: int
) -> tuple[Float64[np.ndarray, " n_option"], Float64[np.ndarray, " n_option"]]:
    """Return the expiry in days and the strike of every option, expiry by expiry."""
    width = vol * np.sqrt(np.array(days) / 365.0)
    k = np.tile(np.linspace(-WIDEST, WIDEST, strikes), len(days)) * np.repeat(width, strikes)
    return np.repeat(np.array(days, dtype=np.float64), strikes), FORWARD * np.exp(k)


def _save(path: Path, **columns: Any) -> None:
    np.savez(path, forward=FORWARD, **columns)


def _write_chain(path: Path, model: dict[str, float], days: tuple[int, ...], strikes: int) -> None:
    each, strike = _chain(mean_vol(model, np.array(days) / 365.0), days, strikes)
    price = reference_calls(model, FORWARD, strike, each / 365.0)
    _save(path, days=each, strike=strike, price=price, **model)


def _write_quotes(path: Path, model: dict[str, float]) -> None:
    """Noisy vols of the model, where to start, and how well the best of fits could know the parameters."""
    days, strike = _chain(mean_vol(model, np.array(DAYS) / 365.0), DAYS, STRIKES)
    true_vol = reference_vols(model, strike, days)
    noise = NOISE * np.random.default_rng(_SEED).standard_normal(strike.size)
    _save(
        path,
        days=days,
        strike=strike,
        true_vol=true_vol,
        vol=true_vol + noise,
        standard_errors=_standard_errors(model, strike, days),
        truth=[model[name] for name in HESTON],
        **START,
    )


def reference_vols(
    model: dict[str, float], strike: Float64[np.ndarray, " n_option"], days: Float64[np.ndarray, " n_option"]
) -> Float64[np.ndarray, " n_option"]:
    """Return the implied vols of a model's reference prices.

    Parameters
    ----------
    model : dict of str to float
        Heston's parameters, and the jumps' if it is Bates. [as in ``hedgerow.pricing.models``]
    strike, days : ndarray of shape (n_option,)
        Strikes and times to expiry. [quote], [days]

    Returns
    -------
    ndarray of shape (n_option,)
        Vols; NaN where a price holds none. [fraction per square root of a year]

    References
    ----------
    Jäckel (2017), "Let's be rational", Wilmott January 2015:40, doi 10.1002/wilm.10395: the inversion, which has tests
    of its own.
    """
    call = reference_calls(model, FORWARD, strike, days / 365.0)
    is_call = strike > FORWARD
    outside = np.where(is_call, call, call + strike - FORWARD)
    return np.asarray(implied_vol(outside, FORWARD, strike, days / 365.0, is_call, inverse=False)[0])


def _standard_errors(
    model: dict[str, float], strike: Float64[np.ndarray, " n_quote"], days: Float64[np.ndarray, " n_quote"]
) -> Float64[np.ndarray, " 5"]:
    """Return the standard errors of unweighted least squares in vols, which no unbiased fit undercuts."""
    columns = []
    for name in HESTON:
        step = 1e-4 * max(abs(model[name]), 0.1)
        up, down = (reference_vols({**model, name: model[name] + h}, strike, days) for h in (step, -step))
        columns.append((up - down) / (2.0 * step))
    jacobian = np.column_stack(columns)
    return np.asarray(NOISE * np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian))))


def _write_simulation(path: Path, model: dict[str, float]) -> None:
    """One year, and the price of a call at the money."""
    price = reference_calls(model, FORWARD, np.array([FORWARD]), np.ones(1))[0]
    _save(path, days=365, paths=PATHS, steps=STEPS, price=price, **model)
