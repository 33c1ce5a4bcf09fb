"""The positions of a book as margin rules see them: futures with their size, options with their mark and delta."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedgerow.book import CompiledBook, kernels, value_book
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError

_FUTURES = (kernels.LINEAR_FUTURE, kernels.INVERSE_FUTURE)
_OPTIONS = (kernels.LINEAR_OPTION, kernels.INVERSE_OPTION)
_COLLATERAL = (kernels.CASH, kernels.COIN)
_KINDS: Final = np.arange(kernels.RANGE + 1)
_IS_FUTURE, _IS_OPTION, _IS_COLLATERAL = (np.isin(_KINDS, some) for some in (_FUTURES, _OPTIONS, _COLLATERAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Futures:
    """Perpetuals and futures of a book, one entry for each row.

    Parameters
    ----------
    group : ndarray of shape (n,)
        Which position.
    inverse : ndarray of shape (n,)
        Settled in the coin. [bool]
    coins : ndarray of shape (n,)
        Signed size at the mark. [coins]
    mark : ndarray of shape (n,)
        Price of one coin. [USD per coin]
    expiry_ns : ndarray of shape (n,)
        Zero for perpetuals. [UTC epoch ns]
    years : ndarray of shape (n,)
        To expiry, zero for perpetuals. [years]
    """

    group: Int64[np.ndarray, " n"]
    inverse: np.ndarray
    coins: Float64[np.ndarray, " n"]
    mark: Float64[np.ndarray, " n"]
    expiry_ns: Int64[np.ndarray, " n"]
    years: Float64[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a book, one entry for each row.

    Parameters
    ----------
    group : ndarray of shape (n,)
        Which position.
    inverse : ndarray of shape (n,)
        Settled in the coin. [bool]
    quantity : ndarray of shape (n,)
        Signed. [coins]
    is_call : ndarray of shape (n,)
        Calls. [bool]
    strike, forward : ndarray of shape (n,)
        Of each. [USD per coin]
    expiry_ns : ndarray of shape (n,)
        When it settles. [UTC epoch ns]
    years : ndarray of shape (n,)
        To expiry. [years]
    mark : ndarray of shape (n,)
        Worth of an option on one coin. [USD]
    delta : ndarray of shape (n,)
        Of an option on one coin. [coins]
    """

    group: Int64[np.ndarray, " n"]
    inverse: np.ndarray
    quantity: Float64[np.ndarray, " n"]
    is_call: np.ndarray
    strike: Float64[np.ndarray, " n"]
    forward: Float64[np.ndarray, " n"]
    expiry_ns: Int64[np.ndarray, " n"]
    years: Float64[np.ndarray, " n"]
    mark: Float64[np.ndarray, " n"]
    delta: Float64[np.ndarray, " n"]


_NUMBERS, _WHOLE, _FLAGS = np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
_NO_OPTIONS: Final = Options(
    group=_WHOLE,
    inverse=_FLAGS,
    quantity=_NUMBERS,
    is_call=_FLAGS,
    strike=_NUMBERS,
    forward=_NUMBERS,
    expiry_ns=_WHOLE,
    years=_NUMBERS,
    mark=_NUMBERS,
    delta=_NUMBERS,
)


def futures_of(book: CompiledBook) -> Futures:
    """Return the perpetuals and futures of a book.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]

    Returns
    -------
    Futures
        One entry for each row. [as its fields]
    """
    rows = np.flatnonzero(_IS_FUTURE[book.kinds])
    table, inverse = book.table[rows], book.kinds[rows] == kernels.INVERSE_FUTURE
    mark = table[:, kernels.RATIO] * book.spot
    expiries = np.array([expiry or 0 for _, expiry in book.buckets], dtype=np.int64)
    expiry_ns = expiries[book.bucket[rows]] if rows.size else np.zeros(0, dtype=np.int64)
    return Futures(
        group=book.group[rows],
        inverse=inverse,
        coins=np.where(inverse, table[:, kernels.QUANTITY] / mark, table[:, kernels.QUANTITY]),
        mark=mark,
        expiry_ns=expiry_ns,
        years=np.where(expiry_ns > 0, table[:, kernels.EXPIRY], 0.0),
    )


def options_of(book: CompiledBook) -> Options:
    """Return the options of a book with their marks.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]

    Returns
    -------
    Options
        One entry for each row. [as its fields]

    References
    ----------
    Black (1976), eq. 16, for marks and deltas.
    """
    rows = np.flatnonzero(_IS_OPTION[book.kinds])
    if not rows.size:
        return _NO_OPTIONS
    table, quantity = book.table[rows], book.table[rows, kernels.QUANTITY]
    worth, delta = _unit_greeks(book, rows)
    return Options(
        group=book.group[rows],
        inverse=book.kinds[rows] == kernels.INVERSE_OPTION,
        quantity=quantity,
        is_call=table[:, kernels.SIGN] > 0.0,
        strike=table[:, kernels.STRIKE],
        forward=table[:, kernels.RATIO] * book.spot,
        expiry_ns=book.option_expiry_ns[rows],
        years=table[:, kernels.EXPIRY],
        mark=worth,
        delta=delta,
    )


def _unit_greeks(book: CompiledBook, rows: Int64[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray]:
    """Return worth and delta of options on one coin each."""
    table = book.table[rows].copy()
    table[:, kernels.QUANTITY] = 1.0
    alone = replace(
        book,
        kinds=book.kinds[rows],
        table=table,
        group=np.arange(rows.size),
        n_group=int(rows.size),
        bucket=book.bucket[rows],
        option_expiry_ns=book.option_expiry_ns[rows],
    )
    greeks = value_book(alone, numeraire="USD")
    return greeks[0], greeks[1]


def check_kinds(book: CompiledBook, rule: str) -> None:
    """Refuse positions that no margin rule covers.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]
    rule : str
        Name of the rule, for the message.

    Raises
    ------
    InputError
        If the book holds a liquidity position.
    """
    strange = ~(_IS_FUTURE | _IS_OPTION | _IS_COLLATERAL)[book.kinds]
    if np.any(strange):
        label = book.buckets[book.bucket[int(np.flatnonzero(strange)[0])]][0]
        raise InputError(f"{rule} does not cover a position of kind {label!r}", "keep it in an account without margin")


def is_collateral(book: CompiledBook) -> np.ndarray:
    """Tell which rows are coins and cash.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]

    Returns
    -------
    ndarray of shape (n_row,)
        True for collateral. [bool]
    """
    found: np.ndarray = _IS_COLLATERAL[book.kinds]
    return found


def is_option(book: CompiledBook) -> np.ndarray:
    """Tell which rows are options.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]

    Returns
    -------
    ndarray of shape (n_row,)
        True for options. [bool]
    """
    found: np.ndarray = _IS_OPTION[book.kinds]
    return found


def part_of(book: CompiledBook, rows: np.ndarray) -> CompiledBook:
    """Return some rows of a book, with its groups as they are.

    Parameters
    ----------
    book : CompiledBook
        Positions by group. [USD terms]
    rows : ndarray of shape (n_row,)
        Which. [bool]

    Returns
    -------
    CompiledBook
        The part. [USD terms]
    """
    return replace(
        book,
        kinds=book.kinds[rows],
        table=book.table[rows],
        group=book.group[rows],
        bucket=book.bucket[rows],
        option_expiry_ns=book.option_expiry_ns[rows],
    )
