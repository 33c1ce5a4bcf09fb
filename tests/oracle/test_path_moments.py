"""Simulated moments and prices beside closed forms, QuantLib and the transforms.

Moments come from the generators of the models: means of v, x, v², vx, x² (x = ln F_T/F_0, and for a log-normal vol a:
of a to a⁴, x, xa, xa², x²) obey linear differential equations, solved here. The change of measure to the coin is
written out once more: Brownian motions gain what they correlate with the forward, jumps are weighed by exp(J_x).
"""

import math
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
import QuantLib as ql  # noqa: N813
from scipy.integrate import solve_ivp
from scipy.stats import ncx2, poisson

from hedgerow.pricing import black76
from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Merton, Model
from hedgerow.pricing.models.prices import price_model
from hedgerow.pricing.paths import Measure, simulate, simulated_prices

F = 2_000.0
CALM = {"v0": 0.3, "kappa": 3.0, "theta": 0.4, "vol_of_vol": 1.0, "rho": -0.4}
WILD = {"v0": 0.5, "kappa": 2.0, "theta": 0.5, "vol_of_vol": 2.5, "rho": -0.5}  # 2·kappa·theta = 2 < 6.25
TURNED = {"v0": 0.2, "kappa": 1.0, "theta": 0.4, "vol_of_vol": 2.0, "rho": 0.7}  # kappa - rho·vol_of_vol = -0.4
FLAT = TURNED | {"kappa": 1.4}  # ... = 0
JUMPS = {"jump_intensity": 8.0, "jump_mean": -0.04, "jump_vol": 0.08}
COJUMPS = {"variance_jump_mean": 0.15, "jump_correlation": -0.3}

AFFINE: dict[str, Heston | Bates | SVCJ] = {
    "heston": Heston(**CALM),
    "feller violated": Heston(**WILD),
    "kappa < 0 in coin": Heston(**TURNED),
    "kappa = 0 in coin": Heston(**FLAT),
    "bates": Bates(**CALM, **JUMPS),
    "svcj": SVCJ(**CALM, **JUMPS, **COJUMPS),
    "svcj, kappa < 0 in coin": SVCJ(**TURNED, **JUMPS, **COJUMPS),
}
JUMPY = Merton(vol=0.6, **JUMPS)


class Drawn(NamedTuple):
    """The ends of many paths: x = ln(F_T/F_0) and v."""

    x: np.ndarray
    v: np.ndarray


def draw(model: Model, measure: Measure, years: float, steps: int, paths: int = 60_000, seed: int = 5) -> Drawn:
    given: dict[str, Any] = {"forward": F, "years": years, "steps": 1, "substeps": steps, "paths": paths, "seed": seed}
    blocks = list(simulate(model, measure=measure, **given))
    ends = [np.concatenate([getattr(b, name)[:, 1] for b in blocks]) for name in ("forward", "variance")]
    return Drawn(np.log(ends[0] / F), ends[1])


def assert_mean(samples: np.ndarray, true: float, bias: float = 0.0) -> None:
    """The mean lies within four standard errors, plus what the scheme states."""
    error = samples.std(ddof=1) / math.sqrt(samples.size)
    assert abs(samples.mean() - true) < 4.0 * error + bias, (samples.mean(), true, error)


