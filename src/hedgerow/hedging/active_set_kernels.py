# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""From a guess of what binds to the optimum: a primal-dual active set method.

Every instrument is free on one of its pieces or rests at a kink; every row is open or sits at an end. Given these,
the optimum solves one linear system. Where the proximal step of an instrument or a row from that point ends says
which guess was wrong, and the next round corrects all of them at once (Hintermüller, Ito, Kunisch 2002, SIAM J. Optim.
13:865: a semismooth Newton method). From a neighbouring problem's answer one or two rounds are enough, and while the
guess stays right the factorisation is kept. It need not converge from far away; the certificate decides.

A ridge of RIDGE on the diagonal, in units of a unit Hessian, decides between answers that are equally good: nearest to
no trade. Two rounds of refinement take its bias away.
"""

import math
from typing import NamedTuple

import numpy as np

from hedgerow.core.compiling import inlined, kernel
from hedgerow.hedging.program_kernels import add_prices, gross_prices, rest, risk_slope

RIDGE = 1e-9
_ROW_RIDGE = 1e-13
_POLISH = 4
_TINY = 1e-300


class Guess(NamedTuple):
    """What binds, and the factorisation that belongs to it; all of it is overwritten.

    Parameters
    ----------
    piece : ndarray of shape (n,)
        The piece on which an instrument is free, or -1 - kink where it rests.
    end : ndarray of shape (m,)
        -1 or 1 where a row sits at its lower or upper end, 0 where it is open.
    x, y : ndarrays of shape (n,) and (m,)
        Trade and prices of the rows.
    factor_piece, factor_end : ndarrays of shape (n,) and (m,)
        For which guess the factorisation was made; factor_piece[0] is below -10**6 for none.
    factor, weights, schur : ndarrays of shape (n, n), (m, n) and (m, m)
        Cholesky factors of the free part and of the rows, and the rows in between.
    """

    piece: np.ndarray
    end: np.ndarray
    x: np.ndarray
    y: np.ndarray
    factor_piece: np.ndarray
    factor_end: np.ndarray
    factor: np.ndarray
    weights: np.ndarray
    schur: np.ndarray


@inlined
def _cholesky(a, n):
    """Upper factor of a[:n, :n] in place, of its upper triangle; a pivot lost to rounding becomes infinite."""
    for j in range(n):
        pivot = a[j, j]
        if pivot <= 0.0:
            a[j, j] = math.inf
            for k in range(j + 1, n):
                a[j, k] = 0.0
            continue
        root = math.sqrt(pivot)
        a[j, j] = root
        for k in range(j + 1, n):
            a[j, k] /= root
        for i in range(j + 1, n):
            c = a[j, i]
            if c != 0.0:
                for k in range(i, n):
                    a[i, k] -= c * a[j, k]


@inlined
def _forward(u, n, b):
    """Solve U'z = b in place."""
    for j in range(n):
        b[j] /= u[j, j]
        c = b[j]
        for k in range(j + 1, n):
            b[k] -= u[j, k] * c


@inlined
def _backward(u, n, b):
    """Solve Uz = b in place."""
    for j in range(n - 1, -1, -1):
        total = b[j]
        for k in range(j + 1, n):
            total -= u[j, k] * b[k]
        b[j] = total / u[j, j]


@inlined
def _gather(guess, free, rows):
    """List free instruments and rows at their ends; returns how many there are."""
    nf = na = 0
    for i in range(guess.piece.shape[0]):
        if guess.piece[i] >= 0:
            free[nf] = i
            nf += 1
    for r in range(guess.end.shape[0]):
        if guess.end[r] != 0:
            rows[na] = r
            na += 1
    return nf, na


@inlined
def _is_factored(guess, has_power):
    same = not has_power
    for i in range(guess.piece.shape[0]):
        same = same and guess.piece[i] == guess.factor_piece[i]
    for r in range(guess.end.shape[0]):
        same = same and (guess.end[r] != 0) == (guess.factor_end[r] != 0)
    return same


