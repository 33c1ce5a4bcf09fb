"""Floor 8: when to trade. Whatever has ``init`` and ``decide`` is a policy."""

from typing import TypeAlias

from hedgerow.policy.checks import with_costs
from hedgerow.policy.delta_tolerance import DeltaTolerance
from hedgerow.policy.every_block import EveryBlock
from hedgerow.policy.gas_aware import GasAware, fixed_cost_half
from hedgerow.policy.interface import (
    NEVER_NS,
    NEXT_QUOTE,
    NO_BLOCK,
    Answer,
    Outlook,
    Policy,
    PolicyState,
    Trade,
    View,
    Wait,
    Wake,
)
from hedgerow.policy.leland import Leland, LelandConstant, leland_factor
from hedgerow.policy.liquidity_band import HedgeLeg, LiquidityBand, liquidity_band
from hedgerow.policy.looking import goal_in_lots, look, scene_of
from hedgerow.policy.price_move import PriceMove
from hedgerow.policy.programmes.policies import ExactBand
from hedgerow.policy.quadratic_impact import QuadraticImpact, impact_rate, part_of_the_way
from hedgerow.policy.scene import ALWAYS_WAIT, Band, Scene, centred, edges, goal_of
from hedgerow.policy.time_grid import TimeGrid
from hedgerow.policy.unhedged import Unhedged
from hedgerow.policy.whalley_wilmott import WhalleyWilmott, whalley_wilmott_half
from hedgerow.policy.zakamouline import Zakamouline, zakamouline_factor, zakamouline_half

AnyPolicy: TypeAlias = (
    DeltaTolerance
    | TimeGrid
    | EveryBlock
    | PriceMove
    | Leland
    | WhalleyWilmott
    | Zakamouline
    | GasAware
    | QuadraticImpact
    | ExactBand
    | Unhedged
)
"""Policies that a study can name by their ``kind``."""

__all__ = [
    "ALWAYS_WAIT",
    "NEVER_NS",
    "NEXT_QUOTE",
    "NO_BLOCK",
    "Answer",
    "AnyPolicy",
    "Band",
    "DeltaTolerance",
    "EveryBlock",
    "ExactBand",
    "GasAware",
    "HedgeLeg",
    "Leland",
    "LelandConstant",
    "LiquidityBand",
    "Outlook",
    "Policy",
    "PolicyState",
    "PriceMove",
    "QuadraticImpact",
    "Scene",
    "TimeGrid",
    "Trade",
    "Unhedged",
    "View",
    "Wait",
    "Wake",
    "WhalleyWilmott",
    "Zakamouline",
    "centred",
    "edges",
    "fixed_cost_half",
    "goal_in_lots",
    "goal_of",
    "impact_rate",
    "leland_factor",
    "liquidity_band",
    "look",
    "part_of_the_way",
    "scene_of",
    "whalley_wilmott_half",
    "with_costs",
    "zakamouline_factor",
    "zakamouline_half",
]
