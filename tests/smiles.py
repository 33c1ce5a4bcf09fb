"""Generated smiles: surfaces without arbitrage, quotes of all sorts around them, Heston and Merton, and oracles."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad_vec
from scipy.special import ndtr

from hedgerow.core.arrays import Float64
from hedgerow.pricing import implied_vol
from hedgerow.pricing.surface import SmileQuotes, SurfaceParameters
from hedgerow.pricing.surface.essvi_kernels import essvi_rows

TEN_MINUTES = 10.0 / (365.0 * 24.0 * 60.0)
TWO_DAYS = 2.0 / 365.0


def make_ssvi(
    years: Float64[np.ndarray, " n_expiry"], *, vol: float, tilt: float, rho: float, eta: float, power: float
) -> SurfaceParameters:
    """Return an SSVI surface with phi = eta/(theta^power·(1 + theta)^(1 - power)) and theta = vol²·T·(1 + tilt·e^-T).

    Free of arbitrage for eta·(1 + |rho|) <= 2, 0 <= power <= 1/2 and tilt < 7 (Gatheral-Jacquier 2014, section 4.3).
    """
    theta = vol**2 * years * (1.0 + tilt * np.exp(-years))
    phi = eta / (theta**power * (1.0 + theta) ** (1.0 - power))
    flat = math.sqrt(1.0 - rho**2)
    pairs = zip(theta.tolist(), phi.tolist(), strict=True)
    slices = tuple((0.5 * t * flat**2, 0.5 * t * p, rho, -rho / p, flat / p) for t, p in pairs)
    return SurfaceParameters(kind="essvi", expiry_years=tuple(years.tolist()), slices=slices)


def make_truth(rng: np.random.Generator, years: Float64[np.ndarray, " n_expiry"], vol: float) -> SurfaceParameters:
    """Return a random SSVI surface of about this vol."""
    rho = rng.uniform(-0.8, 0.8)
    eta = rng.uniform(0.1, 0.95) * 2.0 / (1.0 + abs(rho))
    return make_ssvi(years, vol=vol, tilt=rng.uniform(0.0, 2.0), rho=rho, eta=eta, power=rng.uniform(0.0, 0.5))


def make_essvi(x: Float64[np.ndarray, "n_expiry 3"], years: Float64[np.ndarray, " n_expiry"]) -> SurfaceParameters:
    """Return the surface at coordinates of the global parametrization; its rho changes from slice to slice."""
    raw = np.empty((len(x), 5))
    essvi_rows(x, raw)
    return make_parameters(raw, years)


def make_parameters(
    raw: Float64[np.ndarray, "n_expiry 5"], years: Float64[np.ndarray, " n_expiry"]
) -> SurfaceParameters:
    """Return raw slices as parameters."""
    slices = tuple((a, b, rho, m, sigma) for a, b, rho, m, sigma in raw.tolist())
    return SurfaceParameters(kind="svi", expiry_years=tuple(years.tolist()), slices=slices)


def make_quotes(
    truth: SurfaceParameters, k: list[np.ndarray], half: float = 0.0, noise: np.ndarray | None = None
) -> SmileQuotes:
    """Return quotes of a surface at k[expiry], half a spread either side, with noise on their middles. [vol]"""
    years = np.array(truth.expiry_years)
    rows = zip(truth.array(), k, truth.expiry_years, strict=True)
    mid = np.concatenate([np.sqrt(slice_variance(raw, at)[0] / t) for raw, at, t in rows])
    mid = mid if noise is None else mid + noise
    return SmileQuotes(
        expiry_years=years,
        expiry=np.repeat(np.arange(years.size), [at.size for at in k]).astype(np.int64),
        log_moneyness=np.concatenate(k),
        vol_bid=np.maximum(mid - half, 0.0),
        vol_ask=mid + half,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostility:
    """What is wrong with generated quotes."""

    level: float
    noise: float
    jumps: float
    reach: float
    side: int
    twice: bool
    width: float
    outlying: bool


def make_hostile_quotes(
    rng: np.random.Generator, years: Float64[np.ndarray, " n_expiry"], counts: list[int], ill: Hostility
) -> SmileQuotes:
    """Return quotes around a random truth, bent by noise per quote and jumps of level per expiry."""
    truth = make_truth(rng, years, ill.level)
    ks, lows, highs = [], [], []
    for raw, t, count in zip(truth.array(), years.tolist(), counts, strict=True):
        k = ill.reach * ill.level * math.sqrt(t) * rng.normal(size=count)
        k = ill.side * np.abs(k) if ill.side else k
        if ill.twice and count > 1:
            k[-1] = k[0]
        k = np.sort(k)
        vol = np.sqrt(slice_variance(raw, k)[0] / t) * np.exp(ill.noise * rng.normal(size=count))
        vol *= math.exp(ill.jumps * rng.normal())
        if ill.outlying and count:
            vol[rng.integers(count)] *= rng.choice([0.3, 3.0])
        half = np.minimum(ill.width * vol * np.exp(rng.normal(size=count)), vol)
        ks.append(k)
        lows.append(vol - half)
        highs.append(vol + half)
    return SmileQuotes(
        expiry_years=years,
        expiry=np.repeat(np.arange(years.size), counts).astype(np.int64),
        log_moneyness=np.concatenate(ks),
        vol_bid=np.concatenate(lows),
        vol_ask=np.concatenate(highs),
    )


def slice_variance(raw: Float64[np.ndarray, " 5"], k: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return total variance and its two derivatives (Gatheral-Jacquier 2014, eq. 3.1)."""
    a, b, rho, m, sigma = raw
    z = k - m
    q = np.hypot(z, sigma)
    return a + b * (rho * z + q), b * (rho + z / q), b * sigma**2 / q**3


