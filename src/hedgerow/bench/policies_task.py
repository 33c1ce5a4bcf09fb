"""The tasks of ``hedgerow bench policies``; the one with peers is a short call, hedged by its delta at every date."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hedgerow.core.arrays import Float64

CALL: Final = {"spot": 100.0, "strike": 100.0, "vol": 0.6, "years": 30.0 / 365.0, "cost": 5e-4}
"""A call on a coin for a month. [USD, USD, fraction, years, fraction of what is traded]"""

PATHS: Final = 100_000
STEPS: Final = 30

SIZES: Final = (10_000, 100_000, 1_000_000)
"""Of whole studies. [paths]"""

PROGRAMMES: Final = ("exact band, kept", "exact band, solved")
"""Found on disk, and for the first time."""

DECIDED: Final = (
    "the view alone",
    "unhedged",
    "delta_tolerance",
    "time_grid",
    "price_move",
    "leland",
    "whalley_wilmott",
    "zakamouline",
    "gas_aware",
    "quadratic_impact",
)
"""What an engine asks at a quote: the first is what comes before every policy."""

_REACH: Final = 8.5
_POINTS: Final = 401
"""Of the normals that the reference integrates over."""


def write_task(folder: Path) -> None:
    """Write the data of the task, with the mean that every framework should find.

    Parameters
    ----------
    folder : Path
        Gets ``hedge.npz``. [path]
    """
    columns: dict[str, Any] = {**CALL, "paths": PATHS, "steps": STEPS, "mean": mean_profit(**CALL, steps=STEPS)}
    np.savez(folder / "hedge.npz", **columns)


def mean_profit(*, spot: float, strike: float, vol: float, years: float, cost: float, steps: int) -> float:
    """Return the mean P&L of a short call without its premium, hedged by the Black-Scholes delta at every date.

    The price has no drift, so the gains of the hedge have mean zero: what is left is the price of the call and the
    expected costs, E[S'|delta' - delta|] over every pair of dates, an integral over two normals. The first trade is
    charged, the sale at expiry is not.

    Parameters
    ----------
    spot, strike : float
        Price now, and of the call. [quote per base]
    vol, years, cost : float
        Vol, time to expiry, and what a trade of one unit of money costs. [fraction], [years], [fraction]
    steps : int
        Dates, the first is now, the last is the one before expiry. [count]

    Returns
    -------
    float
        The mean, negative. [quote]

    References
    ----------
    Black, Scholes (1973), J. Political Economy 81:637, doi 10.1086/260062, eq. 13 and 14.
    """
    step = years / steps
    z, weight = _normal_rule()
    traded = spot * float(_delta(np.array([spot]), strike, vol, years)[0])
    for k in range(1, steps):
        before, after = years - (k - 1) * step, years - k * step
        width = vol * math.sqrt((k - 1) * step)
        price = spot * np.exp(width * z - 0.5 * width**2)[:, None]
        # S' weighs the second normal: under that measure its mean is the width of a step.
        small = vol * math.sqrt(step)
        moved = price * np.exp(small * z + 0.5 * small**2)
        change = np.abs(_delta(moved, strike, vol, after) - _delta(price, strike, vol, before))
        traded += float(weight @ (price * change) @ weight)
    width = vol * math.sqrt(years)
    d1 = math.log(spot / strike) / width + 0.5 * width
    return -float(spot * ndtr(d1) - strike * ndtr(d1 - width)) - cost * traded


def _delta(price: NDArray[Any], strike: float, vol: float, years: float) -> NDArray[np.float64]:
    width = vol * math.sqrt(years)
    return np.asarray(ndtr(np.log(price / strike) / width + 0.5 * width))


def _normal_rule() -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return even points and the weights of a normal there: as exact for smooth functions as any rule."""
    z = np.linspace(-_REACH, _REACH, _POINTS)
    density = np.exp(-0.5 * z * z)
    return z, density / density.sum()
