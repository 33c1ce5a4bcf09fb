"""iv-engine: prices and Greeks, and implied vol; undiscounted, one kind of option a call, one Greek a call."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import iv_engine
import numpy as np
from stopwatch import Columns, Job, halves, joined, measure


def greeks(columns: Columns) -> Job:
    """Its batch calls: price, delta, gamma, vega, vanna, vomma. Theta it has for single options only, rho not."""
    is_call = columns["is_call"]
    given = [columns[name] for name in ("forward", "strike", "expiry_years", "vol")]
    parts = [[column[rows] for column in given] for rows in halves(is_call)]
    discount = np.exp(-columns["rate"] * columns["expiry_years"])
    alike = (iv_engine.gammas, iv_engine.vegas, iv_engine.vannas, iv_engine.vommas)

    def call() -> Any:
        signed = [
            (iv_engine.black_prices(*part, kind, False), iv_engine.deltas(*part, kind, False))
            for part, kind in zip(parts, (True, False), strict=True)
        ]
        return signed, [function(*given, False) for function in alike]

    def column(values: Any) -> Any:
        (calls, _), (puts, _) = values[0]
        return discount * joined(is_call, calls, puts)

    return Job(call, column, "price + 5 Greeks (no theta, no rho), undiscounted, 8 calls")


def implied_vol(columns: Columns) -> Job:
    """Its batch call, for calls and for puts."""
    is_call = columns["is_call"]
    price = columns["price"] * np.exp(columns["rate"] * columns["expiry_years"])
    given = [price, *(columns[name] for name in ("forward", "strike", "expiry_years"))]
    parts = [[column[rows] for column in given] for rows in halves(is_call)]

    def call() -> Any:
        return [
            iv_engine.implied_volatilities(*part, kind, False) for part, kind in zip(parts, (True, False), strict=True)
        ]

    return Job(call, lambda values: joined(is_call, *values), "undiscounted prices, 2 calls")


if __name__ == "__main__":
    measure("iv-engine", "iv-engine", {"greeks": greeks, "implied_vol": implied_vol})
