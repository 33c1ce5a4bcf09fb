"""The fee of a swap in a pool as it stands."""

from hedgerow.market import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveStablePool,
    PoolStorage,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)
from hedgerow.pools.exact import curve_crypto, uniswap_v3, uniswap_v4


def swap_fee(pool: PoolStorage) -> float:
    """Return what a small swap pays at the pool's present state, the protocol's part included.

    Parameters
    ----------
    pool : PoolStorage
        Any pool.

    Returns
    -------
    float
        The fee; of v4 the higher one of both directions, of CryptoSwap that of its present balances. [fraction]

    Raises
    ------
    InputError
        If a v4 pool's fee is set by its hook, or a CryptoSwap pool is empty.

    References
    ----------
    Uniswap v4-core, ProtocolFeeLibrary.sol, calculateSwapFee; Egorov (2021), Automatic market-making with dynamic peg,
    section "Dynamic fees"; the unit of each contract as in ``pool_states``.
    """
    match pool:
        case UniswapV2Pool():
            return pool.fee_pips / 1e6
        case UniswapV3Pool():
            return max(uniswap_v3.swap_terms(pool, way).fee_pips for way in (True, False)) / 1e6
        case UniswapV4Pool():
            uniswap_v4.check_pool(pool)
            return max(uniswap_v4.swap_terms(pool, way).fee_pips for way in (True, False)) / 1e6
        case BalancerWeightedPool() | BalancerStablePool():
            return pool.swap_fee / 1e18
        case CurveStablePool():
            return pool.fee / 1e10
    return curve_crypto.swap_fee(curve_crypto.scaled_balances(pool), pool) / 1e10
