"""The tables of a study file about accounts: what they hold, what margin they need. Keys: ``docs/study-file.md``."""

import datetime as dt
from typing import Literal

import msgspec


class AccountLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An ``[[account]]`` table.

    Parameters
    ----------
    name : str
        For example ``exchange``.
    balances : dict of str to float
        What it starts with. [currency]
    rule : str
        The venue's margin rule; empty for none: the account may run below zero.
    haircuts : dict of str to float
        How much of each currency does not count as collateral, none where it is not named. [fraction]
    initial, maintenance : float or None
        What the rule ``fraction`` asks for; without ``maintenance`` half of ``initial``. [fraction of the notional]
    funding_8h : float or None
        What longs of perpetuals are expected to pay over 8 hours, which the rule ``paradex`` sets aside; None for
        nothing. [fraction]
    lot_method : {"FIFO", "LIFO", "HIFO"}
        Which lot a closing trade closes first: the oldest, the youngest, the one that gains least.
    """

    name: str
    balances: dict[str, float] = {}
    rule: str = ""
    haircuts: dict[str, float] = {}
    initial: float | None = None
    maintenance: float | None = None
    funding_8h: float | None = None
    lot_method: Literal["FIFO", "LIFO", "HIFO"] = "FIFO"


class OptionLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An ``[[option]]`` table: an option that is held and not traded.

    Parameters
    ----------
    instrument : str
        The venue's name.
    quantity : float
        Signed, long > 0. [contracts]
    vol : float
        At which it is valued, constant, assumed. [fraction per square root of a year]
    account : str
        Where it is held; empty for outside of any account, without margin and without an end in the study.
    entry_price : float or None
        What was paid for it, for lots and gains; None takes its value at the first price. [settle per contract]
    delivery_price : float or None
        At which it is settled if it expires in the study; None takes the average of the recorded price that the venue's
        rule asks for. [quote per base]
    delivery_fee : float or None
        What the settlement costs, at Deribit at most an eighth of what the option pays; None takes the venue's table.
        [fraction of the underlying]
    """

    instrument: str
    quantity: float
    vol: float
    account: str = ""
    entry_price: float | None = None
    delivery_price: float | None = None
    delivery_fee: float | None = None


class TransferLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A ``[[transfer]]`` table: money that is moved between accounts, decided before the study.

    Parameters
    ----------
    at : datetime
        When it is sent. [UTC]
    source, target : str
        Accounts.
    currency : str
        What is moved.
    amount : float
        How much leaves. [currency]
    """

    at: dt.datetime
    source: str
    target: str
    currency: str
    amount: float


class MarginTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[margin]``: what margin is checked with, and what a leverage is chosen by.

    Parameters
    ----------
    rules_at : datetime or None
        Whose day's tables of the venues hold; None for the start of the study. [UTC]
    liquidation_fee : float or None
        What a venue charges on what it liquidates, on top of the taker fee; None takes the venue's table. [fraction of
        the notional]
    vol : float or None
        Vol of the coin for ``leverage = "optimal"``. [fraction per square root of a year]
    horizon_s : float or None
        How long a position is held for it; None for the whole study. [seconds]
    capital_cost : float
        What a year of collateral costs. [fraction]
    liquidation_cost : float
        What a liquidation costs. [fraction of the notional]
    highest_leverage : float
        No higher one is chosen. [pure]
    """

    rules_at: dt.datetime | None = None
    liquidation_fee: float | None = None
    vol: float | None = None
    horizon_s: float | None = None
    capital_cost: float = 0.1
    liquidation_cost: float = 0.05
    highest_leverage: float = 50.0
