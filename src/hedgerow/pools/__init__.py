"""Floor 4: what a liquidity position is worth, from the pool's own curve."""

from hedgerow.pools.uniswap_v3 import LiquidityRange, RangeGreeks, liquidity_range, range_greeks

__all__ = ["LiquidityRange", "RangeGreeks", "liquidity_range", "range_greeks"]
