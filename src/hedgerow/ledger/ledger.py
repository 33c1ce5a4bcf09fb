"""Accounts by name, and what moves between them.

Money that has left one account and not arrived in the other is held in transit, so that the sum of all is the same
from before the transfer to after it, but for its fee.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money, is_positive
from hedgerow.ledger.account import Account
from hedgerow.ledger.lots import RealisedGain


@dataclass(frozen=True, slots=True, kw_only=True)
class Transit:
    """Money on its way.

    Parameters
    ----------
    source, target : str
        Two different accounts.
    money : Money
        What has left the source, positive. [currency]
    fee : Money
        How much of it will not arrive. [same currency]
    sent_ns : int
        When it left. [UTC epoch ns]
    """

    source: AccountName
    target: AccountName
    money: Money
    fee: Money
    sent_ns: int = 0

    def __post_init__(self) -> None:
        _check_transfer(self.source, self.target, self.money, self.fee)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Every account of a book; every change makes a new ledger.

    Parameters
    ----------
    accounts : mapping of str to Account
        By the user's name for them.
    in_transit : tuple of Transit
        Money that has left and not arrived, in the order of leaving.
    keeps_lots : bool
        False where accounts of which nothing is known yet begin without lots.
    """

    accounts: Mapping[AccountName, Account] = field(default_factory=lambda: MappingProxyType({}))
    in_transit: tuple[Transit, ...] = ()
    keeps_lots: bool = True

    def account(self, name: str) -> Account:
        """Return one account.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Account
            Empty if nothing ever happened in it. [currency]
        """
        known = self.accounts.get(AccountName(name))
        if known is not None:
            return known
        return Account() if self.keeps_lots else Account(lot_method=None)

    def put(self, name: str, account: Account) -> "Ledger":
        """Replace one account.

        Parameters
        ----------
        name : str
            Its name.
        account : Account
            What it is now.

        Returns
        -------
        Ledger
            The ledger after it. [currency]
        """
        accounts = MappingProxyType({**self.accounts, AccountName(name): account})
        return Ledger(accounts=accounts, in_transit=self.in_transit, keeps_lots=self.keeps_lots)

    def without_lots(self) -> "Ledger":
        """Return the same ledger without lots and gains: what an engine decides by.

        Returns
        -------
        Ledger
            Cash and positions as they were. [currency]
        """
        accounts = {name: account.without_lots() for name, account in self.accounts.items()}
        return Ledger(accounts=MappingProxyType(accounts), in_transit=self.in_transit, keeps_lots=False)

    def send(self, transit: Transit) -> "Ledger":
        """Let money leave an account; it is on its way until it arrives.

        Parameters
        ----------
        transit : Transit
            From where, where to, how much, at what cost.

        Returns
        -------
        Ledger
            The ledger after it: the source has less, the sum is the same. [currency]

        Raises
        ------
        InputError
            If the source does not hold as much, and may not borrow.
        """
        left = self.put(transit.source, self.account(transit.source).spend(transit.money, "transfer"))
        return replace(left, in_transit=(*self.in_transit, transit))

    def arrive(self, transit: Transit) -> "Ledger":
        """Let money that is on its way arrive.

        Parameters
        ----------
        transit : Transit
            What was sent.

        Returns
        -------
        Ledger
            The ledger after it: the target has what the fee leaves, which is booked there. [currency]

        Raises
        ------
        InputError
            If nothing of the kind is on its way.
        """
        if transit not in self.in_transit:
            raise InputError(
                f"{transit.money} from {transit.source} to {transit.target} are not on their way",
                "send them first; what has arrived does not arrive again",
            )
        place = self.in_transit.index(transit)
        target = self.account(transit.target).move(transit.money, "transfer").move(-transit.fee, "fee")
        rest = self.in_transit[:place] + self.in_transit[place + 1 :]
        return replace(self.put(transit.target, target), in_transit=rest)

    def transfer(self, source: str, target: str, money: Money, fee: Money) -> "Ledger":
        """Move cash from one account to another at once, as a venue has reported it.

        Parameters
        ----------
        source, target : str
            Two different accounts.
        money : Money
            What leaves the source, positive. [currency]
        fee : Money
            How much of it does not arrive. [same currency]

        Returns
        -------
        Ledger
            The ledger after it. [currency]

        Raises
        ------
        InputError
            If the accounts are the same, the amount is not positive, or the fee exceeds it.
        NumeraireError
            If the fee is in another currency.
        """
        _check_transfer(source, target, money, fee)
        left = self.put(source, self.account(source).move(-money, "transfer"))
        arrived = left.account(target).move(money, "transfer").move(-fee, "fee")
        return left.put(target, arrived)

    def balance(self, currency: str) -> Money:
        """Return the cash of all accounts in one currency, and what is on its way between them.

        Parameters
        ----------
        currency : str
            Ticker.

        Returns
        -------
        Money
            The sum. [currency]
        """
        total = Money.of(0, currency)
        for account in self.accounts.values():
            total = total + account.balance(currency)
        for transit in self.in_transit:
            if transit.money.currency == currency:
                total = total + transit.money
        return total

    def owed(self, currency: str) -> Money:
        """Return the fees that pools owe to all accounts in one currency.

        Parameters
        ----------
        currency : str
            Ticker.

        Returns
        -------
        Money
            Earned and not collected. [currency]
        """
        total = Money.of(0, currency)
        for account in self.accounts.values():
            for holding in account.pools.values():
                total = total + Money(holding.owed.get(total.currency, Decimal(0)), total.currency)
        return total

    def gains(self) -> tuple[RealisedGain, ...]:
        """Return what every closed lot of every account gained.

        Returns
        -------
        tuple of RealisedGain
            In the order of closing, each with its account. [settle]
        """
        named = (
            msgspec.structs.replace(gain, account=name)
            for name in sorted(self.accounts)
            for gain in self.accounts[name].gains
        )
        return tuple(sorted(named, key=lambda gain: gain.closed_ns))


def _check_transfer(source: str, target: str, money: Money, fee: Money) -> None:
    arriving = money - fee  # raises if they are of different currencies
    if source == target or not (is_positive(money.amount) and fee.amount >= 0 and arriving.amount >= 0):
        raise InputError(
            f"a transfer of {money} from {source} to {target} for a fee of {fee}",
            "name two accounts, a positive amount and a fee below it",
        )
