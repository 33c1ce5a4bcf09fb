"""A Uniswap v3 position in the units of the book: edge prices and liquidity from ticks and token decimals."""

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.instruments import RangePosition
from hedgerow.market import PoolState
from hedgerow.pools import kernels
from hedgerow.pools.exact.ranges import check_spacing
from hedgerow.pools.range_curve import edge_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityRange:
    """A position seen from the base coin.

    Parameters
    ----------
    lower, upper : float
        Prices at the edges of the range. [quote per base]
    liquidity : float
        Liquidity. [square root of base times quote, in whole tokens]
    """

    lower: float
    upper: float
    liquidity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeGreeks:
    """Worth of a position at one price.

    Parameters
    ----------
    value : float
        What a burn would pay, at that price. [quote]
    delta : float
        The coins that a burn would pay. [base]
    gamma : float
        Derivative of the delta in the price. [base² per quote]
    """

    value: float
    delta: float
    gamma: float


def liquidity_range(position: RangePosition, pool: PoolState) -> LiquidityRange:
    """Express a position in prices of the base coin.

    Parameters
    ----------
    position : RangePosition
        Ticks and raw liquidity, as in the contract.
    pool : PoolState
        Token order, decimals and tick spacing.

    Returns
    -------
    LiquidityRange
        Edge prices and liquidity. [quote per base], [square root of base times quote]

    Raises
    ------
    InputError
        If a tick is not a multiple of the pool's tick spacing.

    Notes
    -----
    A tick i stands for the raw price 1.0001^i of token0 in token1; where the base coin is token1 the range turns
    over. Raw liquidity counts the smallest units of both tokens, hence the factor 10^(-(d0 + d1)/2).

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.1, 6.29, 6.30.
    """
    ticks = (position.tick_lower, position.tick_upper)
    check_spacing(f"{position.name} in {pool.name}", pool.tick_spacing, ticks)
    edges = edge_prices(np.array(ticks, dtype=np.int64), pool.decimals0, pool.decimals1).tolist()
    if not pool.base_is_token0:
        edges = [1.0 / edges[1], 1.0 / edges[0]]
    units = 10.0 ** (-0.5 * (pool.decimals0 + pool.decimals1))
    return LiquidityRange(lower=edges[0], upper=edges[1], liquidity=position.liquidity * units)


def range_greeks(held: LiquidityRange, price: float) -> RangeGreeks:
    """Value a position at a price.

    Parameters
    ----------
    held : LiquidityRange
        Edge prices and liquidity.
    price : float
        Price of the base coin; use the external one, the pool's own may be stale within its fee.
        [quote per base]

    Returns
    -------
    RangeGreeks
        Value, delta and gamma, without uncollected fees. [quote], [base], [base² per quote]

    Raises
    ------
    InputError
        If the price is not positive and finite.

    References
    ----------
    Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.29 and 6.30.

    Examples
    --------
    >>> range_greeks(LiquidityRange(lower=1600.0, upper=2500.0, liquidity=100.0), 2025.0)
    RangeGreeks(value=950.0, delta=0.2222..., gamma=-0.000548...)
    """
    if not (price > 0.0 and math.isfinite(price)):
        raise InputError(f"a price of {price}", "prices are positive and finite")
    value, delta, gamma = kernels.range_value.py_func(price, held.lower, held.upper, held.liquidity)
    return RangeGreeks(value=value, delta=delta, gamma=gamma)
