"""Standard margin: a sum over positions, futures by their notional, short options by a formula, long ones nothing.

Deribit, OKX and Derive state the same formulas with other figures; ``OptionMargin`` says them. A rule that does not
cover a position says so: no figure of another coin or settlement stands in.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.book import CompiledBook
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.margin.legs import Futures, Options, check_kinds, futures_of, options_of
from hedgerow.margin.requirement import MarginRow, Requirement
from hedgerow.venue_rules.tables import FutureMargin, OptionMargin

_TOUCHED: Final = tuple(2.0 ** (k / 2.0) for k in range(-20, 5))
"""Where rows touch the margin of a future, over the size at which its rate is twice that of a small one. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardMargin:
    """The sum of what each position needs.

    Parameters
    ----------
    name : str
        For people.
    coin : str
        Of its contracts.
    futures : tuple of FutureMargin
        At most one for each settlement.
    options : tuple of OptionMargin
        At most one for each settlement.

    References
    ----------
    Deribit, "Linear Perpetual" and "Options", standard margin (support.deribit.com); OKX, "Option Margin"
    (okx.com/help/ii-option-margin).
    """

    name: str
    coin: str
    futures: tuple[FutureMargin, ...] = ()
    options: tuple[OptionMargin, ...] = ()

    @property
    def counts_options(self) -> bool:
        """False: what an option is worth is in its margin, and long ones cover nothing. [bool]"""
        return False

    def requirement(self, book: CompiledBook) -> Requirement:
        """As the port says. Its parts are ``futures`` and ``options``."""
        self._check(book)
        futures, options = futures_of(book), options_of(book)
        future_initial, future_maintenance = self.future_margins(futures)
        option_initial, option_maintenance = self.option_margins(options, book.spot)
        parts = (float(future_initial.sum()), float(option_initial.sum()))
        return Requirement(
            initial=sum(parts),
            maintenance=float(future_maintenance.sum() + option_maintenance.sum()),
            parts=(("futures", parts[0]), ("options", parts[1])),
        )

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """As the port says: rows below the margin after trades, which touch it at a grid of sizes of futures.

        The margin of a future grows with the square of its size. Rows are tangents at sizes that double with every
        second one up to four times that at which the rate doubles, in one instrument at a time and in all of them
        together: between two sizes they are below by at most 3 % of the part that grows. Beyond, and for several
        instruments of unlike sizes, they are further below: who plans by rows measures the plan by ``requirement``.

        None of them is above the initial margin.
        """
        self._check(trades)
        start = self.requirement(book).initial
        n = held.size
        futures, options = futures_of(trades), options_of(trades)
        flat, growing, doubled = np.zeros(n), np.zeros(n), np.zeros(n)
        for i, table in enumerate(self._future_tables(futures)):
            size, mark = abs(futures.coins[i]), futures.mark[i]
            place = int(futures.group[i])
            flat[place] = table.initial * size * mark
            growing[place] = table.initial_per_coin * size * size * mark
            doubled[place] = flat[place] / growing[place] if growing[place] else 0.0
        short = np.zeros(n)
        np.add.at(short, options.group, self._short_margins(options, book.spot)[0] * np.abs(options.quantity))
        return tuple(
            MarginRow(
                name=f"{self.name}, {label}",
                start=start - float((growing * at**2).sum()),
                linear=np.zeros(n),
                long=flat + 2.0 * growing * at,
                short=flat + 2.0 * growing * at + short,
            )
            for label, at in _touching(doubled)
        )

    def future_margins(self, futures: Futures) -> tuple[np.ndarray, np.ndarray]:
        """Return initial and maintenance margin of perpetuals and futures.

        Parameters
        ----------
        futures : Futures
            Of one account. [as its fields]

        Returns
        -------
        tuple of two ndarray of shape (n,)
            Of each row. [USD]

        Raises
        ------
        InputError
            If the tables do not cover one of them.

        References
        ----------
        Deribit, "Linear Perpetual", standard margin (support.deribit.com, article 25944738177565).
        """
        tables = self._future_tables(futures)
        size, notional = np.abs(futures.coins), np.abs(futures.coins) * futures.mark
        for table, coins in zip(tables, size, strict=True):
            if table.largest is not None and coins > table.largest:
                raise self._uncovered(f"{coins:g} {self.coin} of a future", f"up to {table.largest:g}")
        margins = [
            np.array([getattr(table, kind) for table in tables])
            + np.array([getattr(table, f"{kind}_per_coin") for table in tables]) * size
            for kind in ("initial", "maintenance")
        ]
        return margins[0] * notional, margins[1] * notional

    def option_margins(self, options: Options, spot: float) -> tuple[np.ndarray, np.ndarray]:
        """Return initial and maintenance margin of options.

        Parameters
        ----------
        options : Options
            Of one account. [as its fields]
        spot : float
            Index. [USD per coin]

        Returns
        -------
        tuple of two ndarray of shape (n,)
            Of each row; nothing for long ones. [USD]

        Raises
        ------
        InputError
            If the tables do not cover one of them.

        References
        ----------
        Deribit, "Options", standard margin (deribit.com/kb/options); OKX, "Option Margin".
        """
        initial, maintenance = self._short_margins(options, spot)
        sold = np.maximum(-options.quantity, 0.0)
        for table in self.options:
            total = float(sold[options.inverse == (table.settlement == "inverse")].sum())
            if table.largest is not None and total > table.largest * (1.0 + 1e-12):
                raise self._uncovered(f"{total:g} {self.coin} of sold options", f"up to {table.largest:g}")
        return initial * sold, maintenance * sold

    def _short_margins(self, options: Options, spot: float) -> tuple[np.ndarray, np.ndarray]:
        """Return initial and maintenance margin of a short option on one coin each."""
        initial, maintenance = np.zeros(options.mark.size), np.zeros(options.mark.size)
        for i, table in enumerate(self._option_tables(options)):
            initial[i], maintenance[i] = short_option(
                table,
                spot=spot,
                forward=float(options.forward[i]),
                strike=float(options.strike[i]),
                mark=float(options.mark[i]),
                is_call=bool(options.is_call[i]),
            )
        return initial, maintenance

    def _future_tables(self, futures: Futures) -> list[FutureMargin]:
        found = {table.settlement == "inverse": table for table in self.futures}
        for inverse in set(futures.inverse.tolist()) - set(found):
            raise self._uncovered(f"{'inverse' if inverse else 'linear'} futures on {self.coin}", "others")
        return [found[inverse] for inverse in futures.inverse.tolist()]

    def _option_tables(self, options: Options) -> list[OptionMargin]:
        found = {table.settlement == "inverse": table for table in self.options}
        for inverse in set(options.inverse.tolist()) - set(found):
            raise self._uncovered(f"{'inverse' if inverse else 'linear'} options on {self.coin}", "others")
        return [found[inverse] for inverse in options.inverse.tolist()]

    def _check(self, book: CompiledBook) -> None:
        check_kinds(book, self.name)
        if book.base != self.coin:
            raise InputError(f"{self.name} is of {self.coin}, the book of {book.base}", "take the rule of that coin")

    def _uncovered(self, what: str, known: str) -> InputError:
        return InputError(
            f"the table of {self.name} does not cover {what}, only {known}",
            "take another rule, or keep the position elsewhere",
        )


