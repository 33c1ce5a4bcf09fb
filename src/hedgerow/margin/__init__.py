"""Floor 6: what venues ask of an account, and how far it is from being liquidated."""

from hedgerow.margin.account import (
    NO_HAIRCUTS,
    AccountMargin,
    Haircuts,
    account_margin,
    covering_equity,
    isolated_margins,
    liquidation_moves,
)
from hedgerow.margin.account_book import Marked, account_book, held_names
from hedgerow.margin.fraction import FractionMargin
from hedgerow.margin.leverage import BestLeverage, best_leverage, leverage_cost, liquidation_move
from hedgerow.margin.liquidation import Reduction, next_liquidation, reduced
from hedgerow.margin.probability import (
    LiquidationChance,
    exit_probability,
    jump_liquidation_probability,
    liquidation_probability,
    touch_probability,
)
from hedgerow.margin.requirement import MarginRow, MarginRule, Requirement
from hedgerow.margin.rules import RULES, liquidation_steps, margin_rule, rule_since

__all__ = [
    "NO_HAIRCUTS",
    "RULES",
    "AccountMargin",
    "BestLeverage",
    "FractionMargin",
    "Haircuts",
    "LiquidationChance",
    "MarginRow",
    "MarginRule",
    "Marked",
    "Reduction",
    "Requirement",
    "account_book",
    "account_margin",
    "best_leverage",
    "covering_equity",
    "exit_probability",
    "held_names",
    "isolated_margins",
    "jump_liquidation_probability",
    "leverage_cost",
    "liquidation_move",
    "liquidation_moves",
    "liquidation_probability",
    "liquidation_steps",
    "margin_rule",
    "next_liquidation",
    "reduced",
    "rule_since",
    "touch_probability",
]
