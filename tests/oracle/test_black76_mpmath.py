"""Black-76 against 60-digit arithmetic, on the sets of inputs that a crypto chain can hold."""

from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from hedgerow.pricing import black76, implied_vol

DAY, MINUTE = 1.0 / 365.0, 1.0 / 525_600.0


class Options(NamedTuple):
    forward: np.ndarray
    strike: np.ndarray
    years: np.ndarray
    vol: np.ndarray
    is_call: np.ndarray


def options(kind: str, n: int = 250) -> Options:
    """Generate a set of options by its kind."""
    rng = np.random.default_rng(20240108)
    shortest, longest = (10 * MINUTE, DAY) if kind == "ten minutes to a day" else (DAY, 2.0)
    years = np.exp(rng.uniform(np.log(shortest), np.log(longest), n))
    forward, vol = np.exp(rng.uniform(0.0, 12.0, n)), rng.uniform(0.1, 3.0, n)
    low, high = {"at the money": (0.0, 0.01), "tail to 8": (3.0, 8.0), "tail to 25": (8.0, 25.0)}.get(kind, (0.0, 3.0))
    deviations = rng.uniform(low, high, n) * rng.choice([-1.0, 1.0], n)
    strike = forward * np.exp(deviations * vol * np.sqrt(years))
    is_call = strike >= forward
    return Options(forward, strike, years, vol, ~is_call if kind == "in the money" else is_call)


def exact(option: Options, i: int) -> dict[str, Any]:
    """Price one option in 60 digits: USD values U, coin values V = U/F, and their sums of absolute terms."""
    f, k, t, s = (mp.mpf(float(column[i])) for column in option[:4])
    c = 1 if option.is_call[i] else -1
    v = s * mp.sqrt(t)
    d1 = mp.log(f / k) / v + v / 2
    d2 = d1 - v
    n1, n2 = mp.ncdf(c * d1), mp.ncdf(c * d2)
    density = mp.npdf(d1)
    price = c * (f * n1 - k * n2)
    coin_gamma = (k * mp.npdf(d2) / (f**3 * v), 2 * c * k * n2 / f**3)
    return {
        "linear": {
            "price": price,
            "delta": c * n1,
            "gamma": density / (f * v),
            "vega": f * density * mp.sqrt(t),
            "theta": -f * density * s / (2 * mp.sqrt(t)),
        },
        "inverse": {
            "price": price / f,
            "delta": c * k / f * n2,
            "gamma": coin_gamma[0] - coin_gamma[1],
            "vega": density * mp.sqrt(t),
            "theta": -density * s / (2 * mp.sqrt(t)),
        },
        "coin gamma terms": abs(coin_gamma[0]) + abs(coin_gamma[1]),
    }


SETS = ["out of the money", "at the money", "tail to 8", "tail to 25", "ten minutes to a day", "in the money"]


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_price_and_greeks_to_1e_12(kind: str, settlement: str) -> None:
    given = options(kind)
    found = black76(*given, inverse=settlement == "inverse")
    with mp.workdps(60):
        for i in range(given.forward.size):
            truth = exact(given, i)
            for name, value in truth[settlement].items():
                # Coin gamma crosses zero: relative to the sum of its absolute terms.
                scale = truth["coin gamma terms"] if (settlement, name) == ("inverse", "gamma") else abs(value)
                error = abs(mp.mpf(float(getattr(found, name)[i])) - value)
                assert error <= mp.mpf("1e-12") * scale, (name, i, *(column[i] for column in given))


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_implied_vol_to_1e_12_or_the_limit_of_the_price(kind: str, settlement: str) -> None:
    given = options(kind)
    inverse = settlement == "inverse"
    with mp.workdps(60):
        truth = [exact(given, i)[settlement] for i in range(given.forward.size)]
        price = np.array([float(greeks["price"]) for greeks in truth])
        vega = np.array([float(greeks["vega"]) for greeks in truth])
    found, fault = implied_vol(price, given.forward, given.strike, given.years, given.is_call, inverse=inverse)
    solved = fault == 0
    # In the money, rounding the price may leave no time value: a reason, never a wrong number.
    assert np.all(np.isnan(found[~solved]))
    assert kind == "in the money" or np.all(solved)
    limit = np.maximum(1e-12 * given.vol, 4.0 * np.spacing(price) / vega)
    assert np.all(np.abs(found - given.vol)[solved] <= limit[solved])
