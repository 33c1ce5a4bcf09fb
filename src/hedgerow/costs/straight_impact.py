"""An impact of power 3/2 as pieces of linear marginal cost."""

import math
from dataclasses import replace

import numpy as np

from hedgerow.core.arrays import Vector, vector
from hedgerow.core.errors import InputError
from hedgerow.costs.curves import CostCurve, CostSide


def straighten(curve: CostCurve, *, smallest: float, largest: float, error: float = 0.01) -> CostCurve:
    """Replace the impact of a curve by chords of its marginal cost.

    The marginal cost 1.5·impact·sqrt(q) is concave, so chords lie below it. Between nodes a and s²·a the relative
    distance is at most 1 - 2·sqrt(s)/(1 + s), which sets the ratio of nodes. The first node lies so far below the
    smallest quantity that what its chord leaves out is as small.

    Parameters
    ----------
    curve : CostCurve
        With an impact.
    smallest, largest : float
        Quantities between which the error is promised. Beyond, the last chord goes on and costs too much.
        [contracts]
    error : float
        By how much less the pieces cost than the impact, at most. [fraction of the impact]

    Returns
    -------
    CostCurve
        The same without impact, in more pieces. [numeraire]

    Raises
    ------
    InputError
        If the range is not positive and finite, or the error not between 1e-6 and 0.25.

    References
    ----------
    Derived: the greatest relative distance of a chord from the square root lies at the geometric mean of its ends.

    Examples
    --------
    >>> from hedgerow.costs import proportional
    >>> pieces = straighten(proportional(0.0, impact=2.0), smallest=1.0, largest=1e4)
    >>> len(pieces.buy.size), bool(0.99 <= pieces.at(100.0) / 2000.0 <= 1.0)
    (32, True)
    """
    if not 0.0 < smallest <= largest < math.inf:
        raise InputError(f"quantities from {smallest!r} to {largest!r}", "give 0 < smallest <= largest, finite")
    if not 1e-6 <= error <= 0.25:
        raise InputError(f"error = {error!r}", "give a fraction from 1e-6 to 0.25")
    # Half the error for chords, half for the first: its cost falls short by a quarter of node^1.5 (the integral).
    nodes = _nodes(smallest * (2.0 * error) ** (2.0 / 3.0), largest, 0.5 * error)
    rates = 1.5 * curve.impact * np.sqrt(nodes)
    return replace(curve, buy=_plus(curve.buy, nodes, rates), sell=_plus(curve.sell, nodes, rates), impact=0.0)


def _nodes(first: float, last: float, error: float) -> Vector:
    """Return 0 and a geometric series; 1 - 2·root/(1 + root²) = error with root = sqrt(s) sets its ratio root^4."""
    root = (1.0 + math.sqrt(error * (2.0 - error))) / (1.0 - error)
    count = math.ceil(math.log(last / first) / math.log(root**4)) + 1
    return np.concatenate([[0.0], np.geomspace(first, last, max(count, 2))])


def _plus(side: CostSide, nodes: Vector, rates: Vector) -> CostSide:
    """Add a broken line through (nodes, rates) to the marginal cost; the last chord goes on."""
    starts = side.starts
    cuts = np.unique(np.concatenate([starts, nodes[nodes < side.most]]))
    piece = np.searchsorted(starts, cuts, side="right") - 1
    chord = np.minimum(np.searchsorted(nodes, cuts, side="right") - 1, len(nodes) - 2)
    slopes = np.diff(rates) / np.diff(nodes)
    added = rates[chord] + slopes[chord] * (cuts - nodes[chord])
    price = side.price[piece] + side.slope[piece] * (cuts - starts[piece]) + added
    size = np.append(np.diff(cuts), side.most - cuts[-1])
    return CostSide(size=vector(size), price=vector(price), slope=vector(side.slope[piece] + slopes[chord]))
