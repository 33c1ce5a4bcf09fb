"""The surface of a market: quotes to intervals of vol, two fits, their checks, and how they meet the quotes."""

import math
from collections import Counter

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.instants import HOUR_NS, SECOND_NS, seconds_ns, to_iso
from hedgerow.market import Rejection, Snapshot
from hedgerow.pricing.black76 import black76
from hedgerow.pricing.surface import ChainFit, OptionChain, check_surface, fit_chain, read_chain
from hedgerow.report.surface import FamilyFigures, QuoteFigures, SliceFigures, SurfaceReport

_LONGEST_AGE_S = 1e9
"""About thirty years. [seconds]"""


def surface(market: Snapshot, *, max_age_s: float = HOUR_NS / SECOND_NS) -> SurfaceReport:
    """Fit the implied-vol surface of a market to its option quotes, and check it.

    Parameters
    ----------
    market : Snapshot
        The market at one instant.
    max_age_s : float
        Quotes older than this at that instant are stale. [seconds]

    Returns
    -------
    SurfaceReport
        The surface as SVI slices, eSSVI slices beside them, checks, and every quote that is not used, by name and
        reason. [vol]

    Raises
    ------
    InputError
        If ``max_age_s`` is not positive and finite.
    MarketDataError
        If the market holds no options, or none whose quote can be used.

    References
    ----------
    As ``pricing.surface.fit_surface`` and ``check_surface``.

    Examples
    --------
    >>> import hedgerow as hr
    >>> report = hr.surface(hr.load_snapshot(hr.example("eth-2024-01-08")))
    >>> report.svi.quotes.two_sided, report.svi.check.arbitrage_free, report.essvi.check.arbitrage_free
    (408, True, True)
    """
    if not isinstance(market, Snapshot):
        raise InputError(f"a market of type {type(market).__name__}", "give what load_snapshot returns")
    if not (isinstance(max_age_s, int | float) and 0.0 < max_age_s <= _LONGEST_AGE_S):
        raise InputError(f"max_age_s is {max_age_s!r}", f"give seconds, more than none and at most {_LONGEST_AGE_S:g}")
    chain = read_chain(market, max_age_ns=seconds_ns(max_age_s))
    unread = tuple(item for item in market.rejected if item.kind == "quote" and item.use == "anything")
    if not chain.usable.any():
        raise _nothing_usable(market, (*unread, *chain.rejected))
    svi = fit_chain(chain, kind="svi")
    essvi = fit_chain(svi.chain, kind="essvi")
    rejected = sorted((*unread, *svi.chain.rejected), key=lambda item: (item.reason, item.name))
    return SurfaceReport(
        source=market.source,
        as_of_ns=market.as_of_ns,
        base=market.base,
        index_price=market.index_price,
        svi=_figures(svi),
        essvi=_figures(essvi),
        rejected=tuple(rejected),
        notes=tuple(dict.fromkeys((*_unfitted(svi), *svi.parameters.notes, *essvi.parameters.notes))),
    )


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


def _unfitted(fit: ChainFit) -> tuple[str, ...]:
    """Name the expiries without a slice."""
    chain = fit.chain
    two_sided = np.bincount(chain.expiry, minlength=len(chain.expiries_ns))
    return tuple(
        f"the expiry {to_iso(expiry_ns)[:10]} has no usable quote, {count} two-sided: no slice is fitted there"
        for expiry_ns, count in zip(chain.expiries_ns, two_sided, strict=True)
        if expiry_ns not in fit.expiries_ns
    )


def _figures(fit: ChainFit) -> FamilyFigures:
    chain = fit.chain
    vol, placed = np.full(chain.forward.size, np.nan), np.isfinite(chain.forward)
    vol[placed] = fit.surface.vol(chain.log_moneyness[placed], chain.years[placed])
    price = _prices(chain, vol)
    inside = (price >= chain.bid) & (price <= chain.ask)
    return FamilyFigures(
        fit=fit,
        check=check_surface(fit.parameters),
        quotes=_count(chain, vol, inside, np.ones(vol.size, dtype=np.bool_)),
        slices=_slices(fit, vol, inside),
        vol=vol,
        inside=inside,
    )


def _prices(chain: OptionChain, vol: Float64[np.ndarray, " n_quote"]) -> Float64[np.ndarray, " n_quote"]:
    """Price each two-sided quote at the forward of its expiry, in its settlement currency."""
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


def _count(
    chain: OptionChain, vol: Float64[np.ndarray, " n_quote"], inside: np.ndarray, some: np.ndarray
) -> QuoteFigures:
    low, high = chain.vol_bid, chain.vol_ask
    known = some & np.isfinite(vol) & np.isfinite(low) & np.isfinite(high) & (low > 0.0)
    miss = (vol - 0.5 * (low + high))[known]
    return QuoteFigures(
        two_sided=int(some.sum()),
        used=int((some & chain.usable).sum()),
        inside=int((some & inside).sum()),
        rmse_vol_points=100.0 * math.sqrt(float(np.mean(miss**2))) if miss.size else math.nan,
    )


def _slices(fit: ChainFit, vol: Float64[np.ndarray, " n_quote"], inside: np.ndarray) -> tuple[SliceFigures, ...]:
    chain, parameters = fit.chain, fit.parameters
    money = fit.surface.points(0.0, np.array(parameters.expiry_years))
    return tuple(
        SliceFigures(
            expiry_ns=expiry_ns,
            years=parameters.expiry_years[i],
            quotes=_count(chain, vol, inside, chain.expiry == chain.expiries_ns.index(expiry_ns)),
            atm_vol=float(money.vol[i]),
            skew=float(money.skew[i]),
            parameters=parameters.slices[i],
        )
        for i, expiry_ns in enumerate(fit.expiries_ns)
    )
