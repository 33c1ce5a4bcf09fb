"""lbriv: implied vol; it takes one forward a call, so prices and strikes are divided by their forwards beforehand."""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from lbriv import vectorized_implied_vol_strikes
from stopwatch import Columns, Job, halves, joined, measure


def implied_vol(columns: Columns) -> Job:
    """Its call for many strikes, with forward 1, for calls and for puts; total vols come back."""
    is_call, root = columns["is_call"], np.sqrt(columns["expiry_years"])
    price = columns["price"] * np.exp(columns["rate"] * columns["expiry_years"]) / columns["forward"]
    strike = columns["strike"] / columns["forward"]
    parts = [(price[rows], strike[rows]) for rows in halves(is_call)]

    def call() -> Any:
        return [
            vectorized_implied_vol_strikes(price, 1.0, strike, sign)
            for (price, strike), sign in zip(parts, (1, -1), strict=True)
        ]

    what = "undiscounted prices over forwards, 2 calls"
    return Job(call, lambda values: joined(is_call, *values) / root, what)


if __name__ == "__main__":
    measure("lbriv", "lbriv", {"implied_vol": implied_vol})
