"""Floor 7: which trades, how many, with a proof that no better plan exists."""

from hedgerow.hedging.certificate import Certificate, certify
from hedgerow.hedging.liquidity import (
    CoinExposure,
    DeltaGammaHedge,
    HedgeContract,
    LiquidityHedge,
    MinimumVariance,
    OptionLeg,
    delta_gamma_hedge,
    hedge_liquidity,
    minimum_variance,
)
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.marginal import Marginal, marginal_answers
from hedgerow.hedging.methods import solve
from hedgerow.hedging.neutral import NeutralPlan, neutral_plan
from hedgerow.hedging.plan import HedgePlan, plan_hedge
from hedgerow.hedging.problem import GreekBand, HedgeProblem, Limit
from hedgerow.hedging.replication import ListedOptions, StaticHedge, curve_payoff, piecewise_strip, static_hedge
from hedgerow.hedging.scenario_risk import RiskMeasure, ScenarioRisk
from hedgerow.hedging.session import HedgeSession
from hedgerow.hedging.solver import Solution, solve_convex

__all__ = [
    "Certificate",
    "CoinExposure",
    "DeltaGammaHedge",
    "GreekBand",
    "HedgeContract",
    "HedgePlan",
    "HedgeProblem",
    "HedgeSession",
    "Limit",
    "LiquidityHedge",
    "ListedOptions",
    "Marginal",
    "MinimumVariance",
    "NeutralPlan",
    "OptionLeg",
    "RiskMeasure",
    "ScenarioRisk",
    "Solution",
    "StaticHedge",
    "certify",
    "curve_payoff",
    "delta_gamma_hedge",
    "hedge_liquidity",
    "marginal_answers",
    "minimum_variance",
    "neutral_plan",
    "piecewise_strip",
    "plan_hedge",
    "round_to_lots",
    "solve",
    "solve_convex",
    "static_hedge",
]
