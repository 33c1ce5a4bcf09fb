"""Floor 3: the observed state of the market, frozen, with the age of every input."""

from hedgerow.market.quotes import Quote, QuoteTable, quote_fault
from hedgerow.market.save import save_snapshot
from hedgerow.market.snapshot import PoolState, Rejection, Snapshot
from hedgerow.market.state import LARGEST_PRICE, MarketState, fold, is_usable
from hedgerow.market.store import load_snapshot

__all__ = [
    "LARGEST_PRICE",
    "MarketState",
    "PoolState",
    "Quote",
    "QuoteTable",
    "Rejection",
    "Snapshot",
    "fold",
    "is_usable",
    "load_snapshot",
    "quote_fault",
    "save_snapshot",
]
