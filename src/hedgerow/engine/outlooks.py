"""What a no-trade band is drawn from, of everything that is held at one instant."""

import math
from dataclasses import replace

import numpy as np

from hedgerow.book import CompiledBook, kernels, value_book
from hedgerow.core.arrays import frozen
from hedgerow.hedging import NeutralPlan
from hedgerow.policy import Outlook


def outlook_of(
    book: CompiledBook,
    plan: NeutralPlan,
    expected_lots: int,
    *,
    numeraire: str,
    wanted: float,
    fitted: float | None,
) -> Outlook:
    """Value a book for a band.

    Where P&L is counted in coins, W(u) is a function of the dollar's price u = 1/S: what is held of dollars is
    dW/du = -S·delta, its gamma d²W/du² = 2·S²·delta + S⁴·gamma. Futures, coins and cash have none.

    Parameters
    ----------
    book : CompiledBook
        Everything that is held, orders in flight included.
    plan : NeutralPlan
        The cost-free hedge.
    expected_lots : int
        The expected position in the hedge. [lots]
    numeraire : str
        ``USD`` or the base coin: in which P&L is counted.
    wanted : float
        The delta to have. [coin]
    fitted : float or None
        The vol of the last fit, None if there is none. [fraction per root of a year]

    Returns
    -------
    Outlook
        For the policy. [as its fields]

    References
    ----------
    Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2, doi 10.1111/mafi.12410: an inverse option
    is an FX option seen from the other currency.
    """
    spot, lot = book.spot, plan.unit_delta
    values = value_book(book, numeraire=numeraire)
    gamma = float(values[2].sum())
    price, unit = spot, lot
    if numeraire == book.base:
        squared = spot * spot
        gamma = squared * (2.0 * float(values[1].sum()) + squared * gamma - wanted)
        price, unit = 1.0 / spot, -spot * lot
    options = np.flatnonzero(book.option_expiry_ns)
    vol, years = _mean_vol(book, options) if options.size else (fitted or math.nan, math.inf)

    def ideal_at(factor: float) -> float:
        if not options.size or factor == 1.0:
            return plan.ideal * unit
        table = book.table.copy()
        table[options, kernels.VOL] *= factor
        other = value_book(replace(book, table=frozen(table)), numeraire=numeraire)
        return (expected_lots - (float(other[1].sum()) - wanted) / lot) * unit

    bent = (book.option_expiry_ns > 0) | (book.kinds == kernels.RANGE)
    return Outlook(
        spot=price,
        unit=unit,
        gamma=gamma,
        vol=vol,
        years=years,
        ideal_at=ideal_at,
        outright=-(plan.ideal + float(values[1][bent].sum()) / lot) * unit,
    )


def _mean_vol(book: CompiledBook, options: np.ndarray) -> tuple[float, float]:
    """Return vol and time to expiry, weighted by size over vol and root of time: gamma at the money."""
    columns = book.table[options]
    vols, years = columns[:, kernels.VOL], columns[:, kernels.EXPIRY]
    weights = np.abs(columns[:, kernels.QUANTITY]) / (vols * np.sqrt(years))
    total = float(weights.sum())
    if not total > 0.0:
        return float(vols.mean()), float(years.mean())
    return float(weights @ vols) / total, float(weights @ years) / total
