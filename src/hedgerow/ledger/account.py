"""Cash and positions of one account, exactly: what every trade leaves in its settlement currency.

Amounts are decimals. Options and spot are paid for at once; futures and perpetuals settle their P&L when they are
reduced. An inverse contract's P&L is in coin: a position of N in quote currency, entered at P0 and valued at P, has
made N·(1/P0 - 1/P) coins. The basis of a position is kept as a sum, so that nothing is lost to averaging.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.money import Money, exact, is_positive
from hedgerow.instruments import EuropeanOption, Instrument, Spot, is_inverse

_ZERO: Final = Decimal(0)

Cause: TypeAlias = Literal["deposit", "trade", "fee", "funding", "gas", "transfer"]
"""Why cash changes: premiums and realised P&L of trades are ``trade``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A position in one contract.

    Parameters
    ----------
    quantity : Decimal
        Signed. [contracts]
    basis : Decimal
        Futures and perpetuals: the signed sum of size times price (linear) or size over price (inverse) of what is
        still open. Zero for what is paid for at once. [settle]
    """

    quantity: Decimal = _ZERO
    basis: Decimal = _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Cash by currency and cause, positions by instrument; every change makes a new account.

    Parameters
    ----------
    flows : mapping of (str, Cause) to Decimal
        Sum of every change of cash, by currency and cause. The balance is their sum, so money without a cause
        cannot exist. [currency]
    holdings : mapping of str to Holding
        Open positions.
    """

    flows: Mapping[tuple[Currency, Cause], Decimal] = field(default_factory=lambda: MappingProxyType({}))
    holdings: Mapping[InstrumentName, Holding] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def currencies(self) -> tuple[Currency, ...]:
        """Currencies in which money has moved, in order of their names. [tickers]"""
        return tuple(sorted({currency for currency, _ in self.flows}))

    def flow(self, currency: str, cause: Cause) -> Money:
        """Return what one cause has brought or taken.

        Parameters
        ----------
        currency : str
            Ticker.
        cause : Cause
            For example ``funding``.

        Returns
        -------
        Money
            Signed, received > 0. [currency]
        """
        return Money(self.flows.get((Currency(currency), cause), _ZERO), Currency(currency))

    def balance(self, currency: str) -> Money:
        """Return the cash in one currency.

        Parameters
        ----------
        currency : str
            Ticker.

        Returns
        -------
        Money
            The balance, zero if there never was any. [currency]
        """
        held = (amount for (held_in, _), amount in self.flows.items() if held_in == currency)
        return Money(sum(held, _ZERO), Currency(currency))

    def holding(self, instrument: Instrument) -> Holding:
        """Return the position in one contract.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        Holding
            The position, flat if there is none. [contracts]
        """
        return self.holdings.get(instrument.name, Holding())

    def move(self, money: Money, cause: Cause) -> "Account":
        """Add cash, or take it away, for a stated cause.

        Parameters
        ----------
        money : Money
            Signed amount, received > 0. [currency]
        cause : Cause
            Why.

        Returns
        -------
        Account
            The account after it. [currency]
        """
        if not money.amount:
            return self
        key = (money.currency, cause)
        flows = {**self.flows, key: self.flows.get(key, _ZERO) + money.amount}
        return Account(flows=MappingProxyType(flows), holdings=self.holdings)

    def deposit(self, money: Money) -> "Account":
        """Bring cash in, or take it out.

        Parameters
        ----------
        money : Money
            Signed amount. [currency]

        Returns
        -------
        Account
            The account after it. [currency]
        """
        return self.move(money, "deposit")

    def book_trade(self, instrument: Instrument, quantity: Decimal, price: Decimal, fee: Money) -> "Account":
        """Book one filled trade.

        Parameters
        ----------
        instrument : Instrument
            What was traded.
        quantity : Decimal
            Signed, bought > 0. [contracts]
        price : Decimal
            Positive. [settle per contract for options, quote per base otherwise]
        fee : Money
            What the venue charged, positive. [any currency]

        Returns
        -------
        Account
            The account after it: premium or realised P&L paid, fee charged, position moved. [settle]

        Raises
        ------
        InputError
            If the price is not positive or the quantity is zero.

        Examples
        --------
        >>> from decimal import Decimal as D
        >>> from hedgerow.instruments import parse_deribit
        >>> option, nothing = parse_deribit("BTC-26JAN24-45000-C"), Money.of(0, "BTC")
        >>> sold = Account().book_trade(option, D(-1), D("0.05"), nothing)
        >>> sold.book_trade(option, D(1), D("0.04"), nothing).balance("BTC")
        Money(0.01 BTC)
        """
        if not (is_positive(price) and quantity.is_finite() and quantity != 0):
            raise InputError(
                f"{instrument.name}: {quantity} at {price}", "prices are positive, quantities not zero, both finite"
            )
        before = self.holding(instrument)
        size = exact(instrument.contract_size)
        if isinstance(instrument, EuropeanOption | Spot):
            after = Holding(quantity=before.quantity + quantity)
            paid = -quantity * size * price
        else:
            after, paid = _move_future(before, quantity, size * price if not is_inverse(instrument) else size / price)
            paid = -paid if is_inverse(instrument) else paid
        holdings = {**self.holdings, instrument.name: after}
        if after.quantity == 0:
            del holdings[instrument.name]
        booked = Account(flows=self.flows, holdings=MappingProxyType(holdings))
        if isinstance(instrument, Spot):
            booked = booked.move(Money(quantity * size, instrument.base), "trade")
        return booked.move(Money(paid, instrument.settle), "trade").move(-fee, "fee")

    def unsettled(self, instrument: Instrument, price: Decimal) -> Money:
        """Return the P&L of an open future or perpetual that is not yet cash, or an option's worth.

        Parameters
        ----------
        instrument : Instrument
            The contract.
        price : Decimal
            Where it is valued, positive. [settle per contract for options, quote per base otherwise]

        Returns
        -------
        Money
            In the settlement currency. [settle]

        Raises
        ------
        InputError
            If the price is not positive.

        References
        ----------
        Inverse P&L: Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2.
        """
        if not is_positive(price):
            raise InputError(f"{instrument.name}: a price of {price}", "prices are positive and finite")
        held = self.holding(instrument)
        size = exact(instrument.contract_size)
        if isinstance(instrument, Spot):
            return Money(_ZERO, instrument.settle)
        if isinstance(instrument, EuropeanOption):
            return Money(held.quantity * size * price, instrument.settle)
        if is_inverse(instrument):
            return Money(held.basis - held.quantity * size / price, instrument.settle)
        return Money(held.quantity * size * price - held.basis, instrument.settle)


def _move_future(before: Holding, quantity: Decimal, unit: Decimal) -> tuple[Holding, Decimal]:
    """Open, add, reduce or turn a position; unit is the basis of one contract at the trade's price.

    Returns the new position and what the closed part gained in basis.
    """
    closed = _ZERO
    if before.quantity * quantity < 0:
        closed = -before.quantity if abs(quantity) >= abs(before.quantity) else quantity
    released = before.basis * (-closed / before.quantity) if closed else _ZERO
    opened = quantity - closed
    after = Holding(
        quantity=before.quantity + quantity,
        basis=before.basis - released + opened * unit if before.quantity + quantity else _ZERO,
    )
    return after, -closed * unit - released
