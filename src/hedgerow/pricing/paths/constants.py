"""What the kernels need to know about a model and a step, worked out once."""

import math
from typing import NoReturn

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.models import SABR, AffineCoefficients, LogNormalSV

_TINY = 1e-8
"""A vol of vol below this is none."""
_MOST_JUMPS = 500.0
"""Most jumps per step that may be expected."""
_MOST_VOL_OF_VOL = 50.0
"""Largest vol_of_vol²·step of a log-normal vol."""


def affine_constants(
    c: AffineCoefficients, forward: float, sign: float, step: float, drift: float
) -> Float64[np.ndarray, " 20"]:
    """Return the constants of the quadratic-exponential scheme.

    Parameters
    ----------
    c : AffineCoefficients
        The dynamics; kappa may have any sign. [as the fields]
    forward : float
        The forward now. [quote per coin]
    sign : float
        1, or -1 if these are the dynamics of one over the forward. [pure]
    step : float
        Length of a step. [years, Act/365]
    drift : float
        Drift of the forward. [per year]

    Returns
    -------
    ndarray of shape (20,)
        In the order that ``affine_paths`` names. [mixed]

    Raises
    ------
    InputError
        If a step is so long that the second moment of its martingale correction is infinite, or holds too many jumps.

    References
    ----------
    Andersen (2008), J. Computational Finance 11(3):1, doi 10.21314/JCF.2008.189, corollary 1 (mean and variance),
    eq. 33 and propositions 5 and 8 (where the correction exists).
    """
    per_step = c.jump_intensity * step
    if per_step > _MOST_JUMPS:
        _want_steps(f"{per_step:.3g} jumps expected per step", per_step / _MOST_JUMPS)
    nu = c.vol_of_vol if c.vol_of_vol > _TINY else 0.0
    rho = c.rho if nu else 0.0
    x = c.kappa * step
    decay, flow = math.exp(-x), -math.expm1(-x) / c.kappa if x else step
    own = 1.0 - rho * rho
    g2 = 0.5 * step if nu else step * _late_share(x)
    g1 = 0.5 * step if nu else flow - g2 * decay
    lever = rho / nu * (1.0 + c.kappa * g2) if nu else 0.0
    tilt = lever - 0.5 * g2 * rho * rho
    # The variance over the mean is at most nu²·flow; from there both branches bound where the correction is finite.
    reach = 2.0 * tilt * nu * nu * flow * 5.0 / 6.0
    if reach >= 1.0:
        _want_steps(
            f"rho·vol_of_vol·step is {rho * nu * step:.3g}: the second moment of a step is infinite", 2.0 * reach
        )
    constants = [forward, sign, c.v0, drift * step - per_step * c.jump_drift]
    constants += [decay, c.pull * flow, nu * nu * decay * flow, 0.5 * c.pull * (nu * flow) ** 2]
    constants += [lever - 0.5 * g2, tilt, g1, g2, own]
    constants += [math.exp(-per_step), per_step, c.variance_jump_mean, _early_chance(x)]
    constants += [c.jump_mean, c.jump_vol**2, c.jump_correlation]
    return np.array(constants)


