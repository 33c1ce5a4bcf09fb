"""Floor 8: working orders, and the desk that sends them."""

from hedgerow.execution.desk import DeskRules, ask_about_silent, cancel_all, go_to
from hedgerow.execution.orders import Orders, WorkingOrder, apply_report

__all__ = ["DeskRules", "Orders", "WorkingOrder", "apply_report", "ask_about_silent", "cancel_all", "go_to"]
