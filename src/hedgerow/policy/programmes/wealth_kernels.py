# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""One step back in time of the program whose third state is what has been lost so far.

v[x, h, l] is the least expected penalty of the losses at the end, from price x, holding h and losses l on. A purchase
costs k·S for each unit, so that it moves along a line on which L - k·S·h stays; a sale along one of L + k·S·h. On
each line there is one goal, whatever the holding.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined, kernel

SQUARES: Final = 0
SHORTFALL: Final = 1


@inlined
def _penalty(kind, losses, mean_weight, rounding):
    """Penalise losses: by their square, or by what exceeds zero and, to break ties, a little of the mean.

    The kink is rounded off over two nodes, or a cubic through nodes would undercut it.
    """
    if kind == SQUARES:
        return losses * losses
    over = max(losses, 0.0)
    if abs(losses) < rounding:
        over = (losses + rounding) * (losses + rounding) / (4.0 * rounding)
    return over + mean_weight * losses


@inlined
def _shares(f):
    """Weights of Lagrange's cubic at nodes -1, 0, 1, 2: it leaves squares as they are."""
    low, high, over = f * (f - 1.0), (f + 1.0) * (f - 2.0), f + 1.0
    return -low * (f - 2.0) / 6.0, high * (f - 1.0) / 2.0, -over * f * (f - 2.0) / 2.0, low * over / 6.0


@kernel
def widen(v, margin, kind, mean_weight, spacing, wide):
    """Fill wide[x, h, margin + l + margin]: beyond its ends v goes on as the penalty itself does.

    Slopes or bends read off the last nodes would make rounding grow from date to date.
    """
    n, k, m = v.shape
    bend = 2.0 * spacing * spacing if kind == SQUARES else 0.0
    for i in range(n):
        for j in range(k):
            for e in range(m):
                wide[i, j, margin + e] = v[i, j, e]
            low, high = v[i, j, 0], v[i, j, m - 1]
            fall, rise = low - v[i, j, 1], high - v[i, j, m - 2]
            if kind == SHORTFALL:
                fall, rise = -mean_weight * spacing, (1.0 + mean_weight) * spacing
            for e in range(1, margin + 1):
                wide[i, j, margin - e] = low + fall * e + 0.5 * bend * e * (e + 1)
                wide[i, j, margin + m - 1 + e] = high + rise * e + 0.5 * bend * e * (e + 1)


@kernel
def hold_last(kind, mean_weight, worth, before, sold, spot, grid, weights, first, spacing, out):
    """Fill out[x, h, l] with the expected penalty of a holding kept over the last step, from its formula."""
    n, k, m = out.shape
    reach = weights.shape[0] // 2
    for i in range(n):
        for j in range(k):
            for e in range(m):
                out[i, j, e] = 0.0
            for q in range(weights.shape[0]):
                r = min(max(i + q - reach, 0), n - 1)
                lost = worth[r] - before[i] - grid[j] * (spot[r] - spot[i]) + sold[r, j] + first
                for e in range(m):
                    out[i, j, e] += weights[q] * _penalty(kind, lost + e * spacing, mean_weight, 2.0 * spacing)


@kernel
def hold(wide, margin, worth, before, spot, grid, weights, spacing, out):
    """Fill out[x, h, l] with the expected v of a holding kept over a step; a move shifts all losses alike."""
    n, k, m = out.shape
    reach = weights.shape[0] // 2
    most = margin - 2.0
    for i in range(n):
        for j in range(k):
            for e in range(m):
                out[i, j, e] = 0.0
            for q in range(weights.shape[0]):
                r = min(max(i + q - reach, 0), n - 1)
                lost = (worth[r] - before[i] - grid[j] * (spot[r] - spot[i])) / spacing
                lost = min(max(lost, -most), most)
                cell = math.floor(lost)
                a, b, c, d = _shares(lost - cell)
                a, b, c, d = weights[q] * a, weights[q] * b, weights[q] * c, weights[q] * d
                start = margin + int(cell)
                for e in range(start, start + m):
                    out[i, j, e - start] += (
                        a * wide[r, j, e - 1] + b * wide[r, j, e] + c * wide[r, j, e + 1] + d * wide[r, j, e + 2]
                    )


@inlined
def _read(row, place):
    """Read a row between its nodes."""
    place = min(max(place, 1.0), row.shape[0] - 3.0)
    i = int(place)
    a, b, c, d = _shares(place - i)
    return a * row[i - 1] + b * row[i] + c * row[i + 1] + d * row[i + 2]


@inlined
def _least(values, side):
    """Return the first node, as seen from who trades least, at which values are least."""
    best = 0 if side > 0 else values.shape[0] - 1
    for step in range(1, values.shape[0]):
        j = step if side > 0 else values.shape[0] - 1 - step
        if values[j] < values[best]:
            best = j
    return best