def short_option(
    table: OptionMargin, *, spot: float, forward: float, strike: float, mark: float, is_call: bool
) -> tuple[float, float]:
    """Return initial and maintenance margin of one short option on one coin.

    Parameters
    ----------
    table : OptionMargin
        The venue's figures.
    spot, forward, strike : float
        Index, forward of its expiry, exercise price. [USD per coin]
    mark : float
        What it is worth. [USD]
    is_call : bool
        A call, or a put.

    Returns
    -------
    tuple of (float, float)
        Initial and maintenance. [USD]

    References
    ----------
    Deribit, "Options", standard margin; OKX, "Option Margin" (okx.com/help/ii-option-margin); Derive, v2-core,
    StandardManager, isolated margin.
    """
    reference = forward if table.reference == "forward" else spot
    away = max(strike - reference, 0.0) if is_call else max(reference - strike, 0.0)
    initial = max(table.start - away / reference, table.least) * table.factor * spot + mark
    if is_call:
        return initial, table.call * table.factor * spot + mark
    maintenance = max(table.put * spot, table.put_mark * mark) * table.factor + mark
    return max(initial, table.put_over_maintenance * maintenance), maintenance


def _touching(doubled: Float64[np.ndarray, " n_instrument"]) -> list[tuple[str, np.ndarray]]:
    """Return where rows touch the margin: a name, and a size of each instrument. [contracts]

    Given is the size of each at which its rate has doubled, zero for a rate that does not grow.
    """
    found = [("small sizes", np.zeros(doubled.size))]
    growing = np.flatnonzero(doubled).tolist()
    for share in _TOUCHED if growing else ():
        sizes = doubled * share
        found.append((f"{share:.3g} of the size at which the rate doubles", sizes))
        if len(growing) > 1:
            own = np.arange(doubled.size)
            found += [(f"that of instrument {i} alone", np.where(own == i, sizes, 0.0)) for i in growing]
    return found
