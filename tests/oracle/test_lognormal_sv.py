"""The log-normal model against stochvolmodels, another numerical method, simulation, and what must be equal."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.linalg import expm

from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError, TransformError
from hedgerow.pricing import black76, implied_vol
from hedgerow.pricing.models import LogNormalSV
from hedgerow.pricing.models.lognormal_sv import lognormal_characteristic, lognormal_sums

BITCOIN = LogNormalSV(vol0=0.8376, theta=1.0413, kappa1=3.1844, kappa2=3.058, beta=0.1514, vol_of_vol=1.8458)
"""LOGSV_BTC_PARAMS of stochvolmodels 2.6.0 (Sepp and Rakhmonov's calibration to bitcoin options)."""
TILTED = LogNormalSV(vol0=0.4861, theta=0.4385, kappa1=1.04, kappa2=1.7, beta=-0.5, vol_of_vol=2.0)
RISING = LogNormalSV(vol0=0.3, theta=0.9, kappa1=2.0, kappa2=1.2, beta=0.8, vol_of_vol=1.0)
STEADY = LogNormalSV(vol0=0.8, theta=0.6, kappa1=8.0, kappa2=4.0, beta=-0.2, vol_of_vol=0.5)
FREE = LogNormalSV(vol0=0.6, theta=1.0, kappa1=0.0, kappa2=0.0, beta=-0.9, vol_of_vol=1.2)
"""SABR with beta 1."""
MODELS = (BITCOIN, TILTED, RISING, STEADY, FREE)


class Calls(NamedTuple):
    """Calls on a forward of one."""

    price: Float64[np.ndarray, " n"]
    delta: Float64[np.ndarray, " n"]
    gamma: Float64[np.ndarray, " n"]
    per_vol0: Float64[np.ndarray, " n"]
    per_year: Float64[np.ndarray, " n"]
    error: Float64[np.ndarray, " n"]


def price_calls(model: LogNormalSV, k: Float64[np.ndarray, " n"], years: float, tolerance: float = 1e-9) -> Calls:
    """Put the sums together with Black's model."""
    sums = lognormal_sums(model, k, np.full(k.size, years), tolerance)
    black = black76(1.0, np.exp(k), years, sums.vol, True, inverse=False)
    price, delta, gamma = np.array([black.price, black.delta, black.gamma]) + sums.columns[:3]
    return Calls(price, delta, gamma, sums.columns[3], sums.columns[4], sums.error)


def vols_of(price: Float64[np.ndarray, " n"], k: Float64[np.ndarray, " n"], years: float) -> Float64[np.ndarray, " n"]:
    """Return the vols of calls, through options out of the money."""
    return out_vols(np.where(k >= 0.0, price, price - 1.0 + np.exp(k)), k, years)


def out_vols(price: Float64[np.ndarray, " n"], k: Float64[np.ndarray, " n"], years: float) -> Float64[np.ndarray, " n"]:
    return implied_vol(price, 1.0, np.exp(k), years, k >= 0.0, inverse=False)[0]


# stochvolmodels 2.6.0, MIT: logsv_chain_pricer(LOGSV_BTC_PARAMS, ttms, forwards 1, discount factors 1, strikes, types),
# all expiries in one call, options out of the money at ln K = (-2, -1, -0.5, 0, 0.5, 1, 2)·sqrt(ttm). It integrates the
# second-order expansion of the transform; with its solver at rtol 1e-10 prices are the same to 3e-7 of the forward.
DAYS = (2, 7, 14, 30, 90, 180, 365)
PRICES = np.array(
    [
        [0.0001753891, 0.0034304999, 0.0103804049, 0.0248660232, 0.0109108441, 0.0038606302, 0.0002474665],
        [0.0004134478, 0.0065776254, 0.0195667320, 0.0470907774, 0.0214471273, 0.0081403131, 0.0007317511],
        [0.0007619326, 0.0097218045, 0.0281254429, 0.0675944120, 0.0319432762, 0.0129847705, 0.0015659548],
        [0.0015954970, 0.0153716157, 0.0424872431, 0.1015633514, 0.0508652338, 0.0228560181, 0.0039638821],
        [0.0036712875, 0.0287901266, 0.0766999193, 0.1844159828, 0.1024540298, 0.0531674329, 0.0136741625],
        [0.0044922042, 0.0390313221, 0.1075903083, 0.2670657910, 0.1587895200, 0.0879068976, 0.0250744189],
        [0.0042288132, 0.0480958305, 0.1440087830, 0.3826493232, 0.2448800505, 0.1434359695, 0.0420349557],
    ]
)
EXPANSION = (0.001, 0.003, 0.005, 0.03, 0.19, 0.50, 0.33)
"""What the expansion leaves out, by expiry: it is of higher order in the time. [vol points]"""


@pytest.mark.parametrize(("days", "price", "left"), list(zip(DAYS, PRICES, EXPANSION, strict=True)))
def test_stochvolmodels(days: int, price: Float64[np.ndarray, " 7"], left: float) -> None:
    years = days / 365.0
    k = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]) * math.sqrt(years)
    own = vols_of(price_calls(BITCOIN, k, years).price, k, years)
    assert np.abs(100.0 * (out_vols(price, k, years) - own)).max() < left