@inlined
def _factorise(program, guess, free, nf, rows, na):
    """Factor the free part of the Hessian and the rows that bind."""
    factor, weights, schur = guess.factor, guess.weights, guess.schur
    for a in range(nf):
        i = free[a]
        for b in range(a, nf):
            factor[a, b] = program.hessian[i, free[b]]
        factor[a, a] += program.curve[i, guess.piece[i]] + RIDGE
        if program.power[i] != 0.0:  # its second derivative, cut off near no trade
            factor[a, a] += 0.75 * program.power[i] / math.sqrt(max(abs(guess.x[i]), 1e-12))
    _cholesky(factor, nf)
    for b in range(na):
        for a in range(nf):
            i, r = free[a], rows[b]
            held = program.long[r, i] if program.side[i, guess.piece[i]] > 0.0 else -program.short[r, i]
            weights[b, a] = program.linear[r, i] + held
        _forward(factor, nf, weights[b])
    for b in range(na):
        for c in range(b, na):
            total = 0.0
            for a in range(nf):
                total += weights[b, a] * weights[c, a]
            schur[b, c] = total
        schur[b, b] += _ROW_RIDGE
    _cholesky(schur, na)
    for i in range(guess.piece.shape[0]):
        guess.factor_piece[i] = guess.piece[i]
    for r in range(guess.end.shape[0]):
        guess.factor_end[r] = guess.end[r]


@inlined
def _correct(program, guess, free, nf, rows, na, slopes, values, dx, dy):
    """One Newton step on the free part: slopes[n] and values[m] hold what is left; x and y are updated."""
    for a in range(nf):
        dx[a] = -slopes[free[a]]
    _forward(guess.factor, nf, dx)
    for b in range(na):
        r = rows[b]
        target = program.upper[r] if guess.end[r] > 0 else program.lower[r]
        total = values[r] - target
        for a in range(nf):
            total += guess.weights[b, a] * dx[a]
        dy[b] = total
    _forward(guess.schur, na, dy)
    _backward(guess.schur, na, dy)
    for b in range(na):
        guess.y[rows[b]] += dy[b]
        for a in range(nf):
            dx[a] -= guess.weights[b, a] * dy[b]
    _backward(guess.factor, nf, dx)
    for a in range(nf):
        guess.x[free[a]] += dx[a]


@inlined
def _slopes(program, guess, plain, work, slopes, plus, minus):
    """Fill work[n] with the derivative of all but own costs, slopes[n] with that of everything on the guessed piece."""
    risk_slope(program, guess.x, work)
    for i in range(work.shape[0]):
        work[i] += program.gradient[i]
    add_prices(program, guess.y, work)
    gross_prices(program, guess.y, plain, plus, minus)
    for i in range(guess.piece.shape[0]):
        j = guess.piece[i]
        if j < 0:
            continue
        x = guess.x[i]
        slopes[i] = work[i] + program.slope[i, j] + program.curve[i, j] * (x - program.anchor[i, j])
        if program.power[i] != 0.0:
            # On the side of the piece, even while a step has left it.
            middle = program.anchor[i, j] + (1.0 if program.kink[i, j + 1] > 0.0 else -1.0)
            size = max(x * math.copysign(1.0, middle), 0.0)
            slopes[i] += math.copysign(1.5 * program.power[i] * math.sqrt(size), middle)
        slopes[i] += plus[i] if program.side[i, j] > 0.0 else -minus[i]


@inlined
def _values(program, guess, plain, values):
    """Fill values[m] with the rows, each instrument extended along its guessed piece."""
    for r in range(values.shape[0]):
        value = program.base[r]
        for i in range(guess.x.shape[0]):
            value += program.linear[r, i] * guess.x[i]
        if r >= plain:
            for i in range(guess.x.shape[0]):
                after = program.held[i] + guess.x[i]
                j = guess.piece[i]
                is_long = after > 0.0 if j < 0 else program.side[i, j] > 0.0
                value += program.long[r, i] * after if is_long else -program.short[r, i] * after
        values[r] = value


