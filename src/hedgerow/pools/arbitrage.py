"""How often arbitrage pays in a pool with a fee, and how much of the loss it takes.

Between blocks the market's price moves and the pool's does not. At a block an arbitrageur trades if the two are
further apart than the fee, and brings the pool back to the edge of that band. In units of the standard deviation of a
move between two blocks everything depends on the half-width of the band alone.
"""

import functools
import math
from typing import Final, Literal, TypeAlias

import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.core.instants import YEAR_NS

Clock: TypeAlias = Literal["poisson", "fixed"]
"""How blocks come: at random with a mean distance, or at equal ones."""

_OVERSHOOT: Final = 0.5825971579390106
"""Mean overshoot of a Gaussian walk over a far barrier, -zeta(1/2)/sqrt(2·pi). [standard deviations of a step]"""

_FAR: Final = 12.0
"""From here on the walk forgets one edge before it meets the other. [standard deviations of a step]"""

_NODES: Final = 96


def log_fee(fee: float) -> float:
    """Return how far the pool's price may lie from the market's, either way, before arbitrage pays.

    Parameters
    ----------
    fee : float
        Fee of a swap, taken from the input. [fraction]

    Returns
    -------
    float
        Half-width of the band in the logarithm of the price. [pure]

    Raises
    ------
    InputError
        If the fee is not between 0 and 1.

    References
    ----------
    Milionis, Moallemi, Roughgarden (2023), Automated Market Making and Arbitrage Profits in the Presence of Fees,
    arXiv 2305.14604: the band of mispricings.
    """
    if not 0.0 <= fee < 1.0:
        raise InputError(f"a fee of {fee}", "give it as a fraction: 0.003 is 0.3 %")
    return -math.log1p(-fee)


def arbitrage_probability(fee: float, vol: float, block_s: float, clock: Clock) -> float:
    """Return the probability that a block holds an arbitrage trade.

    Parameters
    ----------
    fee : float
        Fee of a swap. [fraction]
    vol : float
        Vol of the price of one token in the other. [fraction per root of a year]
    block_s : float
        Mean time between two blocks. [seconds]
    clock : {"poisson", "fixed"}
        How blocks come.

    Returns
    -------
    float
        The probability. [fraction]

    Raises
    ------
    InputError
        If the fee is not a fraction, vol or block time are not positive, or the clock is another.

    Notes
    -----
    With band f and step s the Poisson clock has 1/(1 + sqrt(2)·f/s). On a fixed clock the stationary law of a Gaussian
    walk that is held within the band is solved for; for wide bands it tends to 1/(sqrt(2)·(f/s + 0.5826)).

    References
    ----------
    Milionis, Moallemi, Roughgarden (2023), arXiv 2305.14604, the probability of trade. The constant of the fixed clock:
    Chang, Peres (1997), Annals of Probability 25:787, ladder heights of Gaussian walks.

    Examples
    --------
    >>> day = 0.05 * math.sqrt(365)
    >>> [round(arbitrage_probability(0.0005, day, 12.0, clock), 3) for clock in ("poisson", "fixed")]
    [0.454, 0.495]
    """
    _check_clock(clock)
    band = _band(fee, vol, block_s)
    if clock == "poisson":
        return 1.0 / (1.0 + math.sqrt(2.0) * band)
    return _held_walk(band)[0]


def arbitrageurs_share(fee: float, vol: float, block_s: float, clock: Clock) -> float:
    """Return the share of loss-versus-rebalancing that arbitrageurs keep; the rest comes back as fees they pay.

    Parameters
    ----------
    fee : float
        Fee of a swap. [fraction]
    vol : float
        Vol of the price of one token in the other. [fraction per root of a year]
    block_s : float
        Mean time between two blocks. [seconds]
    clock : {"poisson", "fixed"}
        How blocks come.

    Returns
    -------
    float
        The share, to leading order in the fee and the move between blocks. [fraction]

    Raises
    ------
    InputError
        If the fee is not a fraction, or vol or block time are not positive.

    Notes
    -----
    A trade that moves the pool by u beyond the band earns half of gamma·u². So the share is the mean of u² over the
    variance of a step. On the Poisson clock, where u is exponential, that equals the probability of a trade.

    References
    ----------
    Milionis, Moallemi, Roughgarden (2023), arXiv 2305.14604: arbitrage profits are loss-versus-rebalancing times the
    probability of trade when blocks are fast.

    Examples
    --------
    >>> round(arbitrageurs_share(0.0005, 0.05 * math.sqrt(365), 12.0, "poisson"), 4)
    0.4545
    """
    _check_clock(clock)
    band = _band(fee, vol, block_s)
    if clock == "poisson":
        return 1.0 / (1.0 + math.sqrt(2.0) * band)
    return _held_walk(band)[1]


def step_deviation(vol: float, block_s: float) -> float:
    """Return the standard deviation of the move between two blocks.

    Parameters
    ----------
    vol : float
        Vol of the price of one token in the other. [fraction per root of a year]
    block_s : float
        Mean time between two blocks. [seconds]

    Returns
    -------
    float
        Of the logarithm of the price. [pure]

    Raises
    ------
    InputError
        If one of them is not positive and finite.

    References
    ----------
    Brownian motion: vol times the root of time.
    """
    if not (0.0 < vol < math.inf and 0.0 < block_s < math.inf):
        raise InputError(f"a vol of {vol} and {block_s} seconds between blocks", "both are positive")
    return vol * math.sqrt(block_s * 1e9 / YEAR_NS)


def _check_clock(clock: str) -> None:
    if clock not in ("poisson", "fixed"):
        raise InputError(f"the clock {clock!r}", "blocks come on the poisson or the fixed one")


def _band(fee: float, vol: float, block_s: float) -> float:
    """Half-width of the band in standard deviations of a step."""
    return log_fee(fee) / step_deviation(vol, block_s)


@functools.lru_cache(maxsize=256)
def _held_walk(band: float) -> tuple[float, float]:
    """Probability of leaving the band in one step, and the mean square of the excess, for unit Gaussian steps.

    The stationary law has a density inside and an atom at each edge. It is solved for at Gauss-Legendre nodes, which
    is exact to rounding, as the density is smooth.
    """
    from scipy.special import ndtr  # late: scipy takes longer to import than most calls take

    if band == 0.0:
        return 1.0, 1.0
    if band > _FAR:
        return 1.0 / (math.sqrt(2.0) * (band + _OVERSHOOT)), _OVERSHOOT / (band + _OVERSHOOT)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    nodes, weights = band * nodes, band * weights
    moves = _density(nodes[:, None] - nodes[None, :]) * weights[None, :]
    from_atoms = _density(nodes - band) + _density(nodes + band)
    inside = np.linalg.solve(np.eye(_NODES) - moves, from_atoms) * weights
    at = np.append(nodes, (-band, band))
    mass = np.append(inside, (1.0, 1.0)) / (np.sum(inside) + 2.0)
    leaves, square = 0.0, 0.0
    for gap in (band - at, band + at):
        tail = ndtr(-gap)
        leaves += float(mass @ tail)
        square += float(mass @ ((1.0 + gap * gap) * tail - gap * _density(gap)))
    return leaves, square


def _density(at: np.ndarray) -> np.ndarray:
    """Density of the standard normal law."""
    return np.asarray(np.exp(-0.5 * at * at) / math.sqrt(2.0 * math.pi))
