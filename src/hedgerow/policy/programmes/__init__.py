"""Dynamic programs: the exact optimum, and the best known policy for objectives that have none."""

from hedgerow.policy.programmes.cara import solve_cara
from hedgerow.policy.programmes.mean_risk import solve_mean_risk
from hedgerow.policy.programmes.policies import ExactBand, MeanRiskOptimum
from hedgerow.policy.programmes.problem import HedgingProblem, Payoff
from hedgerow.policy.programmes.rehearsal import rehearse
from hedgerow.policy.programmes.solved import exact_bands, mean_risk_bands
from hedgerow.policy.programmes.tables import BandTable, LineTable, band_at, line_band_at

__all__ = [
    "BandTable",
    "ExactBand",
    "HedgingProblem",
    "LineTable",
    "MeanRiskOptimum",
    "Payoff",
    "band_at",
    "exact_bands",
    "line_band_at",
    "mean_risk_bands",
    "rehearse",
    "solve_cara",
    "solve_mean_risk",
]
