"""How far one's own trade moves the price: the coefficients of a cost curve."""

import math
from dataclasses import replace

import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.costs.curves import CostCurve, CostSide


def square_root_impact(*, coefficient: float, daily_vol: float, daily_volume: float, notional: float) -> float:
    """Return the factor of abs(x)^1.5 in the cost of trading x contracts.

    Trading Q of a daily volume V moves the price by the fraction Y·sigma·sqrt(Q/V), and the whole trade pays that, so
    it costs Y·sigma·sqrt(Q/V)·Q·notional.

    Parameters
    ----------
    coefficient : float
        Y, about 1, to be calibrated by venue. One that measures the move from before to after the trade counts 2/3:
        the average over the way is paid. [pure]
    daily_vol : float
        Standard deviation of the price over a day. [fraction]
    daily_volume : float
        What is traded in a day. [contracts]
    notional : float
        Of one contract. [numeraire per contract]

    Returns
    -------
    float
        Coefficient for ``CostCurve.impact``. [numeraire per contract^1.5]

    Raises
    ------
    InputError
        If a number is negative or not finite, or the volume is not positive.

    References
    ----------
    Tóth et al. (2011), Physical Review X 1:021006, doi 10.1103/PhysRevX.1.021006, for the law; Donier, Bonart (2015),
    *A million metaorder analysis of market impact on the Bitcoin*, arXiv:1412.4503.
    Almgren, Thum, Hauptmann, Li (2005), Risk 18(7):58 find the power 3/5 in place of 1/2 for equities.

    Examples
    --------
    >>> square_root_impact(coefficient=1.0, daily_vol=0.03, daily_volume=1e4, notional=2000.0)
    0.6

    A trade of 100 contracts, 1 % of the volume, costs 0.6·100^1.5 = 600: 0.3 % of 200,000.
    """
    for name, value in (("coefficient", coefficient), ("daily_vol", daily_vol), ("notional", notional)):
        if not 0.0 <= value < math.inf:
            raise InputError(f"{name} = {value!r}", "give a finite number, 0 or more")
    if not 0.0 < daily_volume < math.inf:
        raise InputError(f"daily_volume = {daily_volume!r}", "give contracts traded a day, positive and finite")
    return coefficient * daily_vol * notional / math.sqrt(daily_volume)


def linear_impact(*, distance: float, depth: float) -> float:
    """Return the rise of the marginal cost in a book of even density.

    Parameters
    ----------
    distance : float
        How far the price moves. [numeraire per contract]
    depth : float
        While this many contracts are taken. [contracts]

    Returns
    -------
    float
        Coefficient for ``proportional(quadratic=…)``; the cost is half of it times x². [numeraire per contract²]

    Raises
    ------
    InputError
        If the distance is negative, the depth not positive, or one is not finite.

    References
    ----------
    Obizhaeva, Wang (2013), Journal of Financial Markets 16:1, doi 10.1016/j.finmar.2012.09.001: the block-shaped
    book.
    """
    if not (0.0 <= distance < math.inf and 0.0 < depth < math.inf):
        raise InputError(f"a move of {distance!r} for {depth!r} contracts", "give a distance from 0 and a depth above")
    return distance / depth


def with_impact(curve: CostCurve, *, quadratic: float = 0.0, impact: float = 0.0, fixed: float = 0.0) -> CostCurve:
    """Add ½·quadratic·x² + impact·abs(x)^1.5 + fixed to a cost curve.

    Parameters
    ----------
    curve : CostCurve
        What trading costs without.
    quadratic : float
        Rise of the marginal cost. [numeraire per contract²]
    impact : float
        Square-root impact. [numeraire per contract^1.5]
    fixed : float
        Charged once if anything is traded. [numeraire]

    Returns
    -------
    CostCurve
        Their sum. [numeraire]

    Raises
    ------
    InputError
        If a number is negative or not finite.
    """
    return replace(
        curve,
        buy=_steeper(curve.buy, quadratic),
        sell=_steeper(curve.sell, quadratic),
        impact=curve.impact + impact,
        fixed=curve.fixed + fixed,
    )


def _steeper(side: CostSide, quadratic: float) -> CostSide:
    if not np.isfinite(quadratic):
        raise InputError(f"quadratic = {quadratic!r}", "give a finite number, 0 or more")
    return CostSide(size=side.size, price=side.price + quadratic * side.starts, slope=side.slope + quadratic)