@kernel
def choose_goals(wide, margin, extra, spot, grid, zero, proportional, spacing, side, values, goals, levels):
    """Fill goals[x, line] and levels[x, line]: where purchases (side 1) or sales (-1) end, and the v there.

    Lines are spaced like losses, with ``extra`` more at each end; values[h] is scratch. At node ``zero`` v may jump: to
    hold nothing saves the fixed cost of selling it.
    """
    width = grid[1] - grid[0]
    for i in range(wide.shape[0]):
        slope = side * proportional * spot[i] / spacing
        for line in range(goals.shape[1]):
            for j in range(grid.shape[0]):
                values[j] = _read(wide[i, j], margin + line - extra + slope * grid[j])
            best = _least(values, side)
            goal, level = grid[best], values[best]
            if 0 < best < grid.shape[0] - 1 and best != zero:
                bend = values[best - 1] - 2.0 * level + values[best + 1]
                if bend > 0.0:
                    shift = 0.5 * (values[best - 1] - values[best + 1]) / bend
                    goal += shift * width
                    level -= 0.25 * (values[best - 1] - values[best + 1]) * shift
            goals[i, line], levels[i, line] = goal, level


@inlined
def _between(row, place):
    place = min(max(place, 0.0), row.shape[0] - 1.0)
    i = min(int(place), row.shape[0] - 2)
    return row[i] + (row[i + 1] - row[i]) * (place - i)


@kernel
def settle(held, extra, spot, grid, proportional, toll, spacing, goals, levels, sale_goals, sale_levels, v):
    """Fill v[x, h, l] with the least of holding, buying and selling; toll is the fixed cost in nodes of losses."""
    n, k, m = held.shape
    for i in range(n):
        for j in range(k):
            cost = proportional * spot[i] * grid[j] / spacing
            for e in range(m):
                least = held[i, j, e]
                buying, selling = e + extra - cost + toll, e + extra + cost + toll
                if grid[j] < _between(goals[i], buying):
                    least = min(least, _read(levels[i], buying))
                if grid[j] > _between(sale_goals[i], selling):
                    least = min(least, _read(sale_levels[i], selling))
                v[i, j, e] = least


@kernel
def find_edges(wide, margin, extra, spot, grid, proportional, toll, spacing, side, goals, levels, edges):
    """Fill edges[x, line] with the holding from which on a trade to the goal is worth the toll."""
    for i in range(wide.shape[0]):
        slope = side * proportional * spot[i] / spacing
        for line in range(goals.shape[1]):
            goal, level = _between(goals[i], line + toll), _read(levels[i], line + toll)
            place = (goal - grid[0]) / (grid[1] - grid[0])
            j = math.floor(place) if side > 0 else math.ceil(place)
            j = min(max(j, 0), grid.shape[0] - 1)
            gain, at = min(_read(levels[i], line * 1.0) - level, 0.0), goal
            edges[i, line] = grid[0] if side > 0 else grid[grid.shape[0] - 1]
            while 0 <= j < grid.shape[0]:
                following = _read(wide[i, j], margin + line - extra + slope * grid[j]) - level
                if following > 0.0:
                    edges[i, line] = at + (grid[j] - at) * gain / (gain - following)
                    break
                gain, at = following, grid[j]
                j -= side


@kernel
def look_up_lines(table, first, spacing, lowest, width, jump, log_spot, lines, sale_lines, out):
    """Fill out[6, path] from table[x, line, 6]: entries 0, 2 and 4 on lines of purchases, 1, 3 and 5 of sales.

    Linear between nodes, unless holdings there are farther than ``jump`` apart: between two goals lies no third one,
    and the nearest is taken.
    """
    n, m = table.shape[0], table.shape[1]
    for p in range(log_spot.shape[0]):
        place = min(max((log_spot[p] - first) / spacing, 0.0), n - 1.0)
        i = min(int(place), n - 2)
        f = place - i
        for c in range(6):
            line = lines[p] if c % 2 == 0 else sale_lines[p]
            spot = min(max((line - lowest) / width, 0.0), m - 1.0)
            e = min(int(spot), m - 2)
            g = spot - e
            one, two, three, four = table[i, e, c], table[i, e + 1, c], table[i + 1, e, c], table[i + 1, e + 1, c]
            if c < 4 and max(one, two, three, four) - min(one, two, three, four) > jump:
                out[c, p] = table[i + (f >= 0.5), e + (g >= 0.5), c]
            else:
                out[c, p] = (one * (1.0 - g) + two * g) * (1.0 - f) + (three * (1.0 - g) + four * g) * f
