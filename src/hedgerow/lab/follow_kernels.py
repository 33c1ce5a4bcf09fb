# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Paths that go to the ideal holding at every date, from the first date to the last in one call."""

import numpy as np

from hedgerow.core.compiling import kernel
from hedgerow.lab.book_kernels import (
    DELTA,
    FACTOR,
    GAMMA,
    LIQUIDITY,
    SCRATCH,
    SMALLEST,
    Y,
    add_liquidity,
    add_slopes,
)
from hedgerow.pricing.function_kernels import BLOCK, PITCH

_HELD, _CASH, _TRADES, _TURNOVER = (SCRATCH + PITCH * column for column in range(4))


@kernel
def follow_rows(y, legs, years, held, last, cash, trades, turnover):
    """Do what ``book_rows`` and ``trade_rows`` do at every date but the last, with bands that have no width.

    y[n_date, n_path] and years[n_date - 1, n_leg] are as there; nothing may expire before the last date. The accounts,
    of shape (n_path,), are empty before. A block of paths stays in the cache from date to date.
    """
    n_date, n = y.shape
    s = np.empty(SCRATCH + 4 * PITCH)
    for first in range(0, n, BLOCK):
        rows = min(BLOCK, n - first)
        for i in range(BLOCK):
            s[FACTOR + i] = 1.0
            s[_HELD + i], s[_CASH + i], s[_TRADES + i], s[_TURNOVER + i] = 0.0, 0.0, 0.0, 0.0
        for date in range(n_date - 1):
            for i in range(rows):
                s[Y + i] = max(y[date, first + i], SMALLEST)
            for i in range(rows, BLOCK):
                s[Y + i] = s[Y]
            for i in range(BLOCK):
                s[DELTA + i], s[GAMMA + i] = 0.0, 0.0
            for leg in range(legs.shape[0]):
                if years[date, leg] > 0.0:
                    if legs[leg, 0] == LIQUIDITY:
                        add_liquidity(s, legs[leg, 1], legs[leg, 2], legs[leg, 3])
                    else:
                        add_slopes(
                            s, legs[leg, 1], legs[leg, 0], legs[leg, 2], legs[leg, 4] * np.sqrt(years[date, leg])
                        )
            for i in range(BLOCK):
                moved = -s[DELTA + i] - s[_HELD + i]
                value = moved * s[Y + i]
                s[_HELD + i] = -s[DELTA + i]
                s[_CASH + i] -= value
                s[_TURNOVER + i] += abs(value)
                s[_TRADES + i] += 1.0 if moved != 0.0 else 0.0
        for i in range(rows):
            held[first + i], cash[first + i] = s[_HELD + i], s[_CASH + i]
            trades[first + i], turnover[first + i] = s[_TRADES + i], s[_TURNOVER + i]
            last[first + i] = y[n_date - 2, first + i]
