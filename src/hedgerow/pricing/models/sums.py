"""What transforms say of calls on a forward of one: sums over frequencies, and characteristic functions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError, TransformError
from hedgerow.pricing.models import affine_kernels, transform_kernels
from hedgerow.pricing.models.affine import coefficients
from hedgerow.pricing.models.lognormal_sv import lognormal_characteristic, lognormal_sums
from hedgerow.pricing.models.parameters import AffineModel, LogNormalSV

_LEAST_VARIANCE, _LARGEST_VARIANCE = 1e-14, 1e6
"""Total variances that prices can resolve. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSums:
    """What a transform says of calls on a forward of one, beside Black's model.

    Parameters
    ----------
    vol : ndarray of shape (n_option,)
        Vol of Black's model, to whose prices and Greeks the first three rows are to be added. [per square root of year]
    columns : ndarray of shape (6, n_option)
        Price, d/dF, F·d²/dF², d/d state, d/dT, and the jumps' part of minimum variance. [pure, pure, pure, per unit of
        state, per year, per year]
    error : ndarray of shape (n_option,)
        Bound on the error of the price. [pure]
    """

    vol: Float64[np.ndarray, " n_option"]
    columns: Float64[np.ndarray, "6 n_option"]
    error: Float64[np.ndarray, " n_option"]


def characteristic(model: AffineModel | LogNormalSV, u: ArrayLike, expiry_years: ArrayLike) -> np.ndarray:
    """Return the characteristic function E[exp(iu·ln(F_T/F_0))] of a model.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.
    u : array_like of complex of shape (n_point,)
        Where; its imaginary part must lie where the moment -Im u exists, for log-normal SV from -1 to 0. [pure]
    expiry_years : array_like of shape (n_point,)
        Time, positive. [years]

    Returns
    -------
    ndarray of complex of shape (n_point,)
        Values. [pure]

    Raises
    ------
    InputError
        If the model is not one of these, or a time is not positive.

    References
    ----------
    Duffie, Pan, Singleton (2000), Econometrica 68:1343, section 4.2; log-normal SV as in ``lognormal_characteristic``.

    Examples
    --------
    >>> from hedgerow.pricing.models import Heston
    >>> characteristic(Heston(v0=0.45, kappa=2.0, theta=0.5, vol_of_vol=1.2, rho=-0.3), [0.0, -1j], 0.25).round(12)
    array([1.+0.j, 1.+0.j])
    """
    if isinstance(model, LogNormalSV):
        return lognormal_characteristic(model, u, expiry_years)
    z, years = np.broadcast_arrays(
        1j * np.atleast_1d(np.asarray(u, dtype=np.complex128)),
        np.atleast_1d(np.asarray(expiry_years, dtype=np.float64)),
    )
    if not np.all((years > 0.0) & (years < np.inf)):
        raise InputError(f"expiry_years {np.asarray(expiry_years).tolist()}", "give positive times")
    out = np.empty(z.size, dtype=np.complex128)
    c = coefficients(model).array()
    affine_kernels.transform_rows(c, np.ascontiguousarray(z).ravel(), np.ascontiguousarray(years).ravel(), out)
    return out.reshape(z.shape)


def sorted_expiries(
    years: Float64[np.ndarray, " n_option"],
) -> tuple[Int64[np.ndarray, " n_option"], Float64[np.ndarray, " n_expiry"], Int64[np.ndarray, " n_bound"]]:
    """Return an order by expiry, the expiries, and where each begins in that order.

    Parameters
    ----------
    years : ndarray of shape (n_option,)
        Times to expiry. [years]

    Returns
    -------
    tuple of (ndarray, ndarray, ndarray)
        Order of shape (n_option,); expiries of shape (n_expiry,); first places of shape (n_expiry + 1,), the last of
        which is the number of options. [index], [years], [index]
    """
    order = np.argsort(years, kind="stable")
    ordered = years[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1.0))
    return order, ordered[starts], np.append(starts, years.size)


def call_sums(
    model: AffineModel | LogNormalSV,
    k: Float64[np.ndarray, " n_option"],
    years: Float64[np.ndarray, " n_option"],
    tolerance: float,
    *,
    greeks: bool = True,
) -> CallSums:
    """Sum the transform of a model for calls on a forward of one.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ or LogNormalSV
        The model.
    k : ndarray of shape (n_option,)
        ln(strike/forward). [pure]
    years : ndarray of shape (n_option,)
        Times to expiry. [years]
    tolerance : float
        As in ``price_model``. [fraction of the forward]
    greeks : bool
        False leaves all columns of an affine model but the price at zero.

    Returns
    -------
    CallSums
        Corrections, derivatives and errors. [forward]

    Raises
    ------
    TransformError
        If the tolerance is not met.

    References
    ----------
    As in ``price_model``.
    """
    if isinstance(model, LogNormalSV):
        found = lognormal_sums(model, k, years, tolerance)
        return CallSums(vol=found.vol, columns=found.columns, error=found.error)
    order, expiries, first = sorted_expiries(years)
    out = np.empty((transform_kernels.N_COLUMNS, k.size))
    variance, bound = np.empty(expiries.size), np.empty(expiries.size)
    nodes = np.empty(expiries.size, dtype=np.int64)
    c = coefficients(model).array()
    transform_kernels.affine_rows(
        c, k[order], expiries, first, tolerance, greeks, transform_kernels.LONG, out, variance, bound, nodes
    )
    if not np.all(bound < np.inf):
        _refuse(model, expiries, bound, variance, nodes, tolerance)
    counts = np.diff(first)
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    vol = np.repeat(np.sqrt(variance / expiries), counts)[back]
    return CallSums(vol=vol, columns=out[:, back], error=np.repeat(bound, counts)[back])


def _refuse(
    model: AffineModel,
    expiries: Float64[np.ndarray, " n_expiry"],
    bound: Float64[np.ndarray, " n_expiry"],
    variance: Float64[np.ndarray, " n_expiry"],
    nodes: Int64[np.ndarray, " n_expiry"],
    tolerance: float,
) -> None:
    e = int(np.flatnonzero(~(bound < np.inf))[0])
    if nodes[e] == 0 and _LEAST_VARIANCE < variance[e] < _LARGEST_VARIANCE:
        problem = "hardly any moment of the forward beyond the first exists, so no error can be bounded"
        advice = "lower vol_of_vol or jump_correlation·variance_jump_mean"
    elif nodes[e] == 0:
        problem = f"its total variance is {variance[e]:g}, beyond what prices can resolve"
        advice = "check parameters and expiry"
    else:
        problem = f"{nodes[e]:,} frequencies did not reach {tolerance:g} of the forward"
        slow = "strikes far from the forward, nearly perfect correlation or a vol of vol far above the vol"
        advice = f"loosen the tolerance; {slow} make it slow"

    where = f"{type(model).__name__} at {expiries[e]:g} years"
    raise TransformError(f"{where}: {problem}", advice, expiry_years=float(expiries[e]))
