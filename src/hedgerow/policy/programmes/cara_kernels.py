# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""One step back in time of the program of constant risk aversion, on a lattice of prices and a grid of holdings.

v[x, h] is the logarithm of E[exp(g·loss)] from there on. Hodges, Neuberger (1989), Review of Futures Markets 8:222;
Davis, Panas, Zariphopoulou (1993), SIAM J. Control and Optimization 31:470, doi 10.1137/0331022, section 4.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined, kernel

_CAP: Final = 600.0
"""Exponents are cut here. Only holdings from which everybody trades away lose or gain so much in one step."""


@kernel
def hold(v, spot, grid, aversion, weights, scratch, out):
    """Fill out[x, h] = ln E[exp(v' - g·h·(S' - S))]: what a holding leads to if it is kept over one step.

    Exponents count from the row in the middle of a block of rows, so that each is computed about once.
    """
    n, k = v.shape
    reach = weights.shape[0] // 2
    width = 4 * reach + 1
    for start in range(0, n, width):
        stop = min(start + width, n)
        mid = (start + stop) // 2
        first, last = max(start - reach, 0), min(stop + reach, n)
        for r in range(first, last):
            move = aversion * (spot[r] - spot[mid])
            for j in range(k):
                scratch[r - first, j] = math.exp(min(max(v[r, j] - v[mid, j] - move * grid[j], -_CAP), _CAP))
        for i in range(start, stop):
            for j in range(k):
                out[i, j] = 0.0
            for q in range(2 * reach + 1):
                r = min(max(i + q - reach, 0), n - 1) - first
                weight = weights[q]
                for j in range(k):
                    out[i, j] += weight * scratch[r, j]
            move = aversion * (spot[i] - spot[mid])
            for j in range(k):
                out[i, j] = math.log(out[i, j]) + v[mid, j] + move * grid[j]


@inlined
def _lowest(row, grid, slope, zero):
    """Return where row + slope·h is least, between nodes by a parabola, and its value there.

    At node ``zero`` row may jump: to hold nothing saves the fixed cost of selling it.
    """
    best = 0
    for j in range(1, row.shape[0]):
        if row[j] + slope * grid[j] < row[best] + slope * grid[best]:
            best = j
    level = row[best] + slope * grid[best]
    if best == 0 or best == row.shape[0] - 1 or best == zero:
        return grid[best], level
    left = row[best - 1] + slope * grid[best - 1]
    right = row[best + 1] + slope * grid[best + 1]
    bend = left - 2.0 * level + right
    if not bend > 0.0:
        return grid[best], level
    shift = 0.5 * (left - right) / bend
    return grid[best] + shift * (grid[1] - grid[0]), level - 0.25 * (left - right) * shift


@inlined
def _edge(row, grid, slope, goal, level, toll, side):
    """Return from where on a trade to the goal is worth its toll: the first crossing beyond the goal on one side."""
    place = (goal - grid[0]) / (grid[1] - grid[0])
    j = min(math.floor(place), row.shape[0] - 1) if side < 0 else max(math.ceil(place), 0)
    gain, at = -toll, goal
    while 0 <= j < row.shape[0]:
        following = row[j] - (level + side * slope * grid[j] + toll)
        if following > 0.0:
            return at + (grid[j] - at) * gain / (gain - following)
        gain, at = following, grid[j]
        j += side
    return at


@kernel
def trade(held, spot, grid, zero, aversion, proportional, fixed, bands, v):
    """Choose between holding and trading: bands[x, 4] get lower, upper, buy_to, sell_to, and v[x, h] the least value.

    held[x, h] comes from ``hold``. Whoever buys goes where held + g·k·S·h is least, whoever sells where held - g·k·S·h
    is: without a fixed cost these are the edges.
    """
    toll = aversion * fixed
    for i in range(held.shape[0]):
        row = held[i]
        slope = aversion * proportional * spot[i]
        buy, buy_level = _lowest(row, grid, slope, zero)
        sell, sell_level = _lowest(row, grid, -slope, zero)
        if buy > sell:
            buy = 0.5 * (buy + sell)
            sell = buy
        for j in range(row.shape[0]):
            least = row[j]
            if grid[j] < buy:
                least = min(least, buy_level - slope * grid[j] + toll)
            if grid[j] > sell:
                least = min(least, sell_level + slope * grid[j] + toll)
            v[i, j] = least
        bands[i, 0], bands[i, 1], bands[i, 2], bands[i, 3] = buy, sell, buy, sell
        if toll > 0.0:
            bands[i, 0] = _edge(row, grid, slope, buy, buy_level, toll, -1)
            bands[i, 1] = _edge(row, grid, slope, sell, sell_level, toll, 1)


@kernel
def look_up(bands, first, spacing, log_spot, out):
    """Fill out[4, path] with the bands[x, 4] of one date at every path's price, linear between nodes."""
    n = bands.shape[0]
    for p in range(log_spot.shape[0]):
        place = min(max((log_spot[p] - first) / spacing, 0.0), n - 1.0)
        i = min(int(place), n - 2)
        share = place - i
        for c in range(4):
            out[c, p] = bands[i, c] * (1.0 - share) + bands[i + 1, c] * share
