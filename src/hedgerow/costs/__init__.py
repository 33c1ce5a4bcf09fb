"""Floor 6: what trading and holding cost."""

from hedgerow.costs.book_curve import book_curve
from hedgerow.costs.curves import CostCurve, CostSide, HoldingCost, proportional
from hedgerow.costs.fees import Fee, deribit_fee, published_fee, trade_fee
from hedgerow.costs.holding import borrow_charge, capital_charge, funding_carry
from hedgerow.costs.impact import linear_impact, square_root_impact, with_impact
from hedgerow.costs.merging import Composite, Listing, merge
from hedgerow.costs.straight_impact import straighten
from hedgerow.costs.unit_costs import UnitCost, paid_at, unit_cost

__all__ = [
    "Composite",
    "CostCurve",
    "CostSide",
    "Fee",
    "HoldingCost",
    "Listing",
    "UnitCost",
    "book_curve",
    "borrow_charge",
    "capital_charge",
    "deribit_fee",
    "funding_carry",
    "linear_impact",
    "merge",
    "paid_at",
    "proportional",
    "published_fee",
    "square_root_impact",
    "straighten",
    "trade_fee",
    "unit_cost",
    "with_impact",
]
