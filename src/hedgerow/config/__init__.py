"""Floor 8: one TOML file, read into frozen types."""

from hedgerow.config.desk import (
    ContractTerms,
    Desk,
    HedgeSettings,
    LiquidityLine,
    PositionLine,
    load_desk,
)

__all__ = ["ContractTerms", "Desk", "HedgeSettings", "LiquidityLine", "PositionLine", "load_desk"]
