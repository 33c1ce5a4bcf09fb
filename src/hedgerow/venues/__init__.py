"""Floor 11: the doors to venues, and venues that are simulated on recorded markets."""

from hedgerow.venues.depth import Depth, read_depth, top_of_book
from hedgerow.venues.funding import RuledFunding
from hedgerow.venues.index import Index
from hedgerow.venues.latency import (
    ConstantLatency,
    ExponentialLatency,
    Latency,
    LogNormalLatency,
    QuantileLatency,
)
from hedgerow.venues.listings import DeliveryTerms, Listing, MarginTerms, TickSizes
from hedgerow.venues.margin_records import Bankruptcy, MarginSample
from hedgerow.venues.markets import Execution, QuotedMarket, Refusal, RestingMarket, SimulatedMarket
from hedgerow.venues.merging import Stream, merge
from hedgerow.venues.onchain import ChainMarket, GasAuction, StoredPool
from hedgerow.venues.order_book import BookMarket
from hedgerow.venues.pool_market import PoolMarket
from hedgerow.venues.port import Venue
from hedgerow.venues.simulated import SimulatedExchange
from hedgerow.venues.tape import Chunk, Source, Tape, event_of, events_of
from hedgerow.venues.terms import Delays, Faults, Funding

__all__ = [
    "Bankruptcy",
    "BookMarket",
    "ChainMarket",
    "Chunk",
    "ConstantLatency",
    "Delays",
    "DeliveryTerms",
    "Depth",
    "Execution",
    "ExponentialLatency",
    "Faults",
    "Funding",
    "GasAuction",
    "Index",
    "Latency",
    "Listing",
    "LogNormalLatency",
    "MarginSample",
    "MarginTerms",
    "PoolMarket",
    "QuantileLatency",
    "QuotedMarket",
    "Refusal",
    "RestingMarket",
    "RuledFunding",
    "SimulatedExchange",
    "SimulatedMarket",
    "Source",
    "StoredPool",
    "Stream",
    "Tape",
    "TickSizes",
    "Venue",
    "event_of",
    "events_of",
    "merge",
    "read_depth",
    "top_of_book",
]
