"""Floor 11: the doors to venues, and venues that are simulated on recorded markets."""

from hedgerow.venues.markets import Execution, PoolMarket, QuotedMarket, Refusal, SimulatedMarket
from hedgerow.venues.merging import Stream, merge
from hedgerow.venues.port import Venue
from hedgerow.venues.simulated import SimulatedVenue
from hedgerow.venues.tape import Chunk, Source, Tape, event_of, events_of
from hedgerow.venues.terms import Delays, Faults, Funding

__all__ = [
    "Chunk",
    "Delays",
    "Execution",
    "Faults",
    "Funding",
    "PoolMarket",
    "QuotedMarket",
    "Refusal",
    "SimulatedMarket",
    "SimulatedVenue",
    "Source",
    "Stream",
    "Tape",
    "Venue",
    "event_of",
    "events_of",
    "merge",
]
