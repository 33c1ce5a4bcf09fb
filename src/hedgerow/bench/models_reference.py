"""Prices under Heston and Bates to a few units of 1e-15 of the forward: slow, in numpy, and by a road of their own.

One integral along Im u = -1/2, cut into panels of Gauss-Legendre nodes. Nothing of ``hedgerow.pricing`` is used, so
that a mistake there cannot hide in what it is judged by; a test holds them against 20 digits of another formula.
"""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.arrays import Float64

Complex: TypeAlias = NDArray[np.complexfloating[Any, Any]]

HESTON: Final = ("v0", "kappa", "theta", "vol_of_vol", "rho")
"""Parameters of Heston, in the order of every column of parameters."""

JUMPS: Final = ("jump_intensity", "jump_mean", "jump_vol")
"""What Bates has more."""

_NODES: Final = 20
_PANELS: Final = 60
_NOTHING: Final = 1e-19
"""The integral ends where its integrand has fallen to this, and its bound falls on."""


def reference_calls(
    model: dict[str, float],
    forward: float,
    strike: Float64[np.ndarray, " n_option"],
    expiry_years: Float64[np.ndarray, " n_option"],
) -> Float64[np.ndarray, " n_option"]:
    """Price calls, undiscounted.

    Parameters
    ----------
    model : dict of str to float
        Heston's parameters, and the jumps' if it is Bates. [as in ``hedgerow.pricing.models``]
    forward : float
        Forward of every expiry. [quote]
    strike, expiry_years : ndarray of shape (n_option,)
        Strikes and times to expiry. [quote], [years, Act/365]

    Returns
    -------
    ndarray of shape (n_option,)
        Prices. [quote]

    References
    ----------
    Lewis (2001), "A simple option formula for general jump-diffusion and other exponential Lévy processes", eq. 3.11.
    """
    price = np.empty(strike.size)
    for years in np.unique(expiry_years):
        rows = np.flatnonzero(expiry_years == years)
        u, weight = _panels(_last(model, float(years)))
        k = np.log(strike[rows] / forward)
        transform = weight * characteristic(model, u - 0.5j, float(years)) / (u**2 + 0.25)
        integral = (np.exp(-1j * np.outer(k, u)) @ transform).real
        price[rows] = forward - np.sqrt(forward * strike[rows]) / np.pi * integral
    return price


def characteristic(model: dict[str, float], u: Complex, years: float) -> Complex:
    """Return E[exp(iu ln(F_T/F_0))].

    Parameters
    ----------
    model : dict of str to float
        As for the prices. [as in ``hedgerow.pricing.models``]
    u : ndarray of shape (n,)
        Arguments, complex. [pure]
    years : float
        Time to expiry. [years, Act/365]

    Returns
    -------
    ndarray of shape (n,)
        Complex values. [pure]

    References
    ----------
    Albrecher, Mayer, Schoutens, Tistaert (2007), "The little Heston trap", Wilmott January 2007:83, eq. 2: no cut of
    the logarithm is ever crossed; Bates (1996), doi 10.1093/rfs/9.1.69, for the jumps.
    """
    v0, kappa, theta, nu, rho = (model[name] for name in HESTON)
    b = kappa - rho * nu * 1j * u
    d = np.sqrt(b**2 + nu**2 * (u**2 + 1j * u))
    g = (b - d) / (b + d)
    fading = np.exp(-d * years)
    level = kappa * theta / nu**2 * ((b - d) * years - 2.0 * np.log((1.0 - g * fading) / (1.0 - g)))
    slope = (b - d) / nu**2 * (1.0 - fading) / (1.0 - g * fading)
    return np.asarray(np.exp(level + slope * v0 + _jumps(model, u, years)))


def _jumps(model: dict[str, float], u: Complex, years: float) -> Complex | float:
    if "jump_intensity" not in model:
        return 0.0
    intensity, mean, vol = (model[name] for name in JUMPS)
    jumped = np.exp(1j * u * mean - 0.5 * vol**2 * u**2) - 1.0
    drift = np.exp(mean + 0.5 * vol**2) - 1.0
    return np.asarray(intensity * years * (jumped - 1j * u * drift))


def _last(model: dict[str, float], years: float) -> float:
    """Return where the integrand is nothing any more: it falls as a Gaussian first, then exponentially."""
    u = np.geomspace(1.0, 1e7, 600)
    size = np.abs(characteristic(model, u - 0.5j, years)) / (u**2 + 0.25)
    some = np.flatnonzero(size > _NOTHING)
    return float(u[min(some[-1] + 1, u.size - 1)])


def _panels(last: float) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return nodes and weights; panels grow with u, as the integrand is smoother there."""
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    edge = last * np.linspace(0.0, 1.0, _PANELS + 1) ** 2
    middle, half = 0.5 * (edge[1:] + edge[:-1]), 0.5 * np.diff(edge)
    return (middle[:, None] + half[:, None] * node).ravel(), (half[:, None] * weight).ravel()
