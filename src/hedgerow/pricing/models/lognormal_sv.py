"""Options under the log-normal model of stochastic vol, with an error for each.

Sepp and Rakhmonov price them by expanding the logarithm of the transform in powers of sigma - theta. Nobody bounds what
that leaves out: measured in their own code, up to 0.5 vol points with their parameters of bitcoin and 3.7 with a
livelier vol (``docs/models.md``). Here the transform is computed to a tolerance instead, and so are prices.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError, TransformError
from hedgerow.pricing.models.lognormal_transform import LognormalTransform, lognormal_transform
from hedgerow.pricing.models.parameters import LogNormalSV

_BLOCK: Final = 16
_MOST_POINTS: Final = 2000
_LEAST_START: Final = 1e-8
"""Least transform at w = 0 that a variance is read from. [pure]"""

_LEAST_VARIANCE: Final = 1e-13


class LognormalSums(NamedTuple):
    """What a transform says of calls on a forward of one, beside Black's model.

    Parameters
    ----------
    vol : ndarray of shape (n_option,)
        Vol of Black's model, to whose prices and Greeks the first three rows are to be added. [per square root of year]
    columns : ndarray of shape (6, n_option)
        Price, d/dF, F·d²/dF², d/d vol0, d/dT; a row of zeros, as nothing jumps. [pure, pure, pure, per unit of vol, per
        year, none]
    error : ndarray of shape (n_option,)
        What the price may be off by. [pure]
    """

    vol: Float64[np.ndarray, " n_option"]
    columns: Float64[np.ndarray, "6 n_option"]
    error: Float64[np.ndarray, " n_option"]


class _Line(NamedTuple):
    """The transform on a grid that begins at zero and ends where it has died away, and what is left of it there."""

    w: Float64[np.ndarray, " n_w"]
    values: np.ndarray
    rest: float


def lognormal_sums(
    model: LogNormalSV,
    log_moneyness: Float64[np.ndarray, " n_option"],
    expiry_years: Float64[np.ndarray, " n_option"],
    tolerance: float,
) -> LognormalSums:
    """Price calls on a forward of one, with derivatives and an error for each.

    Parameters
    ----------
    model : LogNormalSV
        The model.
    log_moneyness, expiry_years : ndarray of shape (n_option,)
        ln(strike/forward), and time to expiry, positive. [pure], [years, Act/365]
    tolerance : float
        What a price may be off by. 1e-9 is met throughout, 1e-10 nearly so, 1e-12 never: rounding stands in the way.
        [fraction of the forward]

    Returns
    -------
    LognormalSums
        One column per option. [forward]

    Raises
    ------
    TransformError
        If the tolerance is not met.

    References
    ----------
    Lewis (2001), "A simple option formula for general jump-diffusion and other exponential Lévy processes", eq. 3.11;
    Trefethen, Weideman (2014), "The exponentially convergent trapezoidal rule", SIAM Review 56:385,
    doi 10.1137/130932132, theorem 5.1; the transform as in ``lognormal_transform``.

    Examples
    --------
    >>> model = LogNormalSV(vol0=0.84, theta=1.04, kappa1=3.18, kappa2=3.06, beta=0.15, vol_of_vol=1.85)
    >>> sums = lognormal_sums(model, np.zeros(1), np.array([0.25]), 1e-8)
    >>> sums.vol.round(4), bool(sums.error[0] < 1e-8)
    (array([0.9903]), True)
    """
    vol, error = np.empty(expiry_years.size), np.empty(expiry_years.size)
    columns = np.zeros((6, expiry_years.size))
    for years in np.unique(expiry_years):
        mine = np.flatnonzero(expiry_years == years)
        vol[mine], columns[:5, mine], error[mine] = _one_expiry(model, log_moneyness[mine], float(years), tolerance)
    return LognormalSums(vol, columns, error)


def lognormal_characteristic(
    model: LogNormalSV, u: ArrayLike, expiry_years: ArrayLike, *, tolerance: float = 1e-10
) -> np.ndarray:
    """Return the characteristic function E[exp(iu·ln(F_T/F_0))].

    Parameters
    ----------
    model : LogNormalSV
        The model.
    u : array_like of complex of shape (n_point,)
        Where; the imaginary part from -1 to 0. [pure]
    expiry_years : array_like of shape (n_point,)
        Time, positive. [years]
    tolerance : float
        What a value may be off by. [pure]

    Returns
    -------
    ndarray of complex of shape (n_point,)
        Values. [pure]

    Raises
    ------
    InputError
        If a point lies outside the strip, or a time is not positive.
    TransformError
        If the tolerance is not met.

    References
    ----------
    As ``lognormal_transform``.

    Examples
    --------
    >>> model = LogNormalSV(vol0=0.84, theta=1.04, kappa1=3.18, kappa2=3.06, beta=0.15, vol_of_vol=1.85)
    >>> lognormal_characteristic(model, [-1j, 2.0], 0.25).round(6)
    array([1.      +0.j      , 0.629233-0.139743j])
    """
    points, years = np.broadcast_arrays(
        np.atleast_1d(np.asarray(u, dtype=np.complex128)), np.atleast_1d(np.asarray(expiry_years, dtype=np.float64))
    )
    tilt = -points.imag
    if not (np.all((tilt >= 0.0) & (tilt <= 1.0)) and np.all(np.isfinite(points.real))):
        raise InputError("u outside the strip -1 <= Im u <= 0", "moments of the forward beyond it need not exist")
    if not np.all((years > 0.0) & np.isfinite(years)):
        raise InputError(f"expiry_years {np.asarray(expiry_years).tolist()}", "give positive times")
    out = np.empty(points.shape, dtype=np.complex128)
    for line, time in {(float(c), float(t)) for c, t in zip(tilt.flat, years.flat, strict=True)}:
        mine = (tilt == line) & (years == time)
        w = np.ascontiguousarray(points.real[mine])
        out[mine] = lognormal_transform(model, line, time, tolerance, w)(w)[0]
    return out


def _one_expiry(
    model: LogNormalSV, k: Float64[np.ndarray, " n_option"], years: float, tolerance: float
) -> tuple[float, Float64[np.ndarray, "5 n_option"], Float64[np.ndarray, " n_option"]]:
    """Return the vol of Black's model beside which calls are summed, their columns and errors."""
    growth = np.exp(0.5 * k)
    share = 0.25 * tolerance / max(1.0, float(growth.max()))
    transform = lognormal_transform(model, 0.5, years, 2.0 * share)
    variance = -8.0 * math.log(max(transform(np.zeros(1))[0, 0].real, _LEAST_START))
    if not variance >= _LEAST_VARIANCE:
        problem, advice = f"total variance {variance:.1e}, less than prices can tell", "check parameters and expiry"
        raise TransformError(f"{type(model).__name__} at {years:g} years: {problem}", advice, expiry_years=years)
    deviation = math.sqrt(variance)
    step = 2.0 * math.pi / (float(np.abs(k).max()) + 6.0 * deviation)
    line = _to_the_end(transform, step, variance, share)
    if line is not None:
        # Every other point first: how fast sums settle tells how far they have.
        total = _sums(k, variance, line.w, line.values, step)
        before = _largest(total - _sums(k, variance, line.w[::2], line.values[:, ::2], 2.0 * step))
        while line.w[-1] <= _MOST_POINTS * step:
            w = step * (np.arange(round(line.w[-1] / step) + 1) + 0.5)
            between = _sums(k, variance, w, transform(w), step)
            now = 0.5 * _largest(total - between)
            total, step = 0.5 * (total + between), 0.5 * step
            # The next change falls by more than the last one: tails of X are no fatter than a log-normal's.
            aliased = 2.0 * now * min(now / before, 1.0)
            if aliased <= share:
                total[3] /= model.vol0
                return deviation / math.sqrt(years), total, growth * (transform.error + line.rest) + aliased
            before = now
    raise TransformError(
        f"{type(model).__name__} at {years:g} years: {_MOST_POINTS} frequencies did not reach {tolerance:g}",
        "loosen the tolerance",
        expiry_years=years,
    )


