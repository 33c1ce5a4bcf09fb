"""Floor 1: contracts as data. What a thing is, never what it is worth."""

from hedgerow.instruments.contracts import (
    EuropeanOption,
    Future,
    Instrument,
    Perpetual,
    Spot,
    expiry_of,
    is_inverse,
    kind_of,
)
from hedgerow.instruments.deribit import parse_deribit
from hedgerow.instruments.liquidity import FeeCheckpoint, PoolPosition, PoolShare, RangePosition

__all__ = [
    "EuropeanOption",
    "FeeCheckpoint",
    "Future",
    "Instrument",
    "Perpetual",
    "PoolPosition",
    "PoolShare",
    "RangePosition",
    "Spot",
    "expiry_of",
    "is_inverse",
    "kind_of",
    "parse_deribit",
]
