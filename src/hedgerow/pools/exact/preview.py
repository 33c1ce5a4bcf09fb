"""What the contract would do, for a pool of any kind: the three verbs, sent to the module of its kind."""

from types import ModuleType
from typing import Final

from hedgerow.instruments import PoolPosition
from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    PoolStorage,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)
from hedgerow.pools.exact import (
    balancer_stable,
    balancer_weighted,
    curve_crypto,
    curve_stable,
    uniswap_v2,
    uniswap_v3,
    uniswap_v4,
)
from hedgerow.pools.exact.shares import check_kind
from hedgerow.pools.exact.swap_preview import SwapPreview

_MODULES: Final[dict[type, ModuleType]] = {
    UniswapV2Pool: uniswap_v2,
    UniswapV3Pool: uniswap_v3,
    UniswapV4Pool: uniswap_v4,
    BalancerWeightedPool: balancer_weighted,
    BalancerStablePool: balancer_stable,
    CurveStablePool: curve_stable,
    CurveCryptoPool: curve_crypto,
}


def preview_burn(pool: PoolStorage, position: PoolPosition) -> tuple[int, ...]:
    """Return what burning a whole position pays, without uncollected fees.

    Parameters
    ----------
    pool : PoolStorage
        Any pool.
    position : PoolPosition
        A range of a concentrated pool, a share of any other.

    Returns
    -------
    tuple of int
        By token. [smallest units]

    Raises
    ------
    InputError
        If the position is not of that kind of pool.
    """
    paid: tuple[int, ...] = _module(pool, position).preview_burn(pool, position)
    return paid


def preview_collect(pool: PoolStorage, position: PoolPosition) -> tuple[int, ...]:
    """Return uncollected fees; zeros where fees accrue in the pool.

    Parameters
    ----------
    pool : PoolStorage
        Any pool.
    position : PoolPosition
        A range of a concentrated pool, a share of any other.

    Returns
    -------
    tuple of int
        By token. [smallest units]

    Raises
    ------
    InputError
        If the position is not of that kind of pool, or nobody said up to where its fees were settled.
    """
    paid: tuple[int, ...] = _module(pool, position).preview_collect(pool, position)
    return paid


def preview_swap(pool: PoolStorage, token_in: int, token_out: int, amount_in: int) -> SwapPreview:
    """Return what a swap of an exact input gives.

    Parameters
    ----------
    pool : PoolStorage
        Any pool.
    token_in, token_out : int
        Numbers of the tokens. [0-based]
    amount_in : int
        What is paid in. [smallest units]

    Returns
    -------
    SwapPreview
        Output, fee and the pool afterwards. [smallest units]

    Raises
    ------
    InputError
        If the contract would refuse the swap.
    """
    found: SwapPreview = _MODULES[type(pool)].preview_swap(pool, token_in, token_out, amount_in)
    return found


def _module(pool: PoolStorage, position: PoolPosition) -> ModuleType:
    """The module of a pool, if it can have such a position."""
    check_kind(pool, position)
    return _MODULES[type(pool)]
