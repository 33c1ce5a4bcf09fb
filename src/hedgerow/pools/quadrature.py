"""Means over moves of prices: panels that are halved until they agree, because gamma may be a spike or a jump."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

FURTHEST: Final = 9.0
"""Standard deviations at which the law of a move ends: what lies beyond is below rounding. [pure]"""

WIDEST: Final = 3.0
"""Largest standard deviation of a log-price over a move: about 14 years at a vol of 80 %. [pure]"""

_NODES: Final = 10
_PANELS: Final = 8
_ROUNDS: Final = 24
_EXACT: Final = 1e-7


def integral_from_zero(of: Callable[[Any], Any], upto: float, floor: float) -> float:
    """Integrate a function from zero to a bound.

    Parameters
    ----------
    of : callable
        The function, of an array of arguments. [any]
    upto : float
        The bound. [any]
    floor : float
        Rounding of one panel: smaller differences are none. [any]

    Returns
    -------
    float
        The integral, within about 10^-7 of itself. [any]

    References
    ----------
    Gauss-Legendre panels of ten nodes: Abramowitz, Stegun (1964), 25.4.30; halved where two halves differ from the
    whole.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)

    def panels(low: Any, high: Any) -> Any:
        at = low[:, None] + (high - low)[:, None] * 0.5 * (nodes + 1.0)
        return 0.5 * (high - low) * (of(at.ravel()).reshape(at.shape) @ weights)

    edges = np.linspace(0.0, upto, _PANELS + 1)
    low, high = edges[:-1], edges[1:]
    whole, done = panels(low, high), 0.0
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        low, high = np.concatenate((low, middle)), np.concatenate((middle, high))
        halves = panels(low, high)
        both = halves.reshape(2, -1).sum(axis=0)
        close = np.abs(both - whole) <= _EXACT * abs(done + float(np.sum(both))) / 16.0 + floor
        done += float(np.sum(both[close]))
        again = np.tile(~close, 2)
        low, high, whole = low[again], high[again], halves[again]
        if low.size == 0:
            break
    return done + float(np.sum(whole))
