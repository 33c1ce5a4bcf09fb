"""The plain rule: a stated fraction of the notional of futures, and short options by a stated table."""

from dataclasses import dataclass

import numpy as np

from hedgerow.book import CompiledBook
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.margin.legs import Options, check_kinds, futures_of, options_of
from hedgerow.margin.requirement import MarginRow, Requirement
from hedgerow.margin.standard import short_option
from hedgerow.venue_rules.tables import OptionMargin


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionMargin:
    """What the user states, for a venue whose tables are not on file.

    Parameters
    ----------
    initial, maintenance : float
        Of the notional of perpetuals and futures. [fraction]
    options : OptionMargin or None
        For short options of either settlement; None where they are not covered.
    name : str
        For people.

    Raises
    ------
    InputError
        If not 0 < maintenance <= initial <= 1.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, section 2: a leverage of 1/initial.
    """

    initial: float
    maintenance: float
    options: OptionMargin | None = None
    name: str = "stated fraction of the notional"

    def __post_init__(self) -> None:
        if not 0.0 < self.maintenance <= self.initial <= 1.0:
            raise InputError(
                f"an initial margin of {self.initial:g} and a maintenance margin of {self.maintenance:g}",
                "give fractions of the notional, the maintenance margin not above the initial one",
            )

    @property
    def counts_options(self) -> bool:
        """False: what an option is worth is in its margin. [bool]"""
        return False

    def requirement(self, book: CompiledBook) -> Requirement:
        """As the port says. Its parts are ``futures`` and ``options``."""
        check_kinds(book, self.name)
        futures, options = futures_of(book), options_of(book)
        notional = float((np.abs(futures.coins) * futures.mark).sum())
        sold = np.maximum(-options.quantity, 0.0)
        margins = self._short_margins(options, book.spot)
        of_options, kept = float((margins[0] * sold).sum()), float((margins[1] * sold).sum())
        return Requirement(
            initial=self.initial * notional + of_options,
            maintenance=self.maintenance * notional + kept,
            parts=(("futures", self.initial * notional), ("options", of_options)),
        )

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """As the port says: the margin after trades as one row, which is exact."""
        check_kinds(trades, self.name)
        futures, options = futures_of(trades), options_of(trades)
        both, short = np.zeros(held.size), np.zeros(held.size)
        np.add.at(both, futures.group, self.initial * np.abs(futures.coins) * futures.mark)
        np.add.at(short, options.group, self._short_margins(options, trades.spot)[0] * np.abs(options.quantity))
        start = self.requirement(book).initial
        return (MarginRow(name=self.name, start=start, linear=np.zeros(held.size), long=both, short=both + short),)

    def _short_margins(self, options: Options, spot: float) -> tuple[np.ndarray, np.ndarray]:
        """Return initial and maintenance margin of a short option on one coin each."""
        if options.mark.size and self.options is None:
            raise InputError(f"{self.name} does not cover options", "take a venue's rule, or give a table for options")
        margins = np.zeros((2, options.mark.size))
        for i in range(options.mark.size):
            assert self.options is not None
            margins[:, i] = short_option(
                self.options,
                spot=spot,
                forward=float(options.forward[i]),
                strike=float(options.strike[i]),
                mark=float(options.mark[i]),
                is_call=bool(options.is_call[i]),
            )
        return margins[0], margins[1]
