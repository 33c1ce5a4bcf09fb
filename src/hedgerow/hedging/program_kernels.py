# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""The hedge problem as numbers, and what one instrument contributes to it.

What an instrument costs by itself, and how it enters the limits, is a convex function of its trade that is smooth
between *kinks*: no trade, ends of the levels of an order book, the trade that closes the position, and the two ends of
what may be traded. A *piece* lies between two kinks. On piece j of instrument i, at trade x,

    own slope   = slope + curve·(x - anchor) + 1.5·power·sqrt(|x|)·sign(x)
    row weight  = linear + long where the position afterwards is long, linear - short where it is short

so every rule of the solver has the same form whatever the costs are made of.
"""

import math
from typing import NamedTuple

import numpy as np

from hedgerow.core.compiling import inlined, kernel


class Program(NamedTuple):
    """A hedge problem as arrays, in some units.

    Parameters
    ----------
    hessian : ndarray of shape (n, n)
        Second derivative of the variance term.
    gradient : ndarray of shape (n,)
        Its derivative at no trade.
    kink : ndarray of shape (n, p + 1)
        Ends of the pieces, in order; the last ones repeat where an instrument has fewer.
    count : ndarray of shape (n,)
        How many pieces an instrument has; none where only one trade is allowed.
    anchor, level, slope, curve : ndarrays of shape (n, p)
        Where a piece's cost is known, what it is there without the 3/2 power, its derivative and second derivative.
    side : ndarray of shape (n, p)
        +1 where the position afterwards is long, -1 where it is short.
    power : ndarray of shape (n,)
        Coefficient of the 3/2 power.
    held : ndarray of shape (n,)
        Position before.
    linear, long, short : ndarrays of shape (m, n)
        What a row counts per contract traded, held long afterwards, held short afterwards.
    base : ndarray of shape (m,)
        What a row is without any trade and position.
    lower, upper : ndarrays of shape (m,)
        Its ends.
    """

    hessian: np.ndarray
    gradient: np.ndarray
    kink: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # a tuple counts too, but nobody asks it to
    anchor: np.ndarray
    level: np.ndarray
    slope: np.ndarray
    curve: np.ndarray
    side: np.ndarray
    power: np.ndarray
    held: np.ndarray
    linear: np.ndarray
    long: np.ndarray
    short: np.ndarray
    base: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@inlined
def own_slope(slope, curve, anchor, power, x):
    """Derivative of an instrument's own cost on one of its pieces, at trade x."""
    if curve != 0.0:  # nothing times infinity is no number
        slope += curve * (x - anchor)
    if power != 0.0:
        slope += math.copysign(1.5 * power * math.sqrt(abs(x)), x)
    return slope


@inlined
def own_costs(program, x, out):
    """Fill out[n] with every instrument's own cost at x[n], the piece on the side of no trade counting at a kink."""
    for i in range(x.shape[0]):
        j, last = 0, program.count[i] - 1
        while j < last and (x[i] > program.kink[i, j + 1] or (x[i] == program.kink[i, j + 1] and x[i] <= 0.0)):
            j += 1
        cost = program.level[i, j]
        if last >= 0:
            away = x[i] - program.anchor[i, j]
            if away != 0.0:
                cost += away * (program.slope[i, j] + 0.5 * program.curve[i, j] * away)
            size = abs(x[i])
            cost += program.power[i] * size * math.sqrt(size)
        out[i] = cost


@inlined
def row_values(program, x, plain, out):
    """Fill out[m] with the rows at x[n]; only those from plain on count positions."""
    for r in range(program.base.shape[0]):
        value = program.base[r]
        for i in range(x.shape[0]):
            value += program.linear[r, i] * x[i]
        if r >= plain:
            for i in range(x.shape[0]):
                after = program.held[i] + x[i]
                value += program.long[r, i] * max(after, 0.0) + program.short[r, i] * max(-after, 0.0)
        out[r] = value


@inlined
def risk_slope(program, x, out):
    """Fill out[n] with what trade x[n] adds to the derivative of the variance term."""
    n = x.shape[0]
    for i in range(n):
        out[i] = 0.0
    for j in range(n):
        if x[j] != 0.0:
            for i in range(n):
                out[i] += program.hessian[j, i] * x[j]


@inlined
def add_prices(program, y, out):
    """Add the rows' linear parts, priced at y[m], to out[n]."""
    for r in range(y.shape[0]):
        if y[r] != 0.0:
            for i in range(out.shape[0]):
                out[i] += program.linear[r, i] * y[r]


@inlined
def gross_prices(program, y, plain, plus, minus):
    """Fill plus[n] and minus[n] with what a contract held long or short costs through the rows priced at y[m]."""
    for i in range(plus.shape[0]):
        plus[i] = minus[i] = 0.0
    for r in range(plain, y.shape[0]):
        if y[r] > 0.0:
            for i in range(plus.shape[0]):
                plus[i] += y[r] * program.long[r, i]
                minus[i] += y[r] * program.short[r, i]


@inlined
def _at_rest(slope, curve, anchor, power, q, c):
    """Where on a piece the function q·x + own slope + c vanishes; the piece is known to hold it."""
    stiff = q + curve
    c += slope - (curve * anchor if curve != 0.0 else 0.0)
    k = 1.5 * power
    if k == 0.0:
        return -c / stiff
    # A quadratic in sqrt(|x|), solved without cancellation.
    root = 2.0 * abs(c) / (k + math.sqrt(k * k + 4.0 * stiff * abs(c)))
    return math.copysign(root * root, -c)


@inlined
def rest(program, x, slope, q, plus, minus, place, where):
    """Fill place[n] and where[n] with the proximal steps from x[n].

    slope[n] is the derivative of everything but own costs and the prices plus[n] and minus[n] of long and short
    positions; q[n] the curvature of the step. A place is a piece, or -1 - kink where the step stops at one.
    """
    for i in range(x.shape[0]):
        c, power, count = slope[i] - q[i] * x[i], program.power[i], program.count[i]
        place[i], where[i] = -1 - count, program.kink[i, count]
        for j in range(count):
            s, b, a = program.slope[i, j], program.curve[i, j], program.anchor[i, j]
            price = c + (plus[i] if program.side[i, j] > 0.0 else -minus[i])
            start, end = program.kink[i, j], program.kink[i, j + 1]
            if q[i] * start + own_slope(s, b, a, power, start) + price >= 0.0:
                place[i], where[i] = -1 - j, start
                break
            if q[i] * end + own_slope(s, b, a, power, end) + price > 0.0:
                place[i], where[i] = j, min(max(_at_rest(s, b, a, power, q[i], price), start), end)
                break


@kernel
def objective(program, x):
    """Variance term, beyond its constant, and own costs at x[n]."""
    n = x.shape[0]
    part, costs = np.empty(n), np.empty(n)
    risk_slope(program, x, part)
    own_costs(program, x, costs)
    total = 0.0
    for i in range(n):
        total += (program.gradient[i] + 0.5 * part[i]) * x[i] + costs[i]
    return total


@kernel
def rows_at(program, x):
    """The rows at x[n]."""
    out = np.empty(program.base.shape[0])
    row_values(program, x, 0, out)
    return out
