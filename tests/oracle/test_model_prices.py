"""Prices of affine models against QuantLib, published values, Riccati equations solved numerically, and quadrature."""

import math

import numpy as np
import pytest
import QuantLib
from scipy.integrate import quad, solve_ivp

from hedgerow.core.errors import TransformError
from hedgerow.pricing import black76
from hedgerow.pricing.models import (
    SVCJ,
    AffineCoefficients,
    AffineModel,
    Bates,
    Heston,
    characteristic,
    coefficients,
    price_model,
    seen_from_coin,
)
from hedgerow.pricing.models.affine_kernels import transform_rows
from model_chains import BATES, HESTON, LEAPING, MERTON, VIOLATOR

DAYS = (2, 30, 365)
EXTREME = Heston(v0=0.04, kappa=0.5, theta=0.04, vol_of_vol=2.0, rho=-0.9)
"""Feller's ratio is 0.01."""


def quantlib_calls(model: Heston | Bates, days: int, strikes: np.ndarray) -> np.ndarray:
    """Calls on a forward of 1,000 by adaptive quadrature of another form of the integral."""
    today = QuantLib.Date(2, 1, 2024)
    QuantLib.Settings.instance().evaluationDate = today
    flat = QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, 0.0, QuantLib.Actual365Fixed()))
    spot = QuantLib.QuoteHandle(QuantLib.SimpleQuote(1_000.0))
    variance = (model.v0, model.kappa, model.theta, model.vol_of_vol, model.rho)
    if isinstance(model, Bates):
        jumps = (model.jump_intensity, model.jump_mean, model.jump_vol)
        engine = QuantLib.BatesEngine(
            QuantLib.BatesModel(QuantLib.BatesProcess(flat, flat, spot, *variance, *jumps)), 1e-12, 100_000
        )
    else:
        process = QuantLib.HestonModel(QuantLib.HestonProcess(flat, flat, spot, *variance))
        engine = QuantLib.AnalyticHestonEngine(process, 1e-12, 100_000)
    found = []
    exercise = QuantLib.EuropeanExercise(today + days)
    for strike in strikes.tolist():
        option = QuantLib.VanillaOption(QuantLib.PlainVanillaPayoff(QuantLib.Option.Call, strike), exercise)
        option.setPricingEngine(engine)
        found.append(option.NPV())
    return np.array(found)


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("model", [HESTON, VIOLATOR, EXTREME, BATES], ids=["heston", "violator", "extreme", "bates"])
def test_heston_and_bates_are_those_of_quantlib(model: Heston | Bates, days: int) -> None:
    strikes = 1_000.0 * np.exp(np.linspace(-2.0, 2.0, 9) * math.sqrt(model.v0 * days / 365.0))
    found = price_model(model, 1_000.0, strikes, days / 365.0, True, inverse=False)
    # Their adaptive rule stops at 1e-12 of its own integral, relative to nothing that it states: seen to hold 1e-9.
    np.testing.assert_allclose(found.price, quantlib_calls(model, days, strikes), rtol=0.0, atol=3e-7)
    assert (found.error <= 1e-7).all()


@pytest.mark.parametrize(("years", "value"), [(1.0, 5.785155450), (10.0, 22.318945791)])
def test_heston_of_fang_and_oosterlee(years: float, value: float) -> None:
    # Fang, Oosterlee (2008), SIAM J. Scientific Computing 31:826, doi 10.1137/080718061, tables 4 and 5: r = q = 0.
    model = Heston(v0=0.0175, kappa=1.5768, theta=0.0398, vol_of_vol=0.5751, rho=-0.5711)
    assert price_model(model, 100.0, 100.0, years, True, inverse=False).price[0] == pytest.approx(value, abs=2e-8)


def relative_jump(mean: float, vol: float, tilt: float = 0.0) -> float:
    """Return the mean of the jump of ln F that makes the mean relative jump of F as given."""
    return math.log((1.0 + mean) * (1.0 - tilt)) - 0.5 * vol**2


