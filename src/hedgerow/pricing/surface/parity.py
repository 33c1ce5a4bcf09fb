"""The forward that put-call parity implies, per expiry and settlement.

A pair of a call and a put at one strike K states an interval for its synthetic: from call bid - put ask to call ask -
put bid. Linear options pay C - P = F - K, coin-settled ones C - P = 1 - K/F, so each pair states an interval of F.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.core.arrays import Float64


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpliedForward:
    """The forward of one expiry.

    Parameters
    ----------
    expiry_ns : int
        The expiry. [UTC epoch ns]
    inverse : bool
        True for coin-settled options. [bool]
    forward : float
        What the surface uses. [quote per coin]
    stated : float
        What the data state as the underlying: the median of the rows. [quote per coin]
    low, high : float
        The interval in which no pair is violated; low is above high where none exists, both NaN without pairs.
        [quote per coin]
    fitted : float
        Least squares over the pairs, weighted by their spreads; NaN without pairs. [quote per coin]
    pairs : int
        Strikes at which both a call and a put are quoted on both sides. [count]
    residual : float
        Root mean square of C - P minus what the forward implies, at the mids; NaN without pairs.
        [settlement currency per coin of size]
    source : {"stated", "parity"}
        ``stated`` where parity does not contradict the stated price or no pair exists.
    """

    expiry_ns: int
    inverse: bool
    forward: float
    stated: float
    low: float
    high: float
    fitted: float
    pairs: int
    residual: float
    source: Literal["stated", "parity"]


def implied_forward(
    expiry_ns: int,
    strike: Float64[np.ndarray, " n_pair"],
    low: Float64[np.ndarray, " n_pair"],
    high: Float64[np.ndarray, " n_pair"],
    *,
    stated: float,
    inverse: bool,
) -> ImpliedForward:
    """Imply the forward of one expiry from its synthetics.

    The stated price is kept where it violates no pair: mids of wide quotes say less than it. Where it does, the
    nearest price that violates none is taken; where none exists, the weighted least-squares one.

    Parameters
    ----------
    expiry_ns : int
        The expiry. [UTC epoch ns]
    strike : ndarray of shape (n_pair,)
        Strikes with both a call and a put. [quote per coin]
    low, high : ndarray of shape (n_pair,)
        Call bid minus put ask, call ask minus put bid. [settlement currency]
    stated : float
        The underlying price that the data state. [quote per coin]
    inverse : bool
        True for coin-settled options.

    Returns
    -------
    ImpliedForward
        The forward with its interval and residual. [quote per coin]

    References
    ----------
    Stoll (1969), J. Finance 24:801, eq. 2 (put-call parity), doi 10.1111/j.1540-6261.1969.tb01694.x; in coin C - P =
    1 - K/F: Alexander, Chen, Imeraj (2023), section 2, doi 10.1111/mafi.12410.
    """
    if not strike.size:
        nan = float("nan")
        return ImpliedForward(
            expiry_ns=expiry_ns,
            inverse=inverse,
            forward=stated,
            stated=stated,
            low=nan,
            high=nan,
            fitted=nan,
            pairs=0,
            residual=nan,
            source="stated",
        )
    mid, weight = 0.5 * (low + high), 1.0 / np.maximum(high - low, 1e-12) ** 2
    if inverse:
        fitted = float(np.sum(weight * strike**2) / max(np.sum(weight * strike * (1.0 - mid)), 1e-300))
        lows, highs = _coin_forward(strike, low), _coin_forward(strike, high)
    else:
        fitted = float(np.sum(weight * (strike + mid)) / np.sum(weight))
        lows, highs = strike + low, strike + high
    bottom, top = float(lows.max()), float(highs.min())
    forward = float(np.clip(stated, bottom, top)) if bottom <= top else fitted
    expected = 1.0 - strike / forward if inverse else forward - strike
    return ImpliedForward(
        expiry_ns=expiry_ns,
        inverse=inverse,
        forward=forward,
        stated=stated,
        low=bottom,
        high=top,
        fitted=fitted,
        pairs=int(strike.size),
        residual=float(np.sqrt(np.mean((mid - expected) ** 2))),
        source="stated" if forward == stated else "parity",
    )


def _coin_forward(
    strike: Float64[np.ndarray, " n_pair"], synthetic: Float64[np.ndarray, " n_pair"]
) -> Float64[np.ndarray, " n_pair"]:
    """Return F of C - P = 1 - K/F; infinite where the synthetic is worth a coin or more."""
    left = 1.0 - synthetic
    return np.where(left > 0.0, strike / np.maximum(left, 1e-300), np.inf)
