"""Floor 6: which trades, how many, with a proof that no better plan exists."""

from hedgerow.hedging.certificate import Certificate, certify
from hedgerow.hedging.lots import round_to_lots
from hedgerow.hedging.plan import HedgePlan, plan_hedge
from hedgerow.hedging.problem import GreekBand, HedgeProblem
from hedgerow.hedging.solver import Solution, solve

__all__ = [
    "Certificate",
    "GreekBand",
    "HedgePlan",
    "HedgeProblem",
    "Solution",
    "certify",
    "plan_hedge",
    "round_to_lots",
    "solve",
]
