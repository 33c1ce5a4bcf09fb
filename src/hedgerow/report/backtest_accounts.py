"""What a policy's accounts held, needed and lost: raw numbers inside, ``to_dict`` for machines."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.core.instants import to_iso

ACCOUNT_UNITS: Final = {
    "leverage": "pure",
    **dict.fromkeys(("max_initial", "shortfall", "equity", "initial", "maintenance"), "USD"),
    **dict.fromkeys(
        ("max_initial_share", "min_distance", "opening_share", "usage", "liquidation_probability"), "fraction"
    ),
    **dict.fromkeys(("start", "balances", "in_transit", "flows"), "the currency that is the key"),
    **dict.fromkeys(("positions", "quantity"), "contracts"),
    "price": "as quoted",
    "fee": "settlement currency",
}
"""Units of the numbers below, by name: not those of the numeraire. [text]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedTrade:
    """A trade with which a venue liquidated an account.

    Parameters
    ----------
    at_ns : int
        When. [UTC epoch ns]
    account, instrument : str
        Whose, and what was traded.
    quantity : float
        Signed, bought > 0. [contracts]
    price : float
        What was paid. [as quoted]
    fee : float
        Charged, the venue's liquidation fee included. [settle]
    """

    at_ns: int
    account: str
    instrument: str
    quantity: float
    price: float
    fee: float

    def to_dict(self) -> dict[str, Any]:
        """Return the trade for machines.

        Returns
        -------
        dict
            Plain values. [as its fields]
        """
        return {
            "time": to_iso(self.at_ns),
            "account": self.account,
            "instrument": self.instrument,
            "quantity": self.quantity,
            "price": self.price,
            "fee": self.fee,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginUse:
    """How near accounts came to their margin, over all looks that the venue took.

    Parameters
    ----------
    max_initial : float
        Largest initial margin. [USD]
    max_initial_share : float
        Largest initial margin over the equity that covers it; infinite where that was gone. [fraction]
    min_distance : float
        Smallest move of the coin, up or down, at which the account would have been liquidated; zero where it was, NaN
        where no move does it. [fraction]
    opening_share : float
        Initial margin over the equity that covers it at the venue's first look; infinite where nothing did. [fraction]
    liquidations : int
        Trades with which the venue liquidated. [count]
    bankrupt : bool
        Whether an account's equity was ever below zero.
    """

    max_initial: float
    max_initial_share: float
    min_distance: float
    opening_share: float
    liquidations: int
    bankrupt: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers for machines.

        Returns
        -------
        dict
            Plain values; None where a number does not exist. [as its fields]
        """
        return {
            "max_initial": self.max_initial,
            "max_initial_share": finite(self.max_initial_share),
            "min_distance": finite(self.min_distance),
            "opening_share": finite(self.opening_share),
            "liquidations": self.liquidations,
            "bankrupt": self.bankrupt,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account at the end of a policy's days.

    Parameters
    ----------
    name, rule : str
        Which account, and what its margin rule is called; empty for none.
    start, balances : dict of str to float
        Cash at the start and at the end, by currency. [currency]
    in_transit : dict of str to float
        What has left it for another account and has not arrived by the end: in no balance, and in no equity. [currency]
    positions : dict of str to float
        What is open at the end. [contracts]
    equity : float
        Cash and what is open, at the last price. [USD]
    flows : dict of str to dict of str to float
        What changed the cash: by cause and currency. [currency]
    initial, maintenance : float
        Margin at the last look of the venue; NaN without a rule. [USD]
    margin : MarginUse or None
        How near it came; None without a rule.
    """

    name: str
    rule: str
    start: dict[str, float]
    balances: dict[str, float]
    in_transit: dict[str, float]
    positions: dict[str, float]
    equity: float
    flows: dict[str, dict[str, float]]
    initial: float
    maintenance: float
    margin: MarginUse | None

    def to_dict(self) -> dict[str, Any]:
        """Return the account for machines.

        Returns
        -------
        dict
            Plain values; None where a number does not exist. [as its fields]
        """
        return {
            "name": self.name,
            "rule": self.rule or None,
            "start": self.start,
            "balances": self.balances,
            "in_transit": self.in_transit,
            "positions": self.positions,
            "equity": self.equity,
            "flows": self.flows,
            "initial": finite(self.initial),
            "maintenance": finite(self.maintenance),
            "margin": None if self.margin is None else self.margin.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsReport:
    """Accounts and margin of one policy.

    Parameters
    ----------
    leverage : float
        Notional of the neutral hedge at the first price over the collateral behind it; NaN where the study states the
        balances themselves. [pure]
    levered : str
        The account behind the hedge; empty where no leverage is asked for.
    chosen : bool
        Whether the leverage was chosen and not stated.
    liquidation_probability : float
        Of the hedge within the horizon for which the leverage was chosen, NaN where none was. [probability]
    margin : MarginUse or None
        Of all accounts together; None if none of them has a rule.
    forced : tuple of ForcedTrade
        What venues liquidated, in order.
    shortfall : float
        What accounts owed their venue where the price had gapped beyond their collateral, all together. [USD]
    usage : ndarray of shape (n_sample,)
        Largest maintenance margin over what covers it, between each sample and the one before; infinite where nothing
        covers it, NaN where the venue did not look. [fraction]
    accounts : tuple of AccountResult
        In the order of the study.
    """

    leverage: float
    levered: str
    chosen: bool
    liquidation_probability: float
    margin: MarginUse | None
    forced: tuple[ForcedTrade, ...]
    shortfall: float
    usage: Float64[np.ndarray, " n_sample"]
    accounts: tuple[AccountResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the keys ``leverage``, ``margin`` and ``accounts`` of a policy.

        Returns
        -------
        dict
            Plain values; None where a number does not exist. [as their fields]
        """
        margin = None
        if self.margin is not None:
            forced = [trade.to_dict() for trade in self.forced]
            usage = [finite(value) for value in self.usage.tolist()]
            margin = {
                **self.margin.to_dict(),
                "shortfall": self.shortfall,
                "usage": usage,
                "liquidation_events": forced,
            }
        leverage = None
        if math.isfinite(self.leverage):
            probability = finite(self.liquidation_probability)
            leverage = {
                "account": self.levered,
                "value": self.leverage,
                "chosen": self.chosen,
                "liquidation_probability": probability,
            }
        return {"leverage": leverage, "margin": margin, "accounts": [item.to_dict() for item in self.accounts]}


def finite(value: float) -> float | None:
    """Return a number for machines.

    Parameters
    ----------
    value : float
        Any. [as given]

    Returns
    -------
    float or None
        None where it is not finite. [as given]
    """
    return value if math.isfinite(value) else None
