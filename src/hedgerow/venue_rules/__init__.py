"""Floor 2: what venues charge and demand, as dated tables with their source."""

from hedgerow.venue_rules.currencies import smallest_unit
from hedgerow.venue_rules.files import VENUES, VenueTables, tables_of
from hedgerow.venue_rules.listing import Listed, read_listing
from hedgerow.venue_rules.periods import listed_period
from hedgerow.venue_rules.rules import NotOnFile, VenueRules, latest_rules, rules_of, with_listing
from hedgerow.venue_rules.schedules import (
    ContractLine,
    CurrencyUnit,
    DeliveryFee,
    FundingRule,
    KnownFee,
    Line,
    PriceLimit,
    PriceStep,
    SettlementRule,
    TradedSizes,
    TradeFee,
)

__all__ = [
    "ContractLine",
    "Line",
    "VENUES",
    "CurrencyUnit",
    "DeliveryFee",
    "FundingRule",
    "KnownFee",
    "Listed",
    "NotOnFile",
    "PriceLimit",
    "PriceStep",
    "SettlementRule",
    "TradeFee",
    "TradedSizes",
    "VenueRules",
    "VenueTables",
    "latest_rules",
    "listed_period",
    "read_listing",
    "rules_of",
    "smallest_unit",
    "tables_of",
    "with_listing",
]
