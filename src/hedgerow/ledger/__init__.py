"""Floor 5: cash, positions, fees and funding, exactly."""

from hedgerow.ledger.account import Account, Cause, Holding
from hedgerow.ledger.ledger import Ledger

__all__ = ["Account", "Cause", "Holding", "Ledger"]
