"""Full revaluation of a book under shocks of spot and of each option's own vol, as portfolio margins ask for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from hedgerow.book import CompiledBook, kernels, make_scenarios, scenario_values_by_group
from hedgerow.core.arrays import Float64
from hedgerow.venue_rules.tables import VolShocks

_LEAST_VOL: Final = 1e-6
"""Stands for no vol, at which an option is worth what it would pay. [vol per square root of a year]"""
_LEAST_DAYS: Final = 1.0 / 86_400.0
"""One second: at its expiry an option has no days left to divide 30 by, and no vol to be shocked. [days]"""
_LANES: Final = 8
_DAYS: Final = 365.0
_MONTH: Final = 30.0


def shocked_vols(
    vols: Float64[np.ndarray, " n"], years: Float64[np.ndarray, " n"], shock: float, terms: VolShocks
) -> Float64[np.ndarray, " n"]:
    """Return vols after a shock that is stated for 30 days.

    Parameters
    ----------
    vols : ndarray of shape (n,)
        Before it. [vol per square root of a year]
    years : ndarray of shape (n,)
        To expiry. [years]
    shock : float
        Up or down, of 30 days. [fraction]
    terms : VolShocks
        How it depends on the expiry.

    Returns
    -------
    ndarray of shape (n,)
        After it, at least next to nothing. [vol per square root of a year]

    References
    ----------
    Paradex, "Portfolio Margin", SCAN risk (docs.paradex.trade/risk/portfolio-margin); Deribit states the same form in
    the parameters of private/pme/simulate. The shock scales the vol; it is not added to it.
    """
    if shock == 0.0:
        return vols
    days = years * _DAYS
    power = np.where(days < _MONTH, terms.short_power, terms.long_power)
    counted = np.maximum(days, max(terms.day_floor, _LEAST_DAYS))
    moved = vols * (1.0 + shock * (_MONTH / counted) ** power)
    return np.maximum(moved, max(terms.least_up, _LEAST_VOL) if shock > 0.0 else _LEAST_VOL)


def shocked_values(
    book: CompiledBook, spots: Sequence[float], vols: Sequence[float], terms: VolShocks
) -> tuple[Float64[np.ndarray, "n_scenario n_group"], Float64[np.ndarray, " n_group"]]:
    """Return what each position is worth in each scenario, and now.

    Scenarios of the same shock of vol are valued in one pass.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]
    spots : sequence of float
        Moves of the spot, one for each scenario. [fraction]
    vols : sequence of float
        Shocks of vol. [fraction]
    terms : VolShocks
        How they depend on the expiry.

    Returns
    -------
    tuple of ndarray of shape (n_scenario, n_group) and ndarray of shape (n_group,)
        Values. [USD]

    References
    ----------
    Black (1976), eq. 16.
    """
    moves, shocks = 1.0 + np.asarray(spots, dtype=np.float64), np.asarray(vols, dtype=np.float64)
    own, years = book.table[:, kernels.VOL], book.table[:, kernels.EXPIRY]
    levels = np.unique(shocks).tolist()
    parts = [
        (make_scenarios(spot=moves[shocks == level], vol_term_exponent=0.0), shocked_vols(own, years, level, terms))
        for level in levels
    ]
    now, *values = scenario_values_by_group(book, [(make_scenarios(spot=[1.0], vol_term_exponent=0.0), None), *parts])
    found = np.empty((moves.size, book.n_group))
    for level, worth in zip(levels, values, strict=True):
        found[shocks == level] = worth
    return found, now[0]


def as_one(book: CompiledBook) -> CompiledBook:
    """Return a book in which rows are summed in a few lanes: quicker to value where positions are not told apart.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]

    Returns
    -------
    CompiledBook
        The same rows in groups without meaning. [USD terms]
    """
    return replace(book, group=np.arange(book.kinds.size, dtype=np.int64) % _LANES, n_group=_LANES)
