"""The venue's own books of our accounts: the truth, of which the engine learns by reports only."""

from collections.abc import Callable
from decimal import Decimal

from hedgerow.core.ids import AccountName
from hedgerow.core.money import Money
from hedgerow.instruments import Instrument, Spot
from hedgerow.ledger import Cause, Delivery, Ledger, Transit


class Books:
    """Accounts at a venue, and who is told when one of them changes.

    Parameters
    ----------
    ledger : Ledger
        What the accounts hold at the start. [currency]
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._told: list[Callable[[AccountName, int], None]] = []

    def tell(self, listener: Callable[[AccountName, int], None]) -> None:
        """Tell somebody of every change from now on.

        Parameters
        ----------
        listener : callable
            Given the account and the instant. [UTC epoch ns]
        """
        self._told.append(listener)

    def changed(self, account: AccountName, at_ns: int) -> None:
        """Say that an account has changed.

        Parameters
        ----------
        account : str
            Whose.
        at_ns : int
            When. [UTC epoch ns]
        """
        for listener in self._told:
            listener(account, at_ns)

    def move(self, account: AccountName, money: Money, cause: Cause, at_ns: int) -> None:
        """Add cash, or take it away.

        Parameters
        ----------
        account : str
            Whose.
        money : Money
            Signed, received > 0. [currency]
        cause : Cause
            Why.
        at_ns : int
            When. [UTC epoch ns]
        """
        self.ledger = self.ledger.put(account, self.ledger.account(account).move(money, cause))
        self.changed(account, at_ns)

    def trade(
        self,
        account: AccountName,
        instrument: Instrument,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
        at_ns: int,
        *,
        forced: bool = False,
    ) -> None:
        """Book a trade.

        Parameters
        ----------
        account : str
            Whose.
        instrument : Instrument
            What.
        quantity : Decimal
            Signed. [contracts]
        price : Decimal
            Without the fee. [as quoted]
        fee : Decimal
            Positive. [settle]
        at_ns : int
            When. [UTC epoch ns]
        forced : bool
            Whether it is a liquidation: its fee is booked as such.
        """
        before = self.ledger.account(account)
        money = Money(fee, instrument.settle)
        after = before.book_trade(instrument, quantity, price, money, at_ns=at_ns, forced=forced)
        self.ledger = self.ledger.put(account, after)
        self.changed(account, at_ns)

    def send(self, transit: Transit, at_ns: int) -> None:
        """Let money leave an account.

        Parameters
        ----------
        transit : Transit
            From where, where to, how much.
        at_ns : int
            When. [UTC epoch ns]

        Raises
        ------
        InputError
            If the source does not hold as much.
        """
        self.ledger = self.ledger.send(transit)
        self.changed(transit.source, at_ns)

    def arrive(self, transit: Transit, at_ns: int) -> None:
        """Let money arrive in an account.

        Parameters
        ----------
        transit : Transit
            What was sent.
        at_ns : int
            When. [UTC epoch ns]
        """
        self.ledger = self.ledger.arrive(transit)
        self.changed(transit.target, at_ns)

    def settle(self, account: AccountName, instrument: Instrument, price: Decimal, fee: Money, at_ns: int) -> Delivery:
        """End a position in a dated contract.

        Parameters
        ----------
        account : str
            Whose.
        instrument : Instrument
            The contract.
        price : Decimal
            At which the underlying is delivered. [quote per base]
        fee : Money
            For the delivery, positive. [settle]
        at_ns : int
            When. [UTC epoch ns]

        Returns
        -------
        Delivery
            What was moved. [settle]
        """
        after, delivery = self.ledger.account(account).settle(instrument, price, fee, at_ns)
        self.ledger = self.ledger.put(account, after)
        self.changed(account, at_ns)
        return delivery

    def held(self, account: AccountName, instrument: Instrument) -> Decimal:
        """Return a position.

        Parameters
        ----------
        account : str
            Whose.
        instrument : Instrument
            In what.

        Returns
        -------
        Decimal
            Signed. [contracts]
        """
        return self.ledger.account(account).holding(instrument).quantity

    def holders(self, instrument: Instrument) -> list[AccountName]:
        """Return who holds an instrument.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        list of str
            Accounts by name. [names]
        """
        accounts = self.ledger.accounts
        return sorted(name for name, account in accounts.items() if instrument.name in account.holdings)

    def shortfall(
        self,
        account: AccountName,
        instrument: Instrument,
        quantity: Decimal,
        price: Decimal,
        costs: tuple[Decimal, Decimal],
    ) -> str:
        """Say what is missing to pay for a trade of coins; nothing is borrowed.

        Parameters
        ----------
        account : str
            Whose.
        instrument : Instrument
            What is traded.
        quantity : Decimal
            Signed. [contracts]
        price : Decimal
            Without the fee. [as quoted]
        costs : tuple of (Decimal, Decimal)
            Fee and gas. [settle], [base]

        Returns
        -------
        str
            Empty where nothing is missing. [text]
        """
        if not isinstance(instrument, Spot):
            return ""
        fee, gas = costs
        holder = self.ledger.account(account)
        coins = holder.balance(instrument.base).amount + quantity - gas
        cash = holder.balance(instrument.quote).amount - quantity * price - fee
        short = instrument.base if coins < 0 else instrument.quote if cash < 0 else ""
        return f"the account lacks {short}" if short else ""
