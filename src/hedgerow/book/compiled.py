"""A book as arrays, and its valuation in one pass."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.book import kernels
from hedgerow.book.marking import Row
from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency
from hedgerow.pricing import workspace
from hedgerow.pricing.greek_kernels import N_GREEKS

_OPTIONS = (kernels.LINEAR_OPTION, kernels.INVERSE_OPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledBook:
    """A book compiled against one market.

    Parameters
    ----------
    base : str
        Ticker of the coin.
    spot : float
        Index at which it was compiled. [USD per coin]
    kinds : ndarray of shape (n_row,)
        Kind code of each row.
    table : ndarray of shape (n_row, 9)
        Numbers of each row; the columns are named in ``book/kernels.py``. [USD terms]
    group : ndarray of shape (n_row,)
        Which position (or hedging instrument) a row belongs to.
    n_group : int
        How many there are.
    bucket : ndarray of shape (n_row,)
        Which bucket of kind and expiry a row belongs to.
    buckets : tuple of (str, int or None)
        Kind and expiry of each bucket. [UTC epoch ns]
    option_expiry_ns : ndarray of shape (n_row,)
        When an option settles; zero for other rows. [UTC epoch ns]
    """

    base: Currency
    spot: float
    kinds: Int64[np.ndarray, " n_row"]
    table: Float64[np.ndarray, "n_row n_column"]
    group: Int64[np.ndarray, " n_row"]
    n_group: int
    bucket: Int64[np.ndarray, " n_row"]
    buckets: tuple[tuple[str, int | None], ...]
    option_expiry_ns: Int64[np.ndarray, " n_row"]

    @property
    def option_expiries_ns(self) -> tuple[int, ...]:
        """Expiries of its options, in order. [UTC epoch ns]"""
        return tuple(int(expiry) for expiry in np.unique(self.option_expiry_ns) if expiry)


def assemble(rows: Sequence[Row], *, base: Currency, spot: float, n_group: int) -> CompiledBook:
    """Lay rows out as arrays.

    Parameters
    ----------
    rows : sequence of Row
        Rows of all positions.
    base : str
        Ticker of the coin.
    spot : float
        Index price. [USD per coin]
    n_group : int
        Number of positions. [count]

    Returns
    -------
    CompiledBook
        The book. [USD terms]
    """
    keys = [(row.label, row.expiry_ns) for row in rows]
    buckets = sorted(set(keys), key=lambda key: (key[1] is not None, key[1] or 0, key[0]))
    place = {key: i for i, key in enumerate(buckets)}
    table = np.array([row[4:] for row in rows], dtype=np.float64).reshape(len(rows), kernels.N_COLUMNS)
    return CompiledBook(
        base=base,
        spot=spot,
        kinds=frozen(np.array([row.kind for row in rows], dtype=np.int64)),
        table=frozen(table),
        group=frozen(np.array([row.group for row in rows], dtype=np.int64)),
        n_group=n_group,
        bucket=frozen(np.array([place[key] for key in keys], dtype=np.int64)),
        buckets=tuple(buckets),
        option_expiry_ns=frozen(
            np.array([row.expiry_ns if row.kind in _OPTIONS else 0 for row in rows], dtype=np.int64)
        ),
    )


class Revaluation:
    """A book that is revalued often: one call prices all rows, in memory that is allocated once.

    Parameters
    ----------
    book : CompiledBook
        The book.
    numeraire : str
        ``USD`` or the base coin; there is no default.

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.

    References
    ----------
    Black (1976), eq. 16; Alexander, Chen, Imeraj (2023), section 2; Adams et al. (2021), eqs. 6.29 and 6.30.
    """

    __slots__ = ("_book", "_columns", "_fault", "_greeks", "_in_coin", "_options", "_out", "_scratch")

    def __init__(self, book: CompiledBook, *, numeraire: str) -> None:
        self._in_coin = check_numeraire(numeraire, book.base)
        self._book = book
        self._options = np.flatnonzero(book.option_expiry_ns)
        count = self._options.size
        self._columns, self._greeks = np.empty((6, count)), np.empty((N_GREEKS, count))
        self._fault, self._scratch = np.empty(count, dtype=np.int64), workspace()
        self._out = np.empty((N_GREEKS, book.kinds.size))

    def at(self, spot: float, *, vol_shift: float = 0.0, years_passed: float = 0.0) -> Float64[np.ndarray, "8 n_row"]:
        """Value every row.

        Parameters
        ----------
        spot : float
            Spot to value at, forwards moving along in proportion. [USD per coin]
        vol_shift : float
            Added to every vol. [fraction per square root of a year]
        years_passed : float
            Time that has passed since the book was compiled. [years]

        Returns
        -------
        ndarray of shape (8, n_row)
            Value, delta, gamma, vega, theta, vanna, volga, rho of each row; the next call overwrites it.
            [numeraire], [coin], [numeraire per USD²], [numeraire per 1.00 vol], [numeraire per year],
            [numeraire per USD per 1.00 vol], [numeraire per (1.00 vol)²], [numeraire per 1.00 of rate]

        Raises
        ------
        InputError
            If the spot is not positive, or the shift leaves an option without vol or time.

        References
        ----------
        Black (1976), eq. 16; Alexander, Chen, Imeraj (2023), section 2; Adams et al. (2021), eqs. 6.29 and 6.30.
        """
        if not (spot > 0.0 and math.isfinite(spot)):
            raise InputError(f"a spot of {spot}", "prices are positive and finite")
        book = self._book
        bad = kernels.value_rows(
            book.kinds,
            book.table,
            self._options,
            float(spot),
            float(vol_shift),
            float(years_passed),
            self._in_coin,
            self._columns,
            self._greeks,
            self._fault,
            self._scratch,
            self._out,
        )
        if bad:
            raise self._refusal(vol_shift, years_passed)
        return self._out

    def _refusal(self, vol_shift: float, years_passed: float) -> InputError:
        if np.any(self._columns[3] <= 0.0):
            return InputError(f"a vol shift of {vol_shift:g} leaves an option without vol", "shift by less")
        if np.any(self._columns[2] <= 0.0):
            return InputError(f"{years_passed:g} years take an option past its expiry", "roll by less")
        return InputError(f"{np.count_nonzero(self._fault)} options cannot be priced", "check strikes, vols and times")


def value_book(
    book: CompiledBook,
    *,
    numeraire: str,
    spot: float | None = None,
    vol_shift: float = 0.0,
    years_passed: float = 0.0,
) -> Float64[np.ndarray, "8 n_row"]:
    """Revalue every row of a book in one pass; ``Revaluation`` does it often without allocating.

    Parameters
    ----------
    book : CompiledBook
        The book.
    numeraire : str
        ``USD`` or the base coin; there is no default.
    spot : float or None
        Spot to value at, forwards moving along in proportion; None for the index. [USD per coin]
    vol_shift : float
        Added to every vol. [fraction per square root of a year]
    years_passed : float
        Time that has passed since the snapshot. [years]

    Returns
    -------
    ndarray of shape (8, n_row)
        Value, delta, gamma, vega, theta, vanna, volga, rho of each row. [numeraire], [coin], [numeraire per USD²],
        [numeraire per 1.00 vol], [numeraire per year], [numeraire per USD per 1.00 vol],
        [numeraire per (1.00 vol)²], [numeraire per 1.00 of rate]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.
    InputError
        If the spot is not positive, or the shift leaves an option without vol or time.

    References
    ----------
    Black (1976), eq. 16; Alexander, Chen, Imeraj (2023), section 2; Adams et al. (2021), eqs. 6.29 and 6.30.
    """
    at = book.spot if spot is None else spot
    return Revaluation(book, numeraire=numeraire).at(at, vol_shift=vol_shift, years_passed=years_passed)


def check_numeraire(numeraire: str, base: str) -> bool:
    """Tell whether a numeraire is the coin.

    Parameters
    ----------
    numeraire : str
        The stated numeraire.
    base : str
        Ticker of the book's coin.

    Returns
    -------
    bool
        True for the coin, False for USD. [bool]

    Raises
    ------
    NumeraireError
        If it is neither.
    """
    if numeraire not in ("USD", base):
        raise NumeraireError(f"the numeraire {numeraire!r}", f"state USD or {base}")
    return numeraire == base
