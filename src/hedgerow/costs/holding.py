"""What a position costs while it is held: funding, capital, borrowed coins. Simple interest, Act/365."""

import math
from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.costs.curves import HoldingCost

HOURS_PER_YEAR: Final = 24.0 * DAYS_PER_YEAR
"""Act/365 fixed. [hours]"""


def funding_carry(*, rate: float, hours: float, notional: float, per_hours: float = 8.0) -> HoldingCost:
    """Charge the funding of a perpetual: longs pay a positive rate, shorts receive it.

    Parameters
    ----------
    rate : float
        Expected funding rate, positive where longs pay. [fraction of the notional per ``per_hours``]
    hours : float
        How long the position is held. [hours]
    notional : float
        Of one contract, in its settlement currency. [settle per contract]
    per_hours : float
        Period of the rate: 8 as most venues state it, ``HOURS_PER_YEAR`` for a yearly rate. [hours]

    Returns
    -------
    HoldingCost
        Of one contract, long and short. [settle per contract]

    Raises
    ------
    InputError
        If a number breaks its rule.

    References
    ----------
    He, Manela, Ross, von Wachter (2022), *Fundamentals of Perpetual Futures*, arXiv:2212.06888, section 2.

    Examples
    --------
    >>> round(funding_carry(rate=0.0001, hours=24.0, notional=2000.0).long, 12)
    0.6
    """
    if not 0.0 < per_hours < math.inf:
        raise InputError(f"per_hours = {per_hours!r}", "give a positive number of hours")
    if not math.isfinite(rate):
        raise InputError(f"rate = {rate!r}", "give a finite rate")
    paid = rate * _held(hours) / per_hours * _worth("notional", notional)
    return HoldingCost(long=paid, short=-paid)


def capital_charge(*, rate: float, hours: float, long_margin: float, short_margin: float) -> HoldingCost:
    """Charge the capital that initial margin ties up.

    Parameters
    ----------
    rate : float
        What capital costs or would earn elsewhere. [fraction per year]
    hours : float
        How long the position is held. [hours]
    long_margin, short_margin : float
        Initial margin of one contract. [numeraire per contract]

    Returns
    -------
    HoldingCost
        Of one contract, long and short. [numeraire per contract]

    Raises
    ------
    InputError
        If a number is negative or not finite.

    References
    ----------
    Green, Kenyon (2015), *MVA: Initial Margin Valuation Adjustment by Replication and Regression*, Risk 28(5),
    arXiv:1405.0508: here over one short period.
    """
    share = _worth("rate", rate) * _held(hours) / HOURS_PER_YEAR
    return HoldingCost(
        long=share * _worth("long_margin", long_margin), short=share * _worth("short_margin", short_margin)
    )


def borrow_charge(*, rate: float, hours: float, price: float) -> HoldingCost:
    """Charge the interest on coins that are borrowed to be sold short.

    Parameters
    ----------
    rate : float
        Borrow rate of the lending market. [fraction per year]
    hours : float
        How long the position is held. [hours]
    price : float
        Of what is borrowed for one contract. [numeraire per contract]

    Returns
    -------
    HoldingCost
        Of one contract; a long position borrows nothing. [numeraire per contract]

    Raises
    ------
    InputError
        If a number is negative or not finite.

    References
    ----------
    Gudgeon, Werner, Perez, Knottenbelt (2020), *DeFi Protocols for Loanable Funds*, arXiv:2006.13922.
    """
    paid = _worth("rate", rate) * _held(hours) / HOURS_PER_YEAR * _worth("price", price)
    return HoldingCost(long=0.0, short=paid)


def _held(hours: float) -> float:
    return _worth("hours", hours)


def _worth(name: str, value: float) -> float:
    if not 0.0 <= value < math.inf:
        raise InputError(f"{name} = {value!r}", "give a finite number, 0 or more")
    return value
