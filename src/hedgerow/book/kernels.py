"""One pass over a compiled book.

Every row is a function of the spot S: its forward is F = ratio·S with a fixed ratio, so that delta counts a parallel
relative move of spot and all forwards. Quantities are signed and already hold the contract size and the rate of the
quote currency. In the coin numeraire a value is W/S, delta is S·d(W/S)/dS (the net transaction delta) and gamma
d²(W/S)/dS²; in USD they are W, dW/dS and d²W/dS².

Options are packed into columns, priced in one vectorised call, and laid back into their rows; in both numeraires they
differ only by the ratio of forward and spot. All other kinds are closed forms of a few operations.
"""

from typing import Final

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pools.kernels import range_value
from hedgerow.pricing.greek_kernels import N_GREEKS, greeks_rows

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
def _unit(kind, row, spot, in_coin):
    """Value, delta and gamma of one unit of what is not an option."""
    ratio, entry = row[RATIO], row[ENTRY]
    cube = spot * spot * spot
    if kind == CASH:
        return (1.0 / spot, -1.0 / spot, 2.0 / cube) if in_coin else (1.0, 0.0, 0.0)
    if kind == COIN:
        return (1.0, 0.0, 0.0) if in_coin else (spot, 1.0, 0.0)
    if kind == LINEAR_FUTURE:
        if in_coin:
            return ratio - entry / spot, entry / spot, -2.0 * entry / cube
        return ratio * spot - entry, ratio, 0.0
    if kind == INVERSE_FUTURE:
        if in_coin:
            return 1.0 / entry - 1.0 / (ratio * spot), 1.0 / (ratio * spot), -2.0 / (ratio * cube)
        return spot / entry - 1.0 / ratio, 1.0 / entry, 0.0
    value, delta, gamma = range_value(spot, row[LOWER], row[UPPER], 1.0)
    if in_coin:
        coin_delta = delta - value / spot
        return value / spot, coin_delta, gamma / spot - 2.0 * coin_delta / (spot * spot)
    return value, delta, gamma


@inlined
def _pack(table, options, spot, vol_shift, years_passed, columns):
    """Fill columns[6, m] with forward, strike, expiry, vol, sign and rate of the options."""
    for j in range(options.shape[0]):
        row = table[options[j]]
        columns[0, j], columns[1, j] = row[RATIO] * spot, row[STRIKE]
        columns[2, j], columns[3, j] = row[EXPIRY] - years_passed, row[VOL] + vol_shift
        columns[4, j], columns[5, j] = row[SIGN], 0.0


@inlined
def _unpack(kinds, table, options, greeks, in_coin, out):
    """Lay the Greeks of one option each back into out, per spot instead of per forward."""
    for j in range(options.shape[0]):
        i = options[j]
        ratio, size = table[i, RATIO], table[i, QUANTITY]
        if in_coin:
            size *= ratio if kinds[i] == LINEAR_OPTION else 1.0
            per_spot = size
        else:
            size *= 1.0 if kinds[i] == LINEAR_OPTION else 1.0 / ratio
            per_spot = size * ratio
        out[0, i], out[1, i] = size * greeks[0, j], per_spot * greeks[1, j]
        out[2, i] = size * ratio * ratio * greeks[2, j]
        out[3, i], out[4, i] = size * greeks[3, j], size * greeks[4, j]
        out[5, i] = size * ratio * greeks[5, j]
        out[6, i], out[7, i] = size * greeks[6, j], size * greeks[7, j]


@kernel
def value_rows(kinds, table, options, spot, vol_shift, years_passed, in_coin, columns, greeks, fault, scratch, out):
    """Fill out[8, n] with value, delta, gamma, vega, theta, vanna, volga, rho of every row; table is [n, N_COLUMNS].

    options[m] are the rows that are options; columns[6, m], greeks[8, m], fault[m] and scratch belong to the caller,
    so that nothing is allocated. Returns how many options could not be priced.
    """
    _pack(table, options, spot, vol_shift, years_passed, columns)
    greeks_rows(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], in_coin, greeks, fault, scratch)
    _unpack(kinds, table, options, greeks, in_coin, out)
    bad = 0
    for j in range(fault.shape[0]):
        bad += fault[j] != 0
    for i in range(kinds.shape[0]):
        if kinds[i] == LINEAR_OPTION or kinds[i] == INVERSE_OPTION:
            continue
        value, delta, gamma = _unit(kinds[i], table[i], spot, in_coin)
        size = table[i, QUANTITY]
        out[0, i], out[1, i], out[2, i] = size * value, size * delta, size * gamma
        for j in range(3, N_GREEKS):
            out[j, i] = 0.0
    return bad
