"""The tasks of ``hedgerow bench pricing``: seeded options with their prices, and noisy quotes of a known surface."""

from pathlib import Path
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.pricing import black76

NOISE: Final = 0.003
"""Standard deviation of the quotes around the surface. [vol]"""

MOVE: Final = 0.005
"""By how much the quotes of the second fit lie higher. [vol]"""

DAYS: Final = (2, 4, 7, 14, 21, 35, 63, 126, 196, 365)
STRIKES: Final = 40
WIDEST: Final = 2.5
"""Strikes reach so far from the forward, in at-the-money standard deviations."""

_SEED: Final = 20_240_102


def write_options(path: Path, n: int) -> None:
    """Write options with forwards of their own, a day to two years away, strikes up to three standard deviations off.

    Parameters
    ----------
    path : Path
        A new ``.npz`` file: columns forward, strike, expiry_years, vol, is_call, rate, price (discounted) and
        time_value (the price less its intrinsic value, over the price).
    n : int
        How many. [count]
    """
    rng = np.random.default_rng(0)
    forward = rng.uniform(1e4, 1e5, n)
    expiry_years = np.exp(rng.uniform(np.log(1 / 365), np.log(2), n))
    vol = rng.uniform(0.2, 2.0, n)
    strike = forward * np.exp(rng.uniform(-3, 3, n) * vol * np.sqrt(expiry_years))
    rate = rng.uniform(0, 0.08, n)
    is_call = rng.random(n) < 0.5
    # Priced out of the money, where nothing cancels; parity adds the intrinsic value.
    outside = black76(forward, strike, expiry_years, vol, strike > forward, inverse=False).price
    intrinsic = np.maximum(np.where(is_call, forward - strike, strike - forward), 0.0)
    np.savez(
        path,
        forward=forward,
        strike=strike,
        expiry_years=expiry_years,
        vol=vol,
        is_call=is_call,
        rate=rate,
        price=np.exp(-rate * expiry_years) * (outside + intrinsic),
        time_value=outside / (outside + intrinsic),
    )


def true_slices() -> Float64[np.ndarray, "n_expiry n_parameter"]:
    """Return raw SVI slices as a calm ETH market has them: about 0.78 at the money for two days, 0.64 for a year.

    Returns
    -------
    ndarray of shape (n_expiry, 5)
        a, b, rho, m, sigma of the total variance a + b(rho(k - m) + sqrt((k - m)² + sigma²)); free of butterfly and
        calendar arbitrage, which a test holds. [total variance, log-moneyness]

    Notes
    -----
    Each slice scales with the square root of its total variance. Skew, curvature and shift change with the expiry, so
    that the surface is not an SSVI one.
    """
    years = np.array(DAYS) / 365.0
    along = np.linspace(0.0, 1.0, years.size)
    theta = (0.64 + 0.14 * np.exp(-6.0 * years)) ** 2 * years
    rho = -0.08 - 0.22 * along
    width = np.sqrt(theta) / (1.1 - 0.25 * along)
    b = 0.5 * theta / width
    sigma = np.sqrt(1.0 - rho**2) * width * (1.15 - 0.2 * along)
    m = -rho * width - 0.05 * np.sqrt(theta)
    a = theta - b * (-rho * m + np.sqrt(m**2 + sigma**2))
    return np.column_stack((a, b, rho, m, sigma))


def write_surface(path: Path) -> None:
    """Write two sets of noisy quotes of the surface; the second is half a vol point higher and has noise of its own.

    Parameters
    ----------
    path : Path
        A new ``.npz`` file: expiry_years, expiry, log_moneyness, true_vol, vol and moved_vol.
    """
    rng = np.random.default_rng(_SEED)
    slices = true_slices()
    years = np.array(DAYS) / 365.0
    expiry = np.repeat(np.arange(years.size, dtype=np.int64), STRIKES)
    a, b, rho, m, sigma = slices[expiry].T
    at_the_money = np.sqrt(slices[:, 0] + slices[:, 1] * (-slices[:, 2] * slices[:, 3] + np.hypot(*slices[:, 3:].T)))
    k = np.tile(np.linspace(-WIDEST, WIDEST, STRIKES), years.size) * at_the_money[expiry]
    true_vol = np.sqrt((a + b * (rho * (k - m) + np.hypot(k - m, sigma))) / years[expiry])
    noise = NOISE * rng.standard_normal((2, k.size))
    np.savez(
        path,
        expiry_years=years,
        expiry=expiry,
        log_moneyness=k,
        true_vol=true_vol,
        vol=true_vol + noise[0],
        moved_vol=true_vol + MOVE + noise[1],
    )
