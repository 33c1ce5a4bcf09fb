"""From the storage of a pool in which positions are shares to the curve of the whole pool."""

from hedgerow.market.pool_states import (
    BalancerStablePool,
    BalancerWeightedPool,
    CurveCryptoPool,
    CurveStablePool,
    SharedPool,
    UniswapV2Pool,
)
from hedgerow.pools.crypto_curve import CryptoCurve
from hedgerow.pools.curve import PoolCurve
from hedgerow.pools.stable_curve import StableCurve
from hedgerow.pools.weighted_curve import WeightedCurve


def curve_of(pool: SharedPool) -> PoolCurve:
    """Return the curve of a whole pool; a position is its share of it.

    Parameters
    ----------
    pool : SharedPool
        Storage of a Uniswap v2, Balancer or Curve pool, in smallest units.

    Returns
    -------
    PoolCurve
        Value, amounts and Greeks of the whole pool at prices of its tokens. [whole tokens]

    Raises
    ------
    InputError
        If the pool is empty or its parameters allow no curve.

    References
    ----------
    As at WeightedCurve, StableCurve and CryptoCurve.
    """
    match pool:
        case UniswapV2Pool() | BalancerWeightedPool():
            return WeightedCurve.from_pool(pool)
        case BalancerStablePool() | CurveStablePool():
            return StableCurve.from_pool(pool)
        case CurveCryptoPool():
            return CryptoCurve.from_pool(pool)