def _to_the_end(transform: LognormalTransform, step: float, variance: float, share: float) -> _Line | None:
    """Compute the transform at multiples of the step until it has died away; None if it does not."""
    places, values = [], []
    for block in range(_MOST_POINTS // _BLOCK):
        w = step * np.arange(block * _BLOCK, (block + 1) * _BLOCK)
        places.append(w)
        values.append(transform(w))
        last = w[-4:]
        left = np.abs(values[-1][0, -4:]) + np.exp(-0.5 * variance * (last**2 + 0.25))
        rest = float(np.max(left * last / (last**2 + 0.25))) / math.pi
        if rest <= share:
            return _Line(np.concatenate(places), np.concatenate(values, axis=1), rest)
    return None


def _largest(change: Float64[np.ndarray, "5 n_option"]) -> float:
    """Return the largest change of a price."""
    return max(float(np.abs(change[0]).max()), 1e-300)


def _sums(
    k: Float64[np.ndarray, " n_option"],
    variance: float,
    w: Float64[np.ndarray, " n_w"],
    values: np.ndarray,
    step: float,
) -> Float64[np.ndarray, "5 n_option"]:
    """Return the trapezoidal sums of Lewis's integral for price, d/dF, F·d²/dF², d/d ln vol0 and d/dT."""
    weight = np.where(w == 0.0, 0.5, 1.0) * step / math.pi
    damp = weight / (w * w + 0.25)
    waves = np.exp((0.5 - 1j * w) * k[:, None])
    over = values[0] - np.exp(-0.5 * variance * (w * w + 0.25))
    kinds = np.array([-damp * over, -damp * over * (0.5 + 1j * w), weight * over, -damp * values[1], -damp * values[2]])
    return np.asarray((kinds @ waves.T).real)
