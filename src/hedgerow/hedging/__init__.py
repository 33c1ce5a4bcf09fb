"""Floor 7: which trades, how many, with a proof that no better plan exists."""

from hedgerow.hedging.certificate import Certificate, certify
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.marginal import Marginal, marginal_answers
from hedgerow.hedging.methods import solve
from hedgerow.hedging.neutral import NeutralPlan, neutral_plan
from hedgerow.hedging.plan import HedgePlan, plan_hedge
from hedgerow.hedging.problem import GreekBand, HedgeProblem, Limit
from hedgerow.hedging.scenario_risk import RiskMeasure, ScenarioRisk
from hedgerow.hedging.session import HedgeSession
from hedgerow.hedging.solver import Solution, solve_convex

__all__ = [
    "Certificate",
    "GreekBand",
    "HedgePlan",
    "HedgeProblem",
    "HedgeSession",
    "Limit",
    "Marginal",
    "NeutralPlan",
    "RiskMeasure",
    "ScenarioRisk",
    "Solution",
    "certify",
    "marginal_answers",
    "neutral_plan",
    "plan_hedge",
    "round_to_lots",
    "solve",
    "solve_convex",
]
