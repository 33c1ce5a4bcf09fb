"""Black-76 on arrays: price and Greeks, and implied vol, for linear and inverse options.

Greeks are derivatives in the forward at fixed vol. A linear option is priced in the quote currency, an inverse one
in coin: V = U/F. Both are discounted at a rate of the settlement currency, zero unless given.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pricing import greek_kernels, vol_kernels
from hedgerow.pricing.columns import OptionColumns, check_column, check_inverse, read_columns, workspace


class PriceFault(IntEnum):
    """Why an option has no price."""

    PRICED = greek_kernels.GOOD
    NOT_FINITE = greek_kernels.NOT_FINITE
    BAD_FORWARD = greek_kernels.BAD_FORWARD
    BAD_STRIKE = greek_kernels.BAD_STRIKE
    EXPIRED = greek_kernels.EXPIRED
    BAD_VOL = greek_kernels.BAD_VOL
    BAD_RATE = greek_kernels.BAD_RATE
    OUT_OF_RANGE = greek_kernels.OUT_OF_RANGE


class VolFault(IntEnum):
    """Why a price implies no vol."""

    SOLVED = greek_kernels.GOOD
    NOT_FINITE = greek_kernels.NOT_FINITE
    BAD_FORWARD = greek_kernels.BAD_FORWARD
    BAD_STRIKE = greek_kernels.BAD_STRIKE
    EXPIRED = greek_kernels.EXPIRED
    BAD_RATE = greek_kernels.BAD_RATE
    OUT_OF_RANGE = greek_kernels.OUT_OF_RANGE
    NO_TIME_VALUE = vol_kernels.NO_TIME_VALUE
    ABOVE_BOUND = vol_kernels.ABOVE_BOUND
    NOT_CONVERGED = vol_kernels.NOT_CONVERGED


_RULES = {
    "NOT_FINITE": "every input must be a finite number",
    "BAD_FORWARD": "forward must be positive",
    "BAD_STRIKE": "strike must be positive",
    "EXPIRED": "expiry_years must be positive",
    "BAD_VOL": "vol must be positive",
    "BAD_RATE": "rate times expiry_years must lie within -100 and 100",
    "OUT_OF_RANGE": "prices must lie within 1e-100 and 1e100, expiry_years and vol within 1e-50 and 1e50",
    "NO_TIME_VALUE": "the price must exceed the discounted intrinsic value",
    "ABOVE_BOUND": "the price must be below its bound: calls F, puts K, in coin 1 and K/F, discounted",
    "NOT_CONVERGED": "the search for the vol did not converge",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeks:
    """Price and Greeks of options, in their settlement currency; NaN in rows that have a fault.

    Parameters
    ----------
    price : ndarray of shape (n_option,)
        Value of one unit. [quote if linear, coin if inverse]
    delta : ndarray of shape (n_option,)
        Linear: dU/dF. Inverse: net transaction delta F·dV/dF = delta_BS - V. [coin]
    gamma : ndarray of shape (n_option,)
        Second derivative of the price in the forward. [price per quote²]
    vega : ndarray of shape (n_option,)
        Derivative in vol. [price per 1.00 vol]
    theta : ndarray of shape (n_option,)
        Derivative in calendar time at fixed forward. [price per year]
    vanna : ndarray of shape (n_option,)
        Derivative of vega in the forward. [price per 1.00 vol per quote]
    volga : ndarray of shape (n_option,)
        Second derivative in vol. [price per 1.00 vol²]
    rho : ndarray of shape (n_option,)
        Derivative in the discount rate at fixed forward. [price per 1.00 rate]
    fault : ndarray of shape (n_option,)
        A ``PriceFault`` per row: 0 where priced. [code]
    """

    price: Float64[np.ndarray, " n_option"]
    delta: Float64[np.ndarray, " n_option"]
    gamma: Float64[np.ndarray, " n_option"]
    vega: Float64[np.ndarray, " n_option"]
    theta: Float64[np.ndarray, " n_option"]
    vanna: Float64[np.ndarray, " n_option"]
    volga: Float64[np.ndarray, " n_option"]
    rho: Float64[np.ndarray, " n_option"]
    fault: Int64[np.ndarray, " n_option"]


def greeks_into(
    options: OptionColumns,
    out: Float64[np.ndarray, "8 n_option"],
    fault: Int64[np.ndarray, " n_option"],
    workspace: Float64[np.ndarray, " n_scratch"],
    *,
    inverse: bool,
) -> None:
    """Price options and their Greeks into arrays that the caller owns, without allocating.

    Parameters
    ----------
    options : OptionColumns
        The options. [as in ``black76``]
    out : ndarray of shape (8, n_option)
        Receives price, delta, gamma, vega, theta, vanna, volga, rho. [settlement currency]
    fault : ndarray of shape (n_option,)
        Receives a ``PriceFault`` per row. [code]
    workspace : ndarray of shape (n_scratch,)
        What ``workspace()`` returned. [none]
    inverse : bool
        True for coin-settled options.

    References
    ----------
    As in ``black76``.
    """
    o = options
    columns = (o.forward, o.strike, o.expiry_years, o.vol, o.sign, o.rate)
    check_column("out", out, (greek_kernels.N_GREEKS, o.sign.size), np.float64)
    check_column("fault", fault, o.sign.shape, np.int64)
    _check_room(workspace, greek_kernels.GREEK_SCRATCH, inverse)
    greek_kernels.greeks_rows(*columns, inverse, out, fault, workspace)


def implied_vol_into(
    price: Float64[np.ndarray, " n_option"],
    options: OptionColumns,
    vol: Float64[np.ndarray, " n_option"],
    fault: Int64[np.ndarray, " n_option"],
    workspace: Float64[np.ndarray, " n_scratch"],
    *,
    inverse: bool,
) -> None:
    """Find implied vols into arrays that the caller owns, without allocating.

    Parameters
    ----------
    price : ndarray of shape (n_option,)
        Prices. [quote if linear, coin if inverse]
    options : OptionColumns
        The options; their vol is not read, so it may be the output. [as in ``black76``]
    vol : ndarray of shape (n_option,)
        Receives implied vols, NaN where there is none. [fraction per square root of a year]
    fault : ndarray of shape (n_option,)
        Receives a ``VolFault`` per row. [code]
    workspace : ndarray of shape (n_scratch,)
        What ``workspace()`` returned. [none]
    inverse : bool
        True for coin-settled options.

    References
    ----------
    As in ``implied_vol``.
    """
    o = options
    columns = (price, o.forward, o.strike, o.expiry_years, o.sign, o.rate)
    check_column("price", price, o.sign.shape, np.float64)
    check_column("vol", vol, o.sign.shape, np.float64)
    check_column("fault", fault, o.sign.shape, np.int64)
    _check_room(workspace, vol_kernels.VOL_SCRATCH, inverse)
    vol_kernels.implied_vol_rows(*columns, inverse, vol, fault, workspace)


def black76(
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    vol: ArrayLike,
    is_call: ArrayLike,
    *,
    inverse: bool,
    rate: ArrayLike = 0.0,
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
    rate : array_like of shape (n_option,)
        Discount rate of the settlement currency, continuously compounded. [fraction per year]

    Returns
    -------
    Greeks
        One entry per option, inputs broadcast together. [settlement currency]

    Raises
    ------
    InputError
        If shapes do not fit, or if all inputs are scalars and the option cannot be priced. In arrays such a row is
        NaN and names its ``PriceFault``.

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
    given = {"forward": forward, "strike": strike, "expiry_years": expiry_years, "vol": vol, "rate": rate}
    columns, sign = read_columns(is_call, given, inverse)
    out, fault = np.empty((8, sign.size)), np.empty(sign.size, dtype=np.int64)
    greeks_into(OptionColumns(sign=sign, **columns), out, fault, workspace(), inverse=inverse)
    if fault.size == 1 and fault[0] != PriceFault.PRICED:
        _refuse_scalars(given, is_call, PriceFault(int(fault[0])))
    price, delta, gamma, vega, theta, vanna, volga, rho = frozen(out)
    first = {"price": price, "delta": delta, "gamma": gamma, "vega": vega}
    return Greeks(**first, theta=theta, vanna=vanna, volga=volga, rho=rho, fault=frozen(fault))


def implied_vol(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    is_call: ArrayLike,
    *,
    inverse: bool,
    rate: ArrayLike = 0.0,
) -> tuple[Float64[np.ndarray, " n_option"], Int64[np.ndarray, " n_option"]]:
    """Find the vol at which Black-76 gives each price.

    Parameters
    ----------
    price : array_like of shape (n_option,)
        Prices. [quote if linear, coin if inverse]
    forward, strike : array_like of shape (n_option,)
        Forward and strike. [quote per coin]
    expiry_years : array_like of shape (n_option,)
        Time to expiry. [years, Act/365]
    is_call : array_like of shape (n_option,)
        True for calls. [bool]
    inverse : bool
        True for coin-settled options.
    rate : array_like of shape (n_option,)
        Discount rate of the settlement currency, continuously compounded. [fraction per year]

    Returns
    -------
    vol : ndarray of shape (n_option,)
        Implied vol, NaN where there is none. [fraction per square root of a year]
    fault : ndarray of shape (n_option,)
        A ``VolFault`` per row: 0 where solved. [code]

    Raises
    ------
    InputError
        If shapes do not fit, or if all inputs are scalars and the price implies no vol. In arrays such a row is NaN
        and names its ``VolFault``.

    Notes
    -----
    A row without a solution never gets a finite vol. The guess inverts Bachelier's formula and corrects the vol to
    Black's; one step of fourth order on the logarithm of the price follows, and a bracketed search where that step
    was not small.

    References
    ----------
    Jäckel (2015), Wilmott 2015(75):40, sections 3 and 4, doi 10.1002/wilm.10395.

    Examples
    --------
    >>> vol, fault = implied_vol([0.119235, 1.2], 2000.0, 2000.0, 0.25, True, inverse=True)
    >>> vol.round(4), [VolFault(code).name for code in fault]
    (array([0.6, nan]), ['SOLVED', 'ABOVE_BOUND'])
    """
    given = {"price": price, "forward": forward, "strike": strike, "expiry_years": expiry_years, "rate": rate}
    columns, sign = read_columns(is_call, given, inverse)
    vol, fault = np.empty(sign.size), np.empty(sign.size, dtype=np.int64)
    prices = columns.pop("price")
    implied_vol_into(prices, OptionColumns(sign=sign, vol=vol, **columns), vol, fault, workspace(), inverse=inverse)
    if fault.size == 1 and fault[0] != VolFault.SOLVED:
        _refuse_scalars(given, is_call, VolFault(int(fault[0])))
    return frozen(vol), frozen(fault)


def _refuse_scalars(given: dict[str, ArrayLike], is_call: ArrayLike, fault: IntEnum) -> None:
    """Raise if every input was a scalar: there is no row to mark then."""
    if all(np.ndim(value) == 0 for value in (*given.values(), is_call)):
        told = ", ".join(f"{name} {float(value):g}" for name, value in given.items())  # type: ignore[arg-type]
        raise InputError(f"{told}: {fault.name}", _RULES[fault.name])


def _check_room(scratch: Any, needed: int, inverse: object) -> None:
    """Raise unless the workspace is one, and the flag a flag: a kernel does not look."""
    check_inverse(inverse)
    if np.size(scratch) < needed:
        raise InputError(f"a workspace of {np.size(scratch)} floats", "take it from workspace()")
    check_column("the workspace", scratch, np.shape(scratch), np.float64)
