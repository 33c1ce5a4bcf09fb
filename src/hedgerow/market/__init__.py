"""Floor 3: the observed state of the market, frozen, with the age of every input."""

from hedgerow.market.pool_files import load_pool, pool_from_dict, pool_to_dict
from hedgerow.market.pool_states import (
    BalancerStablePool,
    BalancerWeightedPool,
    BlockStamp,
    ConcentratedPool,
    CurveCryptoPool,
    CurveStablePool,
    PoolStorage,
    PoolToken,
    SharedPool,
    TickInfo,
    UniswapV2Pool,
    UniswapV3Pool,
    UniswapV4Pool,
)
from hedgerow.market.quotes import Quote, QuoteTable, quote_fault
from hedgerow.market.save import save_snapshot
from hedgerow.market.snapshot import PoolState, Rejection, Snapshot
from hedgerow.market.state import LARGEST_PRICE, MarketState, fold, is_usable
from hedgerow.market.store import load_snapshot

__all__ = [
    "LARGEST_PRICE",
    "BalancerStablePool",
    "BalancerWeightedPool",
    "BlockStamp",
    "ConcentratedPool",
    "CurveCryptoPool",
    "CurveStablePool",
    "MarketState",
    "PoolState",
    "PoolStorage",
    "PoolToken",
    "Quote",
    "QuoteTable",
    "Rejection",
    "SharedPool",
    "Snapshot",
    "TickInfo",
    "UniswapV2Pool",
    "UniswapV3Pool",
    "UniswapV4Pool",
    "fold",
    "is_usable",
    "load_pool",
    "load_snapshot",
    "pool_from_dict",
    "pool_to_dict",
    "quote_fault",
    "save_snapshot",
]
