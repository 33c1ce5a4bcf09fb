"""Floor 2: the observed state of the market, frozen, with the age of every input."""

from hedgerow.market.quotes import Quote, QuoteTable, quote_fault
from hedgerow.market.save import save_snapshot
from hedgerow.market.snapshot import PoolState, Rejection, Snapshot
from hedgerow.market.store import load_snapshot

__all__ = [
    "PoolState",
    "Quote",
    "QuoteTable",
    "Rejection",
    "Snapshot",
    "load_snapshot",
    "quote_fault",
    "save_snapshot",
]