def affine_moments(model: Heston | Bates | SVCJ, measure: Measure, years: float) -> dict[str, float]:
    """Means of v, x, v², vx, x², with x = ln F_T/F_0 (under the measure of the coin: with weight F_T/F_0)."""
    pull, kappa, nu, rho = model.kappa * model.theta, model.kappa, model.vol_of_vol, model.rho
    rate, mean, vol, size, tied, sign = 0.0, 0.0, 0.0, 0.0, 0.0, -1.0
    if isinstance(model, Bates | SVCJ):
        rate, mean, vol = model.jump_intensity, model.jump_mean, model.jump_vol
    if isinstance(model, SVCJ):
        size, tied = model.variance_jump_mean, model.jump_correlation
    drift = rate * (math.exp(mean + 0.5 * vol**2) / (1.0 - tied * size) - 1.0)  # what jumps take from ln F per year
    if measure == "coin":
        rate, mean = rate + drift, mean + vol**2
        size, kappa, sign = size / (1.0 - tied * size), kappa - rho * nu, 1.0
    jx, jv = mean + tied * size, size
    jxx, jvv, jxv = vol**2 + mean**2 + 2.0 * mean * tied * size + 2.0 * tied**2 * size**2, 2.0 * size**2, 0.0
    jxv = mean * size + 2.0 * tied * size**2

    def slopes(_: float, m: np.ndarray) -> list[float]:
        v, x, vv, vx, _ = m
        return [
            pull - kappa * v + rate * jv,
            0.5 * sign * v - drift + rate * jx,
            2.0 * pull * v - 2.0 * kappa * vv + nu**2 * v + rate * (2.0 * v * jv + jvv),
            pull * x - kappa * vx + 0.5 * sign * vv - drift * v + rho * nu * v + rate * (x * jv + v * jx + jxv),
            sign * vx - 2.0 * drift * x + v + rate * (2.0 * x * jx + jxx),
        ]

    start = [model.v0, 0.0, model.v0**2, 0.0, 0.0]
    ends = solve_ivp(slopes, (0.0, years), start, rtol=1e-11, atol=1e-13).y[:, -1]
    return dict(zip(("v", "x", "vv", "vx", "xx"), ends.tolist(), strict=True))


@pytest.mark.parametrize("measure", ["quote", "coin"])
@pytest.mark.parametrize("name", AFFINE)
def test_moments_of_affine_models(name: str, measure: Measure) -> None:
    years, model = 0.5, AFFINE[name]
    found, true = draw(model, measure, years, 48), affine_moments(model, measure, years)
    assert_mean(np.exp(found.x if measure == "quote" else -found.x), 1.0)
    assert_mean(found.v, true["v"])
    # Exact but for SVCJ; biases of second order, of which 48 steps leave about 1e-4.
    assert_mean(found.v**2, true["vv"], bias=1e-4 * true["vv"])
    assert_mean(found.x, true["x"], bias=1e-4)
    assert_mean(found.x**2, true["xx"], bias=1e-4)
    assert_mean(found.x * found.v, true["vx"], bias=1e-4)


@pytest.mark.parametrize("measure", ["quote", "coin"])
def test_two_moments_of_the_variance_are_exact_whatever_the_step(measure: Measure) -> None:
    # One and two steps of half a year: any error of the conditional moments would show.
    for name, steps in (("heston", 2), ("feller violated", 2), ("kappa < 0 in coin", 2), ("kappa = 0 in coin", 2)):
        found, true = draw(AFFINE[name], measure, 0.5, steps), affine_moments(AFFINE[name], measure, 0.5)
        assert_mean(found.v, true["v"])
        assert_mean(found.v**2, true["vv"])
    found, true = draw(AFFINE["svcj"], measure, 0.5, 2), affine_moments(AFFINE["svcj"], measure, 0.5)
    assert_mean(found.v, true["v"])


@pytest.mark.parametrize("steps", [1, 3])
def test_merton_is_exact_at_the_dates(steps: int) -> None:
    for measure in ("quote", "coin"):
        found = draw(JUMPY, measure, 0.5, steps, paths=200_000)
        tilt = JUMPY.jump_vol**2 if measure == "coin" else 0.0
        sign = 1.0 if measure == "coin" else -1.0
        drift = math.exp(JUMPY.jump_mean + 0.5 * JUMPY.jump_vol**2) - 1.0
        rate = 8.0 * (1.0 + (drift if measure == "coin" else 0.0))
        mean, second = JUMPY.jump_mean + tilt, (JUMPY.jump_mean + tilt) ** 2 + JUMPY.jump_vol**2
        third = (JUMPY.jump_mean + tilt) ** 3 + 3.0 * (JUMPY.jump_mean + tilt) * JUMPY.jump_vol**2
        first = 0.5 * (0.5 * sign * 0.36 - 8.0 * drift + rate * mean)
        assert_mean(found.x, first)
        assert_mean((found.x - first) ** 2, 0.5 * (0.36 + rate * second))
        assert_mean((found.x - first) ** 3, 0.5 * rate * third)  # cumulants of a compound Poisson law
        assert np.all(found.v == 0.6**2)


