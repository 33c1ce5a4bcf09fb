# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Black-76 price and seven Greeks of blocks of options, one short loop per stage so that each is vectorised.

Notation: F forward, K strike, T expiry in years, v = sigma·sqrt(T), c = +1 for a call and -1 for a put,
h = |ln(F/K)|/v, y = h/sqrt(2), tau = v/sqrt(8). The two legs of the out-of-the-money option are
sqrt(F·K)·exp(-(h² + v²/4)/2)·erfcx(y ∓ tau)/2 (Jäckel, "Let's Be Rational", Wilmott 2015, section 2, doi
10.1002/wilm.10395); their difference, the price, comes without cancellation from ``erfcx_pair``.
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

# Codes of a row; the names are in black76.PriceFault and black76.VolFault.
GOOD: Final = 0
NOT_FINITE: Final = 1
BAD_FORWARD: Final = 2
BAD_STRIKE: Final = 3
EXPIRED: Final = 4
BAD_VOL: Final = 5
BAD_RATE: Final = 6
OUT_OF_RANGE: Final = 7

LARGEST_PRICE: Final = 1e100
LARGEST_TIME: Final = 1e50
LARGEST_DISCOUNT: Final = 100.0
"""Sizes up to which no intermediate result leaves the range of doubles: prices, time and vol, |rate·T|."""

N_GREEKS: Final = 8
# Columns of the scratch: inputs, outputs, then what the stages hand on.
FORWARD, STRIKE, EXPIRY, VOL, SIGN, RATE = 0, 1, 2, 3, 4, 5
PRICE, DELTA, GAMMA, VEGA, THETA, VANNA, VOLGA, RHO = 6, 7, 8, 9, 10, 11, 12, 13
_LOG, _ROOT, _TOTAL, _OVER, _NEAR, _FAR, _SLOPE, _SCALE, _DISCOUNT = 14, 15, 16, 17, 18, 19, 20, 21, 22
GREEK_SCRATCH: Final = 23 * PITCH
"""Floats of scratch that ``greeks_rows`` needs."""

_SQRT_HALF: Final = math.sqrt(0.5)
_SQRT_EIGHTH: Final = math.sqrt(0.125)
_SQRT_2_OVER_PI: Final = math.sqrt(2.0 / math.pi)


@woven
def usable(forward, strike, expiry, rate):
    """Tell whether a contract can be priced; NaN cannot."""
    forward_fits = (forward >= 1.0 / LARGEST_PRICE) & (forward <= LARGEST_PRICE)
    strike_fits = (strike >= 1.0 / LARGEST_PRICE) & (strike <= LARGEST_PRICE)
    expiry_fits = (expiry >= 1.0 / LARGEST_TIME) & (expiry <= LARGEST_TIME)
    return forward_fits & strike_fits & expiry_fits & (abs(rate * expiry) <= LARGEST_DISCOUNT)


@inlined
def fault_of(forward, strike, expiry, vol, rate):
    """Return the reason why an option cannot be priced, or GOOD."""
    for value in (forward, strike, expiry, vol, rate):
        if not math.isfinite(value):
            return NOT_FINITE
    if forward <= 0.0:
        return BAD_FORWARD
    if strike <= 0.0:
        return BAD_STRIKE
    if expiry <= 0.0:
        return EXPIRED
    if vol <= 0.0:
        return BAD_VOL
    if not abs(rate * expiry) <= LARGEST_DISCOUNT:
        return BAD_RATE
    if not (usable(forward, strike, expiry, rate) and 1.0 / LARGEST_TIME <= vol <= LARGEST_TIME):
        return OUT_OF_RANGE
    return GOOD


@woven
def legs(log_moneyness, v, over_v):
    """Return erfcx of the near and the far leg, and their difference over the distance of their arguments.

    The near argument is replaced by its absolute value where the table of erfcx does not hold it.
    """
    y, tau = abs(log_moneyness) * over_v * _SQRT_HALF, v * _SQRT_EIGHTH
    near = y - tau
    return erfcx_pair(-near if near < LOWEST_ERFCX else near, y + tau)


