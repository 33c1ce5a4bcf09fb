"""The response of the vol at the money, and minimum-variance deltas, against models in which both are known.

SABR with beta = 1 (Hagan, Kumar, Lesniewski, Woodward 2002, "Managing smile risk", Wilmott, eq. 2.17): the skew in
k = ln(K/F) is rho·nu/2 at leading order for every expiry; alpha moves by rho·nu per unit of ln F (Hagan, Lesniewski
2017, "Bartlett's delta in the SABR model", Wilmott 2017(87):54, doi 10.1002/wilm.10591, their alpha shift
rho·nu/F^beta), so the vol at the money does.

Heston at first order in vol of vol, with all forward variances equal to s² (Bergomi 2016, "Stochastic Volatility
Modeling", chapters 6 and 9): the forward variance of u answers ln F at t by rho·nu·exp(-k(u - t)), so

    skew     S_T = integral of the covariances / (2·s³·T²) = rho·nu/(2·s)·(kT - 1 + exp(-kT))/(kT)²,
    response R_T = integral of exp(-ku)·rho·nu / (2·s·T)   = rho·nu/(2·s)·(1 - exp(-kT))/(kT),

and R_T = (1/T)·d(T²·S_T)/dT. The delta of least variance is dC/dF + (rho·nu/F)·dC/dv, exact in Heston, with prices
from the characteristic function.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest

from hedgerow.pricing import DeltaConvention, Surface, VolDynamics, black76, fit_surface, option_delta
from hedgerow.pricing.surface import SmileQuotes, atm_response
from numerics import five_point
from smiles import Heston

LISTED = np.array([7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0]) / 365.0
SPREAD = np.linspace(-2.2, 2.2, 15)
"""Strikes in standard deviations of the first vol."""
VOL = 0.6


def surface_of(vol: Callable[[np.ndarray, float], np.ndarray], years: np.ndarray = LISTED) -> Surface:
    """Fit a surface to the exact smiles of a model."""
    rows = [SPREAD * VOL * math.sqrt(t) for t in years.tolist()]
    mid = np.concatenate([vol(k, t) for k, t in zip(rows, years.tolist(), strict=True)])
    quotes = SmileQuotes(
        expiry_years=years,
        expiry=np.repeat(np.arange(years.size), SPREAD.size).astype(np.int64),
        log_moneyness=np.concatenate(rows),
        vol_bid=mid,
        vol_ask=mid,
    )
    return Surface.from_parameters(fit_surface(quotes, kind="svi"))


def sabr(alpha: float, rho: float, nu: float, k: np.ndarray, years: float) -> np.ndarray:
    """Hagan's formula for beta = 1."""
    z = -nu / alpha * k
    x = np.log((np.sqrt(1.0 - 2.0 * rho * z + z * z) + z - rho) / (1.0 - rho))
    ratio = np.where(np.abs(z) < 1e-7, 1.0 - 0.5 * rho * z, z / np.where(x == 0.0, 1.0, x))
    return np.asarray(alpha * ratio * (1.0 + (rho * nu * alpha / 4.0 + (2.0 - 3.0 * rho**2) * nu**2 / 24.0) * years))


def heston(*, speed: float, vol_of_vol: float, rho: float) -> Heston:
    return Heston(start=VOL**2, level=VOL**2, speed=speed, vol_of_vol=vol_of_vol, rho=rho)


