"""Floor 5: positions against a market: value, Greeks and factor exposures of a whole book."""

from hedgerow.book.compiled import CompiledBook, Revaluation, assemble, check_numeraire, value_book
from hedgerow.book.conventions import deltas_by_convention
from hedgerow.book.exposure import Bucket, Exposure, Sensitivities, deltas_by_group, exposure_of, sensitivities_by_group
from hedgerow.book.factors import FactorModel, RiskSettings, factor_model
from hedgerow.book.positions import Balance, ContractPosition, LiquidityPosition, Position
from hedgerow.book.quiet import QuietBox, quiet_box
from hedgerow.book.rows import Interpolated, Marking, Row, rows_of, trade_rows

__all__ = [
    "Balance",
    "Bucket",
    "CompiledBook",
    "ContractPosition",
    "Exposure",
    "FactorModel",
    "Interpolated",
    "LiquidityPosition",
    "Marking",
    "Position",
    "QuietBox",
    "Revaluation",
    "RiskSettings",
    "Row",
    "Sensitivities",
    "assemble",
    "check_numeraire",
    "deltas_by_convention",
    "deltas_by_group",
    "exposure_of",
    "factor_model",
    "quiet_box",
    "rows_of",
    "sensitivities_by_group",
    "trade_rows",
    "value_book",
]