# The same call with the parameters of TILTED, at ln K = (-2, -1, 0, 1, 2)·vol0·sqrt(ttm).
TILTED_PRICES = {
    7: (0.0009852419, 0.0061847873, 0.0269286363, 0.0054966920, 0.0005632521),
    30: (0.0035106863, 0.0143850651, 0.0559630757, 0.0121534593, 0.0019565797),
    90: (0.0083302593, 0.0265054584, 0.0954628823, 0.0232141575, 0.0060201905),
    180: (0.0139231322, 0.0382946552, 0.1329926442, 0.0365360423, 0.0133875791),
}


@pytest.mark.parametrize(("days", "left"), [(7, 0.001), (30, 0.02), (90, 0.25), (180, 3.8)])
def test_stochvolmodels_with_a_livelier_vol(days: int, left: float) -> None:
    years = days / 365.0
    k = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * TILTED.vol0 * math.sqrt(years)
    own = vols_of(price_calls(TILTED, k, years).price, k, years)
    assert np.abs(100.0 * (out_vols(np.array(TILTED_PRICES[days]), k, years) - own)).max() < left


def collocated(model: LogNormalSV, u: complex, years: float, nodes: int = 90) -> complex:
    """Return the transform by Chebyshev collocation in ln sigma and the exponential of the matrix.

    Trefethen (2000), "Spectral methods in MATLAB", doi 10.1137/1.9780898719598, chapter 6; at the ends, where the drift
    points inwards, without diffusion.
    """
    spread = model.beta**2 + model.vol_of_vol**2
    reach = 7.5 * math.sqrt(spread * min(years, 1.0 / (model.kappa1 + model.kappa2 * model.theta)))
    low, high = max(math.log(model.vol0) - reach, math.log(1e-3)), min(math.log(model.vol0) + reach, math.log(40.0))
    low, high = min(low, math.log(0.3 * model.theta)), max(high, math.log(3.0 * model.theta))
    x = np.cos(np.pi * np.arange(nodes + 1) / nodes)
    sign = np.r_[2.0, np.ones(nodes - 1), 2.0] * (-1.0) ** np.arange(nodes + 1)
    gap = x[:, None] - x + np.eye(nodes + 1)
    first = np.outer(sign, 1.0 / sign) / gap
    first -= np.diag(first.sum(axis=1))
    first *= 2.0 / (high - low)
    sigma = np.exp(low + (high - low) * (x + 1.0) / 2.0)
    z = 1j * u
    drift = (model.kappa1 + model.kappa2 * sigma) * (model.theta - sigma) / sigma + z * model.beta * sigma
    inner = 0.5 * spread * np.r_[0.0, np.ones(nodes - 1), 0.0]
    outer = (drift - 0.5 * spread * (inner > 0.0))[:, None] * first
    matrix = inner[:, None] * (first @ first) + outer + np.diag(0.5 * (z * z - z) * sigma**2)
    at = 2.0 * (math.log(model.vol0) - low) / (high - low) - 1.0
    weights = np.r_[0.5, np.ones(nodes - 1), 0.5] * (-1.0) ** np.arange(nodes + 1) / (at - x)
    return complex(weights @ expm(matrix * years).sum(axis=1) / weights.sum())


@pytest.mark.parametrize("model", [BITCOIN, TILTED, STEADY])
@pytest.mark.parametrize("days", [2.0, 30.0, 365.0])
def test_another_numerical_method(model: LogNormalSV, days: float) -> None:
    years = days / 365.0
    u = np.array([0.7, 2.5]) / math.sqrt(years) - 0.5j
    own = lognormal_characteristic(model, u, years)
    other = np.array([collocated(model, complex(one), years) for one in u])
    np.testing.assert_allclose(own, other, rtol=0.0, atol=3e-8)


