"""The bias shrinks at the order that is stated, measured without noise.

A step of a scheme is a linear map of functions of the vol: f(v) becomes E[exp(iu·dX) f(v')]. The map is tabulated by
feeding the scheme a grid of vols and the nodes of quadratures in place of random numbers; applied N times to 1 it gives
the characteristic function of X = ln F_T (of -X under the measure of the coin) as the scheme has it. Where the truth is
known, from the Riccati equations or because F is a martingale, the bias follows to many digits.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.stats import gamma, norm, poisson

from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Model
from hedgerow.pricing.paths import Measure, stated_bias
from hedgerow.pricing.paths.schemes import choose_scheme

CALM = {"v0": 0.3, "kappa": 3.0, "theta": 0.45, "vol_of_vol": 1.0, "rho": -0.4}
JUMPS = {"jump_intensity": 1.5, "jump_mean": -0.05, "jump_vol": 0.1}
HESTON = Heston(**CALM)
BATES = Bates(**CALM, **JUMPS)
COJUMPS = SVCJ(**CALM | JUMPS | {"vol_of_vol": 0.5}, variance_jump_mean=1.0, jump_correlation=0.1)
HELD = LogNormalSV(vol0=0.7, theta=0.8, kappa1=2.0, kappa2=2.0, beta=0.4, vol_of_vol=1.0)
FREE = SABR(alpha=0.7, beta=1.0, vol_of_vol=1.0, rho=-0.4)
BENT = SABR(alpha=0.25, beta=0.7, vol_of_vol=0.8, rho=-0.5)

Z = np.linspace(-7.2, 7.2, 91)
WEIGHTS = norm.pdf(Z) / norm.pdf(Z).sum()


class Nodes(NamedTuple):
    """Nodes of the quadrature of one step: drivers, and weights."""

    z_vol: np.ndarray
    u_count: np.ndarray
    u_size: np.ndarray
    weights: np.ndarray


def jump_nodes(model: Model, measure: Measure, step: float) -> Nodes:
    """Counts up to 7, jumps before and after the diffusion, Gauss-Laguerre nodes of their sizes."""
    if not isinstance(model, Bates | SVCJ):
        return Nodes(Z, np.zeros(Z.size), np.zeros(Z.size), WEIGHTS)
    intensity, kappa, moves = model.jump_intensity, model.kappa, isinstance(model, SVCJ)
    if measure == "coin":
        room = 1.0 - model.jump_correlation * model.variance_jump_mean if isinstance(model, SVCJ) else 1.0
        intensity *= math.exp(model.jump_mean + 0.5 * model.jump_vol**2) / room
        kappa -= model.rho * model.vol_of_vol
    mean, decay = intensity * step, kappa * step
    early = 1.0 / (1.0 - math.exp(-decay)) - 1.0 / decay
    rows = [(0.0, 0.0, math.exp(-mean))]
    for count in range(1, 8):
        below, chance = poisson.cdf(count - 1, mean), poisson.pmf(count, mean)
        sizes, shares = np.polynomial.laguerre.laggauss(8)
        shares = shares * gamma.pdf(sizes, count) * np.exp(sizes) if moves else np.eye(8)[0]
        for left, share in ((0.5 * early, early), (0.5 * (1.0 + early), 1.0 - early)) if moves else ((0.5, 1.0),):
            for size, weight in zip(sizes, shares, strict=True):
                if weight:
                    u_size = min(gamma.cdf(size, count), 1.0 - 2.0**-53)
                    rows.append((below + chance * left, u_size, chance * share * weight))
    u_count, u_size, weights = np.array(rows).T
    n = weights.size
    return Nodes(np.repeat(Z, n), np.tile(u_count, Z.size), np.tile(u_size, Z.size), np.outer(WEIGHTS, weights).ravel())


def with_vol(model: Model, vol: float) -> Model:
    name = {SABR: "alpha", LogNormalSV: "vol0"}.get(type(model), "v0")
    return msgspec.structs.replace(model, **{name: vol if name != "v0" else vol * vol})


def one_step(
    model: Model, measure: Measure, step: float, vol: float, nodes: Nodes, z: object
) -> tuple[np.ndarray, ...]:
    """The move of X and the vol after a step, from a vol, with this normal (or these) for the forward."""
    scheme = choose_scheme(with_vol(model, vol), measure, 1.0, step)
    forward, variance = np.empty((nodes.weights.size, 2)), np.empty((nodes.weights.size, 2))
    drivers = [np.full(nodes.weights.size, z)[:, None], nodes.z_vol[:, None]]
    scheme.fill(drivers, [nodes.u_count[:, None], nodes.u_size[:, None]][: scheme.uniforms], forward, variance)
    return (1.0 if measure == "quote" else -1.0) * np.log(np.clip(forward[:, 1], 1e-200, 1e200)), np.sqrt(
        variance[:, 1]
    )


def characteristic(model: Model, measure: Measure, u: complex, years: float, steps: int) -> complex:
    """E[exp(iu·X)] as the scheme has it."""
    step, nodes = years / steps, jump_nodes(model, measure, years / steps)
    affine = not isinstance(model, SABR | LogNormalSV)
    start = math.sqrt(CALM["v0"]) if affine else 0.7 if model is not BENT else 0.25
    widest = 4.5 if isinstance(model, SVCJ) else 2.6
    steps_away = np.linspace(0.0, 1.0, 50)
    grid = widest * steps_away if affine else start * np.exp((10.0 * steps_away - 5.0) * math.sqrt(years))
    bent = isinstance(model, SABR) and model.beta < 1.0
    hermite, shares = np.polynomial.hermite_e.hermegauss(16)
    if bent:  # X is not normal given the vol: its nodes multiply those of the vol
        rows = [np.repeat(row, 16) for row in nodes]
        nodes = Nodes(*rows)._replace(weights=rows[-1] * np.tile(shares / shares.sum(), Z.size))

    def tabulate(vol: float) -> tuple[np.ndarray, np.ndarray]:
        if bent:
            x, after = one_step(model, measure, step, vol, nodes, np.tile(hermite, Z.size))
            return nodes.weights * np.exp(1j * u * x), after
        x, after = one_step(model, measure, step, vol, nodes, 0.0)
        spread = one_step(model, measure, step, vol, nodes, 1.0)[0] - x
        return nodes.weights * np.exp(1j * u * x - 0.5 * u * u * spread**2), after

    table = [tabulate(vol) for vol in grid] if steps > 1 else []
    values: Callable[[np.ndarray], np.ndarray] = np.ones_like
    for _ in range(steps - 1):
        values = Spline(grid, np.array([np.sum(w * values(after)) for w, after in table]))
    weights, after = tabulate(start)
    return complex(np.sum(weights * values(after)))


class Spline:
    """A cubic spline, flat outside its nodes."""

    def __init__(self, grid: np.ndarray, values: np.ndarray) -> None:
        self.grid, self.spline = grid, CubicSpline(grid, values)

    def __call__(self, at: np.ndarray) -> np.ndarray:
        return np.asarray(self.spline(np.clip(at, self.grid[0], self.grid[-1])))


def riccati(model: Heston | Bates | SVCJ, measure: Measure, u: float, years: float) -> complex:
    """E[exp(iu·ln F_T/F_0)], or with weight F_T/F_0 of -ln: Duffie, Pan, Singleton (2000), eq. 2.5 and 2.6."""
    # Under the measure of the coin E[exp(-iu·x)] = E_quote[exp((1 - iu)·x)].
    power = 1j * u if measure == "quote" else 1.0 - 1j * u
    intensity, mean, vol, size, tied = 0.0, 0.0, 0.0, 0.0, 0.0
    if isinstance(model, Bates | SVCJ):
        intensity, mean, vol = model.jump_intensity, model.jump_mean, model.jump_vol
    if isinstance(model, SVCJ):
        size, tied = model.variance_jump_mean, model.jump_correlation

    def jumped(s: complex, d: complex) -> complex:
        return complex(np.exp(s * mean + 0.5 * s * s * vol * vol) / (1.0 - size * (d + s * tied)))

    def slopes(_: float, y: np.ndarray) -> list[complex]:
        d, nu = y[0], model.vol_of_vol
        own = 0.5 * (power * power - power) + (model.rho * nu * power - model.kappa) * d + 0.5 * nu * nu * d * d
        jumps = intensity * (jumped(power, d) - 1.0 - power * (jumped(1.0, 0.0) - 1.0))
        return [own, model.kappa * model.theta * d + jumps]

    end = solve_ivp(slopes, (0.0, years), [0j, 0j], rtol=1e-10, atol=1e-12, method="DOP853").y[:, -1]
    return complex(np.exp(end[1] + end[0] * model.v0))


@pytest.mark.parametrize("measure", ["quote", "coin"])
@pytest.mark.parametrize(
    ("model", "few", "least"),
    [(HESTON, 4, 2e-4), (BATES, 4, 2e-4), (COJUMPS, 2, 8e-4)],
    ids=["heston", "bates", "svcj"],
)
def test_the_quadratic_exponential_scheme_is_of_second_order(
    model: Heston | Bates | SVCJ, few: int, least: float, measure: Measure
) -> None:
    # Biases over a year of the characteristic function, which is 0.7 to 0.8 large. Variance jumps hard in SVCJ here and
    # hardly diffuses: its bias is that of the jumps.
    true = riccati(model, measure, 1.0, 1.0)
    biases = [abs(characteristic(model, measure, 1.0, 1.0, steps) - true) for steps in (few, 4 * few)]
    assert math.log(biases[0] / biases[1], 4.0) > 0.8 * stated_bias(model).order
    assert biases[1] < least


@pytest.mark.parametrize("measure", ["quote", "coin"])
@pytest.mark.parametrize("model", [HESTON, BATES, COJUMPS], ids=["heston", "bates", "svcj"])
@pytest.mark.parametrize("steps", [1, 3])
def test_the_martingale_of_the_affine_schemes_is_exact(model: Model, measure: Measure, steps: int) -> None:
    # To what the quadratures leave: E[F_T] = F_0, E_coin[1/F_T] = 1/F_0.
    assert abs(characteristic(model, measure, -1j, 0.5, steps) - 1.0) < 3e-6


@pytest.mark.parametrize(
    ("model", "measure"),
    [(HELD, "quote"), (HELD, "coin"), (FREE, "quote"), (FREE, "coin"), (BENT, "quote")],
    ids=["lognormal sv", "lognormal sv, coin", "sabr", "sabr, coin", "sabr, beta < 1"],
)
def test_the_schemes_of_a_lognormal_vol_are_of_second_order(model: Model, measure: Measure) -> None:
    years, order = 0.5, stated_bias(model).order
    found = [characteristic(model, measure, 2.0, years, steps) for steps in (4, 8, 16)]
    assert math.log2(abs(found[1] - found[0]) / abs(found[2] - found[1])) == pytest.approx(order, abs=0.35)
    off = [abs(characteristic(model, measure, -1j, years, steps) - 1.0) for steps in (4, 16)]
    assert math.log(off[0] / off[1], 4.0) == pytest.approx(order, abs=0.35)
    assert off[1] < 2e-6


def test_the_mean_of_the_logarithm_of_sabr_is_exact_whatever_the_step() -> None:
    # E[ln F_T/F_0] = -alpha²·(exp(nu²T) - 1)/(2nu²), here after one step with nu²T = 1.28.
    model = SABR(alpha=0.1, beta=1.0, vol_of_vol=1.6, rho=-0.4)
    x, _ = one_step(model, "quote", 0.5, 0.1, Nodes(Z, Z, Z, WEIGHTS), 0.0)
    assert np.sum(WEIGHTS * x) == pytest.approx(-0.01 * math.expm1(1.28) / 5.12, rel=1e-5)
