"""The option quotes of a market for a fit: those that can be used, their prices at vols, and which are met."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.instants import seconds_ns, to_iso, years_between
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Rejection, Snapshot
from hedgerow.pricing.black76 import black76
from hedgerow.pricing.surface import OptionChain, read_chain
from hedgerow.report.surface import QuoteFigures

_LONGEST_AGE_S = 1e9
"""About thirty years. [seconds]"""


def usable_chain(market: Snapshot, max_age_s: float) -> tuple[OptionChain, tuple[Rejection, ...]]:
    """Read the options of a market that are quoted on both sides.

    Parameters
    ----------
    market : Snapshot
        The market.
    max_age_s : float
        Quotes older than this at its instant are stale. [seconds]

    Returns
    -------
    tuple of (OptionChain, tuple of Rejection)
        The options, at least one of them usable; quotes which the loader refused. [vol]

    Raises
    ------
    InputError
        If ``market`` is no snapshot, or ``max_age_s`` is not positive and finite.
    MarketDataError
        If the market holds no options, or none whose quote can be used.
    """
    if not isinstance(market, Snapshot):
        raise InputError(f"a market of type {type(market).__name__}", "give what load_snapshot returns")
    if not (isinstance(max_age_s, int | float) and 0.0 < max_age_s <= _LONGEST_AGE_S):
        raise InputError(f"max_age_s is {max_age_s!r}", f"give seconds, more than none and at most {_LONGEST_AGE_S:g}")
    chain = read_chain(market, max_age_ns=seconds_ns(max_age_s))
    unread = tuple(item for item in market.rejected if item.kind == "quote" and item.use == "anything")
    if not chain.usable.any():
        raise _nothing_usable(market, (*unread, *chain.rejected))
    return chain, unread


def within_days(chain: OptionChain, least: float, most: float, source: str) -> OptionChain:
    """Leave out the expiries that are nearer or farther than asked for.

    Parameters
    ----------
    chain : OptionChain
        The options.
    least, most : float
        Times to expiry. [days]
    source : str
        Where the market came from.

    Returns
    -------
    OptionChain
        The options of the other expiries. [vol]

    Raises
    ------
    MarketDataError
        If no usable quote is left.
    """
    days = np.array([365.0 * years_between(chain.as_of_ns, expiry_ns) for expiry_ns in chain.expiries_ns])
    held = np.flatnonzero((days >= least) & (days <= most))
    rows = np.flatnonzero(np.isin(chain.expiry, held))
    if not chain.usable[rows].any():
        problem = f"no usable option expires in {least:g} to {most:g} days, but in {days.min():.2f} to {days.max():.2f}"
        raise MarketDataError(source, DataFault.MISSING, problem, "widen min_days and max_days")
    kept = tuple(chain.expiries_ns[i] for i in held)
    columns = ("strike", "forward", "is_call", "inverse", "bid", "ask", "vol_bid", "vol_ask", "usable")
    return replace(
        chain,
        names=tuple(chain.names[i] for i in rows),
        expiries_ns=kept,
        expiry=np.searchsorted(held, chain.expiry[rows]),
        forwards=tuple(one for one in chain.forwards if one.expiry_ns in kept),
        rejected=tuple(item for item in chain.rejected if expiry_of(item.name) in kept),
        **{name: getattr(chain, name)[rows] for name in columns},
    )


def expiry_of(name: str) -> int:
    """Return when an option expires.

    Parameters
    ----------
    name : str
        The venue's name.

    Returns
    -------
    int
        Zero if the name is none of an option. [UTC epoch ns]
    """
    try:
        option = parse_deribit(name)
    except InputError:
        return 0
    return option.expiry_ns if isinstance(option, EuropeanOption) else 0


def _nothing_usable(market: Snapshot, rejected: tuple[Rejection, ...]) -> MarketDataError:
    """Say why there is nothing to fit to."""
    if not rejected:
        problem, advice = "it quotes no options", "name the snapshot of an option chain"
        return MarketDataError(market.source, DataFault.MISSING, problem, advice)
    counts = Counter(item.reason.split(":")[0] for item in rejected)
    listed = ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common(4))
    more = f" and {len(counts) - 4} more reasons" if len(counts) > 4 else ""
    advice = "state a longer max age" if "stale" in counts else "record the chain again"
    return MarketDataError(market.source, DataFault.MISSING, f"no option quote can be used: {listed}{more}", advice)


def refused_quotes(unread: tuple[Rejection, ...], chain: OptionChain) -> tuple[Rejection, ...]:
    """Return what a fit does not use, by reason and name.

    Parameters
    ----------
    unread : tuple of Rejection
        What the loader refused.
    chain : OptionChain
        What was fitted to.

    Returns
    -------
    tuple of Rejection
        Both, in order. [text]
    """
    return tuple(sorted((*unread, *chain.rejected), key=lambda item: (item.reason, item.name)))


def unfitted(chain: OptionChain, expiries_ns: tuple[int, ...], so: str) -> tuple[str, ...]:
    """Name the expiries that have options, but no usable quote.

    Parameters
    ----------
    chain : OptionChain
        The options.
    expiries_ns : tuple of int
        Expiries that were fitted to. [UTC epoch ns]
    so : str
        What follows from it.

    Returns
    -------
    tuple of str
        A sentence for each. [text]
    """
    two_sided = np.bincount(chain.expiry, minlength=len(chain.expiries_ns))
    return tuple(
        f"the expiry {to_iso(expiry_ns)[:10]} has no usable quote, {count} two-sided: {so}"
        for expiry_ns, count in zip(chain.expiries_ns, two_sided, strict=True)
        if expiry_ns not in expiries_ns
    )


def prices_at(chain: OptionChain, vol: Float64[np.ndarray, " n_quote"]) -> Float64[np.ndarray, " n_quote"]:
    """Price each two-sided quote at the forward of its expiry, in its settlement currency.

    Parameters
    ----------
    chain : OptionChain
        The options.
    vol : ndarray of shape (n_quote,)
        Vols. [fraction per square root of a year]

    Returns
    -------
    ndarray of shape (n_quote,)
        Prices. [settlement currency]
    """
    price = np.full(vol.size, np.nan)
    for inverse in (False, True):
        some = np.flatnonzero(chain.inverse == inverse)
        if some.size:
            price[some] = black76(
                chain.forward[some],
                chain.strike[some],
                chain.years[some],
                vol[some],
                chain.is_call[some],
                inverse=inverse,
            ).price
    return price


def misses(
    chain: OptionChain, vol: Float64[np.ndarray, " n_quote"], some: np.ndarray
) -> Float64[np.ndarray, " n_known"]:
    """Return vol less mid vol, where the bid and the ask both imply a positive vol.

    Parameters
    ----------
    chain : OptionChain
        The options.
    vol : ndarray of shape (n_quote,)
        Vols of a surface or model; NaN where it has none. [fraction per square root of a year]
    some : ndarray of shape (n_quote,)
        Which quotes to look at. [bool]

    Returns
    -------
    ndarray of shape (n_known,)
        Differences. [vol]
    """
    low, high = chain.vol_bid, chain.vol_ask
    known = some & np.isfinite(vol) & np.isfinite(low) & np.isfinite(high) & (low > 0.0)
    return np.asarray((vol - 0.5 * (low + high))[known])


def count_quotes(
    chain: OptionChain, vol: Float64[np.ndarray, " n_quote"], inside: np.ndarray, some: np.ndarray
) -> QuoteFigures:
    """Count how quotes are met.

    Parameters
    ----------
    chain : OptionChain
        The options.
    vol : ndarray of shape (n_quote,)
        Vols of a surface or model; NaN where it has none. [fraction per square root of a year]
    inside : ndarray of shape (n_quote,)
        Whether the quote holds its price. [bool]
    some : ndarray of shape (n_quote,)
        Which quotes to count. [bool]

    Returns
    -------
    QuoteFigures
        Counts, and the root mean square of ``misses``. [count], [0.01 vol]
    """
    miss = misses(chain, vol, some)
    return QuoteFigures(
        two_sided=int(some.sum()),
        used=int((some & chain.usable).sum()),
        inside=int((some & inside).sum()),
        rmse_vol_points=100.0 * math.sqrt(float(np.mean(miss**2))) if miss.size else math.nan,
    )
