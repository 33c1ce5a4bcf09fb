"""Floor 8: when to trade. Whatever has ``init`` and ``decide`` is a policy."""

from typing import TypeAlias

from hedgerow.policy.delta_tolerance import DeltaTolerance
from hedgerow.policy.interface import (
    NEVER_NS,
    NEXT_QUOTE,
    NO_BLOCK,
    Answer,
    Policy,
    PolicyState,
    Trade,
    View,
    Wait,
    Wake,
)
from hedgerow.policy.time_grid import TimeGrid

AnyPolicy: TypeAlias = DeltaTolerance | TimeGrid
"""Policies that a study can name by their ``kind``."""

__all__ = [
    "NEVER_NS",
    "NEXT_QUOTE",
    "NO_BLOCK",
    "Answer",
    "AnyPolicy",
    "DeltaTolerance",
    "Policy",
    "PolicyState",
    "TimeGrid",
    "Trade",
    "View",
    "Wait",
    "Wake",
]
