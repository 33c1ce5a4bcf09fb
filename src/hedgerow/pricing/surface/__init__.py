"""Surfaces of implied vol without arbitrage, fitted to quotes."""

from hedgerow.pricing.surface.chain import ChainFit, OptionChain, fit_chain, read_chain
from hedgerow.pricing.surface.checks import ArbitrageCheck, check_surface
from hedgerow.pricing.surface.dynamics import atm_response
from hedgerow.pricing.surface.fit import fit_surface
from hedgerow.pricing.surface.parameters import SmileQuotes, SurfaceParameters
from hedgerow.pricing.surface.parity import ImpliedForward, implied_forward
from hedgerow.pricing.surface.surface import Surface, SurfacePoints

__all__ = [
    "ArbitrageCheck",
    "ChainFit",
    "ImpliedForward",
    "OptionChain",
    "SmileQuotes",
    "Surface",
    "SurfaceParameters",
    "SurfacePoints",
    "atm_response",
    "check_surface",
    "fit_chain",
    "fit_surface",
    "implied_forward",
    "read_chain",
]
