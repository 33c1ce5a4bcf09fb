"""Floor 4: what a liquidity position is worth, from the pool's own curve."""

from hedgerow.pools.arbitrage import arbitrage_probability, arbitrageurs_share
from hedgerow.pools.asset_curve import AssetCurve, asset_curve
from hedgerow.pools.assets import Alias, AssetExposure, exposure_by_asset
from hedgerow.pools.curve import Curve, CurvePoint
from hedgerow.pools.curves import curve_of
from hedgerow.pools.expected_gamma import interval_gamma, lognormal_gamma
from hedgerow.pools.expected_loss import expected_loss_rate
from hedgerow.pools.fee_columns import FeeColumns, fee_columns
from hedgerow.pools.history import (
    CollectProtocolEvent,
    GiftEvent,
    LiquidityEvent,
    PoolEvent,
    ProtocolFeeEvent,
    SwapEvent,
)
from hedgerow.pools.losses import (
    HoldingLoss,
    break_even_apr,
    break_even_volume,
    fee_apr,
    impermanent_loss,
    loss_against_holding,
    pair_covariance,
    rebalancing_loss_rate,
)
from hedgerow.pools.own_prices import own_prices, pool_prices
from hedgerow.pools.position_curve import position_curve
from hedgerow.pools.positions import PoolGreeks, book_greeks, position_greeks
from hedgerow.pools.range_book import RangeBook, range_book
from hedgerow.pools.range_curve import RangeColumns, RangeCurve, range_columns
from hedgerow.pools.replay import PoolReplay, replay_pool
from hedgerow.pools.replay_fees import HeldRanges, ReplayedFees, fees_of
from hedgerow.pools.stale import ExpectedStaleness, StaleBound, expected_staleness, stale_bound
from hedgerow.pools.uniswap_v3 import LiquidityRange, RangeGreeks, liquidity_range, range_greeks

__all__ = [
    "CollectProtocolEvent",
    "FeeColumns",
    "fee_columns",
    "replay_pool",
    "fees_of",
    "SwapEvent",
    "ReplayedFees",
    "ProtocolFeeEvent",
    "PoolReplay",
    "PoolEvent",
    "LiquidityEvent",
    "HeldRanges",
    "GiftEvent",
    "Alias",
    "AssetCurve",
    "AssetExposure",
    "Curve",
    "CurvePoint",
    "ExpectedStaleness",
    "HoldingLoss",
    "LiquidityRange",
    "PoolGreeks",
    "RangeBook",
    "RangeColumns",
    "RangeCurve",
    "RangeGreeks",
    "StaleBound",
    "arbitrage_probability",
    "arbitrageurs_share",
    "asset_curve",
    "book_greeks",
    "break_even_apr",
    "break_even_volume",
    "curve_of",
    "expected_loss_rate",
    "expected_staleness",
    "exposure_by_asset",
    "fee_apr",
    "impermanent_loss",
    "interval_gamma",
    "liquidity_range",
    "lognormal_gamma",
    "loss_against_holding",
    "own_prices",
    "pair_covariance",
    "pool_prices",
    "position_curve",
    "position_greeks",
    "range_book",
    "range_columns",
    "range_greeks",
    "rebalancing_loss_rate",
    "stale_bound",
]
