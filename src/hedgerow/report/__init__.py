"""Floor 9: results for people and machines, in desk units."""

from hedgerow.report.accounts import AccountResult, AccountState, LeverageAdvice
from hedgerow.report.backtest import BacktestReport, Costs, PolicyResult, Unhedged
from hedgerow.report.calibration import CalibrationReport, FittedModel, ParameterFigures, ResidualFigures
from hedgerow.report.gains import gains_csv
from hedgerow.report.pool import PoolReport
from hedgerow.report.risk import PnlGrid, RiskReport, SimulatedPnl, WorstCell
from hedgerow.report.simulation import CostSplit, PolicyFigures, SimulationReport
from hedgerow.report.surface import FamilyFigures, QuoteFigures, SliceFigures, SurfaceReport
from hedgerow.report.ticket import Ticket
from hedgerow.report.ticket_parts import (
    ConstraintPrice,
    ConventionDelta,
    NextBest,
    PerAversion,
    TailResult,
    TargetResult,
    Trade,
)

__all__ = [
    "AccountResult",
    "AccountState",
    "BacktestReport",
    "CalibrationReport",
    "ConstraintPrice",
    "ConventionDelta",
    "CostSplit",
    "Costs",
    "FamilyFigures",
    "FittedModel",
    "LeverageAdvice",
    "NextBest",
    "ParameterFigures",
    "PerAversion",
    "PnlGrid",
    "PolicyFigures",
    "PolicyResult",
    "PoolReport",
    "QuoteFigures",
    "ResidualFigures",
    "RiskReport",
    "SimulatedPnl",
    "SimulationReport",
    "SliceFigures",
    "SurfaceReport",
    "TailResult",
    "TargetResult",
    "Ticket",
    "Trade",
    "Unhedged",
    "WorstCell",
    "gains_csv",
]