def first_order(model: Heston, years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skew and response of Heston at first order in vol of vol."""
    x, unit = model.speed * years, model.rho * model.vol_of_vol / (2.0 * VOL)
    return unit * (x - 1.0 + np.exp(-x)) / x**2, unit * (1.0 - np.exp(-x)) / x


def test_the_two_first_order_formulas_agree() -> None:
    model = heston(speed=3.0, vol_of_vol=1.0, rho=-0.5)
    for years in (0.02, 0.3, 2.0):
        slope, _ = five_point(lambda t: t * t * float(first_order(model, np.array([t]))[0][0]), years, 1e-3 * years)
        assert slope / years == pytest.approx(first_order(model, np.array([years]))[1][0], rel=1e-9)


@pytest.mark.parametrize("nu", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("rho", [-0.6, 0.3])
def test_sabr_responds_by_twice_its_skew(rho: float, nu: float) -> None:
    surface = surface_of(lambda k, t: sabr(VOL, rho, nu, k, t))
    np.testing.assert_allclose(surface.points(0.0, LISTED[:3]).skew, 0.5 * rho * nu, rtol=0.015)
    # d(vol at the money)/d(alpha)·rho·nu from the same formula, its term in T included. Measured: within 0.4 % up to
    # 90 days, 2 % at 180 days, 7 % at the last expiry of a year.
    wanted = rho * nu * (1.0 + (rho * nu * VOL / 2.0 + (2.0 - 3.0 * rho**2) * nu**2 / 24.0) * LISTED)
    np.testing.assert_allclose(atm_response(surface, LISTED[:-2]), wanted[:-2], rtol=0.006)
    np.testing.assert_allclose(atm_response(surface, LISTED[-2:]), wanted[-2:], rtol=0.02 + 0.06 * nu)
    np.testing.assert_allclose(atm_response(surface, [0.01, 0.03]), rho * nu, rtol=0.01)


@pytest.mark.parametrize("nu", [0.5, 1.0])
def test_the_delta_of_sabr_is_bartletts(nu: float) -> None:
    # Measured over 1.5 deviations either side: within 0.0002 and 0.0014; sticky strike misses by 0.017 and 0.038.
    rho, years, forward = -0.4, 60.0 / 365.0, 2_000.0
    surface = surface_of(lambda k, t: sabr(VOL, rho, nu, k, t))
    strike = forward * np.exp(np.linspace(-1.5, 1.5, 13) * VOL * math.sqrt(years))

    def price(f: float) -> np.ndarray:
        alpha = VOL + rho * nu * VOL / (VOL * forward) * (f - forward)
        return black76(f, strike, years, sabr(alpha, rho, nu, np.log(strike / f), years), True, inverse=False).price

    bartlett = (price(forward + 0.5) - price(forward - 0.5)) / 1.0
    vol = sabr(VOL, rho, nu, np.log(strike / forward), years)
    misses = errors(surface, (forward, strike, years, vol), bartlett)
    assert misses[DeltaConvention.MINIMUM_VARIANCE_SURFACE] < 0.002 * nu
    assert misses[DeltaConvention.MINIMUM_VARIANCE_SURFACE] < 0.05 * misses[DeltaConvention.STICKY_STRIKE]


def errors(
    surface: Surface, terms: tuple[float, np.ndarray, float, np.ndarray], true: np.ndarray
) -> dict[DeltaConvention, float]:
    """Return the largest error of each convention that a surface gives."""
    dynamics = VolDynamics(surface=surface)
    return {
        convention: float(np.abs(option_delta(convention, *terms, True, in_coin=False, dynamics=dynamics) - true).max())
        for convention in dynamics.conventions
    }


@pytest.mark.parametrize("rho", [-0.5, 0.4])
def test_heston_responds_as_the_first_order_says(rho: float) -> None:
    # Measured at vol of vol 0.3 and mean reversion 3: within 5 % up to 180 days, 13 % at the last expiry of a year,
    # where the local regression has neighbours on one side only.
    model = heston(speed=3.0, vol_of_vol=0.3, rho=rho)
    surface = surface_of(model.vol)
    skew, response = first_order(model, LISTED)
    np.testing.assert_allclose(surface.points(0.0, LISTED).skew, skew, rtol=0.02)
    np.testing.assert_allclose(atm_response(surface, LISTED[:-1]), response[:-1], rtol=0.06)
    np.testing.assert_allclose(atm_response(surface, LISTED[-1:]), response[-1:], rtol=0.15)


def least_variance_delta(model: Heston, forward: float, strike: np.ndarray, years: float) -> np.ndarray:
    """Return dC/dF + (rho·nu/F)·dC/dv by differences of prices from the characteristic function."""

    def price(f: float, start: float) -> np.ndarray:
        moved = Heston(start=start, level=model.level, speed=model.speed, vol_of_vol=model.vol_of_vol, rho=model.rho)
        return black76(f, strike, years, moved.vol(np.log(strike / f), years), True, inverse=False).price

    h, e = 1e-3 * forward, 1e-3
    by_forward = (price(forward + h, model.start) - price(forward - h, model.start)) / (2.0 * h)
    by_variance = (price(forward, model.start + e) - price(forward, model.start - e)) / (2.0 * e)
    return np.asarray(by_forward + model.rho * model.vol_of_vol / forward * by_variance)


@pytest.mark.parametrize(
    ("speed", "vol_of_vol", "days", "tolerance", "share"),
    [
        # measured: 0.0021, 0.0032 and 0.0041, against sticky strike's 0.021, 0.028 and 0.020
        (3.0, 1.0, 30.0, 0.003, 0.13),
        (3.0, 1.0, 90.0, 0.004, 0.15),
        (3.0, 1.0, 365.0, 0.005, 0.25),
        # fast mean reversion and large vol of vol; measured: 0.0055 and 0.0033 against 0.032 and 0.025
        (10.0, 2.0, 30.0, 0.007, 0.2),
        (10.0, 2.0, 90.0, 0.005, 0.2),
    ],
)
def test_the_surfaces_delta_is_near_hestons_delta_of_least_variance(
    speed: float, vol_of_vol: float, days: float, tolerance: float, share: float
) -> None:
    model, forward, years = heston(speed=speed, vol_of_vol=vol_of_vol, rho=-0.5), 1_000.0, days / 365.0
    surface = surface_of(model.vol)
    k = np.linspace(-1.5, 1.5, 7) * VOL * math.sqrt(years)
    strike = forward * np.exp(k)
    true = least_variance_delta(model, forward, strike, years)
    misses = errors(surface, (forward, strike, years, model.vol(k, years)), true)
    ours = misses[DeltaConvention.MINIMUM_VARIANCE_SURFACE]
    assert ours < tolerance
    assert ours < share * misses[DeltaConvention.STICKY_STRIKE]
    assert ours < 0.5 * share * misses[DeltaConvention.STICKY_MONEYNESS]


def test_without_correlation_the_smile_moves_along() -> None:
    # Then the delta of least variance is dC/dF at fixed variance, and prices are homogeneous: sticky moneyness.
    model, forward, years = heston(speed=3.0, vol_of_vol=1.0, rho=0.0), 1_000.0, 60.0 / 365.0
    surface = surface_of(model.vol)
    k = np.linspace(-1.5, 1.5, 7) * VOL * math.sqrt(years)
    true = least_variance_delta(model, forward, forward * np.exp(k), years)
    misses = errors(surface, (forward, forward * np.exp(k), years, model.vol(k, years)), true)
    np.testing.assert_allclose(atm_response(surface, LISTED), 0.0, atol=2e-3)
    assert misses[DeltaConvention.STICKY_MONEYNESS] < 2e-3 < misses[DeltaConvention.STICKY_STRIKE]
    assert misses[DeltaConvention.MINIMUM_VARIANCE_SURFACE] < 2e-3


def test_a_term_structure_of_vols_is_a_known_limit() -> None:
    # The formula takes vols as flat in T. Rising from 60 % to 80 %: measured within 0.006, still a fifth of the others.
    model, forward = Heston(start=0.36, level=0.64, speed=3.0, vol_of_vol=1.0, rho=-0.5), 1_000.0
    surface = surface_of(model.vol)
    for days in (30.0, 90.0, 365.0):
        years = days / 365.0
        k = np.linspace(-1.5, 1.5, 7) * VOL * math.sqrt(years)
        true = least_variance_delta(model, forward, forward * np.exp(k), years)
        misses = errors(surface, (forward, forward * np.exp(k), years, model.vol(k, years)), true)
        ours = misses[DeltaConvention.MINIMUM_VARIANCE_SURFACE]
        assert ours < 0.007
        assert ours < 0.25 * misses[DeltaConvention.STICKY_STRIKE]


def test_one_expiry_counts_as_a_skew_that_falls_as_the_root_of_time() -> None:
    model = heston(speed=3.0, vol_of_vol=1.0, rho=-0.5)
    surface = surface_of(model.vol, np.array([0.1]))
    skew = surface.points(0.0, 0.1).skew[0]
    assert atm_response(surface, [0.05, 0.1]) == pytest.approx(1.5 * skew, rel=1e-12)


@pytest.mark.parametrize(
    ("speed", "years"),
    [
        pytest.param(3.0, LISTED, id="listed"),
        pytest.param(10.0, LISTED[:-1], id="listed, fast"),
        pytest.param(3.0, np.array([0.002, 0.01]), id="before the first"),
        pytest.param(10.0, LISTED[-1:], id="the last, fast"),
        pytest.param(3.0, np.array([2.0, 4.0]), id="beyond the last"),
    ],
)
def test_the_vol_at_the_money_moves_by_one_to_two_skews(speed: float, years: np.ndarray) -> None:
    # Covariances of spot and forward variances that have one sign and decay give a ratio between 1 and 2.
    surface = surface_of(heston(speed=speed, vol_of_vol=1.0, rho=-0.5).vol)
    ratio = atm_response(surface, years) / surface.points(0.0, years).skew
    assert ratio.min() > 0.98
    assert ratio.max() < 2.02
