"""The deltas of a book under every named convention: how much the answer depends on what vols do."""

from collections.abc import Sequence

import numpy as np

from hedgerow.book import kernels
from hedgerow.book.compiled import CompiledBook, value_book
from hedgerow.core.arrays import Float64
from hedgerow.pricing import DeltaConvention, VolDynamics, black76, vol_response


def deltas_by_convention(
    book: CompiledBook,
    conventions: Sequence[DeltaConvention],
    *,
    numeraire: str,
    dynamics: VolDynamics | None = None,
) -> dict[DeltaConvention, Float64[np.ndarray, " n_group"]]:
    """Sum the deltas of a book by position, once per convention.

    All forwards move with the spot in proportion, so an option adds vega times d sigma_K/d ln F to the delta in coin,
    and that over the spot in USD.

    Parameters
    ----------
    book : CompiledBook
        The book or the trades.
    conventions : sequence of DeltaConvention
        Which ones.
    numeraire : str
        ``USD`` or the base coin.
    dynamics : VolDynamics or None
        Holds what the conventions read; sticky strike needs none.

    Returns
    -------
    dict of DeltaConvention to ndarray of shape (n_group,)
        Deltas. [coin]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.
    InputError
        If what a convention needs is not given.

    References
    ----------
    As ``vol_response``.
    """
    rows = value_book(book, numeraire=numeraire)
    options = np.flatnonzero(book.option_expiry_ns)
    table = book.table[options]
    forward, strike, years = table[:, kernels.RATIO] * book.spot, table[:, kernels.STRIKE], table[:, kernels.EXPIRY]
    call_delta = black76(forward, strike, years, table[:, kernels.VOL], True, inverse=False).delta
    per_response = rows[3, options] / (1.0 if numeraire == book.base else book.spot)
    found = {}
    for convention in conventions:
        response = vol_response(convention, np.log(strike / forward), years, dynamics=dynamics, call_delta=call_delta)
        delta = rows[1].copy()
        delta[options] += per_response * response
        sums = np.bincount(book.group, weights=delta, minlength=book.n_group)
        found[convention] = sums.astype(np.float64)  # of no rows bincount makes integers
    return found