@woven
def greeks_from_legs(
    forward, strike, expiry, vol, sign, rate, log_moneyness, root, v, over_v, near, far, slope, scale, discount, inverse
):
    """Return price, delta, gamma, vega, theta, vanna, volga and rho from what the earlier stages computed.

    Linear: Black (1976), eq. 16, and its derivatives. Inverse: V = U/F; delta is the net transaction delta
    F·dV/dF = c·(K/F)·N(c·d2) (Alexander, Chen, Imeraj 2023, Math. Finance 33:1005, section 2).
    """
    over_forward = 1.0 / forward
    unit = discount * over_forward if inverse else discount
    half = 0.5 * math.sqrt(forward * strike) * scale * unit
    is_below = forward < strike
    smaller = (forward if is_below else strike) * unit
    # With u the smaller of F and K: near leg u·N(d), its complement u·N(-d), and the far leg.
    tail, far_leg, tau = half * near, half * far, v * _SQRT_EIGHTH
    is_beyond = abs(log_moneyness) * over_v * _SQRT_HALF - tau < LOWEST_ERFCX
    near_leg, near_rest = (smaller - tail if is_beyond else tail), (tail if is_beyond else smaller - tail)
    time_value = (smaller - tail) - far_leg if is_beyond else half * (2.0 * tau * slope)
    intrinsic = sign * (forward - strike) * unit
    price = time_value + (intrinsic if intrinsic > 0.0 else 0.0)
    own = (strike if inverse else forward) * unit
    is_near = is_below != inverse
    leg, rest = (near_leg if is_near else far_leg), (near_rest if is_near else own - far_leg)
    delta = sign * (leg if (sign > 0.0) == is_below else rest)
    # F·n(d1) in the settlement currency, discounted.
    density = _SQRT_2_OVER_PI * half
    vega, over_vol = density * root, root * over_v
    d1 = log_moneyness * over_v + 0.5 * v
    if inverse:
        gamma = (density * over_v - 2.0 * delta) * over_forward * over_forward
        vanna = -density * d1 * over_vol * over_forward
    else:
        delta *= over_forward
        gamma = density * over_v * over_forward * over_forward
        vanna = -density * (d1 - v) * over_vol * over_forward
    theta = rate * price - 0.5 * density * vol * vol * over_v
    volga = vega * (d1 * (d1 - v)) * over_vol
    return price, delta, gamma, vega, theta, vanna, volga, -expiry * price


@woven
def _stages(s, m, inverse):
    """Fill the output columns of the scratch from its input columns, for m rows."""
    for i in range(m):
        s[_LOG * PITCH + i] = log_quotient(s[FORWARD * PITCH + i], s[STRIKE * PITCH + i])
    for i in range(m):
        root = math.sqrt(s[EXPIRY * PITCH + i])
        v = s[VOL * PITCH + i] * root
        s[_ROOT * PITCH + i] = root
        s[_TOTAL * PITCH + i] = v
        s[_OVER * PITCH + i] = 1.0 / v
    for i in range(m):
        near, far, slope = legs(s[_LOG * PITCH + i], s[_TOTAL * PITCH + i], s[_OVER * PITCH + i])
        s[_NEAR * PITCH + i] = near
        s[_FAR * PITCH + i] = far
        s[_SLOPE * PITCH + i] = slope
    for i in range(m):
        h, v = s[_LOG * PITCH + i] * s[_OVER * PITCH + i], s[_TOTAL * PITCH + i]
        s[_SCALE * PITCH + i] = exp(-0.5 * (h * h + 0.25 * v * v))
    for i in range(m):
        s[_DISCOUNT * PITCH + i] = exp(-s[EXPIRY * PITCH + i] * s[RATE * PITCH + i])
    for i in range(m):
        row = greeks_from_legs(
            s[FORWARD * PITCH + i],
            s[STRIKE * PITCH + i],
            s[EXPIRY * PITCH + i],
            s[VOL * PITCH + i],
            s[SIGN * PITCH + i],
            s[RATE * PITCH + i],
            s[_LOG * PITCH + i],
            s[_ROOT * PITCH + i],
            s[_TOTAL * PITCH + i],
            s[_OVER * PITCH + i],
            s[_NEAR * PITCH + i],
            s[_FAR * PITCH + i],
            s[_SLOPE * PITCH + i],
            s[_SCALE * PITCH + i],
            s[_DISCOUNT * PITCH + i],
            inverse,
        )
        s[PRICE * PITCH + i] = row[0]
        s[DELTA * PITCH + i] = row[1]
        s[GAMMA * PITCH + i] = row[2]
        s[VEGA * PITCH + i] = row[3]
        s[THETA * PITCH + i] = row[4]
        s[VANNA * PITCH + i] = row[5]
        s[VOLGA * PITCH + i] = row[6]
        s[RHO * PITCH + i] = row[7]


