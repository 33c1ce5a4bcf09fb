"""How likely the spot is to touch the prices at which an account is liquidated, before a horizon.

The spot is a geometric Brownian motion, watched at every instant: one barrier by the reflection principle, two by
reflections in both. With jumps, the number of jumps is conditioned on: paths without one are exact, the others are
simulated at their jumps only, with the chance of touching a barrier in between in closed form.
"""

import math
import sys
from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.pricing.models import Merton

_ROOT_2: Final = math.sqrt(2.0)
_IMAGES: Final = 12
_MODES: Final = 40
_WIDE: Final = 1.0
"""Standard deviations of the horizon over the width between barriers from which the sine series is used. [pure]"""
_CERTAIN: Final = 3.0
"""Standard deviations over the width between barriers from which no path stays between them: exp(-44) do. [pure]"""
_TAIL: Final = 1e-10
"""Chance of more jumps than are looked at. [probability]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationChance:
    """A probability and how far it may be off.

    Parameters
    ----------
    probability : float
        Of touching a barrier before the horizon. [probability]
    standard_error : float
        Of the simulation; zero where there was none. [probability]
    """

    probability: float
    standard_error: float = 0.0


def _phi(x: float) -> float:
    return 0.5 * math.erfc(-x / _ROOT_2)


def touch_probability(move: float, *, vol: float, years: float, log_drift: float | None = None) -> float:
    """Return the probability that the spot has moved by a fraction at some time before a horizon.

    With b = |ln(1 + move)|, s = vol·sqrt(years) and m the log-drift towards the barrier times years, it is
    N((m - b)/s) + exp(2·m·b/s²)·N((-m - b)/s).

    Parameters
    ----------
    move : float
        The barrier, up or down from the spot, above -1. [fraction]
    vol : float
        Of the spot. [fraction per square root of a year]
    years : float
        Horizon. [years]
    log_drift : float or None
        Drift of the logarithm of the spot; None for -vol²/2, a spot without drift. [per year]

    Returns
    -------
    float
        The probability. [probability]

    Raises
    ------
    InputError
        If the move is not above -1, the vol not positive or the horizon negative.

    References
    ----------
    Harrison (1985), "Brownian Motion and Stochastic Flow Systems", section 1.8, eq. 11 (reflection principle with
    drift).

    Examples
    --------
    >>> round(touch_probability(0.25, vol=0.8, years=7 / 365), 4)
    0.0393
    """
    _check(vol, years)
    if not move > -1.0:
        raise InputError(f"a move of {move:g}", "prices stay positive: give a fraction above -1")
    drift = -0.5 * vol * vol if log_drift is None else log_drift
    barrier = math.log1p(move)
    if barrier == 0.0:
        return 1.0
    if years == 0.0:
        return 0.0
    sign = math.copysign(1.0, barrier)
    b, m, s = abs(barrier), sign * drift * years, _spread(vol, years)
    return min(_reached(b, b, m, s), 1.0)


def _reached(distance: float, first: float, m: float, s: float) -> float:
    """Return exp(m·first/s²) times exp(-m·a/s²)·N((m - a)/s) + exp(m·a/s²)·N((-m - a)/s), a the distance.

    That is the chance of reaching the distance, weighed by exp(m·(first - a)/s²): of an image of a barrier at
    ``first``, as it counts for the barrier itself. It is the same for m and -m but for the first factor, and with
    N(-y) = erfcx(y/sqrt(2))·exp(-y²/2)/2 no exponent is positive where the distance is not below ``first``: nothing
    overflows, and nothing is lost where N is next to nothing and its factor beyond all bounds.
    """
    from scipy.special import erfcx  # late: scipy takes longer to import than most calls take

    towards = abs(m)
    near = math.exp((m * first - towards * distance) / s / s) * _phi((towards - distance) / s)
    off, beyond = (m - first) / s, (distance - first) * (distance + first) / s / s
    return near + 0.5 * float(erfcx((towards + distance) / (_ROOT_2 * s))) * math.exp(-0.5 * (off * off + beyond))


def exit_probability(down: float, up: float, *, vol: float, years: float, log_drift: float | None = None) -> float:
    """Return the probability that the spot has moved down or up by a fraction at some time before a horizon.

    Parameters
    ----------
    down, up : float
        The barriers, below and above zero. [fraction]
    vol : float
        Of the spot. [fraction per square root of a year]
    years : float
        Horizon. [years]
    log_drift : float or None
        Drift of the logarithm of the spot; None for -vol²/2. [per year]

    Returns
    -------
    float
        The probability. [probability]

    Raises
    ------
    InputError
        If the barriers are not on both sides of the spot, the vol not positive or the horizon negative.

    References
    ----------
    Darling and Siegert (1953), Ann. Math. Stat. 24:624, for the sine series; Borodin and Salminen (2002), "Handbook of
    Brownian Motion", 2nd ed., part II, 2.3.0.2, for the images.
    """
    _check(vol, years)
    if not -1.0 < down <= 0.0 <= up:
        raise InputError(f"barriers at {down:+g} and {up:+g}", "give one below the spot, above -1, and one above it")
    if down == 0.0 or up == 0.0:
        return 1.0
    if years == 0.0:
        return 0.0
    drift = -0.5 * vol * vol if log_drift is None else log_drift
    start, width, s = -math.log1p(down), math.log1p(up) - math.log1p(down), _spread(vol, years)
    if s > _WIDE * width:
        left = 1.0 - _stays_by_modes(start, width, s, drift / (vol * vol))
    else:
        left = _leaves_by_images(start, width, s, drift * years)
    return min(max(left, 0.0), 1.0)


def _spread(vol: float, years: float) -> float:
    """Return the standard deviation over a horizon; what is too small for a number is the smallest there is."""
    return max(vol * math.sqrt(years), sys.float_info.min)


def _leaves_by_images(start: float, width: float, s: float, m: float) -> float:
    """Return the probability of leaving 0 to width, from the images of either barrier; m is the drift over the time.

    The chance of leaving through a barrier at a distance u is the sum over k from 0 on of those of reaching
    u + 2k·width less those of reaching 2(k + 1)·width - u. Small chances are sums of small terms, not what is missing
    to one.
    """
    total = 0.0
    for first, towards in ((width - start, m), (start, -m)):
        for k in range(_IMAGES + 1):
            further = 2.0 * k * width
            more = _reached(first + further, first, towards, s)
            more -= _reached(2.0 * width + further - first, first, towards, s)
            total += more
            if more <= 1e-18 * total:
                break
    return total


def _stays_by_modes(start: float, width: float, s: float, tilt: float) -> float:
    """Return the probability of staying between 0 and width, as a sine series."""
    total = 0.0
    for n in range(1, _MODES + 1):
        wave = n * math.pi / width
        decay = -0.5 * (wave * s) ** 2 - 0.5 * (tilt * s) ** 2 - tilt * start
        both = math.exp(decay) - (-1.0) ** n * math.exp(decay + tilt * width)
        total += 2.0 / width * both * math.sin(wave * start) * wave / (tilt * tilt + wave * wave)
    return total


def liquidation_probability(
    down: float | None,
    up: float | None,
    *,
    vol: float,
    years: float,
    log_drift: float | None = None,
) -> float:
    """Return the probability that an account is liquidated before a horizon, by a spot without jumps.

    Parameters
    ----------
    down, up : float or None
        Moves at which it is, as ``liquidation_moves`` finds them; None for never. [fraction]
    vol : float
        Of the spot. [fraction per square root of a year]
    years : float
        Horizon. [years]
    log_drift : float or None
        Drift of the logarithm of the spot; None for -vol²/2. [per year]

    Returns
    -------
    float
        The probability. [probability]

    Raises
    ------
    InputError
        As ``exit_probability``.

    References
    ----------
    As ``touch_probability`` and ``exit_probability``.
    """
    _check(vol, years)
    if down is not None and up is not None:
        return exit_probability(down, up, vol=vol, years=years, log_drift=log_drift)
    for move in (down, up):
        if move is not None:
            return touch_probability(move, vol=vol, years=years, log_drift=log_drift)
    return 0.0


def jump_liquidation_probability(
    down: float | None,
    up: float | None,
    *,
    model: Merton,
    years: float,
    log_drift: float | None = None,
    count: int = 4_000,
    seed: int = 1,
) -> LiquidationChance:
    """Return the probability that an account is liquidated before a horizon, by a spot that jumps.

    For each number of jumps, that many instants and jumps are drawn, the spot at them, and the exact chance of not
    touching a barrier between them; paths without a jump need no draw.

    Parameters
    ----------
    down, up : float or None
        Moves at which it is; None for never. [fraction]
    model : Merton
        Vol between jumps, and the jumps. [as its fields]
    years : float
        Horizon. [years]
    log_drift : float or None
        Drift of the logarithm of the spot between jumps; None for a spot without drift. [per year]
    count : int
        Paths for each number of jumps. [count]
    seed : int
        Of the draws. [pure]

    Returns
    -------
    LiquidationChance
        With its standard error. [probability]

    Raises
    ------
    InputError
        As ``exit_probability``, or if fewer than 2 paths are drawn.

    References
    ----------
    Merton (1976), J. Financial Economics 3:125, eq. 3; Metwally and Atiya (2002), "Using Brownian bridge for fast
    simulation of jump-diffusion processes and barrier options", J. Derivatives 10:43.
    """
    _check(model.vol, years)
    if count < 2:
        raise InputError(f"{count} paths", "draw at least 2 for each number of jumps")
    if log_drift is None:
        growth = math.expm1(model.jump_mean + 0.5 * model.jump_vol**2)
        log_drift = -0.5 * model.vol**2 - model.jump_intensity * growth
    calm = liquidation_probability(down, up, vol=model.vol, years=years, log_drift=log_drift)
    expected = model.jump_intensity * years
    weight = math.exp(-expected)
    total, variance, left, jumps = weight * calm, 0.0, -math.expm1(-expected), 0
    if down is None and up is None:
        return LiquidationChance(probability=0.0)
    rng = np.random.default_rng(seed)
    edges = (-math.inf if down is None else math.log1p(down), math.inf if up is None else math.log1p(up))
    while left > _TAIL and jumps < 200:
        jumps += 1
        weight *= expected / jumps
        touched = 1.0 - _stays_with_jumps(rng, edges, model, years, log_drift, jumps, count)
        total += weight * float(touched.mean())
        variance += weight**2 * float(touched.var(ddof=1)) / count
        left -= weight
    return LiquidationChance(probability=min(total, 1.0), standard_error=math.sqrt(variance))


def _stays_with_jumps(
    rng: np.random.Generator,
    edges: tuple[float, float],
    model: Merton,
    years: float,
    log_drift: float,
    jumps: int,
    count: int,
) -> Float64[np.ndarray, " n_path"]:
    """Return for each path with so many jumps the chance of staying between the edges, given the spot at its jumps."""
    times = np.sort(rng.uniform(0.0, years, size=(count, jumps)), axis=1)
    steps = np.diff(times, axis=1, prepend=0.0, append=years)
    noise = rng.standard_normal((count, jumps + 1))
    sizes = model.jump_mean + model.jump_vol * rng.standard_normal((count, jumps))
    spot, stays = np.zeros(count), np.ones(count)
    for k in range(jumps + 1):
        spread = model.vol * np.sqrt(steps[:, k])
        after = spot + log_drift * steps[:, k] + spread * noise[:, k]
        stays *= _bridge_stays(spot, after, spread, edges)
        spot = after
        if k < jumps:
            spot = spot + sizes[:, k]
            stays *= (spot > edges[0]) & (spot < edges[1])
    return stays


def _bridge_stays(
    first: Float64[np.ndarray, " n_path"],
    last: Float64[np.ndarray, " n_path"],
    spread: Float64[np.ndarray, " n_path"],
    edges: tuple[float, float],
) -> Float64[np.ndarray, " n_path"]:
    """Return the chance that Brownian bridges stay between the edges.

    One edge: 1 - exp(-2·a·b/s²) of the distances a, b of both ends; two: the sum over images (Borodin and Salminen
    (2002), part I, IV.26).
    """
    low, high = edges
    inside = (first > low) & (last > low) & (first < high) & (last < high)
    variance = np.where(spread > 0.0, spread * spread, 1e-300)
    if math.isinf(low) or math.isinf(high):
        edge = high if math.isinf(low) else low
        touch = np.exp(np.minimum(-2.0 * (edge - first) * (edge - last) / variance, 0.0))
        return np.where(inside, 1.0 - touch, 0.0)
    width, total = high - low, np.zeros(first.size)
    inside &= spread < _CERTAIN * width
    images = min(_IMAGES, 3 + math.ceil(3.0 * float(spread.max()) / width))
    for k in range(-images, images + 1):
        shift = k * width
        near = np.exp(np.clip(-2.0 * shift * (shift + last - first) / variance, -700.0, 0.0))
        far = np.exp(np.clip(-2.0 * (shift + first - low) * (shift + last - low) / variance, -700.0, 0.0))
        total += np.where(inside, near - far, 0.0)
    return np.where(inside, np.clip(total, 0.0, 1.0), 0.0)


def _check(vol: float, years: float) -> None:
    if not (vol > 0.0 and math.isfinite(vol)):
        raise InputError(f"a vol of {vol:g}", "give a positive number: 0.6 for 60 %")
    if not (years >= 0.0 and math.isfinite(years)):
        raise InputError(f"a horizon of {years:g} years", "give a number that is not negative")
