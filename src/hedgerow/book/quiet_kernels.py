"""How far the market may move before a delta can leave its band: interval arithmetic on the rows of a book.

For a box of spots [low, high] and times to come [0, years], every kind of row has bounds of its delta that hold in the
whole box; their sum bounds the book's delta. The bounds are exact for each row in USD; where a product of two bounded
factors appears (options and ranges in coin) they are safe but not tight. A band that holds for the bounds holds for
the delta.
"""

import math
from typing import Final

from hedgerow.book.kernels import (
    CASH,
    COIN,
    ENTRY,
    EXPIRY,
    INVERSE_FUTURE,
    INVERSE_OPTION,
    LINEAR_FUTURE,
    LINEAR_OPTION,
    LOWER,
    QUANTITY,
    RATIO,
    SIGN,
    STRIKE,
    UPPER,
    VOL,
)
from hedgerow.core.compiling import inlined, kernel
from hedgerow.pools.kernels import range_value

_SLACK: Final = 1e-13
"""Rounding of one row's delta, relative to its size, many times over. [pure]"""

_OPTION_SLACK: Final = 1e-10
"""Rounding of d1 and d2 where little vol is left, many times over; a larger one costs nothing. [pure]"""

_FARTHEST: Final = 5.0
"""Largest log move that is looked at. [pure]"""

_STEPS: Final = 40
_SHARE: Final = 0.0625
"""Share of the room that time may use: less means more beats, more means narrower prices. [pure]"""

_LONGEST: Final = 1.0
"""Largest time ahead that is looked at. [years]"""


@inlined
def _normal(d):
    return 0.5 * math.erfc(-d * math.sqrt(0.5))


@inlined
def _probability_bounds(low, high, strike, vol, longest, shortest, shift):
    """Bounds of N(m/x + shift·x), m the log moneyness between two spots, x = vol·sqrt(t) between two times.

    For shift = +0.5 (d1): grows in the spot. In x it grows where m <= 0 and has one minimum at x = sqrt(2m) where
    m > 0. For shift = -0.5 (d2) the mirror image holds: falls in x where m >= 0, one maximum at sqrt(-2m) where m < 0.
    """
    m_low, m_high = math.log(low / strike), math.log(high / strike)
    x_now = vol * math.sqrt(longest)
    x_end = vol * math.sqrt(max(shortest, 1e-18))
    bottom = min(m_low / x_now + shift * x_now, m_low / x_end + shift * x_end)
    top = max(m_high / x_now + shift * x_now, m_high / x_end + shift * x_end)
    if shift > 0.0 and m_low > 0.0:
        turn = math.sqrt(2.0 * m_low)
        if x_end < turn < x_now:
            bottom = m_low / turn + shift * turn
    if shift < 0.0 and m_high < 0.0:
        turn = math.sqrt(-2.0 * m_high)
        if x_end < turn < x_now:
            top = m_high / turn + shift * turn
    return _normal(bottom), _normal(top)


@inlined
def _option_bounds(kind, row, low, high, years, in_coin):
    """Bounds of an option's delta; a put's is its call's less that of the forward."""
    ratio, strike = row[RATIO], row[STRIKE]
    longest = row[EXPIRY]
    shortest = max(longest - years, 0.0)
    f_low, f_high = ratio * low, ratio * high
    call = row[SIGN] > 0.0
    if not in_coin:
        bottom, top = _probability_bounds(f_low, f_high, strike, row[VOL], longest, shortest, 0.5)
        weight = ratio if kind == LINEAR_OPTION else 1.0
        offset = 0.0 if call else 1.0
        return weight * (bottom - offset), weight * (top - offset)
    # In coin: K·N(d2)/F for a call, -K·N(-d2)/F for a put; linear ones count per spot instead of per forward.
    bottom, top = _probability_bounds(f_low, f_high, strike, row[VOL], longest, shortest, -0.5)
    weight = ratio if kind == LINEAR_OPTION else 1.0
    least, most = weight * strike / f_high, weight * strike / f_low
    if call:
        return least * bottom, most * top
    return -most * (1.0 - bottom), -least * (1.0 - top)


