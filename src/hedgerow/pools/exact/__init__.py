"""Pools in whole numbers, equal to their deployed contracts to the unit."""

from hedgerow.pools.exact.concentrated_swaps import ConcentratedSwap
from hedgerow.pools.exact.preview import preview_burn, preview_collect, preview_swap
from hedgerow.pools.exact.ranges import RangeChange, growth_inside
from hedgerow.pools.exact.swap_preview import SwapPreview
from hedgerow.pools.exact.swap_steps import TickBook, tick_book
from hedgerow.pools.exact.ticks import sqrt_price_at_tick, tick_at_sqrt_price
from hedgerow.pools.exact.uniswap_v2 import ShareChange

__all__ = [
    "ConcentratedSwap",
    "RangeChange",
    "ShareChange",
    "SwapPreview",
    "TickBook",
    "growth_inside",
    "preview_burn",
    "preview_collect",
    "preview_swap",
    "sqrt_price_at_tick",
    "tick_at_sqrt_price",
    "tick_book",
]