# A log-normal vol.

LINEAR = {"vol0": 0.6, "theta": 0.8, "kappa1": 3.0, "vol_of_vol": 0.8}


def lognormal_moments(level: float, slope: float, beta: float, nu: float, vol: float, sign: float, years: float) -> Any:
    """Means of a, a², x and x² where da = (level + slope·a) dt + a(beta dW + ...), dx = sign/2·a² dt + a dW."""

    def slopes(_: float, m: np.ndarray) -> list[float]:
        a1, a2, a3, a4, x, xa, xaa, _ = m
        return [
            level + slope * a1,
            2.0 * level * a1 + (2.0 * slope + nu**2) * a2,
            3.0 * level * a2 + (3.0 * slope + 3.0 * nu**2) * a3,
            4.0 * level * a3 + (4.0 * slope + 6.0 * nu**2) * a4,
            0.5 * sign * a2,
            level * x + slope * xa + 0.5 * sign * a3 + beta * a2,
            2.0 * level * xa + (2.0 * slope + nu**2) * xaa + 0.5 * sign * a4 + 2.0 * beta * a3,
            sign * xaa + a2,
        ]

    start = [vol, vol**2, vol**3, vol**4, 0.0, 0.0, 0.0, 0.0]
    ends = solve_ivp(slopes, (0.0, years), start, rtol=1e-11, atol=1e-13).y[:, -1]
    return dict(zip(("a", "aa", "aaa", "aaaa", "x", "xa", "xaa", "xx"), ends.tolist(), strict=True))


@pytest.mark.parametrize(
    ("model", "measure"),
    [
        # With kappa2 = 0 the drift of the vol is linear; in coin with kappa2 = beta, for there it gains beta·vol².
        (LogNormalSV(**LINEAR, kappa2=0.0, beta=-0.5), "quote"),
        (LogNormalSV(**LINEAR, kappa2=0.5, beta=0.5), "coin"),
        (SABR(alpha=0.6, beta=1.0, vol_of_vol=1.0, rho=-0.5), "quote"),
        (SABR(alpha=0.6, beta=1.0, vol_of_vol=1.0, rho=0.0), "coin"),
    ],
    ids=["lognormal sv", "lognormal sv, coin", "sabr", "sabr, coin"],
)
def test_moments_of_lognormal_vols(model: SABR | LogNormalSV, measure: Measure) -> None:
    if isinstance(model, SABR):
        level, slope, beta, nu, vol = 0.0, 0.0, model.rho * model.vol_of_vol, model.vol_of_vol, model.alpha
    else:
        level, slope, beta, vol = 2.4, model.kappa2 * 0.8 - 3.0, model.beta, model.vol0
        nu = math.hypot(model.beta, model.vol_of_vol)
    sign = 1.0 if measure == "coin" else -1.0
    true = lognormal_moments(level, slope, beta, nu, vol, sign, 0.5)
    found = draw(model, measure, 0.5, 32)
    assert_mean(np.exp(-sign * found.x), 1.0, bias=1e-5)
    assert_mean(np.sqrt(found.v), true["a"], bias=1e-4)
    assert_mean(found.v, true["aa"], bias=2e-4)
    assert_mean(found.x, true["x"], bias=2e-4)
    assert_mean(found.x * np.sqrt(found.v), true["xa"], bias=2e-4)
    assert_mean(found.x**2, true["xx"], bias=2e-4)


def test_alpha_and_the_mean_of_the_logarithm_are_exact_for_sabr() -> None:
    model = SABR(alpha=0.6, beta=1.0, vol_of_vol=1.0, rho=-0.5)
    true = lognormal_moments(0.0, 0.0, -0.5, 1.0, 0.6, -1.0, 0.5)
    found = draw(model, "quote", 0.5, 1, paths=200_000)
    assert_mean(found.x, true["x"])
    assert_mean(found.v**1.5, true["aaa"])
    assert_mean(np.log(found.v / 0.36) ** 2, 4.0 * (0.5 + (0.5 * 0.5) ** 2))


