"""Floor 7: which trades, how many, with a proof that no better plan exists."""

from hedgerow.hedging.certificate import Certificate, certify
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.neutral import NeutralPlan, neutral_plan
from hedgerow.hedging.plan import HedgePlan, plan_hedge
from hedgerow.hedging.problem import GreekBand, HedgeProblem
from hedgerow.hedging.solver import Solution, solve

__all__ = [
    "Certificate",
    "GreekBand",
    "HedgePlan",
    "HedgeProblem",
    "NeutralPlan",
    "Solution",
    "certify",
    "neutral_plan",
    "plan_hedge",
    "round_to_lots",
    "solve",
]
