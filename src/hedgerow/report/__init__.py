"""Floor 9: results for people and machines, in desk units."""

from hedgerow.report.backtest import BacktestReport, Costs, PolicyResult, Unhedged
from hedgerow.report.calibration import CalibrationReport, FittedModel, ParameterFigures, ResidualFigures
from hedgerow.report.surface import FamilyFigures, QuoteFigures, SliceFigures, SurfaceReport
from hedgerow.report.ticket import ConventionDelta, TargetResult, Ticket, Trade

__all__ = [
    "BacktestReport",
    "CalibrationReport",
    "ConventionDelta",
    "Costs",
    "FamilyFigures",
    "FittedModel",
    "ParameterFigures",
    "PolicyResult",
    "QuoteFigures",
    "ResidualFigures",
    "SliceFigures",
    "SurfaceReport",
    "TargetResult",
    "Ticket",
    "Trade",
    "Unhedged",
]
