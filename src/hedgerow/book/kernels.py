"""One pass over a compiled book.

Every row is a function of the spot S: its forward is F = ratio·S with a fixed ratio, so that delta counts a parallel
relative move of spot and all forwards. Quantities are signed and already hold the contract size and the rate of the
quote currency. In the coin numeraire a value is W/S, delta is S·d(W/S)/dS (the net transaction delta) and gamma
d²(W/S)/dS²; in USD they are W, dW/dS and d²W/dS².
"""

from typing import Final

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pools.kernels import range_value
from hedgerow.pricing.kernels import inverse_greeks, linear_greeks

# Kinds of rows.
CASH: Final = 0
COIN: Final = 1
LINEAR_FUTURE: Final = 2
INVERSE_FUTURE: Final = 3
LINEAR_OPTION: Final = 4
INVERSE_OPTION: Final = 5
RANGE: Final = 6

# Columns of the table of numbers that describes the rows.
QUANTITY: Final = 0
RATIO: Final = 1
ENTRY: Final = 2
STRIKE: Final = 3
EXPIRY: Final = 4
VOL: Final = 5
SIGN: Final = 6
LOWER: Final = 7
UPPER: Final = 8
N_COLUMNS: Final = 9


@inlined
def _option(kind, row, spot, vol, expiry, in_coin):
    """An option: linear and inverse differ only by the ratio of forward and spot."""
    ratio = row[RATIO]
    if in_coin:
        value, delta, gamma, vega, theta = inverse_greeks(ratio * spot, row[STRIKE], expiry, vol, row[SIGN])
        weight = ratio if kind == LINEAR_OPTION else 1.0
        return weight * value, weight * delta, weight * ratio * ratio * gamma, weight * vega, weight * theta
    value, delta, gamma, vega, theta = linear_greeks(ratio * spot, row[STRIKE], expiry, vol, row[SIGN])
    weight = 1.0 if kind == LINEAR_OPTION else 1.0 / ratio
    return (
        weight * value,
        weight * ratio * delta,
        weight * ratio * ratio * gamma,
        weight * vega,
        weight * theta,
    )


@inlined
def _unit(kind, row, spot, vol, expiry, in_coin):
    """Value, delta, gamma, vega, theta of one unit."""
    ratio, entry = row[RATIO], row[ENTRY]
    cube = spot * spot * spot
    if kind in (LINEAR_OPTION, INVERSE_OPTION):
        return _option(kind, row, spot, vol, expiry, in_coin)
    if kind == CASH:
        return (1.0 / spot, -1.0 / spot, 2.0 / cube, 0.0, 0.0) if in_coin else (1.0, 0.0, 0.0, 0.0, 0.0)
    if kind == COIN:
        return (1.0, 0.0, 0.0, 0.0, 0.0) if in_coin else (spot, 1.0, 0.0, 0.0, 0.0)
    if kind == LINEAR_FUTURE:
        if in_coin:
            return ratio - entry / spot, entry / spot, -2.0 * entry / cube, 0.0, 0.0
        return ratio * spot - entry, ratio, 0.0, 0.0, 0.0
    if kind == INVERSE_FUTURE:
        if in_coin:
            return 1.0 / entry - 1.0 / (ratio * spot), 1.0 / (ratio * spot), -2.0 / (ratio * cube), 0.0, 0.0
        return spot / entry - 1.0 / ratio, 1.0 / entry, 0.0, 0.0, 0.0
    value, delta, gamma = range_value(spot, row[LOWER], row[UPPER], 1.0)
    if in_coin:
        coin_delta = delta - value / spot
        return value / spot, coin_delta, gamma / spot - 2.0 * coin_delta / (spot * spot), 0.0, 0.0
    return value, delta, gamma, 0.0, 0.0


@kernel
def value_rows(kinds, table, spot, vol_shift, years_passed, in_coin, out):
    """Fill out[5, n] with value, delta, gamma, vega, theta of every row; table is [n, N_COLUMNS]."""
    for i in range(kinds.shape[0]):
        row = table[i]
        unit = _unit(kinds[i], row, spot, row[VOL] + vol_shift, row[EXPIRY] - years_passed, in_coin)
        for j in range(5):
            out[j, i] = row[QUANTITY] * unit[j]