def durrleman(w: np.ndarray, slope: np.ndarray, bend: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return g (Gatheral-Jacquier 2014, eq. 2.1)."""
    return np.asarray((1.0 - 0.5 * k * slope / w) ** 2 - 0.25 * slope**2 * (1.0 / w + 0.25) + 0.5 * bend)


def least_durrleman(raw: Float64[np.ndarray, " 5"]) -> float:
    """Return the least g over points dense in the logarithm of their distance from 0, from m and from the minimum."""
    _, _, rho, m, sigma = raw
    away = np.logspace(-6.0, 6.0, 1500)
    away = np.concatenate([-away[::-1], [0.0], away])
    centres = (0.0, m, m - sigma * rho / math.sqrt((1.0 - rho) * (1.0 + rho)))
    k = np.concatenate([centre + sigma * away for centre in centres])
    w, slope, bend = slice_variance(raw, k)
    return float(durrleman(w, slope, bend, k).min()) if w.min() > 0.0 else -math.inf


def least_gap(before: Float64[np.ndarray, " 5"], after: Float64[np.ndarray, " 5"]) -> float:
    """Return the least of w_after - w_before where it is negative at all, over the variance there: exact.

    Slices cross where a quartic vanishes (Gatheral-Jacquier 2014, lemma 3.1): with L the linear part of the difference
    and Q_i = b_i²·q_i², (Q_1 - L² - Q_2)² = 4·L²·Q_2. Between two neighbouring roots the sign does not change.
    """
    scale = max(before[4], after[4], abs(before[3] - after[3]))
    middle = 0.5 * (before[3] + after[3])
    line = np.zeros(2)
    squares = []
    for sign, (a, b, rho, m, sigma) in ((-1.0, before), (1.0, after)):
        line += sign * np.array([b * rho * scale, a + b * rho * (middle - m)])
        squares.append(b**2 * np.array([scale**2, 2.0 * scale * (middle - m), (middle - m) ** 2 + sigma**2]))
    part = np.polysub(squares[0], np.polyadd(np.polymul(line, line), squares[1]))
    quartic = np.polysub(np.polymul(part, part), 4.0 * np.polymul(np.polymul(line, line), squares[1]))
    at = np.sort(np.roots(quartic).real)
    at = np.concatenate([[-1e7], at, 0.5 * (at[1:] + at[:-1]), [1e7], [-(1.0 + 2.0 * np.abs(at).max(initial=0.0))]])
    at = np.append(at, -at[-1])
    k = middle + scale * at
    low, high = slice_variance(before, k)[0], slice_variance(after, k)[0]
    return float(((high - low) / (np.abs(high) + np.abs(low))).min())


def otm_price(k: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return Black's out-of-the-money price over the forward, by scipy's normal distribution."""
    root = np.sqrt(w)
    sign = np.where(k >= 0.0, 1.0, -1.0)
    return np.asarray(
        sign * (ndtr(sign * (-k / root + 0.5 * root)) - np.exp(k) * ndtr(sign * (-k / root - 0.5 * root)))
    )


def _vol(call: np.ndarray, k: np.ndarray, years: float) -> np.ndarray:
    price = np.where(k >= 0.0, call, call - 1.0 + np.exp(k))
    vol, fault = implied_vol(price, 1.0, np.exp(k), years, k >= 0.0, inverse=False)
    assert not fault.any()
    return vol


@dataclass(frozen=True, slots=True, kw_only=True)
class Heston:
    """dv = speed·(level - v)dt + vol_of_vol·sqrt(v)dW, v(0) = start, correlation rho."""

    start: float
    level: float
    speed: float
    vol_of_vol: float
    rho: float

    def vol(self, k: np.ndarray, years: float) -> np.ndarray:
        """Return implied vols by Lewis's integral (Lewis 2001, "A simple option formula", eq. 3.11).

        The characteristic function is that of Albrecher et al. (2007), "The little Heston trap", eq. 2.
        """

        def transform(u: complex) -> complex:
            beta = self.speed - 1j * self.rho * self.vol_of_vol * u
            d = np.sqrt(beta**2 + self.vol_of_vol**2 * (1j * u + u * u))
            g, decay = (beta - d) / (beta + d), np.exp(-d * years)
            tail = 2.0 * np.log((1.0 - g * decay) / (1.0 - g))
            drift = self.level * self.speed / self.vol_of_vol**2 * ((beta - d) * years - tail)
            return complex(np.exp(drift + self.start / self.vol_of_vol**2 * (beta - d) * (1 - decay) / (1 - g * decay)))

        def integrand(u: float) -> np.ndarray:
            return np.asarray((np.exp(-1j * u * k) * transform(u - 0.5j)).real / (u * u + 0.25))

        integral, _ = quad_vec(integrand, 0.0, np.inf, epsabs=1e-12, epsrel=1e-12, limit=2000)
        return _vol(1.0 - np.exp(0.5 * k) / np.pi * integral, k, years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merton:
    """Diffusion with log-normal jumps (Merton 1976, eq. 19)."""

    diffusion: float
    intensity: float
    jump_mean: float
    jump_vol: float

    def vol(self, k: np.ndarray, years: float) -> np.ndarray:
        """Return implied vols by the Poisson series."""
        growth = math.expm1(self.jump_mean + 0.5 * self.jump_vol**2)
        call, weight = np.zeros_like(k), math.exp(-self.intensity * years)
        for n in range(80):
            forward = math.exp(-self.intensity * growth * years) * (1.0 + growth) ** n
            root = math.sqrt(self.diffusion**2 * years + n * self.jump_vol**2)
            d1 = (math.log(forward) - k) / root + 0.5 * root
            call += weight * (forward * ndtr(d1) - np.exp(k) * ndtr(d1 - root))
            weight *= self.intensity * years / (n + 1)
        return _vol(call, k, years)