def functions_of(ends: Drawn) -> list[np.ndarray]:
    return [np.sqrt(ends.v), np.maximum(1.0 - np.exp(-ends.x), 0.0), np.tanh(ends.x)]


def test_quadratic_drift_under_both_measures() -> None:
    # Any payoff has one value: E_coin[g] = E_quote[g·F_T/F_0].
    model = LogNormalSV(vol0=0.6, theta=0.8, kappa1=2.0, kappa2=2.5, beta=0.8, vol_of_vol=0.7)
    quote, coin = draw(model, "quote", 0.5, 32), draw(model, "coin", 0.5, 32)
    weight = np.exp(quote.x)
    for there, unweighed in zip(functions_of(coin), functions_of(quote), strict=True):
        here = unweighed * weight
        errors = [samples.std() / math.sqrt(samples.size) for samples in (there, here)]
        assert abs(there.mean() - here.mean()) < 4.0 * math.hypot(*errors) + 1e-4


def test_normal_sabr_has_the_variance_of_its_alpha() -> None:
    # beta = 0: F_T - F_0 = int alpha dW, with variance alpha²·(exp(nu²T) - 1)/nu²; zero is far away.
    model = SABR(alpha=100.0, beta=0.0, vol_of_vol=0.9, rho=-0.4)
    found = draw(model, "quote", 0.5, 16, paths=200_000)
    moves = F * np.expm1(found.x)
    assert_mean(moves, 0.0)
    assert_mean(moves**2, 100.0**2 * math.expm1(0.81 * 0.5) / 0.81, bias=1.0)


# Prices.

STRIKES = np.array([1_200.0, 1_700.0, 2_000.0, 2_300.0, 3_000.0])
CALLS = STRIKES >= F


def assert_prices(model: Model, true: np.ndarray, years: float, *, inverse: bool, bias: float, **how: Any) -> None:
    given = {"steps": 16, "paths": 1 << 15, "seed": 9, "sobol": True} | how
    found = simulated_prices(model, F, STRIKES, years, CALLS, inverse=inverse, **given)
    np.testing.assert_array_less(np.abs(found.price - true), 4.0 * found.standard_error + bias)
    assert np.all(found.standard_error < 0.01 * true.max())


def quantlib_prices(model: Heston | Bates, years: float) -> np.ndarray:
    """European prices without rates: QuantLib's semi-analytical engines."""
    today, day = ql.Date(2, 1, 2024), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    rate = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, day))
    start = [ql.QuoteHandle(ql.SimpleQuote(F)), model.v0, model.kappa, model.theta, model.vol_of_vol, model.rho]
    if isinstance(model, Bates):
        process = ql.BatesProcess(rate, rate, *start, model.jump_intensity, model.jump_mean, model.jump_vol)
        engine = ql.BatesEngine(ql.BatesModel(process), 192)
    else:
        engine = ql.AnalyticHestonEngine(ql.HestonModel(ql.HestonProcess(rate, rate, *start)), 1e-10, 100_000)
    found = []
    for strike, call in zip(STRIKES.tolist(), CALLS.tolist(), strict=True):
        kind = ql.Option.Call if call else ql.Option.Put
        exercise = ql.EuropeanExercise(today + ql.Period(round(365 * years), ql.Days))
        option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, strike), exercise)
        option.setPricingEngine(engine)
        found.append(option.NPV())
    return np.array(found)


@pytest.mark.parametrize("name", ["heston", "feller violated", "kappa < 0 in coin", "bates"])
@pytest.mark.parametrize("measure", ["quote", "coin"])
def test_prices_beside_quantlib(name: str, measure: Measure) -> None:
    model = AFFINE[name]
    assert isinstance(model, Heston | Bates)
    true = quantlib_prices(model, 73.0 / 365.0)
    # A call in coin is the USD call over F. The bias of second order: 0.01 % of the forward with steps of 4.6 days.
    assert_prices(model, true, 0.2, inverse=False, bias=1e-4 * F, measure=measure)
    assert_prices(model, true / F, 0.2, inverse=True, bias=1e-4, measure=measure)


