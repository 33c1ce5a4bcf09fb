"""Floor 4: what an option is worth, its Greeks, the vol that a price implies, surfaces of vol, deltas by name."""

from hedgerow.pricing.black76 import (
    Greeks,
    PriceFault,
    VolFault,
    black76,
    greeks_into,
    implied_vol,
    implied_vol_into,
)
from hedgerow.pricing.columns import OptionColumns, workspace
from hedgerow.pricing.deltas import DeltaConvention, VolDynamics, option_delta, vol_response
from hedgerow.pricing.marks import MarkVols, mark_vols
from hedgerow.pricing.minimum_variance import OptionMoves, QuadraticFit, fit_minimum_variance
from hedgerow.pricing.surface import Surface, SurfaceParameters, fit_surface

__all__ = [
    "DeltaConvention",
    "Greeks",
    "MarkVols",
    "OptionColumns",
    "OptionMoves",
    "PriceFault",
    "QuadraticFit",
    "Surface",
    "SurfaceParameters",
    "VolDynamics",
    "VolFault",
    "black76",
    "fit_minimum_variance",
    "fit_surface",
    "greeks_into",
    "implied_vol",
    "implied_vol_into",
    "mark_vols",
    "option_delta",
    "vol_response",
    "workspace",
]
