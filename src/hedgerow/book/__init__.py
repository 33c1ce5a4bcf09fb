"""Floor 4: positions against a market: value, Greeks and factor exposures of a whole book."""

from hedgerow.book.compiled import CompiledBook, assemble, check_numeraire, value_book
from hedgerow.book.exposure import Bucket, Exposure, Sensitivities, exposure_of, sensitivities_by_group
from hedgerow.book.factors import FactorModel, RiskSettings, factor_model
from hedgerow.book.positions import Balance, ContractPosition, LiquidityPosition, Position
from hedgerow.book.rows import Marking, Row, rows_of, trade_rows

__all__ = [
    "Balance",
    "Bucket",
    "CompiledBook",
    "ContractPosition",
    "Exposure",
    "FactorModel",
    "LiquidityPosition",
    "Marking",
    "Position",
    "RiskSettings",
    "Row",
    "Sensitivities",
    "assemble",
    "check_numeraire",
    "exposure_of",
    "factor_model",
    "rows_of",
    "sensitivities_by_group",
    "trade_rows",
    "value_book",
]
