"""Evaluation of a surface between and beyond its expiries, without arbitrage.

Between two expiries the normalised prices of options of one log-moneyness k are mixed,

    c(k, T) = (1 - lam)·c(k, T1) + lam·c(k, T2),   c = call price / forward,

which keeps the prices convex in strike and rising in time (Gatheral-Jacquier 2014, lemma 5.1,
doi 10.1080/14697688.2013.819986); lam(T) is such that the total variance at the money is linear in T. Before the first
expiry the vols stay: w = (T/T1)·w1; g is concave in the factor and not negative at its ends 0 and 1. After the last
the total variance of every strike grows alike, at the pace of the last at-the-money variance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing.black76 import black76, implied_vol
from hedgerow.pricing.surface.parameters import SurfaceParameters

_FARTHEST = 200.0
"""Largest size of ln(strike/forward). [pure]"""
_LEAST_TIME_VALUE = 1e-290
"""Below it, and where nothing but 1e-12 is left to a price's bound, total variances are mixed instead: there no price
can tell the difference. [fraction of the forward]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfacePoints:
    """Vols of a surface and their derivatives.

    Parameters
    ----------
    vol : ndarray of shape (n_point,)
        Implied vol. [fraction per square root of a year]
    skew : ndarray of shape (n_point,)
        Derivative in k = ln(strike/forward) at fixed expiry. [vol]
    curvature : ndarray of shape (n_point,)
        Second derivative in k. [vol]
    term : ndarray of shape (n_point,)
        Derivative in time to expiry at fixed k. [vol per year]
    """

    vol: Float64[np.ndarray, " n_point"]
    skew: Float64[np.ndarray, " n_point"]
    curvature: Float64[np.ndarray, " n_point"]
    term: Float64[np.ndarray, " n_point"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """An implied-vol surface in log-moneyness and time to expiry.

    Parameters
    ----------
    expiry_years : ndarray of shape (n_expiry,)
        Times to expiry of the slices, rising. [years, Act/365]
    slices : ndarray of shape (n_expiry, 5)
        Raw SVI parameters a, b, rho, m, sigma. [total variance]
    """

    expiry_years: Float64[np.ndarray, " n_expiry"]
    slices: Float64[np.ndarray, "n_expiry 5"]

    @classmethod
    def from_parameters(cls, parameters: SurfaceParameters) -> "Surface":
        """Make a surface of what a fit left.

        Parameters
        ----------
        parameters : SurfaceParameters
            The fit. [total variance]

        Returns
        -------
        Surface
            To be evaluated. [vol]

        Raises
        ------
        InputError
            If there is no slice, expiries do not rise, or a number is not that of a slice.
        """
        years, slices = np.array(parameters.expiry_years), parameters.array()
        if not (years.size == len(slices) > 0 and np.all(np.diff(years, prepend=0.0) > 0.0)):
            raise InputError(f"a surface with expiries {years.tolist()}", "give one slice per positive, rising expiry")
        sane = np.all(np.isfinite(slices), axis=1) & (slices[:, 1] >= 0.0) & (slices[:, 4] > 0.0)
        bad = np.flatnonzero(~(sane & (np.abs(slices[:, 2]) < 1.0)))
        if bad.size:
            raise InputError(
                f"slice {bad[0]} is {slices[bad[0]].tolist()}", "a, b >= 0, |rho| < 1, m, sigma > 0, finite"
            )
        return cls(expiry_years=frozen(np.array(parameters.expiry_years)), slices=frozen(parameters.array()))

    def vol(self, log_moneyness: ArrayLike, expiry_years: ArrayLike) -> Float64[np.ndarray, " n_point"]:
        """Return implied vols.

        Parameters
        ----------
        log_moneyness, expiry_years : array_like of shape (n_point,)
            ln(strike/forward), and time to expiry. [pure], [years, Act/365]

        Returns
        -------
        ndarray of shape (n_point,)
            Vols. [fraction per square root of a year]

        Raises
        ------
        InputError
            If a time is not positive, or a number is not finite.

        References
        ----------
        Gatheral, Jacquier (2014), eq. 3.1 and lemma 5.1.
        """
        return self.points(log_moneyness, expiry_years).vol

    def points(self, log_moneyness: ArrayLike, expiry_years: ArrayLike) -> SurfacePoints:
        """Return implied vols with their analytic derivatives.

        Parameters
        ----------
        log_moneyness, expiry_years : array_like of shape (n_point,)
            ln(strike/forward), and time to expiry. [pure], [years, Act/365]

        Returns
        -------
        SurfacePoints
            One entry per point, inputs broadcast together. [vol]

        Raises
        ------
        InputError
            If a time is not positive, or a number is not finite or beyond e^200 times the forward.

        References
        ----------
        Gatheral, Jacquier (2014), eq. 3.1 and lemma 5.1.
        """
        k, years = np.broadcast_arrays(
            np.atleast_1d(np.asarray(log_moneyness, dtype=np.float64)),
            np.atleast_1d(np.asarray(expiry_years, dtype=np.float64)),
        )
        bad = np.flatnonzero(~((np.abs(k) <= _FARTHEST) & (years > 0.0) & np.isfinite(years)))
        if bad.size:
            raise InputError(
                f"a point of a surface at k = {k.flat[bad[0]]:g}, {years.flat[bad[0]]:g} years",
                f"give k = ln(strike/forward) between -{_FARTHEST:g} and {_FARTHEST:g}, and positive years",
            )
        w, slope, bend, pace = self._variance(k, years)
        vol = np.sqrt(w / years)
        skew = slope / (2.0 * vol * years)
        return SurfacePoints(
            vol=vol,
            skew=skew,
            curvature=bend / (2.0 * vol * years) - skew**2 / vol,
            term=(pace - w / years) / (2.0 * vol * years),
        )

    def _variance(self, k: np.ndarray, years: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return total variance, its first and second derivative in k, and its derivative in time."""
        at = self.expiry_years
        after = np.clip(np.searchsorted(at, years, side="left"), 0, at.size - 1)
        out = np.array(self._slice(k, after)).reshape(3, *k.shape)
        out = np.concatenate([out, np.zeros((1, *k.shape))])
        early = years <= at[0]
        out[3, early] = out[0, early] / at[0]
        out[:3, early] *= years[early] / at[0]
        late = years > at[-1]
        pace = self._slice(np.zeros(1), np.array([at.size - 1]))[0][0] / at[-1]
        out[0, late] += pace * (years[late] - at[-1])
        out[3, late] = pace
        between = ~early & ~late
        if between.any():
            out[:, between] = self._mixed(k[between], years[between], after[between])
        return tuple(out)

    def _slice(self, k: np.ndarray, which: Int64[np.ndarray, " n_point"]) -> tuple[np.ndarray, ...]:
        """Return w, w' and w'' of one slice per point."""
        a, b, rho, m, sigma = self.slices[which].T
        z = k - m
        q = np.sqrt(z * z + sigma * sigma)
        return a + b * (rho * z + q), b * (rho + z / q), b * sigma**2 / q**3

    def _mixed(self, k: np.ndarray, years: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return w, w', w'' and dw/dT between two expiries."""
        lam, lam_pace = self._weight(years, after)
        two = [self._slice(k, after - 1), self._slice(k, after)]
        prices = [_otm(k, w) for w, _, _ in two]
        price = (1.0 - lam) * prices[0][0] + lam * prices[1][0]
        tiny = (price < _LEAST_TIME_VALUE) | (np.minimum(np.exp(k), 1.0) - price < 1e-12 * np.minimum(np.exp(k), 1.0))
        safe = np.where(tiny, 0.1, price)
        place = np.where(tiny, 0.0, k)
        v, _ = implied_vol(safe, 1.0, np.exp(place), 1.0, place >= 0.0, inverse=False)
        w = v * v
        first = second = np.zeros_like(k)
        for weight, (_, slope, bend), (_, c_k, c_w, c_kk, c_kw, c_ww) in zip(
            (1.0 - lam, lam), two, prices, strict=True
        ):
            first = first + weight * (c_k + c_w * slope)
            second = second + weight * (c_kk + 2.0 * c_kw * slope + c_ww * slope**2 + c_w * bend)
        _, c_k, c_w, c_kk, c_kw, c_ww = _otm(k, w)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (first - c_k) / c_w
            bend = (second - c_kk - 2.0 * c_kw * slope - c_ww * slope**2) / c_w
            pace = lam_pace * (prices[1][0] - prices[0][0]) / c_w
        linear = (years - self.expiry_years[after - 1]) / (self.expiry_years[after] - self.expiry_years[after - 1])
        step = self.expiry_years[after] - self.expiry_years[after - 1]
        flat = [(1.0 - linear) * one + linear * other for one, other in zip(*two, strict=True)]
        flat.append((two[1][0] - two[0][0]) / step)
        return np.where(tiny, np.array(flat), np.array([w, slope, bend, pace]))

    def _weight(self, years: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weight of the later slice and its derivative in time: w at the money is linear in T."""
        begin, end = self.expiry_years[after - 1], self.expiry_years[after]
        zero = np.zeros_like(years)
        w_1, w_2 = self._slice(zero, after - 1)[0], self._slice(zero, after)[0]
        share = (years - begin) / (end - begin)
        w = (1.0 - share) * w_1 + share * w_2
        c, c_1, c_2 = (_otm(zero, at)[0] for at in (w, w_1, w_2))
        density = _otm(zero, w)[2]
        with np.errstate(divide="ignore", invalid="ignore"):
            lam, pace = (c - c_1) / (c_2 - c_1), density * (w_2 - w_1) / ((end - begin) * (c_2 - c_1))
        same = c_2 - c_1 <= 1e-12 * c_2
        return np.where(same, share, np.clip(lam, 0.0, 1.0)), np.where(same, 1.0 / (end - begin), pace)


def _otm(k: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the price of the out-of-the-money option over its forward, and its derivatives k, w, kk, kw, ww.

    With d1 = -k/sqrt(w) + sqrt(w)/2 and its density n: c_w = n/(2·sqrt(w)), c_k = -s·(K/F)·N(s·d2).
    """
    root = np.sqrt(w)
    strike, call = np.exp(k), k >= 0.0
    greeks = black76(1.0, strike, 1.0, root, call, inverse=True)
    d1 = -k / root + 0.5 * root
    density = greeks.vega
    c_w = 0.5 * density / root
    # The net transaction delta of the inverse option is s·(K/F)·N(s·d2).
    c_k = -greeks.delta
    c_kw = 0.5 * d1 * density / w
    c_ww = c_w * (-0.5 / w - d1 * (0.5 * k / (w * root) + 0.25 / root))
    return greeks.price, c_k, c_w, c_k + density / root, c_kw, c_ww
