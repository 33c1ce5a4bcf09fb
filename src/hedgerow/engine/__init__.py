"""Floor 9: one pure step from event to commands."""

from hedgerow.engine.booking import opening_ledger
from hedgerow.engine.settings import Deposit, EngineSettings, OpeningPosition
from hedgerow.engine.state import EngineState
from hedgerow.engine.step import Engine
from hedgerow.engine.views import VOL_FIT

__all__ = ["VOL_FIT", "Deposit", "Engine", "EngineSettings", "EngineState", "OpeningPosition", "opening_ledger"]
