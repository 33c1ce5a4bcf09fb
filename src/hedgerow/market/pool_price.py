"""The price at which a concentrated pool stands, from its storage."""

from hedgerow.market.pool_states import ConcentratedPool


def relative_price(pool: ConcentratedPool) -> float:
    """Return the price at which a concentrated pool stands.

    Parameters
    ----------
    pool : ConcentratedPool
        The pool.

    Returns
    -------
    float
        Price of token0 in token1, in whole tokens. [token1 per token0]

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, section 6.1: the square root of the price in units of 2^-96.
    """
    root = pool.sqrt_price_x96 / 2**96
    digits = pool.tokens[0].decimals - pool.tokens[1].decimals
    return root * root * 10.0**digits if digits >= 0 else root * root / 10.0**-digits
