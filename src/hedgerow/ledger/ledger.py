"""Accounts by name, and what moves between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money, is_positive
from hedgerow.ledger.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Every account of a book; every change makes a new ledger.

    Parameters
    ----------
    accounts : mapping of str to Account
        By the user's name for them.
    """

    accounts: Mapping[AccountName, Account] = field(default_factory=lambda: MappingProxyType({}))

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
        return self.accounts.get(AccountName(name), Account())

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
        return Ledger(accounts=MappingProxyType({**self.accounts, AccountName(name): account}))

    def transfer(self, source: str, target: str, money: Money, fee: Money) -> "Ledger":
        """Move cash from one account to another.

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
        arriving = money - fee  # raises if they are of different currencies
        if source == target or not (is_positive(money.amount) and fee.amount >= 0 and arriving.amount >= 0):
            raise InputError(
                f"a transfer of {money} from {source} to {target} for a fee of {fee}",
                "name two accounts, a positive amount and a fee below it",
            )
        left = self.put(source, self.account(source).move(-money, "transfer"))
        arrived = left.account(target).move(money, "transfer").move(-fee, "fee")
        return left.put(target, arrived)

    def balance(self, currency: str) -> Money:
        """Return the cash of all accounts in one currency.

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
        return total
