"""Black-76 against 60-digit arithmetic, on the sets of inputs that a crypto chain can hold."""

import functools
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from hedgerow.pricing import black76, implied_vol

DAY, MINUTE = 1.0 / 365.0, 1.0 / 525_600.0
SETS = ["out of the money", "at the money", "tail to 8", "tail to 25", "ten minutes to a day", "in the money"]


class Options(NamedTuple):
    forward: np.ndarray
    strike: np.ndarray
    years: np.ndarray
    vol: np.ndarray
    is_call: np.ndarray
    rate: np.ndarray


@functools.cache
def options(kind: str, n: int = 200) -> Options:
    """Generate a set of options by its kind."""
    rng = np.random.default_rng(20240108)
    shortest, longest = (10 * MINUTE, DAY) if kind == "ten minutes to a day" else (DAY, 2.0)
    years = np.exp(rng.uniform(np.log(shortest), np.log(longest), n))
    forward, vol = np.exp(rng.uniform(0.0, 12.0, n)), rng.uniform(0.1, 3.0, n)
    low, high = {"at the money": (0.0, 0.01), "tail to 8": (3.0, 8.0), "tail to 25": (8.0, 25.0)}.get(kind, (0.0, 3.0))
    deviations = rng.uniform(low, high, n) * rng.choice([-1.0, 1.0], n)
    strike = forward * np.exp(deviations * vol * np.sqrt(years))
    strike[0] = forward[0] if kind == "at the money" else strike[0]
    is_call = strike >= forward
    rate = np.where(rng.random(n) < 0.3, 0.0, rng.uniform(-0.05, 0.2, n))
    return Options(forward, strike, years, vol, ~is_call if kind == "in the money" else is_call, rate)


def exact(option: Options, i: int) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Value and sum of absolute terms of one option's price and Greeks in 60 digits, by settlement."""
    f, k, t, s = (mp.mpf(float(column[i])) for column in option[:4])
    r = mp.mpf(float(option.rate[i]))
    c = 1 if option.is_call[i] else -1
    v = s * mp.sqrt(t)
    d1 = mp.log(f / k) / v + v / 2
    d2 = d1 - v
    n1, n2 = mp.ncdf(c * d1), mp.ncdf(c * d2)
    density, discount = mp.npdf(d1), mp.exp(-r * t)
    price = c * (f * n1 - k * n2)
    # d1 and d2 are differences of these two.
    spread = abs(mp.log(f / k) / v) + v / 2

    def one(unit: Any, delta: Any, gamma: list[Any], vanna: Any) -> dict[str, tuple[Any, Any]]:
        value, vega = price / unit * discount, f / unit * density * mp.sqrt(t) * discount
        decay = [-vega * s / (2 * t), r * value]
        return {
            "price": (value, abs(value)),
            "delta": (delta * discount, abs(delta * discount)),
            "gamma": (sum(gamma) * discount, sum(abs(term) for term in gamma) * discount),
            "vega": (vega, vega),
            "theta": (sum(decay), sum(abs(term) for term in decay)),
            "vanna": (vanna[0] * vanna[1] * discount, abs(vanna[0]) * spread * discount),
            "volga": (vega * d1 * d2 / s, vega * spread**2 / s),
            "rho": (-t * value, abs(t * value)),
        }

    coin_gamma = [k * mp.npdf(d2) / (f**3 * v), -2 * c * k * n2 / f**3]
    return {
        "linear": one(mp.mpf(1), c * n1, [density / (f * v)], (-density / s, d2)),
        "inverse": one(f, c * k / f * n2, coin_gamma, (-density / (f * s), d1)),
    }


@functools.cache
def truth(kind: str) -> list[dict[str, dict[str, tuple[Any, Any]]]]:
    given = options(kind)
    with mp.workdps(60):
        return [exact(given, i) for i in range(given.forward.size)]


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_price_and_greeks_to_1e_12(kind: str, settlement: str) -> None:
    given = options(kind)
    found = black76(*given[:5], inverse=settlement == "inverse", rate=given.rate)
    assert not found.fault.any()
    with mp.workdps(60):
        for i, row in enumerate(truth(kind)):
            for name, (value, size) in row[settlement].items():
                error = abs(mp.mpf(float(getattr(found, name)[i])) - value)
                assert error <= mp.mpf("1e-12") * size, (name, i, *(column[i] for column in given))


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
@pytest.mark.parametrize("discounted", [False, True])
def test_implied_vol_to_1e_12_or_the_limit_of_the_price(kind: str, settlement: str, discounted: bool) -> None:
    given = options(kind)
    inverse, rate = settlement == "inverse", given.rate if discounted else np.zeros_like(given.rate)
    with mp.workdps(60):
        products = [mp.mpf(float(r)) * mp.mpf(float(t)) for r, t in zip(given.rate, given.years, strict=True)]
        growth = [1 if discounted else mp.exp(product) for product in products]
        rows = [row[settlement] for row in truth(kind)]
        price = np.array([float(row["price"][0] * g) for row, g in zip(rows, growth, strict=True)])
        vega = np.array([float(row["vega"][0] * g) for row, g in zip(rows, growth, strict=True)])
    found, fault = implied_vol(price, *given[:3], given.is_call, inverse=inverse, rate=rate)
    # In the money, rounding the price may leave no time value: a reason, never a wrong number.
    solved = fault == 0
    assert np.all(np.isnan(found[~solved]))
    assert kind == "in the money" or np.all(solved)
    assert np.mean(solved) > 0.9
    limit = np.maximum(1e-12 * given.vol, 4.0 * np.spacing(price) / vega)
    assert np.all(np.abs(found - given.vol)[solved] <= limit[solved])
