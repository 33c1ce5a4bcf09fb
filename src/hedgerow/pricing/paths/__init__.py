"""Paths of every model for the policy laboratory, and prices by averaging over them."""

from hedgerow.pricing.paths.brownian import brownian_blocks
from hedgerow.pricing.paths.pricing import SimulatedPrices, simulated_prices
from hedgerow.pricing.paths.schemes import Bias, Measure, stated_bias
from hedgerow.pricing.paths.simulation import PathBlock, simulate

__all__ = [
    "Bias",
    "Measure",
    "PathBlock",
    "SimulatedPrices",
    "brownian_blocks",
    "simulate",
    "simulated_prices",
    "stated_bias",
]
