"""The SABR smile of one expiry in closed form, with every derivative that a delta or a fit needs.

With k = ln(K/F), b = 1 - beta and a = alpha·F^(-b), the log-normal vol that the model gives the forward now,

    sigma(k) = a·g·h·(1 + c·T),     g = b·k/(e^(bk) - 1),  h = z/X(z),  z = (nu/a)·(1 - e^(bk))/b,
    c = b²·m²/24 + rho·nu·beta·m/4 + (2 - 3·rho²)·nu²/24,     m = alpha/(F·K)^(b/2),
    X(z) = ln((sqrt(1 - 2·rho·z + z²) + z - rho)/(1 - rho)).

The leading factor a·g·h is exact as T vanishes (Obloj 2008, after Berestycki, Busca and Florent); c is that of Hagan et
al. (2002), eq. 2.17. Their own leading factor agrees with it where beta is 1 and at the money, and expands it
elsewhere.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing.models.parameters import SABR

_LARGEST_CORRECTION = 0.5
"""The formula is of first order in time: where that order is half of the vol, the next one is not small. [pure]"""
_FARTHEST = 20.0
"""Largest size of ln(strike/forward). [pure]"""
_NEAR_Z, _Z_TERMS = 0.25, 28
_NEAR_U = 1.0
_COTH = (
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30240.0,
    -1.0 / 1209600.0,
    1.0 / 47900160.0,
    -691.0 / 1307674368000.0,
    1.0 / 74724249600.0,
    -3617.0 / 10670622842880000.0,
)
"""B_(2n)/(2n)! for n = 1 to 8 (DLMF 4.19.6): coth(u/2)/2 = 1/u + the sum of these times u^(2n-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SabrPoints:
    """Vols of a SABR smile and their derivatives.

    Parameters
    ----------
    vol : ndarray of shape (n_option,)
        Black-76 vol. [fraction per square root of a year]
    skew, curvature : ndarray of shape (n_option,)
        First and second derivative in k = ln(K/F) at fixed F and alpha. [vol]
    slide, slide_curvature : ndarray of shape (n_option,)
        First and second derivative in ln F at fixed K and alpha. [vol]
    term : ndarray of shape (n_option,)
        Derivative in the time to expiry. [vol per year]
    per_alpha : ndarray of shape (n_option,)
        Derivative in ln alpha. [vol]
    per_vol_of_vol, per_rho : ndarray of shape (n_option,)
        Derivatives in nu and rho. [vol per unit]
    bartlett : ndarray of shape (n_option,)
        What the vol of a fixed strike does per unit of ln F when alpha moves along as rho has it. [vol]
    """

    vol: Float64[np.ndarray, " n_option"]
    skew: Float64[np.ndarray, " n_option"]
    curvature: Float64[np.ndarray, " n_option"]
    slide: Float64[np.ndarray, " n_option"]
    slide_curvature: Float64[np.ndarray, " n_option"]
    term: Float64[np.ndarray, " n_option"]
    per_alpha: Float64[np.ndarray, " n_option"]
    per_vol_of_vol: Float64[np.ndarray, " n_option"]
    per_rho: Float64[np.ndarray, " n_option"]
    bartlett: Float64[np.ndarray, " n_option"]


class _Leading(NamedTuple):
    """ln h and its derivatives: D = d ln h/dz, D' and d ln h/d rho."""

    ratio: np.ndarray
    slope: np.ndarray
    bend: np.ndarray
    per_rho: np.ndarray


def sabr_points(model: SABR, forward: ArrayLike, strike: ArrayLike, expiry_years: ArrayLike) -> SabrPoints:
    """Return SABR's implied vols with their analytic derivatives.

    Parameters
    ----------
    model : SABR
        The smile.
    forward, strike : array_like of shape (n_option,)
        Forward and strike, positive. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry, positive. [years, Act/365]

    Returns
    -------
    SabrPoints
        One entry per option, inputs broadcast together. [vol]

    Raises
    ------
    InputError
        If an input is out of bounds, or the formula's correction for time is half of the vol or more: there the
        expansion says nothing.

    References
    ----------
    Hagan, Kumar, Lesniewski, Woodward (2002), "Managing smile risk", Wilmott September 2002:84, eq. 2.17; Obloj (2008),
    "Fine-tune your smile: correction to Hagan et al", arXiv 0708.0998, eqs. 2 and 3; Bartlett (2006), "Hedging under
    SABR model", Wilmott July 2006:2; Hagan, Lesniewski (2017), "Bartlett's delta in the SABR model", arXiv 1704.03110.
    """
    f, k, years = _checked(forward, strike, expiry_years)
    beta, nu, rho = model.beta, model.vol_of_vol, model.rho
    b = 1.0 - beta
    a = model.alpha * f**-b
    u = b * k
    reach = k * _expm1_ratio(u)
    z = -(nu / a) * reach
    first, second = _coth_part(u)
    lead = _leading(z, rho)
    near = a / _expm1_ratio(u) * lead.ratio
    m = a * np.exp(-0.5 * u)
    square, mixed = b * b * m * m / 24.0, 0.25 * rho * nu * beta * m
    c = square + mixed + (2.0 - 3.0 * rho * rho) * nu * nu / 24.0
    correction = 1.0 + c * years
    _check_correction(c * years, k, years)
    # Derivatives of ln(a·g·h) and of c in k, then in ln F at fixed strike, where dz/d ln F = nu/a.
    z_k = -(nu / a) * np.exp(u)
    p_k = b * first + lead.slope * z_k
    p_kk = b * b * second + lead.bend * z_k**2 + lead.slope * b * z_k
    c_k, c_kk = -b * square - 0.5 * b * mixed, b * b * square + 0.25 * b * b * mixed
    z_y = nu / a
    p_y = -b * (1.0 + first) + lead.slope * z_y
    p_yy = b * b * second + (lead.bend * z_y + lead.slope * b) * z_y
    p_a, c_a = 1.0 - z * lead.slope, 2.0 * square + mixed
    skew, curvature = _bent(near, correction, years, (p_k, p_kk), (c_k, c_kk))
    slide, slide_curvature = _bent(near, correction, years, (p_y, p_yy), (c_k, c_kk))
    per_alpha = near * (p_a * correction + c_a * years)
    p_nu, c_nu = -lead.slope * reach / a, 0.25 * rho * beta * m + (2.0 - 3.0 * rho * rho) * nu / 12.0
    c_rho = 0.25 * nu * beta * m - 0.25 * rho * nu * nu
    return SabrPoints(
        vol=frozen(near * correction),
        skew=frozen(skew),
        curvature=frozen(curvature),
        slide=frozen(slide),
        slide_curvature=frozen(slide_curvature),
        term=frozen(near * c),
        per_alpha=frozen(per_alpha),
        per_vol_of_vol=frozen(near * (p_nu * correction + c_nu * years)),
        per_rho=frozen(near * (lead.per_rho * correction + c_rho * years)),
        bartlett=frozen(slide + rho * z_y * per_alpha),
    )


def sabr_vol(
    model: SABR, forward: ArrayLike, strike: ArrayLike, expiry_years: ArrayLike
) -> Float64[np.ndarray, " n_option"]:
    """Return SABR's implied vols.

    Parameters
    ----------
    model : SABR
        The smile.
    forward, strike : array_like of shape (n_option,)
        Forward and strike, positive. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry, positive. [years, Act/365]

    Returns
    -------
    ndarray of shape (n_option,)
        Black-76 vols. [fraction per square root of a year]

    Raises
    ------
    InputError
        As ``sabr_points``.

    References
    ----------
    As ``sabr_points``.

    Examples
    --------
    >>> smile = SABR(alpha=0.6, beta=1.0, vol_of_vol=1.5, rho=-0.2)
    >>> sabr_vol(smile, 2000.0, [1600.0, 2000.0, 2500.0], 0.1).round(4)
    array([0.6661, 0.6079, 0.6052])
    """
    return sabr_points(model, forward, strike, expiry_years).vol


def sabr_response(
    model: SABR, forward: ArrayLike, strike: ArrayLike, expiry_years: ArrayLike, *, bartlett: bool
) -> Float64[np.ndarray, " n_option"]:
    """Return what the vol of a fixed strike does per unit of the forward's relative move.

    Hagan's delta leaves alpha alone. But alpha and forward are correlated, and the part of alpha's move that the
    forward explains is E[dalpha | dF] = rho·nu·F^(-beta)·dF. With it the delta is the one of least variance under SABR,
    and it hardly depends on which beta a smile was fitted with.

    Parameters
    ----------
    model : SABR
        The smile.
    forward, strike : array_like of shape (n_option,)
        Forward and strike, positive. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry, positive. [years, Act/365]
    bartlett : bool
        True if alpha moves along.

    Returns
    -------
    ndarray of shape (n_option,)
        d sigma_K / d ln F. [vol per unit of ln F]

    Raises
    ------
    InputError
        As ``sabr_points``.

    References
    ----------
    Hagan et al. (2002), section 3, with alpha held; Bartlett (2006), "Hedging under SABR model", Wilmott July 2006:2;
    Hagan, Lesniewski (2017), "Bartlett's delta in the SABR model", arXiv 1704.03110.

    Examples
    --------
    >>> smile = SABR(alpha=0.6, beta=1.0, vol_of_vol=1.5, rho=-0.2)
    >>> sabr_response(smile, 2000.0, 2000.0, 0.1, bartlett=True).round(4)
    array([-0.1506])
    """
    points = sabr_points(model, forward, strike, expiry_years)
    return points.bartlett if bartlett else points.slide


def _checked(forward: ArrayLike, strike: ArrayLike, expiry_years: ArrayLike) -> tuple[np.ndarray, ...]:
    """Return forward, ln(strike/forward) and years, broadcast together."""
    given = [np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (forward, strike, expiry_years)]
    try:
        f, strikes, years = np.broadcast_arrays(*given)
    except ValueError:
        shapes = ", ".join(str(values.shape) for values in given)
        raise InputError(f"columns of shapes {shapes}", "give columns of one length, or scalars") from None
    sane = (f > 0.0) & (strikes > 0.0) & (years > 0.0) & np.isfinite(f) & np.isfinite(strikes) & np.isfinite(years)
    k = np.log(np.where(sane, strikes, 1.0) / np.where(sane, f, 1.0))
    bad = np.flatnonzero(~(sane & (np.abs(k) <= _FARTHEST)))
    if bad.size:
        i = bad[0]
        raise InputError(
            f"option {i}: forward {f.flat[i]:g}, strike {strikes.flat[i]:g}, {years.flat[i]:g} years",
            f"give positive, finite numbers, the strike within e^±{_FARTHEST:g} of the forward",
        )
    return f, k, years


def _check_correction(size: np.ndarray, k: np.ndarray, years: np.ndarray) -> None:
    """Refuse what lies beyond the reach of an expansion in the time to expiry."""
    bad = np.flatnonzero(~(np.abs(size) < _LARGEST_CORRECTION))
    if bad.size:
        i = bad[0]
        raise InputError(
            f"option {i} (k = {k.flat[i]:g}, {years.flat[i]:g} years): SABR's correction for time is {size.flat[i]:.0%}"
            f" of the vol, {_LARGEST_CORRECTION:.0%} or more",
            "the formula does not hold there: lower vol_of_vol or the time, raise beta, or use a mean-reverting model",
        )


def _bent(
    near: np.ndarray,
    correction: np.ndarray,
    years: np.ndarray,
    p: tuple[np.ndarray, np.ndarray],
    c: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second derivative of near·(1 + c·T), where p are those of ln near."""
    first = near * (p[0] * correction + c[0] * years)
    return first, near * ((p[1] + p[0] ** 2) * correction + 2.0 * p[0] * c[0] * years + c[1] * years)


def _expm1_ratio(u: np.ndarray) -> np.ndarray:
    """Return (e^u - 1)/u, 1 at zero."""
    safe = np.where(u == 0.0, 1.0, u)
    return np.where(u == 0.0, 1.0, np.expm1(safe) / safe)


def _coth_part(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second derivative of ln(u/(e^u - 1)): 1/u - 1/(1 - e^-u), and its slope."""
    close = np.abs(u) < _NEAR_U
    inner, outer = np.where(close, u, 0.0), np.where(close, 1.0, u)
    square, first, second = inner * inner, np.zeros_like(u), np.zeros_like(u)
    for n in range(len(_COTH), 0, -1):
        first = first * square + _COTH[n - 1]
        second = second * square + (2 * n - 1) * _COTH[n - 1]
    half = np.minimum(np.abs(0.5 * outer), 350.0)
    far = 1.0 / outer + 1.0 / np.expm1(-outer), 0.25 / np.sinh(half) ** 2 - 1.0 / outer**2
    return np.where(close, -0.5 - inner * first, far[0]), np.where(close, -second, far[1])


def _leading(z: np.ndarray, rho: float) -> _Leading:
    """Return z/X(z) and the derivatives of its logarithm.

    Near zero they come from Legendre's polynomials: dX/dz = 1/sqrt(1 - 2·rho·z + z²) is their generating function
    (DLMF 18.12.4).
    """
    close = np.abs(z) < _NEAR_Z
    # X is odd under a change of both signs: evaluated at |z|, nothing cancels.
    size, tilt = np.abs(z), np.where(z < 0.0, -rho, rho)
    root = np.hypot(z - rho, np.sqrt((1.0 - rho) * (1.0 + rho)))
    ahead = size > tilt
    over = np.where(
        ahead,
        (root + size - tilt) / (1.0 - tilt),
        (1.0 + tilt) / np.where(ahead, 1.0, root + tilt - size),
    )
    x = np.copysign(np.log1p(size / (1.0 + root) * (1.0 + over)), z)
    inner = np.where(close, z, 0.0)
    ratio_x, rise, bent = _legendre_sums(inner, rho)
    outer, outer_x = np.where(close, 1.0, z), np.where(close, 1.0, x)
    slope = np.where(close, -rise / ratio_x, 1.0 / outer - 1.0 / (outer_x * root))
    bend = np.where(
        close,
        (rise / ratio_x) ** 2 - bent / ratio_x,
        -1.0 / outer**2 + 1.0 / (outer_x * root) ** 2 + (outer - rho) / (outer_x * root**3),
    )
    ratio = np.where(close, 1.0 / ratio_x, outer / outer_x)
    # dX/d rho = (cosh X - 1)/root, so that d ln h/d rho = -2·sinh²(X/2)/(X·root).
    safe = np.where(x == 0.0, 1.0, x)
    per_rho = np.where(x == 0.0, 0.0, -2.0 * np.sinh(0.5 * x) ** 2 / (safe * root))
    return _Leading(ratio, slope, bend, per_rho)


def _legendre_sums(z: np.ndarray, rho: float) -> np.ndarray:
    """Return X/z and its first two derivatives as power series in z."""
    legendre = [1.0, rho]
    for n in range(1, _Z_TERMS):
        legendre.append(((2 * n + 1) * rho * legendre[n] - n * legendre[n - 1]) / (n + 1))
    power = np.arange(_Z_TERMS + 1.0)
    series = np.array(legendre) / (power + 1.0)
    coefficients = np.zeros((3, _Z_TERMS + 1))
    coefficients[0] = series
    coefficients[1, :-1] = (power * series)[1:]
    coefficients[2, :-2] = (power * (power - 1.0) * series)[2:]
    powers = np.ones((_Z_TERMS + 1, z.size))
    np.cumprod(np.broadcast_to(z.ravel(), (_Z_TERMS, z.size)), axis=0, out=powers[1:])
    return np.asarray(coefficients @ powers).reshape(3, *z.shape)
