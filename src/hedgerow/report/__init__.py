"""Floor 9: results for people and machines, in desk units."""

from hedgerow.report.backtest import BacktestReport, Costs, PolicyResult, Unhedged
from hedgerow.report.ticket import TargetResult, Ticket, Trade

__all__ = ["BacktestReport", "Costs", "PolicyResult", "TargetResult", "Ticket", "Trade", "Unhedged"]
