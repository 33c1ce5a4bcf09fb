"""SABR fitted to the smile of each expiry, with error bars, and what its slices say at any expiry."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.pricing.models.parameters import SABR
from hedgerow.pricing.models.sabr import SabrPoints, sabr_points
from hedgerow.pricing.models.weights import quote_weights, scatter
from hedgerow.pricing.surface.parameters import SmileQuotes

_NAMES: Final = ("alpha", "vol_of_vol", "rho")
_LEAST: Final = 4
"""Three parameters and their noise need so many quotes of one expiry. [count]"""
_LOW: Final = np.array([math.log(1e-3), math.log(1e-3), -4.0])
_HIGH: Final = np.array([math.log(20.0), math.log(200.0), 4.0])
"""Bounds of ln alpha, ln nu and atanh rho. [pure]"""
_LEAST_NU: Final = 0.01
"""Room for less vol of vol than this is none. [per square root of a year]"""
_AWAY: Final = 10.0
"""Residual where the formula does not hold. [vol]"""
_REACH: Final = 0.95
"""Share of the room in which the formula holds that nu² may take. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SabrSlices:
    """SABR smiles of several expiries on a forward of one.

    Parameters
    ----------
    expiry_years : tuple of float
        Times to expiry, rising. [years, Act/365]
    models : tuple of SABR
        One each; with ``beta`` below 1 their ``alpha`` is alpha·F^(beta - 1) of the forward itself.
    """

    expiry_years: tuple[float, ...]
    models: tuple[SABR, ...]

    def response(
        self, log_moneyness: ArrayLike, expiry_years: ArrayLike, *, bartlett: bool
    ) -> Float64[np.ndarray, " n_option"]:
        """Return what the vol of a fixed strike does per unit of ln F.

        Between expiries it is linear in time at the same ln(K/F). Beyond them the nearest smile is taken to be the same
        in ln(K/F) over the square root of time, so that its response goes with one over that root, as fitted vols of
        vol nearly do.

        Parameters
        ----------
        log_moneyness, expiry_years : array_like of shape (n_option,)
            ln(strike/forward), and time to expiry. [pure], [years, Act/365]
        bartlett : bool
            True if alpha moves along with the forward, as in ``sabr_response``.

        Returns
        -------
        ndarray of shape (n_option,)
            d sigma_K / d ln F. [vol per unit of ln F]

        References
        ----------
        As ``sabr_response``.
        """
        k, years = np.broadcast_arrays(
            np.atleast_1d(np.asarray(log_moneyness, dtype=np.float64)),
            np.atleast_1d(np.asarray(expiry_years, dtype=np.float64)),
        )
        times = np.array(self.expiry_years)
        held = np.clip(years, times[0], times[-1])
        stretch = np.sqrt(held / years)
        late = np.clip(np.searchsorted(times, held), min(1, times.size - 1), times.size - 1)
        early = np.maximum(late - 1, 0)
        gap = times[late] - times[early]
        share = np.where(gap > 0.0, (held - times[early]) / np.where(gap > 0.0, gap, 1.0), 0.0)
        points = [self._points(k * stretch, which) for which in (early, late)]
        before, after = (one.bartlett if bartlett else one.slide for one in points)
        return np.asarray(stretch * ((1.0 - share) * before + share * after))

    def _points(self, k: np.ndarray, which: np.ndarray) -> SabrPoints:
        """Return every option's points on the slice that is named for it."""
        columns = {name: np.empty(k.size) for name in SabrPoints.__slots__}
        for i in np.unique(which):
            some = which == i
            found = sabr_points(self.models[i], 1.0, np.exp(k[some]), self.expiry_years[i])
            for name, column in columns.items():
                column[some] = getattr(found, name)
        return SabrPoints(**columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SabrFit:
    """SABR slices fitted to a chain.

    Parameters
    ----------
    slices : SabrSlices
        The slices of the expiries that have enough quotes.
    expiry : tuple of int
        Which expiry of the quotes each slice belongs to. [index]
    standard_errors : tuple of dict of str to float
        Of alpha, vol_of_vol and rho, slice by slice; NaN for one at an edge. [as the parameter]
    correlations : tuple of ndarray of shape (3, 3)
        Of the errors, slice by slice. [pure]
    rmse : tuple of float
        Root mean square of vol less middle of the quotes with weight. [vol]
    noise : tuple of float
        Standard deviation of the residual of a quote of weight one. [vol]
    vol : ndarray of shape (n_quote,)
        Vol at each quote; NaN for quotes of expiries without a slice. [fraction per square root of a year]
    notes : tuple of str
        What was not fitted, and why. [text]
    """

    slices: SabrSlices
    expiry: tuple[int, ...]
    standard_errors: tuple[dict[str, float], ...]
    correlations: tuple[Float64[np.ndarray, "3 3"], ...]
    rmse: tuple[float, ...]
    noise: tuple[float, ...]
    vol: Float64[np.ndarray, " n_quote"]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    model: SABR
    errors: dict[str, float]
    correlations: Float64[np.ndarray, "3 3"]
    rmse: float
    noise: float


def fit_sabr(quotes: SmileQuotes, *, beta: float) -> SabrFit:
    """Fit SABR to each expiry of a chain alone.

    Parameters
    ----------
    quotes : SmileQuotes
        Intervals of vol; those without a bid are not fitted to.
    beta : float
        How the vol depends on the level of the forward, from 0 to 1; a smile of one expiry cannot tell it from rho.
        [pure]

    Returns
    -------
    SabrFit
        Slices, error bars and residuals. [vol]

    Raises
    ------
    InputError
        If ``beta`` is outside its domain.
    MarketDataError
        If no expiry has four quotes with a bid at three strikes or more.

    References
    ----------
    Hagan et al. (2002), section 3.2, on beta; weights and errors as in ``calibrate_model``.
    """
    if not (isinstance(beta, int | float) and 0.0 <= beta <= 1.0):
        raise InputError(f"beta is {beta!r}", "give a number from 0 to 1")
    weight = quote_weights(quotes)
    vol, found, notes = np.full(quotes.expiry.size, np.nan), [], []
    for i, years in enumerate(quotes.expiry_years.tolist()):
        mine = np.flatnonzero(quotes.expiry == i)
        used = mine[weight[mine] > 0.0]
        if used.size < _LEAST or np.unique(quotes.log_moneyness[used]).size < len(_NAMES):
            notes.append(
                f"the expiry in {365.0 * years:.1f} days has {used.size} quotes with a bid: SABR needs {_LEAST}"
            )
            continue
        mid = 0.5 * (quotes.vol_bid + quotes.vol_ask)
        if _most(float(mid[used].max()), beta, quotes.log_moneyness[used], years) <= _LEAST_NU:
            notes.append(f"the expiry in {365.0 * years:.1f} days is too long for SABR's formula at beta {beta:g}")
            continue
        one = _fit_slice(quotes.log_moneyness[used], mid[used], weight[used], years, beta)
        vol[mine] = sabr_points(one.model, 1.0, np.exp(quotes.log_moneyness[mine]), years).vol
        found.append((i, one))
        notes += [
            f"the expiry in {365.0 * years:.1f} days: {name} ends at an edge, {getattr(one.model, name):g}"
            for name, error in one.errors.items()
            if math.isnan(error)
        ]
    if not found:
        raise MarketDataError(
            "the chain", DataFault.MISSING, "no expiry has four quotes with a bid", "give more quotes"
        )
    slices = SabrSlices(
        expiry_years=tuple(float(quotes.expiry_years[i]) for i, _ in found), models=tuple(one.model for _, one in found)
    )
    return SabrFit(
        slices=slices,
        expiry=tuple(i for i, _ in found),
        standard_errors=tuple(one.errors for _, one in found),
        correlations=tuple(one.correlations for _, one in found),
        rmse=tuple(one.rmse for _, one in found),
        noise=tuple(one.noise for _, one in found),
        vol=frozen(vol),
        notes=tuple(notes),
    )


def _fit_slice(k: np.ndarray, mid: np.ndarray, weight: np.ndarray, years: float, beta: float) -> _Slice:
    from scipy.optimize import least_squares  # late: scipy takes longer to import than most calls take

    root, strike = np.sqrt(weight), np.exp(k)

    def model_at(x: np.ndarray) -> SABR:
        alpha, rho = math.exp(x[0]), math.tanh(x[2])
        return SABR(alpha=alpha, beta=beta, vol_of_vol=min(math.exp(x[1]), _most(alpha, beta, k, years)), rho=rho)

    def residuals(x: np.ndarray) -> np.ndarray:
        try:
            return np.asarray(root * (sabr_points(model_at(x), 1.0, strike, years).vol - mid))
        except InputError:
            return np.full(k.size, _AWAY)

    def derivatives(x: np.ndarray) -> np.ndarray:
        model = model_at(x)
        p = sabr_points(model, 1.0, strike, years)
        free = model.vol_of_vol == math.exp(x[1])
        columns = (p.per_alpha, p.per_vol_of_vol * model.vol_of_vol * free, p.per_rho * (1.0 - model.rho**2))
        return np.asarray(root[:, None] * np.column_stack(columns))

    at_money = float(mid[np.argmin(np.abs(k))])
    tries = [
        least_squares(
            residuals,
            [math.log(at_money), math.log(max(min(nu, 0.5 * _most(at_money, beta, k, years)), 2e-3)), rho],
            jac=derivatives,
            bounds=(_LOW, _HIGH),
            xtol=1e-8,
            ftol=1e-8,
            gtol=None,
            max_nfev=200,
        )
        for nu, rho in ((1.0 / math.sqrt(years), -0.2), (0.3 / math.sqrt(years), 0.2))
    ]
    x = np.asarray(min(tries, key=lambda one: one.cost).x)
    return _judged(model_at(x), x, residuals(x), derivatives(x), root, k.size)


def _most(alpha: float, beta: float, k: np.ndarray, years: float) -> float:
    """Return the largest vol of vol for which the formula's correction for time stays in its bounds.

    The correction is at most |c|·T <= (nu²/12 + nu·beta·m/4 + (1 - beta)²·m²/24)·T, m the larger alpha along the smile.
    """
    m = alpha * math.exp(0.5 * (1.0 - beta) * float(np.abs(k).max()))
    room = _REACH * 0.5 / years - (1.0 - beta) ** 2 * m**2 / 24.0
    half = 1.5 * beta * m
    return max(math.sqrt(max(half**2 + 12.0 * room, 0.0)) - half, 1e-3)


def _judged(
    model: SABR, x: np.ndarray, residual: np.ndarray, jacobian: np.ndarray, root: np.ndarray, count: int
) -> _Slice:
    """Return a slice with its error bars."""
    noise = float(np.sqrt(np.sum(residual**2) / max(count - len(_NAMES), 1)))
    free = (x > _LOW + 1e-3) & (x < _HIGH - 1e-3) & (np.abs(jacobian).max(axis=0) > 0.0)
    correlations = np.full((3, 3), np.nan)
    errors = np.full(3, np.nan)
    if free.any():
        spread, within = scatter(jacobian[:, free])
        errors[free] = noise * spread * np.array([model.alpha, model.vol_of_vol, 1.0 - model.rho**2])[free]
        correlations[np.ix_(free, free)] = within
    return _Slice(
        model=model,
        errors=dict(zip(_NAMES, errors.tolist(), strict=True)),
        correlations=frozen(correlations),
        rmse=float(np.sqrt(np.mean((residual / root) ** 2))),
        noise=noise,
    )