@inlined
def _linear_stages(s, m):
    _stages(s, m, False)


@inlined
def _inverse_stages(s, m):
    _stages(s, m, True)


@woven
def _refuse(s, m):
    """Make the forward NaN where a row cannot be priced, so that all its Greeks are, and count such rows."""
    bad = 0
    for i in range(m):
        vol, forward = s[VOL * PITCH + i], s[FORWARD * PITCH + i]
        fits = usable(forward, s[STRIKE * PITCH + i], s[EXPIRY * PITCH + i], s[RATE * PITCH + i])
        fits &= (vol >= 1.0 / LARGEST_TIME) & (vol <= LARGEST_TIME)
        s[FORWARD * PITCH + i] = forward if fits else math.nan
        bad += 0 if fits else 1
    return bad


@inlined
def greeks_in_scratch(forward, strike, expiry, vol, sign, rate, inverse, fault, scratch):
    """Leave the Greeks of up to BLOCK options in columns PRICE to RHO of the scratch, and fill fault[m]."""
    m = forward.shape[0]
    load(forward, scratch, FORWARD)
    load(strike, scratch, STRIKE)
    load(expiry, scratch, EXPIRY)
    load(vol, scratch, VOL)
    load(sign, scratch, SIGN)
    load(rate, scratch, RATE)
    bad = _refuse(scratch, m)
    if inverse:
        _inverse_stages(scratch, m)
    else:
        _linear_stages(scratch, m)
    fault[:] = GOOD
    if bad:
        for i in range(m):
            fault[i] = fault_of(forward[i], strike[i], expiry[i], vol[i], rate[i])


@kernel
def greeks_rows(forward, strike, expiry, vol, sign, rate, inverse, out, fault, scratch):
    """Fill out[8, n] and fault[n] of n options, block by block. Allocates nothing."""
    n = forward.shape[0]
    for start in range(0, n, BLOCK):
        stop = min(n, start + BLOCK)
        greeks_in_scratch(
            forward[start:stop],
            strike[start:stop],
            expiry[start:stop],
            vol[start:stop],
            sign[start:stop],
            rate[start:stop],
            inverse,
            fault[start:stop],
            scratch,
        )
        for j in range(N_GREEKS):
            # Row first: of a slice of columns numba no longer knows that its rows are contiguous.
            store(scratch, PRICE + j, out[j][start:stop])


@inlined
def all_greeks(forward, strike, expiry, vol, sign, rate, inverse):
    """Return the eight numbers of ``greeks_rows`` for one option whose inputs are known to be good."""
    log_moneyness = log_quotient(forward, strike)
    root = math.sqrt(expiry)
    v = vol * root
    over_v = 1.0 / v
    near, far, slope = legs(log_moneyness, v, over_v)
    h = log_moneyness * over_v
    scale, discount = exp(-0.5 * (h * h + 0.25 * v * v)), exp(-expiry * rate)
    market = (forward, strike, expiry, vol, sign, rate)
    return greeks_from_legs(*market, log_moneyness, root, v, over_v, near, far, slope, scale, discount, inverse)
