"""Pool positions in an account: tokens go in and come back, fees are owed until they are collected.

What a position is worth is no matter of the ledger. It keeps what was paid into it and what it owes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.core.money import WIDE, Money, is_positive
from hedgerow.ledger.account import Account
from hedgerow.ledger.holdings import PoolHolding

_ZERO: Final = Decimal(0)


def add_liquidity(account: Account, position: str, amounts: Sequence[Money]) -> Account:
    """Pay tokens into a pool position, a new one or one that is there.

    Parameters
    ----------
    account : Account
        Before it.
    position : str
        The user's name for it.
    amounts : sequence of Money
        What goes in, positive. [by currency]

    Returns
    -------
    Account
        After it: the tokens are no cash any more. [currency]

    Raises
    ------
    InputError
        If an amount is not positive, or more than is there in an account that may not borrow.
    """
    held = account.pools.get(position, PoolHolding())
    paid_in = held.paid_in
    for money in amounts:
        account = account.spend(money, "pool")
        paid_in = _plus(paid_in, money)
    return _put(account, position, replace(held, paid_in=paid_in))


def open_pool(account: Account, position: str, amounts: Sequence[Money], owed: Sequence[Money] = ()) -> Account:
    """Take in a pool position that was there before the ledger began: no cash moves.

    Parameters
    ----------
    account : Account
        Before it.
    position : str
        The user's name for it, not in use yet.
    amounts : sequence of Money
        What had been paid in, positive. [by currency]
    owed : sequence of Money
        Fees that it had earned and not collected, positive. [by currency]

    Returns
    -------
    Account
        With it. [currency]

    Raises
    ------
    InputError
        If the account has a position of that name, or an amount is not positive.
    """
    if position in account.pools:
        raise InputError(f"the account has a pool position {position}", "give each position a name of its own")
    held = PoolHolding(paid_in=_sum(position, amounts), owed=_sum(position, owed))
    return _put(account, position, held)


def earn_fees(account: Account, position: str, fees: Sequence[Money]) -> Account:
    """Let a pool position earn fees: they are owed, and no cash yet.

    Parameters
    ----------
    account : Account
        Before it.
    position : str
        The user's name for it.
    fees : sequence of Money
        Positive. [by currency]

    Returns
    -------
    Account
        After it. [currency]

    Raises
    ------
    InputError
        If there is no such position, or an amount is not positive.
    """
    held = _held(account, position)
    owed = held.owed
    for money in fees:
        _check_positive(position, money)
        owed = _plus(owed, money)
    return _put(account, position, replace(held, owed=owed))


def collect_fees(account: Account, position: str, fees: Sequence[Money] | None = None) -> Account:
    """Take fees out of a pool position into cash, under ``pool_fees``.

    Parameters
    ----------
    account : Account
        Before it.
    position : str
        The user's name for it.
    fees : sequence of Money, optional
        How much, positive; None for all that is owed. [by currency]

    Returns
    -------
    Account
        After it. [currency]

    Raises
    ------
    InputError
        If there is no such position, or it owes less.
    """
    held = _held(account, position)
    owed = held.owed
    taken = [Money(amount, currency) for currency, amount in owed.items()] if fees is None else fees
    for money in taken:
        _check_positive(position, money)
        if money.amount > owed.get(money.currency, _ZERO):
            due = Money(owed.get(money.currency, _ZERO), money.currency)
            raise InputError(f"{position} owes {due}, {money} are to be collected", "let it earn them first")
        owed = _plus(owed, -money)
        account = account.move(money, "pool_fees")
    return _put(account, position, replace(held, owed=owed))


def remove_liquidity(account: Account, position: str, amounts: Sequence[Money], *, last: bool) -> Account:
    """Take tokens out of a pool position; the pool says how many, swaps have turned one into the other.

    Parameters
    ----------
    account : Account
        Before it.
    position : str
        The user's name for it.
    amounts : sequence of Money
        What came back, positive. [by currency]
    last : bool
        True where the position ends with it; it must owe nothing then.

    Returns
    -------
    Account
        After it: the tokens are cash. [currency]

    Raises
    ------
    InputError
        If there is no such position, an amount is not positive, or a position that ends still owes fees.
    """
    held = _held(account, position)
    if last and held.owed:
        due = ", ".join(str(Money(amount, currency)) for currency, amount in sorted(held.owed.items()))
        raise InputError(f"{position} ends and owes {due}", "collect its fees first")
    paid_in = held.paid_in
    for money in amounts:
        _check_positive(position, money)
        account = account.move(money, "pool")
        paid_in = _plus(paid_in, -money)
    if not last:
        return _put(account, position, replace(held, paid_in=paid_in))
    pools = {name: other for name, other in account.pools.items() if name != position}
    return replace(account, pools=MappingProxyType(pools))


def _held(account: Account, position: str) -> PoolHolding:
    if position not in account.pools:
        known = ", ".join(sorted(account.pools)) or "none"
        raise InputError(f"the account has no pool position {position}", f"its positions: {known}")
    return account.pools[position]


def _put(account: Account, position: str, held: PoolHolding) -> Account:
    return replace(account, pools=MappingProxyType({**account.pools, position: held}))


def _check_positive(position: str, money: Money) -> None:
    if not is_positive(money.amount):
        raise InputError(f"{position}: {money}", "amounts are positive and finite")


def _sum(position: str, amounts: Sequence[Money]) -> Mapping[Currency, Decimal]:
    total: Mapping[Currency, Decimal] = MappingProxyType({})
    for money in amounts:
        _check_positive(position, money)
        total = _plus(total, money)
    return total


def _plus(amounts: Mapping[Currency, Decimal], money: Money) -> Mapping[Currency, Decimal]:
    """Add to one currency; what is zero is left out."""
    total = WIDE.add(amounts.get(money.currency, _ZERO), money.amount)
    rest = {currency: amount for currency, amount in amounts.items() if currency != money.currency}
    return MappingProxyType({**rest, money.currency: total} if total else rest)
