"""Deltas by name: what an option's price does when the forward moves depends on what its vol does then.

With the vega U_sigma = F·n(d1)·sqrt(T) in the quote currency every delta is

    dU/dF = delta_BS + U_sigma·(d sigma_K/dF),

and the conventions differ in the move of the vol at a fixed strike alone. In coin V = U/F, so that the net transaction
delta F·dV/dF is the same less V. Which one to use when: ``docs/which-delta.md``.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.black76 import black76
from hedgerow.pricing.minimum_variance import QuadraticFit
from hedgerow.pricing.surface import Surface, atm_response


class DeltaConvention(StrEnum):
    """What the vol of a fixed strike does when the forward moves.

    ``STICKY_STRIKE``: nothing. ``STICKY_MONEYNESS``: the smile moves along, vols stay with ln(K/F).
    ``MINIMUM_VARIANCE_SURFACE``: the vol at the money moves as the surface's own term structure of skew implies, the
    smile in ln(K/F) moves with it. ``MINIMUM_VARIANCE_FITTED``: as it did in the past, by a fitted quadratic.
    """

    STICKY_STRIKE = "sticky_strike"
    STICKY_MONEYNESS = "sticky_moneyness"
    MINIMUM_VARIANCE_SURFACE = "minimum_variance_surface"
    MINIMUM_VARIANCE_FITTED = "minimum_variance_fitted"


def vol_response(
    convention: DeltaConvention,
    log_moneyness: ArrayLike,
    expiry_years: ArrayLike,
    *,
    surface: Surface | None = None,
    fitted: QuadraticFit | None = None,
    call_delta: ArrayLike | None = None,
) -> Float64[np.ndarray, " n_option"]:
    """Return what the vol of a fixed strike does per unit of the forward's relative move.

    Parameters
    ----------
    convention : DeltaConvention
        Which convention.
    log_moneyness, expiry_years : array_like of shape (n_option,)
        ln(strike/forward), and time to expiry. [pure], [years, Act/365]
    surface : Surface or None
        Needed by sticky moneyness and by minimum variance from the surface.
    fitted : QuadraticFit or None
        Needed by fitted minimum variance.
    call_delta : array_like of shape (n_option,) or None
        N(d1), needed by fitted minimum variance. [pure]

    Returns
    -------
    ndarray of shape (n_option,)
        d sigma_K / d ln F. [vol per unit of ln F]

    Raises
    ------
    InputError
        If what the convention needs is not given.

    References
    ----------
    Hull, White (2017), "Optimal delta hedging for options", J. Banking & Finance 82:180, eq. 6,
    doi 10.1016/j.jbankfin.2017.05.006; Bergomi (2009), as in ``atm_response``.
    """
    k, years = np.broadcast_arrays(np.atleast_1d(log_moneyness), np.atleast_1d(expiry_years))
    match convention:
        case DeltaConvention.STICKY_STRIKE:
            return np.zeros(k.shape)
        case DeltaConvention.MINIMUM_VARIANCE_FITTED:
            if fitted is None or call_delta is None:
                raise InputError(f"{convention} without a fit", "fit one with fit_minimum_variance and give it")
            return fitted.move(np.asarray(call_delta, dtype=np.float64), years)
        case DeltaConvention.STICKY_MONEYNESS | DeltaConvention.MINIMUM_VARIANCE_SURFACE:
            if surface is None:
                raise InputError(f"{convention} without a surface", "fit one with fit_chain and give it")
            sticky = -surface.points(k, years).skew
            return sticky if convention is DeltaConvention.STICKY_MONEYNESS else sticky + atm_response(surface, years)
        case _:
            raise InputError(f"the convention {convention!r}", "give a DeltaConvention")


def option_delta(
    convention: DeltaConvention,
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    *,
    in_coin: bool,
    surface: Surface | None = None,
    fitted: QuadraticFit | None = None,
) -> Float64[np.ndarray, " n_option"]:
    """Return the deltas of options under a named convention.

    Parameters
    ----------
    convention : DeltaConvention
        Which convention.
    forward, strike : array_like of shape (n_option,)
        Forward and strike. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry. [years, Act/365]
    vol : array_like of shape (n_option,)
        Vol of each option. [fraction per square root of a year]
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    in_coin : bool
        True for the net transaction delta in coin, less the premium; False for dU/dF.
    surface : Surface or None
        Needed by sticky moneyness and by minimum variance from the surface.
    fitted : QuadraticFit or None
        Needed by fitted minimum variance.

    Returns
    -------
    ndarray of shape (n_option,)
        Deltas; NaN for options that cannot be priced. [coin]

    Raises
    ------
    InputError
        If what the convention needs is not given, or a scalar cannot be priced.

    References
    ----------
    Alexander, Imeraj (2023), "Delta hedging bitcoin options with a smile", Quantitative Finance 23:799,
    doi 10.1080/14697688.2023.2181205; Hull, White (2017), eq. 6.

    Examples
    --------
    >>> option_delta(DeltaConvention.STICKY_STRIKE, 2000.0, 2000.0, 0.25, 0.6, True, in_coin=True).round(6)
    array([0.440382])
    """
    calls = np.ones(np.shape(is_call), dtype=np.bool_) if np.ndim(is_call) else True
    linear = black76(forward, strike, expiry_years, vol, calls, inverse=False)
    plain = black76(forward, strike, expiry_years, vol, is_call, inverse=in_coin)
    good = plain.fault == 0
    f, k, years = (
        np.broadcast_to(np.asarray(values, dtype=np.float64), good.shape)[good]
        for values in (forward, strike, expiry_years)
    )
    response = vol_response(
        convention, np.log(k / f), years, surface=surface, fitted=fitted, call_delta=linear.delta[good]
    )
    delta = plain.delta.copy()
    # The vega over the forward: n(d1)·sqrt(T), the vega of the coin price.
    delta[good] += linear.vega[good] / f * response
    return delta
