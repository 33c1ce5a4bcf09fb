"""Floor 7: results for people and machines, in named desk units."""

from hedgerow.report.ticket import TargetResult, Ticket, Trade

__all__ = ["TargetResult", "Ticket", "Trade"]
