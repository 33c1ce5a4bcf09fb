"""The curve of one position: a range's own, or a share of the whole pool's."""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.instruments import PoolPosition, PoolShare, RangePosition
from hedgerow.market import ConcentratedPool, PoolStorage, UniswapV3Pool, UniswapV4Pool
from hedgerow.pools.curve import Curve, CurvePoint
from hedgerow.pools.curves import curve_of
from hedgerow.pools.exact.ranges import check_position
from hedgerow.pools.exact.shares import check_kind, checked_share
from hedgerow.pools.exact.uniswap_v4 import check_pool
from hedgerow.pools.own_prices import paying_pool
from hedgerow.pools.range_curve import RangeCurve, range_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCurve:
    """A share of a whole pool.

    Parameters
    ----------
    whole : Curve
        The pool's curve.
    share : float
        What belongs to the position. [fraction]
    """

    whole: Curve
    share: float

    @property
    def n_token(self) -> int:
        """Number of tokens. [count]"""
        return self.whole.n_token

    def at(self, prices: Float64[np.ndarray, "n_point n_token"]) -> CurvePoint:
        """Evaluate the share.

        Parameters
        ----------
        prices : ndarray of shape (n_point, n_token)
            Prices of the tokens in one numeraire. [numeraire per token]

        Returns
        -------
        CurvePoint
            Value, amounts, gamma and speed of the share. [as its fields]
        """
        point = self.whole.at(prices)
        return CurvePoint(
            value=self.share * point.value,
            amounts=self.share * point.amounts,
            gamma=self.share * point.gamma,
            speed=self.share * point.speed,
        )


def position_curve(pool: PoolStorage, position: PoolPosition) -> Curve:
    """Return the curve of one position, without uncollected fees.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    position : RangePosition or PoolShare
        A range of a concentrated pool, a share of any other.

    Returns
    -------
    Curve
        Value and derivatives in the prices of the pool's tokens. [tokens]

    Raises
    ------
    InputError
        If the position is of another pool or kind, off its ticks or more than there is; if the pool's tick is not that
        of its price, or its hook may change amounts.
    """
    check_kind(pool, position)
    if isinstance(pool, UniswapV3Pool | UniswapV4Pool):
        assert isinstance(position, RangePosition)
        return _range_curve(pool, position)
    assert isinstance(position, PoolShare)
    paying = paying_pool(pool)
    shares = checked_share(pool, position, pool.total_supply)
    return ShareCurve(whole=curve_of(paying), share=shares / paying.total_supply)


def _range_curve(pool: ConcentratedPool, position: RangePosition) -> Curve:
    if isinstance(pool, UniswapV4Pool):
        check_pool(pool)
    check_position(pool, position)
    columns = range_columns(
        [position.liquidity],
        [position.tick_lower],
        [position.tick_upper],
        decimals0=pool.tokens[0].decimals,
        decimals1=pool.tokens[1].decimals,
    )
    return RangeCurve(
        liquidity=float(columns.liquidity[0]), lower=float(columns.lower[0]), upper=float(columns.upper[0])
    )
