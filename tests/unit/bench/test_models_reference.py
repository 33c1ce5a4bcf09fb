"""What the models bench judges by is itself held against 20 digits, by another formula."""

from collections.abc import Mapping

import mpmath as mp
import numpy as np
import pytest

from hedgerow.bench.models_reference import characteristic, reference_calls
from hedgerow.bench.models_task import FORWARD, MODELS


def mp_characteristic(model: Mapping[str, float], z: mp.mpc, years: mp.mpf) -> mp.mpc:
    """Heston's in hyperbolic functions: del Baño Rollin, Ferreiro-Castilla, Utzet (2009), arXiv 0907.1718, eq. 6."""
    v0, kappa, theta, nu, rho = (mp.mpf(model[name]) for name in ("v0", "kappa", "theta", "vol_of_vol", "rho"))
    b = kappa - rho * nu * 1j * z
    d = mp.sqrt(b**2 + nu**2 * (z**2 + 1j * z))
    decay = mp.exp(-d * years)
    # ln of exp(kappa t/2) over (cosh + b/d sinh), written so that no cut is crossed.
    log = mp.log(d) + (kappa - d) * years / 2 - mp.log((d + b) / 2 + (d - b) / 2 * decay)
    pull = (z**2 + 1j * z) * (1 - decay) / (b * (1 - decay) + d * (1 + decay))
    exponent = -kappa * theta * rho * years * 1j * z / nu + 2 * kappa * theta / nu**2 * log - v0 * pull
    if "jump_intensity" in model:
        intensity, mean, vol = (mp.mpf(model[name]) for name in ("jump_intensity", "jump_mean", "jump_vol"))
        drift = mp.exp(mean + vol**2 / 2) - 1
        exponent += intensity * years * (mp.exp(1j * z * mean - vol**2 * z**2 / 2) - 1 - 1j * z * drift)
    return mp.exp(exponent)


def mp_call(model: Mapping[str, float], strike: float, years: float) -> mp.mpf:
    """Two probabilities, each by Gil-Pelaez: Heston (1993), Review of Financial Studies 6:327, eq. 10 and 18."""
    F, K, T = mp.mpf(FORWARD), mp.mpf(strike), mp.mpf(years)
    k = mp.log(K / F)

    def integrand(u: mp.mpf) -> mp.mpf:
        stock, bond = mp_characteristic(model, u - 1j, T), mp_characteristic(model, u, T)
        return mp.re(mp.exp(-1j * u * k) / (1j * u) * (F * stock - K * bond))

    cuts = [0, *(2**i for i in range(1, 13))]
    return (F - K) / 2 + mp.quad(integrand, cuts, maxdegree=4) / mp.pi


@pytest.mark.parametrize(
    ("task", "moneyness", "days"),
    [("heston_two_days", 0.08, 2), ("heston_feller", -1.2, 365), ("bates", 0.0, 30), ("bates_feller", 0.3, 14)],
)
def test_prices_have_fourteen_digits_of_the_forward(task: str, moneyness: float, days: int) -> None:
    strike = FORWARD * float(np.exp(moneyness))
    (found,) = reference_calls(MODELS[task], FORWARD, np.array([strike]), np.array([days / 365.0]))
    with mp.workdps(20):
        assert abs(mp_call(MODELS[task], strike, days / 365.0) - mp.mpf(found)) / FORWARD < 1e-14


@pytest.mark.parametrize("task", ["heston_bitcoin", "heston_feller", "heston_calm", "bates_feller"])
def test_the_forward_is_a_martingale(task: str) -> None:
    for years in (1e-3, 1.0, 5.0):
        total, forward = characteristic(MODELS[task], np.array([0.0, -1j]), years)
        assert abs(total - 1.0) < 1e-14
        assert abs(forward - 1.0) < 1e-14


def test_an_expiry_s_prices_do_not_depend_on_the_others() -> None:
    strike, years = np.array([5e4, 6e4, 7e4]), np.array([0.1, 1.0, 0.1])
    together = reference_calls(MODELS["bates"], FORWARD, strike, years)
    alone = [reference_calls(MODELS["bates"], FORWARD, strike[i : i + 1], years[i : i + 1])[0] for i in range(3)]
    assert together == pytest.approx(alone, rel=1e-13)
