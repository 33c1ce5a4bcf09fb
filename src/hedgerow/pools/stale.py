"""How far a position can be from where it is valued, because the pool's price is stale within its fee.

Until a trade pays more than its fee, nobody brings a pool to the market's price. So what a burn pays is not known to be
the amounts at the market's price, only to be those at some price within the fee of it.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.pools.arbitrage import log_fee, step_deviation
from hedgerow.pools.curve import Curve
from hedgerow.pools.position_curve import ShareCurve
from hedgerow.pools.weighted_curve import WeightedCurve

_MOST_TOKENS: Final = 10
_NODES: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleBound:
    """Between what the tokens of a position lie while the pool's price is within its fee of the market's.

    Parameters
    ----------
    lowest, highest : ndarray of shape (n_token,)
        Fewest and most tokens that a burn can pay. [tokens]
    delta_error : ndarray of shape (n_token,)
        Largest distance from the amounts at the market's prices. [tokens]
    value_error : float
        Most by which what a burn pays is worth more than after arbitrage; never less. [numeraire]
    attained : bool
        True if these are bounds, and reached ones: of two tokens, and of weighted pools. On other curves the extremes
        need not lie at the prices that were tried, and the numbers hold to first order in the fee.
    """

    lowest: Float64[np.ndarray, " n_token"]
    highest: Float64[np.ndarray, " n_token"]
    delta_error: Float64[np.ndarray, " n_token"]
    value_error: float
    attained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedStaleness:
    """What a stale price does on average, just before a block.

    Parameters
    ----------
    mispricing : float
        Root mean square of ln(pool price / market price). [pure]
    delta_error : ndarray of shape (n_token,)
        Root mean square distance of the amounts from those at the market's prices. [tokens]
    value_error : float
        Mean of what a burn pays beyond the value after arbitrage. [numeraire]
    """

    mispricing: float
    delta_error: Float64[np.ndarray, " n_token"]
    value_error: float


def stale_bound(curve: Curve, prices: Float64[np.ndarray, " n_token"], fee: float) -> StaleBound:
    """Bound the error of a position's tokens and value from the pool's stale price.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    prices : ndarray of shape (n_token,)
        The market's prices. [numeraire per token]
    fee : float
        Fee of a swap. [fraction]

    Returns
    -------
    StaleBound
        Fewest and most tokens, errors of delta and value. [as its fields]

    Raises
    ------
    InputError
        If the fee is not a fraction, or the pool has more than ten tokens.

    Notes
    -----
    No arbitrage leaves every ratio of two prices within the factor 1 - fee of the market's, either way. The corners of
    that region are the prices in which some tokens are dearer by the fee and the others are not. With two tokens, and
    wherever the amount of a token falls in its own price and rises in the others (weighted pools), the extremes lie at
    corners, so the bounds are attained and no bound is tighter. On other curves they hold to first order in the fee.
    The bound is of a pool after arbitrage: between two blocks the market's price moves on, see ``expected_staleness``.

    References
    ----------
    Milionis, Moallemi, Roughgarden (2023), arXiv 2305.14604: the band in which no arbitrage trade is made.
    """
    n_token = curve.n_token
    if n_token > _MOST_TOKENS:
        raise InputError(f"{n_token} tokens", f"corners are tried one by one, for up to {_MOST_TOKENS} tokens")
    corners = np.array(list(itertools.product((0.0, log_fee(fee)), repeat=n_token)))
    # The first row is no move at all: the market's own prices.
    amounts = curve.at(prices * np.exp(corners)).amounts
    here = amounts[0]
    return StaleBound(
        lowest=frozen(np.min(amounts, axis=0)),
        highest=frozen(np.max(amounts, axis=0)),
        delta_error=frozen(np.max(np.abs(amounts - here), axis=0)),
        value_error=max(float(np.max((amounts - here) @ prices)), 0.0),
        attained=n_token == 2 or _is_weighted(curve),
    )


def _is_weighted(curve: Curve) -> bool:
    """True for a weighted pool, or a share of one."""
    return isinstance(curve.whole if isinstance(curve, ShareCurve) else curve, WeightedCurve)


def expected_staleness(
    curve: Curve, prices: Float64[np.ndarray, " n_token"], fee: float, *, vol: float, block_s: float
) -> ExpectedStaleness:
    """Return what a stale price does on average to a position of two tokens.

    Parameters
    ----------
    curve : Curve
        The position's curve, of two tokens.
    prices : ndarray of shape (n_token,)
        The market's prices. [numeraire per token]
    fee : float
        Fee of a swap. [fraction]
    vol : float
        Vol of the price of one token in the other. [fraction per root of a year]
    block_s : float
        Mean time between two blocks. [seconds]

    Returns
    -------
    ExpectedStaleness
        Root mean squares and means. [as its fields]

    Raises
    ------
    InputError
        If the curve has not two tokens, the fee is not a fraction, or vol or block time are not positive.

    Notes
    -----
    With blocks at random times the mispricing seen at any instant is uniform within the fee, with exponential tails
    beyond it: each tail has the mean sqrt(1/2) standard deviations of a move between two blocks.

    References
    ----------
    Milionis, Moallemi, Roughgarden (2023), arXiv 2305.14604: the stationary law of mispricings.
    """
    if curve.n_token != 2:
        raise InputError(f"a curve of {curve.n_token} tokens", "the law of the mispricing is known for two")
    gaps, weights = _mispricings(log_fee(fee), step_deviation(vol, block_s))
    at = np.tile(prices, (gaps.size + 1, 1))
    at[1:, 0] *= np.exp(gaps)
    amounts = curve.at(at).amounts
    apart = amounts[1:] - amounts[0]
    return ExpectedStaleness(
        mispricing=math.sqrt(float(weights @ gaps**2)),
        delta_error=frozen(np.sqrt(weights @ apart**2)),
        value_error=float(weights @ (apart @ prices)),
    )


def _mispricings(band: float, step: float) -> tuple[Float64[np.ndarray, " n_node"], Float64[np.ndarray, " n_node"]]:
    """Nodes and probabilities of the stationary law: flat within the band, exponential beyond."""
    tail = step / math.sqrt(2.0)
    beyond = tail / (tail + band)
    flat, flat_weights = np.polynomial.legendre.leggauss(_NODES)
    far, far_weights = np.polynomial.laguerre.laggauss(_NODES)
    # Each half of the band by itself: amounts have a kink where a range begins at the market's price.
    halves = 0.5 * band * (flat + 1.0)
    outside = band + tail * far
    gaps = np.concatenate((-outside, -halves, halves, outside))
    inner, outer = 0.25 * (1.0 - beyond) * flat_weights, 0.5 * beyond * far_weights
    return gaps, np.concatenate((outer, inner, inner, outer))
