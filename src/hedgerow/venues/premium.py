"""The premium of a mark over the index in the course of time, as steps."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.venues.index import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Premiums:
    """Premium and index, each holding until the next instant.

    Parameters
    ----------
    at_ns : ndarray of shape (n_step,)
        Since when. [UTC epoch ns]
    premium : ndarray of shape (n_step,)
        Of the mark over the index. [fraction]
    index : ndarray of shape (n_step,)
        The index. [quote per base]
    until_ns : int
        The end of the last step. [UTC epoch ns]
    """

    at_ns: Int64[np.ndarray, " n_step"]
    premium: Float64[np.ndarray, " n_step"]
    index: Float64[np.ndarray, " n_step"]
    until_ns: int

    def pieces(self, start_ns: int, stop_ns: int) -> Iterator[tuple[int, float, float]]:
        """Return the steps between two instants.

        Parameters
        ----------
        start_ns, stop_ns : int
            From the one to the other. [UTC epoch ns]

        Yields
        ------
        tuple of (int, float, float)
            How long, premium and index. [ns], [fraction], [quote per base]
        """
        begin = np.maximum(self.at_ns, start_ns)
        end = np.minimum(np.append(self.at_ns[1:], self.until_ns), stop_ns)
        for row in np.flatnonzero(end > begin).tolist():
            yield int(end[row] - begin[row]), float(self.premium[row]), float(self.index[row])

    def mean(self) -> float:
        """Return the average premium, weighted by time.

        Returns
        -------
        float
            Zero where nothing is known. [fraction]
        """
        spans = np.diff(np.append(self.at_ns, self.until_ns))
        total = float(spans.sum())
        return float((spans * self.premium).sum()) / total if total > 0.0 else 0.0


def premiums_between(mark: Index, index: Index, start_ns: int, stop_ns: int) -> Premiums:
    """Read the premium of an interval off the tape.

    Parameters
    ----------
    mark, index : Index
        The two prices.
    start_ns, stop_ns : int
        The interval. [UTC epoch ns]

    Returns
    -------
    Premiums
        A step at every change of either. [as its fields]
    """
    (mark_ns, marks), (index_ns, indices) = mark.window(start_ns, stop_ns), index.window(start_ns, stop_ns)
    times = np.unique(np.concatenate([mark_ns, index_ns]))
    if mark_ns.size and index_ns.size:
        times = times[times >= max(mark_ns[0], index_ns[0])]
        price = marks[mark_ns.searchsorted(times, side="right") - 1]
        level = indices[index_ns.searchsorted(times, side="right") - 1]
    else:
        times, price, level = times[:0], np.empty(0), np.empty(0)
    return Premiums(
        at_ns=np.maximum(times, start_ns), premium=(price - level) / level, index=level.copy(), until_ns=stop_ns
    )