@pytest.mark.parametrize("name", ["bates", "svcj", "svcj, kappa < 0 in coin"])
@pytest.mark.parametrize("measure", ["quote", "coin"])
def test_prices_beside_the_transform(name: str, measure: Measure) -> None:
    for inverse in (False, True):
        true = price_model(AFFINE[name], F, STRIKES, 0.25, CALLS, inverse=inverse).price
        assert_prices(AFFINE[name], true, 0.25, inverse=inverse, bias=1e-4 * (1.0 if inverse else F), measure=measure)


@pytest.mark.parametrize("measure", ["quote", "coin"])
def test_lognormal_prices_beside_the_transform(measure: Measure) -> None:
    model = LogNormalSV(vol0=0.6, theta=0.8, kappa1=2.0, kappa2=2.5, beta=0.3, vol_of_vol=0.7)
    for inverse in (False, True):
        true = price_model(model, F, STRIKES, 0.25, CALLS, inverse=inverse).price
        assert_prices(model, true, 0.25, inverse=inverse, bias=1e-4 * (1.0 if inverse else F), measure=measure)


@pytest.mark.parametrize("measure", ["quote", "coin"])
def test_merton_beside_his_series(measure: Measure) -> None:
    # Merton (1976), eq. 19: given n jumps Black's model, its forward moved by them.
    years, jumps = 0.25, np.arange(40)
    mean_jump = math.exp(JUMPY.jump_mean + 0.5 * JUMPY.jump_vol**2)
    forwards = F * mean_jump**jumps * math.exp(-8.0 * (mean_jump - 1.0) * years)
    vols = np.sqrt(0.36 + jumps * JUMPY.jump_vol**2 / years)
    chances = poisson.pmf(jumps, 8.0 * years)
    columns = [
        black76(forwards, k, years, vols, bool(c), inverse=False).price for k, c in zip(STRIKES, CALLS, strict=True)
    ]
    true = np.array(columns) @ chances
    assert_prices(JUMPY, true, years, inverse=False, bias=0.0, measure=measure, steps=1)
    assert_prices(JUMPY, true / F, years, inverse=True, bias=0.0, measure=measure, steps=4)


def test_sabr_without_vol_of_vol_beside_the_law_of_cev() -> None:
    # Schroder (1989), J. Finance 44:211, eq. 1: the forward of a constant-elasticity model is noncentral chi-squared.
    beta, years = 0.6, 0.5
    alpha = 0.5 * F ** (1.0 - beta)
    rest, total = 1.0 - beta, alpha**2 * years
    a, b = STRIKES ** (2.0 * rest) / (rest**2 * total), 1.0 / rest
    c = F ** (2.0 * rest) / (rest**2 * total)
    calls = F * ncx2.sf(a, b + 2.0, c) - STRIKES * ncx2.cdf(c, b, a)
    true = np.where(CALLS, calls, calls - F + STRIKES)
    model = SABR(alpha=alpha, beta=beta, vol_of_vol=0.0, rho=0.0)
    assert_prices(model, true, years, inverse=False, bias=1e-4 * F, measure="quote")


@pytest.mark.parametrize("rho", [-0.6, 0.3])
def test_sabr_prices_do_not_hang_on_the_scheme(rho: float) -> None:
    # beta just below 1 is another kernel for the same model.
    log_normal = SABR(alpha=0.6, beta=1.0, vol_of_vol=1.2, rho=rho)
    bent = msgspec.structs.replace(log_normal, beta=1.0 - 1e-9)
    given: dict[str, Any] = {"forward": F, "years": 0.5, "steps": 8, "paths": 2_000, "seed": 3, "measure": "quote"}
    one, other = next(iter(simulate(log_normal, **given))), next(iter(simulate(bent, **given)))
    np.testing.assert_allclose(np.log(other.forward / one.forward), 0.0, atol=2e-6)