@inlined
def _range_bounds(row, low, high, in_coin):
    """Bounds of a liquidity range's delta: it falls in the price; in coin it is minus the cash over the price."""
    value_low, delta_low, _ = range_value(low, row[LOWER], row[UPPER], 1.0)
    value_high, delta_high, _ = range_value(high, row[LOWER], row[UPPER], 1.0)
    if not in_coin:
        return delta_high, delta_low
    cash_low, cash_high = value_low - delta_low * low, value_high - delta_high * high
    rounding = _SLACK * delta_low  # the cash is a small difference of large numbers where the price is low
    return -cash_high / low - rounding, -cash_low / high + rounding


@inlined
def _unit_bounds(kind, row, low, high, years, in_coin):
    """Bounds of the delta of one unit of a row."""
    ratio, entry = row[RATIO], row[ENTRY]
    if kind in (LINEAR_OPTION, INVERSE_OPTION):
        return _option_bounds(kind, row, low, high, years, in_coin)
    if kind == CASH:
        return (-1.0 / low, -1.0 / high) if in_coin else (0.0, 0.0)
    if kind == COIN:
        return (0.0, 0.0) if in_coin else (1.0, 1.0)
    if kind == LINEAR_FUTURE:
        return (entry / high, entry / low) if in_coin else (ratio, ratio)
    if kind == INVERSE_FUTURE:
        return (1.0 / (ratio * high), 1.0 / (ratio * low)) if in_coin else (1.0 / entry, 1.0 / entry)
    return _range_bounds(row, low, high, in_coin)


@inlined
def _book_bounds(kinds, table, low, high, years, in_coin):
    """Bounds of the whole book's delta over a box, widened by rounding."""
    bottom, top = 0.0, 0.0
    for i in range(kinds.shape[0]):
        least, most = _unit_bounds(kinds[i], table[i], low, high, years, in_coin)
        size = table[i, QUANTITY]
        slack = _SLACK * abs(size) * max(abs(least), abs(most))
        if kinds[i] in (LINEAR_OPTION, INVERSE_OPTION):
            slack += _OPTION_SLACK * abs(size)
        bottom += (size * least if size > 0.0 else size * most) - slack
        top += (size * most if size > 0.0 else size * least) + slack
    return bottom, top


@inlined
def _reach(kinds, table, spot, years, in_coin, lower, upper, direction):
    """Largest log move in one direction for which the bounds stay inside."""
    inside, outside = 0.0, _FARTHEST
    for _ in range(_STEPS):
        move = 0.5 * (inside + outside)
        other = spot * math.exp(direction * move)
        bottom, top = _book_bounds(kinds, table, min(spot, other), max(spot, other), years, in_coin)
        if lower <= bottom and top <= upper:
            inside = move
        else:
            outside = move
    return inside


@kernel
def delta_bounds(kinds, table, low, high, years, in_coin):
    """Return bounds of the book's delta for spots in [low, high] and the next years."""
    return _book_bounds(kinds, table, low, high, years, in_coin)


@kernel
def quiet_box(kinds, table, spot, in_coin, lower, upper):
    """Return below, above and years: strictly inside them the delta stays in [lower, upper].

    Time first: as long as the passing of time alone uses up less than a small share of the room, so that most of it
    is left for the spot. Then the spot, both ways.
    """
    bottom, top = _book_bounds(kinds, table, spot, spot, 0.0, in_coin)
    if not (lower <= bottom and top <= upper):
        return spot, spot, 0.0
    years = _LONGEST
    for i in range(kinds.shape[0]):
        if kinds[i] in (LINEAR_OPTION, INVERSE_OPTION):
            years = min(years, table[i, EXPIRY])
    room_below, room_above = bottom + _SHARE * (lower - bottom), top + _SHARE * (upper - top)
    for _ in range(60):
        bottom, top = _book_bounds(kinds, table, spot, spot, years, in_coin)
        if room_below <= bottom and top <= room_above:
            break
        years *= 0.5
    down = _reach(kinds, table, spot, years, in_coin, lower, upper, -1.0)
    up = _reach(kinds, table, spot, years, in_coin, lower, upper, 1.0)
    return spot * math.exp(-down), spot * math.exp(up), years
