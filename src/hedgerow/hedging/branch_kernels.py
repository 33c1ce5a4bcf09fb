# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Lower bounds of a split problem from multipliers, however they were found, and what they say of each instrument.

For any multipliers y of the rows and any point z, convexity gives for every feasible z'

    objective(z') >= -½z'Qz + sum_v min over l_v <= z_v <= u_v of (c_v·z_v + ½d_v·z_v² + power_v(z_v))
                     - y+'upper + y-'lower,   c = Qz + f + A'y,

Q being the variance part of the Hessian, d the rest, its diagonal, and power the cost with the 3/2 power. The minimum
is taken piece by piece, so the bound is safe whatever the solver did. To replace one instrument's part by what it is
without any trade, or with a trade one way and its fixed charge paid, bounds the two branches without solving them.
"""

import math
from typing import NamedTuple

import numpy as np

from hedgerow.core.compiling import inlined, kernel

OFF, BUY, SELL = 1, 2, 4
"""What an instrument may still do: nothing, buy, sell; sums of them."""


@inlined
def _power(k, start, z):
    """What z costs by the 3/2 power after start."""
    return k * ((start + z) * math.sqrt(start + z) - start * math.sqrt(start)) if k != 0.0 and z != 0.0 else 0.0


@inlined
def _least(c, d, k, start, low, high):
    """The least of c·z + ½d·z² and the 3/2 power on [low, high]."""
    z = low
    if c + d * low + 1.5 * k * math.sqrt(start + low) < 0.0:
        z = high
        if c + d * high + 1.5 * k * math.sqrt(start + high) > 0.0:
            # A quadratic in sqrt(start + z), solved without cancellation.
            drop = d * start - c
            root = 2.0 * drop / (1.5 * k + math.sqrt(2.25 * k * k + 4.0 * d * drop)) if k != 0.0 else 0.0
            z = min(max(root * root - start if k != 0.0 else -c / d, low), high)
    return z * (c + 0.5 * d * z) + _power(k, start, z) if z != 0.0 else 0.0


class Node(NamedTuple):
    """What all nodes share.

    Parameters
    ----------
    risk : ndarray of shape (p, p)
        Variance part of the Hessian.
    curve, linear : ndarrays of shape (p,)
        The rest of it, and the linear term without any charge.
    power, start : ndarrays of shape (p,)
        Cost with the 3/2 power, and how much its instrument trades where a piece starts.
    rows : ndarray of shape (m, p)
        Rows.
    lower, upper : ndarrays of shape (p + m,)
        Ends of pieces and rows.
    owner, way : ndarrays of shape (p,)
        Whose piece it is, and whether it buys or sells.
    first : ndarray of shape (p,)
        The least that is taken of a piece once its instrument trades that way; over the pieces it adds up to the
        smallest trade.
    charge : ndarray of shape (n,)
        Paid by an instrument that trades.
    """

    risk: np.ndarray
    curve: np.ndarray
    linear: np.ndarray
    power: np.ndarray
    start: np.ndarray
    rows: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    owner: np.ndarray
    way: np.ndarray
    first: np.ndarray
    charge: np.ndarray


@kernel
def open_node(node, allowed, linear, lower, upper):
    """Fill linear[p], lower[p + m], upper[p + m] with the program of a node, where allowed[n] says what may be done."""
    count, n = node.linear.shape[0], node.charge.shape[0]
    room = np.zeros((2, n))
    for v in range(lower.shape[0]):
        lower[v], upper[v] = node.lower[v], node.upper[v]
    for v in range(count):
        here = allowed[node.owner[v]]
        if here & node.way[v] == 0:
            upper[v] = 0.0
        lower[v] = min(node.first[v], upper[v]) if here == node.way[v] else 0.0
        room[0 if node.way[v] == BUY else 1, node.owner[v]] += upper[v]
    for v in range(count):
        i = node.owner[v]
        most = room[0 if node.way[v] == BUY else 1, i]
        linear[v] = node.linear[v]
        if allowed[i] & OFF and most > 0.0:
            linear[v] += node.charge[i] / most


@inlined
def _taken(node, z, taken, least):
    """Fill taken[2, n] and least[2, n] with what is bought and sold of each instrument, and its smallest trade."""
    for i in range(node.charge.shape[0]):
        taken[0, i] = taken[1, i] = least[0, i] = least[1, i] = 0.0
    for v in range(z.shape[0]):
        way = 0 if node.way[v] == BUY else 1
        taken[way, node.owner[v]] += z[v]
        least[way, node.owner[v]] += node.first[v]


@inlined
def _bound(node, lower, upper, z, y, allowed, parts):
    """The safe bound of a node, and parts[3, n]: what it becomes with no trade, buying and selling, per instrument."""
    count, m, n = node.linear.shape[0], node.rows.shape[0], node.charge.shape[0]
    slope = np.zeros(count)
    total = 0.0
    for v in range(count):
        if z[v] != 0.0:
            for w in range(count):
                slope[w] += node.risk[v, w] * z[v]
    for v in range(count):
        total -= 0.5 * slope[v] * z[v]
        slope[v] += node.linear[v]
    for r in range(m):
        price = y[r]
        if price != 0.0:
            for v in range(count):
                slope[v] += node.rows[r, v] * price
            total -= price * (upper[count + r] if price > 0.0 else lower[count + r])
    for i in range(n):
        parts[0, i] = 0.0
        parts[1, i] = parts[2, i] = node.charge[i]
    for v in range(count):
        way = 1 if node.way[v] == BUY else 2
        least = min(node.first[v], upper[v])
        parts[way, node.owner[v]] += _least(slope[v], node.curve[v], node.power[v], node.start[v], least, upper[v])
    for i in range(n):
        best = math.inf
        for way in range(3):
            if allowed[i] & (1 << way):
                best = min(best, parts[way, i])
        total += best
        for way in range(3):
            parts[way, i] -= best
    for i in range(n):
        for way in range(3):
            parts[way, i] += total
    return total


@kernel
def judge_node(node, lower, upper, z, y, allowed, nothing, parts, choice):
    """(bound, value, whether it is a plan) of point z[p], which is brought into its ends; fills parts[3, n], choice[n].

    The value counts every charge whole; choice is what the point does with each instrument.
    """
    count, m, n = node.linear.shape[0], node.rows.shape[0], node.charge.shape[0]
    for v in range(count):
        z[v] = min(max(z[v], lower[v]), upper[v])
    bound = _bound(node, lower, upper, z, y, allowed, parts)
    value, is_plan = 0.0, True
    taken, least = np.empty((2, n)), np.empty((2, n))
    _taken(node, z, taken, least)
    for v in range(count):
        bend = 0.0
        for w in range(count):
            bend += node.risk[v, w] * z[w]
        value += z[v] * (node.linear[v] + 0.5 * (bend + node.curve[v] * z[v])) + _power(
            node.power[v], node.start[v], z[v]
        )
    for i in range(n):
        net = taken[0, i] - taken[1, i]
        choice[i] = BUY if net > nothing else (SELL if net < -nothing else OFF)
        for way in range(2):
            if nothing < taken[way, i] < least[way, i] * (1.0 - 1e-9):
                is_plan = False
        if choice[i] != OFF:
            value += node.charge[i]
    for r in range(m):
        row = 0.0
        for v in range(count):
            row += node.rows[r, v] * z[v]
        if row > node.upper[count + r] + 1e-9 or row < node.lower[count + r] - 1e-9:
            is_plan = False
    return bound, value, is_plan


@kernel
def close_choices(parts, enough, allowed):
    """Close in allowed[n] every choice whose bound is above enough; returns whether any was, and whether all of one."""
    changed, dead = False, False
    for i in range(allowed.shape[0]):
        for way in range(3):
            if allowed[i] & (1 << way) and parts[way, i] >= enough:
                allowed[i] -= 1 << way
                changed = True
        dead = dead or allowed[i] == 0
    return changed, dead


@kernel
def pick_instrument(node, allowed, linear, z, nothing):
    """The instrument whose charge is least paid for, or that trades too little; -1 if nothing is left to choose."""
    n = node.charge.shape[0]
    short = np.zeros(n)
    for i in range(n):
        if allowed[i] != OFF and allowed[i] != BUY and allowed[i] != SELL:
            short[i] = node.charge[i] if allowed[i] & OFF else 0.0
    taken, least = np.empty((2, n)), np.empty((2, n))
    _taken(node, z, taken, least)
    for v in range(z.shape[0]):
        short[node.owner[v]] -= (linear[v] - node.linear[v]) * z[v]
    for i in range(n):
        for way in range(2):
            if nothing < taken[way, i] < least[way, i] * (1.0 - 1e-9) and allowed[i] & OFF:
                short[i] += 1e-9 + least[way, i] - taken[way, i]
    pick, most = -1, 1e-15
    for i in range(n):
        if taken[0, i] + taken[1, i] > nothing and allowed[i] & OFF and allowed[i] != OFF and short[i] > most:
            pick, most = i, short[i]
    return pick
