"""The vol that each option's own mark implies, with each row's own underlying price."""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, frozen
from hedgerow.core.errors import InputError
from hedgerow.core.instants import YEAR_NS
from hedgerow.instruments import EuropeanOption, is_inverse, parse_deribit
from hedgerow.market import Rejection, Snapshot
from hedgerow.pricing.black76 import VolFault, implied_vol

_REASONS = {
    VolFault.NOT_FINITE: "the mark or the underlying is not finite",
    VolFault.BAD_FORWARD: "the underlying is not positive",
    VolFault.BAD_STRIKE: "the strike is not positive",
    VolFault.EXPIRED: "the option has expired",
    VolFault.BAD_RATE: "the discount rate is too large",
    VolFault.OUT_OF_RANGE: "a number is too large or too small to be one of a market",
    VolFault.NO_TIME_VALUE: "the mark holds no time value: at or below intrinsic",
    VolFault.ABOVE_BOUND: "the mark is at or above the no-arbitrage bound",
    VolFault.NOT_CONVERGED: "the search for the vol did not converge",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkVols:
    """Implied vols of a snapshot's option marks.

    Parameters
    ----------
    names : tuple of str
        The options, in the snapshot's order.
    vol : ndarray of shape (n_option,)
        Implied vol, NaN where the mark implies none. [fraction per square root of a year]
    rejected : tuple of Rejection
        The options without a vol, by name and reason.
    """

    names: tuple[str, ...]
    vol: Float64[np.ndarray, " n_option"]
    rejected: tuple[Rejection, ...]

    def as_dict(self) -> dict[str, float]:
        """Return the solved vols by name.

        Returns
        -------
        dict of str to float
            Only options that have one. [fraction per square root of a year]
        """
        return {n: float(v) for n, v in zip(self.names, self.vol, strict=True) if np.isfinite(v)}


def mark_vols(snapshot: Snapshot) -> MarkVols:
    """Imply the vol of every option mark of a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        The market.

    Returns
    -------
    MarkVols
        Vols and named refusals. [fraction per square root of a year]

    References
    ----------
    Black (1976), eq. 16; Jäckel (2015), as in ``implied_vol``.
    """
    rows, options = _options(snapshot)
    quotes = snapshot.quotes
    mark, forward = quotes.mark[rows], quotes.forward[rows]
    strike = np.array([option.strike for option in options])
    years = np.array([(option.expiry_ns - snapshot.as_of_ns) / YEAR_NS for option in options])
    calls = np.array([option.is_call for option in options], dtype=bool)
    inverse = np.array([is_inverse(option) for option in options], dtype=bool)
    vol, fault = np.empty(len(options)), np.empty(len(options), dtype=np.int64)
    for flag in (False, True):
        some = np.flatnonzero(inverse == flag)
        if some.size:
            vol[some], fault[some] = implied_vol(
                mark[some], forward[some], strike[some], years[some], calls[some], inverse=flag
            )
    rejected = tuple(
        Rejection(name=option.name, kind="quote", reason=_REASONS[VolFault(int(code))], use="valuation")
        for option, code in zip(options, fault, strict=True)
        if code != VolFault.SOLVED
    )
    return MarkVols(names=tuple(option.name for option in options), vol=frozen(vol), rejected=rejected)


def _options(snapshot: Snapshot) -> tuple[list[int], list[EuropeanOption]]:
    """Return the rows of the quote table that are options, and the options."""
    rows: list[int] = []
    options: list[EuropeanOption] = []
    for i, name in enumerate(snapshot.quotes.names):
        try:
            instrument = parse_deribit(name)
        except InputError:
            continue
        if isinstance(instrument, EuropeanOption):
            rows.append(i)
            options.append(instrument)
    return rows, options
