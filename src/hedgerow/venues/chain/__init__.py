"""Pools on a chain: read from a node or a recording, followed block by block.

It needs the extra ``chain``: ``pip install 'hedgerow[chain]'``.
"""

from hedgerow.venues.chain.follower import RING, FollowedBlock, follow
from hedgerow.venues.chain.node import Head, Header, Log, Node
from hedgerow.venues.chain.patience import patiently
from hedgerow.venues.chain.positions import (
    GivenPosition,
    ManagerPosition,
    OwnedShare,
    PositionEnded,
    PositionSource,
    TokenPosition,
    read_positions,
)
from hedgerow.venues.chain.reader import PoolReader
from hedgerow.venues.chain.readers import pool_reader
from hedgerow.venues.chain.recording import NoAnswer, PlayedWire, RecordingWire, open_wire
from hedgerow.venues.chain.uniswap import PoolKey, V4Layout
from hedgerow.venues.chain.wire import Answer, Heard, Question, Wire

__all__ = [
    "Answer",
    "FollowedBlock",
    "GivenPosition",
    "Head",
    "Header",
    "Heard",
    "Log",
    "ManagerPosition",
    "NoAnswer",
    "Node",
    "OwnedShare",
    "PlayedWire",
    "PoolKey",
    "PoolReader",
    "PositionEnded",
    "PositionSource",
    "Question",
    "RING",
    "RecordingWire",
    "TokenPosition",
    "V4Layout",
    "Wire",
    "follow",
    "open_wire",
    "patiently",
    "pool_reader",
    "read_positions",
]
