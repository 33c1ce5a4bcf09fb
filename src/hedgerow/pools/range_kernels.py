# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Worth and derivatives of many liquidity ranges in one pass over their columns.

The price is clamped to the range first, which gives the amounts of all three cases without a branch; gamma and speed
belong to the half-open range [lower, upper).
"""

import math

from hedgerow.core.compiling import kernel


@kernel
def fill_ranges(liquidity, lower, upper, root_lower, root_upper, price, out):
    """Write value, amount0, amount1, gamma and speed of every range into the rows of ``out``."""
    for i in range(liquidity.shape[0]):
        root = math.sqrt(price[i])
        at = min(max(root, root_lower[i]), root_upper[i])
        amount0 = liquidity[i] * (root_upper[i] - at) / (at * root_upper[i])
        amount1 = liquidity[i] * (at - root_lower[i])
        inside = liquidity[i] if lower[i] <= price[i] < upper[i] else 0.0
        gamma = -0.5 * inside / (price[i] * root)
        out[0, i] = amount0 * price[i] + amount1
        out[1, i] = amount0
        out[2, i] = amount1
        out[3, i] = gamma
        out[4, i] = -1.5 * gamma / price[i]
