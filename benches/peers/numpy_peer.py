"""Price and seven Greeks by the textbook formula on numpy and scipy: the reference of `hedgerow bench pricing`."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from scipy.special import ndtr
from stopwatch import Columns, Job, measure


def greeks(columns: Columns) -> Job:
    """Discounted price, delta, gamma, vega, theta, rho, vanna, volga."""
    F, K, T, vol, r = (columns[name] for name in ("forward", "strike", "expiry_years", "vol", "rate"))
    sign = np.where(columns["is_call"], 1.0, -1.0)

    def call() -> Any:
        root = np.sqrt(T)
        total = vol * root
        d1 = np.log(F / K) / total + 0.5 * total
        d2 = d1 - total
        discount = np.exp(-r * T)
        density = discount * np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
        delta = sign * discount * ndtr(sign * d1)
        price = F * delta - sign * discount * K * ndtr(sign * d2)
        gamma = density / (F * total)
        vega = F * density * root
        theta = r * price - 0.5 * vega * vol / T
        return price, delta, gamma, vega, theta, -T * price, -density * d2 / vol, vega * d1 * d2 / vol

    return Job(call, lambda values: values[0], "price + 7 Greeks, textbook formula")


if __name__ == "__main__":
    measure("numpy + scipy", "scipy", {"greeks": greeks})
