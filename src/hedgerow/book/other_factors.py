"""Factors beside spot and vols: the skew, the basis of dated contracts, and the funding of perpetuals.

Each is one Gaussian move, uncorrelated with all others. What a book earns per unit of skew or basis is the slope of its
full revaluation; unexpected funding is paid on the notional for as long as the horizon lasts.
"""

import math
from typing import Final

import numpy as np

from hedgerow.book import kernels
from hedgerow.book.compiled import CompiledBook, check_numeraire
from hedgerow.book.factors import RiskSettings
from hedgerow.book.scenarios import make_scenarios, scenario_pnl_by_group
from hedgerow.core.arrays import Float64
from hedgerow.core.instants import DAYS_PER_YEAR

_STEP: Final = 1e-4
"""Moves of skew and basis from which slopes are taken. [vol, per year]"""


def other_moves(settings: RiskSettings) -> dict[str, float]:
    """Return how far the stated factors move over the horizon.

    Parameters
    ----------
    settings : RiskSettings
        The risk model; a factor whose vol is zero is left out.

    Returns
    -------
    dict of str to float
        Standard deviations of ``skew``, ``basis`` and ``funding``. [vol per unit of ln(K/F)/sqrt(T)], [per year]

    References
    ----------
    Glasserman (2003), section 9.2, doi 10.1007/978-0-387-21617-1.
    """
    root = math.sqrt(settings.horizon_hours / (24.0 * DAYS_PER_YEAR))
    stated = {
        "skew": settings.skew_vol * root,
        "basis": settings.basis_vol * root,
        # A rate, not a path: what funding turns out to be over the horizon, less what was expected.
        "funding": settings.funding_vol,
    }
    return {name: move for name, move in stated.items() if move > 0.0}


def other_loadings(
    book: CompiledBook, settings: RiskSettings, *, numeraire: str
) -> Float64[np.ndarray, "n_factor n_group"]:
    """Return the P&L of each position per unit of each stated factor, in the order of ``other_moves``.

    Parameters
    ----------
    book : CompiledBook
        The book or the trades.
    settings : RiskSettings
        The risk model.
    numeraire : str
        ``USD`` or the base coin.

    Returns
    -------
    ndarray of shape (n_factor, n_group)
        Loadings. [numeraire per unit of factor]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.

    References
    ----------
    Glasserman (2003), section 9.2; Ackerer, Hugonnier, Jermann (2023), "Perpetual Futures Pricing", eq. 1, for funding.
    """
    in_coin = check_numeraire(numeraire, book.base)
    found = []
    for name in other_moves(settings):
        if name == "funding":
            years = settings.horizon_hours / (24.0 * DAYS_PER_YEAR)
            found.append(-years * _notional_of_perpetuals(book) / (book.spot if in_coin else 1.0))
            continue
        both = {name: [_STEP, -_STEP]}
        moved = make_scenarios(spot=1.0, vol_term_exponent=settings.vol_term_exponent, **both)
        up, down = scenario_pnl_by_group(book, moved, numeraire=numeraire)
        found.append((up - down) / (2.0 * _STEP))
    return np.array(found).reshape(len(found), book.n_group)


def _notional_of_perpetuals(book: CompiledBook) -> Float64[np.ndarray, " n_group"]:
    """Return the signed notional of the perpetuals in each group. [USD]"""
    futures = np.isin(book.kinds, (kernels.LINEAR_FUTURE, kernels.INVERSE_FUTURE))
    endless = np.array([expiry is None for _, expiry in book.buckets], dtype=np.bool_)
    mine = np.flatnonzero(futures & endless[book.bucket]) if book.kinds.size else np.zeros(0, dtype=np.int64)
    size = book.table[mine, kernels.QUANTITY]
    linear = book.kinds[mine] == kernels.LINEAR_FUTURE
    notional = np.where(linear, size * book.table[mine, kernels.RATIO] * book.spot, size)
    return np.bincount(book.group[mine], weights=notional, minlength=book.n_group).astype(np.float64)