@inlined
def _revise(program, guess, work, values, plus, minus, give):
    """Guess again from the proximal steps of instruments and rows; returns whether anything changed."""
    changed = False
    n = guess.piece.shape[0]
    q, where, place = np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    for i in range(n):
        q[i] = program.hessian[i, i] if program.hessian[i, i] > 0.0 else 1.0
    rest(program, guess.x, work, q, plus, minus, place, where)
    for i in range(n):
        if place[i] < 0 or place[i] != guess.piece[i]:
            guess.x[i] = where[i]
        if place[i] != guess.piece[i]:
            guess.piece[i] = place[i]
            changed = True
    for r in range(values.shape[0]):
        moved = values[r] + give[r] * guess.y[r]
        end = 0
        if program.lower[r] == program.upper[r] or moved > program.upper[r]:
            end = 1
        elif moved < program.lower[r]:
            end = -1
        if end != guess.end[r]:
            guess.end[r] = end
            changed = True
        if end == 0:
            guess.y[r] = 0.0
    return changed


@inlined
def settle_inside(program, guess, give, plain, has_power, rounds):
    """Improve a guess in place; returns the rounds used, or -1 if it still changed at the last.

    Rows before plain do not count positions.
    """
    n, m = guess.x.shape[0], guess.y.shape[0]
    free, rows = np.empty(n, dtype=np.int64), np.empty(m, dtype=np.int64)
    work, slopes, values = np.empty(n), np.zeros(n), np.empty(m)
    dx, dy, plus, minus = np.empty(n), np.empty(m), np.zeros(n), np.zeros(n)
    for done in range(rounds):
        nf, na = _gather(guess, free, rows)
        if not _is_factored(guess, has_power):
            _factorise(program, guess, free, nf, rows, na)
        _slopes(program, guess, plain, work, slopes, plus, minus)
        _values(program, guess, plain, values)
        _correct(program, guess, free, nf, rows, na, slopes, values, dx, dy)
        _slopes(program, guess, plain, work, slopes, plus, minus)
        _values(program, guess, plain, values)
        if not _revise(program, guess, work, values, plus, minus, give):
            # Once more on the same factors: it takes away what the ridge and rounding left.
            for _ in range(_POLISH if has_power else 1):
                _correct(program, guess, free, nf, rows, na, slopes, values, dx, dy)
                if has_power:
                    _slopes(program, guess, plain, work, slopes, plus, minus)
                    _values(program, guess, plain, values)
            return done + 1
    return -1


@kernel
def settle(program, guess, give, plain, has_power, rounds):
    """Improve a guess in place; returns the rounds used, or -1 if it still changed at the last."""
    return settle_inside(program, guess, give, plain, has_power, rounds)


@kernel
def guess_from(program, guess, x, y, reach):
    """Guess what binds from a nearby answer: kinks and ends within reach of it."""
    for i in range(x.shape[0]):
        guess.x[i] = x[i]
        place = -1 - program.count[i]
        for j in range(program.count[i]):
            if abs(x[i] - program.kink[i, j]) <= reach:
                place = -1 - j
                guess.x[i] = program.kink[i, j]
                break
            if x[i] < program.kink[i, j + 1] - reach:
                place = j
                break
        guess.piece[i] = place
        if place == -1 - program.count[i]:
            guess.x[i] = program.kink[i, program.count[i]]
    for r in range(y.shape[0]):
        guess.y[r] = y[r]
        guess.end[r] = 1 if y[r] > 0.0 else (-1 if y[r] < 0.0 else 0)
        if program.lower[r] == program.upper[r]:
            guess.end[r] = 1
    guess.factor_piece[:] = -(10**9)


@kernel
def direction(program, guess, change):
    """How x[n] answers a small change of the gradient, what is guessed to bind staying as it is."""
    n, m = guess.x.shape[0], guess.y.shape[0]
    free, rows = np.empty(n, dtype=np.int64), np.empty(m, dtype=np.int64)
    nf, na = _gather(guess, free, rows)
    _factorise(program, guess, free, nf, rows, na)
    dx, dy, out = np.empty(n), np.empty(m), np.zeros(n)
    for a in range(nf):
        dx[a] = -change[free[a]]
    _forward(guess.factor, nf, dx)
    for b in range(na):
        total = 0.0
        for a in range(nf):
            total += guess.weights[b, a] * dx[a]
        dy[b] = total
    _forward(guess.schur, na, dy)
    _backward(guess.schur, na, dy)
    for b in range(na):
        for a in range(nf):
            dx[a] -= guess.weights[b, a] * dy[b]
    _backward(guess.factor, nf, dx)
    for a in range(nf):
        out[free[a]] = dx[a]
    return out
