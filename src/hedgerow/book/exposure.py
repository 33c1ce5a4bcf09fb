"""Exposures: sums of row values by position, by bucket and in total."""

from dataclasses import dataclass

import numpy as np

from hedgerow.book.compiled import CompiledBook, Revaluation, value_book
from hedgerow.core.arrays import Float64
from hedgerow.core.ids import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivities:
    """Value and raw Greeks of something, in one numeraire.

    Parameters
    ----------
    value : float
        Worth. [numeraire]
    delta : float
        In USD: dW/dS; in coin: the net transaction delta S·dW/dS. [coin]
    gamma : float
        d²W/dS². [numeraire per USD²]
    vega : float
        Derivative in a parallel shift of all vols. [numeraire per 1.00 vol]
    theta : float
        Derivative in calendar time at fixed forwards and vols. [numeraire per year]
    vanna : float
        Derivative of vega in the spot. [numeraire per USD per 1.00 vol]
    volga : float
        Derivative of vega in the vols. [numeraire per (1.00 vol)²]
    rho : float
        Derivative of options' values in the discount rate of their settlement currency. [numeraire per 1.00 of rate]
    """

    value: float
    delta: float
    gamma: float
    vega: float
    theta: float
    vanna: float = 0.0
    volga: float = 0.0
    rho: float = 0.0

    @classmethod
    def of(cls, column: Float64[np.ndarray, " 8"]) -> "Sensitivities":
        """Pack the eight numbers of a valuation.

        Parameters
        ----------
        column : ndarray of shape (8,)
            In the order of ``value_book``. [as the fields]

        Returns
        -------
        Sensitivities
            The same by name. [as the fields]
        """
        value, delta, gamma, vega, theta, vanna, volga, rho = (float(number) for number in column)
        return cls(value=value, delta=delta, gamma=gamma, vega=vega, theta=theta, vanna=vanna, volga=volga, rho=rho)

    def plus(self, other: "Sensitivities") -> "Sensitivities":
        """Add the sensitivities of something else in the same numeraire.

        Parameters
        ----------
        other : Sensitivities
            In the same numeraire.

        Returns
        -------
        Sensitivities
            The sum. [as the fields]
        """
        return Sensitivities(
            value=self.value + other.value,
            delta=self.delta + other.delta,
            gamma=self.gamma + other.gamma,
            vega=self.vega + other.vega,
            theta=self.theta + other.theta,
            vanna=self.vanna + other.vanna,
            volga=self.volga + other.volga,
            rho=self.rho + other.rho,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The part of an exposure in one kind of instrument and one expiry.

    Parameters
    ----------
    kind : str
        For example ``inverse option``.
    expiry_ns : int or None
        None for what does not expire. [UTC epoch ns]
    sensitivities : Sensitivities
        Its sums. [numeraire]
    """

    kind: str
    expiry_ns: int | None
    sensitivities: Sensitivities


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a book is worth and how it moves.

    Parameters
    ----------
    numeraire : str
        Currency of values.
    base : str
        The coin.
    spot : float
        Index at which it holds. [USD per coin]
    total : Sensitivities
        The whole book. [numeraire]
    gross_delta : float
        Sum of absolute deltas of the positions. [coin]
    buckets : tuple of Bucket
        By kind and expiry.
    """

    numeraire: Currency
    base: Currency
    spot: float
    total: Sensitivities
    gross_delta: float
    buckets: tuple[Bucket, ...]


def exposure_of(book: CompiledBook, *, numeraire: str) -> Exposure:
    """Value a book and sum it up.

    Parameters
    ----------
    book : CompiledBook
        The book.
    numeraire : str
        ``USD`` or the base coin.

    Returns
    -------
    Exposure
        Totals and buckets. [numeraire]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.

    References
    ----------
    As ``value_book``.
    """
    rows = value_book(book, numeraire=numeraire)
    sums = _sums(rows, book.bucket, len(book.buckets))
    buckets = tuple(
        Bucket(kind=kind, expiry_ns=expiry, sensitivities=Sensitivities.of(sums[:, i]))
        for i, (kind, expiry) in enumerate(book.buckets)
    )
    by_position = np.bincount(book.group, weights=rows[1], minlength=book.n_group)
    return Exposure(
        numeraire=Currency(numeraire),
        base=book.base,
        spot=book.spot,
        total=Sensitivities.of(rows.sum(axis=1)),
        gross_delta=float(np.abs(by_position).sum()),
        buckets=buckets,
    )


def sensitivities_by_group(book: CompiledBook, *, numeraire: str) -> Float64[np.ndarray, "8 n_group"]:
    """Value a book and sum it by position, or a set of trades and sum it by instrument.

    Parameters
    ----------
    book : CompiledBook
        The book or the trades.
    numeraire : str
        ``USD`` or the base coin.

    Returns
    -------
    ndarray of shape (8, n_group)
        Value, delta, gamma, vega, theta, vanna, volga, rho. [as ``value_book``]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.

    References
    ----------
    As ``value_book``.
    """
    return _sums(value_book(book, numeraire=numeraire), book.group, book.n_group)


def deltas_by_group(book: CompiledBook, *, numeraire: str) -> Float64[np.ndarray, " n_group"]:
    """Sum a book's deltas by group, and nothing else: for the engine, which asks often.

    Parameters
    ----------
    book : CompiledBook
        The book, its options alive.
    numeraire : str
        ``USD`` or the base coin.

    Returns
    -------
    ndarray of shape (n_group,)
        Deltas at the book's own spot. [coin]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.

    References
    ----------
    As ``value_book``.
    """
    rows = Revaluation(book, numeraire=numeraire).at(book.spot)
    return np.bincount(book.group, weights=rows[1], minlength=book.n_group)


def _sums(rows: Float64[np.ndarray, "8 n_row"], index: np.ndarray, size: int) -> Float64[np.ndarray, "8 n_index"]:
    sums = np.array([np.bincount(index, weights=row, minlength=size) for row in rows], dtype=np.float64)
    return sums.reshape(len(rows), size)
