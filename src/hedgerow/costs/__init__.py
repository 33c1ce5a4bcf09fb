"""Floor 6: what trading costs."""

from hedgerow.costs.fees import Fee, deribit_fee, trade_fee
from hedgerow.costs.unit_costs import UnitCost, unit_cost

__all__ = ["Fee", "UnitCost", "deribit_fee", "trade_fee", "unit_cost"]