def simulated(model: LogNormalSV, years: float, steps: int, paths: int, seed: int) -> Float64[np.ndarray, " n_path"]:
    """Return forwards at the end by Euler's scheme in ln sigma, antithetic: the halves mirror each other."""
    rng, dt = np.random.default_rng(seed), years / steps
    spread = model.beta**2 + model.vol_of_vol**2
    log_vol, x = np.full(paths, math.log(model.vol0)), np.zeros(paths)
    for _ in range(steps):
        w, z = (np.concatenate([one, -one]) for one in math.sqrt(dt) * rng.standard_normal((2, paths // 2)))
        vol = np.exp(log_vol)
        x += vol * (w - 0.5 * vol * dt)
        pull = (model.kappa1 + model.kappa2 * vol) * (model.theta - vol) / vol
        log_vol += (pull - 0.5 * spread) * dt + model.beta * w + model.vol_of_vol * z
    return np.asarray(np.exp(x))


@pytest.mark.parametrize("model", [BITCOIN, TILTED, RISING])
def test_simulation(model: LogNormalSV) -> None:
    years = 0.25
    k = np.array([-1.5, -0.75, 0.0, 0.75, 1.5]) * model.vol0 * math.sqrt(years)
    forward = simulated(model, years, 250, 40_000, 7)[:, None]
    call = price_calls(model, k, years).price
    truth = np.where(k >= 0.0, call, call - 1.0 + np.exp(k))
    paid = np.maximum(np.where(k >= 0.0, forward - np.exp(k), np.exp(k) - forward), 0.0)
    pairs = 0.5 * (paid[:20_000] + paid[20_000:])
    errors = pairs.std(axis=0) / math.sqrt(20_000)
    assert np.abs((pairs.mean(axis=0) - truth) / errors).max() < 4.0
    # In coin a call pays (F - K)/F; its value under the measure of the coin is the call over F. By the density F_T:
    in_coin = np.mean(forward * np.maximum(1.0 - np.exp(k) / forward, 0.0), axis=0)
    np.testing.assert_allclose(in_coin, np.maximum(forward - np.exp(k), 0.0).mean(axis=0), rtol=1e-12)


def seen_in_coin(model: LogNormalSV) -> LogNormalSV:
    """Return the model of 1/F under the measure of the coin: the drift of sigma gains beta·sigma².

    (k1 + k2·s)(theta - s) + beta·s² is again of that form, with theta the positive root of
    (k2 - beta)·y² - (k2·theta - k1)·y - k1·theta.
    """
    square, middle = model.kappa2 - model.beta, model.kappa2 * model.theta - model.kappa1
    theta = (middle + math.sqrt(middle**2 + 4.0 * square * model.kappa1 * model.theta)) / (2.0 * square)
    kappa1 = model.kappa1 * model.theta / theta
    return LogNormalSV(
        vol0=model.vol0,
        theta=theta,
        kappa1=kappa1,
        kappa2=square,
        beta=-model.beta,
        vol_of_vol=model.vol_of_vol,
    )


@pytest.mark.parametrize("model", [BITCOIN, TILTED, RISING, STEADY])
@pytest.mark.parametrize("days", [1.0, 45.0, 500.0])
def test_the_measure_of_the_coin(model: LogNormalSV, days: float) -> None:
    years = days / 365.0
    w = np.array([0.3, 1.0, 3.0]) / math.sqrt(years)
    here = lognormal_characteristic(model, w - 1j, years)
    there = lognormal_characteristic(seen_in_coin(model), -w, years)
    np.testing.assert_allclose(here, there, rtol=0.0, atol=3e-10)
    assert lognormal_characteristic(model, -1j, years)[0] == pytest.approx(1.0, abs=1e-15)
    # F calls on F struck at K are K puts on 1/F struck at 1/K.
    k = np.array([-1.0, 0.0, 1.0]) * model.vol0 * math.sqrt(years)
    calls, others = price_calls(model, k, years), price_calls(seen_in_coin(model), -k, years)
    puts = np.exp(k) * (others.price - 1.0 + np.exp(-k))
    np.testing.assert_allclose(calls.price, puts, rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_errors_are_not_too_small(model: LogNormalSV) -> None:
    for years in (1.0 / 365.0, 0.05, 1.0):
        k = np.linspace(-3.0, 3.0, 7) * model.vol0 * math.sqrt(years)
        truth = price_calls(model, k, years, 2e-10)
        for tolerance in (1e-4, 1e-6, 1e-8):
            found = price_calls(model, k, years, tolerance)
            assert (found.error <= tolerance).all()
            assert (np.abs(found.price - truth.price) <= found.error + truth.error).all()


@pytest.mark.parametrize("model", [BITCOIN, TILTED, STEADY])
@pytest.mark.parametrize("years", [3.0 / 365.0, 0.4])
def test_greeks_are_derivatives(model: LogNormalSV, years: float) -> None:
    k = np.array([-1.2, -0.4, 0.0, 0.5, 1.3]) * model.vol0 * math.sqrt(years)
    at = price_calls(model, k, years, 2e-10)
    step = 0.02 * model.vol0 * math.sqrt(years)

    def on_forward(d: float) -> Float64[np.ndarray, " n"]:
        return math.exp(d) * price_calls(model, k - d, years, 2e-10).price

    up, down = on_forward(step), on_forward(-step)
    far_up, far_down = on_forward(2.0 * step), on_forward(-2.0 * step)
    first = (8.0 * (up - down) - (far_up - far_down)) / (12.0 * step)
    second = (16.0 * (up + down) - (far_up + far_down) - 30.0 * at.price) / (12.0 * step**2)
    np.testing.assert_allclose(at.delta, first, atol=1e-5)
    np.testing.assert_allclose(at.gamma, second - first, atol=1e-5 / step)
    parts = {name: getattr(model, name) for name in model.__struct_fields__}
    higher, lower = (
        price_calls(LogNormalSV(**{**parts, "vol0": model.vol0 + d}), k, years, 2e-10).price for d in (1e-3, -1e-3)
    )
    np.testing.assert_allclose(at.per_vol0, (higher - lower) / 2e-3, rtol=1e-4, atol=1e-7)
    wait = 1e-3 * years
    later, sooner = (price_calls(model, k, t, 2e-10).price for t in (years + wait, years - wait))
    np.testing.assert_allclose(at.per_year, (later - sooner) / (2.0 * wait), rtol=1e-4, atol=1e-6)


def test_little_vol_of_vol_is_blacks_model_of_the_mean_variance() -> None:
    # d sigma/dt = (k1 + k2·sigma)(theta - sigma) has a closed form; what the vol of vol adds is of its square.
    model = LogNormalSV(vol0=0.5, theta=0.8, kappa1=2.0, kappa2=1.0, beta=0.0, vol_of_vol=0.1)
    years = 0.5
    t = np.linspace(0.0, years, 2001)
    start = (model.theta - model.vol0) / (model.kappa1 + model.kappa2 * model.vol0)
    gone = start * np.exp(-(model.kappa1 + model.kappa2 * model.theta) * t)
    sigma = (model.theta - model.kappa1 * gone) / (1.0 + model.kappa2 * gone)
    k = np.array([-0.2, 0.0, 0.2])
    vol = vols_of(price_calls(model, k, years).price, k, years)
    np.testing.assert_allclose(vol, math.sqrt(np.trapezoid(sigma**2, t) / years), atol=1e-3)


def test_what_cannot_be_met_is_refused() -> None:
    k, years = np.zeros(1), np.full(1, 0.1)
    with pytest.raises(TransformError, match=r"LogNormalSV at 0.1 years: meshes differ by .*; loosen the tolerance"):
        lognormal_sums(BITCOIN, k, years, 1e-14)
    parts = {name: getattr(BITCOIN, name) for name in BITCOIN.__struct_fields__}
    for change, told in (
        ({"vol_of_vol": 0.0, "beta": 0.0}, "out of reach"),
        ({"vol_of_vol": 0.02, "beta": 0.0, "kappa1": 100.0}, "too strong beside a vol of vol"),
        ({"vol_of_vol": 1e5}, "out of reach"),
    ):
        with pytest.raises(TransformError, match=told) as caught:
            lognormal_sums(LogNormalSV(**{**parts, **change}), k, years, 1e-8)
        assert caught.value.expiry_years == 0.1
    with pytest.raises(InputError, match="outside the strip"):
        lognormal_characteristic(BITCOIN, [0.5j], 0.1)
    with pytest.raises(InputError, match="positive times"):
        lognormal_characteristic(BITCOIN, [1.0], 0.0)
