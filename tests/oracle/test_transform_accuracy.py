"""Bounds on the errors of transforms, held against another quadrature of another form, and what bent contours rest on.

Straight and bent sums are taken apart here by the number of frequencies from which on the kernel bends its contour.
"""

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import ndtr

from hedgerow.core.errors import TransformError
from hedgerow.pricing import black76
from hedgerow.pricing.models import (
    SVCJ,
    AffineCoefficients,
    AffineModel,
    Bates,
    Heston,
    Merton,
    coefficients,
    price_model,
    seen_from_coin,
)
from hedgerow.pricing.models.affine_kernels import transform_rows
from hedgerow.pricing.models.transform_kernels import LONG, N_COLUMNS, affine_rows

ALWAYS, NEVER = 0, 1 << 40
"""Contours are bent."""

STEEP = Heston(v0=0.04, kappa=0.5, theta=0.04, vol_of_vol=2.0, rho=-0.95)
"""A straight sum needs 116 frequencies at two days and 7,018 at a year."""
STEEP_BATES = Bates(
    v0=0.04, kappa=0.5, theta=0.04, vol_of_vol=2.0, rho=-0.95, jump_intensity=3.0, jump_mean=-0.1, jump_vol=0.1
)
STEEP_SVCJ = SVCJ(
    v0=0.04,
    kappa=0.5,
    theta=0.04,
    vol_of_vol=2.0,
    rho=-0.95,
    jump_intensity=3.0,
    jump_mean=-0.1,
    jump_vol=0.1,
    variance_jump_mean=0.2,
    jump_correlation=-0.4,
)
STEEP_ONES = pytest.mark.parametrize("model", [STEEP, STEEP_BATES, STEEP_SVCJ], ids=["heston", "bates", "svcj"])


class Sums(NamedTuple):
    """What the kernel says of calls on a forward of one, Black's model put back."""

    price: np.ndarray
    columns: np.ndarray
    bound: float
    nodes: int


def sums(c: AffineCoefficients, k: np.ndarray, years: float, tolerance: float, long: int = LONG) -> Sums:
    columns, variance, bound = np.empty((N_COLUMNS, k.size)), np.empty(1), np.empty(1)
    nodes, first = np.empty(1, dtype=np.int64), np.array([0, k.size])
    affine_rows(c.array(), k, np.array([years]), first, tolerance, True, long, columns, variance, bound, nodes)
    root = math.sqrt(variance[0])
    d = -k / root + 0.5 * root
    price = columns[0] + ndtr(d) - np.exp(k) * ndtr(d - root)
    columns[1] += ndtr(d)
    columns[2] += np.exp(-0.5 * d * d) / (root * math.sqrt(2.0 * math.pi))
    return Sums(price, columns, float(bound[0]), int(nodes[0]))


# The oracle: Lewis's line in panels of Gauss-Legendre nodes, and formulas as they stand in the papers.

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
MOST_PANELS = 1_500
NOTHING = math.log(1e-18)


def log_transform(c: AffineCoefficients, z: np.ndarray, years: float) -> tuple[np.ndarray, np.ndarray]:
    """Return ln E[exp(z·X)] where nothing jumps, and what jumps add.

    Albrecher et al. (2007), "The little Heston trap", eq. 2; Duffie, Pan, Singleton (2000), page 1362, for the jumps.
    """
    q, b, nu2 = z - z * z, c.kappa - c.rho * c.vol_of_vol * z, c.vol_of_vol**2
    if nu2 == 0.0:  # Merton
        total, jump_time = -0.5 * q * years * c.v0, np.full(z.shape, years, dtype=complex)
    else:
        d = np.sqrt(b * b + nu2 * q)
        fading, g = np.exp(-d * years), (b - d) / (b + d)
        total = c.pull / nu2 * ((b - d) * years - 2.0 * np.log((1.0 - g * fading) / (1.0 - g)))
        total += c.v0 * (b - d) / nu2 * (1.0 - fading) / (1.0 - g * fading)
        leap, held = c.variance_jump_mean, 1.0 - z * c.jump_correlation * c.variance_jump_mean
        within = np.log(1.0 - ((d - b) * held - leap * q) / (2.0 * d * held) * (1.0 - fading))
        jump_time = (d + b) / ((d + b) * held + leap * q) * years
        jump_time = jump_time - 2.0 * leap * q / ((d * held) ** 2 - (b * held + leap * q) ** 2) * within
    size = np.exp(z * c.jump_mean + 0.5 * z * z * c.jump_vol**2)
    still = total - c.jump_intensity * years * (1.0 + z * c.jump_drift)
    return np.asarray(still), np.asarray(c.jump_intensity * size * jump_time)


