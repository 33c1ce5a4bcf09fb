# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Implied vol of blocks of prices: a guess good to 1e-4, one step of fourth order, and a careful search for the rest.

The guess needs no iteration. The vol of Bachelier's model that a price implies is a function of one number only,
u = |F - K|/price; and what turns it into the Black vol is so smooth in the two remaining numbers that a small
rational function gives it to 1e-5 for total vols up to 3.3. One step on the logarithm of the price then reaches
machine precision. Rows whose step was not small (far tails, very large vols, prices without a solution) go through
``search_kernels.implied_total_vol``, which brackets.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined, kernel
from hedgerow.pricing.function_kernels import (
    BLOCK,
    LOWEST_ERFCX,
    PITCH,
    erfcx_pair,
    exp,
    load,
    log_quotient,
    store,
    woven,
)
from hedgerow.pricing.greek_kernels import GOOD, LARGEST_TIME, NOT_FINITE, OUT_OF_RANGE, fault_of, usable
from hedgerow.pricing.search_kernels import implied_total_vol

# Codes beyond those of the contract itself.
NO_TIME_VALUE: Final = 8
ABOVE_BOUND: Final = 9
NOT_CONVERGED: Final = 10

# Fitted by tools/implied_vol_guess.py to Bachelier's formula and to Black's; they steer a guess, not a result.
_BACHELIER = (
    0.31080386201405985,
    0.22999074137093137,
    -0.13656428188273964,
    -0.07330357003993414,
    0.016826796579050386,
    0.07988679176513674,
    0.029544995726651976,
    -0.05164633466900987,
    -0.03128568450284929,
    0.014701586024368989,
    0.009999460152869679,
)
_ABOVE = (
    0.04166140124673185,
    0.0006778509255766271,
    2.0757315805464465e-06,
    1.146790122844037e-09,
    -0.006290345257677035,
    -7.197982368785925e-05,
    -3.8504552590654334e-08,
    -1.4252770078672716e-05,
    6.311670376276733e-07,
    9.815400620020344e-06,
)
_BELOW = (
    0.02460609645056494,
    0.00012571411265303195,
    1.4683477754872924e-07,
    -0.23885342762408265,
    -0.004460763138723995,
    -1.0492686282757776e-05,
    0.011403642648199626,
    0.00016292149542963333,
    0.00028572767857628283,
)

_PRICE, _FORWARD, _STRIKE, _EXPIRY, _SIGN, _RATE = 0, 1, 2, 3, 4, 5
_LOG, _BETA, _DISTANCE, _BOUND, _RATIO, _TOTAL, _STEP, _DONE = 6, 7, 8, 9, 10, 11, 12, 13
_NEAR, _FAR, _SLOPE, _GROWTH, _VOL = 14, 15, 16, 17, 18
VOL_SCRATCH: Final = 19 * PITCH
"""Floats of scratch that ``implied_vol_rows`` needs."""

_SQRT_HALF: Final = math.sqrt(0.5)
_SQRT_EIGHTH: Final = math.sqrt(0.125)
_SQRT_2PI: Final = math.sqrt(2.0 * math.pi)
_AWAY: Final = 1e-8
"""Keeps 0/0 out of the guess at the money."""
_SURE_STEP: Final = 3e-4
"""After a relative step of this size the error of a fourth-order step is below rounding."""


@woven
def _over_bachelier(u):
    """Return h such that n(h)/h - N(-h) = 1/u, to 3e-5 for h up to 38 (Bachelier's price over |F - K|)."""
    log = log_quotient(1.0 + u, 1.0)
    z = 2.0 / math.sqrt(1.0 + 0.25 * log) - 1.0
    total = _BACHELIER[10]
    for power in range(9, -1, -1):
        total = total * z + _BACHELIER[power]
    return log * total


