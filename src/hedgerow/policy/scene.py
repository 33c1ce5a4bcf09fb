"""What a no-trade band is drawn from, and the band: numbers for one decision, arrays for many paths at one date.

The arithmetic of a policy is written once, in operators that numbers and arrays share, so that a path decided alone
and in a batch trades the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Number: TypeAlias = Any
"""A float, or an array of shape (n_path,): what both support, a policy may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One instant, as far as a band depends on it.

    Parameters
    ----------
    now_ns : int
        The time, one for all paths. [UTC epoch ns; in a study, ns since its start]
    step_years : float
        Time to the next decision; zero where it is not known. [years]
    spot : float or ndarray of shape (n_path,)
        Price of what is held as a hedge. [quote per base]
    ideal : float or ndarray of shape (n_path,)
        The holding that leaves exactly the wanted delta. [base]
    gamma : float or ndarray of shape (n_path,)
        Gamma of what is hedged, long > 0: the derivative of ``ideal`` in the price is minus this. [base per quote]
    held : float or ndarray of shape (n_path,)
        What is held as a hedge now. [base]
    last_spot : float or ndarray of shape (n_path,)
        Price at the last trade; NaN before the first. [quote per base]
    vol : float
        Mean vol of the options that are hedged, weighted by their gamma at the money. [fraction per root of a year]
    years : float
        Time to expiry, weighted alike; infinite where nothing expires. [years]
    losses : float or ndarray of shape (n_path,)
        Losses so far, trading costs included, of hedge and book with the book at its model value; NaN where nobody
        keeps them. [quote]
    ideal_at : callable
        ``ideal_at(factor)`` is ``ideal`` if every vol were ``factor`` times as large. [base]
    outright : float
        What is held besides the hedge of what has a delta and no gamma, less the wanted delta: coins, P&L in coins;
        zero in a study on simulated paths. [base]
    """

    now_ns: int
    step_years: float
    spot: Number
    ideal: Number
    gamma: Number
    held: Number
    last_spot: Number
    vol: Number
    years: float
    losses: Number
    ideal_at: Callable[[Number], Number]
    outright: float = 0.0


class Band(NamedTuple):
    """Where to leave a holding alone, and where to go from outside.

    Parameters
    ----------
    lower, upper : float or ndarray of shape (n_path,)
        A holding between them is left alone. [base]
    buy_to, sell_to : float or ndarray of shape (n_path,)
        Where one below ``lower`` goes, and one above ``upper``. [base]
    """

    lower: Number
    upper: Number
    buy_to: Number
    sell_to: Number


ALWAYS_WAIT = Band(-np.inf, np.inf, np.nan, np.nan)
"""The band of who does not trade now."""


def edges(lower: Number, upper: Number) -> Band:
    """Return the band of who trades to the nearer edge, as proportional costs want it.

    Parameters
    ----------
    lower, upper : float or ndarray of shape (n_path,)
        The edges. [base]

    Returns
    -------
    Band
        With the edges as goals. [base]

    References
    ----------
    Davis, Panas, Zariphopoulou (1993), SIAM J. Control and Optimization 31:470, doi 10.1137/0331022, section 3.
    """
    return Band(lower, upper, lower, upper)


def centred(goal: Number, half: Number) -> Band:
    """Return the band of who trades all the way back, as fixed costs want it.

    Parameters
    ----------
    goal : float or ndarray of shape (n_path,)
        Where every trade ends. [base]
    half : float or ndarray of shape (n_path,)
        Half-width of the band. [base]

    Returns
    -------
    Band
        Around the goal. [base]

    References
    ----------
    Altarovici, Muhle-Karbe, Soner (2015), Finance and Stochastics 19:363, doi 10.1007/s00780-015-0261-3, section 3.
    """
    return Band(goal - half, goal + half, goal, goal)


def goal_of(band: Band, held: Number) -> Number:
    """Return where a holding goes: nowhere from inside, to the goal of its side from outside.

    Parameters
    ----------
    band : Band
        The band. [base]
    held : float or ndarray of shape (n_path,)
        The holding. [base]

    Returns
    -------
    float or ndarray of shape (n_path,)
        The holding after the trade. [base]

    References
    ----------
    Davis, Panas, Zariphopoulou (1993), SIAM J. Control and Optimization 31:470, doi 10.1137/0331022, section 3.
    """
    if isinstance(held, np.ndarray):
        return np.where(held < band.lower, band.buy_to, np.where(held > band.upper, band.sell_to, held))
    return band.buy_to if held < band.lower else band.sell_to if held > band.upper else held
