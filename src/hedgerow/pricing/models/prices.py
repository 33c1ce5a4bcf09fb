"""Prices and Greeks of options under a model, with a bound on the error of every price."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing.black76 import black76
from hedgerow.pricing.columns import read_columns
from hedgerow.pricing.models import affine_kernels
from hedgerow.pricing.models.affine import coefficients
from hedgerow.pricing.models.parameters import SABR, SVCJ, AffineModel, Bates, Heston, LogNormalSV, Merton, Model
from hedgerow.pricing.models.sabr import sabr_points
from hedgerow.pricing.models.sums import call_sums

TOLERANCE: Final = 1e-10
"""What a price may be off by, relative to the forward, unless the caller says otherwise. [pure]"""
_FINEST, _COARSEST = 1e-13, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelGreeks:
    """Price and Greeks of options under a model, in their settlement currency.

    Parameters
    ----------
    price : ndarray of shape (n_option,)
        Value of one unit. [quote if linear, coin if inverse]
    delta : ndarray of shape (n_option,)
        Derivative in the forward, the state of the vol held: linear dU/dF, inverse F·dV/dF = dU/dF - V. [coin]
    gamma : ndarray of shape (n_option,)
        Second derivative of the price in the forward, the state held. [price per quote²]
    state_vega : ndarray of shape (n_option,)
        Derivative in what the vol starts from: v0 (Merton: vol²), SABR's alpha, log-normal vol0. [price per unit of it]
    theta : ndarray of shape (n_option,)
        Derivative in calendar time, forward and state held. [price per year]
    minimum_variance_delta : ndarray of shape (n_option,)
        The hedge with the forward alone that leaves the least variance of P&L counted in the quote currency, under the
        model and over the next instant: jumps
        and the part of the vol's moves that is correlated with the forward included; inverse as ``delta``, less V. NaN
        where jumps have no second moment. [coin]
    error : ndarray of shape (n_option,)
        What ``price`` may be off by at most; NaN for SABR, whose formula is an expansion without a bound. [as price]
    """

    price: Float64[np.ndarray, " n_option"]
    delta: Float64[np.ndarray, " n_option"]
    gamma: Float64[np.ndarray, " n_option"]
    state_vega: Float64[np.ndarray, " n_option"]
    theta: Float64[np.ndarray, " n_option"]
    minimum_variance_delta: Float64[np.ndarray, " n_option"]
    error: Float64[np.ndarray, " n_option"]


def price_model(
    model: Model,
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    is_call: ArrayLike,
    *,
    inverse: bool,
    tolerance: float = TOLERANCE,
) -> ModelGreeks:
    """Price options and their Greeks under a model.

    Parameters
    ----------
    model : Heston, Bates, Merton, SVCJ, SABR or LogNormalSV
        The model of the forward.
    forward, strike : array_like of shape (n_option,)
        Forward and strike, positive. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry, positive. [years, Act/365]
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    inverse : bool
        True for coin-settled options.
    tolerance : float
        What a price may be off by, from 1e-13 to 1e-3; options of one expiry share the work. [fraction of the forward]

    Returns
    -------
    ModelGreeks
        One entry per option, inputs broadcast together. [settlement currency]

    Raises
    ------
    InputError
        If an option or the tolerance is out of bounds.
    TransformError
        If the tolerance cannot be met: there is no price then.

    References
    ----------
    Lewis (2001), "A simple option formula for general jump-diffusion and other exponential Lévy processes", eq. 3.11;
    Lee (2004), J. Computational Finance 7(3):51, doi 10.21314/JCF.2004.121, theorems 6.1 and 7.1, for the bound.

    Examples
    --------
    >>> from hedgerow.pricing.models import Heston
    >>> heston = Heston(v0=0.45, kappa=2.0, theta=0.5, vol_of_vol=1.2, rho=-0.3)
    >>> call = price_model(heston, 60_000.0, 66_000.0, 0.25, True, inverse=True)
    >>> call.price.round(6), call.delta.round(6), bool(call.error[0] < 1e-10)
    (array([0.090724]), array([0.374444]), True)
    """
    given = {"forward": forward, "strike": strike, "expiry_years": expiry_years}
    columns, sign = read_columns(is_call, given, inverse)
    _check(columns, tolerance)
    options = _Options(is_call=sign > 0.0, **columns)
    greeks = _linear(model, options, float(tolerance))
    return _in_coin(greeks, options.forward) if inverse else _bundle(greeks)


def _check(columns: dict[str, Float64[np.ndarray, " n_option"]], tolerance: float) -> None:
    for name, values in columns.items():
        good = (values > 1e-100) & (values < 1e100)
        if not good.all():
            i = int(np.flatnonzero(~good)[0])
            raise InputError(f"option {i}: {name} is {values[i]:g}", "give positive numbers")
    if not (isinstance(tolerance, int | float | np.floating) and _FINEST <= tolerance <= _COARSEST):
        raise InputError(f"tolerance is {tolerance!r}", f"give a fraction of the forward, {_FINEST:g} to {_COARSEST:g}")


class _Options(NamedTuple):
    """Columns of one length."""

    forward: Float64[np.ndarray, " n_option"]
    strike: Float64[np.ndarray, " n_option"]
    expiry_years: Float64[np.ndarray, " n_option"]
    is_call: np.ndarray


class _Linear(NamedTuple):
    """The columns of ``ModelGreeks`` in the quote currency."""

    price: Float64[np.ndarray, " n_option"]
    delta: Float64[np.ndarray, " n_option"]
    gamma: Float64[np.ndarray, " n_option"]
    state_vega: Float64[np.ndarray, " n_option"]
    theta: Float64[np.ndarray, " n_option"]
    minimum_variance_delta: Float64[np.ndarray, " n_option"]
    error: Float64[np.ndarray, " n_option"]


def _bundle(greeks: _Linear) -> ModelGreeks:
    return ModelGreeks(**{name: frozen(values) for name, values in greeks._asdict().items()})


def _in_coin(u: _Linear, forward: Float64[np.ndarray, " n_option"]) -> ModelGreeks:
    """Turn prices in the quote currency into V = U/F and its derivatives, deltas into net transaction deltas."""
    price, state_vega, theta, error = (values / forward for values in (u.price, u.state_vega, u.theta, u.error))
    gamma = (u.gamma - 2.0 * (u.delta - price) / forward) / forward
    best = u.minimum_variance_delta - price
    return _bundle(_Linear(price, u.delta - price, gamma, state_vega, theta, best, error))


def _linear(model: Model, options: _Options, tolerance: float) -> _Linear:
    match model:
        case SABR():
            return _sabr(model, options)
        case Heston() | Bates() | Merton() | SVCJ() | LogNormalSV():
            return _by_transform(model, options, tolerance)
        case _:
            raise InputError(f"a model of type {type(model).__name__}", "give one of hedgerow.pricing.models")


def _by_transform(model: AffineModel | LogNormalSV, options: _Options, tolerance: float) -> _Linear:
    """Add the sums of the transform to Black's model."""
    f, strike, years, is_call = options
    sums = call_sums(model, np.log(strike / f), years, tolerance)
    black = black76(f, strike, years, sums.vol, is_call, inverse=False)
    delta = black.delta + sums.columns[1]
    return _Linear(
        price=_within_bounds(black.price + f * sums.columns[0], options),
        delta=delta,
        gamma=black.gamma + sums.columns[2] / f,
        state_vega=f * sums.columns[3],
        theta=-f * sums.columns[4],
        minimum_variance_delta=_minimum_variance(model, delta, black.delta, sums.columns),
        error=f * sums.error,
    )


