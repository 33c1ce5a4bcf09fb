"""Floor 5: cash, positions, lots, fees and funding, exactly."""

from hedgerow.ledger.account import Account, Cause
from hedgerow.ledger.holdings import Holding, PoolHolding
from hedgerow.ledger.ledger import Ledger, Transit
from hedgerow.ledger.lots import Closing, GainLog, RealisedGain, priced_in_usd
from hedgerow.ledger.open_lots import Lot, LotMethod, OpenLots
from hedgerow.ledger.pools import add_liquidity, collect_fees, earn_fees, open_pool, remove_liquidity
from hedgerow.ledger.settling import Delivery, payoff, settlement_price

__all__ = [
    "Account",
    "Cause",
    "Closing",
    "Delivery",
    "GainLog",
    "Holding",
    "Ledger",
    "Lot",
    "LotMethod",
    "OpenLots",
    "PoolHolding",
    "RealisedGain",
    "Transit",
    "add_liquidity",
    "collect_fees",
    "earn_fees",
    "open_pool",
    "payoff",
    "priced_in_usd",
    "remove_liquidity",
    "settlement_price",
]
