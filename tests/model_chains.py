"""Generated chains: quotes of a known model, with noise."""

import math
from collections.abc import Sequence

import numpy as np

from hedgerow.pricing import implied_vol
from hedgerow.pricing.models import SABR, SVCJ, Bates, Heston, LogNormalSV, Merton, SabrSlices, price_model
from hedgerow.pricing.models.coordinates import FittedModel
from hedgerow.pricing.surface import SmileQuotes

DAYS = (2, 7, 14, 30, 60, 90, 180, 365)

HESTON = Heston(v0=0.45, kappa=2.0, theta=0.5, vol_of_vol=1.2, rho=-0.3)
VIOLATOR = Heston(v0=0.3, kappa=1.2, theta=0.25, vol_of_vol=2.0, rho=-0.6)
"""Feller's ratio is 0.15: the variance often touches zero."""
BATES = Bates(
    v0=0.3, kappa=2.0, theta=0.4, vol_of_vol=1.0, rho=-0.3, jump_intensity=3.0, jump_mean=-0.05, jump_vol=0.12
)
MERTON = Merton(vol=0.5, jump_intensity=3.0, jump_mean=-0.05, jump_vol=0.12)
LEAPING = SVCJ(
    v0=0.3,
    kappa=4.0,
    theta=0.3,
    vol_of_vol=1.0,
    rho=-0.3,
    jump_intensity=2.0,
    jump_mean=-0.05,
    jump_vol=0.1,
    variance_jump_mean=0.3,
    jump_correlation=-0.1,
)
SABRS = SabrSlices(
    expiry_years=(0.05, 0.5),
    models=(
        SABR(alpha=0.6, beta=1.0, vol_of_vol=2.5, rho=-0.3),
        SABR(alpha=0.65, beta=1.0, vol_of_vol=0.9, rho=-0.2),
    ),
)


def make_model_chain(
    model: FittedModel, *, noise: float, seed: int, days: Sequence[float] = DAYS, strikes: int = 25, half: float = 0.003
) -> SmileQuotes:
    """Return quotes half a spread either side of the model's vols plus noise, within two standard deviations. [vol]"""
    years = np.array(days) / 365.0
    k = np.concatenate([np.linspace(-2.0, 2.0, strikes) * math.sqrt(0.4 * t) for t in years])
    expiry = np.repeat(np.arange(years.size), strikes).astype(np.int64)
    terms = (1.0, np.exp(k), years[expiry], k >= 0.0)
    tolerance = 1e-9 if isinstance(model, LogNormalSV) else 1e-12
    price = price_model(model, *terms, inverse=False, tolerance=tolerance).price
    vol, _ = implied_vol(price, *terms, inverse=False)
    vol = vol + noise * np.random.default_rng(seed).normal(size=k.size)
    return SmileQuotes(expiry_years=years, expiry=expiry, log_moneyness=k, vol_bid=vol - half, vol_ask=vol + half)