def panels(c: AffineCoefficients, k: np.ndarray, years: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Nodes and weights to where the integrand is nothing: panels grow with w until it turns eight times in one."""
    w = np.exp(np.arange(-3.0, 30.0, 0.25))
    still, leaps = log_transform(c, 0.5 + 1j * w, years)
    size = still.real + np.abs(leaps) - 2.0 * np.log(w)  # jumps of one size come back at every 2·pi/size
    last = w[min(np.flatnonzero(size > NOTHING).max(initial=0) + 1, w.size - 1)]
    count = c.jump_intensity * years
    count += 8.0 * math.sqrt(count) + 3.0
    reach = (c.v0 + abs(c.pull) * years) / c.vol_of_vol if c.vol_of_vol else 0.0
    turns = np.abs(k).max() + min(abs(c.rho) * reach, 30.0) + 1e-6
    if c.jump_intensity:
        turns += count * abs(c.jump_mean) + 6.0 * math.sqrt(count) * c.jump_vol
    edges = [0.0]
    while edges[-1] < last:
        edges.append(edges[-1] + min(max(0.25, 0.5 * edges[-1]), 8.0 / turns))
        if len(edges) > MOST_PANELS:
            return None
    middle, half = 0.5 * np.add(edges[1:], edges[:-1]), 0.5 * np.diff(edges)
    return (middle[:, None] + half[:, None] * NODES).ravel(), (half[:, None] * WEIGHTS).ravel()


def by_quadrature(c: AffineCoefficients, k: np.ndarray, years: float) -> np.ndarray | None:
    """Calls on a forward of one, Lewis (2001), eq. 3.11; None where it would take too long."""
    found = panels(c, k, years)
    if found is None:
        return None
    w, weight = found
    flat = weight * np.exp(sum(log_transform(c, 0.5 + 1j * w, years))) / (w * w + 0.25)
    return np.array([1.0 - math.exp(0.5 * x) / math.pi * float((np.exp(-1j * w * x) * flat).real.sum()) for x in k])


def hostile(rng: np.random.Generator) -> tuple[AffineCoefficients, float, np.ndarray, float]:
    """Coefficients of all sorts, ten minutes to five years, strikes up to ten deviations away, a tolerance."""

    def spread(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(math.log(low), math.log(high))))

    kind = rng.choice(["heston", "bates", "merton", "svcj"])
    kappa, nu, years = spread(0.01, 20.0), spread(0.05, 5.0), spread(10.0 / 525_600.0, 5.0)
    theta = min(0.5 * spread(1e-3, 10.0) * nu * nu / kappa, 20.0)  # Feller's ratio from 0.001 to 10
    v0 = 0.0 if rng.random() < 0.1 else spread(1e-4, 4.0)
    c = AffineCoefficients(kappa * theta, kappa, nu, float(rng.uniform(-0.99, 0.99)), v0)
    if kind == "merton":
        c = AffineCoefficients(0.0, 0.0, 0.0, 0.0, spread(1e-4, 4.0))
    if kind != "heston":
        vol = float(rng.choice([0.0, spread(1e-3, 0.5), rng.uniform(0.02, 0.5)]))
        c = c._replace(jump_intensity=spread(0.05, 200.0), jump_mean=float(rng.uniform(-0.5, 0.5)), jump_vol=vol)
    if kind == "svcj":
        leap, tie = spread(1e-3, 3.0), float(rng.uniform(-2.0, 2.0))
        c = c._replace(variance_jump_mean=leap, jump_correlation=min(tie, 0.9 / leap))
    if rng.random() < 0.25:
        c = seen_from_coin(c)
    deviation = math.sqrt(years * (v0 + theta + c.jump_intensity * (c.jump_mean**2 + c.jump_vol**2)))
    k = rng.uniform(-3.0, 3.0, 4) if rng.random() < 0.4 else rng.uniform(-10.0, 10.0, 4) * deviation
    return c, years, np.clip(k, -3.0, 3.0), float(rng.choice([1e-3, 1e-6, 1e-8, 1e-10, 1e-10, 1e-12]))


def test_hostile_prices_are_within_their_bounds() -> None:
    rng = np.random.default_rng(20_191_012)
    checked = bent = refused = 0
    while checked < 200:
        c, years, k, tolerance = hostile(rng)
        truth = by_quadrature(c, k, years)
        if truth is None:
            continue
        checked += 1
        for long in (LONG, ALWAYS):
            found = sums(c, k, years, tolerance, long)
            if found.bound == math.inf:
                refused += 1
                continue
            assert found.bound <= tolerance
            # The oracle is good to some 1e-13 of the forward and the strike.
            miss = np.abs(found.price - truth) - 2e-13 * (1.0 + np.exp(k))
            assert miss.max() <= found.bound, (c, years, k, tolerance, long)
            bent += long == LONG and found.nodes < LONG
    assert bent > 100
    assert refused <= 12  # of 400: the price is then withheld, never wrong


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8, 1e-12])
@STEEP_ONES
def test_bent_sums_are_straight_ones_with_fewer_terms(model: AffineModel, tolerance: float) -> None:
    c, years = coefficients(model), 60.0 / 365.0
    k = np.linspace(-2.5, 2.5, 11) * math.sqrt(0.04 * years)
    straight, bent = sums(c, k, years, tolerance, NEVER), sums(c, k, years, tolerance, ALWAYS)
    assert bent.nodes < 0.15 * straight.nodes
    assert np.abs(bent.price - straight.price).max() <= bent.bound + straight.bound
    # Greeks have no bound: frequencies matter more to them, gamma's tolerance is 100 times that of a price.
    scale = np.abs(straight.columns).max(axis=1)
    assert (np.abs(bent.columns - straight.columns).max(axis=1) <= 300.0 * tolerance * (1.0 + scale)).all()


@STEEP_ONES
def test_greeks_on_bent_contours_are_slopes(model: AffineModel) -> None:
    strikes, years, h = np.array([0.7, 0.9, 1.0, 1.05, 1.3]), 0.5, 2e-4

    def calls(forward: float = 1.0, more_years: float = 0.0, more_variance: float = 0.0) -> np.ndarray:
        moved = type(model)(**{**{n: getattr(model, n) for n in model.__struct_fields__}, "v0": 0.04 + more_variance})
        found = price_model(moved, forward, strikes, years + more_years, True, inverse=False, tolerance=1e-13)
        return np.asarray(found.price)

    def slope(name: str, step: float) -> np.ndarray:
        values = [calls(**{name: (1.0 if name == "forward" else 0.0) + j * step}) for j in (-2, -1, 1, 2)]
        return np.asarray((values[0] - 8.0 * values[1] + 8.0 * values[2] - values[3]) / (12.0 * step))

    found = price_model(model, 1.0, strikes, years, True, inverse=False, tolerance=1e-12)
    # Fourth-order differences: h^4 times a fifth derivative, and 1e-13 over the step.
    np.testing.assert_allclose(found.delta, slope("forward", h), rtol=0.0, atol=2e-7)
    np.testing.assert_allclose(found.theta, -slope("more_years", 2.5e-4), rtol=0.0, atol=1e-8)
    np.testing.assert_allclose(found.state_vega, slope("more_variance", 1e-4), rtol=0.0, atol=1e-8)
    bend = (calls(1.0 - h) - 2.0 * calls() + calls(1.0 + h)) / h**2
    np.testing.assert_allclose(found.gamma, bend, rtol=2e-3, atol=1e-5)


def test_lewis_published_digits() -> None:
    # Lewis (2019), "Heston model reference prices", financepress.com/2019/02/15/heston-model-reference-prices, which
    # QuantLib's test suite carries too (hestonmodel.cpp): S = 100, r = 1 %, q = 2 %, a year.
    model = Heston(v0=0.04, kappa=4.0, theta=0.25, vol_of_vol=1.0, rho=-0.5)
    strikes = np.array([80.0, 90.0, 100.0, 110.0, 120.0])
    calls = np.array(
        [26.774758743998854, 20.933349000596710, 16.070154917028834, 12.132211516709845, 9.024913483457836]
    )
    puts = np.array([7.958878113256768, 12.017966707346305, 17.055270961270109, 23.017825898442801, 29.811026202682472])
    forward, discount = 100.0 * math.exp(-0.01), math.exp(-0.01)
    for is_call, published in ((True, calls), (False, puts)):
        found = price_model(model, forward, strikes, 1.0, is_call, inverse=False, tolerance=1e-13)
        np.testing.assert_allclose(discount * found.price, published, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize(
    ("model", "years", "published"),
    [
        # Andersen (2008), "Simple and efficient simulation of the Heston stochastic volatility model", J. Computational
        # Finance 11(3):1, doi 10.21314/JCF.2008.189, cases I and II: strikes of 60, 100 and 140 % of the forward.
        (Heston(v0=0.04, kappa=0.5, theta=0.04, vol_of_vol=1.0, rho=-0.9), 10.0, [44.330, 13.085, 0.296]),
        (Heston(v0=0.04, kappa=0.3, theta=0.04, vol_of_vol=0.9, rho=-0.5), 15.0, [45.287, 16.649, 5.138]),
    ],
)
def test_andersen_long_dated(model: Heston, years: float, published: list[float]) -> None:
    found = price_model(model, 100.0, [60.0, 100.0, 140.0], years, True, inverse=False)
    np.testing.assert_allclose(found.price, published, rtol=0.0, atol=5.1e-4)


@pytest.mark.parametrize(("mean", "vol"), [(0.4, 0.0), (-0.5, 0.002), (0.1, 0.0)])
def test_jumps_of_one_size_come_one_by_one(mean: float, vol: float) -> None:
    # Ten minutes: the diffusion is a thousandth as wide as a jump. Merton (1976), eq. 19.
    model = Merton(vol=0.3, jump_intensity=50.0, jump_mean=mean, jump_vol=vol)
    forward, strikes, years = 1.0, np.exp(np.array([-0.6, -0.1, -1e-3, 0.0, 1e-3, 0.2, 0.5])), 10.0 / 525_600.0
    rate, total = model.jump_intensity * years, np.zeros(strikes.size)
    shift = math.exp(mean + 0.5 * vol**2)
    for n in range(12):
        weight = math.exp(-rate + n * math.log(rate) - math.lgamma(n + 1))
        each = math.sqrt(model.vol**2 + n * vol**2 / years)
        total += (
            weight
            * black76(
                forward * shift**n * math.exp(-rate * (shift - 1.0)), strikes, years, each, True, inverse=False
            ).price
        )
    found = price_model(model, forward, strikes, years, True, inverse=False, tolerance=1e-11)
    assert (np.abs(found.price - total) <= found.error + 1e-15).all()


def by_equations(c: AffineCoefficients, z: complex, years: float) -> complex:
    """ln E[exp(z·X)] by integrating Duffie, Pan, Singleton (2000), section 4.2: no logarithm that could jump."""

    def slopes(_t: float, y: np.ndarray) -> np.ndarray:
        d, _ = y
        leap = np.exp(z * c.jump_mean + 0.5 * z * z * c.jump_vol**2)
        leap /= 1.0 - z * c.jump_correlation * c.variance_jump_mean - c.variance_jump_mean * d
        rise = 0.5 * c.vol_of_vol**2 * d * d - (c.kappa - c.rho * c.vol_of_vol * z) * d - 0.5 * (z - z * z)
        return np.array([rise, c.pull * d + c.jump_intensity * (leap - 1.0 - z * c.jump_drift)])

    end = solve_ivp(slopes, (0.0, years), np.zeros(2, dtype=complex), method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return complex(end[0] * c.v0 + end[1])


@pytest.mark.parametrize("from_coin", [False, True])
def test_logarithms_stay_on_their_branch_off_the_strip(from_coin: bool) -> None:
    # Bent contours leave the strip of moments for the slit plane, up to 1.2 radian from the vertical.
    rng = np.random.default_rng(7)
    seen = 0
    while seen < 60:
        c, years, _, _ = hostile(rng)
        if c.vol_of_vol == 0.0 or years < 0.01:
            continue
        c = seen_from_coin(c) if from_coin else c
        steepest = 1.2 if c.jump_intensity == 0.0 else 0.75
        radius = float(np.exp(rng.uniform(0.0, 5.0)))
        z = 0.5 + radius * complex(np.exp(1j * (0.5 * math.pi + rng.uniform(-steepest, steepest))))
        truth = by_equations(c, z, years)
        if not abs(truth) < 200.0:
            continue
        found = np.empty(1, dtype=np.complex128)
        transform_rows(c.array(), np.array([z]), np.array([years]), found)
        assert found[0] == pytest.approx(np.exp(truth), rel=1e-8), (c, years, z)
        seen += 1


@STEEP_ONES
def test_a_call_in_coin_is_k_puts_on_the_dollar(model: AffineModel) -> None:
    c, years, k = coefficients(model), 0.25, np.linspace(-0.5, 0.5, 7)
    here, there = sums(c, k, years, 1e-11), sums(seen_from_coin(c), -k, years, 1e-11)
    puts = there.price + np.exp(-k) - 1.0
    assert np.abs(here.price - np.exp(k) * puts).max() <= here.bound + math.exp(0.5) * there.bound
    coin = price_model(model, 2_000.0, 2_000.0 * np.exp(k), years, True, inverse=True, tolerance=1e-11)
    dollar = price_model(model, 2_000.0, 2_000.0 * np.exp(k), years, True, inverse=False, tolerance=1e-11)
    np.testing.assert_allclose(coin.price, dollar.price / 2_000.0, rtol=1e-15)
    np.testing.assert_allclose(coin.delta, dollar.delta - coin.price, rtol=1e-12)
    np.testing.assert_allclose(coin.error, dollar.error / 2_000.0, rtol=1e-15)


def test_what_cannot_be_reached_is_refused() -> None:
    # The mean jump of the variance hardly exists under the coin: no moment beyond the first, and wide strikes.
    model = SVCJ(
        v0=1e-6,
        kappa=0.5,
        theta=1e-6,
        vol_of_vol=0.5,
        rho=0.9,
        jump_intensity=300.0,
        jump_mean=0.3,
        jump_vol=0.0,
        variance_jump_mean=1.0,
        jump_correlation=0.99,
    )
    with pytest.raises(TransformError, match="SVCJ at 2 years"):
        price_model(model, 1.0, [0.1, 1.0, 10.0], 2.0, True, inverse=False, tolerance=1e-13)