@woven
def _guess(beta, distance, log_moneyness):
    """Return a total vol for b(x, v) = beta, where distance = |F - K|/sqrt(F·K)."""
    away = _AWAY * beta
    normal = (abs(log_moneyness) + away) / _over_bachelier((distance + away) / beta)
    q, x2 = normal * normal, log_moneyness * log_moneyness
    a, b = _ABOVE, _BELOW
    above = ((a[3] * x2 + a[2]) * x2 + a[1]) * x2 + a[0]
    above += q * (((a[6] * x2 + a[5]) * x2 + a[4]) + q * ((a[8] * x2 + a[7]) + q * a[9]))
    below = ((b[2] * x2 + b[1]) * x2 + b[0]) * x2 + 1.0
    below += q * (((b[5] * x2 + b[4]) * x2 + b[3]) + q * ((b[7] * x2 + b[6]) + q * b[8]))
    rise = q * above / below
    rise = 0.0 if rise < 0.0 else rise
    return normal * (1.0 + (1.0 if rise > 1.0 else rise))


@woven
def _step(beta, bound, h, v, over_v, near, far, slope, growth):
    """Return Householder's step of fourth order for ln b(x, v) = ln beta.

    Jäckel (2015), section 3: b'/b and the derivatives of b' follow from b''/b' = h²/v - v/4. growth is
    exp((h² + v²/4)/2), by which b is scaled here.
    """
    tau = v * _SQRT_EIGHTH
    is_beyond = h * _SQRT_HALF - tau < LOWEST_ERFCX
    scaled = bound * growth - 0.5 * (near + far) if is_beyond else tau * slope
    ratio = 1.0 / (_SQRT_2PI * scaled)
    newton = log_quotient(beta * growth, scaled) * (_SQRT_2PI * scaled)
    bend = h * h * over_v - 0.25 * v
    second = bend - ratio
    third = bend * bend - 3.0 * (h * over_v) * (h * over_v) - 0.25 - 3.0 * bend * ratio + 2.0 * ratio * ratio
    return newton * (1.0 + 0.5 * second * newton) / (1.0 + newton * (second + third * newton * (1.0 / 6.0)))


@woven
def _normalise(s, m, inverse):
    """Fill ln(F/K), the time value over sqrt(F·K), |F - K| and the smaller of F and K over the same."""
    for i in range(m):
        s[_LOG * PITCH + i] = log_quotient(s[_FORWARD * PITCH + i], s[_STRIKE * PITCH + i])
    for i in range(m):
        s[_GROWTH * PITCH + i] = exp(s[_RATE * PITCH + i] * s[_EXPIRY * PITCH + i])
    for i in range(m):
        forward, strike, sign = s[_FORWARD * PITCH + i], s[_STRIKE * PITCH + i], s[_SIGN * PITCH + i]
        price = s[_PRICE * PITCH + i] * s[_GROWTH * PITCH + i]
        price = price * forward if inverse else price
        intrinsic = sign * (forward - strike)
        over_root = 1.0 / math.sqrt(forward * strike)
        beta = (price - (intrinsic if intrinsic > 0.0 else 0.0)) * over_root
        left = (forward if sign > 0.0 else strike) - price
        fits = usable(forward, strike, s[_EXPIRY * PITCH + i], s[_RATE * PITCH + i])
        fits &= (beta > 1e-290) & (left > 0.0)
        s[_BETA * PITCH + i] = beta if fits else math.nan
        s[_DISTANCE * PITCH + i] = abs(forward - strike) * over_root
        s[_BOUND * PITCH + i] = (forward if forward < strike else strike) * over_root


