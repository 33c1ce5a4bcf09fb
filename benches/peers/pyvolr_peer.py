"""pyvolr: prices and Greeks, and implied vol."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from pyvolr import black76
from stopwatch import Columns, Job, itself, measure


def greeks(columns: Columns) -> Job:
    """Its two calls: the price is not among the Greeks."""
    flags = np.where(columns["is_call"], 1, -1).astype(np.int8)
    given = [columns[name] for name in ("forward", "strike", "expiry_years", "rate", "vol")]

    def call() -> Any:
        return black76.price(flags, *given), black76.greeks(flags, *given)

    return Job(call, lambda values: values[0], "price + 5 Greeks (no vanna, no volga), 2 calls")


def implied_vol(columns: Columns) -> Job:
    """Its call for Black-76, on discounted prices."""
    flags = np.where(columns["is_call"], 1, -1).astype(np.int8)
    given = [columns[name] for name in ("forward", "strike", "expiry_years", "rate")]

    def call() -> Any:
        return black76.implied_vol(columns["price"], flags, *given, on_error="ignore")

    return Job(call, itself, "discounted prices")


if __name__ == "__main__":
    measure("pyvolr", "pyvolr", {"greeks": greeks, "implied_vol": implied_vol})
