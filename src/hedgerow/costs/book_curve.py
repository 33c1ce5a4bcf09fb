"""The cost of walking through an order book."""

from collections.abc import Sequence

import numpy as np

from hedgerow.core.arrays import vector
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.costs.curves import CostCurve, CostSide
from hedgerow.costs.unit_costs import paid_at
from hedgerow.instruments import Instrument

Levels = Sequence[tuple[float, float]]
"""Price and size of each level, in any order. [price unit, contracts]"""


def book_curve(
    instrument: Instrument, *, bids: Levels, asks: Levels, fee: float, reference: float | None = None
) -> CostCurve:
    """Make the cost curve of taking liquidity from an order book.

    Buying walks up the asks, selling down the bids. The cost of a contract is the distance of its level from the
    reference, in the currency that is paid, plus the fee. Nothing can be traded beyond the last level.

    Parameters
    ----------
    instrument : Instrument
        What is traded. An inverse future or perpetual costs contract_size/price coins.
    bids, asks : sequence of (float, float)
        Price and size of each level, in any order. [price unit, contracts]
    fee : float
        Fee of one contract at the mid, as ``unit_cost`` gives it. At a level it differs by the rate of the fee times
        the distance from the mid, which is left out. [settle per contract]
    reference : float or None
        What counts as free of cost, in terms of ``paid_at``. None takes the middle of the best bid and ask, so that
        at the touch buying and selling cost the same. [settle per contract]

    Returns
    -------
    CostCurve
        One flat piece for each level. [settle]

    Raises
    ------
    MarketDataError
        If the book is crossed.
    InputError
        If a side is empty or a level is not positive and finite.

    Examples
    --------
    >>> from hedgerow.instruments import parse_deribit
    >>> spot = parse_deribit("ETH_USDC")
    >>> curve = book_curve(spot, bids=[(1999.0, 5.0)], asks=[(2001.0, 5.0), (2002.0, 20.0)], fee=1.0)
    >>> curve.at(8.0), curve.most_buy
    (19.0, 25.0)

    5 contracts at 1 from the mid, 3 at 2, and 8 fees.
    """
    down = _sorted_levels(instrument, "bids", bids)[::-1]
    up = _sorted_levels(instrument, "asks", asks)
    bid, ask = down[0][0], up[0][0]
    if bid > ask:
        problem = f"crossed: the bid {bid:g} is above the ask {ask:g}"
        raise MarketDataError(instrument.name, DataFault.CROSSED, problem, "correct its levels")
    if reference is None:
        reference = 0.5 * (paid_at(instrument, bid) + paid_at(instrument, ask))
    buy = [paid_at(instrument, price) - reference + fee for price, _ in up]
    sell = [reference - paid_at(instrument, price) + fee for price, _ in down]
    return CostCurve(buy=_steps(buy, up), sell=_steps(sell, down))


def _sorted_levels(instrument: Instrument, side: str, levels: Levels) -> list[tuple[float, float]]:
    if not levels:
        raise InputError(f"{instrument.name}: no {side}", "give at least one level of each side")
    for price, size in levels:
        if not (0.0 < price < np.inf and size > 0.0):
            raise InputError(
                f"{instrument.name}: {side} hold {size:g} at {price:g}", "prices and sizes are positive, prices finite"
            )
    return sorted(levels)


def _steps(costs: list[float], levels: list[tuple[float, float]]) -> CostSide:
    """Lay levels end to end; what stands behind a level without end is out of reach."""
    sizes = [size for _, size in levels]
    count = 1 + next((i for i, size in enumerate(sizes) if np.isinf(size)), len(sizes) - 1)
    return CostSide(size=vector(sizes[:count]), price=vector(costs[:count]), slope=np.zeros(count))
