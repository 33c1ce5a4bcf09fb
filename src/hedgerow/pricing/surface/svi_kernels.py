# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""One SVI slice: total variance, its derivatives, and the exact domain in which it admits no butterfly arbitrage.

Raw SVI (Gatheral 2004; Gatheral-Jacquier 2014, eq. 3.1, doi 10.1080/14697688.2013.819986), with q = sqrt(z² + sigma²):

    w(k) = a + b·(rho·z + q),   z = k - m,   k = ln(K/F).

A slice is free of butterfly arbitrage where Durrleman's g (Gatheral-Jacquier, eq. 2.1) is not negative. Martini and
Mingone, "No arbitrage SVI" (2022), SIAM J. Financial Math. 13:227, doi 10.1137/20M1351060, section 4, rescale
l = z/sigma, gamma = a/(b·sigma), mu = m/sigma, N = gamma + rho·l + sqrt(l² + 1):

    g = G1(l; gamma, b, rho, mu) + (b/sigma)·G2(l; gamma, rho),
    G1 = (1 - (l + mu)·N'/(2N))² - b²·N'²/16,    G2 = N''/2 - N'²/(4N).

No arbitrage is then: N > 0, both slopes at most 2, mu inside an interval (Fukasawa's condition: both factors of G1
positive) and sigma at least sigma* = b·sup(-G2/G1) where G2 < 0.
"""

import math
from typing import Final

from hedgerow.core.compiling import inlined, kernel

_REACH: Final = 7.0
"""The searches scan distances between e^-7 and e^7 times the scales at which a slice bends, and further if need be."""
_COARSE: Final = 14.0 / 24.0
_FINE: Final = 4
_ROUNDS: Final = 6
"""After these the distance is known to 6e-4 and the bound, flat at its extremum, to some 1e-7 of itself."""


@inlined
def total_variance(a, b, rho, m, sigma, k):
    """Return w and its first two derivatives in k."""
    z = k - m
    q = math.sqrt(z * z + sigma * sigma)
    return a + b * (rho * z + q), b * (rho + z / q), b * sigma * sigma / (q * q * q)


@inlined
def durrleman(a, b, rho, m, sigma, k):
    """Return Durrleman's g: the density over that of Black's model with the slice's vol at k."""
    w, first, second = total_variance(a, b, rho, m, sigma, k)
    bend = 1.0 - 0.5 * k * first / w
    return bend * bend - 0.25 * first * first * (1.0 / w + 0.25) + 0.5 * second


@inlined
def _scaled(gamma, rho, el):
    """Return N, N', N''."""
    root = math.sqrt(el * el + 1.0)
    return gamma + rho * el + root, rho + el / root, 1.0 / (root * root * root)


@inlined
def _centre_bound(gamma, b, rho, el):
    """What mu has to stay below (right of the minimum) or above (left of it) because of the point l."""
    n, slope, _ = _scaled(gamma, rho, el)
    if slope > 0.0:
        return 2.0 * n * (1.0 / slope - 0.25 * b) - el
    return 2.0 * n * (1.0 / slope + 0.25 * b) - el


@inlined
def _width_bound(gamma, b, rho, mu, el):
    """What sigma has to reach because of the point l: -b·G2/G1 where G2 < 0, else 0."""
    n, slope, bend = _scaled(gamma, rho, el)
    second = 0.5 * bend - 0.25 * slope * slope / n
    if second >= 0.0:
        return 0.0
    factor = 1.0 - 0.5 * (el + mu) * slope / n
    first = factor * factor - 0.0625 * b * b * slope * slope
    return -b * second / first if first > 0.0 else math.inf


@inlined
def _bound(which, gamma, b, rho, mu, side, el):
    """One of the two bounds, so that the larger one binds."""
    return -side * _centre_bound(gamma, b, rho, el) if which == 0 else _width_bound(gamma, b, rho, mu, el)


@inlined
def _scan(which, gamma, b, rho, mu, side, lowest, centre, way, begin, end, best):
    """Improve on best along l = centre + way·e^s, begin <= s <= end: a scan, then finer scans around its best point."""
    count = int((end - begin) / _COARSE) + 1
    at, step, first, last = begin, _COARSE, 0, count
    for _ in range(_ROUNDS):
        base = at
        for i in range(first, last + 1):
            s = base + step * i
            el = centre + way * math.exp(s)
            if (el - lowest) * side > 0.0:
                value = _bound(which, gamma, b, rho, mu, side, el)
                if value > best:
                    best, at = value, s
        if best == math.inf:
            break
        step, first, last = step / _FINE, -_FINE, _FINE
    return best


@inlined
def _largest(which, gamma, b, rho, mu, side):
    """Maximise one of the two bounds on one side of the minimum.

    Beside the minimum the slice bends around l = 0, which lies far from it where rho is near 1 in size.
    """
    flat = math.sqrt((1.0 - rho) * (1.0 + rho))
    lowest = -rho / flat
    tail = max(gamma + flat, 1e-300)
    begin = min(-_REACH, 0.5 * math.log(tail) - 3.0)
    end = _REACH + math.log(max(1.0, abs(gamma), abs(mu), abs(lowest)))
    best = -math.inf if which == 0 else 0.0
    best = _scan(which, gamma, b, rho, mu, side, lowest, lowest, side, begin, end, best)
    if abs(lowest) > 4.0:
        for way in (-1.0, 1.0):
            best = _scan(which, gamma, b, rho, mu, side, lowest, 0.0, way, -_REACH, end, best)
    return best


@inlined
def _both_sides(which, gamma, b, rho, mu):
    """Maximise a bound left and right of the minimum."""
    left = right = 0.0
    for side in (-1.0, 1.0):
        left, right = right, _largest(which, gamma, b, rho, mu, side)
    return left, right


@inlined
def centre_interval(gamma, b, rho):
    """Return the open interval of mu in which Fukasawa's condition holds (Martini-Mingone 2022, section 4.2)."""
    left, right = _both_sides(0, gamma, b, rho, 0.0)
    return left, -right


@inlined
def least_width(gamma, b, rho, mu):
    """Return sigma*, the least sigma without butterfly arbitrage (Martini-Mingone 2022, section 4.3)."""
    left, right = _both_sides(1, gamma, b, rho, mu)
    return max(left, right)


@inlined
def is_free_of_butterflies(a, b, rho, m, sigma):
    """Tell whether a slice lies in the exact domain."""
    if not (b > 0.0 and sigma > 0.0 and abs(rho) < 1.0 and b * (1.0 + abs(rho)) <= 2.0):
        return False
    gamma, mu = a / (b * sigma), m / sigma
    if not gamma > -math.sqrt(1.0 - rho * rho):
        return False
    low, high = centre_interval(gamma, b, rho)
    return low < mu < high and sigma >= least_width(gamma, b, rho, mu)


@kernel
def svi_domain(a, b, rho, m, sigma):
    """Tell whether a slice lies in the domain; and the bounds low < m/sigma < high and sigma* that it has to keep."""
    gamma, mu = a / (b * sigma), m / sigma
    low, high = centre_interval(gamma, b, rho)
    width = least_width(gamma, b, rho, mu) if low < mu < high else math.inf
    return is_free_of_butterflies(a, b, rho, m, sigma), low, high, width


@kernel
def slice_rows(params, k, out):
    """Fill out[3, n] with total variance and its first two derivatives at each k; params are a, b, rho, m, sigma."""
    for i in range(k.shape[0]):
        w, first, second = total_variance(params[0], params[1], params[2], params[3], params[4], k[i])
        out[0, i], out[1, i], out[2, i] = w, first, second


@kernel
def durrleman_rows(params, k, out):
    """Fill out[n] with Durrleman's g at each k."""
    for i in range(k.shape[0]):
        out[i] = durrleman(params[0], params[1], params[2], params[3], params[4], k[i])
