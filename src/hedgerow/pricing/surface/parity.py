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
        The interval in which the fewest pairs are violated; both NaN without pairs. [quote per coin]
    fitted : float
        Least squares over the pairs that hold there, weighted by their spreads; NaN without pairs. [quote per coin]
    pairs : int
        Strikes at which both a call and a put are quoted on both sides. [count]
    residual : float
        Root mean square of C - P minus what the forward implies, at the mids of the pairs that hold; NaN without pairs.
        [settlement currency per coin of size]
    violated : tuple of float
        Strikes of the pairs that do not hold at this forward: one of their quotes is wrong. [quote per coin]
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
    violated: tuple[float, ...]
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

    The stated price is kept unless another one violates at least two pairs fewer: mids of wide quotes say less than
    it, and one wrong quote shall not move a forward. Otherwise the nearest price that violates the fewest is taken.

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
            violated=(),
            source="stated",
        )
    lows, highs = (_coin_forward(strike, end) if inverse else strike + end for end in (low, high))
    bottom, top = _least_violated(lows, highs, stated)
    forward = float(np.clip(stated, bottom, top))
    holds = (lows <= forward * (1.0 + 1e-12)) & (forward * (1.0 - 1e-12) <= highs)
    mid, k = 0.5 * (low + high)[holds], strike[holds]
    expected = 1.0 - k / forward if inverse else forward - k
    return ImpliedForward(
        expiry_ns=expiry_ns,
        inverse=inverse,
        forward=forward,
        stated=stated,
        low=bottom,
        high=top,
        fitted=_fitted(k, mid, (high - low)[holds], inverse=inverse),
        pairs=int(strike.size),
        residual=float(np.sqrt(np.mean((mid - expected) ** 2))) if k.size else float("nan"),
        violated=tuple(float(one) for one in strike[~holds]),
        source="stated" if forward == stated else "parity",
    )


def _least_violated(
    lows: Float64[np.ndarray, " n_pair"], highs: Float64[np.ndarray, " n_pair"], stated: float
) -> tuple[float, float]:
    """Return the interval in which the fewest pairs are violated, nearest to the stated price, which counts as one."""
    at_stated = (lows <= stated) & (stated <= highs)
    ends = np.concatenate([lows, highs])
    ends = np.unique(ends[(ends > 0.0) & np.isfinite(ends)])
    held = ((lows[:, None] <= ends) & (ends <= highs[:, None])).sum(axis=0)
    if not ends.size or held.max() <= at_stated.sum() + 1:
        mine = at_stated
    else:
        best = ends[held == held.max()]
        nearest = best[np.argmin(np.abs(best - stated))]
        mine = (lows <= nearest) & (nearest <= highs)
    if not mine.any():
        return stated, stated
    return max(float(lows[mine].max()), 0.0), float(highs[mine].min())


def _fitted(
    k: Float64[np.ndarray, " n_pair"],
    mid: Float64[np.ndarray, " n_pair"],
    spread: Float64[np.ndarray, " n_pair"],
    *,
    inverse: bool,
) -> float:
    """Return the least-squares forward; NaN where the pairs hold none."""
    weight = 1.0 / np.maximum(spread, 1e-12) ** 2
    above = float(np.sum(weight * k**2) if inverse else np.sum(weight * (k + mid)))
    below = float(np.sum(weight * k * (1.0 - mid)) if inverse else np.sum(weight))
    return above / below if below > 0.0 and above > 0.0 else float("nan")


def _coin_forward(
    strike: Float64[np.ndarray, " n_pair"], synthetic: Float64[np.ndarray, " n_pair"]
) -> Float64[np.ndarray, " n_pair"]:
    """Return F of C - P = 1 - K/F; infinite where the synthetic is worth a coin or more."""
    left = 1.0 - synthetic
    return np.where(left > 0.0, strike / np.maximum(left, 1e-300), np.inf)