@woven
def _solve(s, m):
    """Guess and step: fill vol and whether the step shows that it is exact; return how many are not."""
    for i in range(m):
        s[_TOTAL * PITCH + i] = _guess(s[_BETA * PITCH + i], s[_DISTANCE * PITCH + i], s[_LOG * PITCH + i])
    for i in range(m):
        v = s[_TOTAL * PITCH + i]
        h = abs(s[_LOG * PITCH + i]) / v
        y, tau = h * _SQRT_HALF, v * _SQRT_EIGHTH
        near, far, slope = erfcx_pair(tau - y if y - tau < LOWEST_ERFCX else y - tau, y + tau)
        s[_RATIO * PITCH + i] = h
        s[_NEAR * PITCH + i] = near
        s[_FAR * PITCH + i] = far
        s[_SLOPE * PITCH + i] = slope
    for i in range(m):
        h, v = s[_RATIO * PITCH + i], s[_TOTAL * PITCH + i]
        s[_GROWTH * PITCH + i] = exp(0.5 * (h * h + 0.25 * v * v))
    for i in range(m):
        v = s[_TOTAL * PITCH + i]
        s[_STEP * PITCH + i] = _step(
            s[_BETA * PITCH + i],
            s[_BOUND * PITCH + i],
            s[_RATIO * PITCH + i],
            v,
            1.0 / v,
            s[_NEAR * PITCH + i],
            s[_FAR * PITCH + i],
            s[_SLOPE * PITCH + i],
            s[_GROWTH * PITCH + i],
        )
    left = 0
    for i in range(m):
        v, step = s[_TOTAL * PITCH + i], s[_STEP * PITCH + i]
        # growth is capped near the largest double: no step from there can be trusted.
        vol = (v + step) / math.sqrt(s[_EXPIRY * PITCH + i])
        is_done = (abs(step) <= _SURE_STEP * v) & (s[_GROWTH * PITCH + i] < 1e300) & (vol >= 1.0 / LARGEST_TIME)
        s[_VOL * PITCH + i] = vol if is_done else math.nan
        left += 0 if is_done else 1
    return left


@inlined
def implied_vol_row(price, forward, strike, expiry, sign, rate, inverse):
    """Return the vol that one price implies, NaN if none, and the reason; any input at all."""
    fault = fault_of(forward, strike, expiry, 1.0, rate)
    if not math.isfinite(price):
        return math.nan, NOT_FINITE
    if fault != GOOD:
        return math.nan, fault
    value = price * math.exp(rate * expiry) * (forward if inverse else 1.0)
    root = math.sqrt(forward * strike)
    beta = (value - max(sign * (forward - strike), 0.0)) / root
    beta_left = ((forward if sign > 0.0 else strike) - value) / root
    if beta <= 0.0:
        return math.nan, NO_TIME_VALUE
    if beta_left <= 0.0:
        return math.nan, ABOVE_BOUND
    v, converged = implied_total_vol(-abs(log_quotient(forward, strike)), beta, beta_left)
    if not converged:
        return math.nan, NOT_CONVERGED
    vol = v / math.sqrt(expiry)
    return (vol, GOOD) if 1.0 / LARGEST_TIME <= vol <= LARGEST_TIME else (math.nan, OUT_OF_RANGE)


@inlined
def _linear_block(s, m):
    _normalise(s, m, False)
    return _solve(s, m)


@inlined
def _inverse_block(s, m):
    _normalise(s, m, True)
    return _solve(s, m)


@inlined
def implied_vol_block(price, forward, strike, expiry, sign, rate, inverse, vol, fault, scratch):
    """Fill vol[m] and fault[m] for up to BLOCK prices and return how many needed the careful search."""
    m = price.shape[0]
    load(price, scratch, _PRICE)
    load(forward, scratch, _FORWARD)
    load(strike, scratch, _STRIKE)
    load(expiry, scratch, _EXPIRY)
    load(sign, scratch, _SIGN)
    load(rate, scratch, _RATE)
    left = _inverse_block(scratch, m) if inverse else _linear_block(scratch, m)
    store(scratch, _VOL, vol)
    fault[:] = GOOD
    if left:
        for i in range(m):
            if math.isnan(vol[i]):
                vol[i], fault[i] = implied_vol_row(
                    price[i], forward[i], strike[i], expiry[i], sign[i], rate[i], inverse
                )
    return left


@kernel
def implied_vol_rows(price, forward, strike, expiry, sign, rate, inverse, vol, fault, scratch):
    """Fill vol[n] and fault[n] block by block; return how many rows needed the careful search. Allocates nothing."""
    n, searched = price.shape[0], 0
    for start in range(0, n, BLOCK):
        stop = min(n, start + BLOCK)
        searched += implied_vol_block(
            price[start:stop],
            forward[start:stop],
            strike[start:stop],
            expiry[start:stop],
            sign[start:stop],
            rate[start:stop],
            inverse,
            vol[start:stop],
            fault[start:stop],
            scratch,
        )
    return searched
