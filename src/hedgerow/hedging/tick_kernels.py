# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""One tick: new exposures in, a certified answer out, in one call.

All numbers lie in one array, all counts in another: handing fifty arrays over would take longer than the tick itself.
``Layout`` says where what lies, and is read the same way on both sides.
"""

from typing import NamedTuple

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.hedging.active_set_kernels import Guess, settle_inside
from hedgerow.hedging.certificate_kernels import certify_inside
from hedgerow.hedging.program_kernels import Program


class Exposures(NamedTuple):
    """What moves from tick to tick, what turns it into the problem's numbers, and the answer.

    Parameters
    ----------
    loads : ndarray of shape (n_factor,)
        P&L of the book per unit of each factor.
    rows : ndarray of shape (m,)
        Rows without any trade and position.
    pull : ndarray of shape (n_factor, n)
        Risk aversion times covariance times what one contract adds.
    spread : ndarray of shape (n_factor, n_factor)
        Half the risk aversion times the covariance.
    unit, norm, give, reach : ndarrays of shape (n,), (m,), (m,) and (m,)
        Equilibrated units; how far a price moves a row; what a lot of everything does to a row.
    lot : ndarray of shape (n,)
        Smallest steps.
    x, prices : ndarrays of shape (n,) and (m,)
        The answer.
    """

    loads: np.ndarray
    rows: np.ndarray
    pull: np.ndarray
    spread: np.ndarray
    unit: np.ndarray
    norm: np.ndarray
    give: np.ndarray
    reach: np.ndarray
    lot: np.ndarray
    x: np.ndarray
    prices: np.ndarray


@inlined
def _matrix(store, at, rows, columns):
    return store[at : at + rows * columns].reshape(rows, columns)


@inlined
def _program(store, count, at, n, p, m):
    """The program that begins at a place of the store."""
    square, line, table = n * n, n * p, m * n
    hessian, gradient = _matrix(store, at, n, n), store[at + square : at + square + n]
    at += square + n
    kink = _matrix(store, at, n, p + 1)
    at += line + n
    anchor, level = _matrix(store, at, n, p), _matrix(store, at + line, n, p)
    slope, curve = _matrix(store, at + 2 * line, n, p), _matrix(store, at + 3 * line, n, p)
    side = _matrix(store, at + 4 * line, n, p)
    at += 5 * line
    power, held = store[at : at + n], store[at + n : at + 2 * n]
    at += 2 * n
    linear, long = _matrix(store, at, m, n), _matrix(store, at + table, m, n)
    short = _matrix(store, at + 2 * table, m, n)
    at += 3 * table
    base, lower, upper = store[at : at + m], store[at + m : at + 2 * m], store[at + 2 * m : at + 3 * m]
    return Program(
        hessian, gradient, kink, count, anchor, level, slope, curve, side, power, held, linear, long, short, base,
        lower, upper,
    )  # fmt: skip


@inlined
def _program_size(n, p, m):
    return n * n + n + n * (p + 1) + 5 * n * p + 2 * n + 3 * m * n + 3 * m


@inlined
def _views(store, counts, n, p, m, n_factor):
    """The two programs, the guess and the exposures that lie in the store."""
    raw = _program(store, counts[:n], 0, n, p, m)
    size = _program_size(n, p, m)
    scaled = _program(store, counts[:n], size, n, p, m)
    at = 2 * size
    ints = n
    guess = Guess(
        counts[ints : ints + n],
        counts[ints + n : ints + n + m],
        store[at : at + n],
        store[at + n : at + n + m],
        counts[ints + n + m : ints + 2 * n + m],
        counts[ints + 2 * n + m : ints + 2 * n + 2 * m],
        _matrix(store, at + n + m, n, n),
        _matrix(store, at + n + m + n * n, m, n),
        _matrix(store, at + n + m + n * n + m * n, m, m),
    )
    at += n + m + n * n + m * n + m * m
    f = n_factor
    pull, spread = _matrix(store, at + f + m, f, n), _matrix(store, at + f + m + f * n, f, f)
    loads, rows = store[at : at + f], store[at + f : at + f + m]
    at += f + m + f * n + f * f
    unit, norm = store[at : at + n], store[at + n : at + n + m]
    at += n + m
    give, reach, lot = store[at : at + m], store[at + m : at + 2 * m], store[at + 2 * m : at + 2 * m + n]
    at += 2 * m + n
    x, prices = store[at : at + n], store[at + n : at + n + m]
    return raw, scaled, guess, Exposures(loads, rows, pull, spread, unit, norm, give, reach, lot, x, prices)


@kernel
def views(store, counts, n, p, m, n_factor):
    """The two programs, the guess and the exposures that lie in the store."""
    return _views(store, counts, n, p, m, n_factor)


@kernel
def store_sizes(n, p, m, n_factor):
    """How many numbers and how many counts a store holds."""
    guess = n + m + n * n + m * n + m * m
    exposures = n_factor * (1 + n + n_factor) + 3 * n + 5 * m
    return 2 * _program_size(n, p, m) + guess + exposures, 3 * n + 2 * m


@inlined
def _move(raw, scaled, exposures):
    """Bring both programs to the exposures; returns the variance term at no trade."""
    n, n_factor = raw.gradient.shape[0], exposures.loads.shape[0]
    bend = np.zeros(n_factor)
    for i in range(n):
        raw.gradient[i] = 0.0
    for f in range(n_factor):
        load = exposures.loads[f]
        if load != 0.0:
            for i in range(n):
                raw.gradient[i] += exposures.pull[f, i] * load
            for g in range(n_factor):
                bend[g] += exposures.spread[f, g] * load
    start = 0.0
    for f in range(n_factor):
        start += bend[f] * exposures.loads[f]
    for i in range(n):
        scaled.gradient[i] = raw.gradient[i] * exposures.unit[i]
    for r in range(raw.base.shape[0]):
        raw.base[r] = exposures.rows[r]
        scaled.base[r] = exposures.rows[r] / exposures.norm[r]
    return start


@kernel
def tick(store, counts, n, p, m, n_factor, plain, has_power, rounds):
    """Move to the exposures in the store, settle, certify: the residuals, and the rounds used or -1."""
    raw, scaled, guess, exposures = _views(store, counts, n, p, m, n_factor)
    start = _move(raw, scaled, exposures)
    used = settle_inside(scaled, guess, exposures.give, plain, has_power, rounds)
    x, prices = exposures.x, exposures.prices
    for i in range(n):
        x[i] = min(max(guess.x[i] * exposures.unit[i], raw.kink[i, 0]), raw.kink[i, raw.count[i]])
    for r in range(m):
        prices[r] = guess.y[r] / exposures.norm[r]
    if used < 0:
        return np.inf, np.inf, np.inf, np.inf, used
    a, b, c, d = certify_inside(raw, x, prices, exposures.lot, exposures.reach, start, plain)
    return a, b, c, d, used
