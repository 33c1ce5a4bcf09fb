"""Floor 5: positions against a market: value, Greeks and factor exposures of a whole book."""

from hedgerow.book.compiled import CompiledBook, Revaluation, assemble, check_numeraire, value_book
from hedgerow.book.conventions import deltas_by_convention
from hedgerow.book.exposure import Bucket, Exposure, Sensitivities, deltas_by_group, exposure_of, sensitivities_by_group
from hedgerow.book.factors import FactorModel, RiskSettings, factor_model
from hedgerow.book.joint_factors import JointFactors, joint_factors
from hedgerow.book.marking import Interpolated, Marking, Row
from hedgerow.book.other_factors import other_loadings, other_moves
from hedgerow.book.pool_rows import position_ladder
from hedgerow.book.positions import Balance, ContractPosition, LiquidityPosition, Position
from hedgerow.book.quiet import QuietBox, quiet_box
from hedgerow.book.rows import rows_of, trade_rows
from hedgerow.book.scenarios import (
    LEAST_VOL_SHARE,
    Scenarios,
    make_scenarios,
    scenario_grid,
    scenario_pnl,
    scenario_pnl_by_group,
    scenario_values_by_group,
)
from hedgerow.book.simulated import joint_pnl, simulate_joint, simulate_scenarios
from hedgerow.book.stresses import STRESSES, Stress, stress_scenarios, stresses_of

__all__ = [
    "Balance",
    "Bucket",
    "CompiledBook",
    "ContractPosition",
    "Exposure",
    "FactorModel",
    "Interpolated",
    "LEAST_VOL_SHARE",
    "JointFactors",
    "LiquidityPosition",
    "Marking",
    "Position",
    "QuietBox",
    "Revaluation",
    "RiskSettings",
    "Row",
    "STRESSES",
    "Scenarios",
    "Sensitivities",
    "Stress",
    "assemble",
    "check_numeraire",
    "deltas_by_convention",
    "deltas_by_group",
    "exposure_of",
    "factor_model",
    "joint_pnl",
    "make_scenarios",
    "joint_factors",
    "other_loadings",
    "other_moves",
    "quiet_box",
    "position_ladder",
    "rows_of",
    "scenario_grid",
    "scenario_pnl",
    "scenario_pnl_by_group",
    "scenario_values_by_group",
    "sensitivities_by_group",
    "simulate_joint",
    "simulate_scenarios",
    "stress_scenarios",
    "stresses_of",
    "trade_rows",
    "value_book",
]
