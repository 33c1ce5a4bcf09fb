"""Pools on a chain: read from a node or a recording, followed block by block.

It needs the extra ``chain``: ``pip install 'hedgerow[chain]'``.
"""

from hedgerow.venues.chain.follower import FollowedBlock, follow
from hedgerow.venues.chain.node import Header, Log, Node
from hedgerow.venues.chain.positions import (
    GivenPosition,
    ManagerPosition,
    OwnedShare,
    PositionSource,
    TokenPosition,
    read_positions,
)
from hedgerow.venues.chain.reader import PoolReader
from hedgerow.venues.chain.readers import pool_reader
from hedgerow.venues.chain.recording import PlayedWire, RecordingWire, open_wire
from hedgerow.venues.chain.uniswap import PoolKey, V4Layout
from hedgerow.venues.chain.wire import Answer, Question, Wire

__all__ = [
    "Answer",
    "FollowedBlock",
    "GivenPosition",
    "Header",
    "Log",
    "ManagerPosition",
    "Node",
    "OwnedShare",
    "PlayedWire",
    "PoolKey",
    "PoolReader",
    "PositionSource",
    "Question",
    "RecordingWire",
    "TokenPosition",
    "V4Layout",
    "Wire",
    "follow",
    "open_wire",
    "pool_reader",
    "read_positions",
]
