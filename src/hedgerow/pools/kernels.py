"""The curve of a concentrated-liquidity position.

P is the price of the base coin in the quote token, a and b the prices at the edges of the range, L the liquidity in
units of square root of base times quote. Uniswap v3 core whitepaper (Adams et al., 2021), section 6.2, eqs. 6.29
and 6.30.
"""

import math

from hedgerow.core.compiling import inlined


@inlined
def range_value(price, lower, upper, liquidity):
    """Return value, delta and gamma of a position in the quote token.

    The delta is the amount of base coin that a burn would pay (envelope theorem); gamma jumps at the edges, where
    the derivative from inside the range's half-open side is meant: a range holds its lower edge, not its upper.
    """
    root_lower, root_upper = math.sqrt(lower), math.sqrt(upper)
    if price < lower:
        coins = liquidity * (1.0 / root_lower - 1.0 / root_upper)
        return coins * price, coins, 0.0
    if price >= upper:
        return liquidity * (root_upper - root_lower), 0.0, 0.0
    root = math.sqrt(price)
    coins = liquidity * (root_upper - root) / (root * root_upper)
    cash = liquidity * (root - root_lower)
    return coins * price + cash, coins, -0.5 * liquidity / (price * root)
