"""Floor 10: one TOML file, read into frozen types."""

from hedgerow.config.desk import (
    ContractTerms,
    Desk,
    HedgeSettings,
    LiquidityLine,
    PositionLine,
    load_desk,
)
from hedgerow.config.load_study import load_study
from hedgerow.config.study import Study
from hedgerow.config.study_tables import InstrumentLine, PolicyLine, PoolLine, QuotedLine

__all__ = [
    "ContractTerms",
    "Desk",
    "HedgeSettings",
    "InstrumentLine",
    "LiquidityLine",
    "PolicyLine",
    "PoolLine",
    "PositionLine",
    "QuotedLine",
    "Study",
    "load_desk",
    "load_study",
]
