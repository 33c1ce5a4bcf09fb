"""Black-76 on arrays: price and Greeks, and implied vol, for linear and inverse options.

Prices are undiscounted and Greeks are derivatives in the forward at fixed vol. A linear option is priced in the
quote currency, an inverse one in coin: V = U/F.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing import kernels


class VolFault(IntEnum):
    """Why a price implies no vol."""

    SOLVED = kernels.SOLVED
    NOT_FINITE = kernels.NOT_FINITE
    BAD_CONTRACT = kernels.BAD_CONTRACT
    NO_TIME_VALUE = kernels.NO_TIME_VALUE
    ABOVE_BOUND = kernels.ABOVE_BOUND
    NOT_CONVERGED = kernels.NOT_CONVERGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeks:
    """Price and Greeks of options, in their settlement currency.

    Parameters
    ----------
    price : ndarray of shape (n_option,)
        Undiscounted value of one unit. [quote if linear, coin if inverse]
    delta : ndarray of shape (n_option,)
        Linear: dU/dF. Inverse: net transaction delta F·dV/dF = delta_BS - V. [coin]
    gamma : ndarray of shape (n_option,)
        Second derivative of the price in the forward. [price per quote²]
    vega : ndarray of shape (n_option,)
        Derivative in vol. [price per 1.00 vol]
    theta : ndarray of shape (n_option,)
        Derivative in calendar time at fixed forward. [price per year]
    """

    price: Float64[np.ndarray, " n_option"]
    delta: Float64[np.ndarray, " n_option"]
    gamma: Float64[np.ndarray, " n_option"]
    vega: Float64[np.ndarray, " n_option"]
    theta: Float64[np.ndarray, " n_option"]


def black76(
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    *,
    inverse: bool,
) -> Greeks:
    """Price options and their Greeks.

    Parameters
    ----------
    forward, strike : array_like of shape (n_option,)
        Forward and strike, positive. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry, positive. [years, Act/365]
    vol : array_like of shape (n_option,)
        Vol, positive. [fraction per square root of a year]
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    inverse : bool
        True for coin-settled options.

    Returns
    -------
    Greeks
        One entry per option, inputs broadcast together. [settlement currency]

    Raises
    ------
    InputError
        If an input is not positive and finite.

    References
    ----------
    Black (1976), "The pricing of commodity contracts", J. Financial Economics 3:167, eq. 16,
    doi 10.1016/0304-405X(76)90024-6. Alexander, Chen, Imeraj (2023), "Crypto quanto and inverse options",
    Mathematical Finance 33:1005, section 2, doi 10.1111/mafi.12410.

    Examples
    --------
    >>> at_the_money = black76(2000.0, 2000.0, 0.25, 0.6, True, inverse=True)
    >>> at_the_money.price.round(6), at_the_money.delta.round(6)
    (array([0.119235]), array([0.440382]))
    """
    columns, sign = _columns(is_call, forward=forward, strike=strike, expiry_years=expiry_years, vol=vol)
    for name, values in columns.items():
        if not np.all((values > 0.0) & np.isfinite(values)):
            worst = values[~((values > 0.0) & np.isfinite(values))][0]
            raise InputError(f"{name} holds {worst:g}", f"{name} must be positive and finite")
    out = np.empty((5, sign.size))
    kernels.greeks_rows(*columns.values(), sign, inverse, out)
    price, delta, gamma, vega, theta = frozen(out)
    return Greeks(price=price, delta=delta, gamma=gamma, vega=vega, theta=theta)


def implied_vol(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    is_call: ArrayLike,
    *,
    inverse: bool,
) -> tuple[Float64[np.ndarray, " n_option"], Int64[np.ndarray, " n_option"]]:
    """Find the vol at which Black-76 gives each price.

    Parameters
    ----------
    price : array_like of shape (n_option,)
        Undiscounted prices. [quote if linear, coin if inverse]
    forward, strike : array_like of shape (n_option,)
        Forward and strike. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry. [years, Act/365]
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    inverse : bool
        True for coin-settled options.

    Returns
    -------
    vol : ndarray of shape (n_option,)
        Implied vol, NaN where there is none. [fraction per square root of a year]
    fault : ndarray of shape (n_option,)
        A ``VolFault`` per row: 0 where solved. [code]

    Notes
    -----
    A row without a solution never gets a finite vol. As in Jäckel, "Let's Be Rational" (2015), the equation is
    solved in one of three forms by region; the steps are Halley's, kept inside a bracket.

    References
    ----------
    Jäckel (2015), Wilmott 2015(75):40, sections 3 and 4, doi 10.1002/wilm.10395.

    Examples
    --------
    >>> vol, fault = implied_vol([0.119235, 1.2], 2000.0, 2000.0, 0.25, True, inverse=True)
    >>> vol.round(4), [VolFault(code).name for code in fault]
    (array([0.6, nan]), ['SOLVED', 'ABOVE_BOUND'])
    """
    columns, sign = _columns(is_call, price=price, forward=forward, strike=strike, expiry_years=expiry_years)
    vol, fault = np.empty(sign.size), np.empty(sign.size, dtype=np.int64)
    kernels.implied_vol_rows(*columns.values(), sign, inverse, vol, fault)
    return frozen(vol), frozen(fault)


def _columns(
    is_call: ArrayLike, **inputs: ArrayLike
) -> tuple[dict[str, Float64[np.ndarray, " n_option"]], Float64[np.ndarray, " n_option"]]:
    """Bring inputs to one shape, as fresh contiguous columns (so that one kernel serves all callers), and signs."""
    flags = np.atleast_1d(np.asarray(is_call))
    if flags.dtype != np.bool_:
        raise InputError(f"is_call is {is_call!r}", "give True for calls and False for puts")
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=np.float64)) for name, values in inputs.items()}
    lengths = {name: array.shape for name, array in arrays.items()} | {"is_call": flags.shape}
    try:
        shape = np.broadcast_shapes(*lengths.values())
    except ValueError:
        shape = ()
    if len(shape) != 1:
        raise InputError(f"shapes {lengths} do not fit together", "give scalars, or vectors of one length")
    columns = {name: np.array(np.broadcast_to(array, shape), order="C") for name, array in arrays.items()}
    return columns, np.array(np.where(np.broadcast_to(flags, shape), 1.0, -1.0), order="C")
