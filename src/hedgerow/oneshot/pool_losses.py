"""What a position loses: against holding since its entry, and to arbitrage over the next day."""

from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.curve import Curve
from hedgerow.pools.losses import (
    HoldingLoss,
    break_even_apr,
    expected_loss_rate,
    impermanent_loss,
    pair_covariance,
    rebalancing_loss_rate,
)
from hedgerow.pools.positions import PoolGreeks
from hedgerow.report.pool import DAYS, RebalancingFigures

HORIZON_DAYS: Final = 1.0
"""Over which the loss to arbitrage is a mean. [days]"""

_NOISE: Final = 1e-12
"""A loss of so much of the value a year is rounding. [fraction]"""


def holding_loss(curve: Curve, greeks: PoolGreeks, terms: PoolTerms) -> HoldingLoss | None:
    """Compare a position with the tokens of its entry, kept.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    greeks : PoolGreeks
        With the prices now.
    terms : PoolTerms
        With the prices of the entry.

    Returns
    -------
    HoldingLoss or None
        None without prices of the entry. [as its fields]

    Raises
    ------
    InputError
        If one of them is missing.

    References
    ----------
    ``pools.losses.impermanent_loss``.
    """
    if not terms.entry:
        return None
    given = {terms.numeraire: 1.0, **terms.entry}
    missing = [one for one in greeks.symbols if one not in given]
    if missing:
        raise InputError(f"no entry price of {', '.join(missing)}", "give one of every token")
    entry = np.array([given[one] for one in greeks.symbols])
    return impermanent_loss(curve, entry, np.array(greeks.prices)[None, :])


def rebalancing_figures(curve: Curve, greeks: PoolGreeks, terms: PoolTerms) -> RebalancingFigures | None:
    """Return loss-versus-rebalancing, its mean over a day and the rate at the prices now.

    Parameters
    ----------
    curve : Curve
        The position's curve.
    greeks : PoolGreeks
        With prices and gamma now.
    terms : PoolTerms
        With vols: one of the relative price of two tokens, or one of every token that is not money.

    Returns
    -------
    RebalancingFigures or None
        None without vols. [as its fields]

    Raises
    ------
    InputError
        If a vol is missing.

    Notes
    -----
    Tokens that stand for one asset move together; different assets are taken as uncorrelated.

    References
    ----------
    ``pools.losses.expected_loss_rate`` and ``rebalancing_loss_rate``.
    """
    if not terms.vols:
        return None
    if "" in terms.vols:
        if len(greeks.symbols) != 2 or len(terms.vols) != 1:
            raise InputError(
                f"one vol for {', '.join(greeks.symbols)}",
                f"give one of each by its symbol, as {greeks.symbols[0]}=0.6",
            )
        covariance, vols = pair_covariance(terms.vols[""]), {str(greeks.symbols[0]): terms.vols[""]}
    else:
        vols = _vols(greeks, terms)
        covariance = _covariance(greeks, vols, terms)
    rate, point = (
        found if found > _NOISE * float(greeks.value[0]) else 0.0
        for found in (
            expected_loss_rate(curve, np.array(greeks.prices), covariance, HORIZON_DAYS / DAYS),
            float(rebalancing_loss_rate(greeks.gamma, greeks.prices, covariance)[0]),
        )
    )
    return RebalancingFigures(
        vols=vols,
        loss_per_year=rate,
        point_loss_per_year=point,
        horizon_days=HORIZON_DAYS,
        break_even_apr=break_even_apr(rate, float(greeks.value[0])),
        relative="" in terms.vols,
    )


def _vols(greeks: PoolGreeks, terms: PoolTerms) -> dict[str, float]:
    """A vol of every token that is not money: its own, or that of another which stands for the same asset."""
    by_asset = {terms.standing(name).asset: vol for name, vol in terms.vols.items()}
    moving = [one for one in greeks.symbols if terms.standing(one).asset != terms.money]
    missing = [one for one in moving if terms.standing(one).asset not in by_asset]
    if missing:
        raise InputError(
            f"no vol of {', '.join(missing)}",
            f"give one of every token but {terms.numeraire}, or state that a token stands for {terms.numeraire}",
        )
    return {str(one): terms.vols.get(one, by_asset[terms.standing(one).asset]) for one in moving}


def _covariance(greeks: PoolGreeks, vols: dict[str, float], terms: PoolTerms) -> Float64[np.ndarray, "n_token n_token"]:
    vol = np.array([vols.get(str(one), 0.0) for one in greeks.symbols])
    assets = [terms.standing(one).asset for one in greeks.symbols]
    together = np.array([[one == other for other in assets] for one in assets])
    return np.asarray(np.multiply.outer(vol, vol) * together)