PUBLISHED: list[tuple[AffineModel, float, float]] = [
    # Broadie, Kaya (2006), Operations Research 54:217, doi 10.1287/opre.1050.0247, tables 1, 3 and 5: S = K = 100.
    (Heston(v0=0.010201, kappa=6.21, theta=0.019, vol_of_vol=0.61, rho=-0.70), 1.0, 6.8061),
    (
        Bates(
            v0=0.008836, kappa=3.99, theta=0.014, vol_of_vol=0.27, rho=-0.79,
            jump_intensity=0.11, jump_mean=relative_jump(-0.12, 0.15), jump_vol=0.15,
        ),
        5.0,
        20.1642,
    ),
    (
        SVCJ(
            v0=0.007569, kappa=3.46, theta=0.008, vol_of_vol=0.14, rho=-0.82, jump_intensity=0.47,
            jump_mean=relative_jump(-0.10, 0.0001, -0.38 * 0.05), jump_vol=0.0001,
            variance_jump_mean=0.05, jump_correlation=-0.38,
        ),
        1.0,
        6.8619,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("model", "years", "value"), PUBLISHED, ids=["heston", "bates", "svcj"])
def test_the_three_cases_of_broadie_and_kaya(model: AffineModel, years: float, value: float) -> None:
    growth = math.exp(0.0319 * years)
    price = price_model(model, 100.0 * growth, 100.0, years, True, inverse=False).price[0] / growth
    assert price == pytest.approx(value, abs=5.1e-5)


@pytest.mark.parametrize("inverse", [False, True])
def test_merton_is_his_series(inverse: bool) -> None:
    # Merton (1976), eq. 19: given n jumps the forward is log-normal.
    forward, strikes, years = 2_000.0, np.array([1_200.0, 1_800.0, 2_000.0, 2_400.0, 3_500.0]), 0.3
    mean = math.exp(MERTON.jump_mean + 0.5 * MERTON.jump_vol**2) - 1.0
    rate, total = MERTON.jump_intensity * years, np.zeros(5)
    for n in range(60):
        weight = math.exp(-rate + n * math.log(rate) - math.lgamma(n + 1))
        moved = forward * math.exp(n * (MERTON.jump_mean + 0.5 * MERTON.jump_vol**2) - rate * mean)
        vol = math.sqrt(MERTON.vol**2 + n * MERTON.jump_vol**2 / years)
        total += weight * black76(moved, strikes, years, vol, False, inverse=False).price
    found = price_model(MERTON, forward, strikes, years, False, inverse=inverse, tolerance=1e-12).price
    np.testing.assert_allclose(found * (forward if inverse else 1.0), total, rtol=0.0, atol=5e-9)


def by_equations(c: AffineCoefficients, z: complex, years: float) -> complex:
    """Return E[exp(z·X)] by integrating the equations of Duffie, Pan, Singleton (2000), section 4.2."""

    def slopes(_t: float, y: np.ndarray) -> np.ndarray:
        d, _ = y
        b = c.kappa - c.rho * c.vol_of_vol * z
        leap = np.exp(z * c.jump_mean + 0.5 * z * z * c.jump_vol**2)
        leap /= 1.0 - z * c.jump_correlation * c.variance_jump_mean - c.variance_jump_mean * d
        rise = 0.5 * c.vol_of_vol**2 * d * d - b * d - 0.5 * (z - z * z)
        return np.array([rise, c.pull * d + c.jump_intensity * (leap - 1.0 - z * c.jump_drift)])

    end = solve_ivp(slopes, (0.0, years), np.zeros(2, dtype=complex), method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    return complex(np.exp(end[0] * c.v0 + end[1]))


def hostile(rng: np.random.Generator) -> SVCJ:
    """Return parameters of all sorts."""
    low = (1e-4, 0.05, 1e-3, 0.05, -0.95, 0.0, -0.4, 1e-3, 0.0, -1.0)
    high = (2.0, 15.0, 2.0, 4.0, 0.95, 30.0, 0.4, 0.4, 0.8, 0.5)
    drawn = [float(rng.uniform(a, b)) for a, b in zip(low, high, strict=True)]
    return SVCJ(**dict(zip(SVCJ.__struct_fields__, drawn, strict=True)))


@pytest.mark.parametrize("from_coin", [False, True])
def test_the_transform_solves_its_equations(from_coin: bool) -> None:
    rng = np.random.default_rng(11)
    for _ in range(25):
        c = coefficients(hostile(rng))
        c = seen_from_coin(c) if from_coin else c
        years = float(rng.choice([0.01, 0.3, 2.0]))
        z = np.array([complex(0.5, w) for w in (0.0, 1.0, 7.0, 40.0)])
        found = np.empty(4, dtype=np.complex128)
        transform_rows(c.array(), z, np.full(4, years), found)
        truth = [by_equations(c, complex(one), years) for one in z]
        np.testing.assert_allclose(found, truth, rtol=1e-8, atol=1e-11)


def test_the_measure_of_the_coin_shifts_the_transform_by_one() -> None:
    # E_coin[(1/F)^z] = E[F^(1 - z)] with F_0 = 1, whatever the model; kappa - rho·nu is negative in the second.
    for model in (LEAPING, Heston(v0=0.3, kappa=0.5, theta=0.3, vol_of_vol=2.0, rho=0.6), MERTON):
        w = np.array([0.0, 0.7, 5.0, 30.0])
        found = np.empty(4, dtype=np.complex128)
        transform_rows(seen_from_coin(coefficients(model)).array(), 0.5 + 1j * w, np.full(4, 0.4), found)
        np.testing.assert_allclose(found, characteristic(model, -1j * (0.5 - 1j * w), 0.4), rtol=1e-11, atol=1e-14)


def by_quadrature(c: AffineCoefficients, k: float, years: float) -> float:
    """Return a call over the forward: Lewis (2001), eq. 3.11, without Black's model beside it."""

    def phi(w: float) -> complex:
        out = np.empty(1, dtype=np.complex128)
        transform_rows(c.array(), np.array([complex(0.5, w)]), np.array([years]), out)
        return complex(out[0])

    def integrand(w: float) -> float:
        return float((np.exp(-1j * w * k) * phi(w)).real / (w * w + 0.25))

    total, edge = 0.0, 0.0
    for upper in (1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0):
        total += quad(integrand, edge, upper, epsabs=1e-14, epsrel=1e-12, limit=4_000)[0]
        edge = upper
        if abs(phi(upper)) < 1e-15:
            break
    return 1.0 - math.exp(0.5 * k) / math.pi * total


def test_errors_stay_within_the_bounds_that_are_reported() -> None:
    rng = np.random.default_rng(23)
    worst = 0.0
    for _ in range(30):
        model = hostile(rng)
        years = float(rng.choice([2.0 / 365.0, 0.1, 1.0]))
        spread = math.sqrt(years * max(model.v0, model.theta))
        k = float(rng.uniform(-2.5, 2.5)) * spread
        tolerance = float(rng.choice([1e-5, 1e-8, 1e-10]))
        try:
            found = price_model(model, 1.0, math.exp(k), years, True, inverse=False, tolerance=tolerance)
        except TransformError:
            continue
        assert found.error[0] <= tolerance
        miss = abs(found.price[0] - by_quadrature(coefficients(model), k, years))
        assert miss <= found.error[0] + 2e-12
        worst = max(worst, miss / found.error[0])
    assert worst > 1e-6  # the bound is of the size of something
