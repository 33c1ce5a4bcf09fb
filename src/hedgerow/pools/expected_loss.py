"""Loss-versus-rebalancing over a horizon: what it is on average while prices move on, not only where they stand.

The rate at a point follows gamma, and gamma may be a spike: of a CryptoSwap pool at its price scale, of a narrow range
at the price. A day later the price has left it, so the rate at the point says nothing of the day. What is lost over a
horizon is what a rebalanced copy has gained beyond the position: with driftless prices the fall of the value's mean.
"""

import math
from typing import Any, Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pools.covariance import check_covariance, relative_covariance
from hedgerow.pools.curve import Curve
from hedgerow.pools.quadrature import FURTHEST, WIDEST, integral_from_zero

_ANGLES: Final = 24
_DIRECTIONS: Final = 128
_NOISE: Final = 1e-14


def expected_loss_rate(
    curve: Curve,
    prices: Float64[np.ndarray, " n_token"],
    covariance: Float64[np.ndarray, "n_token n_token"],
    horizon_years: float,
) -> float:
    """Return the mean rate of loss-versus-rebalancing over a horizon.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    prices : ndarray of shape (n_token,)
        Prices of the tokens now, their means at every later time. [numeraire per token]
    covariance : ndarray of shape (n_token, n_token)
        Covariance of the tokens' log-returns in the numeraire. [per year]
    horizon_years : float
        How far ahead; towards zero the rate is that of ``rebalancing_loss_rate``. [years]

    Returns
    -------
    float
        The rate, a loss is positive. [numeraire per year]

    Raises
    ------
    InputError
        If a price is not positive, the matrix is no covariance of these tokens, the horizon is not positive, or a
        log-price deviates by more than 3 over it.

    Notes
    -----
    By Ito's lemma the mean of the integral of -1/2·sum gamma_ij·p_i·p_j·cov_ij over the horizon is V(p) less the mean
    of V at its end. That is the mean of (x(p) - x(p'))·p' over the prices p' at the end, of which no part is negative.
    Counted in token 0 it depends on one price less. The mean is taken along rays from p: both ways for two tokens, in
    24 directions of a plane for three, in 128 of a Sobol sequence beyond; along them by Gauss-Legendre panels, halved
    where two halves differ from the whole.

    References
    ----------
    Milionis, Moallemi, Roughgarden, Zhang (2022), Automated Market Making and Loss-Versus-Rebalancing,
    arXiv 2208.06046, theorem 1; change of numeraire: Geman, El Karoui, Rochet (1995), J. Applied Probability 32:443.

    Examples
    --------
    >>> from hedgerow.pools.losses import pair_covariance
    >>> from hedgerow.pools.weighted_curve import WeightedCurve
    >>> halves = WeightedCurve(reserves=np.array([1.0, 2000.0]), weights=np.array([0.5, 0.5]))
    >>> f"{expected_loss_rate(halves, np.array([2000.0, 1.0]), pair_covariance(0.8), 1 / 365):.3f}"
    '319.965'
    """
    check_covariance(covariance, prices.size)
    if not 0.0 < horizon_years < math.inf:
        raise InputError(f"a horizon of {horizon_years} years", "give a positive time; at zero, rebalancing_loss_rate")
    size, turn = np.linalg.eigh(relative_covariance(covariance) * horizon_years)
    moving = size > 1e-14 * float(np.max(np.abs(covariance), initial=0.0)) * horizon_years
    if not np.any(moving):
        return 0.0
    spread = turn[:, moving] * np.sqrt(size[moving])
    widest = float(np.sqrt(np.max(size)))
    if widest > WIDEST:
        raise InputError(f"a log-price that deviates by {widest:.3g}", f"shorten the horizon: {WIDEST:g} is the most")
    held = curve.at(np.array(prices)[None, :])
    rays = spread @ _rays(spread.shape[1]).T
    down = -0.5 * np.sum(spread**2, axis=1)
    # Rounding of the amounts, as a part of the loss: where a loss is smaller it is none.
    floor = _NOISE * float(held.value[0]) / float(prices[0])

    def lost(radius: Float64[np.ndarray, " n_radius"]) -> Float64[np.ndarray, " n_radius"]:
        return np.asarray(_law(radius, spread.shape[1]) * _lost(curve, prices, held.amounts[0], rays, down, radius))

    total = integral_from_zero(lost, FURTHEST + widest, floor)
    return float(prices[0]) * total / horizon_years


def _lost(curve: Curve, prices: Any, held: Any, rays: Any, down: Any, radius: Any) -> Any:
    """Mean over the rays of what the amounts now are worth beyond the position, in token 0."""
    moved = np.multiply.outer(radius, rays.T) + down
    relative = np.ones((moved.shape[0] * moved.shape[1], prices.size))
    relative[:, 1:] = np.exp(moved.reshape(-1, prices.size - 1)) * (prices[1:] / prices[0])
    beyond = np.sum((held - curve.at(relative).amounts) * relative, axis=1)
    return np.mean(np.maximum(beyond, 0.0).reshape(radius.size, -1), axis=1)


def _rays(n_move: int) -> Float64[np.ndarray, "n_ray n_move"]:
    """Directions of unit length that stand for all."""
    if n_move == 1:
        return np.array([[1.0], [-1.0]])
    if n_move == 2:
        angle = 2.0 * math.pi * (np.arange(_ANGLES) + 0.5) / _ANGLES
        return np.stack((np.cos(angle), np.sin(angle)), axis=1)
    from scipy.special import ndtri  # late: scipy takes longer to import than most calls take
    from scipy.stats import qmc

    even = ndtri(qmc.Sobol(n_move, scramble=True, seed=0).random(_DIRECTIONS))
    both = np.concatenate((even, -even))
    return np.asarray(both / np.linalg.norm(both, axis=1)[:, None])


def _law(radius: Any, n_move: int) -> Any:
    """Density of the length of a standard normal vector: the chi law."""
    norm = (1.0 - 0.5 * n_move) * math.log(2.0) - math.lgamma(0.5 * n_move)
    return np.exp(norm - 0.5 * radius**2) * radius ** (n_move - 1)
