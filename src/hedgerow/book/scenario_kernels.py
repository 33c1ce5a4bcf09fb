# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Values of a compiled book in many scenarios: price only, options block by block, sums by group as they are made.

Everything is valued in USD terms; the caller divides by the spot where the numeraire is the coin. Options lie sorted by
expiry, so that what an expiry shares (time left, basis, move of its vol) is computed once for each scenario. A block
of options is loaded once and walked through all scenarios; nothing of the size scenario times row is ever held.
"""

import math
from typing import Final

from hedgerow.book.kernels import QUANTITY, RATIO, _unit
from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.function_kernels import BLOCK, PITCH, exp, load, log_quotient, woven
from hedgerow.pricing.greek_kernels import greeks_from_legs, legs

# Columns of the scratch; the first are the rows of the array that describes the options.
SIZE: Final = 0
FORWARD: Final = 1
STRIKE: Final = 2
VOL: Final = 3
SIGN: Final = 4
SLOPE: Final = 5
"""What a unit of skew adds to the vol: ln(K/F)/sqrt(T) before anything moved."""
INVERSE: Final = 6
"""Spot over forward of a coin-settled option; zero of others."""
N_INPUTS: Final = 7
_MOVED, _LOG, _TOTAL, _OVER, _NEAR, _FAR, _RISE, _SCALE, _VALUE = 7, 8, 9, 10, 11, 12, 13, 14, 15
SCRATCH: Final = 16 * PITCH
"""Floats of scratch that ``add_options`` needs."""


@woven
def _arguments(s, m, move, vol_move, skew_move, root, least):
    """Fill forward, ln(F/K) and total vol of m options from what their expiry does."""
    for i in range(m):
        forward = s[FORWARD * PITCH + i] * move
        s[_MOVED * PITCH + i] = forward
        s[_LOG * PITCH + i] = log_quotient(forward, s[STRIKE * PITCH + i])
    for i in range(m):
        own = s[VOL * PITCH + i]
        vol, floor = own + (vol_move + skew_move * s[SLOPE * PITCH + i]), least * own
        v = (floor if vol < floor else vol) * root
        s[_TOTAL * PITCH + i] = v
        s[_OVER * PITCH + i] = 1.0 / v


@woven
def _prices(s, m, years, root, over_carry):
    """Fill the USD value of m options; what ``greeks_from_legs`` says beside the price is compiled away.

    A coin-settled option pays U/F coins: the ratio of its forward to the spot moves with the basis.
    """
    for i in range(m):
        near, far, rise = legs(s[_LOG * PITCH + i], s[_TOTAL * PITCH + i], s[_OVER * PITCH + i])
        s[_NEAR * PITCH + i] = near
        s[_FAR * PITCH + i] = far
        s[_RISE * PITCH + i] = rise
    for i in range(m):
        h, v = s[_LOG * PITCH + i] * s[_OVER * PITCH + i], s[_TOTAL * PITCH + i]
        s[_SCALE * PITCH + i] = exp(-0.5 * (h * h + 0.25 * v * v))
    for i in range(m):
        price = greeks_from_legs(
            s[_MOVED * PITCH + i],
            s[STRIKE * PITCH + i],
            years,
            1.0,
            s[SIGN * PITCH + i],
            0.0,
            s[_LOG * PITCH + i],
            root,
            s[_TOTAL * PITCH + i],
            s[_OVER * PITCH + i],
            s[_NEAR * PITCH + i],
            s[_FAR * PITCH + i],
            s[_RISE * PITCH + i],
            s[_SCALE * PITCH + i],
            1.0,
            False,
        )[0]
        inverse = s[INVERSE * PITCH + i]
        s[_VALUE * PITCH + i] = s[SIZE * PITCH + i] * price * (inverse * over_carry if inverse > 0.0 else 1.0)


@woven
def _settled(s, m, spot):
    """Fill the USD value of m options that have expired: what they pay at the spot, in coins at that spot or in USD."""
    for i in range(m):
        gain = s[SIGN * PITCH + i] * (spot - s[STRIKE * PITCH + i])
        s[_VALUE * PITCH + i] = s[SIZE * PITCH + i] * (gain if gain > 0.0 else 0.0)


@inlined
def _value_block(s, m, spot, move, years, carry, vol_move, skew_move, least):
    """Leave the USD value of m options of one expiry in one scenario in the last column of the scratch."""
    if years <= 0.0:
        _settled(s, m, spot)
        return
    root = math.sqrt(years)
    _arguments(s, m, move * carry, vol_move, skew_move, root, least)
    _prices(s, m, years, root, 1.0 / carry)


@kernel
def add_options(options, group, first, expiry_years, scales, by_expiry, moves, spot, least, out, scratch):
    """Add the USD value of options in each scenario to out[n_scenario, n_group].

    options[N_INPUTS, n] lie by expiry e from first[e] to first[e + 1]; moves[5, n_scenario] are spot, vol, skew, basis
    and years passed; an expiry's vol moves by vol·scales[e] + by_expiry[scenario, e]; no vol ends below least times
    itself.
    """
    for e in range(expiry_years.shape[0]):
        for start in range(first[e], first[e + 1], BLOCK):
            m = min(first[e + 1] - start, BLOCK)
            for j in range(N_INPUTS):
                load(options[j][start : start + m], scratch, j)
            mine = group[start : start + m]
            for k in range(moves.shape[1]):
                years = expiry_years[e] - moves[4, k]
                carry = math.exp(moves[3, k] * max(years, 0.0))
                vol_move = moves[1, k] * scales[e] + by_expiry[k, e]
                _value_block(scratch, m, spot * moves[0, k], moves[0, k], years, carry, vol_move, moves[2, k], least)
                for i in range(m):
                    out[k, mine[i]] += scratch[_VALUE * PITCH + i]


@kernel
def add_others(kinds, table, years, group, moves, spot, out, row):
    """Add the USD value of rows that are no options to out[n_scenario, n_group].

    years[n] is the time to expiry of dated futures and infinite for what does not expire; row is scratch of one row.
    A future that has expired was settled at the spot, so its ratio to the spot is one.
    """
    for i in range(kinds.shape[0]):
        for j in range(table.shape[1]):
            row[j] = table[i, j]
        is_dated = math.isfinite(years[i])
        for k in range(moves.shape[1]):
            if is_dated:
                left = years[i] - moves[4, k]
                row[RATIO] = table[i, RATIO] * math.exp(moves[3, k] * left) if left > 0.0 else 1.0
            out[k, group[i]] += table[i, QUANTITY] * _unit(kinds[i], row, spot * moves[0, k], False)[0]