def lognormal_constants(
    model: SABR | LogNormalSV, coin: bool, forward: float, step: float, drift: float
) -> Float64[np.ndarray, " 13"]:
    """Return the constants of a log-normal vol of ln F; SABR with beta 1 is the case without a drift of the vol.

    The vol has the drift p + q·vol + r·vol². Under the measure of the coin the Brownian motion of the forward gains the
    drift vol, so r gains beta; and one over the forward moves against it, so beta changes its sign.

    Parameters
    ----------
    model : SABR or LogNormalSV
        The model. [none]
    coin : bool
        True for the dynamics of one over the forward under the measure of the coin. [bool]
    forward, step, drift : float
        As in ``affine_constants``. [quote per coin], [years, Act/365], [per year]

    Returns
    -------
    ndarray of shape (13,)
        In the order that ``lognormal_paths`` names. [mixed]

    Raises
    ------
    InputError
        If SABR's vol explodes under the measure of the coin, or the step is too long.

    References
    ----------
    Sepp, Rakhmonov (2023), doi 10.1142/S0219024924500031, eq. 3.1 and section 3 on the inverse measure; on rho > 0:
    Jourdain (2004), "Loss of martingality in asset price models with lognormal stochastic volatility", CERMICS 267.
    """
    if isinstance(model, SABR):
        vol, nu, beta = model.alpha, model.vol_of_vol, model.rho * model.vol_of_vol
        p, q, r = 0.0, 0.0, 0.0
        if coin and beta > 0.0:
            told = f"SABR with rho {model.rho:g} under the measure of the coin: its forward is no martingale"
            raise InputError(told, "give a rho of at most 0, or a LogNormalSV, whose vol is held back")
    else:
        vol, nu, beta = model.vol0, math.hypot(model.beta, model.vol_of_vol), model.beta
        p, q, r = model.kappa1 * model.theta, model.kappa2 * model.theta - model.kappa1, -model.kappa2
    if coin:
        r, beta = r + beta, -beta
    root = math.sqrt(max(q * q - 4.0 * p * r, 0.0))
    tau = math.tanh(0.25 * root * step) / root if root > 0.0 else 0.25 * step
    constants = [forward, -1.0 if coin else 1.0, vol, drift * step]
    constants += _vol_step(nu, beta / nu if nu else 0.0, step)
    constants += [1.0 + q * tau, 2.0 * p * tau, -2.0 * r * tau]
    return np.array(constants)


def sabr_constants(model: SABR, forward: float, step: float, drift: float) -> Float64[np.ndarray, " 13"]:
    """Return the constants of SABR with beta below 1.

    Parameters
    ----------
    model : SABR
        The model. [none]
    forward, step, drift : float
        As in ``affine_constants``. [quote per coin], [years, Act/365], [per year]

    Returns
    -------
    ndarray of shape (13,)
        In the order that ``lognormal_paths`` names. [mixed]

    Raises
    ------
    InputError
        If the step is too long.

    References
    ----------
    Hagan et al. (2002), Wilmott September 2002:84, eq. 2.15.
    """
    rest = 1.0 - model.beta
    constants = [forward, 1.0, model.alpha * forward**-rest, drift * step]
    constants += _vol_step(model.vol_of_vol, model.rho, step)
    h = model.vol_of_vol**2 * step
    constants += [rest, rest * model.beta, 0.5 * step * _mean_growth(h)]
    return np.array(constants)


def _late_share(x: float) -> float:
    """Return (step - flow)/(kappa·flow·step) with x = kappa·step and flow = (1 - exp(-x))/kappa: 1/2 at zero."""
    return 0.5 + x / 12.0 if abs(x) < 1e-4 else (x + math.expm1(-x)) / (-x * math.expm1(-x))


def _early_chance(x: float) -> float:
    """Return the chance 1/(1 - exp(-x)) - 1/x of a variance jump before the diffusion: 1/2 at zero.

    A jump decays for a uniform part of the step: its mean share that is left is (1 - exp(-x))/x.
    """
    return 0.5 + x / 12.0 if abs(x) < 1e-4 else -1.0 / math.expm1(-x) - 1.0 / x


def _vol_step(nu: float, rho: float, step: float) -> list[float]:
    """Return the constants of a log-normal vol over a step: -h/2, sqrt(h), middle, Simpson's weight, rho/nu, own."""
    nu, rho = (nu, rho) if nu > _TINY else (0.0, 0.0)
    h = nu * nu * step
    if h > _MOST_VOL_OF_VOL:
        _want_steps(f"vol_of_vol²·step is {h:.3g}, its limit {_MOST_VOL_OF_VOL:g}", h / _MOST_VOL_OF_VOL)
    middle = 4.0 * math.exp(0.5 * h)
    weight = step * _mean_growth(h) / (1.0 + middle + math.exp(h))
    return [-0.5 * h, math.sqrt(h), middle, weight, rho / nu if nu else 0.0, 1.0 - rho * rho]


def _mean_growth(h: float) -> float:
    """Return (exp(h) - 1)/h, the mean of the squared vol over a step in units of the first."""
    return math.expm1(h) / h if h > 0.0 else 1.0


def _want_steps(told: str, factor: float) -> NoReturn:
    raise InputError(told, f"give {math.ceil(1.01 * factor)} times as many steps or substeps")
