"""A table of quotes: one row per instrument, arrays by column."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hedgerow.core.arrays import Float64, Int64, frozen, vector
from hedgerow.core.errors import DataFault, InputError, MarketDataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One row of a quote table.

    Parameters
    ----------
    name : str
        The venue's name of the instrument.
    bid, ask, mark : float
        Prices, NaN where not quoted. [settle per contract for options, quote per base otherwise]
    forward : float
        The price of the underlying that belongs to this row; for futures and perpetuals the mark itself.
        [quote per base]
    at_ns : int
        When the venue stamped it. [UTC epoch ns]
    assumed : bool
        True if the user stated it and no data hold it.
    """

    name: str
    bid: float
    ask: float
    mark: float
    forward: float
    at_ns: int
    assumed: bool

    @property
    def mid(self) -> float:
        """Middle of bid and ask, NaN when one-sided. [as bid]"""
        return 0.5 * (self.bid + self.ask)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTable:
    """Quotes of many instruments at one time.

    Parameters
    ----------
    names : tuple of str
        The venue's names, unique.
    bid, ask, mark : ndarray of shape (n_quote,)
        Prices, NaN where not quoted. [settle per contract for options, quote per base otherwise]
    forward : ndarray of shape (n_quote,)
        Each row's own underlying price. [quote per base]
    at_ns : ndarray of shape (n_quote,)
        When the venue stamped each row. [UTC epoch ns]
    assumed : frozenset of str
        Names whose prices the user stated and no data hold.

    Raises
    ------
    InputError
        If the columns differ in length or a name stands twice.
    """

    names: tuple[str, ...]
    bid: Float64[np.ndarray, " n_quote"]
    ask: Float64[np.ndarray, " n_quote"]
    mark: Float64[np.ndarray, " n_quote"]
    forward: Float64[np.ndarray, " n_quote"]
    at_ns: Int64[np.ndarray, " n_quote"]
    assumed: frozenset[str] = frozenset()
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        row = {name: i for i, name in enumerate(self.names)}
        lengths = {len(self.names), *(len(column) for column in self._columns())}
        if len(lengths) != 1:
            raise InputError(f"quote columns of lengths {sorted(lengths)}", "give columns of equal length")
        if len(row) != len(self.names):
            twice = next(name for i, name in enumerate(self.names) if row[name] != i)
            raise InputError(f"{twice} is quoted twice", "keep one row per instrument")
        object.__setattr__(self, "_row", row)

    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.bid, self.ask, self.mark, self.forward, self.at_ns

    def __contains__(self, name: object) -> bool:
        return name in self._row

    def __len__(self) -> int:
        return len(self.names)

    def row(self, i: int) -> Quote:
        """Return one row by number.

        Parameters
        ----------
        i : int
            Number of the row. [0-based]

        Returns
        -------
        Quote
            The row. [as the columns]
        """
        return Quote(
            name=self.names[i],
            bid=float(self.bid[i]),
            ask=float(self.ask[i]),
            mark=float(self.mark[i]),
            forward=float(self.forward[i]),
            at_ns=int(self.at_ns[i]),
            assumed=self.names[i] in self.assumed,
        )

    def quote(self, name: str) -> Quote:
        """Return the quote of one instrument.

        Parameters
        ----------
        name : str
            The venue's name.

        Returns
        -------
        Quote
            Its row. [as the columns]

        Raises
        ------
        MarketDataError
            If the market does not quote it.
        """
        if name not in self._row:
            raise MarketDataError(name, DataFault.MISSING, "not quoted in this market", self._advice(name))
        return self.row(self._row[name])

    def take(self, rows: Sequence[int]) -> "QuoteTable":
        """Return a table of some rows.

        Parameters
        ----------
        rows : sequence of int
            Numbers of the rows to keep. [0-based]

        Returns
        -------
        QuoteTable
            A new table. [as the columns]
        """
        index = np.array(rows, dtype=np.int64)
        return QuoteTable(
            names=tuple(self.names[i] for i in rows),
            bid=frozen(self.bid[index]),
            ask=frozen(self.ask[index]),
            mark=frozen(self.mark[index]),
            forward=frozen(self.forward[index]),
            at_ns=frozen(self.at_ns[index]),
            assumed=self.assumed & {self.names[i] for i in rows},
        )

    def _advice(self, name: str) -> str:
        """Name the nearest quoted instruments, by strike for options, so that a typing mistake is seen at once."""
        import difflib

        *line, strike, right = name.split("-") if name.count("-") == 3 else ("", "", "")
        strikes = [other for other in self.names if line and other.split("-")[:2] == line and other.endswith(right)]
        if strikes and strike.replace("d", ".").replace(".", "", 1).isdigit():
            wanted = float(strike.replace("d", "."))
            near = sorted(strikes, key=lambda other: abs(float(other.split("-")[2].replace("d", ".")) - wanted))[:3]
        else:
            alike = [other for other in self.names if other.count("-") == name.count("-")]
            near = difflib.get_close_matches(name, alike, n=3, cutoff=0.7)
        return f"the nearest names are {', '.join(near)}" if near else "use an instrument that the snapshot quotes"

    def with_quotes(self, quotes: Sequence[Quote]) -> "QuoteTable":
        """Return a table in which some rows are added or replaced.

        Parameters
        ----------
        quotes : sequence of Quote
            The new rows.

        Returns
        -------
        QuoteTable
            A new table. [as the columns]
        """
        new = {quote.name for quote in quotes}
        keep = np.array([name not in new for name in self.names], dtype=bool)
        return QuoteTable(
            names=tuple(n for n in self.names if n not in new) + tuple(q.name for q in quotes),
            bid=vector([*self.bid[keep], *(q.bid for q in quotes)]),
            ask=vector([*self.ask[keep], *(q.ask for q in quotes)]),
            mark=vector([*self.mark[keep], *(q.mark for q in quotes)]),
            forward=vector([*self.forward[keep], *(q.forward for q in quotes)]),
            at_ns=frozen(np.array([*self.at_ns[keep], *(q.at_ns for q in quotes)], dtype=np.int64)),
            assumed=(self.assumed - new) | {q.name for q in quotes if q.assumed},
        )


def quote_fault(bid: float, ask: float) -> tuple[DataFault, str] | None:
    """Say why nothing can be traded at a quote.

    Parameters
    ----------
    bid, ask : float
        Best prices, NaN where absent. [as quoted]

    Returns
    -------
    tuple of (DataFault, str) or None
        The reason for machines and for people; None if the quote is two-sided and not crossed. [text]

    Examples
    --------
    >>> quote_fault(0.051, 0.049)
    (<DataFault.CROSSED: 'crossed'>, 'crossed: the bid 0.051 is above the ask 0.049')
    """
    if math.isinf(bid) or math.isinf(ask):
        return DataFault.NOT_FINITE, f"not finite: bid {bid:g}, ask {ask:g}"
    no_bid, no_ask = not bid > 0.0, not ask > 0.0
    if no_bid and no_ask:
        return DataFault.ONE_SIDED, "no bid and no ask"
    if no_bid or no_ask:
        side = "no bid" if no_bid else "no ask"
        return DataFault.ONE_SIDED, f"one-sided: {side}"
    if bid > ask:
        return DataFault.CROSSED, f"crossed: the bid {bid:g} is above the ask {ask:g}"
    return None