def _within_bounds(price: Float64[np.ndarray, " n_option"], options: _Options) -> Float64[np.ndarray, " n_option"]:
    """Cut what a price is off by where a bound on options says so."""
    f, strike, _, is_call = options
    least = np.maximum(np.where(is_call, f - strike, strike - f), 0.0)
    return np.asarray(np.clip(price, least, np.where(is_call, f, strike)))


def _minimum_variance(
    model: AffineModel | LogNormalSV,
    delta: Float64[np.ndarray, " n_option"],
    black_delta: Float64[np.ndarray, " n_option"],
    columns: Float64[np.ndarray, "6 n_option"],
) -> Float64[np.ndarray, " n_option"]:
    """Return cov(dU, dF)/var(dF) over an instant: v·U_F + rho·nu·v·U_v/F from the diffusion, and the jumps' part.

    Of log-normal SV dsigma = beta·sigma·dW + ..., so that U_sigma counts beta/F times.
    Föllmer, Sondermann (1986), "Hedging of non-redundant contingent claims", eq. 2.13, for the ratio; Cont, Tankov,
    Voltchkova (2007), "Hedging with options in models with jumps", doi 10.1007/978-3-540-70847-6_8, eq. 20, with jumps.
    """
    if isinstance(model, LogNormalSV):
        return np.asarray(delta + model.beta * columns[3])
    c = coefficients(model)
    smooth = delta + c.rho * c.vol_of_vol * columns[3]
    if c.jump_intensity == 0.0:
        return np.asarray(smooth)
    second = affine_kernels.second_moment(c.array())
    if not np.isfinite(second):
        return np.full(delta.size, np.nan)
    jumps = second * black_delta + columns[5]
    return np.asarray((c.v0 * smooth + c.jump_intensity * jumps) / (c.v0 + c.jump_intensity * second))


def _sabr(model: SABR, options: _Options) -> _Linear:
    """Put SABR's vol and its derivatives into Black's model; with y = ln F, d/dF = (d/dy)/F."""
    f, strike, years, is_call = options
    smile = sabr_points(model, f, strike, years)
    black = black76(f, strike, years, smile.vol, is_call, inverse=False)
    slide, bend = smile.slide / f, (smile.slide_curvature - smile.slide) / f**2
    return _Linear(
        price=black.price,
        delta=black.delta + black.vega * slide,
        gamma=black.gamma + 2.0 * black.vanna * slide + black.volga * slide**2 + black.vega * bend,
        state_vega=black.vega * smile.per_alpha / model.alpha,
        theta=black.theta - black.vega * smile.term,
        minimum_variance_delta=black.delta + black.vega * smile.bartlett / f,
        error=np.full(f.size, np.nan),
    )
