"""How far the market may move before a book's delta can leave a band."""

import math
from dataclasses import dataclass

from hedgerow.book import quiet_kernels
from hedgerow.book.compiled import CompiledBook, check_numeraire
from hedgerow.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietBox:
    """Prices and a time within which a delta certainly stays in its band.

    Parameters
    ----------
    below, above : float
        Strictly between them. [USD per coin]
    years : float
        For so long. [years]
    """

    below: float
    above: float
    years: float


def quiet_box(book: CompiledBook, *, numeraire: str, spot: float, lower: float, upper: float) -> QuietBox:
    """Find how far spot and time may move before delta can leave a band.

    Safe, not always tight: outside of the box delta may still be inside its band.

    Parameters
    ----------
    book : CompiledBook
        Its option rows count their time to expiry from now.
    numeraire : str
        ``USD`` or the base coin: which delta is meant.
    spot : float
        Where the market is. [USD per coin]
    lower, upper : float
        The band. [coin]

    Returns
    -------
    QuietBox
        An empty one, with both prices at spot, if delta may be outside already. [USD per coin], [years]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.
    InputError
        If the spot is not positive or an option has expired.

    References
    ----------
    Moore, Kearfott, Cloud (2009), Introduction to Interval Analysis, theorem 5.1: bounds of a sum of bounded terms.
    """
    in_coin = check_numeraire(numeraire, book.base)
    if not 0.0 < spot < math.inf:
        raise InputError(f"a spot of {spot}", "prices are positive and finite")
    below, above, years = quiet_kernels.quiet_box(book.kinds, book.table, spot, in_coin, lower, upper)
    return QuietBox(below=below, above=above, years=years)
