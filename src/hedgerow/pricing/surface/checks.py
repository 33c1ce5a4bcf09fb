"""Is a surface free of arbitrage? Checked on dense grids and in the wings, apart from the code that fits."""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.pricing.surface.parameters import SurfaceParameters
from hedgerow.pricing.surface.surface import Surface

_AWAY = np.concatenate([-np.logspace(4.0, -9.0, 500), [0.0], np.logspace(-9.0, 4.0, 500)])
"""Distances from 1e-9 to 1e4, in ln(strike/forward) and in units of a slice's sigma. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArbitrageCheck:
    """What a check of a surface found.

    Parameters
    ----------
    arbitrage_free : bool
        True if neither number is negative. [bool]
    min_butterfly : float
        Least value of Durrleman's g over all expiries and strikes, wings and the continuation beyond the last expiry
        included; a density is negative where g is. [pure]
    min_calendar : float
        Least derivative of total variance in time at fixed ln(strike/forward), wings included. [per year]
    """

    arbitrage_free: bool
    min_butterfly: float
    min_calendar: float


def check_surface(parameters: SurfaceParameters) -> ArbitrageCheck:
    """Check a surface for butterfly and calendar arbitrage.

    Each slice is looked at on some thousand strikes whose distance from the money, from its middle and from its minimum
    runs from 1e-9 to 1e4, in ln(strike/forward) and in units of its width, and in the limits of its wings, where g
    tends to (1 - (slope/2)²)/4.

    Parameters
    ----------
    parameters : SurfaceParameters
        The surface. [total variance]

    Returns
    -------
    ArbitrageCheck
        The least of both conditions. [pure], [per year]

    Raises
    ------
    InputError
        If the parameters make no surface.

    References
    ----------
    Gatheral, Jacquier (2014), eq. 2.1 and lemma 2.1, doi 10.1080/14697688.2013.819986; Lee (2004), Math. Finance
    14:469, for the wings, doi 10.1111/j.0960-1627.2004.00200.x.
    """
    surface = Surface.from_parameters(parameters)
    raw, years = surface.slices, surface.expiry_years
    butterfly = min(_butterfly(one, last=i == len(raw) - 1) for i, one in enumerate(raw))
    calendar = min((_calendar(raw[i - 1], raw[i]) / (years[i] - years[i - 1]) for i in range(1, len(raw))), default=0.0)
    first = float(_variance(raw[0], _strikes(raw[0], raw[0]))[0].min() / years[0])
    calendar = min(calendar, first) if len(raw) > 1 else first
    return ArbitrageCheck(
        arbitrage_free=bool(butterfly >= 0.0 and calendar >= 0.0),
        min_butterfly=float(butterfly),
        min_calendar=float(calendar),
    )


def _strikes(one: Float64[np.ndarray, " 5"], other: Float64[np.ndarray, " 5"]) -> Float64[np.ndarray, " n_point"]:
    """Return log-moneyness dense in the logarithm of its distance from 0, from the middles and from the minima."""
    found = [_AWAY]
    for _, _, rho, m, sigma in (one, other):
        lowest = m - rho * sigma / np.sqrt((1.0 - rho) * (1.0 + rho))
        found += [centre + _AWAY for centre in (m, lowest)] + [m + sigma * _AWAY, lowest + sigma * _AWAY]
    return np.unique(np.concatenate(found))


def _variance(raw: Float64[np.ndarray, " 5"], k: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b, rho, m, sigma = raw
    z = k - m
    q = np.hypot(z, sigma)
    return a + b * (rho * z + q), b * (rho + z / q), b * sigma * sigma / q**3


def _butterfly(raw: Float64[np.ndarray, " 5"], *, last: bool) -> float:
    """Return the least g of a slice; for the last one also of all slices above it by a constant.

    g is a convex parabola in u = 1/w, so that its least value for 0 <= u <= 1/w is known in closed form.
    """
    k = _strikes(raw, raw)
    w, slope, bend = _variance(raw, k)
    if w.min() <= 0.0:
        return float(-np.inf)
    u = 1.0 / w
    line, square = -(k * slope + 0.25 * slope**2), 0.25 * (k * slope) ** 2
    level = 1.0 - slope**2 / 16.0 + 0.5 * bend
    g = level + line * u + square * u * u
    if last:
        with np.errstate(divide="ignore", invalid="ignore"):
            lowest = np.clip(np.nan_to_num(-0.5 * line / square, nan=0.0, posinf=np.inf, neginf=0.0), 0.0, u)
        g = np.minimum(g, level + line * lowest + square * lowest * lowest)
    wings = [0.25 * (1.0 - (0.5 * raw[1] * (1.0 + side * raw[2])) ** 2) for side in (-1.0, 1.0)]
    return float(min(g.min(), *wings))


def _calendar(before: Float64[np.ndarray, " 5"], after: Float64[np.ndarray, " 5"]) -> float:
    """Return the least difference of two slices; minus infinity if a wing of the later one is flatter."""
    for side in (-1.0, 1.0):
        if after[1] * (1.0 + side * after[2]) < before[1] * (1.0 + side * before[2]) * (1.0 - 1e-15):
            return float(-np.inf)
    k = _strikes(before, after)
    return float((_variance(after, k)[0] - _variance(before, k)[0]).min())
