"""The surface of a market: quotes to intervals of vol, two fits, their checks, and how they meet the quotes."""

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.instants import HOUR_NS, SECOND_NS
from hedgerow.market import Snapshot
from hedgerow.oneshot.quoted import count_quotes, prices_at, refused_quotes, unfitted, usable_chain
from hedgerow.pricing.surface import ChainFit, check_surface, fit_chain
from hedgerow.report.surface import FamilyFigures, SliceFigures, SurfaceReport


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
    chain, unread = usable_chain(market, max_age_s)
    svi = fit_chain(chain, kind="svi")
    essvi = fit_chain(svi.chain, kind="essvi")
    without = unfitted(svi.chain, svi.expiries_ns, "no slice is fitted there")
    return SurfaceReport(
        source=market.source,
        as_of_ns=market.as_of_ns,
        base=market.base,
        index_price=market.index_price,
        svi=family_figures(svi),
        essvi=family_figures(essvi),
        rejected=refused_quotes(unread, svi.chain),
        notes=tuple(dict.fromkeys((*without, *svi.parameters.notes, *essvi.parameters.notes))),
    )


def family_figures(fit: ChainFit) -> FamilyFigures:
    """Check a fitted surface and count how it meets the quotes.

    Parameters
    ----------
    fit : ChainFit
        The fit.

    Returns
    -------
    FamilyFigures
        Checks, and counts by expiry. [vol]
    """
    chain = fit.chain
    vol, placed = np.full(chain.forward.size, np.nan), np.isfinite(chain.forward)
    vol[placed] = fit.surface.vol(chain.log_moneyness[placed], chain.years[placed])
    price = prices_at(chain, vol)
    inside = (price >= chain.bid) & (price <= chain.ask)
    return FamilyFigures(
        fit=fit,
        check=check_surface(fit.parameters),
        quotes=count_quotes(chain, vol, inside, np.ones(vol.size, dtype=np.bool_)),
        slices=_slices(fit, vol, inside),
        vol=vol,
        inside=inside,
    )


def _slices(fit: ChainFit, vol: Float64[np.ndarray, " n_quote"], inside: np.ndarray) -> tuple[SliceFigures, ...]:
    chain, parameters = fit.chain, fit.parameters
    money = fit.surface.points(0.0, np.array(parameters.expiry_years))
    return tuple(
        SliceFigures(
            expiry_ns=expiry_ns,
            years=parameters.expiry_years[i],
            quotes=count_quotes(chain, vol, inside, chain.expiry == chain.expiries_ns.index(expiry_ns)),
            atm_vol=float(money.vol[i]),
            skew=float(money.skew[i]),
            parameters=parameters.slices[i],
        )
        for i, expiry_ns in enumerate(fit.expiries_ns)
    )
