"""demeter: amounts of positions in 35 digits; it has no Greeks."""

# mypy: disable-error-code="import-not-found, import-untyped"
# The framework is not installed where the repository is type-checked.

from decimal import Decimal

import demeter.uniswap.helper  # noqa: F401  sets the digits that it counts with
import numpy as np
from demeter.uniswap.liquitidy_math import get_amounts
from numpy.typing import NDArray
from stopwatch import Columns, Job, measure
from whole_units import numbers, split

DECIMALS = (18, 6)


def positions(columns: Columns) -> Job:
    """Ask for both amounts of every position, in whole tokens."""
    (price,) = numbers(columns["sqrt_price_x96"])
    lower, upper = columns["tick_lower"].tolist(), columns["tick_upper"].tolist()
    held = list(zip(lower, upper, numbers(columns["liquidity"]), strict=True))

    def call() -> list[tuple[Decimal, Decimal]]:
        return [get_amounts(price, first, last, liquidity, *DECIMALS) for first, last, liquidity in held]

    def column(amounts: list[tuple[Decimal, Decimal]]) -> NDArray[np.float64]:
        return np.array([split([int(pair[token].scaleb(DECIMALS[token])) for pair in amounts]) for token in (0, 1)])

    return Job(call, column, "amounts in 35 digits; no Greeks")


if __name__ == "__main__":
    measure("demeter", "zelos-demeter", {"positions": positions})
