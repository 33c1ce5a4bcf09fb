"""The index of a simulated venue: what margin is counted at, and what contracts are delivered at."""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.market import LARGEST_PRICE
from hedgerow.venues.tape import Tape


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A source of the tape, read as the price of the coin.

    Parameters
    ----------
    tape : Tape
        The recorded market.
    source : int
        Number of quotes, of which the middle counts, or of a pool, of which the price does. [0-based]
    usd_rate : float
        What one unit of its quote currency is worth. [USD per unit]
    """

    tape: Tape
    source: int
    usd_rate: float

    def at(self, at_ns: int) -> float | None:
        """Return the index at an instant.

        Parameters
        ----------
        at_ns : int
            The instant. [UTC epoch ns]

        Returns
        -------
        float or None
            The last price that can be true; None where the latest row cannot. [quote per base]
        """
        row = self.tape.prevailing(self.source, at_ns)
        if row is None:
            return None
        price = self._price(np.array([row.a]), np.array([row.b]))[0]
        return float(price) if price > 0.0 else None

    def window(self, start_ns: int, stop_ns: int) -> tuple[Int64[np.ndarray, " n_row"], Float64[np.ndarray, " n_row"]]:
        """Return the index between two instants.

        Parameters
        ----------
        start_ns, stop_ns : int
            From the price that holds at the one, up to the other. [UTC epoch ns]

        Returns
        -------
        tuple of (ndarray of shape (n_row,), ndarray of shape (n_row,))
            When, and the price; rows that cannot be true are left out. [UTC epoch ns], [quote per base]
        """
        rows = self.tape.window(self.source, start_ns, stop_ns)
        price = self._price(rows.a, rows.b)
        usable = price > 0.0
        return rows.at_ns[usable], price[usable]

    def first_ns(self) -> int | None:
        """Return when the index begins.

        Returns
        -------
        int or None
            None if it never does. [UTC epoch ns]
        """
        return self.tape.following(self.source, -1)

    def _price(self, a: Float64[np.ndarray, " n"], b: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Middle or price of rows, zero where they cannot be true."""
        if self.tape.sources[self.source].kind == "quote":
            return np.where((a > 0.0) & (a <= b) & (b < LARGEST_PRICE), 0.5 * (a + b), 0.0)
        return np.where((a > 0.0) & (a < LARGEST_PRICE), a, 0.0)
