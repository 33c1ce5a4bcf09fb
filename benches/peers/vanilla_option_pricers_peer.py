"""vanilla-option-pricers: implied vol by its compiled scalar function, in a compiled loop over the rows.

Its own loops take one forward and one expiry each, which these rows do not share.
"""

# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator, misc, no-any-return"
# The framework is not installed where the repository is type-checked.

from typing import Any

import numpy as np
from numba import njit
from stopwatch import Columns, Job, itself, measure
from vanilla_option_pricers import infer_bsm_implied_vol


@njit
def loop(price: Any, forward: Any, strike: Any, expiry_years: Any, discount: Any, is_call: Any) -> Any:
    """Go through the rows."""
    vol = np.empty(price.size)
    for i in range(price.size):
        given = (forward[i], expiry_years[i], strike[i], price[i], discount[i])
        if is_call[i]:
            vol[i] = infer_bsm_implied_vol(*given, "C")
        else:
            vol[i] = infer_bsm_implied_vol(*given, "P")
    return vol


def implied_vol(columns: Columns) -> Job:
    """The function over all rows, with discount factors at hand."""
    price, *given = (columns[name] for name in ("price", "forward", "strike", "expiry_years"))
    discount = np.exp(-columns["rate"] * columns["expiry_years"])
    is_call = columns["is_call"]

    def call() -> Any:
        return loop(price, *given, discount, is_call)

    return Job(call, itself, "discounted prices, in a compiled loop")


if __name__ == "__main__":
    measure("vanilla-option-pricers", "vanilla-option-pricers", {"implied_vol": implied_vol})
