"""Deltas by name: what an option's price does when the forward moves depends on what its vol does then.

With the vega U_sigma = F·n(d1)·sqrt(T) in the quote currency every delta is

    dU/dF = delta_BS + U_sigma·(d sigma_K/dF),

and the conventions differ in the move of the vol at a fixed strike alone. In coin V = U/F, so that the net transaction
delta F·dV/dF is the same less V. Which one to use when: ``docs/which-delta.md``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.black76 import black76
from hedgerow.pricing.minimum_variance import QuadraticFit
from hedgerow.pricing.models.coordinates import FittedModel
from hedgerow.pricing.models.response import model_response
from hedgerow.pricing.models.sabr_fit import SabrSlices
from hedgerow.pricing.surface import Surface, atm_response


class DeltaConvention(StrEnum):
    """What the vol of a fixed strike does when the forward moves.

    ``STICKY_STRIKE``: nothing. ``STICKY_MONEYNESS``: the smile moves along, vols stay with ln(K/F).
    ``MINIMUM_VARIANCE_SURFACE``: the vol at the money moves as the surface's own term structure of skew implies, the
    smile in ln(K/F) moves with it. ``MINIMUM_VARIANCE_FITTED``: as it did in the past, by a fitted quadratic.
    ``MODEL``: as in a model of stochastic vol or jumps whose state stays. ``MINIMUM_VARIANCE_MODEL``: as the model
    expects it, given the forward's move. ``BARTLETT``: the same under SABR, slice by slice.
    """

    STICKY_STRIKE = "sticky_strike"
    STICKY_MONEYNESS = "sticky_moneyness"
    MINIMUM_VARIANCE_SURFACE = "minimum_variance_surface"
    MINIMUM_VARIANCE_FITTED = "minimum_variance_fitted"
    MODEL = "model"
    MINIMUM_VARIANCE_MODEL = "minimum_variance_model"
    BARTLETT = "bartlett"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolDynamics:
    """What conventions read the moves of vols from; each needs at most one of these.

    Parameters
    ----------
    surface : Surface or None
        For sticky moneyness and minimum variance from the surface.
    fitted : QuadraticFit or None
        For fitted minimum variance.
    model : Heston, Bates, Merton, SVCJ, LogNormalSV or None
        For the model's own delta and minimum variance under it.
    sabr : SabrSlices or None
        For Bartlett's delta.
    """

    surface: Surface | None = None
    fitted: QuadraticFit | None = None
    model: FittedModel | None = None
    sabr: SabrSlices | None = None

    @property
    def conventions(self) -> tuple[DeltaConvention, ...]:
        """The conventions that can be had, in the order of the enum. [convention]"""
        return tuple(one for one in DeltaConvention if not _SOURCE[one] or getattr(self, _SOURCE[one]) is not None)


_SOURCE: Final = {
    DeltaConvention.STICKY_STRIKE: "",
    DeltaConvention.STICKY_MONEYNESS: "surface",
    DeltaConvention.MINIMUM_VARIANCE_SURFACE: "surface",
    DeltaConvention.MINIMUM_VARIANCE_FITTED: "fitted",
    DeltaConvention.MODEL: "model",
    DeltaConvention.MINIMUM_VARIANCE_MODEL: "model",
    DeltaConvention.BARTLETT: "sabr",
}
"""Which of the dynamics each convention reads."""

_REMEDY: Final = {
    "surface": "fit one with fit_chain and give VolDynamics(surface=...)",
    "fitted": "fit one with fit_minimum_variance and give VolDynamics(fitted=...)",
    "model": "fit one with calibrate_model and give VolDynamics(model=...)",
    "sabr": "fit slices with fit_sabr and give VolDynamics(sabr=...)",
}


def _needed(convention: DeltaConvention, dynamics: VolDynamics | None) -> Any:
    """Return what a convention reads; say what is missing and how to come by it."""
    name = _SOURCE.get(convention, "")
    found = getattr(dynamics, name) if name and dynamics is not None else None
    if name and found is None:
        raise InputError(f"{convention} without a {name if name != 'fitted' else 'fit'}", _REMEDY[name])
    return found


def vol_response(
    convention: DeltaConvention,
    log_moneyness: ArrayLike,
    expiry_years: ArrayLike,
    *,
    dynamics: VolDynamics | None = None,
    call_delta: ArrayLike | None = None,
) -> Float64[np.ndarray, " n_option"]:
    """Return what the vol of a fixed strike does per unit of the forward's relative move.

    Parameters
    ----------
    convention : DeltaConvention
        Which convention.
    log_moneyness, expiry_years : array_like of shape (n_option,)
        ln(strike/forward), and time to expiry. [pure], [years, Act/365]
    dynamics : VolDynamics or None
        Holds what the convention reads; sticky strike needs none.
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
    doi 10.1016/j.jbankfin.2017.05.006; Bergomi (2009), as in ``atm_response``; models as in ``model_response``;
    Bartlett (2006), "Hedging under SABR model", Wilmott July 2006:2, as in ``sabr_response``.
    """
    k, years = np.broadcast_arrays(
        np.atleast_1d(np.asarray(log_moneyness, dtype=np.float64)),
        np.atleast_1d(np.asarray(expiry_years, dtype=np.float64)),
    )
    source = _needed(convention, dynamics)
    match convention:
        case DeltaConvention.STICKY_STRIKE:
            return np.zeros(k.shape)
        case DeltaConvention.MINIMUM_VARIANCE_FITTED:
            return _fitted_response(source, call_delta, years)
        case DeltaConvention.STICKY_MONEYNESS:
            return -np.asarray(source.points(k, years).skew)
        case DeltaConvention.MINIMUM_VARIANCE_SURFACE:
            return np.asarray(-source.points(k, years).skew + atm_response(source, years))
        case DeltaConvention.MODEL | DeltaConvention.MINIMUM_VARIANCE_MODEL:
            best = convention is DeltaConvention.MINIMUM_VARIANCE_MODEL
            return model_response(source, k, years, minimum_variance=best)
        case DeltaConvention.BARTLETT:
            return np.asarray(source.response(k, years, bartlett=True))
        case _:
            raise InputError(f"the convention {convention!r}", "give a DeltaConvention")


def _fitted_response(
    fitted: QuadraticFit, call_delta: ArrayLike | None, years: Float64[np.ndarray, " n_option"]
) -> Float64[np.ndarray, " n_option"]:
    if call_delta is None:
        raise InputError(f"{DeltaConvention.MINIMUM_VARIANCE_FITTED} without call_delta", "give N(d1) of each option")
    return fitted.move(np.asarray(call_delta, dtype=np.float64), years)


def option_delta(
    convention: DeltaConvention,
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    *,
    in_coin: bool,
    dynamics: VolDynamics | None = None,
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
    dynamics : VolDynamics or None
        Holds what the convention reads; sticky strike needs none.

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
    response = vol_response(convention, np.log(k / f), years, dynamics=dynamics, call_delta=linear.delta[good])
    delta = plain.delta.copy()
    # The vega over the forward: n(d1)·sqrt(T), the vega of the coin price.
    delta[good] += linear.vega[good] / f * response
    return delta
